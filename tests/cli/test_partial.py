"""What was read of a long article before a run failed is saved or shown, and told as partial."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Run
from long_texts import long_text

from briefing.testing import FakeModel, Fault

LONG = ("-O", "reading_length=1200")
TOO_LITTLE = ("--max-tokens-total", "9000")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A file with a long text."""
    path = tmp_path / "book.txt"
    path.write_text(long_text(4_000)[0])
    return path


def test_it_is_printed_as_json(run: Run, book: Path) -> None:
    """With the error; the exit code is that of the error."""
    ended = run("summarize", book, *LONG, *TOO_LITTLE)
    told = json.loads(ended.out)

    assert 3 == ended.code
    assert {"summary", "key_quotes", "entities"} == set(told["partial"])
    assert told["partial"]["summary"]["sentences"]
    assert "BudgetError" == told["error"]["type"]
    assert "what was answered before the error is on standard output; it is no briefing" in ended.err


@pytest.mark.parametrize("output", ["out.json", "out.md"])
def test_it_is_written_beside_the_output(run: Run, book: Path, tmp_path: Path, output: str) -> None:
    """Whose own name is left to a briefing."""
    ended = run("summarize", book, *LONG, *TOO_LITTLE, "--output", tmp_path / output)
    partial = tmp_path / "out.partial.json"

    assert (3, "") == (ended.code, ended.out)
    assert json.loads(partial.read_text())["partial"]["summary"]
    assert f"in {partial}" in ended.err
    assert not (tmp_path / output).exists()


def test_an_error_before_anything_was_answered_prints_nothing(run: Run, book: Path, fake: FakeModel) -> None:
    """There is nothing to save."""
    fake._faults = [Fault(status=401)] * 9
    ended = run("summarize", book, *LONG)
    assert ("", 1) == (ended.out, len(ended.err.splitlines()))


def test_a_file_that_is_read_is_not_replaced(run: Run, book: Path, tmp_path: Path) -> None:
    """The article may have the name of the partial result."""
    article = book.rename(tmp_path / "out.partial.json")
    ended = run("summarize", article, *LONG, *TOO_LITTLE, "--output", tmp_path / "out.json")
    assert 2 == ended.code
    assert str(article) in ended.err


def test_a_dry_run_tells_the_parts(run: Run, book: Path, tmp_path: Path) -> None:
    """One for an article that is read at once."""
    (tmp_path / "short.txt").write_text("Harwick closed its bridge on Monday.")
    ended = run("summarize", book, *LONG, "--dry-run")
    [article] = json.loads(run("summarize", book, *LONG, "--dry-run", "--format", "json").out)["articles"]

    head, row, _total = ended.out.splitlines()
    assert ["plan", "parts"] == head.split()[:2]
    assert ["long", str(article["parts"])] == row.split()[:2]
    assert (article["calls"] - 1, True) == (article["parts"], article["parts"] > 6)
    short = run("summarize", tmp_path / "short.txt", "--dry-run").out.splitlines()[1]
    assert ["joint", "1", "1-2"] == short.split()[:3]
