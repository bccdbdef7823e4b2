"""`ArticlesRun`: one run over many articles, with a shared concurrency limit and results shared by duplicates."""

from __future__ import annotations

import contextlib
import pickle
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import FileIO
from typing import Any, Protocol

from pydantic import BaseModel
from typing_extensions import override

from briefing.errors import InputError
from briefing.on_disk import OnDiskDict
from briefing.throttling import Limiter


@dataclass(frozen=True)
class PreparedArticle:
    """An article that was read.

    Attributes:
        fingerprint: in hex. Articles with the same one are requested once.
        make: makes its briefing.
        discard: called instead of `make` if that is not needed.
    """

    fingerprint: str
    make: Callable[[], Awaitable[BaseModel]]
    discard: Callable[[], None] = lambda: None


class ArticlesRun:
    """One call of `summarize_many`; belongs to one event loop.

    Results are stored in an anonymous temporary file until the end of the run, so that duplicates of an article are not
    requested again, however far apart; a journal has them anyway. All requests pass `limiter`.

    Attributes:
        recorded: whether results outlive the run, in a journal.
        max_concurrency: most articles in progress.
    """

    def __init__(
        self,
        prepare: Callable[[Any], Awaitable[PreparedArticle]],
        limiter: Limiter,
        close: Callable[[], Awaitable[None]],
        *,
        recorded: bool = False,
        room: Room | None = None,
    ) -> None:
        self.recorded = recorded
        self.max_concurrency = limiter.limit.max_concurrency
        self._prepare, self._close = prepare, close
        self._room = room or LimiterRoom(limiter)
        self._results = _ResultFile() if not recorded else None

    async def job(self, article: Any) -> ArticleJob:
        """Read an article."""
        return ArticleJob(await self._prepare(article), self._results)

    def has_room(self) -> bool:
        """Whether a further article is to be started."""
        return self._room.has_room()

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever that may have changed."""
        self._room.on_change(changed)

    async def aclose(self) -> None:
        """Close the connections and delete the stored results."""
        if self._results is not None:
            self._results.close()
        await self._close()


def most_waiting(limiter: Limiter) -> int:
    """Return how many requests may wait for the limiter: the deadline of an article must not pass while it queues."""
    return limiter.limit.in_flight // 8


class Room(Protocol):
    """Knows whether a run has room for a further article."""

    def has_room(self) -> bool:
        """Whether a further article is to be started."""

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever that may have changed."""


@dataclass
class LimiterRoom(Room):
    """Has room while few requests wait for the limiter."""

    limiter: Limiter

    @override
    def has_room(self) -> bool:
        return self.limiter.waiting <= most_waiting(self.limiter)

    @override
    def on_change(self, changed: Callable[[], None]) -> None:
        self.limiter.on_change = changed


@dataclass
class ArticleJob:
    """An article that was read, and the results of the run."""

    article: PreparedArticle
    results: _ResultFile | None

    @property
    def fingerprint(self) -> str:
        """Articles with the same one are requested once."""
        return self.article.fingerprint

    def recall(self) -> BaseModel | None:
        """Return the result if it was made earlier in the run, else `None`."""
        return None if self.results is None else self.results.get(self.fingerprint)

    def discard(self) -> None:
        """Drop what was read: the result is known, or is being made."""
        self.article.discard()

    async def run(self) -> BaseModel:
        """Make the result and store it."""
        result = await self.article.make()
        if self.results is not None:
            self.results.put(self.fingerprint, result)
        return result


class _ResultFile:
    """Pickled results by fingerprint, in an anonymous temporary file; where none can be made, nothing is stored."""

    def __init__(self) -> None:
        self._file: FileIO | None = None
        # Unbuffered: what a full disk keeps in a buffer would be an error of the next call, or of `close`.
        with contextlib.suppress(OSError):
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # closed by `close`
        self._offsets = OnDiskDict[int]()

    def put(self, fingerprint: str, result: BaseModel) -> None:
        if self._file is None:
            return
        try:
            offset = self._file.seek(0, 2)
            rest = memoryview(pickle.dumps(result, protocol=5))
            while rest:
                rest = rest[self._file.write(rest) :]
            self._offsets[fingerprint] = offset
        except Exception:
            return  # the schema cannot be pickled, or the disk is full: duplicates are requested again

    def get(self, fingerprint: str) -> BaseModel | None:
        try:
            offset = self._offsets.get(fingerprint)
        except InputError:  # the disk is full, as above
            return None
        if offset is None or self._file is None:
            return None
        self._file.seek(offset)
        result: BaseModel = pickle.load(self._file)  # noqa: S301  # written above, in a file without a name
        return result

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._offsets.close()
