"""A driver without a server: runs a plan with answers that a function gives, read as the client reads them.

For runs of many examples: no socket, no SDK, no instructor; the plan, the validation with its grounding, settling and
the making of the result are those of the library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ValidationError

from briefing import AnswerError, Briefer, Briefing, Source
from briefing.asks import Answer, Ask
from briefing.client import _response_model
from briefing.drivers import Ledger
from briefing.errors import ProviderError
from briefing.plans import Outcome, plan_for

Model = Callable[[Ask], str]


def stub_briefer(**options: Any) -> Briefer:
    """A briefer for `brief`; nothing is sent to its address."""
    return Briefer(model="openai/fake", base_url="http://127.0.0.1:9/v1", api_key="test", **options)


def brief(
    briefer: Briefer, source: Source, model: Model, schema: type[BaseModel] = Briefing
) -> tuple[BaseModel, list[Ask]]:
    """What `briefer.summarize` gives where the model answers so, and what was asked."""
    job = briefer._job(source, schema, "briefing", None, briefer._asked)
    plan, asked = plan_for(job), []

    def answered(ask: Ask) -> Answer:
        asked.append(ask)
        ask.grounding.restart()
        text = model(ask)
        try:
            value = _response_model(ask.schema).model_validate_json(text, context=ask.grounding)
        except ValidationError as error:
            raise AnswerError("no usable answer") from error
        return Answer(value, text)

    step: Callable[[], list[Ask]] = plan.__next__
    while True:
        try:
            asks = step()
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return briefer._finished(job, outcome, Ledger()), asked
        try:
            answers = [answered(ask) for ask in asks]
        except ProviderError as error:
            step = lambda error=error: plan.throw(error)  # noqa: E731
        else:
            step = lambda answers=answers: plan.send(answers)  # noqa: E731
