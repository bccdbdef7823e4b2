"""Quotations in what a model writes: headline, summary, values. None leaves unverified."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import GOOD, Serve
from pydantic import BaseModel

from briefing import Briefing, Cited
from briefing.testing import Fault

TRUE = "Maren Holt said: “We had no choice.”"
INVENTED = "Maren Holt said: “We closed it to save money.”"
ALTERED = "Maren Holt said: “We had a choice.”"
SWAPPED = "Oskar Lind said: “We had no choice.”"


def stated(text: str) -> Fault:
    """An answer whose summary is one good sentence and this one."""
    summary = [GOOD["summary"][0], {"text": text, "evidence": [1, 2]}]
    return Fault(content=json.dumps(GOOD | {"summary": summary}))


@pytest.mark.parametrize(
    ("text", "kind", "passage"),
    [
        (INVENTED, "quotation", []),
        (ALTERED, "quotation", ["We had no choice"]),
        (SWAPPED, "speaker", ["Maren Holt"]),
        (
            "The council said “Repairs will cost 4.2 million crowns”.",
            "quotation",
            ["Repairs will cost 4.2 million crowns"],
        ),
    ],
)
def test_a_false_quotation_is_repaired_once_then_marked(
    serve: Serve, bridge: str, text: str, kind: str, passage: list[str]
) -> None:
    """The model is asked once more; what stays is unsupported, with what the article has instead, and a warning."""
    again = Fault(content=json.dumps({"summary": [{"text": text, "evidence": [1, 2]}]}))
    fake, briefer = serve([stated(text), again])
    result = briefer.summarize(bridge)

    statement = result.summary.sentences[1]
    [finding] = [f for f in statement.findings if f.kind in ("quotation", "speaker")]
    assert 2 == fake.calls
    assert ("unsupported", kind, passage) == (
        statement.support,
        finding.kind,
        [s.text for s in finding.source],
    )
    assert finding.text == statement.text[finding.start : finding.end]
    assert finding.text in statement.missing
    assert f"not backed: {finding.message}" in result.meta.warnings
    assert [] == statement.quotes
    assert [] == result.verify(bridge)
    assert result == Briefing.model_validate_json(result.model_dump_json())


def test_a_repaired_quotation_is_supported(serve: Serve, bridge: str) -> None:
    """A second answer that quotes the article takes the first one's place."""
    again = Fault(content=json.dumps({"summary": [{"text": TRUE, "evidence": [2]}]}))
    _, briefer = serve([stated(INVENTED), again])
    result = briefer.summarize(bridge)

    statement = result.summary.sentences[1]
    assert (TRUE, "supported", []) == (statement.text, statement.support, statement.findings)
    assert [w for w in result.meta.warnings if w.startswith("repaired: the quotation")]


def test_a_true_quotation_is_listed_with_its_speaker_and_its_sentence(serve: Serve, bridge: str) -> None:
    """The quotation is a slice of the article, and the sentence that it stands in is evidence, cited or not."""
    text = 'Maren Holt said: "We had no choice," and closed the bridge.'
    fake, briefer = serve([stated(text)])
    [_, statement] = briefer.summarize(bridge).summary.sentences

    [quote] = statement.quotes
    assert 1 == fake.calls
    assert "supported" == statement.support
    assert ("We had no choice,", "Maren Holt", "direct") == (quote.text, quote.speaker, quote.kind)
    assert bridge[quote.spans[0].start : quote.spans[0].end] == "We had no choice,"
    assert any("We had no choice" in span.text for span in statement.evidence)


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Holt: “We had no choice”", ("supported", [])),
        ("Holt: “We closed it to save money”", ("unsupported", ["quotation"])),
        ("Oskar Lind: “We had no choice”", ("unsupported", ["speaker"])),
    ],
)
def test_a_headline_quotes_the_article(
    serve: Serve, bridge: str, headline: str, expected: tuple[str, list[str]]
) -> None:
    """A headline is held to the same as a statement, and asked for once more."""
    again = Fault(content=json.dumps({"headline": [headline]}))
    fake, briefer = serve([Fault(content=json.dumps(GOOD | {"headline": headline})), again])
    result = briefer.summarize(bridge)
    assert (1 if expected[0] == "supported" else 2) == fake.calls

    assert expected == (result.headline_support, [finding.kind for finding in result.headline_findings])
    assert [f.text for f in result.headline_findings] == result.headline_missing


class Position(BaseModel):
    """A model inside a value."""

    said: str


class Report(BaseModel):
    """Values that hold text at several depths."""

    line: Cited[str]
    lines: Cited[list[str]]
    deep: Cited[Position]


@pytest.mark.parametrize("field", ["line", "lines", "deep"])
def test_a_value_quotes_the_article_at_any_depth(serve: Serve, bridge: str, field: str) -> None:
    """Text in a `Cited` is held to the same, also inside lists and models."""

    def answer(text: str) -> dict[str, Any]:
        values: dict[str, Any] = {"line": TRUE, "lines": [TRUE], "deep": {"said": TRUE}}
        values[field] = {"line": text, "lines": [TRUE, text], "deep": {"said": text}}[field]
        return {name: {"value": value, "evidence": [2]} for name, value in values.items()}

    wrong = json.dumps(answer(INVENTED))
    _, briefer = serve([Fault(content=wrong), Fault(content=json.dumps({field: [answer(INVENTED)[field]]}))])
    result = briefer.summarize(bridge, schema=Report)

    support = {name: getattr(result, name).support for name in Report.model_fields}
    assert {name: "unsupported" if name == field else "supported" for name in support} == support
    assert ["quotation"] == [finding.kind for finding in getattr(result, field).findings]
