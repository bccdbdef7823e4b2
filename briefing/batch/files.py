"""Requests in the journal, the files they are sent in, and their answers."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from briefing.batch.replay import NOT_SENT, OVER_BUDGET
from briefing.batch.tables import Tables

#: Requests per query.
_PAGE = 200


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
        problem: why the provider rejected the file as a whole; `None` if it did not.
    """

    key: str
    round: int
    requests: int
    planned: float
    id: str | None
    file_id: str | None
    status: str
    problem: str | None


class RequestTables:
    """The requests and files of a journal. Each method that writes is one transaction.

    Raises:
        JournalError: from any method: the file cannot be read or written.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def waiting(self) -> int:
        """Return the number of requests that are in no batch yet."""
        return int(
            self._tables.rows("SELECT count(*) FROM batch_requests WHERE batch IS NULL AND status IS NULL")[
                0
            ][0]
        )

    def limits(self) -> dict[str, Any]:
        """Return the limits of all batches together, by the names in `BUDGET_LIMITS`; `None` for no limit."""
        rows = self._tables.rows(f"SELECT {', '.join(BUDGET_LIMITS)} FROM batch_limits")
        return dict(zip(BUDGET_LIMITS, rows[0] if rows else (None, None), strict=True))

    def set_limits(self, limits: dict[str, Any]) -> None:
        """Set the limits of all batches together."""
        with self._tables.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO batch_limits VALUES (1, ?, ?)",
                [limits[name] for name in BUDGET_LIMITS],
            )

    def unanswered_bodies(self, *, sent: bool) -> Iterator[tuple[str, str, str]]:
        """Yield custom id, model and body of each request without an answer, in the order of their creation.

        Args:
            sent: if true, requests that are in a batch; else requests that wait for one.
        """
        last = 0
        while rows := self._tables.rows(
            "SELECT rowid, custom_id, model, body FROM batch_requests WHERE status IS NULL"
            f" AND batch IS {'NOT ' if sent else ''}NULL AND rowid > ? ORDER BY rowid LIMIT {_PAGE}",
            last,
        ):
            for _, custom_id, model, body in rows:
                yield custom_id, model, body
            last = rows[-1][0]

    def reject_over_budget(self, requests: Iterable[tuple[str, str]]) -> None:
        """Answer waiting requests, given as custom id and message, with a budget error."""
        with self._tables.transaction() as db:
            for custom_id, message in requests:
                _record_answer(db, custom_id, NOT_SENT, {"error": {"message": message, "type": OVER_BUDGET}})

    def plan_file(self, new_key: str, limits: Limits) -> RequestFile | None:
        """Put as many waiting requests of one model and round into a file as fit. Returns `None` if none wait.

        A request that exceeds the file size by itself is answered with an error.
        """
        with self._tables.transaction() as db:
            first = db.execute(
                "SELECT model, round FROM batch_requests WHERE batch IS NULL AND status IS NULL"
                " ORDER BY round, model LIMIT 1"
            ).fetchone()
            if first is None:
                return None
            model, number = first
            most, size_limit = self._max_requests(model, limits.requests), int(limits.megabytes * 1_000_000)
            room = size_limit
            chosen: list[str] = []
            rows = db.execute(
                "SELECT custom_id, body FROM batch_requests WHERE model = ? AND round = ? AND batch IS NULL"
                " AND status IS NULL ORDER BY rowid LIMIT ?",
                (model, number, most),
            )
            for custom_id, body in rows:
                size = len(request_line(custom_id, body))
                if size > size_limit:
                    _record_answer(
                        db, custom_id, *not_sent("the request is larger than a batch's file may be")
                    )
                    continue
                if size > room:
                    break
                room -= size
                chosen.append(custom_id)
            file = RequestFile(new_key, number, len(chosen), time.time(), None, None, "planned", None)
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
        too_large = self._tables.rows(
            "SELECT min(b.requests) FROM batches b JOIN batch_requests r ON r.model = ?"
            " WHERE b.refused_alone = 1",
            model,
        )[0][0]
        return limit if too_large is None else max(1, min(limit, too_large // 2))

    def lines(self, key: str) -> Iterator[bytes]:
        """Yield a file's unanswered requests as JSON lines, in the order of their creation."""
        for custom_id, body in self._tables.iterate(
            "SELECT custom_id, body FROM batch_requests WHERE batch = ? AND status IS NULL ORDER BY rowid",
            key,
        ):
            yield request_line(custom_id, body)

    def files(self, *, collected: bool | None = None) -> list[RequestFile]:
        """Return the files in the order in which they were planned.

        Args:
            collected: only files whose batch has been read to its end (true) or not (false); `None` for all.
        """
        rows = self._tables.rows(
            "SELECT key, round, requests, planned, id, file_id, status, problem FROM batches"
            " WHERE ?1 IS NULL OR collected = ?1 ORDER BY planned",
            collected,
        )
        return [RequestFile(*row) for row in rows]

    def update(self, key: str, **columns: str | None) -> None:
        """Set columns of a file: `id`, `file_id`, `status`, `problem`."""
        assignments = ", ".join(f"{column} = ?" for column in columns)
        with self._tables.transaction() as db:
            db.execute(f"UPDATE batches SET {assignments} WHERE key = ?", (*columns.values(), key))

    def record(self, key: str, answers: Iterable[tuple[str, int, Any]]) -> None:
        """Record answers, given as custom id, status and JSON body. Requests that have an answer keep it."""
        with self._tables.transaction() as db:
            for custom_id, status, body in answers:
                _record_answer(db, custom_id, status, body, key)

    def release(self, key: str, custom_ids: Iterable[str] | None = None, *, counted: bool) -> None:
        """Take unanswered requests out of a file, so that they wait for the next one.

        Args:
            key: key of the file.
            custom_ids: requests to release; `None` for all.
            counted: whether this submission counts as one of their tries.
        """
        back = "" if counted else ", submits = submits - 1"
        with self._tables.transaction() as db:
            query = f"UPDATE batch_requests SET batch = NULL{back} WHERE batch = ? AND status IS NULL"
            if custom_ids is None:
                db.execute(query, (key,))
            else:
                db.executemany(f"{query} AND custom_id = ?", [(key, custom_id) for custom_id in custom_ids])

    def set_collected(
        self, key: str, *, status: str, problem: str | None = None, refused_alone: bool = False
    ) -> None:
        """Mark a file as read to its end.

        Args:
            key: key of the file.
            status: its last status.
            problem: why the provider rejected it.
            refused_alone: whether it exceeded the account's queue while no other batch was in progress.
        """
        with self._tables.transaction() as db:
            db.execute(
                "UPDATE batches SET collected = 1, status = ?, problem = ?, refused_alone = ? WHERE key = ?",
                (status, problem, refused_alone, key),
            )

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


def not_sent(message: str) -> tuple[int, Any]:
    """Return status and body of the answer to a request that was not run: `NOT_SENT` in place of an HTTP status."""
    return NOT_SENT, {"error": {"message": message}}


def _record_answer(
    db: sqlite3.Connection, custom_id: str, status: int, body: Any, key: str | None = None
) -> None:
    usage = (isinstance(body, dict) and body.get("usage")) or {}
    details = usage.get("prompt_tokens_details") or {}
    # The body is no longer needed: an answer is matched by the hash of its request.
    db.execute(
        "UPDATE batch_requests SET status = ?, answer = ?, input_tokens = ?, output_tokens = ?, cached_tokens = ?,"
        " body = NULL WHERE custom_id = ? AND status IS NULL AND batch IS ?",
        (
            status,
            json.dumps(body),
            usage.get("prompt_tokens") or 0,
            usage.get("completion_tokens") or 0,
            details.get("cached_tokens") or 0,
            custom_id,
            key,
        ),
    )
