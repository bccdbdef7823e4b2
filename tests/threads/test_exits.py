"""Calls in daemon threads when the interpreter ends."""

from __future__ import annotations

import threading

import pytest

from briefing.threads import computing, exits, waiting


@pytest.fixture
def calls(monkeypatch):
    """Calls of this test alone: an end is for ever."""
    made = exits._Calls()
    monkeypatch.setattr(exits, "_calls", made)
    return made


def start(run, *, daemon=True):
    """Run a function in a thread."""
    thread = threading.Thread(target=run, daemon=daemon)
    thread.start()
    return thread


def test_the_exit_waits_for_a_call_that_computes(calls):
    """Until it is done."""
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def call():
        with computing():
            begun.set()
            may_end.wait()

    def end():
        calls.wait()
        ended.set()

    start(call)
    begun.wait()
    exiting = start(end)
    assert not ended.wait(0.05)
    may_end.set()
    exiting.join()
    assert ended.is_set()


def test_a_call_that_waits_does_not_go_on_after_the_exit_has_begun(calls):
    """The exit does not wait for it, and neither does it return."""
    begun, answer, gone_on = threading.Event(), threading.Event(), threading.Event()

    def call():
        with computing():
            with waiting():
                begun.set()
                answer.wait()
            gone_on.set()

    thread = start(call)
    begun.wait()
    calls.wait()
    answer.set()
    assert not gone_on.wait(0.05)
    assert thread.is_alive()


def test_a_call_that_begins_then_does_not_return(calls):
    """As a thread that makes one call after the other does."""
    calls.wait()
    gone_on = threading.Event()

    def call():
        with computing():
            gone_on.set()

    start(call)
    assert not gone_on.wait(0.05)


def test_other_threads_are_left_alone(calls):
    """The exit waits for threads that are not daemons anyway, and the main thread has ended."""
    calls.wait()
    gone_on = threading.Event()

    def call():
        with computing(), waiting():
            gone_on.set()

    start(call, daemon=False).join()
    assert gone_on.is_set()
