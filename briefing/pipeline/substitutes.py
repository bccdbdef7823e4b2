"""Values of an answer with other values in the place of some of their items, however these are held."""

from __future__ import annotations

import copy
import types
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError

from briefing.core_schemas import structure_validator
from briefing.errors import GroundingError
from briefing.grounding import Finding
from briefing.pipeline.entity_resolution import normalize_list
from briefing.schemas import DEEPEST, OPAQUE, TOO_DEEP, points_nowhere
from briefing.sources import Source
from briefing.spans import Span

#: In the place of an item that is left out.
DROPPED = object()
#: Types of values that contain no grounded items.
_PLAIN = frozenset((str, int, float, bool, type(None), Span, Finding))


@dataclass(frozen=True)
class Several:
    """Items in the place of one."""

    items: list[Any]


@dataclass(frozen=True)
class _Settled:
    """A final value, such as one that a validator has returned; nothing in it is replaced any more."""

    value: Any


class Substitutes:
    """What takes the place of items of an answer.

    Args:
        warnings: gets a line for each value that is dropped because it does not validate or has no span.

    Attributes:
        source: the article.
    """

    def __init__(self, warnings: list[str]) -> None:
        self.source: Source
        self._warnings = warnings
        #: By the old object's id: the old one (referenced, so that no other object gets its id) and the new one.
        self._substitutes: dict[int, tuple[Any, Any]] = {}
        #: By a value's id: the value, and the schema's validators that are to run on what becomes of it.
        self._waiting: dict[int, tuple[Any, list[tuple[Callable[[Any], Any], bool]]]] = {}

    def wait(self, value: Any, validate: Callable[[Any], Any], *, own: bool) -> None:
        """Run a validator, which may be the value's `own`, on what becomes of a value."""
        self._waiting.setdefault(id(value), (value, []))[1].append((validate, own))

    def forget_own(self, value: Any) -> None:
        """Do not run the value's own validators: they have seen what comes in its place."""
        if id(value) in self._waiting:
            validators = self._waiting[id(value)][1]
            validators[:] = [pair for pair in validators if not pair[1]]

    def substitute(self, old: Any, new: Any) -> None:
        """Put one object in another's place; the first one stays."""
        if new is not old:
            self._substitutes.setdefault(id(old), (old, new))

    def settle(self, value: list[Any]) -> None:
        """Rebuild a list now, and not again."""
        new = self.rebuilt(value)
        self._substitutes.setdefault(id(value), (value, _Settled(value) if new is value else new))

    def items_in(self, value: Any) -> Iterator[Any]:
        """A value and everything in it with the substitutes in place, without the dropped ones."""
        return items_in(value, self._substitutes)

    def validated(self, answer: Any, final: Any) -> Any:
        """Run the validators that have waited for `answer` on what has become of it.

        Raises:
            Exception: of a validator.
        """
        for validate, _ in self._waiting.pop(id(answer), (None, []))[1]:
            final = validate(final)
        return final

    def rebuilt(self, value: Any) -> Any:
        """A value with every substitute in its place, its lists normalized and validated; itself where nothing changes."""
        if type(value) in _PLAIN:
            return value
        new = self._rebuilt_unvalidated(value)
        if new is DROPPED or isinstance(new, Several) or id(value) not in self._waiting:
            return new
        try:
            new = self.validated(value, new)
        except Exception as error:  # of a validator of the schema's own
            self._warnings.append(f"dropped: what is left does not validate: {_reasons(error)}")
            new = DROPPED
        self._substitutes[id(value)] = value, new if new is DROPPED else _Settled(new)
        return new

    def _rebuilt_unvalidated(self, value: Any) -> Any:
        if id(value) in self._substitutes:
            new = self._substitutes[id(value)][1]
            if isinstance(new, _Settled):
                return new.value
            # Entities are merged only once.
            return new if isinstance(new, list | Several) else self.rebuilt(new)
        if points_nowhere(value):  # made by a validator: what the library makes so has a problem
            self._warnings.append(f"dropped: a {type(value).__name__} that a validator made without a span")
            return DROPPED
        match _form(type(value)):  # type: ignore[arg-type]  # a class can be hashed
            case "list":
                items = normalize_list(list(self._rebuilt_items(value)), self.source)
                return value if items == value else items
            case "named tuple":
                parts = [self._rebuilt_part(item, kind) for item, kind in _named(value)]
                if any(part is DROPPED for part in parts):
                    return DROPPED
                return value if tuple(parts) == value else type(value)(*parts)
            case "model" | "dataclass":
                return self._rebuilt_object(value)
            case "mapping":
                pairs = [(self.rebuilt_single(key), self.rebuilt_single(held)) for key, held in value.items()]
                kept = {k: v for k, v in pairs if k is not DROPPED and v is not DROPPED}
                return value if kept == value else _with_items(value, kept)
            case "collection":
                items = list(self._rebuilt_items(value))
                return value if items == list(value) else _with_items(value, items)
        return value

    def _rebuilt_part(self, value: Any, annotation: Any) -> Any:
        """As `rebuilt_single`; `None` for what is dropped, where that is allowed."""
        new = self.rebuilt_single(value)
        return None if new is DROPPED and allows_none(annotation) else new

    def _rebuilt_items(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            new = self.rebuilt(item)
            if isinstance(new, Several):
                yield from new.items
            elif new is not DROPPED:
                yield new

    def rebuilt_single(self, value: Any) -> Any:
        """As `rebuilt`, where there is room for one value."""
        new = self.rebuilt(value)
        if isinstance(new, Several):
            return new.items[0] if new.items else DROPPED
        return new

    def _rebuilt_object(self, whole: Any) -> Any:
        """An object with its parts rebuilt; `DROPPED` where it is invalid without one."""
        kind: Any = type(whole)
        changed = {}
        for name, annotation in _parts(kind).items():
            old = getattr(whole, name)
            new = self._rebuilt_part(old, annotation)
            if new is DROPPED:
                return DROPPED
            if new is not old:
                changed[name] = new
        if not changed:
            return whole
        try:
            # A list may have become too short.
            checked = {
                name: structure_validator(kind, name).validate_python(new) for name, new in changed.items()
            }
        except ValidationError:
            return DROPPED
        if isinstance(whole, BaseModel):
            return whole.model_copy(update=checked)
        rebuilt = copy.copy(whole)
        for name, new in checked.items():
            object.__setattr__(rebuilt, name, new)
        return rebuilt


def items_in(value: Any, substitutes: Mapping[int, tuple[Any, Any]] = MappingProxyType({})) -> Iterator[Any]:
    """A value and everything in it, except plain values: no problem is about those."""
    return (item for _, item in named_items(value, "", substitutes))


def named_items(
    value: Any, name: str, substitutes: Mapping[int, tuple[Any, Any]] = MappingProxyType({})
) -> Iterator[tuple[str, Any]]:
    """As `items_in`, each with the name of the field or key that it stands in; `name` is that of the value.

    Raises:
        GroundingError: a validator has made values that are nested too deeply, or without an end.
    """
    waiting = [(name, value, substitutes, 0)]
    while waiting:
        name, value, substitutes, depth = waiting.pop()
        if depth > DEEPEST:
            raise GroundingError(f"the answer cannot be checked: {TOO_DEEP}")
        while id(value) in substitutes:
            value = substitutes[id(value)][1]
        if isinstance(value, _Settled):
            value, substitutes = value.value, {}
        if type(value) in _PLAIN or value is DROPPED:
            continue
        yield name, value
        held = [
            (step, part, substitutes, depth + 1)
            for step, part in _held(value, name)
            if type(part) not in _PLAIN
        ]
        waiting += reversed(held)


def _held(value: Any, name: str) -> Iterable[tuple[str, Any]]:
    """The parts of a value, each with the name of its field or key; items of a collection have that of the value."""
    kind: Any = type(value)
    match _form(kind):
        case "model":
            return [(part, getattr(value, part)) for part in _parts(kind)]
        case "dataclass":
            return [(field.name, getattr(value, field.name)) for field in fields(value)]
        case "mapping":
            return [(str(key), part) for key, held in value.items() for part in (key, held)]
        case "single":
            return ()
    return [(name, part) for part in value]


@lru_cache(maxsize=1024)
def _form(
    kind: type,
) -> Literal["list", "named tuple", "model", "dataclass", "mapping", "collection", "single"]:
    """How values of a type hold others."""
    if issubclass(kind, OPAQUE):  # a flag (`enum.Flag`) is a collection of itself
        return "single"
    if issubclass(kind, list):
        return "list"
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return "named tuple"
    if issubclass(kind, BaseModel):
        return "model"
    if is_dataclass(kind):
        return "dataclass"
    if issubclass(kind, Mapping):
        return "mapping"
    return "collection" if issubclass(kind, Collection) else "single"


@lru_cache(maxsize=256)
def _parts(kind: type) -> dict[str, Any]:
    """The fields of a model or dataclass that may hold grounded values, with their annotations."""
    if issubclass(kind, BaseModel):
        annotations = {name: field.annotation for name, field in kind.model_fields.items()}
    else:
        annotations = get_type_hints(kind)
    return {name: annotation for name, annotation in annotations.items() if not _is_plain(annotation)}


def _is_plain(annotation: Any) -> bool:
    """Whether an annotation is of text, numbers or spans, or of containers of these."""
    origin = get_origin(annotation)
    if origin is Literal:
        return True
    if origin in (Union, types.UnionType, list, tuple, dict, set, frozenset):
        return all(_is_plain(inner) for inner in get_args(annotation) if inner is not ...)
    return any(annotation is plain for plain in _PLAIN)


def _reasons(error: Exception) -> str:
    """What a validator says is wrong."""
    if isinstance(error, ValidationError):
        return "; ".join(wrong["msg"] for wrong in error.errors(include_input=False))
    return (
        str(error) if isinstance(error, ValueError | AssertionError) else f"{type(error).__name__}: {error}"
    )


def _named(value: tuple[Any, ...]) -> Iterator[tuple[Any, Any]]:
    """The items of a named tuple with their annotations."""
    annotations = get_type_hints(type(value))
    return ((item, annotations.get(name)) for item, name in zip(value, type(value)._fields, strict=True))  # type: ignore[attr-defined]


def _with_items(old: Collection[Any], items: Any) -> Any:
    """A collection of the kind of `old` that holds these items."""
    if isinstance(old, deque):
        return deque(items, old.maxlen)
    if type(old) in (dict, tuple, set, frozenset):
        return type(old)(items)  # type: ignore[call-arg]
    if isinstance(old, dict):  # a defaultdict keeps its factory
        new = copy.copy(old)
        new.clear()
        new.update(items)
        return new
    # Of a kind that is not known: if something in it is dropped, the last check of the result refuses it.
    return old


def allows_none(annotation: Any) -> bool:
    """Whether `None` is a value of an annotation."""
    return get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation)
