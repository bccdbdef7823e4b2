"""`Backing`: the numbers, dates, names and sentences of a text, against which claims are checked."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

import regex

from briefing.grounding.aliases import ALIASES, COMMON_ACRONYMS
from briefing.grounding.rounding import is_rounded
from briefing.grounding.word_stems import STEM, is_slip, same_stem, without_ending
from briefing.text import (
    BEFORE_MINUS,
    MINUS,
    NAME_PARTICLES,
    NUMBER,
    TWELVE_HOUR_CLOCK,
    Dates,
    NamedDate,
    Quantity,
    SentenceWords,
    direction_patterns,
    east_asian_hours,
    fraction_pattern,
    half_of_day,
    parse_integer,
    parse_number,
    plain,
    read_quantities,
    split_sentences,
    title_gender,
)
from briefing.threads import cached_property

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’.\-‐‑&][\p{L}\p{M}\p{N}]+)*")
_MARK = regex.compile(r"\p{Mn}+")
_PART = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_JOINT = regex.compile(r"['’.\-‐‑&]")
KATAKANA = regex.compile(r"[\p{Katakana}ー]{3,}(?:・[\p{Katakana}ー]+)*")
_NAME_RUN = regex.compile(r"\p{Lu}[\p{L}]+(?:\s+(?:(?:of|the|and|for|de|des|der|für)\s+)*\p{Lu}[\p{L}]+)+")
_POSSESSIVE = regex.compile(r"['’](?:s|S)?$")
_TIME = regex.compile(r"(?<!\d)(\d{1,2})[:h.](\d{2})(?!\d)")
# A clock's hour and minute, or the two numbers of a score.
_PAIR = regex.compile(r"(?<!\p{Nd})(\p{Nd}{1,2})\s?(?:[:.h時时点點시ч‐‑–-]|Uhr|to)\s?(\p{Nd}{2})(?!\p{Nd})")
_YEARS = regex.compile(r"(?<![\d.,])(1\d|20)(\d\d)\s?[-‐‑–/]\s?(\d\d)(?!\d|[-‐‑–/.]\d)")
_TWELVE = regex.compile(
    r"noon|midday|midnight|mittag|mitternacht|midi|minuit|mediod[ií]a|medianoche|mezzogiorno|mezzanotte"
)
_LONGEST_ACRONYM = 8
_PERCENT = "concentr-percent"
#: Other units of a number, with the factor to them.
_CONVERTED = {
    "basis-point": (("concentr-percentage-point", Decimal("0.01")), (_PERCENT, Decimal("0.01"))),
    "concentr-percentage-point": (("basis-point", Decimal(100)),),
    _PERCENT: (("basis-point", Decimal(100)),),
}
#: Longest endings, in letters, of two inflected forms of one lemma: the shorter ending and the longer one.
_ENDINGS, _LONG_ENDINGS = (1, 3), (2, 5)
#: In characters: how near to a number with a minus a word for a fall is.
_NEAR_MINUS = 60
#: Least letters of a word that may be two in the text.
_LEAST_JOINED = 6
#: Languages that decline short names, too: "Нина", "Нины".
_DECLINING = frozenset(("ru", "uk", "be", "pl", "cs", "sk", "sl", "hr", "sr"))
#: Languages that change the end of the stem, too (consonant gradation): "Haavikko", "Haavikon".
_AGGLUTINATIVE = frozenset(("fi", "et"))


class Backing:
    """A text as evidence: answers whether it states a number, date or name. Each part is read on first use.

    Args:
        text: the evidence; normalized with `plain` first.
        lang: its language, a BCP-47 primary tag.
        explained: acronyms that the article explains, from `explained_acronyms`; they support no other name.
    """

    def __init__(self, text: str, lang: str = "und", explained: frozenset[str] = frozenset()) -> None:
        self.explained = explained
        self.text = plain(text)
        self.lang = lang

    @cached_property
    def lines(self) -> list[SentenceWords]:
        """The text's sentences, for the comparison of polarity."""
        return split_sentences(self.text, self.lang)

    @cached_property
    def _quantities(self) -> dict[Decimal, list[Quantity]]:
        found = defaultdict(list)
        for quantity in read_quantities(self.text, self.lang):
            for value in quantity.values:
                found[value].append(quantity)
        for start, end, hour in east_asian_hours(self.text) if self.lang in ("zh", "ja", "ko") else ():
            value = Decimal(hour)
            found[value].append(Quantity(start, end, self.text[start:end], frozenset((value,)), exact=True))
        for match in _YEARS.finditer(self.text):
            century, first, last = match.groups()
            if first < last:  # "2007–11"
                value = Decimal(parse_integer(century + last))
                found[value].append(
                    Quantity(match.start(), match.end(), match.group(), frozenset((value,)), exact=True)
                )
        return found

    @cached_property
    def _times(self) -> dict[Decimal, list[Quantity]]:
        """Numbers in times of day: "6:40" gives 6.40, 6 and 40. They are compared without rounding."""
        found = defaultdict(list)
        for match in _TIME.finditer(self.text):
            for number in (f"{match[1]}.{match[2]}", match[1], match[2]):
                value = next(iter(parse_number(number)), Decimal(-1))
                found[value].append(Quantity(match.start(), match.end(), match.group(), frozenset((value,))))
        return found

    @cached_property
    def _pairs(self) -> list[tuple[int, int, range]]:
        """Hours, minutes and the offsets of both."""
        return [
            (parse_integer(m[1]), parse_integer(m[2]), range(*m.span())) for m in _PAIR.finditer(self.text)
        ]

    @cached_property
    def _halves(self) -> dict[tuple[int, int], set[str]]:
        """By hour (of twelve) and minute of a time of day: "a" or "p" for its half of the day, "" where the text does not say."""
        found = defaultdict(set)
        for m in TWELVE_HOUR_CLOCK.finditer(self.text):
            found[parse_integer(m[1]) % 12, parse_integer(m[2] or "0")].add(half_of_day(m.group()))
        for hour, minute, places in self._pairs:
            if not TWELVE_HOUR_CLOCK.match(self.text, places.start):
                found[hour % 12, minute].add("p" if hour > 12 else "")
        return found

    def has_clock(self, hour: int, minute: int, half: str = "") -> bool:
        """Whether the text has this time of day, in 12 or 24 hours, or these two numbers side by side (a score).

        `half`: "a" or "p", as in "am" and "pm"; the same time in the other half of the day is another one.
        """
        if half and (halves := self._halves.get((hour % 12, minute))) and halves.isdisjoint((half, "")):
            return False
        if any((h - hour) % 12 == 0 and m == minute for h, m, _ in self._pairs):
            return True
        if minute:
            return False
        if hour % 12 == 0 and _TWELVE.search(self._folded):
            return True
        in_pairs = {place for _, _, places in self._pairs for place in places}
        return any(
            value in (hour, hour - 12, hour + 12) and any(q.start not in in_pairs for q in quantities)
            for value, quantities in self._quantities.items()
        )

    @cached_property
    def _dates(self) -> Dates:
        return Dates(self.text, self.lang)

    @cached_property
    def _folded(self) -> str:
        return _folded(self.text)

    @cached_property
    def _pieces(self) -> set[str]:
        return set(self.text.split())

    @cached_property
    def _written(self) -> set[str]:
        """The text's words in their original spelling."""
        return set(_WORD.findall(self.text))

    @cached_property
    def _words(self) -> set[str]:
        return {_key(word) for word in self._written}

    @cached_property
    def _parts(self) -> set[str]:
        return {part for word in self._words for part in _JOINT.split(word)}

    @cached_property
    def _short_parts(self) -> set[str]:
        return {part for part in self._parts if len(part) <= STEM + 1}

    @cached_property
    def _joined(self) -> set[str]:
        """Words that are two in the text, in one: "southeast" for "South East"."""
        return {one + two for one, two in pairwise(_key(word) for word in _PART.findall(self.text))}

    @cached_property
    def _by_beginning(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for part in self._parts:
            found[part[:STEM]].append(part)
        return found

    @cached_property
    def _initials(self) -> set[str]:
        """Acronyms of runs of capitalised words: "United States" gives "US"."""
        found = set()
        for match in _NAME_RUN.finditer(self.text):
            capitals = "".join(word[0] for word in match.group().split() if word[0].isupper())
            found |= {
                capitals[i : i + length]
                for length in range(2, _LONGEST_ACRONYM + 1)
                for i in range(len(capitals) - length + 1)
            }
        return found

    @cached_property
    def _capitals(self) -> set[str]:
        """The capitals with which words begin; "J." may stand for each."""
        return {word[0] for word in self._written if word[0].isupper()}

    @cached_property
    def _acronyms(self) -> set[str]:
        found = {w.replace(".", "") for w in self._written if w.isupper() and len(w) > 1}
        return found - self.explained if found else found

    def has_bare_number(self, quantity: Quantity) -> bool:
        """As `has_quantity`, for a number without a unit, as in a field "millions": "4.2 million" supports 4.2."""
        return self.has_quantity(quantity) or any(
            not quantity.values.isdisjoint(parse_number(number))
            for others in self._quantities.values()
            for other in others
            for number in NUMBER.findall(other.text)
        )

    def has_negative(self, quantity: Quantity) -> bool:
        """Whether the text states this number with a minus, or beside a word for a fall or a loss."""
        patterns = direction_patterns(self.lang)
        return any(
            MINUS.search(self.text[max(0, q.start - BEFORE_MINUS) : q.start])
            or patterns is None
            or patterns[1].search(self.text, max(0, q.start - _NEAR_MINUS), q.end + _NEAR_MINUS)
            for value in quantity.values
            for q in self._quantities.get(value, ())
        )

    def has_century(self, quantity: Quantity) -> bool:
        """Whether the text states this number, or a year of the century with this number."""
        return self.has_quantity(quantity) or any(
            (value - 1) * 100 < year <= value * 100 for value in quantity.values for year in self._quantities
        )

    def has_letters(self, letters: str) -> bool:
        """Whether the text has these letters; for scripts whose words are not delimited by spaces."""
        return letters in self.text

    def has_decade(self, first: Decimal) -> bool:
        """Whether the text names a year of the decade or century that begins with the year `first`, or an ordinal of the century."""
        span = 100 if first % 100 == 0 else 10
        return first // 100 + 1 in self._quantities or any(
            first <= value < first + span for value in self._quantities
        )

    def has_quantity(self, quantity: Quantity, *, side: int | None = None) -> bool:
        """Whether the text states this number, or one that rounds to it, with the same unit.

        `side` is where the exact number may lie: 1 above ("over"), -1 below ("nearly"), 0 either ("about"); `None` where no
        such word precedes.
        """
        stated = (
            q
            for value in quantity.values
            for found in (self._quantities, self._times)
            for q in found.get(value, ())
        )
        if any(quantity.has_compatible_unit(other) for other in stated) or self._has_converted(quantity):
            return True
        if _PERCENT in quantity.units and (fraction := fraction_pattern(int(max(quantity.values)))):
            return fraction.search(self.text) is not None
        return not quantity.exact and any(
            is_rounded(value, whole, side=side, may_be_year=all(other.exact for other in others))
            and any(quantity.has_compatible_unit(other) for other in others)
            for value in quantity.values
            for whole, others in self._quantities.items()
        )

    def _has_converted(self, quantity: Quantity) -> bool:
        """Whether the text states this number in another unit: 25 basis points for 0.25 percentage points."""
        return any(
            unit in other.units
            for own in quantity.units
            for unit, factor in _CONVERTED.get(own, ())
            for value in quantity.values
            for other in self._quantities.get(value * factor, ())
        )

    def has_date(self, date: NamedDate) -> bool:
        """Whether the text names this date."""
        return self._dates.supports(date)

    def has_name(self, name: str, *, among_nouns: bool = False) -> bool:
        """Whether the text has the words of this name in some form, or its acronym.

        `among_nouns`: the language capitalises nouns, so that `name` may include the noun after a possessive.
        """
        words = name.split()
        if (first := " ".join(words[:2]).casefold()) in ALIASES and self._has_alias(first):
            words = words[2:]
        if among_nouns:
            words = self._owner(words)
        if len(words) > 1 and self._is_addressed(words):
            words = words[1:]
        # "Michele De Rocco" for "Di Rocco".
        words = [word for word in words if word.lower() not in NAME_PARTICLES] or words
        return all(self.has_word(word) for word in words) or (
            len(words) > 1 and "".join(w[0] for w in words if w[0].isupper()) in self._acronyms
        )

    def _is_addressed(self, words: list[str]) -> bool:
        """Whether a name begins with "Ms" or the like, and the text does not give the other gender to the surname."""
        gender = title_gender(words[0])
        if gender is None:
            return False
        before = regex.findall(rf"(\p{{L}}+)\.?\s+{regex.escape(words[-1])}(?!\p{{L}})", self.text)
        return all(title_gender(word) in (None, gender) for word in before)

    def has_misspelling(self, name: str) -> bool:
        """Whether the text has this name in all but a doubled, missing or transposed letter: "Morrocco", "Pheonix"."""
        unknown = [_fold(_POSSESSIVE.sub("", word)) for word in name.split() if not self.has_word(word)]
        # A word of combining marks alone is empty when folded.
        return bool(unknown) and all(
            any(is_slip(word, other) for other in self._words if word and other[:1] == word[0])
            for word in unknown
        )

    def _owner(self, words: list[str]) -> list[str]:
        """Reduce a possessive and its noun to the possessive, if the text has its nominative: "Dreesens Kritik"."""
        for i, word in enumerate(words):
            if word.endswith("s") and word not in self._written and word[:-1] in self._written:
                return words[: i + 1]
        return words

    def has_word(self, word: str) -> bool:
        """Whether the text has this word of a name in some form, or an alias or acronym of it."""
        bare = _POSSESSIVE.sub("", word)
        # Words between white space: a cheap test that most names pass.
        if word == bare and ((word in self._pieces and _WORD.fullmatch(word)) or word in self._written):
            return True
        if len(bare) == 2 and bare[1] == ".":
            return bare[0] in self._capitals
        folded = _fold(bare)
        if folded in self._words or folded in self._parts or self._in_compound(folded):
            return True
        if folded in COMMON_ACRONYMS or (len(folded) >= _LEAST_JOINED and folded in self._joined):
            return True
        if bare.replace(".", "") in self._initials or self._has_alias(folded):
            return True
        # In "English-language" only the capitalised part is a name.
        pieces = [_fold(piece) for piece in _JOINT.split(bare) if piece and not piece[0].islower()]
        return all(piece in self._parts or self._has_stem(piece) for piece in pieces or [folded])

    def _has_alias(self, name: str) -> bool:
        group = ALIASES.get(name.replace(".", ""), ())
        return any(
            other in self._words or other in self._undotted or (" " in other and other in self._folded)
            for other in group
        )

    @cached_property
    def _undotted(self) -> set[str]:
        return {word.replace(".", "") for word in self._words if "." in word}

    def _in_compound(self, word: str) -> bool:
        # "Finanzminister" supports "Finanz"; but "Tirana" does not support "Iran".
        return word in self._folded and (
            KATAKANA.match(word) is not None
            or (len(word) >= 4 and any(part.startswith(word) or part.endswith(word) for part in self._words))
        )

    def _has_stem(self, word: str) -> bool:
        longest = _LONG_ENDINGS if self.lang in _AGGLUTINATIVE else _ENDINGS
        if self.lang in _DECLINING and len(word) <= STEM + 1:
            stem = without_ending(word)
            if any(without_ending(part) == stem for part in self._short_parts):
                return True
        return any(same_stem(word, part, longest) for part in self._by_beginning.get(word[:STEM], ()))


@lru_cache(maxsize=8192)
def _key(word: str) -> str:
    """Return a word without case, combining marks and possessive ending."""
    return _folded(_POSSESSIVE.sub("", word))


def _folded(text: str) -> str:
    """Return `text` without case and combining marks; uncached, for whole articles."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return decomposed if decomposed.isascii() else _MARK.sub("", decomposed)


_fold = lru_cache(maxsize=8192)(_folded)
