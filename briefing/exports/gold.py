"""`GoldArticle`: what people labelled in an article, in one form for all annotation tools."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator

from briefing.errors import InputError, one_line, printable
from briefing.exports.annotations import CONTINUES, QUOTATION, SPEAKER
from briefing.spans import Span

T = TypeVar("T")

#: White space, and how Label Studio writes a line end in the text of a region.
_BLANKS = re.compile(r"\s+|\\n")
_JSON_TYPES: dict[type, str] = {dict: "an object", int: "an integer", list: "a list", str: "a string"}
_ADVICE = 'give Label Studio\'s export "JSON", or what `prodigy db-out` writes'


class GoldQuote(BaseModel):
    """A quotation that somebody labelled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spans: tuple[Span, ...]
    """One span for each segment, in order."""
    speaker: Span | None = None
    """The mention of who said it; `None` if none is linked."""


class GoldEntity(BaseModel):
    """A name that somebody labelled; one item for each mention."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    """The label."""
    span: Span
    """The mention."""


class GoldArticle(BaseModel):
    """An article with the labels of one annotator. Every span is a slice of `text`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_sha256: str
    """SHA-256 of `text` in UTF-8, in hex."""
    text: str
    """The article."""
    title: str | None = None
    """Title of the article, if the export has it."""
    url: str | None = None
    """URL of the article, if the export has it."""
    annotator: str | None = None
    """Who labelled, as the tool names them."""
    quotes: tuple[GoldQuote, ...] = ()
    """The quotations, by their places."""
    entities: tuple[GoldEntity, ...] = ()
    """The names, by their places."""
    warnings: tuple[str, ...] = ()
    """What was left out, one sentence each."""

    @model_validator(mode="after")
    def _consistent(self) -> GoldArticle:
        if self.source_sha256 != _sha256(self.text):
            raise ValueError("source_sha256 is not that of text")
        quoted = [span for quote in self.quotes for span in (*quote.spans, *filter(None, [quote.speaker]))]
        for span in (*quoted, *(entity.span for entity in self.entities)):
            if self.text[span.start : span.end] != span.text:
                raise ValueError(f"the span at {span.start} is not a slice of text")
        return self


@dataclass(frozen=True)
class Region:
    """A labelled stretch of a text, as a tool has it.

    Attributes:
        start: its offset.
        end: offset of its end.
        label: its label.
        text: its characters, if the tool has them: they tell what the offsets count.
    """

    start: int
    end: int
    label: str
    text: object = None


class Regions:
    """The regions of a text and their relations, which become a `GoldArticle`.

    Args:
        text: the article.
        place: of the article in the file, for messages.

    Raises:
        InputError: the text has a lone surrogate.
    """

    def __init__(self, text: str, place: str) -> None:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{place}: the text has half of a character (a lone surrogate)") from error
        self._text, self._place = text, place
        self._spans: dict[str, tuple[Span, list[str]]] = {}
        self._next: dict[str, str] = {}
        self._said: list[tuple[str, str]] = []
        self._blank = 0

    def add(self, name: str, region: Region) -> None:
        """Add a region; one that is there already gets another label.

        Raises:
            InputError: it is outside of the text, or its characters stand elsewhere.
        """
        span = self._span(region)
        if not span.text.strip():
            self._blank += 1
            return
        _, labels = self._spans.setdefault(name, (span, []))
        if (label := printable(region.label)) not in labels:
            labels.append(label)

    def relate(self, start: str, end: str, label: str) -> None:
        """Add a relation: `CONTINUES` to the next segment of a quotation, any other between it and its speaker."""
        if label == CONTINUES:
            self._next[start] = end
        else:
            self._said.append((start, end))

    def article(self, facts: Mapping[str, object], annotator: object) -> GoldArticle:
        """Return the article.

        Args:
            facts: what the tool has of it: source_sha256, title, url.
            annotator: who labelled.

        Raises:
            InputError: the text is not the one that was exported.
        """
        declared = facts.get("source_sha256")
        if declared not in (None, sha256 := _sha256(self._text)):
            raise InputError(
                f"{self._place}: the text is not the one that was exported (another SHA-256); "
                "import the tasks again without changing line ends or white space"
            )
        quotes, warnings = self._quotes()
        # Two equal regions are one name: it would count twice in an evaluation.
        entities = dict.fromkeys(
            GoldEntity(type=label, span=span)
            for span, labels in self._spans.values()
            for label in labels
            if label not in (QUOTATION, SPEAKER)
        )
        return GoldArticle(
            source_sha256=sha256,
            text=self._text,
            title=_line(facts.get("title")),
            url=_line(facts.get("url")),
            annotator=_line(annotator),
            quotes=tuple(sorted(quotes, key=lambda quote: quote.spans[0].start)),
            entities=tuple(sorted(entities, key=lambda entity: (entity.span.start, entity.span.end))),
            warnings=tuple(warnings),
        )

    def _quotes(self) -> tuple[list[GoldQuote], list[str]]:
        quoted = {name: span for name, (span, labels) in self._spans.items() if QUOTATION in labels}
        following = {end for start, end in self._next.items() if start in quoted and end in quoted}
        # People also draw them from the speaker to the quotation.
        said_by = dict((start, end) if start in quoted else (end, start) for start, end in self._said)
        linked = set()
        quotes = []
        for name in quoted:
            if name in following:
                continue
            chain = [name]
            while (after := self._next.get(chain[-1])) in quoted and after not in chain:
                chain.append(str(after))
            said = next((said_by[part] for part in chain if said_by.get(part) in self._spans), None)
            linked.add(said)
            spans = tuple(sorted((quoted[part] for part in chain), key=lambda span: span.start))
            quotes.append(GoldQuote(spans=spans, speaker=None if said is None else self._spans[said][0]))
        lost = len(quoted) - sum(len(quote.spans) for quote in quotes)
        speakers = {name for name, (_, labels) in self._spans.items() if SPEAKER in labels}
        warnings = [
            f"left out: {count} {what}"
            for count, what in (
                (lost, "segments of quotations that continue each other in a circle, or from several others"),
                (len(speakers - linked), "speakers that no quotation is linked to"),
                (self._blank, "labels on white space or on nothing"),
            )
            if count > 0
        ]
        return quotes, warnings

    def _span(self, region: Region) -> Span:
        start, end = region.start, region.end
        if 0 <= start <= end <= len(self._text) and self._is_there(start, end, region.text):
            return Span.of(self._text, start, end)
        if isinstance(region.text, str) and 0 <= start <= end and (places := self._from_utf16(start, end)):
            start, end = places
            if self._is_there(start, end, region.text):
                return Span.of(self._text, start, end)
        raise InputError(
            f"{self._place}: the label {one_line(region.label)[:40]!r} from {region.start} to {region.end} "
            f"is {'not where its text stands' if region.text is not None else 'outside of the text'}"
        )

    @cached_property
    def _units(self) -> bytes:
        """The text in UTF-16."""
        return self._text.encode("utf-16-le")

    def _is_there(self, start: int, end: int, text: object) -> bool:
        return text is None or (
            isinstance(text, str) and _BLANKS.sub("", text) == _BLANKS.sub("", self._text[start:end])
        )

    def _from_utf16(self, start: int, end: int) -> tuple[int, int] | None:
        """Return offsets in code points for those in UTF-16 units; `None` if one is outside, or inside a character."""
        try:
            before, inside = (
                self._units[2 * one : 2 * other].decode("utf-16-le")
                for one, other in ((0, start), (start, end))
            )
        except UnicodeDecodeError:
            return None
        return len(before), len(before) + len(inside)


def list_of(value: object, place: str) -> list[Any]:
    """Return a value that must be a list.

    Raises:
        InputError: it is none.
    """
    if not isinstance(value, list):
        raise InputError(f"{place} is not a list; {_ADVICE}")
    return value


def item_of(value: object, name: str, kind: type[T], place: str) -> T:
    """Return the member of an object that must be there and of a type.

    Raises:
        InputError: it is not.
    """
    found = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(found, kind) or isinstance(found, bool):
        raise InputError(f"{place} has no {name!r} that is {_JSON_TYPES[kind]}; {_ADVICE}")
    return found


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _line(value: object) -> str | None:
    """Return a name that a tool has as a text, a number or an object with an e-mail address; `None` for anything else."""
    if isinstance(value, Mapping):
        value = value.get("email") or value.get("id")
    return one_line(str(value)) or None if isinstance(value, str | int) else None
