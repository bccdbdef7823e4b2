"""Search in several articles: exact passages, articles that may have a quotation, sentences that are near a text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from html import unescape

from briefing.grounding import exact_places
from briefing.ranking import SentenceVectors
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import fold, tokens

#: Index of an article, and the sentences in it that share words with a text, with their cosines, the nearest first.
Near = tuple[int, list[tuple[float, Span]]]
#: Articles that are searched for an altered quotation: those with the sentences nearest to it.
_MOST_NEAR = 5


class ArticleIndex:
    """Articles, to be searched.

    Args:
        articles: at least one.
        lang: language of the texts that are searched for.
    """

    def __init__(self, articles: Sequence[Source], lang: str) -> None:
        self.articles = articles
        self._sentences = [(i, span) for i, article in enumerate(articles) for span in article.sentences]
        self._whole = {span.text: (i, span.start) for i, span in reversed(self._sentences)}
        self._vectors = SentenceVectors([span.text for _, span in self._sentences], lang)
        self._folded = [fold(article.text).casefold() for article in articles]

    def passage(self, text: str) -> tuple[int, int] | None:
        """Return the index of the first article that has a text, character by character, and the text's offset there."""
        if text in self._whole:
            return self._whole[text]
        for index, article in enumerate(self.articles):
            if text in article.text and (place := next(exact_places(article.text, text), None)):
                return index, place[0]
        return None

    def may_have(self, quotation: str) -> list[int]:
        """Return the indexes of the articles that `locate` may find a quotation in.

        These are all that have each of its words, as those in which it is verbatim or elided have; and, for an altered
        quotation, some that have sentences near to it.
        """
        wanted = [
            {token.text.casefold() for token in tokens(fold(words)) if token.is_word}
            for words in {quotation, unescape(quotation)}
        ]
        near = {index for index, _ in self.near(quotation)[:_MOST_NEAR]}
        found = (
            index
            for index, text in enumerate(self._folded)
            if index in near or not near or any(all(word in text for word in words) for words in wanted)
        )
        return list(found)

    def near(self, text: str) -> list[Near]:
        """Return the articles that share words with a text, the one with the nearest sentence first."""
        found: defaultdict[int, list[tuple[float, Span]]] = defaultdict(list)
        for number, cosine in self._vectors.greatest_similarities(self._vectors.query(text)).items():
            article, span = self._sentences[number]
            found[article].append((cosine, span))
        for some in found.values():
            some.sort(key=lambda pair: (-pair[0], pair[1].start))
        return sorted(found.items(), key=lambda pair: (-pair[1][0][0], pair[0]))

    def terms(self, text: str) -> set[str]:
        """Return the numbers and the stems of the words of a text that an article has."""
        return set(self._vectors.query(text))


def overlapping(spans: Sequence[Span], start: int, end: int) -> Sequence[Span]:
    """Return those spans, in order and apart from each other, that have a character between two offsets."""
    first = bisect_right(spans, start, key=lambda span: span.end)
    return spans[first : bisect_left(spans, end, key=lambda span: span.start)]
