"""The option `--judge`."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Run

from briefing import Briefing
from briefing.testing import FakeModel

ARTICLE = "The council of Harwick closed the Tern bridge on Monday. Repairs will cost 4.2 million crowns.\n"
WRITTEN = ("--style", "written")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one article."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "bridge.txt").write_text(ARTICLE)
    return tmp_path / "articles"


@pytest.mark.parametrize(
    ("judge", "models"), [("same", ["fake", "fake"]), ("openai/other", ["fake", "other"])]
)
def test_a_model_judges(run: Run, fake: FakeModel, folder: Path, judge: str, models: list[str]) -> None:
    """One article, a run, and an update of a folder have one more call for each article."""
    for command in (
        ("summarize", folder / "bridge.txt"),
        ("summarize", folder, "--output", folder.parent / "out"),
        ("regenerate", folder),
    ):
        before = len(fake.requests)
        assert 0 == run(*command, *WRITTEN, "--judge", judge).code
        assert models == [request["model"] for request in fake.requests[before:]]


def test_a_briefing_of_another_judge_is_stale(run: Run, folder: Path) -> None:
    """As `--check` says."""
    run("regenerate", folder, "--judge", "same")

    codes = [run("regenerate", folder, "--check", *judge).code for judge in (("--judge", "same"), ())]
    assert [0, 1] == codes


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("summarize", "--judge", "nobody"), "unknown model 'nobody'"),
        (("summarize", "--judge", " "), "judge must be"),
        (
            ("summarize", "--judge", "openai/unheard-of", "--max-cost", "1", "--model", "openai/gpt-5-mini"),
            "the price of openai/unheard-of is not known, so --max-cost",
        ),
        (("regenerate", "--judge", "same", "--record"), "--judge cannot be used with --record or --replay"),
        (("batch", "submit", "--judge", "same"), "No such option"),
    ],
)
def test_a_judge_that_cannot_be_used(
    run: Run, fake: FakeModel, folder: Path, args: tuple[str, ...], said: str
) -> None:
    """Exit code 2 and no call."""
    ended = run(*args, folder)

    assert (2, 0) == (ended.code, fake.calls)
    assert said in " ".join(ended.err.split())


def test_a_small_judge_is_told(run: Run, fake: FakeModel, folder: Path) -> None:
    """In the briefing, as the library does."""
    model = ("--model", "local", "--base-url", fake.url, "--judge", "same")
    briefings = [
        Briefing.model_validate_json(run("summarize", folder / "bridge.txt", *model, *style).out)
        for style in (WRITTEN, ())
    ]

    assert [True, False] == ["small local model" in "".join(b.meta.warnings) for b in briefings]
