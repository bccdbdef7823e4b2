"""`OneTimeStart`: run a slow start, such as loading a local model, without blocking the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class OneTimeStart(Generic[T]):
    """Calls a function once, in a daemon thread, for all tasks that wait for it; all get its result or exception.

    A daemon thread does not keep the process alive: nobody may be waiting for a download of a gigabyte any more.

    Args:
        function: the function to call.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._outcome: asyncio.Future[T] | None = None

    async def result(self) -> T:
        """Start the call unless it was started before, wait for its end, and return its result.

        Raises:
            Exception: whatever the function raised.
        """
        if self._outcome is None:
            loop = asyncio.get_running_loop()
            self._outcome = outcome = loop.create_future()

            def work() -> None:
                try:
                    value = self._function()
                except BaseException as error:
                    _call_in(loop, _fail, outcome, error)
                else:
                    _call_in(loop, outcome.set_result, value)

            threading.Thread(target=work, name="briefing-start", daemon=True).start()
        return await asyncio.shield(self._outcome)


def _call_in(loop: asyncio.AbstractEventLoop, *call: Any) -> None:
    with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(*call)


def _fail(outcome: asyncio.Future[Any], error: BaseException) -> None:
    outcome.set_exception(error)
    outcome.exception()  # marks it as retrieved: the waiting tasks may have been cancelled
