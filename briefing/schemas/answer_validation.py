"""The validator of a model's answer: as pydantic's, but what the source does not back never reaches the author's functions.

A validator of the schema's author behind a grounded type would see an item that points at nothing, and could copy its name
or put it elsewhere. Where something in its value has a problem, it waits in the `Grounding` until the item is corrected or
left out, and then runs on what is left: once, as it does on an answer without problems.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import SchemaValidator

from briefing.core_schemas import (
    Node,
    authors_function,
    compiled,
    core_schema_of,
    model_node,
    nodes_of,
    with_model_fields,
)
from briefing.grounding import Grounding
from briefing.schemas.base import Grounded
from briefing.schemas.briefing import wire_fields
from briefing.schemas.promises import points_nowhere
from briefing.schemas.verification import parts_of

_NOT_ASKED: Node = {"type": "default", "schema": {"type": "any"}, "default": None}


@lru_cache(maxsize=256)
def answer_validator(schema: type[BaseModel]) -> SchemaValidator:
    """Return the validator of answers to asks for a schema; the context is the ask's `Grounding`.

    Fields that the library fills are ignored where a model writes them all the same. Numbers are finite, as JSON has no others.
    """
    core = core_schema_of(schema)
    ours = schema.model_fields.keys() - wire_fields(schema)
    asked = with_model_fields(
        core, lambda fields: {n: f | {"schema": _NOT_ASKED} if n in ours else f for n, f in fields.items()}
    )
    pointing = _pointing(core)

    def change(node: Node) -> Node:
        if node["type"] in ("float", "decimal"):
            return node | {"allow_inf_nan": False}
        function, after = authors_function(node), node.get("post_init")
        if not (function or after) or not _points(node, pointing):
            return node
        if after:
            return node if node.get("custom_init") else _initialized_later(node)
        if node["type"] == "function-after":
            return node | {"function": _with_info(_later(_caller(node), own=_is_own(node)))}
        if node["type"] == "function-wrap":
            return node | {"function": _with_info(_around(_caller(node)))}
        return node

    return compiled(asked, asked, change)


def with_fields_of(schema: type[BaseModel], value: Any) -> Any:
    """Return what the validators of a schema have returned, if it has the schema's fields.

    Raises:
        TypeError: it does not, as if the author has forgotten to return it.
    """
    if not isinstance(value, BaseModel) or not all(hasattr(value, name) for name in schema.model_fields):
        raise TypeError(
            f"a validator of {schema.__name__} returned {type(value).__name__}; it must return self, or another {schema.__name__}"
        )
    return value


def _pointing(core: Node) -> set[str]:
    """Return the references to definitions that hold grounded types."""
    definitions = core["definitions"] if core["type"] == "definitions" else []
    found: set[str] = set()
    while more := {d["ref"] for d in definitions if d["ref"] not in found and _points(d, found)}:
        found |= more
    return found


def _points(node: Node, references: set[str]) -> bool:
    """Whether a node holds a grounded type."""
    return any(
        (part["type"] == "model" and issubclass(part["cls"], Grounded))
        or (part["type"] == "definition-ref" and part["schema_ref"] in references)
        for part in nodes_of(node)
    )


def _with_info(function: Callable[..., Any]) -> Node:
    return {"type": "with-info", "function": function}


def _caller(node: Node) -> Callable[..., Any]:
    """Return the function of a node as one that takes the `ValidationInfo` last."""
    function, kind = node["function"]["function"], node["function"]["type"]
    return function if kind == "with-info" else lambda *args: function(*args[:-1])


def _is_own(node: Node) -> bool:
    """Whether a function is a validator of a grounded type itself, and not of a field that holds one."""
    kind = model_node(node)
    return (
        kind["type"] == "model"
        and issubclass(kind["cls"], Grounded)
        and any(
            own.func == node["function"]["function"]
            for own in kind["cls"].__pydantic_decorators__.model_validators.values()
        )
    )


def _later(call: Callable[[Any, Any], Any], *, own: bool = False) -> Callable[[Any, Any], Any]:
    def run(value: Any, info: Any) -> Any:
        grounding = info.context
        if isinstance(grounding, Grounding) and _is_doubtful(value, grounding):
            grounding.waiting.append((value, lambda final: call(final, info), own))
            return value
        return call(value, info)

    return run


def _around(call: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """A function around validation cannot wait: the model is asked again."""

    def run(value: Any, handler: Any, info: Any) -> Any:
        def inner(given: Any, *location: Any) -> Any:
            validated = handler(given, *location)
            grounding = info.context
            if isinstance(grounding, Grounding) and (reason := _fatal(validated, grounding)):
                raise ValueError(reason)
            return validated

        return call(value, inner, info)

    return run


def _initialized_later(node: Node) -> Node:
    name = node["post_init"]

    def initialize(value: Any, info: Any) -> Any:
        if name is True:
            value.__post_init__()
        else:
            getattr(value, name)(info.context)
        return value

    bare = {key: held for key, held in node.items() if key not in ("post_init", "ref")}
    after: Node = {"type": "function-after", "function": _with_info(_later(initialize)), "schema": bare}
    return after | ({"ref": node["ref"]} if "ref" in node else {})


def _is_doubtful(value: Any, grounding: Grounding) -> bool:
    """Whether something in a value has a problem."""
    if not grounding.problems:
        return False
    wrong = {id(problem.item) for problem in grounding.problems}
    return any(id(part) in wrong or points_nowhere(part) for _, part in parts_of(value))


def _fatal(value: Any, grounding: Grounding) -> str | None:
    """Return why something in a value must not be in the result, if so."""
    reasons = {id(p.item): p.reason for p in grounding.problems if p.fatal}
    return (
        next((reasons[id(part)] for _, part in parts_of(value) if id(part) in reasons), None)
        if reasons
        else None
    )
