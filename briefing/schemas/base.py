"""Grounded types: what they have in common.

A grounded type is one pydantic class with two forms. Its *validation* JSON schema is the wire
form: what the model is asked to write, ids and short names. Its *serialization* schema is the
result: spans of the source. Validation with ``context={"source": source}`` reads the wire form
and resolves it; validation without context reads a saved result back. A context serves one answer: what was given a
place in it is not given that place again while there are others.
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

_CONTEXT_KEY = "briefing.grounding"


class Grounded(BaseModel):
    """Base of the grounded types: reads a wire form when the context holds a source."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def _wire_schema(cls, result: JsonSchemaValue) -> JsonSchemaValue:
        """JSON schema of the wire form; `result` is that of the result."""
        raise NotImplementedError

    @classmethod
    def _resolve(cls, wire: Any, grounding: Grounding) -> Self | dict[str, Any]:
        """Turn the wire form into the result, or into the result's fields."""
        raise NotImplementedError

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        grounding = _grounding(info.context)
        if grounding is None or isinstance(data, cls):
            return handler(data)
        known = len(grounding.problems)
        resolved = cls._resolve(data, grounding)
        instance = handler(resolved) if isinstance(resolved, dict) else resolved
        # Fields are validated into a new object: the problems found on the way are about that one.
        for i, problem in enumerate(grounding.problems[known:], known):
            if problem.item is None:
                grounding.problems[i] = replace(problem, item=instance)
        if info.context is not grounding and (fatal := [p for p in grounding.problems[known:] if p.fatal]):
            # Nobody is there to ask again or to leave the item out.
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


def _grounding(context: Any) -> Grounding | None:
    if isinstance(context, Grounding):
        return context
    if not isinstance(context, dict) or not isinstance(source := context.get("source"), Source):
        return None
    # Kept in the context: the items of one answer share it, so that equal texts get successive places.
    kept = context.get(_CONTEXT_KEY)
    if not isinstance(kept, Grounding) or kept.source is not source:
        kept = context[_CONTEXT_KEY] = Grounding(source)
    return kept


def wire_object(**properties: Any) -> JsonSchemaValue:
    """A wire form of several fields."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def need(wire: Any, *keys: str) -> dict[str, Any]:
    """What the model wrote, if it is an object with these fields."""
    if not isinstance(wire, dict) or any(key not in wire for key in keys):
        raise ValueError(f"expected an object with {', '.join(keys)}")
    return wire


def one_line(text: Any) -> str:
    """A text of the model, on one line."""
    if not isinstance(text, str) or not (line := " ".join(text.split())):
        raise ValueError("expected text")
    return line


def optional_line(text: Any) -> str | None:
    """As `one_line`; `None` where there is no text."""
    return None if text is None or text == "" else one_line(text)
