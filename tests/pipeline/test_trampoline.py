"""Tests of the loop that runs generators of commands."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from briefing.pipeline.trampoline import Trampoline


def halves(first: int) -> Generator[int, Any, str]:
    """Yields a number, then the result that was sent; returns `done`, or the error that was thrown."""
    try:
        second = yield first
        yield second
    except ValueError as error:
        return f"caught {error}"
    return "done"


def run_raising(error: BaseException, generator: Generator[int, Any, Any]) -> None:
    """Run a generator where the first command fails."""
    for step in Trampoline(generator):
        with step:
            raise error


def test_results_are_sent_and_the_return_value_is_kept() -> None:
    """The generator goes on with the result of each command."""
    commands = []
    trampoline = Trampoline(halves(8))
    for step in trampoline:
        with step:
            commands.append(step.command)
            step.result = step.command // 2

    assert ([8, 4], "done") == (commands, trampoline.value)


def test_an_error_is_thrown_into_the_generator() -> None:
    """Where the generator catches it, the loop ends as usual."""
    trampoline = Trampoline(halves(8))
    for step in trampoline:
        with step:
            raise ValueError("odd")

    assert trampoline.value == "caught odd"


def test_an_error_that_the_generator_does_not_catch_leaves_the_loop() -> None:
    """It is the caller's exception itself."""
    error = KeyError("x")
    with pytest.raises(KeyError) as raised:
        run_raising(error, halves(8))

    assert raised.value is error


def test_an_interrupt_is_not_thrown_into_the_generator() -> None:
    """`KeyboardInterrupt` and cancellation leave the loop at once."""
    seen: list[str] = []

    def commands() -> Generator[int, Any, None]:
        try:
            yield 1
        except BaseException as error:
            seen.append(type(error).__name__)
            raise

    with pytest.raises(KeyboardInterrupt):
        run_raising(KeyboardInterrupt(), commands())

    assert [] == [name for name in seen if name != "GeneratorExit"]
