"""`Draft`: the answers' values, repaired and normalized, with a warning for everything that was changed or dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import regex

from briefing.errors import GroundingError
from briefing.grounding import LEAST_SCORE, Finding, Problem, finding_in, score_statement
from briefing.llm import Answer, Ask
from briefing.pipeline.entity_resolution import common_kind
from briefing.pipeline.judging import Claim, Stated, claim_of, is_stated, with_findings, with_problem
from briefing.pipeline.style import OnUnsupported
from briefing.pipeline.substitutes import DROPPED, Several, Substitutes, allows_none, items_in, named_items
from briefing.schemas import (
    Entity,
    HeadlineText,
    Quote,
    Statement,
    Support,
    points_nowhere,
    wire_fields,
)
from briefing.text import read_sentences

#: Most items of a field that are asked for again: the repair of more is a second answer.
_MOST_REPAIRED = 50
#: Most items that warnings name; the others are counted.
_MOST_WARNINGS = 50
# The end of a statement that is not cut off, searched for from there.
_WHOLE = regex.compile(r"(?r)[\p{Sentence_Terminal}…][\p{Pe}\p{Pf}\p{Pi}\"'*]*$")


class Draft:
    """The answers of a plan's first asks, from their repair to the fields of the result.

    Args:
        answered: each ask with its answer; their fields are put together.

    Attributes:
        problems: what the source does not back and no repair has replaced.
        warnings: what was repaired, dropped or left unbacked, for `Meta.warnings`.
    """

    def __init__(self, answered: Iterable[tuple[Ask, Answer]]) -> None:
        self._asked: dict[str, tuple[Ask, Answer]] = {}
        self._values: dict[str, Any] = {}
        self._field_of: dict[int, str] = {}
        self.problems: list[Problem] = []
        self.warnings: list[str] = []
        self._substitutes = Substitutes(self.warnings)
        for ask, answer in answered:
            for name in wire_fields(ask.schema):
                self._asked[name] = ask, answer
                self._values[name] = getattr(answer.value, name)
            self.problems += ask.grounding.problems
            for value, validate, own in ask.grounding.waiting:
                self._substitutes.wait(value, validate, own=own)
            self._source = self._substitutes.source = ask.grounding.source
        if self.problems:
            self._index_fields()
            items = [item for value in self._values.values() for item in items_in(value)]
            # Where a field has several types, the ones that were tried in vain have left problems, too.
            self.problems = [problem for p in self.problems if (problem := self._located(p, items))]
        #: By field: the statements that were left out, and why.
        self._removed: dict[str, list[str]] = {}

    def _index_fields(self) -> None:
        """Note which field each item is in."""
        for name, value in self._values.items():
            for item in items_in(value):
                self._field_of.setdefault(id(item), name)

    def _located(self, problem: Problem, items: Sequence[Any]) -> Problem | None:
        """Return a problem about an item of the answer; a validator may have put a copy in the item's place."""
        if id(problem.item) in self._field_of:
            return problem
        copied = (
            i for i in items if type(i) is type(problem.item) and points_nowhere(i) and i == problem.item
        )
        return replace(problem, item=found) if (found := next(copied, None)) is not None else None

    def claims(self) -> list[tuple[Stated, Claim]]:
        """Return what the model wrote that can be judged, and what is asked about it: headline, statements, values."""
        self._index_fields()
        named = [pair for name, value in self._values.items() for pair in named_items(value, name)]
        stated = {
            id(item): (item, claim_of(item, name, self._source)) for name, item in named if is_stated(item)
        }
        return list(stated.values())

    def mark(self, item: Stated, judged: Sequence[Finding]) -> None:
        """Add a judge's findings to an item of `claims`; a repair may solve them."""
        marked, wire = with_findings(item, judged, self._source)
        self._substitutes.substitute(item, marked)
        self._field_of[id(marked)] = self._field_of[id(item)]
        self.problems = with_problem(self.problems, item, marked, wire, judged)

    def to_repair(self) -> list[tuple[Ask, Answer, dict[str, list[Problem]]]]:
        """Problems to ask about again: each ask that has some, its answer, and a list for each field and type.

        A list has at most `_MOST_REPAIRED` problems. It is named after its field, or after field and type, as a field may hold several types.
        """
        groups: dict[tuple[str, type], dict[int, Problem]] = {}
        for problem in self.problems:
            if problem.worth_asking and id(problem.item) in self._field_of:
                group = groups.setdefault((self._field_of[id(problem.item)], type(problem.item)), {})
                group.setdefault(id(problem.item), problem)
        fields = [field for field, _ in groups]
        by_ask: dict[int, tuple[Ask, Answer, dict[str, list[Problem]]]] = {}
        for (field, kind), group in groups.items():
            ask, answer = self._asked[field]
            name = field if fields.count(field) == 1 else f"{field}_{kind.__name__.lower()}"
            wrong = list(group.values())[:_MOST_REPAIRED]
            by_ask.setdefault(id(ask), (ask, answer, {}))[2][name] = wrong
        return list(by_ask.values())

    def repair(self, group: Sequence[Problem], items: Sequence[Any], problems: Sequence[Problem]) -> None:
        """Replace wrong items by corrected ones, pair by pair, where these have fewer problems.

        Args:
            group: one problem for each wrong item.
            items: the corrections, in the same order; there may be fewer or more.
            problems: those of the corrections.
        """
        for problem, item in zip(group, items, strict=False):
            # An item may hold others, with problems of their own.
            remaining = _about(item, problems)
            if any(p.fatal for p in remaining) or (remaining and not problem.fatal):
                continue
            self._substitutes.substitute(problem.item, item)
            if not remaining:
                self._substitutes.forget_own(problem.item)
            solved = {id(p) for p in _about(problem.item, self.problems)}
            self.problems = [p for p in self.problems if id(p) not in solved] + remaining
            self.warnings.append(f"repaired: {problem.reason}")

    def final_values(self, on_unsupported: OnUnsupported = "mark", *, scored: bool = False) -> dict[str, Any]:
        """Return the fields of the result: repaired, without items that point at nothing, and normalized.

        Statements that a limit cut off end with their last whole sentence, repeated items are left out, entities with
        several names are merged, and speakers are named as the person entities are.

        Args:
            on_unsupported: whether statements with an error or a low score stay, are replaced by their evidence, or are left out.
            scored: whether written statements get a score.

        Raises:
            GroundingError: a field that must not be empty would be.
        """
        told: dict[str, None] = {}
        for problem in self.problems:
            told.setdefault(f"{'dropped' if problem.fatal else 'not backed'}: {problem.reason}")
            if problem.fatal:
                self._substitutes.substitute(problem.item, DROPPED)
        new = [warning for warning in told if warning not in self.warnings]
        self.warnings += new[:_MOST_WARNINGS]
        if len(new) > _MOST_WARNINGS:
            self.warnings.append(f"dropped or not backed: {len(new) - _MOST_WARNINGS} more items")
        items = list(self._current_items())
        changed = self._truncate_statements(items)
        if scored:
            self._score_statements()
        if on_unsupported != "mark":
            self._remove_unsupported(replace=on_unsupported == "replace")
        if changed or scored or on_unsupported != "mark":
            items = list(self._current_items())
        self._shorten_speakers(items)
        return {name: self._final_value(name, value) for name, value in self._values.items()}

    def _final_value(self, name: str, value: Any) -> Any:
        value = self._substitutes.rebuilt_single(value)
        if value is not DROPPED:
            return self._limited(name, value)
        if allows_none(self._asked[name][0].schema.model_fields[name].annotation):
            return None
        fatal = (p for p in self.problems if p.fatal and self._field_of[id(p.item)] == name)
        if reasons := "; ".join(p.reason for p in fatal):
            reasons = f"the model pointed at nothing in the article, also when asked again: {reasons}"
        rejected = (w for w in self.warnings if w.startswith("dropped: what is left does not validate"))
        left_out = "; ".join((*self._removed.get(name, ()), *rejected))
        raise GroundingError(
            f"{name}: {'; '.join(filter(None, (reasons, left_out)))}; the field cannot be empty"
        )

    def _limited(self, name: str, value: Any) -> Any:
        """A list without the items beyond the `maxItems` of its field, which is no limit of pydantic's."""
        extra = self._asked[name][0].schema.model_fields[name].json_schema_extra
        most = extra.get("maxItems") if isinstance(extra, dict) else None
        if not isinstance(most, int) or not isinstance(value, list) or len(value) <= most:
            return value
        self.warnings.append(f"left out: {len(value) - most} items of {name}, beyond {most}")
        return value[:most]

    def _truncate_statements(self, items: Sequence[Any]) -> bool:
        """Truncate unfinished statements to their last whole sentence; without one they are unsupported. Returns whether there are any."""
        lang = self._source.lang
        statements = [item for item in items if isinstance(item, Statement) and item.kind == "written"]
        unfinished = [s for s in statements if not _WHOLE.search(s.text)]
        # Some models end no sentence with a full stop, and some scripts have none.
        if len(unfinished) == len(statements) and not any(
            _WHOLE.search(text) for s in statements for text in _sentences(s.text, lang)
        ):
            return False
        warnings: dict[str, str] = {}
        for statement in unfinished:
            truncated = _truncated(statement, lang)
            self._substitutes.substitute(statement, truncated)
            done = (
                "cut back to whole sentences"
                if truncated.text != statement.text
                else "not backed: breaks off"
            )
            warnings[statement.text] = f"{done}: {statement.text[-80:]!r}"
        self.warnings += warnings.values()
        return bool(unfinished)

    def _score_statements(self) -> None:
        """Give written statements their score, and those with a low one a note."""
        for item in list(self._current_items()):
            if isinstance(item, Statement) and item.kind == "written":
                score = score_statement(item.text, item.evidence, self._source)
                update: dict[str, Any] = {"score": score}
                if score < LEAST_SCORE:
                    reason = f"it has a score of {score:.2f}, below {LEAST_SCORE}, and may not be true"
                    note = finding_in(item.text, "score", item.text, reason, severity="note")
                    update["findings"] = [*item.findings, note]
                self._substitutes.substitute(item, item.model_copy(update=update))

    def _remove_unsupported(self, *, replace: bool) -> None:
        """Put the evidence of statements that have an error or a low score in their place, or leave them out."""
        for name, value in self._values.items():
            for item in list(self._substitutes.items_in(value)):
                if not isinstance(item, Statement) or not (reasons := _reasons_against(item)):
                    continue
                evidence = item.evidence if replace else []
                self._substitutes.substitute(
                    item, Several([type(item).extracted(sentence, self._source) for sentence in evidence])
                )
                done = "cut from the article, in place of" if evidence else "left out"
                self.warnings.append(f"{done}: {item.text!r}: not backed: {reasons}")
                if not evidence:
                    self._removed.setdefault(name, []).append(self.warnings[-1])

    def _shorten_speakers(self, items: Sequence[Any]) -> None:
        """Name the speakers of quotes by a person's name alone, where it is a part of what the model gave."""
        for value in items:
            if isinstance(value, list) and common_kind(value) is Entity:
                self._substitutes.settle(value)
        quotes = [item for item in items if isinstance(item, Quote) and item.speaker_span is not None]
        people = (i for i in self._current_items() if isinstance(i, Entity) and i.type == "person")
        mentions = [mention for person in people for mention in person.mentions] if quotes else []
        for quote in quotes:
            span = quote.speaker_span
            # Spans are compared by all their fields, which takes long.
            if span is None or any(m.start == span.start and m == span for m in mentions):
                continue
            inside = [m for m in mentions if span.start <= m.start and m.end <= span.end]
            if inside:
                name = max(inside, key=lambda mention: len(mention.text))
                renamed = quote.model_copy(update={"speaker": name.text, "speaker_span": name})
                self._substitutes.substitute(quote, renamed)

    def _current_items(self) -> Iterator[Any]:
        """All items with their substitutes in place, without the dropped ones."""
        return (item for value in self._values.values() for item in self._substitutes.items_in(value))

    def validated(self, answer: Any, final: Any) -> Any:
        """Run the validators that have waited for `answer` on what has become of it.

        Raises:
            Exception: of a validator.
        """
        return self._substitutes.validated(answer, final)


def is_finished(statement: Statement) -> bool:
    """Return whether a statement stays as it is: it is the article's, or ends with a whole sentence."""
    return statement.kind != "written" or _WHOLE.search(statement.text) is not None


def _truncated(statement: Statement, lang: str) -> Statement:
    """A statement without its unfinished last sentence; marked as unsupported if that is the only one."""
    *whole, last = _sentences(statement.text, lang)
    if not whole or not _WHOLE.search(whole[-1]):
        end = f"the end of {last[-40:]!r}"
        finding = finding_in(statement.text, "truncation", last, "the sentence breaks off")
        update = {"missing": [*statement.missing, end], "findings": [*statement.findings, finding]}
        return statement.model_copy(update={"support": "unsupported", **update})
    text = statement.text[: statement.text.rindex(whole[-1]) + len(whole[-1])]
    missing = [item for item in statement.missing if item in text or item not in statement.text]
    findings = [f for f in statement.findings if f.end <= len(text) or f.text not in statement.text]
    quotes = [quote for quote in statement.quotes if all(span.text in text for span in quote.spans)]
    support: Support = "unsupported" if missing or not statement.evidence else "supported"
    update = {"text": text, "missing": missing, "support": support, "findings": findings, "quotes": quotes}
    return statement.model_copy(update=update)


def _reasons_against(statement: Statement) -> str:
    """Why a statement does not stay where errors do not; empty if it does."""
    if statement.support == "unsupported":
        return ", ".join(statement.missing) or "unsupported"
    return "".join(finding.message for finding in statement.findings if finding.kind == "score")


def _sentences(text: str, lang: str) -> list[str]:
    return [span.text for span in read_sentences(text, lang)]


def _about(item: Any, problems: Sequence[Problem]) -> list[Problem]:
    """The problems of an item and of the items in it."""
    held = {id(inner) for inner in items_in(item)}
    return [problem for problem in problems if id(problem.item) in held]


def partial_values(answered: Iterable[tuple[Ask, Answer]]) -> dict[str, Any]:
    """Fields of the asks that were answered where another ask failed, without items that point at nothing."""
    values: dict[str, Any] = {}
    for ask, answer in answered:
        with suppress(GroundingError):
            values |= Draft([(ask, answer)]).final_values()
    return {name: str(v) if isinstance(v, HeadlineText) else v for name, v in values.items()}
