"""Read a text: its sentences, and its quotations with who speaks. No model, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from briefing.quotations.attribution import Cue, find_after, find_unspaced, sentence_end
from briefing.quotations.classification import Candidate, CandidateContext, Kind
from briefing.quotations.cue_lexicon import Cues, cues_for
from briefing.quotations.marks import Piece, find_pieces
from briefing.spans import Span
from briefing.text import UNSPACED_CHARACTER, find_paragraphs, trim

_CLAUSE_STOP = re.compile(r"[.\n\"“„«]")
#: So many quoted pieces on either side of a quotation are known to be quoted when its sentence is read.
_NEIGHBOURS = 5
#: The reporting clause that splits a quotation is no longer than this.
_LONGEST_BETWEEN = 250


_SENTENCE_ENDS = frozenset(".!?…。！？؟")


class Quotation(BaseModel):
    """Words between quotation marks.

    Attributes:
        spans: the quoted text without its marks; several where a reporting clause splits it, or paragraphs do.
        kind: ``speech`` is what somebody said or wrote, in full or a few words of it; ``other`` are titles, terms
            and scare quotes.
        speaker: who speaks, as the text names them; may be a pronoun.
        speaker_span: where the text names them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    spans: tuple[Span, ...]
    kind: Kind
    speaker: str | None = None
    speaker_span: Span | None = None

    @property
    def text(self) -> str:
        """The segments as one string: put together where a sentence goes on, with " … " where a new one begins."""
        joined = self.spans[0].text
        for span in self.spans[1:]:
            if joined.rstrip("”’»\"'")[-1:] in _SENTENCE_ENDS or span.text[:1].isupper():
                joined += " … " + span.text
            elif (
                UNSPACED_CHARACTER.match(joined[-1:])
                or UNSPACED_CHARACTER.match(span.text)
                or joined[-1:] in "，。！？、；："
            ):
                joined += span.text
            else:
                joined += " " + span.text
        return joined


def read_quotations(text: str, lang: str) -> list[Quotation]:
    """Find the quotations of a text, in any language's marks, and who speaks.

    Args:
        text: any text without lone surrogates.
        lang: language code, which chooses the cue words; marks are read the same way in all languages.

    Returns:
        Quotations by their first span. What is quoted inside a quotation is part of it.
    """
    quotations: list[Quotation] = []
    spoken: tuple[int, tuple[int, int]] | None = None  # the last speech: its paragraph, and the speaker
    for place in read_contexts(text, lang):
        cue = place.find_cue()
        kind = place.kind(cue)
        speaker = cue.speaker if cue is not None else None
        if kind == "speech":
            speaker = speaker or place.carried(spoken)
            if speaker is not None:
                spoken = (place.draft.pieces[-1].paragraph, speaker)
        quotations.append(_quotation(text, place.draft, kind, speaker))
    return quotations


def read_contexts(text: str, lang: str) -> Iterator[CandidateContext]:
    """The quotations of a text, each with the sentence around it, before it is said what they are."""
    cues = cues_for(lang)
    paragraphs = find_paragraphs(text)
    pieces = [piece for piece in find_pieces(text, paragraphs) if text[piece.start : piece.end].strip()]
    masks = [(piece.outer_start, piece.outer_end) for piece in pieces]
    index = 0
    for draft in _group(text, pieces, cues, lang):
        end = index + len(draft.pieces)
        near = masks[max(0, index - _NEIGHBOURS) : end + _NEIGHBOURS]
        # What lies beyond these quoted pieces is not read: it may be quoted, too.
        limits = (
            near[0][0] if index > _NEIGHBOURS else 0,
            near[-1][1] if end + _NEIGHBOURS < len(masks) else len(text),
        )
        index = end
        yield CandidateContext.of(text, draft, paragraphs, near, limits, cues, lang)


def _quotation(text: str, draft: Candidate, kind: Kind, speaker: tuple[int, int] | None) -> Quotation:
    span = None if speaker is None else Span.of(text, *speaker)
    return Quotation(
        spans=tuple(Span.of(text, *trim(text, p.start, p.end)) for p in draft.pieces),
        kind=kind,
        speaker=None if span is None else span.text,
        speaker_span=span,
    )


def _group(text: str, pieces: Sequence[Piece], cues: Cues, lang: str) -> Iterator[Candidate]:
    """Put pieces together that are one quotation: split by a reporting clause, or over paragraphs."""
    group: list[Piece] = []
    between: Cue | None = None
    for piece in pieces:
        if group and not piece.continues:
            cue = _splits(text, group[-1], piece, cues, lang)
            if cue is None:
                yield Candidate(tuple(group), between)
                group, between = [], None
            else:
                between = between or replace(cue, where="between")
        group.append(piece)
    if group:
        yield Candidate(tuple(group), between)


def _splits(text: str, a: Piece, b: Piece, cues: Cues, lang: str) -> Cue | None:
    """The reporting clause between two pieces of one quotation; None where they are two."""
    start, end = a.outer_end, b.outer_start
    if a.paragraph != b.paragraph or a.family != b.family or not 1 < end - start <= _LONGEST_BETWEEN:
        return None
    between = text[start:end].strip()
    if not between or between[-1] not in ",.;，。；،—–-":
        return None
    if sentence_end(text, start, end, ()) < start + len(text[start:end].rstrip()):
        return None
    inner = text[a.start : a.end].rstrip()[-1:]
    if inner not in ",!?…—–-，！？،" and between[0] not in ",，،—–-" and not _starts_lower(text, b):
        return None
    if between[-1] in ".。" and _has_own_cue(text, b, cues):
        return None
    if UNSPACED_CHARACTER.search(between):
        return find_unspaced(text, (start, start), (start, end), lang)
    return find_after(text, start, end, (), cues)


def _has_own_cue(text: str, piece: Piece, cues: Cues) -> bool:
    """Whether a reporting clause follows a piece: ("No," said Ruiz.) "Now," she said."""
    end = min(len(text), piece.outer_end + 80)
    if (
        text[piece.start : piece.end].rstrip()[-1:] not in ",?!"
        and text[piece.outer_end : piece.outer_end + 1] != ","
    ):
        return False
    stop = _CLAUSE_STOP.search(text, piece.outer_end, end)
    cue = find_after(text, piece.outer_end, stop.start() if stop else end, (), cues, attached=False)
    return cue is not None and cue.speaker is not None


def _starts_lower(text: str, piece: Piece) -> bool:
    return text[piece.start : piece.end].lstrip()[:1].islower()
