"""Differences between two texts, word by word."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

import regex
from pydantic import BaseModel, ConfigDict
from rapidfuzz.distance import Levenshtein

from briefing.text.normalization import Folded
from briefing.text.scripts import UNSPACED
from briefing.text.word_borders import same_measures

# One character of a script without spaces, a word or number with the marks inside it, or one mark.
_TOKEN = regex.compile(
    rf"[{UNSPACED}]\p{{M}}*"
    rf"|[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+(?:[-'.,:/][[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+)*"
    r"|\S",
    regex.VERSION1,
)
#: Longer texts are compared as a whole, as the comparison takes quadratic time.
_MOST_TOKENS = 20_000


class Token(NamedTuple):
    """A word or mark of a folded text, with its offsets there."""

    text: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it holds a letter or digit."""
        return any(char.isalnum() for char in self.text)


class Change(BaseModel):
    """One difference between a quote and its source.

    Attributes:
        claimed: words of the quote; empty if it omits something.
        found: words of the source; empty if the quote adds something.
    """

    model_config = ConfigDict(frozen=True)

    claimed: str
    found: str

    def __str__(self) -> str:
        if not self.found:
            return f"adds “{self.claimed}”"
        if not self.claimed:
            return f"leaves out “{self.found}”"
        return f"“{self.claimed}” for “{self.found}”"


def tokens(text: str) -> list[Token]:
    """Split a folded text into words and marks, and text of scripts without spaces into characters."""
    return [Token(match[0], *match.span()) for match in _TOKEN.finditer(text)]


def word_diff(claimed: str, found: str) -> list[Change]:
    """List the changes from `found`, a passage of the source, to the quote `claimed`, word by word and in order.

    Typography is ignored: the list is empty if the words and marks are the same, and feet are not inches.
    """
    folded = Folded(claimed), Folded(found)
    ours, theirs = (tokens(text.text) for text in folded)
    if max(len(ours), len(theirs)) > _MOST_TOKENS:
        same = [token.text for token in ours] == [token.text for token in theirs]
        return [] if same else [Change(claimed=claimed, found=found)]
    changes = []
    opcodes = Levenshtein.opcodes([t.text for t in ours], [t.text for t in theirs])
    for is_equal, group in groupby(opcodes, key=lambda code: code.tag == "equal"):
        if not is_equal:
            codes = list(group)
            claimed_words = _words(folded[0], ours[codes[0].src_start : codes[-1].src_end])
            found_words = _words(folded[1], theirs[codes[0].dest_start : codes[-1].dest_end])
            changes.append(Change(claimed=claimed_words, found=found_words))
    if not changes and not same_measures(claimed, found, 0, len(found)):
        return [Change(claimed=claimed, found=found)]
    return changes


def _words(folded: Folded, some: list[Token]) -> str:
    if not some:
        return ""
    start, end = folded.span(some[0].start, some[-1].end)
    return folded.original[start:end]
