"""Running `briefing` in a test's own process."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main

from briefing.cli import main


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
