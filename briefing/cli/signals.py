"""SIGINT, SIGTERM and SIGHUP stop a run between two results, so that no output is left incomplete."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self


class Interrupts:
    """A context manager that raises `KeyboardInterrupt` for these signals, but only inside `interruptible` blocks.

    A signal that arrives elsewhere is raised at the next such block; a second signal is raised at once.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._caught = 0
        self._interruptible = False

    def __enter__(self) -> Self:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # A signal that is ignored, as by nohup, stays ignored.
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                try:
                    self._before[number] = signal.signal(number, self._catch)
                except ValueError:  # not the main thread: the application handles signals
                    return self
        return self

    def __exit__(self, *raised: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Raise `KeyboardInterrupt` if a signal has arrived before, or arrives inside the block."""
        self._interruptible = True
        try:
            if self._caught:
                raise KeyboardInterrupt
            yield
        finally:
            self._interruptible = False

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Inside an `interruptible` block, defer signals to the next one."""
        before, self._interruptible = self._interruptible, False
        try:
            yield
        finally:
            self._interruptible = before

    def _catch(self, _number: int, _frame: FrameType | None) -> None:
        self._caught += 1
        if self._interruptible or self._caught > 1:
            raise KeyboardInterrupt
