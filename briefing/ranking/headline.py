"""Extractive headline: the article's title, a title line of its text, or its best sentence."""

from __future__ import annotations

from itertools import chain

import regex

from briefing.ranking.centrality import terms
from briefing.ranking.openings import read_opening
from briefing.ranking.page_lines import is_captionlike, words
from briefing.ranking.standing import is_personal, length_in_words, points_back
from briefing.ranking.summary import extract_summary, rank, sentence_signals
from briefing.sources import Source
from briefing.spans import Span

#: Share of the title's content words that the text has, if it is the title of this text and not of a site.
_SHARED = 0.33
#: From so many words on, a title is more than a name.
_PHRASE = 4
_SEPARATORS = " |–—-·•»:"
_SEPARATOR = regex.compile(r"\s+[|–—\-·•»]\s+")
#: A sentence is no headline from this many words on.
_LONGEST = 70
#: Sentences of the summary that may be one.
_MOST_CHOSEN = 3
#: A dash or bullet before a sentence is not part of its headline.
_BULLET = regex.compile(r"[\-–—•*·]+\s+(?=\S)")


def extract_headline(
    source: Source, *, focus: str | None = None, preferred: Span | None = None
) -> tuple[str, Span | None]:
    """Choose a headline among the texts that an article has.

    Args:
        source: the article.
        focus: `str`, what the reader wants to know; counts if the article has no title. Default `None`.
        preferred: the sentence to choose if the article has no title, such as a model's choice. Default `None`.

    Returns:
        The headline, never empty, and its place in the article. The place is `None` if it is the title and the text
        does not contain it. It is `source.title`, without the name of the site, if the text has its words; else the first
        line of the text that looks like a title; else `preferred`; else the first sentence of the summary that stands
        alone.
    """
    title = _own_part(source.title, source) if source.title else None
    if title and _is_about(title, source):
        place = source.text.find(title)
        return title, Span.of(source.text, place, place + len(title)) if place >= 0 else None
    sentences = source.sentences
    for text in sentence_signals(source).titles:
        line = next(sentence for sentence in sentences if sentence.text == text)
        return text, line
    if preferred is not None:
        return preferred.text, preferred
    best = next(rank(source, focus))
    chosen = chain(
        extract_summary(source, count=_MOST_CHOSEN, focus=focus),
        (sentences[index] for index in rank(source, focus)),
    )
    sentence = next((s for s in chosen if _stands_alone(s, source)), sentences[best])
    bullet = _BULLET.match(sentence.text)
    if bullet is not None:
        sentence = Span.of(source.text, sentence.start + bullet.end(), sentence.end)
    return sentence.text, sentence


def _stands_alone(sentence: Span, source: Source) -> bool:
    """Whether a sentence may be a headline: not too long, no caption, not joined to another one, not a writer's own word."""
    text, lang = sentence.text, source.lang
    if is_personal(text) or is_captionlike(text, lang) or length_in_words(text) > _LONGEST:
        return False
    return not read_opening(text, lang).connective and not points_back(text, lang)


def _own_part(title: str, source: Source) -> str:
    """The title without the name of the site behind it ("Bakery closes | Northern Herald")."""
    *_, last = _SEPARATOR.split(title)
    if last != title and len(last) < len(title) / 2 and not _is_about(last, source):
        return _without_end(title, last)
    return title


def is_title(headline: str, title: str) -> bool:
    """Whether a headline is a title, or a title without the name of a site behind it."""
    *_, last = _SEPARATOR.split(title)
    return bool(headline) and headline in (title, _without_end(title, last))


def _without_end(title: str, last: str) -> str:
    return title[: title.rindex(last)].rstrip(_SEPARATORS)


def _is_about(title: str, source: Source) -> bool:
    """Whether a title is that of the text: they share words, which a site's name, of a few words, hardly does."""
    wanted = {term for term in terms(title, source.lang) if not term.isnumeric()}
    enough = max(_SHARED * len(wanted), 1 if len(words(title)) >= _PHRASE else min(2, len(wanted)))
    folded = source.text.casefold()
    # A term is a part of its text, so that those of a long text need not be read to say no.
    if not wanted or sum(term in folded for term in wanted) < enough:
        return False
    shared: set[str] = set()
    for line in source.text.split("\n"):
        shared |= wanted.intersection(terms(line, source.lang))
        if len(shared) >= enough:
            return True
    return False
