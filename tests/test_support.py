"""What a statement says that its evidence does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.support import is_in_script, main_script, missing_items, names


@settings(deadline=None)
@given(st.text(), st.sampled_from(["en", "de", "ru", "ja", "und"]))
def test_a_text_backs_itself(text: str, lang: str) -> None:
    """Nothing of a statement is missing where the evidence is the statement."""
    assert [] == missing_items(text, [text], lang)


@settings(deadline=None)
@given(st.text(), st.lists(st.text(), max_size=3))
def test_what_is_missing_stands_in_the_statement(statement: str, evidence: list[str]) -> None:
    """No item is made up; each is named once."""
    missing = missing_items(statement, evidence)
    assert len(missing) == len(set(missing))
    assert all(item in " ".join(statement.split()) for item in missing)


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("It costs 4.2 million.", "Die Kosten: 4,2 Millionen."),
        ("About 1,500 came.", "Rund 1.500 kamen."),
        ("About 1500 came.", "1\u202f500 sont venus."),
        ("It took ٣٠ days.", "It took 30 days."),
        ("The mayor, Holt, spoke.", "Maren Holt spoke."),
        ("He met the Korean envoy.", "The envoy of Korea arrived."),
        ("They praised Holt's plan.", "The plan of Maren Holt"),
        ("Talks in the US began.", "Talks in the United States began."),
        ("Talks in the United States began.", "Talks in the US began."),
        ("It was José Lima.", "It was Jose\u0301 Lima."),
        ("It was said by Анна Гвоздева.", "Сказала Анна Гвоздева."),
    ],
)
def test_other_ways_to_write_are_backed(statement: str, evidence: str) -> None:
    """Other number formats, endings, initials and Unicode forms of the same thing are backed."""
    assert [] == missing_items(statement, [evidence])


@pytest.mark.parametrize(
    ("statement", "evidence", "missing"),
    [
        ("It costs 4.2 million.", "It costs 4.3 million.", ["4.2"]),
        ("It costs 42 million.", "It costs 4.2 million.", ["42"]),
        ("About 500 came.", "About 1,500 came.", ["500"]),
        ("It was Anders Holt.", "It was Maren Holt.", ["Anders Holt"]),
        ("It went to Austria.", "It went to Australia.", ["Austria"]),
        ("It was Martha.", "It was Martin.", ["Martha"]),
        ("It went to Iran.", "It went to Tirana.", ["Iran"]),
        ("It was in Harwick.", "It was in Harwood.", ["Harwick"]),
        ("It was Tom Berg in 2031.", "", ["2031", "Tom Berg"]),
    ],
)
def test_other_numbers_and_names_are_missing(statement: str, evidence: str, missing: list[str]) -> None:
    """A number or name that only looks like one of the evidence is missing."""
    assert missing == missing_items(statement, [evidence])


def test_first_words_say_nothing_about_names() -> None:
    """A sentence's first word has its capital from its place."""
    assert ["Lind"] == names("Bread was sold. Yesterday it was Lind who baked.")


def test_german_nouns_are_no_names() -> None:
    """In German one capitalised word is a noun, two are a name."""
    assert ["Ilse Brandt"] == names("Gestern hat Ilse Brandt den Hafen geschlossen.", "de")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Harwick", "Latin"),
        ("Гвоздева", "Cyrillic"),
        ("沈若兰", "Han"),
        ("ミドリさん", "Han"),
        ("12 !", None),
    ],
)
def test_main_script(text: str, script: str | None) -> None:
    """The script of most letters; Japanese counts as one with Chinese."""
    assert script == main_script(text)


def test_a_statement_in_another_script_is_noticed() -> None:
    """A model that drifts into English on a Russian article is seen; a statement of digits is not blamed."""
    script = main_script("Плотина на реке Вельша закрыта.")
    assert not is_in_script("The dam is closed.", script)
    assert is_in_script("Плотина закрыта.", script)
    assert is_in_script("18", script)
