"""The batch tables in the journal's SQLite file, and access to them.

Results and failures go into the journal's own table, `entries`. `batch_articles` has one row per article, by
fingerprint; `batch_names` the names it was submitted under; `batch_settings` what it is summarized with (model, prompt,
…); `batch_limits` the budget of all batches; `batch_requests` requests and their answers; `batches` the files in which
requests were sent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from briefing.errors import BriefingError, JournalError
from briefing.journal import BUSY_TIMEOUT, Journal, decoded, journal_errors, transaction

#: Rows per query of `pages`, so that memory does not grow with their number.
_PAGE = 200

_TABLES = """
CREATE TABLE IF NOT EXISTS batch_articles (
    fingerprint TEXT PRIMARY KEY, source TEXT NOT NULL, settings_sha256 TEXT NOT NULL, schema_sha256 TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open', submitted REAL NOT NULL, recorded TEXT,
    spent_input INTEGER NOT NULL DEFAULT 0, spent_output INTEGER NOT NULL DEFAULT 0,
    spent_cached INTEGER NOT NULL DEFAULT 0, spent_calls INTEGER NOT NULL DEFAULT 0, cost_usd REAL, error TEXT
);
CREATE INDEX IF NOT EXISTS batch_articles_by_state ON batch_articles (state);
CREATE TABLE IF NOT EXISTS batch_settings (sha256 TEXT PRIMARY KEY, settings TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS batch_names (
    name TEXT NOT NULL, fingerprint TEXT NOT NULL, PRIMARY KEY (name, fingerprint)
);
CREATE TABLE IF NOT EXISTS batch_limits (
    number INTEGER PRIMARY KEY, max_cost_usd REAL, max_tokens_total INTEGER
);
CREATE TABLE IF NOT EXISTS batches (
    key TEXT PRIMARY KEY, round INTEGER NOT NULL, requests INTEGER NOT NULL, planned REAL NOT NULL,
    id TEXT, file_id TEXT, status TEXT NOT NULL DEFAULT 'planned', collected INTEGER NOT NULL DEFAULT 0,
    refused_alone INTEGER NOT NULL DEFAULT 0, problem TEXT
);
CREATE TABLE IF NOT EXISTS batch_requests (
    custom_id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL,
    step INTEGER NOT NULL, ask INTEGER NOT NULL, call INTEGER NOT NULL, label TEXT NOT NULL,
    round INTEGER NOT NULL, model TEXT NOT NULL, sha256 TEXT NOT NULL, body TEXT,
    submits INTEGER NOT NULL DEFAULT 0, batch TEXT, status INTEGER, answer TEXT,
    input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
    cached_tokens INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS batch_requests_by_article ON batch_requests (fingerprint);
CREATE INDEX IF NOT EXISTS batch_requests_by_batch ON batch_requests (batch);
CREATE INDEX IF NOT EXISTS batch_requests_waiting ON batch_requests (model, round)
    WHERE batch IS NULL AND status IS NULL;
"""


class Tables:
    """A connection to the batch tables of a journal. Closed by `with`.

    Raises:
        JournalError: from any method: the file cannot be opened, read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        Journal(path).close()  # creates the file, or raises if it is not a journal
        with journal_errors(path):
            self._db = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
            self._db.text_factory = decoded
            # Paid answers must survive a power failure.
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run the block in a write transaction; roll back if it raises."""
        with journal_errors(self._path), transaction(self._db):
            yield self._db

    @contextmanager
    def parsing(self, what: str) -> Iterator[None]:
        """Raise what a value of another type, or a text that is no JSON, causes in the block as `JournalError`."""
        try:
            yield
        except BriefingError:
            raise
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            raise JournalError(
                f"journal {self._path}: {what} cannot be read back: {type(error).__name__}: {error}. Restore a copy, "
                "or submit the articles to another journal"
            ) from error

    def execute(self, statement: str, *values: Any) -> None:
        """Run a statement in a write transaction of its own."""
        with self.transaction() as db:
            db.execute(statement, values)

    def iterate(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query, without loading all of them."""
        with journal_errors(self._path):
            yield from self._db.execute(query, values)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return list(self.iterate(query, *values))

    def column(self, query: str, *values: Any) -> list[Any]:
        """Return the first column of all rows of a query."""
        return [row[0] for row in self.iterate(query, *values)]

    def pages(self, query: str, *values: Any) -> Iterator[Any]:
        """Yield the rows of a query in the order of its first column, a row id that is left out.

        The caller may change the tables meanwhile. The query ends with a condition, to which `pages` adds ` > last row id`.
        """
        last = 0
        while page := self.rows(f"{query} > ? ORDER BY 1 LIMIT {_PAGE}", *values, last):
            yield from (row[1:] for row in page)
            last = page[-1][0]
