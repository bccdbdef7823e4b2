"""The engine of `summarize_many`: articles in, a bounded number under way, each result a briefing or its error."""

from __future__ import annotations

import asyncio
import copy
import traceback
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from briefing.errors import BriefingError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
#: Articles that may be read before their turn, beside those under way.
AHEAD = 16


class Job(Protocol[T_co]):
    """An article that was read and is to be briefed.

    Attributes:
        fingerprint: articles with the same one are asked once.
    """

    fingerprint: str

    def recall(self) -> T_co | None:
        """The result, if it is known from before."""

    async def run(self) -> T_co:
        """Ask for the result, and keep it where it is to be kept."""


class Run(Protocol[T_co]):
    """What the engine works with: made for one run, used in one event loop.

    Attributes:
        max_concurrency: most articles under way.
    """

    max_concurrency: int

    def job(self, article: Any) -> Job[T_co]:
        """Read an article."""

    def has_room(self, under_way: int) -> bool:
        """Whether another article, beside so many, would not only wait."""

    def on_change(self, changed: Callable[[], None]) -> None:
        """`changed` is to be called when `has_room` may have changed."""

    async def aclose(self) -> None:
        """Close what was opened."""


@dataclass
class Item(Generic[T]):
    """A result, and which article it is of."""

    index: int
    article: Any
    result: T | BriefingError


@dataclass
class Engine(Generic[T]):
    """Works on the articles that it is given.

    Args:
        run: reads and asks.
        ordered: give results in the order of the articles, else as they finish.
    """

    run: Run[T]
    ordered: bool
    _read: int = 0
    _given: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _by_fingerprint: dict[str, asyncio.Future[T]] = field(default_factory=dict)
    _done: OrderedDict[int, Item[T]] = field(default_factory=OrderedDict)
    _watching: list[asyncio.Future[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run.on_change(self._changed)

    async def feed(self, articles: AsyncIterator[Any]) -> None:
        """Begin with each article as soon as there is room for it.

        Raises:
            Exception: what `articles` raised.
        """
        async for article in articles:
            task = asyncio.get_running_loop().create_task(self._work(self._read, article))
            self._read += 1
            self._tasks.add(task)
            task.add_done_callback(self._ended)
            # Until the first call of this one is at the limiter, whether there is room cannot be told.
            for _ in range(3):
                await asyncio.sleep(0)
            await self.room()

    async def room(self) -> None:
        """Wait until another article may be begun."""
        most = self.run.max_concurrency
        # Results that nobody has taken yet hold it up too: memory is to stay flat.
        while (
            self._read - self._given >= most + AHEAD
            or len(self._tasks) >= most
            or (self._tasks and not self.run.has_room(len(self._tasks)))
        ):
            await self._change()

    async def next(self, feeding: asyncio.Task[None]) -> Item[T] | None:
        """The next result; `None` if `feeding` has ended and all were given."""
        while True:
            if self.ordered:
                item = self._done.pop(self._given, None)
            else:
                item = self._done.popitem(last=False)[1] if self._done else None
            if item is not None:
                self._given += 1
                self._changed()
                return item
            if feeding.done() and self._given == self._read:
                return None
            await self._change()

    async def stop(self) -> None:
        """Stop all that runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._done.clear()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed()

    def _changed(self, _cause: object = None) -> None:
        watching, self._watching = self._watching, []
        for future in watching:
            if not future.done():
                future.set_result(None)

    async def _change(self) -> None:
        self._watching.append(asyncio.get_running_loop().create_future())
        await self._watching[-1]

    async def _work(self, index: int, article: Any) -> None:
        result: T | BriefingError
        try:
            result = await self._result(article)
        except Exception as error:
            result = as_given_out(error, index, article)
        self._done[index] = Item(index, article, result)

    async def _result(self, article: Any) -> T:
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
                shared.exception()  # nobody has to fetch it
            else:
                shared.cancel()
            raise
        else:
            shared.set_result(result)
            return result
        finally:
            del self._by_fingerprint[job.fingerprint]


def as_given_out(error: Exception, index: int, article: Any) -> BriefingError:
    """The error as it is given out: a `BriefingError` of this article's own, without what its frames held."""
    if isinstance(error, BriefingError):
        own = copy.copy(error)  # duplicates share one
        own.__cause__ = error.__cause__
    else:
        own = BriefingError(f"{type(error).__name__}: {error}")
        own.__cause__ = error
    _clear(error, set())
    own.index, own.source = index, article
    return own


def _clear(error: BaseException | None, seen: set[int]) -> None:
    """Drop what the frames of an error and of those below it held: a list of errors must not hold requests."""
    while error is not None and id(error) not in seen:  # retries can raise errors in a circle
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


class _Position:
    """Where a run is.

    Attributes:
        index: number of the article, from 0, that the last result is of.
        source: that article, as it was given.
    """

    index: int = -1
    source: Any = None


Open = Callable[[], Run[T]]


async def results(
    open_run: Open[T], articles: AsyncIterator[Any], *, ordered: bool
) -> AsyncGenerator[Item[T], None]:
    """All results; then what `articles` raised, if it did."""
    run = open_run()
    try:
        engine = Engine(run, ordered)
        feeding = asyncio.get_running_loop().create_task(engine.feed(articles))
        feeding.add_done_callback(engine._changed)  # noqa: SLF001  # of the same module
        try:
            while (item := await engine.next(feeding)) is not None:
                yield item
            feeding.result()
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            await engine.stop()
    finally:
        await run.aclose()


async def read(articles: Iterable[Any] | AsyncIterable[Any]) -> AsyncGenerator[Any, None]:
    """The articles, asynchronously."""
    if isinstance(articles, AsyncIterable):
        async for article in articles:
            yield article
    else:
        for article in articles:
            yield article
