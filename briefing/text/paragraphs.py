"""Paragraphs of a text: its lines, or what a blank line ends where lines are hard-wrapped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from briefing.text.punctuation import CLOSING_MARKS, TERMINAL_MARKS
from briefing.text.scripts import UNSPACED_CHARACTER

# `re` searches sets of characters faster than `regex`.
_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
# A line that ends so does not go on; unlike a sentence's end, a colon counts.
_LINE_END = re.compile(rf"[{TERMINAL_MARKS}:;][{CLOSING_MARKS}]*$")
#: Least and greatest column at which text is hard-wrapped.
_NARROWEST, _WIDEST = 30, 110


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a slice without the white space at both ends; an empty slice if it is blank."""
    if start < end and not text[start].isspace() and not text[end - 1].isspace():
        return start, end  # as most are
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


@lru_cache(maxsize=2)  # sentences and quotations are read one after the other
def find_paragraphs(text: str) -> Sequence[tuple[int, int]]:
    """Return the offsets of the paragraphs that are not blank, without white space at their ends."""
    blocks: list[list[tuple[int, int]]] = []
    ended = True
    position = 0
    for match in _LINE.finditer(text):
        begin, end = match.span()
        # Two line breaks since the last line make a blank line; \r\n is one line break.
        ended = ended or begin - position > 1 + text.startswith("\r\n", position)
        position = end
        line = trim(text, begin, end)
        if line[0] == line[1]:
            ended = True
        elif ended:
            blocks.append([line])
            ended = False
        else:
            blocks[-1].append(line)
    found: list[tuple[int, int]] = []
    for block in blocks:
        if len(block) > 1 and _is_wrapped(text, block):
            found.append((block[0][0], block[-1][1]))
        else:
            found.extend(block)
    return found


def _is_wrapped(text: str, lines: Sequence[tuple[int, int]]) -> bool:
    """Whether the lines are one paragraph that was hard-wrapped at a column.

    A program that wraps text breaks a line only if the next word does not fit. Lines that are paragraphs or headlines
    end anywhere.
    """
    breaks = len(lines) - 1
    width = max(end - start for start, end in lines)
    if not _NARROWEST <= width <= _WIDEST:
        return False
    full = open_ended = 0
    for (start, end), (below, below_end) in pairwise(lines):
        word = 1 if UNSPACED_CHARACTER.match(text[below]) else len(text[below:below_end].split(maxsplit=1)[0])
        full += end - start + 1 + word > width - 3
        open_ended += _LINE_END.search(text, max(start, end - 4), end) is None
    if breaks == 1:
        return full == 1 and open_ended == 1 and text[lines[1][0]].islower() and width >= _WIDEST // 2
    return full >= 0.8 * breaks and open_ended >= 0.5 * breaks
