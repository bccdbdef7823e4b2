"""`OneTimeStart`: run a slow start, such as loading a local model, without blocking the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class OneTimeStart(Generic[T]):
    """Calls a function once, in a daemon thread, for all tasks that wait for it; all get its result or exception.

    A daemon thread does not keep the process alive: nobody may be waiting for a download of a gigabyte any more.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._outcome: Future[T] | None = None

    async def result(self) -> T:
        """Start the call unless it was started before, wait for its end, and return its result."""
        if self._outcome is None:
            self._outcome = Future()
            self._outcome.set_running_or_notify_cancel()  # a task that is cancelled does not cancel the call
            threading.Thread(
                target=self._run, args=[self._outcome], name="briefing-start", daemon=True
            ).start()
        return await asyncio.wrap_future(self._outcome)

    def _run(self, outcome: Future[T]) -> None:
        try:
            outcome.set_result(self._function())
        except BaseException as error:
            outcome.set_exception(error)
