"""Extractive summary: the sentences of an article that tell best what it is about.

Sentences are ranked by centrality (Erkan and Radev 2004), by position (news begins with its point), by their words in
common with the title and with what the reader asks for, and by whether they can be understood alone. They are chosen one
by one, with a penalty for what is said already: maximal marginal relevance (Carbonell and Goldstein 1998). The weights were
fitted with `benchmarks/extractive.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate, islice
from typing import NamedTuple

from briefing.ranking.antecedents import opening_antecedent
from briefing.ranking.centrality import SentenceVectors
from briefing.ranking.page_lines import has_dateline, read_lines, title_lines, words
from briefing.ranking.standing import Standing, length_in_words, read_standing
from briefing.sources import Source, cached_in_source
from briefing.spans import Span
from briefing.text import has_letter

# Weights of the signals; each signal is at most 1.
_CENTRALITY, _LEAD, _TITLE, _FOCUS, _PREFERRED = 1.0, 4.0, 0.3, 3.0, 0.5
#: The first sentences, whose centrality says whether the article begins with its point.
_OPENING = 3
#: A sentence of so few words takes no place among the first.
_FEW_WORDS = 2
#: Factor of the lead if a focus is given.
_LEAD_WITH_FOCUS = 0.1
#: Weight of the similarity to the sentences chosen before.
_REDUNDANCY = 0.6
#: Two sentences with this cosine say the same, and so do two of which one has this share of the other.
_SAME, _CONTAINED = 0.5, 0.7
#: Factor of a sentence without an end mark, where others have one.
_NO_END_MARK = 0.5
#: Factors of a sentence whose pronoun, or whose short name, is explained by no chosen sentence.
_LEFT_BEHIND, _NAME_LEFT_BEHIND = 0.5, 0.75
#: The best sentences, among which the choice is made with regard to each other; so the time stays linear.
_MOST_COMPARED = 200


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence that may be chosen, with its score for itself."""

    index: int
    score: float
    standing: Standing


class _Signals(NamedTuple):
    """What the score of a sentence is made of, but for how it stands alone, and whatever is asked for."""

    titles: list[str]
    """Lines of the text that look like its title."""
    heading: str | None
    """The title of the article, or else the first of these lines: readers see it as the headline."""
    vectors: SentenceVectors
    usable: list[int]
    """Indices of the sentences that may be chosen; the lists below are theirs."""
    marked: list[bool]
    centrality: list[float]
    title: list[float]
    """Similarity to the heading."""
    from_lead: list[int]


def extract_summary(
    source: Source,
    *,
    count: int,
    focus: str | None = None,
    preferred: Collection[int] = (),
    lead: bool = True,
) -> list[Span]:
    """Choose the sentences of an article that tell what it is about.

    Args:
        source: the article.
        count: `int`, number of sentences, at least 1.
        focus: `str`, what the reader wants to know, in the article's language; sentences with its words come first.
            Default `None`: what the article is about.
        preferred: numbers of sentences, from 1, that somebody else suggests, such as a model; they get a small bonus.
        lead: whether the article may begin with its point, as news does and a book does not. Default `True`.

    Returns:
        Elements of `source.sentences`, in the article's order: `count` of them, or fewer if the others are headings,
        bylines, captions and the like, or repetitions. At least one, if the article has any.
    """
    sentences = source.sentences
    if not sentences:
        return []
    candidates = _ranked(source, focus, preferred, lead=lead)
    return [sentences[index] for index in sorted(_choose(source, candidates, max(count, 1)))]


def rank(source: Source, focus: str | None = None) -> Iterator[int]:
    """Yield the indices of the usable sentences, best first, each for itself. There is one, if there is any sentence."""
    return (candidate.index for candidate in _ranked(source, focus, (), lead=True))


@cached_in_source
def sentence_signals(source: Source) -> _Signals:
    """Return what the sentences of an article are ranked by."""
    sentences = source.sentences
    lines = read_lines(source)
    usable = [index for index, line in enumerate(lines) if line.is_prose]
    if not usable:
        usable = [i for i, sentence in enumerate(sentences) if has_letter(sentence.text)] or [0]
    vectors = SentenceVectors([sentence.text for sentence in sentences], source.lang)
    titles = title_lines(source, lines)
    heading = source.title or next(iter(titles), None)
    title = _relative(vectors.similarities(vectors.query(heading))) if heading else {}
    return _Signals(
        titles=titles,
        heading=heading,
        vectors=vectors,
        usable=usable,
        marked=[lines[index].is_marked for index in usable],
        centrality=vectors.centrality(usable),
        title=[title.get(index, 0.0) for index in usable],
        from_lead=_places(source, usable),
    )


def _ranked(
    source: Source, focus: str | None, preferred: Collection[int], *, lead: bool
) -> Iterator[_Candidate]:
    """The usable sentences, best first, each for itself.

    How a sentence stands alone can only lower its score, and is read of those alone that may be the next one.
    """
    signals = sentence_signals(source)
    vectors = signals.vectors
    asked = _relative(vectors.similarities(vectors.query(focus))) if focus else {}
    opening = _LEAD * _begins_with_its_point(signals.centrality) * (_LEAD_WITH_FOCUS if asked else 1) * lead
    wanted = frozenset(preferred)
    most = []
    for place, index in enumerate(signals.usable):
        from_lead = signals.from_lead[place]
        score = (
            _CENTRALITY * signals.centrality[place]
            + (opening / (1 + from_lead) if from_lead >= 0 else 0.0)
            + _TITLE * signals.title[place]
            + _FOCUS * asked.get(index, 0.0)
            + _PREFERRED * (index + 1 in wanted)
        )
        most.append((-score, index, place))
    found: list[tuple[float, int, _Candidate]] = []
    for bound, index, place in sorted(most):
        while found and found[0][:2] < (bound, index):
            yield heappop(found)[2]
        [standing] = read_standing(source, [index])
        score = -bound * standing.factor * (1 if signals.marked[place] else _NO_END_MARK)
        left_behind = standing.points_back and index > 0
        alone = score * (_LEFT_BEHIND if left_behind else 1)
        heappush(found, (-alone, index, _Candidate(index, score, standing)))
    while found:
        yield heappop(found)[2]


def _choose(source: Source, candidates: Iterator[_Candidate], count: int) -> list[int]:
    """Choose by maximal marginal relevance; a sentence that needs another one gains when that one is chosen."""
    signals = sentence_signals(source)
    vectors = signals.vectors
    compared = list(islice(candidates, _MOST_COMPARED))
    # Next to a chosen sentence, one that points back to it may be understood.
    open_ = {candidate.index: candidate for candidate in compared}
    resolved = {
        c.index
        for c in compared
        if c.standing.points_back and opening_antecedent(source.sentences[c.index], source) is not None
    }
    explained = set(words(signals.heading or ""))
    nearest: dict[int, float] = {}  # similarity to the nearest chosen sentence
    chosen: set[int] = set()

    def value(candidate: _Candidate) -> tuple[float, int]:
        index, standing = candidate.index, candidate.standing
        score = candidate.score
        if standing.points_back and index - 1 not in chosen and index not in resolved:
            score *= _LEFT_BEHIND
        if not standing.names <= explained:
            score *= _NAME_LEFT_BEHIND
        return score - _REDUNDANCY * nearest.get(index, 0.0), -index

    while open_ and len(chosen) < count:
        best = max(open_.values(), key=value).index
        del open_[best]
        chosen.add(best)
        explained.update(words(source.sentences[best].text))
        for index, similarity in vectors.similarities(vectors.vectors[best]).items():
            if index in open_:
                nearest[index] = max(nearest.get(index, 0.0), similarity)
                if similarity >= _SAME or vectors.containment(best, index, similarity) >= _CONTAINED:
                    del open_[index]
    return [*chosen, *(candidate.index for candidate in islice(candidates, count - len(chosen)))]


def _places(source: Source, usable: Sequence[int]) -> list[int]:
    """How far each sentence is from the one that the news begins with; less than 0 before that.

    The news begins with the sentence that has a dateline in it, if that is in the first half, else with the first one.
    A sentence of a word or two, such as the name of a town, takes no place.
    """
    texts = [source.sentences[index].text for index in usable]
    early = enumerate(texts[: (len(texts) + 1) // 2])
    begins = next((place for place, text in early if has_dateline(text)), 0)
    counted = [length_in_words(text) > _FEW_WORDS for text in texts]
    before = list(accumulate(counted, initial=0))
    return [before[place] - before[begins] if place >= begins else -1 for place in range(len(texts))]


def _begins_with_its_point(centrality: Sequence[float]) -> float:
    """How central the first sentences are, compared with the most central ones: 1 for the inverted pyramid of news."""
    first, best = centrality[:_OPENING], sorted(centrality, reverse=True)[:_OPENING]
    return sum(first) / (sum(best) or 1.0)


def _relative(similarities: dict[int, float]) -> dict[int, float]:
    greatest = max(similarities.values(), default=0.0)
    return {index: value / greatest for index, value in similarities.items()} if greatest else {}
