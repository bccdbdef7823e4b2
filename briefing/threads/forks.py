"""Locks that a forked child can use, whichever thread of its parent held them at the fork."""

from __future__ import annotations

import functools
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

__all__ = ["Lock", "cached_property"]


class Lock:
    """A `threading.Lock`, as a context manager. In a forked child it is free: its holder does not exist there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _locks.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *raised: object) -> None:
        self._lock.release()

    def renew(self) -> None:
        """Make the lock free. Called in a forked child."""
        self._lock = threading.Lock()


_locks: weakref.WeakSet[Lock] = weakref.WeakSet()


def _renew() -> None:
    for lock in list(_locks):
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property
else:

    class cached_property(functools.cached_property):  # noqa: N801  # replaces one of this name
        """`functools.cached_property` as of Python 3.12, without a lock.

        Before, the values of all instances are made under one lock: a long article, in a thread, holds up an event loop
        that reads a short one, and a process that is forked meanwhile waits for ever.
        """

        def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
            if instance is None:
                return self
            values = instance.__dict__
            name = self.attrname
            assert name is not None
            if name not in values:
                values[name] = self.func(instance)
            return values[name]
