"""Articles in the journal: their requests, answers and outcomes."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from briefing.batch.replay import Answers, CallPosition, RecordedAnswer, Request
from briefing.batch.tables import Tables
from briefing.errors import BriefingError, ProviderError
from briefing.journal import COLUMNS, Entry, readable, row_of, upsert
from briefing.meta import Meta, Usage
from briefing.redaction import scrub

_log = logging.getLogger(__name__)
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class StoredArticle:
    """An article in the journal.

    Attributes:
        fingerprint: as of `Briefer.fingerprint`.
        source: the `Source`, as JSON.
        settings: model, prompt, language, plan and max_attempts, as JSON.
        submitted: Unix time of the submission, in seconds.
        rounds: rounds of requests so far.
        spent: input, output and cached tokens, and calls, of earlier tries whose answers were dropped.
    """

    fingerprint: str
    source: str
    settings: str
    submitted: float
    rounds: int = 0
    spent: tuple[int, ...] = (0, 0, 0, 0)


@dataclass(frozen=True)
class FinishedArticle:
    """An article that is done or failed, under one of its names.

    `error` has its type, message, usage and cost, as JSON; it is `None` if the article is done. `entry` is the journal's;
    it is `None` for a failure that `Journal.vacuum` deleted, and where the row cannot be read back.
    """

    name: str
    fingerprint: str
    schema_sha256: str
    error: str | None
    entry: Entry | None


class ArticleTables:
    """The articles of a journal. Each method that writes is one transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def state(self, fingerprint: str) -> str | None:
        """Return "open", "done" or "failed"; `None` if the article was never submitted."""
        query = "SELECT state FROM batch_articles WHERE fingerprint = ?"
        return next(iter(self._tables.column(query, fingerprint)), None)

    def is_recorded(self, fingerprint: str) -> bool:
        """Return whether the journal has a result already, for example of a call."""
        query = f"SELECT {', '.join(COLUMNS)} FROM entries WHERE fingerprint = ? AND status = 'done'"
        return any(readable(self._tables.rows(query, fingerprint)))

    def add_name(self, name: str, fingerprint: str) -> None:
        """Add a name to an article."""
        self._tables.execute("INSERT OR REPLACE INTO batch_names VALUES (?, ?)", name, fingerprint)

    def add(self, name: str, article: StoredArticle, schema_sha256: str, requests: Sequence[Request]) -> None:
        """Add an article and its first requests; without any, the journal has its result already."""
        sha256 = hashlib.sha256(article.settings.encode()).hexdigest()
        state = "open" if requests else "done"
        with self._tables.transaction() as db:
            db.execute("INSERT OR REPLACE INTO batch_names VALUES (?, ?)", (name, article.fingerprint))
            db.execute("INSERT OR IGNORE INTO batch_settings VALUES (?, ?)", (sha256, article.settings))
            db.execute(
                "INSERT OR IGNORE INTO batch_articles"
                " (fingerprint, source, settings_sha256, schema_sha256, submitted, state)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (article.fingerprint, article.source, sha256, schema_sha256, article.submitted, state),
            )
            _insert(db, article, requests)

    def add_requests(self, article: StoredArticle, requests: Iterable[Request]) -> None:
        """Add the requests of an article's next round."""
        with self._tables.transaction() as db:
            _insert(db, article, requests)

    def record_outcome(
        self,
        article: StoredArticle,
        outcome: BaseModel | BriefingError,
        meta: Meta,
        schema: type[BaseModel],
        *,
        keys: Sequence[str | None],
    ) -> None:
        """Record the outcome of an article, here and in the journal's `entries`, with the usage and cost of all tries.

        The other arguments are those of `Journal.submit`.
        """
        error = _serialized(outcome) if isinstance(outcome, BriefingError) else None
        with self._tables.parsing(f"the article {article.fingerprint[:12]}"):
            path = json.loads(article.source).get("path")
        recorded = meta.model_dump_json(include={"usage", "attempts", "cost_usd"})
        state = "done" if error is None else "failed"
        with self._tables.transaction() as db:
            query = "SELECT recorded FROM batch_articles WHERE fingerprint = ?"
            (before,) = db.execute(query, (article.fingerprint,)).fetchone()
            # The journal adds up the usage of all records, and `meta` has that of earlier ones already.
            with self._tables.parsing(f"the article {article.fingerprint[:12]}"):
                left = _subtract(meta, before)
            upsert(db, row_of(outcome, left, schema, path, keys))
            db.execute(
                "UPDATE batch_articles SET state = ?, error = ?, cost_usd = ?, recorded = ? WHERE fingerprint = ?",
                (state, error, meta.cost_usd, recorded, article.fingerprint),
            )

    def reopen(self, article: StoredArticle, to_delete: Iterable[CallPosition]) -> None:
        """Reopen a failed article: delete the answers at these positions, and add their usage to what was spent."""
        with self._tables.transaction() as db:
            for key in to_delete:
                which = (article.fingerprint, *key)
                where = "FROM batch_requests WHERE fingerprint = ? AND step = ? AND ask = ? AND call = ?"
                columns = "input_tokens, output_tokens, cached_tokens, status >= 100"
                spent = db.execute(f"SELECT {columns} {where}", which).fetchone()
                db.execute(f"DELETE {where}", which)
                db.execute(
                    "UPDATE batch_articles SET spent_input = spent_input + ?, spent_output = spent_output + ?,"
                    " spent_cached = spent_cached + ?, spent_calls = spent_calls + ? WHERE fingerprint = ?",
                    (*spent, article.fingerprint),
                )
            db.execute(
                "UPDATE batch_articles SET state = 'open', error = NULL WHERE fingerprint = ?",
                (article.fingerprint,),
            )

    def usage(self) -> list[tuple[str, Usage, int]]:
        """Return model, tokens and calls so far. A model, by the provider's name, may occur several times."""
        answered = self._tables.rows(
            "SELECT model, sum(input_tokens), sum(output_tokens), sum(cached_tokens), total(status >= 100)"
            " FROM batch_requests GROUP BY model"
        )
        dropped = self._tables.rows(
            "SELECT s.settings, sum(a.spent_input), sum(a.spent_output), sum(a.spent_cached), sum(a.spent_calls)"
            " FROM batch_articles a JOIN batch_settings s ON s.sha256 = a.settings_sha256 GROUP BY s.sha256"
        )
        with self._tables.parsing("the usage of the articles"):
            dropped = [(_model(settings), *spent) for settings, *spent in dropped]
            return [
                (model, Usage(input_tokens=read, output_tokens=written, cached_tokens=cached), int(calls))
                for model, read, written, cached, calls in (*answered, *dropped)
            ]

    def cost_usd(self) -> float | None:
        """Return the cost in US dollars of finished articles; `None` if a price is unknown."""
        [(cost, unknown)] = self._tables.rows(
            "SELECT sum(cost_usd), sum(cost_usd IS NULL AND recorded IS NOT NULL AND state = 'done')"
            " FROM batch_articles"
        )
        return None if cost is None or unknown else float(cost)

    def article(self, fingerprint: str) -> StoredArticle:
        """Return the article of a fingerprint."""
        return next(self._articles("a.fingerprint = ?", fingerprint))

    def ready(self, schema_sha256: str) -> Iterator[StoredArticle]:
        """Yield the open articles of a schema that have an answer to every request."""
        waiting = "SELECT 1 FROM batch_requests r WHERE r.fingerprint = a.fingerprint AND r.status IS NULL"
        return self._articles(
            f"a.state = 'open' AND a.schema_sha256 = ? AND NOT EXISTS ({waiting})", schema_sha256
        )

    def _articles(self, condition: str, *values: Any) -> Iterator[StoredArticle]:
        for fingerprint, source, settings, submitted, rounds, *spent in self._tables.pages(
            "SELECT a.rowid, a.fingerprint, a.source, s.settings, a.submitted,"
            " (SELECT coalesce(max(round), 0) FROM batch_requests r WHERE r.fingerprint = a.fingerprint),"
            " a.spent_input, a.spent_output, a.spent_cached, a.spent_calls"
            " FROM batch_articles a JOIN batch_settings s ON s.sha256 = a.settings_sha256"
            f" WHERE {condition} AND a.rowid",
            *values,
        ):
            yield StoredArticle(fingerprint, source, settings, submitted, rounds, tuple(spent))

    def answers(self, fingerprint: str) -> Answers:
        """Return the requests and answers of an article, by position."""
        rows = self._tables.rows(
            "SELECT step, ask, call, sha256, status, answer FROM batch_requests WHERE fingerprint = ?",
            fingerprint,
        )
        with self._tables.parsing(f"an answer for the article {fingerprint[:12]}"):
            return {
                CallPosition(*key): RecordedAnswer(sha256, status, answer and json.loads(answer))
                for *key, sha256, status, answer in rows
            }

    def finished(self) -> Iterator[FinishedArticle]:
        """Yield the finished articles, once for each name, in the order of submission."""
        columns = ", ".join(f"e.{column}" for column in COLUMNS)
        for name, fingerprint, schema_sha256, error, *row in self._tables.pages(
            f"SELECT n.rowid, n.name, a.fingerprint, a.schema_sha256, a.error, {columns} FROM batch_names n"
            " JOIN batch_articles a USING (fingerprint) LEFT JOIN entries e USING (fingerprint)"
            " WHERE a.state != 'open' AND n.rowid"
        ):
            entry = None if row[0] is None else next(readable([row]), None)
            yield FinishedArticle(name, fingerprint, schema_sha256, error, entry)

    def reopen_unreadable(self, schema: type[BaseModel], sha256: str) -> None:
        """Reopen a schema's articles that are done and whose result is missing or invalid: their answers are here."""
        columns = ", ".join(f"e.{column}" for column in COLUMNS)
        for fingerprint, *row in self._tables.pages(
            f"SELECT a.rowid, a.fingerprint, {columns} FROM batch_articles a LEFT JOIN entries e USING (fingerprint)"
            " WHERE a.state = 'done' AND a.schema_sha256 = ? AND a.rowid",
            sha256,
        ):
            entry = None if row[0] is None else next(readable([row]), None)
            if entry is None or loaded(entry, schema) is None:
                again = "UPDATE batch_articles SET state = 'open', recorded = NULL WHERE fingerprint = ?"
                self._tables.execute(again, fingerprint)

    def names(self) -> Iterator[str]:
        """Yield the names of all articles, each once."""
        for (name,) in self._tables.iterate("SELECT DISTINCT name FROM batch_names"):
            yield name

    def counts(self) -> dict[str, int]:
        """Return the number of articles in each state."""
        return dict(self._tables.rows("SELECT state, count(*) FROM batch_articles GROUP BY state"))

    def open_schemas(self) -> set[str]:
        """Return the hashes of the schemas that open articles were submitted with."""
        query = "SELECT DISTINCT schema_sha256 FROM batch_articles WHERE state = 'open'"
        return set(self._tables.column(query))


def loaded(entry: Entry, schema: type[T]) -> T | None:
    """Return the result of an entry; `None` if it is not a valid instance of the schema."""
    try:
        return entry.load(schema)
    except Exception as error:  # of pydantic, or of a validator of the schema's own
        _log.warning(
            "the result of %s is not a valid %s: %s", entry.fingerprint, schema.__name__, type(error).__name__
        )
        return None


def _insert(db: sqlite3.Connection, article: StoredArticle, requests: Iterable[Request]) -> None:
    model = _model(article.settings)
    for request in requests:
        # Some servers accept at most 64 characters; 128 bits of the fingerprint are unique enough.
        custom_id = "-".join((article.fingerprint[:32], *map(str, request.key)))
        values = (custom_id, article.fingerprint, *request.key, request.label, article.rounds + 1, model)
        db.execute(
            "INSERT OR IGNORE INTO batch_requests"
            " (custom_id, fingerprint, step, ask, call, label, round, model, sha256, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, request.sha256, request.body),
        )


def _serialized(error: BriefingError) -> str:
    saved: dict[str, Any] = {
        "kind": type(error).__name__,
        "message": scrub(str(error)),
        "attempts": error.attempts,
        "usage": error.usage.model_dump() if error.usage else None,
        "cost_usd": error.cost_usd,
    }
    if (cause := error.__cause__) is not None and not isinstance(error, ProviderError):
        # The exception is reported hours later, in another process.
        saved["traceback"] = scrub("".join(traceback.format_exception(cause)))
    if isinstance(error, ProviderError):
        saved |= {"provider_message": error.provider_message, "status": error.status}
    return json.dumps(saved)


def _model(settings: str) -> str:
    """Return the provider's name of the model."""
    return str(json.loads(settings)["model"].partition("/")[2])


def _subtract(meta: Meta, before: str | None) -> Meta:
    """Return `meta` less the usage, attempts and cost that were recorded before, as JSON."""
    if before is None:
        return meta
    known = json.loads(before)
    spent = {name: count - known["usage"][name] for name, count in meta.usage.model_dump().items()}
    cost = None if meta.cost_usd is None else max(0.0, meta.cost_usd - (known["cost_usd"] or 0.0))
    return meta.model_copy(
        update={"usage": Usage(**spent), "attempts": meta.attempts - known["attempts"], "cost_usd": cost}
    )
