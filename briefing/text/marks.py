"""Find quotation marks and the pieces of text that they enclose.

The same mark („ “ ” » « ') opens in one typographic tradition and closes in another, and articles mix traditions. So
the decision does not depend on the language, but on the mark, its neighbours and the marks that are open. A text is read
once, paragraph by paragraph, with a stack of open marks.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

import regex

from briefing.text.paragraphs import find_paragraphs
from briefing.text.punctuation import SENTENCE_END
from briefing.text.scripts import MARK_TOUCHING_CHARACTER

#: A mark can only be closed by one of its family: “ by ", but not by ’ or ».
_FAMILY = (
    dict.fromkeys(["“", "”", "„", "‟", '"', "＂", "''", "``", "〝", "〞", "〟", "״"], "double")
    | dict.fromkeys("‘’‚‛'＇", "single")
    | dict.fromkeys("«»", "guillemet")
    | dict.fromkeys("‹›", "small guillemet")
    | dict.fromkeys("「」｢｣﹁﹂", "corner")
    | dict.fromkeys("『』﹃﹄", "white corner")
)
_ALWAYS_OPEN = frozenset(["„", "‚", "``", "「", "｢", "『", "﹁", "﹃", "〝", "‟", "‛"])
_ALWAYS_CLOSE = frozenset("」｣』﹂﹄〞〟")
_SINGLE = frozenset(mark for mark, family in _FAMILY.items() if family == "single")
_STRAIGHT = frozenset(['"', "＂", "''", "'", "＇"])

#: A quotation may be closed up to this many paragraphs below the one that opens it, if no other mark is between.
_CLOSING_PARAGRAPHS = 4
#: An unclosed mark with more closed pairs behind it than this is a typographical error.
_INNER_PAIRS = 3
#: An unclosed quotation has at least so many words.
_UNCLOSED_WORDS = 4
#: Longest quotation, in characters, from its mark to the next one. Of a longer one, the opening mark is an error.
_LONGEST = 1200

_MARK = re.compile(r"['＇]+|`+|[“”„‟\"＂〝〞〟״‘’‚‛«»‹›「」｢｣﹁﹂『』﹃﹄]")
# `re` searches faster than `regex` for what begins with a set of characters, and is not a repeated one.
_MARKS = re.compile("[{0}][{0}]*".format("".join(_FAMILY)))
_LEFT_OF_OPENING = regex.compile(r"[\s\p{Ps}\p{Pd}¿¡/=<>|*_~#•·：:،؛]")
_RIGHT_OF_CLOSING = regex.compile(r"[\s\p{Pe}\p{Pd}.,;:!?…/<>|*_~，。；：！？、،؛؟।]")
#: Words with an elided beginning (’90s, 'em, 'n', 's avonds). The apostrophe before them is not a mark.
_ELISION = regex.compile(
    r"(?:\d0s?|n|em|tis|twas|til|till|cause|bout|cos|cuz|round|s|t|ne|nen)(?!\w)(?!['’]\w)", regex.IGNORECASE
)
_FEET = regex.compile(r"\d['′’]\s?\d+(?:[.,]\d+)?$")
_HEBREW_ACRONYM = regex.compile(r"\p{Hebrew}\P{L}")
BEFORE_SPEECH = regex.compile(r"[:：,،，]\s*$")
_CLAUSE_END = regex.compile(r"[.!?,…]$")


class Side(Enum):
    """The roles that the neighbours of a mark permit."""

    OPENS = "opens"
    CLOSES = "closes"
    INSIDE = "inside"  # between two word characters
    LOOSE = "loose"  # next to no word character


class Mark(NamedTuple):
    """A quotation mark, and the roles that its neighbours permit."""

    start: int
    end: int
    text: str
    family: str
    side: Side


class Piece(NamedTuple):
    """A quoted piece of text: between two marks, or from one mark to the end of a paragraph."""

    outer_start: int  # start of the opening mark; equals `start` if there is none
    start: int  # first code point inside the marks
    end: int  # one past the last code point inside the marks
    outer_end: int  # one past the closing mark; equals `end` if there is none
    family: str  # family of the marks
    paragraph: int  # number of the paragraph
    continues: bool = (
        False  # whether it continues the quotation of the piece before, from an earlier paragraph
    )


@dataclass(slots=True)
class MarkedParagraph:
    """The marks of one paragraph, paired within the paragraph."""

    start: int  # first code point that is not white space
    end: int  # one past the last code point that is not white space
    pairs: Sequence[tuple[Mark, Mark]] = ()  # outermost closed pairs, in order
    unclosed: Mark | None = None  # a mark that opens and is not closed in this paragraph
    inner: int = 0  # number of pairs at the end of `pairs` that are inside the unclosed quotation
    marks: Sequence[Mark] = ()
    stray: bool = False  # whether the first mark closes a quotation that is not open in this paragraph

    @property
    def first(self) -> Mark | None:
        """The first mark."""
        return self.marks[0] if self.marks else None


def find_pieces(text: str) -> list[Piece]:
    """Find the outermost quoted pieces of a text, in order. Nested quotations are part of them."""
    read = read_marks(text)
    pieces: list[Piece] = []
    continued = False
    for number, paragraph in enumerate(read):
        if not paragraph.marks:
            continued = False
            continue
        before = len(pieces)
        unclosed = _resolve_unclosed(text, read, number)
        closed = paragraph.pairs[: len(paragraph.pairs) - paragraph.inner] if unclosed else paragraph.pairs
        pieces += [
            Piece(a.start, a.end, b.start, b.end, a.family, number)
            for a, b in closed
            if not pieces or a.start >= pieces[-1].outer_end  # else inside a quotation from a paragraph above
        ]
        pieces += unclosed
        if continued and len(pieces) > before:
            pieces[before] = pieces[before]._replace(continues=True)
        continued = bool(unclosed) and _opens_next(read, number)
    return pieces


@lru_cache(maxsize=2)  # as `find_paragraphs`
def read_marks(text: str) -> Sequence[MarkedParagraph]:
    """The paragraphs of a text (`find_paragraphs`), in order, with their marks."""
    paragraphs = find_paragraphs(text)
    runs = [match.span() for match in _MARKS.finditer(text)]
    read: list[MarkedParagraph] = []
    first = 0
    for start, end in paragraphs:
        last = bisect_left(runs, (end,), first)
        read.append(
            _pair_marks(text, start, end, runs[first:last]) if first < last else MarkedParagraph(start, end)
        )
        first = last
    return read


def read_paragraph(text: str, start: int, end: int) -> MarkedParagraph:
    """The paragraph of a text that begins and ends at two offsets, with its marks."""
    return _pair_marks(text, start, end, [match.span() for match in _MARKS.finditer(text, start, end)])


def find_marks(text: str, start: int, end: int) -> Iterator[Mark]:
    """The marks of a paragraph, without apostrophes and inch signs."""
    for run in _MARKS.finditer(text, start, end):
        yield from _marks_of_run(text, start, end, *run.span())


def _marks_of_run(text: str, start: int, end: int, left: int, right: int) -> list[Mark]:
    """The marks of a run of adjacent ones, all of which have its neighbours: '"Stop" means stop'."""
    before = text[left - 1] if left > start else " "
    after = text[right] if right < end else " "
    if text[left:right] in _SINGLE and before.isascii() and before.isalnum() and after.isalnum():
        return []  # an apostrophe, as most are
    side = _side(before, after)
    if right - left == 1:
        marks = [Mark(left, right, text[left], _FAMILY.get(text[left], ""), side)]
    else:
        spans = (match.span() for match in _MARK.finditer(text, left, right))
        written = (piece for span in spans for piece in _split_apostrophes(text, *span, side))
        marks = [Mark(a, b, text[a:b], _FAMILY.get(text[a:b], ""), side) for a, b in written]
    return [mark for mark in marks if mark.family and not _is_apostrophe(text, mark, before, after, right)]


def _side(before: str, after: str) -> Side:
    closes = _closes_before(after)
    if _opens_after(before):
        return Side.LOOSE if closes else Side.OPENS
    return Side.CLOSES if closes else Side.INSIDE


@lru_cache(maxsize=1024)
def _opens_after(character: str) -> bool:
    return _LEFT_OF_OPENING.match(character) is not None


@lru_cache(maxsize=1024)
def _closes_before(character: str) -> bool:
    return _RIGHT_OF_CLOSING.match(character) is not None


def _split_apostrophes(text: str, start: int, end: int, side: Side) -> list[tuple[int, int]]:
    """Split a run of straight apostrophes: two are one double mark, three a double and a single one."""
    length = end - start
    if text[start] not in "'＇" or length <= len("''"):
        return [(start, end)]
    if length == len("'''"):
        middle = end - 2 if side is Side.CLOSES else start + 2
        return [(start, middle), (middle, end)]
    return []


def _is_apostrophe(text: str, mark: Mark, before: str, after: str, right: int) -> bool:
    """Whether a mark belongs to a word or a measure, and encloses nothing."""
    if mark.text in '"״' and before.isalpha() and _HEBREW_ACRONYM.match(text[right : right + 2].ljust(2)):
        return True
    if mark.family != "single":
        return (
            mark.text in '"“”'
            and before.isdigit()
            and _FEET.search(text, max(0, mark.start - 8), mark.start) is not None
        )
    if before.isalnum() and after.isalnum() and not MARK_TOUCHING_CHARACTER.match(before + after):
        return True
    if mark.text in "'’＇‘" and mark.side is not Side.CLOSES and _ELISION.match(text, right):
        return True
    return before in "nN" and text[max(0, mark.start - 2) : mark.start - 1] in {"'", "’", "‘"}


def _pair_marks(text: str, start: int, end: int, runs: Sequence[tuple[int, int]]) -> MarkedParagraph:
    """Pair the marks of one paragraph, whose runs have the offsets `runs`."""
    marks = [mark for run in runs for mark in _marks_of_run(text, start, end, *run)]
    pairs: list[tuple[Mark, Mark]] = []
    paragraph = MarkedParagraph(start, end, pairs, marks=marks)
    upcoming = _next_of_family(marks)
    stack: list[Mark] = []
    open_of: dict[str, list[Mark]] = {}  # the stack again, by family
    for index, mark in enumerate(marks):
        same = open_of.setdefault(mark.family, [])
        opening = same[-1] if same else None
        closes = opening is not None and _closes(text, mark, opening, stack[-1], upcoming[index])
        if closes and opening is not None and mark.start - opening.end > _LONGEST:
            stack.remove(same.pop())
            closes, opening = False, same[-1] if same else None
        if closes and opening is not None:
            while stack and stack[-1].start >= opening.start:
                open_of[stack.pop().family].pop()
            while pairs and pairs[-1][0].start > opening.start:
                pairs.pop()
            pairs.append((opening, mark))
        elif _opens(text, mark, opening):
            stack.append(mark)
            same.append(mark)
        elif index == 0 and mark.family != "single":
            paragraph.stray = True
    _choose_unclosed(text, paragraph, stack)
    return paragraph


def _next_of_family(marks: Sequence[Mark]) -> list[Mark | None]:
    """For each mark, the next one of its family."""
    upcoming: list[Mark | None] = []
    last: dict[str, Mark] = {}
    for mark in reversed(marks):
        upcoming.append(last.get(mark.family))
        last[mark.family] = mark
    return upcoming[::-1]


def _closes(text: str, mark: Mark, opening: Mark, top: Mark, upcoming: Mark | None) -> bool:
    """Whether a mark closes the nearest open one of its family."""
    if mark.text in _ALWAYS_OPEN:
        return False
    if mark.text in _ALWAYS_CLOSE:
        return True
    if mark.family == "single":
        if opening is not top or (mark.side in {Side.OPENS, Side.INSIDE} and mark.text in _STRAIGHT):
            return False
        if mark.text == "‘":
            return opening.text == "‚" and mark.side is not Side.OPENS
        # Possessive (players') or closing mark: closing, unless a clearer closing mark follows.
        possessive = text[mark.start - 1] in "sSxz" and text[mark.end : mark.end + 1] == " "
        return not (possessive and upcoming is not None and upcoming.side is Side.CLOSES)
    if mark.text in _STRAIGHT and text[mark.start - 1].isdigit() and mark.side is Side.CLOSES:
        # An inch sign (5" pipe), if a clearer closing mark follows.
        return upcoming is None or upcoming.side is not Side.CLOSES
    if mark.side is Side.OPENS:
        return mark.text in "”»›" and opening.text in "“„«‹"
    if mark.text == "“":
        return opening.text in "„‟" or mark.side is Side.CLOSES
    if mark.text in "«‹":
        return opening.text in "»›" or mark.side is Side.CLOSES
    return True


def _opens(text: str, mark: Mark, opening: Mark | None) -> bool:
    """Whether a mark that does not close a quotation opens one."""
    if mark.text in _ALWAYS_CLOSE:
        return False
    if mark.text in _ALWAYS_OPEN or mark.side is Side.OPENS:
        return mark.text != "’"
    if mark.side is Side.CLOSES:
        return False
    if mark.family == "single":
        return mark.text == "‘"
    if mark.text in _STRAIGHT:
        return opening is None and not text[mark.start - 1 : mark.start].isdigit()
    return mark.text in "“«‹"


def _choose_unclosed(text: str, paragraph: MarkedParagraph, stack: Sequence[Mark]) -> None:
    """Set `unclosed` to the first open mark that may begin a quotation. Others are typographical errors."""
    for mark in stack:
        if mark.family == "single":
            continue
        inner = [pair for pair in paragraph.pairs[-_INNER_PAIRS - 1 :] if pair[0].start >= mark.start]
        # A closed pair that ends a clause is a quotation of its own, so the earlier mark is the error.
        is_error = len(inner) > _INNER_PAIRS or any(
            opening.family == mark.family and _CLAUSE_END.search(text, closing.start - 1, closing.start)
            for opening, closing in inner
        )
        if not inner or (not is_error and mark.start == paragraph.start):
            paragraph.unclosed, paragraph.inner = mark, len(inner)
            return


def _opens_next(read: Sequence[MarkedParagraph], number: int) -> bool:
    """Whether the next paragraph begins with a mark of the family that is open in this one."""
    unclosed = read[number].unclosed
    return unclosed is not None and any(
        below.first is not None
        and not below.stray
        and below.first.start == below.start
        and below.first.family == unclosed.family
        for below in read[number + 1 : number + 2]
    )


def _resolve_unclosed(text: str, read: Sequence[MarkedParagraph], number: int) -> list[Piece]:
    """The pieces of the unclosed mark of a paragraph; none if the mark is a typographical error."""
    paragraph = read[number]
    mark = paragraph.unclosed
    if mark is None:
        return []
    here = Piece(mark.start, mark.end, paragraph.end, paragraph.end, mark.family, number)
    if _opens_next(read, number):
        return [here]
    pieces = [here]
    for below, one in enumerate(read[number + 1 : number + 1 + _CLOSING_PARAGRAPHS], number + 1):
        end, outer_end = (one.first.start, one.first.end) if one.first else (one.end, one.end)
        pieces.append(Piece(one.start, one.start, end, outer_end, mark.family, below, continues=True))
        if (
            one.first
            and one.stray
            and one.first.family == mark.family
            and one.first.start - mark.end <= _LONGEST
        ):
            return pieces
        if one.first:
            break
    at_start = mark.start == paragraph.start
    if not at_start and not BEFORE_SPEECH.search(text, max(0, mark.start - 3), mark.start):
        return []
    end = paragraph.end
    if end - mark.end > _LONGEST:
        stop = SENTENCE_END.search(text, mark.end, mark.end + _LONGEST)
        if stop is None:
            return []
        end = stop.end()
    words = text[mark.end : end].split()
    if len(words) < _UNCLOSED_WORDS and not MARK_TOUCHING_CHARACTER.search(text, mark.end, end):
        return []
    return [here._replace(end=end, outer_end=end)]
