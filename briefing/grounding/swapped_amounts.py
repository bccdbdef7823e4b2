"""Numbers or dates of a statement that have changed places."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

from briefing.grounding.comparison import Worded, wording_finding
from briefing.grounding.findings import Finding
from briefing.text import FROM_TO

#: Statements with more numbers and dates are lists.
_MOST_ITEMS = 8
_Item = tuple[int, int, frozenset[object]]


def swapped_amounts(stated: Worded, near: Sequence[Worded]) -> Iterator[Finding]:
    """Find two numbers that have changed places: the words around each are around the other in the article."""
    own = stated.amounts
    if len(own) < 2 or len(own) > _MOST_ITEMS or not near:
        return
    near = [sentence for sentence in near if len(sentence.quantities) + len(sentence.dates) > 1]
    context = functools.cache(_context)  # each number is in several pairs
    for index, one in enumerate(own):
        for two in own[index + 1 :]:
            places = [place for s in near if (place := _exchanged(stated, one, two, s, context))]
            if places and len(places) == len(near):
                yield wording_finding(
                    stated, "pairing", (one[0], two[1]), places, "the article has it the other way round"
                )
                return


def _exchanged(
    stated: Worded,
    one: _Item,
    two: _Item,
    sentence: Worded,
    context: Callable[[Worded, _Item], set[object]],
) -> tuple[Worded, tuple[int, int]] | None:
    theirs = sentence.amounts
    first = [item for item in theirs if item[2] & one[2]]
    second = [item for item in theirs if item[2] & two[2]]
    if len(first) != 1 or len(second) != 1 or first == second:
        return None
    a, b = context(stated, one), context(stated, two)
    c, d = context(sentence, first[0]), context(sentence, second[0])
    common = (a & b) | (c & d) | one[2] | two[2]
    if not (a & d) - common or not (b & c) - common or (a & c) - common or (b & d) - common:
        return None
    start, end = min(first[0][0], second[0][0]), max(first[0][1], second[0][1])
    return sentence, (start, end)


def _context(text: Worded, item: _Item) -> set[object]:
    """The content words behind a number or date, else those before it, up to its neighbours and the phrase's borders.

    A neighbour in the same phrase counts, too: "63rd place in 2023".
    """
    others = [other for other in text.amounts if other[:2] != item[:2]]
    start, stop = text.phrase_at(item[0])
    before = max([start, *(end for _, end, _ in others if end <= item[0])])
    behind = min([stop, *(begin for begin, _, _ in others if begin >= item[1])])
    following = [w.stem for w in text.words if item[1] <= w.start < behind and not w.stem[0].isdecimal()]
    preceding = [w.stem for w in text.words if before <= w.start < item[0] and not w.stem[0].isdecimal()]
    beside = {value for begin, _, values in others if start <= begin < stop for value in values}
    # In Japanese the noun stands before the number and its counter.
    nouns = (preceding or following) if text.lang == "ja" else (following or preceding)
    # "From 5 to 7" and "from 7 to 5" differ.
    preposition = text.text[: item[0]].split()[-1:]
    tags = {word.lower() for word in preposition if word.lower() in FROM_TO}
    return {*nouns, *beside, *tags}
