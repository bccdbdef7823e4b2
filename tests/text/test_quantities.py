"""Numbers, dates and differences of words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from briefing.text import quantities
from briefing.text.dates import Dates, read_dates
from briefing.text.quantities import parse_integer, parse_number, read_quantities
from briefing.text.word_diff import word_diff


@pytest.mark.parametrize(
    ("number", "values"),
    [
        ("1.117", {"1117", "1.117"}),
        ("1,234.50", {"1234.50"}),
        ("1.2.3", {"1", "2", "3"}),
        ("1,234,567", {"1234567"}),
        ("1'234", {"1234"}),
        ("٣٫٥", {"3.5"}),
    ],
)
def test_a_number_in_digits_has_possible_values(number: str, values: set[str]) -> None:
    """One mark may group digits or begin the decimals."""
    assert {Decimal(value) for value in values} == parse_number(number)


@pytest.mark.parametrize(("digits", "value"), [("12", 12), ("٣", 3), ("1.2", -1), ("", -1)])
def test_integers_of_any_script(digits: str, value: int) -> None:
    """Other text is -1."""
    assert value == parse_integer(digits)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("12 to 14 million", {12, 12_000_000}),
        ("12 to 14 hundred", {12}),
        ("12 to a 14 million", {12}),
        ("12   to   14 million", {12, 12_000_000}),
        ("12   to    14 million", {12}),
        ("2 to 3 thousand", {2, 2_000}),
    ],
)
def test_the_first_number_of_a_range_has_the_scale_of_the_second(text: str, first: set[int]) -> None:
    """A scale of a thousand or more, at most eight characters apart."""
    found = read_quantities(text, "en")[0].values
    assert {Decimal(value) for value in first} == found


@pytest.mark.parametrize(
    ("text", "exact"), [("1984", True), ("984", False), ("19845", False), ("1984 metres", False)]
)
def test_four_digits_without_a_unit_are_exact(text: str, exact: bool) -> None:
    """A year is never rounded."""
    assert exact == read_quantities(text, "en")[0].exact


@pytest.mark.parametrize(
    ("text", "values"), [("3人民币元", {3}), ("13億5千万", {1_350_000_000}), ("三十", {30})]
)
def test_chinese_numerals(text: str, values: set[int]) -> None:
    """Units of ten stand behind their factor."""
    assert {Decimal(value) for value in values} == read_quantities(text, "zh")[0].values


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("1, 2, 3, 4, 5, 6 and 7 March", {1, 2, 3, 4, 5, 6, 7}),
        ("1, 2, 3, 4, 5, 6, 7 and 8 March", {2, 3, 4, 5, 6, 7, 8}),
        ("31 March", {31}),
        ("32 March", {0}),
    ],
)
def test_seven_days_of_one_month(text: str, days: set[int]) -> None:
    """A longer list loses its first days; a day is at most 31."""
    assert {(3, day) for day in days} == read_dates(text, "en")[0].readings


@pytest.mark.parametrize(("text", "lang", "found"), [("Mon", "en", [0]), ("Mo.", "de", [])])
def test_abbreviations_of_weekdays_have_three_letters(text: str, lang: str, found: list[int]) -> None:
    """Shorter ones are other words."""
    assert found == [date.weekday for date in read_dates(text, lang)]


@pytest.mark.parametrize(
    ("text", "statement", "expected"),
    [
        ("On 5 March 2024.", "5 March 2024", True),
        ("On 5 March 2024.", "5 March 2023", False),
        ("On 5 March.", "5 March 2023", True),
        ("On 5 March.", "6 March", False),
        ("On 5 March.", "March", True),
        ("On Monday.", "Tuesday", False),
        ("on march 19", "19 March", True),
    ],
)
def test_a_text_supports_the_dates_that_it_has(text: str, statement: str, expected: bool) -> None:
    """A day without a year agrees with any year."""
    [date] = read_dates(statement, "en")
    assert expected == Dates(text, "en").supports(date)


@pytest.mark.parametrize(("length", "changes"), [(20_000, ["“b” for “c”"]), (20_001, None)])
def test_a_very_long_text_differs_as_a_whole(length: int, changes: list[str] | None) -> None:
    """Word by word the comparison takes quadratic time."""
    start = "a " * (length - 1)
    found = word_diff(start + "b", start + "c")
    assert 1 == len(found)
    assert changes is None or changes == list(map(str, found))
    assert (len(found[0].claimed) > 1) == (changes is None)
    assert [] == word_diff(start + "b", start + "b")


def test_the_words_of_a_long_text_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which words are no numbers is kept for so many words, whatever the length of the texts."""
    monkeypatch.setattr(quantities, "_MOST_WORDS", 30)
    monkeypatch.setitem(quantities._OTHER_WORDS, "en", set())
    kept = quantities._OTHER_WORDS["en"]
    words = [f"{one}{other}q" for one in "abcdef" for other in "abcdef"]
    for text in (words[:20], words[10:25], words[20:35], words, words[:31]):
        assert [] == read_quantities(" ".join(text), "en")
        assert 0 < len(kept) <= 30
