"""Calls in daemon threads at the interpreter's exit.

Python ends a daemon thread wherever it next needs the interpreter. In the middle of C++ or Rust code (rapidfuzz, pydantic)
that aborts the whole process. So the exit waits until the calls in such threads have ended or wait for something, and a call
that has waited does not go on.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds that the exit waits for calls that compute.
_LONGEST = 5.0


class _Calls:
    """The calls that compute in daemon threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._computing: set[int] = set()
        self._ending = False

    def begin(self) -> None:
        """Note that the current thread computes; once the interpreter ends, wait for ever instead."""
        with self._changed:
            ending = self._ending
            if not ending:
                self._computing.add(threading.get_ident())
        if ending:
            threading.Event().wait()

    def end(self) -> bool:
        """Note that the current thread does not compute any more; return whether it did."""
        with self._changed:
            computed = threading.get_ident() in self._computing
            self._computing.discard(threading.get_ident())
            self._changed.notify_all()
        return computed

    def wait(self) -> None:
        """Wait until no call computes, and let none go on."""
        deadline = time.monotonic() + _LONGEST
        with self._changed:
            self._ending = True
            while self._computing and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)


_calls = _Calls()


@contextmanager
def computing() -> Iterator[None]:
    """A call of the library. In a thread that the interpreter's exit waits for anyway, this does nothing."""
    if not threading.current_thread().daemon:
        yield
        return
    _calls.begin()
    try:
        yield
    finally:
        _calls.end()


@contextmanager
def waiting() -> Iterator[None]:
    """A part of such a call that waits: the interpreter may exit meanwhile, and the call does not go on then."""
    computed = _calls.end()
    try:
        yield
    finally:
        if computed:
            _calls.begin()


def _in_child() -> None:
    global _calls  # noqa: PLW0603
    # Threads of the parent do not exist in a forked child.
    _calls = _Calls()


def _at_exit() -> None:
    _calls.wait()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
