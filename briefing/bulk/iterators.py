"""Iterators over the results of many articles, each a briefing or its error.

`AsyncResults` runs the scheduler in the caller's event loop, `Results` in a thread with its own loop, so that it works
inside a running loop, too. Both read the caller's iterable in the caller's context: `Results` reads it in the thread that
asks for the next result, so that files, database cursors and generators bound to a thread can be given.
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
from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar, cast

from typing_extensions import override

from briefing.bulk.scheduler import GRACE, READ_AHEAD, Item, OpenRun, ResultStream
from briefing.errors import BriefingError, ConfigurationError

T = TypeVar("T")
#: Seconds that the interpreter's exit waits for a thread.
_EXIT_TIMEOUT = 5.0


def check_articles(articles: object, *, what: str) -> None:
    """Check that `articles` is an iterable of articles; `what` names the function in the message.

    Raises:
        ConfigurationError: it is a single text or path, or not iterable.
    """
    if isinstance(articles, str | bytes | os.PathLike) or not isinstance(articles, Iterable | AsyncIterable):
        raise ConfigurationError(
            f"{what} takes an iterable of articles, not {type(articles).__name__}; for one article, use summarize"
        )


class AsyncResults(Generic[T]):
    """An asynchronous iterator over the results of `asummarize_many`.

    Leaving a loop early, `aclose` and the end of an ``async with`` block cancel all articles in progress. But if there is
    a journal, those that a call was made for may end within 30 seconds, so that they are recorded.

    Attributes:
        index: position of the last result's article in the iterable, from 0; -1 before the first result.
        source: that article as it was given; `None` before the first result.
    """

    def __init__(
        self, open_run: OpenRun, articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
    ) -> None:
        self.index, self.source = -1, None
        self._stream = ResultStream(open_run, articles, ordered=ordered)
        self._items = self._stream.items()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T | BriefingError:
        item = await anext(self._items)
        self.index, self.source = item.index, item.article
        return cast("T | BriefingError", item.result)

    def finish(self, grace: float = GRACE) -> int:
        """Start no further article; the results of those under way are still yielded, then the iterator ends.

        Args:
            grace: seconds after which articles still under way are cancelled; they yield no result.

        Returns:
            The number of articles under way: those that a call was made for.
        """
        return self._stream.finish(grace)

    async def aclose(self) -> None:
        """End the run; the iterator is exhausted afterwards."""
        await self._items.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.aclose()


class Results(Generic[T]):
    """An iterator over the results of `summarize_many`. Belongs to the process that made it.

    Requests are made in a background thread, also between two calls of `next`; articles are read in the calling thread,
    during `next`. Leaving a ``for`` loop early, `close` and the end of a ``with`` block cancel all articles in progress.
    But if there is a journal, those that a call was made for may end within 30 seconds, so that they are recorded, except
    after a `KeyboardInterrupt` and at the interpreter's exit.

    Attributes:
        index: position of the last result's article in the iterable, from 0; -1 before the first result.
        source: that article as it was given; `None` before the first result.
    """

    def __init__(
        self, open_run: OpenRun, articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
    ) -> None:
        self.index, self.source = -1, None
        remote = _RemoteArticles()
        read = articles if isinstance(articles, AsyncIterable) else remote
        self._worker = remote.worker = _Worker(ResultStream(open_run, read, ordered=ordered))
        self._items = _results_of_thread(self._worker, remote, articles)
        self._process = os.getpid()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T | BriefingError:
        if self._process != os.getpid():
            raise ConfigurationError(
                "this iterator of summarize_many belongs to another process; call summarize_many in this one"
            )
        item = next(self._items)
        self.index, self.source = item.index, item.article
        return cast("T | BriefingError", item.result)

    def finish(self, grace: float = GRACE) -> int:
        """As `AsyncResults.finish`. May be called from any thread, but not from a signal handler."""
        return self._worker.finish(grace)

    def close(self) -> None:
        """End the run; the iterator is exhausted afterwards."""
        self._items.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_raised: object) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self._worker.cancel()
        self.close()


def _results_of_thread(
    worker: _Worker, remote: _RemoteArticles, articles: Iterable[Any] | AsyncIterable[Any]
) -> Generator[Item, None, None]:
    worker.start()
    try:
        reading = iter(()) if isinstance(articles, AsyncIterable) else iter(articles)
        while not isinstance(message := worker.receive(), _End):
            if message is not None:
                yield message
                continue
            if worker.ending:
                continue
            try:
                remote.give(next(reading))
            except StopIteration:
                remote.give(_End())
            except Exception as error:
                # Of the caller's iterable: raised to the caller after the articles in progress.
                remote.give(_End(error))
        if message.error is not None:
            raise message.error
    except GeneratorExit:
        worker.close()
        raise
    finally:
        worker.cancel()
        worker.join()


@dataclass
class _End:
    """The end of a sequence of messages; `error` is the exception that ended it early, else `None`."""

    error: BaseException | None = None


class _Worker:
    """A thread with an event loop in which a `ResultStream` runs, and its messages to the calling thread.

    Messages are results, the end, and `None` to request an article. Results are received first, then the end, then
    requests. In a forked child, all methods but `receive` do nothing.

    Attributes:
        ending: whether no further article is to be read.
    """

    def __init__(self, stream: ResultStream) -> None:
        self.ending = False
        self._stream = stream
        self._queue: queue.PriorityQueue[tuple[int, int, Item | _End | None]] = queue.PriorityQueue()
        self._sent = 0
        self._free_slots = asyncio.Semaphore(READ_AHEAD)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._cancelled = self._discarding = False
        self._process = os.getpid()

    def start(self) -> None:
        """Start the thread."""
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run,), name="briefing", daemon=True)
        _WORKERS.add(self)
        self._thread.start()

    def receive(self) -> Item | _End | None:
        """Wait for the next message; called in the calling thread."""
        message = self._queue.get()[2]
        if isinstance(message, Item):
            self.call(self._free_slots.release)
        return message

    def send(self, message: Item | _End | None) -> None:
        """Send a message; called in the worker thread."""
        self._sent += 1
        priority = 2 if message is None else 1 if isinstance(message, _End) else 0
        self._queue.put((priority, self._sent, message))

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Schedule a call in the worker's event loop, if that still runs."""
        if self._loop is not None and self._process == os.getpid():
            with contextlib.suppress(RuntimeError):  # it was closed
                self._loop.call_soon_threadsafe(function, *args)

    def finish(self, grace: float) -> int:
        """As `AsyncResults.finish`; called in another thread."""
        counted: Future[int] = Future()
        self.ending = True
        self.call(lambda: counted.set_result(self._stream.finish(grace)))
        while self._thread is not None and self._thread.is_alive():
            with contextlib.suppress(TimeoutError):
                return counted.result(timeout=0.1)
        return 0

    def close(self) -> None:
        """Let articles under way end, if their results are recorded, and discard the results."""
        if self._stream.recorded and self._process == os.getpid():
            self.ending = self._discarding = True
            self.call(self._stream.finish, GRACE)
            self.call(self._free_slots.release)  # `_put` may wait
            self.join()

    def cancel(self) -> None:
        """Cancel everything."""
        # `_work` sets the task before it reads this: at least one of the two cancels.
        self._cancelled = True
        if self._task is not None:
            self.call(self._task.cancel)

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
        self.send(end)

    async def _work(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._task and (self._cancelled or self.ending):
            self._task.cancel()
        async with contextlib.aclosing(self._stream.items()) as items:
            async for item in items:
                await self._put(item)

    async def _put(self, item: Item) -> None:
        """Send a result; waits while `READ_AHEAD` results have not been received."""
        if not self._discarding:
            await self._free_slots.acquire()
            self.send(item)


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


class _RemoteArticles(AsyncIterator[Any]):
    """Articles that the calling thread reads on request, up to `READ_AHEAD` in advance."""

    worker: _Worker

    def __init__(self) -> None:
        self._given: asyncio.Queue[Any] = asyncio.Queue()
        self._ahead = 0
        self._ended = False

    def give(self, article: Any) -> None:
        """Pass an article, or the `_End`, to the worker; called in the calling thread."""
        self.worker.call(self._take, article)

    def _take(self, article: Any) -> None:
        self._ended = self._ended or isinstance(article, _End)
        self._given.put_nowait(article)

    @override
    async def __anext__(self) -> Any:
        while not self._ended and self._ahead < READ_AHEAD:
            self._ahead += 1
            self.worker.send(None)
        article = await self._given.get()
        self._ahead -= 1
        if not isinstance(article, _End):
            return article
        if article.error is not None:
            raise article.error
        raise StopAsyncIteration
