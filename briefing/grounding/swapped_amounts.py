"""Numbers or dates of a statement that have changed places."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from briefing.grounding.comparison import Worded, wording_finding
from briefing.grounding.findings import Finding
from briefing.text import FROM_TO, read_scores

#: Statements with more numbers and dates are lists.
_MOST_ITEMS = 8
_Item = tuple[int, int, frozenset[object]]


def swapped_amounts(stated: Worded, near: Sequence[Worded]) -> Iterator[Finding]:
    """Find two numbers that have changed places: the words around each are around the other in the article."""
    own = stated.amounts
    if len(own) < 2 or len(own) > _MOST_ITEMS or not near:
        return
    near = [sentence for sentence in near if len(sentence.quantities) + len(sentence.dates) > 1]
    if not near:
        return
    # Few numbers are in all of these sentences, once in each.
    repeated = [(item, same) for item in own if (same := _same_in_each(item, near))]
    context = functools.cache(_context)  # each number is in several pairs
    scores = {(start, end): pair for start, end, pair in read_scores(stated.text)}
    for (one, first), (two, second) in combinations(repeated, 2):
        # "3 a 1" and "3-1": other words stand between the numbers.
        score = scores.get((one[0], two[1]))
        if score and any(score == pair for s in near for _, _, pair in read_scores(s.text)):
            continue
        if all(
            _are_exchanged(stated, one, two, sentence, a, b, context)
            for sentence, a, b in zip(near, first, second, strict=True)
        ):
            places = [
                (sentence, (min(a[0], b[0]), max(a[1], b[1])))
                for sentence, a, b in zip(near, first, second, strict=True)
            ]
            yield wording_finding(
                stated, "pairing", (one[0], two[1]), places, "the article has it the other way round"
            )
            return


def _same_in_each(item: _Item, near: Sequence[Worded]) -> list[_Item]:
    """Return the number or date in each sentence that has a value of this one; empty if one has none or several."""
    found = []
    for sentence in near:
        same = [other for other in sentence.amounts if not item[2].isdisjoint(other[2])]
        if len(same) != 1:
            return []
        found += same
    return found


def _are_exchanged(
    stated: Worded,
    one: _Item,
    two: _Item,
    sentence: Worded,
    first: _Item,
    second: _Item,
    context: Callable[[Worded, _Item], set[object]],
) -> bool:
    """Whether two numbers of a statement have changed places in a sentence that has the first and the second."""
    if first == second:
        return False
    a, d = context(stated, one), context(sentence, second)
    if a.isdisjoint(d):
        return False  # as of most pairs, for which the other two need not be read
    b, c = context(stated, two), context(sentence, first)
    common = (a & b) | (c & d) | one[2] | two[2]
    return bool((a & d) - common and (b & c) - common) and not ((a & c) - common or (b & d) - common)


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
