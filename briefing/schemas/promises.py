"""What each grounded type promises about itself and the source; `verify` and the last check of a result look it up here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from briefing.grounding import Locator, errors_of
from briefing.schemas.abstractive import Cited, Section, Statement, Summary
from briefing.schemas.extractive import Entity, Mention, Quote, Verbatim
from briefing.spans import Span
from briefing.text import parts_word

#: Between the segments of a quotation.
_JOINTS = (" … ", " ", "")


@dataclass(frozen=True)
class Checked:
    """What a result is checked against.

    Attributes:
        text: the source's text.
        extractive: the result says of itself that its sentences are the source's.
    """

    text: str
    extractive: bool = False


def _quote(quote: Quote, _checked: Checked) -> str | None:
    if not quote.spans:
        return "the quote has no span"
    if quote.speaker != (quote.speaker_span.text if quote.speaker_span else None):
        return "the speaker is not the text of speaker_span"
    if not _is_joined(quote.text, [span.text for span in quote.spans]):
        return "the quote's text is not that of its spans"
    return None


def _entity(entity: Entity, checked: Checked) -> str | None:
    texts = {span.text for span in entity.mentions}
    if entity.name not in texts:
        return "the name is not the text of a mention"
    if not texts.issuperset(entity.aliases):
        return "an alias is not the text of a mention"
    if entity.role is not None and not _has_words(checked.text, entity.role):
        return "the role is not in the text"
    return None


def _mention(mention: Mention, _checked: Checked) -> str | None:
    same = mention.name in {span.text for span in mention.spans}
    return None if same else "the name is not the text of a span"


def _verbatim(verbatim: Verbatim, checked: Checked) -> str | None:
    if verbatim.text != " … ".join(span.text for span in verbatim.spans):
        return "the text is not that of its spans"
    if bool(verbatim.spans) != (verbatim.status != "unverified"):
        return f"the status is {verbatim.status!r} {'with' if verbatim.spans else 'without'} a span"
    same = verbatim.status in ("exact", "typographic")
    if same and Locator(checked.text).verbatim(verbatim.claimed) is None:
        return f"the status is {verbatim.status!r}, but the text does not have the words of claimed"
    return None


def _statement(statement: Statement, checked: Checked) -> str | None:
    extracted = checked.extractive or statement.kind == "extracted"
    if extracted and [statement.text] != [span.text for span in statement.evidence]:
        return "the sentence is not the text of its evidence"
    return _support(statement, checked)


def _support(stated: Statement | Cited[Any], _checked: Checked) -> str | None:
    if stated.support != "supported":
        return None
    if not stated.evidence:
        return "it is called supported and has no evidence"
    if stated.missing or errors_of(stated.findings):
        return "it is called supported and has errors"
    return None


def _summary(summary: Summary, _checked: Checked) -> str | None:
    """Its sentences promise all that it says; sections have each of them once."""
    places = [(section.start, section.end) for section in summary.sections]
    begins, ends = [0, *(end for _, end in places)], [*(start for start, _ in places), len(summary.sentences)]
    if places and (begins != ends or any(start >= end for start, end in places)):
        return "the sections do not have each sentence once"
    return None


def _section(section: Section, _checked: Checked) -> str | None:
    if section.support == "supported" and (section.missing or errors_of(section.findings)):
        return "the heading is called supported and has errors"
    if section.heading_span is not None and section.heading != " ".join(section.heading_span.text.split()):
        return "the heading is not the text of heading_span"
    return None


#: By grounded type: a function that returns what is wrong with an instance, or `None`.
PROMISES: dict[type, Callable[[Any, Checked], str | None]] = {
    Quote: _quote,
    Entity: _entity,
    Mention: _mention,
    Verbatim: _verbatim,
    Statement: _statement,
    Section: _section,
    Summary: _summary,
    Cited: _support,
}


def broken_promise(value: object, checked: Checked) -> str | None:
    """Return what is wrong with an object of a grounded type; `None` if nothing is, or for other objects."""
    promise = _promise_of(type(value))  # type: ignore[arg-type]  # a class can be hashed
    try:
        return None if promise is None else promise(value, checked)
    except AttributeError as error:  # made without its fields
        return f"it is incomplete: {error}"


@lru_cache(maxsize=1024)
def _promise_of(kind: type) -> Callable[[Any, Checked], str | None] | None:
    return next((PROMISES[base] for base in kind.__mro__ if base in PROMISES), None)


def points_nowhere(value: object) -> bool:
    """Whether an object of a grounded type that must point at the source does not."""
    pointers = _pointers_of(type(value))  # type: ignore[arg-type]  # a class can be hashed
    if pointers is None or (pointers == "evidence" and getattr(value, "kind", "") != "extracted"):
        return False
    return not getattr(value, pointers)


@lru_cache(maxsize=1024)
def _pointers_of(kind: type) -> Literal["spans", "mentions", "evidence"] | None:
    """The field with the spans of a grounded type that may have to point at the source."""
    if issubclass(kind, Quote | Mention):
        return "spans"
    if issubclass(kind, Entity):
        return "mentions"
    return "evidence" if issubclass(kind, Statement) else None


def is_slice(span: Span, text: str) -> bool:
    """Whether a span has the text that stands at its offsets."""
    return span.start >= 0 and span.end <= len(text) and text[span.start : span.end] == span.text


def parted_words(span: Span, text: str) -> set[int]:
    """Return those of a span's two ends that are inside a word."""
    return {end for end in (span.start, span.end) if parts_word(text, end)}


def _has_words(text: str, words: str) -> bool:
    return any(
        not parts_word(text, start) and not parts_word(text, end) for start, end in _places(text, words)
    )


def _places(text: str, words: str) -> Iterable[tuple[int, int]]:
    start = text.find(words) if words else -1
    while start >= 0:
        yield start, start + len(words)
        start = text.find(words, start + 1)


def _is_joined(text: str, segments: Sequence[str]) -> bool:
    """Whether a text is these segments in their order, with nothing but a joint between them."""
    ends = {0}
    for number, segment in enumerate(segments):
        ends = {
            end + len(joint) + len(segment)
            for end in ends
            for joint in (_JOINTS if number else ("",))
            if text.startswith(joint + segment, end)
        }
    return len(text) in ends
