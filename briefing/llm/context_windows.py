"""Size of a model's context window, where it is known before a call."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from briefing.llm.targets import Target


def context_window(target: Target) -> int | None:
    """Return the tokens that prompt and answer may have together; `None` if that is not known.

    It is the option `context_window`, else what is reserved for a local model, else what the list of genai-prices has.
    """
    if (given := target.options.get("context_window")) is not None:
        return given
    if target.local:
        from briefing.local import context_length

        return context_length()
    from genai_prices.data_snapshot import get_snapshot

    return _listed(target.provider, target.name, target.address, get_snapshot().timestamp)


@lru_cache(maxsize=1024)
def _listed(provider: str, name: str, address: str | None, _windows_of: Any) -> int | None:
    from genai_prices.data_snapshot import get_snapshot

    # Another server may give its model any name.
    places = [(None, None, address)] if address else [(None, provider, None)]
    for place in places:
        try:
            _, model = get_snapshot().find_provider_model(name, *place)
        except LookupError:
            continue
        return model.context_window
    return None
