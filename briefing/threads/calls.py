"""Blocking calls in daemon threads, which are abandoned when they take too long."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from briefing.threads.exits import waiting

T = TypeVar("T")


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
