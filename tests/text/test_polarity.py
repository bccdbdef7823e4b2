"""Statements that say the opposite of a sentence of the article."""

from __future__ import annotations

import pytest

from briefing.text.negation import negation_pattern
from briefing.text.polarity import SentenceWords, can_compare, find_opposites, split_sentences


def opposites(statement: str, evidence: str, lang: str = "en") -> list[str]:
    return list(find_opposites(statement, split_sentences(evidence, lang), lang))


@pytest.mark.parametrize(
    ("statement", "evidence", "found"),
    [
        ("The council never closed that bridge today.", "The council closed that bridge.", ["never closed"]),
        ("The council never closed that bridge today again.", "The council closed that bridge.", []),
        (
            "The council never closed that bridge today again gladly.",
            "The council closed that bridge today.",
            [],
        ),
    ],
)
def test_only_near_copies_are_compared(statement: str, evidence: str, found: list[str]) -> None:
    """Three quarters of the content words of the statement must stand in the sentence."""
    assert found == opposites(statement, evidence)


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ("Nobody crossed that bridge.", ["never closed"]),
        ("Nobody crossed that bridge with the council.", []),
    ],
)
def test_a_negation_in_a_similar_sentence_may_be_the_one(other: str, found: list[str]) -> None:
    """A sentence with half of the content words may be another source of the negation."""
    evidence = f"The council closed that bridge today. {other}"
    assert found == opposites("The council never closed that bridge today.", evidence)


@pytest.mark.parametrize(
    ("statement", "evidence", "found"),
    [
        ("The dam was not old.", "The dam was old.", ["not old"]),
        ("Not old.", "Old.", []),
        ("The council never opened that.", "The council opened that, later.", []),
        ("It was old.", "It was not old" + "–" * 13, ["old (the article says: not old)"]),
        ("It was old.", "It was not old" + "–" * 14, []),
        ("It is not.", "It is.", ["not"]),
        ("It was old.", "It was not old.", ["old (the article says: not old)"]),
        ("It was old.", "It was not very old.", []),
        ("Rain fell fast.", "Rain rose fast.", ["fell (the article says: rose)"]),
        ("Rain fell.", "Rain rose.", []),
    ],
)
def test_a_short_statement_is_compared_word_for_word(statement: str, evidence: str, found: list[str]) -> None:
    """With fewer than four content words, three words at least must be the same but for a negation or antonym."""
    assert found == opposites(statement, evidence)


@pytest.mark.parametrize(("words", "found"), [("by or at", ["not closed"]), ("by or at in", [])])
def test_a_negation_reaches_four_words(words: str, found: list[str]) -> None:
    """A content word farther behind the negation is not negated by it."""
    statement = f"The council has not {words} closed that river bridge today."
    assert found == opposites(statement, statement.replace("not ", ""))


def test_forms_of_a_word_begin_with_five_equal_letters() -> None:
    """The words "closed" and "closely" have one stem, "close" and "clocks" do not."""
    stems = [SentenceWords(word, "en").content for word in ("closed", "closely", "clocks", "the")]
    assert [{"close"}, {"close"}, {"clock"}, set()] == stems


@pytest.mark.parametrize(
    ("far", "found"),
    [
        ("on the of in by", ["rose (the article says: fell)"]),
        ("on the of in by or", []),
    ],
)
def test_antonyms_are_compared_in_their_surroundings(far: str, found: list[str]) -> None:
    """Two content words within six words of the antonym must be the same."""
    statement = f"Profits rose {far} March, the company said."
    evidence = f"Profits fell {far} March, and all in town expected that."
    assert found == opposites(statement, evidence)


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        (
            "Profits of the Lower Marrow company rose in March.",
            "Profits of the company fell in March, it said.",
        ),
        ("Profits of the company rose in March.", "Profits of the company did not fall in March."),
        (
            "Profits of the company rose in March.",
            "Profits of the company fell in March, then rose in March.",
        ),
    ],
)
def test_antonyms_of_other_things_are_passed_over(statement: str, evidence: str) -> None:
    """A negation beside the antonym, or the word itself in the same surroundings, makes it uncertain."""
    assert [] == [found for found in opposites(statement, evidence) if found.startswith("lower")]


@pytest.mark.parametrize(("lang", "expected"), [("en", True), ("de", True), ("ru", False), ("und", False)])
def test_languages_that_are_compared(lang: str, expected: bool) -> None:
    """Only languages with a list of negations are compared."""
    assert expected == can_compare(lang)


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "he didn’t", True),
        ("en", "nowhere", True),
        ("en", "hardly", True),
        ("en", "notable", False),
        ("de", "niemandem", True),
        ("de", "keinerlei", True),
        ("fr", "n’est", True),
        ("fr", "jamais", True),
        ("es", "ningunos", True),
        ("nb", "ikke", True),
        ("zh", "不同意", True),
        ("zh", "同意", False),
        ("ja", "行かず", True),
        ("th", "ไม่", True),
        ("km", "មិន", True),
        ("lo", "ບໍ່", True),
        ("xx", "nicht", True),
        ("en", "nicht", False),
    ],
)
def test_words_that_negate(lang: str, text: str, expected: bool) -> None:
    """Words of a language's list, in any form; all lists for a language without one."""
    assert expected == bool(negation_pattern(lang).search(text))
