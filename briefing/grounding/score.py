"""How likely people would call a written statement true, from its text, its evidence and the article, without a model.

Small models copy: what they copy is mostly true, what they put together from several places is often false. Three measures of
copying go into a logistic regression that was fitted on judged statements (`benchmarks/fit_score.py`; docs/EVALUATION.md has how
far it holds), which makes them a probability (Platt, "Probabilistic outputs for support vector machines", 1999):

- The longest common subsequence of words that each sentence of the statement has with any one sentence of the article, over its
  length: ROUGE-L's precision (Lin, "ROUGE: a package for automatic evaluation of summaries", 2004).
- The share of its words that the article has.
- The share of its pairs of adjacent words that its evidence has: the complement of "novel bigrams" (See et al., "Get to the
  point", 2017).

It tells nothing about the statements of people and of strong models, who say true things in words of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import regex
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import extractOne

from briefing.sources import Source, cached_in_source
from briefing.spans import Span
from briefing.text import UNSPACED, plain, read_sentences

#: A statement with a lower score is doubted. Of those of held-out articles, 21 of 24 false ones are below, 14 of 112 true ones.
LEAST_SCORE = 0.75

# Printed by `benchmarks/fit_score.py`.
_CONSTANT = -19.33
_WEIGHTS = (2.69, 17.69, 1.72)

# A word or number; of scripts without spaces, a character.
_WORD = regex.compile(
    rf"[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+(?:[.,]\p{{N}}+)*", regex.VERSION1
)
#: Only so much of a statement is read.
_MOST_CHARACTERS = 2000
#: Codes of words: none for words that the article lacks, others for the first words of an article, the last for all further ones.
_UNKNOWN, _LAST_CODE = "\0", 0x10FFFF


class Copying(NamedTuple):
    """How much of a statement is copied; each from 0 to 1."""

    subsequence: float
    """Of each sentence, the longest common subsequence of words with any one sentence of the article, over all words."""
    words: float
    """The share of its words that the article has."""
    pairs: float
    """The share of its pairs of adjacent words that the evidence has."""


class _Coded:
    """An article with each word as one character, so that sentences are compared as short texts."""

    def __init__(self, source: Source) -> None:
        self._codes: dict[str, str] = {}
        self.by_start: dict[int, str] = {s.start: self._learn(s.text) for s in source.sentences}
        self.sentences = list(dict.fromkeys(self.by_start.values()))

    def _learn(self, text: str) -> str:
        codes = self._codes
        return "".join(codes.setdefault(word, chr(min(len(codes) + 1, _LAST_CODE))) for word in _words(text))

    def code(self, text: str) -> str:
        """Return a text as the article's words are coded."""
        return "".join(self._codes.get(word, _UNKNOWN) for word in _words(text))


@cached_in_source
def _coded(source: Source) -> _Coded:
    return _Coded(source)


def _words(text: str) -> list[str]:
    found: list[str] = _WORD.findall(plain(text).lower())
    return found


def _pairs(coded: Iterable[str]) -> Iterator[tuple[str, str]]:
    for text in coded:
        yield from pairwise(text)


def measure_copying(text: str, evidence: Sequence[Span], source: Source) -> Copying:
    """Return how much of a statement is copied from the article, and from the sentences that it cites."""
    article = _coded(source)
    parts = [article.code(span.text) for span in read_sentences(text[:_MOST_CHARACTERS], source.lang)]
    length = sum(map(len, parts))
    if not length:
        return Copying(0.0, 0.0, 0.0)
    common = sum(_longest_common(part, article.sentences) for part in parts)
    known = length - sum(part.count(_UNKNOWN) for part in parts)
    cited = set(_pairs(article.by_start.get(span.start) or article.code(span.text) for span in evidence))
    pairs = list(_pairs(parts))
    shared = sum(pair in cited and _UNKNOWN not in pair for pair in pairs)
    return Copying(common / length, known / length, shared / len(pairs) if pairs else 0.0)


def _longest_common(part: str, sentences: list[str]) -> int:
    known = part.replace(_UNKNOWN, "")
    best = extractOne(known, sentences, scorer=LCSseq.similarity) if known else None
    return int(best[1]) if best else 0


def score_statement(text: str, evidence: Sequence[Span], source: Source) -> float:
    """Return how likely people would call a statement of a small model true: from 0 to 1.

    Args:
        text: the statement, in the article's language.
        evidence: the sentences that it cites.
        source: the article.
    """
    copying = measure_copying(text, evidence, source)
    odds = _CONSTANT + sum(weight * value for weight, value in zip(_WEIGHTS, copying, strict=True))
    return round(1 / (1 + math.exp(-odds)), 3)
