"""`WorkerPool`: the parent of the workers. Distributes articles, and replaces workers that die."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from briefing.bulk import PreparedArticle, most_waiting
from briefing.errors import BriefingError, ProviderError
from briefing.processes.channel import Message
from briefing.processes.connection import Connection
from briefing.processes.packing import packed, unpacked_error
from briefing.processes.process import Process
from briefing.processes.services import Limiters
from briefing.sources import Source, Unread
from briefing.throttling import FIRST_CALL, Flag, Limiter

if TYPE_CHECKING:
    from briefing.journal import Store
    from briefing.llm import Budget

_log = logging.getLogger(__name__)
#: Articles that a worker may have read, or read, before their first call may be made.
_READ_AHEAD = 8
#: Articles of a worker that may be on their way to their first call at a time if the limiter has room for all of them.
_MOST_GOING = 16
#: Workers that an article may end: by being worked on when they died, or by being somewhere in them.
_MOST_STRIKES, _MOST_DEATHS = 2, 5
#: Workers in a row that end before they are ready, after which there are no more.
_MOST_FAILED_STARTS = 3


@dataclass(eq=False)
class _Article:
    """An article in progress.

    Attributes:
        data: the article, pickled.
        read: its key, once a worker has read it.
        made: its briefing.
        going: whether calls may be made for it.
        called: whether one was made.
        flag: the scheduler's, set when the first call is made.
        strikes: workers that died while they worked on it.
        deaths: workers that died while they had it.
    """

    number: int
    data: bytes
    flag: Flag | None
    read: asyncio.Future[str]
    made: asyncio.Future[BaseModel]
    connection: Connection = field(init=False)
    going: bool = False
    called: bool = False
    strikes: int = 0
    deaths: int = 0


class WorkerPool:
    """Worker processes of one run. Belongs to an event loop, and starts with the first article.

    Args:
        setup: a `Setup`, pickled.
        count: number of workers.
        limiter: admits the calls of the model.
        budget: limits on all articles together.
        store: the journal, if there is one.
        on_progress: called with a short description of each step.
        deadline: seconds for one article, if there is such a limit.
    """

    def __init__(
        self,
        setup: bytes,
        count: int,
        limiter: Limiter,
        budget: Budget,
        store: Store | None,
        on_progress: Callable[[str], None] | None,
        *,
        deadline: float | None = None,
    ) -> None:
        self.setup, self.limiters, self.budget, self.store = setup, Limiters(limiter), budget, store
        self.on_progress, self.deadline = on_progress, deadline
        self._count, self._limiter = count, limiter
        self._folder = _working_directory()
        self._connections: list[Connection] = []
        self._failed_starts = self._numbered = 0
        self._articles: dict[int, _Article] = {}
        #: Articles that are read and may not go on yet.
        self._waiting: deque[_Article] = deque()
        #: Number of articles that may not go on yet, and of those that may, but have made no call.
        self._ahead = self._going = 0
        #: Messages about models that no call can succeed of.
        self._opened: list[Message] = []
        self._broken: Exception | None = None
        self._changed: Callable[[], None] = lambda: None
        limiter.on_change = self._on_change

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever `has_room` may have changed."""
        self._changed = changed

    def has_room(self) -> bool:
        """Whether a further article is to be read."""
        return self._ahead < _READ_AHEAD * self._count

    async def prepare(self, article: Any) -> PreparedArticle:
        """Read an article in a worker.

        Raises:
            BriefingError: it cannot be read, or workers cannot be started.
        """
        data = packed("an article", _plain(article))
        if self._broken is not None:
            raise self._broken
        while len(self._connections) < self._count:
            self._start_worker()
        loop = asyncio.get_running_loop()
        self._numbered += 1
        found = _Article(self._numbered, data, FIRST_CALL.get(), loop.create_future(), loop.create_future())
        self._articles[found.number] = found
        self._ahead += 1
        self._assign(found)
        try:
            key = await found.read
        except BaseException:
            self._forget(found)
            raise
        return PreparedArticle(key, partial(self._make, found), partial(self._forget, found))

    async def aclose(self) -> None:
        """End the workers."""
        connections, self._connections = self._connections, []
        await asyncio.gather(*(connection.aclose() for connection in connections))

    # What workers report.

    def read(self, number: int, key: str) -> None:
        """A worker has read an article."""
        if (article := self._articles.get(number)) is not None and not article.read.done():
            article.read.set_result(key)

    def made(self, number: int, data: bytes) -> None:
        """A worker has made a briefing."""
        article = self._articles.get(number)
        if article is not None and not article.made.done():
            try:
                result = pickle.loads(data)  # noqa: S301  # of our own worker
            except Exception as error:
                self._fail(article, error)
            else:
                article.made.set_result(result)
                self._forget(article)

    def failed(self, number: int, data: bytes) -> None:
        """A worker has failed to make a briefing."""
        if (article := self._articles.get(number)) is not None:
            self._fail(article, unpacked_error(data))

    def called(self, number: int) -> None:
        """A call is made for an article."""
        if (article := self._articles.get(number)) is None or article.called:
            return
        article.called = True
        self._going -= 1
        if article.flag is not None:
            article.flag.set()
        self._on_change()

    def ready(self) -> None:
        """A worker has started."""
        self._failed_starts = 0

    def unusable(self, data: bytes) -> None:
        """Workers cannot use what they are sent."""
        self._break(unpacked_error(data))

    def circuit_opened(self, by: Connection, gate: int, error: ProviderError) -> None:
        """A worker has found that no call of a model can succeed."""
        self.limiters[gate].open_circuit(error)
        self._opened.append(("opened", gate, error))
        for connection in self._connections:
            if connection is not by:
                connection.send(self._opened[-1])

    def lost(self, connection: Connection, how: str, marked: int) -> None:
        """A worker has died: work on its articles in others."""
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        _log.warning("a worker process has ended (%s); it is replaced", how)
        if not connection.ready:
            self._failed_starts += 1
            if self._failed_starts >= _MOST_FAILED_STARTS:
                self._break(
                    BriefingError(f"worker processes end as soon as they start ({how}); use processes=1")
                )
        if self._broken is None:
            try:
                self._start_worker()
            except BriefingError as error:
                self._break(error)
        for article in [found for found in self._articles.values() if found.connection is connection]:
            article.deaths += connection.ready
            article.strikes += article.number == marked
            if article.strikes >= _MOST_STRIKES or article.deaths >= _MOST_DEATHS:
                times = "twice" if article.strikes >= _MOST_STRIKES else f"{article.deaths} times"
                self._fail(
                    article,
                    BriefingError(
                        f"the worker process ended {times} while it worked on this article ({how})"
                    ),
                )
            elif self._broken is None:
                self._assign(article)

    # Internals.

    async def _make(self, article: _Article) -> BaseModel:
        """Let a worker make the briefing, once few calls wait for the limiter."""
        self._waiting.append(article)
        self._on_change()
        try:
            return await article.made
        finally:
            self._forget(article)

    def _on_change(self) -> None:
        while self._waiting and self._may_go():
            article = self._waiting.popleft()
            if article.number in self._articles:
                article.going = True
                self._going += 1
                self._ahead -= 1
                article.connection.send(("go", article.number))
        self._changed()

    def _may_go(self) -> bool:
        queue = most_waiting(self._limiter)
        if self._going >= self._count + queue:
            return self._going < min(_MOST_GOING * self._count, self._limiter.room)
        return self._limiter.waiting <= self._going + queue

    def _forget(self, article: _Article) -> None:
        """Drop an article that has ended, or is not needed any more."""
        if self._articles.pop(article.number, None) is None:
            return
        article.connection.load -= 1
        if not article.made.done() or article.made.cancelled():
            article.connection.send(("cancel", article.number))
        self._ahead -= not article.going
        self._going -= article.going and not article.called
        self._on_change()

    def _fail(self, article: _Article, error: Exception) -> None:
        future: asyncio.Future[Any] = article.made if article.read.done() else article.read
        if not future.done():
            future.set_exception(error)
            future.exception()  # marks it as retrieved: the article may be cancelled
        self._forget(article)

    def _break(self, error: Exception) -> None:
        """Fail all articles: workers cannot work."""
        self._broken = error
        for article in list(self._articles.values()):
            self._fail(article, error)

    def _assign(self, article: _Article) -> None:
        article.connection = min(self._connections, key=lambda connection: connection.load)
        article.connection.load += 1
        article.connection.send(("article", article.number, article.data, article.going))

    def _start_worker(self) -> None:
        connection = Connection(self, Process(self._folder))
        for message in self._opened:
            connection.send(message)
        self._connections.append(connection)


def _plain(article: Any) -> str | Path | Source | Unread:
    """Return an article as a type that workers know.

    Raises:
        InputError: it is no article.
    """
    if isinstance(article, Unread):
        return article
    if isinstance(article, str):
        return str.__str__(article)
    if isinstance(article, os.PathLike):
        with contextlib.suppress(TypeError):  # of bytes
            return Path(article)
    return Source.of(article)


def _working_directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return None
