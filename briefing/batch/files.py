"""Requests in the journal, the files they are sent in, and their answers."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from briefing.batch.replay import NOT_SENT
from briefing.batch.tables import Tables
from briefing.llm import usage_of
from briefing.meta import Usage

#: Condition on requests that are in no batch yet.
_WAITING = "batch IS NULL AND status IS NULL"


@dataclass(frozen=True)
class Limits:
    """Limits of one file of requests. Defaults: OpenAI's documented limits of `/v1/batches`.

    Attributes:
        requests: requests per file.
        megabytes: size of a file, in units of 1,000,000 bytes.
    """

    requests: int = 50_000
    megabytes: float = 200.0


#: Limits of all batches of a journal together: keywords of `Briefer` and columns of `batch_limits`.
BUDGET_LIMITS = ("max_cost_usd", "max_tokens_total")


@dataclass(frozen=True)
class RequestFile:
    """A file of requests, and the provider's batch that runs it.

    Attributes:
        key: this library's id of the file, which the batch carries as metadata.
        round: 1 for first requests, 2 for those that follow from their answers, and so on.
        requests: number of requests.
        planned: Unix time at which the file was planned, in seconds.
        id: the provider's id of the batch; `None` before it is created.
        file_id: the provider's id of the uploaded file; `None` before the upload.
        status: "planned", or the provider's status of the batch.
    """

    key: str
    round: int
    requests: int
    planned: float
    id: str | None
    file_id: str | None
    status: str


class RequestTables:
    """The requests and files of a journal. Each method that writes is one transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def waiting(self) -> int:
        """Return the number of requests that are in no batch yet."""
        return int(self._tables.column(f"SELECT count(*) FROM batch_requests WHERE {_WAITING}")[0])

    def limits(self) -> dict[str, Any]:
        """Return the limits of all batches together, by the names in `BUDGET_LIMITS`; `None` for no limit."""
        rows = self._tables.rows(f"SELECT {', '.join(BUDGET_LIMITS)} FROM batch_limits")
        return dict(zip(BUDGET_LIMITS, rows[0] if rows else (None, None), strict=True))

    def set_limits(self, limits: dict[str, Any]) -> None:
        """Set the limits of all batches together."""
        values = [limits[name] for name in BUDGET_LIMITS]
        self._tables.execute("INSERT OR REPLACE INTO batch_limits VALUES (1, ?, ?)", *values)

    def unanswered_bodies(self, *, sent: bool) -> Iterator[tuple[str, str, str]]:
        """Return an iterator over custom id, model and body of each request without an answer, in the order of their creation.

        Either those that are in a batch (`sent`), or those that wait for one.
        """
        return self._tables.pages(
            "SELECT rowid, custom_id, model, body FROM batch_requests WHERE status IS NULL"
            f" AND batch IS {'NOT ' if sent else ''}NULL AND rowid"
        )

    def plan_file(self, new_key: str, limits: Limits) -> RequestFile | None:
        """Put as many waiting requests of one model and round into a file as fit. Returns `None` if none wait.

        A request that exceeds the file size by itself is answered with an error.
        """
        with self._tables.transaction() as db:
            first = db.execute(
                f"SELECT model, round FROM batch_requests WHERE {_WAITING} ORDER BY round, model LIMIT 1"
            ).fetchone()
            if first is None:
                return None
            model, number = first
            room = size_limit = int(limits.megabytes * 1_000_000)
            chosen: list[str] = []
            rows = db.execute(
                f"SELECT custom_id, body FROM batch_requests WHERE model = ? AND round = ? AND {_WAITING}"
                " ORDER BY rowid LIMIT ?",
                (model, number, self._max_requests(model, limits.requests)),
            )
            for custom_id, body in rows:
                size = len(request_line(custom_id, body))
                if size > size_limit:
                    too_large = not_sent("the request is larger than a batch's file may be")
                    _record_answer(db, custom_id, *too_large)
                    continue
                if size > room:
                    break
                room -= size
                chosen.append(custom_id)
            file = RequestFile(new_key, number, len(chosen), time.time(), None, None, "planned")
            if chosen:
                db.execute(
                    "INSERT INTO batches (key, round, requests, planned) VALUES (?, ?, ?, ?)",
                    (file.key, file.round, file.requests, file.planned),
                )
                db.executemany(
                    "UPDATE batch_requests SET batch = ?, submits = submits + 1 WHERE custom_id = ?",
                    [(new_key, custom_id) for custom_id in chosen],
                )
        return file

    def _max_requests(self, model: str, limit: int) -> int:
        """Return `limit`, or half the size of the smallest file that exceeded the account's queue on its own."""
        [too_large] = self._tables.column(
            "SELECT min(b.requests) FROM batches b JOIN batch_requests r ON r.model = ?"
            " WHERE b.refused_alone = 1",
            model,
        )
        return limit if too_large is None else max(1, min(limit, too_large // 2))

    def lines(self, key: str) -> Iterator[bytes]:
        """Yield a file's unanswered requests as JSON lines, in the order of their creation."""
        query = "SELECT custom_id, body FROM batch_requests WHERE batch = ? AND status IS NULL ORDER BY rowid"
        for custom_id, body in self._tables.iterate(query, key):
            yield request_line(custom_id, body)

    def files(self, *, collected: bool) -> list[RequestFile]:
        """Return the files whose batch has been read to its end, or has not, in the order of planning."""
        rows = self._tables.rows(
            "SELECT key, round, requests, planned, id, file_id, status FROM batches WHERE collected = ? ORDER BY planned",
            collected,
        )
        return [RequestFile(*row) for row in rows]

    def update(self, key: str, **columns: Any) -> None:
        """Set columns of a file: those of `RequestFile`, and the following.

        `collected`: whether its batch has been read to its end. `problem`: why the provider rejected it. `refused_alone`:
        whether it exceeded the account's queue while no other batch was in progress.
        """
        assignments = ", ".join(f"{column} = ?" for column in columns)
        self._tables.execute(f"UPDATE batches SET {assignments} WHERE key = ?", *columns.values(), key)

    def record(self, key: str | None, answers: Iterable[tuple[str, int, Any]]) -> None:
        """Record answers, given as custom id, status and JSON body. Requests that have an answer keep it.

        `key` is the key of the file that the requests are in, or `None` if they are in no file.
        """
        with self._tables.transaction() as db:
            for custom_id, status, body in answers:
                _record_answer(db, custom_id, status, body, key)

    def release(self, key: str, *, counted: bool) -> None:
        """Take the unanswered requests out of a file, so that they wait for the next one.

        `counted`: whether this submission counts as one of their tries.
        """
        back = "" if counted else ", submits = submits - 1"
        query = f"UPDATE batch_requests SET batch = NULL{back} WHERE batch = ? AND status IS NULL"
        self._tables.execute(query, key)

    def unanswered(self, key: str) -> list[tuple[str, int]]:
        """Return custom id and number of submissions of a file's unanswered requests, in the file's order."""
        rows = self._tables.rows(
            "SELECT custom_id, submits FROM batch_requests WHERE batch = ? AND status IS NULL ORDER BY rowid",
            key,
        )
        return [(custom_id, submits) for custom_id, submits in rows]


def request_line(custom_id: str, body: str) -> bytes:
    """Return a request as a line of a batch's input file."""
    head = json.dumps({"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions"})
    return f'{head[:-1]}, "body": {body}}}\n'.encode()


def not_sent(message: str, kind: str | None = None) -> tuple[int, Any]:
    """Return status and body of the answer to a request that was not run: `NOT_SENT` in place of an HTTP status."""
    return NOT_SENT, {"error": {"message": message, "type": kind}}


def _record_answer(
    db: sqlite3.Connection, custom_id: str, status: int, body: Any, key: str | None = None
) -> None:
    used = usage_of(body) if isinstance(body, dict) else Usage()
    # The body is no longer needed: an answer is matched by the hash of its request.
    db.execute(
        "UPDATE batch_requests SET status = ?, answer = ?, input_tokens = ?, output_tokens = ?, cached_tokens = ?,"
        " body = NULL WHERE custom_id = ? AND status IS NULL AND batch IS ?",
        (status, json.dumps(body), used.input_tokens, used.output_tokens, used.cached_tokens, custom_id, key),
    )
