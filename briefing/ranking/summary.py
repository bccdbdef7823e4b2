"""Extractive summary: the sentences of an article that tell best what it is about.

Sentences are ranked by centrality (Erkan and Radev 2004), by position (news begins with its point), by their words in
common with the title and with what the reader asks for, and by whether they can be understood alone. They are chosen one
by one, with a penalty for what is said already: maximal marginal relevance (Carbonell and Goldstein 1998). The weights were
fitted with `benchmarks/extractive.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import regex

from briefing.ranking.antecedents import opening_antecedent
from briefing.ranking.centrality import SentenceVectors
from briefing.ranking.openings import read_opening
from briefing.ranking.page_lines import is_captionlike, read_lines, words
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import ABBREVIATED_TITLES, CLOSING_MARKS, DENSE_CHARACTER, has_letter

# Weights of the signals; centrality and all others are at most 1.
_CENTRALITY, _LEAD, _TITLE, _FOCUS, _PREFERRED = 1.0, 1.0, 0.3, 2.0, 0.15
#: Weight of the similarity to the sentences chosen before.
_REDUNDANCY = 0.2
#: Two sentences with this cosine say the same.
_SAME = 0.6
#: After so many chosen sentences, repetition is not looked for any more, to keep the time linear.
_MOST_COMPARED = 100
#: A sentence has at least and at most so many words.
_SHORT, _LONG = 8, 60
_ENDS_CUT = regex.compile(
    rf"(?:(?<![\p{{L}}\p{{N}}])(?:{ABBREVIATED_TITLES}|M|Mm|St|Nr|No|Dr|Hrn?|Fr|vs|bzw|ca|Jr|Inc|г|им|ул|д-р|проф|стр)"
    r"|(?<![\p{L}\p{N}.])\p{Lu})\.$"
)
_LOWER_START = regex.compile(r"[^\p{L}\p{N}]*\p{Ll}")
_QUESTION = regex.compile(rf"[?؟？][{CLOSING_MARKS}]*$")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence that may be chosen."""

    index: int
    score: float
    """Without regard to the other sentences chosen."""
    needs_previous: bool
    """Opens with a word that stands for something in the sentence before."""


def extract_summary(
    source: Source, *, count: int, focus: str | None = None, preferred: Collection[int] = ()
) -> list[Span]:
    """Choose the sentences of an article that tell what it is about.

    Args:
        source: the article.
        count: `int`, number of sentences, at least 1.
        focus: `str`, what the reader wants to know, in the article's language; sentences with its words come first.
            Default `None`: what the article is about.
        preferred: numbers of sentences, from 1, that somebody else suggests, such as a model; they get a small bonus.

    Returns:
        Elements of `source.sentences`, in the article's order: `count` of them, or fewer if the others are headings,
        bylines, captions and the like, or repetitions. At least one, if the article has any.
    """
    sentences = source.sentences
    if not sentences:
        return []
    candidates, vectors = _rank(source, focus, preferred)
    return [sentences[index] for index in sorted(_choose(candidates, vectors, max(count, 1)))]


def rank(source: Source, focus: str | None = None) -> list[tuple[float, int]]:
    """Scores and indices of the usable sentences, best first, each for itself."""
    candidates, _ = _rank(source, focus, ())
    return sorted(
        ((c.score * (_POINTS_BACK if c.needs_previous else 1), c.index) for c in candidates),
        key=lambda pair: (-pair[0], pair[1]),
    )


#: Factors of sentences that do not stand well alone.
_POINTS_BACK = 0.6
_JOINED = 0.85
_CUT = 0.2
_NO_END_MARK = 0.5
_TOO_SHORT, _TOO_LONG = 0.5, 0.7
_QUESTION_FACTOR = 0.6
_CAPTION = 0.6
_MOSTLY_QUOTED, _BARE_QUOTE, _PART_OF_QUOTE = 0.8, 0.4, 0.6


def _rank(
    source: Source, focus: str | None, preferred: Collection[int]
) -> tuple[list[_Candidate], SentenceVectors]:
    sentences = source.sentences
    lines = read_lines(source)
    usable = [index for index, line in enumerate(lines) if line.is_prose]
    if not usable:
        usable = [i for i, sentence in enumerate(sentences) if has_letter(sentence.text)] or [0]
    vectors = SentenceVectors([sentence.text for sentence in sentences], source.lang)
    centrality = vectors.centrality(usable)
    title = _relative(vectors.similarities(vectors.query(source.title))) if source.title else {}
    asked = _relative(vectors.similarities(vectors.query(focus))) if focus else {}
    wanted = frozenset(preferred)
    quoted = _quoted_lengths(source)
    candidates: list[_Candidate] = []
    for place, index in enumerate(usable):
        sentence = sentences[index]
        lead = 1 / (1 + place)
        score = (
            _CENTRALITY * centrality[place]
            + _LEAD * lead * (0.3 if asked else 1)
            + _TITLE * title.get(index, 0.0)
            + _FOCUS * asked.get(index, 0.0)
            + _PREFERRED * (index + 1 in wanted)
        )
        opening = read_opening(sentence.text, source.lang)
        needs = opening.points_back and opening_antecedent(sentence, source) is None
        score *= _standing(source, index, quoted[index]) * (1 if lines[index].is_marked else _NO_END_MARK)
        score *= _JOINED if opening.connective or opening.points_back else 1
        candidates.append(_Candidate(index, score, needs))
    return candidates, vectors


def _standing(source: Source, index: int, quoted: tuple[int, bool]) -> float:
    """Factor for how well a sentence stands alone, its opening apart."""
    sentences = source.sentences
    text = sentences[index].text
    factor = 1.0
    length = max(len(words(text)), len(DENSE_CHARACTER.findall(text)) // 2)
    if length < _SHORT:
        factor *= _TOO_SHORT
    elif length > _LONG:
        factor *= _TOO_LONG
    follower = sentences[index + 1].text if index + 1 < len(sentences) else ""
    if _LOWER_START.match(text) or _ENDS_CUT.search(text) or _is_continued(source, index, follower):
        factor *= _CUT
    if _QUESTION.search(text):
        factor *= _QUESTION_FACTOR
    if is_captionlike(text):
        factor *= _CAPTION
    covered, is_part = quoted
    if covered >= 0.85 * len(text):
        factor *= _BARE_QUOTE
    elif is_part:
        factor *= _PART_OF_QUOTE
    elif covered >= 0.5 * len(text):
        factor *= _MOSTLY_QUOTED
    return factor


def _is_continued(source: Source, index: int, follower: str) -> bool:
    """Whether the next sentence of the same line begins in lower case: the segmentation cut this one."""
    if not follower or not _LOWER_START.match(follower):
        return False
    between = source.text[source.sentences[index].end : source.sentences[index + 1].start]
    return "\n" not in between and source.sentences[index].text[-1:] == "."


def _quoted_lengths(source: Source) -> list[tuple[int, bool]]:
    """Of each sentence, the number of its characters in quotations, and whether one of them goes beyond it."""
    spans = sorted((s.start, s.end) for q in source.quotations for s in q.spans)
    found: list[tuple[int, bool]] = []
    first = 0
    for sentence in source.sentences:
        while first < len(spans) and spans[first][1] <= sentence.start:
            first += 1
        covered, is_part = 0, False
        for start, end in spans[first:]:
            if start >= sentence.end:
                break
            covered += min(end, sentence.end) - max(start, sentence.start)
            is_part = is_part or start < sentence.start or end > sentence.end
        found.append((covered, is_part))
    return found


def _choose(candidates: Sequence[_Candidate], vectors: SentenceVectors, count: int) -> list[int]:
    """Choose by maximal marginal relevance."""
    chosen: list[int] = []
    open_ = {candidate.index: candidate for candidate in candidates}
    greatest: dict[int, float] = {}  # similarity to the nearest chosen sentence
    while open_ and len(chosen) < min(count, _MOST_COMPARED):
        taken = set(chosen)
        best = max(
            open_.values(),
            key=lambda c: (
                c.score * (_POINTS_BACK if c.needs_previous and c.index - 1 not in taken else 1)
                - _REDUNDANCY * greatest.get(c.index, 0.0),
                -c.index,
            ),
        )
        del open_[best.index]
        chosen.append(best.index)
        for index, similarity in vectors.similarities(vectors.vectors[best.index]).items():
            if index in open_:
                greatest[index] = max(greatest.get(index, 0.0), similarity)
                if similarity >= _SAME:
                    del open_[index]
    rest = sorted(open_.values(), key=lambda c: (-c.score, c.index))
    return chosen + [candidate.index for candidate in rest[: max(0, count - len(chosen))]]


def _relative(similarities: dict[int, float]) -> dict[int, float]:
    greatest = max(similarities.values(), default=0.0)
    return {index: value / greatest for index, value in similarities.items()} if greatest else {}
