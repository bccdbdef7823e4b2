"""`verify`: re-check every span of a result against a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from briefing.errors import InputError
from briefing.source import Source
from briefing.spans import Span


class Violation(BaseModel):
    """A span that is not what the text has at its place.

    Attributes:
        path: where it stands in the result, such as ``key_quotes[0].spans[0]``.
        span: the span.
        found: what the text has there.
        message: what is wrong, in words.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    span: Span
    found: str
    message: str


def verify(result: BaseModel, source: Source | str) -> list[Violation]:
    """Check every span of `result` against a text.

    Args:
        result: a `Briefing`, or an instance of any own schema.
        source: the source, or its text.

    Returns:
        The spans that do not hold, and texts that are not those of their spans; empty when
        all is well.

    Raises:
        InputError: `source` is neither.
    """
    if not isinstance(source, Source | str):
        raise InputError(f"a result is verified against a Source or its text, not {type(source).__name__}")
    text = source.text if isinstance(source, Source) else source
    violations = []
    for path, value in _walk(result, ""):
        if isinstance(value, Span):
            found = text[value.start : value.end]
            if found != value.text or value.start < 0 or value.end > len(text):
                violations.append(
                    Violation(path=path, span=value, found=found, message="the text differs here")
                )
        elif message := _own_words(value):
            spans = value.spans if hasattr(value, "spans") else value.mentions
            first = spans[0] if spans else Span(start=0, end=0, text="")
            violations.append(Violation(path=path, span=first, found=first.text, message=message))
    return violations


def _own_words(value: Any) -> str | None:
    """What is wrong with texts beside spans that claim to be the source's."""
    # By shape and not by class: the grounded types import this module.
    speaker_span = getattr(value, "speaker_span", None)
    if hasattr(value, "speaker_span"):
        if value.speaker != (speaker_span.text if speaker_span else None):
            return "the speaker is not the text of speaker_span"
        if not all(span.text in value.text for span in value.spans):
            return "the quote's text is not that of its spans"
    if hasattr(value, "mentions") and hasattr(value, "aliases"):
        texts = {span.text for span in value.mentions}
        if value.name not in texts:
            return "the name is not the text of a mention"
        if not texts.issuperset(value.aliases):
            return "an alias is not the text of a mention"
    if hasattr(value, "claimed") and value.text != " … ".join(span.text for span in value.spans):
        return "the text is not that of its spans"
    spans = getattr(value, "spans", ())
    if (
        spans
        and hasattr(value, "name")
        and isinstance(spans[0], Span)
        and value.name not in {s.text for s in spans}
    ):
        return "the name is not the text of a span"
    return None


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Source):
        return
    if isinstance(value, BaseModel):
        yield path, value
        if not isinstance(value, Span):
            for name in type(value).model_fields:
                yield from _walk(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _walk(item, f"{path}[{i}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, f"{path}[{key!r}]")
