"""Whether words describe a named person: "Anna Weber, mayor of Harwick", but not "is not mayor of Harwick"."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator

import regex

from briefing.grounding.alignment import exact_places
from briefing.quotations import cues_for
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import SENTENCE_END, fold, is_date, negation_pattern

#: Largest distance, in characters, between a role and the name that it describes.
_MAX_ROLE_DISTANCE = 30
#: A name before a role is searched for in this many characters.
_BEFORE_ROLE = 60
_CLAUSE_END = regex.compile(r"[.!?;:,，。、\n]")
_NOT_ONLY = regex.compile(
    r"\b(?:not (?:only|just|merely)|nicht nur|pas seulement|no s[oó]lo|не только)\b|不[仅僅只光]|だけでなく"
)
#: Languages in which the negation follows what it denies, and its greatest distance in characters.
_MAX_NEGATED = 10
_NEGATING_HAN = regex.compile("[無不未非]")
_NEGATES_LAST = frozenset(("ja", "ko", "tr", "hi", "fa"))
_NAME_BEHIND = regex.compile(r"\s(\p{Lu}[\p{L}\p{M}]+)")
_NAME_BEFORE = regex.compile(r"(?<!\p{L})\p{Lu}[\p{L}\p{M}'’\-]*,\s(\p{L}{0,4}\s?)$")


def is_near_mention(words: str, mentions: Iterable[Span], source: Source) -> bool:
    """Whether `words` occur verbatim near one of these mentions, in its sentence, not denied, and describe no other name."""
    folded = fold(words)
    denial = negation_pattern(source.lang).match(folded + " ")
    if denial and folded[denial.end() :].startswith(" "):  # "not a fraudster", but not "No. 10 spokesman"
        return False
    known = sorted((mention.start, mention.end) for mention in mentions)
    for place in _places_near(words, known, source.text):
        at = bisect(known, place)
        # Mentions do not overlap: the nearest ones are the one before and the one after.
        for mention in known[max(at - 1, 0) : at + 1]:
            first, second = sorted((place, mention))
            between = source.text[first[1] : second[0]]
            if len(between) > _MAX_ROLE_DISTANCE or "\n" in between or SENTENCE_END.search(between):
                continue
            if _is_denied(first, second, place, source):
                continue
            if between.strip(" ,(–—-\n") in ("", *cues_for(source.lang).articles) or not _describes_another(
                place, source
            ):
                return True
    return False


def _places_near(words: str, known: Iterable[tuple[int, int]], text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of `words` that are near enough to one of these places, which are in order."""
    reach, searched = _MAX_ROLE_DISTANCE + len(words), 0
    for start, end in known:
        yield from exact_places(text, words, max(start - reach, searched), end + reach)
        searched = max(searched, end + _MAX_ROLE_DISTANCE + 1)


def _is_denied(
    first: tuple[int, int], second: tuple[int, int], role: tuple[int, int], source: Source
) -> bool:
    """Whether a negation stands between a name and a role, or next to the role: "is not a convicted fraudster"."""
    text, lang = source.text, source.lang
    between, before, after = text[first[1] : second[0]], "", ""
    behind = _CLAUSE_END.split(text[second[1] : second[1] + _MAX_ROLE_DISTANCE], maxsplit=1)[0]
    if role == first:
        words = text[max(0, first[0] - _MAX_ROLE_DISTANCE) : first[0]].split()
        articles = cues_for(lang).articles
        before = " ".join(words[-2:] if words and words[-1].casefold() in articles else words[-1:])
        # "Bürgermeister ist Weber nicht", but not "Bürgermeister Weber kommt nicht".
        after = behind if lang == "de" and any(map(str.isalpha, between)) else ""
    elif lang in _NEGATES_LAST:
        after = behind[:_MAX_NEGATED]
    parts = [_NOT_ONLY.sub("", fold(part)) for part in (between, before, after) if part]
    if lang == "ja":  # "非常に", "不動産"
        parts = [_NEGATING_HAN.sub("", part) for part in parts]
    return any(map(negation_pattern(lang).search, parts))


def _describes_another(role: tuple[int, int], source: Source) -> bool:
    """Whether the role at this place is adjacent to another name: "Mayor Achebe", "Bo Lund, mayor of Marrow"."""
    behind = _NAME_BEHIND.match(source.text, role[1])
    if behind and not is_date(behind[1], source.lang):
        return True
    before = _NAME_BEFORE.search(source.text, max(0, role[0] - _BEFORE_ROLE), role[0])
    articles = cues_for(source.lang).articles
    return before is not None and before[1] in ("", *(f"{article} " for article in articles))
