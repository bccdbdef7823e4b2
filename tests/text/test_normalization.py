"""Folded texts, cuts inside words, and scripts."""

from __future__ import annotations

import re

import pytest

from briefing.text.normalization import fold
from briefing.text.scripts import (
    DENSE_CHARACTER,
    MARK_TOUCHING_CHARACTER,
    UNSPACED_CHARACTER,
    UNSPACED_RANGES,
)
from briefing.text.word_borders import inside_word


@pytest.mark.parametrize(
    ("before", "after", "inside"),
    [
        ("不", "同意", True),
        ("特别", "是", False),
        ("勿", "进", True),
        ("同", "意", False),
        ("でき", "ません", True),
        ("行か", "ずに", False),
        ("行か", "ず。", True),
        ("ไม่", "มา", True),
        ("ไร้", "คน", True),
        ("can", "’t", True),
        ("the ", "-5", False),
        ("-", "5", True),
        ("4.", "2", True),
        ("non-", "profit", True),
        ("it ", "rained", False),
    ],
)
def test_cuts_inside_words(before: str, after: str, inside: bool) -> None:
    """A negation belongs to its word, also where no space parts words; so do signs, decimals and hyphens."""
    assert inside == inside_word(before + after, len(before))


@pytest.mark.parametrize("char", "漢々かカーㇰ㐀ไລក\u1000")
def test_scripts_without_spaces(char: str) -> None:
    """The plain ranges hold the same letters as the scripts, and blanks beside them are dropped."""
    assert re.match(f"[{UNSPACED_RANGES}]", char)
    assert (UNSPACED_CHARACTER.match(char) is not None) == (char != "ー")
    assert fold(f"{char} {char}") == fold(char + char)


@pytest.mark.parametrize(
    ("char", "unspaced", "touching", "dense"),
    [
        ("漢", True, True, True),
        ("カ", True, True, True),
        ("한", False, True, True),
        ("ไ", True, True, False),
        ("ລ", True, True, False),
        ("я", False, False, False),
    ],
)
def test_properties_of_scripts(char: str, unspaced: bool, touching: bool, dense: bool) -> None:
    """Hangul has spaces, but its words touch quotation marks and say as much as Chinese ones."""
    patterns = (UNSPACED_CHARACTER, MARK_TOUCHING_CHARACTER, DENSE_CHARACTER)
    assert (unspaced, touching, dense) == tuple(pattern.match(char) is not None for pattern in patterns)
