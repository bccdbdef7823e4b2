"""A terminal shows the parts of a briefing as they come."""

from __future__ import annotations

import os
import pty
import re
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from cli_processes import in_terminal
from conftest import Forked, Process

from briefing import Source
from briefing.cli.render import unfinished_page
from briefing.schemas import Statement
from briefing.testing.fake_model import FakeModel, Fault

ARTICLE = "The ferry to Skarn was cancelled on Monday. “We lost nine crates,” harbour master Ida Moe said."
Start = Callable[..., tuple[Process, int]]


@pytest.fixture
def started(tmp_path: Path, forked: Forked) -> Start:
    """Give a function that starts `briefing summarize` in a terminal, and returns the process and the other end."""

    def start(fake: FakeModel, *args: str) -> tuple[Process, int]:
        (tmp_path / "a.txt").write_text(ARTICLE)
        ours, theirs = pty.openpty()
        environment = {"OPENAI_BASE_URL": fake.url, "OPENAI_API_KEY": "test", "TERM": "xterm"}
        command = ["summarize", str(tmp_path / "a.txt"), "--model", "openai/fake", *args]
        with Connection(theirs) as terminal:
            return forked(in_terminal, terminal, *command, **environment), ours

    return start


def read_until(terminal: int, words: bytes) -> bytes:
    """Read what is shown up to these words, or to the end."""
    shown = b""
    while words not in shown:
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # the process has ended
            return shown
    return shown


def test_the_first_statement_is_shown_before_the_answer_ends(started: Start) -> None:
    """The server has stalled after it. Signals end the command cleanly, as without a stream."""
    with FakeModel(faults=[Fault(after=16, hang=True)]) as fake:
        process, terminal = started(fake)
        shown = read_until(terminal, b"[1]")
        assert b"The ferry to Skarn was cancelled on Monday." in shown
        process.interrupt()
        read_until(terminal, b"waiting at most")
        process.interrupt()
        shown = read_until(terminal, b"never shown")
        assert process.ended() == 130
        os.close(terminal)
    assert b"interrupted" in shown
    assert b"Traceback" not in shown
    assert fake.calls == 1


def test_the_page_at_the_end_is_the_whole_one(started: Start) -> None:
    """What was shown meanwhile is gone, and the page has all parts once."""
    with FakeModel() as fake:
        process, terminal = started(fake)
        shown = read_until(terminal, b"never shown")
        assert process.ended() == 0
        os.close(terminal)
    page = re.sub(r"\x1b\[[0-9]*m", "", shown.rpartition(b"\x1b[2K")[2].decode())
    assert page.count("The ferry to Skarn was cancelled on Monday. [1]") == 1
    assert page.count("We lost nine crates") >= 1
    assert fake.requests[0]["stream"] is True


def test_only_a_page_in_a_terminal_is_streamed(started: Start) -> None:
    """JSON comes as before."""
    with FakeModel() as fake:
        process, terminal = started(fake, "--format", "json")
        read_until(terminal, b"never shown")
        assert process.ended() == 0
        os.close(terminal)
    assert "stream" not in fake.requests[0]


def test_parts_are_in_the_order_of_the_page() -> None:
    """Whichever came first, and without those that were taken away."""
    from rich.console import Console

    source = Source.from_text(ARTICLE)
    sentence, other = (Statement.extracted(span, source) for span in source.sentences)
    parts: dict[str, Any] = {"summary.sentences[1]": other, "summary.sentences[0]": sentence}
    console = Console(width=200)
    with console.capture() as captured:
        console.print(
            unfinished_page(parts | {"summary.sentences[2]": None, "headline_support": "supported"}, source)
        )
    assert captured.get().split("\n")[2:4] == [f"{sentence.text} [1]", f"{other.text} [2]"]
