"""Grounded types for text and values of the model, with the sentences they rest on: `Statement`, `Summary`, `Cited`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field, computed_field
from pydantic.json_schema import JsonSchemaValue

from briefing.grounding import (
    Finding,
    Grounding,
    QuotedText,
    back_statement,
    check_quotations,
    sentences_by_id,
)
from briefing.schemas.base import Grounded, object_with, one_line, wire_object
from briefing.schemas.extractive import Quote
from briefing.schemas.pickling import models_of, reduced
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import primary_subtag

T = TypeVar("T")

Support = Literal["supported", "unsupported"]

_EVIDENCE = {
    "type": "array",
    "items": {"type": "integer", "x-briefing": "sentence"},
    "description": "numbers of the sentences that say so",
    "minItems": 1,
    "maxItems": 3,
}
_WRITTEN = {"type": "string", "x-briefing": "statement"}


def _evidence(wire: dict[str, Any], grounding: Grounding) -> list[Span]:
    ids = wire["evidence"] if isinstance(wire["evidence"], list) else [wire["evidence"]]
    spans, unknown = sentences_by_id(ids, grounding.source)
    if not spans:
        shown = ", ".join(map(str, unknown))[:80]
        reason = f"there is no sentence {shown}" if unknown else "no sentence is cited"
        grounding.add_problem(None, wire, reason, fatal=False)
    return spans


def _checked(texts: list[str], evidence: list[Span], wire: Any, grounding: Grounding) -> dict[str, Any]:
    """Return the fields `evidence`, `support`, `missing` and `findings` of an item that states these texts."""
    if not evidence:
        return {
            "evidence": [],
            "support": "unsupported",
            "missing": ["evidence"],
            "findings": [_uncited(texts)],
        }
    found = [back_statement(text, evidence, grounding) for text in texts]
    evidence = sorted({*evidence, *(span for more, _ in found for span in more)}, key=lambda span: span.start)
    findings = [finding for _, some in found for finding in some]
    missing = list(dict.fromkeys(f.message if f.kind == "script" else f.text for f in findings))
    if missing:
        reason = f"the cited sentences do not say: {', '.join(missing)}"
        grounding.add_problem(None, wire, reason, fatal=False)
    support = "unsupported" if missing else "supported"
    return {"evidence": evidence, "support": support, "missing": missing, "findings": findings}


def _uncited(texts: list[str]) -> Finding:
    text = texts[0] if texts else ""
    return Finding(
        kind="evidence", text=text, start=0, end=len(text), message="no sentence of the article is cited"
    )


def _quoted_sentences(found: list[QuotedText], source: Source) -> Iterator[Span]:
    """Yield the sentences that backed quotations stand in: they are evidence, cited or not."""
    for quoted in found:
        for span in () if quoted.findings else quoted.match.spans:
            yield from (s for s in source.sentences if s.start < span.end and span.start < s.end)


def _with_quotations(
    checked: dict[str, Any], found: list[QuotedText], wire: Any, grounding: Grounding
) -> None:
    """Add to checked fields what was found about the quotations of a text."""
    errors = [finding for quoted in found for finding in quoted.findings]
    for finding in errors:
        grounding.add_problem(None, wire, finding.message, fatal=False)
    if errors:
        missing = [*checked["missing"], *(finding.text for finding in errors)]
        checked |= {"support": "unsupported", "missing": list(dict.fromkeys(missing))}
    checked["findings"] = sorted([*checked["findings"], *errors], key=lambda finding: finding.start)


class Statement(Grounded):
    """One sentence of a summary, with its evidence. The model writes the text and the numbers of the sentences."""

    text: str
    """The sentence, written by the model."""
    evidence: list[Span]
    """The sentences of the source that it rests on: those that the model cites, and others that name its names and numbers."""
    support: Support
    """Either "unsupported" or "supported".

    "unsupported": a number, date or name in `text` is not in the evidence, `text` contradicts it, the evidence is empty, or
    `text` is truncated. "supported": none of these was found, which does not prove `text` true.
    """
    missing: list[str] = Field(default_factory=list)
    """The unsupported parts of `text`: the words of `findings`; empty if supported."""
    findings: list[Finding] = Field(default_factory=list)
    """What is wrong with `text`, in its order."""
    quotes: list[Quote] = Field(default_factory=list)
    """What `text` quotes somebody with, with the source's speakers; titles and terms are left out."""

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return wire_object(text=_WRITTEN | {"description": "one complete sentence"}, evidence=_EVIDENCE)

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        wire = object_with(wire, "text", "evidence")
        text, found = check_quotations(
            one_line(wire["text"]), grounding.source, primary_subtag(grounding.language)
        )
        evidence = _evidence(wire, grounding)
        if evidence:
            evidence = sorted({*evidence, *_quoted_sentences(found, grounding.source)}, key=lambda s: s.start)
        checked = _checked([text], evidence, wire, grounding)
        _with_quotations(checked, found, wire, grounding)
        quotes = [
            Quote.of(quoted, grounding.source) for quoted in found if quoted.is_speech and not quoted.findings
        ]
        return {"text": text, "quotes": quotes} | checked


class Summary(Grounded):
    """A summary: a list of statements. Its wire form is the list."""

    sentences: list[Statement]
    """The sentences, in order."""

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know decorated properties
    @property
    def text(self) -> str:
        """The whole summary, sentences joined by spaces, or by nothing in Chinese and Japanese."""
        joint = "" if self.sentences and self.sentences[0].text.endswith(("。", "！", "？")) else " "
        return joint.join(sentence.text for sentence in self.sentences)

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return dict(result["properties"]["sentences"]) | {"minItems": 2, "maxItems": 5}

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        sentences = wire["sentences"] if isinstance(wire, dict) and "sentences" in wire else wire
        if not sentences:
            raise ValueError("a summary has at least one sentence")
        return {"sentences": sentences}


class Cited(Grounded, Generic[T]):
    """A value of type `T` with its evidence. The model writes the value and the numbers of the sentences."""

    value: T
    """The value, given by the model."""
    evidence: list[Span]
    """The sentences of the source that it rests on: those that the model cites, and others that name its names and numbers."""
    support: Support
    """As `Statement.support`, for the texts and numbers in `value`, also inside lists and dicts.

    A single capitalised word may be a label chosen by the model and is not checked; use `Mention` for a name. Values with
    pydantic models inside are checked by those models only.
    """
    missing: list[str] = Field(default_factory=list)
    """The unsupported parts of `value`: the words of `findings`; empty if supported."""
    findings: list[Finding] = Field(default_factory=list)
    """What is wrong with the texts in `value`; offsets count in the text that has the words."""

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return wire_object(value=result["properties"]["value"], evidence=_EVIDENCE)

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        wire = object_with(wire, "value", "evidence")
        # A value with models inside may hold ids; grounded types check themselves.
        nested = not models_of(cls.model_fields["value"].annotation)
        texts = list(_texts(wire["value"], nested=nested))
        checked = _checked(texts, _evidence(wire, grounding), wire, grounding)
        lang = primary_subtag(grounding.language)
        for text in _texts(wire["value"], nested=True):
            _with_quotations(checked, check_quotations(text, grounding.source, lang)[1], wire, grounding)
        return {"value": wire["value"]} | checked


def _texts(value: Any, *, nested: bool) -> Iterator[str]:
    """Yield the texts and numbers in a value as texts to check; those of lists and dicts only if `nested`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for held in (value.values() if isinstance(value, dict) else value) if nested else ():
            yield from _texts(held, nested=nested)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(int(value)) if float(value).is_integer() else str(value)
