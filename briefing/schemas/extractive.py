"""Grounded types for what the source says: quotes, entities, mentions, and text that must stand in it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self, get_args

import regex
from pydantic import Field
from pydantic.json_schema import JsonSchemaValue

from briefing.grounding import (
    Grounding,
    Locator,
    Status,
    is_adjacent_name,
    is_near_mention,
    may_corefer,
    named_reporter,
    named_speaker,
    nearest_mention,
    quotation_by_id,
    sentences_by_id,
)
from briefing.quotations import is_pronoun
from briefing.schemas.base import Grounded, need, one_line, optional_line, wire_object
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import (
    Change,
    find_inflected,
    find_mentions,
    find_short_forms,
    is_no_name,
    union,
    without_title,
    word_diff,
)

EntityType = Literal["person", "organization", "location", "event", "product", "work", "other"]

_NAME = {"type": "string", "x-briefing": "name"}
_COPY = {"type": "string", "x-briefing": "copy"}
_POSSESSIVE = regex.compile(r"['’]s?$")
_WITH_SHORT_FORM = regex.compile(r"(?P<name>.+?)\s?[(（][^()（）]{2,12}[)）]")


class Quote(Grounded):
    """What somebody said, as the source has it.

    Attributes:
        text: the spans' texts, joined.
        spans: the quotation, one span per piece; for a "statement" the sentence.
        speaker: the name as the source has it: the model's, where it occurs and no name right beside the
            quotation says otherwise; else the reader's cue, or whom a pronoun stands for; `None` where none is named.
        speaker_span: a mention of the speaker.
        kind: "direct", between quotation marks, or "statement", reported in a sentence.
    """

    text: str
    spans: list[Span]
    speaker: str | None
    speaker_span: Span | None
    kind: Literal["direct", "statement"]

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
        wire = need(wire, "id")
        quotation = quotation_by_id(wire["id"], grounding)
        if quotation is not None:
            spans, text, kind = list(quotation.spans), quotation.text, "direct"
        else:
            spans, _ = sentences_by_id([wire["id"]], grounding.source)
            if not spans:
                nothing = cls.model_construct(
                    text="", spans=[], speaker=None, speaker_span=None, kind="direct"
                )
                grounding.add_problem(
                    nothing, wire, f"there is no quotation {str(wire['id'])[:80]}", fatal=True
                )
                return nothing
            text, kind = spans[0].text, "statement"
        source = grounding.source
        cue = None if quotation is None else named_speaker(quotation, source)
        speaker = cue
        if name := optional_line(wire.get("speaker")):
            if quotation is None:
                cue = named_reporter(spans[0], name, source)
            pronoun = is_pronoun(name, grounding.source.lang)
            mention = None if pronoun else nearest_mention(name, spans[0], grounding.source)
            if mention is None:
                if speaker is None:
                    wrong = (
                        "is a pronoun; give the name it stands for" if pronoun else "is not in the article"
                    )
                    grounding.add_problem(None, wire, f"the speaker {name!r} {wrong}", fatal=False)
            elif cue is None or may_corefer(cue, mention, grounding.source):
                speaker = mention
            else:
                beside_it = quotation is not None and is_adjacent_name(cue, quotation, source)
                speaker = cue if beside_it else mention
                # Both stand in the article, and one is wrong: which one is the reader's to see.
                reason = (
                    f"speaker {speaker.text!r} of {text[:40]!r}: the model has {mention.text!r}, "
                    f"the article seems to have {cue.text!r}"
                )
                grounding.add_problem(None, wire, reason, fatal=False, worth_asking=False)
        named = None if speaker is None else speaker.text
        return {"text": text, "spans": spans, "speaker": named, "speaker_span": speaker, "kind": kind}


class Entity(Grounded):
    """A person, organization, place or thing that the source names.

    Attributes:
        name: as the source has it.
        type: one of `EntityType`.
        mentions: every place where the name or an alias stands, in order; never empty.
        aliases: other names of it that the source uses ("Kahl" for "Colin Kahl").
        role: what the source says it is ("mayor of Harwick"); words of the source, or `None`.
    """

    name: str
    type: EntityType
    mentions: list[Span] = Field(min_length=1)
    aliases: list[str] = Field(default_factory=list)
    role: str | None = None

    # The model is asked for kinds of place: a small one calls a country an organization otherwise.
    _WIRE_TYPES: ClassVar[list[str]] = [
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
        wire = need(wire, "name", "type")
        name, source = one_line(wire["name"]), grounding.source
        kind = cls._TYPES.get(str(wire["type"]).casefold(), wire["type"])
        if kind not in get_args(EntityType):
            raise ValueError(f"type is one of {', '.join(get_args(EntityType))}")
        if source.lang == "en":
            name = _POSSESSIVE.sub("", name)
        if kind == "person":
            name = _person(name, source)
        elif (match := _WITH_SHORT_FORM.fullmatch(name)) and find_mentions(
            source.text, match["name"], source.lang
        ):
            name = match["name"]
        mentions = find_mentions(source.text, name, source.lang)
        common = not any(char.isalpha() for char in name) or bool(
            mentions and is_no_name(name, kind, mentions, source.text, source.lang)
        )
        if common or not mentions:
            nothing = cls.model_construct(name=name, type=kind, mentions=[], aliases=[], role=None)
            reason = f"{name!r} is no name" if common else f"{name!r} is not in the article"
            grounding.add_problem(nothing, wire, reason, fatal=True, worth_asking=not common)
            return nothing
        first = mentions[0].text
        if kind != "person" or " " in name:
            mentions = union(mentions, find_inflected(source.text, name, source.lang))
        short_forms = find_short_forms(source.text, mentions)
        for short in short_forms:
            mentions = union(mentions, find_mentions(source.text, short, source.lang))
        role = None
        if words := optional_line(wire.get("role")):
            match = Locator(source, ignore_case=True).verbatim(words)
            role = match.text if match is not None and is_near_mention(match.text, mentions, source) else None
        return {"name": first, "type": kind, "mentions": mentions, "aliases": short_forms, "role": role}


def _person(name: str, source: Source) -> str:
    """A person's name without titles, as far as what is left stands in the source."""
    places = find_mentions(source.text, name, source.lang)
    before = source.text[max(0, places[0].start - 40) : places[0].start] if places else ""
    bare = without_title(name, source.lang, before)
    return bare if not places or find_mentions(source.text, bare, source.lang) else name


class Mention(Grounded):
    """A name that occurs in the source.

    Attributes:
        name: as the source has it.
        spans: every place where it stands; never empty.
    """

    name: str
    spans: list[Span] = Field(min_length=1)

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return _NAME | {"description": "a name, as the article has it"}

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> Self | dict[str, Any]:
        wire = one_line(wire)
        spans = find_mentions(grounding.source.text, wire, grounding.source.lang)
        if not spans:
            nothing = cls.model_construct(name=wire, spans=[])
            grounding.add_problem(nothing, wire, f"{wire!r} is not in the article", fatal=True)
            return nothing
        return {"name": spans[0].text, "spans": spans}


class Verbatim(Grounded):
    """Free text that must occur in the source, with the truth about whether it does.

    Attributes:
        status: as `briefing.locate` gives it. Equal texts of one answer get successive places.
        text: the passage of the source; empty when unverified.
        claimed: what the model wrote.
        spans: the passage, one span per piece.
    """

    status: Status
    text: str
    claimed: str
    spans: list[Span]

    @property
    def diff(self) -> list[Change]:
        """What `claimed` says otherwise than `text`, word by word; empty unless altered."""
        return word_diff(self.claimed.strip(), self.text) if self.status == "altered" else []

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return _COPY | {"description": "copied from the article, word for word"}

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        if not isinstance(wire, str):
            raise ValueError("expected text")  # noqa: TRY004  # pydantic reports ValueErrors only
        match = grounding.locator.locate(wire)
        if match.status in ("altered", "unverified"):
            # The nearest passage helps a model to copy it.
            nearest = f"; the article has {match.text!r}" if match.status == "altered" else ""
            reason = f"{wire!r} is not in the article word for word{nearest}"
            grounding.add_problem(None, wire, reason, fatal=False)
        return {"status": match.status, "text": match.text, "claimed": wire, "spans": list(match.spans)}
