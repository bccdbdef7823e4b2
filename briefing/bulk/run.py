"""`ArticlesRun`: one run over many articles, with a shared concurrency limit and results shared by duplicates."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from briefing.throttling import Limiter

#: Fingerprint of an article (in hex), and the function that makes its briefing.
PreparedArticle = tuple[str, Callable[[], Awaitable[BaseModel]]]


class ArticlesRun:
    """One call of `summarize_many`; belongs to one event loop.

    Results are stored in an anonymous temporary file until the end of the run, so that duplicates of an article are not
    requested again, however far apart; memory holds one offset for each result. All requests pass `limiter`.

    Attributes:
        recorded: whether results outlive the run, in a journal.
        max_concurrency: most articles in progress.
    """

    def __init__(
        self,
        prepare: Callable[[Any], PreparedArticle],
        limiter: Limiter,
        close: Callable[[], Awaitable[None]],
        *,
        recorded: bool = False,
    ) -> None:
        self.recorded = recorded
        self.max_concurrency = limiter.limit.max_concurrency
        self._prepare, self._limiter, self._close = prepare, limiter, close
        self._results = _ResultFile()

    def job(self, article: Any) -> ArticleJob:
        """Read an article."""
        fingerprint, make = self._prepare(article)
        return ArticleJob(fingerprint, make, self._results)

    def has_room(self) -> bool:
        """Whether few requests wait for the limiter: an article's deadline must not pass while it queues."""
        return self._limiter.waiting <= self._limiter.limit.in_flight // 8

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever the limiter admits a request, or one ends."""
        self._limiter.on_change = changed

    async def aclose(self) -> None:
        """Close the connections and delete the stored results."""
        self._results.close()
        await self._close()


@dataclass
class ArticleJob:
    """An article that was read. Articles with the same fingerprint are requested once."""

    fingerprint: str
    make: Callable[[], Awaitable[BaseModel]]
    results: _ResultFile

    def recall(self) -> BaseModel | None:
        """Return the result if it was made earlier in the run, else `None`."""
        return self.results.get(self.fingerprint)

    async def run(self) -> BaseModel:
        """Make the result and store it."""
        result = await self.make()
        self.results.put(self.fingerprint, result)
        return result


class _ResultFile:
    """Pickled results by fingerprint, in an anonymous temporary file."""

    def __init__(self) -> None:
        # Unbuffered: what a full disk keeps in a buffer would be an error of the next call, or of `close`.
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # closed by `close`
        self._offsets: dict[bytes, int] = {}

    def put(self, fingerprint: str, result: BaseModel) -> None:
        try:
            offset = self._file.seek(0, 2)
            rest = memoryview(pickle.dumps(result, protocol=5))
            while rest:
                rest = rest[self._file.write(rest) :]
        except Exception:
            return  # the schema cannot be pickled, or the disk is full: duplicates are requested again
        self._offsets[bytes.fromhex(fingerprint)] = offset

    def get(self, fingerprint: str) -> BaseModel | None:
        offset = self._offsets.get(bytes.fromhex(fingerprint))
        if offset is None:
            return None
        self._file.seek(offset)
        result: BaseModel = pickle.load(self._file)  # noqa: S301  # written above, in a file without a name
        return result

    def close(self) -> None:
        self._file.close()
        self._offsets.clear()
