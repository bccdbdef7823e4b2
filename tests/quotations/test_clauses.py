"""Tests of the tokens of a clause: what they are, and where they stand."""

import regex
from hypothesis import example, given
from hypothesis import strategies as st

from briefing.quotations import clauses
from briefing.quotations.clauses import MASK, Clause, is_unspaced
from briefing.text import INVISIBLE, UNSPACED_CHARACTER

_TEXTS = st.text(
    st.one_of(
        st.sampled_from("aAsdl'’.,- \n\x1c\x1f\u00ad\u0640\ufe0fé1国ＮA"),
        st.characters(exclude_categories=["Cs"]),
    )
)


def places(clause: Clause) -> list[tuple[int, int]]:
    """The offsets of its tokens."""
    return [(clause.start_of(index), clause.end_of(index)) for index in range(len(clause))]


@given(_TEXTS)
@example("a\x1cb")
@example("the \u0640 \u0640the the")
@example("l’avocat d'Anna, D’Angelo’s " + "x" * 40)
def test_tokens_are_slices_of_their_text(text: str) -> None:
    """In order, and with nothing but white space and invisible characters between them."""
    clause = Clause(text, 0, len(text), ())
    found = places(clause)
    assert [token.text for token in clause] == [text[start:end] for start, end in found]
    borders = [0, *(offset for place in found for offset in place), len(text)]
    between = "".join(text[a:b] for a, b in zip(borders[::2], borders[1::2], strict=True))
    assert regex.sub(rf"[{INVISIBLE}\s]", "", between) == ""


def test_offsets_may_be_asked_for_in_any_order() -> None:
    """Those of masks and of what follows them, too; the text in a mask has no tokens."""
    text = "Ana said “Ana, no,” and “no” and Ana’s no"
    clause = Clause(text, 0, len(text), [(9, 19), (24, 28)])
    assert ["Ana", "said", MASK, "and", MASK, "and", "Ana’s", "no"] == [token.text for token in clause]
    assert (33, 38, 36) == (clause.start_of(6), clause.end_of(6), clause.end_of_name(6))
    assert (9, 19) == (clause.start_of(2), clause.end_of(2))
    assert (24, 28) == (clause.start_of(4), clause.end_of(4))
    assert (0, 3) == (clause.start_of(0), clause.end_of(0))


@given(_TEXTS)
@example("ก")
@example("⺀")
def test_a_script_without_spaces_is_found(text: str) -> None:
    """By ranges and then by scripts, as by scripts alone."""
    assert (UNSPACED_CHARACTER.search(text) is not None) is is_unspaced(text)


def test_long_words_are_not_kept() -> None:
    """They would be held in memory after their article."""
    looked_up = clauses._token.cache_info().misses
    text = "Qw" * 20
    assert [text, text[1:]] == [token.text for token in Clause(f"{text} {text[1:]}", 0, 80, ())]
    assert looked_up == clauses._token.cache_info().misses
