"""Hints for the model: who seems to have spoken each quotation."""

from __future__ import annotations

from briefing.grounding import Grounding, View, offered_quotations
from briefing.prompts import render_cues
from briefing.sources import Source

SOURCE = Source.from_text(
    "MR. SMITH: Thank you for having me here.\n\nThe fund paid the yard in May.\n\nNobody asked us about the ship.\n\n"
    "Ada Jones: Why was nobody asked about it?\n\nMR. SMITH: I do not know why, Senator.\n\n"
    "Ada Jones: Then who does know it?\n",
    lang="en",
)


def test_a_part_of_a_long_article_has_few_hints() -> None:
    """A whole article has one for each quotation; a part, for those whose sentence does not name the speaker."""
    every = range(1, len(offered_quotations(SOURCE)) + 1)
    view = View(range(1, len(SOURCE.sentences) + 1), every)

    smith, jones = "MR. SMITH", "Ada Jones"
    assert [
        f"q{n}: {who}" for n, who in enumerate((smith, smith, smith, jones, smith, jones), 1)
    ] == render_cues(Grounding(SOURCE)).splitlines()
    assert "q2-q3: MR. SMITH" == render_cues(Grounding(SOURCE, view=view))
