"""`--dry-run`: what a run would take, told before anything is paid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import Ended, Run

from briefing import Briefer, Source
from briefing.cli.dry_run import Planned, report
from briefing.testing import FakeModel

TOWN = "The council of Harwick voted on Monday to shut the plant. “We had no choice,” said Maren Holt. It employs 340."
QUAY = "Der Hafen von Kalmund bleibt bis März gesperrt. Das teilte die Stadt am Montag mit.\n"
PRICED = ("--model", "openai/gpt-4o-mini")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three articles, two of them equal."""
    articles = tmp_path / "articles"
    articles.mkdir()
    for name, text in (("a", TOWN), ("b", QUAY), ("c", TOWN)):
        (articles / f"{name}.txt").write_text(text)
    return articles


def parsed(ended: Ended) -> dict[str, Any]:
    """The JSON of a dry run that has succeeded."""
    assert (0, "") == (ended.code, ended.err)
    told: dict[str, Any] = json.loads(ended.out)
    return told


def files(folder: Path) -> dict[Path, bytes]:
    """All files below a folder, but those that SQLite puts beside one that it reads."""
    found = (path for path in folder.rglob("*") if not path.name.endswith(("-wal", "-shm")))
    return {path: path.read_bytes() for path in found if path.is_file()}


def test_each_article_and_the_sum_are_told(run: Run, fake: FakeModel, folder: Path, tmp_path: Path) -> None:
    """Plan, calls, tokens and dollars; an article that equals another takes nothing. Nothing is called or written."""
    before = files(tmp_path)
    options = (
        "--journal",
        tmp_path / "run.db",
        "--output",
        tmp_path / "out",
        "--failed-list",
        tmp_path / "failed.jsonl",
    )
    told = parsed(run("summarize", folder, *options, *PRICED, "--dry-run", "--format", "json"))

    assert ["new", "new", "same as another"] == [row["state"] for row in told["articles"]]
    first, second, _ = told["articles"]
    assert ("joint", 1, 2) == (first["plan"], first["calls"], first["max_calls"])
    assert {"new": 2, "same as another": 1} == told["total"]["states"]
    assert 2 == told["total"]["calls"]
    for name in ("input_tokens", "output_tokens", "cost_usd"):
        assert told["total"][name] == pytest.approx([first[name][i] + second[name][i] for i in (0, 1)])
    assert "openai/gpt-4o-mini" == told["model"]
    assert (0, before) == (fake.calls, files(tmp_path))


def test_what_is_told_of_an_article_is_not_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, too, it is printed before the next article is read; all of it is one line of JSON."""
    printed = []

    def articles() -> Iterator[Planned]:
        for path in (*sorted(folder.iterdir()), folder / "missing.txt"):
            printed.append(capsys.readouterr().out)
            yield Planned(path.name, partial(Source.from_file, path), briefer.estimate)

    with Briefer("openai/fake", base_url="http://127.0.0.1:9", api_key="test") as briefer:
        assert 4 == report(articles(), briefer, "json")
    printed.append(capsys.readouterr().out)

    told = json.loads("".join(printed))
    assert [0, 1, 1, 1, 1] == [part.count('"source": ') for part in printed]
    assert ["a.txt", "b.txt", "c.txt", "missing.txt"] == [row["source"] for row in told["articles"]]
    assert json.dumps(told, ensure_ascii=False) + "\n" == "".join(printed)


def test_the_text_has_a_row_for_each_article(run: Run, folder: Path) -> None:
    """The last row is the sum."""
    ended = run("summarize", folder, *PRICED, "--dry-run")
    head, first, _, third, total = ended.out.splitlines()

    assert 0 == ended.code
    assert ["plan", "parts", "calls", "tokens", "in", "tokens", "out", "dollars", "article"] == head.split()
    assert ["joint", "1", "1-2"] == first.split()[:3]
    assert "$0.0" in first
    assert third.split() == ["0", *f"{folder / 'c.txt'} (same as another)".split()]
    assert total.endswith("total: 2 new, 1 same as another")


def test_an_unknown_price_is_told(run: Run, folder: Path) -> None:
    """No zero stands for it."""
    ended = run("summarize", folder / "a.txt", "--dry-run")
    assert "none known" in ended.out.splitlines()[-1]


def test_the_estimate_holds_for_the_run(run: Run, fake: FakeModel, folder: Path, tmp_path: Path) -> None:
    """What it takes lies between the numbers; afterwards the journal has it, and it takes nothing."""
    command = ("summarize", folder / "a.txt", "--journal", tmp_path / "run.db", *PRICED)
    dry = (*command, "--dry-run", "--format", "json")
    [estimate] = parsed(run(*dry))["articles"]
    meta = json.loads(run(*command).out)["meta"]
    calls, before = fake.calls, files(tmp_path)
    after = parsed(run(*dry))

    assert calls == estimate["calls"]
    for name in ("input_tokens", "output_tokens"):
        assert estimate[name][0] <= meta["usage"][name] <= estimate[name][1]
    assert estimate["cost_usd"][0] <= meta["cost_usd"] <= estimate["cost_usd"][1]
    assert [{"source": str(folder / "a.txt"), "state": "in the journal"}] == after["articles"]
    assert [0.0, 0.0] == after["total"]["cost_usd"]
    assert (calls, before) == (fake.calls, files(tmp_path))


def test_retry_failed_counts_what_the_journal_knows(run: Run, folder: Path, tmp_path: Path) -> None:
    """Articles that were never tried are not made."""
    journal = ("--journal", tmp_path / "run.db")
    run("summarize", folder / "a.txt", *journal)
    told = parsed(run("summarize", folder, *journal, "--retry-failed", "--dry-run", "--format", "json"))

    assert {"in the journal": 2, "never tried": 1} == told["total"]["states"]


def test_articles_that_cannot_be_read_are_told(run: Run, folder: Path) -> None:
    """As in a real run, with its exit codes; the others are estimated."""
    (folder / "b.txt").write_bytes(b"%PDF-1.4\x00\x01\x02")
    ended = run("summarize", folder, "--dry-run", "--format", "json")
    real = run("summarize", folder)

    assert (4, 4) == (ended.code, real.code)
    assert ended.err.splitlines()[0] == real.err.splitlines()[0]
    assert {"new": 1, "failed": 1, "same as another": 1} == json.loads(ended.out)["total"]["states"]
    failed = json.loads(ended.out)["articles"][1]
    assert ("failed", "InputError") == (failed["state"], failed["error"]["type"])
    (folder / "a.txt").unlink()
    (folder / "c.txt").unlink()
    assert 2 == run("summarize", folder, "--dry-run").code == run("summarize", folder).code


@pytest.mark.parametrize(
    "options",
    [
        ("--output", "articles/a.txt"),
        ("--journal", "articles/a.txt"),
        ("--retry-failed",),
        ("--style", "written", "--focus", " "),
        ("--max-cost", "1"),
        ("--model", "no-such-form"),
    ],
    ids="-".join,
)
def test_what_a_run_refuses_is_refused(
    run: Run, folder: Path, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clashing paths and wrong options, with the same words and the same code."""
    monkeypatch.chdir(folder.parent)
    real, dry = (run("summarize", "articles", *options, *how) for how in ((), ("--dry-run",)))

    assert (2, real.err) == (dry.code, dry.err)
    assert TOWN == (folder / "a.txt").read_text()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("summarize", "--format", "md"), "--dry-run has --format text and json"),
        (("regenerate", "--check"), "--dry-run cannot be used with --check"),
        (("regenerate", "--replay"), "--dry-run cannot be used with --check or --replay"),
    ],
    ids=["md", "check", "replay"],
)
def test_options_without_a_meaning_are_refused(
    run: Run, folder: Path, command: tuple[str, ...], reason: str
) -> None:
    """With a line that says why."""
    ended = run(command[0], folder, *command[1:], "--dry-run")
    assert 2 == ended.code
    assert reason in ended.err


def test_fresh_briefings_of_a_folder_take_nothing(run: Run, fake: FakeModel, folder: Path) -> None:
    """`regenerate` says which are new, stale and fresh; `--force` makes all again."""
    (folder / "c.txt").write_text("The plant of Harwick opens again. Nobody said when.")
    run("regenerate", folder)
    calls = fake.calls
    (folder / "a.txt").write_text(TOWN + " It closes in May.")
    (folder / "b.briefing.json").unlink()
    before = files(folder)
    told = parsed(
        run("regenerate", folder, *PRICED, "--dry-run", "--format", "json", "--model", "openai/fake")
    )

    assert ["stale", "new", "fresh"] == [row["state"] for row in told["articles"]]
    assert 2 == told["total"]["calls"]
    forced = run("regenerate", folder, "--dry-run", "--force")
    assert forced.out.splitlines()[-1].endswith("total: 2 stale, 1 new")
    assert (calls, before) == (fake.calls, files(folder))


def test_a_second_style_is_a_row_of_its_own(run: Run, folder: Path) -> None:
    """Its prompts are those of that style."""
    (folder / "a.extractive.briefing.json").touch()
    told = parsed(run("regenerate", folder, "--dry-run", "--format", "json"))

    assert 4 == len(told["articles"])
    written, extractive = told["articles"][:2]
    assert (str(folder / "a.txt"), f"{folder / 'a.txt'} (extractive)") == (
        written["source"],
        extractive["source"],
    )
    assert written["input_tokens"] != extractive["input_tokens"]
