"""What the batches of a journal may cost: held by an estimate before requests go out, then by what was paid.

An answer of a batch cannot be held back once it is asked for, and its length is not known before. So a
request is set aside with what `limits.Need` says of it, at the price of batches, until it is answered.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from briefing.batch.store import Store
from briefing.errors import BudgetError
from briefing.llm import Budget, Need, Price, cost_usd, target_of
from briefing.meta import Usage

#: Fields of an answer whose request does not say.
_FIELDS = 4
_ADVICE = (
    "What is under way is set aside for. Submit the article again with --retry-failed (retry_failed=True) when that is "
    "collected, or with a higher limit"
)


def over_budget(store: Store, base_url: str | None) -> list[tuple[str, str]]:
    """Requests that wait, and that the journal's budget has no room for: custom id, and why.

    Args:
        store: of the journal.
        base_url: of the server, which has a say in the price.
    """
    limits: Any = store.limits()
    if not any(limits.values()):
        return []

    @cache
    def priced(model: str) -> tuple[Price, bool]:
        target = replace(target_of(f"openai/{model}", base_url=base_url), batch=True)
        return _rate(lambda usage: cost_usd(target, usage) or 0.0), target.reasons

    def need(model: str, body: str) -> Need:
        request = json.loads(body)
        cap = request.get("max_completion_tokens") or request.get("max_tokens")
        found = Need.of(request, fields=_fields(request), reasons=priced(model)[1], cap=cap)
        return replace(found, most=found.least)

    tokens, dollars = Usage(), 0.0
    for model, usage in store.paid():
        tokens, dollars = tokens + usage, dollars + priced(model)[0](usage)
    for _, model, body in store.unanswered_bodies(sent=True):
        taken = need(model, body)
        usage = Usage(input_tokens=taken.input_tokens, output_tokens=taken.least)
        tokens, dollars = tokens + usage, dollars + priced(model)[0](usage)
    budget = Budget(**limits)
    budget.reserve(Need(0, 0, 0), None).settle(tokens, dollars)
    over = []
    for custom_id, model, body in store.unanswered_bodies(sent=False):
        try:
            hold = budget.reserve(need(model, body), priced(model)[0])
            hold.settle(Usage(input_tokens=hold.tokens), hold.cost)
        except BudgetError as error:
            over.append((custom_id, f"{error}. {_ADVICE}"))
    return over


def _rate(price: Callable[[Usage], float]) -> Price:
    """The price of any number of tokens, by that of a thousand: sums over many calls are in no tier of one call."""
    read, cached, written = (
        price(Usage(**counts)) / 1000
        for counts in (
            {"input_tokens": 1000},
            {"input_tokens": 1000, "cached_tokens": 1000},
            {"output_tokens": 1000},
        )
    )

    def priced(usage: Usage) -> float:
        fresh = usage.input_tokens - usage.cached_tokens
        return fresh * read + usage.cached_tokens * cached + usage.output_tokens * written

    return priced


def _fields(request: dict[str, Any]) -> int:
    """How many fields are asked for, by the schema in the request."""
    form = request.get("response_format", {}).get("json_schema", {}).get("schema", {})
    for tool in request.get("tools", ()):
        form = tool.get("function", {}).get("parameters", form)
    return len(form.get("properties", ())) or _FIELDS
