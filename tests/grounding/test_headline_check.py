"""The check of a headline against the whole article."""

from __future__ import annotations

import pytest

from briefing import Source
from briefing.grounding import Grounding, check_headline

SOURCE = Source.from_text("The harbour bridge was shut. Repairs begin in May.", lang="en")


def missing(headline: str) -> list[str]:
    """The words of the findings about a headline."""
    return [finding.text for finding in check_headline(headline, Grounding(SOURCE))[1]]


@pytest.mark.parametrize(
    ("word", "expected"),
    [("from", []), ("about", []), ("works", ["Nordic Repair Crew"])],
    ids=["four letters", "a small word", "five letters"],
)
def test_names_of_a_headline_in_title_case_are_not_checked(word: str, expected: list[str]) -> None:
    """A word of five letters in lower case shows that capitals mark names, unless it is a preposition or the like."""
    assert expected == missing(f"Harwick Bridge Shut {word} Nordic Repair Crew")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Mayor Tom Berg", []), ("Mayor Tom Berg up", ["Tom Berg"])],
)
def test_a_headline_in_title_case_has_more_capitals_than_other_words(text: str, expected: list[str]) -> None:
    """Where half of its words are outside names, capitals mark names."""
    assert expected == missing(text)


def test_findings_are_in_the_order_of_their_places() -> None:
    """What the article has is not named, and each finding says where its words are."""
    headline = "The bridge of Tom Berg was shut for 99 days in May"
    found = check_headline(headline, Grounding(SOURCE))[1]
    assert [("name", "Tom Berg"), ("number", "99 days")] == [(f.kind, f.text) for f in found]
    assert [f.text for f in found] == [headline[f.start : f.end] for f in found]
    assert [] == missing("The harbour bridge was shut in May")


def test_a_headline_may_point_at_a_quotation() -> None:
    """The article's words stand in the place of the id, and an id of no quotation is a finding."""
    source = Source.from_text("“We had no choice at all,” said Maren Holt. The bridge was shut.", lang="en")
    assert ("Holt: “We had no choice at all”", []) == check_headline("Holt: ‹q1›", Grounding(source))
    headline, findings = check_headline("Holt: ‹q7›", Grounding(source))
    assert ("Holt: ‹q7›", ["quotation"]) == (headline, [finding.kind for finding in findings])
