"""The article as a prompt shows it: numbered sentences, marked quotations, nothing that looks like our own marks."""

from __future__ import annotations

import re

import regex

from briefing.grounding import Grounding
from briefing.quotations import is_pronoun
from briefing.sources import Source

_FAKE_TAG = regex.compile(r"<(?=\s*/?\s*article\b)", regex.IGNORECASE)
_STRAIGHT_OPENING = regex.compile(r'(?<![^\s(\[{—–-])"(?=\S)')
_UNSHOWN = regex.compile(r"[\p{Cc}\p{Zl}\p{Zp}\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]+")
# What nobody sees and a model reads: characters that spell ASCII or bytes invisibly, and runs of others that do not
# show; single ones are part of words and of emoji.
_SMUGGLED = regex.compile(
    r"[\U000e0000-\U000e0fff]+|[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\uffa0\ufff9-\ufffb]{3,}"
)
# One of these is in all that the two above match; few sentences have one, and the standard library looks fastest.
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def render_article(grounding: Grounding) -> str:
    """The article as the model sees it: ``[7] sentence``, ``‹q2›`` before each quotation.

    Every sentence is one line. What looks like our own marks is made harmless in this view
    only; ids are resolved against the source and never against the view.
    """
    text = grounding.source.text
    marks: dict[int, list[str]] = {}
    for number, quotation in enumerate(grounding.offered, 1):
        for span in quotation.spans:
            marks.setdefault(_opening(text, span.start), []).append(f"‹q{number}›")
    places = sorted(marks)
    lines, next_place = [], 0
    for number, sentence in enumerate(grounding.source.sentences, 1):
        pieces, done = [], sentence.start
        while next_place < len(places) and places[next_place] < sentence.end:
            place = max(places[next_place], done)
            pieces += [_harmless(text[done:place]), *marks[places[next_place]]]
            done, next_place = place, next_place + 1
        pieces.append(_harmless(text[done : sentence.end]))
        lines.append(f"[{number}] {''.join(pieces)}")
    return "\n".join(lines)


def render_cues(grounding: Grounding) -> str:
    """Who seems to speak each quotation, as the reader sees it; a hint for the model."""
    lang = grounding.source.lang
    spoken = ((i, q.speaker) for i, q in enumerate(grounding.offered, 1))
    # A pronoun would only be repeated; without one, the model has to look who it stands for.
    known = ((i, speaker) for i, speaker in spoken if speaker and not is_pronoun(speaker, lang))
    return "\n".join(f"q{number}: {_harmless(speaker)}" for number, speaker in known)


def render_title(source: Source) -> str:
    """The article's title, which a page chooses as freely as its text, without what looks like our own marks."""
    return _harmless(source.title or "")


def _opening(text: str, start: int) -> int:
    """Where a quotation's opening mark is, if it has one."""
    at = start
    while at > 0 and start - at < 3 and not text[at - 1].isalnum() and not text[at - 1].isspace():
        at -= 1
    return at


def _harmless(text: str) -> str:
    if _INVISIBLE.search(text):
        text = _UNSHOWN.sub(" ", _SMUGGLED.sub("", text))
    text = text.replace("‹", "'").replace("›", "'")
    if '"' in text:
        # Straight marks would end a JSON string where a model repeats them.
        text = _STRAIGHT_OPENING.sub("“", text).replace('"', "”")
    if "<" in text:
        # Without its bracket: the rest of the tag may stand elsewhere, behind a mark of ours.
        text = _FAKE_TAG.sub("(", text)
    return text
