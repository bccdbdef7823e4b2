"""The words of a PDF page as they are drawn, and the pieces of lines that they make."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import NamedTuple

import regex


class Piece(NamedTuple):
    """Text that stands on one line without a wide gap. Distances are in points, from the left and the top of the page."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    @property
    def width(self) -> float:
        """Distance from the left to the right edge, in points."""
        return self.right - self.left

    @property
    def size(self) -> float:
        """Size of the font, in points."""
        return self.bottom - self.top

    @property
    def is_rtl(self) -> bool:
        """Whether the text is in a script that is read from right to left."""
        return _RTL.search(self.text) is not None

    def mirrored(self) -> Piece:
        """Return the piece with left and right exchanged."""
        return self._replace(left=-self.right, right=-self.left)


#: A line is cut at a gap of so many times its font size, or at a smaller one that is so many times as wide as its others:
#: the words of a justified line are all set apart.
_WIDE, _GAP, _WIDER = 3.0, 1.0, 2.0
_LEAST_GAPS = 3
#: Words of a line whose letters were put in order are parted by so many font sizes.
_SPACE = 0.2
_RTL = regex.compile(r"[\p{Arabic}\p{Hebrew}\p{Syriac}\p{Thaana}]")
_LTR, _IN_NUMBER = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{N}]"), regex.compile(r"[.,:/+%\p{Pd}]")
_ALEFS, _LAM = frozenset("\u0622\u0623\u0625\u0627"), "\u0644"
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
#: Letters of a ligature have the same box, to this many points.
_SAME_BOX = 0.5


class _Letter(NamedTuple):
    """A letter with its edges, as in PDFs from the bottom of the page, and whether a space stands before it."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    is_first: bool


class Words:
    """Collects the letters of a page, whose height is given in points. Edges are as in PDFs, from the bottom."""

    def __init__(self, height: float) -> None:
        self.pieces: list[Piece] = []
        self._height = height
        self._line: list[_Letter] = []
        self._edges = [0.0, 0.0, 0.0, 0.0]  # of the last word
        self._is_first = True

    def add(self, letter: str, left: float, right: float, top: float, bottom: float) -> None:
        """Add a letter to the word, or begin a line with it if it stands elsewhere."""
        if self._line and not self._goes_on(left, right, top, bottom):
            self.end_line()
        if self._is_first:
            self._edges = [left, right, top, bottom]
        else:
            start, end, upper, lower = self._edges
            self._edges = [min(start, left), max(end, right), max(upper, top), min(lower, bottom)]
        self._line.append(_Letter(letter, left, right, top, bottom, self._is_first))
        self._is_first = False

    def _goes_on(self, left: float, right: float, top: float, bottom: float) -> bool:
        """Return whether a letter stands on the line of the word before it, and near it."""
        start, end, upper, lower = self._edges
        height = max(upper - lower, top - bottom)
        return lower < (top + bottom) / 2 < upper and max(left - end, start - right) < _WIDE * height

    def end_word(self) -> None:
        """End the word."""
        self._is_first = True

    def end_line(self) -> None:
        """End the line, and cut it into pieces."""
        words = self._words()
        start = 0
        gaps = [max(other.left - one.right, one.left - other.right) for one, other in pairwise(words)]
        usual = median(gaps) if len(gaps) >= _LEAST_GAPS else float("inf")
        for number, gap in enumerate(gaps, 1):
            size = max(words[number - 1].size, words[number].size)
            if gap > _WIDE * size or (gap > _GAP * size and gap > _WIDER * usual):
                self.pieces.append(_joined(words[start:number]))
                start = number
        if words:
            self.pieces.append(_joined(words[start:]))
        self._line.clear()
        self._is_first = True

    def _words(self) -> list[Piece]:
        """Return the words of the line, in the order in which they are read."""
        letters = self._line
        is_rtl = _RTL.search("".join(letter.text for letter in letters)) is not None
        if is_rtl or any(one.left > other.right for one, other in pairwise(letters)):
            letters = _by_place(letters, is_rtl=is_rtl)
        words: list[list[_Letter]] = []
        for letter in letters:
            if letter.is_first or not words:
                words.append([])
            words[-1].append(letter)
        return [self._word(word) for word in words]

    def _word(self, letters: list[_Letter]) -> Piece:
        # Letters beyond the Basic Multilingual Plane come in two halves.
        text = "".join(letter.text for letter in letters)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        left, right = min(letter.left for letter in letters), max(letter.right for letter in letters)
        top, bottom = max(letter.top for letter in letters), min(letter.bottom for letter in letters)
        return Piece(text, left, right, self._height - top, self._height - bottom)


def _joined(words: list[Piece]) -> Piece:
    text = " ".join(word.text for word in words)
    left, right = min(word.left for word in words), max(word.right for word in words)
    return Piece(text, left, right, min(word.top for word in words), max(word.bottom for word in words))


def _by_place(letters: list[_Letter], *, is_rtl: bool) -> list[_Letter]:
    """Return the letters of a line by their places; they may be drawn in another order, as by fonts or from right to left.

    Words are parted by the distance of their letters.
    """
    placed = sorted(letters, key=lambda letter: -letter.right if is_rtl else letter.left)
    for number, (one, letter) in enumerate(pairwise(placed[:1] + placed)):
        gap = max(letter.left - one.right, one.left - letter.right)
        placed[number] = letter._replace(is_first=gap > _SPACE * (letter.top - letter.bottom))
    if not is_rtl:
        return placed
    for number, (one, other) in enumerate(pairwise(placed)):
        # A ligature is given in the order of its shape.
        if one.text in _ALEFS and other.text == _LAM and abs(one.right - other.right) < _SAME_BOX:
            placed[number : number + 2] = [one._replace(text=other.text), other._replace(text=one.text)]
    # Marks in pairs are given as they look.
    return _with_numbers_turned([letter._replace(text=letter.text.translate(_MIRRORED)) for letter in placed])


def _with_numbers_turned(letters: list[_Letter]) -> list[_Letter]:
    """Return letters that are sorted from the right with numbers and Latin words among them from the left."""
    found: list[_Letter] = []
    run: list[_Letter] = []
    for letter in letters:
        if _LTR.match(letter.text) or (run and _IN_NUMBER.match(letter.text)):
            run.append(letter)
            continue
        found += _turned(run)
        run = []
        found.append(letter)
    return found + _turned(run)


def _turned(run: list[_Letter]) -> list[_Letter]:
    """Return a run in the other direction, but for marks behind it that are not part of a number."""
    end = len(run)
    while end and not _LTR.match(run[end - 1].text):
        end -= 1
    firsts = [letter.is_first for letter in run[:end]]
    turned = zip(reversed(run[:end]), firsts[:1] + firsts[:0:-1], strict=True)
    return [letter._replace(is_first=is_first) for letter, is_first in turned] + run[end:]
