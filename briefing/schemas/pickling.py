"""Pickling of parametrized generic models: pickle finds a class by its name, and ``Report[int]`` has none."""

from __future__ import annotations

import copyreg
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel


def make_picklable(schema: type[BaseModel]) -> None:
    """Register reducers for `schema` and the models in its fields, as far as they are parametrized generics."""
    for model in models_of(schema):
        generic = model.__pydantic_generic_metadata__
        if generic["args"] and model.__reduce__ is object.__reduce__:
            copyreg.pickle(model, reduced)


def reduced(value: Any) -> tuple[Any, ...]:
    """Return the reduced form of an instance of a generic model: its class as origin and parameters, and its state."""
    generic = type(value).__pydantic_generic_metadata__
    return _new, (generic["origin"] or type(value), generic["args"]), value.__getstate__()


def _new(origin: Any, args: tuple[Any, ...]) -> Any:
    kind = origin[args] if args else origin
    return kind.__new__(kind)


def models_of(schema: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a model and the models in its fields, at any depth, each once."""
    return _models(schema, set())


def _models(annotation: Any, seen: set[type]) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation in seen:
            return
        seen.add(annotation)
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models(field.annotation, seen)
    for inner in get_args(annotation):
        yield from _models(inner, seen)
