"""`Span`: a slice of the source with its offsets."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Made(BaseModel):
    """Base class of types that only the library makes: a wire schema that contains one is refused."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        result = handler(schema)
        if handler.mode == "validation":
            handler.resolve_ref_schema(result)["x-briefing"] = "made"
        return result


class Span(Made):
    """A slice of a source: ``source.text[start:end] == text``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: int
    """Offset of the first code point, from 0."""
    end: int
    """Offset after the last code point."""
    text: str
    """The text of the slice."""

    @classmethod
    def of(cls, text: str, start: int, end: int) -> Self:
        """Return the span of `text[start:end]`."""
        span = cls.__new__(cls)
        # As unpickling does: half the time of `model_construct`, and an article has hundreds of spans.
        span.__setstate__(
            {
                "__dict__": {"start": start, "end": end, "text": text[start:end]},
                "__pydantic_fields_set__": {"start", "end", "text"},
                "__pydantic_extra__": None,
                "__pydantic_private__": None,
            }
        )
        return span

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.start < 0 or self.end - self.start != len(self.text):
            raise ValueError("start must not be negative, and text must have end - start characters")
        return self
