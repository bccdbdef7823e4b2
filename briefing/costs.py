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
from functools import lru_cache
from typing import Any

from briefing.errors import BriefingError, ProviderError
from briefing.meta import Usage
from briefing.models import Target


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
    def told(self) -> Iterator[None]:
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
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    counted = Counted(
        input_tokens=usage.input_tokens,
        cache_read_tokens=min(usage.cached_tokens, usage.input_tokens),
        output_tokens=usage.output_tokens,
    )
    # The list has the prices of batch APIs; where it has none for a model, the usual one counts.
    context = {"processing": "batch"} if target.batch else None
    return float(calc_price(counted, **listed, price_context=context).total_price)


def has_price(target: Target) -> bool:
    """Whether what a model costs is known beforehand."""
    return not target.local and _listed(target, None) is not None


def _listed(target: Target, served: str | None) -> dict[str, Any] | None:
    """Under which names genai-prices lists a model."""
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
) -> dict[str, Any] | None:
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    places: list[dict[str, Any]] = [{"provider_api_url": address}] if address else []
    for place in (*places, {"provider_id": provider}):
        for model in filter(None, (served, name)):
            listed = {"model_ref": model, **place}
            try:
                calc_price(Counted(input_tokens=1, output_tokens=1), **listed)
            except (LookupError, ValueError):
                continue
            return listed
    return None
