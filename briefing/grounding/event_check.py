"""Names and days of another event: kinds "name", "speaker" and "time", and whether a sentence tells of a statement's event at all.

A name or day that stands somewhere in the article does not make a statement true: "Priya Venn first photographed the crack" where the
article says that of Martin Sallis. If the sentences that tell the same have another person's name, or another day or month, and not
the statement's, that is a finding. Names of two words are compared in languages with capitals (English, French, Spanish, Russian and
others; not German, whose nouns look like names, nor Chinese, Japanese, Arabic); who reports something, in German, too; days and months in
all languages of `briefing.text.dates`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from briefing.grounding.comparison import Worded, near_sentences, source_spans
from briefing.grounding.evidence import Backing
from briefing.grounding.findings import Finding
from briefing.quotations import cues_for, is_pronoun
from briefing.text import NamedDate, may_be_same_name

#: Share of the statement's other content words that a sentence has, for its name or day to be the right one.
_SAME_EVENT = 0.6
_NAME = r"\p{Lu}(?:\p{L}|['’]\p{Lu})[\p{L}'’\-]*"
_PERSON = regex.compile(rf"{_NAME}(?:\s\p{{Lu}}\.)?(?:\s{_NAME})+")
#: The same for a cited sentence that names somebody else to be about the statement's event.
_ABOUT_SAME = 0.5
#: The same where the names are not both among the first words.
_COPY = 0.8
#: Characters before a name that may be the subject.
_FIRST_WORDS = 30
_MARKS = '"“”„«»「『'
_PRONOUN = regex.compile(r"\p{L}+")


def check_events(
    stated: Worded, sentences: Sequence[Worded], copied: Worded | None = None
) -> Iterator[Finding]:
    """Yield a finding for each name or day that the sentences which tell the same have not, and have another for.

    Args:
        stated: the statement.
        sentences: the sentences of the article.
        copied: one that has the statement's words in a row, and with them its names.
    """
    yield from _times(stated, sentences)
    if copied is None:
        yield from _speakers(stated, sentences)
    yield from _names(stated, sentences, copied)


def _speakers(stated: Worded, sentences: Sequence[Worded]) -> Iterator[Finding]:
    """Find a report that the sentences which tell the same give to somebody else, by name."""
    if any(mark in stated.text for mark in _MARKS):
        return  # whose a quotation is, `quotation_check` tells
    own = stated.speakers
    if len(own) != 1 or not _is_name(own[0][0], stated.lang):
        return
    name, start, end = own[0]
    stems, found = stated.stems_in(start, end), []
    surname = name.split()[-1].casefold()
    for sentence in _telling(stated, sentences, stems):
        if surname in sentence.text.casefold():
            return
        others = [other for other, _, _ in sentence.speakers]
        if not others or not all(_is_name(other, stated.lang) for other in others):
            return
        if any(may_be_same_name(name, other, stated.lang) for other in others):
            return
        places = [(a, b) for _, a, b in sentence.speakers if a >= 0] or [(0, len(sentence.text))]
        found.append((sentence, places[0], others[0]))
    if found:
        yield Finding(
            kind="speaker",
            text=name,
            start=start,
            end=end,
            source=source_spans((sentence, place) for sentence, place, _ in found),
            message=f"the article gives it to somebody else: {found[0][2]}",
        )


def _is_name(speaker: str, lang: str) -> bool:
    """Whether a speaker is named, and not described or a pronoun."""
    if not speaker or not speaker[0].isupper() or is_pronoun(speaker, lang):
        return False
    return speaker.split(maxsplit=1)[0].casefold() not in cues_for(lang).articles


def _times(stated: Worded, sentences: Sequence[Worded]) -> Iterator[Finding]:
    for date in stated.dates:
        own = stated.stems_in(date.start, date.end)
        near = _telling(stated, sentences, own, short=True)
        found = []
        for sentence in near:
            others = [other for other in sentence.dates if _granularity(other) == _granularity(date)]
            if not others or any(_may_be_same(date, other) for other in sentence.dates):
                break
            if any(_may_be_same(own_date, other) for own_date in stated.dates for other in others):
                break
            found.append((sentence, (others[0].start, others[0].end)))
        else:
            if found:
                source = source_spans(found)
                yield Finding(
                    kind="time",
                    text=date.text,
                    start=date.start,
                    end=date.end,
                    source=source,
                    message=f"the article gives another time for it: {source[0].text if source else ''}",
                )


def _telling(
    stated: Worded, sentences: Sequence[Worded], own: set[str], *, short: bool = False
) -> list[Worded]:
    """The sentences that tell the same, but for the name or day whose stems are `own`; `short` as for `near_sentences`."""
    rest = stated.stems - own
    near = near_sentences(stated, sentences, without=own, short=short)
    return [s for s in near if s.share_of(rest) >= _SAME_EVENT]


def _granularity(date: NamedDate) -> str:
    return (
        "weekday" if date.weekday is not None else "day" if any(day for _, day in date.readings) else "month"
    )


def _may_be_same(one: NamedDate, other: NamedDate) -> bool:
    """Whether two dates may mean one day; a month agrees with each of its days, a weekday only with itself."""
    if one.weekday is not None or other.weekday is not None:
        return one.weekday == other.weekday
    return any(
        month == another and (day == that or not day or not that)
        for month, day in one.readings
        for another, that in other.readings
    )


def _names(stated: Worded, sentences: Sequence[Worded], copied: Worded | None) -> Iterator[Finding]:
    function_words, prepositions = cues_for(stated.lang).function_words, cues_for(stated.lang).prepositions
    for match in _PERSON.finditer(stated.text):
        start, words = match.start(), match.group().split()
        if words[0].lower() in function_words:
            start, words = start + len(words[0]) + 1, words[1:]
        own = stated.stems_in(start, match.end())
        if len(words) < 2 or stated.lang == "de" or (own and copied is not None):
            continue
        name, found = stated.text[start : match.end()], []
        governed = stated.text[:start].split()[-1:]
        governed = [word for word in governed if word.lower() in prepositions]
        for sentence in _telling(stated, sentences, own):
            if own & sentence.stems or (other := _other_person(stated, sentence)) is None:
                break
            are_subjects = max(start, other[0]) <= _FIRST_WORDS
            if not are_subjects and governed:
                break
            if not are_subjects and sentence.share_of(stated.stems - own) < _COPY:
                break
            if Backing(sentence.text, sentence.lang).has_name(name):
                break
            found.append((sentence, other))
        else:
            if found:
                source = source_spans(found)
                yield Finding(
                    kind="name",
                    text=name,
                    start=start,
                    end=match.end(),
                    source=source,
                    message=f"the article says it of: {source[0].text if source else ''}",
                )


def _other_person(stated: Worded, sentence: Worded) -> tuple[int, int] | None:
    """The place of a name of two words that the statement lacks, before any pronoun of the sentence."""
    pronouns = cues_for(sentence.lang).pronouns
    first = next((m.start() for m in _PRONOUN.finditer(sentence.text) if m.group().lower() in pronouns), None)
    cues = cues_for(sentence.lang)
    for match in _PERSON.finditer(sentence.text):
        before = sentence.text[: match.start()].split()[-1:]
        if before and (before[0].lower() in cues.articles or before[0].lower() in cues.prepositions):
            continue  # "by the Electoral Commission"
        if match.group().split()[0].lower() in cues.function_words and match.group().count(" ") < 2:
            continue  # "Yesterday Holt"
        if first is not None and match.start() > first:
            return None
        words = sentence.stems_in(*match.span())
        possessive = match.group().endswith(("'s", "’s"))
        if (
            words
            and not possessive
            and not words & stated.stems
            and not any(d.start < match.end() and match.start() < d.end for d in sentence.dates)
        ):
            return match.start(), match.end()
    return None


def tells_of(
    stated: Worded, claimed: tuple[int, int] | None, sentence: Worded, cited: Sequence[Worded], *, near: bool
) -> bool:
    """Whether a sentence that has a statement's missing name or number may be about the statement's event.

    Args:
        stated: the statement.
        claimed: the place of the name or number in it.
        sentence: the sentence that has it.
        cited: the sentences that the statement rests on.
        near: whether the sentence stands near to one of those.

    Returns:
        True if it shares another content word with the statement; if a cited sentence has a part of the name; or if it is near and
        the cited sentence names nobody else.
    """
    own = set[str]()
    if claimed is not None:
        # "Venn" in "Priya Venn".
        runs = [
            m.span() for m in _PERSON.finditer(stated.text) if m.start() < claimed[1] and claimed[0] < m.end()
        ]
        own = set[str]().union(*(stated.stems_in(*run) for run in [claimed, *runs]))
    if (stated.stems - own) & sentence.stems or any(own & other.stems for other in cited):
        return True
    return near and not names_another(stated, cited)


def names_another(stated: Worded, cited: Sequence[Worded], name: str | None = None) -> bool:
    """Whether the cited sentence that is nearest to a statement names a person whom the statement does not name.

    With `name`, a name in the statement, the person must be one whose place it may have taken: both are among the first words, or
    neither is and the sentence is a copy. "She had read the reports of Sallis" says nothing else of him than "Ruth Lyle had read the reports".
    """
    named = {stem for m in _PERSON.finditer(stated.text) for stem in stated.stems_in(*m.span())}
    rest = stated.stems - named
    nearest = max(cited, key=lambda sentence: sentence.share_of(rest), default=None)
    if nearest is None or nearest.share_of(rest) < _ABOUT_SAME:
        return False
    other = _other_person(stated, nearest)
    if other is None or name is None:
        return other is not None
    first = [place <= _FIRST_WORDS for place in (stated.text.find(name), other[0])]
    return all(first) or (not any(first) and nearest.share_of(rest) >= _COPY)
