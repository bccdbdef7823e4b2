"""Results of games: another score than the article has, and a winner who has lost there; kinds "number" and "pairing".

In the languages of `briefing.text.contests`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import regex

from briefing.grounding.comparison import Worded, wording_finding
from briefing.grounding.findings import Finding
from briefing.text import game_pattern, read_contest, read_scores

#: Characters between the two numbers of a score in words: "three goals to one".
_BETWEEN = 30
#: Share of a statement's content words that a sentence about the same game has, if neither has its score.
_SAME_GAME = 0.7
#: The same of a sentence that has a score.
_LIKE_GAME = 0.5
_WORD = regex.compile(r"[\p{L}\p{M}]{3,}")
_HAN = regex.compile(r"\p{Han}")


def check_results(stated: Worded, sharing: Sequence[Worded]) -> Iterator[Finding]:
    """Yield a finding for each score that the article has not, and one for a winner who has lost there.

    Args:
        stated: the statement.
        sharing: the sentences that share words with it.
    """
    pattern = game_pattern(stated.lang)
    if pattern is None:
        return
    if scores := read_scores(stated.text):
        yield from _scores(stated, scores, sharing, pattern)
    yield from _winners(stated, sharing)


def _scores(
    stated: Worded,
    scores: Sequence[tuple[int, int, tuple[int, int]]],
    sharing: Sequence[Worded],
    pattern: regex.Pattern[str],
) -> Iterator[Finding]:
    found = [(s, start, end, pair) for s in sharing for start, end, pair in read_scores(s.text)]
    words = {stem for stem in stated.stems if not stem[0].isdecimal()}
    telling = [
        (s, (start, end))
        for s, start, end, _ in found
        if pattern.search(s.text) and s.share_of(words) >= _LIKE_GAME
    ]
    if not telling or not pattern.search(stated.text):
        return
    known = {pair for _, _, _, pair in found}
    for start, end, pair in scores:
        if pair in known or pair[::-1] in known or any(_in_words(pair, s) for s in sharing):
            continue
        yield wording_finding(stated, "number", (start, end), telling, "the article has another score")


def _in_words(pair: tuple[int, int], sentence: Worded) -> bool:
    """Whether a sentence has the two numbers near to each other, but not as a score: "by three goals to one"."""
    numbers = [
        q for q in sentence.quantities if not any(a <= q.start < b for a, b, _ in read_scores(sentence.text))
    ]
    return any(
        (one.spelled, two.spelled) == (True, True)
        and two.start - one.end <= _BETWEEN
        and (
            (pair[0] in one.values and pair[1] in two.values)
            or (pair[1] in one.values and pair[0] in two.values)
        )
        for one, two in pairwise(numbers)
    )


def _winners(stated: Worded, sharing: Sequence[Worded]) -> Iterator[Finding]:
    own = read_contest(stated.text, stated.lang)
    if own is None:
        return
    contrary = []
    for sentence in sharing:
        other = read_contest(sentence.text, sentence.lang)
        if other is None:
            continue
        if _is_reversed(stated.text, own, sentence.text, other):
            if not (_have_same_score(stated, sentence) or sentence.share_of(stated.stems) >= _SAME_GAME):
                continue  # another game of the two
            contrary.append((sentence, (other[1], other[2][1])))
        elif _may_be_same(stated.text, own, sentence.text, other):
            return
    if contrary:
        place = own[1], own[2][1]
        yield wording_finding(stated, "pairing", place, contrary, "the article has it the other way round")


def _have_same_score(one: Worded, two: Worded) -> bool:
    known = {pair for _, _, pair in read_scores(two.text)}
    return any(pair in known or pair[::-1] in known for _, _, pair in read_scores(one.text))


_Contest = tuple[bool, int, tuple[int, int]]


def _is_reversed(one: str, own: _Contest, two: str, other: _Contest) -> bool:
    """Whether two texts tell of the same two sides, and that one of them has won and has lost."""
    opponent, theirs = one[slice(*own[2])], two[slice(*other[2])]
    before, before_theirs = one[: own[2][0]], two[: other[2][0]]
    if own[0] == other[0]:
        # "Kalm beat Lund", "Lund beat Kalm"
        return not _shares(opponent, theirs) and _shares(opponent, before_theirs) and _shares(theirs, before)
    # "Kalm beat Lund", "Kalm lost to Lund"
    sides = [name for name in _names(before) if _shares(name, before_theirs)]
    return _shares(opponent, theirs) and not _shares(opponent, before_theirs) and bool(sides)


def _may_be_same(one: str, own: _Contest, two: str, other: _Contest) -> bool:
    """Whether two texts may tell of one result: the same opponent, or a victory and a defeat with the sides exchanged."""
    opponent, theirs = one[slice(*own[2])], two[slice(*other[2])]
    if own[0] == other[0]:
        return _shares(opponent, theirs)
    return _shares(opponent, two[: other[2][0]]) and _shares(theirs, one[: own[2][0]])


def _names(text: str) -> list[str]:
    if _HAN.search(text):
        return [text]
    return [word for word in _WORD.findall(text) if word[0].isupper()]


def _shares(name: str, text: str) -> bool:
    """Whether a text has a word of a name, or two Chinese characters of it."""
    if _HAN.search(name):
        return any(a + b in text for a, b in pairwise(name))
    words = set(_WORD.findall(text))
    return any(word in words for word in _names(name))
