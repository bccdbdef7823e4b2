"""Tests of when workers are started by themselves, in simulated time."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from briefing.processes.automatic import AutomaticWorkers


class Pool:
    """A pool that only counts."""

    def has_room(self):
        """Say so."""
        return "pool"

    async def prepare(self, _article):
        """Read in a worker."""
        return "worker"


async def here(_article):
    """Read in this process."""
    return "here"


@pytest.mark.parametrize(
    ("share", "step", "expected"),
    [
        pytest.param(0.9, 0.05, ["here"] * 49 + ["worker"] * 51, id="busy"),
        pytest.param(0.8, 0.05, ["here"] * 100, id="waits for the server"),
        pytest.param(0.9, 0.01, ["here"] * 100, id="too short"),
        pytest.param(0.9, 0.1, ["here"] * 49 + ["worker"] * 51, id="too few articles"),
    ],
)
async def test_workers_start_once_the_thread_is_busy(monkeypatch, share, step, expected):
    """From 50 articles in at least two seconds on, of which the thread has computed for 85 %."""
    clock = [0.0]
    fake_time = SimpleNamespace(monotonic=lambda: clock[0], thread_time=lambda: clock[0] * share)
    monkeypatch.setattr("briefing.processes.automatic.time", fake_time)
    workers = AutomaticWorkers(Pool(), here, SimpleNamespace(has_room=lambda: "here"))
    read = []
    for number in range(100):
        clock[0] += step
        read.append(await workers.prepare(number))

    assert expected == read
    assert workers.has_room() == {"worker": "pool", "here": "here"}[read[-1]]
