"""Work of the functions that read a text: four times the text takes about four times the calls."""

from __future__ import annotations

import cProfile

import pytest
from hostile_articles import GROWING
from reading_functions import READERS, READERS_OF_A_SOURCE

from briefing import Source, check

#: Characters: more than a text has whose reading is kept. A written text has at most 10,000, and the check of one takes more than linear time in
#: it.
SMALL, TIMES = 1200, 4
WRITTEN = ("headline", "statement", "claims", "events", "check of the text")
TEXTS = ("a line of names", "quotations of one letter", "full stops", "digits", "opening marks in lines")


@pytest.mark.parametrize("name", [n for n in (*READERS, *READERS_OF_A_SOURCE) if n not in WRITTEN])
def test_calls_grow_with_the_text_and_not_faster(name: str) -> None:
    """For names, quotations, marks, digits and full stops without end."""
    reader = {**READERS, **READERS_OF_A_SOURCE}[name]

    def calls(text: str) -> int:
        source = Source.from_text(text, lang="en")
        if name in READERS_OF_A_SOURCE:
            _ = source.sentences, source.quotations
        with cProfile.Profile() as profile:
            reader(source)
        return sum(entry.callcount for entry in profile.getstats())

    for text in TEXTS:
        made = GROWING[text][1]
        calls(made(SMALL // 2))  # fills the caches of words and patterns, but not those of whole texts
        small, large = calls(made(SMALL)), calls(made(TIMES * SMALL))
        assert large <= 1.5 * TIMES * small, text


def test_a_number_is_compared_with_those_of_the_most_similar_sentences() -> None:
    """A table may have the same number in thousands of lines."""
    row = "The price of wheat in the harbour market rose by 5 crowns.\n\n"
    source = Source.from_text(row * 600, lang="en")
    draft = "Wheat fell by 5 crowns in the harbour market."
    with cProfile.Profile() as profile:
        checked = check(draft, [source])
    assert ["sign"] == [finding.kind for finding in checked.statements[0].findings]
    compared = sum(
        entry.callcount for entry in profile.getstats() if getattr(entry.code, "co_name", "") == "_direction"
    )
    assert 0 < compared < 250
