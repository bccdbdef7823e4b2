"""A transport without a server: a function answers the asks.

For runs of many examples: no socket, no SDK, no instructor. The plan, its driver, the client, the validation, the repair and
the assembly of the result are the library's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import BaseModel

from briefing import Briefer, Briefing, Source
from briefing.llm.asks import Ask
from briefing.llm.client import Client
from briefing.llm.sdk import Send, Transport, response_model

Model = Callable[[Ask], str]


class StubTransport(Transport):
    """Answers asks with what a function returns."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.asked: list[Ask] = []

    def send(self, send: Send) -> Any:
        """Parse what the function writes as the real transport parses an answer."""
        self.asked.append(send.ask)
        send.attempts.text = self._model(send.ask)
        return response_model(send.ask.schema).model_validate_json(
            send.attempts.text, context=send.ask.grounding
        )

    async def asend(self, send: Send) -> Any:
        """As `send`."""
        return self.send(send)


@cache
def stub_briefer(model: str = "openai/fake", **options: Any) -> Briefer:
    """The briefer for `brief`, the same for the same options; nothing is sent to its address."""
    return Briefer(model=model, base_url="http://127.0.0.1:9/v1", api_key="test", **options)


def brief(
    briefer: Briefer, source: Source, model: Model, schema: type[BaseModel] = Briefing, **style: Any
) -> tuple[BaseModel, list[Ask]]:
    """What `briefer.summarize` gives where the model answers so, and what was asked."""
    transport = StubTransport(model)
    briefer._client = Client(briefer._asked, timeout=1.0, max_attempts=1, transport=transport)
    return briefer.summarize(source, schema=schema, **style), transport.asked
