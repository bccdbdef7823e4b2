"""The plan for an article that is too long to be read at once.

The article is cut into parts (`parts`). Each is asked for notes, which are statements with the numbers of the sentences that
they rest on, and for the fields that are lists: quotes, entities. The lists are put together without the model. For the
other fields, the model is shown the notes and the sentences that they cite, and can cite only these. Notes that the article
does not back are not shown, but the sentences that they cite are. If the notes are too long themselves, they are replaced
by fewer notes on them, at most `_MOST_LEVELS` times.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from typing import Any

from briefing.errors import (
    AnswerError,
    ContextWindowError,
    GroundingError,
    ProviderError,
    RequestError,
    TruncatedError,
)
from briefing.grounding import View, sentence_numbers
from briefing.llm import Answer, Ask
from briefing.pipeline.draft import Draft, partial_values
from briefing.pipeline.focus import choose_parts
from briefing.pipeline.gathering import gathered_ask, quotation_numbers, quoted_sentences
from briefing.pipeline.job import NOTES, Job, note_asks, part_asks, reduce_asks
from briefing.pipeline.outcomes import Independent, Plan, is_of_one_ask
from briefing.pipeline.parts import cutter, sentence_length, within_window
from briefing.pipeline.repairs import repaired
from briefing.pipeline.sections import headed
from briefing.schemas import Briefing, Cited, Statement, Summary

#: Parts that are asked about at the same time, where the driver can do so.
_CONCURRENT = 8
#: Fewest tokens of a part that is cut again.
_LEAST_CUT = 500
#: How many times notes are replaced by notes on them.
_MOST_LEVELS = 3
#: At least so many times fewer notes take the place of notes.
_FEWER = 3
#: Largest share of an article that may remain unread for a result all the same.
_MOST_UNREAD = 0.25
#: Parts that are asked about, one after the other, before the model is taken to answer about none.
_MOST_TRIED = 3
#: The same where a server rejects the requests, which may be for what all of them have.
_MOST_REJECTED = 2

Step = Generator[list[Ask], list[Answer], None]


@dataclass
class _Reading:
    """What was read of the article so far.

    Attributes:
        job: the job.
        length: most tokens of a part, or of notes; less after the model has refused more.
        total: tokens of all parts.
        answers: asks about parts with their answers.
        unread: parts that could not be read, and why.
        warnings: about the reading, for `Meta.warnings`.
    """

    job: Job
    length: int
    total: int = 0
    answers: list[tuple[Ask, Answer]] = field(default_factory=list)
    unread: list[tuple[View, ProviderError]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def cut(self, refused: ContextWindowError) -> list[list[Ask]]:
        """The asks about parts of an article that is too long for the model.

        Raises:
            ContextWindowError: it cannot be cut.
        """
        whole = View(range(1, len(self.job.source.sentences) + 1), ())
        if not (parts := self._smaller(whole, refused)):
            raise refused
        chosen = choose_parts(self.job.source, parts, self.job.style.focus)
        self.warnings += [f"read in {len(chosen.parts)} parts or more: {refused}", *chosen.warnings]
        return [part_asks(self.job, part) for part in chosen.parts]

    def read(self, parts: Iterable[list[Ask]]) -> Step:
        """Ask about parts, the first one alone, except in a batch; a part that is too long for the model is cut again.

        Raises:
            ProviderError: too much of the article cannot be read, or no ask can be made any more.
        """
        waiting = deque(parts)
        self.total = sum(cutter(self.job.source).length(_view_of(asks[0])) for asks in waiting)
        # A round of batches takes hours: the first one has all parts.
        first, most = (sys.maxsize, sys.maxsize) if self.job.target.batch else (1, _CONCURRENT)
        count = first
        while waiting:
            group = [waiting.popleft() for _ in range(min(count, len(waiting)))]
            results: Sequence[Answer | ProviderError] = yield Independent(chain.from_iterable(group))
            left = iter(results)
            again: list[View] = []
            for asks in group:
                again += self._take(asks, [next(left) for _ in asks])
            count = most if self.answers else first
            if again:
                again_asked = [part_asks(self.job, view) for view in again]
                waiting = deque(chain.from_iterable(map(self._cut_to_length, [*again_asked, *waiting])))
                count = first  # is it short enough now?
            self._check_unread(last=not waiting)
        for view, error in self.unread:
            first, last, end = view.sentences[0], view.sentences[-1], len(self.job.source.sentences)
            self.warnings.append(f"partial: sentences {first} to {last} of {end} were not read: {error}")

    def _check_unread(self, *, last: bool) -> None:
        """Check that what cannot be read is a small part of what was to be read; `last` is whether all was tried.

        Raises:
            ProviderError: it is not.
        """
        cut = cutter(self.job.source)
        unread = sum(cut.length(view) for view, _ in self.unread)
        if unread > _MOST_UNREAD * self.total or (
            self.unread and not self.answers and self._answers_none(last)
        ):
            raise self.unread[0][1]

    def _answers_none(self, last: bool) -> bool:
        """Whether the model seems to answer about no part at all: a server that fails would do so for the next one."""
        errors = [error for _, error in self.unread]
        if all(isinstance(error, AnswerError) for error in errors):
            most = _MOST_TRIED
        else:
            most = _MOST_REJECTED if all(isinstance(e, AnswerError | RequestError) for e in errors) else 1
        return last or len(errors) >= most

    def _take(self, asks: Sequence[Ask], results: Sequence[Answer | ProviderError]) -> list[View]:
        """Keep the answers about a part; returns the parts to ask about in its place, if it is too long."""
        view = _view_of(asks[0])
        errors = [result for result in results if isinstance(result, ProviderError)]
        for error in errors:
            if isinstance(error, ContextWindowError | TruncatedError) and (
                parts := self._smaller(view, error)
            ):
                return parts
        for ask, result in zip(asks, results, strict=True):
            if isinstance(result, Answer):
                self.answers.append((ask, result))
        for error in errors:
            if not is_of_one_ask(error):
                raise error
        if errors:
            self.unread.append((view, errors[0]))
        return []

    def _smaller(self, view: View, error: ProviderError) -> list[View]:
        """Cut a part that is too long for the model; empty if it cannot be cut."""
        length = cutter(self.job.source).length(view) // 2
        if isinstance(error, ContextWindowError):
            if error.available:
                length = min(length, within_window(error.available, self.job.target))
            # The other parts would be too long, too.
            self.length = length = max(min(self.length, length), _LEAST_CUT)
        parts = cutter(self.job.source).cut(max(length, _LEAST_CUT), view)
        return parts if len(parts) > 1 else []

    def _cut_to_length(self, asks: list[Ask]) -> list[list[Ask]]:
        """The asks about a part, or those about smaller parts of it."""
        view = _view_of(asks[0])
        if cutter(self.job.source).length(view) <= self.length:
            return [asks]
        return [part_asks(self.job, part) for part in cutter(self.job.source).cut(self.length, view)]

    def reduce(
        self, quoted: Iterable[int]
    ) -> Generator[list[Ask], list[Answer], tuple[list[tuple[Ask, Answer]], View]]:
        """Ask for the other fields, from the notes; returns the asks with their answers, and what they have shown.

        Raises:
            ProviderError: an ask failed, or the notes cite nothing.
        """
        notes = _notes_in(self.answers)
        if unbacked := sum(note.support == "unsupported" for note in notes):
            self.warnings.append(
                f"left out: {unbacked} of {len(notes)} notes on the parts, which are not backed by the article"
            )
        for level in range(_MOST_LEVELS + 1):
            notes = yield from self.condense(notes)
            view = self.view(notes, quoted)
            if not view.sentences:
                raise GroundingError("the answers about the parts of the article cite none of its sentences")
            asks = reduce_asks(self.job, self._lines(notes), view)
            try:
                answers = yield asks
            except ContextWindowError:
                if level == _MOST_LEVELS or len(notes) < _FEWER:
                    raise
                self.length = self._length(notes) // 2
            else:
                return list(zip(asks, answers, strict=True)), view
        raise AssertionError  # the last level returns or raises

    def condense(self, notes: list[Statement]) -> Generator[list[Ask], list[Answer], list[Statement]]:
        """Replace notes by fewer ones, until they can be shown at once with the sentences that they cite."""
        for _ in range(_MOST_LEVELS):
            if self._length(notes) <= self.length:
                return notes
            groups = self._groups(notes)
            fewer = [max(1, len(group) // _FEWER) for group in groups]
            asked = Independent(
                ask
                for group, most in zip(groups, fewer, strict=True)
                for ask in note_asks(self.job, self._lines(group), self.view(group), most)
            )
            results: Sequence[Answer | ProviderError] = yield asked
            notes = []
            for ask, result, group, most in zip(asked, results, groups, fewer, strict=True):
                if isinstance(result, Answer):
                    notes += _notes_in([(ask, result)])[:most]
                elif is_of_one_ask(result):
                    notes += _spread(group, most)
                else:
                    raise result
        count = len(notes)
        while self._length(notes) > self.length and len(notes) > 1:
            notes = _spread(notes, len(notes) - max(1, len(notes) // 10))
        if left_out := count - len(notes):
            self.warnings.append(f"left out: {left_out} of {count} notes on the parts, for lack of room")
        return notes

    def _groups(self, notes: Sequence[Statement]) -> list[list[Statement]]:
        """Notes in groups that can be shown at once, as equal as can be."""
        count = -(-self._length(notes) // self.length) + 1
        size = max(_FEWER, -(-len(notes) // count))
        return [list(notes[i : i + size]) for i in range(0, len(notes), size)]

    def _length(self, notes: Iterable[Statement]) -> int:
        """Tokens of notes and of the sentences that they cite."""
        return sum(
            sentence_length(text) for note in notes for text in (note.text, *(s.text for s in note.evidence))
        )

    def _lines(self, notes: Iterable[Statement]) -> list[tuple[str, list[int]]]:
        """The notes that the article backs and that are no sentences of it, each with what it cites."""
        numbers = sentence_numbers(self.job.source)
        return [
            (note.text, [numbers[span.start] + 1 for span in note.evidence])
            for note in notes
            if note.support == "supported" and note.kind == "written"
        ]

    def view(self, notes: Sequence[Statement | Cited[Any]], quoted: Iterable[int] = ()) -> View:
        """What notes cite and quote, and the quotations with these numbers, with their sentences."""
        source, numbers = self.job.source, sentence_numbers(self.job.source)
        cited = {numbers[span.start] + 1 for note in notes for span in note.evidence}
        quoted = {
            *quoted,
            *quotation_numbers((q for note in notes for q in getattr(note, "quotes", ())), source),
        }
        cited |= quoted_sentences(quoted, source)
        return View(tuple(sorted(cited)), tuple(sorted(quoted)))

    def partial(self) -> dict[str, Any]:
        """The fields of the result that the parts alone have answered."""
        if not self.answers:
            return {}
        values = partial_values([gathered_ask(self.job, self.answers)]) if self.job.gathered else {}
        if "summary" in self.job.reduced and issubclass(self.job.schema, Briefing):
            values["summary"] = Summary(sentences=_notes_in(self.answers))
        return values


def long(job: Job, refused: ContextWindowError | None = None) -> Plan:
    """The plan of a job about a long article, which the model may have `refused` to read at once.

    Raises:
        ProviderError: the article cannot be read; `partial` has what its parts have answered.
    """
    reading = _Reading(job, job.reading_length)
    if refused is None:
        parts = _by_part(job.asks)
        reading.warnings += job.chosen.warnings
    else:
        parts = reading.cut(refused)
    try:
        yield from reading.read(parts)
        answered = [gathered_ask(job, reading.answers)] if job.gathered else []
        gathered = list(_items(answered))
        quoted = quotation_numbers(gathered, job.source)
        shown = reading.view([item for item in gathered if isinstance(item, Cited)], quoted)
        if job.reduced:
            asked, view = yield from reading.reduce(quoted)
            answered += asked
            shown = View(tuple(sorted({*shown.sentences, *view.sentences})), view.quotations)
    except ProviderError as error:
        error.partial = reading.partial() | error.partial
        raise
    outcome = yield from repaired(job, Draft(answered), view=shown)
    headings, warnings = yield from headed(job, outcome.values.get("summary"))
    warnings = [*reading.warnings, *outcome.warnings, *warnings]
    return replace(outcome, warnings=warnings, made=frozenset(job.gathered), headings=headings)


def _items(answered: Iterable[tuple[Ask, Answer]]) -> Iterable[Any]:
    """The items of the lists in these answers."""
    return chain.from_iterable(items for _, answer in answered for items in vars(answer.value).values())


def _by_part(asks: Iterable[Ask]) -> list[list[Ask]]:
    """Asks in a list for each part."""
    return [list(group) for _, group in groupby(asks, key=lambda ask: id(ask.grounding.view))]


def _notes_in(answers: Iterable[tuple[Ask, Answer]]) -> list[Statement]:
    """The notes in these answers that cite something, in the order of the parts."""
    ordered = sorted(
        ((ask, answer) for ask, answer in answers if NOTES in ask.schema.model_fields),
        key=lambda pair: _view_of(pair[0]).sentences[0],
    )
    return [note for _, answer in ordered for note in getattr(answer.value, NOTES) if note.evidence]


def _view_of(ask: Ask) -> View:
    """What an ask about a part shows."""
    assert ask.grounding.view is not None
    return ask.grounding.view


def _spread(notes: Sequence[Statement], count: int) -> list[Statement]:
    """So many of the notes, at equal distances."""
    return [notes[index * len(notes) // count] for index in range(min(count, len(notes)))]
