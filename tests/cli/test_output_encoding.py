"""Standard output in an encoding that lacks characters of the briefing, and names that only look like URLs."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from commands import Run

from briefing.cli import main
from briefing.testing import FakeModel

ARTICLE = (
    "“A gust tore the ramp off 😀,” harbour master Ida Moe said. The ferry to Łódź was cancelled on Monday."
)


@pytest.fixture(autouse=True)
def _server(fake: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIEFING_MODEL", "openai/fake")
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setenv("OPENAI_BASE_URL", fake.url)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("form", ["json", "text", "md"])
def test_a_paid_briefing_is_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoding: str, form: str
) -> None:
    """What the encoding lacks is escaped as in JSON, which reads it back."""
    (tmp_path / "a.txt").write_text(ARTICLE, "utf-8")
    printed = io.BytesIO()
    with io.TextIOWrapper(printed, encoding=encoding) as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        monkeypatch.setattr(sys, "argv", ["briefing", "summarize", str(tmp_path / "a.txt"), "-f", form])
        with pytest.raises(SystemExit) as ended:
            main()
        text = printed.getvalue().decode(encoding)
    assert (0, True) == (ended.value.code, "\\ud83d\\ude00" in text)
    if form == "json":
        assert "gust tore the ramp off 😀," in json.loads(text)["key_quotes"][0]["text"]


@pytest.mark.parametrize("url", ["http://[::1", "http://[x]/a", "https://exa\u2100mple.org/x"])
@pytest.mark.parametrize("before", [("summarize",), ("summarize", "--dry-run"), ("check", "--against")])
def test_what_only_looks_like_a_url_is_told(
    run: Run, tmp_path: Path, url: str, before: tuple[str, ...]
) -> None:
    """In one line, with the exit code of wrong input."""
    (tmp_path / "a.txt").write_text(ARTICLE, "utf-8")
    after = ("--", tmp_path / "a.txt") if before[-1] == "--against" else ()
    ended = run(*before, url, *after)
    assert 2 == ended.code
    assert "URL is not valid" in ended.err
