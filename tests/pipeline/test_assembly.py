"""From a plan's outcome to a result: headlines, and messages of results that are not valid."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field, model_validator

from briefing import Briefing, GroundingError, Meta, Source, Summary
from briefing.llm.targets import target_of
from briefing.pipeline.assembly import assemble
from briefing.pipeline.drivers import RunState
from briefing.pipeline.plans import Job, Outcome
from briefing.prompts.template import load_prompt

SOURCE = Source.from_text("The harbour bridge was shut. Repairs begin in May.", lang="en")


def assembled(schema: type[BaseModel], values: dict[str, Any], *, keep_source: bool = False) -> Any:
    """The result of these values."""
    job = Job(SOURCE, schema, load_prompt("briefing"), None, "joint", target_of("openai/x"))
    return assemble(job, Outcome(values, []), RunState(), [], keep_source=keep_source)[0]


def headline(text: str) -> Briefing:
    """A briefing with a headline alone."""
    briefing: Briefing = assembled(
        Briefing, {"headline": text, "summary": Summary(sentences=[]), "key_quotes": [], "entities": []}
    )
    return briefing


@pytest.mark.parametrize(
    ("word", "missing"),
    [("from", []), ("about", []), ("works", ["Nordic Repair Crew"])],
    ids=["four letters", "a small word", "five letters"],
)
def test_names_of_a_headline_in_title_case_are_not_checked(word: str, missing: list[str]) -> None:
    """A word of five letters in lower case shows that capitals mark names, unless it is a preposition or the like."""
    result = headline(f"Harwick Bridge Shut {word} Nordic Repair Crew")
    support = "unsupported" if missing else "supported"
    assert (missing, support) == (result.headline_missing, result.headline_support)


@pytest.mark.parametrize(
    ("text", "missing"),
    [("Mayor Tom Berg", []), ("Mayor Tom Berg up", ["Tom Berg"])],
)
def test_a_headline_in_title_case_has_more_capitals_than_other_words(text: str, missing: list[str]) -> None:
    """Where half of its words are outside names, capitals mark names."""
    assert missing == headline(text).headline_missing


def test_a_warning_names_what_the_headline_has() -> None:
    """What the article has is not named."""
    result = headline("The bridge of Tom Berg was shut for 99 days in May")
    assert result.meta.warnings == [
        f"not backed: the headline has what the article lacks: {', '.join(result.headline_missing)}"
    ]
    assert [] == headline("The harbour bridge was shut in May").meta.warnings


def test_the_source_is_stored_on_request() -> None:
    """Only in a `Briefing`, and only then."""
    values = {"headline": "Shut", "summary": Summary(sentences=[]), "key_quotes": [], "entities": []}
    assert SOURCE == assembled(Briefing, values, keep_source=True).source
    assert assembled(Briefing, values).source is None


def test_the_meta_of_a_user_defined_schema() -> None:
    """Fields of that type get it, with and without `None`."""

    class Two(BaseModel):
        first: Meta
        second: Meta | None
        third: int

    result = assembled(Two, {"third": 1})
    assert result.first == result.second
    assert "openai/x" == result.first.model


def test_an_invalid_result_names_the_field_and_the_reason() -> None:
    """Each error, with the path of its field; a validator of the whole is of the result."""

    class Odd(BaseModel):
        names: list[int] = Field(min_length=1)
        number: int

        @model_validator(mode="after")
        def fail(self) -> Odd:
            raise ValueError("never")

    with pytest.raises(GroundingError, match=r"not a valid Odd: names\.0: Input .*; number: Input"):
        assembled(Odd, {"names": ["x"], "number": "y"})
    with pytest.raises(GroundingError, match=r"not a valid Odd: result: Value error, never$"):
        assembled(Odd, {"names": [1], "number": 1})
