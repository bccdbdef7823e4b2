"""What of a result of any schema points at the article, found in its JSON data by the keys that the grounded types write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

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
    if isinstance(value, Mapping) and {"sentences", "text"} <= value.keys() <= {
        "sentences",
        "sections",
        "text",
    }:
        value = value["sentences"]  # a summary, whose text is theirs
    kind = _kind(value)
    if kind is not None or not isinstance(value, dict | list) or depth == _DEEPEST:
        yield path, kind or "value", value
        return
    steps = enumerate(value) if isinstance(value, list) else value.items()
    for step, held in steps:
        yield from _items(held, f"{path}[{step}]" if isinstance(value, list) else f"{path}.{step}", depth + 1)


#: The grounded types by the keys that only they have; the first that fits.
_KEYS = {
    "statement": {"text", "evidence", "support", "missing", "findings", "quotes", "kind"},
    "cited": {"value", "evidence", "support", "missing", "findings"},
    "quote": {"text", "spans", "speaker", "speaker_span", "kind"},
    "verbatim": {"status", "text", "claimed", "spans"},
    "entity": {"name", "type", "mentions", "aliases", "role"},
    "mention": {"name", "spans"},
}


def _kind(value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return None
    return next((kind for kind, keys in _KEYS.items() if keys <= value.keys()), None)


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
            **{key: item[key] for key in _KEYS["cited"] - {"value"}},
        },
        passages,
        meta,
    )
    # Offsets of findings count in a text.
    return claim if isinstance(value, str) else claim | {"marks": []}


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
    "value": _plain,
}
