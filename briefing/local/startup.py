"""What is slow to start, such as a model on this machine, without blocking an event loop meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Does something in a thread of its own, once for all tasks that wait for it; how it ended holds for all.

    The thread is left behind when nobody waits any more: a download of a gigabyte must not keep a process from ending.

    Args:
        do: what is to be done.
    """

    def __init__(self, do: Callable[[], T]) -> None:
        self._do = do
        self._ended: asyncio.Future[T] | None = None

    async def done(self) -> T:
        """Wait for it, and begin with it if nobody has.

        Raises:
            Exception: what it raised.
        """
        if self._ended is None:
            loop = asyncio.get_running_loop()
            self._ended = ended = loop.create_future()

            def work() -> None:
                try:
                    value = self._do()
                except BaseException as error:
                    _tell(loop, _fail, ended, error)
                else:
                    _tell(loop, ended.set_result, value)

            threading.Thread(target=work, name="briefing-start", daemon=True).start()
        return await asyncio.shield(self._ended)


def _tell(loop: asyncio.AbstractEventLoop, *call: Any) -> None:
    with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(*call)


def _fail(ended: asyncio.Future[Any], error: BaseException) -> None:
    ended.set_exception(error)
    ended.exception()  # those who waited may be gone
