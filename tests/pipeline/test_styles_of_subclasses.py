"""Styles of subclasses of `Briefing`, whose headline and summary may be of other types."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, Field, field_validator

from briefing import Briefer, Briefing, GroundingError, SchemaError, Source, Statement, Summary, verify
from briefing.testing import FakeModel, Fault

SOURCE = Source.from_text(
    "Harwick shuts its last coal plant\n\n"
    "The council of Harwick voted on Monday to shut the last coal plant in the county by March 2027.\n"
    "The plant employs 340 people, and the council has promised each of them a place in its new depot.\n"
    "The cost of the closure is put at £12m, of which the county pays half.\n",
    lang="en",
)
FALSE = {"text": "The plant employs 900 people.", "evidence": [3]}
REFUSED = Fault(status=400)


class Described(Briefing):
    """A headline with a description of its own."""

    headline: str = Field(description="a short headline")


class Shouting(Briefing):
    """A headline that a validator changes."""

    @field_validator("headline")
    @classmethod
    def _loud(cls, headline: str) -> str:
        return headline.rstrip("!") + "!"


class Optional(Briefing):
    """A headline and a summary that may be missing."""

    headline: str | None  # type: ignore[assignment]
    summary: Summary | None  # type: ignore[assignment]


class Listed(Briefing):
    """A summary that is a list."""

    summary: list[Statement]  # type: ignore[assignment]


class Noted(Statement):
    """A statement with room for a note of the user's."""

    note: str = ""


class NotedSummary(Summary):
    """A summary of such statements."""

    sentences: list[Noted]  # type: ignore[assignment]


class WithNotes(Briefing):
    """A briefing with such a summary."""

    summary: NotedSummary


@pytest.mark.parametrize("schema", [Described, Shouting, Optional, Listed, WithNotes])
@pytest.mark.parametrize("model", ["openai/fake", "local"])
@pytest.mark.parametrize("style", ["written", "extractive"])
@pytest.mark.parametrize("plan", ["joint", "staged"])
def test_a_field_of_another_type(
    fake: FakeModel, schema: type[Briefing], model: str, style: Any, plan: Any
) -> None:
    """Every style and plan fills it, and what is the article's is the article's."""
    briefer = Briefer(model, base_url=fake.url, api_key="test", plan=plan)
    result = briefer.summarize(SOURCE, schema=schema, style=style, on_unsupported="replace")

    assert isinstance(result, schema)
    assert result.summary
    assert [] == result.verify(SOURCE)
    if schema is Shouting and style == "extractive":
        assert "unsupported" == result.headline_support  # it is no longer the article's
    assert result == schema.model_validate_json(result.model_dump_json())


@pytest.mark.parametrize("schema", [Described, Shouting])
def test_a_headline_of_a_subclass_is_checked(serve: Any, schema: type[Briefing]) -> None:
    """Whatever its annotation is."""
    answer = {"headline": "Harwick shuts 99 plants", "summary": [FALSE], "key_quotes": [], "entities": []}
    _, briefer = serve([Fault(content=json.dumps(answer)), REFUSED])
    result = briefer.summarize(SOURCE, schema=schema)
    assert ("unsupported", ["99"]) == (result.headline_support, result.headline_missing)


def test_a_replaced_statement_is_of_its_class(serve: Any) -> None:
    """The cited sentence is a `Noted`, too."""
    answer = {"headline": "A plant", "summary": [FALSE], "key_quotes": [], "entities": []}
    _, briefer = serve([Fault(content=json.dumps(answer)), REFUSED])
    result = briefer.summarize(SOURCE, schema=WithNotes, on_unsupported="replace")
    [sentence] = result.summary.sentences
    assert (Noted, "extracted", SOURCE.sentences[2].text) == (type(sentence), sentence.kind, sentence.text)


def test_an_extractive_briefing_without_a_known_sentence(serve: Any) -> None:
    """Where the model points at no sentence at all, the summary is chosen without it, with a warning."""
    answer = {"headline": 2, "summary": [99, 0, True, None], "key_quotes": [], "entities": []}
    _, briefer = serve([Fault(content=json.dumps(answer)), REFUSED])
    result = briefer.summarize(SOURCE, style="extractive")
    assert 3 == len(result.summary.sentences)
    assert any(warning.startswith("cut from the article: the whole") for warning in result.meta.warnings)


class Reason(BaseModel):
    """Two statements, one of which must not be missing."""

    why: Statement
    points: list[Statement]


@pytest.mark.parametrize(
    ("how", "why", "reason"),
    [("drop", FALSE, "900"), ("replace", {**FALSE, "evidence": [99]}, "evidence")],
)
def test_a_statement_that_must_not_be_missing(serve: Any, how: Any, why: Any, reason: str) -> None:
    """The error says why it is, and nothing about other fields."""
    wrong = {"text": "It costs £77m.", "evidence": [4]}
    _, briefer = serve([Fault(content=json.dumps({"why": why, "points": [wrong]})), REFUSED])
    with pytest.raises(GroundingError) as raised:
        briefer.summarize(SOURCE, schema=Reason, on_unsupported=how)
    expected = (
        f"why: left out: 'The plant employs 900 people.': not backed: {reason}; the field cannot be empty"
    )
    assert expected == str(raised.value)


class Registered(BaseModel):
    """A model whose subclasses need an argument."""

    why: Statement

    def __init_subclass__(cls, *, key: str, **options: Any) -> None:
        super().__init_subclass__(**options)


def test_a_schema_that_cannot_have_a_subclass(fake: FakeModel) -> None:
    """The error is ours, and comes before any call."""
    briefer = Briefer("openai/fake", base_url=fake.url, api_key="test")
    with pytest.raises(SchemaError, match="Registered cannot have a subclass"):
        briefer.summarize(SOURCE, schema=Registered, style="extractive")
    assert 0 == fake.calls


@pytest.fixture
def extractive(fake: FakeModel) -> tuple[Briefing, Source]:
    """An extractive briefing whose headline is a title that the text does not have."""
    text = SOURCE.text.partition("\n\n")[2]
    source = Source.from_text(text, lang="en", title="Council denies that the coal plant shuts | Herald")
    return Briefer("local", base_url=fake.url).summarize(source), source


@pytest.mark.parametrize("headline", ["coal plant shuts", "Council", "that", "e", "Herald", ""])
def test_a_part_of_a_title_is_no_headline(extractive: tuple[Briefing, Source], headline: str) -> None:
    """It may say the opposite; only the name of the site may be left out."""
    result, source = extractive
    assert "Council denies that the coal plant shuts" == result.headline
    assert [] == result.verify(source) == result.verify(source.text)
    changed = result.model_copy(update={"headline": headline})
    assert (
        ["headline"]
        == [v.path for v in changed.verify(source)]
        == [v.path for v in changed.verify(source.text)]
    )


def test_an_extractive_briefing_has_no_written_statement(extractive: tuple[Briefing, Source]) -> None:
    """One that was put in does not verify, whatever it calls itself."""
    result, source = extractive
    forged = result.summary.sentences[0].model_copy(update={"text": "The plant stays.", "kind": "written"})
    summary = result.summary.model_copy(update={"sentences": [forged]})
    changed = result.model_copy(update={"summary": summary})
    assert ["summary.sentences[0]"] == [v.path for v in verify(changed, source)]
