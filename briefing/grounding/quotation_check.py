"""Check the quotations inside a text that a model wrote: are the words the source's, and whose are they?"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import unescape
from operator import itemgetter

import regex

from briefing.grounding.alignment import Locator, Match
from briefing.grounding.findings import Finding, FindingKind
from briefing.grounding.resolution import is_transcript, turns_of
from briefing.grounding.speaker_check import names_label, wrong_speaker
from briefing.quotations import Quotation, read_quotations
from briefing.sources import Source, cached_in_source
from briefing.spans import Span
from briefing.text import find_marks
from briefing.threads import cached_property

#: Characters that models write in place of quotation marks, and the marks they are read as, of the same length.
_READ_AS = {
    ",,": " „", "<<": " «", ">>": "» ", "`": "'", "´": "'", "′": "'", "″": '"', "ʺ": '"', "˝": '"',
    "❛": "‘", "❜": "’", "❟": "‚", "❝": "“", "❞": "”", "❠": "„", "🙶": "“", "🙷": "”", "🙸": "„",
}  # fmt: skip
_SUBSTITUTE = regex.compile(r"(?<![\w,]),,(?=\w)|<<|>>|(?<!`)`(?!`)|[´′″ʺ˝❛-❠🙶-🙸]")
_ENTITY = regex.compile(
    r"&(?:quot|apos|[lr][ad]quo|[lr]squo|[bs]b?d?quo|[lr]saquo|#\d{2,5}|#[xX][0-9a-fA-F]{2,4});"
)
_ANY_MARK = regex.compile(r"['‘’‚‛＇`\"“”„‟«»‹›＂〝〞〟״「」｢｣﹁﹂『』﹃﹄]")
#: Without one of these, or two commas, a text has no marks and no dialogue with dashes: an apostrophe or hyphen between two letters is
#: neither.
_MAY_BE_MARK = re.compile(
    r"[&<>`´′″ʺ˝❛-❠🙶-🙸'‘’‚‛＇\"“”„‟«»‹›＂〝〞〟״「」｢｣﹁﹂『』﹃﹄—–―-](?:(?<!['’-])|(?<![A-Za-z].)|(?![A-Za-z]))"
)
_INNER = regex.compile(_ANY_MARK.pattern + r"|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_OPENING = "“„«「『〝‘'"
_STOPS = ".,;:。，、"
#: Occurrences of a quotation's words that are tried, until one is inside a quotation of the source.
_MAX_PLACES = 20
_BACKED = ("exact", "typographic", "elided")


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
    is_pointed: bool = False
    """Whether the model pointed at the quotation: the text has the source's words already."""

    @property
    def is_speech(self) -> bool:
        """Whether the source quotes somebody with the passage."""
        return self.quotation is not None and self.quotation.kind == "speech"


def check_quotations(
    text: str, source: Source, lang: str, pointed: Sequence[QuotedText] = ()
) -> tuple[str, list[QuotedText]]:
    """Align the quotations of a written text with the source.

    A quotation is backed if its words are verbatim in the source, case aside, or elided faithfully, and if they are
    quoted there too when the text gives them as speech. A title or a term must only occur. Of the speaker that the text
    names, only a contradiction with the source counts.

    Args:
        text: a statement, headline or value.
        source: the article.
        lang: language of `text`, a BCP-47 primary tag.
        pointed: what `expand_pointers` has put into `text`: of these, only the speakers are checked.

    Returns:
        The text, with the source's own characters in each verbatim quotation, and its quotations in order.
    """
    is_marked = ",," in text or _MAY_BE_MARK.search(text)
    marked = _marked(text, pointed) if is_marked else text
    if not is_marked or not _ANY_MARK.search(marked):
        return text, list(pointed)
    # Not `from_text`, which changes offsets and refuses a text without letters.
    written = _Written.model_construct(text=marked, lang=lang)
    aligner = QuotationAligner(text, written, source, pointed)
    if unpaired := unpaired_marks(written, [source]):
        # It is uncertain what such a mark opens or closes: all that the marks may enclose must be the source's.
        found = [aligner.align(*unpaired, None)]
    else:
        found = [aligner.align(span.start, span.end, q) for q in written.quotations for span in q.spans]
    return _with_source_text(text, [*found, *_unread(pointed, found)])


def read_written(text: str, lang: str) -> Source:
    """Return a written text, of the same length, whose `quotations` are between all marks that writers use for them."""
    return _Written.model_construct(text=_marked(text, ()), lang=lang)


class _Written(Source):
    """A written text. Only marks quote in it: a draft in the form of a transcript is no quotation."""

    @cached_property
    def quotations(self) -> list[Quotation]:
        """The quotations between quotation marks."""
        return read_quotations(self.text, self.lang)


class QuotationAligner:
    """Aligns the quotations of a written text with a source; equal ones get successive places.

    Args:
        text: the text.
        written: the same text with the marks that are meant, as `read_written` gives it.
        source: the article.
        pointed: what `expand_pointers` has put into `text`.
    """

    def __init__(
        self, text: str, written: Source, source: Source, pointed: Sequence[QuotedText] = ()
    ) -> None:
        self._text, self._written, self._source, self._pointed = text, written, source, pointed
        self._locator, self._any_case = Locator(source), Locator(source, ignore_case=True)

    def align(
        self, start: int, end: int, quotation: Quotation | None, sentence: tuple[int, int] | None = None
    ) -> QuotedText:
        """Align the words between two offsets of the text.

        Args:
            start: offset of the words.
            end: offset of their end.
            quotation: the quotation of `written` that holds them; `None` if the marks are uncertain.
            sentence: place of its sentence in a longer text, as for `wrong_speaker`.
        """
        text, written, source = self._text, self._written, self._source
        known = next((place for place in self._pointed if place.start <= start and end <= place.end), None)
        if known is None:
            match, theirs = _located(text[start:end], source, self._locator, self._any_case)
            turn = _holding(match.spans, _turn_places(source)) if match.spans and not theirs else None
            # A single line that begins with "NOTE:" is nobody's speech, one with "LIND:" is that of a Lind.
            if turn and (is_transcript(source) or names_label(quotation, written, source)):
                theirs = turn
        else:
            start, end, match, theirs = known.start, known.end, known.match, known.quotation
        words = text[start:end]
        kind: FindingKind = "quotation"
        place, instead, message = (start, end), match.spans, ""
        if match.status not in _BACKED:
            nearest = f"; the nearest passage is {match.text!r}" if match.text else ""
            message = f"the quotation {words!r} is not in the article{nearest}"
        elif theirs is None and (quotation is None or quotation.kind == "speech"):
            message = f"the article has {words!r}, but does not quote anybody with it"
        elif (
            theirs is not None
            and quotation is not None
            and (wrong := wrong_speaker(quotation, written, theirs, source, sentence))
        ):
            speaker, cue = wrong
            kind, place, instead = "speaker", (speaker.start, speaker.end), (cue,)
            message = f"the article gives {words!r} to {cue.text!r}, not to {speaker.text!r}"
        findings = []
        if message:
            about = Span.of(text, *place)
            findings = [Finding(kind=kind, **about.model_dump(), source=instead, message=message)]
        return QuotedText(start, end, match, theirs, tuple(findings), is_pointed=known is not None)


def _marked(text: str, pointed: Sequence[QuotedText]) -> str:
    """Return a text with the quotation marks that models mean, and of the same length."""
    marked: str = _SUBSTITUTE.sub(lambda match: _READ_AS[match.group()], _ENTITY.sub(_decoded, text))
    for place in pointed:
        # Marks and line ends inside of it are the source's, and enclose nothing of the model's.
        inside = _INNER.sub("x", marked[place.start : place.end])
        marked = marked[: place.start] + inside + marked[place.end :]
    return marked


def _decoded(entity: regex.Match[str]) -> str:
    """Return the quotation mark of an HTML entity, with spaces on its outer side; as it is if it is another character."""
    mark, length = unescape(entity[0]), len(entity[0])
    if not _ANY_MARK.fullmatch(mark):
        return str(entity[0])
    before, behind = entity.string[: entity.start()][-1:].strip(), entity.string[entity.end() :][:1].strip()
    if mark in "'‘’" and before.isalnum() and behind.isalnum():
        return mark.rjust(length, "x")  # an apostrophe
    opens = bool(behind) if bool(before) != bool(behind) else mark in _OPENING
    return mark.rjust(length) if opens else mark.ljust(length)


def _unread(pointed: Sequence[QuotedText], found: Sequence[QuotedText]) -> list[QuotedText]:
    """Return the pointers to nothing, and those that the reader of quotations has not found."""
    return [
        place
        for place in pointed
        if place.findings or not any(one.start < place.end and place.start < one.end for one in found)
    ]


def _located(
    words: str, source: Source, locator: Locator, any_case: Locator
) -> tuple[Match, Quotation | None]:
    """Return the first passage of the words that is inside a quotation of the source, else the first or nearest passage."""
    match = first = locator.verbatim(words) or any_case.verbatim(words) or locator.locate(words)
    if match.status not in _BACKED and (decoded := unescape(words)) != words:
        return _located(decoded, source, locator, any_case)
    for _ in range(_MAX_PLACES):
        if theirs := quotation_at(match.spans, source):
            return match, theirs
        later = locator.verbatim(words) or any_case.verbatim(words)
        if later is None or later.spans[0].start <= match.spans[0].start:
            break
        match = later
    return first, None


def unpaired_marks(
    written: Source, sources: Sequence[Source], start: int = 0, end: int | None = None
) -> tuple[int, int] | None:
    """Return the place between the outermost marks if one of them belongs to no quotation, else `None`.

    Args:
        written: the text.
        sources: articles; the apostrophes in them are no marks.
        start: offset from which marks are read.
        end: offset up to which they are read; `None` for the end of the text.
    """
    text, marks = written.text, []
    end = len(text) if end is None else end
    found = list(find_marks(text, start, end))
    places = _marked_places(written) if found else []
    for mark in found:
        nearest = bisect_right(places, mark.start, key=itemgetter(0)) - 1
        paired = nearest >= 0 and mark.start < places[nearest][1]
        if mark.family == "single":
            # One that does not open may be the apostrophe of a possessive.
            counts = paired or (
                mark.side.value == "opens"
                and not any(_is_apostrophe(text, mark.start, source) for source in sources)
            )
        else:
            inches = mark.text == '"' and text[mark.start - 1 : mark.start].isdigit()
            counts = paired or not inches
        if counts:
            marks.append((mark, paired))
    if all(paired for _, paired in marks):
        return None
    first, last = marks[0][0], marks[-1][0]
    ends = not any(char.isalnum() for char in text[last.end : end])
    if first is last:
        return (start, last.start) if ends else (last.end, end)
    return first.end, end if last.text in _OPENING and not ends else last.start


def _is_apostrophe(text: str, start: int, source: Source) -> bool:
    """Whether the source writes the word behind this mark with an apostrophe, outside of quotations: "'Abd"."""
    word = regex.match(r"\w*", text[start + 1 :]).group()
    if not word[:1].isalpha():  # a year: "the '24 season"
        return True
    return str(word).casefold() in _apostrophized(source)


@cached_in_source
def _apostrophized(source: Source) -> frozenset[str]:
    """Return the words that a source writes with an apostrophe before them, outside of quotations, in lower case."""
    openings = {span.start - 1 for q in source.quotations for span in q.spans}
    spelled = regex.finditer(r"(?<!\w)['‘’ʻʼ`](\w+)", source.text)
    return frozenset(match[1].casefold() for match in spelled if match.start() not in openings)


def quotation_at(spans: Sequence[Span], source: Source) -> Quotation | None:
    """Return the quotation of a source that holds all of these spans; `None` if there is none."""
    return _holding(spans, _quoted_places(source)) if spans else None


@cached_in_source
def _quoted_places(source: Source) -> list[tuple[Span, Quotation]]:
    return _places(source.quotations)


@cached_in_source
def _turn_places(source: Source) -> list[tuple[Span, Quotation]]:
    return _places(turns_of(source))


@cached_in_source
def _marked_places(source: Source) -> list[tuple[int, int]]:
    """Return the places of the quotations with their marks."""
    return [(q.spans[0].start - 2, q.spans[-1].end + 3) for q in source.quotations]


def _places(quotations: Sequence[Quotation]) -> list[tuple[Span, Quotation]]:
    return sorted(((span, q) for q in quotations for span in q.spans), key=lambda place: place[0].start)


def _holding(spans: Sequence[Span], places: Sequence[tuple[Span, Quotation]]) -> Quotation | None:
    """Return the quotation whose places hold all of these spans; places do not overlap."""
    found = None
    for span in spans:
        at = bisect_right(places, span.start, key=lambda place: place[0].start) - 1
        if at < 0 or places[at][0].end < span.end or found not in (None, places[at][1]):
            return None
        found = places[at][1]
    return found


def _with_source_text(text: str, found: Sequence[QuotedText]) -> tuple[str, list[QuotedText]]:
    """Put the source's characters in the place of verbatim quotations, and move the offsets behind them.

    A stop or comma at the end of a quotation stays.
    """
    found = sorted(found, key=lambda quoted: quoted.start)
    edits: list[tuple[int, int]] = []  # end of a quotation, and by how much it became longer
    written = text
    for quoted in reversed(found):
        if quoted.match.status in ("exact", "typographic") and not quoted.is_pointed:
            words, theirs = text[quoted.start : quoted.end], quoted.match.spans[0].text
            if theirs[-1:].isalnum():  # the stop belongs to the sentence that quotes
                theirs += words[len(words.rstrip(_STOPS)) :]
            written = written[: quoted.start] + theirs + written[quoted.end :]
            edits.append((quoted.end, len(theirs) - len(words)))

    def moved(place: int) -> int:
        return place + sum(longer for end, longer in edits if end <= place)

    def finding_moved(finding: Finding) -> Finding:
        place = Span.of(written, moved(finding.start), moved(finding.end))
        return finding.model_copy(update=place.model_dump())

    return written, [
        replace(q, start=moved(q.start), end=moved(q.end), findings=tuple(map(finding_moved, q.findings)))
        for q in found
    ]
