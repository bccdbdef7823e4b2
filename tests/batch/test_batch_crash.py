"""Processes that are killed in the middle of a batch: no request is lost or paid for twice."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import pytest
from batch_processes import die, work
from conftest import BRIDGE, GOOD, Forked

from briefing import batch
from briefing.testing.fake_batches import FakeBatches
from briefing.testing.fake_model import Fault

WRONG_ID = Fault(content=json.dumps(GOOD | {"key_quotes": [{"id": "q99", "speaker": None}]}))
ARTICLES = [f"{BRIDGE} Room {number} of the town hall is open." for number in range(3)]


class Killer:
    """Kills a process at the nth request, before or after the server handles it."""

    def __init__(self, number: int, when: str) -> None:
        self.number, self.when = number, when
        self.ready = threading.Event()
        self.victim = 0

    def __call__(self, number: int, when: str, _method: str, _path: str) -> None:
        """Kill the process if this is the request."""
        if self.victim >= 0 and (number, when) == (self.number, self.when):
            self.ready.wait()
            os.kill(self.victim, signal.SIGKILL)
            self.victim = -1


@pytest.mark.parametrize(
    ("number", "when"),
    # All calls of a run that is not killed. Of those that only read, "before" leaves the same as "after" the one before.
    [(number, "after") for number in range(18)] + [(number, "before") for number in (0, 1, 2, 3, 12, 13)],
)
def test_a_process_may_be_killed_at_any_request(
    tmp_path: Path, forked: Forked, number: int, when: str
) -> None:
    """After SIGKILL at the nth call to the provider and a restart, each request has run once."""
    journal, killer = tmp_path / "run.db", Killer(number, when)
    with FakeBatches([WRONG_ID], watch=killer) as fake:
        process = forked(die, journal, fake.url, ARTICLES)
        killer.victim = process.pid
        killer.ready.set()
        assert -signal.SIGKILL == process.ended()
        # No article is left anywhere but in the journal.
        assert [] == [path.name for path in tmp_path.iterdir() if not path.name.startswith("run.db")]
        work(journal, None, fake.url, ARTICLES)

        assert (4, 4) == (len(fake.ran), len(set(fake.ran)))
        assert [True] * 3 == [outcome.result is not None for outcome in batch.results(journal)]
        assert 3 == len(fake.batches)
