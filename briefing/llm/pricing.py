"""Cost of an article: calls, tokens and US dollars, by the prices in the genai-prices package.

Prices are looked up by provider and model: a proxy in front of OpenAI costs what OpenAI costs. If `base_url` is the API
of another provider in genai-prices, that provider's price is used. The cost is `None` if the model is not listed
(`openai/my-finetune`) or runs on this machine. No prices are downloaded. For other prices (a contract, a deployment with
a custom name), install a custom list with `genai_prices.data_snapshot.set_custom_snapshot`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from briefing.errors import BriefingError, ProviderError
from briefing.llm.targets import Target
from briefing.meta import Usage
from briefing.threads import cached_property


@dataclass
class CostTracker:
    """Calls, tokens and cost of one article, failed calls included.

    Attributes:
        attempts: number of HTTP calls.
        usage: tokens of all calls.
    """

    attempts: int = 0
    usage: Usage = field(default_factory=Usage)
    _cost: float | None = None
    _unknown: bool = False

    @property
    def cost_usd(self) -> float | None:
        """US dollars; `None` if no answer was counted or a price is unknown."""
        return None if self._unknown or self._cost is None else round(self._cost, 10)

    @classmethod
    def of(cls, error: BriefingError) -> CostTracker:
        """Return what an error says that was spent before it."""
        spent = cls(error.attempts)
        if error.usage is not None and (error.usage.input_tokens or error.usage.output_tokens):
            spent.add(error.usage, error.cost_usd)
        return spent

    def __add__(self, other: CostTracker) -> CostTracker:
        costs = [cost for cost in (self._cost, other._cost) if cost is not None]
        return CostTracker(
            self.attempts + other.attempts,
            self.usage + other.usage,
            sum(costs) if costs else None,
            self._unknown or other._unknown,
        )

    def call(self) -> None:
        """Count an HTTP call."""
        self.attempts += 1

    def add(self, usage: Usage, cost_usd: float | None) -> None:
        """Count an answer; `cost_usd` is `None` if its price is unknown."""
        self.usage += usage
        if cost_usd is None:
            self._unknown = True
        else:
            self._cost = (self._cost or 0.0) + cost_usd

    @contextmanager
    def attach_to_errors(self) -> Iterator[None]:
        """Set attempts, usage and cost_usd on any `BriefingError` raised inside."""
        try:
            yield
        except BriefingError as error:
            if self.attempts or isinstance(error, ProviderError):
                error.attempts, error.usage, error.cost_usd = self.attempts, self.usage, self.cost_usd
            raise


def cost_usd(
    target: Target, usage: Usage, served: str | None = None, *, cache_written: int = 0
) -> float | None:
    """Return the price of one call in US dollars; `None` if it is unknown or the server counted no tokens.

    `served` is the name of the model in the response, which may have a date. `cache_written` is the number of input tokens that were
    written to the provider's cache, which some providers charge more for.
    """
    if target.local or not (usage.input_tokens or usage.output_tokens):
        return None
    if (listed := _find_price(target, served)) is None:
        return None
    cached = min(usage.cached_tokens, usage.input_tokens)
    read, written = usage.input_tokens, usage.output_tokens
    if (rates := listed.rates) is not None and not target.batch and not cache_written:
        return float((read - cached) * rates.read + cached * rates.cached + written * rates.written)
    # The list has the prices of batch APIs; a model without one costs the usual price.
    context = {"processing": "batch"} if target.batch else None
    return float(
        listed.price(read, cached, written, context, cache_written=min(cache_written, read - cached))
    )


def has_price(target: Target) -> bool:
    """Whether the price of a model is known before it is called."""
    return not target.local and _find_price(target, None) is not None


class _Rates(NamedTuple):
    """US dollars per token of input, of cached input, and of output."""

    read: Decimal
    cached: Decimal
    written: Decimal


@dataclass(frozen=True)
class _PriceEntry:
    """A model in the list of genai-prices, with the arguments of `calc_price` that find it."""

    names: dict[str, Any]

    def price(
        self,
        read: int,
        cached: int,
        written: int,
        context: dict[str, str] | None = None,
        *,
        cache_written: int = 0,
    ) -> Decimal:
        from genai_prices import Usage, calc_price

        counted = Usage(
            input_tokens=read,
            cache_read_tokens=cached,
            cache_write_tokens=cache_written,
            output_tokens=written,
        )
        return calc_price(counted, **self.names, price_context=context).total_price

    @cached_property
    def rates(self) -> _Rates | None:
        """Constant rates; `None` if the price depends on the time or on the number of tokens, or has a part per call."""
        from genai_prices import Usage, calc_price

        found = calc_price(Usage(), **self.names)
        if (
            found.model.prices is not found.model_price  # different prices by time
            or not all(isinstance(price, Decimal | None) for price in vars(found.model_price).values())
            or found.total_price
        ):
            return None
        million = 1_000_000
        prices = self.price(million, 0, 0), self.price(million, million, 0), self.price(0, 0, million)
        return _Rates(*(price / million for price in prices))


def _find_price(target: Target, served: str | None) -> _PriceEntry | None:
    """Find a model in genai-prices."""
    from genai_prices.data_snapshot import get_snapshot

    address = target.address
    # A custom server may give its model any name, such as that of the OpenAI model that it replaces.
    if served is not None and address is not None and not served.startswith(target.name):
        served = None
    return _lookup(target.provider, target.name, served, address, get_snapshot().timestamp)


@lru_cache(maxsize=1024)
def _lookup(
    provider: str, name: str, served: str | None, address: str | None, _prices_of: Any
) -> _PriceEntry | None:
    places: list[dict[str, Any]] = [{"provider_api_url": address}] if address else []
    for place in (*places, {"provider_id": provider}):
        for model in filter(None, (served, name)):
            listed = _PriceEntry({"model_ref": model, **place})
            try:
                listed.price(1, 0, 1)
            except (LookupError, ValueError):
                continue
            return listed
    return None
