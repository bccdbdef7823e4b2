"""TF-IDF vectors of sentences, their centrality and their similarity.

Centrality is the cosine of a sentence and the sum of all sentences, each of length one: the degree centrality of Erkan and
Radev (LexRank, 2004) without a threshold, in linear time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from heapq import nlargest
from math import log, sqrt

import regex

from briefing.quotations import cues_for
from briefing.text import UNSPACED

#: Words are compared by this many letters, so that most inflected forms of a word are equal.
_STEM_LENGTH = 6
#: Fewer words may be in another sentence by chance.
_LEAST_CONTAINED = 4
#: Occurrences of a vector's words that are read, and sentences that are returned, where there are more.
_MOST_READ, _MOST_FOUND = 2000, 200
# A run of characters without spaces, or a word.
_TERM = regex.compile(
    rf"[{UNSPACED}][{UNSPACED}\p{{M}}]*|[\p{{L}}\p{{N}}](?:(?![{UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}])*"
)
_UNSPACED_RUN = regex.compile(f"[{UNSPACED}]")
_HIRAGANA = regex.compile(r"\p{Hiragana}+")

Vector = dict[str, float]


def terms(text: str, lang: str) -> list[str]:
    """The content words of a text, cut to stems; pairs of characters in scripts without spaces."""
    return [word[:_STEM_LENGTH] for word in content_words(text, lang)]


def content_words(text: str, lang: str) -> list[str]:
    """Return the content words of a text, case-folded; pairs of characters in scripts without spaces."""
    cues = cues_for(lang)
    stopwords = cues.function_words | cues.oblique_articles
    found: list[str] = []
    for word in _TERM.findall(text.casefold()):
        if not word.isascii() and _UNSPACED_RUN.match(word):
            pairs = (word[i : i + 2] for i in range(max(1, len(word) - 1)))
            found += [pair for pair in pairs if not _HIRAGANA.fullmatch(pair)]
        elif word not in stopwords and (len(word) > 1 or word.isnumeric()):
            found.append(word)
    return found


class SentenceVectors:
    """The sentences of a text as TF-IDF vectors of length one."""

    def __init__(self, sentences: Sequence[str], lang: str) -> None:
        self._lang = lang
        counts = [Counter(terms(sentence, lang)) for sentence in sentences]
        self._df: Counter[str] = Counter()
        for count in counts:
            self._df.update(count.keys())
        self._total = len(sentences)
        #: Their lengths before they were made one.
        self._lengths: list[float] = []
        self.vectors: list[Vector] = []
        for count in counts:
            vector, length = self._vector(count)
            self.vectors.append(vector)
            self._lengths.append(length)
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for index, vector in enumerate(self.vectors):
            for term in vector:
                self._places[term].append(index)

    def _vector(self, count: Counter[str]) -> tuple[Vector, float]:
        weights = {
            term: (1 + log(n)) * log(1 + self._total / self._df[term])
            for term, n in count.items()
            if self._df[term]
        }
        norm = sqrt(sum(weight * weight for weight in weights.values()))
        return ({term: weight / norm for term, weight in weights.items()} if norm else {}), norm

    def query(self, text: str) -> Vector:
        """Return the vector of a text of one's own; words that no sentence has are left out."""
        return self._vector(Counter(terms(text, self._lang)))[0]

    def centrality(self, indices: Sequence[int]) -> list[float]:
        """Cosine of each of these sentences and their sum, relative to the greatest one."""
        total: defaultdict[str, float] = defaultdict(float)
        for index in indices:
            for term, weight in self.vectors[index].items():
                total[term] += weight
        norm = sqrt(sum(weight * weight for weight in total.values())) or 1.0
        found = [sum(w * total[t] for t, w in self.vectors[i].items()) / norm for i in indices]
        greatest = max(found, default=0.0) or 1.0
        return [value / greatest for value in found]

    def similarities(self, vector: Vector) -> dict[int, float]:
        """Cosine of a vector and each sentence that shares a word with it."""
        found: defaultdict[int, float] = defaultdict(float)
        for term, weight in vector.items():
            for index in self._places[term]:
                found[index] += weight * self.vectors[index][term]
        return found

    def greatest_similarities(self, vector: Vector) -> dict[int, float]:
        """As `similarities`, in a time that does not grow with the number of sentences.

        If many sentences share words with the vector, only those are looked at that share its rarest words.
        """
        if sum(len(self._places[term]) for term in vector) <= _MOST_READ:
            return self.similarities(vector)
        found: defaultdict[int, float] = defaultdict(float)
        rarest, left = sorted(vector, key=lambda term: len(self._places[term])), _MOST_READ
        while len(self._places[rarest[0]]) <= left:  # not all of them are read
            term = rarest.pop(0)
            for index in self._places[term]:
                found[index] += vector[term] * self.vectors[index][term]
            left -= len(self._places[term])
        for index in self._places[rarest[0]][:left]:
            found.setdefault(index, 0.0)
        best = nlargest(_MOST_FOUND, found, key=found.__getitem__)
        return {i: found[i] + sum(vector[t] * self.vectors[i].get(t, 0.0) for t in rarest) for i in best}

    def containment(self, one: int, other: int, cosine: float) -> float:
        """How much of the shorter of two sentences the longer one has, by weight; 0 if the shorter one has few words."""
        short, long = sorted((one, other), key=lambda index: self._lengths[index])
        if len(self.vectors[short]) < _LEAST_CONTAINED:
            return 0.0
        return cosine * self._lengths[long] / self._lengths[short]
