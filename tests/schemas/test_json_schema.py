"""What goes to the server as JSON schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel

from briefing import (
    Briefing,
    Cited,
    Entity,
    Mention,
    Meta,
    Quotation,
    Quote,
    SchemaError,
    Source,
    Span,
    Statement,
    Summary,
    Verbatim,
)
from briefing.schemas.json_schema import check_schema, outline, part, schema_sha256, wire_schema


class Place(BaseModel):
    """Somewhere."""

    name: Mention
    kind: Literal["town", "river"] = "town"


class Report(BaseModel):
    """An own schema with most of what there is."""

    title: str = Field("Untitled", description="a title", examples=["One"])
    default: Verbatim | None = None
    examples: list[Place] = []
    places: dict[str, Place] = {}
    cost: Cited[float]
    quotes: list[Quote]
    who: Annotated[list[Entity], Field(max_length=3)]
    meta: Meta | None = None


class Cat(BaseModel):
    """One of two."""

    kind: Literal["cat"]
    name: Mention


class Dog(BaseModel):
    """The other."""

    kind: Literal["dog"]
    name: Mention


class Pets(BaseModel):
    """A choice by a discriminator."""

    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


class Node(BaseModel):
    """Refers to itself."""

    name: Mention
    children: list[Node]


class Tree(BaseModel):
    """Holds what refers to itself."""

    root: Node | None


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(inner)


@pytest.mark.parametrize("schema", [Briefing, Report, Pets])
def test_objects_are_strict(schema: type[BaseModel]) -> None:
    """Every property is required, no other is allowed, and nothing refers to a definition."""
    wire = wire_schema(schema)
    for node in nodes(wire):
        assert not {"$ref", "$defs", "oneOf", "discriminator", "x-briefing"} & node.keys()
        if "properties" in node and node.get("type") == "object":
            assert list(node["properties"]) == node["required"]
            assert node["additionalProperties"] is False


@pytest.mark.parametrize("schema", [Briefing, Report, Pets])
def test_no_titles_and_defaults(schema: type[BaseModel]) -> None:
    """Words for programmers cost tokens, and strict servers refuse defaults."""
    names = {"title", "default", "examples"}
    for node in nodes(wire_schema(schema)):
        assert not {key for key in names & node.keys() if not isinstance(node[key], dict)}


def test_fields_may_be_called_title_default_and_examples() -> None:
    """A field is not taken for a keyword of JSON schema, whatever its name."""
    properties = wire_schema(Report)["properties"]
    assert {"description": "a title", "type": "string"} == properties["title"]
    assert {"default", "examples"} <= properties.keys()


def test_meta_is_not_asked_for() -> None:
    """What we fill ourselves is not in the wire form."""
    assert "meta" not in wire_schema(Report)["properties"]
    assert ["headline", "summary", "key_quotes", "entities"] == list(wire_schema(Briefing)["properties"])


def test_choices_become_any_of() -> None:
    """Servers know no `oneOf`."""
    options = wire_schema(Pets)["properties"]["pet"]["anyOf"]
    assert [["cat"], ["dog"]] == [[option["properties"]["kind"].get("const")] for option in options]


def test_aliases_are_what_the_model_writes() -> None:
    """A field with an alias is asked for by its alias."""

    class Aliased(BaseModel):
        """With an alias."""

        who: Mention = Field(alias="from")

    assert ["from"] == list(wire_schema(Aliased)["properties"])


@pytest.mark.parametrize("schema", [Node, Tree])
def test_schemas_that_refer_to_themselves_are_refused(schema: type[BaseModel]) -> None:
    """A schema without end cannot be asked for."""
    with pytest.raises(SchemaError, match="Node refers to itself"):
        check_schema(schema)


class Names(RootModel[list[Mention]]):
    """A list by itself."""


class Empty(BaseModel):
    """Nothing to fill."""


class OnlyMeta(BaseModel):
    """Nothing for the model to fill."""

    meta: Meta | None = None


class Callback(BaseModel):
    """A field with no JSON form."""

    call: Callable[[], int]


@dataclass
class Plain:
    """No pydantic model."""

    name: str


class Pointing(BaseModel):
    """Offsets, which a model would make up."""

    places: list[Span]


class Reading(BaseModel):
    """What our reader finds."""

    quotation: Quotation | None


class Whole(BaseModel):
    """A briefing with what we know about it, inside another model."""

    briefing: Briefing


class Within(BaseModel):
    """Offsets inside a grounded type."""

    place: Cited[Span]


@pytest.mark.parametrize(
    "schema",
    [dict, Plain, int, list[Quote], Quote | None, None, "Briefing", Meta(**dict.fromkeys(
        ("model", "prompt_name", "prompt_version", "prompt_sha256", "schema_sha256", "briefing_version",
         "source_sha256", "fingerprint"), "x")),
     Names, Empty, OnlyMeta, Callback, Quote, Summary, Mention, Statement, Cited[int],
     Span, Meta, Source, Pointing, Reading, Whole, Within],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_a_schema_error(schema: object) -> None:
    """Anything but a pydantic model with fields for the model to fill is refused."""
    with pytest.raises(SchemaError):
        check_schema(schema)


def test_the_hash_is_of_the_wire_form() -> None:
    """It is the same in every call, and another for another schema."""
    assert schema_sha256(Briefing) == schema_sha256(Briefing)
    assert schema_sha256(Briefing) != schema_sha256(Report)


def test_callers_cannot_spoil_the_cached_schema() -> None:
    """A changed copy leaves the next one as it was."""
    before = json.dumps(wire_schema(Briefing))
    wire_schema(Briefing)["properties"].clear()
    assert before == json.dumps(wire_schema(Briefing))


def test_a_part_has_only_the_fields_asked_for() -> None:
    """The staged plan asks for one field at a time."""
    assert ["quotes"] == list(wire_schema(part(Report, ("quotes",)))["properties"])


def test_the_outline_names_every_field() -> None:
    """The prompt shows in short what the schema says."""
    shown = outline(Report)
    assert [] == [name for name in wire_schema(Report)["properties"] if f'"{name}": ' not in shown]
    assert '"title": a title' in shown
    assert '"kind": "town" | "river"' in shown


def test_the_outline_keeps_line_breaks_out() -> None:
    """A description of several lines stays one line of the outline."""

    class Long(BaseModel):
        """With a long description."""

        name: Mention = Field(description="first line\n- second: line")

    assert 1 == len(outline(Long).splitlines())


class Described(BaseModel):
    """Descriptions on all that can have one."""

    chair: Mention = Field(description="who chairs the board")
    motto: Verbatim | None = Field(description="its motto")
    loss: Cited[float] = Field(description="what it lost, in pounds")
    mayor: Entity | None = Field(description="the mayor")
    tone: Literal["dry", "loud"] = Field(description="of the article")
    count: int = Field(description="signatures")


def test_a_description_adds_to_what_a_grounded_type_says() -> None:
    """What a field is for, and how it has to be written: without that a model paraphrases."""
    assert "who chairs the board (a name, as the article has it)" == str(
        wire_schema(Described)["properties"]["chair"]["description"]
    )


def test_the_outline_has_shapes_and_descriptions() -> None:
    """A description takes the place of neither a field's shape nor its kind."""
    evidence = '"evidence": [integer, … at most 3] (numbers of the sentences that say so)'
    entity = outline(Described).partition('"mayor": ')[2].partition(', "tone"')[0]

    assert '"chair": who chairs the board (a name, as the article has it)' in outline(Described)
    assert '"motto": copied from the article, word for word or null (its motto)' in outline(Described)
    assert f'"loss": {{"value": number, {evidence}}} (what it lost, in pounds)' in outline(Described)
    assert entity.startswith('{"name": full name')
    assert entity.endswith("or null (the mayor)")
    assert '"tone": "dry" | "loud" (of the article), "count": integer (signatures)' in outline(Described)
