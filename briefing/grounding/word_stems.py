"""Whether two words are forms of one: their stems, and slips of the pen."""

from __future__ import annotations

import regex
from rapidfuzz.distance import Prefix

#: Letters that two words of one stem have in common, at least.
STEM = 4
#: Least letters of a misspelt name, the same where a letter is missing, and letters at its end that must be right.
_LEAST_SLIP, _LONG_SLIP, _LAST = 6, 8, 1
_CASE_ENDING = regex.compile(r"(?<=..)(?:[оеё]й|[оею]ю|ou|[аеёиіоуыэюяaeiouyąęěí])$")


def without_ending(word: str) -> str:
    """Return a short Slavic name without its case ending: "нин" for "нины"."""
    return str(_CASE_ENDING.sub("", word))


def same_stem(one: str, other: str, longest: tuple[int, int]) -> bool:
    """Whether two folded words differ in their endings only: "Korean" and "Korea", but not "Martin" and "Martha".

    `longest`: greatest lengths of the shorter and the longer ending.
    """
    common = Prefix.similarity(one, other)
    endings = sorted((len(one) - common, len(other) - common))
    if common < STEM or endings[1] > longest[1]:
        return False
    # "Turkish" and "Turkey".
    return endings[0] <= longest[0] or (endings[0] == 2 and "ish" in (one[common:], other[common:]))


def is_slip(one: str, other: str) -> bool:
    """Whether two words differ by a doubled letter, two transposed letters or, in long words, one missing letter inside."""
    short, long = sorted((one, other), key=len)
    if len(short) < _LEAST_SLIP or len(long) - len(short) > 1 or short[-_LAST:] != long[-_LAST:]:
        return False
    common = Prefix.similarity(short, long)
    if len(short) == len(long):
        swapped = short[:common] + short[common : common + 2][::-1] + short[common + 2 :]
        return short != long and swapped == long
    if short[common:] != long[common + 1 :]:
        return False
    return long[common] == long[common - 1] or len(short) >= _LONG_SLIP
