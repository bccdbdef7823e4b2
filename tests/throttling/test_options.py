"""Tests of the limits that a user configures."""

from __future__ import annotations

import math
from typing import Any

import pytest

from briefing.errors import ConfigurationError
from briefing.throttling.options import limit_from_options


@pytest.mark.parametrize(
    ("options", "local", "limits"),
    [
        ({}, False, (512, None, None)),
        ({}, True, (1, None, None)),
        ({"max_concurrency": 3}, True, (3, None, None)),
        ({"max_concurrency": None}, True, (1, None, None)),
        ({"max_concurrency": 1, "requests_per_minute": 0.5, "tokens_per_minute": 7}, False, (1, 0.5, 7)),
    ],
)
def test_limits_are_taken_over(options: dict[str, Any], local: bool, limits: tuple[Any, ...]) -> None:
    """`None` is no limit; a local model answers one call at a time unless told otherwise."""
    limit = limit_from_options(options, local=local)
    assert limits == (limit.max_concurrency, limit.requests_per_minute, limit.tokens_per_minute)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("max_concurrency", 0, "integer"),
        ("max_concurrency", 1.5, "integer"),
        ("max_concurrency", True, "integer"),
        ("max_concurrency", "2", "integer"),
        ("requests_per_minute", 0, "number"),
        ("requests_per_minute", math.inf, "number"),
        ("tokens_per_minute", math.nan, "number"),
        ("tokens_per_minute", -1.0, "number"),
    ],
)
def test_a_limit_that_is_not_positive_is_an_error(name: str, value: object, kind: str) -> None:
    """The message names it and says what it must be."""
    with pytest.raises(ConfigurationError, match=f"^{name} must be a positive {kind}, not "):
        limit_from_options({name: value}, local=False)
