"""The command line: what goes where, and how it ends."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from cli_processes import in_terminal
from commands import Run
from conftest import Forked

from briefing import Briefing, Source
from briefing.local import weights
from briefing.testing.fake_model import FakeModel, Fault

ARTICLE = (
    "The ferry to Skarn was cancelled on Monday.\n"
    "“A gust tore the ramp off and dropped it in the harbour,” harbour master Ida Moe said.\n"
)


@pytest.fixture
def article(tmp_path: Path) -> Path:
    """A small article in a file."""
    path = tmp_path / "ferry.txt"
    path.write_text(ARTICLE)
    return path


def test_a_pipe_gets_json_of_the_briefing(run: Run, article: Path) -> None:
    """Standard output is one JSON document and nothing else."""
    ended = run("summarize", article)

    assert 0 == ended.code
    assert "" == ended.err
    assert [] == Briefing.model_validate_json(ended.out).verify(Source.from_file(article))


def test_several_sources_give_json_lines(run: Run, article: Path) -> None:
    """One line for each source, in the order given."""
    ended = run("summarize", article, article)

    assert [True, True] == ["headline" in json.loads(line) for line in ended.out.splitlines()]


def test_text_and_markdown_are_readable(run: Run, article: Path) -> None:
    """Both show the quote and its speaker; Markdown has a title."""
    text = run("summarize", article, "--format", "text").out
    markdown = run("summarize", article, "--format", "md").out

    assert "A gust tore the ramp off" in text
    assert markdown.startswith("# ")
    assert "> A gust tore the ramp off" in markdown


def test_options_of_the_model_are_sent(run: Run, fake: FakeModel, article: Path) -> None:
    """Values are JSON or a text; a word without `=`, or an option that there is not, is refused."""
    ended = run("summarize", article, "-O", "temperature=0.3", "-O", "stop=END")
    assert (0, 0.3, "END") == (ended.code, fake.requests[0]["temperature"], fake.requests[0]["stop"])
    for word, told in (
        ("temperature", "must have the form NAME=VALUE"),
        ("heat=1", "there is no option 'heat'"),
    ):
        ended = run("summarize", article, "-O", word)
        assert (2, 1, True) == (ended.code, fake.calls, told in " ".join(ended.err.replace("│", "").split()))


def test_standard_input_is_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is an article on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ARTICLE.encode())))

    assert 0 == run("summarize", "-").code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_page_on_standard_input_is_read_as_one(
    run: Run, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """What `curl` brings is a page, not a text full of tags, and need not be UTF-8."""
    page = f"<!doctype html><html><body><article><p>{ARTICLE}</p></article></body></html>"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(page.encode(encoding))))

    assert [] == Briefing.model_validate_json(run("summarize", "-").out).verify(Source.from_html(page))


def test_output_is_written_to_a_file(run: Run, article: Path, tmp_path: Path) -> None:
    """`--output FILE` leaves standard output empty."""
    ended = run("summarize", article, "--output", tmp_path / "out.json")

    assert "" == ended.out
    assert "headline" in json.loads((tmp_path / "out.json").read_text())


def test_output_of_several_goes_to_a_folder(run: Run, article: Path, tmp_path: Path) -> None:
    """Files are named after their sources; two of one name do not overwrite each other."""
    (tmp_path / "out").mkdir()

    (tmp_path / "ferry.html").write_text(f"<html><body><p>{ARTICLE}</p></body></html>")

    assert 0 == run("summarize", article, tmp_path / "ferry.html", "-o", tmp_path / "out", "-f", "md").code
    assert {"ferry.briefing.md", "ferry-2.briefing.md"} == {p.name for p in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize(
    ("name", "begins"), [("out.md", "# "), ("out.TXT", "The ferry"), ("out.json", "{"), ("out", "{")]
)
def test_the_format_follows_the_name_of_the_output(
    run: Run, article: Path, tmp_path: Path, name: str, begins: str
) -> None:
    """Markdown goes into .md, text into .txt, JSON into all others."""
    run("summarize", article, "-o", tmp_path / name)

    assert (tmp_path / name).read_text().startswith(begins)


def test_an_output_that_cannot_be_is_told_before_the_model_works(
    run: Run, fake: FakeModel, article: Path, tmp_path: Path
) -> None:
    """No request is made for a briefing that could not be kept."""
    assert 2 == run("summarize", article, "-o", tmp_path / "nowhere" / "out.json").code
    assert 0 == fake.calls


@pytest.mark.parametrize("name", ["local", "local/small", "small"])
def test_a_model_is_pulled_by_any_of_its_names(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """`models pull` takes what `--model` takes, and the bare name that is in it."""
    content = b"GGUF"
    entry = replace(
        weights.known()[0], name="small", size=len(content), sha256=hashlib.sha256(content).hexdigest()
    )
    monkeypatch.setattr(weights, "_TABLE", (entry,))
    monkeypatch.setattr("briefing.llm.LOCAL_DEFAULT", "local/small")
    monkeypatch.setenv("BRIEFING_CACHE", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "small.gguf").write_bytes(content)

    assert f"{tmp_path / 'models' / 'small.gguf'}\n" == run("models", "pull", name).out


def test_a_page_of_a_private_network_is_fetched_where_allowed(run: Run, fake: FakeModel) -> None:
    """With `--allow-private` the address is asked: here, nothing listens."""
    ended = run("summarize", fake.refused_url, "--allow-private")

    assert 2 == ended.code
    assert "cannot be reached" in ended.err


@pytest.mark.parametrize(
    ("args", "advice"),
    [
        (["summarize", "nowhere.txt"], "There is no file"),
        (["summarize", "{empty}"], "no articles"),
        (["regenerate", "{empty}"], "no articles"),
        (["summarize", "{article}", "--retry-failed"], "--journal"),
        (["summarize", "{article}", "-o", "{empty}/out.jsonl", "-f", "md"], "folder"),
        (["summarize", "{article}", "{article}", "-o", "{empty}/out.md"], "not a folder"),
        (
            ["summarize", "{article}", "--failed-list", "nowhere/failed.jsonl", "-o", "{empty}/x.jsonl"],
            "the folder nowhere does not exist",
        ),
        (["summarize", "{article}", "--model", "nonsense"], "unknown model"),
        (["summarize", "{article}", "--model", "nobody/model"], "unknown model"),
        (["summarize", "{article}", "--prompt", "nothing"], "unknown prompt"),
        (["summarize", "{article}", "--language", "xx-klingon"], "unknown language"),
        (["summarize", "{article}", "--model", "local:"], "unknown model"),
        (["summarize", "{article}", "--base-url", "localhost:8000"], "http://"),
        (["summarize", ""], "empty"),
        (["summarize", "http://127.0.0.1/x"], "--allow-private"),
        (["summarize", "HTTP://127.0.0.1/x"], "--allow-private"),
        (["summarize", "ftp://news.example/x"], "Only http and https"),
        (["prompts", "show", "nothing"], "unknown prompt"),
        (["regenerate", "nowhere"], "not a folder"),
        (["models", "pull", "nothing"], "nothing"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(
    run: Run, article: Path, tmp_path: Path, args: list[str], advice: str
) -> None:
    """No traceback: what is wrong, and 2."""
    (tmp_path / "empty").mkdir()

    ended = run(*(arg.format(article=article, empty=tmp_path / "empty") for arg in args))

    assert 2 == ended.code
    assert 1 == len(ended.err.splitlines())
    assert advice in ended.err
    assert "" == ended.out


def test_usage_errors_exit_with_2(run: Run, article: Path) -> None:
    """As the shell expects."""
    assert 2 == run("summarize").code
    assert 2 == run("summarize", article, "--format", "pdf").code


def test_a_failing_server_exits_with_3(monkeypatch: pytest.MonkeyPatch, run: Run, article: Path) -> None:
    """The provider's message is in the line."""
    with FakeModel(faults=[Fault(status=401)]) as failing:
        ended = run("summarize", article, "--base-url", failing.url)

    assert 3 == ended.code
    assert "did not accept the API key" in ended.err


def test_some_made_and_some_not_exits_with_4(run: Run, article: Path) -> None:
    """What was made is there, what was not is named."""
    ended = run("summarize", article, "nowhere.txt")

    assert 4 == ended.code
    assert "nowhere.txt" in ended.err
    assert 1 == len(ended.out.splitlines())


def test_no_half_file_is_left(run: Run, article: Path, tmp_path: Path) -> None:
    """A failure leaves neither the output nor a temporary file."""
    with FakeModel(faults=[Fault(status=400)]) as failing:
        run("summarize", article, "-o", tmp_path / "out.json", "--base-url", failing.url)

    assert ["ferry.txt"] == [path.name for path in tmp_path.iterdir()]


def test_prompts_can_be_listed_and_shown(run: Run) -> None:
    """`list` names them, `show` prints templates and variables."""
    assert "briefing" in run("prompts", "list").out
    assert "{{ article }}" in run("prompts", "show", "briefing").out


def test_models_can_be_listed(run: Run) -> None:
    """The local models are named, and the default."""
    out = run("models", "list").out

    assert "local/qwen2.5-coder-1.5b" in out
    assert "openai/fake" in out


def test_the_package_runs_as_a_module() -> None:
    """`python -m briefing` is the command."""
    ran = subprocess.run(
        [sys.executable, "-m", "briefing", "--help"], capture_output=True, text=True, check=True
    )
    assert "Usage: python -m briefing [OPTIONS]" in ran.stdout


def test_version_is_printed(run: Run) -> None:
    """`--version` is the package's."""
    from briefing import __version__

    assert f"briefing {__version__} (grounded-briefing)" == run("--version").out.strip()


def test_a_terminal_gets_a_page_and_a_progress_line(forked: Forked, article: Path) -> None:
    """With a terminal on both ends, the output is text, and something moves while waiting."""
    ours, theirs = pty.openpty()
    with FakeModel(latency=0.7) as fake:
        environment = {"OPENAI_BASE_URL": fake.url, "OPENAI_API_KEY": "test", "TERM": "xterm"}
        with Connection(theirs) as terminal:
            args = "summarize", str(article), "--model", "openai/fake"
            process = forked(in_terminal, terminal, *args, **environment)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        os.close(ours)

    text = shown.decode()
    assert 0 == process.ended()
    assert "ferry.txt: joint" in text
    assert "A gust tore the ramp off" in text
    assert '"headline"' not in text


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:
        # The other end of a pseudo-terminal was closed.
        return b""


def test_the_closing_line_tells_what_was_spent(run: Run, article: Path, tmp_path: Path) -> None:
    """Tokens, and dollars where the price is known; a file says nothing about a price that is not."""
    unknown = run("summarize", article, "-o", tmp_path / "a.json").err
    known = run("summarize", article, "-o", tmp_path / "b.json", "--model", "openai/gpt-4o-mini").err

    assert re.fullmatch(r".*a\.json written \([\d,]+ tokens in, [\d,]+ out\)\n", unknown)
    assert re.fullmatch(r".*b\.json written \([\d,]+ tokens in, [\d,]+ out, \$0\.000\d\)\n", known)


@pytest.mark.parametrize("limit", [("--max-tokens-total", "100"), ("--max-cost", "0.00001")])
def test_limits_on_the_command_line(run: Run, fake: FakeModel, article: Path, limit: tuple[str, str]) -> None:
    """An article that would pass them is an error of the model's kind, and nothing is asked."""
    ended = run("summarize", article, "--model", "openai/gpt-4o-mini", *limit)

    assert 3 == ended.code
    assert "the budget was reached" in ended.err
    assert 0 == fake.calls
