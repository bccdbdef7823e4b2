"""The journal: results that were paid for survive faults of the process, the disk and the file."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import Forked
from journal_processes import Note, article, brief, claim, fork, meta, note, write, write_until_full
from pydantic import BaseModel

import briefing
from briefing import (
    AuthenticationError,
    Briefer,
    Briefing,
    DeadlineError,
    Journal,
    JournalError,
    Mention,
    ProviderError,
    ProviderTimeoutError,
    RateLimitError,
    RefusalError,
    ServerError,
    Source,
    UnreachableError,
    Usage,
)
from briefing.journal.database import Database
from briefing.testing.fake_model import FakeModel, Fault

ROOT = Path(briefing.__file__).parent.parent
Make = Callable[..., Briefer]


def notes(journal: Journal, texts: dict[str, str]) -> None:
    """Record several notes concurrently, in few transactions."""
    for future in [journal.submit(Note(text=text), meta(f), schema=Note) for f, text in texts.items()]:
        future.result()


def number_of(request: dict[str, Any]) -> int:
    """Return the number of the article in a request."""
    text = json.dumps(request["messages"], ensure_ascii=False)
    return int(text.split("The ferry ")[-1].split()[0])


def healthy(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as db:
        return [("ok",)] == db.execute("PRAGMA integrity_check").fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a journal that does not exist."""
    return tmp_path / "run.db"


@pytest.fixture
def public() -> Iterator[Path]:
    """Give a folder that other users can read, unlike those of pytest."""
    # Other users cannot enter a temporary folder in root's home.
    folder = Path(tempfile.mkdtemp(dir="/tmp" if os.geteuid() == 0 else None))
    folder.chmod(0o777)
    yield folder
    folder.chmod(0o777)
    shutil.rmtree(folder)


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """Give an open journal."""
    with Journal(path) as opened:
        yield opened


@pytest.fixture
def make(fake: FakeModel, path: Path) -> Iterator[Make]:
    """Give a function that makes briefers on the fake model and the journal."""
    made: list[Briefer] = []

    def briefer(**options: Any) -> Briefer:
        settings = {
            "model": "openai/fake",
            "base_url": fake.url,
            "api_key": "test",
            "journal": path,
        } | options
        made.append(Briefer(**settings))
        return made[-1]

    yield briefer
    for each in made:
        each.close()


# As a cache of single calls


def test_a_recorded_briefing_is_not_requested_again(make: Make, fake: FakeModel, bridge: str) -> None:
    """Another briefer on the same journal returns the saved briefing with its `meta`, and makes no call."""
    first = make().summarize(bridge)

    assert first == make().summarize(bridge)
    assert 1 == fake.calls


async def test_async_calls_use_the_same_record(make: Make, fake: FakeModel, bridge: str) -> None:
    """`asummarize` finds a result that `summarize` recorded."""
    first = make().summarize(bridge)
    briefer = make()

    assert first == await briefer.asummarize(bridge)
    assert 1 == fake.calls
    await briefer.aclose()


def test_module_functions_take_a_journal(fake: FakeModel, path: Path, bridge: str) -> None:
    """`summarize(..., journal="run.db")` calls the model once for two equal calls."""
    for _ in range(2):
        briefing.summarize(bridge, model="openai/fake", base_url=fake.url, api_key="test", journal=str(path))

    assert 1 == fake.calls


def test_other_arguments_are_another_row(make: Make, fake: FakeModel, bridge: str, path: Path) -> None:
    """Language and schema are part of the fingerprint."""

    class People(BaseModel):
        people: list[Mention]

    briefer = make()
    briefer.summarize(bridge)
    briefer.summarize(bridge, language="de")
    people = briefer.summarize(bridge, schema=People)

    assert people == briefer.summarize(bridge, schema=People)
    assert 3 == fake.calls
    with Journal(path, mode="ro") as journal:
        assert ["Briefing", "Briefing", "People"] == [e.schema.split(".")[-1] for e in journal.entries()]


def test_a_row_records_its_origin(make: Make, tmp_path: Path, path: Path) -> None:
    """Fingerprint, schema, source, model, usage and versions are columns; the result is the whole briefing."""
    file = tmp_path / "ferry.txt"
    file.write_text(article(1))
    briefer = make()
    made = briefer.summarize(file)

    with Journal(path, mode="ro") as journal:
        entry = journal.get(briefer.fingerprint(file))
        assert entry is not None
        assert made == entry.load(Briefing)
    assert (
        "done",
        "briefing.schemas.briefing.Briefing",
        "ferry.txt",
        "openai/fake",
        made.meta.usage,
        1,
        None,
        None,
    ) == (
        entry.status,
        entry.schema,
        entry.source_path,
        entry.model,
        entry.usage,
        entry.attempts,
        entry.cost_usd,
        entry.error_type,
    )
    assert (made.meta.source_sha256, made.meta.schema_sha256) == (entry.source_sha256, entry.schema_sha256)
    assert entry.created.endswith("+00:00")


def test_the_source_is_returned_on_request(make: Make, bridge: str) -> None:
    """`keep_source` applies to saved briefings, whatever it was when they were saved."""
    assert make().summarize(bridge).source is None
    assert Source.of(bridge) == make(keep_source=True).summarize(bridge).source
    assert make(keep_source=True).summarize(article(1)).source is not None
    assert make().summarize(article(1)).source is None


@pytest.mark.parametrize("spoil", ["'Tern', 'Tarn'", "'headline', 'headlong'"])
def test_an_invalid_saved_briefing_is_made_again(
    make: Make, fake: FakeModel, bridge: str, path: Path, spoil: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A row that was altered, or does not match the schema, is logged and replaced."""
    first = make().summarize(bridge)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"UPDATE entries SET result = REPLACE(result, {spoil})")

    with caplog.at_level(logging.WARNING):
        again = make().summarize(bridge)

    assert (first.headline, 2) == (again.headline, fake.calls)
    assert "it is made again" in caplog.text
    assert again == make().summarize(bridge)
    assert 2 == fake.calls


def test_failures_are_recorded_and_tried_again(serve: Any, path: Path, bridge: str) -> None:
    """A failure is not a hit. When the article succeeds later, its row has the usage of both tries."""
    _, briefer = serve([Fault(refusal="I would rather not")], journal=path)
    with pytest.raises(RefusalError), briefer:
        briefer.summarize(bridge)
    with Journal(path) as journal:
        [failed] = journal.failed()
        assert ("failed", "RefusalError", None) == (failed.status, failed.error_type, failed.result)
        assert failed.usage.input_tokens > 0
        made = briefer.summarize(bridge)
        [done] = journal.entries()

    assert ("done", None, 2) == (done.status, done.error_type, done.attempts)
    assert failed.usage + made.meta.usage == done.usage


def test_a_key_is_never_in_the_file(bridge: str, path: Path) -> None:
    """A key of any form is redacted, in a server's message and in a source's URL."""
    key, password = "zug-abfahrt-gleis", "sk-proj-Zm9vYmFyYmF6cXV4"
    body = {"error": {"message": f"no such key: {key}; {password}", "code": None}}
    source = Source.from_text(bridge, url=f"https://me:{password}@harwick.example/?token={password}")
    with (
        FakeModel(faults=[Fault(status=401, body=body)]) as fake,
        Briefer(
            model="openai/fake", base_url=fake.url, api_key=key, journal=path, keep_source=True
        ) as briefer,
    ):
        with pytest.raises(briefing.AuthenticationError):
            briefer.summarize(bridge)
        briefer.summarize(source)
        stored = b"".join(file.read_bytes() for file in path.parent.iterdir())

    assert b"me:" not in stored
    assert (False, False) == (key.encode() in stored, password.encode() in stored)
    assert b"redacted" in stored


def test_sqlite_is_loaded_for_journals_only() -> None:
    """Neither `import briefing` nor a briefer without a journal imports SQLite."""
    code = "import briefing, sys; briefing.Briefer(model='openai/x', api_key='k'); print('sqlite3' in sys.modules)"
    assert "False" == child(code).communicate()[0].strip()


# Rows


def test_get_many_returns_the_known_entries(journal: Journal) -> None:
    """Also for more than one page of fingerprints; unknown ones are missing."""
    wanted = [f"f{i}" for i in range(1203)]
    notes(journal, {f: f for f in wanted})

    found = journal.get_many([*wanted, "unknown"])

    assert wanted == sorted(found, key=wanted.index)
    assert Note(text="f1202") == found["f1202"].load(Note)
    assert {None} == {entry.result for entry in journal.get_many(wanted, results=False).values()}


def test_entries_come_in_the_order_of_their_first_record(journal: Journal) -> None:
    """Also across pages, and if one is recorded again."""
    names = [f"{i * 7919 % 10007:05}" for i in range(350)]
    notes(journal, dict.fromkeys(names, "x"))
    note(journal, names[0], "again")

    assert names == [entry.fingerprint for entry in journal.entries()]
    assert [] == list(journal.failed())


def test_a_failure_does_not_replace_a_result(journal: Journal) -> None:
    """An error after a result changes nothing."""
    note(journal, "f")
    before = journal.get("f")
    journal.record(ServerError("too late"), meta("f"), schema=Note)

    assert before == journal.get("f")


def test_the_same_result_twice_is_one_try(journal: Journal) -> None:
    """Recording is idempotent, so that a driver may repeat it."""
    note(journal, "f")
    before = journal.get("f")
    note(journal, "f")

    assert before == journal.get("f")


@pytest.mark.parametrize(
    ("costs", "total"), [((0.25, 0.5), 0.75), ((None, 0.5), None), ((0.25, None), None), ((None, None), None)]
)
def test_costs_add_up_or_are_not_known(journal: Journal, costs: tuple[Any, Any], total: float | None) -> None:
    """If the cost of one try is unknown, so is the sum."""
    journal.record(ServerError("down"), meta("f", cost_usd=costs[0]), schema=Note)
    note(journal, "f", cost_usd=costs[1])
    entry = journal.get("f")

    assert entry is not None
    assert (total, total or 0.0) == (entry.cost_usd, journal.totals().cost_usd)
    assert int(total is None) == journal.totals().unpriced


def test_a_try_without_tokens_costs_nothing(journal: Journal) -> None:
    """A rejected call does not make the cost of other tries unknown."""
    journal.record(ServerError("down"), meta("f", usage=Usage()), schema=Note)
    note(journal, "f", cost_usd=0.25)
    journal.record(ServerError("down"), meta("g", cost_usd=0.5), schema=Note)
    journal.record(ServerError("down"), meta("g", usage=Usage()), schema=Note)
    entries = journal.get_many(["f", "g"])

    assert (0.25, 0.5) == (entries["f"].cost_usd, entries["g"].cost_usd)
    assert (0.75, 0) == (journal.totals().cost_usd, journal.totals().unpriced)


@pytest.mark.parametrize(
    ("error", "model", "tokens", "unpriced"),
    [
        (AuthenticationError("no"), "openai/gpt-5-mini", 0, 0),
        (RateLimitError("no"), "openai/gpt-5-mini", 0, 0),
        (ProviderTimeoutError("no"), "openai/gpt-5-mini", 0, 1),
        (UnreachableError("no"), "openai/gpt-5-mini", 0, 1),
        (ProviderTimeoutError("no"), "local/smollm2-135m", 0, 0),
        (ServerError("no"), "openai/fake", 9, 1),
        (ServerError("no"), "local/smollm2-135m", 9, 0),
    ],
)
def test_which_failures_make_the_sum_a_lower_bound(
    journal: Journal, error: ProviderError, model: str, tokens: int, unpriced: int
) -> None:
    """Failures that the provider may charge for, and models without a known price, do; local models cost nothing."""
    note(journal, "done", cost_usd=0.25)
    journal.record(error, meta("f", model=model, usage=Usage(input_tokens=tokens)), schema=Note)

    assert (0.25, unpriced) == (journal.totals().cost_usd, journal.totals().unpriced)


def test_totals(journal: Journal) -> None:
    """They count rows by status, and add up calls and tokens."""
    note(journal, "a")
    note(journal, "b")
    journal.record(ServerError("down"), meta("c", attempts=4), schema=Note)
    totals = journal.totals()

    assert (2, 1, 6, Usage(input_tokens=30, output_tokens=6)) == (
        totals.done,
        totals.failed,
        totals.attempts,
        totals.usage,
    )


def test_names_that_are_not_unicode_are_stored(journal: Journal) -> None:
    """A file's name may have bytes that are not UTF-8."""
    journal.record(Note(text="x"), meta("f"), schema=Note, path="caf\udce9.txt")
    entry = journal.get("f")

    assert entry is not None
    assert "caf\\udce9.txt" == entry.source_path


def test_loading_what_failed_is_an_error(journal: Journal) -> None:
    """Its message is that of the failure."""
    journal.record(ServerError("the server is down"), meta("f"), schema=Note)
    entry = journal.get("f")

    assert entry is not None
    with pytest.raises(JournalError, match="the server is down"):
        entry.load(Note)


def test_a_closed_journal_opens_again(journal: Journal) -> None:
    """It finds what was recorded before, and records again."""
    note(journal, "a")
    journal.close()
    note(journal, "b")

    assert {"a", "b"} == set(journal.get_many("ab"))


def test_a_journal_pickles(journal: Journal) -> None:
    """Its path and mode are pickled, for workers of a process pool."""
    note(journal, "a")
    with pickle.loads(pickle.dumps(journal)) as again:
        assert again.get("a") == journal.get("a")


@pytest.mark.parametrize(
    ("mode", "shown"), [("rwc", "Journal('run.db')"), ("ro", "Journal('run.db', mode='ro')")]
)
def test_a_journal_shows_its_path_and_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: Any, shown: str
) -> None:
    """Its representation is the call that opens it; the default mode is left out."""
    monkeypatch.chdir(tmp_path)
    Journal("run.db").close()
    with Journal("run.db", mode=mode) as journal:
        assert shown == repr(journal)


def test_vacuum_drops_failures_and_gives_space_back(journal: Journal, path: Path) -> None:
    """It returns the effect, and leaves results as they are."""
    note(journal, "a")
    for future in [journal.submit(ServerError("x" * 20_000), meta(f"f{i}"), schema=Note) for i in range(50)]:
        future.result()
    done = journal.vacuum()

    assert (50, path.stat().st_size) == (done.dropped, done.after)
    assert done.before > 10 * done.after
    assert ["a"] == [entry.fingerprint for entry in journal.entries()]


# Durable as it lands


def test_many_results_share_a_commit(journal: Journal, path: Path) -> None:
    """While another process has locked the file, no future is resolved; afterwards all are, in few transactions."""
    note(journal, "first")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        futures = [journal.submit(Note(text="x"), meta(f"f{i}"), schema=Note) for i in range(500)]
        held = [future.done() for future in futures]
        other.execute("ROLLBACK")
    before = database(journal).commits
    [future.result() for future in futures]

    assert {False} == set(held)
    assert 501 == journal.totals().done
    assert database(journal).commits - before <= 2


def test_results_are_synced_and_claims_are_not(journal: Journal) -> None:
    """A transaction with a result survives a power failure (FULL); one of claims only need not (NORMAL)."""
    levels: list[int] = []

    def look(db: sqlite3.Connection) -> None:
        levels.append(db.execute("PRAGMA synchronous").fetchone()[0])

    database(journal).submit(look).result()
    database(journal).submit(look, durable=False).result()

    assert [2, 1] == levels


async def test_many_tasks_record_without_blocking_each_other(journal: Journal, path: Path) -> None:
    """500 tasks that record concurrently, while the file is locked, share transactions."""
    before = database(journal).commits
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        tasks = [
            asyncio.create_task(journal.arecord(Note(text="x"), meta(f"f{i}"), schema=Note))
            for i in range(500)
        ]
        await asyncio.sleep(0)  # all begin
        other.execute("ROLLBACK")
    await asyncio.gather(*tasks)

    assert 500 == journal.totals().done
    assert database(journal).commits - before <= 2


def test_threads_share_a_journal(journal: Journal) -> None:
    """Many threads write and read concurrently."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda i: (note(journal, f"f{i}"), journal.get(f"f{i}")), range(64)))

    assert 64 == journal.totals().done


async def test_a_cancelled_task_has_recorded_its_result(journal: Journal, path: Path) -> None:
    """The record of a result is not cancelled with the task that waits for it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(journal.arecord(Note(text="x"), meta("f"), schema=Note))
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        other.execute("ROLLBACK")
    journal.close()

    assert 1 == journal.totals().done


@pytest.mark.parametrize("moment", [1, 7, 20])
def test_acknowledged_results_survive_sigkill(forked: Forked, path: Path, moment: int) -> None:
    """A process that is killed while it writes loses no result that was acknowledged."""
    writer = forked(write, path)
    acknowledged = [writer.heard() for _ in range(moment)]
    writer.kill()
    acknowledged += writer.rest()

    assert healthy(path)
    with Journal(path, mode="ro") as journal:
        found = {entry.fingerprint for entry in journal.entries(results=False)}
    assert set() == {f"f{i}" for i in acknowledged} - found
    assert len(found) <= len(acknowledged) + 1


def test_a_killed_run_is_resumed_and_pays_for_nothing_twice(forked: Forked, path: Path) -> None:
    """After SIGKILL in the middle of a run, only articles in flight are requested again, and all are finished."""
    count, width = 24, 4
    with FakeModel(latency=0.05) as fake:
        first = forked(brief, path, fake.url, width, list(range(count)))
        acknowledged = [first.heard() for _ in range(8)]
        first.kill()
        acknowledged += first.rest()
        asked = [number_of(request) for request in list(fake.requests)]
        with Journal(path, mode="ro") as journal:
            kept = journal.totals().done
        second = forked(brief, path, fake.url, width, list(range(count)))
        out = second.rest()
        resumed = [number_of(request) for request in fake.requests[len(asked) :]]

    assert healthy(path)
    assert (0, list(range(count))) == (second.ended(), sorted(out))
    assert len(acknowledged) <= kept < count
    assert count == kept + len(resumed)
    twice = set(asked) & set(resumed)
    assert len(asked) - kept == len(twice) <= width
    assert len(set(resumed)) == len(resumed)


def test_two_processes_share_the_work(forked: Forked, path: Path) -> None:
    """Two that summarize the same articles concurrently both return all of them, and request each once."""
    count = 12
    with FakeModel(latency=0.02) as fake:
        both = [forked(brief, path, fake.url, 3, order) for order in orders(count)]
        outs = [sorted(each.rest()) for each in both]
        asked = sorted(map(number_of, fake.requests))

    assert [list(range(count))] * 2 == outs
    assert list(range(count)) == asked
    assert healthy(path)


# Claims


def test_one_claim_at_a_time(journal: Journal, path: Path) -> None:
    """Claims of another owner are not granted until it releases or records them, or closes its journal."""
    with Journal(path) as other:
        assert {"a", "b"} == other.claim("ab").result()
        assert {"c"} == journal.claim("abc").result()
        other.release("a").result()
        note(other, "b")
        assert {"a", "b"} == journal.claim("abc").result()
        assert set() == other.claim("abc").result()
        journal.close()
        assert {"a", "b", "c"} == other.claim("abc").result()


def test_one_call_cannot_release_the_claim_of_another(journal: Journal) -> None:
    """Claims are exclusive between holders in one process, too."""
    journal.claim("a", holder="first").result()

    assert set() == journal.claim("a", holder="second").result()
    journal.release("a", holder="second").result()
    assert set() == journal.claim("a", holder="second").result()


def test_the_claim_of_a_killed_process_is_void(forked: Forked, journal: Journal, path: Path) -> None:
    """It is granted to another at once."""
    holder = forked(claim, path)
    assert {"a"} == holder.heard()
    assert set() == journal.claim("a").result()
    holder.kill()
    holder.ended()

    assert {"a"} == journal.claim("a").result()


@pytest.mark.parametrize("away", [-1.0, 3600.0])
def test_a_claim_that_is_not_renewed_expires(journal: Journal, path: Path, away: float) -> None:
    """It expires for an owner on another host, whose process cannot be checked, also after the clock is set back."""
    with Journal(path) as other:
        other.claim("a").result()
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE owners SET machine = 'elsewhere'")
        assert set() == journal.claim("a").result()
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE owners SET expires = ? WHERE machine = 'elsewhere'", (time.time() + away,))

        assert {"a"} == journal.claim("a").result()


def test_an_idle_owner_renews_its_lease(journal: Journal, path: Path) -> None:
    """The writer thread renews it while no writes are pending."""
    database(journal).heartbeat_interval = 0.01
    journal.claim("a").result()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE owners SET expires = 5")
        while (expires := db.execute("SELECT expires FROM owners").fetchone()[0]) == 5:
            time.sleep(0.01)

    assert expires > time.time()


def test_a_call_waits_for_another_that_makes_the_same(make: Make, fake: FakeModel, bridge: str) -> None:
    """Threads that summarize the same article request it once."""
    briefer = make()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(briefer.summarize, [bridge] * 4))

    assert [made[0]] * 4 == made
    assert 1 == fake.calls


async def test_a_cancelled_call_releases_its_claim(
    make: Make, fake: FakeModel, bridge: str, path: Path
) -> None:
    """The next caller makes the article."""
    briefer = make()
    with Journal(path) as other:
        other.claim([briefer.fingerprint(bridge)]).result()
        task = asyncio.create_task(briefer.asummarize(bridge))
        await asyncio.sleep(0.05)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await briefer.asummarize(bridge)
    await briefer.aclose()

    assert 1 == fake.calls


def test_waiting_for_another_ends_with_the_deadline(
    make: Make, fake: FakeModel, bridge: str, path: Path
) -> None:
    """If another process takes too long for an article, that is an error, and no call is made."""
    briefer = make(deadline=0.05)
    with Journal(path) as other:
        other.claim([briefer.fingerprint(bridge)]).result()
        with pytest.raises(DeadlineError, match="another process"):
            briefer.summarize(bridge)

    assert 0 == fake.calls


# Faults of the file


def test_the_error_of_a_full_disk_carries_the_result(make: Make, path: Path, bridge: str) -> None:
    """The error says what to do and has the briefing that was not recorded; earlier results remain."""
    journal = Journal(path)
    briefer = make(journal=journal)
    kept = briefer.summarize(article(1))
    fill(journal)

    with pytest.raises(JournalError, match="disk is full") as caught:
        briefer.summarize(bridge * 30)

    assert isinstance(caught.value.result, Briefing)
    assert [] == caught.value.result.verify(bridge * 30)
    assert caught.value.result == pickle.loads(pickle.dumps(caught.value)).result
    assert kept == briefer.summarize(article(1))
    journal.close()
    assert healthy(path)


def test_a_result_that_does_not_fit_fails_alone(journal: Journal, path: Path) -> None:
    """If a shared transaction fails, each write is repeated alone."""
    note(journal, "first")
    database(journal).submit(limit).result()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        sizes = [10, 10**6, 10, 10**6]
        futures = [
            journal.submit(Note(text="x" * size), meta(f"f{i}"), schema=Note) for i, size in enumerate(sizes)
        ]
        other.execute("ROLLBACK")

    errors = [future.exception() for future in futures]
    assert [False, True, False, True] == [isinstance(error, JournalError) for error in errors]
    assert [10**6, 10**6] == [len(error.result.text) for error in errors if error]  # type: ignore[attr-defined]
    assert {"first", "f0", "f2"} == {entry.fingerprint for entry in journal.entries()}


def test_a_file_that_may_not_grow_is_an_error(forked: Forked, path: Path) -> None:
    """If the system rejects a write, acknowledged results remain, and the file is intact."""
    *acknowledged, (lost, error) = forked(write_until_full, path).rest()

    assert "Note" == lost
    assert error.startswith("journal ")
    assert "Check the disk's free space" in error
    assert healthy(path)
    with Journal(path) as journal:
        assert {"before", *(f"f{i}" for i in acknowledged)} == {
            entry.fingerprint for entry in journal.entries()
        }


def test_a_failure_that_cannot_be_recorded_is_still_raised(serve: Any, path: Path, bridge: str) -> None:
    """The article's error is raised, with a note that it is not in the journal."""
    journal = Journal(path)
    _, briefer = serve([Fault(refusal="no")], journal=journal)
    fill(journal)

    with pytest.raises(RefusalError) as caught:
        briefer.summarize(bridge)
    journal.close()

    assert ["The journal could not record this failure: "] == [text[:43] for text in caught.value.__notes__]


def test_a_folder_is_not_a_journal(tmp_path: Path) -> None:
    """The message suggests a path in it."""
    with pytest.raises(
        JournalError, match=r"the path is a folder. Use the path of a file, such as .*run\.db"
    ):
        Journal(tmp_path)


def test_a_missing_folder(tmp_path: Path) -> None:
    """It is not created."""
    with pytest.raises(JournalError, match=r"the folder .* does not exist\. Create it first"):
        Journal(tmp_path / "none" / "run.db")


def test_a_device_is_not_a_journal() -> None:
    """A journal must be a regular file."""
    with pytest.raises(JournalError, match="not a regular file"):
        Journal("/dev/null")


@pytest.mark.parametrize("mode", ["rwc", "rw", "ro"])
@pytest.mark.parametrize("content", [b"The ferry to Skarn was cancelled on Monday.\n" * 50, b"\0" * 4096])
def test_a_file_that_is_not_a_database(path: Path, content: bytes, mode: Any) -> None:
    """It is rejected, and not changed."""
    path.write_bytes(content)
    with pytest.raises(JournalError, match="Use another path"):
        Journal(path, mode=mode)

    assert content == path.read_bytes()


def test_a_database_of_another_program(path: Path) -> None:
    """It is rejected, and not changed."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE cookies (name TEXT)")
    content = path.read_bytes()
    with pytest.raises(JournalError, match=r"database of another program\. Use another path"):
        Journal(path)

    assert content == path.read_bytes()


def test_a_journal_of_a_newer_form(path: Path) -> None:
    """The message says to upgrade the library."""
    Journal(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")

    with pytest.raises(JournalError, match=r"format 99, of a newer briefing.* Upgrade briefing"):
        Journal(path)


def test_a_damaged_file(journal: Journal, path: Path) -> None:
    """Damage in the middle is an error when it is read."""
    notes(journal, {f"f{i}": "x" * 9000 for i in range(50)})
    journal.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 200_000)

    with pytest.raises(JournalError, match="the file is damaged"):
        list(journal.entries())


@pytest.mark.parametrize("mode", ["rw", "ro"])
def test_a_missing_file_is_not_created(path: Path, mode: Any) -> None:
    """Only "rwc" creates a file."""
    with pytest.raises(JournalError, match="the file does not exist"):
        Journal(path, mode=mode)

    assert not path.exists()


def test_an_empty_file_becomes_a_journal(path: Path) -> None:
    """An empty file is initialized; in read-only mode it is an error."""
    path.touch()
    with pytest.raises(JournalError, match="the file is empty"):
        Journal(path, mode="ro")
    with Journal(path) as journal:
        note(journal, "a")

    assert healthy(path)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_read_only_file_or_folder(public: Path, what: str) -> None:
    """It is an error when the journal is opened, not when the first result is recorded."""
    path = public / "run.db"
    with Journal(path) as journal:
        note(journal, "a")
    (path if what == "file" else public).chmod(0o444 if what == "file" else 0o555)
    with without_privileges(), pytest.raises(JournalError, match=r"is read-only\. Make it writable"):
        Journal(path)


def test_a_read_only_folder_can_be_read(public: Path) -> None:
    """A journal on a read-only medium can be listed and exported."""
    path = public / "run.db"
    with Journal(path) as journal:
        note(journal, "a")
    public.chmod(0o555)
    with without_privileges(), Journal(path, mode="ro") as journal:
        assert 1 == journal.totals().done


def test_a_folder_without_access(public: Path) -> None:
    """The error is a `JournalError` that says what to do."""
    Journal(public / "run.db").close()
    public.chmod(0o000)
    with without_privileges(), pytest.raises(JournalError, match=r"Permission denied\. Make it accessible"):
        Journal(public / "run.db")


def test_a_reader_writes_nothing(journal: Journal, path: Path) -> None:
    """In mode "ro", recording is an error that carries the result."""
    note(journal, "a")
    with Journal(path, mode="ro") as reader, pytest.raises(JournalError, match="read-only") as caught:
        note(reader, "b")

    assert Note(text="kept") == caught.value.result


def test_a_forked_child_is_refused(forked: Forked, path: Path) -> None:
    """SQLite does not support forks: use in the child is an error, and the file is not damaged."""
    *errors, done = forked(fork, path).rest()

    assert [True, True] == ["forked while the journal was open" in error for error in errors]
    assert 0 == done


@pytest.mark.parametrize("again", range(10))
def test_threads_that_create_the_file_concurrently(path: Path, again: int) -> None:
    """All of them wait for the first, and write; repeated, as the interleaving is random."""
    barrier = threading.Barrier(6)

    def start(i: int) -> None:
        barrier.wait()
        with Journal(path) as journal:
            note(journal, f"f{again}-{i}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(start, range(6)))
    with Journal(path, mode="ro") as journal:
        assert 6 == journal.totals().done


# Helpers


def database(journal: Journal) -> Database:
    found = journal._database
    assert found is not None
    return found


def limit(db: sqlite3.Connection) -> None:
    """Forbid the file to grow, as on a full disk."""
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")


def fill(journal: Journal) -> None:
    """Fill the file until no row fits."""
    database(journal).submit(limit).result()
    for size in (1000, 100, 1):
        with suppress(JournalError):
            for i in range(100):
                note(journal, f"{size} {i}", "x" * size)


def orders(count: int) -> list[list[int]]:
    return [list(range(count)), list(reversed(range(count)))]


def child(code: str, **options: Any) -> subprocess.Popen[str]:
    """Start a new interpreter that imports the same package."""
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment, **options
    )


@contextmanager
def without_privileges() -> Iterator[None]:
    """Run the block as the user nobody, since root may write everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
