"""Words, numbers and punctuation marks of a clause: its tokens, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import regex

from briefing.text import ABBREVIATED_TITLES, INVISIBLE, UNSPACED_CHARACTER, plain
from briefing.threads import cached_property

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
#: The characters of scripts without spaces, and others, but not the punctuation marks of Latin texts.
_MAY_BE_UNSPACED = re.compile(r"[\u0e00-\u1fff\u2e80-\U0010ffff]")
#: Longer pieces between spaces, as in Chinese, do not recur, nor do longer words.
_LONGEST_KEPT = 30


@dataclass(frozen=True, slots=True)
class Token:
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
        self._text = text
        #: By its index, where the search for the first token of a part between masks begins; where a mask begins and ends.
        self._from: dict[int, int] = {}
        self._mask_ends: dict[int, int] = {}
        self._starts: list[int] = []  # of the first tokens, as far as they were asked for
        position = start
        if text[start : start + 3].isupper() and (dateline := _DATELINE.match(text, start, end)):
            position = dateline.end()
        for a, b in masks:
            if b <= position:
                continue
            if a >= end:
                break
            if position < a:
                self._add(position, a)
            self._from[len(self)] = a
            self._mask_ends[len(self)] = min(b, end)
            self.append(_MASKED)
            position = b
        if position < end:
            self._add(position, end)

    @cached_property
    def words(self) -> list[str]:
        """The tokens in lower case, normalized."""
        return [token.lower for token in self]

    def _add(self, start: int, end: int) -> None:
        self._from[len(self)] = start
        piece = self._text[start:end]
        # Tokens have no spaces in them, and most words recur.
        words = _BETWEEN_SPACES.findall(piece) if _SEPARATOR.search(piece) else piece.split()
        tokens = [_known_tokens(word) if len(word) <= _LONGEST_KEPT else _read_tokens(word) for word in words]
        self.extend(chain.from_iterable(tokens))

    def start_of(self, index: int) -> int:
        """The offset of a token."""
        starts = self._starts
        if index >= len(starts):
            position = starts[-1] + len(self[len(starts) - 1].text) if starts else 0
            for place in range(len(starts), index + 1):
                position = self._from.get(place, position)
                text = self[place].text
                if place not in self._mask_ends:
                    position = self._text.find(text, position)
                starts.append(position)
                position += len(text)
        return starts[index]

    def end_of(self, index: int) -> int:
        """The offset behind a token."""
        end = self._mask_ends.get(index)
        return self.start_of(index) + len(self[index].text) if end is None else end

    def end_of_name(self, index: int) -> int:
        """The offset behind the last word of a name, without a possessive "'s" or "'" at its end."""
        text = self[index].text
        if not text.endswith(_POSSESSIVES):
            return self.end_of(index)
        return self.end_of(index) - (2 if text[-1] == "s" else 1)


def is_unspaced(text: str, start: int = 0, end: int | None = None) -> bool:
    """Whether a part of a text has a character of a script without spaces."""
    end = len(text) if end is None else end
    # `re` searches ranges ten times as fast as `regex` scripts.
    return bool(_MAY_BE_UNSPACED.search(text, start, end) and UNSPACED_CHARACTER.search(text, start, end))


def _read_tokens(text: str) -> tuple[Token, ...]:
    return tuple(
        _token(word) if len(word) <= _LONGEST_KEPT else _token.__wrapped__(word)
        for word in _TOKEN.findall(text)
        if word.isascii() or word not in INVISIBLE
    )


_known_tokens = lru_cache(maxsize=16384)(_read_tokens)


@lru_cache(maxsize=8192)
def _token(word: str) -> Token:
    first, lower = word[0], word.lower()
    if not word.isascii():
        lower = plain(lower).replace("’", "'")
    owner = lower.removesuffix("s").removesuffix("'") if lower.endswith(("'s", "'")) else ""
    return Token(word, lower, owner, first.isupper() or first.istitle(), first.isalnum())
