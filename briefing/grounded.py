"""Grounded types, and the `Briefing` made of them.

A grounded type is one pydantic class with two forms. Its *validation* JSON schema is the wire
form: what the model is asked to write, ids and short names. Its *serialization* schema is the
result: spans of the source. Validation with ``context={"source": source}`` reads the wire form
and resolves it; validation without context reads a saved result back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar, get_args

import regex
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationInfo,
    computed_field,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from briefing.align import Status, locate
from briefing.cues import is_pronoun
from briefing.differences import Change, word_diff
from briefing.grounding import (
    Grounding,
    back_statement,
    beside,
    contradicts,
    named_speaker,
    nearest_mention,
    quotation_by_id,
    sentences_by_id,
)
from briefing.mentions import find_inflected, find_mentions, find_short_forms, union
from briefing.nonnames import is_no_name
from briefing.source import Source
from briefing.spans import Span
from briefing.titles import without_title

T = TypeVar("T")

Support = Literal["supported", "unsupported"]
EntityType = Literal["person", "organization", "location", "event", "product", "work", "other"]

_EVIDENCE = {
    "type": "array",
    "items": {"type": "integer", "x-briefing": "sentence"},
    "description": "numbers of the sentences that say so",
    "minItems": 1,
    "maxItems": 3,
}
_TEXT = {"type": "string"}
_NAME = {"type": "string", "x-briefing": "name"}
_COPY = {"type": "string", "x-briefing": "copy"}
_WRITTEN = {"type": "string", "x-briefing": "statement"}


_POSSESSIVE = regex.compile(r"['’]s?$")
_WITH_SHORT_FORM = regex.compile(r"(?P<name>.+?)\s?[(（][^()（）]{2,12}[)）]")


class Grounded(BaseModel):
    """Base of the grounded types: reads a wire form when the context holds a source."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        """JSON schema of the wire form; `result` is that of the result."""
        raise NotImplementedError

    @classmethod
    def resolve(cls, wire: Any, grounding: Grounding) -> Self | dict[str, Any]:
        """Turn the wire form into the result, or into the result's fields."""
        raise NotImplementedError

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        grounding = _grounding(info.context)
        if grounding is None or isinstance(data, cls):
            return handler(data)
        known = len(grounding.problems)
        resolved = cls.resolve(data, grounding)
        instance = handler(resolved) if isinstance(resolved, dict) else resolved
        # Fields are validated into a new object: the problems found on the way are about that one.
        for i, problem in enumerate(grounding.problems[known:], known):
            if problem.item is None:
                grounding.problems[i] = replace(problem, item=instance)
        if info.context is not grounding and (fatal := [p for p in grounding.problems if p.fatal]):
            # Nobody is there to ask again or to leave the item out.
            raise ValueError(fatal[0].reason)
        return instance

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        result = handler(schema)
        if handler.mode == "validation":
            target = handler.resolve_ref_schema(result)
            wire = cls.wire_schema(dict(target))
            target.clear()
            target.update(wire)
        return result


def _grounding(context: Any) -> Grounding | None:
    if isinstance(context, Grounding):
        return context
    if isinstance(context, dict) and isinstance(context.get("source"), Source):
        return Grounding(context["source"])
    return None


def _object(**properties: Any) -> JsonSchemaValue:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _need(wire: Any, *keys: str) -> dict[str, Any]:
    if not isinstance(wire, dict) or any(key not in wire for key in keys):
        raise ValueError(f"expected an object with {', '.join(keys)}")
    return wire


def one_line(text: Any) -> str:
    """A text of the model, on one line."""
    if not isinstance(text, str) or not (line := " ".join(text.split())):
        raise ValueError("expected text")
    return line


def _optional_line(text: Any) -> str | None:
    return None if text is None or text == "" else one_line(text)


def _evidence(wire: dict[str, Any], grounding: Grounding) -> list[Span]:
    ids = wire["evidence"] if isinstance(wire["evidence"], list) else [wire["evidence"]]
    spans, unknown = sentences_by_id(ids, grounding.source)
    if not spans:
        shown = ", ".join(map(str, unknown))[:80]
        reason = f"there is no sentence {shown}" if unknown else "no sentence is cited"
        grounding.problem(None, wire, reason, fatal=False)
    return spans


def _supported(text: str, evidence: list[Span], wire: Any, grounding: Grounding) -> dict[str, Any]:
    """Fields `evidence`, `support`, `missing` of a statement."""
    if not evidence:
        return {"evidence": [], "support": "unsupported", "missing": ["evidence"]}
    evidence, missing = back_statement(text, evidence, grounding)
    if missing:
        reason = f"the cited sentences do not say: {', '.join(missing)}"
        grounding.problem(None, wire, reason, fatal=False)
    support = "unsupported" if missing else "supported"
    return {"evidence": evidence, "support": support, "missing": missing}


class Statement(Grounded):
    """One sentence of a summary.

    Attributes:
        text: written by the model.
        evidence: the sentences of the source that it rests on.
        support: "unsupported" where names or numbers of `text` are not in the evidence, or
            there is none. "supported" means that nothing was found missing, not that it is proved.
        missing: what was not found.
    """

    text: str
    evidence: list[Span]
    support: Support
    missing: list[str] = []

    @classmethod
    def wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return _object(text=_WRITTEN | {"description": "one complete sentence"}, evidence=_EVIDENCE)

    @classmethod
    def resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        wire = _need(wire, "text", "evidence")
        text = one_line(wire["text"])
        return {"text": text} | _supported(text, _evidence(wire, grounding), wire, grounding)


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
    def wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return dict(result["properties"]["sentences"]) | {"minItems": 2, "maxItems": 5}

    @classmethod
    def resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        sentences = wire["sentences"] if isinstance(wire, dict) and "sentences" in wire else wire
        if not sentences:
            raise ValueError("a summary has at least one sentence")
        return {"sentences": sentences}


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
    def wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return _object(
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
    def resolve(cls, wire: Any, grounding: Grounding) -> Self | dict[str, Any]:
        wire = _need(wire, "id")
        quotation = quotation_by_id(wire["id"], grounding)
        if quotation is not None:
            spans, text, kind = list(quotation.spans), quotation.text, "direct"
        else:
            spans, _ = sentences_by_id([wire["id"]], grounding.source)
            if not spans:
                nothing = cls.model_construct(
                    text="", spans=[], speaker=None, speaker_span=None, kind="direct"
                )
                grounding.problem(nothing, wire, f"there is no quotation {str(wire['id'])[:80]}", fatal=True)
                return nothing
            text, kind = spans[0].text, "statement"
        cue = None if quotation is None else named_speaker(quotation, grounding.source)
        speaker = cue
        if name := _optional_line(wire.get("speaker")):
            pronoun = is_pronoun(name, grounding.source.lang)
            mention = None if pronoun else nearest_mention(name, spans[0], grounding.source)
            if mention is not None and not (
                quotation is not None and contradicts(quotation, mention, grounding.source)
            ):
                speaker = mention
            elif cue is None:
                wrong = "is a pronoun; give the name it stands for" if pronoun else "is not in the article"
                grounding.problem(None, wire, f"the speaker {name!r} {wrong}", fatal=False)
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
    aliases: list[str] = []
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
    def wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return _object(
            name=_NAME | {"description": "full name, as the article has it"},
            type={"type": "string", "enum": cls._WIRE_TYPES},
            role={
                "anyOf": [_COPY, {"type": "null"}],
                "x-briefing": "extra",
                "description": "a person's office or an organization's trade, in words of the article; else null",
            },
        )

    @classmethod
    def resolve(cls, wire: Any, grounding: Grounding) -> Self | dict[str, Any]:
        wire = _need(wire, "name", "type")
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
            grounding.problem(nothing, wire, reason, fatal=True, worth_asking=not common)
            return nothing
        first = mentions[0].text
        if kind != "person" or " " in name:
            mentions = union(mentions, find_inflected(source.text, name, source.lang))
        short_forms = find_short_forms(source.text, mentions)
        for short in short_forms:
            mentions = union(mentions, find_mentions(source.text, short, source.lang))
        role = None
        if words := _optional_line(wire.get("role")):
            match = locate(words, source, ignore_case=True)
            role = (
                match.text
                if match.status in ("exact", "typographic") and beside(match.text, mentions, source)
                else None
            )
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
    def wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return _NAME | {"description": "a name, as the article has it"}

    @classmethod
    def resolve(cls, wire: Any, grounding: Grounding) -> Self | dict[str, Any]:
        wire = one_line(wire)
        spans = find_mentions(grounding.source.text, wire, grounding.source.lang)
        if not spans:
            nothing = cls.model_construct(name=wire, spans=[])
            grounding.problem(nothing, wire, f"{wire!r} is not in the article", fatal=True)
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
    def wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return _COPY | {"description": "copied from the article, word for word"}

    @classmethod
    def resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        if not isinstance(wire, str):
            raise ValueError("expected text")  # noqa: TRY004  # pydantic reports ValueErrors only
        match = grounding.locator.locate(wire)
        if match.status in ("altered", "unverified"):
            # The nearest passage helps a model to copy it.
            nearest = f"; the article has {match.text!r}" if match.status == "altered" else ""
            reason = f"{wire!r} is not in the article word for word{nearest}"
            grounding.problem(None, wire, reason, fatal=False)
        return {"status": match.status, "text": match.text, "claimed": wire, "spans": list(match.spans)}


class Cited(Grounded, Generic[T]):
    """A value with the sentences that it rests on.

    Attributes:
        value: given by the model.
        evidence: the sentences of the source.
        support: as for `Statement`; looks at text and numbers in `value`.
        missing: what was not found.
    """

    value: T
    evidence: list[Span]
    support: Support
    missing: list[str] = []

    def __reduce__(self) -> tuple[Any, ...]:
        # `Cited[int]` has no name that pickle could look up.
        generic = type(self).__pydantic_generic_metadata__
        return _new, (generic["origin"] or type(self), generic["args"]), self.__getstate__()

    @classmethod
    def wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        return _object(value=result["properties"]["value"], evidence=_EVIDENCE)

    @classmethod
    def resolve(cls, wire: Any, grounding: Grounding) -> dict[str, Any]:
        wire = _need(wire, "value", "evidence")
        text = wire["value"] if isinstance(wire["value"], str) else _digits(wire["value"])
        return {"value": wire["value"]} | _supported(text, _evidence(wire, grounding), wire, grounding)


def _new(origin: Any, args: tuple[Any, ...]) -> Any:
    kind = origin[args] if args else origin
    return kind.__new__(kind)


def _digits(value: Any) -> str:
    """A number as text, for the support check; nothing for other values."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(int(value)) if float(value).is_integer() else str(value)
