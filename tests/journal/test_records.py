"""The journal's rows: redaction, sums, and what one query reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from journal_processes import Note, meta, note
from pydantic import BaseModel, computed_field

from briefing import BriefingError, DeadlineError, Journal, Meta, ServerError, Source, Usage
from briefing.journal.database import Database
from briefing.journal.records import escape_surrogates, row_of


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Give an open journal."""
    with Journal(tmp_path / "run.db") as opened:
        yield opened


def message_of(error: BriefingError, *keys: str | None) -> Any:
    return row_of(error, meta("f"), Note, None, keys)["error_message"]


@pytest.mark.parametrize(
    ("key", "message"), [("abfahrt", "no such key: abfahrt"), ("abfahrts", "no such key: [redacted]")]
)
def test_a_key_of_eight_characters_is_redacted(key: str, message: str) -> None:
    """A shorter one is a placeholder, and may be part of a word."""
    assert message == message_of(ServerError(f"no such key: {key}"), None, key)


@pytest.mark.parametrize(
    ("name", "message"),
    [("HARWICK_API_KEY", "[redacted] is wrong"), ("HARWICK_API_KEYS", "bahnsteig is wrong")],
)
def test_keys_of_the_environment_are_redacted(
    monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    """All variables whose names end with API_KEY."""
    monkeypatch.setenv(name, "bahnsteig")

    assert message == message_of(ServerError("bahnsteig is wrong"))


def test_a_result_has_no_message_and_a_failure_no_result() -> None:
    """Each row is one or the other."""
    done = row_of(Note(text="x"), meta("f"), Note, None, ())
    failed = row_of(ServerError("down"), meta("f"), Note, None, ())

    assert ("done", None, None, '{"text":"x"}') == tuple(
        done[name] for name in ("status", "error_type", "error_message", "result")
    )
    assert ("failed", "ServerError", "down", None) == tuple(
        failed[name] for name in ("status", "error_type", "error_message", "result")
    )


class Sourced(BaseModel):
    """A result that carries its origin, and a computed field."""

    meta: Meta
    source: Source

    @computed_field  # type: ignore[prop-decorator]
    @property
    def words(self) -> int:
        """Number of words."""
        return len(self.source.text.split())


@pytest.mark.parametrize("url", [None, "https://me:wagenreihung@harwick.example/a"])
def test_urls_are_scrubbed_in_all_places(url: str | None) -> None:
    """In the row, in the result's meta and in its source; the result itself is not changed."""
    origin = meta("f", source_url=url)
    result = Sourced(meta=origin, source=Source.from_text("The ferry was cancelled.", url=url))
    row = row_of(result, origin, Sourced, None, ())
    read = Sourced.model_validate_json(row["result"])

    assert "wagenreihung" not in str(row)
    assert url == result.meta.source_url == result.source.url
    assert (url is None) is (read.meta.source_url is None) is (read.source.url is None)
    assert "words" not in row["result"]


@pytest.mark.parametrize(("text", "stored"), [("café", "café"), ("caf\udce9", "caf\\udce9"), ("\\", "\\")])
def test_surrogates_are_escaped(text: str, stored: str) -> None:
    """And nothing else is."""
    assert stored == escape_surrogates(text)


@pytest.mark.parametrize(
    ("first", "second", "cost", "unpriced"),
    [
        ((0, 0, None), (0, 0, None), None, 0),
        ((0, 0, None), (0, 1, None), None, 1),
        ((0, 0, None), (1, 0, 0.5), 0.5, 0),
        ((1, 0, 0.5), (0, 0, None), 0.5, 0),
        ((1, 0, 0.5), (0, 1, None), None, 1),
        ((0, 1, None), (1, 0, 0.5), None, 1),
        ((1, 0, 0.5), (1, 1, 0.25), 0.75, 0),
    ],
)
def test_costs_of_two_failures(
    journal: Journal,
    first: tuple[int, int, float | None],
    second: tuple[int, int, float | None],
    cost: float | None,
    unpriced: int,
) -> None:
    """A try without tokens costs nothing; one with tokens and without a price makes the sum unknown."""
    for read, written, usd in (first, second):
        changes = {"usage": Usage(input_tokens=read, output_tokens=written), "cost_usd": usd}
        journal.record(ServerError("down"), meta("f", **changes), schema=Note)
    entry = journal.get("f")

    assert entry is not None
    assert (cost, 2, 1.0) == (entry.cost_usd, entry.attempts, entry.elapsed)
    assert unpriced == journal.totals().unpriced


@pytest.mark.parametrize(("attempts", "unpriced"), [(0, 0), (1, 1)])
def test_a_deadline_may_have_cost_something(journal: Journal, attempts: int, unpriced: int) -> None:
    """If a call was made before it passed."""
    journal.record(DeadlineError("too late"), meta("f", usage=Usage(), attempts=attempts), schema=Note)

    assert unpriced == journal.totals().unpriced


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the queries that are made."""
    made: list[str] = []
    query = Database.query

    def recorded(self: Database, sql: str, *args: Any) -> list[Any]:
        made.append(sql)
        return query(self, sql, *args)

    monkeypatch.setattr(Database, "query", recorded)
    return made


@pytest.mark.parametrize(("count", "pages"), [(0, 0), (1, 1), (500, 1), (501, 2)])
def test_fingerprints_are_read_in_pages(journal: Journal, queries: list[str], count: int, pages: int) -> None:
    """Of five hundred."""
    journal.get_many(f"f{number}" for number in range(count))

    assert pages == len(queries)


@pytest.mark.parametrize(
    ("results", "count", "pages"), [(True, 100, 1), (True, 101, 2), (False, 500, 1), (False, 501, 2)]
)
def test_entries_are_read_in_pages(
    journal: Journal, queries: list[str], results: bool, count: int, pages: int
) -> None:
    """Of a hundred with their results, of five hundred without; an empty page is the end."""
    for future in [
        journal.submit(Note(text="x"), meta(f"f{number}"), schema=Note) for number in range(count)
    ]:
        future.result()
    entries = list(journal.entries(results=results))

    assert [f"f{number}" for number in range(count)] == [entry.fingerprint for entry in entries]
    assert {results} == {entry.result is not None for entry in entries}
    assert pages + 1 == len(queries)


@pytest.mark.parametrize(("count", "pages"), [(500, 1), (501, 2)])
def test_failures_are_read_in_pages(journal: Journal, queries: list[str], count: int, pages: int) -> None:
    """Of five hundred: they have no results."""
    for future in [
        journal.submit(ServerError("down"), meta(f"f{number}"), schema=Note) for number in range(count)
    ]:
        future.result()

    assert count == len(list(journal.failed()))
    assert pages + 1 == len(queries)


def test_entries_of_one_status(journal: Journal) -> None:
    """Results only, failures only, or both."""
    note(journal, "a")
    journal.record(ServerError("down"), meta("b"), schema=Note)
    note(journal, "c")

    assert ["a", "c"] == [entry.fingerprint for entry in journal.entries("done")]
    assert ["b"] == [entry.fingerprint for entry in journal.entries("failed")]
    assert ["a", "b", "c"] == [entry.fingerprint for entry in journal.entries()]
    assert [None] == [entry.result for entry in journal.failed()]


def test_a_row_is_plain_values(journal: Journal) -> None:
    """Three counts in place of the usage."""
    note(journal, "a")
    entry = journal.get("a")

    assert entry is not None
    row = entry.to_row()
    assert (10, 2, 0) == (row["input_tokens"], row["output_tokens"], row["cached_tokens"])
    assert "usage" not in row
