"""`Grounded`, the base class of the grounded types.

A grounded type is one pydantic class with two forms. Its *validation* JSON schema is the wire form: ids and short names
that the model writes. Its *serialization* schema is the result: spans of the source. Validation with
``context={"source": source}`` reads the wire form and resolves it; validation without context reads a saved result. Use
a new context for each answer: the items of one answer share it, so that equal texts get successive places.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationInfo,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from briefing.grounding import Grounding
from briefing.sources import Source

#: Key of the JSON schema that a node has in the extractive form.
EXTRACTIVE = "x-briefing-extractive"
#: Longest name, sentence or value that a model writes, in characters; checks take quadratic time in its length.
_LONGEST = 10_000
#: Key of the `Grounding` in a validation context that holds only a source.
_CONTEXT_KEY = "briefing.grounding"


class Grounded(BaseModel):
    """Base class of the grounded types: validates a wire form if the context holds a source."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        """Return the JSON schema of the wire form, given that of the result."""
        raise NotImplementedError

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> Self | dict[str, Any]:
        """Resolve a wire form to an instance, or to the values of its fields.

        Args:
            wire: the JSON value that the model wrote.
            grounding: holds the source; gets the problems.

        Raises:
            ValueError: the wire form has the wrong shape.
        """
        raise NotImplementedError

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        grounding = grounding_of(info.context)
        if grounding is None or isinstance(data, cls):
            return handler(data)
        grounding.check_time()
        known = len(grounding.problems)
        resolved = cls._resolve(data, grounding)
        instance = handler(resolved) if isinstance(resolved, dict) else resolved
        # `handler` creates a new object, which the problems found by `_resolve` are about.
        for i, problem in enumerate(grounding.problems[known:], known):
            if problem.item is None:
                grounding.problems[i] = replace(problem, item=instance)
        if info.context is not grounding and (fatal := [p for p in grounding.problems[known:] if p.fatal]):
            # Outside an ask there is no plan that could repair or drop the item.
            raise ValueError(fatal[0].reason)
        return instance

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        result = handler(schema)
        if handler.mode == "validation":
            target = handler.resolve_ref_schema(result)
            wire = cls._wire_schema(dict(target))
            target.clear()
            target.update(wire)
        return result


def grounding_of(context: Any) -> Grounding | None:
    """Return the `Grounding` of a validation context; `None` where the context has no source."""
    if isinstance(context, Grounding):
        return context
    if not isinstance(context, dict) or not isinstance(source := context.get("source"), Source):
        return None
    grounding = context.get(_CONTEXT_KEY)
    if not isinstance(grounding, Grounding) or grounding.source is not source:
        grounding = context[_CONTEXT_KEY] = Grounding(source)
    return grounding


def wire_object(**properties: Any) -> JsonSchemaValue:
    """Return the JSON schema of an object with these properties, all required."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def object_with(wire: Any, *keys: str) -> dict[str, Any]:
    """Return `wire` if it is an object with these keys.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(wire, dict) or any(key not in wire for key in keys):
        raise ValueError(f"expected an object with {', '.join(keys)}")
    return wire


def one_line(text: Any) -> str:
    """Return a text with white space normalized to single spaces.

    Raises:
        ValueError: `text` is not a string, or blank.
    """
    check_length(text)
    if not isinstance(text, str) or not (line := " ".join(text.split())):
        raise ValueError("expected text")
    return line


def check_length(text: Any) -> None:
    """Check that a text is not longer than any that is meant: models repeat themselves until they are cut off.

    Raises:
        ValueError: it is.
    """
    if isinstance(text, str) and len(text) > _LONGEST:
        raise ValueError(f"expected a short text, not {len(text):,} characters")


def optional_line(text: Any) -> str | None:
    """As `one_line`, but `None` for `None` and the empty string."""
    return None if text is None or text == "" else one_line(text)
