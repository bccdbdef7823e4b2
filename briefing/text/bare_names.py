"""Bare names of persons, without the office or trade before them; names of two persons in one; groups of people."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from briefing.spans import Span
from briefing.text.honorifics import (
    NAME_PARTICLES,
    RARE_PARTICLES,
    is_office,
    is_title,
    title_gender,
    without_title,
)

_LETTERS = regex.compile(r"[\p{L}\p{M}’'\-]+")
#: Words in lower case that are shorter may belong to a name: "Robert the Bruce".
_SHORTEST_TRADE = 4
_TWO = regex.compile(
    r"(?P<one>\p{Lu}[\p{L}\p{M}’'.\-]*(?:\s\p{Lu}[\p{L}\p{M}’'.\-]*)*)"
    r"\s(?:and|und|et|y|e|en|og|och|и|&)\s"
    r"(?P<other>\p{Lu}[\p{L}\p{M}’'.\-]*(?:\s[\p{L}\p{M}’'.\-]+)+)"
)
#: With a capital at the start of a sentence, and no first name.
_NOT_FIRST = NAME_PARTICLES | {
    *("the", "a", "an", "this", "that", "his", "her", "our", "their"),
    *("die", "das", "ein", "eine", "il", "lo", "un", "une"),
}
_NAME_BEFORE = regex.compile(r"(?<!\p{L})(\p{Lu}[\p{L}\p{M}’'\-]*\.?)\s$")
#: Articles and what they merge with. Names of persons have none: "die Mutter", "der Norweger Ole Holm".
GERMAN_ARTICLE_BEFORE = regex.compile(
    r"(?<!\p{L})(?:[Dd](?:er|ie|as|en|em|es)|im|am|ins|vom|zum|zur|beim)\s+$"
)
#: A noun before a first and a last name.
_NOUN_BEFORE_NAME = regex.compile(r"\p{Lu}[\p{L}\-]{3,}\s(?=\p{Lu}[\p{L}\-]+\s)")
#: A group is named by a plural behind one of these, by language: "many Americans", "les Américains".
_PLURAL = {
    "en": regex.compile(
        r"(?<!\p{L})(?:the|many|most|some|all|few|fewer|more|several|other|these|those|young|older|fellow|million|thousand|hundreds of|thousands of|"
        r"millions of|among|\p{Nd}+)\s$",
        regex.IGNORECASE,
    ),
    "fr": regex.compile(
        r"(?<!\p{L})(?:les|des|aux|ces|certains|plusieurs|quelques|tous les)\s$", regex.IGNORECASE
    ),
    "es": regex.compile(r"(?<!\p{L})(?:los|las|unos|muchos|algunos|varios|estos|esos)\s$", regex.IGNORECASE),
    "pt": regex.compile(r"(?<!\p{L})(?:os|as|aos|dos|muitos|alguns|vários|estes|esses)\s$", regex.IGNORECASE),
}


def bare_name(name: str, lang: str, before: str = "") -> str:
    """Return a person's name without what describes the person before it: "Real Time host Bill Maher" is Bill Maher.

    What is left begins behind the last trade in small letters, or the last office ("Apple CEO Tim Cook"). Names in scripts
    without letter cases are returned as they are. `before` is what precedes the name in the text: in German, names have no
    article, so that "der Norweger Ole Holm" is Ole Holm.
    """
    if lang == "de" and GERMAN_ARTICLE_BEFORE.search(before):
        name = name[found.end() :] if (found := _NOUN_BEFORE_NAME.match(name)) else name
    words = name.split()
    for place in range(len(words) - 1, 0, -1):
        before = words[place - 1]
        if words[place][0].isupper() and (_is_trade(before) or is_office(before)):
            return without_title(" ".join(words[place:]), lang)
    return without_title(name, lang)


def described_as(name: str, bare: str) -> str | None:
    """Return the office or trade in `name` before the person's `bare` name: "Real Time host"; `None` if it has none."""
    if not name.endswith(bare) or name == bare:
        return None
    words = name[: -len(bare)].split()
    while words and (title_gender(words[0]) or words[0].casefold() in NAME_PARTICLES | {"the"}):
        words.pop(0)
    if not words or words[-1].endswith(".") or not (_is_trade(words[-1]) or is_office(words[-1])):
        return None
    return name[name.index(words[0]) : -len(bare)].strip()


def two_persons(name: str) -> tuple[str, str] | None:
    """Return the two names in "Chris and Sue Moores"; `None` for the name of one person, or of a duo ("Ant and Dec")."""
    found = _TWO.fullmatch(name)
    return (found["one"], found["other"]) if found else None


def is_office_alone(name: str, mentions: Sequence[Span], text: str) -> bool:
    """Whether what a model gave as a person is only an office: "Minister". In "Aaron Judge" it is a surname."""
    if not all(is_office(word) for word in name.split()):
        return False
    names = (_NAME_BEFORE.search(text, max(0, m.start - 40), m.start) for m in mentions)
    return not any(found and not (is_title(found[1]) or found[1].lower() in _NOT_FIRST) for found in names)


def is_people(name: str, mentions: Sequence[Span], text: str, lang: str) -> bool:
    """Whether a name is that of a group of people: "Muslims" in "many Muslims". Where it is uncertain, it is not."""
    pattern = _PLURAL.get(lang)
    if pattern is None or " " in name or not regex.fullmatch(r"\p{Lu}[\p{L}\p{M}’'\-]{2,}s", name):
        return False
    if name.endswith(("ss", "us", "os")) and lang == "en":
        return False
    singular = name[:-1]
    if lang == "en" and regex.search(rf"(?<!\p{{L}}){regex.escape(singular)}\s\p{{Ll}}", text):
        # "American voters"
        first_names = (_NAME_BEFORE.search(text, max(0, m.start - 40), m.start) for m in mentions)
        return not any(first_names)
    return any(pattern.search(text, max(0, m.start - 20), m.start) for m in mentions)


def _is_trade(word: str) -> bool:
    """Whether a word inside a name is a common noun rather than a part of the name."""
    bare = word.rstrip(",")
    return (
        len(bare) >= _SHORTEST_TRADE
        and bare == bare.lower()
        and bare != bare.upper()
        and _LETTERS.fullmatch(bare) is not None
        and bare not in NAME_PARTICLES | RARE_PARTICLES
    )
