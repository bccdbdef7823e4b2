"""Checked drafts as entries of the HTML page: the sentences and quotations of a draft, beside the articles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from briefing.checking import CheckedQuote, CheckedStatement
from briefing.cli.check_report import Report, quotation_speakers, quotation_status
from briefing.errors import one_line
from briefing.reports import (
    Passages,
    View,
    article_data,
    finding_marks,
    finding_notes,
    html_page,
    shown,
    worst,
)


def check_page(reports: Sequence[Report]) -> str:
    """Return an HTML page that shows the drafts beside the articles that they were checked against."""
    title = reports[0].name if len(reports) == 1 else "Checked drafts"
    return html_page(map(draft_view, reports), title)


def draft_view(report: Report) -> View:
    """Return the view of a checked draft, with those articles only that a passage is in."""
    checked = report.checked
    indexes = [quote.source_index for quote in checked.quotes]
    indexes += [statement.source_index for statement in checked.statements]
    # What an altered quotation is compared with may be in another article than its sentence.
    indexes += [
        index
        for statement in checked.statements
        for finding in statement.findings
        for span in finding.source
        for index, (_, source) in enumerate(report.articles)
        if source.text[span.start : span.end] == span.text
    ]
    used = sorted({index for index in indexes if index is not None})
    articles = [report.articles[index] for index in used]
    passages = Passages([source for _, source in articles], [source.url for _, source in articles])
    places: dict[int | None, int] = {index: place for place, index in enumerate(used)}
    statements = [_statement(one, report, passages, places) for one in checked.statements]
    quotes = [_quote(one, report, passages, places) for one in checked.quotes]
    parts = [{"head": "Draft", "claims": statements}, {"head": "Quotations", "claims": quotes}]
    lang = "" if report.draft.lang == "und" else report.draft.lang
    return View(
        title=one_line(report.summary()),
        name="",
        look=worst(claim["look"] for claim in (*statements, *quotes)),
        data={
            "lang": lang,
            "quoted": lang,
            "headline": None,
            "parts": [part for part in parts if part["claims"]],
            "articles": [article_data(source, title=place.name) for place, source in articles],
            "passages": passages.rows,
        },
    )


def _statement(
    statement: CheckedStatement, report: Report, passages: Passages, places: dict[int | None, int]
) -> dict[str, Any]:
    found = [finding.model_dump() for finding in statement.findings]
    within = [
        [quote.start - statement.start, quote.end - statement.start, "quoted"]
        for quote in report.checked.quotes
        if statement.start <= quote.start and quote.end <= statement.end
    ]
    place = places.get(statement.source_index, 0)
    return {
        "kind": "statement",
        "text": shown(statement.text),
        "look": worst(finding.severity for finding in statement.findings),
        "marks": [*within, *finding_marks(found)],
        "notes": finding_notes(found, passages, place),
        "lights": passages.add([span.model_dump() for span in statement.evidence], place),
        "badges": [f"line {report.line(statement.start)}"],
    }


def _quote(
    quote: CheckedQuote, report: Report, passages: Passages, places: dict[int | None, int]
) -> dict[str, Any]:
    good = quote.backed and quote.speaker_ok is not False
    return {
        "kind": "quote",
        "text": shown(quote.text),
        "look": "ok" if good else "error",
        "said": [one_line(str(change)) for change in quote.diff],
        "badges": [
            f"line {report.line(quote.start)}",
            quotation_status(quote),
            *filter(None, [quotation_speakers(quote)]),
        ],
        "lights": passages.add(
            [span.model_dump() for span in quote.spans], places.get(quote.source_index, 0)
        ),
    }
