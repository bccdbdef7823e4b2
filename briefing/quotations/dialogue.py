"""Find speech that a dash opens, as in Spanish, French and Russian dialogue: "—Vamos —dijo Ana—. Es tarde."."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from briefing.quotations.attribution import find_after, is_inverted
from briefing.quotations.cue_lexicon import Cues
from briefing.text import Piece

#: The family of the pieces that are found here.
DIALOGUE = "dialogue"

_DASH = "—–―"
_OPENING = regex.compile(rf"(?:[{_DASH}]|-(?=\s))\s?(?=[\p{{L}}¿¡…«])")
#: Where a reporting clause may begin: behind a dash, or behind a comma as in French.
_CLAUSE = regex.compile(rf"\s?[{_DASH}]\s?(?=\p{{Ll}})|(?<=[,!?…])\s(?=\p{{Ll}})")
_DASH_CLAUSE_END = regex.compile(rf"\s?[{_DASH}][.,;:]?|[.,;]\s[{_DASH}]|[.!?]?\Z")
_CLAUSE_END = regex.compile(r"[.,;!?]|\Z")
_FIRST_WORD = regex.compile(r"\p{L}[\p{L}’'\-]*")
#: Longest piece and longest reporting clause, in characters.
_LONGEST, _LONGEST_CLAUSE = 1200, 150


def find_dialogue(
    text: str, paragraphs: Sequence[tuple[int, int]], quoted: set[int], cues: Cues
) -> Iterator[Piece]:
    """Find the pieces of speech in the paragraphs that begin with a dash and have a reporting clause, in order.

    `quoted` has the numbers of paragraphs with quotation marks, which are not read.
    """
    for number, (start, end) in enumerate(paragraphs):
        opening = None if number in quoted else _OPENING.match(text, start, end)
        if opening is not None:
            yield from _pieces(text, start, opening.end(), end, number, cues)


def _pieces(text: str, outer: int, start: int, end: int, number: int, cues: Cues) -> Iterator[Piece]:
    found = False
    for clause in _CLAUSE.finditer(text, start, min(end, start + _LONGEST)):
        if clause.start() < start or not _reports(text, clause.end(), cues):
            continue
        dashed = any(dash in clause.group() for dash in _DASH)
        pattern = _DASH_CLAUSE_END if dashed else _CLAUSE_END
        stop = pattern.search(text, clause.end(), min(end, clause.end() + _LONGEST_CLAUSE))
        cue = find_after(text, clause.end(), stop.start(), (), cues, attached=False) if stop else None
        if stop is None or cue is None or cue.speaker is None:
            continue
        found = True
        yield Piece(outer, start, clause.start(), clause.start(), DIALOGUE, number)
        if not dashed:
            return
        start = outer = stop.end()
        if not text[start:end].strip():
            return
    if found and end - start <= _LONGEST:
        yield Piece(outer, start, end, end, DIALOGUE, number)


def _reports(text: str, at: int, cues: Cues) -> bool:
    """Whether a clause begins with its reporting verb: "dijo Ana", "dit-elle"."""
    word = _FIRST_WORD.match(text, at)
    return word is not None and (word.group().lower() in cues.verbs or is_inverted(word.group()))
