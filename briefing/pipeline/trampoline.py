"""`Trampoline`: the loop that performs what a generator yields and sends each result, or throws each error, back."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

Command = TypeVar("Command")
Result = TypeVar("Result")


class Trampoline(Generic[Command, Result]):
    """Runs a generator of commands; sync and async callers differ only in the line that performs one.

    As `tenacity.Retrying`, it is iterated over with a `with` block inside the loop::

        trampoline = Trampoline(generator)
        for step in trampoline:
            with step:
                step.result = await perform(step.command)
        return trampoline.value

    An exception raised inside the block is thrown into the generator; other `BaseException`s end the loop.

    Args:
        generator: not yet started.

    Attributes:
        value: what the generator returned; set when the loop has ended.
    """

    value: Result

    def __init__(self, generator: Generator[Command, Any, Result]) -> None:
        self._generator = generator

    def __iter__(self) -> Iterator[Step[Command]]:
        step: Step[Command] | None = None
        while True:
            try:
                # No local variable is the error: it may quote a key, and error trackers record local variables.
                if step is None or step.error is None:
                    step = Step(self._generator.send(None if step is None else step.result))
                else:
                    step = Step(self._generator.throw(step.error))
            except StopIteration as stop:
                self.value = stop.value
                return
            yield step


class Step(Generic[Command]):
    """One command of a generator.

    Attributes:
        command: what the generator yielded.
        result: what to send it; set by the caller.
        error: the exception raised in the `with` block, to be thrown instead.
    """

    def __init__(self, command: Command) -> None:
        self.command = command
        self.result: Any = None
        self.error: Exception | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if isinstance(error, Exception):
            self.error = error
        return isinstance(error, Exception)
