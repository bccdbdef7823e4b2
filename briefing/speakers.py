"""Who speaks: the reporting clause next to a quotation, and the name in it.

The order of the sieves is that of Muzny et al., "A Two-stage Sieve Approach for Quote Attribution" (EACL 2017):
quotation, reporting verb and name side by side first, then the sentence around, then who spoke last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import regex

from briefing.cues import CHINESE_VERBS, JAPANESE_VERBS, Cues
from briefing.phrases import (
    MASK,
    Phrase,
    Token,
    find_phrases,
    find_subject,
    first_phrase,
    is_free,
    is_participle,
    is_verb,
    tokenize,
)

#: Where a sentence ends, when no abbreviation stands there.
_BREAK = regex.compile(r"[.!?…]+[\"”“»«’')\]]*\s+(?=[^\s\p{Ll}]|\Z)|[。！？]|\n\s*\n|\s[•|]\s")
_ABBREVIATION = regex.compile(
    r"(?:^|[\s(\"“„'‘])(?:\p{Lu}|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|Inc|Corp|Co|Ltd|\p{Lu}\.\p{Lu}|Mrs?|Ms|Dr|Prof|Sens?|Reps?|Govs?|Gen|Lt|Col|Sgt|Rev|Jr|Sr|St|Nr|vs|No|bzw|ca"
    r"|\d{1,2}|U\.S|z\.B|d\.h|Mme)\.\s*$"
)

Where = Literal["between", "after", "before", "source", "colon"]


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue beside a quotation.

    Attributes:
        where: on which side of it.
        speaker: offsets of who speaks, where the cue names anybody.
        label: whether the verb only reports a few words ("called it").
    """

    where: Where
    speaker: tuple[int, int] | None
    label: bool = False


def sentence_start(text: str, at: int, floor: int, masks: Sequence[tuple[int, int]]) -> int:
    """Where the sentence that reaches `at` begins, not before `floor`; `masks` are quoted pieces to look over."""
    start = floor
    for match in _BREAK.finditer(text, floor, at):
        if _ABBREVIATION.search(text, max(floor, match.start() - 8), match.end()):
            continue
        # A break inside a quotation is none, but one that ends with it is.
        if not any(a <= match.start() and match.end() < b - 1 for a, b in masks):
            start = match.end()
    return start


def sentence_end(text: str, at: int, ceiling: int, masks: Sequence[tuple[int, int]]) -> int:
    """Where the sentence that goes on at `at` ends, at `ceiling` at the latest."""
    for match in _BREAK.finditer(text, at, ceiling):
        if _ABBREVIATION.search(text, max(at, match.start() - 8), match.end()):
            continue
        if not any(a <= match.start() < b for a, b in masks):
            return int(match.start()) + 1
    return ceiling


def find_after(
    text: str, start: int, end: int, masks: Sequence[tuple[int, int]], cues: Cues, *, attached: bool = True
) -> Cue | None:
    """The cue in the clause that follows a quotation (", said Ruiz" / "Ruiz said").

    Where the quotation is `attached` to the clause (it ended with a comma), a verb that no list holds will do.
    """
    tokens = tokenize(text, start, end, masks)
    first = next((i for i, t in enumerate(tokens) if t.word), None)
    if first is None or first > 2:
        return None
    phrases = find_phrases(tokens, cues)
    source = _source(tokens, phrases, cues, range(first, min(first + 2, len(tokens))))
    if source is not None:
        return source
    for index in range(first, min(len(tokens), first + 30)):
        token = tokens[index]
        if token.text in {MASK, ";", ":"} and index > first:
            break
        if not is_verb(tokens, index, cues):
            continue
        if index == first and is_participle(token, cues):
            return Cue("after", None)  # ", adding that": the subject stands before the quotation
        subject = find_subject(tokens, phrases, index, first, cues)
        return Cue("after", subject and (subject.start, subject.end), token.lower in cues.labels)
    source = _source(tokens, phrases, cues, range(first, len(tokens)))
    if source is not None or not attached or not phrases:
        return source
    nearest = phrases[0]
    behind = tokens[nearest.last : nearest.last + 1]
    verb_first = (
        nearest.first == first + 1 and tokens[first].text.islower() and tokens[first].lower not in cues.small
    )
    name_first = nearest.first == first and any(t.text.islower() for t in behind)
    if (verb_first or name_first) and is_free(tokens, phrases, nearest, cues):
        return Cue("after", (nearest.start, nearest.end))
    return None


def find_before(text: str, start: int, end: int, masks: Sequence[tuple[int, int]], cues: Cues) -> Cue | None:
    """The cue in the clause that leads to a quotation ("Ruiz said:" / "according to Ruiz")."""
    tokens = tokenize(text, start, end, masks)
    if not tokens:
        return None
    phrases = find_phrases(tokens, cues)
    colon = tokens[-1].text in ":："
    verbs = [index for index in range(len(tokens)) if is_verb(tokens, index, cues)]
    while len(verbs) > 1 and tokens[verbs[-1]].lower in cues.thoughts:
        verbs.pop()  # "Ruiz says she thinks it is": Ruiz says
    if verbs:
        verb = verbs[-1]
        subject = find_subject(tokens, phrases, verb, 0, cues)
        where: Where = "colon" if colon else "before"
        return Cue(where, subject and (subject.start, subject.end), tokens[verb].lower in cues.labels)
    source = _source(tokens, phrases, cues, range(len(tokens)))
    if source is not None:
        return source
    if not colon:
        return None
    free = [p for p in phrases if is_free(tokens, phrases, p, cues)]
    if not free:
        return Cue("colon", None)
    subject = free[-1] if free[-1].last >= len(tokens) - 1 else free[0]
    return Cue("colon", (subject.start, subject.end))


def subject_of(
    text: str, start: int, end: int, masks: Sequence[tuple[int, int]], cues: Cues
) -> tuple[int, int] | None:
    """Whom a sentence without a quotation is about: the subject of its reporting verb, else its first phrase."""
    tokens = tokenize(text, start, end, masks)
    phrases = find_phrases(tokens, cues)
    for index in range(len(tokens)):
        if is_verb(tokens, index, cues):
            subject = find_subject(tokens, phrases, index, 0, cues)
            if subject is not None:
                return subject.start, subject.end
    best = first_phrase(tokens, phrases, cues)
    # A thing in the sentence before is no speaker: "There was a problem."
    return (best.start, best.end) if best is not None and (best.kind != "noun" or best.first == 0) else None


def _source(tokens: Sequence[Token], phrases: Sequence[Phrase], cues: Cues, where: range) -> Cue | None:
    """A source without a verb: "according to Ruiz", "Ruiz zufolge"."""
    for index in where:
        if tokens[index].lower not in cues.source_beginnings:
            continue
        for length in (4, 3, 2, 1):
            words = " ".join(t.lower for t in tokens[index : index + length])
            if words in cues.sources:
                phrase = next((p for p in phrases if index + length <= p.first <= index + length + 2), None)
                if length == 1 and index != where.start and tokens[index - 1].text not in ",–—(":
                    break  # "so" and "pour" are other words, too
                if phrase is not None:
                    return Cue("source", (phrase.start, phrase.end))
    for index in where:
        if tokens[index].lower in cues.sources_after:
            before = [p for p in phrases if p.last == index]
            if before:
                return Cue("source", (before[-1].start, before[-1].end))
    return None


_ZH_STOP = "也还還则則曾就对對向在于於日昨今的地"
_ZH_BEFORE = regex.compile(
    rf"(?:^|[，。；！？、\s])([^，。；！？、：:\s]{{1,14}}?)(?:[{_ZH_STOP}][^，。；！？]{{0,24}}?)?"
    rf"(?:{CHINESE_VERBS})[^，。；！？：:]{{0,6}}[：:，,]?\s*$"
)
#: A time or a place, not a speaker.
_ZH_NOBODY = regex.compile(r"^[近日昨今此并並又而但当當]|[上中时時后後里裡]$")
_ZH_AFTER = regex.compile(
    rf"[，,]?\s*([^，。；！？、：:\s]{{1,12}}?)(?:[{_ZH_STOP}][^，。]{{0,12}}?)?(?:{CHINESE_VERBS})"
)
_JA_BEFORE = regex.compile(
    r"(?:^|[、。\s」])([^、。\s「」（）()]{1,16})(?:（[^）]*）|\([^)]*\))?(?:さん|氏)?(?:は|も|が)、?[^。「」]{0,60}$"
)
_JA_AFTER = regex.compile(rf"\s*(?:と|などと)[^。「]{{0,40}}?(?:{JAPANESE_VERBS})")


def find_unspaced(text: str, before: tuple[int, int], after: tuple[int, int], lang: str) -> Cue | None:
    """The cue of a quotation in Chinese or Japanese, which write no spaces."""
    lead, rest = text[slice(*before)], text[slice(*after)]
    if lang.startswith("ja"):
        if _JA_AFTER.match(rest) is None:
            return None
        topic = _JA_BEFORE.search(lead)
        return Cue("after", topic and (before[0] + topic.start(1), before[0] + topic.end(1)))
    sides: tuple[tuple[Where, int, Any], ...] = (
        ("after", after[0], _ZH_AFTER.match(rest)),
        ("colon", before[0], _ZH_BEFORE.search(lead)),
    )
    for where, start, match in sides:
        if match is not None:
            place = _ZH_NOBODY.search(match.group(1)) is not None
            return Cue(where, None if place else (start + match.start(1), start + match.end(1)))
    return Cue("colon", None) if lead.rstrip().endswith(("：", ":")) else None
