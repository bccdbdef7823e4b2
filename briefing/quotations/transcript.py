"""Read the turns of a transcript: "LIND: We will not sell." is speech without quotation marks."""

from __future__ import annotations

from collections import Counter

import regex

from briefing.quotations.extraction import Quotation
from briefing.spans import Span

#: A label of one to four words at the beginning of a line, with a time or markup before and a remark behind.
_LABEL = regex.compile(
    r"^[ \t]*(?:[\[(]?\d{1,2}:\d{2}(?::\d{2})?[\])]?[ \t]*)?\**"
    r"(?P<name>[\p{Lu}\p{Lo}][\p{L}\p{M}.'’·-]*(?: [\p{Lu}\p{Lo}][\p{L}\p{M}.'’-]*){0,3})(?: ?[(\[（][^()\[\]（）\n]{1,40}[)\]）])?"
    r"\**[:：]\**[ \t]*(?=\S)",
    regex.MULTILINE,
)
_TURN_END = regex.compile(r"\n\s*\n|\Z")
_SHORT_HAN = regex.compile(r"\p{Han}{2,4}")


def read_turns(text: str) -> list[Quotation]:
    """Return the turns of a transcript, each as speech of its label, in order.

    A label is in capitals or has several words, or a label of the text occurs twice: "Note: …" alone is none. One that
    occurs once may be a heading.
    """
    labels = list(_LABEL.finditer(text))
    counted = Counter(match["name"].casefold() for match in labels)
    recurs = any(count > 1 and len(label) > 1 for label, count in counted.items())
    labels = [m for m in labels if _is_label(m["name"], recurs=recurs, count=counted[m["name"].casefold()])]
    turns = []
    for match, following in zip(labels, [*labels[1:], None], strict=False):
        stop = _TURN_END.search(text, match.end()).start()
        stop = stop if following is None else min(stop, following.start())
        words = Span.of(text, match.end(), match.end() + len(text[match.end() : stop].rstrip()))
        name = Span.of(text, *match.span("name"))
        turns.append(Quotation(spans=(words,), kind="speech", speaker=name.text, speaker_span=name))
    return turns


def _is_label(label: str, *, recurs: bool, count: int) -> bool:
    """Whether a label is a speaker's. `recurs`: some label of the text occurs twice, `count`: how often this one does."""
    if len(label) == 1:  # the Q and A of an interview name nobody
        return False
    if label[0].isupper():
        return recurs or label.isupper() or " " in label
    return count > 1 or _SHORT_HAN.fullmatch(label) is not None
