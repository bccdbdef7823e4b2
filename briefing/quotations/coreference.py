"""Coreference of pronouns that name speakers ("he said"), by rules.

A pronoun is resolved only if one person can be meant, and is left alone otherwise.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

import regex

from briefing.quotations.clauses import Clause, Token, is_unspaced
from briefing.quotations.credits import is_part_of_name
from briefing.quotations.cue_lexicon import CHINESE_VERBS, Cues, cues_for, pronoun_gender
from briefing.quotations.extraction import Quotation, masks_in
from briefing.quotations.noun_phrases import Phrase, find_phrases, find_verbs
from briefing.quotations.subjects import find_subject, may_be_subject, may_speak
from briefing.spans import Span
from briefing.text import title_gender

#: Endings of a feminine office before a name, in languages that have such forms ("Ministerin", "directrice").
_FEMALE_OFFICES = (
    "erin", "orin", "istin", "tin", "trice", "esse", "ora", "lière", "ière", "enne", "ante", "denta",
)  # fmt: skip
_LETTERS, _LAST_LETTERS = regex.compile(r"\p{L}+"), regex.compile(r"(?r)\p{L}+")
_WORD_CHARACTER = regex.compile(r"\w")
#: The capitalized words of a name before its last one, matched from the right; bounded, so that it takes linear time.
_BEFORE_LAST = regex.compile(r"(?r)(?:\p{Lu}[\p{L}.]*\s){0,20}")
#: Characters before the pronoun in which its antecedent is searched for.
_LONGEST_DISTANCE = 1200
#: Paragraphs in which it is searched for: the pronoun's own, and those above.
_MOST_PARAGRAPHS = 3
_BREAK = regex.compile(r"\n\s*")
_EAST_ASIAN_REPORT = regex.compile(CHINESE_VERBS)


class Antecedents:
    """Resolves the pronouns that are speakers of an article's quotations.

    Args:
        text: the article.
        lang: its language.
        quotations: all of it, in order.
    """

    def __init__(self, text: str, lang: str, quotations: Sequence[Quotation]) -> None:
        self._text, self._cues, self._quotations = text, cues_for(lang), quotations
        self._speakers = [q.speaker_span for q in quotations if q.speaker_span is not None]
        #: Last words of the capitalized speakers, and of how many they are.
        self._known = Counter(_last_word(s).casefold() for s in self._speakers if s.text[:1].isupper())
        self._by_start = sorted((speaker.start, n) for n, speaker in enumerate(self._speakers))
        self._genders: dict[str, set[str | None]] = {}
        #: By the places of a pronoun and its quotation, which several checks ask about.
        self._resolved: dict[tuple[int, int], Span | None] = {}

    def of(self, quotation: Quotation) -> Span | None:
        """Resolve the pronoun that is a quotation's speaker.

        The antecedent is the only person named before the pronoun in its paragraph, or, if nobody is, in the nearest
        paragraph above that names one. A person is a name that is a speaker elsewhere in the article, the subject of a
        reporting verb, follows a source phrase ("according to"), or has a title. Ambiguous, so not resolved: two persons,
        another name that may be a subject, or a title of the other gender.

        Returns:
            The nearest mention of the name before the pronoun; `None` if the speaker is not a pronoun of the third person
            singular, or not certain.
        """
        pronoun = quotation.speaker_span
        if pronoun is None or (gender := pronoun_gender(pronoun.text)) is None:
            return None
        place = pronoun.start, quotation.spans[0].start
        if place not in self._resolved:
            self._resolved[place] = self._person(quotation, pronoun, gender)
        return self._resolved[place]

    def _person(self, quotation: Quotation, pronoun: Span, gender: str) -> Span | None:
        # The pronoun may be behind the quotation, and names inside a quotation do not count.
        stop = min(pronoun.start, quotation.spans[0].start)
        top = max(0, stop - _LONGEST_DISTANCE)
        breaks = [top, *(match.end() for match in _BREAK.finditer(self._text, top, stop))]
        for index in range(len(breaks) - 1, max(-1, len(breaks) - 1 - _MOST_PARAGRAPHS), -1):
            found = self._named_people(
                breaks[index], breaks[index + 1] if index + 1 < len(breaks) else stop, pronoun
            )
            if found is None:
                return None
            if found:
                persons = {_last_word(span).casefold() for span in found}
                nearest = found[-1]
                return nearest if len(persons) == 1 and self._agrees(nearest, gender) else None
        return None

    def _named_people(self, start: int, end: int, pronoun: Span) -> list[Span] | None:
        """Persons named in a paragraph outside its quotations, in order; `None` if another subject may be a person."""
        text, cues = self._text, self._cues
        masks = masks_in(self._quotations, start, end)
        tokens = Clause(text, start, end, masks)
        phrases = find_phrases(tokens, cues)
        # German capitalizes all nouns, so a subject there need not be a person.
        subjects = (
            frozenset() if cues.subjunctives else _subjects(tokens, phrases, find_verbs(tokens, cues), cues)
        )
        people: list[Span] = []
        for phrase in phrases:
            if phrase.kind != "name":
                continue
            name = Span.of(text, *phrase.offsets_in(tokens))
            if (
                phrase.first in subjects
                or self._is_speaker(_last_word(name).casefold(), pronoun)
                or _gender(text, name.start) is not None
                or _follows_source_phrase(tokens, phrase, cues)
                or _opens_clause(text, tokens, phrase, cues)
            ):
                people.append(name)
            elif may_be_subject(tokens, phrases, phrase, cues) and _may_be_person(tokens, phrase):
                return None
        if not people:  # scripts without capitals
            people = [s for s in self._speakers_in(start, end) if _is_name(s, cues)]
            # Names are not recognizable there, and the subject of a report without a quotation may be meant, too.
            if is_unspaced(text, start, end):
                reports = [match.start() for match in _EAST_ASIAN_REPORT.finditer(text, start, end)]
                if sum(not any(a <= report < b for a, b in masks) for report in reports) > len(people):
                    return None
        return people

    def _is_speaker(self, last: str, pronoun: Span) -> bool:
        """Whether the last word of a name is that of a speaker elsewhere."""
        own = pronoun.text[:1].isupper() and _last_word(pronoun).casefold() == last
        return self._known.get(last, 0) > own

    def _speakers_in(self, start: int, end: int) -> list[Span]:
        """Speakers that begin in a part of the article, in the order of their quotations."""
        first, after = (bisect_left(self._by_start, (place,)) for place in (start, end))
        return [self._speakers[number] for number in sorted(n for _, n in self._by_start[first:after])]

    def _agrees(self, name: Span, wanted: str) -> bool:
        """Whether all titles of the person in the text have the gender of the pronoun."""
        last = _last_word(name)
        if (found := self._genders.get(last)) is None:
            found = {_gender(self._text, start) for start in _name_starts(self._text, last)}
            self._genders[last] = found
        return found <= {wanted, None}


def antecedent(text: str, lang: str, quotations: Sequence[Quotation], quotation: Quotation) -> Span | None:
    """Resolve the pronoun that is one quotation's speaker, as `Antecedents.of`."""
    return Antecedents(text, lang, quotations).of(quotation)


def reporting_subjects(text: str, lang: str, quotations: Sequence[Quotation], sentence: Span) -> list[Span]:
    """Subjects of the reporting verbs of a sentence, in order, quoted text ignored."""
    cues = cues_for(lang)
    place = (sentence.start, sentence.end)
    tokens = Clause(text, *place, masks_in(quotations, *place))
    verbs = find_verbs(tokens, cues)
    if not verbs:
        return []
    phrases = find_phrases(tokens, cues)
    subjects = _subjects(tokens, phrases, verbs, cues)
    return [Span.of(text, *phrase.offsets_in(tokens)) for phrase in phrases if phrase.first in subjects]


def _subjects(
    tokens: Sequence[Token], phrases: Sequence[Phrase], verbs: Sequence[int], cues: Cues
) -> frozenset[int]:
    """Indices of the first tokens of the subjects of reporting verbs."""
    subjects = (find_subject(tokens, phrases, verb, 0, cues) for verb in verbs)
    found = (subject for subject in subjects if subject is not None)
    return frozenset(subject.first for subject in found if may_speak(tokens, subject, cues))


def _follows_source_phrase(tokens: Clause, phrase: Phrase, cues: Cues) -> bool:
    """Whether a phrase follows a source phrase of several words ("according to Ruiz"). Single words are ambiguous."""
    words = tokens.words
    if cues.source_first_words.isdisjoint(words[max(0, phrase.first - 5) : phrase.first]):
        return False
    return any(
        " ".join(words[phrase.first - gap - length : phrase.first - gap]) in cues.source_phrases
        for gap in (0, 1)
        for length in (2, 3, 4)
        if phrase.first >= gap + length
    )


def _opens_clause(text: str, tokens: Clause, phrase: Phrase, cues: Cues) -> bool:
    """Whether a name of one word, part of a longer one elsewhere in the text, opens a sentence or follows a comma."""
    opens = phrase.first == 0 or not tokens[phrase.first - 1].word
    one = phrase.last - phrase.first == 1 and not cues.capital_nouns
    return opens and one and is_part_of_name(text, text[slice(*phrase.offsets_in(tokens))], cues)


def _may_be_person(tokens: Sequence[Token], phrase: Phrase) -> bool:
    words = tokens[phrase.name_first : phrase.last]
    return len(words) > 1 and words[0].text.isalpha()


def _is_name(span: Span, cues: Cues) -> bool:
    first, is_pronoun = span.text.split()[0], span.text.casefold() in cues.pronouns
    if is_pronoun or pronoun_gender(span.text):
        return False
    return not first.islower() and first.casefold() not in cues.articles


def _gender(text: str, start: int) -> str | None:
    """Gender of the person at `start`, by the title before the name or its first word; `None` if unknown."""
    floor = max(0, start - 24)
    if before := _LAST_LETTERS.search(text, floor, start):
        word = before.group()
        if gender := title_gender(word):
            return gender
        if word.endswith(_FEMALE_OFFICES):
            return "female"
    if inside := _LETTERS.match(text, start):
        word = inside.group()
        if gender := title_gender(word):
            return gender
        if word.endswith(_FEMALE_OFFICES) and word in _LETTERS.findall(text, floor, start):
            return "female"
    return None


def _last_word(span: Span) -> str:
    return span.text.split()[-1]


def _name_starts(text: str, last: str) -> list[int]:
    """Starts of the names that end with `last`, with the capitalized words before it."""
    found = []
    start = text.find(last)
    while start >= 0:
        end = start + len(last)
        if not _WORD_CHARACTER.match(text, end):
            found.append(_BEFORE_LAST.match(text, 0, start).start())
        start = text.find(last, end)
    return found
