"""Claims of a statement (numbers with units, dates, names) and their check against evidence, without a model.

The check finds claims that the evidence lacks and sentences that are repeated with the opposite polarity. It does not
judge paraphrase: a statement without findings is not proved true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Literal

import regex

from briefing.grounding.comparison import Worded
from briefing.grounding.evidence import KATAKANA, Backing
from briefing.text import (
    BEFORE_MINUS,
    CLOCK,
    MINUS,
    OWN_TOPICS,
    SENTENCE_END,
    TWELVE_HOUR_CLOCK,
    Quantity,
    SentenceWords,
    can_compare,
    find_opposites,
    half_of_day,
    may_oppose,
    parse_integer,
    plain,
)

_CAPITALISED = regex.compile(
    r"(?<![\p{L}\p{M}\p{N}])\p{Lu}[\p{L}\p{M}\p{N}]*(?:['’.\-‐‑&][\p{L}\p{M}\p{N}]+)*"
    r"(?:\s+\p{Lu}[\p{L}\p{M}\p{N}]*(?:['’.\-‐‑&][\p{L}\p{M}\p{N}]+)*)*"
)
_SPACELESS = regex.compile(r"\S+")
# A line does not start a sentence here: what begins a headline is often a name.
_SENTENCE_START = regex.compile(r"(?:^|[.!?:;…]\s+)[\"'“‘«„(\[¿¡—–-]*\s*$")
_LIST_MARK = regex.compile(r"\s*\p{Nd}{1,2}[.)](?:\s|$)")
_SCRIPTS = ("Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Han", "Hiragana", "Katakana", "Hangul",
            "Thai", "Devanagari", "Bengali", "Tamil", "Georgian", "Armenian", "Ethiopic")  # fmt: skip
_SCRIPT_PATTERNS = {script: regex.compile(rf"\p{{{script}}}") for script in _SCRIPTS}
_CASED = frozenset(("Latin", "Cyrillic", "Greek"))
_CASELESS = regex.compile(r"[\p{Lo}--ªº][\p{Lo}\p{M}]+", regex.VERSION1)
# For speed: only the characters outside ASCII are matched against scripts, without frequent marks, which are of no script.
_ASCII_LETTERS = re.compile("[A-Za-z]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f“”‘’«»…–—£€]+")
_JAPANESE = frozenset(("Han", "Hiragana", "Katakana"))
# Words before a rounded number, by where the exact number lies.
_ABOVE, _BELOW, _ABOUT = (
    regex.compile(rf"(?:\b(?:{latin})|{other})\s?\p{{Sc}}?$", regex.IGNORECASE)
    for latin, other in (
        ("over|more than|at least|über|mehr als|mindestens|plus de|au moins|más de|al menos|более|свыше", "超过|超|أكثر من"),
        ("nearly|almost|up to|less than|fewer than|fast|knapp|weniger als|près de|moins de|casi|menos de|почти|менее", "近"),
        (("about|around|some|roughly|approximately|rund|etwa|circa|ca\\.|environ|quelque|unos|unas|cerca de|"
         "alrededor de|около|примерно"), "约|約|حوالي|نحو"),
    )
)  # fmt: skip
# Languages that capitalise every noun: a single capitalised word need not be a name.
_CAPITALISES_NOUNS = frozenset(("de", "lb"))
_DECADE = regex.compile(r"\p{Nd}{3}0(?=['’]?s\b)")


Kind = Literal["number", "money", "date", "name", "polarity"]

#: A count in words up to this number may be the writer's: "the two sisters". Calibrated on the development half of
#: `benchmarks/support.py`.
_MAX_OWN_COUNT = 2
#: The same of "topics", "reasons" and the like.
_MOST_TOPICS = 10
_CENTURY = regex.compile(r"(?:st|nd|rd|th)[\s\-]century", regex.IGNORECASE)
#: Behind the letter of an initial: "J. Pell".
_INITIAL = regex.compile(r"\.\s?\p{Lu}")
_ROMAN = regex.compile(r"[IVX]{2,}")
#: The end of the sentence before is searched for in this many characters.
_BEFORE_SENTENCE = 40
#: Words like "over" are searched for in this many characters before a number.
_BEFORE_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something that a statement says and its evidence does not support."""

    kind: Kind
    """The kind of claim; "polarity" is a sentence with the opposite meaning."""
    text: str
    """The unsupported words of the statement."""


@dataclass(frozen=True, slots=True)
class Claim(Discrepancy):
    """A number, date or name in a statement; a `Discrepancy` where its check fails."""

    is_backed: Callable[[Backing], bool]
    """Whether a text supports it."""


def discrepancies(statement: str, backing: Backing, lang: str) -> list[Discrepancy]:
    """Return the claims of `statement` that `backing` does not support: numbers, dates, names, then polarity."""
    return lacking(Worded(plain(statement), lang), backing)


def lacking(stated: Worded, backing: Backing) -> list[Discrepancy]:
    """As `discrepancies`, of a statement that is normalized with `plain`."""
    missing = [claim for claim in claims(stated) if not claim.is_backed(backing)]
    return missing + contradictions(stated.text, backing, stated.lang)


def contradictions(statement: str, backing: Backing, lang: str) -> list[Discrepancy]:
    """Return a finding for each sentence of `backing` that `statement` repeats with the opposite polarity."""
    if not can_compare(lang) or lang != backing.lang or _is_affirmed(statement, backing.text, lang):
        return []
    if not may_oppose(statement, backing.text, lang):
        return []
    return [Discrepancy("polarity", text) for text in find_opposites(statement, backing.lines, lang)]


def _is_affirmed(statement: str, text: str, lang: str) -> bool:
    """Whether a text has a statement literally in a paragraph without negations, and the statement has no antonym.

    For speed: no sentence contradicts it then, as one that is like it and negates nothing goes before all that do.
    """
    start = text.find(statement)
    if start < 0 or "\n" in statement or SENTENCE_END.search(statement):
        return False
    end = text.find("\n", start + len(statement))
    paragraph = text[text.rfind("\n", 0, start) + 1 : end if end >= 0 else None]
    stated = SentenceWords(statement, lang)
    return (
        stated.is_compared
        and stated.word_set.isdisjoint(stated.lexicon.with_antonym)
        and not (stated.negated or SentenceWords(paragraph, lang).negated)
    )


def claims(stated: Worded) -> list[Claim]:
    """Return the numbers, then the dates, then the names in a statement, which is normalized with `plain`."""
    statement, lang, dates = stated.text, stated.lang, stated.dates
    covered = {place for date in dates for place in range(date.start, date.end)}
    if mark := _LIST_MARK.match(statement):
        covered.update(range(*mark.span()))
    quantities = stated.numbers
    clocks = []
    for clock in (*TWELVE_HOUR_CLOCK.finditer(statement), *CLOCK.finditer(statement)):
        if clock.start() not in covered:
            clocks.append(clock)
            covered.update(range(*clock.span()))
    found = [
        Claim(
            "number",
            m.group(),
            partial(
                Backing.has_clock,
                hour=parse_integer(m[1]),
                minute=parse_integer(m[2] or "0"),
                half=half_of_day(m.group()),
            ),
        )
        for m in clocks
    ]
    found += [
        Claim("money" if q.is_money else "number", q.text, _number_check(q, statement))
        for q in quantities
        if q.start not in covered and not _is_own_count(q, statement)
    ]
    found += [Claim("date", date.text.rstrip("."), partial(Backing.has_date, date=date)) for date in dates]
    # "Millionen Euro" is not a name; "Eighty Mile Beach" is.
    covered.update(place for q in quantities if not q.spelled for place in range(q.start, q.end))
    covered.update(
        place for q in quantities if (m := _CENTURY.match(statement, q.end)) for place in range(*m.span())
    )
    among_nouns = lang in _CAPITALISES_NOUNS
    found += [
        Claim("name", name, partial(Backing.has_name, name=name, among_nouns=among_nouns))
        for name in names(statement, lang, covered)
    ]
    if _NOT_ASCII.search(statement) and main_script(statement) in _CASED:
        # In a cased script, a word of a caseless one is a name in its original script.
        found += [
            Claim("name", letters, partial(Backing.has_letters, letters=letters))
            for letters in _CASELESS.findall(statement)
        ]
    return found


def _number_check(quantity: Quantity, statement: str) -> Callable[[Backing], bool]:
    if _DECADE.match(statement, quantity.start):
        return partial(Backing.has_decade, first=next(iter(quantity.values)))
    if MINUS.search(statement[max(0, quantity.start - BEFORE_MINUS) : quantity.start]):
        return partial(Backing.has_negative, quantity=quantity)
    if quantity.text == statement.strip():
        return partial(Backing.has_bare_number, quantity=quantity)
    if _CENTURY.match(statement, quantity.end):
        return partial(Backing.has_century, quantity=quantity)
    before = statement[
        max(0, quantity.start - _BEFORE_NUMBER) : quantity.start + 1 - quantity.text[:1].isalnum()
    ]
    sides = {sign for sign, words in ((1, _ABOVE), (-1, _BELOW), (0, _ABOUT)) if words.search(before)}
    return partial(Backing.has_quantity, quantity=quantity, side=min(sides, default=None))


def _is_own_count(quantity: Quantity, statement: str) -> bool:
    if (
        quantity.spelled
        and max(quantity.values) <= _MOST_TOPICS
        and OWN_TOPICS.match(statement, quantity.end)
    ):
        return True
    # A capitalised "Twelve" inside a sentence is part of a name; as the first word it is a count.
    return quantity.spelled and (
        min(quantity.values) <= _MAX_OWN_COUNT or (quantity.start > 0 and quantity.text[0].isupper())
    )


def names(text: str, lang: str = "und", covered: Collection[int] = ()) -> list[str]:
    """Return candidate names: runs of capitalised words (at least two where nouns are capitalised), and of katakana.

    Words that begin at the offsets `covered` are left out.
    """
    found = []
    for match in _CAPITALISED.finditer(text):
        group, start = match.group(), match.start()
        words = [word.group() for word in _SPACELESS.finditer(group) if start + word.start() not in covered]
        if words and group.startswith(words[0]) and _opens_sentence(text, start):
            # The first word of a sentence is capitalised in any case.
            words = words[1:]
        if len(words) == 1 == len(words[0]) and _INITIAL.match(text, match.end()):
            words = [f"{words[0]}."]
        if len(words) == 1 and _ROMAN.fullmatch(words[0]):
            continue  # "world war II"
        if not words or (lang in _CAPITALISES_NOUNS and len(words) < 2):
            continue
        found.append(" ".join(words))
    return found + [match.group() for match in KATAKANA.finditer(text)]


def _opens_sentence(text: str, place: int) -> bool:
    if place > 1 and text[place - 1] == " " and text[place - 2].isalnum():
        return False  # as most names stand
    return _SENTENCE_START.search(text, max(0, place - _BEFORE_SENTENCE), place) is not None


def main_script(text: str) -> str | None:
    """Return the Unicode script of most letters of `text`, "Han" for Japanese; `None` if it has no letters."""
    rest = "".join(_NOT_ASCII.findall(text))
    counts = {script: len(pattern.findall(rest)) for script, pattern in _SCRIPT_PATTERNS.items() if rest}
    if not any(counts.values()):  # only quotation marks, dashes and the like
        return "Latin" if _ASCII_LETTERS.search(text) else None
    counts["Latin"] += sum(map(len, _ASCII_LETTERS.findall(text)))
    script = max(counts, key=lambda key: counts[key])
    return "Han" if script in _JAPANESE else script


def is_in_script(statement: str, script: str | None) -> bool:
    """Whether most letters of `statement` belong to `script`; true if it has no letters, or `script` is `None`."""
    if script is None:
        return True
    if script == "Latin":
        # For speed: as in most statements, ASCII letters outnumber all other characters.
        letters = sum(map(len, _ASCII_LETTERS.findall(statement)))
        if 2 * letters > len(statement):
            return True
    return main_script(statement) in (None, script)
