"""Lists that the parts of a long article have answered, put together without the model.

If they have more items than the field takes, what most parts name comes first among names, and among other items what has
most words in common with all that the parts cite. Where in the article an item stands does not count.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from briefing.grounding import Grounding, offered_quotations
from briefing.llm import Answer, Ask
from briefing.pipeline.gathered_names import gathered_entities
from briefing.pipeline.job import Job
from briefing.schemas import Entity, Mention, part, points_nowhere
from briefing.sources import Source
from briefing.spans import Span

#: So many times more names than the field takes are compared, as some are other names of the same thing.
_SPARE_NAMES = 2


def gathered_ask(job: Job, answers: Iterable[tuple[Ask, Answer]]) -> tuple[Ask, Answer]:
    """Return the gathered fields as one answer, without what is wrong in it being asked for again."""
    answers = list(answers)
    grounding = Grounding(job.source, job.language, extractive=job.form.extractive)
    problems = [problem for ask, _ in answers for problem in ask.grounding.problems]
    grounding.problems = [replace(problem, worth_asking=False) for problem in problems]
    for ask, _ in answers:
        grounding.waiting += ask.grounding.waiting
    fatal = {id(problem.item) for problem in problems if problem.fatal}
    starts = sorted({_start(ask, job.source) for ask, _ in answers})
    values: dict[str, list[Any]] = {}
    for name in job.gathered:
        items = [
            (item, bisect_left(starts, _start(ask, job.source)))
            for ask, answer in answers
            if name in ask.schema.model_fields
            for item in _distinct(getattr(answer.value, name))
        ]
        usable = [pair for pair in items if id(pair[0]) not in fatal and not points_nowhere(pair[0])]
        wrong = [item for item, _ in items if id(item) in fatal]  # dropped with a warning, as in any answer
        if usable and all(isinstance(item, Entity) for item, _ in usable):
            best = _best_entities(usable, starts, _most(job, name), job.source)
        else:
            best = _best([item for item, _ in usable], _most(job, name), job.source)
        values[name] = best + wrong
    schema = part(job.schema, job.gathered)
    return Ask("parts", (), schema, grounding), Answer(schema.model_construct(None, **values), "")


def quotation_numbers(items: Iterable[Any], source: Source) -> set[int]:
    """Return the numbers of those of the offered quotations that items quote."""
    quoted = {(spans[0].start, spans[-1].end) for item in items if (spans := getattr(item, "spans", None))}
    offered = enumerate(offered_quotations(source), 1)
    return {number for number, q in offered if (q.spans[0].start, q.spans[-1].end) in quoted}


def quoted_sentences(numbers: Iterable[int], source: Source) -> set[int]:
    """Return the numbers of the sentences that quotations with these numbers stand in."""
    offered, sentences = offered_quotations(source), source.sentences
    found: set[int] = set()
    for span in (span for number in numbers for span in offered[number - 1].spans):
        first = bisect_right(sentences, span.start, key=lambda sentence: sentence.start)
        found.update(range(max(first, 1), bisect_left(sentences, span.end, key=lambda s: s.start) + 1))
    return found


def _most(job: Job, name: str) -> int | None:
    """Most items that a field takes."""
    extra = job.schema.model_fields[name].json_schema_extra
    most = extra.get("maxItems") if isinstance(extra, dict) else None
    return most if isinstance(most, int) else None


def _start(ask: Ask, source: Source) -> int:
    """The offset at which the part begins that an ask shows."""
    assert ask.grounding.view is not None
    return source.sentences[ask.grounding.view.sentences[0] - 1].start


def _best_entities(
    named: list[tuple[Entity, int]], starts: Sequence[int], most: int | None, source: Source
) -> list[Entity]:
    """The entities to keep: those that most parts name."""
    things = gathered_entities(named, starts, source)
    things.sort(key=lambda thing: (-len(thing.parts), -len(thing.mentions)))
    return [thing.entity for thing in things[: None if most is None else most * _SPARE_NAMES]]


def _best(items: list[Any], most: int | None, source: Source) -> list[Any]:
    """The items to keep: those that are most important for the whole, in order of that if they are names."""
    if items and all(isinstance(item, Entity | Mention) for item in items):
        parts = Counter(item.name.casefold() for item in items)
        first: dict[str, Any] = {}
        for item in items:
            name = item.name.casefold()
            if name not in first or (getattr(item, "role", None) and not getattr(first[name], "role", None)):
                first[name] = item
        ordered = sorted(first, key=lambda name: (-parts[name], -len(_spans(first[name]))))
        return [first[name] for name in ordered[: None if most is None else most * _SPARE_NAMES]]
    items = _distinct(items)
    if most is None or len(items) <= most:
        return items
    from briefing.ranking import SentenceVectors

    vectors = SentenceVectors([" ".join(span.text for span in _spans(item)) for item in items], source.lang)
    scores = vectors.centrality(range(len(items)))
    best = sorted(range(len(items)), key=lambda index: -scores[index])[:most]
    return [items[index] for index in sorted(best)]


def _distinct(items: Sequence[Any]) -> list[Any]:
    """The items, without those that are at the same places and equal."""
    seen: list[Any] = []
    places: dict[Any, list[Any]] = {}
    for item in items:
        same = places.setdefault(tuple((span.start, span.end) for span in _spans(item)), [])
        if item not in same:
            same.append(item)
            seen.append(item)
    return seen


def _spans(item: Any) -> list[Span]:
    """Where in the article an item is."""
    for name in ("mentions", "spans", "evidence"):
        if (spans := getattr(item, name, None)) is not None:
            return list(spans)
    return []
