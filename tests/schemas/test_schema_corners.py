"""Corners of user-defined schemas: functions with names in a core schema, dataclasses, private attributes, own grounded types."""

# ruff: noqa: D101, D102  # what the schemas have is in their names

from __future__ import annotations

import enum
import json
import pickle
from dataclasses import InitVar, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from conftest import BRIDGE, Serve
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    PrivateAttr,
    Secret,
    Tag,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from briefing import AnswerError, Briefer, Cited, GroundingError, Mention, SchemaError, Source, verify
from briefing.testing import Fault

SOURCE = Source.from_text(BRIDGE, lang="en")
#: What the functions below were given.
seen: list[str] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    seen.clear()


class Cat(BaseModel):
    kind: Literal["cat"]
    name: Mention

    @field_validator("name")
    @classmethod
    def _name(cls, value: Mention) -> Mention:
        seen.append(value.name)
        return value


class Dog(BaseModel):
    kind: Literal["dog"]
    name: Mention

    @model_validator(mode="after")
    def _whole(self) -> Dog:
        seen.append(self.name.name)
        return self


def kind_of(value: Any) -> Any:
    return value.get("kind") if isinstance(value, dict) else value.kind


Pet = Annotated[Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")], Discriminator(kind_of)]


class Told(BaseModel):
    """A union told apart by a function; its models are used twice, so that they have names in the core schema."""

    first: list[Pet]
    second: list[Pet]


@dataclass(slots=True)
class Slotted:
    name: Mention
    note: str

    def __post_init__(self) -> None:
        seen.append(self.name.name)
        self.note += "!"


class InSlots(BaseModel):
    held: list[Slotted]


class Appending(BaseModel):
    names: list[Mention]

    def model_post_init(self, _context: Any) -> None:
        seen.append(self.names[0].name)
        self.names.append(self.names[0])


class Counted(BaseModel):
    name: Mention
    _made: int = PrivateAttr(default=0)

    def model_post_init(self, _context: Any) -> None:
        seen.append(self.name.name)
        self._made += 1


class Counting(BaseModel):
    held: list[Counted]


class Colour(enum.Enum):
    RED = "red"


class Coloured(BaseModel):
    model_config = ConfigDict(use_enum_values=True)

    colour: Colour
    name: Annotated[Mention, AfterValidator(lambda name: seen.append(name.name) or name)]


class Own(Mention):
    @model_validator(mode="after")
    def _own(self) -> Own:
        seen.append(self.name)
        return self


class Owning(BaseModel):
    held: list[Annotated[Own, AfterValidator(lambda name: seen.append("field") or name)]]


class Citing(BaseModel):
    held: list[Cited[Annotated[str, AfterValidator(lambda text: seen.append(text) or text)]]]


@pytest.mark.parametrize(
    ("schema", "answer", "calls"),
    [
        (Told, {"first": [{"kind": "cat", "name": "Harwick"}], "second": [{"kind": "dog", "name": "Harwick"}]}, 2),
        (InSlots, {"held": [{"name": "Harwick", "note": "a"}]}, 1),
        (Appending, {"names": ["Harwick"]}, 1),
        (Counting, {"held": [{"name": "Harwick"}, {"name": "Harwick"}]}, 2),
        (Coloured, {"colour": "red", "name": "Harwick"}, 1),
        (Citing, {"held": [{"value": "Harwick", "evidence": [1]}]}, 1),
    ],
)  # fmt: skip
def test_it_runs_once_and_is_read_back(
    serve: Serve, tmp_path: Path, schema: type[BaseModel], answer: dict[str, Any], calls: int
) -> None:
    """From the journal, and from a pickle."""
    fake, briefer = serve([Fault(content=json.dumps(answer))], journal=tmp_path / "run.db")
    made = briefer.summarize(SOURCE, schema=schema)
    assert ["Harwick"] * calls == seen
    assert [] == verify(made, SOURCE)
    assert (made, 1) == (briefer.summarize(SOURCE, schema=schema), fake.calls)
    assert made == pickle.loads(pickle.dumps(made))


def test_named_functions_are_left_out_where_an_item_is_dropped(serve: Serve) -> None:
    """The neighbours of what is dropped are not validated again."""
    wrong = {"first": [{"kind": "cat", "name": "Tom Berg"}, {"kind": "dog", "name": "Harwick"}], "second": []}
    repaired = {"first": ["Al Ox"]}
    _, briefer = serve([Fault(content=json.dumps(wrong)), Fault(content=json.dumps(repaired))])
    made = briefer.summarize(SOURCE, schema=Told)
    assert (["Harwick"], ["Harwick"]) == (seen, [pet.name.name for pet in made.first])


def test_a_validator_of_an_own_grounded_type_runs_once_on_a_correction(serve: Serve) -> None:
    """With the answer that has it; the validator of the field runs behind it."""
    answers = {"held": ["Tom Berg"]}, {"held": ["Maren Holt"]}
    _, briefer = serve([Fault(content=json.dumps(answer)) for answer in answers])
    made = briefer.summarize(SOURCE, schema=Owning)
    assert ["Maren Holt"] == [name.name for name in made.held]
    assert ["Maren Holt", "field"] == seen


class Forgetful(BaseModel):
    held: list[Mention]

    @model_validator(mode="after")
    def _forgotten(self) -> None:
        """Return nothing."""


@pytest.mark.parametrize(
    ("names", "error"), [(["Harwick"], AnswerError), (["Tom Berg", "Harwick"], GroundingError)]
)
def test_a_validator_that_does_not_return_the_model_is_told(
    serve: Serve, names: list[str], error: type[Exception]
) -> None:
    """Also where it has waited for a correction."""
    answers = {"held": names}, {"held": ["Al Ox"]}
    _, briefer = serve([Fault(content=json.dumps(answer)) for answer in answers])
    with pytest.raises(error, match="a validator of Forgetful returned NoneType; it must return self"):
        briefer.summarize(SOURCE, schema=Forgetful)


@dataclass
class Initialized:
    name: Mention
    how: InitVar[str]


@dataclass
class Computing:
    name: Mention
    length: int = field(init=False, default=0)


class OneWay(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64")

    held: list[bytes]


@pytest.mark.parametrize(
    ("schema", "instead"),
    [
        (create_model("Init", held=(list[Initialized], ...)), "use a field"),
        (create_model("NoInit", held=(Computing, ...)), "use a property"),
        (create_model("Hidden", name=(Mention, ...), held=(dict[str, Secret[int]], ...)), "use str"),
        (OneWay, "set val_json_bytes"),
        (create_model("Nan", name=(Mention, ...), held=(SkipJsonSchema[float], float("nan"))), "use None"),
        (
            create_model("Inf", name=(Mention, ...), held=(SkipJsonSchema[Decimal], Decimal("inf"))),
            "use None",
        ),
    ],
)
def test_what_cannot_be_read_back_is_refused(briefer: Briefer, schema: type[BaseModel], instead: str) -> None:
    """Before a call, and not by the journal behind it."""
    with pytest.raises(SchemaError, match=instead):
        briefer.summarize(SOURCE, schema=schema)
