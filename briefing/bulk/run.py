"""One run over many articles: what the engine asks of a briefer."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from briefing.throttling import Limiter

#: An article that was read: what tells it from others, and what makes its briefing.
Prepared = tuple[str, Callable[[], Awaitable[BaseModel]]]


class ArticlesRun:
    """A run of a briefer: at a pace, each article once.

    Results are kept in a file without a name until the end of the run, so that an article that comes again, however
    much later, need not be asked again; in memory is one number for each.

    Args:
        prepare: reads an article.
        limiter: that the calls go through.
        close: closes the connections.
    """

    def __init__(
        self, prepare: Callable[[Any], Prepared], limiter: Limiter, close: Callable[[], Awaitable[None]]
    ) -> None:
        self.max_concurrency = limiter.limit.max_concurrency
        self._prepare, self._limiter, self._close = prepare, limiter, close
        self._kept = _Kept()

    def job(self, article: Any) -> _ArticleJob:
        """Read an article."""
        key, ask = self._prepare(article)
        return _ArticleJob(key, ask, self._kept)

    def has_room(self, under_way: int) -> bool:
        """Whether few enough calls wait: an article's deadline should not pass while it queues here."""
        return self._limiter.waiting <= self._limiter.limit.in_flight // 8

    def on_change(self, changed: Callable[[], None]) -> None:
        """`changed` is called when the limiter lets a call through or one ends."""
        self._limiter.on_change = changed

    async def aclose(self) -> None:
        """Close the connections and drop what was kept."""
        self._kept.close()
        await self._close()


@dataclass
class _ArticleJob:
    fingerprint: str
    ask: Callable[[], Awaitable[BaseModel]]
    kept: _Kept

    def recall(self) -> BaseModel | None:
        return self.kept.get(self.fingerprint)

    async def run(self) -> BaseModel:
        result = await self.ask()
        self.kept.put(self.fingerprint, result)
        return result


class _Kept:
    """Results by key, in a file that goes with the run."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        self._places: dict[bytes, int] = {}

    def put(self, key: str, result: BaseModel) -> None:
        try:
            data = pickle.dumps(result, protocol=5)
        except Exception:
            return  # a schema of the user's that does not pickle: asked again where it comes again
        place = self._file.seek(0, 2)
        try:
            self._file.write(len(data).to_bytes(8) + data)
        except OSError:
            return  # no room: only duplicates cost more
        self._places[bytes.fromhex(key)] = place

    def get(self, key: str) -> BaseModel | None:
        place = self._places.get(bytes.fromhex(key))
        if place is None:
            return None
        self._file.seek(place)
        size = int.from_bytes(self._file.read(8))
        result: BaseModel = pickle.loads(self._file.read(size))  # noqa: S301  # written above, and nobody else can
        return result

    def close(self) -> None:
        self._file.close()
        self._places.clear()
