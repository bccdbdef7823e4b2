"""Grounded types for what the model writes itself: statements, and values, with their evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel, Field, computed_field
from pydantic.json_schema import JsonSchemaValue

from briefing.grounding import Grounding, back_statement, sentences_by_id
from briefing.schemas.base import Grounded, need, one_line, wire_object
from briefing.schemas.pickling import reduced
from briefing.spans import Span

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


def _supported(texts: list[str], evidence: list[Span], wire: Any, grounding: Grounding) -> dict[str, Any]:
    """Fields `evidence`, `support`, `missing` of what is stated in these texts."""
    if not evidence:
        return {"evidence": [], "support": "unsupported", "missing": ["evidence"]}
    found = [back_statement(text, evidence, grounding) for text in texts]
    evidence = sorted({*evidence, *(span for more, _ in found for span in more)}, key=lambda span: span.start)
    missing = list(dict.fromkeys(item for _, items in found for item in items))
    if missing:
        reason = f"the cited sentences do not say: {', '.join(missing)}"
        grounding.add_problem(None, wire, reason, fatal=False)
    support = "unsupported" if missing else "supported"
    return {"evidence": evidence, "support": support, "missing": missing}


class Statement(Grounded):
    """One sentence of a summary.

    Attributes:
        text: written by the model.
        evidence: the sentences of the source that it rests on.
        support: "unsupported" where names or numbers of `text` are not in the evidence, where
            there is none, or where `text` breaks off. "supported" means that nothing was found missing, not that it is proved.
        missing: what was not found.
    """

    text: str
    evidence: list[Span]
    support: Support
    missing: list[str] = Field(default_factory=list)

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return wire_object(text=_WRITTEN | {"description": "one complete sentence"}, evidence=_EVIDENCE)

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        wire = need(wire, "text", "evidence")
        text = one_line(wire["text"])
        return {"text": text} | _supported([text], _evidence(wire, grounding), wire, grounding)


class Summary(Grounded):
    """A summary, sentence by sentence. On the wire it is the list of its sentences."""

    sentences: list[Statement]

    @computed_field  # type: ignore[prop-decorator]  # mypy does not know decorated properties
    @property
    def text(self) -> str:
        """The whole summary."""
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
    """A value with the sentences that it rests on.

    Attributes:
        value: given by the model.
        evidence: the sentences of the source.
        support: as for `Statement`; looks at text and numbers in `value`, those in lists and the like included. A single
            word with a capital may be a label of the model's own, and is let pass: `Mention` is the type of a name.
        missing: what was not found.
    """

    value: T
    evidence: list[Span]
    support: Support
    missing: list[str] = Field(default_factory=list)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return wire_object(value=result["properties"]["value"], evidence=_EVIDENCE)

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        wire = need(wire, "value", "evidence")
        # What holds a grounded type holds ids, and has checks of its own.
        nested = not _holds_models(cls.model_fields["value"].annotation)
        texts = list(_texts(wire["value"], nested=nested))
        return {"value": wire["value"]} | _supported(texts, _evidence(wire, grounding), wire, grounding)


def _holds_models(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_holds_models(inner) for inner in get_args(annotation))


def _texts(value: Any, *, nested: bool) -> Iterator[str]:
    """What a value states, number by number and text by text, as text for the support check."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for held in (value.values() if isinstance(value, dict) else value) if nested else ():
            yield from _texts(held, nested=nested)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(int(value)) if float(value).is_integer() else str(value)
