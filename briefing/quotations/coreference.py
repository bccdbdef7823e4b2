"""Whom "he said" means, where the text makes it certain.

No coreference model: a pronoun is resolved only where one person can be meant, and is left alone otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from briefing.quotations.cue_lexicon import CHINESE_VERBS, Cues, cues_for
from briefing.quotations.extraction import Quotation
from briefing.quotations.noun_phrases import (
    Phrase,
    Token,
    find_phrases,
    find_subject,
    is_verb,
    may_be_subject,
    tokenize,
)
from briefing.spans import Span
from briefing.text import title_gender

#: Third person singular, by grammatical gender. "It" and "they" may be anybody.
_MALE = frozenset(
    ["he", "him", "er", "il", "él", "lui", "ele", "hij", "han", "on", "он", "هو", "הוא", "他", "彼"]
)
_FEMALE = frozenset(
    [
        "she",
        "her",
        "sie",
        "elle",
        "ella",
        "lei",
        "ela",
        "zij",
        "ze",
        "hon",
        "hun",
        "ona",
        "она",
        "هي",
        "היא",
        "她",
        "彼女",
    ]
)
#: A feminine office before a name, in languages that have such forms ("Ministerin", "directrice").
_FEMALE_OFFICE = regex.compile(r"(?:erin|orin|istin|tin|trice|esse|ora|lière|ière|enne|ante|denta)$")
_PRONOUNS = _MALE | _FEMALE
_LETTERS = regex.compile(r"\p{L}+")
_WORD_CHARACTER = regex.compile(r"\w")
#: Capitalised words, read from the right: those of a name before its last one.
_BEFORE_LAST = regex.compile(r"(?r)(?:\p{Lu}[\p{L}.]*\s)*")
#: The person is named in this many characters before the pronoun, or not at all.
_LONGEST_DISTANCE = 1200
_BREAK = regex.compile(r"\n\s*")
_EAST_ASIAN_REPORT = regex.compile(CHINESE_VERBS)


def antecedent(text: str, lang: str, quotations: Sequence[Quotation], quotation: Quotation) -> Span | None:
    """The name that a quotation's speaker, a pronoun, stands for.

    It is the one person named before the pronoun in its paragraph, or, where nobody is, in the one above: somebody
    who speaks elsewhere in the article too, is the subject of a reporting verb, or has a title. A second person,
    or anybody else who is the subject of a clause there, makes it uncertain; so does a title of the other gender.

    Args:
        text: the article.
        lang: its language.
        quotations: all of them.
        quotation: one whose speaker is a pronoun.

    Returns:
        The nearest mention of the name before the pronoun; `None` where it is not certain.
    """
    pronoun = quotation.speaker_span
    if pronoun is None or pronoun.text.casefold() not in _PRONOUNS:
        return None
    cues = cues_for(lang)
    masks = sorted((span.start, span.end) for q in quotations for span in q.spans)
    speakers = [q.speaker_span for q in quotations if q.speaker_span is not None and q is not quotation]
    # The pronoun may stand behind the quotation; what is quoted names others.
    stop = min(pronoun.start, quotation.spans[0].start)
    top = max(0, stop - _LONGEST_DISTANCE)
    breaks = [top, *(match.end() for match in _BREAK.finditer(text, top, stop))]
    for index in range(len(breaks) - 1, max(-1, len(breaks) - 4), -1):
        start, end = breaks[index], breaks[index + 1] if index + 1 < len(breaks) else stop
        found = _named_people(text, start, end, masks, speakers, cues)
        if found is None:
            return None
        if found:
            persons = {span.text.split()[-1].casefold() for span in found}
            nearest = found[-1]
            return nearest if len(persons) == 1 and _agrees(text, nearest, pronoun) else None
    return None


def reporting_subjects(text: str, lang: str, quotations: Sequence[Quotation], sentence: Span) -> list[Span]:
    """The subjects of a sentence's reporting verbs, in order, but for what is quoted."""
    cues = cues_for(lang)
    masks = sorted((span.start, span.end) for q in quotations for span in q.spans)
    near = [mask for mask in masks if mask[1] > sentence.start and mask[0] < sentence.end]
    tokens = tokenize(text, sentence.start, sentence.end, near)
    phrases = find_phrases(tokens, cues)
    subjects = _subjects(tokens, phrases, cues)
    return [Span.of(text, phrase.start, phrase.end) for phrase in phrases if phrase.first in subjects]


def _named_people(
    text: str,
    start: int,
    end: int,
    masks: Sequence[tuple[int, int]],
    speakers: Sequence[Span],
    cues: Cues,
) -> list[Span] | None:
    """The people named in a paragraph outside its quotations, in order; `None` where a subject may be one more."""
    near = [mask for mask in masks if mask[1] > start and mask[0] < end]
    known = {speaker.text.split()[-1].casefold() for speaker in speakers if speaker.text[:1].isupper()}
    tokens = tokenize(text, start, end, near)
    phrases = find_phrases(tokens, cues)
    # German writes all nouns in capitals: being a subject does not make one a person.
    acting = None if not cues.subjunctives else frozenset[int]()
    people: list[Span] = []
    for phrase in phrases:
        if phrase.kind != "name":
            continue
        name = text[phrase.start : phrase.end]
        is_known = name.split()[-1].casefold() in known or _title(text, phrase.start) is not None
        if not is_known and acting is None:
            acting = _subjects(tokens, phrases, cues)
        if is_known or (acting and phrase.first in acting) or _follows_source_phrase(tokens, phrase, cues):
            people.append(Span.of(text, phrase.start, phrase.end))
        elif may_be_subject(tokens, phrases, phrase, cues) and _may_be_person(tokens, phrase):
            return None
    if not people:  # scripts without capitals
        people = [
            s
            for s in speakers
            if start <= s.start < end
            and s.text.casefold() not in _PRONOUNS
            and s.text.casefold() not in cues.pronouns
            and _is_name(s, cues)
        ]
        # Names cannot be told there: whoever reports something without being quoted may be meant, too.
        reports = [
            match
            for match in _EAST_ASIAN_REPORT.finditer(text, start, end)
            if not any(a <= match.start() < b for a, b in near)
        ]
        if len(reports) > len(people):
            return None
    return people


def _subjects(tokens: Sequence[Token], phrases: Sequence[Phrase], cues: Cues) -> frozenset[int]:
    """The first tokens of the subjects of reporting verbs."""
    subjects = (
        find_subject(tokens, phrases, index, 0, cues)
        for index, token in enumerate(tokens)
        if token.lower in cues.verbs and is_verb(tokens, index, cues)
    )
    return frozenset(subject.first for subject in subjects if subject is not None)


def _follows_source_phrase(tokens: Sequence[Token], phrase: Phrase, cues: Cues) -> bool:
    """Whether a report goes by what stands there: "according to Ruiz". Sources of one word are other words, too."""
    return any(
        " ".join(token.lower for token in tokens[phrase.first - gap - length : phrase.first - gap])
        in cues.source_phrases
        for gap in (0, 1)
        for length in (2, 3, 4)
        if phrase.first >= gap + length
    )


def _may_be_person(tokens: Sequence[Token], phrase: Phrase) -> bool:
    words = [t for t in tokens[phrase.first : phrase.last] if t.start >= phrase.start]
    return len(words) > 1 and words[0].text.isalpha()


def _is_name(span: Span, cues: Cues) -> bool:
    first = span.text.split()[0]
    return not first.islower() and first.casefold() not in cues.articles


def _title(text: str, start: int) -> str | None:
    """Male or female, as the word before a name says."""
    words = _LETTERS.findall(text, max(0, start - 24), start)
    inside = _LETTERS.match(text, start)
    for word in [*words[-1:], *([inside.group()] if inside else [])]:
        if gender := title_gender(word):
            return gender
        if word in words and _FEMALE_OFFICE.search(word):
            return "female"
    return None


def _agrees(text: str, name: Span, pronoun: Span) -> bool:
    """Whether no title of the person, anywhere in the text, contradicts the pronoun."""
    wanted = "male" if pronoun.text.casefold() in _MALE else "female"
    return all(_title(text, start) in (wanted, None) for start in _name_starts(text, name.text.split()[-1]))


def _name_starts(text: str, last: str) -> list[int]:
    """Where the names that end in `last` begin: with the capitalised words before it.

    The same places as the pattern's at the end, which is left to what is odd: it takes longer to compile than most
    articles to search.
    """
    found: list[int] = []
    at = before = ended = 0
    while (place := text.find(last, at)) >= 0:
        at = place + 1
        if _WORD_CHARACTER.match(text, place + len(last)):
            continue
        begin = _BEFORE_LAST.match(text, before, place).start()
        if begin >= ended:
            found.append(begin)
        elif begin != before:
            break
        # Else the word stands twice in one name.
        if text[place - 1 : place].isalpha() or text[place - 1 : place] == ".":
            break
        before, ended = place, place + len(last)
    else:
        return found
    pattern = rf"(?:\p{{Lu}}[\p{{L}}.]*\s)*{regex.escape(last)}(?!\w)"
    return [match.start() for match in regex.finditer(pattern, text)]
