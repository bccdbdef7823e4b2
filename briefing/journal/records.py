"""The journal's rows: the table, `Entry` and `Totals`, and the conversions between them."""

from __future__ import annotations

import datetime
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json

from briefing.core_schemas import read_recorded
from briefing.errors import BriefingError, JournalError
from briefing.journal.leases import TABLES as _CLAIMS
from briefing.meta import FORMAT_VERSION, Meta, Usage
from briefing.redaction import REDACTED, scrub
from briefing.sources import Source

_log = logging.getLogger(__name__)
T = TypeVar("T", bound=BaseModel)
Status = Literal["done", "failed"]

#: Format version of the file. A file with a greater one, of a newer `briefing`, is rejected.
FILE_VERSION = 1
#: Errors of calls without an answer that the provider may have charged for.
POSSIBLY_BILLED = ("DeadlineError", "ProviderTimeoutError", "UnreachableError")
#: Shorter keys are placeholders such as "none", which may be part of a word; they are not redacted.
_MIN_KEY_LENGTH = 8


@dataclass(frozen=True)
class Entry:
    """An entry of a journal: the result of a fingerprint, or its last failure.

    Usage, cost, attempts and seconds are sums over all tries of the fingerprint, failed ones included.
    """

    fingerprint: str
    """Hash of everything that the result depends on."""
    status: Status
    """"done", or "failed" if no try has succeeded yet."""
    schema: str
    """Qualified name of the schema."""
    schema_sha256: str
    """Hash of the schema's wire form."""
    source_sha256: str
    """Hash of the article's text."""
    source_title: str | None
    """Title of the article, if known."""
    source_url: str | None
    """URL of the article, if known, without passwords and tokens."""
    source_path: str | None
    """Path of the article's file, if known."""
    model: str
    """Full name of the model, such as ``openai/gpt-5-mini``."""
    usage: Usage
    """Tokens."""
    cost_usd: float | None
    """US dollars; `None` if unknown."""
    attempts: int
    """Number of HTTP calls."""
    elapsed: float
    """Seconds."""
    error_type: str | None
    """Class name of the last error; `None` if done."""
    error_message: str | None
    """Message of the last error, without secrets; `None` if done."""
    created: str
    """Time of the record: ISO 8601, UTC, with milliseconds."""
    briefing_version: str
    """Version of `briefing` that recorded it."""
    format_version: int
    """Format version of results of that `briefing`."""
    result: str | None
    """JSON of the result; `None` if failed, or if results were not read."""

    def load(self, schema: type[T]) -> T:
        """Return the result as an instance of its schema. Validators of the schema's own do not run again.

        Args:
            schema: the pydantic model that was requested.

        Raises:
            pydantic.ValidationError: the result does not match the schema.
            JournalError: the entry has no result.
        """
        if self.result is None:
            raise JournalError(
                f"{self.fingerprint} has no result in the journal: {self.error_message or self.status}"
            )
        return read_recorded(schema, self.result)

    def to_row(self) -> dict[str, Any]:
        """Return the fields as a dict of plain values, with the three token counts in place of `usage`."""
        row = asdict(self)
        del row["usage"]
        return row | self.usage.model_dump()


@dataclass(frozen=True)
class Totals:
    """Sums over the entries of a journal."""

    done: int
    """Number of entries with a result."""
    failed: int
    """Number of entries without one."""
    usage: Usage
    """Tokens of all tries."""
    attempts: int
    """HTTP calls of all tries."""
    cost_usd: float
    """Known cost in US dollars. Calls without tokens, such as rejected ones, and local models cost nothing."""
    unpriced: int
    """Entries whose cost is not fully known, because the model's price is unknown or a call ended without an answer.
    If there are any, `cost_usd` is a lower bound."""


COLUMNS = [
    column
    for field in fields(Entry)
    for column in (
        ("input_tokens", "output_tokens", "cached_tokens") if field.name == "usage" else (field.name,)
    )
]
_COLUMNS_OF_META = [
    "fingerprint",
    "schema_sha256",
    "source_sha256",
    "source_title",
    "model",
    "cost_usd",
    "attempts",
    "elapsed",
    "briefing_version",
]
ALL_COLUMNS = ", ".join(COLUMNS)
COLUMNS_WITHOUT_RESULT = ALL_COLUMNS.removesuffix("result") + "NULL"

TABLES = (
    # The result is the last column, so that SQLite reads the others without loading it.
    """CREATE TABLE entries (
        number INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE,
        status TEXT NOT NULL CHECK (status IN ('done', 'failed')),
        schema TEXT NOT NULL, schema_sha256 TEXT NOT NULL,
        source_sha256 TEXT NOT NULL, source_title TEXT, source_url TEXT, source_path TEXT,
        model TEXT NOT NULL,
        input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,
        cost_usd REAL, attempts INTEGER NOT NULL, elapsed REAL NOT NULL,
        error_type TEXT, error_message TEXT,
        created TEXT NOT NULL, briefing_version TEXT NOT NULL, format_version INTEGER NOT NULL,
        result TEXT)""",
    "CREATE INDEX entries_by_status ON entries (status)",
    *_CLAIMS,
)

_SUMMED = ("input_tokens", "output_tokens", "cached_tokens", "attempts", "elapsed")
#: Largest number that a row may hold; sums of larger ones would overflow.
_MOST = 10**15
_TYPES = {field.name: str(field.type) for field in fields(Entry)} | dict.fromkeys(Usage.model_fields, "int")
_NO_TOKENS = "{0}.input_tokens + {0}.output_tokens = 0 AND {0}.cost_usd IS NULL"
# A failure never replaces a result. Recording the same result again changes nothing.
UPSERT = f"""
    INSERT INTO entries ({ALL_COLUMNS}) VALUES ({", ".join(f":{column}" for column in COLUMNS)})
    ON CONFLICT (fingerprint) DO UPDATE SET
        {", ".join(f"{c} = excluded.{c}" for c in COLUMNS if c not in {"fingerprint", "cost_usd", *_SUMMED})},
        {", ".join(f"{c} = entries.{c} + excluded.{c}" for c in _SUMMED)},
        cost_usd = CASE WHEN {_NO_TOKENS.format("excluded")} THEN entries.cost_usd
                        WHEN {_NO_TOKENS.format("entries")} THEN excluded.cost_usd
                        ELSE entries.cost_usd + excluded.cost_usd END
    WHERE CASE excluded.status WHEN 'done' THEN entries.result IS NOT excluded.result
                               ELSE entries.status = 'failed' END
"""  # noqa: S608  # of our own names


def _has_type(column: str) -> str:
    """Return the SQL condition that a column has a value of its type, and none that would make a sum overflow."""
    kind, _, optional = _TYPES[column].partition(" | ")
    types = {"int": "'integer'", "float": "'integer', 'real'"}.get(kind, "'text'")
    limits = f" AND {column} BETWEEN 0 AND {_MOST}" if kind in ("int", "float") else ""
    return f"({f'{column} IS NULL OR ' if optional else ''}typeof({column}) IN ({types}){limits})"


#: What `problem_of` checks as well, except the texts' encoding and the result's JSON, which would have to be loaded.
_COUNTABLE = " AND ".join(_has_type(column) for column in COLUMNS if column != "result")
SELECT_TOTALS = f"""
    SELECT TOTAL(status = 'done'), TOTAL(status = 'failed'), TOTAL(input_tokens), TOTAL(output_tokens),
        TOTAL(cached_tokens), TOTAL(attempts), TOTAL(cost_usd),
        TOTAL(model NOT LIKE 'local/%' AND model NOT LIKE 'local:%' AND (
            cost_usd IS NULL AND input_tokens + output_tokens > 0
            OR status = 'failed' AND attempts > 0 AND error_type IN {POSSIBLY_BILLED}))
    FROM entries
    WHERE typeof(result) = CASE status WHEN 'done' THEN 'text' ELSE 'null' END AND {_COUNTABLE}
"""  # noqa: S608  # of our own names
_SELECT_ONE = f"SELECT {ALL_COLUMNS} FROM entries WHERE fingerprint = ?"  # noqa: S608  # of our own names


def upsert(db: sqlite3.Connection, row: dict[str, Any]) -> None:
    """Record a row of `row_of` in a write transaction; a row of its fingerprint that cannot be read back is replaced."""
    for found in db.execute(_SELECT_ONE, (row["fingerprint"],)).fetchall():
        if problem_of(found) is not None:
            db.execute("DELETE FROM entries WHERE fingerprint = ?", (row["fingerprint"],))
    db.execute(UPSERT, row)


def problem_of(row: Sequence[Any], *, with_result: bool = True) -> str | None:
    """Return why a row with the columns `ALL_COLUMNS` is no entry; `None` if it is one.

    SQLite keeps any value in any column, and a damaged disk or another program may have changed one.
    """
    values = dict(zip(COLUMNS, row, strict=True))
    result = values.pop("result")
    for name, value in values.items():
        if not _is_of_type(value, _TYPES[name]):
            return f"{name} is {value!r:.80}"
    if values["status"] not in ("done", "failed"):
        return f"status is {values['status']!r:.80}"
    if not with_result:
        return None
    if values["status"] == "failed":
        return None if result is None else "a failed entry has a result"
    return None if isinstance(result, str) and _is_object(result) else f"the result is {result!r:.80}"


def readable(rows: Iterable[Sequence[Any]], *, with_result: bool = True) -> Iterator[Entry]:
    """Yield the entries of rows with the columns `ALL_COLUMNS`; those that cannot be read are logged and left out."""
    for row in rows:
        if problem := problem_of(row, with_result=with_result):
            shown = f"{row[0]!r:.80}"
            _log.warning("the entry %s of the journal cannot be read, and does not count: %s", shown, problem)
        else:
            yield entry_of(row)


def _is_of_type(value: Any, kind: str) -> bool:
    if value is None:
        return kind.endswith("None")
    if kind.startswith(("int", "float")):
        number = int if kind.startswith("int") else int | float
        return isinstance(value, number) and 0 <= value <= _MOST
    return isinstance(value, str) and is_utf8(value)


def _is_object(text: str) -> bool:
    """Whether a text is a JSON object in UTF-8."""
    try:
        return is_utf8(text) and isinstance(from_json(text), dict)
    except ValueError:
        return False


def entry_of(row: Sequence[Any]) -> Entry:
    """Return the entry of a row with the columns `ALL_COLUMNS`, of which `problem_of` finds nothing."""
    values = dict(zip(COLUMNS, row, strict=True))
    usage = Usage(**{name: values.pop(name) for name in Usage.model_fields})
    return Entry(usage=usage, **values)


def row_of(
    outcome: BaseModel | BriefingError,
    meta: Meta,
    schema: type[BaseModel],
    path: str | None,
    keys: Sequence[str | None],
) -> dict[str, Any]:
    """Return the parameters of `UPSERT` for an outcome, without secrets. Arguments are those of `Journal.submit`."""
    done = isinstance(outcome, BaseModel)
    row = {
        **{name: getattr(meta, name) for name in _COLUMNS_OF_META},
        "status": "done" if done else "failed",
        "schema": f"{schema.__module__}.{schema.__qualname__}",
        "source_url": meta.source_url and scrub(meta.source_url),
        "source_path": path,
        **meta.usage.model_dump(),
        "error_type": None if done else type(outcome).__name__,
        "error_message": None if done else _redacted(keys, str(outcome)),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        "format_version": FORMAT_VERSION,
        # Without computed fields, which validation may reject.
        "result": _with_scrubbed_urls(outcome).model_dump_json(
            by_alias=False, round_trip=True, warnings=False
        )
        if isinstance(outcome, BaseModel)
        else None,
    }
    return {
        name: escape_surrogates(value) if isinstance(value, str) else value for name, value in row.items()
    }


def is_utf8(text: str) -> bool:
    """Whether a text that was read from the file is valid UTF-8: what is not is read as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def escape_surrogates(text: str) -> str:
    """Return `text` with lone surrogates, as in file names that are not valid UTF-8, as backslash escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _redacted(keys: Sequence[str | None], message: str) -> str:
    from_environment = (value for name, value in os.environ.items() if name.endswith("API_KEY"))
    for key in (*keys, *from_environment):
        if key and len(key) >= _MIN_KEY_LENGTH:
            message = message.replace(key, REDACTED)
    return scrub(message)


def _with_scrubbed_urls(result: BaseModel) -> BaseModel:
    """Return a result whose URLs have no password or token. The article's text is unchanged."""
    changes: dict[str, Any] = {}
    for name in type(result).model_fields:
        value = getattr(result, name)
        if isinstance(value, Meta) and value.source_url:
            changes[name] = value.model_copy(update={"source_url": scrub(value.source_url)})
        elif isinstance(value, Source) and value.url:
            changes[name] = value.model_copy(update={"url": scrub(value.url)})
    return result.model_copy(update=changes) if changes else result
