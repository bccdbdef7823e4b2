"""Numbers in a text, in digits or words, as values with their units.

"1.4 million", "1,400,000" and "1,4 Millionen" have the same value, and so have "three" and "3". The words for
thousands and millions, units and currencies come from the Unicode CLDR through babel. Number words are parsed by
text2num in eight languages, and in Chinese and Japanese here; in other languages they are not found.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Container, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import regex

from briefing.text.number_words import CURRENCIES, DIGITS, NUMBER, NumberWords, number_words
from briefing.text.scripts import COMMON_LETTERS, has_common_letters
from briefing.text.short_texts import kept_for_sentences

# For languages in which a plain space groups digits: "84 000".
_SPACED_NUMBER = regex.compile(rf"(?<!\p{{Nd}})\p{{Nd}}{{1,3}}(?: \p{{Nd}}{{3}})+(?!\p{{Nd}})|{DIGITS}")
_GROUPED = regex.compile(r"\d{1,3}(?:[.,]\d{3})+")
_GROUP_MARKS = regex.compile("['’\u00a0\u202f ]")
_WORD = regex.compile(r"\p{L}+")
_COMMON_WORD = re.compile(f"[{COMMON_LETTERS}]+")
_MARK = regex.compile(r"\p{M}")
_ATTACHED = regex.compile(r"[\p{M}\p{N}]")
#: Between two words of one number.
_JOINT, _AND = regex.compile(r"[ -]"), regex.compile(r"\s(?:and|y|et|e|en|und)\s")
_CURRENCY_BEFORE = regex.compile(r"([\p{L}]{0,3}\p{Sc}|\b[A-Z]{3})[ \u00a0\u202f]?$")
_RANGE = regex.compile(r"\s*(?:[-‐‑–—~～至]|から|\p{L}{1,3})\s*")
_DOZEN = regex.compile(r"\b(?:(half|a|two|three|four|five|six|ten)(?:\s+a)?\s)?dozen\b", regex.IGNORECASE)
_DOZENS = {"half": 6, "two": 24, "three": 36, "four": 48, "five": 60, "six": 72, "ten": 120}
_HAN_DIGIT = "〇零一二三四五六七八九两兩"
_HAN_UNIT = "十百千万萬亿億兆"
_HAN_MIXED = regex.compile(rf"\p{{Nd}}[\p{{Nd}}.,]*(?:[{_HAN_UNIT}]+(?:\p{{Nd}}[\p{{Nd}}.,]*)?)+")
_HAN = regex.compile(rf"[{_HAN_DIGIT}{_HAN_UNIT}]+")

_SPELLED = frozenset(("en", "fr", "es", "pt", "de", "nl", "da", "it"))
#: Words of which it is kept whether they are numbers.
_MOST_WORDS = 16384
#: Words that have been found to be no numbers.
_OTHER_WORDS: dict[str, set[str]] = {lang: set() for lang in _SPELLED}
# Words that rarely mean a number: "neuf" is also "new".
_AMBIGUOUS = {"en": ("second", "seconds"), "fr": ("neuf", "neuve"), "it": ("sei", "otto"), "es": ("cuarto",)}


class Quantity(NamedTuple):
    """A number in a text, with its unit or currency."""

    start: int
    end: int
    text: str  # the slice of the text
    values: frozenset[Decimal]  # possible values; "1.117" is 1117 or 1.117
    units: frozenset[str] = frozenset()  # possible CLDR units or ISO 4217 codes; empty if unknown
    spelled: bool = False  # written in words
    exact: bool = False  # never rounded, as a year

    @property
    def is_money(self) -> bool:
        """Whether a unit is a currency."""
        return any(len(unit) == 3 for unit in self.units)

    def has_compatible_unit(self, other: Quantity) -> bool:
        """Whether both numbers may have the same unit; an unknown unit is compatible with any."""
        return not self.units or not other.units or not self.units.isdisjoint(other.units)


def read_quantities(text: str, lang: str) -> list[Quantity]:
    """Find the numbers of a text in `lang`, in order and without overlaps."""
    return list(_read_quantities(text, lang))


@kept_for_sentences
def _read_quantities(text: str, lang: str) -> Sequence[Quantity]:
    words = number_words(lang)
    found = list(_in_digits(text, words))
    spelled: list[Quantity] = []
    if lang in _SPELLED:
        spelled = list(_in_words(text, words))
    elif words.unspaced:
        spelled = list(_in_han(text, words))
    if spelled:
        taken = {place for quantity in found for place in range(quantity.start, quantity.end)}
        found += (q for q in spelled if q.start not in taken)
        found.sort(key=lambda quantity: quantity.start)
    if len(found) > 1:
        _scale_ranges(text, found)
    return found


@functools.lru_cache(maxsize=4096)
def parse_number(number: str) -> frozenset[Decimal]:
    """Return the possible values of a number in digits: of "1.117" two, of "1.2.3" each part."""
    digits = number if number.isascii() else "".join(map(_ascii_digit, number))
    digits = _GROUP_MARKS.sub("", digits.replace("٬", ",").replace("٫", "."))
    plain = digits.replace(",", ".")
    values = set(plain.split(".")) if plain.count(".") > 1 else {plain}
    if _GROUPED.fullmatch(digits):
        # Three zeros are thousands: nobody writes 120 as "120.000".
        is_whole = plain.count(".") > 1 or plain.endswith(".000")
        values = {digits.replace(".", "").replace(",", "")} | (set() if is_whole else values)
    elif plain.count(".") > 1 and len({c for c in digits if c in ".,"}) == 2:
        # "1,234.50" or "1.234,50": the last mark is the decimal one.
        whole, _, decimals = plain.rpartition(".")
        values = {f"{whole.replace('.', '')}.{decimals}"}
    return frozenset(Decimal(value) for value in values if value.replace(".", "", 1).isdecimal())


def parse_integer(digits: str) -> int:
    """Return the value of digits of any script; -1 for digits of a Unicode version newer than Python's."""
    return int(digits) if digits.isdecimal() else -1


def _ascii_digit(char: str) -> str:
    return str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char


def _in_digits(text: str, words: NumberWords) -> Iterator[Quantity]:
    pattern = _SPACED_NUMBER if words.groups_by_space else NUMBER
    end = 0
    for match in pattern.finditer(text):
        if match.start() < end:
            continue
        start, end = match.span()
        mixed = _HAN_MIXED.match(text, start) if words.unspaced else None
        if mixed:
            values, end = frozenset((_han_value(mixed.group()),)), mixed.end()
        else:
            values = parse_number(match.group())
            if len(values) > 1 and words.groups_by in match.group():
                values = frozenset((max(values),))
        if not values:
            continue
        exact = match.group().isdecimal() and len(match.group()) == 4
        if scale := words.scale_after(text, end):
            factor, end = scale
            scaled = frozenset(value * factor for value in values)
            # "5m" is five million or five metres: both readings stay, unless a unit follows.
            short, values = text[match.end() : end].strip() == "m", scaled | values
            exact = False
        units, end = words.units_after(text, end)
        mark = text[max(0, start - 5) : start].rstrip()[-1:]
        may_be_currency = mark and ("A" <= mark <= "Z" or not mark.isalnum())
        before = _CURRENCY_BEFORE.search(text, max(0, start - 5), start) if may_be_currency else None
        if before and (codes := _currency(before.group(1), words)):
            start, units = before.start(), codes
        if scale and (units or not short):
            values = scaled
        yield Quantity(start, end, text[start:end], values, frozenset(units), exact=exact and not units)


def _currency(mark: str, words: NumberWords) -> set[str]:
    if mark in CURRENCIES or mark == "R$":
        return {"BRL" if mark == "R$" else mark}
    return words.units.get(mark[-1], set()) if not mark[-1].isalpha() else set()


def _in_words(text: str, words: NumberWords) -> Iterator[Quantity]:
    dozens: set[int] = set()
    if words.lang == "en" and "ozen" in text:
        for match in _DOZEN.finditer(text):
            dozens.update(range(*match.span()))
            value = Decimal(_DOZENS.get((match.group(1) or "").lower(), 12))
            yield Quantity(match.start(), match.end(), match.group(), frozenset((value,)), spelled=True)
    for start, end in _runs_of_number_words(text, words.lang):
        if start in dozens:
            continue
        values = _spelled_values(text[start:end], words.lang)
        if not values:
            continue
        units, end = words.units_after(text, end)
        yield Quantity(start, end, text[start:end], values, frozenset(units), spelled=True)


@functools.lru_cache(maxsize=4096)
def _spelled_values(number: str, lang: str) -> frozenset[Decimal]:
    """Return the possible values of a number in words."""
    from text_to_num import alpha2digit

    pieces = NUMBER.findall(alpha2digit(number, lang, 0.0))
    values = {value for piece in pieces for value in parse_number(piece)}
    if len(pieces) == 2 and all(len(piece) == 2 for piece in pieces):
        values.add(Decimal("".join(pieces)))  # "nineteen eighty-four"
    return frozenset(values)


def _runs_of_number_words(text: str, lang: str) -> Iterator[tuple[int, int]]:
    """Offsets of runs of number words, joined by a blank, a hyphen or "and"."""
    pattern = _COMMON_WORD if has_common_letters(text) else _WORD
    numerals = _number_words_of(pattern.findall(text), lang)
    if not numerals:
        return  # as in most sentences
    ends = {
        match.start(): match.end()
        for match in pattern.finditer(text)
        # A combining mark behind it makes it another word.
        if match.group() in numerals and not _MARK.match(text, match.end())
    }
    last = -1
    for start, end in ends.items():
        if start < last or (start and _ATTACHED.match(text, start - 1)):
            continue
        while (following := _following(text, end, ends)) is not None:
            end = ends[following]
        last = end
        yield start, end


def _following(text: str, end: int, starts: Container[int]) -> int | None:
    """Return where the next word of a number starts: right behind `end`, or behind an "and"; `None` at its end."""
    for between in (_JOINT, _AND):
        if (match := between.match(text, end)) and match.end() in starts:
            start: int = match.end()
            return start
    return None


def _number_words_of(words: Sequence[str], lang: str) -> set[str]:
    known = _OTHER_WORDS[lang]
    if known.issuperset(words):
        return set()
    new = set(words) - known
    numbers = {word for word in new if _is_number_word(word, lang)}
    if len(known) + len(new) > _MOST_WORDS:
        known.clear()
    if len(new) <= _MOST_WORDS:  # a long text may have any number of words
        known |= new - numbers
    return numbers


@functools.lru_cache(maxsize=_MOST_WORDS)
def _is_number_word(word: str, lang: str) -> bool:
    from text_to_num import alpha2digit

    folded = word.lower()
    if folded in _AMBIGUOUS.get(lang, ()):
        return False
    digits = alpha2digit(folded, lang, 0.0)
    return bool(digits != folded and digits[:1].isdecimal())


def _in_han(text: str, words: NumberWords) -> Iterator[Quantity]:
    for match in _HAN.finditer(text):
        start, number = match.start(), match.group()
        if any(char in _HAN_DIGIT + "十" for char in number):
            units, end = words.units_after(text, match.end())
            value = frozenset((_han_value(number),))
            yield Quantity(start, end, text[start:end], value, frozenset(units), spelled=True)


def _han_value(text: str) -> Decimal:
    """Return the value of a number with Chinese numerals: "13億5千万", "1万2千", "三十"."""
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
            digit = int(unicodedata.numeric({"两": "二", "兩": "二"}.get(piece, piece)))
            current = Decimal((current or 0) * 10 + digit)
        else:
            current = min(parse_number(piece.strip(".,")), default=Decimal(0))
    return total + section + (current or 0)


def _scale_ranges(text: str, found: list[Quantity]) -> None:
    """Add to the first number of a range the scale of the second: "12 to 14 million"."""
    for index, (one, two) in enumerate(pairwise(found)):
        if one.units or two.start - one.end > 8 or not _RANGE.fullmatch(text, one.end, two.start):
            continue
        base = {value for number in NUMBER.findall(two.text) for value in parse_number(number)} or two.values
        factors = {value / plain for value in two.values for plain in base if plain} - {Decimal(1)}
        scaled = {value * factor for value in one.values for factor in factors if factor >= 1000}
        found[index] = one._replace(values=one.values | scaled)
