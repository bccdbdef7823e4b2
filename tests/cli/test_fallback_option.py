"""`--fallback`: another model in reserve."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Run

from briefing.testing import FakeModel, Fault

TOWN = "The council of Harwick voted on Monday to shut the plant. “We had no choice,” said Maren Holt. It employs 340."
MODELS = ("--model", "openai/gpt-4o", "--fallback", "openai/gpt-4o-mini", "--fallback", "openai/gpt-4.1-mini")


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModel]:
    """A server with a model that refuses."""
    with FakeModel(faults=lambda body: Fault(refusal="No.") if body["model"] == "gpt-4o" else None) as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        yield fake


def test_the_fallback_makes_the_briefing(run: Run, refusing: FakeModel, tmp_path: Path) -> None:
    """Of one article and of several, with its name in `meta`; the closing line counts all calls."""
    (tmp_path / "a.txt").write_text(TOWN)
    (tmp_path / "b.txt").write_text(f"{TOWN} It rained.")
    one = json.loads(run("summarize", tmp_path / "a.txt", *MODELS).out)
    many = run("summarize", tmp_path, *MODELS)

    assert ("openai/gpt-4o-mini", 2) == (one["meta"]["model"], one["meta"]["attempts"])
    models = [json.loads(line)["meta"]["model"] for line in many.out.splitlines()]
    assert (0, ["openai/gpt-4o-mini"] * 2) == (many.code, models)
    assert "2 made" in many.err
    assert "$" in many.err


def test_a_briefing_of_a_fallback_is_stale(run: Run, refusing: FakeModel, tmp_path: Path) -> None:
    """The first model is tried again by the next `regenerate`."""
    (tmp_path / "a.txt").write_text(TOWN)
    assert 0 == run("regenerate", tmp_path, *MODELS).code
    assert run("regenerate", tmp_path, *MODELS, "--check").out.startswith("stale")


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("summarize", *MODELS, "--fallback", "openai/gpt-4o"), "is tried already"),
        (("summarize", "--fallback", "nonsense"), "unknown model"),
        (("regenerate", *MODELS, "--record"), "--fallback cannot be used with --record"),
    ],
    ids=["twice", "no name", "record"],
)
def test_wrong_usage_is_told(run: Run, tmp_path: Path, command: tuple[str, ...], reason: str) -> None:
    """With exit code 2, before a call."""
    (tmp_path / "a.txt").write_text(TOWN)
    ended = run(command[0], tmp_path, *command[1:])
    assert 2 == ended.code
    assert reason in ended.err
