"""Results that are kept for sentences: the same one is read as a statement, as its evidence and as a part of other evidence."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_T = TypeVar("_T")
#: Longest text, in characters, for which results are kept, and how many of each function are kept.
_LONGEST, _MOST = 1000, 512


def kept_for_sentences(read: Callable[[str, str], _T]) -> Callable[[str, str], _T]:
    """Keep the last results of a function of a text and a language, which nobody may change, if the text is short."""
    kept = lru_cache(maxsize=_MOST)(read)

    @wraps(read)
    def reading(text: str, lang: str) -> _T:
        return kept(text, lang) if len(text) <= _LONGEST else read(text, lang)

    return reading
