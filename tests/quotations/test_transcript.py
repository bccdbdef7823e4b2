"""Turns of transcripts: who speaks without quotation marks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.quotations import read_turns


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LIND: We will not sell.", [("LIND", "We will not sell.")]),
        ("Oskar Lind: No.\nMaren Holt: Yes.", [("Oskar Lind", "No."), ("Maren Holt", "Yes.")]),
        ("MR. LIND (laughs): No.\nNever.\n\nHe left.", [("MR. LIND", "No.\nNever.")]),
        ("[00:01:12] LIND: No.", [("LIND", "No.")]),
        ("**Oskar Lind:** No.", [("Oskar Lind", "No.")]),
        ("Lind: No.\nHolt: Yes.\nLind: Never.", [("Lind", "No."), ("Holt", "Yes."), ("Lind", "Never.")]),
        ("ЛИНД: Мы не продадим.", [("ЛИНД", "Мы не продадим.")]),
        ("林德：我们不卖。\n王明：好。", [("林德", "我们不卖。"), ("王明", "好。")]),
        ("Note: The bridge is closed.", []),
        ("The result: nobody came.", []),
        ("Q: Why?\nA: Because.\nQ: Why?", []),
        ("He said LIND: no.", []),
        ("LIND:", []),
        ("", []),
    ],
)
def test_a_label_and_a_colon_begin_a_turn(text: str, expected: list[tuple[str, str]]) -> None:
    """At the beginning of a line, up to the next label or a blank line."""
    assert expected == [(turn.speaker, turn.text) for turn in read_turns(text)]


@given(
    st.lists(
        st.sampled_from(["LIND", "Holt", "林德", ": ", "：", "\n", " ", "(x)", "12:30", "*", "a", "."]),
        max_size=14,
    )
)
def test_turns_are_slices(pieces: list[str]) -> None:
    """Any text is read; turns lie in it in order and do not overlap."""
    text = "".join(pieces)
    turns = read_turns(text)
    places = [place for turn in turns for place in (turn.speaker_span, turn.spans[0]) if place is not None]
    assert all(text[place.start : place.end] == place.text != "" for place in places)
    assert all(one.end <= other.start for one, other in pairwise(places))
