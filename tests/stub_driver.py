"""A client without a server: answers asks with what a function gives, read as the real client reads it.

For runs of many examples: no socket, no SDK, no instructor; the plan, its driver, the validation with its grounding,
settling and the making of the result are those of the library.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from briefing import AnswerError, Briefer, Briefing, Source
from briefing.llm.asks import Answer, Ask
from briefing.llm.client import Client, Flow, _response_model
from briefing.llm.deadline import Deadline

Model = Callable[[Ask], str]


class StubClient(Client):
    """Makes asks of a function."""

    def __init__(self, briefer: Briefer, model: Model) -> None:
        super().__init__(briefer._asked, timeout=1.0, max_attempts=1)
        self._model = model
        self.asked: list[Ask] = []

    def flow(self, ask: Ask, deadline: Deadline, *_costs: Any) -> Flow:
        """One ask, answered at once."""
        self.asked.append(ask)
        ask.grounding.reset()
        text = self._model(ask)
        try:
            value = _response_model(ask.schema).model_validate_json(text, context=ask.grounding)
        except ValidationError as error:
            raise AnswerError("no usable answer") from error
        return Answer(value, text)
        yield  # a generator, as the driver expects


@cache
def stub_briefer(**options: Any) -> Briefer:
    """The briefer for `brief`, the same for the same options; nothing is sent to its address."""
    return Briefer(model="openai/fake", base_url="http://127.0.0.1:9/v1", api_key="test", **options)


def brief(
    briefer: Briefer, source: Source, model: Model, schema: type[BaseModel] = Briefing
) -> tuple[BaseModel, list[Ask]]:
    """What `briefer.summarize` gives where the model answers so, and what was asked."""
    client = briefer._client = StubClient(briefer, model)
    return briefer.summarize(source, schema=schema), client.asked
