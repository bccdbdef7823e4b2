"""Fields that a schema cannot have: what they hold could not be checked, or would not be read back as it was."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from briefing.core_schemas import (
    Node,
    core_schema_of,
    fields_of,
    inner_nodes,
    is_by_author,
    model_node,
    nodes_of,
)
from briefing.errors import SchemaError
from briefing.schemas.base import Grounded
from briefing.spans import Made

_SECRETS = (SecretStr, SecretBytes)
_UNHASHABLE = frozenset(("list", "dict", "set", "deque"))


def refuse_fields(model: type[BaseModel]) -> None:
    """Check the fields of one model.

    Raises:
        SchemaError: a field cannot be checked, or not be read back; the message says what to use instead.
    """
    if issubclass(model, Made):  # the library's own read back as they were
        return
    old = model.__pydantic_decorators__
    if old.validators or old.root_validators:
        raise SchemaError(
            f"{model.__name__} has a validator in the form of pydantic 1; use field_validator or model_validator"
        )
    core = core_schema_of(model)
    definitions = {d["ref"]: d for d in core["definitions"]} if core["type"] == "definitions" else {}
    if _serializer(core) or _serializer(model_node(core)):
        raise SchemaError(f"{model.__name__} has a model_serializer, {_NOT_READ_BACK}")
    config = model.model_config
    one_way = config.get("ser_json_bytes", "utf8") != config.get("val_json_bytes", "utf8")
    for name, node in fields_of(core).items():
        if one_way and any(part["type"] == "bytes" for part in _parts(node, definitions)):
            raise SchemaError(
                f"{model.__name__}.{name} would not be read back: set val_json_bytes to what ser_json_bytes is"
            )
        if why := _refusal(node, model.model_fields[name], definitions):
            raise SchemaError(f"{model.__name__}.{name} {why}")


_NOT_READ_BACK = "and what it writes could not be read back as it was; use a computed_field or a method for other forms of a value"


def _refusal(node: Node, field: FieldInfo, definitions: dict[str, Node]) -> str | None:
    """Return why a field is refused, and what to use instead; `None` if it is not."""
    if why := _declared(field):
        return why
    if _serializer(node):
        return f"has a serializer, {_NOT_READ_BACK}"
    for part in _parts(node, definitions):
        items = part.get("items_schema") if part["type"] in ("set", "frozenset") else part.get("keys_schema")
        if part["type"] == "generator":
            return "is an Iterable, which can be read only once, and so not be checked; use list[...]"
        if part["type"] == "dataclass-args" and (why := _arguments(part)):
            return why
        if part["type"] == "json":
            return "is JSON in a text; use the type inside Json[...] itself"
        if _is_secret(part):
            return "is a secret, which is saved as asterisks; use str, and wrap it behind the result"
        if _serializer(part):
            return f"has a serializer, {_NOT_READ_BACK}"
        if isinstance(items, dict) and any(map(_is_unhashable, _parts(items, definitions))):
            place = "keys of a dict" if "keys_schema" in part else "items of a set"
            return f"has values as {place} that cannot be hashed, such as objects with lists; use list[...]"
    return None


def _declared(field: FieldInfo) -> str | None:
    if field.exclude or getattr(field, "exclude_if", None):
        return (
            "is excluded from what is saved, and could not be read back; leave it in, and out where you write it: "
            "model_dump(exclude={...})"
        )
    if isinstance(field.default, float | Decimal) and not math.isfinite(field.default):
        return f"is {field.default} by default, which JSON does not have; use None"
    return None


def _arguments(node: Node) -> str | None:
    """Return why a dataclass with these arguments is refused."""
    if any(argument.get("init_only") for argument in node["fields"]):
        return "is a dataclass with an InitVar, which is not saved; use a field"
    if any(argument.get("init") is False for argument in node["fields"]):
        return "is a dataclass with field(init=False), which could not be read back; use a property"
    return None


def _is_secret(node: Node) -> bool:
    """Whether a node is of a secret; that of ``Secret[T]`` is known only by the function that hides it."""
    kind, hides = node.get("cls"), node.get("serialization", {}).get("function")
    return (isinstance(kind, type) and issubclass(kind, _SECRETS)) or (
        getattr(hides, "__name__", None) == "_serialize_secret"
    )


def _serializer(node: Node) -> bool:
    """Whether the schema's author wrote a serializer for a node."""
    serialization = node.get("serialization")
    function = serialization.get("function") if isinstance(serialization, dict) else None
    return callable(function) and is_by_author(function)


def _parts(node: Node, definitions: dict[str, Node]) -> Iterator[Node]:
    """Yield the nodes of a field, without those inside models, which are checked by themselves."""
    waiting, known = [node], set[str]()
    while waiting:
        part = waiting.pop()
        if part["type"] == "definition-ref" and part["schema_ref"] not in known:
            known.add(part["schema_ref"])
            waiting.append(definitions[part["schema_ref"]])
        elif part["type"] != "definition-ref":
            yield part
            if part["type"] != "model":
                waiting += inner_nodes(part)


def _is_unhashable(node: Node) -> bool:
    kind = node.get("cls")
    if node["type"] in ("model", "dataclass") and isinstance(kind, type):
        holds_lists = any(part["type"] in _UNHASHABLE for part in nodes_of(node))
        return kind.__hash__ is None or issubclass(kind, Grounded) or holds_lists
    return node["type"] in _UNHASHABLE
