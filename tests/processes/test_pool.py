"""`WorkerPool`: how many articles go on to their first call at a time. Its workers are lists of what they were sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from briefing.llm import Budget
from briefing.processes import pool as pool_module
from briefing.processes.pool import WorkerPool
from briefing.throttling import Limiter
from briefing.throttling.adaptive_limit import AdaptiveLimit


class _Worker:
    load, ready = 0, True

    def __init__(self, *_args: object) -> None:
        self.sent: list[tuple[Any, ...]] = []

    def send(self, message: tuple[Any, ...]) -> None:
        self.sent.append(message)


async def _going(monkeypatch: pytest.MonkeyPatch, limit: AdaptiveLimit, workers: int, articles: int) -> int:
    """How many of these articles are told to go on before any of them has made a call."""
    monkeypatch.setattr(pool_module, "Connection", _Worker)
    monkeypatch.setattr(pool_module, "Process", lambda _folder: None)
    pool = WorkerPool(b"", workers, Limiter(limit), Budget(), None, None)

    async def make(number: int) -> None:
        await (await pool.prepare(f"Article {number}.")).make()

    tasks = [asyncio.create_task(make(number)) for number in range(articles)]
    await asyncio.sleep(0)
    for number in range(1, articles + 1):
        pool.read(number, f"{number}")
    for _ in range(5):
        await asyncio.sleep(0)
    going = [message for worker in pool._connections for message in worker.sent if message[0] == "go"]  # type: ignore[attr-defined]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return len(going)


@pytest.mark.parametrize(
    ("window", "workers", "expected"),
    [
        (8, 2, 8),  # as many as the window has room for
        (30, 2, 30),
        (512, 2, 32),  # workers are busy with as many for a while
        (512, 4, 50),  # all
        (1, 3, 3),  # one in each worker gets ready
    ],
)
async def test_as_many_go_as_the_limiter_has_room_for(monkeypatch, window, workers, expected):
    """A worker takes a while to come to an article, so that few at a time would leave workers without work."""
    assert expected == await _going(monkeypatch, AdaptiveLimit(initial=window), workers, 50)


async def test_few_go_while_the_rate_is_the_limit(monkeypatch):
    """They would wait for their call, and their deadline would pass."""
    limit = AdaptiveLimit(initial=100, requests_per_minute=60)
    limit.acquire(asyncio.get_running_loop().time())

    assert 2 == await _going(monkeypatch, limit, 2, 50)
