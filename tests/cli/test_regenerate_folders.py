"""`briefing regenerate` where its files cannot be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from commands import Run, runner

from briefing.testing import FakeModel


@pytest.fixture
def run(fake: FakeModel, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs the command."""
    monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
    return runner(monkeypatch, capfd)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an article."""
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "a.txt").write_text(
        "The mill in Skarn will close in May, the council said.", "utf-8"
    )
    return tmp_path / "news"


def test_a_cassette_that_cannot_be_written_is_told_before_the_first_call(
    run: Run, fake: FakeModel, folder: Path
) -> None:
    """The place of its folder is that of a file."""
    (folder.parent / "cassettes").write_text("mine")
    ended = run("regenerate", folder, "--record")
    assert (2, 0) == (ended.code, fake.calls)
    [line] = ended.err.splitlines()
    assert line.startswith("briefing: cannot write to the folder ")
    assert "mine" == (folder.parent / "cassettes").read_text()


@pytest.mark.parametrize("args", [(), ("--record",), ("--processes", "2")])
def test_a_briefing_that_cannot_be_written_is_told_before_the_first_call(
    run: Run, fake: FakeModel, folder: Path, args: tuple[str, ...]
) -> None:
    """A folder that can only be read is fine while its briefings are fresh."""
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write everywhere")
    ended = run("regenerate", folder, *args)
    folder.chmod(0o755)
    assert (2, 0) == (ended.code, fake.calls)
    assert "cannot write to the folder" in ended.err
