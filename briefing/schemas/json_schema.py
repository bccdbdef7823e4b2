"""The wire schema: what the model is asked to write, in the form that servers want it."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from pydantic import AliasChoices, AliasPath, BaseModel, RootModel, create_model
from pydantic.errors import PydanticUserError

from briefing.errors import SchemaError
from briefing.schemas.base import Grounded
from briefing.schemas.briefing import wire_fields
from briefing.schemas.pickling import make_picklable, models_of

JsonSchema = dict[str, Any]

#: Marks what points into the source; taken out before a schema goes to a server.
MARK = "x-briefing"
_ALWAYS_DROPPED = ("title", "default", "examples")


@lru_cache(maxsize=256)
def part(schema: type[BaseModel], fields: tuple[str, ...]) -> type[BaseModel]:
    """A model with only these fields of `schema`, for a plan that asks for less than all of it."""
    definitions: dict[str, Any] = {
        name: (schema.model_fields[name].annotation, schema.model_fields[name]) for name in fields
    }
    model: type[BaseModel] = create_model(schema.__name__, __doc__=schema.__doc__, **definitions)
    return model


def check_schema(schema: object) -> None:
    """Refuse what cannot be asked for.

    A field with an alias for its input is asked for under that. What is saved and read back by us goes by the fields' names;
    for one's own use, `model_validate_json(text, by_name=True)` reads what `model_dump_json(by_alias=False)` wrote.

    Raises:
        SchemaError: not a pydantic model, a grounded type or a list by itself, nothing to fill, a field with no JSON
            form, or one that is read from inside of another (`AliasPath`); grounded types in a model with an `__init__`
            of its own.
    """
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        given = f"an instance of {type(schema).__name__}" if isinstance(schema, BaseModel) else repr(schema)
        raise SchemaError(f"schema= must be a pydantic model class, not {given[:200]}")
    _check_model(schema)


@lru_cache(maxsize=256)
def _check_model(schema: type[BaseModel]) -> None:
    if issubclass(schema, Grounded | RootModel):
        raise SchemaError(f"{schema.__name__} is not an answer by itself; make it a field of a model")
    if not wire_fields(schema):
        raise SchemaError(f"{schema.__name__} has no field for the model to fill")
    wire_schema(schema)
    for model in models_of(schema):
        _check_init(model)
        for name in model.model_fields:
            _wire_name(model, name)
    make_picklable(schema)


@lru_cache(maxsize=256)
def _strict_json(schema: type[BaseModel]) -> str:
    try:
        raw = schema.model_json_schema(mode="validation")
    except (PydanticUserError, NameError) as error:
        raise SchemaError(f"{schema.__name__} has a field with no JSON form: {error}") from error
    ours = schema.model_fields.keys() - wire_fields(schema)
    for name in ours:
        raw["properties"].pop(_wire_name(schema, name), None)
    whole = _inlined(raw, raw.pop("$defs", {}), ())
    whole.pop("description", None)  # a docstring for programmers
    return json.dumps(_strict(whole), ensure_ascii=False)


def _check_init(model: type[BaseModel]) -> None:
    held = [inner for inner in models_of(model) if inner is not model and issubclass(inner, Grounded)]
    if model.__pydantic_custom_init__ and held:
        raise SchemaError(
            f"{model.__name__} has an __init__ of its own, to which pydantic does not pass the article that "
            f"{held[0].__name__} is resolved against; use a validator, a default or model_post_init instead"
        )


def _wire_name(model: type[BaseModel], name: str) -> str:
    """What a field is called in an answer, as pydantic says in its JSON schema."""
    config, alias = model.model_config, model.model_fields[name].validation_alias
    if alias is None or not config.get("validate_by_alias", True):
        return name
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    paths = [choice.path if isinstance(choice, AliasPath) else [choice] for choice in choices]
    if single := [str(path[0]) for path in paths if len(path) == 1]:
        return single[0]
    if config.get("validate_by_name") or config.get("populate_by_name"):
        return name
    raise SchemaError(
        f"{model.__name__}.{name} is read from inside of another field (AliasPath), which cannot be asked for; "
        "give it an alias of its own"
    )


def wire_schema(schema: type[BaseModel]) -> JsonSchema:
    """The wire form as a strict JSON schema: no references, no extra fields, every field required.

    Raises:
        SchemaError: a field has no JSON form, or the schema refers to itself.
    """
    unmarked: JsonSchema = json.loads(_unmarked_json(schema))
    return unmarked


@lru_cache(maxsize=256)
def sent_schema(schema: type[BaseModel]) -> JsonSchema:
    """As `wire_schema`, one object for all requests: not to be changed."""
    return wire_schema(schema)


@lru_cache(maxsize=256)
def _unmarked_json(schema: type[BaseModel]) -> str:
    return json.dumps(_unmarked(marked_schema(schema)), ensure_ascii=False)


def marked_schema(schema: type[BaseModel]) -> JsonSchema:
    """As `wire_schema`, with `x-briefing` where a text or number points into the source."""
    loaded: JsonSchema = json.loads(_strict_json(schema))
    return loaded


def points_at_quotations(schema: type[BaseModel]) -> bool:
    """Whether an answer holds ids of quotations."""
    return f'"{MARK}": "quotation"' in _strict_json(schema)


def _unmarked(node: Any) -> Any:
    if isinstance(node, list):
        return [_unmarked(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _unmarked(value) for key, value in node.items() if key != MARK}


@lru_cache(maxsize=256)
def schema_sha256(schema: type[BaseModel]) -> str:
    """Hash of the wire schema."""
    canonical = json.dumps(wire_schema(schema), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _inlined(node: Any, definitions: JsonSchema, above: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, definitions, above) for item in node]
    if not isinstance(node, dict):
        return node
    if reference := node.get("$ref"):
        name = reference.rsplit("/", 1)[-1]
        if name in above:
            raise SchemaError(f"{name} refers to itself; a schema for a model must be finite")
        target = definitions[name]
        rest = {key: value for key, value in node.items() if key != "$ref"}
        if MARK in target and "description" in target and "description" in rest:
            # What the user's field is for does not say how it has to be written.
            rest["description"] += f" ({target['description']})"
        return _inlined(target | rest, definitions, (*above, name))
    if node.get(MARK) == "made":
        raise SchemaError(
            f"{node['title']} is made by the library and cannot be asked of a model. Use the grounded types "
            "(Quote, Mention, Entity, Cited, Verbatim), or make Briefing the base class of the schema"
        )
    return {key: _inlined(value, definitions, above) for key, value in node.items()}


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    strict = {
        key: _strict(value)
        for key, value in node.items()
        if key not in _ALWAYS_DROPPED or _names_fields(key, node)
    }
    if isinstance(strict.get("oneOf"), list):
        # Servers know no "oneOf"; which one it is, pydantic finds out.
        strict["anyOf"] = strict.pop("oneOf")
        strict.pop("discriminator", None)
    if strict.get("type") == "object" and "properties" in strict:
        properties = {
            key: {k: v for k, v in value.items() if k not in _ALWAYS_DROPPED}
            if isinstance(value, dict)
            else value
            for key, value in strict["properties"].items()
        }
        strict |= {"properties": properties, "required": list(properties), "additionalProperties": False}
    return strict


def _names_fields(key: str, node: JsonSchema) -> bool:
    # Inside "properties" a key is a field's name, which may well be "title".
    return isinstance(node.get(key), dict)


@lru_cache(maxsize=256)
def outline(schema: type[BaseModel], *, essential: bool = False) -> str:
    """The wire form as a sketch of its JSON, for the prompt.

    Args:
        schema: the model whose wire form is asked for.
        essential: leave out what small models do badly at.
    """
    return _sketch(essentials(marked_schema(schema)) if essential else marked_schema(schema))


def essentials(node: Any) -> Any:
    """A marked schema without what small models do badly at."""
    if isinstance(node, list):
        return [essentials(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: essentials(value) for key, value in node.items()}
    if "properties" in kept:
        kept["properties"] = {k: v for k, v in kept["properties"].items() if v.get(MARK) != "extra"}
        kept["required"] = list(kept["properties"])
    return kept


def _sketch(node: JsonSchema) -> str:
    description = " ".join(node.get("description", "").split())
    if "anyOf" in node:
        options = [option for option in node["anyOf"] if option.get("type") != "null"]
        null = ["null"] if len(options) < len(node["anyOf"]) else []
        if description and all(option.keys() <= {"type", MARK} for option in options):
            return " or ".join([description, *null])
        return _said(" or ".join([*map(_sketch, options), *null]), description)
    if "enum" in node:
        return _said(" | ".join(json.dumps(value, ensure_ascii=False) for value in node["enum"]), description)
    if node.get("type") == "array":
        most = f" at most {node['maxItems']}" if "maxItems" in node else ""
        return _said(f"[{_sketch(node.get('items', {}))}, …{most}]", description)
    if node.get("type") == "object" and "properties" in node:
        fields = ", ".join(f'"{name}": {_sketch(value)}' for name, value in node["properties"].items())
        return _said(f"{{{fields}}}", description)
    kind = str(node.get("type", "any"))
    if description and kind in ("integer", "number", "boolean"):
        return _said(kind, description)
    return description or {"string": "text"}.get(kind, kind)


def _said(shape: str, description: str) -> str:
    return f"{shape} ({description})" if description else shape
