"""`verify`: re-check every span of a result against a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from briefing.errors import InputError
from briefing.meta import Meta
from briefing.ranking import is_title
from briefing.schemas.abstractive import Statement
from briefing.schemas.extractive import Entity, Mention, Quote, Verbatim
from briefing.sources import Source
from briefing.spans import Span


class Violation(BaseModel):
    """A span, or a text beside spans, that the source does not have."""

    model_config = ConfigDict(frozen=True)

    path: str
    """Place in the result, such as ``key_quotes[0].spans[0]``."""
    span: Span
    """The span; for a text, the first of its spans, or an empty one."""
    found: str
    """The text that the source has at the span's offsets."""
    message: str
    """A phrase that says what is wrong."""


def verify(result: BaseModel, source: Source | str) -> list[Violation]:
    """Check that every span of `result` is a slice of a text, and that the fields copied from spans equal them.

    Args:
        result: a `Briefing`, or an instance of a custom schema.
        source: the source, or its text.

    Returns:
        The violations, in the order of the fields; empty if there are none.

    Raises:
        InputError: `result` is not an instance of a pydantic model, or `source` is neither a `Source` nor a `str`.
    """
    if not isinstance(result, BaseModel):
        # An empty list for a dump or an error would claim that its spans were checked.
        raise InputError(
            f"result must be an instance of a pydantic model, not {type(result).__name__}; "
            "read a saved one with Briefing.model_validate_json, or that of your schema"
        )
    if not isinstance(source, Source | str):
        raise InputError(f"source must be a Source or a str, not {type(source).__name__}")
    text = source.text if isinstance(source, Source) else source
    violations = []
    if message := _unlike_the_source(result, source):
        violations.append(
            Violation(path="headline", span=Span(start=0, end=0, text=""), found="", message=message)
        )
    extractive = any(isinstance(held, Meta) and held.style == "extractive" for _, held in _inside(result))
    for path, value in _walk(result, ""):
        if isinstance(value, Span):
            found = text[value.start : value.end]
            if found != value.text or value.start < 0 or value.end > len(text):
                violations.append(
                    Violation(path=path, span=value, found=found, message="the text differs here")
                )
        elif message := _inconsistency(value, extractive=extractive):
            held = (getattr(value, name, None) for name in ("spans", "mentions", "evidence"))
            spans: list[Span] = next(filter(None, held), [])
            first = spans[0] if spans else Span(start=0, end=0, text="")
            violations.append(Violation(path=path, span=first, found=first.text, message=message))
    return violations


def _unlike_the_source(result: BaseModel, source: Source | str) -> str | None:
    """Return a message if the headline of a briefing claims to be the source's and is not, else `None`."""
    meta, span = getattr(result, "meta", None), getattr(result, "headline_span", None)
    if not isinstance(meta, Meta):
        return None
    headline = getattr(result, "headline", None)
    if isinstance(span, Span):
        return (
            None
            if headline == " ".join(span.text.split())
            else "the headline is not the text of headline_span"
        )
    title = " ".join(((source.title if isinstance(source, Source) else meta.source_title) or "").split())
    if meta.style == "extractive" and isinstance(headline, str) and not is_title(headline, title):
        return "the headline is neither of the source's title nor of its text"
    return None


def _inconsistency(value: Any, *, extractive: bool) -> str | None:
    """Return a message if a text of a grounded type does not equal its spans, else `None`."""
    # By class: a custom schema may use the same field names for other things.
    if isinstance(value, Quote):
        if value.speaker != (value.speaker_span.text if value.speaker_span else None):
            return "the speaker is not the text of speaker_span"
        if not all(span.text in value.text for span in value.spans):
            return "the quote's text is not that of its spans"
    elif isinstance(value, Entity):
        texts = {span.text for span in value.mentions}
        if value.name not in texts:
            return "the name is not the text of a mention"
        if not texts.issuperset(value.aliases):
            return "an alias is not the text of a mention"
    elif isinstance(value, Statement) and (extractive or value.kind == "extracted"):
        same = [value.text] == [span.text for span in value.evidence]
        return None if same else "the sentence is not the text of its evidence"
    elif isinstance(value, Verbatim) and value.text != " … ".join(span.text for span in value.spans):
        return "the text is not that of its spans"
    elif isinstance(value, Mention) and value.name not in {span.text for span in value.spans}:
        return "the name is not the text of a span"
    return None


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, BaseModel):
        yield path, value
    for step, inner in _inside(value):
        yield from _walk(inner, f"{path}{step}" if path or step.startswith("[") else step[1:])


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields or items of a value that may contain spans, each with its step of the path."""
    if isinstance(value, Source | Span):
        return
    if isinstance(value, BaseModel):
        yield from ((f".{name}", getattr(value, name)) for name in type(value).model_fields)
    elif is_dataclass(value):
        yield from ((f".{field.name}", getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{i}]", item) for i, item in enumerate(value))
    elif isinstance(value, dict):
        yield from ((f"[{key!r}]", item) for key, item in value.items())
