"""Numbers, names and acronyms that a text supports: limits of rounding and inflection."""

from __future__ import annotations

from decimal import Decimal

import pytest

from briefing.grounding.evidence import Backing
from briefing.grounding.rounding import is_rounded


@pytest.mark.parametrize(
    ("stated", "whole", "side", "rounded"),
    [
        ("3000", "3150", None, True),
        ("3000", "3151", None, False),
        ("3000", "2850", None, True),
        ("3000", "2849", None, False),
        ("100", "105", 0, True),
        ("100", "106", 0, False),
        ("100", "115", 1, True),
        ("100", "116", 1, False),
        ("100", "85", -1, True),
        ("100", "84", -1, False),
        ("14", "14.7", None, True),
        ("14", "14.71", None, False),
    ],
)
def test_how_far_a_rounded_number_is_off(stated: str, whole: str, side: int | None, *, rounded: bool) -> None:
    """By 5 %, and by 15 % after "over" and "nearly"."""
    assert rounded == is_rounded(Decimal(stated), Decimal(whole), side=side)


@pytest.mark.parametrize(
    ("stated", "whole", "side", "rounded"),
    [
        ("1000", "999", None, False),
        ("2100", "2101", None, True),
        ("10", "9", -1, False),
        ("10", "11", 1, True),
        ("14", "13.7", -1, True),
        ("0", "0.4", None, False),
        ("14", "15", None, False),
        ("3000", "3000", None, False),
        ("3100", "3000", None, False),
    ],
)
def test_small_counts_are_exact(stated: str, whole: str, side: int | None, *, rounded: bool) -> None:
    """Below 1,000, and below 10 after "over" and "nearly"; fractions and nothing else may be rounded below that."""
    assert rounded == is_rounded(Decimal(stated), Decimal(whole), side=side)


@pytest.mark.parametrize(
    ("stated", "whole", "rounded"),
    [("1000", "999", True), ("1000", "1001", False), ("2000", "2100", False), ("2100", "2101", True)],
)
def test_years_are_exact(stated: str, whole: str, *, rounded: bool) -> None:
    """Integers from 1001 to 2100 may be years."""
    assert rounded == is_rounded(Decimal(stated), Decimal(whole), side=0)


@pytest.mark.parametrize(
    ("stated", "whole", "side", "rounded"),
    [
        ("14", "14.3", 1, True),
        ("14", "14.3", -1, False),
        ("14", "13.7", 1, False),
        ("14", "14.3", 0, True),
        ("14", "13.7", 0, True),
    ],
)
def test_the_side_of_a_rounded_number(stated: str, whole: str, side: int, *, rounded: bool) -> None:
    """More than the stated number after "over", less after "nearly", either after "about"."""
    assert rounded == is_rounded(Decimal(stated), Decimal(whole), side=side)


@pytest.mark.parametrize(("digits", "rounded"), [(27, True), (28, False)])
def test_long_numbers_are_not_divided(digits: int, *, rounded: bool) -> None:
    """`decimal` has 28 digits: its remainder of a longer quotient is an error."""
    stated = Decimal("1234567890123456789012345678"[:digits])
    assert rounded == is_rounded(stated, Decimal(f"{stated}.3"), side=None)
    assert not is_rounded(Decimal(3), Decimal(10) ** 40, side=None)


@pytest.mark.parametrize(
    ("name", "written", "lang", "found"),
    [
        ("Marlabc", "Marlx", "en", True),
        ("Marlabcd", "Marlx", "en", False),
        ("Marlabc", "Marlxy", "en", False),
        ("Maracd", "Marab", "en", True),
        ("Marb", "Marcd", "en", False),
        ("Marlabcde", "Marlxy", "fi", True),
        ("Marlabcdef", "Marlxy", "fi", False),
        ("Marlabcde", "Marlxyz", "fi", False),
        ("Turkish", "Turkey", "en", True),
        ("Turkxyh", "Turkey", "en", False),
        ("Turkxyhz", "Turkxyab", "en", False),
    ],
)
def test_endings_of_a_name(name: str, written: str, lang: str, *, found: bool) -> None:
    """Inflected forms share four letters; endings have up to one and three letters, in Finnish two and five."""
    assert found == Backing(f"They saw the {written} there.", lang).has_name(name)


@pytest.mark.parametrize(
    ("name", "written", "found"),
    [
        ("Holz", "Holzhandel", True),
        ("Holz", "Handelsholz", True),
        ("Bau", "Bauhandel", False),
        ("Holz", "Anholzung", False),
    ],
)
def test_parts_of_compounds(name: str, written: str, *, found: bool) -> None:
    """The first or last part of a compound supports a name of four letters or more."""
    assert found == Backing(f"They met {written} there.", "en").has_name(name)


WORDS = "Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India"


@pytest.mark.parametrize(
    ("letters", "found"), [("BC", True), ("ABCDEFGH", True), ("ABCDEFGHI", False), ("B", False)]
)
def test_acronyms_have_two_to_eight_letters(letters: str, *, found: bool) -> None:
    """A run of capitalised words supports the acronyms that can be made of it."""
    assert found == Backing(f"The {WORDS} left.", "en").has_name(letters)


def test_a_word_of_marks_alone_is_no_misspelling() -> None:
    """Folding leaves nothing of it."""
    backing = Backing("Morocco won the cup in Phoenix.", "en")
    assert backing.has_misspelling("Morrocco")
    assert not backing.has_misspelling("A\u0301\u0301 \u0301\ufe0f")
    assert not backing.has_misspelling("\u0301")
