"""From an answer with problems to a result: replace, drop, and say so."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from dataclasses import replace as dataclasses_replace
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import regex
from pydantic import BaseModel

from briefing.errors import GroundingError
from briefing.grounding import Problem
from briefing.llm import Answer, Ask
from briefing.pipeline.entity_resolution import tidied
from briefing.schemas import Entity, Quote, Statement, Support
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import read_sentences

_DROPPED = object()
#: Types of what holds nothing else.
_PLAIN = frozenset((str, int, float, bool, type(None), Span))
# A statement that ends as sentences do.
_WHOLE = regex.compile(r"[\p{Sentence_Terminal}…][\p{Pe}\p{Pf}\p{Pi}\"'*]*$")


class Draft:
    """An answer on its way to a result.

    Attributes:
        values: the fields of the answer.
        problems: what is wrong with it.
        warnings: what was done about that.
    """

    def __init__(self, values: dict[str, Any], problems: list[Problem], source: Source) -> None:
        self._source = source
        self.values = values
        present = {id(item) for item in _items(list(values.values()))} if problems else set()
        # Where a field has several types, the ones that were tried in vain have left problems, too.
        self.problems = [problem for problem in problems if id(problem.item) in present]
        self.warnings: list[str] = []
        #: By the old object's id, the old (so that it lives, and no other gets its id) and the new.
        self._replacements: dict[int, tuple[Any, Any]] = {}

    def wrong(self) -> dict[tuple[str, str], list[Problem]]:
        """Problems by field, and by a name for field and type, as a field may hold several types."""
        groups: dict[tuple[str, type], list[Problem]] = {}
        seen: set[int] = set()
        field_of: dict[int, str] = {}
        for name, value in self.values.items():
            for item in _items(value):
                field_of.setdefault(id(item), name)
        for problem in self.problems:
            if id(problem.item) in seen or not problem.worth_asking:
                continue
            seen.add(id(problem.item))
            if name_of := field_of.get(id(problem.item)):
                groups.setdefault((name_of, type(problem.item)), []).append(problem)
        fields = [name for name, _ in groups]
        return {
            (name, name if fields.count(name) == 1 else f"{name}_{kind.__name__.lower()}"): group
            for (name, kind), group in groups.items()
        }

    def replace(self, group: Sequence[Problem], items: Sequence[Any], problems: Sequence[Problem]) -> None:
        """Put corrected items in the place of wrong ones, pair by pair, where they are better."""
        for problem, item in zip(group, items, strict=False):
            # An item may hold others, with problems of their own.
            still = _about(item, problems)
            if any(p.fatal for p in still) or (still and not problem.fatal):
                continue
            self._put(problem.item, item)
            gone = {id(p) for p in _about(problem.item, self.problems)}
            self.problems = [p for p in self.problems if id(p) not in gone] + still
            self.warnings.append(f"repaired: {problem.reason}")

    def settled(self, schema: type[BaseModel]) -> dict[str, Any]:
        """The fields of the result. What points at nothing is dropped, with a warning.

        Raises:
            GroundingError: a field that may not be empty would be.
        """
        known = set(self.warnings)
        for problem in self.problems:
            warning = f"{'dropped' if problem.fatal else 'not backed'}: {problem.reason}"
            if warning not in known:
                known.add(warning)
                self.warnings.append(warning)
            if problem.fatal:
                self._put(problem.item, _DROPPED)
        settled = {}
        for name, value in self.values.items():
            value = self._rebuilt(value)
            if value is _DROPPED:
                if not _allows_none(schema.model_fields[name].annotation):
                    reasons = "; ".join(p.reason for p in self.problems if p.fatal)
                    raise GroundingError(
                        f"{name}: the model pointed at nothing in the article, also when asked again: {reasons}"
                    )
                value = None
            settled[name] = value
        return self._with_bare_speakers(self._with_whole_sentences(settled))

    def _with_whole_sentences(self, values: dict[str, Any]) -> dict[str, Any]:
        """Statements that a limit cut off, cut back to their last whole sentence; unsupported where there is none."""
        before = len(self._replacements)
        statements = [i for value in values.values() for i in _items(value) if isinstance(i, Statement)]
        unfinished = [s for s in statements if not _WHOLE.search(s.text)]
        # Some models end no sentence with a full stop, and some scripts have none.
        if len(unfinished) == len(statements) and not any(
            _WHOLE.search(text) for s in statements for text in _sentences(s.text, self._source.lang)
        ):
            return values
        for statement in unfinished:
            cut = _cut_back(statement, self._source.lang)
            self._put(statement, cut)
            done = "cut back to whole sentences" if cut.text != statement.text else "not backed: has no end"
            self.warnings.append(f"{done}: {statement.text[-80:]!r}")
        return self._again(values, before)

    def _with_bare_speakers(self, values: dict[str, Any]) -> dict[str, Any]:
        """Speakers by their names alone, where a person's name is part of what the model gave."""
        before = len(self._replacements)
        items = [item for value in values.values() for item in _items(value)]
        mentions = [m for e in items if isinstance(e, Entity) and e.type == "person" for m in e.mentions]
        for quote in items:
            where = quote.speaker_span if isinstance(quote, Quote) else None
            if where is None or where in mentions:
                continue
            inside = [m for m in mentions if where.start <= m.start and m.end <= where.end and m != where]
            if inside:
                bare = max(inside, key=lambda m: len(m.text))
                renamed = quote.model_copy(update={"speaker": bare.text, "speaker_span": bare})
                self._put(quote, renamed)
        return self._again(values, before)

    def _again(self, values: dict[str, Any], before: int) -> dict[str, Any]:
        """Rebuilt, if there are more replacements than before."""
        if len(self._replacements) == before:
            return values
        return {name: self._rebuilt(value) for name, value in values.items()}

    def _put(self, old: Any, new: Any) -> None:
        self._replacements.setdefault(id(old), (old, new))

    def _rebuilt(self, value: Any) -> Any:
        if type(value) in _PLAIN:
            return value
        if id(value) in self._replacements:
            return self._replacements[id(value)][1]
        if isinstance(value, list):
            return tidied(
                [new for item in value if (new := self._rebuilt(item)) is not _DROPPED], self._source
            )
        if isinstance(value, tuple):
            rebuilt_items = [new for item in value if (new := self._rebuilt(item)) is not _DROPPED]
            if not hasattr(value, "_fields"):
                return tuple(rebuilt_items)
            return type(value)(*rebuilt_items) if len(rebuilt_items) == len(value) else _DROPPED
        if isinstance(value, dict):
            rebuilt = {key: self._rebuilt(item) for key, item in value.items()}
            return {key: item for key, item in rebuilt.items() if item is not _DROPPED}
        if isinstance(value, BaseModel) or (is_dataclass(value) and not isinstance(value, type)):
            return self._rebuilt_object(value)
        return value

    def _rebuilt_object(self, whole: Any) -> Any:
        """An object with its parts rebuilt; dropped where it cannot be without one."""
        kind: Any = type(whole)
        changed = {}
        for name, annotation in _parts(kind).items():
            old = getattr(whole, name)
            new = self._rebuilt(old)
            if new is _DROPPED:
                if not _allows_none(annotation):
                    return _DROPPED
                new = None
            if not _same(new, old):
                changed[name] = new
        if not changed:
            return whole
        try:
            # Validated again: a list may have become too short.
            if isinstance(whole, BaseModel):
                fields = {name: getattr(whole, name) for name in kind.model_fields}
                return kind.model_validate(fields | changed, by_alias=False, by_name=True)
            return dataclasses_replace(whole, **changed)
        except Exception:  # of pydantic, or of a validator of the schema's own
            return _DROPPED


@lru_cache(maxsize=256)
def _parts(kind: type) -> dict[str, Any]:
    """The fields of a model or dataclass that may hold grounded values, with their annotations."""
    if issubclass(kind, BaseModel):
        annotations = {name: field.annotation for name, field in kind.model_fields.items()}
    else:
        annotations = get_type_hints(kind)
    return {name: annotation for name, annotation in annotations.items() if not _is_plain(annotation)}


def _is_plain(annotation: Any) -> bool:
    """Whether what is annotated so is text, a number or a place of the source, or a list of such."""
    origin = get_origin(annotation)
    if origin is Literal:
        return True
    if origin in (Union, types.UnionType, list, tuple, dict, set, frozenset):
        return all(_is_plain(inner) for inner in get_args(annotation) if inner is not ...)
    return any(annotation is plain for plain in _PLAIN)


def _cut_back(statement: Statement, lang: str) -> Statement:
    *whole, last = _sentences(statement.text, lang)
    if not whole or not _WHOLE.search(whole[-1]):
        missing = [*statement.missing, f"the end of {last[-40:]!r}"]
        return statement.model_copy(update={"support": "unsupported", "missing": missing})
    text = statement.text[: statement.text.rindex(whole[-1]) + len(whole[-1])]
    missing = [item for item in statement.missing if item in text or item not in statement.text]
    support: Support = "unsupported" if missing or not statement.evidence else "supported"
    return statement.model_copy(update={"text": text, "missing": missing, "support": support})


def _sentences(text: str, lang: str) -> list[str]:
    return [span.text for span in read_sentences(text, lang)]


def _about(item: Any, problems: Sequence[Problem]) -> list[Problem]:
    """The problems of an item and of what it holds."""
    held = {id(inner) for inner in _items(item)}
    return [problem for problem in problems if id(problem.item) in held]


def _items(value: Any) -> Iterator[Any]:
    """A value and all that it holds but what is plain: no problem is about that."""
    if type(value) in _PLAIN:
        return
    yield value
    if isinstance(value, list | tuple):
        for item in value:
            yield from _items(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _items(item)
    elif isinstance(value, BaseModel):
        for name in _parts(type(value)):
            yield from _items(getattr(value, name))
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _items(getattr(value, field.name))


def kept(answered: Iterable[tuple[Ask, Answer]]) -> dict[str, Any]:
    """Fields of asks that were answered, where another one failed; what points at nothing is left out."""
    values: dict[str, Any] = {}
    for ask, answer in answered:
        draft = Draft(dict(answer.value), list(ask.grounding.problems), ask.grounding.source)
        with suppress(GroundingError):
            values |= draft.settled(ask.schema)
    return values


def _same(new: Any, old: Any) -> bool:
    """Whether nothing was replaced; lists are always made anew."""
    return new is old or (type(new) is type(old) and isinstance(old, list | tuple | dict) and new == old)


def _allows_none(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation)
