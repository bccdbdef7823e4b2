"""`Document`: an article, a result of it, and the passages of the article that the result points at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from pydantic import BaseModel

from briefing.errors import InputError, one_line
from briefing.meta import Meta
from briefing.schemas import (
    Briefing,
    Cited,
    Entity,
    EntityType,
    Mention,
    Quote,
    Section,
    Statement,
    Verbatim,
    parts_of,
)
from briefing.sources import Source
from briefing.spans import Span

Kind = Literal["quotation", "entity", "mention", "verbatim", "evidence", "heading"]

#: What annotation tools show: the types of entities, and what has no type.
ENTITY_LABELS: tuple[str, ...] = get_args(EntityType)
QUOTATION, SPEAKER, MENTION, VERBATIM = "quotation", "speaker", "mention", "verbatim"
LABELS = (*ENTITY_LABELS, QUOTATION, SPEAKER, MENTION, VERBATIM)
#: Relations between passages: from a quotation to its speaker, and from a segment of it to the next.
SAID_BY, CONTINUES = "said_by", "continues"


@dataclass(frozen=True)
class Annotation:
    """What a result says of passages of its article.

    Attributes:
        kind: of item.
        path: place of the item in the result, such as ``key_quotes[0]``.
        label: the type of an entity, else the kind.
        text: the quotation, the name, the heading of a section, or the statement that rests on the passages.
        passages: each passage with its segments, of which only a quotation or a copied text may have several.
        speaker: of a quotation: a mention of who said it.
        note: the kind of a quotation, the role of an entity, the status of a copied text, or the support of a statement or heading.
    """

    kind: Kind
    path: str
    label: str
    text: str
    passages: tuple[tuple[Span, ...], ...]
    speaker: Span | None = None
    note: str = ""


@dataclass(frozen=True)
class Document:
    """An article and what a result says of it.

    Attributes:
        name: of the article: a file, a URL; may be "".
        result: a `Briefing`, or an instance of a user's schema.
        meta: how the result was made; empty if it does not say so.
        annotations: in the order of the result.
        article: `None` if it is not at hand; see `source`.
    """

    name: str
    result: BaseModel
    meta: Meta
    annotations: tuple[Annotation, ...]
    article: Source | None

    @property
    def source(self) -> Source:
        """The article.

        Raises:
            InputError: it is not at hand.
        """
        if self.article is None:
            raise InputError(
                f"the text of {self.name or 'the article'} is needed: give the article that the result was made of in sources="
            )
        return self.article

    @property
    def sha256(self) -> str:
        """SHA-256 of the article's text in UTF-8, in hex; "" if the result does not say so and the article is not there."""
        return self.meta.source_sha256 if self.article is None else self.article.sha256

    @property
    def title(self) -> str:
        """Title of the article; "" if it has none."""
        return (None if self.article is None else self.article.title) or self.meta.source_title or ""

    @property
    def url(self) -> str:
        """URL of the article; "" if it has none."""
        return (None if self.article is None else self.article.url) or self.meta.source_url or ""

    @cached_property
    def fingerprint(self) -> str:
        """What tells the result from others: its fingerprint, or a hash of its JSON if it has none."""
        if self.meta.fingerprint:
            return self.meta.fingerprint
        data = self.result.model_dump(mode="json", exclude={"source"})
        return hashlib.sha256(json.dumps(data).encode()).hexdigest()

    @property
    def origin(self) -> dict[str, str]:
        """Hash, title, URL and name of the article, without those that are not known."""
        known = {"source_sha256": self.sha256, "title": self.title, "url": self.url, "article": self.name}
        return {name: value for name, value in known.items() if value}

    @property
    def briefing(self) -> Briefing:
        """The result.

        Raises:
            InputError: it is an instance of another schema, which has no headline and summary.
        """
        if not isinstance(self.result, Briefing):
            raise InputError(
                "this format is for briefings; a result of another schema has no headline and summary"
            )
        return self.result


def document(result: BaseModel, article: Source | None, name: str = "") -> Document:
    """Return a result and its article as a document.

    Args:
        result: a `Briefing`, or an instance of a user's schema.
        article: that it was made of; `None` if it is not at hand.
        name: of the article; by default that of its file, or its URL.

    Raises:
        InputError: a passage is not a slice of the article.
    """
    parts = list(parts_of(result))
    annotations = tuple(_annotations(parts))
    if article is not None:
        _check_slices(annotations, article)
        name = name or article.path or article.url or ""
    meta = next((part for _, part in parts if isinstance(part, Meta)), Meta())
    return Document(name, result, meta, annotations, article)


def _annotations(parts: Iterable[tuple[str, object]]) -> Iterable[Annotation]:
    inside: str | None = None
    for path, part in parts:
        if inside is not None and path.startswith(f"{inside}."):
            continue  # the quotations of a statement stand in its evidence
        made = _annotation(path, part)
        if made is not None:
            inside = path
            yield made


def _annotation(path: str, part: object) -> Annotation | None:
    if isinstance(part, Quote):
        passages = (tuple(part.spans),)
        return Annotation("quotation", path, QUOTATION, part.text, passages, part.speaker_span, part.kind)
    if isinstance(part, Entity):
        return Annotation("entity", path, part.type, part.name, _each(part.mentions), note=part.role or "")
    if isinstance(part, Mention):
        return Annotation("mention", path, MENTION, part.name, _each(part.spans))
    if isinstance(part, Verbatim):
        text = part.text or part.claimed
        return Annotation("verbatim", path, VERBATIM, text, (tuple(part.spans),), note=part.status)
    if isinstance(part, Statement):
        return Annotation("evidence", path, "evidence", part.text, _each(part.evidence), note=part.support)
    if isinstance(part, Cited):
        text = part.value if isinstance(part.value, str) else repr(part.value)
        return Annotation("evidence", path, "evidence", text, _each(part.evidence), note=part.support)
    if isinstance(part, Section):
        heading = _each([] if part.heading_span is None else [part.heading_span])
        return Annotation("heading", path, "heading", part.heading, heading, note=part.support)
    return None


def _each(spans: Iterable[Span]) -> tuple[tuple[Span, ...], ...]:
    return tuple((span,) for span in spans)


def _check_slices(annotations: Iterable[Annotation], article: Source) -> None:
    for annotation in annotations:
        segments = [span for passage in annotation.passages for span in passage]
        for span in (*segments, *filter(None, [annotation.speaker])):
            if article.text[span.start : span.end] != span.text:
                raise InputError(
                    f"the article is not the one of this result: at {span.start} it does not have "
                    f"{one_line(span.text)[:60]!r}; give the source that the result was made of"
                )


@dataclass(frozen=True)
class Mark:
    """A passage as annotation tools have it: a label on one or several segments.

    Attributes:
        label: one of `LABELS`.
        spans: the segments, none of them empty.
        name: unique in its document, such as "quotation-1".
        speaker: of a quotation: name of the mark of its speaker, "" without one.
        note: as of the annotation.
    """

    label: str
    spans: tuple[Span, ...]
    name: str
    speaker: str = ""
    note: str = ""


def marks(document: Document) -> list[Mark]:
    """Return the passages of a document for annotation tools: quotations, their speakers, names; no evidence, no headings.

    A passage that several items point at has one mark for each label.
    """
    found: dict[tuple[str, tuple[Span, ...]], Mark] = {}
    numbers = dict.fromkeys(LABELS, 0)

    def mark(label: str, spans: tuple[Span, ...], *, speaker: str = "", note: str = "") -> str:
        spans = tuple(span for span in spans if span.text.strip())
        if not spans:
            return ""
        if (label, spans) not in found:
            numbers[label] += 1
            found[label, spans] = Mark(label, spans, f"{label}-{numbers[label]}", speaker, note)
        return found[label, spans].name

    for annotation in document.annotations:
        if annotation.kind in ("evidence", "heading"):
            continue
        speaker = mark(SPEAKER, (annotation.speaker,)) if annotation.speaker is not None else ""
        for passage in annotation.passages:
            mark(annotation.label, passage, speaker=speaker, note=annotation.note)
    return list(found.values())


def without_overlaps(spans: Iterable[tuple[Span, str]]) -> list[tuple[Span, str]]:
    """Return labelled spans in order without those that overlap a longer one, or an earlier one of equal length."""
    kept: list[tuple[Span, str]] = []
    ends: set[int] = set()
    for span, label in sorted(
        spans, key=lambda labelled: (labelled[0].start - labelled[0].end, labelled[0].start)
    ):
        if ends.isdisjoint(places := range(span.start, span.end)):
            ends.update(places)
            kept.append((span, label))
    return sorted(kept, key=lambda labelled: labelled[0].start)
