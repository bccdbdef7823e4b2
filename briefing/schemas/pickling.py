"""Pickling of parametrized generic models: pickle finds a class by its name, and ``Report[int]`` has none."""

from __future__ import annotations

import copyreg
import pickle
from functools import partial
from typing import Any, get_args

from pydantic import BaseModel


def make_picklable(schema: type[BaseModel]) -> None:
    """Register reducers for `schema` and the models in its fields, as far as they are parametrized generics."""
    for place, model in enumerate(models_of(schema)):
        generic = model.__pydantic_generic_metadata__
        if model is not schema and not _is_picklable(generic["args"]):
            copyreg.pickle(model, partial(_reduced_by_place, schema, place))
        elif generic["args"] and model.__reduce__ is object.__reduce__:
            copyreg.pickle(model, reduced)


def _is_picklable(args: tuple[Any, ...]) -> bool:
    """Whether parameters can be found by their names: a validator in an `Annotated` may be a lambda."""
    try:
        pickle.dumps(args)
    except Exception:  # pickle raises many kinds
        return False
    return True


def _reduced_by_place(schema: type[BaseModel], place: int, value: Any) -> tuple[Any, ...]:
    return _new_at, (schema, place), value.__getstate__()


def _new_at(schema: type[BaseModel], place: int) -> Any:
    make_picklable(schema)
    kind: Any = models_of(schema)[place]
    return kind.__new__(kind)


def reduced(value: Any) -> tuple[Any, ...]:
    """Return the reduced form of an instance of a generic model: its class as origin and parameters, and its state."""
    generic = type(value).__pydantic_generic_metadata__
    return _new, (generic["origin"] or type(value), generic["args"]), value.__getstate__()


def _new(origin: Any, args: tuple[Any, ...]) -> Any:
    kind = origin[args] if args else origin
    return kind.__new__(kind)


def models_of(annotation: Any) -> list[type[BaseModel]]:
    """Return the models in a type and in the fields of these models, at any depth, each once."""
    found: dict[type[BaseModel], None] = {}
    waiting = [annotation]
    for one in waiting:
        if isinstance(one, type) and issubclass(one, BaseModel) and one not in found:
            found[one] = None
            waiting += [field.annotation for field in one.model_fields.values()]
        waiting += get_args(one)
    return list(found)
