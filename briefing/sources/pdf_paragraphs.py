"""Join the lines of PDF pages to paragraphs, across columns and pages; leave out running heads and page numbers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

import regex

from briefing.sources.pdf_layout import Line, rows_of
from briefing.sources.pdf_words import Piece
from briefing.text import UNSPACED

#: Share of a page's height, from its first and last line, in which running heads and feet stand, and most lines of them.
_MARGIN, _MOST_HEADS = 0.15, 3
#: A line on so many pages is a running head; on two, if there are at most `_FEW` pages.
_REPEATED, _FEW = 3, 6
#: Running heads stand in the same place, to about this many points.
_SAME_PLACE = 6
_PAGE_NUMBER = regex.compile(r"\W*(?:\p{L}+\.?\s)?(\d{1,4})(?:\s?(?:/|\p{L}{2,3})\s?\d{1,4})?\W*")
#: The time and the address that browsers print on the margins.
_BY_BROWSER = regex.compile(
    r"\p{N}{1,4}[./-]\p{N}{1,2}[./-]\p{N}{1,4}, \p{N}{1,2}:\p{N}{2}\b|(?:file|https?)://\S+\s\p{N}{1,4}/\p{N}{1,4}$"
)
_DIGITS = re.compile(r"\d+")
#: Lines are of one paragraph if their letters differ by less than this in size, and they are no further apart than this
#: many times the usual distance.
_SAME_SIZE, _APART, _LEADING = 0.12, 1.3, 1.2
#: A line that ends this share of its column before the column's edge is the last one of a paragraph.
_SHORT = 0.15
#: A first line is indented by more than this many times its size.
_INDENT, _MOST_INDENT = 0.7, 4.0
_NOTE = 0.88
_CJK_MARKS = r"\u3000-\u303f\uff00-\uffef"
#: The end of a line and the beginning of the next in scripts without spaces, with their marks and digits.
_UNSPACED = regex.compile(
    rf"[{UNSPACED}{_CJK_MARKS}][{UNSPACED}{_CJK_MARKS}\p{{N}}“”‘’]|[\p{{N}}“”‘’—…][{UNSPACED}{_CJK_MARKS}]"
)
_ENDS = regex.compile(r"[.!?…。！？:：][\p{Pf}\p{Pe}\"'»”]*$")
_ITEM = regex.compile(r"[•‣▪●○■□–—∙·-]\s|\p{N}{1,3}[.)]\s")
_HYPHENATED = regex.compile(r"([\p{L}\p{M}\p{N}’'-]*[\p{L}\p{N}])[-\u2010\u00ad]$")
_FIRST_WORD = regex.compile(r"[\p{L}\p{M}\p{N}’'-]+")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:[-\u2010’'][\p{L}\p{M}\p{N}]+)*")
_LONGEST_WORD = 100
#: Before these, English keeps its hyphen, whatever the rest of the text says.
_KEPT_BEFORE = frozenset(
    ("anti", "co", "cross", "ex", "half", "mid", "non", "post", "pre", "pro", "self", "semi", "vice", "well")
)


def without_running_heads(pages: Sequence[list[Piece]]) -> tuple[list[list[Piece]], int]:
    """Return the pieces of each page's text without running heads, feet and page numbers, and how many these were."""
    at: defaultdict[tuple[str, int, int], set[int]] = defaultdict(set)
    for number, pieces in enumerate(pages):
        for key, _ in _marginal_rows(pieces):
            at[key].add(number)
    few = len(pages) <= _FEW
    removed = 0
    kept = []
    for number, pieces in enumerate(pages):
        heads: set[Piece] = set()
        for key, row in _marginal_rows(pieces):
            words = " ".join(piece.text for piece in row)
            numbered = _PAGE_NUMBER.fullmatch(words)
            if (
                _BY_BROWSER.match(words)
                or len(at[key]) >= _REPEATED
                or (len(at[key]) == 2 and few)
                or (numbered is not None and int(numbered[1]) == number + 1)
            ):
                heads.update(row)
                removed += 1
        kept.append([piece for piece in pieces if piece not in heads])
    return kept, removed


def _marginal_rows(pieces: Sequence[Piece]) -> Iterator[tuple[tuple[str, int, int], list[Piece]]]:
    """Yield the rows that may be running heads or feet, each with a key that is equal on all pages."""
    rows = rows_of(pieces)
    if not rows:
        return
    top, bottom = rows[0][0].top, max(piece.bottom for piece in pieces)
    for number, row in enumerate(rows):
        is_outer = number < _MOST_HEADS or number >= len(rows) - _MOST_HEADS
        distance = min(row[0].top - top, bottom - row[0].bottom)
        text = " ".join(piece.text for piece in row)
        if is_outer and distance <= _MARGIN * (bottom - top) and any(map(str.isalnum, text)):
            yield (_DIGITS.sub("#", text), round(row[0].size), round(row[0].top / _SAME_PLACE)), row


def join_paragraphs(
    pages: Sequence[list[Line]], names: Sequence[str]
) -> tuple[str, tuple[tuple[int, str], ...]]:
    """Return the text, one paragraph per line, and the offset at which each page begins, with its name.

    Foot notes come last.
    """
    sizes = [line.size for lines in pages for line in lines for _ in range(len(line.text))]
    usual = median(sizes) if sizes else 0.0
    flow: list[tuple[int, Line]] = []
    notes: list[tuple[int, Line]] = []
    for number, lines in enumerate(pages):
        end = len(lines)
        while end and lines[end - 1].size < _NOTE * usual:
            end -= 1
        flow += ((number, line) for line in lines[:end])
        notes += ((number, line) for line in lines[end:])
    known = Counter(word.casefold() for lines in pages for line in lines for word in _WORD.findall(line.text))
    written = _Text(known)
    for part in (flow, notes):
        written.add(part)
    labels = tuple((offset, names[number]) for offset, number in written.starts)
    return "".join(written.pieces), labels


class _Text:
    """Text under construction, and where pages begin in it."""

    def __init__(self, known: Counter[str]) -> None:
        self.pieces: list[str] = []
        self.starts: list[tuple[int, int]] = []
        self._known = known
        self._length = 0

    def add(self, lines: Sequence[tuple[int, Line]]) -> None:
        """Add the lines of one flow of text, each with the number of its page."""
        columns = list(_in_columns(lines))
        for index, (number, line, column) in enumerate(columns):
            before = columns[index - 1] if index else None
            if before is None or _begins(before[1], before[2], line, column):
                self._write("\n" if self.pieces else "")
                self._begin(number)
                self._write(line.text)
            else:
                self._join(line.text, number)

    def _begin(self, number: int) -> None:
        if not self.starts or self.starts[-1][1] != number:
            self.starts.append((self._length, number))

    def _write(self, text: str) -> None:
        self.pieces.append(text)
        self._length += len(text)

    def _join(self, text: str, number: int) -> None:
        last = self.pieces[-1]
        hyphenated, first = _HYPHENATED.search(last[-_LONGEST_WORD:]), _FIRST_WORD.match(text)
        if hyphenated and first:
            if not self._is_kept(hyphenated[1], first[0]):
                self.pieces[-1] = last[:-1]
                self._length -= 1
        elif not _UNSPACED.fullmatch(last[-1:] + text[:1]):
            self._write(" ")
        self._begin(number)
        self._write(text)

    def _is_kept(self, before: str, behind: str) -> bool:
        """Return whether a hyphen at the end of a line is part of the word."""
        start = before.rpartition("-")[2]
        joined, apart = f"{before}{behind}".casefold(), f"{before}-{behind}".casefold()
        if self._known[joined] != self._known[apart]:
            return self._known[apart] > self._known[joined]
        return (
            "-" in before
            or not behind[0].islower()
            or not start[-1].isalpha()
            or start.lower() in _KEPT_BEFORE
        )


class _Column:
    """Consecutive lines, one below the other: their edges and their usual distance."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.left = min(line.left for line in lines)
        self.right = max(line.right for line in lines)
        self._has_gaps = sum(line.has_gap for line in lines) > len(lines) / 2
        pitches = [other.top - one.top for one, other in pairwise(lines)]
        self.pitch = median(pitches) if pitches else 0.0

    def is_row(self, line: Line) -> bool:
        """Return whether a line is a row of a table or a form, and not one of justified text."""
        is_justified = line.right > self.right - 1 and line.left < self.left + 1
        return line.is_row or (line.has_gap and (self._has_gaps or not is_justified))


def _in_columns(lines: Sequence[tuple[int, Line]]) -> Iterator[tuple[int, Line, _Column]]:
    """Yield each line with its page and column."""
    start = 0
    for end in range(1, len(lines) + 1):
        if end < len(lines):
            (page, line), (next_page, following) = lines[end - 1], lines[end]
            is_below = (
                following.top > line.top and following.left < line.right and line.left < following.right
            )
            if page == next_page and is_below and _is_same_size(line, following):
                continue
        column = _Column([line for _, line in lines[start:end]])
        for number, line in lines[start:end]:
            yield number, line, column
        start = end


def _is_same_size(one: Line, other: Line) -> bool:
    return abs(one.size - other.size) <= _SAME_SIZE * max(one.size, other.size)


def _begins(before: Line, its: _Column, line: Line, column: _Column) -> bool:
    """Return whether a line begins a paragraph."""
    if its.is_row(before) or column.is_row(line) or _ITEM.match(line.text):
        return True
    if not _is_same_size(before, line):
        return True
    is_short = before.right < its.right - _SHORT * (its.right - its.left)
    ends = _ENDS.search(before.text[-_LONGEST_WORD:]) is not None
    indent = line.left - column.left
    if its is not column:  # the next column or page
        return (
            (ends and (is_short or _INDENT * line.size < indent < _MOST_INDENT * line.size))
            or (ends and not line.text[:1].islower() and before.right < its.right - 2)
            or (is_short and not line.text[:1].islower())
        )
    if line.top - before.top > _APART * max(column.pitch, _LEADING * line.size):
        return True
    is_indented = _INDENT * line.size < indent < _MOST_INDENT * line.size
    return (is_indented and before.left - column.left < _INDENT * line.size) or (ends and is_short)
