"""The options of styles: `--style`, `--focus`, `--length` and `--on-unsupported`, and the variants of a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from commands import Ended, Run

from briefing import Briefing
from briefing.testing import FakeModel
from briefing.testing.fake_batches import FakeBatches

ARTICLE = (
    "The council of Harwick voted on Monday to\nshut the plant. Maren Holt, 52, leads the\ncouncil. She said that the "
    "river would be\ncleaner for it. The plant employs 340 people.\n"
)
GERMAN = "Der Hafen von Kalmund bleibt bis März gesperrt. Das teilte die Stadt am Montag mit.\n"
EXTRACTIVE = ("--style", "extractive")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an English and a German article."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "plant.txt").write_text(ARTICLE)
    (tmp_path / "articles" / "quay.txt").write_text(GERMAN)
    return tmp_path / "articles"


def states(ended: Ended) -> list[tuple[str, str]]:
    """What `regenerate` says of each briefing: its state, and the article with the style."""
    lines = [line.split(maxsplit=1) for line in ended.out.splitlines()[:-1]]
    return [(state, Path(rest.partition("  ")[0]).name) for state, rest in lines]


def test_the_options_reach_the_briefing(run: Run, folder: Path) -> None:
    """They are recorded in its `meta`."""
    options = ("--focus", "the river", "--length", "detailed", "--on-unsupported", "drop")
    meta = Briefing.model_validate_json(
        run("summarize", folder / "plant.txt", *EXTRACTIVE, *options).out
    ).meta
    expected = ("extractive", "the river", "detailed", "drop")
    assert expected == (meta.style, meta.focus, meta.length, meta.on_unsupported)


def test_the_command_line_replaces_what_is_not_backed(run: Run, folder: Path) -> None:
    """By default; own code marks it."""
    meta = Briefing.model_validate_json(run("summarize", folder / "plant.txt").out).meta
    assert ("written", "standard", "replace", None) == (
        meta.style,
        meta.length,
        meta.on_unsupported,
        meta.focus,
    )


@pytest.mark.parametrize("form", ["text", "md"])
def test_a_page_of_an_extractive_briefing(run: Run, folder: Path, form: str) -> None:
    """Each sentence is on one line, with the name behind a pronoun that begins it."""
    page = run("summarize", folder / "plant.txt", *EXTRACTIVE, "--length", "detailed", "--format", form).out
    assert "The council of Harwick voted on Monday to shut the plant." in page.splitlines()[0]
    bracketed, mark = (r"\[Maren Holt\]", "[^3]") if form == "md" else ("[Maren Holt]", " [3]")
    assert f"She {bracketed} said that the river would be cleaner for it.{mark}" in page.splitlines()


def test_every_output_has_the_style(run: Run, folder: Path, tmp_path: Path) -> None:
    """JSON lines, Parquet, and a folder of files."""
    for name in ("out.jsonl", "out.parquet", "out"):
        assert 0 == run("summarize", folder, *EXTRACTIVE, "--output", tmp_path / name).code
    rows = [json.loads(line)["briefing"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    rows += [json.loads(row) for row in pq.read_table(tmp_path / "out.parquet")["briefing"].to_pylist()]
    rows += [json.loads(path.read_text()) for path in (tmp_path / "out").iterdir()]
    assert ["extractive"] * 6 == [row["meta"]["style"] for row in rows]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--style", "poetic", "'poetic' is not one of"),
        ("--length", "long", "'long' is not one of"),
        ("--on-unsupported", "hide", "'hide' is not one of"),
        ("--focus", " ", "focus must be a text"),
    ],
)
def test_an_unknown_value_is_wrong_usage(
    run: Run, fake: FakeModel, folder: Path, option: str, value: str, said: str
) -> None:
    """Exit code 2, and no call."""
    ended = run("summarize", folder, option, value)
    assert (2, 0) == (ended.code, fake.calls)
    assert said in " ".join(ended.err.split())


@pytest.mark.parametrize("output", ["out.jsonl", "out"])
def test_an_article_in_another_language_stops_no_other(
    run: Run, folder: Path, tmp_path: Path, output: str
) -> None:
    """An extractive briefing is in the article's language: only the German article fails, also when tried again."""
    command = ("summarize", folder, *EXTRACTIVE, "--language", "en", "--output", tmp_path / output)
    journal = ("--journal", tmp_path / "run.db")
    for again in ((), ("--retry-failed",)):
        ended = run(*command, *journal, *again)
        assert 4 == ended.code
        assert "quay.txt: an extractive briefing is in the article's language (de)" in ended.err
        assert "leave out --language en, or use --style written" in ended.err
        assert "1 failed" in ended.err


def test_a_folder_with_a_variant(run: Run, fake: FakeModel, folder: Path) -> None:
    """An empty file asks for the briefing in the other style; both are made, checked, recorded and replayed."""
    variant = folder / "plant.extractive.briefing.json"
    variant.touch()
    shown = ["plant.txt", "plant.txt (extractive)", "quay.txt"]

    checked = run("regenerate", folder, "--check")
    assert (1, list(zip(["new", "stale", "new"], shown, strict=True))) == (checked.code, states(checked))
    made = run("regenerate", folder)
    assert [("made", name) for name in shown] == sorted(states(made), key=lambda state: state[1])
    assert "extractive" == Briefing.model_validate_json(variant.read_text()).meta.style
    assert 0 == run("regenerate", folder, "--check").code

    shorter = ("--length", "brief")
    assert [("stale", name) for name in shown] == states(run("regenerate", folder, "--check", *shorter))
    assert [("made", name) for name in shown] == states(run("regenerate", folder, "--record", *shorter))
    before, calls = variant.read_text(), fake.calls
    assert [("made", name) for name in shown] == states(run("regenerate", folder, "--replay"))
    assert (before, calls) == (variant.read_text(), fake.calls)
    assert 0 == run("regenerate", folder, "--check", *shorter).code


def test_limits_are_for_all_styles_of_a_folder(run: Run, fake: FakeModel, folder: Path) -> None:
    """What the briefings in one style have spent is not left for the other."""
    run("regenerate", folder, "--force")
    plain = fake.calls
    for article in ("plant", "quay"):
        (folder / f"{article}.extractive.briefing.json").touch()
    ended = run("regenerate", folder, "--force", "--concurrency", "1", "--max-tokens-total", "2900")
    assert 4 == ended.code
    assert plain == fake.calls - plain
    assert ["plant.txt (extractive)", "quay.txt (extractive)"] == [
        Path(line.partition(": the budget was reached")[0]).name
        for line in ended.err.splitlines()
        if "the budget was reached" in line
    ]


def test_a_batch_has_the_style(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`collect` makes the briefing that `submit` was asked for; an article that it does not suit is named."""
    journal = ("--journal", tmp_path / "run.db")
    with FakeBatches() as batches:
        monkeypatch.setenv("OPENAI_BASE_URL", batches.url)
        submitted = run(
            "batch", "submit", folder, *EXTRACTIVE, "--language", "en", "--length", "brief", *journal
        )
        collected = run("batch", "collect", "--wait", "--poll", "0", *journal)
    assert (4, 0) == (submitted.code, collected.code)
    assert "quay.txt: an extractive briefing is in the article's language (de)" in submitted.err
    [briefing] = [Briefing.model_validate_json(line) for line in collected.out.splitlines()]
    meta = briefing.meta
    assert ("extractive", "brief", "replace") == (meta.style, meta.length, meta.on_unsupported)
