"""All checks of the wording of a statement against the sentences of an article that tell the same."""

from __future__ import annotations

from collections.abc import Sequence

from briefing.grounding.amount_check import check_amounts
from briefing.grounding.comparison import Worded, near_sentences
from briefing.grounding.event_check import check_events
from briefing.grounding.findings import Finding
from briefing.grounding.modality_check import check_modality


def check_wording(text: str, lang: str, sentences: Sequence[Worded]) -> list[Finding]:
    """Return what a statement says otherwise than the sentences that tell the same; each place is told once."""
    if not sentences or sentences[0].lang != lang:
        return []
    stated = Worded(text, lang)
    near = near_sentences(stated, sentences)
    found = [
        *check_events(stated, sentences),
        *check_amounts(stated, near, sentences),
        *check_modality(stated, near),
    ]
    told: dict[tuple[int, int], Finding] = {}
    for finding in found:
        told.setdefault((finding.start, finding.end), finding)
    return list(told.values())
