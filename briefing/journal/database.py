"""A SQLite file shared by threads and processes: opening, group commit, errors that say what to do.

One thread writes. It commits all pending writes in one transaction and resolves their futures afterwards: concurrent
writes share one fsync, and none is reported before it is on disk. Reads use a second connection, which in WAL mode
never waits for the writer.
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
from briefing.threads import Lock

T = TypeVar("T")
Mode = Literal["rwc", "rw", "ro"]

#: Seconds to wait for the lock of another process.
BUSY_TIMEOUT = 30.0
#: Most writes in one transaction. A transaction that fails is repeated write by write.
_MAX_GROUP = 1000
#: SQLite's application id ("brfj"), which identifies a journal among SQLite databases.
_APPLICATION_ID = 0x6272666A

_MENDED = "Mend it with `briefing journal check FILE --repair`, restore a copy, or use another path"
#: Advice by prefix of SQLite's name of an error.
_ADVICE: tuple[tuple[str | tuple[str, ...], str], ...] = (
    (
        "SQLITE_FULL",
        "the disk is full, or the file has reached its maximum size. Free some space and run again",
    ),
    ("SQLITE_IOERR", "reading or writing failed. Check the disk's free space, quota and health"),
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED"),
        "another program has locked the file for too long. Let it finish, or use another path",
    ),
    ("SQLITE_READONLY", "the file is read-only. Make it and its folder writable, or use another path"),
    ("SQLITE_PERM", "access is denied. Make the file and its folder writable, or use another path"),
    ("SQLITE_NOTADB", "the file is not a journal. Use another path"),
    ("SQLITE_CORRUPT", f"the file is damaged. {_MENDED}"),
    ("SQLITE_CANTOPEN", "the file cannot be opened. Make its folder writable, or use another path"),
)

_FORKED = (
    "journal {}: this process was forked while the journal was open, which SQLite does not support. Open it after "
    'the fork, or use the start method "spawn"'
)
#: Real path, process id and object id of the open databases.
_open: set[tuple[str, int, int]] = set()


@contextmanager
def journal_errors(path: Path) -> Iterator[None]:
    """Raise errors of SQLite, the file system, text encoding and large integers as `JournalError`, with advice.

    Raises:
        JournalError: the block raised one of them.
    """
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", None) or ""
        advice = next((text for prefix, text in _ADVICE if name.startswith(prefix)), str(error))
        raise JournalError(f"journal {path}: {advice} ({name or type(error).__name__}: {error})") from error
    except UnicodeError as error:
        raise JournalError(f"journal {path}: a text cannot be encoded as UTF-8: {error}") from error
    except OverflowError as error:
        raise JournalError(f"journal {path}: a number is too large to be stored: {error}") from error
    except OSError as error:
        raise JournalError(
            f"journal {path}: {error.strerror}. Make it accessible, or use another path"
        ) from error


@dataclass
class _Write(Generic[T]):
    """Work for a transaction, and the future of its result."""

    work: Callable[[sqlite3.Connection], T]
    future: Future[T]
    durable: bool


def decoded(text: bytes) -> str:
    """Decode a text of SQLite, which need not be valid; bytes that are not UTF-8 become lone surrogates."""
    return text.decode("utf-8", "surrogateescape")


class Database:
    """An open file. Threads may share it; forked processes may not.

    The statements `create` initialize an empty file with format `version`; files of a newer format are rejected.

    Attributes:
        commits: number of transactions so far.
        heartbeat: called in a transaction by the writer thread every `heartbeat_interval` seconds, if set.
        heartbeat_interval: seconds.

    Raises:
        JournalError: from any method: the file cannot be used, or is closed.
    """

    def __init__(self, path: Path, create: Iterable[str], version: int, mode: Mode) -> None:
        self.path, self._mode = path, mode
        self.commits = 0
        self.heartbeat: Callable[[sqlite3.Connection], object] | None = None
        self.heartbeat_interval = 10.0
        self._lock = Lock()
        self._queue: queue.SimpleQueue[_Write[Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        with journal_errors(path):
            _check_path(path, mode)
        self._key = (os.path.realpath(path), os.getpid(), id(self))
        # SQLite in a forked process believes that it holds its parent's locks, and would write without any.
        if any(real == self._key[0] and pid != self._key[1] for real, pid, _ in _open):
            raise JournalError(_FORKED.format(self._key[0]))
        with journal_errors(path):
            self._writer = self.connect()
            try:
                _initialize(self._writer, path, create, version, writable=mode != "ro")
                self._reader = self.connect()
                self._reader.execute("PRAGMA query_only = ON")
                self._files = self._identities()
            except BaseException:
                self._writer.close()
                raise
        _open.add(self._key)

    def connect(self) -> sqlite3.Connection:
        """Return a new connection, in autocommit mode."""
        path = self.path.absolute()
        # WAL mode creates files in the folder. In a read-only folder nobody can write, so the file is immutable.
        immutable = self._mode == "ro" and not _is_writable(path.parent) and not Path(f"{path}-wal").exists()
        db = sqlite3.connect(
            f"{path.as_uri()}?mode={self._mode}{'&immutable=1' if immutable else ''}",
            uri=True,
            timeout=BUSY_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
        )
        db.text_factory = decoded
        # On macOS, fsync alone leaves data in the disk's cache.
        db.execute("PRAGMA fullfsync = ON")
        return db

    def query(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Any]:
        """Return all rows of a query."""
        with journal_errors(self.path), self._lock:
            self._check_usable()
            return self._reader.execute(sql, parameters).fetchall()

    def submit(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = True) -> Future[T]:
        """Call `work` in a transaction shared with other pending writes, in the order of submission.

        It is called again if another write in the transaction fails. A `durable` write must survive a power failure.

        Returns:
            A future of the result of `work`, resolved after the commit; it may raise `JournalError`.
        """
        future: Future[T] = Future()
        with self._lock:
            self._check_usable()
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="briefing-journal", daemon=True)
                self._thread.start()
            self._queue.put(_Write(work, future, durable))
        return future

    def close(self) -> None:
        """Commit pending writes, and close the file."""
        if self._key[1] != os.getpid():
            return
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._reader.close()
            self._queue.put(None)
        if self._thread is None:
            self._finish()
        elif self._thread is not threading.current_thread():
            self._thread.join()

    def _check_usable(self) -> None:
        if self._closed and not threading.main_thread().is_alive():
            raise JournalError(
                f"journal {self.path}: the interpreter is ending, and nothing can be recorded any more. join() your "
                "threads in the main thread"
            )
        if self._closed:
            raise JournalError(f"journal {self.path}: the file is closed. Open the journal again")
        if self._key[1] != os.getpid():
            raise JournalError(_FORKED.format(self.path))

    def _finish(self) -> None:
        self._writer.close()
        _open.discard(self._key)

    def _write(self) -> None:
        last_beat = time.monotonic()
        while True:
            timeout = None
            if (heartbeat := self.heartbeat) is not None:
                timeout = max(0.0, last_beat + self.heartbeat_interval - time.monotonic())
            with contextlib.suppress(queue.Empty):
                group, closing = self._next_group(timeout)
                if group:
                    self._write_group(group)
                if closing:
                    self._finish()
                    return
            if heartbeat is not None and time.monotonic() >= last_beat + self.heartbeat_interval:
                last_beat = time.monotonic()
                # A lease that cannot be renewed expires; that must not stop the writes.
                with contextlib.suppress(sqlite3.Error):
                    self._commit([_Write(heartbeat, Future(), durable=False)])

    def _next_group(self, timeout: float | None) -> tuple[list[_Write[Any]], bool]:
        """Return all pending writes, at most `_MAX_GROUP`, and whether the database is closing.

        Raises:
            queue.Empty: nothing was submitted for `timeout` seconds.
        """
        group: list[_Write[Any]] = []
        write = self._queue.get(timeout=timeout)
        while write is not None:
            if write.future.set_running_or_notify_cancel():
                group.append(write)
            if len(group) == _MAX_GROUP:
                return group, False
            try:
                write = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _write_group(self, group: list[_Write[Any]]) -> None:
        """Commit a group and resolve its futures. If that fails, commit each write alone, so that others succeed."""
        try:
            with journal_errors(self.path):
                values = self._commit(group)
                self._check_in_place()
        except Exception as error:
            if len(group) == 1:
                group[0].future.set_exception(error)
            else:
                for write in group:
                    self._write_group([write])
        else:
            for write, value in zip(group, values, strict=True):
                write.future.set_result(value)

    def _identities(self) -> dict[Path, tuple[int, int] | None]:
        """Return device and inode of the file and of SQLite's two files beside it; `None` for one that is missing."""
        found: dict[Path, tuple[int, int] | None] = {}
        for suffix in ("", "-wal", "-shm"):
            file = Path(f"{self.path.absolute()}{suffix}")
            found[file] = None
            with contextlib.suppress(FileNotFoundError):
                status = file.stat()
                found[file] = status.st_dev, status.st_ino
        return found

    def _check_in_place(self) -> None:
        """Raise if what was committed is not where the next process would look for it.

        SQLite goes on writing to files that were deleted; what it writes there is lost when they are closed.
        """
        for file, identity in self._identities().items():
            before = self._files[file]
            if before not in (None, identity):
                what = "is gone" if identity is None else "is another file"
                raise JournalError(
                    f"journal {self.path}: {file.name} {what}: it was deleted or replaced while it was open, so that "
                    "nothing can be recorded in it any more. Put it back, or use another path, and run again"
                )
            self._files[file] = identity

    def _commit(self, group: list[_Write[Any]]) -> list[Any]:
        level = "FULL" if any(write.durable for write in group) else "NORMAL"
        self._writer.execute(f"PRAGMA synchronous = {level}")
        with transaction(self._writer):
            values = [write.work(self._writer) for write in group]
        self.commits += 1
        return values


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Run the block in a write transaction; roll back if it raises."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # After a disk error, SQLite has rolled back already.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _initialize(
    db: sqlite3.Connection, path: Path, create: Iterable[str], version: int, *, writable: bool
) -> None:
    """Check that a file is a journal; initialize an empty one."""
    if not _is_journal(db, path, version):
        if not writable:
            raise JournalError(f"journal {path}: the file is empty. Use the path of a journal")
        _enable_wal(db)
        with transaction(db):
            # Another process may have initialized it meanwhile.
            if not _is_journal(db, path, version):
                for statement in create:
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {version}")


def _is_journal(db: sqlite3.Connection, path: Path, version: int) -> bool:
    """Return true for a journal and false for an empty file.

    Raises:
        JournalError: the file is another database, or a journal of a newer version.
    """
    # One statement, and so one transaction: another process may be initializing the file.
    application, found, tables = db.execute(
        "SELECT application_id, user_version, EXISTS (SELECT 1 FROM sqlite_master)"
        " FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    if application == _APPLICATION_ID:
        if found > version:
            raise JournalError(
                f"journal {path}: the file has format {found}, of a newer briefing; this version reads formats up "
                f"to {version}. Upgrade briefing, or use another path"
            )
        if found < 1:
            raise JournalError(f"journal {path}: the file is damaged: it has format {found}. {_MENDED}")
        return True
    if application or found or tables:
        raise JournalError(
            f"journal {path}: the file is a SQLite database of another program. Use another path"
        )
    return False


def _enable_wal(db: sqlite3.Connection) -> None:
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            # SQLite's busy timeout does not cover two processes that switch the same file.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _check_path(path: Path, mode: Mode) -> None:
    """Raise a clear error for the cases in which SQLite says "unable to open database file"."""
    if path.is_dir():
        raise JournalError(
            f"journal {path}: the path is a folder. Use the path of a file, such as {path / 'run.db'}"
        )
    if path.exists() and not path.is_file():
        raise JournalError(f"journal {path}: the path is not a regular file. Use another path")
    if mode != "rwc" and not path.exists():
        raise JournalError(f"journal {path}: the file does not exist. Check the path")
    if not path.absolute().parent.is_dir():
        raise JournalError(f"journal {path}: the folder {path.parent} does not exist. Create it first")
    if mode != "ro":
        # Do not open the file to find out: closing it would release the locks that SQLite holds in this process.
        for needed in (path, path.absolute().parent):
            if needed.exists() and not _is_writable(needed):
                raise JournalError(
                    f"journal {path}: {needed} is read-only. Make it writable, or use another path"
                )


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
