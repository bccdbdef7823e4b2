"""All checks of the wording of a statement against the sentences of an article that tell the same."""

from __future__ import annotations

from collections.abc import Sequence

from briefing.grounding.amount_check import check_amounts
from briefing.grounding.comparison import Worded, near_sentences, sharing_words
from briefing.grounding.copies import copied_from
from briefing.grounding.event_check import check_events
from briefing.grounding.findings import Finding, errors_of
from briefing.grounding.modality_check import check_modality
from briefing.grounding.polarity_check import check_polarity
from briefing.grounding.result_check import check_results
from briefing.grounding.swapped_names import swapped_names
from briefing.text import share_patterns


def check_wording(stated: Worded, sentences: Sequence[Worded]) -> list[Finding]:
    """Return a finding for each place where a statement differs in wording from the sentences about the same event."""
    if not sentences or sentences[0].lang != stated.lang:
        return []
    copied = copied_from(stated, sentences)
    if copied is not None and any(check_modality(stated, [copied])):
        copied = None
    if copied is not None and copied.text == stated.text:
        return []
    # For speed: no other sentence tells the same.
    sharing = sharing_words(stated, sentences)
    found = [*check_polarity(stated, sharing), *check_events(stated, sharing, copied)]
    near = near_sentences(stated, sharing) if copied is None or _has_amounts(stated) else []
    found += check_amounts(stated, near, sharing, sentences)
    found += list(check_results(stated, sharing)) or swapped_names(stated, sharing)
    if copied is None:
        found += check_modality(stated, near)
    told: dict[tuple[int, int], Finding] = {}
    for finding in found:
        told.setdefault((finding.start, finding.end), finding)
    return list(told.values())


def _has_amounts(stated: Worded) -> bool:
    patterns = share_patterns(stated.lang)
    return bool(stated.amounts) or any(
        patterns[share].search(stated.text) for share in ("all", "most") if share in patterns
    )


def with_wording(findings: Sequence[Finding], wording: Sequence[Finding]) -> list[Finding]:
    """Return other findings with those of `check_wording`, so that no words are told twice.

    An error of wording stands in for a note, and a sign for a polarity, as it says what the article has.
    """
    signs = {finding.text.lower() for finding in wording if finding.kind == "sign"}
    wrong = errors_of(wording)
    kept = [
        finding
        for finding in findings
        if not (finding.kind == "polarity" and finding.text.split(" (")[0] in signs)
        and not (finding.severity == "note" and any(_overlap(finding, error) for error in wrong))
    ]
    return kept + [f for f in wording if not any(_overlap(f, other) for other in kept)]


def _overlap(one: Finding, other: Finding) -> bool:
    return one.start < other.end and other.start < one.end
