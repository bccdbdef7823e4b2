"""The words of a PDF page as they are drawn, and the pieces of lines that they make."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple


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


#: A line is cut at a gap of so many times its font size, or at a smaller one that is so many times as wide as its others:
#: the words of a justified line are all set apart.
_WIDE, _GAP, _WIDER = 3.0, 1.0, 2.0
_LEAST_GAPS = 3


class Words:
    """Collects the letters of a page, whose height is given in points. Edges are as in PDFs, from the bottom."""

    def __init__(self, height: float) -> None:
        self.pieces: list[Piece] = []
        self._height = height
        self._letters: list[str] = []
        self._edges = [0.0, 0.0, 0.0, 0.0]
        self._line: list[Piece] = []

    def goes_on(self, left: float, right: float, top: float, bottom: float) -> bool:
        """Return whether a letter stands on the line of the one before it, and near it."""
        if self._letters:
            start, end, upper, lower = self._edges
        elif self._line:
            last = self._line[-1]
            start, end, upper, lower = (
                last.left,
                last.right,
                self._height - last.top,
                self._height - last.bottom,
            )
        else:
            return False
        height = max(upper - lower, top - bottom)
        return lower < (top + bottom) / 2 < upper and max(left - end, start - right) < _WIDE * height

    def add(self, letter: str, left: float, right: float, top: float, bottom: float) -> None:
        """Add a letter to the word, or begin a line with it if it stands elsewhere."""
        if not self.goes_on(left, right, top, bottom):
            self.end_line()
        if self._letters:
            start, end, upper, lower = self._edges
            self._edges = [min(start, left), max(end, right), max(upper, top), min(lower, bottom)]
        else:
            self._edges = [left, right, top, bottom]
        self._letters.append(letter)

    def end_word(self) -> None:
        """End the word."""
        if self._letters:
            left, right, top, bottom = self._edges
            # Letters beyond the Basic Multilingual Plane come in two halves.
            text = "".join(self._letters).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            self._line.append(Piece(text, left, right, self._height - top, self._height - bottom))
            self._letters.clear()

    def end_line(self) -> None:
        """End the line, and cut it into pieces."""
        self.end_word()
        start = 0
        gaps = [
            max(other.left - one.right, one.left - other.right)
            for one, other in zip(self._line, self._line[1:], strict=False)
        ]
        usual = median(gaps) if len(gaps) >= _LEAST_GAPS else float("inf")
        for number, gap in enumerate(gaps, 1):
            size = max(self._line[number - 1].size, self._line[number].size)
            if gap > _WIDE * size or (gap > _GAP * size and gap > _WIDER * usual):
                self._end_piece(start, number)
                start = number
        self._end_piece(start, len(self._line))
        self._line.clear()

    def _end_piece(self, start: int, end: int) -> None:
        if words := self._line[start:end]:
            text = " ".join(word.text for word in words)
            left, right = min(word.left for word in words), max(word.right for word in words)
            top, bottom = min(word.top for word in words), max(word.bottom for word in words)
            self.pieces.append(Piece(text, left, right, top, bottom))
