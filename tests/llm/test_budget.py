"""Limits on what may be spent: no call that could pass them, and nothing lost that was paid for."""

from __future__ import annotations

import asyncio
import inspect
import json
import math
import pickle
from typing import Any

import pytest
from conftest import Ask, waiting
from hypothesis import given
from hypothesis import strategies as st

import briefing
from briefing import Briefer, BudgetError, ConfigurationError, UnreachableError, Usage
from briefing.api import Options
from briefing.llm import budget as limits
from briefing.llm.budget import Budget, CallEstimate
from briefing.testing.fake_model import FakeModel, Fault, without_waiting

MODEL = "openai/gpt-4o-mini"


@pytest.fixture(autouse=True)
def _look_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asks that wait for what others hold of a budget wait shortly here."""
    monkeypatch.setattr(limits, "_RETRY_AFTER", 0.01)


def dollars(usage: Usage) -> float:
    return (usage.input_tokens * 1 + usage.output_tokens * 4) / 1_000_000


def total(usage: Usage) -> int:
    return usage.input_tokens + usage.output_tokens


def spent_by(briefer: Briefer, text: str, ask: Ask = waiting) -> int:
    """Tokens that an article takes."""
    meta = ask(briefer, text).meta
    return total(meta.usage)


@pytest.mark.parametrize("value", [0, -1, 2.5, math.nan, math.inf, "5", True, [1]])
def test_tokens_that_are_no_limit(value: Any) -> None:
    """A limit that cannot hold is told before anything is asked."""
    with pytest.raises(ConfigurationError, match="max_tokens_total must be"):
        Briefer(MODEL, max_tokens_total=value)


@pytest.mark.parametrize("value", [0, -0.5, math.nan, math.inf, "5", True, [1]])
def test_dollars_that_are_no_limit(value: Any) -> None:
    """As with tokens; fractions are fine."""
    with pytest.raises(ConfigurationError, match="max_cost_usd must be"):
        Briefer(MODEL, max_cost_usd=value)
    Briefer(MODEL, max_cost_usd=0.5).close()


def test_dollars_need_a_price() -> None:
    """For a model of unknown price no limit in dollars could hold; the one in tokens does."""
    with pytest.raises(ConfigurationError, match=r"openai/fake is not known.*max_tokens_total"):
        Briefer("openai/fake", max_cost_usd=1.0)


def test_a_model_on_this_machine_costs_nothing() -> None:
    """It passes no limit in dollars."""
    with Briefer("local", max_cost_usd=0.001) as briefer:
        assert briefer.model.startswith("local")


def test_options_are_the_keywords_of_briefer() -> None:
    """Module functions take all that `Briefer` takes, of the same types."""
    keywords = {name: p.annotation for name, p in inspect.signature(Briefer).parameters.items()}

    # As written: not all of the types are imported at run time.
    assert keywords == {name: hint.__forward_arg__ for name, hint in Options.__annotations__.items()}


@pytest.mark.parametrize("limit", [{"max_tokens_total": 100}, {"max_cost_usd": 0.00001}])
@pytest.mark.parametrize("plan", ["joint", "staged"])
def test_the_first_call_is_not_made(
    serve: Any, ask: Ask, bridge: str, plan: str, limit: dict[str, Any]
) -> None:
    """Where the article alone is too much, nothing is sent, and nothing is spent."""
    fake, briefer = serve(model=MODEL, plan=plan, **limit)
    with pytest.raises(BudgetError, match=f"the budget was reached: .*{next(iter(limit))}") as caught:
        ask(briefer, bridge)
    again = pickle.loads(pickle.dumps(caught.value))

    assert 0 == fake.calls
    assert (0, Usage(), None, {}) == (again.attempts, again.usage, again.cost_usd, again.partial)


def test_module_functions_take_limits(fake: FakeModel, bridge: str) -> None:
    """As keywords, as all of `Briefer`'s."""
    with pytest.raises(BudgetError):
        briefing.summarize(bridge, model=MODEL, base_url=fake.url, api_key="test", max_tokens_total=100)


@pytest.mark.parametrize("limit", [{"max_tokens_total": 100_000}, {"max_cost_usd": 1.0}])
@pytest.mark.parametrize("plan", ["joint", "staged"])
def test_a_wide_limit_changes_nothing(
    serve: Any, ask: Ask, bridge: str, plan: str, limit: dict[str, Any]
) -> None:
    """The same calls are made and the same result comes; an answer has plenty of room."""
    free, unlimited = serve(model=MODEL, plan=plan)
    held, limited = serve(model=MODEL, plan=plan, **limit)
    expected, made = unlimited.summarize(bridge), ask(limited, bridge)

    assert free.calls == held.calls
    assert expected.model_dump(exclude={"meta"}) == made.model_dump(exclude={"meta"})
    assert {4096} == {request["max_tokens"] for request in held.requests}


@pytest.mark.parametrize("plan", ["joint", "staged"])
@pytest.mark.parametrize("limit", range(500, 6000, 750))
def test_no_limit_is_passed(serve: Any, ask: Ask, bridge: str, plan: str, limit: int) -> None:
    """Whether there is a briefing or an error, what was spent is within."""
    _, briefer = serve(model=MODEL, plan=plan, max_tokens_total=limit)
    try:
        spent = spent_by(briefer, bridge, ask)
    except BudgetError as error:
        spent = total(error.usage or Usage())

    assert spent <= limit


def test_the_answer_is_capped_at_what_is_left(serve: Any, bridge: str) -> None:
    """A model that would go on for ever is cut off before the limit."""
    fake, briefer = serve(model=MODEL, max_tokens_total=3000)
    briefer.summarize(bridge)

    [request] = fake.requests
    sent = len(json.dumps(request["messages"]))
    assert 600 <= request["max_tokens"] < 3000 - sent // 4


def test_a_model_that_reasons_is_capped_by_its_own_parameter(serve: Any, bridge: str) -> None:
    """It knows no `max_tokens`, and what it thinks counts as output."""
    fake, briefer = serve(model="openai/gpt-5-mini", max_tokens_total=5000)
    briefer.summarize(bridge)

    assert "max_tokens" not in fake.requests[0]
    assert 1600 <= fake.requests[0]["max_completion_tokens"] < 5000


def test_no_limit_no_cap(fake: FakeModel, briefer: Briefer, bridge: str) -> None:
    """Without a limit the request is what it was."""
    briefer.summarize(bridge)

    assert not {"max_tokens", "max_completion_tokens"} & fake.requests[0].keys()


def test_a_repair_beyond_the_budget_keeps_the_first_answer(
    serve: Any, ask: Ask, bridge: str, good: dict[str, Any]
) -> None:
    """What was right is returned, what was not is dropped, and both are told."""
    spoilt = good | {"entities": [*good["entities"], {"name": "Nobody Here", "type": "person", "role": None}]}
    answer = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "gpt-4o-mini",
        "usage": {"prompt_tokens": 1400, "completion_tokens": 600, "total_tokens": 2000},
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": json.dumps(spoilt)},
                "finish_reason": "stop",
            }
        ],
    }
    fake, briefer = serve([Fault(body=answer)], model=MODEL, max_tokens_total=2500)
    made = ask(briefer, bridge)

    assert 1 == fake.calls
    assert ["Maren Holt", "Harwick"] == [entity.name for entity in made.entities]
    assert any("the budget was reached" in warning for warning in made.meta.warnings)
    assert any(warning.startswith("dropped: ") for warning in made.meta.warnings)


def test_a_re_ask_beyond_the_budget_is_not_made(serve: Any, ask: Ask, bridge: str) -> None:
    """An answer of the wrong shape was paid for; the next call would be too much."""
    fake, briefer = serve([Fault(content="no JSON " * 50)], model=MODEL, max_tokens_total=2500)
    with pytest.raises(BudgetError) as caught:
        ask(briefer, bridge)

    assert 1 == fake.calls == caught.value.attempts
    assert caught.value.usage is not None
    assert caught.value.usage.output_tokens == 100


def test_a_retry_beyond_the_budget_is_not_made(serve: Any, ask: Ask, bridge: str) -> None:
    """A connection that broke may be charged: its estimate counts. An error of the server's does not."""
    fake, briefer = serve([Fault(drop=True)] * 4, model=MODEL, max_tokens_total=2500)
    with pytest.raises(BudgetError):
        ask(briefer, bridge)
    assert 1 == fake.calls

    busy = [Fault(status=503, headers={"retry-after": "0"})] * 3
    fake, briefer = serve(busy, model=MODEL, max_tokens_total=2500)
    assert ask(briefer, bridge).headline
    assert 4 == fake.calls


def test_a_connection_that_was_not_made_costs_nothing(ask: Ask, bridge: str) -> None:
    """Nobody got the request: all attempts are made, and the error is the server's."""
    with FakeModel() as fake, without_waiting():
        briefer = Briefer(MODEL, base_url=fake.refused_url, api_key="test", max_tokens_total=2500)
        with pytest.raises(UnreachableError) as caught:
            ask(briefer, bridge)
        briefer.close()

    assert 4 == caught.value.attempts


def test_a_staged_plan_that_stops_keeps_its_answers(serve: Any, ask: Ask, bridge: str) -> None:
    """The error holds the fields that were paid for, whether one was asked after the other or all at once."""
    _, unlimited = serve(model=MODEL, plan="staged")
    limit = spent_by(unlimited, bridge) - 1
    fake, briefer = serve(model=MODEL, plan="staged", max_tokens_total=limit)
    with pytest.raises(BudgetError) as caught:
        ask(briefer, bridge)
    again = pickle.loads(pickle.dumps(caught.value))

    assert 0 < fake.calls < 4
    assert fake.calls == again.attempts == len(again.partial)
    assert 0 < total(again.usage) <= limit
    assert "headline" in again.partial


def test_each_article_has_the_whole_limit(serve: Any, bridge: str) -> None:
    """A limit is for one call of `summarize`, not for the life of a `Briefer`."""
    _, briefer = serve(model=MODEL, max_tokens_total=2500)

    assert briefer.summarize(bridge).headline == briefer.summarize(bridge).headline


def test_a_shared_budget_waits_for_what_others_hold() -> None:
    """A call that does not fit because of others that are being made is to ask again; alone, it is refused."""
    budget = Budget(max_tokens_total=1000)
    first = budget.reserve(CallEstimate(300, 100, 400), None)
    assert 400 == first.output_tokens
    second = budget.reserve(CallEstimate(100, 50, 400), None)
    assert 200 == second.output_tokens
    with pytest.raises(BudgetError) as caught:
        budget.reserve(CallEstimate(10, 10, 10), None)
    assert caught.value.retry_after is not None
    first.commit(Usage(input_tokens=300, output_tokens=100), None)
    second.release(charged=False)

    assert 400 == budget.reserve(CallEstimate(200, 50, 400), None).output_tokens
    budget = Budget(max_tokens_total=100)
    with pytest.raises(BudgetError) as caught:
        budget.reserve(CallEstimate(100, 10, 10), None)
    assert caught.value.retry_after is None


def test_a_hold_is_closed_once() -> None:
    """An answer that counts and is no use is not let go as well."""
    budget = Budget(max_tokens_total=1000)
    hold = budget.reserve(CallEstimate(300, 100, 100), None)
    hold.commit(Usage(input_tokens=200, output_tokens=50), None)
    hold.release(charged=True)

    assert 100 == budget.reserve(CallEstimate(650, 100, 500), None).output_tokens


def test_an_answer_of_unknown_price_costs_its_estimate() -> None:
    """The rest of the budget, after the input, is what the next answer may cost."""

    def price(usage: Usage) -> float:
        return usage.input_tokens + 2.0 * usage.output_tokens

    budget = Budget(max_cost_usd=1000.0)
    budget.reserve(CallEstimate(100, 50, 200), price).commit(Usage(), None)
    assert 350 == budget.reserve(CallEstimate(100, 50, 1000), price).output_tokens


async def test_many_tasks_share_a_budget() -> None:
    """However they overlap, they do not pass it together, and none is refused while it may still fit."""
    budget, spent = Budget(max_tokens_total=10_000), 0

    async def one() -> None:
        nonlocal spent
        while True:
            try:
                hold = budget.reserve(CallEstimate(150, 50, 2000), None)
                break
            except BudgetError as error:
                if error.retry_after is None:
                    return
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        spent += 200
        hold.commit(Usage(input_tokens=150, output_tokens=50), None)

    await asyncio.gather(*(one() for _ in range(100)))
    assert 10_000 == spent


@given(
    st.integers(1, 10_000),
    st.lists(
        st.tuples(st.integers(1, 3000), st.integers(1, 500), st.integers(1, 4000), st.floats(0, 1)),
        max_size=20,
    ),
    st.booleans(),
)
def test_budgets_hold(limit: int, calls: list[tuple[int, int, int, float]], in_dollars: bool) -> None:
    """Calls that take no more than they may never pass a limit together."""
    budget = Budget(max_cost_usd=limit / 1_000_000) if in_dollars else Budget(max_tokens_total=limit)
    tokens, cost = 0, 0.0
    for read, least, most, part in calls:
        try:
            hold = budget.reserve(CallEstimate(read, min(least, most), most), dollars)
        except BudgetError:
            continue
        assert min(least, most) <= hold.output_tokens <= most
        usage = Usage(input_tokens=read, output_tokens=round(hold.output_tokens * part))
        hold.commit(usage, dollars(usage))
        tokens, cost = tokens + total(usage), cost + dollars(usage)

    assert (cost * 1_000_000 if in_dollars else tokens) <= limit + 1e-6


@given(st.text(max_size=300))
def test_any_text_is_estimated(text: str) -> None:
    """Whatever its characters, a request has a size, and a longer one is not smaller."""
    short = CallEstimate.of({"messages": [{"content": text}]}, fields=1, reasons=False, cap=None)
    twice = CallEstimate.of({"messages": [{"content": text * 2}]}, fields=1, reasons=False, cap=None)

    assert 0 < short.input_tokens <= twice.input_tokens
    assert len(text) / 3 <= short.input_tokens
