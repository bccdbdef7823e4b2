"""Files of requests in the journal, and the answers that came."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from briefing.batch.replay import NOT_SENT, OVER_BUDGET
from briefing.batch.tables import Tables

#: Requests are read so many at a time.
_PAGE = 200


@dataclass(frozen=True)
class Limits:
    """What one file of requests may hold, by OpenAI's documentation of `/v1/batches`.

    Attributes:
        requests: requests in one file.
        megabytes: size of one file, in 1,000,000 bytes.
    """

    requests: int = 50_000
    megabytes: float = 200.0


#: What the batches of a journal may take together, by the names that `Briefer` has for it.
BUDGET_LIMITS = ("max_cost_usd", "max_tokens_total")


@dataclass(frozen=True)
class RequestFile:
    """A file of requests on its way through the provider.

    Attributes:
        key: our name for it, which the provider keeps as metadata.
        round: 1 for first asks, one more for what is asked upon answers.
        requests: how many.
        planned: when it was put together, in seconds since 1970.
        id: the provider's name of the batch; `None` before it was created.
        file_id: the provider's name of the uploaded file.
        status: "planned", or the provider's word.
        problem: what the provider said against the whole of it.
    """

    key: str
    round: int
    requests: int
    planned: float
    id: str | None
    file_id: str | None
    status: str
    problem: str | None


class RequestTables(Tables):
    """The files of a journal. Each method that changes something is one transaction."""

    def waiting(self) -> int:
        """Requests that are in no batch yet."""
        return int(
            self.rows("SELECT count(*) FROM batch_requests WHERE batch IS NULL AND status IS NULL")[0][0]
        )

    def limits(self) -> dict[str, Any]:
        """What all batches together may take, by the names in `LIMITS`; `None` for no limit."""
        rows = self.rows(f"SELECT {', '.join(BUDGET_LIMITS)} FROM batch_limits")
        return dict(zip(BUDGET_LIMITS, rows[0] if rows else (None, None), strict=True))

    def limit(self, limits: dict[str, Any]) -> None:
        """Set what all batches together may take."""
        with self.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO batch_limits VALUES (1, ?, ?)",
                [limits[name] for name in BUDGET_LIMITS],
            )

    def unanswered_bodies(self, *, sent: bool) -> Iterator[tuple[str, str, str]]:
        """Custom id, model and body of each request without an answer, in their order.

        Args:
            sent: those in a batch, else those that wait for one.
        """
        last = 0
        while rows := self.rows(
            "SELECT rowid, custom_id, model, body FROM batch_requests WHERE status IS NULL"
            f" AND batch IS {'NOT ' if sent else ''}NULL AND rowid > ? ORDER BY rowid LIMIT {_PAGE}",
            last,
        ):
            for _, custom_id, model, body in rows:
                yield custom_id, model, body
            last = rows[-1][0]

    def refuse(self, requests: Iterable[tuple[str, str]]) -> None:
        """Answer requests that wait, by an error of ours: there is no room for them in the budget."""
        with self.transaction() as db:
            for custom_id, message in requests:
                _answer(db, custom_id, NOT_SENT, {"error": {"message": message, "type": OVER_BUDGET}})

    def plan(self, new_key: str, limits: Limits) -> RequestFile | None:
        """Put waiting requests of one model and round into a file, as many as fit; `None` if none wait.

        A request that is too large by itself is answered with an error of ours.
        """
        with self.transaction() as db:
            first = db.execute(
                "SELECT model, round FROM batch_requests WHERE batch IS NULL AND status IS NULL"
                " ORDER BY round, model LIMIT 1"
            ).fetchone()
            if first is None:
                return None
            model, number = first
            most, room = self._most(model, limits.requests), int(limits.megabytes * 1_000_000)
            chosen: list[str] = []
            rows = db.execute(
                "SELECT custom_id, body FROM batch_requests WHERE model = ? AND round = ? AND batch IS NULL"
                " AND status IS NULL ORDER BY rowid LIMIT ?",
                (model, number, most),
            )
            for custom_id, body in rows:
                size = len(line(custom_id, body))
                if size > int(limits.megabytes * 1_000_000):
                    _answer(db, custom_id, *not_sent("the request is larger than a batch's file may be"))
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

    def _most(self, model: str, limit: int) -> int:
        """Requests for one file: half of one that was too much for the account's queue by itself."""
        refused = self.rows(
            "SELECT min(b.requests) FROM batches b JOIN batch_requests r ON r.model = ?"
            " WHERE b.refused_alone = 1",
            model,
        )[0][0]
        return limit if refused is None else max(1, min(limit, refused // 2))

    def lines(self, key: str) -> Iterator[bytes]:
        """A file's requests, one line each, in a fixed order."""
        with self.said():
            for custom_id, body in self._db.execute(
                "SELECT custom_id, body FROM batch_requests WHERE batch = ? AND status IS NULL ORDER BY rowid",
                (key,),
            ):
                yield line(custom_id, body)

    def files(self, *, collected: bool | None = None) -> list[RequestFile]:
        """Files in the order in which they were planned."""
        rows = self.rows(
            "SELECT key, round, requests, planned, id, file_id, status, problem FROM batches"
            " WHERE ?1 IS NULL OR collected = ?1 ORDER BY planned",
            collected,
        )
        return [RequestFile(*row) for row in rows]

    def progress(self, key: str, **columns: str | None) -> None:
        """Note how far a file has come: `id`, `file_id`, `status`, `problem`."""
        assignments = ", ".join(f"{column} = ?" for column in columns)
        with self.transaction() as db:
            db.execute(f"UPDATE batches SET {assignments} WHERE key = ?", (*columns.values(), key))

    def take(self, key: str, answers: Iterable[tuple[str, int, Any]]) -> None:
        """Take in answers: custom id, status, JSON body. Some may be there already."""
        with self.transaction() as db:
            for custom_id, status, body in answers:
                _answer(db, custom_id, status, body, key)

    def release(self, key: str, custom_ids: Iterable[str] | None = None, *, counted: bool) -> None:
        """Let unanswered requests of a file (all, by default) wait for another.

        Args:
            key: of the file.
            custom_ids: which.
            counted: whether this was one of their tries.
        """
        back = "" if counted else ", submits = submits - 1"
        with self.transaction() as db:
            query = f"UPDATE batch_requests SET batch = NULL{back} WHERE batch = ? AND status IS NULL"
            if custom_ids is None:
                db.execute(query, (key,))
            else:
                db.executemany(f"{query} AND custom_id = ?", [(key, custom_id) for custom_id in custom_ids])

    def collected(
        self, key: str, *, status: str, problem: str | None = None, refused_alone: bool = False
    ) -> None:
        """Note that nothing more comes of a file."""
        with self.transaction() as db:
            db.execute(
                "UPDATE batches SET collected = 1, status = ?, problem = ?, refused_alone = ? WHERE key = ?",
                (status, problem, refused_alone, key),
            )

    def unanswered(self, key: str) -> list[tuple[str, int]]:
        """Requests of a file that have no answer, and how often each was submitted; in the file's order."""
        rows = self.rows(
            "SELECT custom_id, submits FROM batch_requests WHERE batch = ? AND status IS NULL ORDER BY rowid",
            key,
        )
        return [(custom_id, submits) for custom_id, submits in rows]


def line(custom_id: str, body: str) -> bytes:
    """A request as a line of a batch's file."""
    head = json.dumps({"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions"})
    return f'{head[:-1]}, "body": {body}}}\n'.encode()


def not_sent(message: str) -> tuple[int, Any]:
    """Status and body of what comes of a request that was never carried out: no status of HTTP."""
    return NOT_SENT, {"error": {"message": message}}


def _answer(db: sqlite3.Connection, custom_id: str, status: int, body: Any, key: str | None = None) -> None:
    usage = (isinstance(body, dict) and body.get("usage")) or {}
    details = usage.get("prompt_tokens_details") or {}
    # The question is not needed any more: an answer is held against its hash.
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
