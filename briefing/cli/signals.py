"""SIGINT, SIGTERM and SIGHUP end a run early, but leave no output incomplete and throw no paid work away."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self


class Interrupts:
    """A context manager that raises `KeyboardInterrupt`, for the first of these signals only in `interruptible` blocks.

    A signal that arrives elsewhere is raised at the next such block; a second signal is raised at once.

    Attributes:
        on_first: called in a thread of its own when the first signal arrives.
    """

    def __init__(self) -> None:
        self.on_first: Callable[[], object] = lambda: None
        self._before: dict[int, Any] = {}
        self._caught = 0
        self._interruptible = False
        self._thread: threading.Thread | None = None

    @property
    def arrived(self) -> int:
        """Number of signals that have arrived."""
        return self._caught

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
        if self._thread is not None:
            self._thread.join()
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
        if self._caught == 1:
            # Not here: the signal may have interrupted the holder of a lock that the function needs.
            self._thread = threading.Thread(target=self.on_first, daemon=True)
            self._thread.start()
        if self._interruptible or self._caught > 1:
            raise KeyboardInterrupt
