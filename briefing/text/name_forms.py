"""Whether one name is another form of the same name: "Dr. Smith" and "John Smith", but not "John Jones"."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

from briefing.text.honorifics import NAME_PARTICLES, is_title, title_gender, without_title
from briefing.text.name_matching import find_mentions

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}'’.&]*")
_POSSESSIVE = regex.compile(r"['’]s?$")
#: Between a name and what describes it: "the director, James Comey", "Ann Lee (SPD)".
_APPOSITION = regex.compile(r"\s*[()（）\[\],]\s*")
#: What describes a name behind it: "Republicans on Capitol Hill".
_BEHIND = regex.compile(r"\s(?:on|in|at|with|who|an?|ein|eine|der|die|das|im|am|aus|bei|à|chez|en)\s.*$")
#: Words in lower case that join the parts of one name.
_JOINING = NAME_PARTICLES | frozenset(
    [
        "of",
        "the",
        "and",
        "for",
        "&",
        "und",
        "für",
        "der",
        "die",
        "das",
        "et",
        "pour",
        "dos",
        "von",
        "al",
        "el",
        "y",
        "e",
        "и",
    ]
)
_BELONGING = regex.compile(r"\s(?:of|from|aus|di)\s.*$")
_VOWEL_END = regex.compile(r"[aeiouyаеиоя]$")
#: What makes a woman's name of a man's: "Jeanne", "Paula", "Pauline".
_FEMININE = regex.compile(r"[nl]?[ea]|in[ea]|ett[ea]|ell[ea]|ie")
_HANGUL = regex.compile(r"\p{Hangul}")
_UNCASED = regex.compile(r"\p{Lo}")


@lru_cache(maxsize=4096)
def may_be_same_name(one: str, other: str, lang: str) -> bool:
    """Whether two names may be forms of one: each word of the shorter is a word of the longer one.

    Titles, offices, articles and particles do not count; initials, case endings and an abbreviated first name do not
    differ. Nicknames ("Bill", William) do. An acronym is a form of the name that it abbreviates.
    """
    genders = {title_gender(name.split(maxsplit=1)[0]) for name in (one, other) if name.strip()} - {None}
    if len(genders) > 1:
        return False  # "Mr Moores" and "Mrs Moores"
    names, others = _parts(one, lang), _parts(other, lang)
    return not names or not others or any(_is_form(a, b, lang) for a in names for b in others)


def _parts(name: str, lang: str) -> list[tuple[str, ...]]:
    """Return the words of the name and of each apposition, of which one is the name."""
    return [core for part in _APPOSITION.split(" ".join(name.split())) if (core := _core(part, lang))]


def _is_form(first: tuple[str, ...], second: tuple[str, ...], lang: str) -> bool:
    short, long = sorted((first, second), key=len)
    if _is_acronym(short, long):
        return True
    first_names = len(short) > 1 and _is_same_word(short[-1], long[-1], lang)
    rest = list(long)
    for place, word in enumerate(short):
        same = next((w for w in rest if _is_same_word(word, w, lang)), None)
        if same is None and first_names and place < len(short) - 1:
            same = next((w for w in rest[:-1] if _abbreviates(word, w)), None)
        if same is None:
            return False
        rest.remove(same)
    return True


def _core(name: str, lang: str) -> tuple[str, ...]:
    """Return the words of a name without offices and other words before it: "FIFA president Infantino" is Infantino."""
    bare = _BEHIND.sub("", name)
    without = without_title(bare, lang)
    if without != bare and bare[0].isupper():  # a title, not an article
        without = _BELONGING.sub("", without)
    words = without.split()
    start = 0
    for place, word in enumerate(words[:-1], 1):
        is_described = word[0].islower() and word.casefold() not in _JOINING
        if (is_described or is_title(word)) and words[place].casefold() not in _JOINING:
            start = place
    found = _WORD.findall(" ".join(words[start:]).replace("-", " ").replace("‐", " "))
    found = [_POSSESSIVE.sub("", word).rstrip(".") for word in found]
    return tuple(word for word in found if word and word.casefold() not in _JOINING)


@lru_cache(maxsize=8192)
def _is_same_word(one: str, other: str, lang: str) -> bool:
    if _plain(one) == _plain(other):
        return True
    if min(len(one), len(other)) == 1 and not _UNCASED.match(one):
        return False
    if _UNCASED.match(one):  # no blanks in a full name, perhaps
        short, long = sorted((one, other), key=len)
        family = len(short) == 1 and len(long) in (3, 4) and long.startswith(short) and _HANGUL.match(short)
        return bool(family or find_mentions(long, short, lang))
    return any(span.text == b for a, b in ((one, other), (other, one)) for span in find_mentions(b, a, lang))


def _abbreviates(one: str, other: str) -> bool:
    """Whether one of two first names is the beginning of the other: "J." and "Jon" of "Jonathan"."""
    short, long = sorted((_plain(one), _plain(other)), key=len)
    if not long.startswith(short) or (len(short) >= 3 and _VOWEL_END.search(short)):
        return False  # Maria is not Marianne
    return len(short) < 3 or not _FEMININE.fullmatch(long, len(short))


def _is_acronym(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    return (
        len(short) == 1
        and len(long) > 1
        and short[0].isupper()
        and short[0] == "".join(w[0] for w in long).upper()
    )


def _plain(word: str) -> str:
    """Return a word without case, diacritics and full stops."""
    bare = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in bare if not unicodedata.combining(char) and char != ".")
