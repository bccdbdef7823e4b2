"""Paragraphs."""

from __future__ import annotations

import textwrap

import pytest

from briefing.text.paragraphs import find_paragraphs
from briefing.text.punctuation import SENTENCE_END

_WORDS = "the dam held through the night and nobody in the valley slept at all while the water rose " * 4


def wrapped(width: int, lines: int) -> str:
    """Lines of running text, the longest of which is as wide as `width`."""
    found = textwrap.wrap(_WORDS, width)[:lines]
    short = width - max(map(len, found))
    found[0] += "s" * short
    return "\n".join(found)


@pytest.mark.parametrize(("width", "lines", "paragraphs"), [(29, 5, 5), (30, 5, 1), (110, 3, 1), (111, 3, 3)])
def test_text_is_wrapped_between_two_columns(width: int, lines: int, paragraphs: int) -> None:
    """Narrower lines are a list, wider ones are paragraphs."""
    assert paragraphs == len(find_paragraphs(wrapped(width, lines)))


@pytest.mark.parametrize(("width", "paragraphs"), [(54, 2), (55, 1)])
def test_two_wrapped_lines_are_half_a_page_wide(width: int, paragraphs: int) -> None:
    """Two short lines are more often a headline and a line below it."""
    assert paragraphs == len(find_paragraphs(wrapped(width, 2)))


@pytest.mark.parametrize(("second", "paragraphs"), [("nobody slept.", 1), ("Nobody slept.", 2)])
def test_the_second_of_two_wrapped_lines_goes_on_in_lower_case(second: str, paragraphs: int) -> None:
    """A capital begins another paragraph."""
    first = "The old dam above the valley held through the whole night, but"
    assert paragraphs == len(find_paragraphs(f"{first}\n{second}"))


@pytest.mark.parametrize(("short", "paragraphs"), [(1, 1), (2, 6)])
def test_nearly_all_wrapped_lines_are_full(short: int, paragraphs: int) -> None:
    """Of five line breaks, one may come early."""
    lines = ["the water rose above the old stone wall by"] * 6
    for place in range(short):
        lines[place] = "the water rose by"
    assert paragraphs == len(find_paragraphs("\n".join(lines)))


@pytest.mark.parametrize(("ended", "paragraphs"), [(2, 1), (3, 5)])
def test_half_of_the_wrapped_lines_go_on(ended: int, paragraphs: int) -> None:
    """Of four line breaks, two may come at a sentence's end; lines that all end so are paragraphs."""
    lines = ["the water rose above the old stone wall by."] * ended + [
        "the water rose above the old stone wall by"
    ] * (5 - ended)
    assert paragraphs == len(find_paragraphs("\n".join(lines)))


@pytest.mark.parametrize("mark", [".", "!", "?", "…", ":", ";", ".”", "。", "؟", "।"])
def test_a_line_that_ends_with_a_mark_is_closed(mark: str) -> None:
    """Closing quotation marks may follow the mark."""
    lines = [f"the water rose above the old stone wall by{mark}"] * 5
    assert 5 == len(find_paragraphs("\n".join(lines)))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It rained. Nobody slept.", ["It rained", " Nobody slept."]),
        ("“It rained.” Nobody slept.", ["“It rained", " Nobody slept."]),
        ("It rained (hard!) Nobody", ["It rained (hard", " Nobody"]),
        ("雨でした。「はい！」と", ["雨でした", "「はい", "と"]),
        ("Rain\n\nNobody", ["Rain", "Nobody"]),
        ("बारिश हुई। कोई", ["बारिश हुई", " कोई"]),
        ("It … rained, 4.5 mm\non Monday", ["It … rained, 4.5 mm\non Monday"]),
    ],
)
def test_ends_of_sentences(text: str, parts: list[str]) -> None:
    """A mark with what closes behind it, an ideographic mark or a blank line; an ellipsis may be words left out."""
    assert parts == SENTENCE_END.split(text)
