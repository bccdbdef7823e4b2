"""What a text can back: numbers, dates and names, read once and only where they are asked for."""

from __future__ import annotations

import functools
import unicodedata
from collections import defaultdict
from decimal import Decimal
from functools import lru_cache

import regex

from briefing.text import (
    NUMBER,
    Dates,
    Line,
    NamedDate,
    Quantity,
    plain,
    read_lines,
    read_quantities,
    readings,
    whole_number,
)

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’.\-‐‑&][\p{L}\p{M}\p{N}]+)*")
_MARK = regex.compile(r"\p{Mn}+")
_JOINT = regex.compile(r"['’.\-‐‑&]")
KATAKANA = regex.compile(r"[\p{Katakana}ー]{3,}(?:・[\p{Katakana}ー]+)*")
_NAME_RUN = regex.compile(r"\p{Lu}[\p{L}]+(?:\s+(?:(?:of|the|and|for|de|des|der|für)\s+)*\p{Lu}[\p{L}]+)+")
_POSSESSIVE = regex.compile(r"['’](?:s|S)?$")
_TIME = regex.compile(r"(?<!\d)(\d{1,2})[:h.](\d{2})(?!\d)")
# A clock's hour and minute, or the two numbers of a score.
_PAIR = regex.compile(r"(?<!\p{Nd})(\p{Nd}{1,2})\s?(?:[:.h時时点點시ч‐‑–-]|Uhr|to)\s?(\p{Nd}{2})(?!\p{Nd})")
_TWELVE = regex.compile(
    r"noon|midday|midnight|mittag|mitternacht|midi|minuit|mediod[ií]a|medianoche|mezzogiorno|mezzanotte"
)
_LONGEST_ACRONYM = 8
#: "National Rescue Service (NRS)", "NRS (National Rescue Service)".
_EXPLAINED = regex.compile(
    r"(?<=\p{L}[”\"’]? ?\([“\"‘]?)\p{Lu}{2,8}(?=[”\"’]?\))|\b\p{Lu}{2,8}(?= \(\p{Lu}\p{L}*\s)"
)
# Other names of countries that news use for one another; the initials of most others are found in the text.
_SAME = [
    frozenset(("uk", "britain", "british", "briton", "britons", "great britain", "united kingdom")),
    frozenset(("us", "usa", "america", "american", "americans", "united states")),
    frozenset(("eu", "european union")),
    frozenset(("uae", "emirates", "emirati")),
    frozenset(("tv", "television", "televised")),
    frozenset(("isis", "isil", "islamic state")),
]
_ALIASES = {word: group for group in _SAME for word in group}
#: How far a rounded number may be from the one it stands for.
_ROUNDING, _LOOSE_ROUNDING = Decimal("0.05"), Decimal("0.15")
#: How many letters the endings of two words that are one may have, the shorter and the longer one.
_ENDINGS, _LONG_ENDINGS = (1, 3), (2, 5)
#: Languages that change a word's last consonants, too: "Haavikko", "Haavikon".
_AGGLUTINATIVE = frozenset(("fi", "et"))
_FIRST_YEAR, _LAST_YEAR = 1000, 2100
#: A number with so many digits more than a stated one is not rounded to it; `decimal` divides no longer ones.
_MOST_DIGITS = 27


class Backing:
    """What a text can back; each part is read when it is first asked for.

    Args:
        text: the evidence; how it composes letters, and characters that do not show, make no difference.
        lang: its language, a BCP-47 primary tag.
        explained: acronyms that stand for a name which the article has in full, as `explained_acronyms` finds them.
    """

    def __init__(self, text: str, lang: str = "und", explained: frozenset[str] = frozenset()) -> None:
        self.explained = explained
        self.text = plain(text)
        self.lang = lang

    @functools.cached_property
    def lines(self) -> list[Line]:
        """The text's sentences, for the comparison of meaning."""
        return read_lines(self.text, self.lang)

    @functools.cached_property
    def _quantities(self) -> dict[Decimal, list[Quantity]]:
        found = defaultdict(list)
        for quantity in read_quantities(self.text, self.lang):
            for value in quantity.values:
                found[value].append(quantity)
        return found

    @functools.cached_property
    def _times(self) -> dict[Decimal, list[Quantity]]:
        """Numbers of times: "6:40" is "6.40" elsewhere, and 6 and 40. None of these is rounded."""
        found = defaultdict(list)
        for match in _TIME.finditer(self.text):
            for number in (f"{match[1]}.{match[2]}", match[1], match[2]):
                value = next(iter(readings(number)), Decimal(-1))
                found[value].append(Quantity(match.start(), match.end(), match.group(), frozenset((value,))))
        return found

    @functools.cached_property
    def _pairs(self) -> list[tuple[int, int, range]]:
        """Hours, minutes and where they stand."""
        return [(whole_number(m[1]), whole_number(m[2]), range(*m.span())) for m in _PAIR.finditer(self.text)]

    def has_clock(self, hour: int, minute: int) -> bool:
        """Whether the text has this time of day, on either half of the dial, or these two numbers side by side."""
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

    @functools.cached_property
    def _dates(self) -> Dates:
        return Dates(self.text, self.lang)

    @functools.cached_property
    def _folded(self) -> str:
        return _folded(self.text)

    @functools.cached_property
    def _pieces(self) -> set[str]:
        return set(self.text.split())

    def _stands_alone(self, word: str) -> bool:
        """Whether a word stands between blanks: most names do somewhere, and need no other reading of the text."""
        return word in self._pieces and _WORD.fullmatch(word) is not None

    @functools.cached_property
    def _written(self) -> set[str]:
        """The text's words as it writes them."""
        return set(_WORD.findall(self.text))

    @functools.cached_property
    def _words(self) -> set[str]:
        return {_key(word) for word in self._written}

    @functools.cached_property
    def _parts(self) -> set[str]:
        return {
            part for word in self._words for part in (_JOINT.split(word) if _JOINT.search(word) else (word,))
        }

    @functools.cached_property
    def _by_beginning(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for part in self._parts:
            found[part[:4]].append(part)
        return found

    @functools.cached_property
    def _initials(self) -> set[str]:
        return _initials(self.text)

    @functools.cached_property
    def _acronyms(self) -> set[str]:
        found = {w.replace(".", "") for w in self._written if w.isupper() and len(w) > 1}
        return found - self.explained if found else found

    def has_bare_number(self, quantity: Quantity) -> bool:
        """The same for a number that stands alone, as in a field for millions: "4.2 million" backs 4.2."""
        return self.has_quantity(quantity) or any(
            not quantity.values.isdisjoint(readings(number))
            for others in self._quantities.values()
            for other in others
            for number in NUMBER.findall(other.text)
        )

    def has_letters(self, letters: str) -> bool:
        """Whether the text has these letters, which another script than its own does not part into words."""
        return letters in self.text

    def has_decade(self, first: Decimal) -> bool:
        """Whether the text names a year of the decade, or of the century, that begins with this one."""
        span = 100 if first % 100 == 0 else 10
        return first // 100 + 1 in self._quantities or any(
            first <= value < first + span for value in self._quantities
        )

    def has_quantity(self, quantity: Quantity, *, side: int | None = None) -> bool:
        """Whether the text states this number, or one that it is rounded from, of the same unit."""
        stated = (
            q
            for value in quantity.values
            for found in (self._quantities, self._times)
            for q in found.get(value, ())
        )
        if any(quantity.agrees(other) for other in stated):
            return True
        return not quantity.exact and any(
            _is_rounded(value, whole, side=side) and any(quantity.agrees(other) for other in others)
            for value in quantity.values
            for whole, others in self._quantities.items()
        )

    def has_date(self, date: NamedDate) -> bool:
        """Whether the text names this date, too."""
        return self._dates.back(date)

    def has_name(self, name: str, *, among_nouns: bool = False) -> bool:
        """Whether the text has the words of this name, or its initials; `among_nouns`: nouns have capitals, too."""
        words = name.split()
        if (first := " ".join(words[:2]).casefold()) in _ALIASES and self._has_alias(first):
            words = words[2:]
        if among_nouns:
            words = self._owner(words)
        return all(self._has_word(word) for word in words) or (
            len(words) > 1 and "".join(w[0] for w in words if w[0].isupper()) in self._acronyms
        )

    def _owner(self, words: list[str]) -> list[str]:
        """A name without what it has, "Dreesen" of "Dreesens Kritik", where the text has the name."""
        for i, word in enumerate(words):
            if word.endswith("s") and word not in self._written and word[:-1] in self._written:
                return words[: i + 1]
        return words

    def _has_word(self, word: str) -> bool:
        bare = _POSSESSIVE.sub("", word)
        if word == bare and (self._stands_alone(word) or word in self._written):
            return True
        folded = _fold(bare)
        if folded in self._words or folded in self._parts or self._in_compound(folded):
            return True
        if bare.replace(".", "") in self._initials or self._has_alias(folded):
            return True
        # Of "English-language" the name is what has a capital.
        pieces = [_fold(piece) for piece in _JOINT.split(bare) if piece and not piece[0].islower()]
        if pieces and pieces != [folded]:
            return all(piece in self._parts or self._has_stem(piece) for piece in pieces)
        return self._has_stem(folded)

    def _has_alias(self, name: str) -> bool:
        group = _ALIASES.get(name.replace(".", ""), ())
        return any(
            other in self._words or other in self._undotted or (" " in other and other in self._folded)
            for other in group
        )

    @functools.cached_property
    def _undotted(self) -> set[str]:
        return {word.replace(".", "") for word in self._words if "." in word}

    def _in_compound(self, word: str) -> bool:
        # "Finanzminister" backs "Finanz"; but "Tirana" does not back "Iran".
        if word not in self._folded:
            return False
        if KATAKANA.match(word):
            return True
        return len(word) >= 4 and any(part.startswith(word) or part.endswith(word) for part in self._words)

    def _has_stem(self, word: str) -> bool:
        longest = _LONG_ENDINGS if self.lang in _AGGLUTINATIVE else _ENDINGS
        return any(_same_stem(word, part, longest) for part in self._by_beginning.get(word[:4], ()))


def _is_rounded(stated: Decimal, whole: Decimal, *, side: int | None) -> bool:
    """Whether `stated` is `whole` with fewer digits: 3,000 for 2,976, 14 for 14.3, "over 30" for 32.

    Without a word like "over" (`side` 1), "nearly" (-1) or "about" (0), counts stay exact; years always do.
    """
    integral = whole == whole.to_integral_value()
    if stated == 0 or (integral and whole < (_FIRST_YEAR if side is None else 10)):
        return False
    if integral and _FIRST_YEAR <= whole <= _LAST_YEAR:
        return False
    difference = whole - stated
    if side is not None and difference * side < 0:
        return False
    step = Decimal(10) ** int(stated.normalize().as_tuple().exponent)
    if whole.adjusted() - step.adjusted() >= _MOST_DIGITS:
        return False  # decimal's remainder would raise, and no count has so many digits
    return (
        whole % step != 0
        and abs(difference) < step
        and abs(difference) <= (_LOOSE_ROUNDING if side else _ROUNDING) * stated
    )


def _same_stem(one: str, other: str, longest: tuple[int, int]) -> bool:
    """Whether two words differ in their endings only: "Korean" and "Korea", but not "Martin" and "Martha"."""
    common = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    endings = sorted((len(one) - common, len(other) - common))
    if common < 4 or endings[1] > longest[1]:
        return False
    # "Turkish" and "Turkey".
    return endings[0] <= longest[0] or (endings[0] == 2 and "ish" in (one[common:], other[common:]))


def explained_acronyms(text: str) -> frozenset[str]:
    """Acronyms that stand in brackets, beside what they stand for: they back no other name with these initials."""
    return frozenset(_EXPLAINED.findall(text)) if "(" in text else frozenset()


def _initials(text: str) -> set[str]:
    """Acronyms that runs of capitalised words would give: "United States" gives "US"."""
    found = set()
    for match in _NAME_RUN.finditer(text):
        capitals = [word[0] for word in match.group().split() if word[0].isupper()]
        found |= {
            "".join(capitals[i : i + length])
            for length in range(2, _LONGEST_ACRONYM + 1)
            for i in range(len(capitals) - length + 1)
        }
    return found


@lru_cache(maxsize=8192)
def _fold(word: str) -> str:
    return _folded(word)


@lru_cache(maxsize=8192)
def _key(word: str) -> str:
    """A word without case, marks and possessive."""
    return _folded(_POSSESSIVE.sub("", word))


def _folded(text: str) -> str:
    """`text` without case and marks; articles do not go into the cache."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return decomposed if decomposed.isascii() else _MARK.sub("", decomposed)
