"""Dates in a text: days of a month, months and weekdays, as numbers.

Names of months and weekdays come from the Unicode CLDR through babel.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import regex

from briefing.text.languages import cldr_locale
from briefing.text.quantities import parse_integer
from briefing.text.short_texts import kept_for_sentences

#: Letters of the shortest abbreviated name that counts: "Mon", not "Mo".
_SHORTEST_ABBREVIATION = 3
_NOON = 12
_DAY = r"(?<![\p{Nd}.,:])\p{Nd}{1,2}(?:st|nd|rd|th|er|º|ª|\.|-?(?:го|е))?"
_JOINT = r"(?:\s?[,\-–—]\s?|\s(?:and|or|to|und|oder|bis|et|ou|au|y|o|al|a|e|и|до)\s)"
_DAYS = rf"{_DAY}(?:{_JOINT}{_DAY}){{0,6}}"  # bounded, so that a long list of numbers takes linear time
_DIGIT = re.compile(r"\d")
_NUMBERS = regex.compile(r"(?<!\p{Nd})\p{Nd}{1,2}(?!\p{Nd})")
_ISO = regex.compile(r"(?<!\d)\d{4}-(\d{2})-(\d{2})(?!\d)")
_NUMERIC = regex.compile(r"(?<![\d.,])(\d{1,2})([./])(\d{1,2})\2(?:\d{4}|\d{2})(?!\d)")
_INSIDE_NUMERIC = re.compile(r"[./]\d")
_EAST_ASIAN = regex.compile(r"(?<!\p{Nd})(\p{Nd}{1,2})\s?[月월](?:\s?(\p{Nd}{1,2})\s?[日号일])?")
#: Weekdays by language: before or behind a character that names one, Monday first.
_EAST_ASIAN_WEEKDAYS = {
    "zh": (
        "一二三四五六日",
        regex.compile(r"(?:星期|礼拜|禮拜|(?<![\p{Nd}一二两三四五六几])[周週])([一二三四五六日天])"),
    ),
    "ja": ("月火水木金土日", regex.compile(r"([月火水木金土日])曜日?")),
    "ko": ("월화수목금토일", regex.compile(r"([월화수목금토일])요일")),
}
#: A time of day as "6:40". A score may look the same and is compared in the same way.
CLOCK = regex.compile(r"(?<![\p{Nd}:.,])(\p{Nd}|[01]\p{Nd}|2[0-4]):([0-5]\p{Nd})(?!\p{Nd}|[:.,]\p{Nd})")
#: The same in twelve hours: "2 pm", "6.40 p.m.".
TWELVE_HOUR_CLOCK = regex.compile(
    r"(?<![\p{Nd}:.,])(1[0-2]|0?[1-9])(?:[:.]([0-5]\p{Nd}))?\s?[ap]\.?m\b", regex.IGNORECASE
)
#: An hour of the afternoon in Chinese, Japanese and Korean, and one in 24 hours.
_EAST_ASIAN_HOUR = regex.compile(
    r"(?P<afternoon>午後|下午|晚上|傍晚|오후)?\s?(?<!\p{Nd})(?P<hour>\p{Nd}{1,2})\s?[時点點时시](?![間间])"
)
_HALF_OF_DAY = re.compile(r"([ap])\.?m$", re.IGNORECASE)
# Prefixes written onto the next word: "in", "and", "the".
_PROCLITICS = {"he": "[ובהלמכש]{0,2}", "ar": "[وفبلك]{0,2}"}
# Swedish "i tisdags", "på tisdagen".
_WEEKDAY_ENDINGS = dict.fromkeys(("sv", "da", "nb", "no", "nn"), ("s", "en", "ens"))
_YEAR_INSIDE = regex.compile(r"(?<!\p{Nd})([12]\p{Nd}{3})(?!\p{Nd})")
_YEAR_BEHIND = regex.compile(r"\.?,?\s?(?:del?\s)?([12]\p{Nd}{3})(?!\p{Nd}|[.,]\p{Nd})")
_YEAR_BEFORE = regex.compile(r"(?<!\p{Nd})([12]\p{Nd}{3})\s?[年년]\s?$")
_ORDINAL_DAY = regex.compile(r"(?<!\p{Nd})(\p{Nd}{1,2})(?:st|nd|rd|th|\.(?=\s)|日|号)(?!\p{L})")


def east_asian_hours(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield the offsets of hours of the afternoon and their number in the other count: 17 for "午後5時", 5 for "17時"."""
    for match in _EAST_ASIAN_HOUR.finditer(text):
        hour = parse_integer(match["hour"])
        if match["afternoon"] and 0 < hour < _NOON:
            yield match.start(), match.end(), hour + _NOON
        elif _NOON < hour < 2 * _NOON:
            yield match.start(), match.end(), hour - _NOON


def half_of_day(clock: str) -> str:
    """Return "a" or "p" for a time of day in twelve hours ("2 pm", "6.40 p.m"), "" for one in 24."""
    match = _HALF_OF_DAY.search(clock)
    return match[1].lower() if match else ""


class NamedDate(NamedTuple):
    """A date in a text, which may lack its year, day or month."""

    start: int
    end: int
    text: str  # the slice of the text
    readings: frozenset[tuple[int, int]] = frozenset()  # possible (month, day); day 0 is a month alone
    weekday: int | None = None  # 0 is Monday; `None` for other dates, which have readings
    year: int | None = None


class Dates:
    """The dates of a text in `lang`, for checking the dates of statements about it."""

    def __init__(self, text: str, lang: str) -> None:
        if lang == "en" and text.islower():
            text = text.title()  # names of months are matched with their capitals: "march 19"
        found = read_dates(text, lang)
        self._weekdays = {date.weekday for date in found if date.weekday is not None}
        self._years: dict[tuple[int, int], set[int | None]] = {}  # by month and day
        for date in found:
            for pair in date.readings:
                self._years.setdefault(pair, set()).add(date.year)
        self._months = {month for month, _ in self._years}
        self._loose_days = {parse_integer(day) for day in _ORDINAL_DAY.findall(text)}

    def supports(self, date: NamedDate) -> bool:
        """Whether the text has this date; years are compared where both have one."""
        if date.weekday is not None:
            return date.weekday in self._weekdays
        if date.year is not None:
            # A day without a year in the text agrees with any year.
            years = set[int | None]().union(*(self._years.get(pair, ()) for pair in date.readings))
            if years and date.year not in years and None not in years:
                return False
        return any(
            (month, day) in self._years if day and day not in self._loose_days else month in self._months
            for month, day in date.readings
        )


def read_dates(text: str, lang: str) -> list[NamedDate]:
    """Find the dates of a text, in order and without overlaps; only those in digits if the CLDR lacks the language."""
    return list(_read_dates(text, lang))


@kept_for_sentences
def _read_dates(text: str, lang: str) -> Sequence[NamedDate]:
    found: list[NamedDate] = []
    taken: set[int] = set()
    for date in _candidates(text, lang):
        place = range(date.start, date.end)
        if taken.isdisjoint(place):
            taken.update(place)
            found.append(date._replace(year=_year_of(date, text)) if date.readings else date)
    return sorted(found, key=lambda date: date.start)


def _year_of(date: NamedDate, text: str) -> int | None:
    """Return the year inside a date, right behind it, or before it as in Japanese."""
    match = (
        _YEAR_INSIDE.search(date.text)
        or _YEAR_BEHIND.match(text, date.end)
        or _YEAR_BEFORE.search(text, max(0, date.start - 8), date.start)
    )
    return parse_integer(match[1]) if match else None


def _candidates(text: str, lang: str) -> Iterator[NamedDate]:
    if has_digits := _DIGIT.search(text) is not None:
        yield from _in_digits(text)
    if lang in _EAST_ASIAN_WEEKDAYS:
        order, pattern = _EAST_ASIAN_WEEKDAYS[lang]
        for match in pattern.finditer(text):
            number = order.find(match[1].replace("天", "日"))
            yield NamedDate(match.start(), match.end(), match.group(), weekday=number)
    names = _names(lang)
    if names is None or not names.any.search(text):
        return
    for match in names.with_day.finditer(text) if has_digits else ():
        month = names.month(match["month"])
        numbers = f"{match['before'] or ''} {match['after'] or ''}"
        days = {parse_integer(day) for day in _NUMBERS.findall(numbers)}
        if month and days and max(days) <= 31:
            yield _dated(match, {(month, day) for day in days})
    for match in names.alone.finditer(text):
        if (weekday := names.weekday(match["name"])) is not None:
            yield NamedDate(match.start("name"), match.end("name"), match["name"], weekday=weekday)
        elif month := names.month(match["name"]):
            yield _dated(match, {(month, 0)})


def _in_digits(text: str) -> Iterator[NamedDate]:
    for match in _ISO.finditer(text) if "-" in text else ():
        yield _dated(match, {(parse_integer(match[1]), parse_integer(match[2]))})
    for match in _NUMERIC.finditer(text) if _INSIDE_NUMERIC.search(text) else ():
        one, other = parse_integer(match[1]), parse_integer(match[3])
        yield _dated(match, {(one, other), (other, one)})
    for match in _EAST_ASIAN.finditer(text) if "月" in text or "월" in text else ():
        yield _dated(match, {(parse_integer(match[1]), parse_integer(match[2] or "0"))})


def _dated(match: Any, pairs: set[tuple[int, int]]) -> NamedDate:
    return NamedDate(match.start(), match.end(), match.group(), frozenset(pairs))


class _Names:
    """Names of months and weekdays in a language, with patterns that find them."""

    def __init__(self, locale: Any) -> None:
        months = [locale.months[form]["wide"] for form in ("format", "stand-alone")]
        # Two forms of a month mean that the language inflects it: "сентябрь", "сентября".
        inflected = any(months[0][number] != months[1][number] for number in months[0])
        self._months: dict[str, int] = {}
        self._weekdays: dict[str, int] = {}
        for target, table in ((self._months, locale.months), (self._weekdays, locale.days)):
            for form in ("format", "stand-alone"):
                for number, name in table[form]["wide"].items():
                    target.setdefault(name, number)
                    if inflected and len(name) > 3:
                        for ending in ("", "а", "у", "я", "ю", "ы", "и", "е", "ем", "ой"):
                            target.setdefault(regex.sub(r"[аеийьяюыу]$", "", name) + ending, number)
                for number, name in table[form]["abbreviated"].items():
                    bare = name.rstrip(".")
                    if len(bare) >= _SHORTEST_ABBREVIATION:
                        target.setdefault(name, number)
                        # "Sat" needs its capital or full stop, as "sat" is another word.
                        target.setdefault(bare if name[0].isupper() else f"{bare}.", number)
        for ending in _WEEKDAY_ENDINGS.get(locale.language, ()):
            wide = locale.days["format"]["wide"].items()
            self._weekdays |= {name + ending: number for number, name in wide}
        if locale.language == "en":
            self._months["Sept"] = 9
            self._weekdays |= {"Tues": 1, "Thurs": 3}
        # Capitalized names match with their capital only: "may" and "march" are other words.
        self._capitals = next(iter(self._months))[0].isupper()
        self._months = {self._folded(name): number for name, number in self._months.items()}
        self._weekdays = {self._folded(name): number for name, number in self._weekdays.items()}
        month, either = (
            "|".join(sorted({regex.escape(name.rstrip(".")) for name in names}, key=len, reverse=True))
            for names in (self._months, [*self._months, *self._weekdays])
        )
        flags = 0 if self._capitals else regex.IGNORECASE
        prefix = _PROCLITICS.get(locale.language, "")
        self.with_day = regex.compile(
            rf"(?:(?P<before>{_DAYS})\s?(?:de |of |d['’])?)?(?<!\p{{L}}){prefix}(?P<month>(?:{month}))(?!\p{{L}})"
            rf"(?:\.?\s(?P<after>{_DAYS})(?![\p{{Nd}}:%]|[.,]\p{{Nd}}))?",
            flags,
        )
        #: A filter: it finds every text with a name, and others. `re` searches for names much faster than `regex`.
        self.any = re.compile(rf"(?:{either})(?![A-Za-z])", re.IGNORECASE if flags else 0)
        self.alone = regex.compile(
            rf"(?<![\p{{L}}\p{{M}}]){prefix}(?P<name>(?:{either})\.?)(?![\p{{L}}\p{{M}}])", flags
        )

    def month(self, name: str) -> int | None:
        return self._number(self._months, name)

    def weekday(self, name: str) -> int | None:
        return self._number(self._weekdays, name)

    def _number(self, names: dict[str, int], name: str) -> int | None:
        folded = self._folded(name)
        return names.get(folded, names.get(folded.rstrip(".")))

    def _folded(self, name: str) -> str:
        return name if self._capitals else name.casefold()


@functools.lru_cache(maxsize=32)
def _names(lang: str) -> _Names | None:
    # In East Asia months are numbers.
    locale = cldr_locale(lang) if lang not in ("zh", "ja", "ko") else None
    return locale and _Names(locale)
