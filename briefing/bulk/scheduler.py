"""The scheduler of `summarize_many`: at most so many articles in progress, each result a briefing or its error."""

from __future__ import annotations

import asyncio
import copy
import traceback
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from briefing.bulk.run import ArticlesRun
from briefing.errors import BriefingError

OpenRun = Callable[[], ArticlesRun]
Result = BaseModel | BriefingError
#: Articles that may be read ahead, and results that may wait for the consumer, besides `max_concurrency`.
READ_AHEAD = 16
#: Turns of the event loop after which the first request of a new article has reached the limiter.
_TURNS_TO_LIMITER = 3


@dataclass
class Item:
    """A result, and its article by position and value."""

    index: int
    article: Any
    result: Result


@dataclass
class Scheduler:
    """Runs a job for each article, at most `run.max_concurrency` at a time, with backpressure from the consumer.

    Results are in the order of the articles (`ordered`), or come as they finish.
    """

    run: ArticlesRun
    ordered: bool
    _started: int = 0
    _yielded: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _by_fingerprint: dict[str, asyncio.Future[BaseModel]] = field(default_factory=dict)
    _done: OrderedDict[int, Item] = field(default_factory=OrderedDict)
    _waiters: list[asyncio.Future[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run.on_change(self.notify)

    async def feed(self, articles: AsyncIterator[Any]) -> None:
        """Start a task for each article as soon as there is room.

        Raises:
            Exception: whatever `articles` raises.
        """
        async for article in articles:
            task = asyncio.get_running_loop().create_task(self._work(self._started, article))
            self._started += 1
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(self.notify)
            # `has_room` does not count this article before its first request has reached the limiter.
            for _ in range(_TURNS_TO_LIMITER):
                await asyncio.sleep(0)
            await self._wait_for_room()

    async def next_item(self, feeding: asyncio.Task[None]) -> Item | None:
        """Return the next result; `None` once `feeding` has ended and every result was returned."""
        while True:
            if self.ordered:
                item = self._done.pop(self._yielded, None)
            else:
                item = self._done.popitem(last=False)[1] if self._done else None
            if item is not None:
                self._yielded += 1
                self.notify()
                return item
            if feeding.done() and self._yielded == self._started:
                return None
            await self._wait_for_change()

    async def stop(self) -> None:
        """Cancel all tasks and wait for their end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._done.clear()

    def notify(self, _cause: object = None) -> None:
        """Wake everything that waits for a change."""
        waiters, self._waiters = self._waiters, []
        for future in waiters:
            if not future.done():
                future.set_result(None)

    async def _wait_for_room(self) -> None:
        most = self.run.max_concurrency
        # Results that the consumer has not taken yet count, too, so that memory stays bounded.
        while (
            self._started - self._yielded >= most + READ_AHEAD
            or len(self._tasks) >= most
            or (self._tasks and not self.run.has_room())
        ):
            await self._wait_for_change()

    async def _wait_for_change(self) -> None:
        self._waiters.append(asyncio.get_running_loop().create_future())
        await self._waiters[-1]

    async def _work(self, index: int, article: Any) -> None:
        result: Result
        try:
            result = await self._result(article)
        except Exception as error:
            result = own_error(error, index, article)
        self._done[index] = Item(index, article, result)

    async def _result(self, article: Any) -> BaseModel:
        job = self.run.job(article)
        if (running := self._by_fingerprint.get(job.fingerprint)) is not None:
            return await asyncio.shield(running)
        if (known := job.recall()) is not None:
            return known
        self._by_fingerprint[job.fingerprint] = shared = asyncio.get_running_loop().create_future()
        try:
            result = await job.run()
        except BaseException as error:
            if isinstance(error, Exception):
                shared.set_exception(error)
                shared.exception()  # marks it as retrieved: there may be no duplicate
            else:
                shared.cancel()
            raise
        else:
            shared.set_result(result)
            return result
        finally:
            del self._by_fingerprint[job.fingerprint]


def own_error(error: Exception, index: int, article: Any) -> BriefingError:
    """Return the error as a `BriefingError` that belongs to this article alone, with the frames' locals cleared."""
    if isinstance(error, BriefingError):
        own = copy.copy(error)  # duplicates of an article share the original
        own.__cause__ = error.__cause__
    else:
        own = BriefingError(f"{type(error).__name__}: {error}")
        own.__cause__ = error
    _clear_frames(error)
    own.index, own.source = index, article
    return own


def _clear_frames(error: BaseException | None) -> None:
    """Clear the locals in an error's chain of tracebacks, so that collected errors do not keep requests alive."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # retries can chain errors in a circle
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


async def results(
    open_run: OpenRun, articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
) -> AsyncGenerator[Item, None]:
    """Yield all results; then raise what `articles` raised, if it did."""
    run = open_run()
    try:
        scheduler = Scheduler(run, ordered)
        feeding = asyncio.get_running_loop().create_task(scheduler.feed(_iterate(articles)))
        feeding.add_done_callback(scheduler.notify)
        try:
            while (item := await scheduler.next_item(feeding)) is not None:
                yield item
            feeding.result()
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            await scheduler.stop()
    finally:
        await run.aclose()


async def _iterate(articles: Iterable[Any] | AsyncIterable[Any]) -> AsyncGenerator[Any, None]:
    if isinstance(articles, AsyncIterable):
        async for article in articles:
            yield article
    else:
        for article in articles:
            yield article
