"""`AutomaticWorkers`: articles are worked on in this process, and in workers once one core is the limit."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from typing_extensions import override

from briefing.bulk import PreparedArticle, Room
from briefing.processes.pool import WorkerPool

#: Seconds and articles of a measurement, and the CPU time of the event loop's thread, as a share, from which on its core is
#: the limit. Workers take a second or two to start, so that they are of no use for less.
_SECONDS, _ARTICLES, _SHARE = 2.0, 50, 0.85


class AutomaticWorkers(Room):
    """Starts workers once the event loop's thread is busy.

    Args:
        pool: the workers, not yet started.
        here: reads an article in this process.
        room: knows whether this process has room for an article.
    """

    def __init__(
        self, pool: WorkerPool, here: Callable[[Any], Awaitable[PreparedArticle]], room: Room
    ) -> None:
        self._pool, self._here, self._room = pool, here, room
        self._uses_workers = False
        self._began, self._cpu, self._articles = time.monotonic(), time.thread_time(), 0

    async def prepare(self, article: Any) -> PreparedArticle:
        """Read an article, here or in a worker."""
        self._articles += 1
        if self._uses_workers or self._is_busy():
            self._uses_workers = True
            return await self._pool.prepare(article)
        return await self._here(article)

    @override
    def has_room(self) -> bool:
        return self._pool.has_room() if self._uses_workers else self._room.has_room()

    @override
    def on_change(self, changed: Callable[[], None]) -> None:
        self._pool.on_change(changed)

    def _is_busy(self) -> bool:
        seconds = time.monotonic() - self._began
        if seconds < _SECONDS or self._articles < _ARTICLES:
            return False
        cpu = time.thread_time()
        share = (cpu - self._cpu) / seconds
        self._began, self._cpu, self._articles = time.monotonic(), cpu, 0
        return share >= _SHARE
