"""Sections of the detailed summary of a long article: statements in the article's order, under headings.

Headings are the article's own, if those of one kind (chapters, say) part the statements well. Else the model, if it writes, is
asked for a heading for each few statements, which is checked as the headline is.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, create_model

from briefing.errors import ProviderError
from briefing.grounding import Finding, Grounding, View, errors_of, sentence_numbers
from briefing.llm import Answer, Ask
from briefing.pipeline.job import Job
from briefing.pipeline.parts import OTHER, heading_lines
from briefing.prompts import builtin_prompt, language_name, render_article, render_claims
from briefing.schemas import Briefing, Headline, Section, Statement, Summary, in_form, outline
from briefing.sources import Source
from briefing.spans import Span

PROMPT = "sections"
#: Sections of a summary, and statements in each, as far as can be.
_FEWEST, _MOST, _STATEMENTS = 2, 12, 3
#: Largest share of statements before the first of the article's headings; more is a sign that the line is none.
_MOST_BEFORE = 1 / 3


@dataclass(frozen=True)
class Heading:
    """A heading.

    Attributes:
        first: index of the first sentence that stands under it.
        text: the heading; "" for what stands before the first one.
        span: where it is in the article; `None` if the model wrote it.
        findings: errors and notes about it.
    """

    first: int
    text: str
    span: Span | None = None
    findings: tuple[Finding, ...] = ()


def is_sectioned(job: Job) -> bool:
    """Whether the summary has sections."""
    return job.plan == "long" and job.style.length == "detailed" and issubclass(job.schema, Briefing)


def headed(job: Job, summary: object) -> Generator[list[Ask], list[Answer], tuple[list[Heading], list[str]]]:
    """Ask for the headings of a written summary, unless the article has its own; returns them, and warnings."""
    if not is_sectioned(job) or job.form.extractive or not isinstance(summary, Summary):
        return [], []
    placed = _placed(summary.sentences, job.source)
    if len(placed) < _FEWEST * _STATEMENTS or _own_headings(job.source, [place for place, _ in placed]):
        return [], []
    count = min(_MOST, len(placed) // _STATEMENTS)
    groups = [placed[i * len(placed) // count : (i + 1) * len(placed) // count] for i in range(count)]
    # What stands at one place is in one section.
    begins = list(dict.fromkeys(group[0][0] for group in groups))
    ends = [*begins[1:], len(job.source.sentences)]
    groups = [[pair for pair in placed if a <= pair[0] < b] for a, b in zip(begins, ends, strict=True)]
    ask = heading_ask(job, [[statement for _, statement in group] for group in groups])
    try:
        [answer] = yield [ask]
    except ProviderError as error:
        return [], [f"the summary has no sections: {error}"]
    written = vars(answer.value)["headings"][: len(groups)]
    return [
        Heading(first, str(text), findings=tuple(text.findings))
        for first, text in zip(begins, written, strict=False)
    ], []


def heading_ask(job: Job, groups: Sequence[Sequence[Statement]]) -> Ask:
    """Return the ask for a heading for each group of statements; it shows the sentences that these cite."""
    numbers = sentence_numbers(job.source)
    spans = (span for group in groups for statement in group for span in statement.evidence)
    cited = tuple(sorted({numbers[span.start] + 1 for span in spans})) or (1,)
    grounding = Grounding(job.source, job.language, view=View(cited, ()))
    schema = in_form(_headings_model(max(len(groups), 1)), job.form)
    messages = builtin_prompt(PROMPT).render(
        article=render_article(grounding),
        claims=render_claims(" ".join(statement.text for statement in group) for group in groups),
        language=language_name(grounding.language),
        fields=outline(schema),
    )
    return Ask("headings", messages, schema, grounding)


@functools.lru_cache(maxsize=_MOST)
def _headings_model(count: int) -> type[BaseModel]:
    described = Field(
        description="for each line of the statements, in their order, a heading of at most 8 words",
        json_schema_extra={"minItems": count, "maxItems": count},
    )
    model: type[BaseModel] = create_model("Headings", headings=(list[Headline], described))
    return model


def in_sections(
    job: Job, statements: Sequence[Statement], headings: Sequence[Heading], warnings: list[str]
) -> dict[str, Any]:
    """Return the fields of a summary with these statements, in sections if it has some and there are headings for them.

    Args:
        job: the job.
        statements: of the summary.
        headings: that the model has written; the article's own are preferred.
        warnings: extended by what is replaced.
    """
    placed = _placed(statements, job.source) if is_sectioned(job) else []
    if placed:
        headings = _own_headings(job.source, [place for place, _ in placed]) or headings
    if not placed or not headings:
        return {"sentences": list(statements)}
    begins = [heading.first for heading in headings]
    under = [bisect_right(begins, place) - 1 for place, _ in placed]
    sections: list[Section] = []
    for number in dict.fromkeys(under):
        heading = Heading(0, "") if number < 0 else headings[number]
        start = under.index(number)
        end = start + under.count(number)
        sections.append(_section(job, heading, start, end, placed[start][1], warnings))
    return {"sentences": [statement for _, statement in placed], "sections": sections}


def _section(
    job: Job, heading: Heading, start: int, end: int, first: Statement, warnings: list[str]
) -> Section:
    text, span, findings = heading.text, heading.span, list(heading.findings)
    missing = list(dict.fromkeys(finding.text for finding in errors_of(findings)))
    if missing and job.style.on_unsupported != "mark" and first.evidence:
        warnings.append(
            f"cut from the article, in place of the heading {text!r}: not backed: {', '.join(missing)}"
        )
        span = first.evidence[0]
        text, findings, missing = " ".join(span.text.split()), [], []
    return Section(
        heading=text,
        heading_span=span,
        start=start,
        end=end,
        support="unsupported" if missing else "supported",
        missing=missing,
        findings=findings,
    )


def _placed(statements: Iterable[Statement], source: Source) -> list[tuple[int, Statement]]:
    """Statements with the indices of their first sentences, in this order; one without evidence is at that of the last one."""
    numbers, place, found = sentence_numbers(source), 0, []
    for statement in statements:
        place = min((numbers[span.start] for span in statement.evidence), default=place)
        found.append((place, statement))
    return sorted(found, key=lambda pair: pair[0])


def _own_headings(source: Source, places: Sequence[int]) -> list[Heading]:
    """The article's headings of that kind that parts statements at these places best; none if none does."""
    found: list[tuple[bool, float, list[Heading]]] = []
    for kind, lines in heading_lines(source).items():
        headings = [Heading(index, " ".join(span.text.split()), span) for index, span in lines]
        begins = [heading.first for heading in headings]
        count = len({bisect_right(begins, place) for place in places})
        before = sum(place < begins[0] for place in places)
        if _FEWEST <= count <= _MOST and before <= _MOST_BEFORE * len(places):
            found.append((kind == OTHER, abs(count - len(places) / _STATEMENTS), headings))
    return min(found, key=lambda one: one[:2])[2] if found else []
