"""The command line over many articles: folders in; folders, JSON lines and Parquet out; limits, faults and signals."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import queue
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from cli_processes import barely_read, command, write_rows
from commands import Ended, Run, Signals, runner
from conftest import Forked, Process

from briefing import Briefer, Briefing, Journal, Source
from briefing.cli.inputs import places
from briefing.cli.progress import RunProgress, Tally
from briefing.testing.fake_model import FakeModel, Fault

#: A signal between `open` and `with` leaves an article's file to be closed by the reference count.
signalled = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


def article(number: int) -> str:
    """One of many articles."""
    return (
        f"The ferry {number} to Skarn was cancelled on Monday.\n"
        f"“We lost {number} crates in the storm,” harbour master Ida Moe said.\n"
    )


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `briefing ARGS` in this process, against a fake model that is given first."""
    command = runner(monkeypatch, capfd)

    def against(fake: FakeModel, *args: str | Path) -> Ended:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        return command(*args)

    return against


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a dozen articles in three folders, and with what is no article."""
    for number in range(12):
        path = tmp_path / "in" / f"{number % 3}" / f"a{number:02}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(article(number))
    (tmp_path / "in" / "0" / "a00.html").write_text(f"<html><body><p>{article(100)}</p></body></html>")
    for name in (".hidden.txt", "picture.png", "a01.briefing.json", "a01.briefing.md"):
        (tmp_path / "in" / name).write_text("no article")
    (tmp_path / "in" / ".git").mkdir()
    (tmp_path / "in" / ".git" / "description.txt").write_text("no article")
    return tmp_path / "in"


def failing(*numbers: int, fault: Fault | None = None) -> Callable[[dict[str, Any]], Fault | None]:
    """Faults for the articles of these numbers."""

    def faulty(request: dict[str, Any]) -> Fault | None:
        text = json.dumps(request["messages"])
        return (fault or Fault(status=400)) if any(f"ferry {n} to" in text for n in numbers) else None

    return faulty


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def written(folder: Path) -> list[str]:
    """Names of all files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_folder_becomes_a_folder(run: Run, fake: FakeModel, folder: Path, tmp_path: Path) -> None:
    """Below it all is as it was; two articles of one stem have a briefing each; it is made if it is not there."""
    ended = run(fake, "summarize", folder, "-o", tmp_path / "out")

    expected = [f"{n % 3}/a{n:02}.briefing.json" for n in range(12)] + ["0/a00-2.briefing.json"]
    assert 0 == ended.code
    assert sorted(expected) == written(tmp_path / "out")
    assert 13 == fake.calls
    made = Briefing.model_validate_json((tmp_path / "out" / "1" / "a04.briefing.json").read_bytes())
    assert [] == made.verify(Source.from_file(folder / "1" / "a04.txt"))


def test_several_folders_have_their_own_in_the_output(run: Run, fake: FakeModel, tmp_path: Path) -> None:
    """Also where their own names are the same; files that are named go to the top."""
    for number, name in enumerate(("x/news/a.txt", "y/news/a.txt", "a.txt")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(article(number))

    run(
        fake,
        "summarize",
        *(tmp_path / n for n in ("x/news", "y/news", "a.txt")),
        "-f",
        "md",
        "-o",
        tmp_path / "out",
    )

    assert ["a.briefing.md", "news/a-2.briefing.md", "news/a.briefing.md"] == written(tmp_path / "out")


def test_names_do_not_collide_however_alike(tmp_path: Path) -> None:
    """Nor where only case tells them apart, or a number that we would give is there already."""
    names = ["a.txt", "a.md", "a-2.txt", "A.html", "https://news.example/x/a", "-"]

    targets = [place.target for place in places(names)]

    assert ["a", "a-2", "a-2-2", "A-3", "a-4", "stdin"] == targets


def test_links_in_a_circle_and_into_nothing_end(tmp_path: Path) -> None:
    """Each folder is read once, a link to an article counts, and a link to nothing does not."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.txt").write_text(article(1))
    (tmp_path / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "c").symlink_to(tmp_path / "b")
    (tmp_path / "d.txt").symlink_to(tmp_path / "b" / "x.txt")
    (tmp_path / "e.txt").symlink_to(tmp_path / "nothing")
    (tmp_path / "f.txt").symlink_to(tmp_path / "f.txt")

    assert ["b/x", "d"] == [place.target for place in places([str(tmp_path)])]


def test_briefings_beside_their_articles_are_not_briefed(run: Run, fake: FakeModel, folder: Path) -> None:
    """The output may be the folder itself, or be in it; nothing of it is taken for an article."""
    for output in (folder, folder / "out"):
        for _ in range(2):
            assert 0 == run(fake, "summarize", folder, "-f", "md", "-o", output).code

    assert 4 * 13 == fake.calls


def test_json_lines_have_briefings_and_errors(run: Run, folder: Path, tmp_path: Path) -> None:
    """One line for each article: where it is, its fingerprint, and what became of it."""
    (folder / "empty.txt").write_text("")

    with FakeModel(faults=failing(3)) as fake:
        ended = run(fake, "summarize", folder, "-o", tmp_path / "out.jsonl")

    rows = {Path(row["source"]).name: row for row in lines(tmp_path / "out.jsonl")}
    assert 4 == ended.code
    assert 14 == len(rows)
    assert {"source", "fingerprint", "briefing", "error"} == rows["a00.txt"].keys()
    made = Briefing.model_validate(rows["a00.txt"]["briefing"])
    assert made.meta.fingerprint == rows["a00.txt"]["fingerprint"]
    assert [] == made.verify(Source.from_file(folder / "0" / "a00.txt"))
    assert ("RequestError", None) == (rows["a03.txt"]["error"]["type"], rows["a03.txt"]["briefing"])
    assert 64 == len(rows["a03.txt"]["fingerprint"])
    assert ("InputError", None) == (rows["empty.txt"]["error"]["type"], rows["empty.txt"]["fingerprint"])


def test_parquet_has_a_row_for_each_article(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In groups, as they come."""
    monkeypatch.setattr("briefing.exports.parquet._GROUP_SIZE", 5)

    with FakeModel(faults=failing(3)) as fake:
        ended = run(fake, "summarize", folder, "-o", tmp_path / "out.parquet")

    file = pq.ParquetFile(tmp_path / "out.parquet")
    rows = {Path(row["source"]).name: row for row in file.read().to_pylist()}
    assert 4 == ended.code
    assert (3, 13) == (file.num_row_groups, len(rows))
    made = Briefing.model_validate_json(rows["a00.txt"]["briefing"])
    assert (made.headline, made.summary.text) == (rows["a00.txt"]["headline"], rows["a00.txt"]["summary"])
    assert made.meta.usage.input_tokens == rows["a00.txt"]["input_tokens"]
    assert ("RequestError", None) == (rows["a03.txt"]["error_type"], rows["a03.txt"]["briefing"])


def test_a_parquet_file_is_written_in_flat_memory(forked: Forked, tmp_path: Path) -> None:
    """Arrow does not keep the memory of what has been written."""
    [grown] = forked(write_rows, tmp_path / "out.parquet", 4000).rest()

    assert 4000 == pq.ParquetFile(tmp_path / "out.parquet").metadata.num_rows
    assert grown < 15_000_000


def test_a_closed_pipe_ends_the_run_quietly_and_keeps_what_was_paid(
    forked: Forked, folder: Path, tmp_path: Path
) -> None:
    """As SIGPIPE would have ended it, but for what is under way: it is paid for, and comes into the journal."""
    given = ("summarize", str(folder), "--journal", str(tmp_path / "run.db"), "--concurrency", "3")
    with FakeModel(latency=0.05) as fake:
        environment = {"OPENAI_BASE_URL": fake.url, "OPENAI_API_KEY": "test", "BRIEFING_MODEL": "openai/fake"}
        process = forked(barely_read, tmp_path, 100, *given, **environment)
        assert 141 == process.ended()
        calls = fake.calls

    assert "" == (tmp_path / "stderr").read_text()
    with Journal(tmp_path / "run.db") as journal:
        assert calls == journal.totals().done


@pytest.mark.parametrize(
    "args",
    [("summarize", "{}", "-f", "text"), ("summarize", "{}"), ("prompts", "show", "briefing"), ("--help",)],
)
def test_a_closed_pipe_has_one_exit_code(
    forked: Forked, fake: FakeModel, folder: Path, tmp_path: Path, args: tuple[str, ...]
) -> None:
    """Whatever was being written, and by whom."""
    environment = {"OPENAI_BASE_URL": fake.url, "OPENAI_API_KEY": "test", "BRIEFING_MODEL": "openai/fake"}
    process = forked(barely_read, tmp_path, 0, *(arg.format(folder) for arg in args), **environment)

    assert (141, "") == (process.ended(), (tmp_path / "stderr").read_text())


@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "local"])
@pytest.mark.parametrize("command", ["summarize", "regenerate"])
def test_what_the_journal_has_needs_no_key_and_no_server(
    run: Run,
    fake: FakeModel,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    model: str,
) -> None:
    """Nor is a model on this machine pulled or started: the briefings come from the journal as they are."""
    articles = [Source.from_file(path) for path in (folder / "1").glob("*.txt")]
    with (
        Journal(tmp_path / "run.db") as journal,
        Briefer(model) as asked,
        Briefer(base_url=fake.url) as maker,
    ):
        for source in articles:
            made = maker.summarize(source)
            # The command replaces what is not backed.
            fingerprint = asked.fingerprint(source, on_unsupported="replace")
            meta = made.meta.model_copy(update={"fingerprint": fingerprint})
            journal.record(made.model_copy(update={"meta": meta}), meta, schema=Briefing)
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setattr("briefing.local.server.serve", _never)
    monkeypatch.setattr("briefing.llm.sdk.connect", _never)

    ended = run(fake, command, folder / "1", "--journal", tmp_path / "run.db", "--model", model)

    assert (0, 4, 4) == (ended.code, len(articles), fake.calls)
    assert f"4 {'reused' if command == 'summarize' else 'made'}" in ended.err + ended.out


def _never(*args: Any) -> Any:
    raise AssertionError("there was a connection")


@pytest.mark.parametrize(
    ("model", "reason"),
    [("local", 'pip install "grounded-briefing[local]"'), ("nobody/knows", "unknown model")],
)
def test_what_holds_for_all_articles_is_told_once(
    run: Run, fake: FakeModel, folder: Path, monkeypatch: pytest.MonkeyPatch, model: str, reason: str
) -> None:
    """Where the model cannot be asked at all, the others are not tried."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("BRIEFING_ANY_PROVIDER", "1")  # else an unknown provider is refused before the run

    ended = run(fake, "summarize", folder / "1", "--model", model)

    told = ended.err.splitlines()
    assert (2, 3) == (ended.code, len(told))
    assert reason in told[0]
    assert "all other articles would fail for the same reason" in told[1]


def test_a_second_run_with_a_journal_asks_nothing(
    run: Run, fake: FakeModel, folder: Path, tmp_path: Path
) -> None:
    """What is known is counted apart, costs nothing, and goes to the output all the same."""
    run(fake, "summarize", folder, "--journal", tmp_path / "run.db", "-o", tmp_path / "out")

    ended = run(fake, "summarize", folder, "--journal", tmp_path / "run.db", "-o", tmp_path / "again.jsonl")

    assert (0, 13) == (ended.code, fake.calls)
    assert 13 == len((tmp_path / "again.jsonl").read_text().splitlines())
    assert "0 made, 13 reused" in ended.err
    assert "tokens" not in ended.err


def test_only_what_failed_is_tried_again(run: Run, folder: Path, tmp_path: Path) -> None:
    """Results come from the journal; articles that were never tried are skipped and counted."""
    options = ("--journal", tmp_path / "run.db", "-o", tmp_path / "out.jsonl")
    with FakeModel(faults=failing(3, 6)) as fake:
        run(fake, "summarize", folder / "0", *options)
    with FakeModel() as fake:
        ended = run(fake, "summarize", folder, "--retry-failed", *options)

        assert (0, 2) == (ended.code, fake.calls)
    assert "2 made, 3 reused, 8 never tried, skipped" in ended.err
    assert 5 == len((tmp_path / "out.jsonl").read_text().splitlines())
    with Journal(tmp_path / "run.db") as journal:
        assert (5, 0) == (journal.totals().done, journal.totals().failed)


def test_what_failed_is_told_at_the_end_the_like_together(run: Run, tmp_path: Path) -> None:
    """With a few names each, the most frequent first; a file holds them all."""
    for number in range(30):
        (tmp_path / f"a{number:02}.txt").write_text(article(number) if number else "")
    with FakeModel(faults=failing(*range(1, 26))) as fake:
        ended = run(fake, "summarize", tmp_path, "-f", "md", "--failed-list", tmp_path / "failed.jsonl")

    assert 4 == ended.code
    told = ended.err.splitlines()
    assert "briefing: 25 failed: RequestError: openai rejected the request (400): fake failure 400" == told[0]
    assert told[1].endswith("and 22 more")
    assert told[2].startswith("briefing: 1 failed: InputError: ")
    assert told[-1].startswith("briefing: 4 made, 26 failed, 0:")
    rows = lines(tmp_path / "failed.jsonl")
    assert (26, {"source", "type", "message"}) == (len(rows), set(rows[0]))


def test_limits_are_for_the_whole_run(run: Run, fake: FakeModel, folder: Path) -> None:
    """What would pass them is not asked, and is told as failed."""
    ended = run(fake, "summarize", folder, "--max-tokens-total", "5000", "--concurrency", "1")

    assert 4 == ended.code
    assert 0 < fake.calls < 13
    assert "the budget was reached" in ended.err


def test_a_wrong_key_ends_the_run(run: Run, folder: Path) -> None:
    """The others would end so too; they are not asked."""
    with FakeModel(faults=lambda _request: Fault(status=401)) as fake:
        ended = run(fake, "summarize", folder, "--concurrency", "1")

        assert 3 == ended.code
        assert 1 <= fake.calls < 13  # once it is said, those that are waiting are not asked
    assert "3 consecutive articles failed" in ended.err


@signalled
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_and_the_same_command_goes_on(
    run: Run, signals: Signals, folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Nothing half-written stays, what is done is in the journal, and is not asked again."""
    args = (
        "summarize",
        folder,
        "--journal",
        tmp_path / "run.db",
        "-o",
        tmp_path / "out.jsonl",
        "--concurrency",
        "1",
        "--grace",
        "0.1",
    )

    def interrupt(request: dict[str, Any]) -> Fault | None:
        if "ferry 7 to" in json.dumps(request["messages"]):
            signals.send(number)
            return Fault(hang=True)
        return None

    with FakeModel(faults=interrupt) as fake:
        ended = run(fake, *args)
    done = fake.calls - 1
    with FakeModel() as fake:
        again = run(fake, *args)

        assert 13 - done == fake.calls
    assert 130 == ended.code
    assert "interrupted; run the same command again to continue" in ended.err
    assert 0 == again.code
    assert 13 == len((tmp_path / "out.jsonl").read_text().splitlines())
    assert ["out.jsonl", "run.db"] == sorted(path.name for path in tmp_path.iterdir() if path.is_file())


@signalled
def test_without_a_journal_what_an_interrupted_run_made_is_kept_beside(
    run: Run, signals: Signals, folder: Path, tmp_path: Path
) -> None:
    """Whole lines, under another name: the output itself stays what it was."""
    (tmp_path / "out.jsonl").write_text("before\n")

    def interrupt(request: dict[str, Any]) -> Fault | None:
        if "ferry 7 to" in json.dumps(request["messages"]):
            signals.send()
            return Fault(hang=True)
        return None

    with FakeModel(faults=interrupt) as fake:
        one_by_one = ("--concurrency", "1", "--grace", "0.1")
        ended = run(fake, "summarize", folder, "-o", tmp_path / "out.jsonl", *one_by_one)

    assert 130 == ended.code
    assert "out.partial.jsonl" in ended.err
    assert "before\n" == (tmp_path / "out.jsonl").read_text()
    rows = lines(tmp_path / "out.partial.jsonl")
    assert [fake.calls - 1, True] == [len(rows), all(row["briefing"] for row in rows)]


@signalled
@pytest.mark.parametrize("journal", [True, False])
def test_articles_under_way_end_after_a_signal(
    run: Run, signals: Signals, folder: Path, tmp_path: Path, journal: bool
) -> None:
    """No article is started after it, and all that was paid for is written, and recorded."""
    args = ["summarize", folder, "-o", tmp_path / "out.jsonl", "--concurrency", "3"]
    args += ["--journal", tmp_path / "run.db"] if journal else []
    calls = 0

    def interrupt(request: dict[str, Any]) -> Fault | None:
        nonlocal calls
        calls += 1
        if calls == 3:
            signals.send()
        return Fault(delay=0.3)

    with FakeModel(faults=interrupt) as fake:
        ended = run(fake, *args)

    assert 130 == ended.code
    assert 3 <= fake.calls < 13
    assert "interrupted; waiting at most 30 s for" in ended.err
    if journal:
        with FakeModel() as unpaid:
            again = run(unpaid, *args)
        assert (0, 13) == (again.code, fake.calls + unpaid.calls)
    else:
        made = lines(tmp_path / "out.partial.jsonl")
        assert [fake.calls, True] == [len(made), all(row["briefing"] for row in made)]


@signalled
def test_a_second_signal_ends_the_run_at_once(
    run: Run, signals: Signals, folder: Path, tmp_path: Path
) -> None:
    """It does not wait for the articles under way."""

    def interrupt(request: dict[str, Any]) -> Fault | None:
        signals.send(signal.SIGTERM)
        signals.send(signal.SIGTERM)
        return Fault(hang=True)

    with FakeModel(faults=interrupt) as fake:
        ended = run(
            fake, "summarize", folder, "-o", tmp_path / "out.jsonl", "--concurrency", "1", "--grace", "600"
        )

    assert 130 == ended.code
    assert "interrupted; use --journal" in ended.err


def test_a_killed_run_leaves_nothing_that_the_next_does_not_clear_away(
    run: Run, forked: Forked, folder: Path, tmp_path: Path
) -> None:
    """And pays again for no article whose result was there."""
    args = (
        "summarize",
        folder,
        "--journal",
        tmp_path / "run.db",
        "-o",
        tmp_path / "out.jsonl",
        "--concurrency",
        "1",
    )
    running: queue.SimpleQueue[Process] = queue.SimpleQueue()
    (said := tmp_path / "said").mkdir()

    def kill(request: dict[str, Any]) -> Fault | None:
        if "ferry 7 to" in json.dumps(request["messages"]):
            running.get().kill()
            return Fault(hang=True)
        return None

    with FakeModel(faults=kill) as fake:
        environment = {"OPENAI_BASE_URL": fake.url, "OPENAI_API_KEY": "test", "BRIEFING_MODEL": "openai/fake"}
        process = forked(command, said, *map(str, args), **environment)
        running.put(process)
        assert -signal.SIGKILL == process.ended()
        done = fake.calls - 1
    assert 1 == len(list(tmp_path.glob(".out.jsonl.*.part")))
    with FakeModel() as fake:
        assert 0 == run(fake, *args).code
        assert 13 - done == fake.calls
    assert ["out.jsonl", "run.db"] == sorted(path.name for path in tmp_path.iterdir() if path.is_file())


def test_a_file_that_cannot_be_written_is_that_articles_failure(
    run: Run, fake: FakeModel, folder: Path, tmp_path: Path
) -> None:
    """The others are written."""
    (tmp_path / "out" / "1" / "a04.briefing.json").mkdir(parents=True)

    ended = run(fake, "summarize", folder, "-o", tmp_path / "out")

    assert 4 == ended.code
    assert "a04.briefing.json: it is a folder" in ended.err
    assert 12 == len(written(tmp_path / "out"))


def test_a_folder_of_nothing_but_failures_has_the_code_of_the_first(run: Run, folder: Path) -> None:
    """As one article has."""
    with FakeModel(faults=lambda _request: Fault(status=400)) as fake:
        assert 3 == run(fake, "summarize", folder).code


def test_names_cannot_command_the_terminal(run: Run, tmp_path: Path) -> None:
    """Escape codes in the name of a file are not sent."""
    (tmp_path / "a\x1b[2J.txt").write_text("")
    (tmp_path / "b.txt").write_text(article(1))

    with FakeModel() as fake:
        assert "\x1b" not in run(fake, "summarize", tmp_path).err


def test_regenerating_a_folder_makes_what_is_due_at_once_and_then_nothing(run: Run, tmp_path: Path) -> None:
    """An article that cannot be read or made keeps no other from being made."""
    for number in range(8):
        (tmp_path / f"a{number}.txt").write_text(article(number))
    (tmp_path / "b.txt").write_text("")

    with FakeModel(faults=failing(3)) as fake:
        first = run(fake, "regenerate", tmp_path, "--failed-list", tmp_path / "failed.jsonl")
    (tmp_path / "b.txt").unlink()
    with FakeModel() as fake:
        checked = run(fake, "regenerate", tmp_path, "--check")
        second = run(fake, "regenerate", tmp_path)
        third = run(fake, "regenerate", tmp_path)
        fresh = run(fake, "regenerate", tmp_path, "--check")

        assert 1 == fake.calls
    assert [4, 1, 0, 0, 0] == [ended.code for ended in (first, checked, second, third, fresh)]
    assert first.out.splitlines()[-1].startswith("7 made, 0 fresh, 2 failed, ")
    assert f"new  {tmp_path / 'a3.txt'}\n7 fresh, 1 new or stale\n" == checked.out
    assert second.out.splitlines()[-1].startswith("1 made, 7 fresh, 0 failed, ")
    assert third.out.startswith("0 made, 8 fresh, 0 failed, ")
    assert "8 fresh, 0 new or stale\n" == fresh.out
    assert 2 == len((tmp_path / "failed.jsonl").read_text().splitlines())


def test_many_articles_are_checked_by_several_processes(
    run: Run, fake: FakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of their names, as by one; what cannot be read is named with why."""
    monkeypatch.setattr("briefing.cli.regenerate._MIN_FOR_PROCESSES", 2)
    monkeypatch.setattr("briefing.cli.regenerate._PAGE", 3)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    for number in range(8):
        (tmp_path / f"a{number}.txt").write_text(article(number))
    run(fake, "regenerate", tmp_path)
    (tmp_path / "a2.txt").write_text("")
    (tmp_path / "a4.txt").write_text(article(100))
    (tmp_path / "a6.briefing.json").unlink()

    ended = run(fake, "regenerate", tmp_path, "--check")

    told = ended.out.splitlines()
    assert 1 == ended.code
    assert ["unreadable", "stale", "new", "5"] == [line.split()[0] for line in told]
    assert ["a2.txt", "a4.txt", "a6.txt"] == [Path(line).name for line in told[:3]]


def test_a_terminal_gets_progress_and_no_colour_where_none_is_wanted(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line shows what is done of how many; NO_COLOR leaves only what moves the line; a pipe gets no code at all."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    shown = bytearray()
    # A terminal that nobody reads from takes some 4,000 bytes.
    reading = threading.Thread(target=_read_all, args=(ours, shown))
    reading.start()
    with FakeModel(latency=0.3) as fake, os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        ended = run(fake, "summarize", folder, "-o", tmp_path / "out", "--concurrency", "4")
        monkeypatch.undo()
    reading.join()
    os.close(ours)

    assert (0, "", "") == ended
    assert b"/13 done" in shown
    assert b"13 made" in shown.splitlines()[-1]
    assert b"\x1b[3" not in shown


def _read_all(descriptor: int, shown: bytearray) -> None:
    # The other end of a pseudo-terminal that was closed is an error.
    with contextlib.suppress(OSError):
        while data := os.read(descriptor, 4096):
            shown += data


@pytest.mark.parametrize("width", [5, 20, 40, 80, 200])
def test_progress_fits_the_terminal(width: int) -> None:
    """One line of no more than its width; on a wide one, all there is to say."""
    from rich.console import Console

    progress = RunProgress(Tally(1200, 30, 12, 3_400_000, 56_000, 1.25), lambda _stopped: 2000)
    progress._find_total()
    console = Console(width=width, record=True, file=io.StringIO())

    console.print(progress.render(width))

    [line] = console.export_text().splitlines()
    assert len(line) <= width
    if width == 200:
        for fact in ("1,230/2,000 done", "12 failed", "3.4M tokens in 56k out", "$1.2500"):
            assert fact in line


@signalled
def test_a_signal_ends_a_run_with_workers(run: Run, signals: Signals, folder: Path, tmp_path: Path) -> None:
    """As in one process: what was under way is written and recorded, nothing else is begun, and the journal has no claims."""
    calls = 0

    def interrupt(request: dict[str, Any]) -> Fault | None:
        nonlocal calls
        calls += 1
        if calls == 3:
            signals.send()
        return Fault(delay=0.3)

    with FakeModel(faults=interrupt) as fake:
        output, journal = tmp_path / "out.jsonl", tmp_path / "run.db"
        args = [
            "summarize",
            folder,
            "-o",
            output,
            "--journal",
            journal,
            "--concurrency",
            "3",
            "--processes",
            "2",
        ]
        ended = run(fake, *args)

    assert 130 == ended.code
    assert "under way (interrupt again to end at once)" in ended.err
    with Journal(journal) as kept:
        assert 3 <= fake.calls == kept.totals().done


def test_processes_is_a_number_or_auto(run: Run, fake: FakeModel, folder: Path) -> None:
    """Anything else is an error of usage."""
    for wrong in ("0", "-1", "two", "1.5"):
        ended = run(fake, "summarize", folder, "--processes", wrong)
        assert (2, True) == (ended.code, "must be a positive integer or auto" in ended.err)


def test_the_password_in_a_url_reaches_no_output(
    run: Run, fake: FakeModel, folder: Path, tmp_path: Path
) -> None:
    """Such a URL is refused, and told without it."""
    url = "https://lind:Winter-Ferry-7@news.example/a.html"
    files = [tmp_path / name for name in ("failed.jsonl", "out.jsonl", "page.html")]

    ended = run(fake, "summarize", folder / "0", url, "--failed-list", files[0], "-o", files[1])
    page = run(fake, "summarize", folder / "0", url, "-o", files[2])

    assert (4, 4) == (ended.code, page.code)
    told = [ended.out, ended.err, page.out, page.err, *(file.read_text() for file in files)]
    assert not [text for text in told if "Winter" in text]
    assert all(
        "news.example/a.html" in text for text in (ended.err, files[0].read_text(), files[1].read_text())
    )
