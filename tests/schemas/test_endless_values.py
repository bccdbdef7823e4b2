"""Values of a schema without an end: collections of themselves, objects that hold themselves."""

# ruff: noqa: D101  # what the schemas have is in their names

from __future__ import annotations

import enum
from collections.abc import Iterator
from functools import reduce
from typing import Annotated, Any

import pytest
from conftest import BRIDGE, Serve
from pydantic import AfterValidator, BaseModel, model_validator

from briefing import Briefer, Cited, GroundingError, Mention, Quote, Span, verify


class Tone(enum.Flag):
    CALM = 1
    LOUD = 2


class Mode(enum.IntFlag):
    FIRST = 1
    SECOND = 2


class WithFlags(BaseModel):
    tone: Tone
    modes: list[Mode]
    cited: Cited[Mode]
    who: list[Mention]


class Endless:
    """A collection that makes another one of its kind whenever it is read."""

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Any]:
        return iter([Endless()])

    def __contains__(self, _item: object) -> bool:
        return True


def holding_itself(items: list[Any]) -> list[Any]:
    return [*items, items.append(items) or items]  # type: ignore[func-returns-value]


class ListInItself(BaseModel):
    who: Annotated[list[Any], AfterValidator(holding_itself)]


class ObjectInItself(BaseModel):
    quotes: list[Quote]
    whole: Any = None
    again: Any = None

    @model_validator(mode="after")
    def _link(self) -> ObjectInItself:
        self.whole = self.again = self
        return self


class OfNoEnd(BaseModel):
    who: list[Mention]
    more: Annotated[str, AfterValidator(lambda _text: Endless())]


class Deep(BaseModel):
    who: list[Mention]
    more: Annotated[str, AfterValidator(lambda text: reduce(lambda held, _: [held], range(5_000), text))]


def test_flags_are_values(serve: Serve, tmp_path: Any) -> None:
    """A flag of `enum.Flag`, which is a collection of itself, is recorded and read back."""
    fake, briefer = serve(journal=tmp_path / "run.db")
    made = briefer.summarize(BRIDGE, schema=WithFlags)
    calls = fake.calls
    assert (made.tone, made.modes[0]) == (Tone.CALM, Mode.FIRST)
    assert briefer.summarize(BRIDGE, schema=WithFlags) == made
    assert fake.calls == calls


@pytest.mark.parametrize("schema", [ListInItself, ObjectInItself, OfNoEnd, Deep])
def test_values_without_an_end_are_an_error(briefer: Briefer, schema: type[BaseModel]) -> None:
    """What a validator has made without an end, or too deep, is told."""
    with pytest.raises(GroundingError, match="hold themselves"):
        briefer.summarize(BRIDGE, schema=schema)


def test_verify_ends() -> None:
    """An object that holds itself twice is one violation, and not one for each way into it."""
    result = ObjectInItself.model_construct(quotes=[Span(start=0, end=3, text=BRIDGE[:3])])
    result.whole = result.again = result
    assert len(verify(result, BRIDGE)) == 1
