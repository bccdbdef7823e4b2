"""Fields with aliases in schemas of one's own: asked for, resolved, repaired, saved and read back."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from briefing import Briefer, Briefing, Mention, Meta, Quote, SchemaError, Source, verify
from briefing.schemas.json_schema import wire_schema
from briefing.testing.fake_model import FakeModel, known_faults


class Alias(BaseModel):
    """One alias for both ways."""

    who: list[Mention] = Field(alias="whoIsIt")
    said: Quote | None = Field(alias="theQuote")


class Input(BaseModel):
    """An alias for input."""

    who: list[Mention] = Field(validation_alias="whoIsIt")


class Output(BaseModel):
    """An alias for output, with another for input."""

    who: list[Mention] = Field(validation_alias="whoIsIt", serialization_alias="they")


class Choices(BaseModel):
    """Several aliases, the first of which cannot be asked for."""

    who: list[Mention] = Field(validation_alias=AliasChoices(AliasPath("people", 0), "whoIsIt"))


class Inner(BaseModel):
    """A model below another."""

    the_name: Mention = Field(alias="theName")


class Nested(BaseModel):
    """Aliases at two depths."""

    inner_things: list[Inner] = Field(alias="whoIsIt")


class Generated(BaseModel):
    """Aliases by rule, of our own field too."""

    model_config = ConfigDict(alias_generator=to_camel)

    who_is_it: list[Mention]
    how_made: Meta | None = None


class Swapped(BaseModel):
    """Aliases that are each other's names."""

    people: list[Mention] = Field(alias="whoIsIt", min_length=1)
    whoIsIt: str | None = Field(default=None, alias="people")  # noqa: N815  # the point of it


class Extended(Briefing):
    """A briefing with one field more."""

    people: list[Mention] = Field(alias="whoIsIt")


SCHEMAS = [Alias, Input, Output, Choices, Nested, Generated, Swapped, Extended]


@pytest.mark.parametrize("plan", ["joint", "staged"])
@pytest.mark.parametrize("schema", SCHEMAS)
def test_aliases_make_no_difference(bridge: str, schema: type[BaseModel], plan: str, tmp_path: Path) -> None:
    """The model writes the alias; the result verifies, and the journal gives it back without a call."""
    with (
        FakeModel() as fake,
        Briefer(
            "openai/fake", base_url=fake.url, api_key="test", plan=plan, journal=tmp_path / "run.db"
        ) as briefer,
    ):
        result = briefer.summarize(bridge, schema=schema)
        calls = fake.calls
        again = briefer.summarize(bridge, schema=schema)
    assert "whoIsIt" in wire_schema(schema)["properties"]
    assert [] == verify(result, Source.from_text(bridge))
    assert (calls, result) == (fake.calls, again)
    assert result == schema.model_validate_json(
        result.model_dump_json(by_alias=False), by_alias=False, by_name=True
    )


@pytest.mark.parametrize("schema", [Alias, Nested, Extended])
def test_repairs_know_aliases(bridge: str, schema: type[BaseModel]) -> None:
    """What was wrong is dropped or replaced, and the rest is built again."""
    with (
        FakeModel(faults=[known_faults()["ids out of range"]]) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer,
    ):
        result = briefer.summarize(bridge, schema=schema)
    assert [] == verify(result, Source.from_text(bridge))


def test_how_it_was_made_is_not_asked_for(bridge: str) -> None:
    """Whatever the field is called."""
    with FakeModel() as fake, Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer:
        result = briefer.summarize(bridge, schema=Generated)
    assert ["whoIsIt"] == list(wire_schema(Generated)["properties"])
    assert isinstance(result.how_made, Meta)


def test_a_briefing_with_aliases_is_read_back_by_default(bridge: str) -> None:
    """From what it dumps by default."""
    with FakeModel() as fake, Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer:
        result = briefer.summarize(bridge, schema=Extended)
    assert result == Extended.model_validate_json(result.model_dump_json())
    assert result == Extended.model_validate_json(result.model_dump_json(by_alias=True))


def test_a_field_inside_of_another_is_refused() -> None:
    """Before anything is paid for: no JSON schema says where it would have to be."""

    class Inside(BaseModel):
        who: Mention = Field(validation_alias=AliasPath("people", 0))

    class Outside(BaseModel):
        inside: list[Inside]

    with FakeModel() as fake, Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer:
        for schema in (Inside, Outside):
            with pytest.raises(SchemaError, match=r"Inside\.who is read from inside another field"):
                briefer.summarize("The ferry stopped.", schema=schema)
    assert 0 == fake.calls


def test_a_field_that_may_go_by_its_name_does(bridge: str) -> None:
    """Where a path is only one of two ways to give it."""

    class Either(BaseModel):
        model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

        who: list[Mention] = Field(validation_alias=AliasPath("people", "all"))

    with FakeModel() as fake, Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer:
        result = briefer.summarize(bridge, schema=Either)
    assert 1 == fake.calls
    assert [] == verify(result, Source.from_text(bridge))
