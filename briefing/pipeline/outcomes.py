"""What a plan is, what it may yield, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from briefing.errors import AnswerError, ContextWindowError, ProviderTimeoutError, ServerError
from briefing.llm import Answer, Ask
from briefing.pipeline.sections import Heading

#: Errors of one ask that say nothing about another one. Others end a step: a wrong key, a limit, a server out of reach.
OF_ONE_ASK = (AnswerError, ContextWindowError, ProviderTimeoutError, ServerError)


class Independent(list[Ask]):
    """Asks of a step whose errors are sent to the plan, each in the place of the answer, and not thrown into it."""


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
