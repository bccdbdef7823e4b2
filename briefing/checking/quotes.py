"""Compare the quotations of a draft with several articles: words, passage and speaker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rapidfuzz import fuzz

from briefing.checking.checked import CheckedQuote
from briefing.checking.index import ArticleIndex, overlapping
from briefing.grounding import (
    Finding,
    Match,
    QuotationAligner,
    QuotedText,
    compare_speakers,
    quotation_at,
    read_written,
    unpaired_marks,
)
from briefing.quotations import Quotation
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import find_paragraphs, fold

#: Occurrences of a quotation's words that are tried, until one is of the speaker whom the draft names.
_MAX_PLACES = 20
_Rank = tuple[bool, bool, bool, float]


class FoundQuote(NamedTuple):
    """A quotation of a draft, and what is wrong with it."""

    quote: CheckedQuote
    findings: tuple[Finding, ...]
    """Errors; offsets count in the draft."""


class QuoteCheck:
    """Compares the quotations of one draft with articles.

    Args:
        draft: the draft.
        index: the articles.
    """

    def __init__(self, draft: Source, index: ArticleIndex) -> None:
        self._draft, self._index = draft, index
        self._written = read_written(draft.text, draft.lang)

    def quotes(self) -> Iterator[FoundQuote]:
        """Yield the quotations in order. A paragraph with a mark that has no partner is one, between its outermost marks."""
        quotations = [(span, q) for q in self._written.quotations for span in q.spans]
        place = 0
        for start, end in find_paragraphs(self._written.text):
            first = place
            while place < len(quotations) and quotations[place][0].start < end:
                place += 1
            if unpaired := unpaired_marks(self._written, self._index.articles, start, end):
                if self._draft.text[slice(*unpaired)].strip():
                    yield self._found(*unpaired, None)
                continue
            for span, quotation in quotations[first:place]:
                yield self._found(span.start, span.end, quotation)

    def _found(self, start: int, end: int, quotation: Quotation | None) -> FoundQuote:
        if excerpt := self._excerpt(start, end, quotation):
            return excerpt
        best: tuple[_Rank, FoundQuote] | None = None
        for index in self._index.may_have(self._draft.text[start:end]):
            rank, found = self._aligned(index, start, end, quotation)
            if best is None or rank > best[0]:
                best = rank, found
        if best is None:
            return self._missing(start, end, quotation)
        return best[1]

    def _excerpt(self, start: int, end: int, quotation: Quotation | None) -> FoundQuote | None:
        """Return a quotation whose sentences, with its speaker, are an article's, character by character."""
        low, high = start, end
        while True:
            first, last = self._sentences(low, high)
            text = self._draft.text[first:last]
            if not (passage := self._index.passage(text)):
                return None
            index, offset = passage
            article, moved = self._index.articles[index], offset - first
            span = Span.of(article.text, start + moved, end + moved)
            theirs = quotation_at([span], article)
            speaker = cue = None
            if quotation is not None:
                speaker, cue, _ = compare_speakers(quotation, self._written, theirs, article, (first, last))
            if speaker is None or (first <= speaker.start and speaker.end <= last):
                break
            low, high = min(first, speaker.start), max(last, speaker.end)
        known = True if speaker is not None and cue is not None else None
        match = Match(status="exact", spans=(span,), text=span.text)
        return FoundQuote(self._checked((start, end), match, index, (speaker, cue, known), backed=True), ())

    def _sentences(self, low: int, high: int) -> tuple[int, int]:
        """Return the place of the sentences that overlap a place."""
        touched = overlapping(self._draft.sentences, low, high)
        return min(low, touched[0].start), max(high, touched[-1].end)

    def _aligned(
        self, index: int, start: int, end: int, quotation: Quotation | None
    ) -> tuple[_Rank, FoundQuote]:
        """Return a quotation as one article has it, and how good that is."""
        article = self._index.articles[index]
        aligner = QuotationAligner(self._draft.text, self._written, article)
        whole = (start, end) if quotation is None else (quotation.spans[0].start, quotation.spans[-1].end)
        sentence = self._sentences(*whole)
        quoted = first = aligner.align(start, end, quotation, sentence)
        for _ in range(_MAX_PLACES):
            if not _has_wrong_speaker(quoted):
                break
            later = aligner.align(start, end, quotation, sentence)
            if later.match.spans[0].start <= quoted.match.spans[0].start:
                quoted = first
                break
            quoted = later
        else:
            quoted = first
        speakers = (
            (None, None, None)
            if quotation is None
            else compare_speakers(quotation, self._written, quoted.quotation, article, sentence)
        )
        wrong_words = any(finding.kind == "quotation" for finding in quoted.findings)
        match = quoted.match
        found = FoundQuote(
            self._checked((start, end), match, index, speakers, backed=not wrong_words), quoted.findings
        )
        verbatim = {"exact": 102.0, "typographic": 101.0}.get(match.status)
        words = fold(self._draft.text[start:end])
        similarity = verbatim or (fuzz.ratio(words, fold(match.text)) if match.text else 0.0)
        return (not quoted.findings, not wrong_words, speakers[2] is True, similarity), found

    def _missing(self, start: int, end: int, quotation: Quotation | None) -> FoundQuote:
        """Return a quotation that no article has."""
        match = Match(status="unverified", spans=(), text="")
        speaker = None if quotation is None else quotation.speaker_span
        quote = self._checked((start, end), match, None, (speaker, None, None), backed=False)
        message = f"the quotation {quote.text!r} is not in the articles"
        return FoundQuote(
            quote, (Finding(kind="quotation", text=quote.text, start=start, end=end, message=message),)
        )

    def _checked(
        self,
        place: tuple[int, int],
        match: Match,
        index: int | None,
        speakers: tuple[Span | None, Span | None, bool | None],
        *,
        backed: bool,
    ) -> CheckedQuote:
        speaker, cue, same = speakers
        return CheckedQuote(
            text=self._draft.text[slice(*place)],
            start=place[0],
            end=place[1],
            status=match.status,
            backed=backed,
            source_index=index if match.spans else None,
            spans=match.spans,
            diff=match.diff,
            speaker=None if speaker is None else speaker.text,
            source_speaker=None if cue is None else cue.text,
            speaker_ok=same,
        )


def _has_wrong_speaker(quoted: QuotedText) -> bool:
    return any(finding.kind == "speaker" for finding in quoted.findings)
