"""`Span`: a piece of the source, by offsets."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Made(BaseModel):
    """Base of what the library makes and no model may write: a schema that asks for it is refused."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        result = handler(schema)
        if handler.mode == "validation":
            handler.resolve_ref_schema(result)["x-briefing"] = "made"
        return result


class Span(Made):
    """A slice of a source: ``source.text[start:end] == text``.

    Attributes:
        start: first code point, counted from 0.
        end: one past the last code point.
        text: the slice itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: int
    end: int
    text: str

    @classmethod
    def of(cls, text: str, start: int, end: int) -> Self:
        """Slice `text`; the only way to make a span that is right by construction."""
        span = cls.__new__(cls)
        # What unpickling does: half the time of `model_construct`, and an article has hundreds.
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
            raise ValueError("a span's text must be as long as end - start")
        return self

    def holds_in(self, text: str) -> bool:
        """Whether `text` really has this span at this place."""
        return text[self.start : self.end] == self.text
