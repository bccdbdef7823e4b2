"""What an article has cost: calls, tokens and US dollars, by the prices of the genai-prices package.

Prices go by the names of provider and model, whatever `base_url` says: a proxy in front of OpenAI
costs what OpenAI costs. Where `base_url` is the address of another provider that genai-prices
knows, that one's price counts. The price is not known, and the cost `None`, where the name is not
in its list (`openai/my-finetune`), and for models on this machine. Nothing is fetched: the prices
come with the package. For other prices (a contract, a deployment with a name of its own) give
genai-prices a list of your own: `genai_prices.data_snapshot.set_custom_snapshot`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from briefing.errors import BriefingError, ProviderError
from briefing.llm.targets import Target
from briefing.meta import Usage


@dataclass
class Bill:
    """What was spent on one article, failed calls included.

    Attributes:
        attempts: HTTP calls.
        usage: tokens.
    """

    attempts: int = 0
    usage: Usage = field(default_factory=Usage)
    _cost: float = 0.0
    _priced: int = 0
    _unknown: bool = False

    @property
    def cost_usd(self) -> float | None:
        """US dollars; `None` where nothing was charged, or a price is not known."""
        return None if self._unknown or not self._priced else round(self._cost, 10)

    def call(self) -> None:
        """Count an HTTP call."""
        self.attempts += 1

    def add(self, usage: Usage, cost_usd: float | None) -> None:
        """Count an answer."""
        self.usage += usage
        if cost_usd is None:
            self._unknown = True
        else:
            self._cost += cost_usd
            self._priced += 1

    @contextmanager
    def attach_to_errors(self) -> Iterator[None]:
        """An error that comes out of this block carries the bill."""
        try:
            yield
        except BriefingError as error:
            if self.attempts or isinstance(error, ProviderError):
                error.attempts, error.usage, error.cost_usd = self.attempts, self.usage, self.cost_usd
            raise


def cost_usd(target: Target, usage: Usage, served: str | None = None) -> float | None:
    """The price of one call.

    Args:
        target: the model that was asked.
        usage: its tokens; cached ones have a price of their own.
        served: the name that the server gave of the model, with a date for instance.

    Returns:
        US dollars; `None` where the price is not known, or the server counted no tokens.
    """
    if target.local or not (usage.input_tokens or usage.output_tokens):
        return None
    if (listed := _listed(target, served)) is None:
        return None
    cached = min(usage.cached_tokens, usage.input_tokens)
    read, written = usage.input_tokens, usage.output_tokens
    if (rates := listed.rates) is not None and not target.batch:
        return float((read - cached) * rates.read + cached * rates.cached + written * rates.written)
    # The list has the prices of batch APIs; where it has none for a model, the usual one counts.
    return float(listed.price(read, cached, written, {"processing": "batch"} if target.batch else None))


def has_price(target: Target) -> bool:
    """Whether what a model costs is known beforehand."""
    return not target.local and _listed(target, None) is not None


class _Rates(NamedTuple):
    """US dollars for one token: read, read from the provider's cache, and written."""

    read: Decimal
    cached: Decimal
    written: Decimal


@dataclass(frozen=True)
class _Listed:
    """A model in genai-prices's list: by which names, and what its tokens cost where each costs the same."""

    names: dict[str, Any]

    def price(self, read: int, cached: int, written: int, context: dict[str, str] | None = None) -> Decimal:
        from genai_prices import Usage, calc_price

        counted = Usage(input_tokens=read, cache_read_tokens=cached, output_tokens=written)
        return calc_price(counted, **self.names, price_context=context).total_price

    @cached_property
    def rates(self) -> _Rates | None:
        """`None` where a price depends on the time, on how many tokens there are, or is for the call."""
        from genai_prices import Usage, calc_price

        found = calc_price(Usage(), **self.names)
        if (
            found.model.prices is not found.model_price  # there are several, one for each time
            or not all(isinstance(price, Decimal | None) for price in vars(found.model_price).values())
            or found.total_price
        ):
            return None
        million = 1_000_000
        prices = self.price(million, 0, 0), self.price(million, million, 0), self.price(0, 0, million)
        return _Rates(*(price / million for price in prices))


def _listed(target: Target, served: str | None) -> _Listed | None:
    """Where genai-prices lists a model."""
    from genai_prices.data_snapshot import get_snapshot

    address = target.base_url
    if address is None and target.provider == "openai":
        address = os.environ.get("OPENAI_BASE_URL")
    # A server of one's own may give its model any name, such as that of OpenAI's it takes the place of.
    if served is not None and address is not None and not served.startswith(target.name):
        served = None
    return _lookup(target.provider, target.name, served, address, get_snapshot().timestamp)


@lru_cache(maxsize=1024)
def _lookup(
    provider: str, name: str, served: str | None, address: str | None, _prices_of: Any
) -> _Listed | None:
    places: list[dict[str, Any]] = [{"provider_api_url": address}] if address else []
    for place in (*places, {"provider_id": provider}):
        for model in filter(None, (served, name)):
            listed = _Listed({"model_ref": model, **place})
            try:
                listed.price(1, 0, 1)
            except (LookupError, ValueError):
                continue
            return listed
    return None
