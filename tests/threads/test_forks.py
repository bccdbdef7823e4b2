"""Locks and cached values in forked children and other threads."""

from __future__ import annotations

import os
import threading

import pytest

from briefing.threads import Lock, cached_property

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


def exit_code_of_child(run):
    """Run a function in a forked child; its exit code is 0 if the function returns true within a minute."""
    child = os.fork()
    if not child:
        done = []
        thread = threading.Thread(target=lambda: done.append(run()), daemon=True)
        thread.start()
        thread.join(60)
        os._exit(0 if done == [True] else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Slow:
    """An object with a value that takes until it is told."""

    def __init__(self):
        self.begun, self.may_end = threading.Event(), threading.Event()

    @cached_property
    def value(self):
        """Wait."""
        self.begun.set()
        self.may_end.wait()
        return True


class Quick(Slow):
    """Another object of the same class."""

    def __init__(self):
        super().__init__()
        self.may_end.set()


def test_a_lock_that_another_thread_holds_is_free_in_a_forked_child():
    """The thread does not exist there, and could not release it."""
    lock, held, may_end = Lock(), threading.Event(), threading.Event()

    def hold():
        with lock:
            held.set()
            may_end.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()

    def take():
        with lock:
            return True

    try:
        assert exit_code_of_child(take) == 0
    finally:
        may_end.set()
        thread.join()


def test_a_value_that_another_thread_computes_holds_up_no_other_object():
    """Neither in the same process nor in a forked child."""
    slow = Slow()
    thread = threading.Thread(target=lambda: slow.value)
    thread.start()
    slow.begun.wait()
    try:
        assert Quick().value is True
        assert exit_code_of_child(lambda: Quick().value) == 0
    finally:
        slow.may_end.set()
        thread.join()


def test_a_value_is_computed_once():
    """It is in the object's dictionary afterwards."""
    quick = Quick()
    assert (quick.value, quick.__dict__["value"]) == (True, True)
    assert isinstance(Quick.value, cached_property)
