"""The documents are true, as far as a test can tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import briefing

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_readme_is_short() -> None:
    """Under 120 lines."""
    assert len(README.splitlines()) < 120


def test_names_in_the_readme_exist() -> None:
    """Every `briefing.X` that the README uses is public."""
    used = set(re.findall(r"\bbriefing\.([A-Za-z_]+)\b(?!\.(?:py|html))", README)) - {"json", "invalid"}

    assert set() == {name for name in used if not hasattr(briefing, name)}


def test_files_in_the_readme_exist() -> None:
    """Every seed and document that the README names is there."""
    named = set(re.findall(r"seeds/[\w-]+\.\w+", README)) | set(re.findall(r"\]\((\w+\.md)\)", README))

    for name in named:
        if name.startswith("seeds/") or (ROOT / "ARCHITECTURE.md").exists():
            assert (ROOT / name).exists(), name


def test_commands_in_the_readme_exist() -> None:
    """Every option that the README shows is one of the command's."""
    from typer.main import get_command

    from briefing.cli.app import app

    commands = get_command(app).commands  # type: ignore[attr-defined]  # a group, which has them
    for command, arguments in re.findall(r"^briefing (summarize|regenerate) (.*)$", README, re.MULTILINE):
        known = {option for parameter in commands[command].params for option in parameter.opts}
        assert set() == set(re.findall(r"--[a-z-]+", arguments)) - known


def test_the_architecture_names_every_module() -> None:
    """A room that is not on the plan is not found."""
    plan = ROOT / "ARCHITECTURE.md"
    if not plan.exists():
        pytest.skip("only the checkout has it")
    text = plan.read_text("utf-8")
    modules = {path.stem for path in (ROOT / "briefing").glob("*.py")} - {"__init__", "_version"}

    assert set() == {name for name in modules if not re.search(rf"\b{name}\b", text)}
