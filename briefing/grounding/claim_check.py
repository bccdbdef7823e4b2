"""Whether a statement is backed by its evidence, as far as can be told without a model.

The check looks at what can be told for certain: numbers with their units, dates and names that the statement holds
and the evidence lacks, a sentence repeated with the opposite meaning, and the language that it is written in. It does
not see paraphrase; what passes is not proved true.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

import regex

from briefing.grounding.evidence import KATAKANA, Backing
from briefing.text import CLOCK, Quantity, judges, opposites, plain, read_dates, read_quantities, whole_number

_CAPITALISED = regex.compile(
    r"(?<![\p{L}\p{M}\p{N}])\p{Lu}[\p{L}\p{M}\p{N}]*(?:['’.\-‐‑&][\p{L}\p{M}\p{N}]+)*"
    r"(?:\s+\p{Lu}[\p{L}\p{M}\p{N}]*(?:['’.\-‐‑&][\p{L}\p{M}\p{N}]+)*)*"
)
_SPACELESS = regex.compile(r"\S+")
_SENTENCE_START = regex.compile(r"(?:^|[.!?:;…]\s+)[\"'“‘«„(\[¿¡—–-]*\s*$")
_LIST_MARK = regex.compile(r"\s*\p{Nd}{1,2}[.)](?:\s|$)")
_SCRIPTS = ("Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Han", "Hiragana", "Katakana", "Hangul",
            "Thai", "Devanagari", "Bengali", "Tamil", "Georgian", "Armenian", "Ethiopic")  # fmt: skip
_SCRIPT_PATTERNS = {script: regex.compile(rf"\p{{{script}}}") for script in _SCRIPTS}
_CASED = frozenset(("Latin", "Cyrillic", "Greek"))
_CASELESS = regex.compile(r"[\p{Lo}--ªº][\p{Lo}\p{M}]+", regex.VERSION1)
# Most of most texts is ASCII: what is not is looked at for its script.
_ASCII_LETTERS = re.compile("[A-Za-z]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_JAPANESE = frozenset(("Han", "Hiragana", "Katakana"))
# What stands before a rounded number, and on which side of it the exact one is.
_ABOVE, _BELOW, _ABOUT = (
    regex.compile(rf"(?:\b(?:{latin})|{other})\s?\p{{Sc}}?$", regex.IGNORECASE)
    for latin, other in (
        ("over|more than|at least|über|mehr als|mindestens|plus de|au moins|más de|al menos|более|свыше", "超过|超|أكثر من"),
        ("nearly|almost|up to|less than|fewer than|fast|knapp|weniger als|près de|moins de|casi|menos de|почти|менее", "近"),
        (("about|around|some|roughly|approximately|rund|etwa|circa|ca\\.|environ|quelque|unos|unas|cerca de|"
         "alrededor de|около|примерно"), "约|約|حوالي|نحو"),
    )
)  # fmt: skip
# Every German noun has a capital, so that a single one says nothing about names.
_CAPITALISES_NOUNS = frozenset(("de", "lb"))
_DECADE = regex.compile(r"\p{Nd}{3}0(?=['’]?s\b)")


Kind = Literal["number", "money", "date", "name", "polarity"]

#: A count in words up to this one may be the writer's own: "the two sisters". Chosen on the
#: development half of `benchmarks/support.py`.
_SMALL = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a statement says and its evidence does not.

    Attributes:
        kind: what was looked at.
        text: what is not backed, in the statement's words.
    """

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Claim(Finding):
    """A number, date or name of a statement.

    Attributes:
        is_backed: whether a text holds it.
    """

    is_backed: Callable[[Backing], bool]


def findings(statement: str, backing: Backing, lang: str) -> list[Finding]:
    """What `statement` says and `backing` does not hold: numbers, dates, names, then polarity.

    Args:
        statement: what is claimed.
        backing: the evidence, read.
        lang: language of the statement, a BCP-47 primary tag.
    """
    statement = plain(statement)
    return [claim for claim in claims(statement, lang) if not claim.is_backed(backing)] + contradictions(
        statement, backing, lang
    )


def contradictions(statement: str, backing: Backing, lang: str) -> list[Finding]:
    """Where `statement` says the opposite of a sentence that it repeats."""
    if not judges(lang) or lang != backing.lang:
        return []
    return [Finding("polarity", text) for text in opposites(statement, backing.lines, lang)]


def claims(statement: str, lang: str) -> list[Claim]:
    """The numbers, then the dates, then the names that a statement holds.

    Args:
        statement: what is claimed.
        lang: its language, a BCP-47 primary tag.
    """
    dates = read_dates(statement, lang)
    covered = {place for date in dates for place in range(date.start, date.end)}
    if mark := _LIST_MARK.match(statement):
        covered.update(range(*mark.span()))
    quantities = read_quantities(statement, lang)
    clocks = [clock for clock in CLOCK.finditer(statement) if clock.start() not in covered]
    covered.update(place for clock in clocks for place in range(*clock.span()))
    found = [
        Claim(
            "number",
            clock.group(),
            functools.partial(Backing.has_clock, hour=whole_number(clock[1]), minute=whole_number(clock[2])),
        )
        for clock in clocks
    ] + [
        Claim("money" if quantity.is_money else "number", quantity.text, _number_check(quantity, statement))
        for quantity in quantities
        if quantity.start not in covered and not _is_own_count(quantity)
    ]
    found += [
        Claim("date", date.text.rstrip("."), functools.partial(Backing.has_date, date=date)) for date in dates
    ]
    # "Millionen Euro" is no name; but "Eighty Mile Beach" is one.
    covered.update(place for q in quantities if not q.spelled for place in range(q.start, q.end))
    found += [
        Claim(
            "name",
            name,
            functools.partial(Backing.has_name, name=name, among_nouns=lang in _CAPITALISES_NOUNS),
        )
        for name in _names_outside(statement, lang, covered)
    ]
    if not statement.isascii() and main_script(statement) in _CASED:
        # Without capitals: a name in its own script.
        found += [
            Claim("name", letters, functools.partial(Backing.has_letters, letters=letters))
            for letters in _CASELESS.findall(statement)
        ]
    return found


def _number_check(quantity: Quantity, statement: str) -> Callable[[Backing], bool]:
    if _DECADE.match(statement, quantity.start):
        return functools.partial(Backing.has_decade, first=next(iter(quantity.values)))
    if quantity.text == statement.strip():
        return functools.partial(Backing.has_bare_number, quantity=quantity)
    before = statement[max(0, quantity.start - 20) : quantity.start + 1 - quantity.text[:1].isalnum()]
    sides = {sign for sign, words in ((1, _ABOVE), (-1, _BELOW), (0, _ABOUT)) if words.search(before)}
    return functools.partial(Backing.has_quantity, quantity=quantity, side=min(sides, default=None))


def _is_own_count(quantity: Quantity) -> bool:
    # "Twelve" in the middle of a sentence is part of a name; its first word has its capital from its place.
    return quantity.spelled and (
        min(quantity.values) <= _SMALL or (quantity.start > 0 and quantity.text[0].isupper())
    )


def names(text: str, lang: str = "und") -> list[str]:
    """What looks like a name: runs of capitalised words, and of katakana."""
    return list(_names_outside(text, lang, ()))


def _names_outside(text: str, lang: str, covered: Collection[int]) -> Iterator[str]:
    """Names, without the words that begin at these places."""
    for match in _CAPITALISED.finditer(text):
        words = [
            word.group()
            for word in _SPACELESS.finditer(match.group())
            if match.start() + word.start() not in covered
        ]
        if words and match.group().startswith(words[0]) and _SENTENCE_START.search(text[: match.start()]):
            # A sentence's first word has its capital from its place.
            words = words[1:]
        if not words or (lang in _CAPITALISES_NOUNS and len(words) < 2):
            continue
        yield " ".join(words)
    yield from (match.group() for match in KATAKANA.finditer(text))


def main_script(text: str) -> str | None:
    """The script that most letters of `text` are written in; `None` where there are none."""
    rest = "".join(_NOT_ASCII.findall(text))
    counts = {script: len(pattern.findall(rest)) for script, pattern in _SCRIPT_PATTERNS.items() if rest}
    if not any(counts.values()):  # quotation marks, dashes and the like
        return "Latin" if _ASCII_LETTERS.search(text) else None
    counts["Latin"] += sum(map(len, _ASCII_LETTERS.findall(text)))
    script = max(counts, key=lambda key: counts[key])
    return "Han" if script in _JAPANESE else script


def is_in_script(statement: str, script: str | None) -> bool:
    """Whether most letters of `statement` are of this script; true where there are none to judge by."""
    written = main_script(statement)
    return script is None or written is None or script == written
