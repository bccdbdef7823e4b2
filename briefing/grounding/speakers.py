"""Resolve the name of a speaker to a mention, and compare it with whom the text gives a quotation to."""

from __future__ import annotations

from bisect import bisect, bisect_left

import regex

from briefing.quotations import (
    Antecedents,
    Quotation,
    cues_for,
    is_pronoun,
    reporting_subjects,
    reports_speech,
)
from briefing.sources import Source, cached_in_source
from briefing.spans import Span
from briefing.text import find_mentions, may_be_same_name, title_gender, without_title

#: Relative pronouns that begin a clause about a person, and hardly anything else.
_RELATIVE = frozenset(("who", "whose", "whom", "that", "which", "qui", "dont", "quien", "cuyo", "che", "cui"))
#: Largest distance, in characters, between a quotation and an adjacent name of its speaker.
_MAX_CUE_DISTANCE = 12
_WORD_CHARACTER = regex.compile(r"\w")
_WORD_BEFORE = regex.compile(r"(?r)(\p{L}+)\.?\s+")
_LONG_WORD = regex.compile(r"[\p{L}\p{N}]{3,}")
_BELONGING = regex.compile(
    r"\s(?:(?:of|du|des?|del|della|von|für|for|di|do|da)\s(?:the\s|la\s)?|d['’])\p{Lu}\p{L}+(?:\s\p{Lu}\p{L}+)*"
)
#: Between "a reporter" and "Tom Lee": "a reporter, later named as Tom Lee".
_APPOSITION = regex.compile(r"(?:\s?[,(–—]|\s\p{Ll}+(?<=ed|ing|ns|né|ée|do|da|to))\s?(?:\p{Ll}+\s){0,3}")
_CAPITALISED = regex.compile(r"(?<=\s)\p{Lu}")


@cached_in_source
def _mentions_by_name(_source: Source) -> dict[str, list[Span]]:
    """Return the mentions of the names that were searched for in a source, which `nearest_mention` adds."""
    return {}


def nearest_mention(name: str, near: Span, source: Source) -> Span | None:
    """Return the mention of `name` that is nearest to `near`, one inside `near` only if there is no other."""
    found = _mentions_by_name(source)
    # "Mrs Moores" of a text that has a Mr Moores, too.
    if not (
        title_gender(name.split(maxsplit=1)[0])
        and shares_surname(name, source)
        and find_mentions(source.text, name, source.lang)
    ):
        name = without_title(name, source.lang)
    if (mentions := found.get(name)) is None:
        mentions = found[name] = find_mentions(source.text, name, source.lang)

    def distance(mention: Span) -> tuple[bool, int]:
        inside = near.start <= mention.start < near.end
        gap = near.start - mention.end if mention.end <= near.start else mention.start - near.end
        return inside, abs(gap)

    first, last = (bisect_left(mentions, place, key=lambda m: m.start) for place in (near.start, near.end))
    around = mentions[max(first - 2, 0) : first] + mentions[max(last - 1, first) : last + 1]
    return min(around, key=distance, default=None)


def shares_surname(name: str, source: Source) -> bool:
    """Whether the source has persons of both genders with the surname of a name: "Mr Moores" and "Mrs Moores"."""
    text, surname, end = source.text, name.rsplit(maxsplit=1)[-1], 0
    genders = set()
    # For speed: words are read only before the surname, backwards.
    start = text.find(surname)
    while start >= 0:
        if not _WORD_CHARACTER.match(text, start + len(surname)) and (
            before := _WORD_BEFORE.match(text, end, start)
        ):
            end = start + len(surname)
            genders.add(title_gender(before[1]))
        start = text.find(surname, start + 1)
    return genders.issuperset(("male", "female"))


def fuller_mention(cue: Span, mention: Span, source: Source) -> Span:
    """Return `mention`, or `cue` if only that tells the person from another one of the same surname."""
    addressed = title_gender(cue.text.split()[0]) and not title_gender(mention.text.split()[0])
    return cue if addressed and shares_surname(cue.text, source) else mention


@cached_in_source
def _antecedents(source: Source) -> Antecedents:
    return Antecedents(source.text, source.lang, source.quotations)


def named_speaker(quotation: Quotation, source: Source) -> Span | None:
    """Return the speaker's cue; for a pronoun its antecedent, or `None` if that is uncertain."""
    cue = quotation.speaker_span
    if cue is not None and is_pronoun(cue.text, source.lang):
        return _antecedents(source).of(quotation)
    return cue


def named_reporter(sentence: Span, name: str, source: Source) -> Span | None:
    """Return the speaker of a reported statement, if the sentence names exactly one and does not mention `name`.

    Of 2,391 sentences of PolNeAR and German Wikinews with a labelled speaker, 6 have another speaker than the one returned.
    """
    found = reporting_subjects(source.text, source.lang, source.quotations, sentence)
    if len(found) != 1 or not _is_name(found[0].text, source.lang) or is_pronoun(found[0].text, source.lang):
        return None
    [reporter] = found
    rest = source.text[sentence.start : reporter.start] + " " + source.text[reporter.end : sentence.end]
    surname = name.rsplit(maxsplit=1)[-1].casefold()
    mentioned = find_mentions(sentence.text, name, source.lang) or surname in _words(rest)
    return None if mentioned else reporter


def is_reported(sentence: Span, speaker: str | None, source: Source) -> bool:
    """Whether a sentence reports what somebody says, and so may be given as a statement of `speaker`.

    In languages whose reporting verbs are not known, the speaker must be named in it or in the sentence before.
    docs/EVALUATION.md has how many attributions are accepted.
    """
    known = reports_speech(source.text, source.lang, source.quotations, sentence)
    if known is not None or speaker is None:
        return bool(known)
    at = bisect(source.sentences, sentence.start, key=lambda s: s.start) - 1
    start = source.sentences[max(at - 1, 0)].start
    return bool(find_mentions(source.text[start : sentence.end], speaker, source.lang))


def is_adjacent_name(cue: Span, quotation: Quotation, source: Source) -> bool:
    """Whether `cue` is a name so near to a quotation that it is more reliable than the model's answer.

    Of such names in the articles of PolNeAR and German Wikinews that the rules were not written on, 98 % are right (209; docs/EVALUATION.md).
    """
    gap = min(max(cue.start - span.end, span.start - cue.end) for span in quotation.spans)
    return cue == quotation.speaker_span and _is_name(cue.text, source.lang) and gap <= _MAX_CUE_DISTANCE


def may_corefer(cue: Span, mention: Span, source: Source) -> bool:
    """Whether `cue` and `mention` may refer to one person: forms of one name, or the cue is not a name ("the judge")."""
    name, lang = cue.text, source.lang
    if is_description(name, lang) and _modifies(mention.text, name, lang):
        return False
    if is_unnamed(cue, mention, source):
        return False
    if is_description(name, lang):
        behind = _BELONGING.match(source.text, cue.end) if name.split()[-1][0].isupper() else None
        name += behind.group() if behind else ""
        is_named = behind or (len(_CAPITALISED.findall(name)) > 1 and lang != "de")  # "the Bank of Japan"
        if not (is_named and _words(name) & _words(mention.text)):
            return True
    return may_be_same_name(name, mention.text, lang)


def is_unnamed(cue: Span, mention: Span, source: Source) -> bool:
    """Whether `cue` introduces somebody whom the text does not name ("a reporter"), so that it is not whom `mention` names.

    "A reporter, Tom Lee," names one, "a Harwick councillor" may be named after Harwick, and a spokesman speaks for others.
    """
    cues, (first, *words) = cues_for(source.lang), cue.text.casefold().split()
    if not words or first not in cues.indefinite_articles or shares_word(cue, mention):
        return False
    if any(word.endswith(tuple(cues.spokespersons)) for word in words):
        return False
    return not _APPOSITION.fullmatch(source.text, cue.end, max(cue.end, mention.start))


def shares_word(cue: Span, mention: Span) -> bool:
    """Whether two names or descriptions have a word of three or more letters in common."""
    return bool(_words(cue.text) & _words(mention.text))


def _modifies(name: str, description: str, lang: str) -> bool:
    """Whether a name only tells more of whom a description is of: "Trump" in "a voter who supports Trump"."""
    place = description.find(name)
    before = description[:place].split()[1:] if place > 0 else []
    cues = cues_for(lang)
    return any(word.casefold() in cues.prepositions | _RELATIVE for word in before)


def is_description(speaker: str, lang: str) -> bool:
    """Whether a speaker is described rather than named: "the judge"."""
    return speaker[0].islower() or _begins_with_article(speaker, lang)


def _is_name(text: str, lang: str) -> bool:
    return text[0].isupper() and not _begins_with_article(text, lang)


def _begins_with_article(text: str, lang: str) -> bool:
    return text.split(maxsplit=1)[0].casefold() in cues_for(lang).articles


def _words(name: str) -> set[str]:
    return {word.casefold() for word in _LONG_WORD.findall(name)}
