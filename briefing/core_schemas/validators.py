"""Validators for values that a schema's own functions have seen already.

pydantic runs the validators of a schema whenever an instance is made. One that divides by 100 must not run again when a
result is put together or read from a journal. The validators here are made from pydantic's core schema of a model, without
the functions that the schema's author wrote; types, lengths and the models themselves stay.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from operator import attrgetter
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, TypeAdapter
from pydantic_core import SchemaValidator

Node = dict[str, Any]
T = TypeVar("T", bound=BaseModel)

#: Keys of a node whose values are no nodes.
_NO_NODES = frozenset(
    ("metadata", "serialization", "config", "default", "expected", "function", "cls", "custom_error_context")
)
#: Packages whose functions belong to their types: a second run changes nothing.
_LIBRARIES = ("pydantic", "pydantic_core", "pydantic_extra_types", "briefing")
#: Limits of a scalar node. A function behind it may return what is beyond them.
_LIMITS = frozenset(
    (
        "gt",
        "ge",
        "lt",
        "le",
        "multiple_of",
        "max_digits",
        "decimal_places",
        "pattern",
        "min_length",
        "max_length",
    )
)


_STRICT: list[Node] = [{"type": kind, "strict": True} for kind in ("str", "int", "float", "bool")]
#: What a function may have made of a model, besides a model: never an object that looks like one.
_SCALARS: list[Node] = [
    *_STRICT,
    {"type": "none"},
    {"type": "list", "items_schema": {"type": "union", "choices": _STRICT}},
]


def core_schema_of(kind: Any) -> Node:
    """Return the core schema of a model, a dataclass or any other annotation."""
    schema: Node = getattr(kind, "__pydantic_core_schema__", None) if isinstance(kind, type) else None  # type: ignore[assignment]
    return schema if isinstance(schema, dict) else dict(TypeAdapter(kind).core_schema)


def rewritten(schema: Any, change: Callable[[Node], Node]) -> Any:
    """Return a copy of a core schema in which `change` was applied to every node, innermost first."""
    if isinstance(schema, list | tuple):
        return type(schema)(rewritten(part, change) for part in schema)
    if not isinstance(schema, dict):
        return schema
    copied = {k: v if k in _NO_NODES and is_node(schema) else rewritten(v, change) for k, v in schema.items()}
    return change(copied) if is_node(schema) else copied


def is_node(part: Any) -> bool:
    """Whether a part of a core schema is a node, and not a dict of nodes by name."""
    return isinstance(part, dict) and isinstance(part.get("type"), str)


def nodes_of(node: Node) -> Iterator[Node]:
    """Yield a node of a core schema and all nodes in it."""
    yield node
    for inner in inner_nodes(node):
        yield from nodes_of(inner)


def inner_nodes(node: Node) -> Iterator[Node]:
    """Yield the nodes right below a node."""
    waiting = [part for key, part in node.items() if key not in _NO_NODES]
    while waiting:
        part = waiting.pop()
        if is_node(part):
            yield part
        elif isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list | tuple):
            waiting += part


def authors_function(node: Node) -> Any:
    """Return the function of a node if the author of the schema wrote it as a validator, else `None`."""
    if not node["type"].startswith("function-") or not isinstance(node.get("function"), dict):
        return None
    function = node["function"]["function"]
    if isinstance(function, attrgetter) and node.get("schema", {}).get("type") == "enum":
        return None  # pydantic's for `use_enum_values`
    return function if is_by_author(function) else None


def is_by_author(function: Any) -> bool:
    """Whether a validator or serializer is the schema author's.

    A class, and a class method of one that is no model, make the values of a type, and are none.
    """
    while isinstance(function, functools.partial):
        function = function.func
    module = getattr(function, "__module__", None) or type(function).__module__
    if module.split(".")[0] in _LIBRARIES or isinstance(function, type):
        return False
    owner = getattr(function, "__self__", None)
    return not isinstance(owner, type) or issubclass(owner, BaseModel) or is_dataclass(owner)


def model_node(schema: Node) -> Node:
    """Return the node of the model, dataclass or other type that a core schema is of, below functions and definitions."""
    while schema["type"] == "definitions" or schema["type"].startswith("function-"):
        schema = schema["schema"]
    return schema


def fields_of(schema: Node) -> dict[str, Node]:
    """Return the core schema of each field of a model or dataclass, with the functions around it."""
    node = model_node(schema)
    if node.get("root_model"):
        return {"root": node["schema"]}
    held = model_node(node["schema"]) if "schema" in node else node
    fields = held.get("fields", {})
    named = fields.items() if isinstance(fields, dict) else ((field["name"], field) for field in fields)
    return {name: field["schema"] for name, field in named if isinstance(field, dict)}


def compiled(node: Node, of: Node, change: Callable[[Node], Node] = lambda node: node) -> SchemaValidator:
    """Compile `node`, a part of the core schema `of`, with `change` applied to its nodes and those that it refers to."""
    node = rewritten(node, change)
    if of["type"] == "definitions" and node["type"] != "definitions":
        node = {"type": "definitions", "schema": node, "definitions": rewritten(of["definitions"], change)}
    # pydantic would put the compiled validators of models in the place of what stands here.
    return SchemaValidator(node, _use_prebuilt=False)


@functools.lru_cache(maxsize=1024)
def structure_validator(kind: Any, field: str) -> SchemaValidator:
    """Return a validator of the values of a field that were validated before, such as a list from which items are gone."""
    core = core_schema_of(kind)
    return compiled(fields_of(core)[field], core, _structure)


@functools.lru_cache(maxsize=256)
def field_validator(kind: Any, field: str) -> SchemaValidator:
    """Return a validator of a new value of a field, with the functions of the schema's author."""
    core = core_schema_of(kind)
    return compiled(fields_of(core)[field], core)


@functools.lru_cache(maxsize=256)
def assembling_validator(schema: type[BaseModel], given: frozenset[str]) -> SchemaValidator:
    """Return a validator that makes an instance of values by name, and runs the functions of the outermost model only.

    The fields `given` are taken as they are; the others get their defaults.
    """
    taken: Node = {"type": "model-field", "schema": {"type": "any"}}
    core = with_model_fields(
        core_schema_of(schema), lambda fields: {n: taken if n in given else f for n, f in fields.items()}
    )
    return compiled(core, core)


def with_model_fields(core: Node, change: Callable[[dict[str, Node]], dict[str, Node]]) -> Node:
    """Return the core schema of a model with other fields."""
    if core["type"] == "model-fields":
        return {**core, "fields": change(core["fields"])}
    return {**core, "schema": with_model_fields(core["schema"], change)}


def read_recorded(schema: type[T], recorded: str, *, initialize: bool = True) -> T:
    """Return a result from its JSON, by field names, without running the validators of the schema's author again.

    Args:
        schema: class of the result.
        recorded: the JSON.
        initialize: whether `model_post_init` runs, which makes private attributes; it changes no field again.

    Raises:
        pydantic.ValidationError: the JSON does not match the schema.
    """
    read: T = _record_validator(schema, initialize).validate_json(recorded, by_alias=False, by_name=True)
    return read


@functools.lru_cache(maxsize=256)
def _record_validator(schema: type[BaseModel], initialize: bool) -> Any:
    core = core_schema_of(schema)
    if not any(authors_function(node) or node.get("post_init") for node in nodes_of(core)):
        return schema.__pydantic_validator__
    return compiled(core, core, functools.partial(_record, initialize=initialize))


def _structure(node: Node) -> Node:
    if authors_function(node):
        return _in_place_of(node, {"type": "any"})
    return node["schema"] if node["type"] == "json" and "schema" in node else node


def _in_place_of(node: Node, other: Node) -> Node:
    """Another node under the name that other nodes refer to this one by."""
    return other | ({"ref": node["ref"]} if "ref" in node else {})


def _record(node: Node, *, initialize: bool) -> Node:
    if node.get("post_init"):
        return _with_fields_kept(node) if initialize else {k: v for k, v in node.items() if k != "post_init"}
    return _in_place_of(node, _recorded(node)) if authors_function(node) else node


def _recorded(node: Node) -> Node:
    """A node of what the function of the schema's author has returned."""
    if node["type"] == "function-plain":
        return {"type": "any"}
    inner: Node = node["schema"]
    if any(part["type"] in ("model", "dataclass", "definition-ref") for part in nodes_of(inner)):
        return {"type": "union", "mode": "left_to_right", "choices": [inner, *_SCALARS]}
    free = rewritten(inner, lambda part: {k: v for k, v in part.items() if k not in _LIMITS})
    # What a function has returned may be of another type than what it was given.
    choices = [
        free | {"strict": True} if free["type"] in ("int", "float", "bool", "str") else free,
        {"type": "any"},
    ]
    return {"type": "union", "mode": "left_to_right", "choices": choices}


def _with_fields_kept(node: Node) -> Node:
    """A model or dataclass whose function behind initialization makes private attributes, and changes no field again."""
    name: str | Literal[True] = node["post_init"]
    slots = node["fields"] if node.get("slots") else None

    def initialized(value: Any) -> Any:
        # A copy, as the function may change a list in place.
        fields = copy.deepcopy(
            vars(value) if slots is None else {slot: getattr(value, slot) for slot in slots}
        )
        if name is True:
            value.__post_init__()
        else:
            getattr(value, name)(None)
        for field, recorded in fields.items():
            if getattr(value, field, recorded) != recorded:
                if slots is None:
                    vars(value)[field] = recorded
                else:
                    object.__setattr__(value, field, recorded)
        return value

    bare = {k: v for k, v in node.items() if k not in ("post_init", "ref")}
    after: Node = {
        "type": "function-after",
        "function": {"type": "no-info", "function": initialized},
        "schema": bare,
    }
    return _in_place_of(node, after)
