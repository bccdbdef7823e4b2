"""The journal's file: group commit, heartbeats, lock timeouts and errors. Time is simulated."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from briefing import JournalError
from briefing.journal import database as module
from briefing.journal.database import Database, journal_errors, transaction

CREATE = ("CREATE TABLE words (word TEXT NOT NULL)",)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a file that does not exist."""
    return tmp_path / "run.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """Give an open database."""
    opened = Database(path, CREATE, 1, "rwc")
    yield opened
    opened.close()


def insert(word: str | None) -> Callable[[sqlite3.Connection], None]:
    def work(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO words VALUES (?)", (word,))

    return work


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Hold the writer until the block ends, so that the writes submitted in it are one group."""
    started, go_on = threading.Event(), threading.Event()

    def wait(_: sqlite3.Connection) -> None:
        started.set()
        go_on.wait()

    database.submit(wait)
    started.wait()
    try:
        yield
    finally:
        go_on.set()


def words(database: Database) -> list[str]:
    return [word for (word,) in database.query("SELECT word FROM words ORDER BY rowid")]


@pytest.mark.parametrize(("writes", "commits"), [(1, 1), (1000, 1), (1001, 2), (2001, 3)])
def test_pending_writes_share_a_transaction(database: Database, writes: int, commits: int) -> None:
    """A transaction has up to a thousand writes, in the order of submission."""
    with held(database):
        futures = [database.submit(insert(str(number))) for number in range(writes)]
    for future in futures:
        future.result()

    assert 1 + commits == database.commits
    assert list(map(str, range(writes))) == words(database)


def test_a_write_that_fails_fails_alone(database: Database) -> None:
    """The others of its transaction are repeated one by one; each future has its own result."""
    with held(database):
        futures = [database.submit(insert(word)) for word in ("a", None, "b")]
    errors = [future.exception() for future in futures]

    assert [None, JournalError, None] == [error and type(error) for error in errors]
    assert ["a", "b"] == words(database)


def test_a_write_that_was_cancelled_is_not_made(database: Database) -> None:
    """A future can be cancelled until its transaction begins."""
    with held(database):
        futures = [database.submit(insert(word)) for word in "abc"]
        assert futures[1].cancel()
    for future in (futures[0], futures[2]):
        future.result()

    assert ["a", "c"] == words(database)


def test_close_commits_what_waits(path: Path, database: Database) -> None:
    """Nothing that was submitted is lost; afterwards, every use is an error that says so."""
    with held(database):
        for word in "abc":
            database.submit(insert(word))
    database.close()
    database.close()

    with closing(sqlite3.connect(path)) as db:
        assert 3 == db.execute("SELECT count(*) FROM words").fetchone()[0]
    for use in (lambda: database.query("SELECT 1"), lambda: database.submit(insert("d"))):
        with pytest.raises(JournalError, match=r"the file is closed\. Open the journal again"):
            use()


def test_a_heartbeat_comes_every_ten_seconds(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is called once per interval, and only if it is set."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    beats: list[float] = []

    def write_at(seconds: float) -> list[float]:
        """Make the writer pass its check of the heartbeat at a time, and return the heartbeats so far."""
        clock.now = 100.0 + seconds
        for _ in range(2):  # the second is taken up after the check that follows the first
            database.submit(lambda _: None).result()
        return [beat - 100.0 for beat in beats]

    assert [] == write_at(0.0)
    database.heartbeat = lambda _: beats.append(clock.now)
    assert [] == write_at(9.5)
    assert [10.0] == write_at(10.0)
    assert [10.0] == write_at(19.5)
    assert [10.0, 20.0] == write_at(20.0)


def test_a_heartbeat_that_fails_stops_nothing(database: Database) -> None:
    """The writer goes on, also where SQLite raises."""
    failed = threading.Event()

    def fail(_: sqlite3.Connection) -> None:
        failed.set()
        raise sqlite3.OperationalError("disk I/O error")

    database.heartbeat_interval = 0.0
    database.heartbeat = fail
    database.submit(insert("a")).result()
    failed.wait()
    database.submit(insert("b")).result()

    assert ["a", "b"] == words(database)


def test_a_heartbeat_is_not_synced(database: Database) -> None:
    """A lease need not survive a power failure: the process does not."""
    levels: list[int] = []
    beaten = threading.Event()

    def look(db: sqlite3.Connection) -> None:
        levels.append(db.execute("PRAGMA synchronous").fetchone()[0])
        database.heartbeat = None
        beaten.set()

    database.heartbeat_interval = 0.0
    database.heartbeat = look
    database.submit(insert("a")).result()
    beaten.wait()

    assert [1] == levels


def test_a_group_is_synced_if_one_of_it_is_durable(database: Database) -> None:
    """The position in the group does not matter."""
    levels: list[int] = []

    def look(db: sqlite3.Connection) -> None:
        levels.append(db.execute("PRAGMA synchronous").fetchone()[0])

    for durable in ([False, False], [False, True], [True, False]):
        with held(database):
            futures = [database.submit(look, durable=each) for each in durable]
        for future in futures:
            future.result()

    assert [1, 1, 2, 2, 2, 2] == levels


def test_a_lock_is_waited_for_half_a_minute(database: Database) -> None:
    """All connections have this timeout."""
    with closing(database.connect()) as db:
        assert 30_000 == db.execute("PRAGMA busy_timeout").fetchone()[0]
    assert [(30_000,)] == database.query("PRAGMA busy_timeout")


def test_a_file_that_stays_locked_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to do."""
    monkeypatch.setattr(module, "BUSY_TIMEOUT", 0.0)
    database = Database(path, CREATE, 1, "rwc")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="another program has locked the file for too long"):
            database.submit(insert("a")).result()
        other.execute("ROLLBACK")
    database.submit(insert("b")).result()

    assert ["b"] == words(database)
    database.close()


@pytest.mark.parametrize(
    ("waited", "tries"), [(29.9, None), (30.1, 1)], ids=["unlocked in time", "locked for too long"]
)
def test_the_switch_to_wal_waits_for_other_processes(
    monkeypatch: pytest.MonkeyPatch, waited: float, tries: int | None
) -> None:
    """Half a minute by a simulated clock, then the error of SQLite is raised."""
    clock = SimpleNamespace(now=100.0, slept=0)

    def sleep(_: float) -> None:
        clock.slept += 1
        clock.now = 100.0 + waited

    class Locked:
        """Locked at the first two tries."""

        def execute(self, sql: str) -> None:
            if clock.slept < 2:
                raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=sleep))
    db: Any = Locked()
    if tries is None:
        module._enable_wal(db)
        assert 2 == clock.slept
    else:
        with pytest.raises(sqlite3.OperationalError):
            module._enable_wal(db)
        assert tries == clock.slept


def test_a_transaction_is_all_or_nothing() -> None:
    """Writes before an error are rolled back, and the connection remains usable."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute(CREATE[0])
        with suppress(KeyboardInterrupt), transaction(db):
            insert("a")(db)
            raise KeyboardInterrupt
        with transaction(db):
            insert("b")(db)

        assert [("b",)] == db.execute("SELECT word FROM words").fetchall()
        assert not db.in_transaction


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("SQLITE_FULL", "Free some space"),
        ("SQLITE_IOERR_WRITE", "Check the disk's free space"),
        ("SQLITE_BUSY_SNAPSHOT", "Let it finish"),
        ("SQLITE_LOCKED", "Let it finish"),
        ("SQLITE_READONLY_DBMOVED", "the file is read-only"),
        ("SQLITE_PERM", "access is denied"),
        ("SQLITE_NOTADB", "the file is not a journal"),
        ("SQLITE_CORRUPT_VTAB", "restore a copy"),
        ("SQLITE_CANTOPEN_ISDIR", "the file cannot be opened"),
        ("SQLITE_CONSTRAINT", "NOT NULL constraint failed"),
        (None, "NOT NULL constraint failed"),
    ],
)
def test_errors_of_sqlite_say_what_to_do(name: str | None, advice: str) -> None:
    """By their name, whatever its suffix; an unknown one says what SQLite says."""
    error = sqlite3.OperationalError("NOT NULL constraint failed")
    if name is not None:
        error.sqlite_errorname = name
    with pytest.raises(JournalError) as caught, journal_errors(Path("run.db")):
        raise error

    start = f"journal run.db: {advice}"
    assert start[:15] == str(caught.value)[:15]
    assert advice in str(caught.value)
    assert f"({name or 'OperationalError'}: NOT NULL" in str(caught.value)
    assert error is caught.value.__cause__


def test_a_number_that_sqlite_cannot_store_is_told(tmp_path: Path) -> None:
    """As an error of the journal."""
    db = sqlite3.connect(tmp_path / "run.db")
    with closing(db), pytest.raises(JournalError, match="too large"), journal_errors(tmp_path / "run.db"):
        db.execute("SELECT ?", (2**63,))


@pytest.mark.parametrize(
    ("version", "found"), [(1, None), (2, None), (0, "has format 1, of a newer briefing")]
)
def test_a_file_of_a_newer_format_is_rejected(
    database: Database, path: Path, version: int, found: str | None
) -> None:
    """One of the same or an older format is opened."""
    if found is None:
        Database(path, CREATE, version, "rw").close()
    else:
        with pytest.raises(JournalError, match=found):
            Database(path, CREATE, version, "rw")


@pytest.mark.parametrize("mark", ["PRAGMA application_id = 7", "PRAGMA user_version = 7", CREATE[0]])
def test_a_file_of_another_program_is_rejected(path: Path, mark: str) -> None:
    """Known by any of its application id, its version and its tables."""
    with closing(sqlite3.connect(path)) as db:
        db.execute(mark)
    with pytest.raises(JournalError, match="of another program"):
        Database(path, CREATE, 1, "rwc")


def test_a_database_in_a_new_process_is_rejected(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forked process may neither use the open one nor open the file again; closing does nothing there."""
    parent = os.getpid()
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "getpid", lambda: parent + 1)
        for use in (lambda: database.query("SELECT 1"), lambda: Database(path, CREATE, 1, "rw")):
            with pytest.raises(JournalError, match="forked while the journal was open"):
                use()
        Database(path.with_name("other.db"), CREATE, 1, "rwc").close()
        database.close()

    assert [] == words(database)
    database.close()
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "getpid", lambda: parent + 1)
        Database(path, CREATE, 1, "rw").close()


def test_the_last_result_may_be_read_while_the_writer_writes(database: Database) -> None:
    """Reads do not wait for a transaction that is open."""
    database.submit(insert("a")).result()
    with held(database):
        assert ["a"] == words(database)
    with pytest.raises(JournalError):
        database.query("INSERT INTO words VALUES ('c')")
