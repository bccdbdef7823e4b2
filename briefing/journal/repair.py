"""What is wrong with a journal's file, and a new file of all that can be read of it."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from briefing.errors import JournalError
from briefing.journal.database import Database, decoded, journal_errors, transaction
from briefing.journal.leases import WITHOUT_OWNER, host_id, left_over
from briefing.journal.records import ALL_COLUMNS, COLUMNS, FILE_VERSION, TABLES, Entry, entry_of, problem_of
from briefing.on_disk import OnDiskDict

Kind = Literal["file", "entry", "duplicate", "lease"]

#: Most complaints of SQLite about the file that are listed.
_MOST_COMPLAINTS = 20
_PLACES = ", ".join("?" * (len(COLUMNS) + 1))
_SELECT = f"SELECT number, {ALL_COLUMNS} FROM entries"  # noqa: S608  # of our own names


@dataclass(frozen=True)
class Damage:
    """Something that is wrong with a journal.

    Attributes:
        kind: "file": SQLite finds the file damaged; "entry": a row cannot be read back; "duplicate": a fingerprint has
            several rows; "lease": a process that has ended, or a claim without an owner, still holds articles.
        message: a phrase that says what is wrong.
    """

    kind: Kind
    message: str


@dataclass
class Examined:
    """What `check_journal` has found.

    Attributes:
        entries: number of entries that can be read.
        damages: what is wrong, in the order of the file.
        saved: the damaged file's new name, if the journal was repaired.
    """

    entries: int = 0
    damages: list[Damage] = field(default_factory=list)
    saved: Path | None = None


def check_journal(
    path: Path, *, repair: bool = False, problem: Callable[[Entry], str | None] = lambda _: None
) -> Examined:
    """Look at every row of a journal, and say what is wrong.

    Args:
        path: path of the file.
        repair: where something is wrong, put a new file of all readable rows in its place, and keep the damaged one
            beside it. Leases are left out. At every moment, the path has either the old file or the whole new one.
        problem: says why an entry cannot be read back, or `None`; for schemas that the caller knows.

    Raises:
        JournalError: the file does not exist, is not a journal, or is in use by another process.
    """
    with journal_errors(path), tempfile.TemporaryDirectory() as folder:
        examined = Examined()
        readable = _complete(path, Path(folder), examined)
        with contextlib.closing(_connected(path, readable, repair=repair)) as db:
            rows = _readable(db, examined, problem)
            if not repair:
                examined.entries = sum(1 for _ in rows)
                return examined
            new = path.with_name(f".{path.name}.repaired")
            try:
                _write(db, rows, new, examined)
                if examined.damages:
                    examined.saved = _replace(db, path, new)
            finally:
                _remove(new)
        return examined


def _complete(path: Path, folder: Path, examined: Examined) -> Path:
    """Return the path of a file that SQLite opens: a copy with empty pages, if the end of the journal is missing."""
    if not path.is_file():
        return path
    with path.open("rb") as file:
        header = file.read(100)
    size, pages = int.from_bytes(header[16:18]), int.from_bytes(header[28:32])
    missing = (65536 if size == 1 else size) * pages - path.stat().st_size
    if not header.startswith(b"SQLite format 3\0") or missing <= 0:
        return path
    examined.damages.append(Damage("file", f"its last {missing:,} bytes are missing"))
    copy = folder / path.name
    for suffix in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
    os.truncate(copy, path.stat().st_size + missing)
    return copy


def _connected(path: Path, readable: Path, *, repair: bool) -> sqlite3.Connection:
    """Connect to a journal, locked if it is to be repaired."""
    try:
        database = Database(readable, TABLES, FILE_VERSION, "ro")
    except JournalError as error:
        if getattr(error.__cause__, "sqlite_errorname", "").startswith("SQLITE_CORRUPT"):
            raise JournalError(
                f"journal {path}: the file is damaged where it says what is in it, so that nothing can be read of it. "
                "Restore a copy, or use another path"
            ) from error
        raise
    try:
        if not repair:
            return database.connect()
    finally:
        database.close()
    db = sqlite3.connect(readable, timeout=0.0, isolation_level=None)
    try:
        db.text_factory = decoded
        _lock(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _lock(db: sqlite3.Connection, path: Path) -> None:
    """Lock the file until the connection is closed."""
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise JournalError(f"journal {path}: another process has it open. Let it end first") from error


def _readable(
    db: sqlite3.Connection, examined: Examined, problem: Callable[[Entry], str | None]
) -> Iterator[tuple[Any, ...]]:
    """Yield number and columns of the rows that can be read back, each fingerprint once, and note what is wrong."""

    def note(kind: Kind, message: str) -> None:
        examined.damages.append(Damage(kind, message))

    complaints = _tried(lambda: db.execute(f"PRAGMA integrity_check({_MOST_COMPLAINTS})").fetchall(), note)
    for (complaint,) in complaints or ():
        if complaint != "ok":
            note("file", complaint)
    seen = OnDiskDict[int]()
    for row in _rows(db, note):
        number, fingerprint = row[:2]
        name = f"entry {number} ({str(fingerprint)[:12]})"
        wrong = problem_of(row[1:]) or problem(entry_of(row[1:]))
        if wrong:
            note("entry", f"{name} cannot be read back: {wrong}")
        elif not seen.add(fingerprint, number):
            note("duplicate", f"{name} has the fingerprint of entry {seen.get(fingerprint)}")
        else:
            yield row
    void = _tried(lambda: left_over(db, host_id()), note) or ()
    for _, owner in void:
        note("lease", f"the lease of {str(owner)[:12]} is left over from a process that has ended")
    orphans = _tried(
        lambda: db.execute(f"SELECT count(*) FROM claims WHERE {WITHOUT_OWNER}").fetchone()[0],  # noqa: S608
        note,
    )
    if orphans:
        note("lease", f"{orphans} claims have no owner")


def _rows(db: sqlite3.Connection, note: Callable[[Kind, str], None]) -> Iterator[tuple[Any, ...]]:
    """Yield all rows in order; from a damaged file, those that any of the table and its indexes leads to."""
    last = -(2**63)
    try:
        for row in db.execute(f"{_SELECT} NOT INDEXED ORDER BY number"):
            yield row
            last = row[0]
    except sqlite3.DatabaseError as error:
        note("file", f"reading the entries behind number {max(last, 0)} fails: {error}")
        for number in _numbers(db, last):
            with contextlib.suppress(sqlite3.DatabaseError):
                yield from db.execute(f"{_SELECT} WHERE number = ?", (number,))


def _numbers(db: sqlite3.Connection, last: int) -> list[int]:
    """Return the numbers of rows above `last` that the indexes know."""
    found: set[int] = set()
    for index in ("sqlite_autoindex_entries_1", "entries_by_status"):
        with contextlib.suppress(sqlite3.DatabaseError):
            for (number,) in db.execute(f"SELECT number FROM entries INDEXED BY {index}"):  # noqa: S608
                found.add(number)
    return sorted(number for number in found if number > last)


def _tried(read: Callable[[], Any], note: Callable[[Kind, str], None]) -> Any:
    try:
        return read()
    except sqlite3.DatabaseError as error:
        note("file", str(error))
        return None


def _write(db: sqlite3.Connection, rows: Iterator[tuple[Any, ...]], new: Path, examined: Examined) -> None:
    """Write the rows, and the tables of batches as they are, to a new journal."""
    _remove(new)  # of a repair that was killed
    Database(new, TABLES, FILE_VERSION, "rwc").close()
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = FULL")
        with transaction(copy):
            for row in rows:
                copy.execute(f"INSERT INTO entries (number, {ALL_COLUMNS}) VALUES ({_PLACES})", row)  # noqa: S608
                examined.entries += 1
            _copy_batches(db, copy, examined)
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy_batches(db: sqlite3.Connection, copy: sqlite3.Connection, examined: Examined) -> None:
    tables = "SELECT name, sql FROM sqlite_master WHERE name GLOB 'batch*' AND sql NOT NULL ORDER BY rootpage"
    for name, sql in db.execute(tables).fetchall():
        copy.execute(sql)
        if not sql.startswith("CREATE TABLE"):
            continue
        try:
            for row in db.execute(f"SELECT * FROM {name}"):  # noqa: S608  # of the file's own tables
                copy.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
        except (sqlite3.Error, UnicodeError) as error:
            examined.damages.append(Damage("file", f"{name}: {error}"))


def _replace(db: sqlite3.Connection, path: Path, new: Path) -> Path:
    """Put a new file in the place of a damaged one, which is kept under the name that is returned."""
    names = (path.with_name(f"{path.name}.damaged-{number}") for number in itertools.count(1))
    saved = next(name for name in names if not name.exists())
    db.execute("ROLLBACK")
    with contextlib.suppress(sqlite3.DatabaseError):
        # Without a log, closing the connection later removes no file of the new journal.
        db.execute("PRAGMA journal_mode = DELETE")
    if Path(f"{path}-wal").exists():
        db.close()
    for suffix in ("", "-wal"):
        if (file := Path(f"{path}{suffix}")).exists():
            _keep(file, Path(f"{saved}{suffix}"))
    shutil.copymode(path, new)
    # SQLite would apply the old log to the new file.
    _remove(path, "-wal", "-shm")
    new.replace(path)
    return saved


def _keep(file: Path, saved: Path) -> None:
    try:
        saved.hardlink_to(file)
    except OSError:  # the file system has no links
        shutil.copyfile(file, saved)


def _remove(path: Path, *suffixes: str) -> None:
    for suffix in suffixes or ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
