"""SIGINT, SIGTERM and SIGHUP end a run early, but leave no output incomplete and throw no paid work away."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

from briefing.throttling import FIRST_CALL


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

    def defer(self) -> None:
        """Defer signals from now on to the next `interruptible` block."""
        self._interruptible = False

    def repeat(self) -> None:
        """Do as if another signal had arrived."""
        if hasattr(signal, "pthread_kill"):
            # A signal, as the main thread may be in a system call.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        else:
            _thread.interrupt_main()

    def _catch(self, _number: int, _frame: FrameType | None) -> None:
        self._caught += 1
        if self._caught == 1:
            # Not here: the signal may have interrupted the holder of a lock that the function needs.
            thread = threading.Thread(target=self.on_first, daemon=True)
            thread.start()
            # After `start`, which a second signal may interrupt: a thread that has not started cannot be joined.
            self._thread = thread
        if self._interruptible or self._caught > 1:
            raise KeyboardInterrupt


class OneCall(Interrupts):
    """Interrupts of a command that makes one briefing.

    Until the first call a signal is raised at once. Then the first one lets the briefing end, for at most `grace` seconds.

    Args:
        grace: seconds.
        say: called with a line that says so, in another thread, and with one at the end of an interrupted call.
    """

    def __init__(self, grace: float, say: Callable[[str], object]) -> None:
        super().__init__()
        self._grace, self._say = grace, say
        self._called = False
        self._timer: threading.Timer | None = None
        self.on_first = self._wait

    @contextmanager
    def calls(self) -> Iterator[None]:
        """A block that makes the briefing."""
        token = FIRST_CALL.set(self)
        try:
            with self.interruptible():
                yield
        except KeyboardInterrupt:
            self._say("briefing: interrupted")
            raise
        finally:
            FIRST_CALL.reset(token)
            self._called = False
            if self._timer is not None:
                self._timer.cancel()

    def set(self) -> None:
        """Note that a call is made, as `FIRST_CALL` tells."""
        self._called = True
        self.defer()

    def _wait(self) -> None:
        if not self._called:
            return
        if self._grace:
            self._say(
                f"briefing: interrupted; waiting at most {self._grace:g} s for the call under way (interrupt again to "
                "end at once)"
            )
        self._timer = threading.Timer(self._grace, self._repeat)
        self._timer.daemon = True
        self._timer.start()

    def _repeat(self) -> None:
        if self._called:
            self.repeat()
