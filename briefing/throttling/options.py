"""Limits that a user configures: their names, checks and defaults."""

from __future__ import annotations

import math
from typing import Any, Literal, TypedDict

from briefing.errors import ConfigurationError
from briefing.throttling.adaptive_limit import AdaptiveLimit


class ThrottlingOptions(TypedDict, total=False):
    """Keywords of `Briefer.summarize_many` for its limits, the order of its results and its processes."""

    ordered: bool
    max_concurrency: int | None
    requests_per_minute: float | None
    tokens_per_minute: float | None
    processes: int | Literal["auto"]


def limit_from_options(options: dict[str, Any], *, local: bool) -> AdaptiveLimit:
    """Make an `AdaptiveLimit` from user-defined limits.

    Args:
        options: keys of `ThrottlingOptions` except `ordered` and `processes`; `None` values count as missing.
        local: the model runs on this machine and answers one call at a time: `max_concurrency` defaults to 1.

    Raises:
        ConfigurationError: a limit is not a positive number, or `max_concurrency` not a positive integer.
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        kind, allowed = ("integer", int) if name == "max_concurrency" else ("number", int | float)
        if not isinstance(value, allowed) or isinstance(value, bool) or not 0 < value < math.inf:
            raise ConfigurationError(f"{name} must be a positive {kind}, not {value!r}")
    default = {"max_concurrency": 1} if local else {}
    return AdaptiveLimit(**(default | given))
