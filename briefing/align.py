"""`locate`: where free text that claims to be a quote really stands in the source.

Exact first; then with typography folded away (quote marks, dashes, ellipses, Unicode forms,
spaces, soft hyphens); then piece by piece around an ellipsis or a reporting clause; last, the
nearest passage by edit distance, which is never better than "altered".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import regex
from pydantic import BaseModel, ConfigDict
from rapidfuzz import fuzz

from briefing.source import Source
from briefing.spans import Span

Status = Literal["exact", "typographic", "elided", "altered", "unverified"]

_SAME = {
    **dict.fromkeys("‘’‚‛ʼ′＇`´", "'"),
    **dict.fromkeys("“”„‟«»″＂「」『』‹›", '"'),
    **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
    "…": "...",
}
_IGNORED = frozenset(
    "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_MARKS = " \t\r\n\"'“”„‟«»‹›‘’‚「」『』＂"
_HYPHENS = frozenset("-‐‑")
#: What may stand between two digits of one number, or of a range, a time or a date.
_IN_NUMBERS = frozenset(".,:/'’٫٬\u00a0\u202f‒–−") | _HYPHENS
_MINUS = frozenset("-−")
_MARK = regex.compile(r"\p{M}")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_CLIPPED_NOT = regex.compile(r"['’ʼ＇][tT](?![\p{L}\p{N}])")
_ELLIPSIS = regex.compile(r"\s*[\[(]?\s*(?:…|\.\s?\.\s?\.)\s*[\])]?\s*")
#: What is the same when folded, but for its case: ASCII with single blanks, which no mark follows.
_PLAIN = regex.compile(r"[!-_a-~]++(?: [!-_a-~]++)*(?![\p{M}\u1160-\u11ff])")
#: An elided quote's pieces lie within this many characters of each other.
_ELISION_REACH = 1500
#: Below this similarity (0 to 100, rapidfuzz `ratio`) two passages have nothing to do with each other.
_NEAR = 70.0


class Match(BaseModel):
    """Where a text was found.

    Attributes:
        status: "exact"; "typographic" (same words, other marks or spaces); "elided" (pieces
            of the source, in order, with something left out); "altered" (the nearest passage
            differs in its words); "unverified" (nothing like it).
        spans: the passage, one span per piece; empty when unverified.
        text: the passage as the source has it, pieces joined by " … ".
    """

    model_config = ConfigDict(frozen=True)

    status: Status
    spans: tuple[Span, ...]
    text: str


def locate(quote: str, source: Source, *, ignore_case: bool = False) -> Match:
    """Find `quote` in `source`, honestly.

    Args:
        quote: the text that should stand in the source; marks around it are ignored.
        source: where to look.
        ignore_case: take passages that differ in case as the same.

    Returns:
        The first and best place. Never raises; text without a letter or digit is "unverified".
    """
    bare = quote.strip(_MARKS)
    if not any(char.isalnum() for char in bare):
        return _UNVERIFIED
    text = source.text
    if exact := _find_whole(text, bare):
        return _match("exact", text, [exact])
    folded = _folded(text, ignore_case)
    if place := folded.find(bare):
        return _match("typographic", text, [place])
    if pieces := folded.find_pieces(bare):
        return _match("elided", text, pieces)
    if pieces := _find_split(bare, source, ignore_case):
        return _match("elided", text, pieces)
    if place := folded.nearest(bare):
        return _match("altered", text, [place])
    return _UNVERIFIED


class Folded:
    """A text without its typography, and the way back to its offsets."""

    def __init__(self, text: str, ignore_case: bool = False) -> None:
        self._whole, self._ignore_case = text, ignore_case
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for start, end, piece in _fold(text, ignore_case):
            pieces.append(piece)
            if len(piece) == end - start:
                starts += range(start, end)
                ends += range(start + 1, end + 1)
            else:
                starts += [start] * len(piece)
                ends += [end] * len(piece)
        self.text = "".join(pieces)
        self._starts, self._ends = starts, ends

    def find(self, quote: str, after: int = 0) -> tuple[int, int] | None:
        """Offsets in the original text of `quote`, folded alike; `None` if it is not there."""
        place = self._find(quote, after)
        return self._original(*place) if place else None

    def _find(self, quote: str, after: int = 0, before: int | None = None) -> tuple[int, int] | None:
        needle = "".join(piece for _, _, piece in _fold(quote, self._ignore_case)).strip()
        start = self.text.find(needle, after, before) if needle else -1
        while start >= 0:
            end = start + len(needle)
            if not (self._cuts(start) or self._cuts(end)):
                return start, end
            start = self.text.find(needle, start + 1, before)
        return None

    def _cuts(self, at: int) -> bool:
        """Whether a passage that begins or ends here would cut a word of the original text."""
        if not 0 < at < len(self.text):
            return False
        if self._starts[at] == self._starts[at - 1] and self.text[at] != ".":
            return True  # one character there, several here
        return _inside_word(self._whole, self._starts[at]) or _inside_word(self._whole, self._ends[at - 1])

    def find_pieces(self, quote: str) -> list[tuple[int, int]]:
        """Offsets of what stands around the ellipses of `quote`, in order and near each other."""
        pieces = [piece for piece in _ELLIPSIS.split(quote) if piece.strip(_MARKS + ".,;")]
        if not pieces:
            return []
        start = 0
        while first := self._find(pieces[0], start):
            found = [first]
            for piece in pieces[1:]:
                end = found[-1][1]
                if not (place := self._find(piece, end, end + _ELISION_REACH)):
                    break
                found.append(place)
            else:
                return [self._original(*place) for place in found]
            start = first[0] + 1
        return []

    def nearest(self, quote: str) -> tuple[int, int] | None:
        """Offsets of the passage with the smallest edit distance, whole words, if it is near at all."""
        needle = "".join(piece for _, _, piece in _fold(quote, self._ignore_case)).strip()
        if not 8 <= len(needle) <= len(self.text) * 2:
            return None
        best = fuzz.partial_ratio_alignment(needle, self.text, score_cutoff=_NEAR)
        if best is None or best.dest_end <= best.dest_start:
            return None
        start, end = best.dest_start, best.dest_end
        while self._cuts(start):
            start -= 1
        while self._cuts(end):
            end += 1
        while start < end and self.text[start].isspace():
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        return self._original(start, end) if end > start else None

    def _original(self, start: int, end: int) -> tuple[int, int]:
        return self._starts[start], self._ends[end - 1]


@lru_cache(maxsize=2)  # the quotes of one article come one after the other
def _folded(text: str, ignore_case: bool) -> Folded:
    return Folded(text, ignore_case)


_UNVERIFIED = Match(status="unverified", spans=(), text="")


def _match(status: Status, text: str, places: list[tuple[int, int]]) -> Match:
    spans = tuple(Span.of(text, *place) for place in places)
    return Match(status=status, spans=spans, text=" … ".join(span.text for span in spans))


def _find_split(quote: str, source: Source, ignore_case: bool) -> list[tuple[int, int]]:
    """A quote that joins the pieces of one quotation over its reporting clause."""
    wanted = _letters(quote, ignore_case)
    for quotation in source.quotations:
        if len(quotation.spans) > 1 and wanted == _letters(
            " ".join(s.text for s in quotation.spans), ignore_case
        ):
            return [(span.start, span.end) for span in quotation.spans]
    return []


def _letters(text: str, ignore_case: bool) -> str:
    folded = "".join(piece for _, _, piece in _fold(text, ignore_case))
    return " ".join(folded.strip(" .,;").replace(",", " ").split())


def _fold(text: str, ignore_case: bool) -> Iterator[tuple[int, int, str]]:
    """Pieces of `text` as (start, end, folded), white space squeezed to one blank.

    A piece as long as what it stands for does so character by character, another as a whole.
    """
    i, n, blank = 0, len(text), True
    while i < n:
        if plain := _PLAIN.match(text, i):
            i, j = plain.end(), plain.start()
            yield j, i, text[j:i].lower() if ignore_case else text[j:i]
            blank = False
            continue
        j = i + 1
        while j < n and (unicodedata.combining(text[j]) or "\u1160" <= text[j] <= "\u11ff"):
            j += 1  # marks, and what follows the first letter of a decomposed Korean syllable
        cluster = text[i:j]
        char = cluster[0]
        if char in _IGNORED:
            i = j
            continue
        if char.isspace():
            if not blank:
                yield i, j, " "
            blank = True
        else:
            folded = _SAME.get(char, char) if j == i + 1 else unicodedata.normalize("NFC", cluster)
            folded = folded if folded.isascii() else unicodedata.normalize("NFC", folded)
            yield i, j, folded.casefold() if ignore_case else folded
            blank = False
        i = j


def _find_whole(text: str, needle: str) -> tuple[int, int] | None:
    """First place of `needle` that does not begin or end inside a word."""
    start = text.find(needle)
    while start >= 0:
        end = start + len(needle)
        if not (_inside_word(text, start) or _inside_word(text, end)):
            return start, end
        start = text.find(needle, start + 1)
    return None


def _inside_word(text: str, at: int) -> bool:
    """Whether a cut here would fall into a word or number, and so could change what it says.

    "non-profit", "4.2", "10–15", "-5" and "can't" are one word each.
    """
    i, j = at - 1, at
    while i >= 0 and text[i] in _IGNORED:
        i -= 1
    while j < len(text) and text[j] in _IGNORED:
        j += 1
    if i < 0 or j >= len(text):
        return False
    left, right = text[i], text[j]
    if _MARK.match(right):
        return not left.isspace()
    if _in_word(left) and _in_word(right):
        return not (_UNSPACED.match(left) or _UNSPACED.match(right))
    before, after = text[i - 1 : i], text[j + 1 : j + 2]
    if left in _MINUS and right.isdigit() and not _in_word(before):
        return True
    return (
        _ties(before, left, right)
        or _ties(left, right, after)
        or bool(_in_word(left) and _CLIPPED_NOT.match(text, j))
    )


def _ties(left: str, middle: str, right: str) -> bool:
    """Whether the middle one of three characters makes one word or number of its neighbours."""
    if left.isdigit() and right.isdigit():
        return middle in _IN_NUMBERS
    return middle in _HYPHENS and _in_word(left) and _in_word(right)


def _in_word(char: str) -> bool:
    return char.isalnum() or bool(_MARK.match(char))
