"""The article as a prompt shows it: numbered sentences, marked quotations, and nothing that imitates these marks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

import regex

from briefing.grounding import Grounding
from briefing.quotations import Quotation, is_pronoun
from briefing.sources import Source, cached_in_source
from briefing.spans import Span

_FAKE_TAG = regex.compile(r"<(?=\s*/?\s*article\b)", regex.IGNORECASE)
_STRAIGHT_OPENING = regex.compile(r'(?<![^\s(\[{—–-])"(?=\S)')
#: Control and format characters that are replaced by a space.
_UNSHOWN = regex.compile(r"[\p{Cc}\p{Zl}\p{Zp}\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]+")
#: Invisible characters that a model reads: tag characters and variation selectors, which can encode ASCII or bytes, and
#: runs of other invisible characters. Single ones are parts of words and emoji.
_SMUGGLED = regex.compile(
    r"[\U000e0000-\U000e0fff]+|[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\uffa0\ufff9-\ufffb]{3,}"
)
#: Matches in every text that the two patterns above match: a fast check (by `re`) that few sentences pass.
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def render_article(grounding: Grounding) -> str:
    """Return the article as the model sees it: ``[7] sentence`` on one line each, ``‹q2›`` before each quotation.

    Text that imitates these marks is neutralized in this view only; ids are resolved against the source.
    """
    return _rendered_whole(grounding.source) if grounding.view is None else _rendered(grounding)


@cached_in_source
def _rendered_whole(source: Source) -> str:
    return _rendered(Grounding(source))


def _rendered(grounding: Grounding) -> str:
    text = grounding.source.text
    marks: dict[int, list[str]] = {}
    for number, quotation in grounding.quotations.items():
        for span in quotation.spans:
            if grounding.view is None or _is_within(span, grounding):
                marks.setdefault(_opening(text, span.start), []).append(f"‹q{number}›")
    places = sorted(marks)
    lines, next_place = [], 0
    for number, sentence in grounding.sentences.items():
        pieces, done = [], sentence.start
        while next_place < len(places) and places[next_place] < sentence.end:
            place = max(places[next_place], done)
            pieces += [_neutralized(text[done:place]), *marks[places[next_place]]]
            done, next_place = place, next_place + 1
        pieces.append(_neutralized(text[done : sentence.end]))
        lines.append(f"[{number}] {''.join(pieces)}")
    return "\n".join(lines)


def render_cues(grounding: Grounding) -> str:
    """Return the speakers that quotation attribution found, as ``q2: name`` per line: a hint for the model.

    For a part of a long article, whose text is most of what is sent, it has only those who are not named in the sentence
    in which the quotation begins, and neighbours of one speaker in one line: ``q2-q5: name``.
    """
    lang = grounding.source.lang
    spoken = ((i, q, q.speaker) for i, q in grounding.quotations.items())
    # A pronoun would be copied; without it, the model has to resolve it.
    known = [(i, q, speaker) for i, q, speaker in spoken if speaker and not is_pronoun(speaker, lang)]
    if grounding.view is None:
        return "\n".join(f"q{number}: {_neutralized(speaker)}" for number, _, speaker in known)
    runs: list[tuple[int, int, str]] = []
    for number, quotation, speaker in known:
        if _is_named_beside(quotation, grounding.source):
            continue
        if runs and runs[-1][1:] == (number - 1, speaker):
            runs[-1] = runs[-1][0], number, speaker
        else:
            runs.append((number, number, speaker))
    return "\n".join(
        f"q{first}{f'-q{last}' if last > first else ''}: {_neutralized(speaker)}"
        for first, last, speaker in runs
    )


def render_title(source: Source) -> str:
    """Return the article's title, neutralized like its text; "" without one."""
    return _neutralized(source.title or "")


def render_focus(focus: str | None) -> str:
    """Return what the reader wants to know, neutralized like an article; "" for `None`."""
    return _neutralized(focus or "").replace("<", "(")


def render_claims(claims: Iterable[str]) -> str:
    """Return statements to be judged, ``1. statement`` on one line each, neutralized like an article."""
    lines = (" ".join(_neutralized(claim).replace("<", "(").split()) for claim in claims)
    return "\n".join(f"{i}. {line}" for i, line in enumerate(lines, 1))


def render_notes(notes: Iterable[tuple[str, Iterable[int]]]) -> str:
    """Return notes, each with the numbers of the sentences that it rests on, as ``- note [7, 8]``, neutralized like an article."""
    return "\n".join(
        f"- {' '.join(_neutralized(text).replace('<', '(').split())} [{', '.join(map(str, numbers))}]"
        for text, numbers in notes
    )


def _is_within(span: Span, grounding: Grounding) -> bool:
    """Whether a span begins in a sentence that is shown."""
    sentences = grounding.source.sentences
    number = bisect_right(sentences, span.start, key=lambda sentence: sentence.start)
    return grounding.view is not None and number in grounding.view.sentences


def _is_named_beside(quotation: Quotation, source: Source) -> bool:
    """Whether the sentence in which a quotation begins names its speaker."""
    sentences, speaker = source.sentences, quotation.speaker_span
    at = bisect_right(sentences, quotation.spans[0].start, key=lambda sentence: sentence.start) - 1
    return at >= 0 and speaker is not None and sentences[at].start <= speaker.start < sentences[at].end


def _opening(text: str, start: int) -> int:
    """Offset of the opening mark of a quotation; `start` without one."""
    at = start
    while at > 0 and start - at < 3 and not text[at - 1].isalnum() and not text[at - 1].isspace():
        at -= 1
    return at


def _neutralized(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        if _INVISIBLE.search(text):
            text = _UNSHOWN.sub(" ", _SMUGGLED.sub("", text))
        text = text.replace("‹", "'").replace("›", "'")
    if '"' in text:
        # Straight marks end the JSON string when a model copies them.
        text = _STRAIGHT_OPENING.sub("“", text).replace('"', "”")
    if "<" in text:
        # Only the bracket is replaced: the rest of the tag may be behind a mark that is inserted.
        text = _FAKE_TAG.sub("(", text)
    return text
