"""From ids and names to spans of the source."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing import Source
from briefing.grounding.resolution import (
    Grounding,
    back_statement,
    backing_of,
    nearest_mention,
    offered_quotations,
    quotation_by_id,
    sentences_by_id,
    without_title,
)

SOURCE = Source.from_text(
    "Maren Holt leads the council of Harwick. “We had no choice,” said Holt on Monday. The film “Low Tide” was "
    "shown. Oskar Lind sells bread. “It is a disaster,” Lind said. Repairs cost 4.2 million crowns.",
    lang="en",
)


def test_the_context_of_an_ask_is_false() -> None:
    """A client renders messages as templates where the context is true; an article must never be one."""
    grounding = Grounding(SOURCE)
    assert not grounding
    assert SOURCE is grounding["source"]


def test_titles_are_not_offered_as_quotations() -> None:
    """Short quotations of another kind than speech get no id."""
    texts = [quotation.text for quotation in offered_quotations(SOURCE)]
    assert ["We had no choice,", "It is a disaster,"] == texts


@settings(deadline=None)
@given(
    st.lists(
        st.integers() | st.floats() | st.text() | st.none() | st.booleans() | st.lists(st.integers()),
        max_size=6,
    )
)
def test_ids_are_sentences_or_unknown(ids: list[Any]) -> None:
    """Every id is either one of the sentences or named as unknown; sentences come in order, each once."""
    found, unknown = sentences_by_id(ids, SOURCE)
    assert found == [sentence for sentence in SOURCE.sentences if sentence in found]
    assert len(ids) >= len(found) + len(unknown)
    assert all(any(value is other for other in ids) for value in unknown)


@pytest.mark.parametrize(
    ("value", "number"), [(1, 1), ("2", 2), ("[3]", 3), ("s4", 4), ("(5)", 5), (6.0, 6), ("٣", 3)]
)
def test_ids_in_several_dresses(value: Any, number: int) -> None:
    """Brackets, an "s" and a decimal point do not matter."""
    assert ([SOURCE.sentences[number - 1]], []) == sentences_by_id([value], SOURCE)


@pytest.mark.parametrize(
    "value", [0, -1, 99, 1.5, True, False, None, "", "q1", "one", [1], {"1": 1}, float("inf"), float("nan")]
)
def test_ids_of_nothing(value: Any) -> None:
    """What is no number of a sentence names none."""
    assert ([], [value]) == sentences_by_id([value], SOURCE)


@settings(deadline=None)
@given(
    st.integers()
    | st.floats()
    | st.text()
    | st.none()
    | st.from_regex(r"[‹\[(]?q ?\d{1,7}[›\])]?", fullmatch=True)
)
def test_a_quotation_id_names_one_that_is_offered(value: Any) -> None:
    """An id leads to a quotation that the prompt shows, or nowhere."""
    grounding = Grounding(SOURCE)
    assert quotation_by_id(value, grounding) in [*grounding.offered, None]


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Mr. Lind", "Lind"),
        ("Prof. Dr. Ada Quill", "Ada Quill"),
        ("Señora Ruiz", "Ruiz"),
        ("Mayor", "Mayor"),
        ("Mr. ", "Mr. "),
        ("Drake", "Drake"),
        ("Marshall", "Marshall"),
        ("", ""),
    ],
)
def test_without_title(name: str, bare: str) -> None:
    """A title goes if something is left; a name that only begins like one stays."""
    assert bare == without_title(name)


def test_the_speaker_s_mention_is_the_nearest_outside() -> None:
    """Of several mentions the one next to the quotation counts, and one inside it counts last."""
    quoted = SOURCE.quotations[0].spans[0]
    span = nearest_mention("Mrs Holt", quoted, SOURCE)
    assert span is not None
    assert (SOURCE.text.index("Holt on"), "Holt") == (span.start, span.text)
    assert None is nearest_mention("Tom Berg", quoted, SOURCE)


def test_evidence_grows_by_two_sentences_at_most() -> None:
    """A statement that needs the whole article is not backed by the sentence that it cites."""
    statement = "Yes, Oskar Lind, Low Tide, Maren Holt, 4.2 and Monday."
    evidence, missing = back_statement(statement, [SOURCE.sentences[4]], Grounding(SOURCE))
    assert 3 == len(evidence)
    assert missing
    assert evidence == sorted(evidence, key=lambda span: span.start)


@pytest.mark.parametrize("language", [None, "en", "en-GB"])
def test_another_script_than_the_article_s_is_noted(language: str | None) -> None:
    """A statement in another script is not in the article's language, whatever its evidence."""
    _, missing = back_statement("Мост закрыт.", [SOURCE.sentences[0]], Grounding(SOURCE, language))
    assert ["not written in the article's language (en)"] == missing


def test_a_briefing_in_another_language_may_use_its_script() -> None:
    """Where another language was asked for, its script is right."""
    assert [] == back_statement("Мост закрыт.", [SOURCE.sentences[0]], Grounding(SOURCE, "ru"))[1]


def test_what_an_article_backs_is_read_once_and_kept_with_it() -> None:
    """The same article is not read again; a copy with another text is."""
    source = Source.from_text("Maren Holt opened the bridge.", lang="en")
    other = source.model_copy(update={"text": "Ana Ruiz closed the mill."})

    assert backing_of(source) is backing_of(source)
    assert "Ana Ruiz closed the mill." == backing_of(other).text
