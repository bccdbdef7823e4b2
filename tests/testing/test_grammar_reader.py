"""`FakeModel` answers asks of local models: they carry a grammar in place of a schema."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer
from pydantic import BaseModel

from briefing import Briefer, Briefing, Cited, Mention, Quote, Source, Verbatim, verify
from briefing.grounding.resolution import Grounding
from briefing.llm.grammar import grammar
from briefing.prompts.article_view import render_article
from briefing.testing.answers import answer
from briefing.testing.fake_model import FakeModel, Fault, known_faults
from briefing.testing.grammar_reader import schema_of


class Mood(Enum):
    """Values of an enumeration, one of which looks like a part of the grammar."""

    CALM = "calm"
    ODD = '{"(a | b)": "q1"}'


class Inner(BaseModel):
    """A model below another."""

    who: Mention | None
    mood: Mood
    pairs: list[tuple[int, int]]


class Own(BaseModel):
    """Grounded and plain fields of many shapes."""

    quote: Quote | None
    figures: list[Cited[float]]
    who: list[Mention]
    motto: Verbatim | None
    inner: list[Inner]
    tags: dict[str, int]
    either: Mention | Quote
    sure: bool


def accepted(text: str, written: str) -> bool:
    """Whether a grammar lets a text through, to its end."""
    tokenizer = LLTokenizer("byte")
    matcher = LLMatcher(tokenizer, written)
    matcher.consume_tokens(tokenizer.tokenize_bytes(text.encode()))
    return bool(matcher.is_accepting()) and not matcher.is_error()


def answered(source: Source, schema: type[BaseModel], *, essential: bool = False) -> tuple[str, str]:
    """What a fake model answers about a source, and the grammar that it was asked by."""
    written = grammar(schema, Grounding(source), essential=essential)
    request = {
        "grammar": written,
        "messages": [{"role": "user", "content": render_article(Grounding(source))}],
    }
    return json.dumps(answer(request), ensure_ascii=False, separators=(",", ":")), written


@pytest.mark.parametrize("schema", [Briefing, Own])
@pytest.mark.parametrize("essential", [True, False], ids=["essential", "whole"])
def test_an_answer_keeps_to_its_grammar(article: str, schema: type[BaseModel], *, essential: bool) -> None:
    """As llama.cpp would hold a model to it, in any script."""
    assert accepted(*answered(Source.from_text(article), schema, essential=essential))


@settings(max_examples=50, deadline=None)
@given(
    st.text(st.characters(exclude_categories=("Cn", "Co", "Cs")), min_size=1, max_size=80).map(
        lambda text: f"Ida {text}"
    )
)
def test_an_answer_about_any_text_keeps_to_its_grammar(text: str) -> None:
    """Whatever marks and controls the article has."""
    assert accepted(*answered(Source.from_text(text), Briefing))


@pytest.mark.parametrize("plan", ["auto", "joint"])
def test_code_that_uses_a_local_model_can_be_tested(article: str, plan: Any) -> None:
    """With the address of the fake model, no weights, and the same plans as with a real one."""
    with FakeModel() as fake, Briefer("local", base_url=fake.url, plan=plan) as briefer:
        result = briefer.summarize(article)
        own = briefer.summarize(article, schema=Own)
    assert all("grammar" in request for request in fake.requests)
    assert [] == result.verify(article)
    assert [] != result.summary.sentences
    assert [] != result.key_quotes
    assert [] != result.entities
    assert [] == verify(own, Source.from_text(article))


async def test_without_blocking(bridge: str) -> None:
    """The same for async callers."""
    with FakeModel() as fake:
        async with Briefer("local", base_url=fake.url) as briefer:
            result = await briefer.asummarize(bridge)
    assert ["Oskar Lind"] == [quote.speaker for quote in result.key_quotes]


def test_faults_of_a_local_model(bridge: str) -> None:
    """A grammar is no reason to behave: faults are the same."""
    with (
        FakeModel(faults=[known_faults()["wrong shape"], Fault(status=500)]) as fake,
        Briefer("local", base_url=fake.url) as briefer,
    ):
        result = briefer.summarize(bridge, style="written")
    assert (6, 6) == (fake.calls, result.meta.attempts)


@pytest.mark.parametrize("foreign", ["", "root ::= [a-z]+", 'start: "yes"'])
def test_a_foreign_grammar_is_refused(foreign: str) -> None:
    """Rather than answered at random."""
    with pytest.raises(ValueError, match=r"grammar|Expecting"):
        schema_of(foreign)
