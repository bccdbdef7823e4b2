"""Words of an article for formats that label words instead of characters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import regex

from briefing.spans import Span
from briefing.text import UNSPACED_CHARACTER

#: A run of letters, digits and combining marks, with an apostrophe or a point inside; else one character with its marks.
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’.][\p{L}\p{N}][\p{L}\p{M}\p{N}]*)*|\s+|.\p{M}*", regex.DOTALL)
#: What begins a word in scripts without spaces: a character that carries no other.
_CHARACTER = regex.compile(r".\p{M}*", regex.DOTALL)


@dataclass(frozen=True)
class Word:
    """A word, a punctuation mark or a run of white space of a text.

    Attributes:
        start: offset in the text, in code points.
        end: offset of its end.
        text: its characters.
    """

    start: int
    end: int
    text: str


def words(text: str, spans: Iterable[Span] = ()) -> list[Word]:
    """Return the words of a text, white space among them, each cut where a span begins or ends.

    Joined they are the text. A character of a script without spaces is a word.
    """
    borders = {offset for span in spans for offset in (span.start, span.end)}
    for found in _WORD.finditer(text):
        borders.update(found.span())
        if UNSPACED_CHARACTER.search(found[0]):
            borders.update(found.start() + char.start() for char in _CHARACTER.finditer(found[0]))
    borders.update((0, len(text)))
    edges = sorted(borders)
    return [Word(start, end, text[start:end]) for start, end in pairwise(edges)]
