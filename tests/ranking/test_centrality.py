"""Sentences as vectors, and which of them are like a text."""

from __future__ import annotations

import pytest

from briefing.ranking.centrality import SentenceVectors

PIER = "The council closed the old pier for repairs."


@pytest.mark.parametrize("others", [20, 3000])
def test_the_most_similar_sentences_of_many(others: int) -> None:
    """Few sentences are all compared; of many, a bounded number, with the same cosines and the nearest among them."""
    sentences = [f"The council of {n} spoke of boats and repairs." for n in range(others)]
    vectors = SentenceVectors([*sentences, PIER], "en")
    query = vectors.query("The council closed the pier and spoke of boats.")
    every, found = vectors.similarities(query), vectors.greatest_similarities(query)

    assert min(others + 1, 200) == len(found)
    assert others == max(found, key=found.__getitem__)
    assert {number: pytest.approx(every[number]) for number in found} == found
