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
import threading
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

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
        self, open_run: OpenRun[T], articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
    ) -> None:
        self.index, self.source = -1, None
        self._items = results(open_run, articles, ordered=ordered)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T | BriefingError:
        item = await anext(self._items)
        self.index, self.source = item.index, item.article
        return item.result

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
        self, open_run: OpenRun[T], articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
    ) -> None:
        self.index, self.source = -1, None
        self._items = _results_of_thread(open_run, articles, ordered=ordered)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T | BriefingError:
        item = next(self._items)
        self.index, self.source = item.index, item.article
        return item.result

    def close(self) -> None:
        """Cancel all articles in progress; the iterator is exhausted afterwards."""
        self._items.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def _results_of_thread(
    open_run: OpenRun[T], articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
) -> Generator[Item[T], None, None]:
    mailbox: _Mailbox[T] = _Mailbox()
    read = articles if isinstance(articles, AsyncIterable) else _RemoteArticles(mailbox)
    context = contextvars.copy_context()
    thread = threading.Thread(
        target=lambda: context.run(_work, mailbox, open_run, read, ordered), name="briefing", daemon=True
    )
    thread.start()
    try:
        reading = iter(()) if isinstance(articles, AsyncIterable) else iter(articles)
        while True:
            message = mailbox.receive()
            if isinstance(message, Item):
                yield message
            elif isinstance(message, _ArticleRequest):
                try:
                    article = next(reading)
                except StopIteration:
                    message.reader.end(None)
                except Exception as error:
                    # Of the caller's iterable: raised to the caller after the articles in progress.
                    message.reader.end(error)
                else:
                    message.reader.give(article)
            else:
                if message.error is not None:
                    raise message.error
                return
    finally:
        mailbox.stop()
        thread.join()


def _work(mailbox: _Mailbox[T], open_run: OpenRun[T], articles: AsyncIterable[Any], ordered: bool) -> None:
    async def work() -> None:
        mailbox.open()
        items = results(open_run, articles, ordered=ordered)
        async with contextlib.aclosing(items):
            async for item in items:
                await mailbox.put(item)

    try:
        asyncio.run(work())
    except asyncio.CancelledError:
        mailbox.send(_End(None))
    except BaseException as error:
        mailbox.send(_End(error))
    else:
        mailbox.send(_End(None))


@dataclass
class _End:
    """The end of a sequence of messages; `error` is the exception that ended it early, else `None`."""

    error: BaseException | None


@dataclass
class _ArticleRequest:
    """A request of the worker thread for another article."""

    reader: _RemoteArticles


class _Mailbox(Generic[T]):
    """Messages of the worker thread to the calling thread: results first, then requests for articles."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._results: deque[Item[T]] = deque()
        self._requests: deque[_ArticleRequest] = deque()
        self._end: _End | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def open(self) -> None:
        """Start to accept results; called in the worker's event loop."""
        with self._condition:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            self._free_slots = asyncio.Semaphore(READ_AHEAD)
            if self._stopped and self._task:
                self._task.cancel()

    async def put(self, item: Item[T]) -> None:
        """Send a result; waits while `READ_AHEAD` results have not been received."""
        await self._free_slots.acquire()
        with self._condition:
            self._results.append(item)
            self._condition.notify()

    def send(self, message: _ArticleRequest | _End) -> None:
        """Send a request for an article, or the end."""
        with self._condition:
            if isinstance(message, _End):
                self._end = message
            else:
                self._requests.append(message)
            self._condition.notify()

    def receive(self) -> Item[T] | _ArticleRequest | _End:
        """Wait for the next message; called in the calling thread."""
        with self._condition:
            self._condition.wait_for(lambda: self._results or self._requests or self._end)
            if self._results:
                self.call(self._free_slots.release)
                return self._results.popleft()
            if self._end:
                return self._end
            return self._requests.popleft()

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Schedule a call in the worker's event loop, if that still runs."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it was closed
                self._loop.call_soon_threadsafe(function, *args)

    def stop(self) -> None:
        """Cancel the worker; called in the calling thread."""
        with self._condition:
            self._stopped = True
            if self._task is not None:
                self.call(self._task.cancel)


class _RemoteArticles(AsyncIterator[Any]):
    """Articles that the calling thread reads on request, up to `READ_AHEAD` in advance."""

    def __init__(self, mailbox: _Mailbox[Any]) -> None:
        self._mailbox = mailbox
        self._articles: deque[Any] = deque()
        self._requested = 0
        self._end: _End | None = None
        self._changed: asyncio.Future[None] | None = None

    def give(self, article: Any) -> None:
        """Pass an article to the worker; called in the calling thread."""
        self._mailbox.call(self._take, article)

    def end(self, error: BaseException | None) -> None:
        """Say that no article follows, or why; called in the calling thread."""
        self._mailbox.call(self._take_end, _End(error))

    def _take(self, article: Any) -> None:
        self._requested -= 1
        self._articles.append(article)
        self._notify()

    def _take_end(self, end: _End) -> None:
        self._end = self._end or end
        self._notify()

    def _notify(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    @override
    async def __anext__(self) -> Any:
        while True:
            while not self._end and len(self._articles) + self._requested < READ_AHEAD:
                self._requested += 1
                self._mailbox.send(_ArticleRequest(self))
            if self._articles:
                return self._articles.popleft()
            if self._end:
                if self._end.error is not None:
                    raise self._end.error
                raise StopAsyncIteration
            self._changed = asyncio.get_running_loop().create_future()
            await self._changed
