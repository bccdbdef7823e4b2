"""`briefing journal`, and `briefing summarize --journal`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from commands import Run

from briefing import (
    AuthenticationError,
    Briefer,
    Briefing,
    Journal,
    Meta,
    ProviderTimeoutError,
    RefusalError,
    Source,
    Usage,
)
from briefing.testing.fake_model import FakeModel


@pytest.fixture
def path(tmp_path: Path, fake: FakeModel, bridge: str) -> Path:
    """Give a journal with one result and one failure."""
    path = tmp_path / "run.db"
    with (
        Journal(path) as journal,
        Briefer(model="openai/fake", base_url=fake.url, api_key="test", journal=journal) as briefer,
    ):
        made = briefer.summarize(Source.from_text(bridge, title="Bridge\nclosed"))
        other = made.meta.model_copy(update={"fingerprint": "0" * 64, "source_title": "Quay"})
        journal.record(
            RefusalError("the model\nrefused"), Meta(**dict(other)), schema=Briefing, path="quay.txt"
        )
    return path


def test_a_second_run_takes_what_the_first_has_made(
    run: Run, fake: FakeModel, tmp_path: Path, bridge: str
) -> None:
    """`--journal` makes the file and spares the calls."""
    article = tmp_path / "bridge.txt"
    article.write_text(bridge)
    first = run("summarize", article, "--journal", tmp_path / "new.db")

    assert (0, first.out) == run("summarize", article, "--journal", tmp_path / "new.db")[:2]
    assert 1 == fake.calls


def test_what_cannot_be_recorded_is_still_printed(run: Run, tmp_path: Path, path: Path, bridge: str) -> None:
    """The briefing is paid for: it goes out, and the command fails with the reason."""
    article = tmp_path / "bridge.txt"
    article.write_text(bridge + " The mayor of Harwick thanked all.")
    with closing(sqlite3.connect(path)) as db, db:
        # As if the disk had no room for results: claims still fit.
        db.execute("CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'no room'); END")
    ended = run("summarize", article, "--journal", path)

    assert (2, True) == (ended.code, "headline" in json.loads(ended.out))
    assert "no room" in ended.err


def test_ls_lists_and_sums(run: Run, path: Path) -> None:
    """One line each, whatever the names hold; failures say why; the last line is the sums."""
    done, failed, sums = run("journal", "ls", path).out.splitlines()

    assert done.startswith("done ")
    assert done.endswith("Bridge closed")
    assert failed.startswith("failed ")
    assert failed.endswith("quay.txt  RefusalError: the model refused")
    assert sums.startswith("1 done, 1 failed; 2 calls, ")
    assert sums.endswith("cost unknown")


def test_ls_says_what_is_known_of_the_cost(run: Run, path: Path) -> None:
    """A refused call hides no sum, and one that broke off makes it a lower bound."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE entries SET cost_usd = 0.25")
    with Journal(path) as journal:
        [done] = (entry.load(Briefing).meta for entry in journal.entries("done"))
        assert done is not None
        for error in (AuthenticationError("no"), ProviderTimeoutError("late")):
            spent = {"fingerprint": type(error).__name__, "usage": Usage(), "cost_usd": None}
            journal.record(error, done.model_copy(update=spent), schema=Briefing)

    told = run("journal", "ls", path).out.splitlines()[-1]

    assert told.endswith("out, at least $0.5000; cost of 1 unknown")


def test_ls_of_failures_as_json(run: Run, path: Path) -> None:
    """`--failed --json`: one object for each failure and nothing else."""
    [row] = map(json.loads, run("journal", "ls", path, "--failed", "--json").out.splitlines())

    assert ("0" * 64, "failed", "RefusalError", "the model\nrefused", 1) == tuple(
        row[name] for name in ("fingerprint", "status", "error_type", "error_message", "attempts")
    )
    assert "result" not in row


def test_export_gives_results_as_json_lines(run: Run, path: Path, tmp_path: Path, bridge: str) -> None:
    """On standard output or in a file; each line reads back and holds."""
    [line] = run("journal", "export", path).out.splitlines()
    ended = run("journal", "export", path, "-o", tmp_path / "out.jsonl")

    assert [] == Briefing.model_validate_json(line).verify(bridge)
    assert f"{line}\n" == (tmp_path / "out.jsonl").read_text("utf-8")
    assert ended.err.endswith("out.jsonl: 1 result written\n")
    # SQLite's own files beside the journal are no leftovers of ours.
    assert {"run.db", "out.jsonl"} == {
        file.name for file in tmp_path.iterdir() if not file.name.startswith("run.db-")
    }


def test_export_as_parquet(run: Run, path: Path, tmp_path: Path, bridge: str) -> None:
    """Columns of the journal, the result as JSON."""
    assert 0 == run("journal", "export", path, "-o", tmp_path / "out.parquet").code
    [row] = pq.read_table(tmp_path / "out.parquet").to_pylist()
    result = Briefing.model_validate_json(row["result"])

    assert [] == result.verify(bridge)
    assert (result.meta.fingerprint, 1, None, "Bridge closed") == (
        row["fingerprint"],
        row["attempts"],
        row["cost_usd"],
        row["source_title"],
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("-f", "parquet"), "give a file with --output"),
        (("-o", "."), "it is a folder"),
        (("-o", "none/out.jsonl"), "the folder none does not exist"),
    ],
)
def test_export_to_where_nothing_can_be_written(
    run: Run, path: Path, args: tuple[str, ...], message: str
) -> None:
    """One clear line, exit code 2."""
    ended = run("journal", "export", path, *args)

    assert (2, 1) == (ended.code, len(ended.err.splitlines()))
    assert message in ended.err


def test_vacuum_says_what_it_did(run: Run, path: Path) -> None:
    """Failures go, results stay."""
    assert run("journal", "vacuum", path).out.startswith("1 failed entries deleted; ")
    assert 1 == len(run("journal", "ls", path, "--json").out.splitlines())


@pytest.mark.parametrize("command", ["ls", "export", "vacuum"])
def test_a_journal_that_is_not_there(run: Run, tmp_path: Path, command: str) -> None:
    """It is said, and none is made."""
    ended = run("journal", command, tmp_path / "none.db")

    assert 2 == ended.code
    assert "the file does not exist" in ended.err
    assert [] == list(tmp_path.iterdir())
