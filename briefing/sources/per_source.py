"""Results that are computed once per source."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

from briefing.sources.source import Source

_T = TypeVar("_T")


def cached_in_source(read: Callable[[Source], _T]) -> Callable[[Source], _T]:
    """Cache the result of `read` in the `Source`, so that it is computed once per source and freed with it."""
    name = f"{read.__module__}.{read.__name__}"

    @functools.wraps(read)
    def reading(source: Source) -> _T:
        attributes = vars(source)
        if name not in attributes:
            # Of two concurrent threads, both return the first one's result.
            attributes.setdefault(name, read(source))
        cached: _T = attributes[name]
        return cached

    return reading
