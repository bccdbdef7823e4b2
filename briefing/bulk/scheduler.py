"""The scheduler of `summarize_many`: at most so many articles in progress, each result a briefing or its error."""

from __future__ import annotations

import asyncio
import copy
import traceback
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import BaseModel

from briefing.bulk.run import ArticlesRun
from briefing.errors import BriefingError
from briefing.throttling import FIRST_CALL

OpenRun = Callable[[], ArticlesRun]
Result = BaseModel | BriefingError
#: Articles that may be read ahead, and results that may wait for the consumer, besides `max_concurrency`.
READ_AHEAD = 16
#: Seconds that articles under way may take to end when a run is ended early.
GRACE = 30.0
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
    #: Tasks in progress, and whether a call was admitted for their article.
    _tasks: dict[asyncio.Task[Item], asyncio.Event] = field(default_factory=dict)
    _by_fingerprint: dict[str, asyncio.Future[BaseModel]] = field(default_factory=dict)
    #: Results by position; `None` for an article that was cancelled.
    _done: OrderedDict[int, Item | None] = field(default_factory=OrderedDict)
    _waiters: list[asyncio.Future[None]] = field(default_factory=list)
    _feeding: asyncio.Task[None] | None = None
    _finishing: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self.run.on_change(self.notify)

    def start(self, articles: AsyncIterator[Any]) -> None:
        """Start to work on the articles, each as soon as there is room."""
        self._feeding = asyncio.get_running_loop().create_task(self._feed(articles))
        self._feeding.add_done_callback(self.notify)

    async def next_item(self) -> Item | None:
        """Return the next result; `None` after the last one.

        Raises:
            Exception: whatever iterating the articles raised, after the last result.
        """
        assert self._feeding is not None
        while True:
            position = self._yielded if self.ordered else next(iter(self._done), self._yielded)
            if position in self._done:
                item = self._done.pop(position)
                self._yielded += 1
                self.notify()
                if item is not None:
                    return item
            elif self._feeding.done() and self._yielded == self._started:
                if not self._feeding.cancelled():
                    self._feeding.result()
                return None
            else:
                await self._wait_for_change()

    def finish(self, grace: float) -> int:
        """Start no further article, and cancel those in progress after `grace` seconds.

        Those for which no call was made yet are cancelled now. Returns the number of the others.
        """
        assert self._feeding is not None
        self._feeding.cancel()
        for task, called in self._tasks.items():
            if not called.is_set():
                task.cancel()
        under_way = sum(called.is_set() for called in self._tasks.values())
        loop = asyncio.get_running_loop()
        if self._finishing is None or loop.time() + grace < self._finishing.when():
            if self._finishing is not None:
                self._finishing.cancel()
            self._finishing = loop.call_later(grace, self._cancel)
        return under_way

    async def stop(self) -> None:
        """Cancel everything, and wait until it has ended."""
        assert self._feeding is not None
        if self._finishing is not None:
            self._finishing.cancel()
        self._feeding.cancel()
        self._cancel()
        await asyncio.gather(self._feeding, *self._tasks, return_exceptions=True)
        self._done.clear()

    def notify(self, _cause: object = None) -> None:
        """Wake everything that waits for a change."""
        waiters, self._waiters = self._waiters, []
        for future in waiters:
            if not future.done():
                future.set_result(None)

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _feed(self, articles: AsyncIterator[Any]) -> None:
        async for article in articles:
            called = asyncio.Event()
            task = asyncio.get_running_loop().create_task(self._work(self._started, article, called))
            self._tasks[task] = called
            task.add_done_callback(partial(self._ended, self._started))
            self._started += 1
            # `has_room` does not count this article before its first request has reached the limiter.
            for _ in range(_TURNS_TO_LIMITER):
                await asyncio.sleep(0)
            await self._wait_for_room()

    def _ended(self, index: int, task: asyncio.Task[Item]) -> None:
        del self._tasks[task]
        self._done[index] = None if task.cancelled() else task.result()
        self.notify()

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

    async def _work(self, index: int, article: Any, called: asyncio.Event) -> Item:
        FIRST_CALL.set(called)
        result: Result
        try:
            result = await self._result(article)
        except Exception as error:
            result = own_error(error, index, article)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Raised by something below, not by us: the article must not vanish.
            result = own_error(BriefingError("the call was cancelled"), index, article)
            result.__cause__ = error
        return Item(index, article, result)

    async def _result(self, article: Any) -> BaseModel:
        job = await self.run.job(article)
        if (running := self._by_fingerprint.get(job.fingerprint)) is not None:
            job.discard()
            return await asyncio.shield(running)
        if (known := job.recall()) is not None:
            job.discard()
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
        for other in error.fallback_errors if isinstance(error, BriefingError) else ():
            _clear_frames(other)
        error = error.__cause__ or error.__context__


class ResultStream:
    """The results of one run over many articles, in one event loop."""

    def __init__(
        self, open_run: OpenRun, articles: Iterable[Any] | AsyncIterable[Any], *, ordered: bool
    ) -> None:
        self._open_run, self._articles, self._ordered = open_run, articles, ordered
        self._scheduler: Scheduler | None = None
        self._finished = False
        #: Whether results outlive the run.
        self.recorded = False

    async def items(self) -> AsyncGenerator[Item, None]:
        """Yield all results; then raise what iterating the articles raised, if it did.

        If the generator is closed early, articles under way are cancelled; but if results are recorded, those that a
        call was made for may end within `GRACE` seconds.
        """
        if self._finished:
            return
        run = self._open_run()
        try:
            self.recorded = run.recorded
            self._scheduler = scheduler = Scheduler(run, self._ordered)
            scheduler.start(_iterate(self._articles))
            try:
                while (item := await scheduler.next_item()) is not None:
                    yield item
            except GeneratorExit:
                if self.finish(GRACE if self.recorded else 0.0):
                    while await scheduler.next_item() is not None:
                        pass
                raise
            finally:
                await scheduler.stop()
        finally:
            await run.aclose()

    def finish(self, grace: float) -> int:
        """As `Scheduler.finish`."""
        self._finished = True
        return 0 if self._scheduler is None else self._scheduler.finish(grace)


async def _iterate(articles: Iterable[Any] | AsyncIterable[Any]) -> AsyncGenerator[Any, None]:
    if isinstance(articles, AsyncIterable):
        async for article in articles:
            yield article
    else:
        for article in articles:
            yield article
