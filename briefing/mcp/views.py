"""Views of the library's results for the tools: what an agent needs of them, in bounded size."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence

from briefing.checking import Checked, CheckedQuote, CheckedStatement
from briefing.errors import InputError
from briefing.grounding import Finding, Match, named_speaker, quotation_at
from briefing.mcp.results import (
    MAX_ITEMS,
    MAX_PROBLEMS,
    MAX_TEXT,
    CheckedDraft,
    DraftQuote,
    DraftSentence,
    Located,
    Named,
    Passage,
    Passages,
    Problem,
    Quoted,
    Read,
    Summarized,
    Written,
    about,
)
from briefing.quotations import Quotation
from briefing.schemas import Briefing, Quote
from briefing.sources import Source
from briefing.spans import Span

#: Characters that a page of sentences is charged for each sentence besides its text: numbers and names of fields.
_OVERHEAD = 50


def summarized(briefing: Briefing, source: Source) -> Summarized:
    """Return a briefing of a source."""
    passages = Passages()
    statements, quotes, entities = briefing.summary.sentences, briefing.key_quotes, briefing.entities
    span = briefing.headline_span
    return Summarized(
        article=about(source),
        headline=Written(
            text=passages.words(briefing.headline),
            support=briefing.headline_support,
            problems=_problems(briefing.headline_findings, source, passages),
            evidence=[] if span is None else [passages.of(source, span, text=False)],
        ),
        summary=[
            Written(
                text=passages.words(statement.text),
                support=statement.support,
                problems=_problems(statement.findings, source, passages),
                evidence=passages.all(source, statement.evidence),
            )
            for statement in statements[:MAX_ITEMS]
        ],
        key_quotes=[_quoted(quote, quote.speaker, source, passages) for quote in quotes[:MAX_ITEMS]],
        entities=[
            Named(
                name=passages.words(entity.name),
                type=entity.type,
                role=entity.role and passages.words(entity.role),
                mentions=len(entity.mentions),
                first=passages.of(source, entity.mentions[0], text=False),
            )
            for entity in entities[:MAX_ITEMS]
        ],
        left_out=_excess(statements, quotes, entities),
        warnings=[passages.words(warning) for warning in briefing.meta.warnings[:MAX_ITEMS]],
        model=briefing.meta.model,
        input_tokens=briefing.meta.usage.input_tokens,
        output_tokens=briefing.meta.usage.output_tokens,
        cost_usd=briefing.meta.cost_usd,
    )


def _excess(*lists: Sequence[object]) -> int:
    """Return the number of items that are not shown."""
    return sum(max(len(items) - MAX_ITEMS, 0) for items in lists)


def checked_draft(checked: Checked, sources: Sequence[Source]) -> CheckedDraft:
    """Return what is to be mended in a draft."""
    passages = Passages()
    quotes = [quote for quote in checked.quotes if not quote.backed or quote.speaker_ok is False]
    statements = [statement for statement in checked.statements if statement.findings]
    return CheckedDraft(
        ok=checked.ok,
        sentences_checked=len(checked.statements),
        quotations_checked=len(checked.quotes),
        quotations=[_draft_quote(quote, sources, passages) for quote in quotes[:MAX_ITEMS]],
        sentences=[_draft_sentence(statement, sources, passages) for statement in statements[:MAX_ITEMS]],
        left_out=_excess(quotes, statements),
        articles=[about(source) for source in sources],
    )


def _draft_quote(quote: CheckedQuote, sources: Sequence[Source], passages: Passages) -> DraftQuote:
    index = quote.source_index
    return DraftQuote(
        text=passages.words(quote.text),
        start=quote.start,
        end=quote.end,
        status=quote.status,
        speaker=quote.speaker and passages.words(quote.speaker),
        article_speaker=quote.source_speaker and passages.words(quote.source_speaker),
        article=index,
        passages=[] if index is None else passages.all(sources[index], quote.spans),
        differences=[passages.words(str(change)) for change in quote.diff[:MAX_PROBLEMS]],
    )


def _draft_sentence(
    statement: CheckedStatement, sources: Sequence[Source], passages: Passages
) -> DraftSentence:
    index = statement.source_index
    source = None if index is None else sources[index]
    return DraftSentence(
        text=passages.words(statement.text),
        start=statement.start,
        end=statement.end,
        support=statement.support,
        problems=_problems(statement.findings, source, passages),
        article=index,
        evidence=[] if source is None else passages.all(source, statement.evidence),
    )


def _problems(findings: Iterable[Finding], source: Source | None, passages: Passages) -> list[Problem]:
    return [
        Problem(
            words=passages.words(finding.text),
            kind=finding.kind,
            severity=finding.severity,
            message=passages.words(finding.message),
            article_has=[] if source is None else passages.all(source, finding.source),
        )
        for finding in list(findings)[:MAX_PROBLEMS]
    ]


def located(match: Match, source: Source) -> Located:
    """Return where a quotation stands in a source, and who says it."""
    passages = Passages()
    quotation = quotation_at(match.spans, source)
    return Located(
        article=about(source),
        status=match.status,
        text=match.text,
        passages=passages.all(source, match.spans, text=len(match.spans) > 1),
        differences=[passages.words(str(change)) for change in match.diff[:MAX_ITEMS]],
        speaker=None if quotation is None else _speaker(quotation, source),
        is_quoted=quotation is not None,
    )


def _quoted(quote: Quote | Quotation, speaker: str | None, source: Source, passages: Passages) -> Quoted:
    return Quoted(
        text=passages.words(quote.text),
        speaker=speaker and passages.words(speaker),
        kind=quote.kind,
        pieces=passages.all(source, quote.spans, text=False),
    )


def _speaker(quotation: Quotation, source: Source) -> str | None:
    """Return the name of a quotation's speaker, where the article has it before a pronoun, too; `None` without one."""
    speaker = named_speaker(quotation, source)
    return None if speaker is None else speaker.text[:MAX_TEXT]


def page(source: Source, offset: int, size: int) -> Read:
    """Return the sentences of a source from an offset on, with some `size` characters, and the quotations in them.

    Raises:
        InputError: the offset is behind the end.
    """
    if offset >= len(source.text):
        raise InputError(
            f"offset {offset:,} is behind the end: the article has {len(source.text):,} characters"
        )
    sentences: list[Passage] = []
    left, following = size, None
    first = bisect.bisect_right(source.sentences, offset, key=lambda sentence: sentence.end)
    for number in range(first, len(source.sentences)):
        sentence = source.sentences[number]
        if left <= 0:
            following = sentence.start
            break
        start = max(sentence.start, offset)
        end = min(sentence.end, start + left)
        piece = Span.of(source.text, start, end)
        sentences.append(
            Passage(
                sentence=number + 1,
                start=start,
                end=end,
                text=piece.text,
                label=source.label_of(start),
            )
        )
        left -= end - start + _OVERHEAD
        if end < sentence.end:
            following = end
            break
    passages = Passages()
    last = sentences[-1].end if sentences else offset
    found = [quotation for quotation in source.quotations if offset <= quotation.spans[0].start < last]
    return Read(
        article=about(source),
        sentences=sentences,
        quotations=[_quoted(one, _speaker(one, source), source, passages) for one in found[:MAX_ITEMS]],
        left_out=_excess(found),
        next_offset=following,
    )
