"""Links to passages."""

from __future__ import annotations

import pytest

from briefing.spans import Span

LONG = "One two three four five six, seven eight nine ten. " * 4


@pytest.mark.parametrize(
    ("text", "url", "link"),
    [
        ("We will", "https://a.example/x", "https://a.example/x#:~:text=We%20will"),
        (
            "re-use, A & B",
            "https://a.example/#top",
            "https://a.example/#top:~:text=re%2Duse%2C%20A%20%26%20B",
        ),
        ("We  will", "https://a.example/#:~:text=old", "https://a.example/#:~:text=We%20will"),
        ("One two\n\nthree", "https://a.example/", "https://a.example/#:~:text=One%20two,three"),
        (LONG, "u", "u#:~:text=One%20two%20three%20four%20five,six%2C%20seven%20eight%20nine%20ten."),
        ("- One two\n- three", "u", "u#:~:text=One%20two,three"),
        ("| East | 12 |\n| West | 9 |", "u", "u#:~:text=East,9"),
        ("会" * 130, "u", "u#:~:text=" + "%E4%BC%9A" * 130),
    ],
)
def test_a_link_names_the_words_of_the_passage(text: str, url: str, link: str) -> None:
    """A longer one, or one of several lines, by its first and last words."""
    assert link == Span.of(text, 0, len(text)).fragment(url)
