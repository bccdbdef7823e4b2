"""Commands that show saved briefings beside their articles: however many there are, memory holds few."""

from __future__ import annotations

import gc
import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from commands import Run

from briefing import Source
from briefing.cli.saved import ArticlesByHash, Saved, read_saved
from briefing.errors import InputError
from briefing.on_disk import tables

MANY = 9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of articles."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(MANY):
        text = f"The ferry {number} to Skarn was cancelled. “We lost nine crates,” harbour master Ida Moe said.\n"
        (folder / f"{number}.txt").write_text(text)
    return folder


def alive() -> int:
    """How many articles and saved briefings there are in memory."""
    gc.collect()
    return sum(type(one) in (Source, Saved) for one in gc.get_objects())


@pytest.mark.parametrize(
    ("args", "called"),
    [
        (["verify", "out.jsonl", "in"], "briefing.cli.verify.verify"),
        (
            ["export", "out.jsonl", "--source", "in", "--to", "csv", "-o", "out.csv"],
            "briefing.cli.export.document",
        ),
        (
            ["report", "out.jsonl", "--source", "in", "-o", "out.html"],
            "briefing.reports.writing.briefing_view",
        ),
    ],
)
def test_one_after_the_other(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], called: str
) -> None:
    """Each briefing is read, shown beside the article that it was made of, and dropped."""
    monkeypatch.chdir(tmp_path)
    assert 0 == run("summarize", "in", "-o", "out.jsonl").code
    monkeypatch.setattr(tables, "IN_MEMORY", 1)
    before, counts = alive(), []
    module, _, name = called.rpartition(".")
    target = getattr(importlib.import_module(module), name)

    def counted(*given: Any) -> Any:
        counts.append(alive() - before)
        return target(*given)

    monkeypatch.setattr(called, counted)
    ended = run(*args)

    assert (0, MANY) == (ended.code, len(counts))
    assert max(counts) <= 5 < MANY


def test_equal_articles_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of them counts, or the first; one that is not told is the only one, if all are equal."""
    monkeypatch.setattr(tables, "IN_MEMORY", 1)
    same = [Source.from_text("The ferry was cancelled.", title=title) for title in "ab"]
    other = Source.from_text("Kalmund has a new quay.")

    last, first = ArticlesByHash(same), ArticlesByHash(same, first=True)
    assert [same[1], same[0]] == [last.get(""), first.get("")]
    assert [same[1], same[0]] == [
        found.get(other.sha256) or found.get(same[0].sha256) for found in (last, first)
    ]
    assert 2 == last.count

    both = ArticlesByHash([*same, other])
    assert [other, same[1], other, None, None] == [
        both.get(sha256) for sha256 in (other.sha256, same[0].sha256, other.sha256, "", "unknown")
    ]


SAVED = json.dumps({"headline": "Ferry cancelled", "summary": {}})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (SAVED, ["file"]),
        (f"\ufeff\n{SAVED}\n\n", ["file"]),
        (json.dumps(json.loads(SAVED), indent=1), ["file"]),
        (f"\ufeff{SAVED}\n\n{SAVED}\r\n", ["file:1", "file:3"]),
        (f"{SAVED}\nno\n", ["file:1", "file:2 is not JSON"]),
        (f"{SAVED}\n[]\n", ["file:1", "file:2 is no briefing"]),
        (f"no\n{SAVED}\n", ["file:1 is not JSON"]),
        ("no", ["file is not JSON"]),
        ("", ["file is not JSON"]),
    ],
)
def test_a_file_is_one_briefing_or_one_in_each_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, names: list[str]
) -> None:
    """Lines are read as they are needed; an error comes behind those above it."""
    monkeypatch.chdir(tmp_path)
    Path("file").write_text(text, encoding="utf-8")
    told: list[str] = []
    try:
        told.extend(saved.name for saved in read_saved("file"))
    except InputError as error:
        told.append(str(error).partition(";")[0])

    assert names == told
