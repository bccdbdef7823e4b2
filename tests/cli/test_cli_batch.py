"""`briefing batch`: what goes where, and how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from commands import Run, runner
from conftest import BRIDGE, QUAY

from briefing import Briefing
from briefing.batch import submitted_names
from briefing.on_disk import tables
from briefing.testing.fake_batches import FakeBatches
from briefing.testing.fake_model import Fault


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run `briefing batch ARGS --journal run.db` in this process, in a folder of its own."""
    command = runner(monkeypatch, capfd)
    monkeypatch.setenv("BRIEFING_MODEL", "openai/gpt-4o-mini")
    monkeypatch.chdir(tmp_path)
    return lambda *args: command("batch", *args, "--journal", "run.db")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of two articles, and something else."""
    articles = tmp_path / "articles"
    (articles / "deeper").mkdir(parents=True)
    (articles / "bridge.txt").write_text(BRIDGE)
    (articles / "deeper" / "quay.md").write_text(QUAY)
    (articles / "picture.png").write_bytes(b"no article")
    for name in (".hidden.txt", "old.briefing.md"):
        (articles / name).write_text("no article")
    os.mkfifo(articles / "pipe.txt")
    return articles


def test_submit_status_collect(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 5 says that there is more to collect, 0 that all are done; then the files are there."""
    with FakeBatches() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        code, out, err = run("submit", "articles")
        assert (0, "") == (code, out)
        assert "2 articles: 0 done, 0 failed, 2 open; batches: 1 validating" in err
        code, out, err = run("status")
        assert (5, "") == (code, out)
        assert "1 in_progress" in err
        assert 5 == run("collect", "--output", "out")[0]
        assert [] == list(Path("out").iterdir())  # made, and nothing is done yet
        code, out, err = run("collect", "--output", "out")

    assert (0, "") == (code, out)
    assert "2 done, 0 failed, 0 open" in err
    assert "$0.0" in err
    written = {path.name: Briefing.model_validate_json(path.read_text()) for path in Path("out").iterdir()}
    assert {"bridge.briefing.json", "quay.briefing.json"} == set(written)
    assert written["bridge.briefing.json"].headline


def test_options_of_the_model_are_in_the_requests(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that a batch cannot have ends the command before anything is sent."""
    with FakeBatches() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        code, _, err = run("submit", "articles/bridge.txt", "-O", 'extra_headers={"X-Secret": "abc"}')
        assert (2, 0) == (code, len(fake.calls))
        assert "extra_headers cannot be used in batches" in err
        assert 0 == run("submit", "articles/bridge.txt", "-O", "temperature=0.3")[0]
        [request] = fake.requests(0)
    assert 0.3 == request["body"]["temperature"]


def test_collect_says_what_failed(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 4, each failure with its reason, and the others as lines of JSON; --retry-failed asks again."""
    with FakeBatches([Fault(refusal="I cannot help with that.")]) as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        assert 4 == run("submit", "articles/bridge.txt", "articles/deeper/quay.md", "none.txt")[0]
        code, out, err = run("collect", "--wait", "--poll", "0")
        assert 4 == code
        assert 1 == len(out.splitlines())
        assert json.loads(out)["headline"]
        assert "articles/bridge.txt: the model refused" in err
        assert 0 == run("submit", "articles", "--retry-failed")[0]
        assert 0 == run("collect", "--wait", "--poll", "0")[0]


def test_files_of_one_name_do_not_overwrite_each_other(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where two articles are called alike, their briefings are told apart; long names are cut short. However many there are."""
    monkeypatch.setattr(tables, "IN_MEMORY", 1)
    (folder / "deeper" / "bridge.txt").write_text(QUAY + " Ende.")
    (folder / "deeper" / f"{'long' * 60}.txt").write_text(QUAY + " Schluss.")
    with FakeBatches() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        run("submit", "articles")
        run("collect", "--wait", "--poll", "0", "-o", "out")

    assert 4 == len(list(Path("out").glob("*.briefing.json")))
    names = submitted_names("run.db")
    assert names is iter(names)
    assert 4 == len(list(names))


def test_submit_says_what_the_budget_leaves_out(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many, what to do, and exit code 4; with a higher limit they are sent."""
    with FakeBatches() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        code, _, err = run("submit", "articles", "--max-cost", "0.0005")
        assert 4 == code
        assert "1 not sent: the budget was reached" in err
        assert "--retry-failed" in err
        assert 0 == run("submit", "articles", "--retry-failed", "--max-cost", "0.01").code
        assert 0 == run("collect", "--wait", "--poll", "0").code
        assert 2 == len(fake.ran)


def test_collect_shows_a_traceback_where_it_is_asked_for(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one line tells what went wrong with an article."""
    monkeypatch.setattr("briefing.batch.replay.assemble", lambda *_args, **_options: 1 / 0)
    with FakeBatches() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        run("submit", "articles")
        plain = run("collect", "--wait", "--poll", "0").err
        told = run("collect", "--traceback").err

    assert "bridge.txt: ZeroDivisionError: division by zero" in plain
    assert "Traceback" not in plain
    assert "in advance" in told


def test_cancel(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It prints how many were cancelled; `collect` then reports what is not done."""
    with FakeBatches() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        run("submit", "articles")
        assert (0, "", "1 batches cancelled\n") == run("cancel")
        assert 4 == run("collect", "--wait", "--poll", "0")[0]
        assert [] == fake.ran


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["status"], "does not exist"),
        (["collect"], "does not exist"),
        (["collect", "-o", "articles/bridge.txt"], "not a folder"),
        (["submit", "articles", "--model", "local"], "cannot run in batches"),
    ],
)
def test_what_cannot_be_done_is_said(run: Run, folder: Path, args: list[str], said: str) -> None:
    """Exit code 2, and one line."""
    code, out, err = run(*args)

    assert (2, "", 1) == (code, out, len(err.splitlines()))
    assert said in err
