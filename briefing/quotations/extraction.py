"""Extract the quotations of a text and attribute them to speakers: quoted pieces -> candidates -> quotations."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from briefing.quotations.attribution import Cue, ends_with_verb, find_after, find_unspaced, sentence_end
from briefing.quotations.classification import Candidate, CandidateContext, Kind, LastSpeech
from briefing.quotations.clauses import is_unspaced
from briefing.quotations.cue_lexicon import Cues, cues_for, has_cues
from briefing.quotations.dialogue import find_dialogue
from briefing.spans import Span, unchecked
from briefing.text import TERMINAL_MARKS, UNSPACED_CHARACTER, Piece, find_paragraphs, find_pieces, trim

_CLAUSE_STOP = re.compile(r"[.\n\"“„«]")
#: Number of quoted pieces on either side of a candidate that are masked when its sentence is read.
_NEIGHBOURS = 5
#: Longest reporting clause inside a split quotation, in characters.
_LONGEST_BETWEEN = 250
#: Characters behind a quoted piece in which a reporting clause of its own is searched for.
_OWN_CLAUSE = 80
_SENTENCE_ENDS = frozenset(TERMINAL_MARKS)


class Quotation(BaseModel):
    """Words between quotation marks, as found by `Source.quotations`. Immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spans: tuple[Span, ...]
    """The quoted text without its marks: one span, or several if a reporting clause or paragraphs split it."""

    kind: Kind
    """``"speech"``: somebody said or wrote this; ``"other"``: a title, a term or scare quotes."""

    speaker: str | None = None
    """The speaker as the text names them, possibly by a pronoun; `None` if the text names nobody."""

    speaker_span: Span | None = None
    """The mention of the speaker in the text."""

    @property
    def text(self) -> str:
        """The segments joined to one string, with " … " where a segment begins a new sentence."""
        joined = self.spans[0].text
        for span in self.spans[1:]:
            if joined.rstrip("”’»\"'")[-1:] in _SENTENCE_ENDS or span.text[:1].isupper():
                joined += " … " + span.text
            else:
                unspaced = any(map(UNSPACED_CHARACTER.match, (joined[-1:], span.text)))
                joined += span.text if unspaced or joined[-1:] in "，。！？、；：" else " " + span.text
        return joined


def overlapping(quotations: Sequence[Quotation], start: int, end: int) -> Sequence[Quotation]:
    """Return the quotations, which are in the order of a text, that overlap a part of it."""
    first = bisect_right(quotations, start, key=lambda quotation: quotation.spans[-1].end)
    return quotations[first : bisect_left(quotations, end, key=lambda quotation: quotation.spans[0].start)]


def masks_in(quotations: Sequence[Quotation], start: int, end: int) -> list[tuple[int, int]]:
    """Offsets of the quoted text in a part of the article, in order."""
    found = []
    for quotation in overlapping(quotations, start, end):
        spans = quotation.spans
        first = bisect_right(spans, start, key=lambda span: span.end)
        found += [
            (s.start, s.end) for s in spans[first : bisect_left(spans, end, key=lambda span: span.start)]
        ]
    return sorted(found)


def read_quotations(text: str, lang: str) -> list[Quotation]:
    """Extract the quotations of a text without lone surrogates, in order. A nested one is part of the outer one.

    The language selects the cue words; quotation marks are read the same way in all languages. In a language without cue words nobody is named;
    if the language is not known ("und"), the cue words of all languages are tried.
    """
    quotations: list[Quotation] = []
    last_speech: LastSpeech | None = None
    known = has_cues(lang) or lang == "und"
    for context in read_contexts(text, lang):
        cue = context.find_cue()
        kind = context.kind(cue)
        speaker = cue.speaker if cue and known else None
        if kind == "speech":
            if known and (cue is None or cue.carries):
                speaker = speaker or context.carried_speaker(last_speech, has_verb=cue is not None)
            if speaker is not None:
                piece = context.candidate.pieces[-1]
                last_speech = LastSpeech(piece.paragraph, piece.outer_end, speaker)
        span = Span.of(text, *speaker) if speaker else None
        pieces = (Span.of(text, *trim(text, p.start, p.end)) for p in context.candidate.pieces)
        quotations.append(
            unchecked(
                Quotation,
                spans=tuple(pieces),
                kind=kind,
                speaker=span.text if span else None,
                speaker_span=span,
            )
        )
    return quotations


def read_contexts(text: str, lang: str) -> Iterator[CandidateContext]:
    """Quotation candidates in order, each with the sentence around it, before classification."""
    cues = cues_for(lang)
    paragraphs = find_paragraphs(text)
    pieces = [piece for piece in find_pieces(text) if text[piece.start : piece.end].strip()]
    if cues.dialogue_dashes:
        quoted = {piece.paragraph for piece in pieces}
        spoken = [p for p in find_dialogue(text, paragraphs, quoted, cues) if text[p.start : p.end].strip()]
        pieces = sorted([*pieces, *spoken], key=lambda piece: piece.start)
    masks = [(piece.outer_start, piece.outer_end) for piece in pieces]
    index = 0
    for candidate in _group(text, pieces, cues, lang):
        end = index + len(candidate.pieces)
        near = masks[max(0, index - _NEIGHBOURS) : end + _NEIGHBOURS]
        # Text beyond these pieces is not read, because pieces there are not masked.
        limits = (
            near[0][0] if index > _NEIGHBOURS else 0,
            near[-1][1] if end + _NEIGHBOURS < len(masks) else len(text),
        )
        index = end
        yield CandidateContext.of(text, candidate, paragraphs, near, limits, cues, lang)


def _group(text: str, pieces: Sequence[Piece], cues: Cues, lang: str) -> Iterator[Candidate]:
    """Group the pieces of one quotation, which a reporting clause or paragraphs split."""
    group: list[Piece] = []
    between: Cue | None = None
    for piece in pieces:
        if group and not piece.continues:
            cue = _splitting_cue(text, group[-1], piece, cues, lang)
            if cue is None:
                yield Candidate(tuple(group), between)
                group, between = [], None
            else:
                between = between or Cue("between", cue.speaker, cue.carries)
        group.append(piece)
    if group:
        yield Candidate(tuple(group), between)


def _splitting_cue(text: str, a: Piece, b: Piece, cues: Cues, lang: str) -> Cue | None:
    """The cue in a reporting clause that splits one quotation into two pieces; `None` if they are two quotations."""
    start, end = a.outer_end, b.outer_start
    if a.paragraph != b.paragraph or a.family != b.family or not 1 < end - start <= _LONGEST_BETWEEN:
        return None
    between = text[start:end].strip()
    if not between or between[-1] not in ",.;，。；،—–-":
        return None
    if sentence_end(text, start, end, ()) < start + len(text[start:end].rstrip()):
        return None
    inner = text[a.start : a.end].rstrip()[-1:]
    continues = inner in ",!?…—–-，！？،" or between[0] in ",，،—–-"
    if not continues and not text[b.start : b.end].lstrip()[:1].islower():
        return None
    if between[-1] in ".。" and _has_own_cue(text, b, cues):
        return None
    if ends_with_verb(text, a.outer_start, cues):
        return None  # the first piece has a reporting clause of its own before it
    if is_unspaced(between):
        return find_unspaced(text, (start, start), (start, end), lang)
    return find_after(text, start, end, (), cues)


def _has_own_cue(text: str, piece: Piece, cues: Cues) -> bool:
    """Whether a reporting clause follows a piece, so that one between it and the piece before belongs to the latter.

    As in: "No," said Ruiz. "Now," she said.
    """
    end = min(len(text), piece.outer_end + _OWN_CLAUSE)
    last, following = text[piece.start : piece.end].rstrip()[-1:], text[piece.outer_end : piece.outer_end + 1]
    if last not in ",?!" and following != ",":
        return False
    stop = _CLAUSE_STOP.search(text, piece.outer_end, end)
    cue = find_after(text, piece.outer_end, stop.start() if stop else end, (), cues, attached=False)
    return cue is not None and cue.speaker is not None
