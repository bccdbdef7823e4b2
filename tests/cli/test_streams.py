"""Paths and streams of the command line: what is refused before the first call, and what becomes of what was paid for."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Ended, Run

from briefing import atomic_write
from briefing.cli.inputs import PassedOver
from briefing.journal import database
from briefing.testing.fake_model import FakeModel

ARTICLE = (
    "The ferry to Skarn was cancelled on Monday.\n"
    "“A gust tore the ramp off and dropped it in the harbour,” harbour master Ida Moe said.\n"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with an article, its hard link, a link to it, a folder of two, and a prompt."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(ARTICLE)
    (tmp_path / "hard.txt").hardlink_to(tmp_path / "a.txt")
    (tmp_path / "link.txt").symlink_to("a.txt")
    (tmp_path / "in").mkdir()
    for number in range(2):
        (tmp_path / "in" / f"a{number}.txt").write_text(ARTICLE.replace("Skarn", f"Skarn {number}"))
    (tmp_path / "in" / "b.briefing.txt").write_text(ARTICLE)
    (tmp_path / "linked").symlink_to("in")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    """Names and contents of all files below a folder."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    "args",
    [
        "summarize a.txt -o a.txt",
        "summarize a.txt -o hard.txt",
        "summarize a.txt -o missing/../a.txt",
        "summarize a.txt -o link.txt",
        "summarize hard.txt --journal ./in/../a.txt",
        "summarize a.txt --journal run.json -o run.json",
        "summarize in --journal run.jsonl -o in/../run.jsonl",
        "summarize in --journal run --failed-list run-wal",
        "summarize in --journal run -o run-wal",
        "summarize in -o out.jsonl --failed-list out.jsonl",
        "summarize in -o out.jsonl --failed-list out.partial.jsonl",
        "summarize in --failed-list linked/a1.txt",
        "summarize linked --failed-list in/a1.txt",
        "summarize a.txt in/b.briefing.txt -o in -f text",
        "summarize in --prompt a.txt --failed-list a.txt",
        "summarize a.txt -o x.xml",
        "summarize in -o x.xml",
        "summarize a.txt -o x.json -f md",
        "regenerate in --failed-list in/a0.txt",
        "regenerate in --journal in/a0.briefing.json",
        "journal export run.db -o run.db",
        "journal export run.db -o x.csv",
        "batch submit in --journal in/a0.txt",
        "batch submit a.txt --journal link.txt",
    ],
)
def test_a_file_that_would_be_overwritten_is_refused_before_the_first_call(
    run: Run, fake: FakeModel, here: Path, args: str
) -> None:
    """Also under another name, and also where an unknown suffix would hold another format: nothing is touched."""
    before = contents(here)

    ended = run(*args.split())

    assert (2, 1, "") == (ended.code, len(ended.err.splitlines()), ended.out)
    assert "same file" in ended.err or "overwrite" in ended.err or "end" in ended.err
    assert (0, before) == (fake.calls, contents(here))


def test_a_redirected_standard_output_may_not_be_the_article(
    run: Run, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    """As `cat` refuses it."""
    with (here / "a.txt").open("a") as out:
        monkeypatch.setattr(sys, "stdout", out)
        ended = run("summarize", "a.txt")

    assert (2, ARTICLE) == (ended.code, (here / "a.txt").read_text())
    assert "standard output is the same file" in ended.err


@pytest.mark.parametrize("args", [("a.txt",), ("in",)])
def test_links_in_an_output_folder_are_not_followed(run: Run, here: Path, args: tuple[str, ...]) -> None:
    """A link at a briefing's place is replaced."""
    (here / "out").mkdir()
    (here / "victim").write_text("untouched")
    for name in ("a", "a0"):
        (here / "out" / f"{name}.briefing.json").symlink_to(here / "victim")

    assert 0 == run("summarize", *args, "-o", "out").code
    assert "untouched" == (here / "victim").read_text()


def test_a_folder_of_an_output_folder_that_is_a_link_is_refused(
    run: Run, fake: FakeModel, here: Path
) -> None:
    """Before its articles are paid for."""
    (here / "in" / "sub").mkdir()
    (here / "in" / "sub" / "c.txt").write_text(ARTICLE)
    for name in ("out", "elsewhere"):
        (here / name).mkdir()
    (here / "out" / "sub").symlink_to(here / "elsewhere")

    ended = run("summarize", "in", "-o", "out")

    assert (4, 2) == (ended.code, fake.calls)
    assert "out/sub is a symbolic link" in ended.err
    assert {} == contents(here / "elsewhere")


@pytest.mark.parametrize("name", ["/dev/stdout", "-", "/dev/fd/1", "linked-stdout"])
def test_standard_output_has_several_names(run: Run, here: Path, name: str) -> None:
    """They are written to as standard output is, also through a link."""
    (here / "linked-stdout").symlink_to("/dev/stdout")

    assert '"headline"' in run("summarize", "a.txt", "-o", name).out
    assert 2 == len(run("summarize", "in", "-o", name).out.splitlines())


@pytest.mark.parametrize("source", ["a.txt", "in"])
def test_an_open_file_is_written_to(run: Run, here: Path, source: str) -> None:
    """/dev/fd/N is not replaced: what stands in it stays."""
    with (here / "log").open("ab") as file:
        file.write(b"before\n")
        file.flush()
        assert 0 == run("summarize", source, "-o", f"/dev/fd/{file.fileno()}").code

    assert (here / "log").read_text().startswith("before\n{")


def test_a_pipe_gets_the_briefing(run: Run, here: Path) -> None:
    """A reader may come later."""
    os.mkfifo("pipe.json")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(Path("pipe.json").read_text()))
    reader.start()

    assert 0 == run("summarize", "a.txt", "-o", "pipe.json").code
    reader.join()
    assert "headline" in json.loads(got[0])


@pytest.mark.parametrize(("source", "pipe"), [("a.txt", "pipe.json"), ("in", "pipe.jsonl")])
def test_a_pipe_that_nobody_reads_is_told_before_the_first_call(
    run: Run, fake: FakeModel, monkeypatch: pytest.MonkeyPatch, here: Path, source: str, pipe: str
) -> None:
    """It would block for ever."""
    monkeypatch.setattr(atomic_write, "PIPE_SECONDS", 0.1)
    os.mkfifo(pipe)

    ended = run("summarize", source, "-o", pipe)

    assert (2, 0) == (ended.code, fake.calls)
    assert "nobody has opened this pipe" in ended.err


def test_an_article_is_read_from_a_pipe(run: Run, fake: FakeModel, here: Path) -> None:
    """Whoever writes it may come later."""
    os.mkfifo("pipe.txt")
    writer = threading.Thread(target=lambda: Path("pipe.txt").write_text(Path("a.txt").read_text()))
    writer.start()

    ended = run("summarize", "pipe.txt", "--format", "json")

    writer.join()
    assert (0, 1) == (ended.code, fake.calls)
    assert json.loads(ended.out)["headline"]


@pytest.mark.parametrize(
    "command",
    [("summarize", "pipe.txt"), ("verify", "pipe.txt", "a.txt"), ("check", "pipe.txt", "--against", "a.txt")],
)
def test_a_pipe_that_nobody_writes_to_is_told(
    run: Run, fake: FakeModel, monkeypatch: pytest.MonkeyPatch, here: Path, command: tuple[str, ...]
) -> None:
    """It would be waited for for ever."""
    monkeypatch.setattr(atomic_write, "PIPE_SECONDS", 0.1)
    os.mkfifo("pipe.txt")

    ended = run(*command)

    assert (2, 0) == (ended.code, fake.calls)
    assert "cannot read pipe.txt: nobody has opened this pipe to write to it, for 0.1 s" in ended.err
    for thread in threading.enumerate():
        if thread.name == "briefing-call":
            thread.join()  # it does not wait on


full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


@full
@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("summarize", "a.txt"), 2, "the briefing is lost"),
        (("summarize", "a.txt", "-f", "text"), 2, "the briefing is lost"),
        (("summarize", "a.txt", "--journal", "run.db"), 2, "the briefing is in run.db"),
        (("summarize", "in"), 2, "2 lost"),
        (("check", "a.txt", "--against", "in"), 2, "cannot write standard output"),
        (("prompts", "list"), 2, "cannot write standard output"),
        (("--help",), 2, "cannot write standard output"),
    ],
)
def test_a_full_standard_output_is_one_clear_line(
    fake: FakeModel, here: Path, run_full: Callable[..., Ended], args: tuple[str, ...], code: int, said: str
) -> None:
    """No traceback, and what was paid for is recorded or said to be lost."""
    ended = run_full(*args)

    assert code == ended.code
    assert said in ended.err
    assert "No space left on device" in ended.err


@pytest.fixture
def run_full(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run a command whose standard output is on a full device."""

    def command(*args: str) -> Ended:
        with open("/dev/full", "w", encoding="utf-8") as stream:  # noqa: PTH123
            monkeypatch.setattr(sys, "stdout", stream)
            ended = run(*args)
            monkeypatch.undo()
        return ended

    return command


@full
def test_a_briefing_that_cannot_be_written_is_printed(run: Run, here: Path) -> None:
    """It is paid for."""
    ended = run("summarize", "a.txt", "-o", "/dev/full")

    assert 2 == ended.code
    assert "headline" in json.loads(ended.out)
    assert "the briefing is on standard output" in ended.err


@pytest.mark.parametrize("stream", ["closed", "read-only"])
def test_a_standard_output_that_is_not_there_is_told_before_the_first_call(
    run: Run, fake: FakeModel, monkeypatch: pytest.MonkeyPatch, here: Path, stream: str
) -> None:
    """The briefing would be paid for and lost. With a journal it is not."""
    with (here / "a.txt").open() as read_only:
        monkeypatch.setattr(sys, "stdout", None if stream == "closed" else read_only)
        ended = run("summarize", "a.txt")
        sys.stdout.close()
        monkeypatch.setattr(sys, "stdout", None)
        recorded = run("summarize", "a.txt", "--journal", "run.db")
        sys.stdout.close()

    assert (2, 0, 1) == (ended.code, recorded.code, fake.calls)
    assert "standard output is closed" in ended.err


def test_a_standard_input_that_cannot_be_read_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    """Closed, or open for writing only."""
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input is closed" in run("summarize", "-").err
    sys.stdin.close()
    with (here / "w").open("wb") as file:
        stream = io.TextIOWrapper(io.BufferedReader(io.FileIO(os.dup(file.fileno()))))
        monkeypatch.setattr(sys, "stdin", stream)
        assert "cannot read standard input: Bad file descriptor" in run("summarize", "-").err
        stream.close()


def test_an_encoding_can_be_given(run: Run, fake: FakeModel, here: Path) -> None:
    """For files and standard input; an unknown one is refused before anything is read."""
    (here / "a.txt").write_bytes(ARTICLE.replace("Ida Moe", "Zoë Müller").encode("cp437", "replace"))

    ended = run("summarize", "a.txt", "--encoding", "cp437", "--plan", "joint")

    assert "Zoë Müller" in ended.out
    assert "there is no text encoding" in run("summarize", "a.txt", "--encoding", "rot13").err
    assert 1 == fake.calls


def test_files_of_a_folder_that_are_not_read_are_listed(run: Run, here: Path) -> None:
    """Other formats and broken links; pictures, hidden files and briefings are no articles."""
    for name in ("r.rtf", "s.RTF", "t.xml", "u.png", ".v.rtf", "w.briefing.rtf"):
        (here / "in" / name).write_bytes(b"")
    (here / "in" / "x.md").symlink_to("nowhere")

    ended = run("summarize", "in")

    assert 0 == ended.code
    assert "not read: 1 .md, 2 .rtf, 1 .xml (" in ended.err
    assert "feeds are read by briefing summarize --feed FILE; give others as text" in ended.err
    assert "not read: 2 .rtf, 1 .xml (" in run("regenerate", "in", "--check").err


@pytest.mark.parametrize(
    ("names", "advice"),
    [
        (["r.rtf"], ["give them as text, Markdown or HTML"]),
        (["f.rss", "g.atom"], ["feeds are read by briefing summarize --feed FILE"]),
        (["p.pdf"], ['to read .pdf, run: pip install "grounded-briefing[pdf]"']),
        (
            ["r.rtf", "f.rss", "p.pdf"],
            [
                'to read .pdf, run: pip install "grounded-briefing[pdf]"',
                "feeds are read by briefing summarize --feed FILE",
                "give others as text, Markdown or HTML",
            ],
        ),
    ],
)
def test_each_kind_of_file_that_is_not_read_has_its_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], advice: list[str]
) -> None:
    """Once: the extra that is missing, `--feed`, another format."""
    monkeypatch.setattr("briefing.cli.inputs.missing_extra", {".pdf": "pdf"}.get)
    passed_over = PassedOver()
    for name in names:
        (tmp_path / name).touch()
    with os.scandir(tmp_path) as entries:
        for entry in entries:
            passed_over.consider(entry.path)

    assert advice == str(passed_over).split("; ")[1:]


def test_what_the_journal_cannot_record_is_written(
    run: Run, fake: FakeModel, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    """Its disk is full, that of the output is not: no answer that was paid for is thrown away, and the counts are true."""
    for number in range(2, 20):
        (here / "in" / f"a{number}.txt").write_text(ARTICLE.replace("Skarn", f"Skarn {number}"))
    commit = database.Database._commit

    def failing(self: database.Database, group: Any) -> Any:
        if fake.calls > 1:  # from then on there is something to lose
            raise sqlite3.OperationalError("database or disk is full")
        return commit(self, group)

    monkeypatch.setattr(database.Database, "_commit", failing)
    ended = run("summarize", "in", "--journal", "run.db", "-o", "out.jsonl", "--concurrency", "4")

    assert 4 == ended.code
    rows = [json.loads(line) for line in (here / "out.partial.jsonl").read_text().splitlines()]
    assert fake.calls == len([row for row in rows if row["briefing"]])
    assert f"briefing: {fake.calls} made," in ended.err


def test_a_file_that_is_no_feed_is_to_be_given_without_the_option(run: Run, here: Path) -> None:
    """Not as a URL, which only a page can have."""
    (here / "news.txt").write_text(ARTICLE, "utf-8")

    ended = run("summarize", "--feed", "news.txt")

    assert (2, True) == (ended.code, "Give a page or a text without --feed." in ended.err)


def test_a_fresh_briefing_without_its_recording_is_listed_as_such(
    run: Run, fake: FakeModel, here: Path
) -> None:
    """As are those that `--force` makes again."""
    made = run("regenerate", "in").code
    fresh = run("regenerate", "in", "--check").out.splitlines()
    unrecorded = run("regenerate", "in", "--check", "--record").out.splitlines()
    forced = run("regenerate", "in", "--check", "--force").out.splitlines()

    assert (0, ["3 fresh, 0 new or stale"]) == (made, fresh)
    assert [True, "0 fresh, 3 new or stale"] == [unrecorded[0].startswith("not recorded  in"), unrecorded[-1]]
    assert forced[0].startswith("fresh, but --force  in")


def test_the_entries_of_feeds_are_articles(run: Run, fake: FakeModel, here: Path) -> None:
    """Beside other sources, named by their links; one without text fails, and the others are made."""
    entry = "<item><title>{0}</title><link>https://sk.example/{0}</link><description>{1}</description></item>"
    items = entry.format("ferry", "The ferry is cancelled.") + entry.format("quay", "")
    (here / "feed.xml").write_text(f"<rss><channel>{items}</channel></rss>")
    (here / "c.txt").write_text("The mill closed.")

    ended = run("summarize", "c.txt", "--feed", "feed.xml", "-o", "out")

    assert 4 == ended.code
    assert ["c.briefing.json", "ferry.briefing.json"] == sorted(
        path.name for path in (here / "out").iterdir()
    )
    assert (
        "https://sk.example/quay: The article is empty. The feed has only its title; to read its page, use --feed-pages"
        in (ended.err)
    )
    calls = fake.calls
    assert 2 == run("summarize", "--feed", "feed.xml", "--feed-pages").code  # no such host
    assert 2 == run("summarize", "feed.xml").code
    assert "--feed, or give" in run("summarize", "feed.xml").err
    assert "a SOURCE, or --feed" in run("summarize").err
    assert "needs --feed" in run("summarize", "c.txt", "--feed-pages").err
    assert 2 == run("summarize", "--feed", "feed.xml", "--failed-list", "feed.xml").code
    assert calls == fake.calls
