"""The journal's rows: what is known of one fingerprint, and how it is written and read."""

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

#: Form of the file; one with a greater number is of a newer `briefing` and is refused.
FILE_VERSION = 1
#: Errors of calls that brought no answer, and that the provider may charge for all the same.
POSSIBLY_BILLED = ("DeadlineError", "ProviderTimeoutError", "UnreachableError")
#: A shorter key is a placeholder, such as "none", and may be part of any word.
_MIN_KEY_LENGTH = 8


@dataclass(frozen=True)
class Entry:
    """What the journal knows of one fingerprint.

    Attributes:
        fingerprint: hash of all that the result depends on.
        status: "done", or "failed" where no try has succeeded yet.
        schema, schema_sha256: qualified name of the schema; hash of its wire form.
        source_sha256, source_title, source_url, source_path: the article and where it came from, if known.
        model: by its full name.
        usage, cost_usd, attempts, elapsed: tokens, US dollars (`None` where not known), HTTP calls and seconds
            of all tries of this fingerprint together, failed ones included.
        error_type, error_message: of the last failure, without secrets; `None` where "done".
        created: when it was recorded, UTC, ISO 8601.
        briefing_version, format_version: of the library that recorded it.
        result: JSON of the result; `None` where "failed", and in listings without results.
    """

    fingerprint: str
    status: Status
    schema: str
    schema_sha256: str
    source_sha256: str
    source_title: str | None
    source_url: str | None
    source_path: str | None
    model: str
    usage: Usage
    cost_usd: float | None
    attempts: int
    elapsed: float
    error_type: str | None
    error_message: str | None
    created: str
    briefing_version: str
    format_version: int
    result: str | None

    def load(self, schema: type[T]) -> T:
        """The saved result, read back.

        Args:
            schema: what it is an instance of.

        Raises:
            pydantic.ValidationError: it is no such thing.
            JournalError: there is no result.
        """
        if self.result is None:
            raise JournalError(
                f"{self.fingerprint} has no result in the journal: {self.error_message or self.status}"
            )
        return schema.model_validate_json(self.result, by_alias=False, by_name=True)

    def to_row(self) -> dict[str, Any]:
        """Its fields as plain values, usage as three numbers."""
        row = asdict(self)
        del row["usage"]
        return row | self.usage.model_dump()


@dataclass(frozen=True)
class Totals:
    """Sums over a journal.

    Attributes:
        done, failed: rows.
        usage, attempts: tokens and HTTP calls of all tries.
        cost_usd: US dollars, as far as they are known. A call that brought no tokens, such as a refused one, costs
            nothing, and so does a model on this machine.
        unpriced: rows whose cost is not known, or not all of it: the price is not known, or a call broke off that the
            provider may have worked on. Where there are any, `cost_usd` is a lower bound.
    """

    done: int
    failed: int
    usage: Usage
    attempts: int
    cost_usd: float
    unpriced: int


COLUMNS = [
    column
    for field in fields(Entry)
    for column in (
        ("input_tokens", "output_tokens", "cached_tokens") if field.name == "usage" else (field.name,)
    )
]
ALL_COLUMNS = ", ".join(COLUMNS)
COLUMNS_WITHOUT_RESULT = ALL_COLUMNS.removesuffix("result") + "NULL"

TABLES = (
    # The result comes last: what stands before it is read without it.
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
# A failure never takes the place of a result, and the same result twice is one try.
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
    """An entry of the columns of `LISTED`."""
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
    """The columns of an outcome, for `RECORD`; see `Journal.submit`. Holds no secret."""
    done = isinstance(outcome, BaseModel)
    row = {
        "fingerprint": meta.fingerprint,
        "status": "done" if done else "failed",
        "schema": f"{schema.__module__}.{schema.__qualname__}",
        "schema_sha256": meta.schema_sha256,
        "source_sha256": meta.source_sha256,
        "source_title": meta.source_title,
        "source_url": meta.source_url and scrub(meta.source_url),
        "source_path": path,
        "model": meta.model,
        **meta.usage.model_dump(),
        "cost_usd": meta.cost_usd,
        "attempts": meta.attempts,
        "elapsed": meta.elapsed,
        "error_type": None if done else type(outcome).__name__,
        "error_message": None if done else _redacted(keys, str(outcome)),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        "briefing_version": meta.briefing_version,
        "format_version": FORMAT_VERSION,
        # Computed fields are left out: they are no input when it is read back.
        "result": _with_scrubbed_urls(outcome).model_dump_json(by_alias=False, round_trip=True)
        if isinstance(outcome, BaseModel)
        else None,
    }
    return {
        name: escape_surrogates(value) if isinstance(value, str) else value for name, value in row.items()
    }


def escape_surrogates(text: str) -> str:
    """`text` as UTF-8 can hold it; names of files may have bytes that are none."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _redacted(keys: Sequence[str | None], message: str) -> str:
    given = (value for name, value in os.environ.items() if name.endswith("API_KEY"))
    for key in (*keys, *given):
        if key and len(key) >= _MIN_KEY_LENGTH:
            message = message.replace(key, REDACTED)
    return scrub(message)


def _with_scrubbed_urls(result: BaseModel) -> BaseModel:
    """A result whose addresses hold no password or token. The article's own words stay as they are."""
    changes: dict[str, Any] = {}
    for name in type(result).model_fields:
        value = getattr(result, name)
        if isinstance(value, Meta) and value.source_url:
            changes[name] = value.model_copy(update={"source_url": scrub(value.source_url)})
        elif isinstance(value, Source) and value.url:
            changes[name] = value.model_copy(update={"url": scrub(value.url)})
    return result.model_copy(update=changes) if changes else result
