"""Tests of `summarize_many` with worker processes, against a model's server on the loopback interface."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from functools import partial
from types import SimpleNamespace

import pytest
from patience import growing
from warm_workers import WarmProcess
from worker_schemas import Fragile, Frozen, Talking, brief_in_workers

import briefing
from briefing import Briefing, Source
from briefing.errors import (
    AuthenticationError,
    BriefingError,
    BudgetError,
    ConfigurationError,
    InputError,
    ServerError,
)
from briefing.journal import Journal
from briefing.processes.connection import Connection
from briefing.processes.process import Process
from briefing.testing.fake_model import FakeModel, Fault


@pytest.fixture(autouse=True)
def _warm(forked, monkeypatch):
    """Spare workers their imports, which take seconds; those of a program's own processes start as they do elsewhere."""
    monkeypatch.setattr("briefing.processes.pool.Process", partial(WarmProcess, forked))


def numbered(count):
    """Make short articles that differ in a number."""
    return [
        f"The council of Harwick closed bridge {n} on Monday. “We had no choice,” said Maren Holt."
        for n in range(count)
    ]


def options(fake, processes=2):
    """Name the fake model's server and the number of processes."""
    return {"model": "openai/fake", "base_url": fake.url, "api_key": "test", "processes": processes}


def said(result):
    """What a result says, without how long it took."""
    if isinstance(result, BriefingError):
        return type(result), str(result), result.index
    return result.model_dump(exclude={"meta": {"elapsed"}})


def test_results_are_those_of_one_process(fake, tmp_path):
    """Texts, files, sources and what cannot be read give the same results in the same order; duplicates are asked once."""
    (tmp_path / "a.txt").write_text("The harbour of Kalmund is closed until March.")
    articles = [
        *numbered(6),
        tmp_path / "a.txt",
        tmp_path / "missing.txt",
        "",
        7,
        Source.from_text("Harwick has a new bridge.", title="A bridge"),
        *numbered(2),
    ]
    alone = list(briefing.summarize_many(articles, **options(fake, 1)))
    calls = fake.calls
    steps = []

    together = list(briefing.summarize_many(articles, **options(fake), on_progress=steps.append))

    assert [said(result) for result in alone] == [said(result) for result in together]
    assert calls == fake.calls - calls == len(steps) == 8
    assert [InputError] * 3 == [type(result) for result in together if not isinstance(result, Briefing)]


async def test_asynchronously_and_as_they_finish(briefer):
    """`asummarize_many` says of each result which article it is of; leaving it early ends the workers."""
    seen = {}
    async with briefer.asummarize_many(
        (numbered(n + 1)[n] for n in range(10**6)), ordered=False, processes=2
    ) as results:
        async for result in results:
            seen[results.index] = result.meta.source_sha256
            if len(seen) == 20:
                break

    assert seen == {n: Source.from_text(numbered(n + 1)[n]).sha256 for n in seen}


def test_an_article_that_ends_its_worker_is_tried_once_more(fake, tmp_path):
    """A worker that dies is replaced and loses nothing; an article that kills two workers is an error."""
    once = tmp_path / "once"
    once.touch()
    articles = numbered(12)
    articles[3] = "A fatal flaw was found."
    articles[7] = f"The file is {once}."

    results = list(briefing.summarize_many(articles, **options(fake), schema=Fragile))

    assert [Fragile if n != 3 else BriefingError for n in range(12)] == [type(result) for result in results]
    assert "ended twice while it worked on this article (by signal 9)" in str(results[3])
    assert (3, articles[3]) == (results[3].index, results[3].source)
    assert not once.exists()


def test_workers_that_cannot_start_are_given_up(fake, monkeypatch):
    """Every article gets an error, instead of new workers without end."""
    monkeypatch.setattr("briefing.processes.pool.Process", Process)
    monkeypatch.setattr(sys, "executable", "/bin/false")

    results = list(briefing.summarize_many(numbered(3), **options(fake)))

    assert ["worker processes end as soon as they start (exit status 1); use processes=1"] * 3 == [
        str(result) for result in results
    ]


def test_auto_goes_over_to_workers(fake, forked, monkeypatch, tmp_path):
    """Articles in progress end here, those that follow are made in workers; results and records are the same."""
    monkeypatch.setattr("briefing.briefer.articles.automatic_count", lambda: 2)
    for name, value in (("_SECONDS", 0.0), ("_ARTICLES", 4), ("_SHARE", 0.0)):
        monkeypatch.setattr(f"briefing.processes.automatic.{name}", value)
    articles, journal = [*numbered(12), *numbered(2)], tmp_path / "run.db"
    processes = []
    monkeypatch.setattr(
        "briefing.processes.pool.Process",
        lambda *how: processes.append(WarmProcess(forked, *how)) or processes[-1],
    )

    together = list(briefing.summarize_many(articles, **options(fake, "auto"), journal=journal))

    alone = list(briefing.summarize_many(articles, **options(fake, 1)))
    assert [said(result) for result in alone] == [said(result) for result in together]
    assert (12, 2) == (fake.calls - 12, len(processes))
    assert all(process.status is not None for process in processes)


def test_the_budget_is_that_of_all_workers(fake):
    """The limit is kept, and all of it is used that one process would use."""
    limits = {"max_tokens_total": 6000}
    alone = list(briefing.summarize_many(numbered(20), **options(fake, 1), **limits))

    together = list(briefing.summarize_many(numbered(20), **options(fake), **limits))

    spent = sum(
        r.meta.usage.input_tokens + r.meta.usage.output_tokens for r in together if type(r) is Briefing
    )
    assert spent <= 6000
    assert {Briefing, BudgetError} == {type(result) for result in together}
    made, made_alone = (sum(type(r) is Briefing for r in results) for results in (together, alone))
    assert abs(made - made_alone) <= 1 < made


def test_the_journal_is_read_and_written_for_the_workers(fake, tmp_path):
    """What is recorded costs no call, whoever has recorded it; nothing stays claimed."""
    journal = tmp_path / "run.db"
    first = list(briefing.summarize_many(numbered(8), **options(fake), journal=journal))
    again = list(briefing.summarize_many(numbered(8), **options(fake), journal=journal))
    alone = list(briefing.summarize_many(numbered(8), **options(fake, 1), journal=journal))

    assert first == again == alone
    assert 8 == fake.calls
    with Journal(journal) as kept:
        assert 8 == kept.totals().done
        fingerprints = [result.meta.fingerprint for result in first]
        assert set(fingerprints) == kept.claim(fingerprints).result()


def test_a_rejected_key_ends_the_calls_of_all_workers():
    """After a 401, no worker makes further calls; errors have their causes, and no secret."""
    key = "sk-secret-test-key-1234"
    with FakeModel(faults=lambda *_: Fault(status=401, message=f"wrong key {key}")) as fake:
        results = list(briefing.summarize_many(numbered(60), **options(fake) | {"api_key": key}))

    assert {AuthenticationError} == {type(result) for result in results}
    assert fake.calls < 60
    assert all(result.__cause__ is not None for result in results)
    assert "sk-secret" not in "".join(f"{result!r} {result.__cause__!r}" for result in results)


def test_errors_of_the_server_are_those_of_one_process():
    """Retries and their counts are as in one process."""
    with FakeModel(faults=[Fault(status=500)] * 2) as fake:
        results = list(briefing.summarize_many(numbered(1), **options(fake), max_attempts=2))

    assert [(ServerError, 2)] == [(type(result), result.attempts) for result in results]


def test_errors_of_the_iterable_come_after_the_results(fake):
    """What iterating raises is raised to the caller, after the articles in progress."""

    def articles():
        yield from numbered(3)
        raise OSError("the cursor is closed")

    seen = []
    results = briefing.summarize_many(articles(), **options(fake))
    with pytest.raises(OSError, match="the cursor is closed"):
        seen.extend(result for result in results)

    assert [Briefing] * 3 == [type(result) for result in seen]


PROGRAM = """
import briefing

class Own(briefing.Briefing):
    pass

options = {"model": "openai/fake", "base_url": %r, "api_key": "test", "processes": 2}
print(len([r for r in briefing.summarize_many(["Harwick has a new bridge."] * 2, **options)]))
try:
    briefing.summarize_many([], schema=Own, **options)
except briefing.errors.ConfigurationError as error:
    print(error)
results = briefing.summarize_many(iter(lambda: "Kalmund has a new quay.", None), **options)
print(type(next(results)).__name__)
"""


def test_the_main_module_is_not_imported_again(fake, tmp_path):
    """A program without a guard works, and ends with an open iterator; a schema of its own is an error that says why."""
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM % fake.url))

    ran = subprocess.run(
        [sys.executable, "-W", "ignore", program], capture_output=True, text=True, check=False
    )

    assert ("", 0) == (ran.stderr, ran.returncode)
    count, refused, opened = ran.stdout.splitlines()
    assert ("2", "Briefing") == (count, opened)
    assert "schema cannot be sent to worker processes: Own is defined in the program's main module" in refused


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_a_child_may_have_workers(fake, forked, method):
    """A process that multiprocessing has started, in any way, may start workers."""
    if method == "fork":
        assert [["Briefing"] * 3] == forked(brief_in_workers, fake.url, numbered(3)).rest()
        return
    receiving, sending = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("spawn").Process(
        target=brief_in_workers, args=(fake.url, sending, numbered(3))
    )
    child.start()
    assert ["Briefing"] * 3 == receiving.recv()
    child.join()


ODD_PROGRAM = """
import os, pathlib, sys
import briefing

sys.path.append(pathlib.Path("unread"))
os.chdir(%r)
os.rmdir(os.getcwd())
options = {"model": "openai/fake", "base_url": %r, "api_key": "test", "processes": 2}
[result] = briefing.summarize_many(["Harwick has a new bridge."], **options)
assert type(result) is briefing.Briefing, result
"""


def test_a_program_may_have_no_output_no_folder_and_odd_paths(fake, tmp_path):
    """Workers need no standard streams and no working directory, and leave out what Python does on the path."""
    program, gone = tmp_path / "program.py", tmp_path / "gone"
    gone.mkdir()
    program.write_text(textwrap.dedent(ODD_PROGRAM % (str(gone), fake.url)))
    command = f'exec "{sys.executable}" -W ignore "{program}" <&- >&-'

    ran = subprocess.run(["/bin/sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)

    assert ("", 0) == (ran.stderr, ran.returncode)


class Text(str):
    """A text of a class that workers do not know."""

    __slots__ = ()
    __module__ = "__main__"


def test_any_text_and_any_path_can_be_sent(fake, tmp_path):
    """Strings of a class of the caller's are texts; a path of bytes is refused as in one process."""
    (tmp_path / "a.txt").write_text("The harbour of Kalmund is closed until March.")
    articles = [Text(numbered(1)[0]), *os.scandir(tmp_path), *os.scandir(os.fsencode(tmp_path))]

    alone = list(briefing.summarize_many(articles, **options(fake, 1)))
    together = list(briefing.summarize_many(articles, **options(fake)))

    assert [said(result) for result in alone] == [said(result) for result in together]
    assert [Briefing, Briefing, InputError] == [type(result) for result in together]


def test_without_a_temporary_folder(fake, monkeypatch, tmp_path):
    """One process stores nothing for duplicates; workers cannot be started, which the error of each article says."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    articles = ["Harwick has a new bridge.", "Kalmund has a new quay."]

    alone = list(briefing.summarize_many(articles, **options(fake, 1)))
    together = list(briefing.summarize_many(articles, **options(fake)))

    assert [Briefing, Briefing] == [type(result) for result in alone]
    assert [ConfigurationError] * 2 == [type(result) for result in together]
    assert "worker processes cannot be started" in str(together[0])


def test_a_temporary_folder_that_is_gone_ends_the_run(fake, monkeypatch, tmp_path):
    """Workers leave no file in it; one that dies has no successor: its articles are errors, and nothing waits for ever."""
    folder, once = tmp_path / "temporary", tmp_path / "once"
    folder.mkdir()
    once.touch()
    monkeypatch.setattr("tempfile.tempdir", str(folder))

    def articles():
        yield numbered(1)[0]
        while not fake.calls:
            time.sleep(0.01)
        folder.rmdir()
        yield f"The file is {once}."

    results = list(briefing.summarize_many(articles(), **options(fake), schema=Fragile))

    assert ConfigurationError is type(results[1])
    assert "worker processes cannot be started" in str(results[1])


def test_a_worker_that_is_stopped_is_replaced(fake, monkeypatch, tmp_path):
    """Another makes its articles."""
    once = tmp_path / "halt"
    articles = [*numbered(4), f"The file is {once}.", *numbered(8)[4:]]
    for patience in growing(2.0):
        once.touch()
        monkeypatch.setattr("briefing.processes.connection._PATIENCE", patience)
        results = list(briefing.summarize_many(articles, **options(fake), schema=Fragile))
        assert not once.exists()
        if not any("it did not respond" in str(result) for result in results):
            break  # or a worker that was not stopped had no life to show in time, twice

    assert [Fragile] * 9 == [type(result) for result in results]


STOPPED_PROGRAM = """
import asyncio, os, signal
from briefing.processes.process import Process

async def run():
    started = Process(None)
    while not started.mark.lives[0]:
        await asyncio.sleep(0.01)
    os.kill(started._process.pid, signal.SIGSTOP)
    print(started._process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(run())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends once it is continued")
def test_a_stopped_worker_ends_with_its_parent():
    """Also if that is killed: nothing is left of a run."""
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED_PROGRAM], stdout=subprocess.PIPE, text=True
    ) as parent:
        worker = int(parent.stdout.readline())
        try:
            # The worker has this end of the pipe, too.
            assert "" == parent.communicate(timeout=600)[0]
        finally:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


@pytest.mark.parametrize(
    ("deadline", "lives", "hangs"),
    [
        (None, [(n // 100, n // 100) for n in range(1000)], False),  # slow
        (None, [(n, 1) for n in range(1000)], False),  # an article may take the event loop for long
        (None, [(1, 1)] * 120, False),
        (None, [(1, 1)] * 121, True),
        (10.0, [(n, 1) for n in range(140)], False),
        (10.0, [(n, 1) for n in range(141)], True),
        (10.0, [(n, n) for n in range(1000)], False),
    ],
)
def test_a_worker_hangs_if_it_shows_no_life(deadline, lives, hangs):
    """Its process shows none for a minute, or its event loop for a minute more than an article may take."""
    mark = SimpleNamespace()
    connection = SimpleNamespace(
        _process=SimpleNamespace(mark=mark),
        _pool=SimpleNamespace(deadline=deadline),
        _lives=(0, 0),
        _silence=[0, 0],
    )
    found = []
    for mark.lives in lives:
        found.append(Connection._hangs(connection))

    assert [False] * (len(lives) - 1) + [hangs] == found


def test_log_levels_are_those_of_the_parent(fake, caplog):
    """A record of a worker passes the level of its own logger, as in one process."""
    caplog.set_level("ERROR", "briefing.worker_test")
    caplog.set_level("WARNING", "briefing")  # the last is the level of the handler, too
    list(briefing.summarize_many(numbered(1), **options(fake), schema=Talking))

    assert ["briefing.worker_test: loud"] == [f"{r.name}: {r.message}" for r in caplog.records]


def test_a_worker_freezes_what_it_has_imported_for_its_first_article(fake, caplog):
    """The collector of reference cycles does not look through it again and again."""
    list(briefing.summarize_many(numbered(8), **options(fake), schema=Frozen, max_concurrency=1))

    told = [record.message.split() for record in caplog.records]
    for process in {process for process, _ in told}:
        frozen = [count for number, count in told if number == process]
        assert ("0", True) == (frozen[0], int(frozen[-1]) > 1_000)
