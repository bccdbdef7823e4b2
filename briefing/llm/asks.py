"""`Ask`, a request that a plan hands to a driver, and `Answer`, its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from briefing.grounding import Grounding
from briefing.meta import Usage

#: Lengths in characters from which work on an article, or on an answer, takes long enough to disturb an event loop.
_LONG_ARTICLE, _LONG_ANSWER = 50_000, 20_000


def is_long(article: str, answer: str = "") -> bool:
    """Whether work on an article, or on an answer about it, belongs into a thread where an event loop runs."""
    return len(article) > _LONG_ARTICLE or len(answer) > _LONG_ANSWER


class PlainText(BaseModel):
    """The schema of an ask without a schema: its answer is any text, and the value is the SDK's response."""


@dataclass(frozen=True)
class Ask:
    """One request to the model.

    Attributes:
        label: a name for progress and logs ("joint", "repair", "summary").
        messages: the dialogue so far, `role` and `content`.
        schema: the pydantic model whose wire form is the answer.
        grounding: validation context; resolves ids against the source.
        essential: the wire form leaves out the fields that small models often get wrong.
        kept: the answer is kept in the journal while the article is under way.
        ends_part: no other ask about the same part of a long article follows.
        fills: the fields of the answer are fields of the result.
    """

    label: str
    messages: tuple[dict[str, str], ...]
    schema: type[BaseModel]
    grounding: Grounding
    essential: bool = False
    kept: bool = False
    ends_part: bool = False
    fills: bool = False


@dataclass(frozen=True)
class Answer:
    """The model's answer to one ask.

    Attributes:
        value: an instance of the ask's schema, resolved against the source.
        text: what the model wrote.
        usage: tokens of all attempts.
        attempts: HTTP calls.
    """

    value: Any
    text: str
    usage: Usage = field(default_factory=Usage)
    attempts: int = 1
