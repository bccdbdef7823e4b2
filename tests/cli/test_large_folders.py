"""Folders with more articles than memory should hold: listed as they are read, named as any others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from commands import Run, runner

from briefing import Journal
from briefing.cli.inputs import PassedOver, may_be_one_of, places
from briefing.errors import InputError
from briefing.on_disk import tables
from briefing.testing.fake_model import FakeModel

ARTICLE = (
    "The ferry {} to Skarn was cancelled on Monday.\n“We lost nine crates,” harbour master Ida Moe said.\n"
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Five folders, with names that collide, and with what is no article."""
    for folder in ("a", "b/c", "b/C", "d", "é"):
        for name in ("x.txt", "X.md", "x-2.txt", "y.txt", "é.txt", "e\u0301.txt", "paper.xls"):
            path = tmp_path / "in" / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("text")
    return tmp_path / "in"


def listed(tree: Path) -> tuple[list[tuple[str, str]], str]:
    """Names and targets, and what is said of other files."""
    passed_over = PassedOver()
    found = [(place.name, place.target) for place in places([str(tree)], passed_over=passed_over)]
    return found, str(passed_over)


def test_large_folders_are_listed_as_small_ones(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the same order and with the same names, whether they are in memory or on disk."""
    in_memory = listed(tree)
    monkeypatch.setattr(tables, "IN_MEMORY", 1)

    assert in_memory == listed(tree)
    assert 30 == len(set(in_memory[0])) == len({target.casefold() for _, target in in_memory[0]})


def test_a_folder_is_read_when_its_first_article_is_needed(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a run over any number of folders begins at once."""
    read: list[str] = []
    scandir = os.scandir

    def noted(folder: str) -> Any:
        read.append(Path(folder).name)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", noted)
    found = places([str(tree)])

    assert ["a/X", "a/e\u0301"] == [place.target for place in islice(found, 2)]
    assert ["in", "a"] == read


def test_a_folder_that_cannot_be_read_is_one_failed_article(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are read."""
    scandir = os.scandir

    def failing(folder: str) -> Any:
        if Path(folder).name == "c":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", failing)
    found = list(places([str(tree)]))

    [failed] = [place for place in found if place.problem]
    assert (str(tree / "b" / "c"), "b/c") == (failed.name, failed.target)
    assert 25 == len(found)


def test_only_what_may_be_a_file_of_the_command_is_looked_at(tree: Path, tmp_path: Path) -> None:
    """Before the first call: links, and articles of the same name; all of them only if the file has several names."""
    journal = tmp_path / "RUN.txt"
    journal.write_text("")

    def found() -> Iterator[str]:
        return (
            os.path.relpath(path, tree) for path in may_be_one_of([journal], [str(tree)], journal=journal)
        )

    assert [] == list(found())
    (tree / "a" / "run.txt").write_text("another")
    (tree / "d" / "link.txt").symlink_to(journal)
    assert ["a/run.txt", "d/link.txt"] == list(found())
    (tree / "a" / "hard.txt").hardlink_to(journal)
    assert 33 == len(list(found()))


def test_a_run_that_goes_on_does_not_read_all_folders_first(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its journal is no article, and neither are the files that SQLite leaves beside it."""
    Journal(tmp_path / "run.db").close()
    for ending in ("-wal", "-shm"):
        (tmp_path / f"run.db{ending}").write_text("")
    monkeypatch.delattr(os, "scandir")

    files = [tmp_path / f"run.db{ending}" for ending in ("", "-wal", "-shm")]
    assert ["a.txt"] == list(may_be_one_of(files, ["a.txt", str(tree)], journal=files[0]))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `briefing ARGS` in this process."""
    return runner(monkeypatch, capfd)


@pytest.mark.parametrize("with_journal", [True, False])
def test_equal_articles_count_once_however_many_there_are(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_journal: bool
) -> None:
    """With a journal, its results are not kept a second time; a run that goes on finds them there."""
    monkeypatch.setattr(tables, "IN_MEMORY", 2)
    (tmp_path / "in").mkdir()
    for number in range(12):
        (tmp_path / "in" / f"{number}.txt").write_text(ARTICLE.format(number % 4))
    options = ("--journal", tmp_path / "run.db") if with_journal else ()
    with FakeModel() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        ended = run("summarize", tmp_path / "in", "-o", tmp_path / "out", *options)
        assert (0, 4) == (ended.code, fake.calls)
        assert "4 made, 8 reused" in ended.err
        if with_journal:
            assert (
                "0 made, 12 reused" in run("summarize", tmp_path / "in", "-o", tmp_path / "out", *options).err
            )
            assert 4 == fake.calls

    assert 12 == len(list((tmp_path / "out").iterdir()))
    if with_journal:
        with Journal(tmp_path / "run.db") as journal:
            assert 4 == journal.totals().done


def test_a_full_disk_loses_no_briefing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are paid for are written; at worst, equal articles are counted as often as there are."""

    class Full:
        def add(self, key: str, value: int) -> bool:
            raise InputError("cannot write a temporary file: database or disk is full")

    monkeypatch.setattr("briefing.cli.bulk_run.OnDiskDict", {int: Full})
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.txt").write_text(ARTICLE.format(number % 2))
    with FakeModel() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        ended = run("summarize", tmp_path / "in", "-o", tmp_path / "out")

    assert (0, 2, 3) == (ended.code, fake.calls, len(list((tmp_path / "out").iterdir())))


def test_a_database_among_the_articles_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    """Only a journal is added to, where it exists."""
    (tmp_path / "in").mkdir()
    database = tmp_path / "in" / "notes.txt"
    Journal(database).close()
    before = database.read_bytes()

    ended = run("summarize", tmp_path / "in", "-o", tmp_path / "out", "--failed-list", database)

    assert 2 == ended.code
    assert "notes.txt, which would be overwritten" in ended.err
    assert before == database.read_bytes()
