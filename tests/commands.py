"""Running `briefing` in a test's own process."""

from __future__ import annotations

import functools
import os
import queue
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main

from briefing.cli import main
from briefing.cli.signals import Interrupts


class Ended(NamedTuple):
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]

#: The command with its subcommands and options, which typer makes anew for each call. It takes longer than many a command.
_get_command = functools.cache(typer.main.get_command)


def runner(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs `briefing ARGS`, with a key and a model that nobody has to pay for."""
    monkeypatch.setenv("BRIEFING_MODEL", "openai/fake")
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setattr("typer.main.get_command", _get_command)

    def command(*args: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["briefing", *map(str, args)])
        capfd.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        return Ended(code, *capfd.readouterr())

    return command


class Signals:
    """Signals to a command that runs in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # A signal may arrive while the one before is noted, which this queue allows.
        self._noticed: queue.SimpleQueue[Interrupts] = queue.SimpleQueue()
        catch = Interrupts._catch

        def noticing(interrupts: Interrupts, *how: Any) -> None:
            try:
                catch(interrupts, *how)
            finally:
                self._noticed.put(interrupts)

        monkeypatch.setattr(Interrupts, "_catch", noticing)

    def send(self, number: int = signal.SIGINT) -> None:
        """Send a signal, and wait until the command has noticed it and has done what the first one leads to.

        Two signals in a row would be one where the machine is busy.
        """
        os.kill(os.getpid(), number)
        interrupts = self._noticed.get()
        if interrupts._thread is not None:
            interrupts._thread.join()
