"""The bound for copied statements: they are checked in less time, and with the same result."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing import Source
from briefing.grounding import (
    Grounding,
    back_statement,
    check_headline,
    claim_check,
    copies,
    resolution,
    wording_check,
)
from briefing.grounding.comparison import Worded
from briefing.grounding.evidence import Backing
from briefing.spans import Span

sys.path.insert(0, str(Path(__file__).parent))

import hand_made_articles as articles
from wording_cases import CASES

_SEEDS = sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))
SOURCES = [
    *(Source.from_text(text, lang=lang) for lang, text in articles.ARTICLES.values()),
    *(Source.from_text(text, lang=lang) for _, lang, text, _, _ in CASES),
    *map(Source.from_file, _SEEDS),
]
#: Words that change what a sentence says.
_PUT_IN = ["not", "no", "may", "reportedly", "all", "most", "some", "will", "denied", "confirmed", "5", "12 million", "%", "Monday",
           "3 May", "Maren Holt", "nicht", "不", "所有", "可能", "не", "все", "لا"]  # fmt: skip


@st.composite
def statements(draw: st.DrawFn) -> tuple[Source, str, list[Span]]:
    """A source, a statement of its words in a row, with others in between, or without some, and its evidence."""
    source = draw(st.sampled_from(SOURCES))
    sentence, other = (draw(st.sampled_from(source.sentences)) for _ in range(2))
    sep = "" if source.lang in ("zh", "ja") else " "
    words = sentence.text.split(sep) if sep else list(sentence.text)
    start = draw(st.integers(0, len(words) - 1))
    end = draw(st.integers(start + 1, len(words)))
    kind = draw(st.sampled_from(["whole", "part", "edited", "without", "joined"]))
    if kind == "part":
        words = words[start:end]
    elif kind == "edited":
        words[start:start] = [draw(st.sampled_from([*_PUT_IN, *other.text.split()]))]
    elif kind == "without":
        del words[start : min(end, len(words) - 1)]
    elif kind == "joined":
        words = [*words[start:end], *other.text.split()]
    text = sep.join(words)
    text = draw(st.sampled_from([text, text, text.rstrip(".。!?"), text.lower()])).strip() or sentence.text
    evidence = sorted({sentence, *draw(st.sampled_from([[], [other]]))}, key=lambda span: span.start)
    return source, text, evidence


def _told_in_full(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(wording_check, "copied_from", lambda *_: None)
    patch.setattr(resolution, "is_backed_copy", lambda *_: False)
    patch.setattr(Worded, "has_modal_words", True)
    patch.setattr(claim_check, "_is_affirmed", lambda *_: False)
    patch.setattr(claim_check, "may_oppose", lambda *_: True)


@given(statements())
def test_the_result_is_that_of_all_checks(case: tuple[Source, str, list[Span]]) -> None:
    """For statements made of the article's words, in eight languages: evidence and findings, and those of a headline."""
    source, text, evidence = case
    quick = back_statement(text, evidence, Grounding(source)), check_headline(text, Grounding(source))
    with pytest.MonkeyPatch.context() as patch:
        _told_in_full(patch)
        full = back_statement(text, evidence, Grounding(source)), check_headline(text, Grounding(source))
    assert full == quick


@pytest.mark.parametrize("source", SOURCES[:40:3])
def test_each_sentence_is_its_own_copy(source: Source) -> None:
    """The bound holds for sentences of every language, so that it is of use."""
    for sentence in source.sentences:
        stated = Worded(sentence.text, source.lang)
        assert copies.copied_from(stated, resolution.worded_sentences(source)) is not None


@pytest.mark.parametrize(
    ("text", "sentence", "copied"),
    [
        ("The repair costs 4", "The repair costs 4 million crowns.", True),
        ("The repair costs 4", "The repair costs 4.2 million crowns.", False),
        ("The repair costs 4", "The repair costs 4\u00a0000 crowns.", False),
        ("repair costs 4.2 million", "The repair costs 4.2 million, Holt said.", True),
        ("he repair costs", "The repair costs 4.2 million, Holt said.", False),
        ("The repair cost", "The repair costs 4.2 million, Holt said.", False),
        ("Holt said the repair", "The repair costs 4.2 million, Holt said.", False),
    ],
)
def test_a_copy_ends_where_words_end(text: str, sentence: str, copied: bool) -> None:
    """A part of a word or number is another word or number."""
    found = copies.copied_from(Worded(text, "en"), [Worded(sentence, "en")])
    assert copied == (found is not None)


@pytest.mark.parametrize(
    ("text", "backed"),
    [
        ("The bridge was shut on 3 March, Maren Holt said.", True),
        ("The bridge was shut at 6:40.", False),
        ("The bridge was shut at 6 pm.", False),
        ("the bridge was shut on 3 march.", False),
        ("The bridge was shut. It was not safe.", False),
    ],
)
def test_what_is_looked_up_otherwise_is_checked_in_full(text: str, backed: bool) -> None:
    """Times of day, lowercase dates and several sentences."""
    assert backed == copies.is_backed_copy(Worded(text, "en"), Backing(text, "en"))
    assert not copies.is_backed_copy(Worded(text, "en"), Backing(text + " So it is.", "en"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The council closed the old harbour bridge on Monday. Nobody was hurt.", []),
        (
            "The council closed the old harbour bridge on Monday\nThe council did not close the old bridge.",
            [],
        ),
        (
            "The council did not say why. The council never closed the old harbour bridge on Monday.",
            ["polarity"],
        ),
        ("The council reopened the old harbour bridge.", ["polarity"]),
    ],
)
def test_a_paragraph_with_a_negation_is_compared(text: str, found: list[str]) -> None:
    """Also where the statement stands in it literally."""
    statement = "closed the old harbour bridge on Monday"
    contradictions = claim_check.contradictions(statement, Backing(text, "en"), "en")
    assert found == [item.kind for item in contradictions]
