"""Extractive headline: the article's title, a title line of its text, or its best sentence."""

from __future__ import annotations

from briefing.ranking.centrality import terms
from briefing.ranking.page_lines import title_lines, words
from briefing.ranking.summary import rank
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import DENSE_CHARACTER

#: Share of the title's content words that the text has, if it is the title of this text.
_SHARED = 0.6
#: A sentence is no headline from this many words on.
_LONGEST = 30


def extract_headline(source: Source, *, focus: str | None = None) -> tuple[str, Span | None]:
    """Choose a headline among the texts that an article has.

    Args:
        source: the article.
        focus: `str`, what the reader wants to know; counts if the article has no title. Default `None`.

    Returns:
        The headline, never empty, and its place in the article. The place is `None` if it is `source.title` and the text
        does not contain it. It is the title if the text has most of its content words; else the first line of the text that
        looks like a title; else the best sentence of a headline's length.
    """
    title = source.title
    if title and _is_about(title, source):
        place = source.text.find(title)
        return title, Span.of(source.text, place, place + len(title)) if place >= 0 else None
    sentences = source.sentences
    candidates = title_lines(source, sentences)
    if candidates:
        line = sentences[candidates[0]]
        return line.text, line
    best = [sentences[index] for _, index in rank(source, focus)]
    sentence = next((s for s in best if _length(s.text) <= _LONGEST), best[0])
    return sentence.text, sentence


def _is_about(title: str, source: Source) -> bool:
    wanted = set(terms(title, source.lang))
    return bool(wanted) and len(wanted.intersection(terms(source.text, source.lang))) >= _SHARED * len(wanted)


def _length(text: str) -> int:
    return max(len(words(text)), len(DENSE_CHARACTER.findall(text)) // 2)
