"""Waiting for what another thread or process does, within the patience of a busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator


def until(happened: Callable[[], object]) -> bool:
    """Wait for something, at most a minute; whether it happened."""
    end = time.monotonic() + 60
    while not happened() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(happened())


def growing(first: float) -> Iterator[float]:
    """Time limits in seconds, each four times as long as the one before, up to a minute.

    For tests of limits before which something must have happened: it is tried with the next where the machine was too busy.
    """
    limit = first
    while limit < 60:
        yield limit
        limit *= 4
