"""Pauses of the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@contextmanager
def collector_paused(*, freeze: bool = False) -> Iterator[None]:
    """Pause the collector of reference cycles inside the block, which imports large packages.

    What they make stays for good; looking through it again and again takes a sixth of the time to the first call.

    Args:
        freeze: never look through what is there at the end of the first such block: for a process that has done nothing but
            imports.
    """
    if not gc.isenabled():  # by an outer block, or by the user
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if freeze:
            freeze_once("imports")
        gc.enable()


@cache  # `gc.get_freeze_count` goes through all that is frozen
def freeze_once(_when: str) -> None:
    """Never look through what is there at the first call with this argument, for a process of our own."""
    gc.freeze()
