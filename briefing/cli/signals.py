"""SIGINT, SIGTERM and SIGHUP end a run between two results, so that nothing is left half done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self


class Interrupts:
    """A context in which these signals raise `KeyboardInterrupt` while `waiting`, or when it is waited next.

    Who sends a second one does not want to wait: it raises at once.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._caught = 0
        self._waiting = False

    def __enter__(self) -> Self:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # What was said to be ignored, as by nohup, stays so.
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                try:
                    self._before[number] = signal.signal(number, self._catch)
                except ValueError:  # not in the main thread: the application sees to signals
                    return self
        return self

    def __exit__(self, *raised: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Within it, a signal raises.

        Raises:
            KeyboardInterrupt: there was a signal.
        """
        self._waiting = True
        try:
            if self._caught:
                raise KeyboardInterrupt
            yield
        finally:
            self._waiting = False

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Within it, while `waiting`, a signal is put off until it is waited next."""
        before, self._waiting = self._waiting, False
        try:
            yield
        finally:
            self._waiting = before

    def _catch(self, _number: int, _frame: FrameType | None) -> None:
        self._caught += 1
        if self._waiting or self._caught > 1:
            raise KeyboardInterrupt
