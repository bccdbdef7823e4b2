"""Processes that die in the middle of a batch: nothing is lost, nothing is paid twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import BRIDGE, GOOD

from briefing import batch
from briefing.testing import Fault
from briefing.testing_batch import FakeBatches

WRONG_ID = Fault(content=json.dumps(GOOD | {"key_quotes": [{"id": "q99", "speaker": None}]}))
LIMITS = batch.Limits(requests=2)
ARTICLES = [f"{BRIDGE} Room {number} of the town hall is open." for number in range(3)]
#: Is warm from a run of its own, and forks a child for each line: a fresh interpreter would take seconds every time.
FORKER = """
import os, sys, tempfile
from pathlib import Path
from test_batch_crash import FakeBatches, work
with FakeBatches() as fake, tempfile.TemporaryDirectory() as folder:
    work(Path(folder) / "warm.db", fake.url)
for line in sys.stdin:
    journal, url = line.split()
    child = os.fork()
    if not child:
        work(Path(journal), url)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def work(journal: Path, url: str) -> None:
    """Submit and collect, as far as it goes."""
    where: Any = {"base_url": url, "api_key": "test"}
    batch.submit(ARTICLES, journal=journal, model="openai/fake", limits=LIMITS, **where)
    batch.collect(journal, wait=True, poll=0.0, limits=LIMITS, **where)


class Forker:
    """Runs `work` in processes of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def _line(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def start(self, journal: Path, url: str) -> int:
        """Begin; the process's id."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{journal} {url}\n")
        self._process.stdin.flush()
        return self._line()

    def wait(self) -> int:
        """Its exit code."""
        return self._line()


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    """Give something that starts processes quickly."""
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-c", FORKER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    ) as process:
        yield Forker(process)


class Killer:
    """Kills a process when the server has had so many requests, before or after it carries out the last of them."""

    def __init__(self, number: int, when: str) -> None:
        self.number, self.when = number, when
        self.ready = threading.Event()
        self.victim = 0

    def __call__(self, number: int, when: str, _method: str, _path: str) -> None:
        """Look at a request."""
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
    tmp_path: Path, forker: Forker, number: int, when: str
) -> None:
    """Killed by SIGKILL at the nth call to the provider and begun again, a run asks for each thing once."""
    journal, killer = tmp_path / "run.db", Killer(number, when)
    with FakeBatches([WRONG_ID], watch=killer) as fake:
        killer.victim = forker.start(journal, fake.url)
        killer.ready.set()
        assert -signal.SIGKILL == forker.wait()
        work(journal, fake.url)

        assert (4, 4) == (len(fake.ran), len(set(fake.ran)))
        assert [True] * 3 == [outcome.result is not None for outcome in batch.results(journal)]
        assert 3 == len(fake.batches)
