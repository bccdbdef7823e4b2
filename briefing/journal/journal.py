"""`Journal`: the durable record of finished work, by fingerprint. A SQLite file; docs/JOURNAL.md says how to use it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel

from briefing.errors import BriefingError, ConfigurationError, JournalError
from briefing.journal.database import Database, Mode, journal_errors, transaction
from briefing.journal.leases import Owner
from briefing.journal.records import (
    ALL_COLUMNS,
    COLUMNS_WITHOUT_RESULT,
    FILE_VERSION,
    SELECT_TOTALS,
    TABLES,
    UPSERT,
    Entry,
    Status,
    Totals,
    entry_of,
    row_of,
)
from briefing.journal.store import Store
from briefing.meta import Meta, Usage

#: Rows and fingerprints at a time.
_PAGE = 500


@dataclass(frozen=True)
class Vacuumed:
    """What `Journal.vacuum` did: failed rows dropped, and bytes of the file before and after."""

    dropped: int
    before: int
    after: int


class Journal:
    """The durable record of finished work, by fingerprint: a SQLite file.

    Threads, tasks of an event loop and processes of one machine may share it. Usable as a context
    manager; after `close` it opens again when it is used.

    Args:
        path: of the file; made if it is not there.
        mode: "rwc" makes the file, "rw" does not, "ro" only reads.

    Raises:
        JournalError: the file cannot be used as a journal.
    """

    def __init__(self, path: str | os.PathLike[str], *, mode: Mode = "rwc") -> None:
        self.path, self._mode = Path(path), mode
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._owner = Owner()
        self._close: Any = None
        self._opened()

    @classmethod
    def of(cls, journal: Store | str | os.PathLike[str]) -> Store:
        """Return `journal` itself if it is a `Store`, or the journal at a path.

        Args:
            journal: a `Journal`, another `Store`, or the path of a file.

        Raises:
            ConfigurationError: `journal` is neither a path nor a `Store`.
            JournalError: the file cannot be used as a journal.
        """
        if isinstance(journal, str | os.PathLike):
            return cls(journal)
        if isinstance(journal, type) or not isinstance(journal, Store):
            raise ConfigurationError(f"journal must be a path or a Journal, not {journal!r}")
        return journal

    def get(self, fingerprint: str) -> Entry | None:
        """What is known of a fingerprint; `None` if nothing is.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.get_many([fingerprint]).get(fingerprint)

    def get_many(self, fingerprints: Iterable[str], *, results: bool = True) -> dict[str, Entry]:
        """What is known of several fingerprints, those that nothing is known of left out.

        Args:
            fingerprints: asked for in pages; give as many as you want back at once.
            results: whether to read the results, too.

        Raises:
            JournalError: the journal cannot be read.
        """
        wanted = list(fingerprints)
        found: dict[str, Entry] = {}
        for start in range(0, len(wanted), _PAGE):
            page = wanted[start : start + _PAGE]
            places = ", ".join("?" * len(page))
            rows = self._opened().query(
                f"SELECT {ALL_COLUMNS if results else COLUMNS_WITHOUT_RESULT} FROM entries WHERE fingerprint IN ({places})",  # noqa: S608  # places only
                page,
            )
            found |= {entry.fingerprint: entry for entry in map(entry_of, rows)}
        return found

    def entries(self, status: Status | None = None, *, results: bool = True) -> Iterator[Entry]:
        """All entries, in the order in which their fingerprints first came. Flat in memory.

        Args:
            status: only those.
            results: whether to read the results, too.

        Raises:
            JournalError: the journal cannot be read.
        """
        # In pages, so that a slow reader keeps no transaction open: the file would grow meanwhile.
        last = -1
        condition = "" if status is None else "status = :status AND "
        sql = (
            f"SELECT number, {ALL_COLUMNS if results else COLUMNS_WITHOUT_RESULT} FROM entries "  # noqa: S608  # of our own names
            f"WHERE {condition}number > :last ORDER BY number LIMIT :page"
        )
        while True:
            parameters = {"status": status, "last": last, "page": _PAGE if not results else _PAGE // 5}
            rows = self._opened().query(sql, parameters)
            if not rows:
                return
            for number, *row in rows:
                yield entry_of(row)
                last = number

    def failed(self) -> Iterator[Entry]:
        """The entries without a result, each with why.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.entries("failed", results=False)

    def totals(self) -> Totals:
        """Sums over all entries.

        Raises:
            JournalError: the journal cannot be read.
        """
        [(done, failed, read, written, cached, attempts, cost, unpriced)] = self._opened().query(
            SELECT_TOTALS
        )
        usage = Usage(input_tokens=int(read), output_tokens=int(written), cached_tokens=int(cached))
        return Totals(int(done), int(failed), usage, int(attempts), cost, int(unpriced))

    def submit(
        self,
        outcome: BaseModel | BriefingError,
        meta: Meta,
        *,
        schema: type[BaseModel],
        path: str | None = None,
        keys: Sequence[str | None] = (),
    ) -> Future[None]:
        """Record an outcome, in one transaction with what else is being recorded.

        Args:
            outcome: the result, or why there is none. A failure does not replace a result.
            meta: how it came to be; its fingerprint is what it is recorded under.
            schema: what was asked for.
            path: name of the article's file, if known.
            keys: secrets in use, which are taken out of an error's message whatever they look like.

        Returns:
            Resolved when the outcome is safe against a killed process and a loss of power; or with a
            `JournalError` that carries a result that could not be recorded.
        """
        row = row_of(outcome, meta, schema, path, keys)
        result = outcome if isinstance(outcome, BaseModel) else None

        def work(db: Any) -> None:
            db.execute(UPSERT, row)
            db.execute(
                "DELETE FROM claims WHERE fingerprint = ? AND owner = ?", (row["fingerprint"], self._owner.id)
            )

        done: Future[None] = Future()
        done.set_running_or_notify_cancel()

        def settle(written: Future[None]) -> None:
            error = written.exception()
            if isinstance(error, JournalError):
                error.result = result
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        try:
            self._opened().submit(work).add_done_callback(settle)
        except JournalError as error:
            error.result = result
            done.set_exception(error)
        return done

    def record(
        self,
        outcome: BaseModel | BriefingError,
        meta: Meta,
        *,
        schema: type[BaseModel],
        path: str | None = None,
        keys: Sequence[str | None] = (),
    ) -> None:
        """As `submit`, and wait until it is safe.

        Raises:
            JournalError: it could not be recorded; `result` is what was to be.
        """
        self.submit(outcome, meta, schema=schema, path=path, keys=keys).result()

    async def arecord(
        self,
        outcome: BaseModel | BriefingError,
        meta: Meta,
        *,
        schema: type[BaseModel],
        path: str | None = None,
        keys: Sequence[str | None] = (),
    ) -> None:
        """As `record`, without blocking the event loop. Recorded also when cancelled while waiting.

        Raises:
            JournalError: it could not be recorded; `result` is what was to be.
        """
        recorded = self.submit(outcome, meta, schema=schema, path=path, keys=keys)
        await asyncio.shield(asyncio.wrap_future(recorded))

    def claim(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[set[str]]:
        """Claim fingerprints, so that nobody else who asks makes the same meanwhile.

        Ask `get` again for what was claimed: it may have been finished just before. A claim ends when its
        outcome is recorded, by `release`, by `close`, and within half a minute of the process's end.

        Args:
            fingerprints: what to claim.
            holder: tells claims of one process apart.

        Returns:
            Resolved with those that are claimed now and were free before.
        """
        wanted, database = list(fingerprints), self._opened()
        database.beat = self._owner.renew
        # A claim need not survive a loss of power: who holds it does not either.
        return database.submit(lambda db: self._owner.take(db, wanted, holder), durable=False)

    def release(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[None]:
        """Give claims back.

        Args:
            fingerprints: those not held are passed over.
            holder: as it was claimed by.

        Returns:
            Resolved when it is done.
        """
        wanted = list(fingerprints)
        return self._opened().submit(lambda db: self._owner.release(db, wanted, holder), durable=False)

    def vacuum(self) -> Vacuumed:
        """Drop failed rows and give unused space back. Needs free space for a copy of the file.

        Raises:
            JournalError: there is no room, or another process is writing.
        """
        database = self._opened()
        with journal_errors(self.path), contextlib.closing(database.connect()) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            before = self.path.stat().st_size
            with transaction(db):
                dropped = db.execute("DELETE FROM entries WHERE status = 'failed'").rowcount
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Vacuumed(dropped, before, self.path.stat().st_size)

    def close(self) -> None:
        """Finish what is being recorded, give claims back and close the file."""
        with self._lock:
            database, self._database = self._database, None
            if database is None:
                return
            if database.beat is not None:
                with contextlib.suppress(JournalError):
                    database.submit(self._owner.leave, durable=False)
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self.path, self._mode)

    def __repr__(self) -> str:
        return f"Journal({str(self.path)!r})"

    def _opened(self) -> Database:
        if self._database is not None:
            return self._database
        with self._lock:
            if self._database is None:
                self._owner = Owner()
                self._database = Database(self.path, TABLES, FILE_VERSION, self._mode)
                self._close = weakref.finalize(self, self._database.close)
            return self._database


def _unpickled(path: Path, mode: Mode) -> Journal:
    return Journal(path, mode=mode)
