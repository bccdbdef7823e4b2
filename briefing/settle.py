"""From an answer with problems to a result: replace, drop, merge, and say so."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from dataclasses import replace as dataclasses_replace
from typing import Any, Union, get_args, get_origin, get_type_hints

import regex
from pydantic import BaseModel, ValidationError

from briefing.errors import GroundingError
from briefing.grounded import Entity, Quote, Statement
from briefing.grounding import Problem
from briefing.mentions import find_mentions
from briefing.source import Source
from briefing.spans import Span

_DROPPED = object()
# "Anna Weber" is not a mention of Tom Weber: a capitalised word before the name makes it another's,
# unless it is a title.
_OTHER_FIRST_NAME = regex.compile(
    r"(?<!\p{L})(?!(?:Mr|Mrs|Ms|Dr|Prof|Herr|Frau|Sr|Sra|Mme)\b)\p{Lu}[\p{L}'’-]*\.?\s$"
)


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
        self._replacements: list[tuple[Any, Any]] = []

    def wrong(self) -> dict[tuple[str, str], list[Problem]]:
        """Problems by field, and by a name for field and type, as a field may hold several types."""
        groups: dict[tuple[str, type], list[Problem]] = {}
        seen: set[int] = set()
        for problem in self.problems:
            if id(problem.item) in seen or not problem.worth_asking:
                continue
            seen.add(id(problem.item))
            for name, value in self.values.items():
                if any(item is problem.item for item in _items(value)):
                    groups.setdefault((name, type(problem.item)), []).append(problem)
                    break
        fields = [name for name, _ in groups]
        return {
            (name, name if fields.count(name) == 1 else f"{name}_{kind.__name__.lower()}"): group
            for (name, kind), group in groups.items()
        }

    def replace(self, group: Sequence[Problem], items: Sequence[Any], problems: Sequence[Problem]) -> None:
        """Put corrected items in the place of wrong ones, pair by pair, where they are better."""
        for problem, item in zip(group, items, strict=False):
            still = [p for p in problems if p.item is item]
            if any(p.fatal for p in still) or (still and not problem.fatal):
                continue
            self._replacements.append((problem.item, item))
            self.problems = [p for p in self.problems if p.item is not problem.item] + still
            self.warnings.append(f"repaired: {problem.reason}")

    def settled(self, schema: type[BaseModel]) -> dict[str, Any]:
        """The fields of the result. What points at nothing is dropped, with a warning.

        Raises:
            GroundingError: a field that may not be empty would be.
        """
        for problem in self.problems:
            warning = f"{'dropped' if problem.fatal else 'not backed'}: {problem.reason}"
            if warning not in self.warnings:
                self.warnings.append(warning)
            if problem.fatal:
                self._replacements.append((problem.item, _DROPPED))
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
        return self._with_bare_speakers(settled)

    def _with_bare_speakers(self, values: dict[str, Any]) -> dict[str, Any]:
        """Speakers by their names alone, where a person's name is part of what the model gave."""
        items = [item for value in values.values() for item in _items(value)]
        mentions = [m for e in items if isinstance(e, Entity) and e.type == "person" for m in e.mentions]
        for quote in items:
            where = quote.speaker_span if isinstance(quote, Quote) else None
            if where is None:
                continue
            inside = [m for m in mentions if where.start <= m.start and m.end <= where.end and m != where]
            if inside:
                bare = max(inside, key=lambda m: len(m.text))
                renamed = quote.model_copy(update={"speaker": bare.text, "speaker_span": bare})
                self._replacements.append((quote, renamed))
        return {name: self._rebuilt(value) for name, value in values.items()}

    def _rebuilt(self, value: Any) -> Any:
        for old, new in self._replacements:
            if value is old:
                return new
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
        if isinstance(value, BaseModel) and not isinstance(value, Span):
            return self._rebuilt_object(value, {n: f.annotation for n, f in type(value).model_fields.items()})
        if is_dataclass(value) and not isinstance(value, type):
            return self._rebuilt_object(value, get_type_hints(type(value)))
        return value

    def _rebuilt_object(self, whole: Any, annotations: dict[str, Any]) -> Any:
        """An object with its parts rebuilt; dropped where it cannot be without one."""
        old = {name: getattr(whole, name) for name in annotations}
        new = {name: self._rebuilt(value) for name, value in old.items()}
        for name, value in new.items():
            if value is _DROPPED:
                if not _allows_none(annotations[name]):
                    return _DROPPED
                new[name] = None
        changed = {name: value for name, value in new.items() if not _same(value, old[name])}
        if not changed:
            return whole
        try:
            # Validated again: a list may have become too short.
            if isinstance(whole, BaseModel):
                return type(whole).model_validate(new, by_name=True)
            return dataclasses_replace(whole, **changed)
        except ValidationError:
            return _DROPPED


def tidied(items: list[Any], source: Source) -> list[Any]:
    """A list with quotes and statements once each, and entities once each under one name."""
    if items and all(isinstance(item, Quote) for item in items):
        first: dict[Any, Quote] = {}
        for quote in items:
            first.setdefault(tuple((span.start, span.end) for span in quote.spans), quote)
        return list(first.values())
    if items and all(isinstance(item, Statement) for item in items):
        return list({item.text: item for item in reversed(items)}.values())[::-1]
    if items and all(isinstance(item, Entity) for item in items):
        return merged(items, source)
    return items


def merged(entities: list[Entity], source: Source) -> list[Entity]:
    """One entity per thing: the same name once, and a surname alone under the one full name that has it."""
    by_name: dict[str, Entity] = {}
    for entity in entities:
        by_name.setdefault(entity.name.casefold(), entity)
    kept = list(by_name.values())
    result = []
    for entity in kept:
        if len(_wholes(entity, kept)) == 1:
            continue
        role = entity.role or next((e.role for e in kept if e.role and _wholes(e, kept) == [entity]), None)
        result.append(entity.model_copy(update={"role": role} | _surname_mentions(entity, kept, source)))
    return result


def _wholes(part: Entity, entities: list[Entity]) -> list[Entity]:
    """Persons whose full name ends with the name of this one."""
    short = part.name.split()
    longer = (e for e in entities if e.type == part.type == "person" and len(e.name.split()) > len(short))
    return [e for e in longer if e.name.split()[-len(short) :] == short]


def _surname_mentions(entity: Entity, entities: list[Entity], source: Source) -> dict[str, Any]:
    """Mentions that give only the last name, where it can be no one else's."""
    *first, last = entity.name.split()
    shared = any(last in e.name.split() for e in entities if e.name.split() != [last] and e is not entity)
    if entity.type != "person" or not first or len(last) < 2 or last[0].islower() or shared:
        return {}
    mentions = list(entity.mentions)
    for mention in find_mentions(source.text, last, source.lang):
        inside = any(m.start <= mention.start < m.end for m in entity.mentions)
        if not inside and not _OTHER_FIRST_NAME.search(
            source.text, max(0, mention.start - 40), mention.start
        ):
            mentions.append(mention)
    mentions.sort(key=lambda span: span.start)
    return {"mentions": mentions, "aliases": sorted({m.text for m in mentions} - {entity.name})}


def _items(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, list | tuple):
        for item in value:
            yield from _items(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _items(item)
    elif isinstance(value, BaseModel) and not isinstance(value, Span):
        for name in type(value).model_fields:
            yield from _items(getattr(value, name))
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _items(getattr(value, field.name))


def _same(new: Any, old: Any) -> bool:
    """Whether nothing was replaced; lists are always made anew."""
    return new is old or (type(new) is type(old) and isinstance(old, list | tuple | dict) and new == old)


def _allows_none(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation)
