"""Check a headline that a model wrote against the whole article."""

from __future__ import annotations

import regex

from briefing.grounding.claim_check import lacking, names
from briefing.grounding.comparison import Worded
from briefing.grounding.elaborations import is_elaboration
from briefing.grounding.findings import Finding, finding_in
from briefing.grounding.pointers import blank_pointers, resolve_quotations
from briefing.grounding.resolution import Grounding, backing_of, worded_sentences
from briefing.grounding.wording_check import check_wording, with_wording
from briefing.text import plain, primary_subtag

# In a headline in title case, lowercase words are shorter than this, or one of those below.
_LONG_WORD = regex.compile(r"(?<!\p{L}['’])\p{L}{5,}")
_SMALL_WORDS = frozenset(
    [
        "about",
        "above",
        "across",
        "after",
        "against",
        "along",
        "among",
        "around",
        "before",
        "behind",
        "below",
        "beneath",
        "between",
        "beyond",
        "despite",
        "during",
        "inside",
        "outside",
        "since",
        "their",
        "through",
        "toward",
        "towards",
        "under",
        "underneath",
        "until",
        "where",
        "which",
        "while",
        "within",
        "without",
    ]
)


def check_headline(headline: str, grounding: Grounding) -> tuple[str, list[Finding]]:
    """Check a headline, with the whole article as evidence.

    Returns:
        The headline, with the article's own characters in its verbatim quotations, and the findings in order.
    """
    headline, quoted = resolve_quotations(headline, grounding)
    written = blank_pointers(headline)
    source, lang = grounding.source, primary_subtag(grounding.language)
    title_case = is_title_case(written, lang)
    stated, worded = Worded(written, lang), worded_sentences(source)
    normalized = plain(written)
    claimed = stated if normalized == written else Worded(normalized, lang)
    items = {
        item.text: item
        for item in reversed(lacking(claimed, backing_of(source)))
        if not (title_case and item.kind == "name")
    }
    found = [
        finding_in(
            headline,
            item.kind,
            item.text,
            f"the article does not have: {item.text}",
            severity="note" if is_elaboration(item, stated, backing_of(source), worded) else "error",
        )
        for item in items.values()
    ]
    wording = check_wording(stated, worded)
    wording = [finding for finding in wording if not (title_case and finding.kind == "name")]
    found = with_wording(found, wording)
    found += (finding for one in quoted for finding in one.findings)
    return headline, sorted(found, key=lambda finding: finding.start)


def is_title_case(text: str, lang: str) -> bool:
    """Whether most words of a headline begin with a capital, which then does not mark a name."""
    return len(" ".join(names(text, lang)).split()) * 2 > len(text.split()) and not any(
        word.islower() and word not in _SMALL_WORDS for word in _LONG_WORD.findall(text)
    )
