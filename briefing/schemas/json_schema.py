"""The wire schema: the JSON schema of a model's answer, in the strict form that servers accept."""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal

from pydantic import AliasChoices, AliasPath, BaseModel, RootModel, create_model, field_validator
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticUndefined

from briefing.errors import SchemaError
from briefing.schemas.base import EXTRACTIVE, Grounded
from briefing.schemas.briefing import wire_fields
from briefing.schemas.pickling import make_picklable, models_of
from briefing.schemas.refusals import refuse_fields

JsonSchema = dict[str, Any]
Length = Literal["brief", "standard", "detailed"]

#: Key that marks texts and numbers which refer to the source; removed before a schema is sent to a server.
MARK = "x-briefing"
#: What a `Summary` has; its field's description may begin with these words.
_SENTENCES = "complete sentences"
#: Sentences of a `Summary`, least and most: written, and extractive.
_WRITTEN_SENTENCES: dict[Length, tuple[int, int]] = {"brief": (1, 2), "standard": (2, 5), "detailed": (5, 9)}
_EXTRACTED_SENTENCES: dict[Length, tuple[int, int]] = {
    "brief": (1, 2),
    "standard": (3, 4),
    "detailed": (5, 8),
}
#: Sentences that both are more by, for each doubling of a long article's length.
_MORE_SENTENCES: dict[Length, tuple[int, int]] = {"brief": (0, 0), "standard": (1, 2), "detailed": (2, 4)}
_ALWAYS_DROPPED = ("title", "default", "examples")


@dataclass(frozen=True)
class WireForm:
    """How the wire form says what the article states.

    Attributes:
        extractive: statements and headlines are the numbers of sentences; else they are written.
        length: how many sentences a summary has.
        doublings: of the length of a long article, for each of which the summary has more sentences.
    """

    extractive: bool = False
    length: Length = "standard"
    doublings: int = 0

    @property
    def sentences(self) -> tuple[int, int]:
        """The least and the most sentences of a summary."""
        least, most = (_EXTRACTED_SENTENCES if self.extractive else _WRITTEN_SENTENCES)[self.length]
        more, many_more = _MORE_SENTENCES[self.length]
        return least + more * self.doublings, most + many_more * self.doublings


@lru_cache(maxsize=256)
def in_form(schema: type[BaseModel], form: WireForm) -> type[BaseModel]:
    """Return a model like `schema` whose wire form is `form`; `schema` itself for the default form.

    Raises:
        SchemaError: `schema` has an `__init_subclass__` that raises.
    """
    if form == WireForm():
        return schema
    namespace: dict[str, Any] = {"__module__": schema.__module__, "__doc__": schema.__doc__}
    namespace |= {"__annotations__": {"__wire_form__": ClassVar[WireForm]}, "__wire_form__": form}
    try:
        formed: type[BaseModel] = types.new_class(
            schema.__name__, (schema,), {}, lambda body: body.update(namespace)
        )
    except Exception as error:  # of the user's code
        raise SchemaError(
            f"{schema.__name__} cannot have a subclass, which this style needs: {error}"
        ) from error
    return formed


def form_of(schema: type[BaseModel]) -> WireForm:
    """Return the wire form of a model."""
    form: WireForm = getattr(schema, "__wire_form__", WireForm())
    return form


@lru_cache(maxsize=256)
def part(schema: type[BaseModel], fields: tuple[str, ...]) -> type[BaseModel]:
    """Return a model with only these fields of `schema`, for a plan that asks for a part of it."""
    definitions: dict[str, Any] = {
        name: (schema.model_fields[name].annotation, schema.model_fields[name]) for name in fields
    }
    model: type[BaseModel] = create_model(
        schema.__name__,
        __doc__=schema.__doc__,
        __validators__=_field_validators(schema, fields),
        **definitions,
    )
    return model


def _field_validators(schema: type[BaseModel], fields: tuple[str, ...]) -> dict[str, Any]:
    """Return the decorated validators of these fields, for a model that has only these."""
    validators = {}
    for name, decorated in schema.__pydantic_decorators__.field_validators.items():
        info = decorated.info
        if of := [field for field in fields if field in info.fields or "*" in info.fields]:
            options: dict[str, Any] = {"mode": info.mode, "check_fields": False}
            if info.json_schema_input_type is not PydanticUndefined:
                options["json_schema_input_type"] = info.json_schema_input_type
            decorator: Any = field_validator(*of, **options)
            validators[name] = decorator(staticmethod(decorated.func))
    return validators


def check_schema(schema: object) -> None:
    """Check that a model can be requested to fill `schema`, and make its instances picklable.

    A field with a validation alias has the alias as its name on the wire. The library saves results and reads them back by
    field names; users do so with `model_dump_json(by_alias=False)` and `model_validate_json(text, by_name=True)`.

    Raises:
        SchemaError: `schema` is not a pydantic model class; is itself a grounded type or a `RootModel`; has no field for the
            model to fill; has a field without a JSON form, with an `AliasPath`, that cannot be checked or cannot be read back;
            refers to itself; or holds grounded types in a model with a custom `__init__`.
    """
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        given = f"an instance of {type(schema).__name__}" if isinstance(schema, BaseModel) else repr(schema)
        raise SchemaError(f"schema must be a pydantic model class, not {given[:200]}")
    _check_model(schema)


@lru_cache(maxsize=256)
def _check_model(schema: type[BaseModel]) -> None:
    if issubclass(schema, Grounded | RootModel):
        raise SchemaError(
            f"{schema.__name__} cannot be a schema by itself; make it a field of a pydantic model"
        )
    if not wire_fields(schema):
        raise SchemaError(f"{schema.__name__} has no field for the model to fill")
    wire_schema(schema)
    for model in models_of(schema):
        refuse_fields(model)
        _check_init(model)
        for name in model.model_fields:
            _wire_name(model, name)
    make_picklable(schema)


@lru_cache(maxsize=256)
def _strict_json(schema: type[BaseModel]) -> str:
    try:
        raw = schema.model_json_schema(mode="validation")
    except (PydanticUserError, NameError) as error:
        raise SchemaError(f"{schema.__name__} has a field without a JSON schema: {error}") from error
    ours = schema.model_fields.keys() - wire_fields(schema)
    for name in ours:
        raw["properties"].pop(_wire_name(schema, name), None)
    form = form_of(schema)
    whole = _mapped(_inlined(raw, raw.pop("$defs", {}), ()), lambda node: _formed(node, form))
    whole.pop("description", None)  # a docstring for programmers
    return json.dumps(_mapped(whole, _strict), ensure_ascii=False)


def _check_init(model: type[BaseModel]) -> None:
    held = [inner for inner in models_of(model) if inner is not model and issubclass(inner, Grounded)]
    if model.__pydantic_custom_init__ and held:
        raise SchemaError(
            f"{model.__name__} has a custom __init__, to which pydantic does not pass the article that "
            f"{held[0].__name__} is resolved against; use a validator, a default or model_post_init instead"
        )


def _wire_name(model: type[BaseModel], name: str) -> str:
    """Return a field's name in an answer, the one that pydantic's JSON schema has."""
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
        f"{model.__name__}.{name} is read from inside another field (AliasPath), which a model cannot fill; "
        "give it an alias that is a single name"
    )


def wire_schema(schema: type[BaseModel]) -> JsonSchema:
    """Return the wire form as a strict JSON schema: no references, no extra fields, every field required.

    Raises:
        SchemaError: a field has no JSON schema, or the schema refers to itself.
    """
    loaded: JsonSchema = json.loads(_wire_json(schema))
    return loaded


@lru_cache(maxsize=256)
def _wire_json(schema: type[BaseModel]) -> str:
    unmarked = _mapped(marked_schema(schema), lambda node: {k: v for k, v in node.items() if k != MARK})
    return json.dumps(unmarked, ensure_ascii=False)


@lru_cache(maxsize=256)
def sent_schema(schema: type[BaseModel]) -> JsonSchema:
    """As `wire_schema`, but one shared object, which must not be changed."""
    return wire_schema(schema)


def marked_schema(schema: type[BaseModel]) -> JsonSchema:
    """As `wire_schema`, with the key `MARK` at texts and numbers that refer to the source."""
    loaded: JsonSchema = json.loads(_strict_json(schema))
    return loaded


def field_description(schema: type[BaseModel], name: str) -> str:
    """Return the description of a field in the wire form; without one of its own, its name in words comes first."""
    described = marked_schema(schema)["properties"][_wire_name(schema, name)].get("description")
    if schema.model_fields[name].description:
        return str(described)
    return _described(name.replace("_", " "), described or "")


def points_at_quotations(schema: type[BaseModel]) -> bool:
    """Whether an answer has ids of quotations."""
    return f'"{MARK}": "quotation"' in _strict_json(schema)


def _mapped(node: Any, change: Callable[[JsonSchema], JsonSchema]) -> Any:
    """Apply `change` to every object in a schema, innermost first."""
    if isinstance(node, list):
        return [_mapped(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    return change({key: _mapped(value, change) for key, value in node.items()})


@lru_cache(maxsize=256)
def schema_sha256(schema: type[BaseModel]) -> str:
    """Return the SHA-256 of the wire schema, in hexadecimal."""
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
            raise SchemaError(
                f"{name} refers to itself; a schema for a model must be finite: write out as many levels as you need"
            )
        target = definitions[name]
        rest = {key: value for key, value in node.items() if key != "$ref"}
        if MARK in target and "description" in target and "description" in rest:
            # The user's description says what the field is for, the type's how to write it.
            rest["description"] += f" ({target['description']})"
        return _inlined(target | rest, definitions, (*above, name))
    if node.get(MARK) == "made":
        raise SchemaError(
            f"{node['title']} is made by the library; a model cannot fill it. Use the grounded types "
            "(Quote, Mention, Entity, Cited, Verbatim), or make Briefing the base class of the schema"
        )
    return {key: _inlined(value, definitions, above) for key, value in node.items()}


def _formed(node: JsonSchema, form: WireForm) -> JsonSchema:
    """A node in a wire form: a summary has its number of sentences, and what an extractive answer points at is a number."""
    described = node.get("description", "")
    if EXTRACTIVE in node:
        node = dict(node)
        extractive: JsonSchema = node.pop(EXTRACTIVE)
        if form.extractive:
            number = "the number of a sentence of the article"
            by_default = f"{described}: {number} that says it" if described else number
            return {"description": by_default} | extractive
    if node.get(MARK) == "summary":
        least, most = form.sentences
        if not described.startswith(_SENTENCES):
            described = f"{_SENTENCES}: {described}" if described else _SENTENCES
        described = f"{least} to {most} {described}"
        if form.extractive:
            described = f"the numbers of {described}; each of them is clear without the others"
            described = described.replace(_SENTENCES, "sentences", 1)
        return node | {"minItems": least, "maxItems": most, "description": described}
    return node


def _strict(node: JsonSchema) -> JsonSchema:
    # Inside "properties" a key is a field's name, which may be "title"; its value is an object.
    strict = {k: v for k, v in node.items() if k not in _ALWAYS_DROPPED or isinstance(v, dict)}
    if isinstance(strict.get("oneOf"), list):
        # Servers do not accept "oneOf"; pydantic finds the matching option.
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


@lru_cache(maxsize=256)
def outline(schema: type[BaseModel], *, essential: bool = False) -> str:
    """Return the wire form as a sketch of its JSON, for the prompt; `essential`: as of `essentials`."""
    return _sketch(essentials(marked_schema(schema)) if essential else marked_schema(schema))


def essentials(schema: JsonSchema) -> Any:
    """Return a marked schema without the fields that small models fill badly."""

    def without_extra(node: JsonSchema) -> JsonSchema:
        if "properties" not in node:
            return node
        properties = {k: v for k, v in node["properties"].items() if v.get(MARK) != "extra"}
        return node | {"properties": properties, "required": list(properties)}

    return _mapped(schema, without_extra)


def _sketch(node: JsonSchema) -> str:
    description = " ".join(node.get("description", "").split())
    if "anyOf" in node:
        options = [option for option in node["anyOf"] if option.get("type") != "null"]
        null = ["null"] if len(options) < len(node["anyOf"]) else []
        if description and all(option.keys() <= {"type", MARK} for option in options):
            return " or ".join([description, *null])
        return _described(" or ".join([*map(_sketch, options), *null]), description)
    if "enum" in node:
        return _described(
            " | ".join(json.dumps(value, ensure_ascii=False) for value in node["enum"]), description
        )
    if node.get("type") == "array":
        most = f" at most {node['maxItems']}" if "maxItems" in node else ""
        return _described(f"[{_sketch(node.get('items', {}))}, …{most}]", description)
    if node.get("type") == "object" and "properties" in node:
        fields = ", ".join(f'"{name}": {_sketch(value)}' for name, value in node["properties"].items())
        return _described(f"{{{fields}}}", description)
    kind = str(node.get("type", "any"))
    if description and kind in ("integer", "number", "boolean"):
        return _described(kind, description)
    return description or {"string": "text"}.get(kind, kind)


def _described(shape: str, description: str) -> str:
    return f"{shape} ({description})" if description else shape
