"""`Span`: a slice of the source with its offsets."""

from __future__ import annotations

import re
from typing import Any, Self, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

#: A link names a longer text by its first and last words, so that it stays short.
_LONGEST_IN_LINK, _WORDS_IN_LINK = 120, 5


#: Setters of what a model consists of, which do not look at its class.
_set_fields, _set_names, _set_extra, _set_private = (
    vars(BaseModel)[slot].__set__
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)


T = TypeVar("T", bound=BaseModel)


def unchecked(kind: type[T], /, **fields: Any) -> T:
    """Return a model of these fields, all that it has, without checking them: `model_construct` in a quarter of its time."""
    model = object.__new__(kind)
    _set_fields(model, fields)
    _set_names(model, set(fields))
    _set_extra(model, None)
    _set_private(model, None)
    return model


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
    label: str | None = Field(default=None, exclude_if=lambda label: label is None)
    """Where the slice begins, such as "page 3", if the source has such labels; see `Source.labels`."""

    @classmethod
    def of(cls, text: str, start: int, end: int) -> Self:
        """Return the span of `text[start:end]`."""
        span = object.__new__(cls)
        # As `model_construct`, in a quarter of its time: an article has hundreds of spans.
        _set_fields(span, {"start": start, "end": end, "text": text[start:end], "label": None})
        _set_names(span, {"start", "end", "text"})
        _set_extra(span, None)
        _set_private(span, None)
        return span

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.start < 0 or self.end - self.start != len(self.text):
            raise ValueError("start must not be negative, and text must have end - start characters")
        return self

    def fragment(self, url: str) -> str:
        """Return a link that opens the page at this passage: ``URL#:~:text=FIRST%20WORDS,LAST%20WORDS``.

        Browsers scroll to the first place in the page that has these words (WICG, URL Fragment Text Directives), if the
        page still has them; otherwise they open it as usual.

        Args:
            url: `str`, URL of the page. Its own fragment is kept.
        """
        # A page shows neither the dashes of its lists nor the rules of its tables as text.
        cells = re.split(r"\n\s*(?:[-*] )?|^- |(?:^|\s)\|(?:\s|$)", self.text)
        lines = [" ".join(cell.split()) for cell in cells if cell.strip()]
        parts = lines
        if len(lines) > 1 or len(self.text) > _LONGEST_IN_LINK:
            first, last = lines[0].split(), lines[-1].split()
            # In a script without spaces only the browser knows where words end.
            if len(lines) > 1 or len(first) >= 2 * _WORDS_IN_LINK:
                parts = [" ".join(first[:_WORDS_IN_LINK]), " ".join(last[-_WORDS_IN_LINK:])]
        directive = ",".join(quote(part, safe="").replace("-", "%2D") for part in parts)
        page = url.partition(":~:")[0].rstrip("#")
        return f"{page}{'' if '#' in page else '#'}:~:text={directive}"
