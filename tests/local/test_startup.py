"""`OneTimeStart`: one call for all that wait for it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from briefing.local import OneTimeStart


def test_a_cancelled_task_does_not_cancel_the_call_for_the_others() -> None:
    """Also in another event loop, later."""
    calls: list[int] = []
    go = threading.Event()

    def call() -> str:
        calls.append(1)
        go.wait(60)
        return "ready"

    start = OneTimeStart(call)

    async def cancelled_and_other() -> list[object]:
        tasks = [asyncio.create_task(start.result()) for _ in range(2)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.sleep(0)
        go.set()
        return [type(result) for result in await asyncio.gather(*tasks, return_exceptions=True)]

    assert [asyncio.CancelledError, str] == asyncio.run(cancelled_and_other())
    assert ("ready", 1) == (asyncio.run(start.result()), len(calls))


def test_all_get_the_exception() -> None:
    """The call is not repeated."""

    def fail() -> None:
        raise ValueError("no")

    start = OneTimeStart(fail)
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            asyncio.run(start.result())
