"""Words that make a text less than a fact."""

from __future__ import annotations

import pytest

from briefing.text import kept_modality


@pytest.mark.parametrize(
    ("text", "lang", "kept"),
    [
        ("The bridge may close on Friday.", "en", "possible"),
        ("The council plans to close the bridge, Lind said.", "en", "possible"),
        ("The bridge will be closed, Lind said.", "en", "said"),
        ("The bridge will be closed.", "en", "planned"),
        ("The next inspection is over.", "en", "planned"),
        ("The bridge closed on Friday.", "en", None),
        ("Die Brücke wird gesperrt.", "de", "planned"),
        ("Die Brücke könnte gesperrt werden.", "de", "possible"),
        ("Silta suljetaan.", "fi", None),
    ],
)
def test_how_a_text_is_less_than_a_fact(text: str, lang: str, kept: str | None) -> None:
    """A doubt or a plan counts before "said", and "said" before a certain or near future."""
    assert kept == kept_modality(text, lang)
