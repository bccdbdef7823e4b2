"""Headline and summary of a `Briefing`: chosen, ordered, kept to their length, and without errors where that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from briefing.grounding import Grounding, check_headline, errors_of
from briefing.pipeline.job import Job
from briefing.pipeline.sections import Heading, in_sections, is_sectioned
from briefing.schemas import HeadlineText, Statement, Summary
from briefing.spans import Span
from briefing.text import TERMINAL_MARKS

#: Sentences of a summary that is chosen without the model, and how many more it has for each doubling of a long article.
_RANKED_SENTENCES = {"brief": (1, 0), "standard": (3, 1), "detailed": (6, 3)}


def headline_and_summary(
    values: dict[str, Any], job: Job, warnings: list[str], headings: Sequence[Heading] = ()
) -> dict[str, Any]:
    """Return the fields of a `Briefing` that are its headline and summary, or say something about them.

    Args:
        values: what the model has answered, repaired.
        job: the job.
        warnings: extended by what is marked, replaced or left out.
        headings: that the model has written for sections of the summary.
    """
    fields = _headline(values, job, warnings)
    return fields | _summary(values, job, warnings, headings, title=fields.get("headline_span"))


def _headline(values: dict[str, Any], job: Job, warnings: list[str]) -> dict[str, Any]:
    headline = values.get("headline")
    if "headline" in job.ranked or (job.form.extractive and isinstance(headline, str)):
        chosen = headline.sentence if isinstance(headline, HeadlineText) else None
        return _extracted_headline(job, chosen)
    if not isinstance(headline, str):
        return {}  # a subclass has given it another type
    if not isinstance(headline, HeadlineText):
        # A subclass has given it another annotation, or a validator of its own.
        headline = HeadlineText(*check_headline(headline, Grounding(job.source, job.language)))
    return _written_headline(headline, job, warnings)


def _summary(
    values: dict[str, Any],
    job: Job,
    warnings: list[str],
    headings: Sequence[Heading],
    *,
    title: Span | None,
) -> dict[str, Any]:
    if "summary" in job.ranked:
        return {"summary": _ranked_summary(job)}
    summary = values.get("summary")
    if not isinstance(summary, Summary):
        return {}  # a subclass has given it another type
    sentences = _limited(summary.sentences, job, warnings)
    if not sentences:
        warnings.append("cut from the article: the whole summary, as no statement of the model is backed")
        return {"summary": _ranked_summary(job)}
    if job.form.extractive:
        sentences = sorted(sentences, key=lambda statement: statement.evidence[0].start)
        if title is not None and not any(mark in TERMINAL_MARKS for mark in title.text[-2:]):
            # A title line is not said again.
            sentences = [statement for statement in sentences if statement.evidence != [title]] or sentences
    return {"summary": summary.model_copy(update=in_sections(job, sentences, headings, warnings))}


def _ranked_summary(job: Job) -> dict[str, Any]:
    """As the values of its fields: a subclass may have a summary of a class of its own."""
    from briefing.ranking import extract_summary

    count, more = _RANKED_SENTENCES[job.style.length]
    count += more * job.form.doublings
    lead = not job.form.doublings and not is_sectioned(job)
    chosen = extract_summary(job.source, count=count, focus=job.style.focus, lead=lead)
    made = in_sections(job, [Statement.extracted(sentence, job.source) for sentence in chosen], (), [])
    return made | {"sentences": [dict(statement) for statement in made["sentences"]]}


def _limited(sentences: list[Statement], job: Job, warnings: list[str]) -> list[Statement]:
    """The sentences without those above the most that the length allows, except what was cut from the article."""
    most = job.form.sentences[1]
    over = {id(s) for s in [s for s in sentences if s.kind == "written" or job.form.extractive][most:]}
    if over:
        warnings.append(
            f"left out: {len(over)} sentences of the summary, beyond {most} of length {job.style.length!r}"
        )
    return [s for s in sentences if id(s) not in over]


def _extracted_headline(job: Job, chosen: Span | None) -> dict[str, Any]:
    """The article's title, else the sentence that the model has chosen, else the best one."""
    from briefing.ranking import extract_headline

    text, span = extract_headline(job.source, focus=job.style.focus, preferred=chosen)
    return {"headline": " ".join(text.split()), "headline_span": span}


def _written_headline(headline: HeadlineText, job: Job, warnings: list[str]) -> dict[str, Any]:
    findings = headline.findings
    wrong = list(dict.fromkeys(finding.text for finding in errors_of(findings)))
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
