"""Check the quotations inside a text that a model wrote: are the words the source's, and whose are they?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import regex

from briefing.grounding.alignment import Locator, Match
from briefing.grounding.findings import Finding
from briefing.grounding.resolution import may_corefer, named_speaker, nearest_mention
from briefing.quotations import Quotation, antecedent, is_pronoun, read_quotations
from briefing.sources import Source
from briefing.spans import Span

#: Marks that quote in some language. A straight one after a digit is one of inches or seconds. Single apostrophes are
#: left to `read_quotations`, as they are part of words, too.
_MARK = regex.compile(r"[“”„‟«»‹›＂〝〞〟״「」｢｣﹁﹂『』﹃﹄]|(?<!\d)\"")
_ANY_MARK = regex.compile(r"['‘’‚‛＇`´\"“”„‟«»‹›＂〝〞〟״「」｢｣﹁﹂『』﹃﹄]")
_CURLY = "“”„‟"
_OPENING = "“„«「『〝"
_STOPS = ".,;:。，、"
_BACKED = ("exact", "typographic", "elided")
#: The reader may leave a stop and a closing mark out of a quotation's span.
_SLACK = 2


@dataclass(frozen=True, slots=True)
class QuotedText:
    """A quotation in a written text, or one segment of it."""

    start: int
    """Offset of the quoted words in the text, marks excluded, in code points."""
    end: int
    """Offset of their end."""
    match: Match
    """The passage of the source that the words were aligned with."""
    quotation: Quotation | None
    """The quotation of the source that holds the passage."""
    findings: tuple[Finding, ...]
    """Errors; empty if the words are the source's, and the speaker's if one is named."""

    @property
    def is_speech(self) -> bool:
        """Whether the source quotes somebody with the passage."""
        return self.quotation is not None and self.quotation.kind == "speech"


def check_quotations(text: str, source: Source, lang: str) -> tuple[str, list[QuotedText]]:
    """Align the quotations of a written text with the source.

    A quotation is backed if its words are verbatim in the source, or elided faithfully, and if they are quoted there too
    when the text gives them as speech. A title or a term must only occur. Of the speaker that the text names, only a
    contradiction with the source counts.

    Args:
        text: a statement, headline or value.
        source: the article.
        lang: language of `text`, a BCP-47 primary tag.

    Returns:
        The text, with the source's own characters in each verbatim quotation, and its quotations in order.
    """
    if not _ANY_MARK.search(text):
        return text, []
    locator = Locator(source)
    quotations = read_quotations(text, lang)
    if unpaired := _unpaired(text, quotations):
        # It is uncertain what such a mark opens or closes: all that the marks may enclose must be the source's.
        start, end = unpaired
        found = [_aligned(text, start, end, None, None, source, locator)]
    else:
        found = [
            _aligned(
                text,
                span.start,
                span.end,
                quotation,
                _speaker(text, lang, quotations, quotation),
                source,
                locator,
            )
            for quotation in quotations
            for span in quotation.spans
        ]
    return _with_source_text(text, found)


def _unpaired(text: str, quotations: Sequence[Quotation]) -> tuple[int, int] | None:
    """Return the place between the outermost marks if one of them belongs to no quotation, else `None`."""
    places = [(q.spans[0].start - 2, q.spans[-1].end + 3) for q in quotations]
    marks = [mark.start() for mark in _MARK.finditer(text)]
    mixed = any(
        (text[s.start - 1 : s.start] in _CURLY and text[s.start - 1 : s.start] != "")
        and text[s.end : s.end + 1] == '"'
        for q in quotations
        for s in q.spans
    )
    if not mixed and all(any(start <= mark < end for start, end in places) for mark in marks):
        return None
    first, last = marks[0], marks[-1]
    ends = not any(char.isalnum() for char in text[last + 1 :])
    if first == last:
        return (0, last) if ends else (last + 1, len(text))
    return first + 1, len(text) if text[last] in _OPENING and not ends else last


def _speaker(text: str, lang: str, quotations: Sequence[Quotation], quotation: Quotation) -> Span | None:
    """Return the speaker that the text names, a pronoun's antecedent if it is certain."""
    cue = quotation.speaker_span
    if cue is not None and is_pronoun(cue.text, lang):
        return antecedent(text, lang, quotations, quotation)
    return cue


def _aligned(
    text: str,
    start: int,
    end: int,
    quotation: Quotation | None,
    speaker: Span | None,
    source: Source,
    locator: Locator,
) -> QuotedText:
    words = text[start:end]
    match = locator.verbatim(words) or _with_other_case(words, locator) or locator.locate(words)
    theirs = _holding(match.spans, source)
    speech = quotation is None or quotation.kind == "speech"

    def finding(kind: str, about: str, message: str, spans: Sequence[Span]) -> Finding:
        at = start if kind == "quotation" else text.index(about)
        return Finding(
            kind=kind,  # type: ignore[arg-type]
            text=about,
            start=at,
            end=at + len(about),
            source=tuple(spans),
            message=message,
        )

    findings: tuple[Finding, ...] = ()
    if match.status not in _BACKED:
        nearest = f"; the nearest passage is {match.text!r}" if match.text else ""
        message = f"the quotation {words!r} is not in the article{nearest}"
        findings = (finding("quotation", words, message, match.spans),)
    elif theirs is None and speech:
        message = f"the article has {words!r}, but does not quote anybody with it"
        findings = (finding("quotation", words, message, match.spans),)
    elif theirs is not None and speaker is not None and (cue := _contradicting(speaker, theirs, source)):
        message = f"the article gives {words!r} to {cue.text!r}, not to {speaker.text!r}"
        findings = (finding("speaker", speaker.text, message, [cue]),)
    return QuotedText(start, end, match, theirs, findings)


def _with_other_case(words: str, locator: Locator) -> Match | None:
    """Return the match of the words with their first letter in the other case: a quotation may begin a sentence."""
    first = next((i for i, char in enumerate(words) if char.isalnum()), None)
    if first is None or words[first] == words[first].swapcase():
        return None
    return locator.verbatim(words[:first] + words[first].swapcase() + words[first + 1 :])


def _holding(spans: Sequence[Span], source: Source) -> Quotation | None:
    """Return the quotation of the source that holds all of these spans."""
    for quotation in source.quotations if spans else ():
        if all(
            any(ours.start <= span.start and span.end <= ours.end + _SLACK for ours in quotation.spans)
            for span in spans
        ):
            return quotation
    return None


def _contradicting(speaker: Span, quotation: Quotation, source: Source) -> Span | None:
    """Return the source's speaker of a quotation if it is certainly somebody else than `speaker`."""
    cue = named_speaker(quotation, source)
    if cue is None:
        return None
    mention = nearest_mention(speaker.text, quotation.spans[0], source)
    if mention is None:
        words = {word.casefold() for word in speaker.text.split()}
        return None if words & {word.casefold() for word in cue.text.split()} else cue
    return None if may_corefer(cue, mention, source) else cue


def _with_source_text(text: str, found: Sequence[QuotedText]) -> tuple[str, list[QuotedText]]:
    """Put the source's characters in the place of verbatim quotations, and move the offsets behind them.

    A stop or comma at the end of a quotation stays.
    """
    moved: list[QuotedText] = []
    offset = 0
    for quoted in sorted(found, key=lambda one: one.start):
        start, end = quoted.start + offset, quoted.end + offset
        if quoted.match.status in ("exact", "typographic"):
            words = quoted.match.spans[0].text
            # The stop belongs to the sentence that quotes.
            words += text[start + len(text[start:end].rstrip(_STOPS)) : end] if words[-1:].isalnum() else ""
            offset += len(words) - (end - start)
            text = text[:start] + words + text[end:]
            end = start + len(words)
        shift = start - quoted.start
        findings = tuple(
            f
            if f.start < quoted.start
            else f.model_copy(update={"start": f.start + shift, "end": f.end + shift})
            for f in quoted.findings
        )
        moved.append(replace(quoted, start=start, end=end, findings=findings))
    return text, moved
