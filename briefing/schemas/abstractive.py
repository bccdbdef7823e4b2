"""Grounded types for text and values of the model, with the sentences they rest on: `Statement`, `Summary`, `Cited`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, computed_field
from pydantic.json_schema import JsonSchemaValue

from briefing.grounding import (
    WORDING_KINDS,
    Finding,
    Grounding,
    QuotedText,
    back_statement,
    blank_pointers,
    errors_of,
    finding_in,
    resolve_quotations,
    sentences_by_id,
)
from briefing.schemas.base import EXTRACTIVE, Grounded, check_length, object_with, one_line, wire_object
from briefing.schemas.extractive import Quote
from briefing.schemas.pickling import models_of, reduced
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import TERMINAL_MARKS, UNSPACED_CHARACTER, primary_subtag

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
_SENTENCE = {"type": "integer", "x-briefing": "sentence"}


def _evidence(wire: dict[str, Any], grounding: Grounding) -> list[Span]:
    ids = wire["evidence"] if isinstance(wire["evidence"], list) else [wire["evidence"]]
    spans, unknown = sentences_by_id(ids, grounding.source, grounding.view)
    if not spans:
        shown = ", ".join(map(str, unknown))[:80]
        reason = f"there is no sentence {shown}" if unknown else "no sentence is cited"
        grounding.add_problem(None, wire, reason, fatal=False)
    return spans


def _checked(
    texts: list[str], evidence: list[Span], found: list[QuotedText], wire: Any, grounding: Grounding
) -> dict[str, Any]:
    """Return the fields `evidence`, `support`, `missing` and `findings` of an item that states these texts.

    `found`: their quotations.
    """
    if evidence:
        evidence = sorted({*evidence, *_quoted_sentences(found, grounding.source)}, key=lambda s: s.start)
        backed = [back_statement(blank_pointers(text), evidence, grounding) for text in texts]
        evidence = sorted({*evidence, *(span for more, _ in backed for span in more)}, key=lambda s: s.start)
        speakers = [finding for quoted in found for finding in quoted.findings if finding.kind == "speaker"]
        findings = [
            finding
            for _, some in backed
            for finding in some
            if not (finding.kind == "name" and any(_overlap(finding, speaker) for speaker in speakers))
            if not (finding.kind == "speaker" and found)  # the check of quotations has told it
        ]
        wrong = errors_of(findings)
        missing = list(dict.fromkeys(f.message if f.kind == "script" else f.text for f in wrong))
        if missing:
            reasons = [f.message for f in wrong if f.kind in WORDING_KINDS]
            others = list(dict.fromkeys(f.text for f in wrong if f.kind not in WORDING_KINDS))
            if others:
                reasons.insert(0, f"the cited sentences do not say: {', '.join(others)}")
            reason = "; ".join(reasons)
            grounding.add_problem(None, wire, reason, fatal=False)
    else:
        text = texts[0] if texts else ""
        findings = [finding_in(text, "evidence", text, "no sentence of the article is cited")]
        missing = ["evidence"]
    errors = [finding for quoted in found for finding in quoted.findings]
    for finding in errors:
        grounding.add_problem(None, wire, finding.message, fatal=False)
    missing = list(dict.fromkeys([*missing, *(finding.text for finding in errors)]))
    return {
        "evidence": evidence,
        "support": "unsupported" if missing else "supported",
        "missing": missing,
        "findings": sorted([*findings, *errors], key=lambda finding: finding.start),
    }


def _overlap(one: Finding, other: Finding) -> bool:
    return one.start < other.end and other.start < one.end


def _missing_stop(text: str, found: list[QuotedText], grounding: Grounding) -> str:
    """Return the full stop that a sentence lacks because its last words are a pointer; "" if it lacks none."""
    if not found or not found[-1].is_pointed or any(char.isalnum() for char in text[found[-1].end :]):
        return ""
    lang = primary_subtag(grounding.language)
    stop = "。" if lang in ("zh", "ja") else "" if UNSPACED_CHARACTER.search(text) else "."
    return "" if any(char in TERMINAL_MARKS for char in text[found[-1].end - 1 :]) else stop


def _quoted_sentences(found: list[QuotedText], source: Source) -> Iterator[Span]:
    """Yield the sentences that backed quotations stand in: they are evidence, cited or not."""
    for quoted in found:
        for span in () if quoted.findings else quoted.match.spans:
            yield from (s for s in source.sentences if s.start < span.end and span.start < s.end)


class Statement(Grounded):
    """One sentence of a summary, with its evidence.

    The model writes the text and the numbers of the sentences that it rests on; or only the number of a sentence, which then
    is the statement.
    """

    text: str
    """The sentence: written by the model, with the quotations that it points at (`‹q2›`) put in from the source; or, if
    `kind` is "extracted", a sentence of the source.
    """
    evidence: list[Span]
    """The sentences of the source that it rests on: those that the model cites, and others that name its names and numbers."""
    support: Support
    """Either "unsupported" or "supported".

    "unsupported": a finding is an error: a number, date or name in `text` is not in the evidence, `text` contradicts it or says
    more than it does (`Finding.kind`), a quotation in `text` is not the source's or is given to somebody else, the evidence is empty,
    or `text` is truncated. "supported": none of these was found, which does not prove `text` true; there may be notes.
    """
    missing: list[str] = Field(default_factory=list)
    """The unsupported parts of `text`: the words of those `findings` that are errors; empty if supported."""
    findings: list[Finding] = Field(default_factory=list)
    """Errors and notes about `text`, in the order of their places."""
    quotes: list[Quote] = Field(default_factory=list)
    """The quotations of people in `text`, with the source's speakers; titles and terms are not listed."""
    kind: Literal["written", "extracted"] = "written"
    """Either "written", by the model, or "extracted": `text` is that of its evidence, a sentence of the source."""
    antecedent: Span | None = None
    """Of an extracted sentence that begins with a pronoun: the name in the source that it certainly stands for."""
    score: float | None = None
    """How likely people would call `text` true, from 0 to 1, by how it is copied from the source; the verdict (`support`) does not
    depend on it. Only what a local model writes in the source's language has one: it is fitted on such statements, and says
    nothing about those of stronger models, who say true things in words of their own. `None` for an extracted sentence, too.
    """

    @classmethod
    def extracted(cls, sentence: Span, source: Source) -> Self:
        """Return the statement that is a sentence of the source."""
        # Not needed before the first call, as in the other modules that import it late.
        from briefing.ranking import opening_antecedent

        inside = (
            q
            for q in source.quotations
            if q.kind == "speech"
            and all(sentence.start <= s.start and s.end <= sentence.end for s in q.spans)
        )
        return cls(
            text=sentence.text,
            evidence=[sentence],
            support="supported",
            quotes=[Quote.of(quotation, source) for quotation in inside],
            kind="extracted",
            antecedent=opening_antecedent(sentence, source),
        )

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        written = wire_object(text=_WRITTEN | {"description": "one complete sentence"}, evidence=_EVIDENCE)
        return written | {EXTRACTIVE: _SENTENCE}

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> Self | dict[str, Any]:
        if grounding.extractive or isinstance(wire, int):
            # A text beside the numbers is not what was asked for.
            cited = wire.get("evidence") if isinstance(wire, dict) else wire
            ids = cited[:1] if isinstance(cited, list) else [cited]
            sentences, _ = sentences_by_id(ids, grounding.source, grounding.view)
            if sentences:
                return cls.extracted(sentences[0], grounding.source)
            empty = cls.model_construct(
                text="",
                evidence=[],
                support="unsupported",
                kind="extracted",
                # For speed: pydantic inspects the signatures of default factories.
                missing=[],
                findings=[],
                quotes=[],
            )
            grounding.add_problem(empty, wire, f"there is no sentence {str(cited)[:80]}", fatal=True)
            return empty
        wire = object_with(wire, "text", "evidence")
        text, found = resolve_quotations(one_line(wire["text"]), grounding)
        text += _missing_stop(text, found, grounding)
        evidence = _evidence(wire, grounding)
        quotes = [
            Quote.of(quoted, grounding.source) for quoted in found if quoted.is_speech and not quoted.findings
        ]
        return {"text": text, "quotes": quotes} | _checked([text], evidence, found, wire, grounding)


class Section(BaseModel):
    """A section of the detailed summary of a long article: some of its statements, under a heading."""

    model_config = ConfigDict(frozen=True)

    heading: str
    """One line: the article's own or written by the model; "" for what stands before the article's first heading."""
    heading_span: Span | None = None
    """The heading in the source; `None` if the model wrote it."""
    start: int
    """Index of its first statement: the section is `summary.sentences[start:end]`."""
    end: int
    """Index behind its last statement."""
    support: Support = "supported"
    """As `Statement.support`, of the heading, with the whole article as evidence."""
    missing: list[str] = Field(default_factory=list)
    """The unsupported parts of the heading; empty if supported."""
    findings: list[Finding] = Field(default_factory=list)
    """Errors and notes about the heading."""


class Summary(Grounded):
    """A summary: a list of statements. Its wire form is the list."""

    sentences: list[Statement]
    """The sentences, in order."""
    sections: list[Section] = Field(default_factory=list)
    """All sentences in sections, in order, if it is the detailed summary of a long article and there are headings; else empty."""

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know decorated properties
    @property
    def text(self) -> str:
        """The whole summary, sentences joined by spaces, or by nothing in Chinese and Japanese."""
        joint = "" if self.sentences and self.sentences[0].text.endswith(("。", "！", "？")) else " "
        return joint.join(sentence.text for sentence in self.sentences)

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        # How many sentences it has depends on the length that is asked for.
        return dict(result["properties"]["sentences"]) | {"x-briefing": "summary"}

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        sentences = wire["sentences"] if isinstance(wire, dict) and "sentences" in wire else wire
        if not sentences:
            raise ValueError("a summary has at least one sentence")
        return {"sentences": sentences}


class Cited(Grounded, Generic[T]):
    """A value of type `T` with its evidence. The model writes the value and the numbers of the sentences."""

    value: T
    """The value, given by the model; in its texts, quotations that it points at (`‹q2›`) are put in from the source."""
    evidence: list[Span]
    """The sentences of the source that it rests on: those that the model cites, and others that name its names and numbers."""
    support: Support
    """As `Statement.support`, for the texts and numbers in `value`, also inside lists, dicts and pydantic models.

    A single capitalised word may be a label chosen by the model and is not checked; use `Mention` for a name. Values with
    grounded types inside are checked by those only.
    """
    missing: list[str] = Field(default_factory=list)
    """The unsupported parts of `value`: the words of `findings`; empty if supported."""
    findings: list[Finding] = Field(default_factory=list)
    """Errors and notes about the texts in `value`; offsets count in the text that has the words."""

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)

    def plain_value(self) -> Any:
        """Return `value` as JSON data; `None` if it has grounded types inside, which are checked by themselves."""
        return None if self._holds_grounded() else self.model_dump(mode="json", include={"value"})["value"]

    @classmethod
    def _holds_grounded(cls) -> bool:
        return any(issubclass(model, Grounded) for model in models_of(cls.model_fields["value"].annotation))

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return wire_object(value=result["properties"]["value"], evidence=_EVIDENCE)

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        wire = object_with(wire, "value", "evidence")
        # A value with models inside may hold ids; grounded types check themselves.
        found: list[QuotedText] = []
        value = _with_quotations(wire["value"], grounding, found)
        holds_ids = cls._holds_grounded()
        if holds_ids:
            value = wire["value"]  # its ids are no pointers
        texts = list(texts_of(value, nested=not holds_ids))
        evidence = _evidence(wire, grounding)
        return {"value": value} | _checked(texts, evidence, found, wire, grounding)


def _with_quotations(value: Any, grounding: Grounding, found: list[QuotedText]) -> Any:
    """Return a value with the pointers in its texts expanded; the quotations are added to `found`."""
    if isinstance(value, str):
        check_length(value)
        text, quoted = resolve_quotations(value, grounding)
        found += quoted
        return text
    if isinstance(value, dict):
        return {key: _with_quotations(held, grounding, found) for key, held in value.items()}
    if isinstance(value, list):
        return [_with_quotations(held, grounding, found) for held in value]
    return value


def texts_of(value: Any, *, nested: bool = True) -> Iterator[str]:
    """Yield the texts and numbers in a value as texts to check; those of lists and dicts only if `nested`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for held in (value.values() if isinstance(value, dict) else value) if nested else ():
            yield from texts_of(held, nested=nested)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(int(value)) if float(value).is_integer() else str(value)
