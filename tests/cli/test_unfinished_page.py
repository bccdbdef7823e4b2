"""A terminal shows the parts of a briefing as they come."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from briefing import Source
from briefing.cli.render import unfinished_page
from briefing.schemas import Statement
from briefing.testing.fake_model import FakeModel, Fault

ARTICLE = "The ferry to Skarn was cancelled on Monday. “We lost nine crates,” harbour master Ida Moe said."
PROGRAM = "from briefing.cli import main; main()"


def started(fake: FakeModel, *args: str, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start `briefing summarize` in a terminal; return the process and the other end."""
    (folder / "a.txt").write_text(ARTICLE)
    ours, theirs = pty.openpty()
    environment = os.environ | {"OPENAI_BASE_URL": fake.url, "OPENAI_API_KEY": "test", "TERM": "xterm"}
    command = [
        sys.executable,
        "-c",
        PROGRAM,
        "summarize",
        str(folder / "a.txt"),
        "--model",
        "openai/fake",
        *args,
    ]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    return process, ours


def read_until(terminal: int, words: bytes) -> bytes:
    """Read what is shown up to these words, or to the end."""
    shown = b""
    while words not in shown:
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # the process has ended
            return shown
    return shown


def test_the_first_statement_is_shown_before_the_answer_ends(tmp_path: Path) -> None:
    """The server has stalled after it. Signals end the command cleanly, as without a stream."""
    with FakeModel(faults=[Fault(after=16, hang=True)]) as fake:
        process, terminal = started(fake, folder=tmp_path)
        shown = read_until(terminal, b"[1]")
        assert b"The ferry to Skarn was cancelled on Monday." in shown
        process.send_signal(signal.SIGINT)
        read_until(terminal, b"waiting at most")
        process.send_signal(signal.SIGINT)
        shown = read_until(terminal, b"never shown")
        assert process.wait(60) == 130
        os.close(terminal)
    assert b"interrupted" in shown
    assert b"Traceback" not in shown
    assert fake.calls == 1


def test_the_page_at_the_end_is_the_whole_one(tmp_path: Path) -> None:
    """What was shown meanwhile is gone, and the page has all parts once."""
    with FakeModel() as fake:
        process, terminal = started(fake, folder=tmp_path)
        shown = read_until(terminal, b"never shown")
        assert process.wait(60) == 0
        os.close(terminal)
    page = re.sub(r"\x1b\[[0-9]*m", "", shown.rpartition(b"\x1b[2K")[2].decode())
    assert page.count("The ferry to Skarn was cancelled on Monday. [1]") == 1
    assert page.count("We lost nine crates") >= 1
    assert fake.requests[0]["stream"] is True


def test_only_a_page_in_a_terminal_is_streamed(tmp_path: Path) -> None:
    """JSON comes as before."""
    with FakeModel() as fake:
        process, terminal = started(fake, "--format", "json", folder=tmp_path)
        read_until(terminal, b"never shown")
        assert process.wait(60) == 0
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
