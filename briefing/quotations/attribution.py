"""Quotation attribution: the reporting clause next to a quotation, and the speaker that it names.

The order of the sieves is that of Muzny et al., "A Two-stage Sieve Approach for Quote Attribution" (EACL 2017): first
adjacent quotation, reporting verb and name, then the sentence around, then the last speaker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import regex

from briefing.quotations.clauses import MASK, Clause
from briefing.quotations.credits import is_part_of_name
from briefing.quotations.cue_lexicon import CHINESE_VERBS, Cues
from briefing.quotations.noun_phrases import (
    COORDINATORS,
    Phrase,
    caseless_phrase,
    find_phrases,
    find_verbs,
    is_verb,
    phrase_at,
)
from briefing.quotations.subjects import find_subject, first_phrase, is_participle, may_be_subject, may_speak
from briefing.text import ABBREVIATED_TITLES, CHINESE_TITLES, CLOSING_MARKS, JAPANESE_TITLES, NAME_PARTICLES

#: Where a sentence ends, when no abbreviation stands there. Unlike `SENTENCE_END` it may end in "…", and what follows
#: begins with no small letter ("“Why?” she asked"); list items and table cells end, too.
_BREAK = regex.compile(rf"[.!?…]+[{CLOSING_MARKS}]*\s+(?=[^\s\p{{Ll}}]|\Z)|[。！？]|\n\s*\n|\s[•|]\s")
#: What each of them begins with, but for the white space before a bullet. `re` searches sets of characters faster than `regex`.
_IN_BREAK = re.compile(r"[.!?…。！？\n•|]")
_ABBREVIATION = regex.compile(
    r"(?:^|[\s(\"“„'‘])(?:\p{Lu}|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|Inc|Corp|Co|Ltd|\p{Lu}\.\p{Lu}|Jr|St|Nr|vs|No|bzw|ca"
    rf"|{ABBREVIATED_TITLES}|\d{{1,2}}|U\.S|z\.B|d\.h)\.\s*$"
)

#: French "s’agace-t-il".
_INVERTED = regex.compile(r"\p{Ll}-(?:t-)?(ils?|elles?|on|je|nous)$")
#: A dash after the end of a clause, then a lower-case letter: the beginning of a parenthetical reporting clause.
_PARENTHETICAL = regex.compile(r"[,!?…]\s?[—–]\s(?=\p{Ll})")
_PARENTHETICAL_END = regex.compile(r"[,.]\s?[—–]\s")
_LED = regex.compile(r"(\p{L}+)[,:]\s*$")
#: In characters.
_LONGEST_PARENTHETICAL = 150
#: A name in apposition begins within this many tokens of its noun.
_LONGEST_APPOSITION = 10
#: Words between a reporting verb and its subject that need no other sign that it is one.
_LONGEST_GAP = 3
#: The verb of a reporting clause is searched for among this many tokens after the quotation.
_LONGEST_CLAUSE = 30

#: Pronouns that are seldom a speaker without a reporting verb.
_IMPERSONAL = frozenset(("it", "man", "men"))

Where = Literal["between", "after", "before", "source", "colon", "credit"]


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue next to a quotation: a reporting verb, a phrase such as "according to", or a colon."""

    where: Where  # position relative to the quotation; "source" is a source phrase
    speaker: tuple[int, int] | None  # offsets; `None` if the cue names nobody
    #: Whether the speaker may be named farther off; not so if the subject of the verb can be no speaker ("nobody said").
    carries: bool = True


def sentence_start(text: str, at: int, floor: int, masks: Sequence[tuple[int, int]]) -> int:
    """Start of the sentence that contains `at`, at least `floor`. Sentence ends inside `masks` (quoted pieces) are ignored."""
    start = floor
    for match in _sentence_ends(text, floor, at):
        # A sentence end inside a quotation does not count, unless both end together.
        if not any(a <= match.start() and match.end() < b - 1 for a, b in masks):
            start = match.end()
    return start


def sentence_end(text: str, at: int, ceiling: int, masks: Sequence[tuple[int, int]]) -> int:
    """End of the sentence that continues at `at`, at most `ceiling`."""
    ends = (match.start() for match in _sentence_ends(text, at, ceiling))
    return next((end + 1 for end in ends if not any(a <= end < b for a, b in masks)), ceiling)


def _sentence_ends(text: str, start: int, end: int) -> Iterator[regex.Match[str]]:
    at = start
    while found := _IN_BREAK.search(text, at, end):
        # A bullet comes with the white space before it.
        place = max(at, found.start() - 1) if found[0] in "•|" else found.start()
        match = _BREAK.match(text, place, end)
        if match and not _ABBREVIATION.search(text, max(start, match.start() - 8), match.end()):
            yield match
        at = match.end() if match else found.end()


def is_inverted(word: str) -> bool:
    """Whether a word is a French verb with its subject: "agace-t-il"."""
    return _INVERTED.search(word) is not None


def find_after(
    text: str, start: int, end: int, masks: Sequence[tuple[int, int]], cues: Cues, *, attached: bool = True
) -> Cue | None:
    """Find the cue in the clause after a quotation (", said Ruiz" / "Ruiz said").

    If the clause is `attached` to the quotation, which ended with a comma, any verb counts as a reporting verb.
    """
    tokens = Clause(text, start, end, masks)
    first = next((i for i, t in enumerate(tokens) if t.word), None)
    if first is None or first > 2:
        return None
    opening = min(first + (tokens[first].lower == "s'"), len(tokens) - 1)
    if inverted := _INVERTED.search(tokens[opening].text):
        return Cue("after", (tokens.start_of(opening) + inverted.start(1), tokens.end_of(opening)))
    if not attached and cues.reporting.isdisjoint(tokens.words):
        return None
    phrases = find_phrases(tokens, cues)
    if source := source_phrase_cue(tokens, phrases, cues, range(first, min(first + 2, len(tokens)))):
        return source
    for index in range(first, min(len(tokens), first + _LONGEST_CLAUSE)):
        token = tokens[index]
        if token.text in {MASK, ";", ":"} and index > first:
            break
        if not is_verb(tokens, index, cues):
            continue
        if index == first and is_participle(token, cues):
            return Cue("after", None)  # ", adding that": the subject is before the quotation
        return _verb_cue("after", tokens, phrases, index, first, cues)
    source = source_phrase_cue(tokens, phrases, cues, range(first, len(tokens)))
    if source is not None or not attached or not phrases:
        return source
    return _unknown_verb_cue(tokens, phrases, first, cues)


def _unknown_verb_cue(tokens: Clause, phrases: Sequence[Phrase], first: int, cues: Cues) -> Cue | None:
    """The cue of a clause that begins with its first phrase and any verb: "barks Ruiz", "Ruiz barks", but not "the pledge to"."""
    nearest = phrases[0]
    verb_first = nearest.first == first + 1
    verb = tokens[first : first + 1] if verb_first else tokens[nearest.last : nearest.last + 1]
    has_verb = any(
        token.text.islower()
        and token.lower not in cues.function_words
        and (verb_first or token.lower not in NAME_PARTICLES)
        for token in verb
    )
    if (verb_first or nearest.first == first) and has_verb and may_be_subject(tokens, phrases, nearest, cues):
        named = may_speak(tokens, nearest, cues, sure=False)
        return Cue("after", nearest.offsets_in(tokens) if named else None, carries=named)
    return None


def _verb_cue(
    where: Where, tokens: Clause, phrases: Sequence[Phrase], verb: int, first: int, cues: Cues
) -> Cue:
    """The cue of the reporting verb at index `verb`, in the clause from `first` on."""
    subject = find_subject(tokens, phrases, verb, first, cues)
    if subject is None:
        nobody = any(token.lower in cues.nobodies for token in tokens[first:verb])
        return Cue(where, None, carries=not nobody)
    between = tokens[subject.last : verb] if subject.last <= verb else tokens[verb + 1 : subject.first]
    adjacent = len(between) <= _LONGEST_GAP and all(token.word and not token.capital for token in between)
    if not may_speak(tokens, subject, cues, sure=adjacent):
        return Cue(where, None, carries=False)
    return Cue(where, _resolve_apposition(tokens, phrases, subject))


def ends_with_verb(text: str, end: int, cues: Cues) -> bool:
    """Whether a reporting verb and a comma or colon stand right before a quotation: "When somebody shouted, “Yes,” Ruiz laughed"."""
    if text[max(0, end - 40) : end].rstrip()[-1:] not in {",", ":"}:
        return False
    match = _LED.search(text, max(0, end - 40), end)
    return match is not None and match.group(1).lower() in cues.verbs


def find_before(text: str, start: int, end: int, masks: Sequence[tuple[int, int]], cues: Cues) -> Cue | None:
    """Find the cue in the clause before a quotation ("Ruiz said:" / "according to Ruiz")."""
    tokens = Clause(text, start, end, masks)
    if not tokens:
        return None
    colon = tokens[-1].text in ":："
    if not colon and cues.reporting.isdisjoint(tokens.words):
        return None
    phrases = find_phrases(tokens, cues)
    verbs = find_verbs(tokens, cues)
    while len(verbs) > 1 and tokens[verbs[-1]].lower in cues.belief_verbs:
        verbs.pop()  # "Ruiz says she thinks it is": Ruiz is the speaker
    if verbs:
        return _verb_cue("colon" if colon else "before", tokens, phrases, verbs[-1], 0, cues)
    source = source_phrase_cue(tokens, phrases, cues, range(len(tokens)))
    if source is not None or not colon:
        return source
    free = [p for p in phrases if may_be_subject(tokens, phrases, p, cues)]
    if not free:
        return Cue("colon", None)
    subject = free[-1] if free[-1].last >= len(tokens) - 1 else free[0]
    # "Ruiz:" and "Moss, Berg and Ruiz:" are nothing but names.
    only = all(t.capital or t.text in ",:：&" or t.lower in COORDINATORS for t in tokens[:-1])
    likely = may_speak(tokens, subject, cues) if only else _is_likely(text, tokens, subject, cues)
    return Cue("colon", subject.offsets_in(tokens) if likely else None)


def _is_likely(text: str, tokens: Clause, phrase: Phrase, cues: Cues) -> bool:
    """Whether a phrase without a reporting verb is a speaker: a pronoun, a name of several words or its part, or a person."""
    if not may_speak(tokens, phrase, cues, sure=False) or tokens[phrase.first].lower in _IMPERSONAL:
        return False
    is_name = phrase.kind == "name" and not phrase.is_full_name
    return not is_name or is_part_of_name(text, text[slice(*phrase.offsets_in(tokens))], cues)


def _resolve_apposition(
    tokens: Clause, phrases: Sequence[Phrase], subject: Phrase | None
) -> tuple[int, int] | None:
    """Offsets of a subject, or of the name in apposition: "the head of the library, Josephine Tully,"."""
    if subject is None:
        return None
    if subject.kind == "noun":
        behind = islice(enumerate(tokens), subject.last, subject.last + _LONGEST_APPOSITION)
        comma = next((index for index, token in behind if not token.word), len(tokens))
        name = next((p for p in phrases if p.first == comma + 1), None)
        if (
            name is not None
            and name.is_full_name
            and tokens[comma].text == ","
            and all(token.text in {",", ".", "(", MASK} for token in tokens[name.last : name.last + 1])
        ):
            return name.offsets_in(tokens)
    return subject.offsets_in(tokens)


def find_inside(text: str, start: int, end: int, cues: Cues) -> Cue | None:
    """Find a parenthetical reporting clause inside the marks, as in Russian («No, — said Ruiz, — never»)."""
    for match in _PARENTHETICAL.finditer(text, start, end):
        stop = _PARENTHETICAL_END.search(text, match.end(), min(end, match.end() + _LONGEST_PARENTHETICAL))
        if stop is None:
            continue
        cue = find_after(text, match.end(), stop.start(), (), cues, attached=False)
        if cue is not None and cue.speaker is not None:
            return Cue("between", cue.speaker)
    return None


def subject_of(
    text: str, start: int, end: int, masks: Sequence[tuple[int, int]], cues: Cues, *, verb_only: bool = False
) -> tuple[int, int] | None:
    """Offsets of the subject of a sentence: of its reporting verb, else (unless `verb_only`) its first noun phrase that may be a speaker."""
    tokens = Clause(text, start, end, masks)
    verbs = find_verbs(tokens, cues)
    if verb_only and not verbs:
        return None
    phrases = find_phrases(tokens, cues)
    for verb in verbs:
        if speaker := _verb_cue("before", tokens, phrases, verb, 0, cues).speaker:
            return speaker
    words = tokens.words
    if not cues.subjunctives.isdisjoint(words) and cues.reporting_words.isdisjoint(words):
        return None  # "Ruiz sei krank": somebody else says so
    best = first_phrase(tokens, phrases, cues)
    # A noun that does not open the sentence is not a speaker: "There was a problem."
    if (
        verb_only
        or best is None
        or (best.kind == "noun" and best.first)
        or not _is_likely(text, tokens, best, cues)
    ):
        return None
    return best.offsets_in(tokens)


def source_phrase_cue(tokens: Clause, phrases: Sequence[Phrase], cues: Cues, where: range) -> Cue | None:
    """Find a source phrase without a verb: "according to Ruiz", "Ruiz zufolge"."""
    for index in where:
        if tokens[index].lower not in cues.source_first_words:
            continue
        for length in (4, 3, 2, 1):
            words = " ".join(t.lower for t in tokens[index : index + length])
            if words in cues.source_phrases and index + length <= len(tokens):
                phrase = next((p for p in phrases if index + length <= p.first <= index + length + 2), None)
                if phrase is None and index + length < len(tokens):
                    phrase = phrase_at(tokens, index + length, cues)  # of "Angaben von Ruiz" only "Ruiz"
                if length == 1 and index != where.start and tokens[index - 1].text not in ",–—(":
                    break  # "so" and "pour" have other meanings
                phrase = phrase or _caseless(tokens, index + length, cues)
                if phrase is not None:
                    named = may_speak(tokens, phrase, cues)
                    return Cue("source", phrase.offsets_in(tokens) if named else None, carries=named)
    for phrase in phrases if cues.source_postpositions else ():
        if phrase.last in where and tokens[phrase.last].lower in cues.source_postpositions:
            return Cue("source", phrase.offsets_in(tokens))
    return None


def _caseless(tokens: Clause, start: int, cues: Cues) -> Phrase | None:
    """The phrase behind a source phrase, in scripts without capitals."""
    known = start < len(tokens) and _CASELESS_SOURCE.match(tokens[start - 1].text)
    return caseless_phrase(tokens, start, cues) if known else None


_CASELESS_SOURCE = regex.compile(r"\p{Lo}")
_ZH_STOP = "都全也还還则則曾就对對向在于於日昨今地表"
#: A time between a speaker and his verb: "赛后", "12日", "星期一".
_ZH_WHEN = r"(?:[赛賽会會事随隨之稍][前后後]|[日近]前|[当當][天日晚]|\p{Nd}{1,2}[日号號]|(?:周|週|星期|礼拜|禮拜)[一二三四五六日天](?:[上下早中][午晨]|晚)?)"
_ZH_BEFORE = regex.compile(
    rf"(?:^|[，。；！？、\s”’」』])(?:[^，。；！？、：:\s”’」』（(]{{1,30}}的)?([^，。；！？、：:\s”’」』（()]{{1,24}}?)(?:[（(][^）)]{{1,40}}[）)])?(?:(?:{_ZH_WHEN}|[{_ZH_STOP}])[^，。；！？]{{0,24}}?)?"
    rf"(?:{CHINESE_VERBS})[^，。；！？：:]{{0,6}}[：:，,]?\s*$"
)
#: A clause without a known verb that ends with a colon: it begins with the speaker.
_ZH_COLON = regex.compile(
    rf"(?:^|[，。；！？、\s”’」』])(?:[^，。；！？、：:\s”’」』（(]{{1,30}}的)?([^，。；！？、：:\s”’」』]{{2,24}}?)(?:[{_ZH_STOP}][^，。；！？：:]{{0,24}})[：:]\s*$"
)
#: A time or a place instead of a speaker.
_ZH_NOT_SPEAKER = regex.compile(
    r"^[近日昨今此并並又而但当當都谁誰]|[上中时時后後里裡]$|^(?:大家|人们|人們|有人|有些人|不少人|很多人|许多人|許多人|所有人|任何人|没有人|沒有人|没人|没有|别人|其他人)"
)
_ZH_AFTER = regex.compile(
    rf"[，,]?\s*([^，。；！？、：:\s（()]{{1,24}}?)(?:[（(][^）)]{{1,40}}[）)])?(?:(?:{_ZH_WHEN}|[{_ZH_STOP}])[^，。]{{0,12}}?)?(?:{CHINESE_VERBS})"
)
_ZH_PRONOUN = regex.compile(r"[他她它我](?:们|們)?(?!的)")
#: The end of a quotation that is also the end of a sentence.
_ZH_CLOSED = regex.compile(r"[。！？][”\"』」’]*$")
#: Titles before a name, up to the last one.
_ZH_TITLE = regex.compile(rf".*(?:{CHINESE_TITLES})(?=[\p{{Han}}·]{{2,}}$)")
_JA_AFTER = regex.compile(
    r"\s*(?:と|などと|とも|などとも)(?!いう|いった|い[うっ]|は|の|を|に|か|が|呼|名付|題|称|さ|な)[^。「」]{1,40}"
)
#: A topic behind a quotation: 「…」と田中氏は述べた.
_JA_BEHIND = regex.compile(
    r"\s*(?:などと|などとも|とも|と)、?([^、。\s「」『』（）()はがも]{2,24})(?:（[^）]*）|\([^)]*\))?(?:は|が|も)(?=[、\p{Han}\p{Katakana}\p{Hiragana}])"
)
#: A topic or subject: the words before は, が or も, and optional brackets.
_JA_TOPIC = regex.compile(
    r"(?<![^、。\s」])([^、。\s「」『』（）()]{2,40}?|[彼私僕])(?:（[^）]*）|\([^)]*\))?(は|が|も)(?=[、\p{Han}\p{Katakana}\s(（「]|$)"
)
_JA_NOT_SPEAKER = regex.compile(r"(?:日|年|月|時|後|前|中|ため|こと|うち|頃|ころ|的に|これ|それ|だけで.*)$")
_EAST_ASIAN_SUFFIX = regex.compile(rf"(?:{JAPANESE_TITLES})$")


def find_unspaced(text: str, before: tuple[int, int], after: tuple[int, int], lang: str) -> Cue | None:
    """Find the cue of a quotation in Chinese or Japanese, which are written without spaces."""
    lead, rest = text[slice(*before)], text[slice(*after)]
    if lang.startswith("ja"):
        if _JA_AFTER.match(rest) is None:
            return None
        behind = _JA_BEHIND.match(text, *after)
        name = _japanese_name(text, *behind.span(1)) if behind else None
        return Cue("after", _japanese_topic(text, *before) or name)
    sides: tuple[tuple[Where, int, Any], ...] = (
        ("after", after[0], _ZH_AFTER.match(rest)),
        ("colon", before[0], _ZH_BEFORE.search(lead) or _ZH_COLON.search(lead)),
    )
    if _ZH_CLOSED.search(text, max(0, after[0] - 3), after[0]):
        sides = sides[::-1]  # the text after the quotation is another sentence
    for where, start, match in sides:
        if match is not None:
            name = match.group(1)
            if _ZH_NOT_SPEAKER.search(name) is not None or name.endswith("的"):
                return Cue(where, None)
            if pronoun := _ZH_PRONOUN.match(name):
                return Cue(where, (start + match.start(1), start + match.start(1) + pronoun.end()))
            lead_in = max(
                name.rfind("的") + 1, name[0] in "据據"
            )  # end of a relative clause: "who lives in Liutang"
            title = _ZH_TITLE.match(name, lead_in)
            first = start + match.start(1) + (title.end() if title else lead_in)
            return Cue(where, (first, start + match.end(1)))
    return Cue("colon", None) if lead.rstrip().endswith(("：", ":")) else None


def _japanese_topic(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Offsets of the first topic (は) before a quotation, else of the first subject (が, も)."""
    found = [m for m in _JA_TOPIC.finditer(text, start, end) if not _JA_NOT_SPEAKER.search(m.group(1))]
    best = next((m for m in found if m.group(2) == "は"), found[0] if found else None)
    if best is None:
        return None
    return _japanese_name(text, *best.span(1))


def _japanese_name(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Offsets of the name in a topic, without what is before it and the title behind it."""
    first = start + text[start:end].rfind("の") + 1  # "the university's Aizawa"
    first += text[first:end].rfind("で") + 1  # "at the ceremony Aizawa"
    name = text[first:end]
    suffix = _EAST_ASIAN_SUFFIX.search(name)
    last = first + (suffix.start() if suffix and suffix.start() > 1 else len(name))
    return (first, last) if first < last else None
