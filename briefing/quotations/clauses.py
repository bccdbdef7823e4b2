"""Words, numbers and punctuation marks of a clause: its tokens, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import regex

from briefing.text import ABBREVIATED_TITLES, INVISIBLE, plain

_TOKEN = regex.compile(
    rf"(?:\p{{Lu}}\.(?:-?\p{{Lu}}\.)*|(?:{ABBREVIATED_TITLES}|Jr|St|Nr)\."
    # French and Italian words that are written onto the next one ("l’avocat", "qu’Anna"), but not "D’Angelo".
    r"|(?:[dlcsn]|(?:lors|puis|jus)?qu|[dns]?ell|dall|all|un)['’](?=\p{L}{2})(?!après)|(?:[DLCSN]|Qu|Dell|All|Un)['’](?=\p{Ll}{2})(?!après)"
    r"|[\p{L}\p{M}][\p{L}\p{M}\p{N}]*(?:['’ʼ\-‐&·\u00ad\u200b\u2060]\p{L}[\p{L}\p{M}\p{N}]*)*|\p{N}+(?:[.,]\p{N}+)*|\S)"
)
#: A dateline ("NEW YORK, Nov. 19 (UPI) —"), which is not part of the sentence.
_DATELINE = regex.compile(r"\p{Lu}{3}[^\n]{0,60}?\s(?:—|–|--|-)\s")
_POSSESSIVES = ("'s", "’s", "'", "’")
#: Characters that are white space for `str.split`, and tokens for `regex`.
_SEPARATOR = re.compile(r"[\x1c-\x1f]")
_BETWEEN_SPACES = re.compile(r"[\S\x1c-\x1f]+")
#: Longer pieces between spaces, as in Chinese, do not recur.
_LONGEST_KEPT = 30


class Token(NamedTuple):
    """A word, a number or a punctuation mark, wherever it stands."""

    text: str
    lower: str
    """The text in lower case, normalized."""
    owner: str
    """`lower` without the possessive "'s" or "'" at its end; empty if it has none."""
    capital: bool
    word: bool


#: Token that replaces a quoted piece.
MASK = "\ufffc"
_MASKED = Token(MASK, MASK, "", False, False)


class Clause(list[Token]):
    """The tokens of a part of a text. Each quoted piece in it (`masks`) is one `MASK` token."""

    def __init__(self, text: str, start: int, end: int, masks: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self._text = text
        #: Index of a first token, and where the search for it begins: for each part between masks, and each mask.
        self._runs: list[tuple[int, int]] = []
        self._mask_ends: dict[int, int] = {}
        self._starts: list[int] | None = None
        position = start
        if dateline := _DATELINE.match(text, start, end):
            position = dateline.end()
        for a, b in masks:
            if b <= position:
                continue
            if a >= end:
                break
            if position < a:
                self._add(position, a)
            self._runs.append((len(self), a))
            self._mask_ends[len(self)] = min(b, end)
            self.append(_MASKED)
            position = b
        if position < end:
            self._add(position, end)

    def _add(self, start: int, end: int) -> None:
        self._runs.append((len(self), start))
        piece = self._text[start:end]
        # Tokens have no spaces in them, and most words recur.
        words = _BETWEEN_SPACES.findall(piece) if _SEPARATOR.search(piece) else piece.split()
        for word in words:
            self.extend(_known_tokens(word) if len(word) <= _LONGEST_KEPT else _read_tokens(word))

    def start_of(self, index: int) -> int:
        """The offset of a token."""
        if self._starts is None:
            self._starts = starts = []
            for (first, position), (behind, _) in pairwise([*self._runs, (len(self), 0)]):
                for token in self[first:behind]:
                    at = position if token is _MASKED else self._text.find(token.text, position)
                    starts.append(at)
                    position = at + len(token.text)
        return self._starts[index]

    def end_of(self, index: int) -> int:
        """The offset behind a token."""
        end = self._mask_ends.get(index)
        return self.start_of(index) + len(self[index].text) if end is None else end

    def end_of_name(self, index: int) -> int:
        """The offset behind the last word of a name, without a possessive "'s" or "'" at its end."""
        text = self[index].text
        ending = next((ending for ending in _POSSESSIVES if text.endswith(ending)), "")
        return self.end_of(index) - len(ending)


def _read_tokens(text: str) -> tuple[Token, ...]:
    return tuple(_token(word) for word in _TOKEN.findall(text) if word.isascii() or word not in INVISIBLE)


_known_tokens = lru_cache(maxsize=16384)(_read_tokens)


@lru_cache(maxsize=8192)
def _token(word: str) -> Token:
    first, lower = word[0], word.lower()
    if not word.isascii():
        lower = plain(lower).replace("’", "'")
    owner = lower.removesuffix("s").removesuffix("'") if lower.endswith(("'s", "'")) else ""
    return Token(word, lower, owner, first.isupper() or first.istitle(), first.isalnum())
