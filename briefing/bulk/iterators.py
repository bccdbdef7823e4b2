"""Iterators over the results of many articles, each a briefing or its error.

`AsyncResults` runs the scheduler in the caller's event loop, `Results` in a thread with its own loop, so that it works
inside a running loop, too. Both read the caller's iterable in the caller's context: `Results` reads it in the thread that
asks for the next result, so that files, database cursors and generators bound to a thread can be given.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import queue
import threading
from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar, cast

from typing_extensions import override

from briefing.bulk.scheduler import READ_AHEAD, Item, OpenRun, results
from briefing.errors import BriefingError, ConfigurationError

T = TypeVar("T")


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

    Leaving a loop early, `aclose` and the end of an ``async with`` block cancel all articles in progress.

    Attributes:
        index: position of the last result's article in the iterable, from 0; -1 before the first result.
        source: that article as it was given; `None` before the first result.
    """

    def __init__(
        self, open_run: OpenRun, articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
    ) -> None:
        self.index, self.source = -1, None
        self._items = results(open_run, articles, ordered=ordered)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T | BriefingError:
        item = await anext(self._items)
        self.index, self.source = item.index, item.article
        return cast("T | BriefingError", item.result)

    async def aclose(self) -> None:
        """Cancel all articles in progress; the iterator is exhausted afterwards."""
        await self._items.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.aclose()


class Results(Generic[T]):
    """An iterator over the results of `summarize_many`.

    Requests are made in a background thread, also between two calls of `next`; articles are read in the calling thread,
    during `next`. Leaving a ``for`` loop early, `close` and the end of a ``with`` block cancel all articles in progress.

    Attributes:
        index: position of the last result's article in the iterable, from 0; -1 before the first result.
        source: that article as it was given; `None` before the first result.
    """

    def __init__(
        self, open_run: OpenRun, articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
    ) -> None:
        self.index, self.source = -1, None
        self._items = _results_of_thread(open_run, articles, ordered=ordered)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T | BriefingError:
        item = next(self._items)
        self.index, self.source = item.index, item.article
        return cast("T | BriefingError", item.result)

    def close(self) -> None:
        """Cancel all articles in progress; the iterator is exhausted afterwards."""
        self._items.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def _results_of_thread(
    open_run: OpenRun, articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
) -> Generator[Item, None, None]:
    mailbox = _Mailbox()
    remote = _RemoteArticles(mailbox)
    read = articles if isinstance(articles, AsyncIterable) else remote
    context = contextvars.copy_context()
    thread = threading.Thread(
        target=lambda: context.run(_work, mailbox, open_run, read, ordered), name="briefing", daemon=True
    )
    thread.start()
    try:
        reading = iter(()) if isinstance(articles, AsyncIterable) else iter(articles)
        while not isinstance(message := mailbox.receive(), _End):
            if message is not None:
                yield message
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
    finally:
        mailbox.stop()
        thread.join()


def _work(mailbox: _Mailbox, open_run: OpenRun, articles: AsyncIterable[Any], ordered: bool) -> None:
    async def work() -> None:
        mailbox.open()
        async with contextlib.aclosing(results(open_run, articles, ordered=ordered)) as items:
            async for item in items:
                await mailbox.put(item)

    end = _End()
    try:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(work())
    except BaseException as error:
        end = _End(error)
    mailbox.send(end)


@dataclass
class _End:
    """The end of a sequence of messages; `error` is the exception that ended it early, else `None`."""

    error: BaseException | None = None


class _Mailbox:
    """Messages of the worker thread to the calling thread: results, the end, and `None` to request an article.

    Results are received first, then the end, then requests.
    """

    def __init__(self) -> None:
        self._queue: queue.PriorityQueue[tuple[int, int, Item | _End | None]] = queue.PriorityQueue()
        self._sent = 0
        self._free_slots = asyncio.Semaphore(READ_AHEAD)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def open(self) -> None:
        """Start to accept results; called in the worker's event loop."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._stopped and self._task:
            self._task.cancel()

    async def put(self, item: Item) -> None:
        """Send a result; waits while `READ_AHEAD` results have not been received."""
        await self._free_slots.acquire()
        self.send(item)

    def send(self, message: Item | _End | None) -> None:
        """Send a message; called in the worker thread."""
        self._sent += 1
        priority = 2 if message is None else 1 if isinstance(message, _End) else 0
        self._queue.put((priority, self._sent, message))

    def receive(self) -> Item | _End | None:
        """Wait for the next message; called in the calling thread."""
        message = self._queue.get()[2]
        if isinstance(message, Item):
            self.call(self._free_slots.release)
        return message

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Schedule a call in the worker's event loop, if that still runs."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it was closed
                self._loop.call_soon_threadsafe(function, *args)

    def stop(self) -> None:
        """Cancel the worker; called in the calling thread."""
        # `open` sets the task before it reads this: at least one of the two cancels.
        self._stopped = True
        if self._task is not None:
            self.call(self._task.cancel)


class _RemoteArticles(AsyncIterator[Any]):
    """Articles that the calling thread reads on request, up to `READ_AHEAD` in advance."""

    def __init__(self, mailbox: _Mailbox) -> None:
        self._mailbox = mailbox
        self._given: asyncio.Queue[Any] = asyncio.Queue()
        self._ahead = 0
        self._ended = False

    def give(self, article: Any) -> None:
        """Pass an article, or the `_End`, to the worker; called in the calling thread."""
        self._mailbox.call(self._take, article)

    def _take(self, article: Any) -> None:
        self._ended = self._ended or isinstance(article, _End)
        self._given.put_nowait(article)

    @override
    async def __anext__(self) -> Any:
        while not self._ended and self._ahead < READ_AHEAD:
            self._ahead += 1
            self._mailbox.send(None)
        article = await self._given.get()
        self._ahead -= 1
        if not isinstance(article, _End):
            return article
        if article.error is not None:
            raise article.error
        raise StopAsyncIteration
