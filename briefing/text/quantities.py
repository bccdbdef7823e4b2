"""The numbers of a text, in digits or words, as values with their units.

"1.4 million", "1,400,000" and "1,4 Millionen" are one value; "three" and "3" are, too. The words for
thousands and millions, units and currencies are those of the Unicode CLDR (through babel), number words
are read by text2num in the eight languages that it knows. In other languages words go unread.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

import regex

_DIGITS = r"\p{Nd}+(?:[.,'’\u00a0\u202f٬٫]\p{Nd}+)*"
#: A number in digits.
NUMBER = regex.compile(_DIGITS)
# Where a plain space groups digits: "84 000".
_SPACED_NUMBER = regex.compile(rf"(?<!\p{{Nd}})\p{{Nd}}{{1,3}}(?: \p{{Nd}}{{3}})+(?!\p{{Nd}})|{_DIGITS}")
_GROUPED = regex.compile(r"\d{1,3}(?:[.,]\d{3})+")
_GROUP_MARKS = regex.compile("['’\u00a0\u202f ]")
_WORD = regex.compile(r"\p{L}+")
_MARK = regex.compile(r"\p{M}")
_ATTACHED = regex.compile(r"[\p{M}\p{N}]")
_VOWEL_SIGN = re.compile("[\u064b-\u0652]")
#: What may stand between two words of one number.
_JOINT, _AND = regex.compile(r"[ -]"), regex.compile(r"\s(?:and|y|et|e|en|und)\s")
_TAIL = regex.compile(r"(?:[ \u00a0\u202f]|[-‐‑]){0,2}(?:de |d['’])?([\p{L}\p{M}%٪€$£¥₹₽₩.²³°]+)")
_CURRENCY_BEFORE = regex.compile(r"([\p{L}]{0,3}\p{Sc}|\b[A-Z]{3})[ \u00a0\u202f]?$")
_RANGE = regex.compile(r"\s*(?:[-‐‑–—~～至]|から|\p{L}{1,3})\s*")
_DOZEN = regex.compile(r"\b(?:(half|a|two|three|four|five|six|ten)(?:\s+a)?\s)?dozen\b", regex.IGNORECASE)
_DOZENS = {"half": 6, "two": 24, "three": 36, "four": 48, "five": 60, "six": 72, "ten": 120}
_HAN_DIGIT = "〇零一二三四五六七八九两兩"
_HAN_UNIT = "十百千万萬亿億兆"
_HAN_MIXED = regex.compile(rf"\p{{Nd}}[\p{{Nd}}.,]*(?:[{_HAN_UNIT}]+(?:\p{{Nd}}[\p{{Nd}}.,]*)?)+")
_HAN = regex.compile(rf"[{_HAN_DIGIT}{_HAN_UNIT}]+")

_SPELLED = frozenset(("en", "fr", "es", "pt", "de", "nl", "da", "it"))
# Words that mean something else more often than a number: "neuf" is also "new".
_AMBIGUOUS = {
    "en": frozenset(("second", "seconds")),
    "fr": frozenset(("neuf", "neuve")),
    "it": frozenset(("sei", "otto")),
    "es": frozenset(("cuarto",)),
}
_CURRENCIES = ["USD", "EUR", "GBP", "JPY", "CNY", "INR", "RUB", "CHF", "AUD", "CAD", "NZD", "HKD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "TRY", "BRL", "MXN", "ZAR", "KRW", "ILS", "SAR", "AED", "EGP", "NGN", "KES", "UAH"]  # fmt: skip
_DOLLARS = frozenset(("USD", "AUD", "CAD", "NZD", "HKD"))
_UNITS = ["duration-year", "duration-month", "duration-week", "duration-day", "duration-hour", "duration-minute", "duration-second", "length-kilometer", "length-meter", "length-centimeter", "length-millimeter", "length-mile", "length-foot", "length-inch", "mass-kilogram", "mass-gram", "mass-tonne", "mass-pound", "volume-liter", "volume-gallon", "area-hectare", "area-acre", "concentr-percent", "temperature-celsius", "temperature-fahrenheit"]  # fmt: skip
# What newspapers write and the CLDR lacks.
_MORE_SCALES = {
    "en": {"m": 6, "mn": 6, "bn": 9, "tn": 12, "k": 3, "lakh": 5, "crore": 7},
    "de": {"Tsd": 3},
    "el": {"εκατ": 6, "δισ": 9},
    "it": {"mln": 6, "mld": 9},
}
_MORE_UNITS = {
    "%": {"concentr-percent"},
    "٪": {"concentr-percent"},
    "元": {"CNY"},
    "ドル": set(_DOLLARS),
    "ポンド": {"GBP"},
    "年": {"duration-year"},
    "天": {"duration-day"},
    "分钟": {"duration-minute"},
    "公里": {"length-kilometer"},
    "キロ": set[str](),
    "mph": {"length-mile"},
    "kph": {"length-kilometer"},
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that a text states.

    Attributes:
        start: first code point.
        end: one past the last one; unit and currency are inside.
        text: the slice.
        values: what it may stand for; "1.117" is 1117 or 1.117.
        units: what it counts, as CLDR units or ISO 4217 codes; empty where that is not known.
        spelled: written in words.
        exact: a year or the like, which nobody rounds.
    """

    start: int
    end: int
    text: str
    values: frozenset[Decimal]
    units: frozenset[str] = frozenset()
    spelled: bool = False
    exact: bool = False

    @property
    def is_money(self) -> bool:
        """Whether it has a currency."""
        return any(len(unit) == 3 for unit in self.units)

    def has_compatible_unit(self, other: Quantity) -> bool:
        """Whether both may count the same thing."""
        return not self.units or not other.units or not self.units.isdisjoint(other.units)


def read_quantities(text: str, lang: str) -> list[Quantity]:
    """The numbers of `text`, in order."""
    words = _lexicon(lang)
    found = list(_in_digits(text, words))
    taken = {place for quantity in found for place in range(quantity.start, quantity.end)}
    if lang in _SPELLED:
        found += (q for q in _in_words(text, words) if q.start not in taken)
    elif words.dense:
        found += (q for q in _in_han(text, words) if q.start not in taken)
    found.sort(key=lambda quantity: quantity.start)
    return list(_with_ranges(text, found))


def parse_number(number: str) -> frozenset[Decimal]:
    """The values that a number in digits may stand for; of "1.2.3" each part."""
    digits = number if number.isascii() else "".join(map(_ascii_digit, number))
    digits = _GROUP_MARKS.sub("", digits.replace("٬", ",").replace("٫", "."))
    plain = digits.replace(",", ".")
    values = set(plain.split(".")) if plain.count(".") > 1 else {plain}
    if _GROUPED.fullmatch(digits):
        values = {digits.replace(".", "").replace(",", "")} | (set() if plain.count(".") > 1 else values)
    elif plain.count(".") > 1 and len({c for c in digits if c in ".,"}) == 2:
        # "1,234.50" or "1.234,50": the last mark is the decimal one.
        whole, _, decimals = plain.rpartition(".")
        values = {f"{whole.replace('.', '')}.{decimals}"}
    return frozenset(Decimal(value) for value in values if value.replace(".", "", 1).isdecimal())


def parse_integer(digits: str) -> int:
    """The value of digits of any script; -1, which is nobody's, where Unicode got one of them after this Python."""
    return int(digits) if digits.isdecimal() else -1


def _ascii_digit(char: str) -> str:
    return str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char


class _Lexicon:
    """A language's words beside numbers.

    Attributes:
        scales: powers of ten by word.
        units: units by word or phrase.
        dense: written without spaces.
        spaced: a plain space groups digits.
    """

    def __init__(self, lang: str) -> None:
        from babel import Locale, UnknownLocaleError

        self.lang = lang
        self.dense = lang in ("zh", "ja")
        self.scales: dict[str, int] = dict(_MORE_SCALES.get(lang, {}))
        self.units: dict[str, set[str]] = {key: set(value) for key, value in _MORE_UNITS.items()}
        self.spaced = lang not in ("en", "zh", "ja", "und")
        try:
            # babel takes "und", no language, for the likeliest one.
            locale = Locale.parse(lang) if lang != "und" else None
        except (UnknownLocaleError, ValueError):
            locale = None
        if locale is None:
            return
        self._add_scales(locale)
        self._add_units([locale, *([Locale("en", "GB")] if lang == "en" else [])])
        self._add_currencies(locale)

    def _add_scales(self, locale: Any) -> None:
        for length in ("long", "short"):
            for patterns in locale.compact_decimal_formats.get(length, {}).values():
                for power, pattern in patterns.items():
                    zeros = pattern.pattern.count("0")
                    word = pattern.pattern.replace("0", "").replace("'", "").strip(" \u00a0\u202f.")
                    if word and "¤" not in word:
                        self.scales.setdefault(_key(word), len(str(power)) - zeros)

    def _add_units(self, locales: Iterable[Any]) -> None:
        from babel.units import UnknownUnitError, format_unit

        lengths: tuple[Literal["long", "short"], ...] = ("long", "short")
        for locale in locales:
            for unit in _UNITS:
                for count, length in itertools.product((1, 2, 5, 11), lengths):
                    try:
                        phrase = format_unit(count, unit, length, locale=locale)
                    except UnknownUnitError:
                        continue
                    word = NUMBER.sub("", phrase).strip(" \u00a0\u202f.")
                    # Without the number it is a phrase for one or two of it; "m" is many things.
                    if (
                        word not in (phrase, unit)
                        and _key(word) not in self.scales
                        and (length == "long" or len(word) > 1)
                    ):
                        self._add(word, {unit})
                        # "In 3 Jahren"; Arabic counts from 11 on in the accusative.
                        if ending := {"de": "n", "ar": "ا"}.get(self.lang):
                            self._add(word + ending, {unit})

    def _add_currencies(self, locale: Any) -> None:
        from babel.numbers import get_currency_name

        for code in _CURRENCIES:
            for count in (1, 2, 5, 11):
                words = regex.findall(r"[\p{L}\p{M}]+", get_currency_name(code, count, locale=locale))
                if self.lang in ("de", "pt"):  # "Schweizer Franken", "Franco suíço"
                    words = words[-1:] if self.lang == "de" else words[:1]
                elif len(words) > 1:
                    words = [word for word in words if not word[0].isupper()]
                for word in words:
                    if len(word) > 2 or self.dense:
                        self._add(word, {code})
        dollars = _DOLLARS | {"MXN"} if self.lang == "es" else _DOLLARS  # pesos have the same sign
        for symbol, codes in {"$": dollars, "€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "₹": ("INR",),
                              "₽": ("RUB",), "₩": ("KRW",)}.items():  # fmt: skip
            self._add(symbol, codes)

    def _add(self, word: str, units: Iterable[str]) -> None:
        self.units.setdefault(_key(word), set()).update(units)

    def scale_after(self, text: str, at: int) -> tuple[Decimal, int] | None:
        """The factor that the word after a number gives, and where that word ends."""
        match = _TAIL.match(text, at)
        if match is None:
            return None
        word = match.group(1).rstrip(".")
        power = self.scales.get(_key(word))
        return None if power is None else (Decimal(10) ** power, match.start(1) + len(word))

    def units_after(self, text: str, at: int) -> tuple[set[str], int]:
        """The unit that the words after a number name, and where they end."""
        if self.dense:
            for length in range(5, 0, -1):
                if units := self.units.get(text[at : at + length]):
                    return units, at + length
        match = _TAIL.match(text, at)
        if match is None:
            return set(), at
        one = match.group(1)
        if second := _TAIL.match(text, match.end()):
            two = second.group(1).rstrip(".")
            units = self.units.get(_key(f"{one} {two}"))
            if not units and one[0].isupper() and self.lang != "de":  # "five million US dollars"
                units = self.units.get(_key(two))
            if units:
                return units, second.start(1) + len(two)
        bare = one.rstrip(".")
        units = self.units.get(_key(one)) or self.units.get(_key(bare))
        return (units, match.start(1) + len(bare)) if units else (set(), at)


@functools.lru_cache(maxsize=32)
def _lexicon(lang: str) -> _Lexicon:
    return _Lexicon(lang)


def _key(word: str) -> str:
    # "M" is a million, "m" may be a metre. Newspapers leave the vowel signs of Arabic out.
    return _VOWEL_SIGN.sub("", word).casefold() if len(word) > 2 else word


def _in_digits(text: str, words: _Lexicon) -> Iterator[Quantity]:
    pattern = _SPACED_NUMBER if words.spaced else NUMBER
    end = 0
    for match in pattern.finditer(text):
        if match.start() < end:
            continue
        start, end = match.span()
        mixed = _HAN_MIXED.match(text, start) if words.dense else None
        if mixed:
            values, end = frozenset((_han_value(mixed.group()),)), mixed.end()
        else:
            values = parse_number(match.group())
        if not values:
            continue
        exact = match.group().isdecimal() and len(match.group()) == 4
        if scale := words.scale_after(text, end):
            factor, end = scale
            scaled = frozenset(value * factor for value in values)
            # "5m" is five million or five metres.
            short, values = text[match.end() : end].strip() == "m", scaled | values
            exact = False
        units, end = words.units_after(text, end)
        before = _CURRENCY_BEFORE.search(text, max(0, start - 5), start)
        if before and (codes := _currency(before.group(1), words)):
            start, units = before.start(), codes
        if scale and (units or not short):
            values = scaled
        yield Quantity(start, end, text[start:end], values, frozenset(units), exact=exact and not units)


def _currency(mark: str, words: _Lexicon) -> set[str]:
    if mark in _CURRENCIES or mark == "R$":
        return {"BRL" if mark == "R$" else mark}
    return words.units.get(mark[-1], set()) if not mark[-1].isalpha() else set()


def _in_words(text: str, words: _Lexicon) -> Iterator[Quantity]:
    dozens: set[int] = set()
    if words.lang == "en" and "ozen" in text:
        for match in _DOZEN.finditer(text):
            dozens.update(range(*match.span()))
            value = Decimal(_DOZENS.get((match.group(1) or "").lower(), 12))
            yield Quantity(match.start(), match.end(), match.group(), frozenset((value,)), spelled=True)
    from text_to_num import alpha2digit

    for start, end in _runs_of_number_words(text, words.lang):
        if start in dozens:
            continue
        pieces = NUMBER.findall(alpha2digit(text[start:end], words.lang, 0.0))
        values = {value for piece in pieces for value in parse_number(piece)}
        if len(pieces) == 2 and all(len(piece) == 2 for piece in pieces):
            values.add(Decimal("".join(pieces)))  # "nineteen eighty-four"
        if not values:
            continue
        units, end = words.units_after(text, end)
        yield Quantity(start, end, text[start:end], frozenset(values), frozenset(units), spelled=True)


def _runs_of_number_words(text: str, lang: str) -> Iterator[tuple[int, int]]:
    """Where number words stand, with those that follow behind a blank, a hyphen or "and"."""
    words = [match.span() for match in _WORD.finditer(text)]
    numbers = {
        i
        for i, (start, end) in enumerate(words)
        # With a mark behind it, it is another word.
        if _is_number_word(text[start:end], lang) and not _MARK.match(text, end)
    }
    last = -1
    for first in sorted(numbers):
        start = words[first][0]
        if first <= last or (start and _ATTACHED.match(text, start - 1)):
            continue
        last = first
        while (following := _following(text, words, numbers, last)) is not None:
            last = following
        yield start, words[last][1]


def _following(text: str, words: list[tuple[int, int]], numbers: set[int], last: int) -> int | None:
    """The next word of a number in words: right behind, or behind an "and"."""
    for place, between in ((last + 1, _JOINT), (last + 2, _AND)):
        if place in numbers and between.fullmatch(text, words[last][1], words[place][0]):
            return place
    return None


@functools.lru_cache(maxsize=16384)
def _is_number_word(word: str, lang: str) -> bool:
    from text_to_num import alpha2digit

    folded = word.lower()
    if folded in _AMBIGUOUS.get(lang, ()):
        return False
    digits = alpha2digit(folded, lang, 0.0)
    return bool(digits != folded and digits[:1].isdecimal())


def _in_han(text: str, words: _Lexicon) -> Iterator[Quantity]:
    for match in _HAN.finditer(text):
        if any(char in _HAN_DIGIT + "十" for char in match.group()):
            units, end = words.units_after(text, match.end())
            value = frozenset((_han_value(match.group()),))
            yield Quantity(
                match.start(), end, text[match.start() : end], value, frozenset(units), spelled=True
            )


def _han_value(text: str) -> Decimal:
    """Value of "13億5千万", "1万2千" or "三十"."""
    total = section = Decimal(0)
    current: Decimal | None = None
    for piece in regex.findall(r"\p{Nd}[\p{Nd}.,]*|.", text):
        if piece[0] in _HAN_UNIT:
            power = {"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8, "兆": 12}[piece]
            if power < 4:
                section += (1 if current is None else current) * Decimal(10) ** power
            else:
                section += current or 0
                total += (section or 1) * Decimal(10) ** power
                section = Decimal(0)
            current = None
        elif piece[0] in _HAN_DIGIT:
            current = (current or 0) * 10 + Decimal(
                int(unicodedata.numeric({"两": "二", "兩": "二"}.get(piece, piece)))
            )
        else:
            current = min(parse_number(piece.strip(".,")), default=Decimal(0))
    return total + section + (current or 0)


def _with_ranges(text: str, found: list[Quantity]) -> Iterator[Quantity]:
    """In "12 to 14 million" the first number is one of millions, too."""
    for one, two in itertools.zip_longest(found, found[1:]):
        if (
            two is None
            or one.units
            or two.start - one.end > 8
            or not _RANGE.fullmatch(text, one.end, two.start)
        ):
            yield one
            continue
        base = {value for number in NUMBER.findall(two.text) for value in parse_number(number)} or two.values
        factors = {value / plain for value in two.values for plain in base if plain} - {Decimal(1)}
        scaled = {value * factor for value in one.values for factor in factors if factor >= 1000}
        yield replace(one, values=one.values | scaled) if scaled else one
