"""From a plan's outcome to a result: its source and `Meta`, and messages of results that are not valid."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field, model_validator

from briefing import Briefing, GroundingError, Meta, Source, Statement, Summary
from briefing.llm.targets import target_of
from briefing.pipeline.assembly import assemble
from briefing.pipeline.drivers import RunState
from briefing.pipeline.plans import Job, Outcome
from briefing.prompts.template import load_prompt
from briefing.schemas import HeadlineText

SOURCE = Source.from_text("The harbour bridge was shut. Repairs begin in May.", lang="en")


def assembled(schema: type[BaseModel], values: dict[str, Any], *, keep_source: bool = False) -> Any:
    """The result of these values."""
    job = Job(SOURCE, schema, load_prompt("briefing"), None, "joint", target_of("openai/x"))
    return assemble(job, Outcome(values, []), RunState(), [], keep_source=keep_source)[0]


def test_the_source_is_stored_on_request() -> None:
    """Only in a `Briefing`, and only then."""
    statement = Statement.extracted(SOURCE.sentences[0], SOURCE)
    values = {
        "headline": HeadlineText("Shut", []),
        "summary": Summary(sentences=[statement]),
        "key_quotes": [],
        "entities": [],
    }
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
