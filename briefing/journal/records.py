"""The journal's rows: the table, `Entry` and `Totals`, and the conversions between them."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from briefing.errors import BriefingError, JournalError
from briefing.journal.leases import TABLES as _CLAIMS
from briefing.meta import FORMAT_VERSION, Meta, Usage
from briefing.redaction import REDACTED, scrub
from briefing.sources import Source

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
        """Return the result as an instance of its schema.

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
        return schema.model_validate_json(self.result, by_alias=False, by_name=True)

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
SELECT_TOTALS = f"""
    SELECT TOTAL(status = 'done'), TOTAL(status = 'failed'), TOTAL(input_tokens), TOTAL(output_tokens),
        TOTAL(cached_tokens), TOTAL(attempts), TOTAL(cost_usd),
        TOTAL(model NOT LIKE 'local/%' AND model NOT LIKE 'local:%' AND (
            cost_usd IS NULL AND input_tokens + output_tokens > 0
            OR status = 'failed' AND attempts > 0 AND error_type IN {POSSIBLY_BILLED}))
    FROM entries
"""  # noqa: S608  # of our own names


def entry_of(row: Sequence[Any]) -> Entry:
    """Return the entry of a row with the columns `ALL_COLUMNS`."""
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
        "result": _with_scrubbed_urls(outcome).model_dump_json(by_alias=False, round_trip=True)
        if isinstance(outcome, BaseModel)
        else None,
    }
    return {
        name: escape_surrogates(value) if isinstance(value, str) else value for name, value in row.items()
    }


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
