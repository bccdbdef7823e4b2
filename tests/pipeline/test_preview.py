"""Tests of the parts that are told while an answer arrives: they are those of the result."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from conftest import BRIDGE
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, field_validator
from pydantic_core import from_json

from briefing import (
    Briefer,
    BriefingError,
    Cited,
    Entity,
    Mention,
    Quote,
    Section,
    Source,
    Statement,
    Summary,
    Verbatim,
)
from briefing.llm import Ask, Deadline, Target
from briefing.pipeline import Job, Preview, preview
from briefing.pipeline.job import staged_asks
from briefing.prompts import builtin_prompt
from briefing.testing import FakeModel, Fault

TEXTS = (
    "The council of Harwick closed the Tern bridge on Monday.",
    "Repairs will cost 4.2 million crowns.",
    "Repairs will cost 9 million crowns.",
    "Oskar Lind called the news “a disaster for the whole of our street.”",
    "The bridge opens again in 2027",
)
STATEMENTS = st.fixed_dictionaries(
    {"text": st.sampled_from(TEXTS), "evidence": st.lists(st.integers(0, 6), max_size=2)}
)
QUOTES = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["q1", "q2", "q9"]),
        "speaker": st.sampled_from([None, "Holt", "Oskar Lind", "Eve"]),
    }
)
ENTITIES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Maren Holt", "Holt", "Harwick", "Atlantis"]),
        "type": st.sampled_from(["person", "location"]),
        "role": st.none(),
    }
)


def several(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A list of up to ten items: more than some fields take."""
    return st.lists(items, min_size=1, max_size=10)


ANSWERS = st.fixed_dictionaries(
    {
        "headline": st.sampled_from(["Harwick closes the Tern bridge", "Atlantis closes 9 bridges"]),
        "summary": several(STATEMENTS),
        "key_quotes": several(QUOTES),
        "entities": several(ENTITIES),
        "costs": several(st.fixed_dictionaries({"value": st.integers(3, 5), "evidence": st.just([3])})),
        "sayings": several(st.fixed_dictionaries({"topic": st.just("street"), "said": several(QUOTES)})),
        "speaker": st.sampled_from(["Oskar Lind", "Eve"]),
        "copied": several(st.sampled_from(["closed the Tern bridge", "opened it"])),
    }
)


class Saying(BaseModel):
    """Quotes of a topic."""

    topic: str
    said: list[Quote]


class Own(BaseModel):
    """A schema with grounded types in lists, alone and nested."""

    copied: list[Verbatim]
    costs: list[Cited[int]]
    sayings: list[Saying]
    speaker: Mention | None
    summary: Summary


class Quoted(BaseModel):
    """A schema in which nothing renames the speakers of quotes."""

    key_quotes: list[Quote]
    summary: list[Statement]


def parts_and_result(briefer: Briefer, **options: Any) -> tuple[list[preview.Part], BaseModel]:
    """The parts of a stream and its result."""

    async def read() -> tuple[list[preview.Part], BaseModel]:
        stream = briefer.astream(BRIDGE, **options)
        parts = [part async for part in stream]
        await briefer.aclose()
        return parts, stream.result

    return asyncio.run(read())


def check(parts: list[preview.Part], result: BaseModel) -> None:
    """The last value told of each path is what the result has there; nothing is told twice but to correct it."""
    told: dict[str, Any] = {}
    for part in parts:
        assert part.corrects == (part.path in told)
        assert part.path not in told or told[part.path] != part.value
        told[part.path] = part.value
    assert {path: value for path, value in told.items() if value is not None} == dict(
        preview.result_parts(result)
    )


@pytest.mark.parametrize("schema", [None, Own, Quoted])
@pytest.mark.parametrize("plan", ["joint", "staged", "long"])
@settings(max_examples=8)
@given(
    answer=ANSWERS,
    again=st.booleans(),
    style=st.sampled_from(["written", "extractive"]),
    unsupported=st.sampled_from(["mark", "replace", "drop"]),
    local=st.booleans(),
)
def test_the_last_value_of_each_path_is_that_of_the_result(
    schema: type[BaseModel] | None,
    plan: Any,
    answer: dict[str, Any],
    again: bool,
    style: str,
    unsupported: str,
    local: bool,
) -> None:
    """Whatever a model answers, in each plan and style, and with a repair that solves something or nothing."""

    def content(good: str) -> str:
        return json.dumps({name: answer.get(name, value) for name, value in json.loads(good).items()})

    def fault(request: dict[str, Any]) -> Fault | None:
        is_repair = any(message["role"] == "assistant" for message in request["messages"])
        extracted = style == "extractive"
        return None if (is_repair and not again) or (extracted and schema is None) else Fault(content=content)

    options: dict[str, Any] = {} if schema is None else {"schema": schema}
    with FakeModel(faults=fault) as fake:
        model = "local" if local else "openai/fake"
        briefer = Briefer(model=model, base_url=fake.url, api_key="test", plan=plan, max_attempts=1)
        try:
            parts, result = parts_and_result(briefer, style=style, on_unsupported=unsupported, **options)
        except BriefingError:  # of an answer that makes no result
            return
    check(parts, result)


def job(schema: type[BaseModel] = Own, **options: Any) -> Job:
    """A job about the bridge."""
    target = Target("openai/fake", "openai", "fake")
    return Job(Source.from_text(BRIDGE), schema, builtin_prompt("briefing"), None, "joint", target, **options)


def told_of(of: Job, ask: Ask, pieces: list[str]) -> list[preview.Part]:
    """The parts that are told when an answer arrives in these pieces, before its end."""
    told: list[preview.Part] = []
    watcher = Preview(told.append).watch(of, Deadline(), ask)
    assert watcher is not None
    watcher.begin()
    for piece in pieces:
        watcher.add(piece)
    return told


def test_an_item_is_told_when_the_next_one_begins() -> None:
    """Not before it is whole, and not only with the whole list."""
    [ask] = job().asks
    begun = '{"copied": ["closed the Tern bridge"'
    assert told_of(job(), ask, [begun]) == []
    [part] = told_of(job(), ask, [begun, ', "'])
    assert (part.path, part.value.text) == ("copied[0]", "closed the Tern bridge")


def test_what_entities_may_rename_waits_for_the_result() -> None:
    """A quote with a speaker is told early only where the schema has no entities."""
    answer = '{"key_quotes": [{"id": "q1", "speaker": "Oskar Lind"}], "summary": ['
    [ask] = job(Quoted).asks
    assert [part.path for part in told_of(job(Quoted), ask, [answer])] == ["key_quotes[0]"]

    class Named(Quoted):
        people: list[Entity]

    [ask] = job(Named).asks
    assert told_of(job(Named), ask, [answer]) == []


def test_the_sections_of_a_summary_are_parts() -> None:
    """With its sentences, of which they give the places."""
    section = Section(heading="Repairs", start=0, end=1)
    statement = Statement(text="It reopens.", evidence=[], support="unsupported")

    class Sectioned(BaseModel):
        summary: Summary

    result = Sectioned(summary=Summary(sentences=[statement], sections=[section]))
    assert dict(preview.result_parts(result)) == {
        "summary.sentences[0]": statement,
        "summary.sections[0]": section,
    }


def test_nothing_is_told_early_where_the_author_validates() -> None:
    """Validators see the whole answer, and once."""

    class Checked(Own):
        @field_validator("copied")
        @classmethod
        def _short(cls, value: list[Verbatim]) -> list[Verbatim]:
            return value[:1]

    [ask] = job(Checked).asks
    assert Preview(print).watch(job(Checked), Deadline(), ask) is None


@pytest.mark.parametrize("opening", ["Sure! ", "<think>{", "[", "x" * 200])
def test_nothing_is_told_of_what_does_not_begin_as_an_answer(opening: str) -> None:
    """JSON after other words may be a draft."""
    [ask] = job().asks
    assert told_of(job(), ask, [opening, '{"copied": ["closed the Tern bridge", "']) == []


def test_only_asks_for_fields_of_the_result_are_watched() -> None:
    """Not the asks about parts of a long article, whose lists are merged."""
    parts = Job(**{**vars(job()), "plan": "long"}).asks
    assert [ask.fills for ask in parts] == [False] * len(parts)
    assert all(ask.fills for ask in staged_asks(job(), essential=False))


@pytest.mark.parametrize("size", [1_000, 10_000])
def test_the_work_is_proportional_to_the_length(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that arrives letter by letter is parsed for at most 100 times its length in all."""
    parsed = 0

    def counted(text: str, **options: Any) -> Any:
        nonlocal parsed
        parsed += len(text)
        return from_json(text, **options)

    monkeypatch.setattr(preview, "from_json", counted)
    [ask] = job().asks
    answer = json.dumps({"speaker": "x" * size})
    told_of(job(), ask, list(answer))
    assert len(answer) <= parsed <= 100 * len(answer)
