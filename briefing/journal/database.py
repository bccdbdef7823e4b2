"""A SQLite file that several threads and processes write: opening it, group commit, errors that say what to do.

One thread writes. It takes all that is waiting, commits it in one transaction and only then says so
to those who wait: many results that land together share one fsync, and none is reported before it
is on the disk. Readers have a connection of their own, which in WAL mode never waits for the writer.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from briefing.errors import JournalError

T = TypeVar("T")
Mode = Literal["rwc", "rw", "ro"]

#: Seconds to wait for another process that is writing.
BUSY_TIMEOUT = 30.0
#: Writes in one transaction, at most: what a batch holds in memory and redoes one by one when it fails.
_MAX_GROUP = 1000
#: "brfj" in the file's header: how a journal is told from other SQLite databases.
_APPLICATION_ID = 0x6272666A

_ADVICE = (
    ("SQLITE_FULL", "the disk is full, or the file has reached its greatest size. Make room and run again"),
    ("SQLITE_IOERR", "the disk did not take or give it. Look at its free space, quota and health"),
    ("SQLITE_BUSY", "another program held it for too long. Let it finish, or give another path"),
    ("SQLITE_LOCKED", "another program held it for too long. Let it finish, or give another path"),
    ("SQLITE_READONLY", "it is read-only. Make the file and its folder writable, or give another path"),
    ("SQLITE_PERM", "it may not be used. Make the file and its folder writable, or give another path"),
    ("SQLITE_NOTADB", "it is no journal, but some other file. Give another path"),
    ("SQLITE_CORRUPT", "it is damaged. Restore it from a copy, or give another path and start anew"),
    ("SQLITE_CANTOPEN", "it cannot be opened. Make its folder writable, or give another path"),
)

#: Files that are open here, each with the process that opened it; see `_refuse_fork`.
_open: set[tuple[str, int, int]] = set()


@contextmanager
def journal_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours.

    Raises:
        JournalError: with what to do about it.
    """
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", None) or ""
        advice = next((text for prefix, text in _ADVICE if name.startswith(prefix)), str(error))
        raise JournalError(f"journal {path}: {advice} ({name or type(error).__name__}: {error})") from error
    except UnicodeError as error:
        raise JournalError(f"journal {path}: a text cannot be stored: {error}") from error
    except OSError as error:
        raise JournalError(
            f"journal {path}: {error.strerror}. Make it accessible, or give another path"
        ) from error


@dataclass
class _Write(Generic[T]):
    """Something to do in a transaction, and the promise of its result."""

    work: Callable[[sqlite3.Connection], T]
    future: Future[T]
    durable: bool


class Database:
    """An open file. Threads may share it, forked children may not.

    Args:
        path: of the file.
        create: statements that make an empty file one of ours.
        version: of that form; a file with a greater one is refused.
        mode: "rwc" makes a file that is not there, "rw" does not, "ro" only reads.

    Raises:
        JournalError: the file cannot be used.
    """

    def __init__(self, path: Path, create: Iterable[str], version: int, mode: Mode) -> None:
        self.path, self._mode = path, mode
        #: Transactions so far.
        self.commits = 0
        #: Done by the writing thread from time to time, as long as it is set; seconds in between.
        self.beat: Callable[[sqlite3.Connection], object] | None = None
        self.beat_every = 10.0
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Write[Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        with journal_errors(path):
            _check_path(path, mode)
        self._key = (os.path.realpath(path), os.getpid(), id(self))
        _check_fork(self._key)
        with journal_errors(path):
            self._writer = self.connect()
            try:
                _initialize(self._writer, path, create, version, writable=mode != "ro")
                self._reader = self.connect()
                self._reader.execute("PRAGMA query_only = ON")
            except BaseException:
                self._writer.close()
                raise
        _open.add(self._key)

    def connect(self) -> sqlite3.Connection:
        """A new connection, in autocommit mode."""
        place = self.path.absolute()
        # WAL mode makes files beside the file; where that cannot be, nobody else can write either.
        fixed = self._mode == "ro" and not _is_writable(place.parent) and not Path(f"{place}-wal").exists()
        db = sqlite3.connect(
            f"{place.as_uri()}?mode={self._mode}{'&immutable=1' if fixed else ''}",
            uri=True,
            timeout=BUSY_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
        )
        # On macOS a plain fsync leaves the data in the disk's cache.
        db.execute("PRAGMA fullfsync = ON")
        return db

    def query(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Any]:
        """All rows of a query.

        Raises:
            JournalError: the file cannot be read.
        """
        with journal_errors(self.path), self._lock:
            self._refuse_closed()
            return self._reader.execute(sql, parameters).fetchall()

    def submit(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = True) -> Future[T]:
        """Have `work` done in a transaction, together with what else waits. In the order of submission.

        Args:
            work: what to do; may be done again, if another in the same transaction fails.
            durable: whether it must survive a loss of power.

        Returns:
            Resolved when it is committed, or with a `JournalError`.
        """
        future: Future[T] = Future()
        with self._lock:
            self._refuse_closed()
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="briefing-journal", daemon=True)
                self._thread.start()
            self._queue.put(_Write(work, future, durable))
        return future

    def close(self) -> None:
        """Write what waits, and close the file."""
        with self._lock:
            if self._closed or self._key[1] != os.getpid():
                return
            self._closed = True
            self._reader.close()
            self._queue.put(None)
        if self._thread is None:
            self._finish()
        elif self._thread is not threading.current_thread():
            self._thread.join()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise JournalError(f"journal {self.path}: it is closed")
        if self._key[1] != os.getpid():
            raise JournalError(_FORKED.format(self.path))

    def _finish(self) -> None:
        self._writer.close()
        _open.discard(self._key)

    def _write(self) -> None:
        beaten = time.monotonic()
        while True:
            beat = self.beat
            wait = None if beat is None else max(0.0, beaten + self.beat_every - time.monotonic())
            try:
                batch, last = self._waiting(wait)
            except queue.Empty:
                batch, last = [], False
            if batch:
                self._settle(batch)
            if last:
                self._finish()
                return
            if beat is not None and time.monotonic() >= beaten + self.beat_every:
                beaten = time.monotonic()
                # A lease that cannot be renewed runs out; the work it is for goes on.
                with contextlib.suppress(sqlite3.Error):
                    self._commit([_Write(beat, Future(), durable=False)])

    def _waiting(self, wait: float | None) -> tuple[list[_Write[Any]], bool]:
        """All that waits, and whether it is the last."""
        batch: list[_Write[Any]] = []
        write = self._queue.get(timeout=wait)
        while write is not None:
            if write.future.set_running_or_notify_cancel():
                batch.append(write)
            if len(batch) == _MAX_GROUP:
                return batch, False
            try:
                write = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _settle(self, batch: list[_Write[Any]]) -> None:
        try:
            with journal_errors(self.path):
                values = self._commit(batch)
        except Exception as error:
            if len(batch) == 1:
                batch[0].future.set_exception(error)
                return
            # One that cannot be written must not take the others with it.
            for write in batch:
                self._settle([write])
            return
        for write, value in zip(batch, values, strict=True):
            write.future.set_result(value)

    def _commit(self, batch: list[_Write[Any]]) -> list[Any]:
        level = "FULL" if any(write.durable for write in batch) else "NORMAL"
        self._writer.execute(f"PRAGMA synchronous = {level}")
        with transaction(self._writer):
            values = [write.work(self._writer) for write in batch]
        self.commits += 1
        return values


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, alone among writers."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back already where the disk failed.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _initialize(
    db: sqlite3.Connection, path: Path, create: Iterable[str], version: int, *, writable: bool
) -> None:
    """Look whether a file is one of ours; make an empty one so."""
    if not _is_journal(db, path, version):
        if not writable:
            raise JournalError(f"journal {path}: there is nothing in it")
        _enable_wal(db)
        with transaction(db):
            # Another process may have done it meanwhile.
            if not _is_journal(db, path, version):
                for statement in create:
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {version}")


def _is_journal(db: sqlite3.Connection, path: Path, version: int) -> bool:
    """Whether a file holds a journal; `False` where it is empty."""
    application, found, tables = _header(db)
    if application == _APPLICATION_ID:
        if found > version:
            raise JournalError(
                f"journal {path}: it has format {found}, made by a newer briefing; this one knows up to "
                f"{version}. Upgrade briefing, or give another path"
            )
        return True
    if application or found or tables:
        raise JournalError(
            f"journal {path}: it is no journal, but a SQLite database of another program. Give another path"
        )
    return False


def _header(db: sqlite3.Connection) -> tuple[int, int, bool]:
    """Application, version, and whether there are tables: at one moment, as another process may be making the file."""
    begun = not db.in_transaction
    if begun:
        db.execute("BEGIN")
    try:
        tables = db.execute("SELECT 1 FROM sqlite_master").fetchone() is not None
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
    finally:
        if begun:
            db.execute("COMMIT")
    return application, version, tables


def _enable_wal(db: sqlite3.Connection) -> None:
    """Switch to WAL mode, which is kept in the file."""
    until = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            # Two that make the same file do not wait for each other here.
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def _check_path(path: Path, mode: Mode) -> None:
    """Say plainly what SQLite calls "unable to open database file"."""
    if path.is_dir():
        raise JournalError(
            f"journal {path}: it is a folder. Give the path of a file, such as {path / 'run.db'}"
        )
    if path.exists() and not path.is_file():
        raise JournalError(f"journal {path}: it is no ordinary file. Give another path")
    if mode != "rwc" and not path.exists():
        raise JournalError(f"journal {path}: there is no such file")
    if not path.absolute().parent.is_dir():
        raise JournalError(f"journal {path}: there is no folder {path.parent}. Make it first")
    if mode != "ro":
        # Not by opening it: closing a file gives up the locks that SQLite has on it in this process.
        for place in (path, path.absolute().parent):
            if place.exists() and not _is_writable(place):
                raise JournalError(
                    f"journal {path}: {place} is read-only. Make it writable, or give another path"
                )


def _is_writable(place: Path) -> bool:
    return os.access(place, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


_FORKED = (
    "journal {}: this process was forked while the journal was open, which SQLite does not survive. Open it "
    'after the fork, or start processes by "spawn"'
)


def _check_fork(key: tuple[str, int, int]) -> None:
    # A forked child holds SQLite's notes about locks that are its parent's, and would write without any.
    if any(path == key[0] and pid != key[1] for path, pid, _ in _open):
        raise JournalError(_FORKED.format(key[0]))
