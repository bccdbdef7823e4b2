"""Timeouts that HTTP clients lack: one for a whole exchange, and one for a blocking call that takes none.

An HTTP client's timeout is per read, so a server that sends a byte now and then never times out.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import httpcore2
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.threads import waiting

if TYPE_CHECKING:
    import ssl

T = TypeVar("T")

#: End of the current `total_timeout`, on the monotonic clock.
_DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def total_timeout(seconds: float) -> Iterator[None]:
    """Limit all reads and writes of `DeadlineStream`s in this context to `seconds` together."""
    token = _DEADLINE.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def remaining(timeout: float | None = None) -> float | None:
    """Seconds left of the current `total_timeout`, at most `timeout`; `None` without either.

    Raises:
        TimeoutError: no time is left.
    """
    deadline = _DEADLINE.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer was not complete in time")
    return left if timeout is None else min(timeout, left)


def call_with_timeout(
    seconds: float | None, call: Callable[[], T], late: Callable[[T], object] | None = None
) -> T:
    """Run a blocking call in a daemon thread, with a copy of the caller's context. On timeout, the thread is abandoned.

    A result that comes after the timeout is passed to `late` in that thread, to release it.

    Raises:
        TimeoutError: the call took longer than `seconds`; `None` waits indefinitely.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            result = call()
        except BaseException as error:
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
            return
        if future.set_running_or_notify_cancel():
            future.set_result(result)
        elif late is not None:
            late(result)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="briefing-call", daemon=True).start()
    try:
        with waiting():
            return future.result(seconds)
    except BaseException as error:
        if future.cancel() or not isinstance(error, TimeoutError):
            raise
    return future.result()  # the call ended just after the timeout, or raised a TimeoutError


async def call_in_thread(call: Callable[..., T], /, **arguments: Any) -> T:
    """Await a blocking call, made in a daemon thread with a copy of the context. If cancelled, the thread is abandoned.

    Context variables that the call sets are set in the caller's context.
    """
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    done: asyncio.Future[T] = loop.create_future()

    def finish(result: Any, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def run() -> None:
        result, problem = None, None
        try:
            result = context.run(lambda: call(**arguments))
        except Exception as error:
            problem = error
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(finish, result, problem)

    threading.Thread(target=run, name="briefing-call", daemon=True).start()
    try:
        return await done
    finally:
        if not done.cancelled():
            for variable, value in context.items():
                if variable.get(None) is not value:
                    variable.set(value)


class DeadlineStream(httpcore2.NetworkStream):
    """Socket whose reads and writes share the current `total_timeout`."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with waiting():
            return self._stream.read(max_bytes, remaining(timeout))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with waiting():
            self._stream.write(buffer, remaining(timeout))

    @override
    def close(self) -> None:
        self._stream.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, remaining(timeout)))

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
