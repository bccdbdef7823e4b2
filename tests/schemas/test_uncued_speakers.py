"""Speakers that a model gives where the article does not say who speaks."""

from __future__ import annotations

import pytest

from briefing import Quote, Source
from briefing.grounding.resolution import Grounding

TEXT = (
    "The record is long. Ana Ruiz reads it at night. Tonight it lies on her desk.\n"
    "“We built this bridge with our own hands, and we will build it again.”\n"
    "Its title is the “Long and Winding Record of the Harwick Bridges”. Yet few know it, and nobody has read it yet."
)


@pytest.mark.parametrize(
    ("number", "given", "speaker"),
    [
        (1, "Ana Ruiz", "Ana Ruiz"),
        (1, "Yet", None),
        (1, "The record is long.", None),
        (2, "Ana Ruiz", None),
        (2, None, None),
    ],
)
def test_only_speech_has_a_speaker_who_is_somebody(
    number: int, given: str | None, speaker: str | None
) -> None:
    """A title has none; a common word and a sentence are nobody."""
    source = Source.from_text(TEXT, lang="en")
    assert ["speech", "other"] == [quotation.kind for quotation in source.quotations]
    quote = Quote.model_validate({"id": f"q{number}", "speaker": given}, context=Grounding(source))
    assert speaker == quote.speaker
