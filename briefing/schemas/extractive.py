"""Grounded types for pieces of the source: `Quote`, `Entity`, `Mention`, `Verbatim`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self, get_args

import regex
from pydantic import Field
from pydantic.json_schema import JsonSchemaValue

from briefing.grounding import (
    Grounding,
    Locator,
    QuotedText,
    Status,
    fuller_mention,
    is_adjacent_name,
    is_near_mention,
    is_reported,
    is_unnamed,
    may_corefer,
    named_reporter,
    named_speaker,
    nearest_mention,
    quotation_by_id,
    sentences_by_id,
    shares_surname,
    shares_word,
)
from briefing.quotations import Quotation, has_cues, is_pronoun
from briefing.schemas.base import Grounded, object_with, one_line, optional_line, wire_object
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import (
    TERMINAL_MARKS,
    Change,
    bare_name,
    described_as,
    find_inflected,
    find_mentions,
    find_short_forms,
    is_not_a_name,
    is_office_alone,
    is_people,
    merge_spans,
    title_gender,
    without_title,
    word_diff,
)

EntityType = Literal["person", "organization", "location", "event", "product", "work", "other"]
_ENTITY_TYPES: tuple[EntityType, ...] = get_args(EntityType)

_NAME = {"type": "string", "x-briefing": "name"}
_COPY = {"type": "string", "x-briefing": "copy"}
_POSSESSIVE = regex.compile(r"['’]s?$")
_WITH_SHORT_FORM = regex.compile(r"(?P<name>.+?)\s?[(（][^()（）]{2,12}[)）]")


class Quote(Grounded):
    """A quotation of the source and its speaker.

    The model writes the id of a quotation or sentence and the speaker's name. A name that contradicts a name adjacent to
    the quotation is replaced by that one; a missing or unknown name by the speaker that quotation attribution finds.
    """

    text: str
    """The quotation in the source's words, without its marks; " … " between segments that are separate sentences."""
    spans: list[Span]
    """The quotation, one span per segment, without marks; for a "statement" the sentence."""
    speaker: str | None
    """The speaker's name as the source writes it; `None` if the source names nobody."""
    speaker_span: Span | None
    """A mention of the speaker near the quotation."""
    kind: Literal["direct", "statement"]
    """Either "direct", between quotation marks, or "statement", indirect speech in a whole sentence that has a reporting verb."""

    @classmethod
    def of(cls, quoted: QuotedText | Quotation, source: Source) -> Self:
        """Return a quotation of the source, or one in a written text that the source backs, with the source's speaker."""
        if isinstance(quoted, QuotedText):
            text, spans, theirs = quoted.match.text, quoted.match.spans, quoted.quotation
        else:
            text, spans, theirs = quoted.text, quoted.spans, quoted
        speaker = None if theirs is None else named_speaker(theirs, source)
        return cls(
            text=text,
            spans=list(spans),
            speaker=None if speaker is None else speaker.text,
            speaker_span=speaker,
            kind="direct",
        )

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return wire_object(
            id={
                "type": "string",
                "x-briefing": "quotation",
                "description": "id of a marked quotation, such as q2",
            },
            speaker={
                "anyOf": [_NAME, {"type": "null"}],
                "description": "name of who said it, as the article has it",
            },
        )

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> Self | dict[str, Any]:
        wire, source = object_with(wire, "id"), grounding.source
        quotation = quotation_by_id(wire["id"], grounding)
        if quotation is not None:
            spans, text, kind = list(quotation.spans), quotation.text, "direct"
        else:
            spans, _ = sentences_by_id([wire["id"]], source, grounding.view)
            if not spans or not is_reported(spans[0], optional_line(wire.get("speaker")), source):
                empty = cls.model_construct(text="", spans=[], speaker=None, speaker_span=None, kind="direct")
                reason = f"there is no quotation {str(wire['id'])[:80]}"
                if spans:
                    reason = f"sentence {str(wire['id'])[:80]} does not report what somebody says"
                grounding.add_problem(empty, wire, reason, fatal=True)
                return empty
            text, kind = spans[0].text, "statement"
        speaker = cls._speaker(wire, quotation, spans, text, grounding)
        named = None if speaker is None else speaker.text
        return {"text": text, "spans": spans, "speaker": named, "speaker_span": speaker, "kind": kind}

    @classmethod
    def _speaker(
        cls, wire: Any, quotation: Quotation | None, spans: list[Span], text: str, grounding: Grounding
    ) -> Span | None:
        """Return the mention of the speaker, by the model's answer and what the article says of the quotation."""
        source = grounding.source
        cue = None if quotation is None else named_speaker(quotation, source)
        speaker = cue
        if name := optional_line(wire.get("speaker")):
            if quotation is None:
                cue = named_reporter(spans[0], name, source)
            pronoun = is_pronoun(name, source.lang)
            mention = None if pronoun else nearest_mention(name, spans[0], source)
            if mention is None:
                if speaker is None:
                    wrong = (
                        "is a pronoun; give the name it stands for" if pronoun else "is not in the article"
                    )
                    grounding.add_problem(None, wire, f"the speaker {name!r} {wrong}", fatal=False)
            elif cue is None:
                speaker = cls._uncued_speaker(wire, quotation, mention, text, grounding)
            elif not shares_word(cue, mention) and _is_nobody(mention, source):
                speaker = cue
            elif may_corefer(cue, mention, source):
                speaker = fuller_mention(cue, mention, source)
            else:
                adjacent = quotation is not None and is_adjacent_name(cue, quotation, source)
                speaker = cue if adjacent or is_unnamed(cue, mention, source) else mention
                # The article has both names, and one is wrong: warn, so that a person can check.
                reason = (
                    f"speaker {speaker.text!r} of {text[:40]!r}: the model has {mention.text!r}, "
                    f"the article seems to have {cue.text!r}"
                )
                grounding.add_problem(None, wire, reason, fatal=False, worth_asking=False)
        return speaker

    @classmethod
    def _uncued_speaker(
        cls, wire: Any, quotation: Quotation | None, mention: Span, text: str, grounding: Grounding
    ) -> Span | None:
        """Return the speaker whom only the model names; `None` if that cannot be."""
        source, reason = grounding.source, None
        speaker: Span | None = mention
        # A title or a term has no speaker.
        if (quotation is not None and quotation.kind != "speech") or _is_nobody(mention, source):
            speaker, reason = None, f"{mention.text!r} is not known to have said {text[:40]!r}"
        elif quotation is not None and quotation.speaker_span is None and has_cues(source.lang):
            reason = f"speaker {mention.text!r} of {text[:40]!r}: only the model says so, no words beside the quotation"
        if reason:
            grounding.add_problem(None, wire, reason, fatal=False, worth_asking=False)
        return speaker


class Entity(Grounded):
    """A person, organization, place or thing that the source names.

    The model writes a name, a type and a role. A name that the source lacks, or that is not a name (a date, a quantity, a
    common noun), is rejected.
    """

    name: str
    """The name as the source writes it, persons without title."""
    type: EntityType
    """One of "person", "organization", "location", "event", "product", "work", "other"."""
    mentions: list[Span] = Field(min_length=1)
    """Every occurrence of the name and its aliases, in order; never empty."""
    aliases: list[str] = Field(default_factory=list)
    """Other names of the entity in the source: "Kahl" for "Colin Kahl"."""
    role: str | None = None
    """Office or trade in the source's words, near a mention: "mayor of Harwick"; else `None`."""

    # Two types of place on the wire: small models call a country an organization otherwise.
    _WIRE_TYPES: ClassVar = [
        "person",
        "organization",
        "country",
        "place",
        "event",
        "product",
        "work",
        "other",
    ]
    _TYPES: ClassVar[dict[str, EntityType]] = {
        **dict.fromkeys(("country", "place", "city", "region", "loc", "gpe"), "location"),
        **dict.fromkeys(("organisation", "org", "company", "agency", "party"), "organization"),
        **dict.fromkeys(("per", "people", "character"), "person"),
        "misc": "other",
    }

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return wire_object(
            name=_NAME | {"description": "full name, as the article has it"},
            type={"type": "string", "enum": cls._WIRE_TYPES},
            role={
                "anyOf": [_COPY, {"type": "null"}],
                "x-briefing": "extra",
                "description": "a person's office or an organization's trade, in words of the article; else null",
            },
        )

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> Self | dict[str, Any]:
        wire = object_with(wire, "name", "type")
        name, source = one_line(wire["name"]), grounding.source
        kind = cls._TYPES.get(str(wire["type"]).casefold(), wire["type"])
        if kind not in _ENTITY_TYPES:
            raise ValueError(f"type is one of {', '.join(_ENTITY_TYPES)}")
        if source.lang == "en":
            name = _POSSESSIVE.sub("", name)
        described = name
        if kind == "person":
            name = _person(name, source)
        elif (match := _WITH_SHORT_FORM.fullmatch(name)) and find_mentions(
            source.text, match["name"], source.lang
        ):
            name = match["name"]
        mentions = find_mentions(source.text, name, source.lang)
        common = not any(char.isalpha() for char in name) or _is_common(name, kind, mentions, source)
        if common or not mentions:
            empty = cls.model_construct(name=name, type=kind, mentions=[], aliases=[], role=None)
            reason = f"{name!r} is not a name" if common else f"{name!r} is not in the article"
            grounding.add_problem(empty, wire, reason, fatal=True, worth_asking=not common)
            return empty
        if kind == "person" and is_people(name, mentions, source.text, source.lang):
            kind = "other"
        first = mentions[0].text
        if kind != "person" or " " in name:
            mentions = merge_spans(mentions, find_inflected(source.text, name, source.lang))
        short_forms = find_short_forms(source.text, mentions)
        for short in short_forms:
            mentions = merge_spans(mentions, find_mentions(source.text, short, source.lang))
        role = _role(optional_line(wire.get("role")), mentions, source)
        role = role or _role(described_as(described, name), mentions, source)
        return {"name": first, "type": kind, "mentions": mentions, "aliases": short_forms, "role": role}


def _is_nobody(mention: Span, source: Source) -> bool:
    """Whether what a model gave as a speaker is a sentence, or a word that is no name of a person or body."""
    if mention.text.endswith(tuple(TERMINAL_MARKS)) and " " in mention.text:
        return True
    return is_not_a_name(mention.text, "organization", [mention], source.text, source.lang)


def _is_common(name: str, kind: str, mentions: list[Span], source: Source) -> bool:
    """Whether words of the source are not the name of anything: a date, a common noun, an office."""
    if not mentions:
        return False
    office = kind == "person" and is_office_alone(name, mentions, source.text)
    return office or is_not_a_name(name, kind, mentions, source.text, source.lang)


def _role(words: str | None, mentions: list[Span], source: Source) -> str | None:
    """Return a role that the model copied, in the source's words, if they stand near a mention."""
    match = None if words is None else Locator(source, ignore_case=True).verbatim(words)
    return match.text if match is not None and is_near_mention(match.text, mentions, source) else None


def _person(name: str, source: Source) -> str:
    """Return a person's name without titles and descriptions, or `name` if the source has it only with them.

    It keeps a form of address that tells two persons of one surname apart.
    """
    places = find_mentions(source.text, name, source.lang)
    if places and title_gender(name.split(maxsplit=1)[0]) and shares_surname(name, source):
        return name
    before = source.text[max(0, places[0].start - 40) : places[0].start] if places else ""
    bare = bare_name(without_title(name, source.lang, before), source.lang, before)
    return bare if not places or find_mentions(source.text, bare, source.lang) else name


class Mention(Grounded):
    """A name that occurs in the source. The model writes the name; one that the source lacks is rejected."""

    name: str
    """The name as the source writes it, at its first occurrence."""
    spans: list[Span] = Field(min_length=1)
    """Every occurrence, in order; never empty."""

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return _NAME | {"description": "a name, as the article has it"}

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> Self | dict[str, Any]:
        wire = one_line(wire)
        spans = find_mentions(grounding.source.text, wire, grounding.source.lang)
        if not spans:
            empty = cls.model_construct(name=wire, spans=[])
            grounding.add_problem(empty, wire, f"{wire!r} is not in the article", fatal=True)
            return empty
        return {"name": spans[0].text, "spans": spans}


class Verbatim(Grounded):
    """A text copied from the source by the model, and the passage that it was aligned with.

    Equal texts in one answer get successive places.
    """

    status: Status
    """One of "exact", "typographic", "elided", "altered", "unverified", as in `briefing.Match`."""
    text: str
    """The passage in the source's words, pieces joined by " … "; empty if unverified."""
    claimed: str
    """The text that the model wrote."""
    spans: list[Span]
    """The passage, one span per piece, in order; empty if unverified."""

    @property
    def diff(self) -> list[Change]:
        """Differences of `claimed` from `text`, word by word; empty unless altered."""
        return word_diff(self.claimed.strip(), self.text) if self.status == "altered" else []

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return _COPY | {"description": "copied from the article, word for word"}

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        if not isinstance(wire, str):
            raise ValueError("expected text")  # noqa: TRY004  # pydantic collects ValueErrors only
        match = grounding.locator.locate(wire)
        if match.status in ("altered", "unverified"):
            # The repair ask shows the nearest passage, to be copied.
            nearest = f"; the article has {match.text!r}" if match.status == "altered" else ""
            reason = f"{wire!r} is not in the article word for word{nearest}"
            grounding.add_problem(None, wire, reason, fatal=False)
        return {"status": match.status, "text": match.text, "claimed": wire, "spans": list(match.spans)}
