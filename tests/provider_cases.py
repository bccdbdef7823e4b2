"""Protocols that the fault matrix runs over: how a briefer speaks them, and where they differ from `fault_rows`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Self

from fault_rows import Row, asked_again, final

from briefing import Briefer, FilteredError, RefusalError
from briefing.testing.fake_model import FakeModel, Fault
from briefing.testing.protocols import ProtocolName

#: In two parts, so that no scanner takes it for a real one.
KEY = "sk-" + "fault-matrix-0123456789"


@dataclass(frozen=True)
class Spoken:
    """A protocol of `FakeModel`, and a model that is asked by it.

    Attributes:
        protocol: of the server.
        model: with a price that is known.
        default: whether the SDK is there in the default suite.
        cheaper: whether the list of prices has one for cached tokens.
        rows: where a fault ends otherwise.
    """

    protocol: ProtocolName
    model: str
    default: bool = True
    cheaper: bool = True
    rows: dict[str, Row] = field(default_factory=dict)


SPOKEN = [
    Spoken("openai", "openai/gpt-4o-mini"),
    Spoken("responses", "openai/codex-mini-latest"),
    Spoken(
        "anthropic",
        "anthropic/claude-sonnet-5",
        # There are no other ways to say it.
        rows={"content filter": final(RefusalError, tokens=True)},
    ),
    # A filter refuses.
    Spoken(
        "google",
        "google/gemini-2.0-flash",
        default=False,
        rows={"refusal": final(FilteredError, tokens=True)},
    ),
    Spoken(
        "bedrock",
        "bedrock/amazon.nova-lite-v1:0",
        default=False,
        rows={"refusal": final(FilteredError, tokens=True)},
    ),
    # There is no field for a refusal.
    Spoken(
        "mistral",
        "mistral/mistral-small-latest",
        default=False,
        rows={"refusal": asked_again("Invalid JSON")},
    ),
    Spoken(
        "cohere",
        "cohere/command-a-03-2025",
        default=False,
        cheaper=False,
        rows={"refusal": asked_again("Invalid JSON")},
    ),
]


class Stand:
    """A server of one protocol and briefers on it, which are reused; `script` says how it answers.

    Attributes:
        script: a fault, or `None`, for the body of a request.
        fake: the server.
    """

    def __init__(self, spoken: Spoken) -> None:
        self.spoken = spoken
        self.script: Callable[[dict[str, Any]], Fault | None] = lambda _request: None
        self.fake = FakeModel(protocol=spoken.protocol, faults=self._fault)
        self._briefers: dict[tuple[Any, ...], Briefer] = {}
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self.fake.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        for briefer in self._briefers.values():
            briefer.close()
            self._runner.run(briefer.aclose())
        self._runner.close()
        self.fake.__exit__()

    def _fault(self, request: dict[str, Any]) -> Fault | None:
        return self.script(request)

    def briefer(self, **options: Any) -> Briefer:
        """The briefer with these options."""
        key = tuple(sorted(options.items()))
        if key not in self._briefers:
            self._briefers[key] = Briefer(self.spoken.model, base_url=self.fake.url, api_key=KEY, **options)
        return self._briefers[key]

    def ask(self, briefer: Briefer, text: str, *, is_async: bool) -> Any:
        """Make a briefing, in the stand's event loop if async."""
        return self._runner.run(briefer.asummarize(text)) if is_async else briefer.summarize(text)

    def run(self, awaitable: Coroutine[Any, Any, Any]) -> Any:
        """Run in the stand's event loop."""
        return self._runner.run(awaitable)

    def calls(self) -> int:
        """Requests since the last time that this was called."""
        calls, self.fake.calls = self.fake.calls, 0
        self.fake.requests.clear()
        return calls
