"""Put the pieces of a PDF page's text into the order in which they are read: lines, columns and rows of tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from briefing.sources.pdf_words import Piece


class Line(NamedTuple):
    """A line of a page or of one of its columns; `is_row` if it is a row of a table."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    is_row: bool
    has_gap: bool


#: Columns hold pieces up to this share of the width of all text; a gutter is at least this wide, in points.
_NARROW, _GUTTER = 0.6, 6.0
_LEAST_LINES = 4
#: Lines fill this share of their column, and columns of the page; cells of a table less.
_FILLED = 0.6
#: Share of the pieces that may stand beside the one drawn before them without the page being drawn row by row.
_BESIDE = 0.1
#: Edges of cells that are aligned differ by less than this, in points.
_ALIGNED = 2.0
#: More pieces in one row are no cells.
_MOST_CELLS = 50
#: Justified words are no further apart than this many times their size.
_WIDE = 3.5


def in_reading_order(pieces: Sequence[Piece]) -> list[Line]:
    """Return the lines of a page in reading order.

    Programs draw text in the order in which it was written, columns included. That order is kept, unless they draw the
    page row by row: then columns are found by their gutters.
    """
    if 2 * sum(piece.is_rtl for piece in pieces) > len(pieces):
        pieces = [piece.mirrored() for piece in pieces]
    beside = sum(_is_beside(one, other) for one, other in pairwise(pieces))
    if beside <= _BESIDE * len(pieces):
        return _lines(pieces)
    gutters = _gutters(pieces)
    if not gutters:
        return _lines(pieces)
    columns = ([piece for row in rows_of(column) for piece in row] for column in _columns(pieces, gutters))
    return [line for column in columns for line in _lines(column)]


def _is_beside(one: Piece, other: Piece) -> bool:
    """Return whether the second piece stands on the line of the first."""
    return max(one.top, other.top) < min(one.bottom, other.bottom) - 0.5 * min(one.size, other.size)


def rows_of(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Return the pieces by rows, from the top, each from the left."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.top, piece.left)):
        if rows and _is_beside(rows[-1][0], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _gutters(pieces: Sequence[Piece]) -> list[float]:
    """Return where columns are parted, from the left; empty if the page has one column, or a table."""
    left, right = min(piece.left for piece in pieces), max(piece.right for piece in pieces)
    narrow = sorted(
        (piece for piece in pieces if piece.width < _NARROW * (right - left)), key=lambda piece: piece.left
    )
    columns: list[list[Piece]] = []
    edge = float("-inf")
    for piece in narrow:
        if piece.left - edge >= _GUTTER:
            columns.append([])
        columns[-1].append(piece)
        edge = max(edge, piece.right)
    if len(columns) < 2 or min(map(len, columns)) < _LEAST_LINES:
        return []
    bounds = [(column[0].left, max(piece.right for piece in column)) for column in columns]
    if sum(end - start for start, end in bounds) < _FILLED * (right - left):
        return []
    for column, (start, end) in zip(columns, bounds, strict=True):
        if median(sum(piece.width for piece in row) for row in rows_of(column)) < _FILLED * (end - start):
            return []
    return [(one[1] + other[0]) / 2 for one, other in pairwise(bounds)]


def _columns(pieces: Iterable[Piece], gutters: list[float]) -> list[list[Piece]]:
    """Return the pieces column by column; what stands across gutters parts those above it from those below."""
    found: list[list[Piece]] = []
    columns: list[list[Piece]] = [[] for _ in range(len(gutters) + 1)]
    for piece in sorted(pieces, key=lambda piece: piece.top):
        if any(piece.left < gutter < piece.right for gutter in gutters):
            found += [*columns, [piece]]
            columns = [[] for _ in columns]
        else:
            columns[sum(gutter < piece.left for gutter in gutters)].append(piece)
    return [column for column in (*found, *columns) if column]


def _lines(pieces: Sequence[Piece]) -> list[Line]:
    """Join the pieces of a line, as words that are set wide apart, or as cells of a table."""
    rows: list[list[Piece]] = []
    for piece in pieces:
        if rows and _is_beside(rows[-1][-1], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    rows = [sorted(row, key=lambda piece: piece.left) for row in rows]
    table = _rows_of_tables(rows)
    lines = []
    for number, row in enumerate(rows):
        words = [piece.text for piece in row]
        text = f"| {' | '.join(words)} |" if number in table else " ".join(words)
        has_gap = any(b.left - a.right > _WIDE * a.size for a, b in pairwise(row))
        left, right = min(piece.left for piece in row), max(piece.right for piece in row)
        top, bottom = min(piece.top for piece in row), max(piece.bottom for piece in row)
        lines.append(
            Line(text, left, right, top, bottom, max(piece.size for piece in row), number in table, has_gap)
        )
    return lines


def _rows_of_tables(rows: Sequence[Sequence[Piece]]) -> set[int]:
    """Return the numbers of the rows whose pieces stand below each other: three rows, or two of three and more pieces."""
    found: set[int] = set()
    run = [0]
    for number in range(1, len(rows) + 1):
        if number < len(rows) and _is_aligned(rows[number - 1], rows[number]):
            run.append(number)
            continue
        if len(run) > 2 or (len(run) == 2 and min(len(rows[row]) for row in run) > 2):
            found.update(run)
        run = [number]
    return found


def _is_aligned(one: Sequence[Piece], other: Sequence[Piece]) -> bool:
    """Return whether all cells behind the first of a row begin, or end, where one of the other row does."""
    if min(len(one), len(other)) < 2 or max(len(one), len(other)) > _MOST_CELLS:
        return False
    fewer, more = sorted((one[1:], other[1:]), key=len)
    # The last words of justified lines end at the same edge, too.
    is_tight = (
        min(b.left - a.right for row in (one, other) for a, b in pairwise(row[-2:])) < _WIDE * one[0].size
    )
    return all(
        any(
            abs(a.left - b.left) < _ALIGNED
            or (abs(a.right - b.right) < _ALIGNED and not (is_tight and a is fewer[-1]))
            for b in more
        )
        for a in fewer
    )
