"""`Journal`: the durable record of finished work, by fingerprint. See docs/JOURNAL.md."""

from __future__ import annotations

import asyncio
import contextlib
import os
import weakref
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel

from briefing.errors import BriefingError, ConfigurationError, JournalError
from briefing.journal.answers import KeptAnswer, delete_answers, find_answer, insert_answer
from briefing.journal.database import Database, Mode, journal_errors, transaction
from briefing.journal.leases import Owner
from briefing.journal.records import (
    ALL_COLUMNS,
    COLUMNS_WITHOUT_RESULT,
    FILE_VERSION,
    SELECT_TOTALS,
    TABLES,
    Entry,
    Status,
    Totals,
    readable,
    row_of,
    upsert,
)
from briefing.journal.store import Store
from briefing.meta import Meta, Usage
from briefing.threads import Lock

#: Fingerprints, or entries without results, per query. Entries with results: a fifth of it.
_PAGE = 500


@dataclass(frozen=True)
class Vacuumed:
    """The effect of `Journal.vacuum`."""

    dropped: int
    """Number of failed entries that were deleted."""
    before: int
    """Size of the file before, in bytes."""
    after: int
    """Size of the file after, in bytes."""


class Journal:
    """A durable record of finished work, by fingerprint, in a SQLite file.

    Give one to `Briefer(journal=…)`, or read the entries of one. Threads, tasks of an event loop and processes on one
    machine may share a journal; network file systems are not supported. Use it as a context manager or call `close`; a
    closed journal opens again when it is used. It pickles as its path and mode.

    Args:
        path: path of the file (`str` or `os.PathLike`).
        mode: "rwc" (default) creates a missing file, "rw" does not, "ro" only reads.

    Attributes:
        path: path of the file (`pathlib.Path`).

    Raises:
        JournalError: the file cannot be created or opened, is not a journal, was written by a newer version, or is open
            in the process that this one was forked from. The message says what to do.
    """

    def __init__(self, path: str | os.PathLike[str], *, mode: Mode = "rwc") -> None:
        self.path, self._mode = Path(path), mode
        self._lock = Lock()
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
        """Return the entry of a fingerprint, or `None` if nothing is recorded, or the row cannot be read back.

        Args:
            fingerprint: hash of everything that a result depends on; see `Briefer.fingerprint`.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.get_many([fingerprint]).get(fingerprint)

    def get_many(self, fingerprints: Iterable[str], *, results: bool = True) -> dict[str, Entry]:
        """Return the entries of fingerprints, by fingerprint; those without an entry that can be read are missing.

        Args:
            fingerprints: any number; all entries are in memory at once.
            results: whether to read the results, default `True`; else `Entry.result` is `None`.

        Raises:
            JournalError: the journal cannot be read.
        """
        wanted, columns = list(fingerprints), ALL_COLUMNS if results else COLUMNS_WITHOUT_RESULT
        found: dict[str, Entry] = {}
        for start in range(0, len(wanted), _PAGE):
            page = wanted[start : start + _PAGE]
            places = ", ".join("?" * len(page))
            sql = f"SELECT {columns} FROM entries WHERE fingerprint IN ({places})"  # noqa: S608  # places only
            rows = readable(self._opened().query(sql, page), with_result=results)
            found |= {entry.fingerprint: entry for entry in rows}
        return found

    def entries(self, status: Status | None = None, *, results: bool = True) -> Iterator[Entry]:
        """Yield all entries, in the order in which their fingerprints were first recorded. Memory use is constant.

        Rows that cannot be read back are logged and left out; `briefing journal check` lists them.

        Args:
            status: "done" or "failed" for those entries only; default `None`: all.
            results: whether to read the results, default `True`; else `Entry.result` is `None`.

        Raises:
            JournalError: the journal cannot be read.
        """
        # One query per page: a transaction held open by a slow reader would let the write-ahead log grow.
        condition = "" if status is None else "status = :status AND "
        sql = (
            f"SELECT number, {ALL_COLUMNS if results else COLUMNS_WITHOUT_RESULT} FROM entries "  # noqa: S608  # of our own names
            f"WHERE {condition}number > :last ORDER BY number LIMIT :page"
        )
        parameters = {"status": status, "last": -(2**63), "page": _PAGE // 5 if results else _PAGE}
        while rows := self._opened().query(sql, parameters):
            yield from readable((row for _, *row in rows), with_result=results)
            parameters["last"] = rows[-1][0]

    def failed(self) -> Iterator[Entry]:
        """Yield the failed entries, each with the type and message of its error.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.entries("failed", results=False)

    def totals(self) -> Totals:
        """Return the number of entries, and the sums of their usage and cost; rows that cannot be read do not count.

        Raises:
            JournalError: the journal cannot be read.
        """
        [sums] = self._opened().query(SELECT_TOTALS)
        done, failed, read, written, cached, attempts, cost, unpriced = sums
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
        """Record an outcome under `meta.fingerprint`, and release this journal's claim of it. Does not block.

        Concurrent records share a transaction and an fsync. An outcome of a fingerprint that has failed before adds up
        usage, cost, attempts and seconds. A failure never replaces a result.

        Args:
            outcome: the result, or the error in its place.
            meta: model, usage, cost and fingerprint.
            schema: type that was requested.
            path: path of the article's file; default `None`: unknown.
            keys: secrets to redact from an error's message; default: none. API keys in the environment and anything
                that looks like a key are always redacted.

        Returns:
            A future, resolved when the outcome would survive a killed process and a power failure. Its exception may be
            a `JournalError`, whose `result` is the result that was not recorded.
        """
        row = row_of(outcome, meta, schema, path, keys)
        result = outcome if isinstance(outcome, BaseModel) else None

        def work(db: Any) -> None:
            upsert(db, row)
            if result is not None:
                delete_answers(db, row["fingerprint"])
            db.execute(
                "DELETE FROM claims WHERE fingerprint = ? AND owner = ?", (row["fingerprint"], self._owner.id)
            )

        done: Future[None] = Future()
        done.set_running_or_notify_cancel()

        def resolve(written: Future[None]) -> None:
            error = written.exception()
            if isinstance(error, JournalError):
                error.result = result
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        try:
            self._opened().submit(work).add_done_callback(resolve)
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
        """Record an outcome and wait until it is durable. Arguments are those of `submit`.

        Raises:
            JournalError: the outcome could not be recorded; `result` is the result that was lost, if any.
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
        """Record an outcome and wait until it is durable. Arguments are those of `submit`.

        The outcome is recorded even if the task is cancelled while it waits.

        Raises:
            JournalError: the outcome could not be recorded; `result` is the result that was lost, if any.
        """
        recorded = self.submit(outcome, meta, schema=schema, path=path, keys=keys)
        await asyncio.shield(asyncio.wrap_future(recorded))

    def claim(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[set[str]]:
        """Claim fingerprints, so that no other process or holder makes the same results meanwhile.

        After a claim, look again with `get`: the result may have been recorded just before. A claim ends when its outcome
        is recorded, by `release` or `close`, or at most 30 seconds after the process has ended.

        Args:
            fingerprints: fingerprints to claim.
            holder: identifies the caller among the users of this journal, default "".

        Returns:
            A future of the fingerprints that were free and are now claimed.

        Raises:
            JournalError: the journal cannot be opened. The future may raise it, too.
        """
        wanted, database = list(fingerprints), self._opened()
        database.heartbeat = self._owner.renew
        # A claim need not survive a power failure: its process does not survive either.
        return database.submit(lambda db: self._owner.claim(db, wanted, holder), durable=False)

    def release(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[None]:
        """Release claims.

        Args:
            fingerprints: fingerprints to release; those that the holder has not claimed are ignored.
            holder: the caller, as given to `claim`.

        Returns:
            A future, resolved when the claims are released.

        Raises:
            JournalError: the journal cannot be opened. The future may raise it, too.
        """
        wanted = list(fingerprints)
        return self._opened().submit(lambda db: self._owner.release(db, wanted, holder), durable=False)

    def find_answer(self, fingerprint: str, ask: str) -> KeptAnswer | None:
        """Return the answer about a part of an unfinished article, or `None`, as `AnswerStore` has it.

        Raises:
            JournalError: the journal cannot be read.
        """
        return find_answer(self._opened(), fingerprint, ask)

    def keep_answer(self, fingerprint: str, ask: str, text: str, usage: Usage, attempts: int) -> Future[None]:
        """Record an answer about a part of an article, until its result is recorded. Does not block.

        Raises:
            JournalError: the journal cannot be opened. The future may raise it, too.
        """
        kept = KeptAnswer(text, usage, attempts)
        return self._opened().submit(lambda db: insert_answer(db, fingerprint, ask, kept), durable=False)

    def vacuum(self) -> Vacuumed:
        """Delete the failed entries and answers of unfinished articles, and shrink the file. Temporarily needs disk space for a copy of the file.

        Returns:
            The number of deleted entries, and the size of the file before and after.

        Raises:
            JournalError: the disk is full, or another process is writing.
        """
        database = self._opened()
        with journal_errors(self.path), contextlib.closing(database.connect()) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            before = self.path.stat().st_size
            with transaction(db):
                dropped = db.execute("DELETE FROM entries WHERE status = 'failed'").rowcount
                delete_answers(db)
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Vacuumed(dropped, before, self.path.stat().st_size)

    def close(self) -> None:
        """Wait for pending writes, release all claims and close the file. The journal opens again when it is used."""
        with self._lock:
            database, self._database = self._database, None
            if database is None:
                return
            if database.heartbeat is not None:
                with contextlib.suppress(JournalError):
                    database.submit(self._owner.release_all, durable=False)
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Journal, mode=self._mode), (self.path,)

    def __repr__(self) -> str:
        mode = "" if self._mode == "rwc" else f", mode={self._mode!r}"
        return f"Journal({str(self.path)!r}{mode})"

    def _opened(self) -> Database:
        if self._database is not None:
            return self._database
        with self._lock:
            if self._database is None:
                self._owner = Owner()
                self._database = Database(self.path, TABLES, FILE_VERSION, self._mode)
                self._close = weakref.finalize(self, self._database.close)
            return self._database
