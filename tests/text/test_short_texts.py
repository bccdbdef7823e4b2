"""Results that are kept for sentences."""

from __future__ import annotations

import pytest

from briefing.text.short_texts import kept_for_sentences


@pytest.mark.parametrize(("length", "times"), [(1000, 1), (1001, 2)])
def test_results_are_kept_for_texts_as_long_as_a_sentence(length: int, times: int) -> None:
    """A longer text would be held in memory after its article."""
    read: list[str] = []
    keep = kept_for_sentences(lambda text, lang: read.append(text + lang))
    for _ in range(2):
        keep("x" * length, "en")
    assert times == len(read)


def test_a_language_has_results_of_its_own() -> None:
    """A sentence may be read in the language of the article and in that of the statement."""
    keep = kept_for_sentences(lambda text, lang: text + lang)
    assert ["aen", "ade"] == [keep("a", "en"), keep("a", "de")]
