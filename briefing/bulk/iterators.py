"""Many articles: read as they are needed, a bounded number under way, each result a briefing or its error.

One engine, asynchronous. `AsyncResults` runs it in the caller's event loop, `Results` in a thread with a loop of its own,
so that it also works where a loop runs already. In both, the caller's iterable is read by the caller: `Results` reads it in
the thread that asks for the next result, so that files, cursors and generators that belong to a thread work.
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

from briefing.bulk.scheduler import AHEAD, Item, Open, read, results
from briefing.errors import BriefingError, ConfigurationError

T = TypeVar("T")


def check_articles(articles: object, *, what: str) -> None:
    """Refuse what is no collection of articles.

    Raises:
        ConfigurationError: a single text or path, or not iterable.
    """
    if isinstance(articles, str | bytes | os.PathLike) or not isinstance(articles, Iterable | AsyncIterable):
        raise ConfigurationError(
            f"{what} takes an iterable of articles, not {type(articles).__name__}; for one article there is summarize"
        )


class AsyncResults(Generic[T]):
    """The results of `asummarize_many`, an asynchronous iterator.

    Leaving the loop early, `aclose` and the end of an ``async with`` stop all that runs.

    Attributes:
        index: number of the article, from 0, that the last result is of; -1 before the first.
        source: that article, as it was given.
    """

    def __init__(
        self, open_run: Open[T], articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
    ) -> None:
        self.index, self.source = -1, None
        self._items = results(open_run, read(articles), ordered=ordered)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T | BriefingError:
        item = await anext(self._items)
        self.index, self.source = item.index, item.article
        return item.result

    async def aclose(self) -> None:
        """Stop all that runs; nothing more is yielded."""
        await self._items.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.aclose()


class Results(Generic[T]):
    """The results of `summarize_many`, an iterator.

    The work is done in a thread of its own while you are at other things; the articles are read in yours, while you
    wait for the next result. Leaving the loop early, `close` and the end of a ``with`` stop all that runs.

    Attributes:
        index: number of the article, from 0, that the last result is of; -1 before the first.
        source: that article, as it was given.
    """

    def __init__(
        self, open_run: Open[T], articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
    ) -> None:
        self.index, self.source = -1, None
        self._items = _in_a_thread(open_run, articles, ordered=ordered)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T | BriefingError:
        item = next(self._items)
        self.index, self.source = item.index, item.article
        return item.result

    def close(self) -> None:
        """Stop all that runs; nothing more is yielded."""
        self._items.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def _in_a_thread(
    open_run: Open[T], articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
) -> Generator[Item[T], None, None]:
    mailbox: _Mailbox[T] = _Mailbox()
    fed = articles if isinstance(articles, AsyncIterable) else _Fed(mailbox)
    context = contextvars.copy_context()
    thread = threading.Thread(
        target=lambda: context.run(_work, mailbox, open_run, fed, ordered), name="briefing", daemon=True
    )
    thread.start()
    try:
        reading = iter(()) if isinstance(articles, AsyncIterable) else iter(articles)
        while True:
            message = mailbox.receive()
            if isinstance(message, Item):
                yield message
            elif isinstance(message, _Wanted):
                try:
                    article = next(reading)
                except StopIteration:
                    message.fed.end(None)
                except Exception as error:
                    # The caller's own: raised to them, after what is under way.
                    message.fed.end(error)
                else:
                    message.fed.give(article)
            else:
                if message.error is not None:
                    raise message.error
                return
    finally:
        mailbox.stop()
        thread.join()


def _work(mailbox: _Mailbox[T], open_run: Open[T], articles: AsyncIterable[Any], ordered: bool) -> None:
    async def work() -> None:
        mailbox.open()
        items = results(open_run, read(articles), ordered=ordered)
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
    """Nothing more comes; `error` is what ended it, if it was not the last article."""

    error: BaseException | None


@dataclass
class _Wanted:
    """Another article is wanted."""

    fed: _Fed


class _Mailbox(Generic[T]):
    """What the working thread sends to the caller's: results first, then wishes for articles."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._results: deque[Item[T]] = deque()
        self._wanted: deque[_Wanted] = deque()
        self._end: _End | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def open(self) -> None:
        """Called by the work, in its loop."""
        with self._news:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            self._room = asyncio.Semaphore(AHEAD)
            if self._stopped and self._task:
                self._task.cancel()

    async def put(self, item: Item[T]) -> None:
        """Send a result, as soon as the caller has taken enough of those before."""
        await self._room.acquire()
        with self._news:
            self._results.append(item)
            self._news.notify()

    def send(self, message: _Wanted | _End) -> None:
        """Send a wish or the end."""
        with self._news:
            if isinstance(message, _End):
                self._end = message
            else:
                self._wanted.append(message)
            self._news.notify()

    def receive(self) -> Item[T] | _Wanted | _End:
        """Wait for a message, in the caller's thread."""
        with self._news:
            self._news.wait_for(lambda: self._results or self._wanted or self._end)
            if self._results:
                self.call(self._room.release)
                return self._results.popleft()
            if self._end:
                return self._end
            return self._wanted.popleft()

    def call(self, do: Callable[..., object], *args: Any) -> None:
        """Have something done in the work's loop, if that still runs."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it was closed
                self._loop.call_soon_threadsafe(do, *args)

    def stop(self) -> None:
        """End the work, from the caller's thread."""
        with self._news:
            self._stopped = True
            if self._task is not None:
                self.call(self._task.cancel)


class _Fed(AsyncIterator[Any]):
    """Articles that the caller's thread reads, a few ahead."""

    def __init__(self, mailbox: _Mailbox[Any]) -> None:
        self._mailbox = mailbox
        self._articles: deque[Any] = deque()
        self._wanted = 0
        self._end: _End | None = None
        self._news: asyncio.Future[None] | None = None

    def give(self, article: Any) -> None:
        """Hand over an article, from the caller's thread."""
        self._mailbox.call(self._take, article)

    def end(self, error: BaseException | None) -> None:
        """No article follows, from the caller's thread."""
        self._mailbox.call(self._take_end, _End(error))

    def _take(self, article: Any) -> None:
        self._wanted -= 1
        self._articles.append(article)
        self._tell()

    def _take_end(self, end: _End) -> None:
        self._end = self._end or end
        self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    @override
    async def __anext__(self) -> Any:
        while True:
            while not self._end and len(self._articles) + self._wanted < AHEAD:
                self._wanted += 1
                self._mailbox.send(_Wanted(self))
            if self._articles:
                return self._articles.popleft()
            if self._end:
                if self._end.error is not None:
                    raise self._end.error
                raise StopAsyncIteration
            self._news = asyncio.get_running_loop().create_future()
            await self._news
