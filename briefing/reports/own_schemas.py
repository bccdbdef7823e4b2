"""What of a result of any schema points at the article, found in its JSON data by the keys that the grounded types write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from briefing.errors import one_line
from briefing.reports.claims import entity_claim, quote_claim, statement_claim
from briefing.reports.view import Data, Passages, shown

#: Deepest nesting that is shown.
_DEEPEST = 100
#: Longest plain value that is shown, in characters.
_LONGEST_VALUE = 2_000


def field_parts(data: Data, passages: Passages, meta: Data) -> list[dict[str, Any]]:
    """Return a part for each field that has a value: what is grounded in it with its passages, then plain values.

    Args:
        data: the fields, as JSON data.
        passages: get the spans.
        meta: as JSON data; how the result was made.
    """
    parts = []
    for name, value in data.items():
        claims = [
            _claim(kind, item, path, passages, meta)
            for path, kind, item in _items(value, name)
            if item not in (None, "")
        ]
        if claims:
            parts.append({"head": one_line(name), "claims": claims})
    return parts


def _items(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, str, Any]]:
    """Yield what is in a value, each with its path and kind: a grounded type, or "value" for a plain one."""
    kind = _kind(value)
    if kind == "summary":
        headings = {section["start"]: section for section in value.get("sections", ()) if section["heading"]}
        for number, statement in enumerate(value["sentences"]):  # its text is theirs
            if number in headings:
                yield path, "heading", headings[number]
            yield from _items(statement, f"{path}[{number}]", depth + 1)
        return
    if kind is not None or not isinstance(value, dict | list) or depth == _DEEPEST:
        yield path, kind or "value", value
        return
    steps = enumerate(value) if isinstance(value, list) else value.items()
    for step, held in steps:
        yield from _items(held, f"{path}[{step}]" if isinstance(value, list) else f"{path}.{step}", depth + 1)


class _Span(TypedDict):
    start: Annotated[int, Field(ge=0)]
    end: int
    text: str
    label: NotRequired[str | None]


class _Finding(TypedDict):
    kind: str
    text: str
    start: int
    end: int
    source: list[_Span]
    severity: str
    message: str


class _Quoted(TypedDict):
    text: str
    speaker: str | None


class _Quote(_Quoted):
    spans: list[_Span]
    speaker_span: _Span | None
    kind: str


class _Checked(TypedDict):
    evidence: list[_Span]
    support: str
    missing: list[str]
    findings: list[_Finding]


class _Cited(_Checked):
    value: Any


class _Statement(_Checked):
    text: str
    quotes: list[_Quoted]
    kind: str
    score: NotRequired[float | None]
    antecedent: NotRequired[_Span | None]


class _Verbatim(TypedDict):
    status: str
    text: str | None
    claimed: str
    spans: list[_Span]


class _Entity(TypedDict):
    name: str
    type: str
    mentions: list[_Span]
    aliases: list[str]
    role: str | None


class _Mention(TypedDict):
    name: str
    spans: list[_Span]


class _Section(TypedDict):
    heading: str
    heading_span: _Span | None
    start: int
    support: str
    missing: list[str]
    findings: list[_Finding]


class _Summary(TypedDict):
    sentences: list[_Statement]
    text: str
    sections: NotRequired[list[_Section]]


#: The grounded types; a value is of the first that fits.
_SHAPES: dict[str, type[Any]] = {
    "summary": _Summary,
    "statement": _Statement,
    "cited": _Cited,
    "quote": _Quote,
    "verbatim": _Verbatim,
    "entity": _Entity,
    "mention": _Mention,
}


def _kind(value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return None
    return next((kind for kind in _SHAPES if _fits(value, kind)), None)


def _fits(value: Data, kind: str) -> bool:
    """Return whether a value has the keys of a type, and values as there, unlike an object of the user's own with these keys."""
    if not _SHAPES[kind].__required_keys__ <= value.keys():
        return False
    try:
        _reader(kind).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


@cache
def _reader(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(_SHAPES[kind])


def _claim(kind: str, item: Any, path: str, passages: Passages, meta: Data) -> dict[str, Any]:
    claim = _CLAIMS[kind](item, passages, meta)
    place = [one_line(path)] if "." in path or "[" in path else []
    return claim | {"badges": [*claim.get("badges", []), *place]}


def _cited(item: Data, passages: Passages, meta: Data) -> dict[str, Any]:
    value = item["value"]
    text = value if isinstance(value, str) else repr(value)
    claim = statement_claim(
        {
            "text": text,
            "kind": "written",
            "quotes": (),
            **{key: item[key] for key in _Checked.__required_keys__},
        },
        passages,
        meta,
    )
    # Offsets of findings count in a text.
    return claim if isinstance(value, str) else claim | {"marks": []}


def _heading(item: Data, passages: Passages, meta: Data) -> dict[str, Any]:
    """Return the claim of a section's heading, which rests on one of the article if the model did not write it."""
    span = item["heading_span"]
    statement = {key: item[key] for key in ("support", "missing", "findings")} | {
        "text": item["heading"],
        "evidence": [] if span is None else [span],
        "kind": "written",
        "quotes": (),
    }
    return statement_claim(statement, passages, meta) | {"badges": ["heading"]}


def _verbatim(item: Data, passages: Passages, _meta: Data) -> dict[str, Any]:
    looks = {"unverified": "error", "altered": "note"}
    claim = {
        "kind": "quote",
        "text": shown(item["text"] or item["claimed"]),
        "look": looks.get(item["status"], "ok"),
        "badges": [one_line(item["status"])],
        "lights": passages.add(item["spans"]),
    }
    if item["status"] == "altered":
        note = {
            "severity": "note",
            "words": shown(item["claimed"]),
            "message": "the model's words",
            "lights": [],
        }
        claim["notes"] = [note]
    return claim


def _mention(item: Data, passages: Passages, _meta: Data) -> dict[str, Any]:
    lights = passages.add(item["spans"], link=False)
    return {
        "kind": "entity",
        "text": one_line(item["name"]),
        "look": "ok",
        "badges": [f"{len(lights)}×"],
        "lights": lights,
    }


def _plain(item: Any, _passages: Passages, _meta: Data) -> dict[str, Any]:
    text = item if isinstance(item, str) else repr(item)
    return {
        "kind": "value",
        "text": shown(text[:_LONGEST_VALUE]),
        "look": "ok",
        "badges": ["not grounded"],
        "lights": [],
    }


_CLAIMS: dict[str, Callable[[Any, Passages, Data], dict[str, Any]]] = {
    "statement": statement_claim,
    "cited": _cited,
    "quote": lambda item, passages, _meta: quote_claim(item, passages),
    "verbatim": _verbatim,
    "entity": lambda item, passages, _meta: entity_claim(item, passages),
    "mention": _mention,
    "heading": _heading,
    "value": _plain,
}
