"""What a plan is, what it may yield, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from briefing.errors import AnswerError, ContextWindowError, ProviderTimeoutError, RequestError, ServerError
from briefing.llm import Answer, Ask
from briefing.pipeline.sections import Heading

_OF_ONE_ASK = (AnswerError, ContextWindowError, ProviderTimeoutError, ServerError)
#: Statuses of requests that a server rejects for their form or for what is in them, at no cost.
_REJECTED = frozenset((400, 422))


class Independent(list[Ask]):
    """Asks of a step whose errors are sent to the plan, each in the place of the answer, and not thrown into it."""


def is_of_one_ask(error: object) -> bool:
    """Whether an error says nothing about another ask. Others end a step: a wrong key, a limit, a server out of reach.

    A server may reject a request for the text in it: the same request with another text is then accepted.
    """
    rejected = isinstance(error, RequestError) and error.status in _REJECTED
    return rejected or isinstance(error, _OF_ONE_ASK)


@dataclass(frozen=True)
class Outcome:
    """The return value of a plan.

    Attributes:
        values: the fields of the result.
        warnings: about them.
        whole: the answer that has all fields, if one ask was about all of them. The schema's validators have seen it.
        validated: runs the validators that have waited for an answer to be corrected, given it and what became of it.
        headings: those that the model has written for sections of the summary.
        made: names of fields that are put together from several answers; validators of the schema have not seen them.
    """

    values: dict[str, Any]
    warnings: list[str]
    whole: BaseModel | None = None
    validated: Callable[[Any, Any], Any] = lambda _answer, final: final
    made: frozenset[str] = frozenset()
    headings: Sequence[Heading] = ()


Plan = Generator[list[Ask], list[Answer], Outcome]
