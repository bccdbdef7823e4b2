"""Lists that repeat themselves: an answer of the local model ends where its list has begun to.

A small model often writes one item until the list is full, and the result holds it once anyway.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import from_json
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.llm.providers import StreamedAnswer, adapter_of
from briefing.schemas import Entity, Quote, Statement, Summary, marked_schema, wire_fields

#: Repeated items at which a list ends. After one, a small model often goes on with another item; after two, seldom.
_MOST_REPEATS = 2
#: An answer is looked through up to this length, in characters: each piece of it is read with all that came before.
_LONGEST = 20_000


@lru_cache(maxsize=256)
def may_repeat(schema: type[BaseModel]) -> bool:
    """Whether an answer is one list and nothing else, of a type whose repeated items the result does not have."""
    fields = wire_fields(schema)
    if len(fields) != 1:
        return False
    kind = schema.model_fields[fields[0]].annotation
    items = (Statement,) if kind is Summary else get_args(kind) if get_origin(kind) is list else ()
    (wire,) = marked_schema(schema)["properties"].values()
    return wire.get("minItems", 0) <= _MOST_REPEATS + 1 and any(
        isinstance(item, type) and issubclass(item, Entity | Quote | Statement) for item in items
    )


def until_repeats(text: str) -> str | None:
    """Return an answer cut behind the second repeated item of its list, as JSON; `None` if the list has fewer repeated items.

    An item repeats an earlier one if its first value (name, text, id) is the same. It counts when another one follows, which
    is when it is certainly complete.
    """
    try:
        answer = from_json(text, allow_partial=True)
    except ValueError:
        return None
    name, items = next(iter(answer.items()), ("", [])) if isinstance(answer, dict) else ("", [])
    seen: set[str] = set()
    for number, item in enumerate(items[:-1] if isinstance(items, list) else (), 1):
        seen.add(str(next(iter(item.values()), None) if isinstance(item, dict) else item))
        if number - len(seen) == _MOST_REPEATS:
            return json.dumps({name: items[:number]}, ensure_ascii=False, separators=(",", ":"))
    return None


class UntilRepeats(StreamedAnswer):
    """An answer that ends at its second repeated item; to its end where the server does not count tokens as it writes.

    Args:
        answer: takes the events.
    """

    def __init__(self, answer: StreamedAnswer) -> None:
        self._answer, self._text = answer, ""

    @override
    def add(self, event: Any) -> str:
        piece = self._answer.add(event)
        self._text += piece
        if piece and len(self._text) <= _LONGEST and (whole := until_repeats(self._text)) is not None:
            self.ended = self._answer.end_with(whole)
        return piece

    @override
    def response(self) -> Any:
        return self._answer.response()

    @override
    def whole(self, body: Any) -> Any:
        return self._answer.whole(body)


def as_read(events: str) -> dict[str, Any] | None:
    """Return the response that a local model's stream of events is read as, for a record of it; `None` for another body."""
    answer = adapter_of("openai").stream({}, usage=True)
    assert answer is not None
    reader, counted = UntilRepeats(answer), False
    try:
        for line in events.split("\n"):
            if line.startswith("data: {") and not reader.ended:
                event = json.loads(line.removeprefix("data: "))
                counted |= bool(reader.add(event)) and "timings" in event
        body: dict[str, Any] = reader.response().to_dict()
        return body if counted and body["choices"][0]["finish_reason"] else None
    except (ValueError, LookupError):  # it is not JSON, or breaks off before the answer begins
        return None
