"""Credits: who said a quotation, behind a dash, in brackets or on a line of its own ("“…” — Ida Moe, mayor")."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

import regex

from briefing.quotations.cue_lexicon import Cues
from briefing.quotations.noun_phrases import COORDINATORS
from briefing.text import NAME_PARTICLES, count_titles, is_date, is_title

_WHO = r"(?P<who>[\p{Lu}\p{Lo}][^\n\"“”„«»‘()\[\]:;,!?—–]{1,58}?)"
_WHAT = r"(?P<what>,[ ][^\n\"“”„«»()\[\]:;!?—–]{1,100}?)?"
_CREDITS = tuple(
    regex.compile(pattern)
    for pattern in (
        rf"\s{{0,3}}(?:[—–―]|--|-(?=\s))\s?{_WHO}{_WHAT}\.?[ \t]*(?=\n|\Z)",
        rf"[ \t]?\({_WHO}{_WHAT}\)",
    )
)
#: A line without a dash says what its person is: "Ida Moe, mayor of Harwick".
_LINE = regex.compile(rf"[ \t]*\n\s{{0,2}}{_WHO}{_WHAT}[ \t]*(?=\n|\Z)")
#: What each of them begins with.
_OPENING = re.compile(r"\s{0,3}[—–―-]|[ \t]?\(|[ \t]*\n")
_WORD = regex.compile(r"[\p{L}\p{M}][\p{L}\p{M}.'’\-]*")
_CAPITALIZED_PAIR = regex.compile(
    r"(?<![\p{L}\p{M}])(\p{Lu}[\p{L}\p{M}\-]*+)\.?[ \u00a0](?=(\p{Lu}[\p{L}\p{M}\-]++))"
)
_YEAR = regex.compile(r"\d{4}")
#: Characters behind a quotation in which its credit is searched for.
_LONGEST = 200


def find_credit(text: str, at: int, cues: Cues, lang: str, *, opens_line: bool) -> tuple[int, int] | None:
    """Find the offsets of the person or body that is credited with a quotation that ends at `at`.

    Args:
        text: the whole text.
        at: end of the quotation, its mark included.
        cues: the cue words of the text's language.
        lang: the language.
        opens_line: whether the quotation opens its sentence; others have credits in brackets only.
    """
    if not _OPENING.match(text, at):
        return None
    for pattern in (*_CREDITS, _LINE) if opens_line else _CREDITS[1:]:
        match = pattern.match(text, at, at + _LONGEST)
        if match is None:
            continue
        if match.end() == at + _LONGEST < len(text):  # the line goes on
            return None
        what = match["what"] or ""
        if pattern is not _CREDITS[0] and _YEAR.search(what):
            return None  # "“Valley” (Ana Ruiz, 2019)"
        described = what[2:3].islower() or is_title(what[2:].split(" ")[0])
        if pattern is _LINE and not described:
            return None
        told = cues.verbs | cues.pronouns | cues.stopwords - cues.prepositions - COORDINATORS
        if any(word.lower() in told for word in _WORD.findall(what)):
            return None  # a clause: "— Ida Moe, however, did not."
        return _name(text, match, cues, lang, described=described)
    return None


def _name(
    text: str, match: regex.Match[str], cues: Cues, lang: str, *, described: bool
) -> tuple[int, int] | None:
    """The offsets of the name that a credit begins with; `None` if it is no name."""
    start, who = match.start("who"), match["who"].rstrip(". ")
    words = who.split()
    named = [word for word in words if word.lower() not in NAME_PARTICLES]
    if is_date(who, lang) or not all(_WORD.fullmatch(word) for word in words) or who.endswith(("'s", "’s")):
        return None
    if not all(word[0].isupper() for word in named[1:]) or words[-1] not in named:
        return None
    if words[0].lower() in cues.articles:
        return None if cues.capital_nouns or len(words) == 1 else (start, start + len(who))
    if any(word.lower() in cues.not_first_in_names | cues.verbs for word in named):
        return None
    titles = count_titles(words)
    place = start + who.index(words[titles]) if titles else start
    if len(words) - titles == 1 and not described and not is_part_of_name(text, words[-1], cues):
        return None
    # Two capitalized words of German need not be a name.
    if cues.capital_nouns and not described and text.count(words[-1]) == 1:
        return None
    return place, start + len(who)


def is_part_of_name(text: str, word: str, cues: Cues) -> bool:
    """Whether a capitalized word is part of a longer name in the text ("Ida Moe") or follows a title ("Mayor Moe")."""
    return any(
        neighbour != word and neighbour.lower().rstrip(".") not in cues.no_neighbours
        for neighbour in _capitalized_neighbours(text).get(word, ())
    )


@lru_cache(maxsize=4)
def _capitalized_neighbours(text: str) -> dict[str, set[str]]:
    """The capitalized words of a text, each with those right before and behind it on its line."""
    neighbours: defaultdict[str, set[str]] = defaultdict(set)
    for match in _CAPITALIZED_PAIR.finditer(text):
        neighbours[match[1]].add(match[2])
        neighbours[match[2]].add(match[1])
    return dict(neighbours)
