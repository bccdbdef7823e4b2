"""The HTTP calls of one ask: output limits, sizes and counts on both sides of each constant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from briefing import DeadlineError, OversizedError, Source
from briefing.grounding.resolution import Grounding
from briefing.llm.asks import Ask
from briefing.llm.attempts import Attempts
from briefing.llm.budget import Budget
from briefing.llm.deadline import Deadline
from briefing.llm.pricing import CostTracker
from briefing.llm.targets import target_of


class Note(BaseModel):
    """Any schema."""

    text: str


def attempts(model: str = "openai/x", **options: Any) -> Attempts:
    ask = Ask("note", ({"role": "user", "content": "a" * 100},), Note, Grounding(Source(text="a")))
    target = target_of(model, api_key="k" * 20)
    return Attempts(
        ask,
        target,
        **{
            "deadline": Deadline(),
            "timeout": 60.0,
            "costs": CostTracker(),
            "budget": Budget(),
            "max_attempts": 4,
        }
        | options,
    )


def answer(text: str, output_tokens: int = 0) -> Any:
    message = SimpleNamespace(content=text, refusal=None, tool_calls=None)
    usage = SimpleNamespace(prompt_tokens=1, completion_tokens=output_tokens)
    return SimpleNamespace(
        choices=[SimpleNamespace(message=message, finish_reason="stop")], usage=usage, model="x"
    )


def limit_after_truncation(written: int = 0, text: str = "{}", **request: Any) -> int | None:
    """The output limit of the request after a truncated answer."""
    calls = attempts()
    with calls.http_call(dict(request)):
        calls.received(answer(text, written))
    assert calls.double_output_limit()
    with calls.http_call(dict(request)) as second:
        return second.get("max_tokens")


@pytest.mark.parametrize(("limit", "doubled"), [(1500, 3000), (1025, 2050), (1024, 2048), (1, 2048)])
def test_a_known_output_limit_is_doubled(limit: int, doubled: int) -> None:
    """But the second answer may have 2,048 tokens at least."""
    assert doubled == limit_after_truncation(max_tokens=limit)


def test_an_unknown_output_limit_is_estimated_from_the_answer() -> None:
    """By the tokens that the server counted, or four characters a token where it counted none."""
    assert 6000 == limit_after_truncation(written=3000)
    assert 5000 == limit_after_truncation(text='{"a": "' + "b" * 9991 + '"}')


def test_the_output_limit_is_doubled_once() -> None:
    """Before a request its parameter is not known, and after one doubling it stays."""
    calls = attempts()
    assert not calls.double_output_limit()
    with calls.http_call({}):
        pass
    assert (True, False) == (calls.double_output_limit(), calls.double_output_limit())


def test_providers_without_an_adapter_have_no_output_limit_that_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name of the parameter is not guessed."""
    monkeypatch.setenv("BRIEFING_ANY_PROVIDER", "1")
    calls = attempts("writer/x")
    with calls.http_call({}) as request:
        assert "max_tokens" not in request
    assert not calls.double_output_limit()


def test_an_answer_of_a_million_characters_is_read() -> None:
    """One more is an error."""
    text = '{"text": "' + "b" * (1_000_000 - 12) + '"}'
    response = answer(text)
    assert response is attempts().received(response)
    with pytest.raises(OversizedError, match="1,000,001 characters, more than the 1,000,000"):
        attempts().received(answer(text + " "))


def test_a_call_may_take_what_is_left_of_the_deadline() -> None:
    """The timeout bounds it where the deadline is later, or there is no deadline."""
    assert 60.0 == attempts().call_timeout() == attempts(deadline=Deadline.after(1000)).call_timeout()
    assert attempts(deadline=Deadline.after(30)).call_timeout() <= 30


def test_no_call_is_made_after_the_deadline() -> None:
    """Nor is one counted."""
    calls = attempts(deadline=Deadline.after(0))
    with pytest.raises(DeadlineError), calls.http_call({}):
        pytest.fail("no call is to be made")
    assert (0, 0) == (calls.calls, calls.costs.attempts)


class Rejecting:
    """A limiter that reports a rejection of each call."""

    def __init__(self) -> None:
        self.estimates: list[float] = []
        self.used: list[int | None] = []

    @asynccontextmanager
    async def slot(
        self,
        tokens: float,
        used: Callable[[], int | None],
        on_rate_limited: Callable[[], None],
        _max_wait: Any,
        _read_error: Any,
    ) -> AsyncIterator[None]:
        """Admit the call at once."""
        self.estimates.append(tokens)
        yield
        self.used.append(used())
        on_rate_limited()


@pytest.mark.parametrize(("rejections", "left"), [(1, 4), (8, 4), (9, 3), (10, 2)])
async def test_eight_rejections_are_no_attempts(rejections: int, left: int) -> None:
    """More are: an ask that is rejected time after time is rejected for a reason of its own."""
    calls = attempts(limiter=Rejecting())
    for _ in range(rejections):
        async with calls.slot({"messages": calls.ask.messages}):
            with calls.http_call({}):
                pass
    assert left == calls.calls_left


async def test_the_limiter_gets_an_estimate_and_then_the_usage() -> None:
    """Four characters of the messages are estimated as one token; tokens of earlier calls are not counted again."""
    limiter = Rejecting()
    calls = attempts(limiter=limiter)
    for written in (7, 0):
        async with calls.slot({"messages": calls.ask.messages}):
            with calls.http_call({}):
                if written:
                    calls.received(answer("{}", written))
    assert ([25.0, 25.0], [8, None]) == (limiter.estimates, limiter.used)
