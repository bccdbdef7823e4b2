"""Tests of the estimate of a call, and of what is reserved, committed and released, to the token."""

from __future__ import annotations

import json
from typing import Any

import pytest

from briefing.errors import BudgetError
from briefing.llm import token_range
from briefing.llm.budget import Budget, CallEstimate
from briefing.meta import Usage


def request(content: str, **parameters: Any) -> dict[str, Any]:
    """A request whose JSON, `{"messages": [{"content": "…"}]}`, has 31 characters beside the content."""
    return {"messages": [{"content": content}], **parameters}


def estimate(asked: dict[str, Any], *, fields: int = 4, reasons: bool = False, cap: int | None = None) -> Any:
    made = CallEstimate.of(asked, fields=fields, reasons=reasons, cap=cap)
    return made.input_tokens, made.min_output, made.max_output


def dollars(usage: Usage) -> float:
    """A dollar per token of input, two per token of output."""
    return usage.input_tokens + 2.0 * usage.output_tokens


@pytest.mark.parametrize("content", ["", "abc", "水" * 650 + "abc", "é\x7f"])
def test_input_is_the_most_tokens_that_it_may_have(content: str) -> None:
    """Of the whole request, as JSON."""
    asked = request(content)
    assert token_range(json.dumps(asked, ensure_ascii=False)).most == estimate(asked)[0]


def test_all_but_model_and_grammar_is_input() -> None:
    """Of the parameters and of the extra body, which are not counted twice."""
    plain = estimate(request("abc"))[0]
    assert plain == estimate(request("abc", model="m" * 99, extra_body={"grammar": "g" * 99}))[0]
    with_tools = estimate(request("abc", tools="t" * 100))[0]
    assert plain + 100 / 3 < with_tools
    assert with_tools == estimate(request("abc", extra_body={"tools": "t" * 100}))[0]


@pytest.mark.parametrize(
    ("options", "least", "most"),
    [
        ({"fields": 4}, 600, 4096),
        ({"fields": 1}, 150, 4096),
        ({"fields": 0}, 150, 4096),
        ({"fields": 2, "reasons": True}, 1300, 16384),
        ({"fields": 4, "cap": 700}, 600, 700),
        ({"fields": 4, "cap": 500}, 500, 500),
    ],
)
def test_output_is_estimated_by_its_fields(options: dict[str, Any], least: int, most: int) -> None:
    """150 tokens per field, 1,000 more for reasoning; a cap of the request bounds both."""
    assert (least, most) == estimate(request(""), **options)[1:]


@pytest.mark.parametrize(("limit", "output"), [(10_000, 200), (300, 200), (299, 199), (150, 50), (149, None)])
def test_output_is_capped_at_what_tokens_are_left(limit: int, output: int | None) -> None:
    """Down to the least output that an answer takes; below it, no call is made."""
    budget = Budget(max_tokens_total=limit)
    if output is None:
        with pytest.raises(BudgetError, match=r"^the budget was reached: 0 tokens of .* take 150 tokens$"):
            budget.reserve(CallEstimate(100, 50, 200), None)
    else:
        reservation = budget.reserve(CallEstimate(100, 50, 200), dollars)
        assert (output, 100 + output) == (reservation.output_tokens, reservation.tokens)
        assert 100 + 2 * output == reservation.cost


@pytest.mark.parametrize(
    ("limit", "least", "output"),
    [(501, 50, 200), (499, 50, 199), (200, 50, 50), (199, 50, None), (100, 0, 0), (99, 0, None)],
)
def test_output_is_capped_at_what_dollars_are_left(limit: float, least: int, output: int | None) -> None:
    """The input costs 100, each token of output two; where the price is unknown, dollars are no limit."""
    budget = Budget(max_cost_usd=limit)
    assert 200 == Budget(max_cost_usd=1).reserve(CallEstimate(100, least, 200), None).output_tokens
    if output is None:
        with pytest.raises(BudgetError, match=r"\$0\.000000 of max_cost_usd"):
            budget.reserve(CallEstimate(100, least, 200), dollars)
    else:
        assert output == budget.reserve(CallEstimate(100, least, 200), dollars).output_tokens


def test_the_price_of_output_is_exact() -> None:
    """To the last token of many."""
    budget = Budget(max_cost_usd=10_000)
    assert 4950 == budget.reserve(CallEstimate(100, 50, 9000), dollars).output_tokens


def test_free_output_is_not_capped() -> None:
    """Where only the input costs, what dollars are left does not bound the output."""
    reservation = Budget(max_cost_usd=100).reserve(CallEstimate(100, 50, 200), lambda u: u.input_tokens)
    assert 200 == reservation.output_tokens


@pytest.mark.parametrize(
    ("usage", "cost", "tokens", "spent"),
    [
        (Usage(input_tokens=90, output_tokens=30), 7.0, 120, 7.0),
        (Usage(output_tokens=30), 0.0, 30, 0.0),
        (Usage(), None, 150, 200.0),  # an answer without usage: the estimate counts
        (Usage(input_tokens=90), None, 90, 200.0),
    ],
)
def test_an_answer_counts_what_it_took_or_else_its_estimate(
    usage: Usage, cost: float | None, tokens: int, spent: float
) -> None:
    """What the server does not count is counted as the input and the least output."""
    budget = Budget(max_tokens_total=1000, max_cost_usd=10_000)
    budget.reserve(CallEstimate(100, 50, 200), dollars).commit(usage, cost)
    left = rf"^the budget was reached: {tokens} tokens of .* and \${spent:.6f} of .* spent"
    with pytest.raises(BudgetError, match=left) as caught:
        budget.reserve(CallEstimate(5000, 1, 1), dollars)
    assert caught.value.retry_after is None
    assert 1000 - tokens - 100 == budget.reserve(CallEstimate(100, 1, 5000), None).output_tokens


@pytest.mark.parametrize(("charged", "tokens", "spent"), [(True, 150, 200.0), (False, 0, 0.0)])
def test_a_call_without_answer_counts_if_it_may_be_charged(charged: bool, tokens: int, spent: float) -> None:
    """Its estimate then; a reservation ends once only, whatever is done with it again."""
    budget = Budget(max_tokens_total=1000, max_cost_usd=10_000)
    reservation = budget.reserve(CallEstimate(100, 50, 200), dollars)
    reservation.release(charged=charged)
    reservation.commit(Usage(input_tokens=400), 400.0)
    with pytest.raises(BudgetError, match=rf"reached: {tokens} tokens of .* and \${spent:.6f} of"):
        budget.reserve(CallEstimate(5000, 1, 1), dollars)


def test_open_reservations_are_not_available() -> None:
    """Neither their tokens nor their dollars; what does not fit for their sake may be tried again soon."""
    budget = Budget(max_tokens_total=1000, max_cost_usd=1000)
    first = budget.reserve(CallEstimate(100, 50, 200), dollars)
    assert (300, 500) == (first.tokens, first.cost)
    assert 600 == budget.reserve(CallEstimate(100, 50, 900), None).output_tokens
    budget = Budget(max_cost_usd=1000)
    first = budget.reserve(CallEstimate(100, 50, 200), dollars)
    with pytest.raises(BudgetError) as caught:
        budget.reserve(CallEstimate(100, 201, 300), dollars)
    assert 0.25 == caught.value.retry_after
    assert 200 == budget.reserve(CallEstimate(100, 200, 300), dollars).output_tokens


@pytest.mark.parametrize(
    ("limits", "limited"),
    [
        ({}, False),
        ({"max_cost_usd": 1.0}, True),
        ({"max_tokens_total": 1}, True),
        ({"max_cost_usd": None}, False),
    ],
)
def test_a_budget_without_limits_is_not_limited(limits: dict[str, Any], limited: bool) -> None:
    """Either limit makes it limited."""
    assert limited == Budget(**limits).limited
