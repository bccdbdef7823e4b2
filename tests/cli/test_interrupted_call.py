"""`briefing summarize` of one article, when a signal arrives."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from commands import Run, Signals, runner

from briefing import Journal, Source
from briefing.cli.inputs import Place
from briefing.cli.signals import Interrupts
from briefing.testing.fake_model import FakeModel, Fault

ARTICLE = "The ferry to Skarn was cancelled on Monday. “We lost nine crates,” harbour master Ida Moe said."


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run `briefing ARGS` in this process, in a folder with an article, against a fake model that is given first."""
    command = runner(monkeypatch, capfd)
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(ARTICLE)

    def against(fake: FakeModel, *args: str | Path) -> Any:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        return command(*args)

    return against


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_call_under_way_ends_after_a_signal(run: Run, signals: Signals, number: int) -> None:
    """It is paid for: its briefing is written and recorded, and the exit code says that there was a signal."""

    def interrupt(request: dict[str, Any]) -> None:
        signals.send(number)

    with FakeModel(faults=interrupt) as fake:
        ended = run(fake, "summarize", "a.txt", "-o", "out.json", "--journal", "run.db")

    assert ended.code == 130
    assert "interrupted; waiting at most 30 s for the call under way" in ended.err
    assert json.loads(Path("out.json").read_text())["headline"]
    with Journal("run.db", mode="ro") as journal:
        assert journal.totals().done == 1
    assert signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL)


@pytest.mark.parametrize("grace", ["600", "0.2", "0"])
def test_the_call_is_given_up_after_a_second_signal_or_the_grace(
    run: Run, signals: Signals, grace: str
) -> None:
    """Nothing is written then."""

    def interrupt(request: dict[str, Any]) -> Fault:
        signals.send()
        if grace == "600":
            signals.send()
        return Fault(hang=True)

    with FakeModel(faults=interrupt) as fake:
        ended = run(fake, "summarize", "a.txt", "-o", "out.json", "--grace", grace)

    assert (ended.code, fake.calls) == (130, 1)
    assert "briefing: interrupted\n" in ended.err
    assert not Path("out.json").exists()


def test_before_the_call_a_signal_ends_the_command_at_once(
    run: Run, fake: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the article is read, nothing is paid for."""

    def read(_place: Place, **_how: object) -> Source:
        os.kill(os.getpid(), signal.SIGINT)
        return Source.from_text(ARTICLE)

    monkeypatch.setattr(Place, "source", read)
    ended = run(fake, "summarize", "a.txt")

    assert (ended.code, fake.calls, ended.err) == (130, 0, "briefing: interrupted\n")


def test_a_second_signal_may_arrive_while_the_first_is_handled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before what the first one leads to has begun."""

    class Interrupted(threading.Thread):
        def start(self) -> None:
            signal.raise_signal(signal.SIGINT)
            super().start()

    monkeypatch.setattr("briefing.cli.signals.threading.Thread", Interrupted)
    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
    assert interrupts.arrived == 2
