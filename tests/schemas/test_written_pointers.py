"""Pointers to quotations in what a model writes, from its answer to the result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import GOOD, Serve
from pydantic import BaseModel

from briefing import Briefing, Cited, Quote, Source
from briefing.testing import Fault

POINTED = "Oskar Lind, a baker, spoke of ‹q1›."
EXPANDED = "Oskar Lind, a baker, spoke of “a disaster for the whole of our street”."
UNKNOWN = "Oskar Lind, a baker, spoke of ‹q7›."
PLANS = ["joint", "staged"]


def answers(plan: str, text: str, *repairs: str) -> list[Fault | None]:
    """Answers of a plan whose summary is one good sentence and this one, and the second sentence asked for again."""
    summary = [GOOD["summary"][0], {"text": text, "evidence": [1]}]
    again = [
        Fault(content=json.dumps({"summary": [{"text": repair, "evidence": [1]}]})) for repair in repairs
    ]
    if plan == "joint":
        return [Fault(content=json.dumps(GOOD | {"summary": summary})), *again]
    fields = [Fault(content=json.dumps({k: v})) for k, v in (GOOD | {"summary": summary}).items()]
    return [*fields, *again]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (POINTED, EXPANDED),
        ("Oskar Lind spoke of “‹q1›.”", "Oskar Lind spoke of “a disaster for the whole of our street.”"),
        ("Lind said: ‹q1: a disaster›", "Lind said: “a disaster”."),
    ],
)
def test_a_pointer_becomes_the_quotation(
    serve: Serve, bridge: str, plan: str, text: str, expected: str
) -> None:
    """It is listed with its speaker, and its sentence is evidence though the model cites another."""
    fake, briefer = serve(answers(plan, text), plan=plan)
    result = briefer.summarize(bridge)

    statement = result.summary.sentences[1]
    assert (expected, "supported", []) == (statement.text, statement.support, statement.findings)
    [quote] = statement.quotes
    assert ("Oskar Lind", "direct") == (quote.speaker, quote.kind)
    assert quote.text.rstrip(".") in expected
    assert any(span.text.startswith("Oskar Lind") for span in statement.evidence)
    assert (1 if plan == "joint" else 4) == fake.calls
    assert [] == result.verify(bridge)
    assert result == Briefing.model_validate_json(result.model_dump_json())


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("wrong", [UNKNOWN, "Lind spoke of ‹q1: a small disaster›."])
def test_an_unknown_pointer_is_repaired(serve: Serve, bridge: str, plan: str, wrong: str) -> None:
    """The model is asked once more; its second answer takes the place of the first."""
    fake, briefer = serve(answers(plan, wrong, POINTED), plan=plan)
    result = briefer.summarize(bridge)

    statement = result.summary.sentences[1]
    assert (EXPANDED, "supported") == (statement.text, statement.support)
    assert (2 if plan == "joint" else 5) == fake.calls
    assert [w for w in result.meta.warnings if w.startswith("repaired: ") and "quotation q" in w]


@pytest.mark.parametrize("plan", PLANS)
def test_an_unknown_pointer_that_stays_is_unsupported(serve: Serve, bridge: str, plan: str) -> None:
    """It stays readable as a pointer, with a finding and a warning."""
    _, briefer = serve(answers(plan, UNKNOWN, UNKNOWN), plan=plan)
    result = briefer.summarize(bridge)

    statement = result.summary.sentences[1]
    [finding] = statement.findings
    assert (UNKNOWN, "unsupported", ["‹q7›"]) == (statement.text, statement.support, statement.missing)
    assert ("quotation", "‹q7›") == (finding.kind, statement.text[finding.start : finding.end])
    assert "not backed: there is no quotation q7" in result.meta.warnings
    assert [] == statement.quotes


def test_a_wrong_speaker_of_a_pointer_is_found(serve: Serve, bridge: str) -> None:
    """The words are true, and the sentence gives them to somebody else."""
    wrong = "Maren Holt called it ‹q1›."
    _, briefer = serve(answers("joint", wrong, wrong))
    statement = briefer.summarize(bridge).summary.sentences[1]

    assert ("unsupported", ["speaker"]) == (statement.support, [f.kind for f in statement.findings])
    assert ["Oskar Lind"] == [span.text for f in statement.findings for span in f.source]


class Position(BaseModel):
    """A model inside a value."""

    said: str


class Report(BaseModel):
    """Values that hold text at several depths, and one that holds an id."""

    line: Cited[str]
    lines: Cited[list[str]]
    table: Cited[dict[str, list[str]]]
    deep: Cited[Position]
    quoted: Cited[list[Quote]]


def test_values_hold_the_expanded_text(serve: Serve, bridge: str) -> None:
    """Also in lists, dicts and models; an id that a grounded type resolves is no pointer in prose."""
    values: dict[str, Any] = {
        "line": POINTED,
        "lines": ["The bridge opens again in 2027.", POINTED],
        "table": {"street": [POINTED]},
        "deep": {"said": POINTED},
        "quoted": [{"id": "‹q1›", "speaker": "Oskar Lind"}],
    }
    answer = {name: {"value": value, "evidence": [1]} for name, value in values.items()}
    fake, briefer = serve([Fault(content=json.dumps(answer))])
    result = briefer.summarize(bridge, schema=Report)

    assert 1 == fake.calls
    assert EXPANDED == result.line.value == result.deep.value.said
    assert ["The bridge opens again in 2027.", EXPANDED] == result.lines.value
    assert {"street": [EXPANDED]} == result.table.value
    assert ["Oskar Lind"] == [quote.speaker for quote in result.quoted.value]
    assert {"supported"} == {getattr(result, name).support for name in Report.model_fields}
    assert any(span.text.startswith("Oskar Lind") for span in result.line.evidence)


@pytest.mark.parametrize("value", ["Lind spoke of ‹q7›.", "Maren Holt spoke of ‹q1›."])
def test_a_false_pointer_in_a_value_is_found(serve: Serve, bridge: str, value: str) -> None:
    """At its place in the text that the value holds."""
    line = {"value": value, "evidence": [1]}
    good = {"value": "The bridge opens again in 2027.", "evidence": [5]}
    fields = dict.fromkeys(Lines.model_fields, good) | {"line": line}
    _, briefer = serve(
        [Fault(content=json.dumps(fields)), Fault(content=json.dumps({"line": [line]}))],
    )
    held = briefer.summarize(bridge, schema=Lines).line

    [finding] = held.findings
    assert "unsupported" == held.support
    assert finding.text == held.value[finding.start : finding.end]


class Lines(BaseModel):
    """Two values."""

    line: Cited[str]
    other: Cited[str]


@pytest.mark.parametrize(
    ("lang", "article", "text", "expected"),
    [
        (
            "de",
            "Der Hafen bleibt gesperrt. „Die Kaimauer ist nicht sicher“, sagte Ilse Brandt.",
            "Brandt sagte: ‹q1›",
            "Brandt sagte: „Die Kaimauer ist nicht sicher“.",
        ),
        (
            "ja",
            "橋は閉鎖された。田中市長は「ほかに選択肢はまったくありませんでした」と話した。",
            "田中市長は言った、‹q1›",
            "田中市長は言った、「ほかに選択肢はまったくありませんでした」。",
        ),
        (
            "en",
            "The bridge closed. “We had no choice,” said Ana Ruiz, “and we knew it all along.”",
            "Ruiz said: ‹q1›",
            "Ruiz said: “We had no choice, and we knew it all along.”",
        ),
    ],
)
def test_a_sentence_that_ends_with_a_pointer_is_whole(
    serve: Serve, lang: str, article: str, text: str, expected: str
) -> None:
    """The stop that the model left to the quotation is not missing, in any language."""
    summary = [{"text": Source.from_text(article).sentences[0].text, "evidence": [1]}]
    summary.append({"text": text, "evidence": [2]})
    answer = {"headline": "。" if lang == "ja" else "-", "summary": summary, "key_quotes": [], "entities": []}
    _, briefer = serve([Fault(content=json.dumps(answer))])
    statement = briefer.summarize(Source.from_text(article, lang=lang)).summary.sentences[1]

    assert (expected, "supported", 1) == (statement.text, statement.support, len(statement.quotes))
