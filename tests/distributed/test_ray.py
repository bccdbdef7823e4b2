"""Datasets on a local Ray cluster of two nodes: `pytest -n 0 -m distributed`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from long_texts import long_text

from briefing import Briefing, Journal
from briefing.testing.fake_model import FakeModel

# Ray is imported in the tests, so that this file can be collected without the extra.
pytestmark = [
    pytest.mark.distributed,
    # Ray's processes talk to each other at this machine's own address.
    pytest.mark.block_network(allowed_hosts=[".*"]),
    # Ray warns of itself.
    pytest.mark.filterwarnings("default"),
]

ARTICLES = 48
#: In one actor.
UNDER_WAY = 2
OPTIONS = {"model": "openai/fake", "api_key": "test"}


def article(number: int) -> str:
    """Return the article of a number; no two are equal."""
    return (
        f"Harwick closed bridge {number} on Monday. “We had no choice about it, the concrete is cracked,” said the "
        f"engineer Maren Holt. Repairs will cost {number + 2} million crowns."
    )


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """Give a folder of Parquet files with articles, one of them twice and one empty."""
    rows = [{"id": n, "text": article(n)} for n in range(ARTICLES)]
    rows += [{"id": ARTICLES, "text": article(0)}, {"id": ARTICLES + 1, "text": " "}]
    folder = tmp_path / "articles"
    folder.mkdir()
    for part in range(5):
        pq.write_table(pa.Table.from_pylist(rows[part::5]), folder / f"{part}.parquet")
    return folder


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Give a cluster of two nodes."""
    import ray
    from ray.cluster_utils import Cluster

    memory = {"object_store_memory": 100 * 2**20}
    started = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False, **memory}
    )
    started.second = started.add_node(num_cpus=2, **memory)
    ray.init(address=started.address, log_to_driver=False, logging_level="error")
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield started
    ray.shutdown()
    started.shutdown()


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def check(rows: list[dict[str, Any]]) -> None:
    """Check that each article occurs once, with a verified briefing, and the empty one with its error."""
    assert list(range(ARTICLES + 2)) == sorted(row["id"] for row in rows)
    for row in rows:
        if row["id"] == ARTICLES + 1:
            assert (None, "InputError") == (row["briefing"], row["error_type"])
        else:
            assert (None, None) == (row["error"], row["error_type"])
            assert [] == Briefing.model_validate_json(row["briefing"]).verify(row["text"])


def asked(fake: FakeModel) -> Counter[str]:
    """Return how often each article was requested."""
    return Counter(json.dumps(request["messages"]) for request in fake.requests)


def test_rows_are_complete_after_a_node_dies(cluster: Any, articles: Path, tmp_path: Path) -> None:
    """One of two nodes is killed in the middle: each row is written once, and a second run makes no call."""
    import ray

    from briefing.ray import summarize_dataset

    def run(output: str) -> None:
        ds = ray.data.read_parquet(str(articles))
        options: Any = {**OPTIONS, "base_url": fake.url}
        made = summarize_dataset(
            ds, checkpoint=tmp_path / "run.db", actors=2, batch_size=4, max_concurrency=UNDER_WAY, **options
        )
        made.write_parquet(str(tmp_path / output))

    with FakeModel(latency=0.3) as fake:
        killer = threading.Thread(target=kill_when, args=(cluster, fake, ARTICLES // 3))
        killer.start()
        run("first")
        killer.join()
        check(rows_of(tmp_path / "first"))
        wait_until_one_is_alive(ray)
        assert ARTICLES == len(asked(fake))
        # The article that comes twice may be asked twice, and so is what was under way in the node that died.
        assert fake.calls <= ARTICLES + 1 + UNDER_WAY
        calls = fake.calls
        run("again")
        check(rows_of(tmp_path / "again"))
        assert calls == fake.calls


def kill_when(cluster: Any, fake: FakeModel, calls: int) -> None:
    while fake.calls < calls:
        time.sleep(0.05)
    cluster.remove_node(cluster.second, allow_graceful=False)


def wait_until_one_is_alive(ray: Any) -> None:
    """Wait until the cluster has noticed that a node is gone, which takes some seconds."""
    for _ in range(600):
        if 1 == len([node for node in ray.nodes() if node["Alive"]]):
            return
        time.sleep(0.1)
    raise AssertionError("both nodes are alive")


JOB = """
    import sys, ray
    from briefing.ray import summarize_dataset
    articles, checkpoint, output, url = sys.argv[1:]
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=100 * 2**20)
    ds = ray.data.read_parquet(articles)
    made = summarize_dataset(ds, checkpoint=checkpoint, actors=1, batch_size=4, max_concurrency=2,
                             model="openai/fake", api_key="test", base_url=url)
    made.write_parquet(output)
"""


def test_a_job_that_was_killed_resumes(articles: Path, tmp_path: Path) -> None:
    """A job that is killed with all its processes and restarted requests only articles that are not recorded."""

    def start(output: str) -> subprocess.Popen[bytes]:
        arguments = [str(articles), str(tmp_path / "run.db"), str(tmp_path / output), fake.url]
        command = [sys.executable, "-c", textwrap.dedent(JOB), *arguments]
        return subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE)

    with FakeModel(latency=0.3) as fake:
        job = start("first")
        while fake.calls < ARTICLES // 3:
            time.sleep(0.05)
            assert job.poll() is None
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()
        subprocess.run(
            [Path(sys.executable).with_name("ray"), "stop", "--force"], check=False, capture_output=True
        )
        with Journal(tmp_path / "run.db") as journal:
            recorded = journal.totals().done
        before = len(asked(fake))
        assert 0 < recorded <= before
        again = start("again")
        _, said = again.communicate()
        assert 0 == again.returncode, said.decode()
        job.communicate()
        check(rows_of(tmp_path / "again"))
        # What was recorded was not asked again: only what was under way was.
        assert sum(count - 1 for count in asked(fake).values()) <= before - recorded


def test_a_worker_that_was_killed_goes_on_with_the_parts_that_are_left(cluster: Any, tmp_path: Path) -> None:
    """Answers about parts of a long article are kept in the checkpoint; only what was under way is asked again."""
    import ray

    from briefing.ray import summarize_dataset

    text = long_text(9_000, facts=10)[0]
    killed: list[int] = []

    def kill_the_worker(fake: FakeModel) -> None:
        while fake.calls < 12:
            time.sleep(0.02)
        for process in descendants(os.getpid()):
            if b"MapWorker" in Path(f"/proc/{process}/cmdline").read_bytes():
                killed.append(process)
                os.kill(process, signal.SIGKILL)

    with FakeModel(latency=0.3) as fake:
        killer = threading.Thread(target=kill_the_worker, args=(fake,))
        killer.start()
        options: Any = {**OPTIONS, "base_url": fake.url, "options": {"reading_length": 500}}
        ds = summarize_dataset(
            ray.data.from_items([{"text": text}]), checkpoint=tmp_path / "run.db", actors=1, **options
        )
        [row] = ds.take_all()
        killer.join()

    assert killed
    assert row["error"] is None
    assert [] == Briefing.model_validate_json(row["briefing"]).verify(text)
    asked_twice = [request for request, count in asked(fake).items() if count > 1]
    assert len(asked(fake)) > 20
    assert 1 <= len(asked_twice) <= 8  # parts under way at the same time


def descendants(process: int) -> Iterator[int]:
    """The processes that a process has started, and those that they have."""
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            yield child
            yield from descendants(child)
