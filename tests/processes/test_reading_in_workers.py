"""The command with worker processes: they read the articles that they can, and nobody sees a difference."""

from __future__ import annotations

import json
import os
import threading
from functools import partial
from pathlib import Path

import pytest
from commands import runner
from warm_workers import WarmProcess

from briefing import Source
from briefing.testing.fake_model import FakeModel, Fault

TEXT = "The ferry {} to Skarn was cancelled on Monday.\n“We lost nine crates,” harbour master Ida Moe said.\n"


@pytest.fixture
def run(monkeypatch, capfd, forked):
    """Run `briefing summarize ARGS` against a model that refuses ferry 3, with so many processes."""
    monkeypatch.setattr("briefing.processes.pool.Process", partial(WarmProcess, forked))
    command = runner(monkeypatch, capfd)

    def faulty(request):
        return Fault(status=400) if "ferry 3 to" in json.dumps(request["messages"]) else None

    def summarize(*args, processes):
        with FakeModel(faults=faulty) as fake:
            monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
            return command("summarize", *args, "--processes", processes)

    return summarize


@pytest.fixture
def here(monkeypatch):
    """The names of the files that this process reads."""
    read = []
    from_file = Source.from_file
    monkeypatch.setattr(
        Source, "from_file", lambda path, **how: read.append(path.name) or from_file(path, **how)
    )
    return read


@pytest.fixture
def folder(tmp_path):
    """Articles in several formats, and files that cannot be read."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.txt").write_text(TEXT.format(number), encoding="cp1252")
    (folder / "same.html").write_text(f"<html><body><p>{TEXT.format(9)}</p></body></html>", encoding="cp1252")
    (folder / "same.md").write_text(TEXT.format(0), encoding="cp1252")
    (folder / "empty.txt").touch()
    (folder / "binary.txt").write_bytes(b"\0\1\2" * 99)
    return folder


def rows(path: Path) -> list[dict]:
    """The lines of a file, sorted, without how long each article took."""
    found = [json.loads(line) for line in path.read_text().splitlines()]
    for row in found:
        if row.get("briefing"):
            del row["briefing"]["meta"]["elapsed"]
    return sorted(found, key=lambda row: row["source"])


def test_results_and_errors_are_those_of_one_process(run, here, folder, tmp_path):
    """Also the fingerprints of what failed, and what is said of it."""
    ended = []
    for processes in (1, 2):
        output, failed = tmp_path / f"{processes}.jsonl", tmp_path / f"failed-{processes}"
        args = (folder, "missing.txt", "--encoding", "cp1252", "-o", output, "--failed-list", failed)
        code, _, said = run(*args, processes=processes)
        told = {line for line in said.splitlines() if " made, " not in line and " done, " not in line}
        ended.append((code, told, rows(output), rows(failed)))

    assert ended[0] == ended[1]
    alone, again = here[:9], here[9:]
    assert [9, 4] == [len(alone), len({row["source"] for row in ended[0][3]})]
    # What has no file; and for the fingerprints of three rows that have no briefing.
    assert ["3.txt", "binary.txt", "empty.txt", "missing.txt"] == sorted(again)


def test_a_pipe_is_read_by_the_process_that_was_given_it(run, here, folder, tmp_path):
    """Workers read files only; their briefings have the same names as ever."""
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_text, args=[TEXT.format(7)], daemon=True).start()

    ended = run(
        folder / "0.txt", pipe, folder / "same.html", folder / "same.md", "-o", tmp_path / "out", processes=2
    )

    assert (0, ["pipe.txt"]) == (ended.code, here)
    expected = [f"{name}.briefing.json" for name in ("0", "pipe", "same", "same-2")]
    assert set(expected) == {path.name for path in (tmp_path / "out").iterdir()}


def test_an_output_that_shows_the_articles_reads_them_once(run, here, folder, tmp_path):
    """In the process that writes it."""
    ended = run(folder / "0.txt", folder / "1.txt", "-o", tmp_path / "out.html", processes=2)

    assert (0, ["0.txt", "1.txt"]) == (ended.code, here)
    assert "The ferry 1 to Skarn" in (tmp_path / "out.html").read_text()
