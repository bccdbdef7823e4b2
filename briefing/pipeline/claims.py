"""Headline and summary of a `Briefing`: chosen, ordered, kept to their length, and without errors where that is asked for."""

from __future__ import annotations

from typing import Any

from briefing.pipeline.plans import Job
from briefing.ranking import extract_headline, extract_summary
from briefing.schemas import HeadlineText, Statement, Summary
from briefing.spans import Span
from briefing.text import TERMINAL_MARKS

#: Sentences of a summary that is chosen without the model.
_RANKED_SENTENCES = {"brief": 1, "standard": 3, "detailed": 6}


def headline_and_summary(values: dict[str, Any], job: Job, warnings: list[str]) -> dict[str, Any]:
    """Return the fields of a `Briefing` that are its headline and summary, or say something about them.

    Args:
        values: what the model has answered, repaired.
        job: the job.
        warnings: extended by what is marked, replaced or left out.
    """
    if job.is_ranked:
        return {"summary": _ranked_summary(job), **_extracted_headline(job, None)}
    summary = _limited(values["summary"], job, warnings)
    headline: HeadlineText = values["headline"]
    if job.form.extractive:
        extracted = _extracted_headline(job, headline)
        in_order = sorted(summary.sentences, key=lambda statement: statement.evidence[0].start)
        span: Span | None = extracted["headline_span"]
        if span is not None and not any(mark in TERMINAL_MARKS for mark in span.text[-2:]):
            # A title line is not said again.
            in_order = [statement for statement in in_order if statement.evidence != [span]] or in_order
        return {"summary": Summary(sentences=in_order), **extracted}
    if not summary.sentences:
        warnings.append("cut from the article: the whole summary, as no statement of the model is backed")
        summary = _ranked_summary(job)
    return {"summary": summary, **_written_headline(headline, job, warnings)}


def _ranked_summary(job: Job) -> Summary:
    count = _RANKED_SENTENCES[job.style.length]
    chosen = extract_summary(job.source, count=count, focus=job.style.focus)
    return Summary(sentences=[Statement.extracted(sentence, job.source) for sentence in chosen])


def _limited(summary: Summary, job: Job, warnings: list[str]) -> Summary:
    """A summary without the sentences above the most that its length allows, except what was cut from the article."""
    most = job.form.sentences[1]
    written = [s for s in summary.sentences if s.kind == "written" or job.form.extractive]
    if len(written) <= most:
        return summary
    over = written[most:]
    warnings.append(
        f"left out: {len(over)} sentences of the summary, beyond {most} of length {job.style.length!r}"
    )
    return Summary(sentences=[s for s in summary.sentences if not any(s is other for other in over)])


def _extracted_headline(job: Job, chosen: HeadlineText | None) -> dict[str, Any]:
    """The article's title, else the sentence that the model has chosen, else the best one."""
    preferred = None if chosen is None else chosen.sentence
    text, span = extract_headline(job.source, focus=job.style.focus, preferred=preferred)
    return {"headline": " ".join(text.split()), "headline_span": span}


def _written_headline(headline: HeadlineText, job: Job, warnings: list[str]) -> dict[str, Any]:
    findings, wrong = headline.findings, list(dict.fromkeys(f.text for f in headline.findings))
    if wrong and job.style.on_unsupported != "mark":
        warnings.append(
            f"cut from the article, in place of the headline {str(headline)!r}: not backed: {', '.join(wrong)}"
        )
        return _extracted_headline(job, None)
    return {
        "headline": str(headline),
        "headline_support": "unsupported" if wrong else "supported",
        "headline_missing": wrong,
        "headline_findings": findings,
    }
