"""`AsyncStream` and `Stream`: iterators over the parts of one briefing, which hold it at their end.

`AsyncStream` makes the briefing in a task of the caller's event loop, `Stream` in a thread with its own loop, where an answer
that nobody wants any more can be cancelled.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import contextvars
import os
import queue
import threading
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from types import AsyncGeneratorType
from typing import Generic, Self, TypeVar, cast

from pydantic import BaseModel

from briefing.briefer.making import Asked
from briefing.errors import ConfigurationError
from briefing.pipeline import Part, Preview
from briefing.threads import waiting

T = TypeVar("T", bound=BaseModel)
#: Makes the result of what is asked and tells its parts meanwhile.
Make = Callable[[Asked, Preview], Awaitable[BaseModel | None]]
Close = Callable[[], Awaitable[object]]
#: Seconds that the interpreter's exit waits for a thread.
_EXIT_TIMEOUT = 5.0


class AsyncStream(Generic[T]):
    """An asynchronous iterator over the parts (`briefing.Part`) of one briefing, each as soon as it is whole and checked.

    Leaving a loop early, `aclose` and the end of an ``async with`` block cancel the call under way.
    """

    def __init__(self, make: Make, asked: Asked, close: Close | None = None) -> None:
        self._run = _Run()
        self._parts = cast("AsyncGeneratorType[Part, None]", _parts(make, asked, close, self._run))

    @property
    def result(self) -> T:
        """The result for the article, as `asummarize` returns it.

        Raises:
            ConfigurationError: the iterator has not ended, or ended with an error.
        """
        return cast("T", self._run.result())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Part:
        return await anext(self._parts)

    async def aclose(self) -> None:
        """End the call; the iterator is exhausted afterwards, also for a task that waits for a part."""
        if self._run.task is not None and self._parts.ag_running:
            self._run.closed = self._run.task.cancel()
            await asyncio.wait([self._run.task])
        else:
            await self._parts.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.aclose()


class Stream(Generic[T]):
    """An iterator over the parts (`briefing.Part`) of one briefing, each as soon as it is whole and checked.

    Calls are made in a background thread. Leaving a ``for`` loop early, `close` and the end of a ``with`` block cancel the call
    under way. Belongs to the process that made it.
    """

    def __init__(self, make: Make, asked: Asked, close: Close | None = None) -> None:
        self._run = _Run()
        self._worker = _Worker(partial(_parts, make, asked, close, self._run))
        self._parts = _parts_of_thread(self._worker)
        self._process = os.getpid()

    @property
    def result(self) -> T:
        """The result for the article, as `summarize` returns it.

        Raises:
            ConfigurationError: the iterator has not ended, or ended with an error.
        """
        return cast("T", self._run.result())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Part:
        if self._process != os.getpid():
            raise ConfigurationError(
                "this iterator of stream belongs to another process; call stream in this one"
            )
        return next(self._parts)

    def close(self) -> None:
        """End the call; the iterator is exhausted afterwards, also for a thread that waits for a part."""
        self._worker.cancel()
        with contextlib.suppress(ValueError):  # another thread is in the generator, which ends now
            self._parts.close()
        self._worker.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


@dataclass
class _Run:
    """The state that an iterator shares with its generator.

    Attributes:
        task: makes the result.
        closed: whether the task was cancelled by closing the iterator while the generator waited for it.
    """

    task: asyncio.Task[BaseModel] | None = None
    closed: bool = False
    results: list[BaseModel] = field(default_factory=list)

    def result(self) -> BaseModel:
        if not self.results:
            raise ConfigurationError("the stream has no result: read it to its end first")
        return self.results[0]


async def _parts(make: Make, asked: Asked, close: Close | None, run: _Run) -> AsyncGenerator[Part, None]:
    """Yield the parts of a result while a task makes it; at the end, leave the result in `run`."""
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[Part | None] = asyncio.Queue()

    def tell(part: Part) -> None:
        loop.call_soon_threadsafe(told.put_nowait, part)

    async def made() -> BaseModel:
        preview = Preview(tell)
        result = await make(asked, preview)
        assert result is not None
        preview.tell_rest(result)
        return result

    run.task = task = loop.create_task(made())
    task.add_done_callback(lambda _task: told.put_nowait(None))
    try:
        while (part := await told.get()) is not None:
            yield part
        if not run.closed:
            run.results.append(task.result())
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # else asyncio prints the error of one that nobody waits for any more
        if close is not None:
            await close()


@dataclass
class _End:
    """The end of the parts; `error` is the exception that ended them early, else `None`."""

    error: BaseException | None = None


def _parts_of_thread(worker: _Worker) -> Generator[Part, None, None]:
    worker.start()
    try:
        while not isinstance(message := worker.receive(), _End):
            yield message
        if message.error is not None:
            raise message.error
    finally:
        worker.cancel()
        worker.join()


class _Worker:
    """A thread with an event loop in which the parts are made. In a forked child, no method does anything."""

    def __init__(self, parts: Callable[[], AsyncGenerator[Part, None]]) -> None:
        self._parts = parts
        self._queue: queue.SimpleQueue[Part | _End] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._cancelled = False
        self._process = os.getpid()

    def start(self) -> None:
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name="briefing-stream", daemon=True
        )
        _WORKERS.add(self)
        self._thread.start()

    def receive(self) -> Part | _End:
        """Wait for the next part; called in the calling thread."""
        with waiting():
            return self._queue.get()

    def cancel(self) -> None:
        """End the call under way."""
        # `_work` sets the task before it reads this: at least one of the two cancels.
        self._cancelled = True
        if self._loop is not None and self._task is not None and self._process == os.getpid():
            with contextlib.suppress(RuntimeError):  # the loop was closed
                self._loop.call_soon_threadsafe(self._task.cancel)

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended, at most `timeout` seconds."""
        if self._thread is not None and self._process == os.getpid():
            self._thread.join(timeout)

    def _run(self) -> None:
        end = _End()
        try:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(self._work())
        except BaseException as error:
            end = _End(error)
        self._queue.put(end)

    async def _work(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._task and self._cancelled:
            self._task.cancel()
        async with contextlib.aclosing(self._parts()) as parts:
            async for part in parts:
                self._queue.put(part)


#: Workers whose threads may run.
_WORKERS: weakref.WeakSet[_Worker] = weakref.WeakSet()


@atexit.register
def _end_workers() -> None:
    """End all threads: one that runs while the interpreter is finalized can abort the process or hang."""
    workers = list(_WORKERS)
    for worker in workers:
        worker.cancel()
    for worker in workers:
        worker.join(_EXIT_TIMEOUT)
