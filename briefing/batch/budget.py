"""The budget of a journal's batches: estimated cost of requests before they are sent, actual cost once answered.

A request cannot be stopped once its batch runs, and the length of its answer is unknown. Until it is answered, the
estimate of `llm.Need` is reserved for it, at the price of batches.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import Any

from briefing.batch.articles import ArticleTables
from briefing.batch.files import RequestTables, not_sent
from briefing.batch.replay import OVER_BUDGET
from briefing.errors import BudgetError
from briefing.llm import Budget, CallEstimate, Price, cost_usd, target_of
from briefing.meta import Usage

#: Assumed number of fields where a request has no schema.
_FIELDS = 4
_ADVICE = (
    "The budget includes requests in progress, and all first requests of an article. Submit the article again with "
    "--retry-failed (retry_failed=True) after they are collected, or with a higher limit"
)


def over_budget(
    articles: ArticleTables, requests: RequestTables, base_url: str | None
) -> list[tuple[str, int, Any]]:
    """Return the waiting requests that exceed the journal's budget, with a budget error as their answer.

    The first requests of an article are sent together or not at all: some of them alone make no result. The price of a model
    depends on `base_url`.
    """
    limits: Any = requests.limits()
    if not any(limits.values()):
        return []

    @cache
    def priced(model: str) -> tuple[Price, bool]:
        target = replace(target_of(f"openai/{model}", base_url=base_url), batch=True)
        return _rate(lambda usage: cost_usd(target, usage) or 0.0), target.reasons

    def need(model: str, body: str) -> CallEstimate:
        request = json.loads(body)
        cap = request.get("max_completion_tokens") or request.get("max_tokens")
        found = CallEstimate.of(request, fields=_fields(request), reasons=priced(model)[1], cap=cap)
        return replace(found, max_output=found.min_output)

    tokens, dollars = Usage(), 0.0
    for model, usage, _ in articles.usage():
        tokens, dollars = tokens + usage, dollars + priced(model)[0](usage)
    for _, model, body in requests.unanswered_bodies(sent=True):
        taken = need(model, body)
        usage = Usage(input_tokens=taken.input_tokens, output_tokens=taken.min_output)
        tokens, dollars = tokens + usage, dollars + priced(model)[0](usage)
    budget = Budget(**limits)
    budget.reserve(CallEstimate(0, 0, 0), None).commit(tokens, dollars)
    over = []
    for _, group in groupby(requests.unanswered_bodies(sent=False), key=_together):
        waiting = list(group)
        needs = [need(model, body) for _, model, body in waiting]
        written = sum(one.min_output for one in needs)
        try:
            together = CallEstimate(sum(one.input_tokens for one in needs), written, written)
            hold = budget.reserve(together, priced(waiting[0][1])[0])
            hold.commit(Usage(input_tokens=hold.tokens), hold.cost)
        except BudgetError as error:
            rejected = not_sent(f"{error}. {_ADVICE}", OVER_BUDGET)
            over += [(custom_id, *rejected) for custom_id, *_ in waiting]
    return over


def _together(request: tuple[str, str, str]) -> str:
    """The article whose first requests these are; they are sent together or not at all."""
    custom_id = request[0]
    fingerprint, step, _, call = custom_id.split("-")
    return fingerprint if (step, call) == ("0", "0") else custom_id


def _rate(price: Callable[[Usage], float]) -> Price:
    """Return a linear price, from that of 1000 tokens: price tiers are for one call, not for sums over many."""
    read = price(Usage(input_tokens=1000)) / 1000
    cached = price(Usage(input_tokens=1000, cached_tokens=1000)) / 1000
    written = price(Usage(output_tokens=1000)) / 1000

    def priced(usage: Usage) -> float:
        fresh = usage.input_tokens - usage.cached_tokens
        return fresh * read + usage.cached_tokens * cached + usage.output_tokens * written

    return priced


def _fields(request: dict[str, Any]) -> int:
    """Return the number of fields in the schema of a request."""
    form = request.get("response_format", {}).get("json_schema", {}).get("schema", {})
    for tool in request.get("tools", ()):
        form = tool.get("function", {}).get("parameters", form)
    return len(form.get("properties", ())) or _FIELDS
