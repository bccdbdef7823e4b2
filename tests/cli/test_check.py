"""`briefing check`: what is printed, and how it ends."""

from __future__ import annotations

import io
import json
import os
import pty
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from commands import Run

from briefing import Checked
from briefing.cli import main

BRIDGE = (
    "The council of Harwick closed the Tern bridge on Monday. “We had no choice,” said Maren Holt, who leads the council. "
    "Repairs will cost 4.2 million crowns."
)
FERRY = (
    "The ferry to Skarn was cancelled on Tuesday. “A gust tore the ramp off,” harbour master Ida Moe said."
)
FALSE = (
    "The Tern bridge in Harwick was closed on Monday.\n“We had a choice,” said Maren Holt.\n"
    "Repairs will cost 5.2 million crowns.\n“A gust tore the ramp off,” said Maren Holt.\n"
)
TRUE = "“We had no choice,” said Maren Holt.\n“A gust tore the ramp off,” said Ida Moe.\n"


class Files(NamedTuple):
    """A folder of articles, a draft that holds and one that does not."""

    articles: Path
    true: Path
    false: Path


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Write them."""
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "bridge.txt").write_text(BRIDGE, "utf-8")
    (articles / "ferry.txt").write_text(FERRY, "utf-8")
    found = Files(articles, tmp_path / "true.md", tmp_path / "false.md")
    found.true.write_text(TRUE, "utf-8")
    found.false.write_text(FALSE, "utf-8")
    return found


def test_the_exit_code_says_whether_it_holds(run: Run, files: Files) -> None:
    """0 and 1; a folder is all its articles."""
    assert [0, 1] == [run("check", draft, "--against", files.articles).code for draft in files[1:]]


def test_several_sources_and_drafts(run: Run, files: Files) -> None:
    """All words behind `--against` are articles, up to an option or `--`; before it and behind `--` are drafts."""
    both = sorted(files.articles.iterdir())
    before = run("check", files.true, files.false, "--against", *both, "--format", "github")
    behind = run("check", "--format", "github", "--against", *both, "--", files.true, files.false)
    repeated = run(
        "check", "--against", both[0], "-f", "github", "--against", both[1], "--", files.true, files.false
    )

    assert 1 == before.code
    assert before == behind == repeated


def test_a_line_for_each_problem(run: Run, files: Files) -> None:
    """File, line and message, and nothing else."""
    ended = run("check", files.false, "--against", files.articles, "--format", "github")

    assert [
        f"{files.false}:2: the quotation 'We had a choice,' is not in the article; the nearest passage is 'We had no choice,'",
        f"{files.false}:3: the nearest sentences do not say: 5.2 million crowns",
        f"{files.false}:4: the article gives 'A gust tore the ramp off,' to 'Ida Moe', not to 'Maren Holt'",
    ] == ended.out.splitlines()
    assert "" == run("check", files.true, "--against", files.articles, "--format", "github").out


def test_lines_are_those_of_the_file(run: Run, files: Files) -> None:
    """Front matter is no text, and counts; also with line ends of other systems."""
    for end in ("\n", "\r\n", "\r"):
        files.false.write_bytes(("---\ntitle: Bridge\n---\n" + FALSE).replace("\n", end).encode())
        lines = run("check", files.false, "--against", files.articles, "--format", "github").out.splitlines()

        assert ["5", "6", "7"] == [line.removeprefix(f"{files.false}:").partition(":")[0] for line in lines]


def test_a_page_is_in_the_order_of_the_lines(run: Run, files: Files) -> None:
    """A sentence with several errors is shown once; no line ends with spaces."""
    files.false.write_text("It cost 7 crowns in 1999.\n“We had no choice,” said Maren Holt.\n", "utf-8")
    out = run("check", files.false, "--against", files.articles).out

    heads = [line.partition(" (")[0] for line in out.splitlines() if line[0].isdigit()]
    assert ["1: the nearest sentences do not say: 7 crowns, 1999", "2: exact"] == heads
    assert [line.rstrip() for line in out.splitlines()] == out.splitlines()


def test_a_page_says_that_a_speaker_is_not_certain(run: Run, files: Files) -> None:
    """Where the article does not name who says the words."""
    (files.articles / "boats.txt").write_text("Many came. “The boats are gone,” it was said there.", "utf-8")
    files.false.write_text("“The boats are gone,” said Maren Holt.\n", "utf-8")

    out = run("check", files.false, "--against", files.articles).out
    assert "speaker in the draft: Maren Holt; speaker in the article: not certain" in out


def test_json_reads_back(run: Run, files: Files) -> None:
    """It is a `Checked` with the names of the texts; for several drafts, a line each."""
    ended = run("check", files.false, "--against", files.articles, "--format", "json")
    lines = run("check", files.true, files.false, "--against", files.articles, "--format", "json").out
    checked, data = Checked.model_validate_json(ended.out), json.loads(ended.out)

    assert (str(files.false), ["bridge.txt", "ferry.txt"]) == (
        data["draft"],
        [Path(name).name for name in data["sources"]],
    )
    assert [("altered", 0), ("exact", 1)] == [(q.status, q.source_index) for q in checked.quotes]
    assert [True, False] == [json.loads(line)["ok"] for line in lines.splitlines()]


def test_text_is_plain_in_a_file(run: Run, files: Files) -> None:
    """It has passages, differences, speakers and a summary, without control characters of a terminal."""
    out = run("check", files.false, "--against", files.articles).out

    assert "\x1b" not in out
    for part in (
        "“We had a choice,”\n",
        "article: “We had no choice,”\n",
        "“a” for “no”\n",
        "exact, wrong speaker",
        "speaker in the draft: Maren Holt; speaker in the article: Ida Moe\n",
        "article: Repairs will cost 4.2 million crowns.\n",
        "3 problems in 2 quotations and 4 sentences, against 2 articles\n",
    ):
        assert part in out
    assert "no problems" in run("check", files.true, "--against", files.articles).out


def test_markdown_has_tables(run: Run, files: Files) -> None:
    """One of the quotations, one of the sentences; a bar in a text is escaped."""
    files.false.write_text("“A | B is what we had,” said Maren Holt. It cost 7 crowns.", "utf-8")
    out = run("check", files.false, "--against", files.articles, "--format", "md").out

    assert out.startswith("# ")
    assert "| A \\| B is what we had, | unverified |" in out
    assert "| It cost 7 crowns. |" in out


def _read_to_the_end(terminal: int) -> Iterator[str]:
    """Yield what was written to a terminal whose other end is closed."""
    with suppress(OSError), os.fdopen(terminal, "rb", buffering=0) as file:  # Linux ends with EIO
        while part := file.read(100_000):
            yield part.decode()


def test_a_terminal_gets_colours(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words that differ are red in the draft and green in the article."""
    reading, writing = pty.openpty()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = os.fdopen(writing, "w")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(
        sys, "argv", ["briefing", "check", str(files.false), "--against", str(files.articles)]
    )
    with pytest.raises(SystemExit):
        main()
    terminal.close()
    out = "".join(_read_to_the_end(reading))

    assert "We had \x1b[31ma\x1b[0m choice" in out
    assert "We had \x1b[32mno\x1b[0m choice" in out


def test_standard_input_is_a_draft(run: Run, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-`, but only once."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FALSE.encode())))
    ended = run("check", "-", "--against", files.articles, "--format", "github")

    assert (1, True) == (ended.code, ended.out.startswith("-:2: "))
    assert 2 == run("check", "-", "--against", "-").code


def test_a_draft_among_its_sources_is_left_out(run: Run, files: Files) -> None:
    """Else it would always hold."""
    draft = files.articles / "draft.txt"
    draft.write_text(FALSE, "utf-8")

    assert 1 == run("check", draft, "--against", files.articles).code
    assert 2 == run("check", draft, "--against", draft).code


@pytest.mark.parametrize(
    ("content", "said"), [(b"\x89PNG\r\n\x1a\n\0\0", "a PNG image"), (b"", "empty"), (None, "nowhere.txt")]
)
@pytest.mark.parametrize("which", ["draft", "source"])
def test_what_cannot_be_read(run: Run, files: Files, content: bytes | None, said: str, which: str) -> None:
    """Exit code 2 and one line that names the file and says why."""
    bad = files.true.parent / "nowhere.txt"
    if content is not None:
        bad.write_bytes(content)
    texts = (bad, files.articles) if which == "draft" else (files.true, bad)
    ended = run("check", texts[0], "--against", texts[1])

    assert (2, "") == (ended.code, ended.out)
    [line] = ended.err.splitlines()
    assert line.startswith("briefing: ")
    assert "nowhere.txt" in line
    assert said in line


@pytest.mark.parametrize("args", [("a.txt",), ("--against", "a.txt"), ("--against", "a.txt", "b.txt")])
def test_wrong_usage(run: Run, args: tuple[str, ...]) -> None:
    """A line that says what is missing."""
    ended = run("check", *args)

    assert 2 == ended.code
    assert "briefing: check needs" in ended.err


def test_the_language_may_be_given(run: Run, files: Files) -> None:
    """A tag that is none is an error."""
    assert 0 == run("check", files.true, "--against", files.articles, "--language", "en").code
    assert 2 == run("check", files.true, "--against", files.articles, "--language", "!").code


@pytest.mark.parametrize(("stream", "draft", "code"), [("stdin", "-", 2), ("stdout", "true.md", 0)])
def test_a_closed_stream_is_no_crash(
    files: Files, monkeypatch: pytest.MonkeyPatch, stream: str, draft: str, code: int
) -> None:
    """A caller who has closed standard input or output gets an exit code."""
    monkeypatch.chdir(files.true.parent)
    monkeypatch.setattr(sys, stream, None)
    monkeypatch.setattr(sys, "argv", ["briefing", "check", draft, "--against", str(files.articles)])
    with pytest.raises(SystemExit) as ended:
        main()
    getattr(sys, stream).close()
    assert ended.value.code == code


@pytest.mark.parametrize(
    ("name", "args", "begins"),
    [
        ("report.txt", (), "2: altered"),
        ("report", (), "2: altered"),
        ("report.md", (), "# false.md"),
        ("report.JSON", (), '{\n "draft"'),
        ("report.html", (), "<!DOCTYPE html>"),
        ("report.txt", ("--format", "github"), "false.md:2: "),
        ("lines.log", ("--format", "json"), '{\n "draft"'),
    ],
)
def test_output_is_a_file(
    run: Run, files: Files, monkeypatch: pytest.MonkeyPatch, name: str, args: tuple[str, ...], begins: str
) -> None:
    """Its suffix is the format, if none is given; nothing is printed, and the exit code is the same."""
    monkeypatch.chdir(files.false.parent)
    ended = run("check", "false.md", "--against", "articles", "--output", name, *args)
    assert (ended.code, ended.out) == (1, "")
    assert Path(name).read_text("utf-8").lstrip().startswith(begins)
    assert run("check", "false.md", "--against", "articles", "-o", "-").out


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("true.md", "same file as the article"),
        ("articles/bridge.txt", "same file as the article"),
        ("no/../true.md", "same file as the article"),
        ("report.docx", "end the name in"),
        ("no/report.md", "no"),
        ("articles", "articles"),
    ],
)
def test_an_output_that_cannot_be_is_told(
    run: Run, files: Files, monkeypatch: pytest.MonkeyPatch, output: str, said: str
) -> None:
    """Neither draft nor article is overwritten."""
    monkeypatch.chdir(files.true.parent)
    ended = run("check", "true.md", "--against", "articles", "--output", output)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert files.true.read_text("utf-8") == TRUE
    assert (files.articles / "bridge.txt").read_text("utf-8") == BRIDGE


def test_the_suffix_of_another_format_is_refused(run: Run, files: Files, tmp_path: Path) -> None:
    """A page in a file that ends in .json is a slip."""
    ended = run("check", files.true, "--against", files.articles, "-o", tmp_path / "a.json", "-f", "html")
    assert (ended.code, (tmp_path / "a.json").exists()) == (2, False)
