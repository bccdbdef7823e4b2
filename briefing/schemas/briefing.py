"""`Briefing`: what `summarize` returns by default."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from briefing.meta import Meta
from briefing.schemas.abstractive import Summary, Support
from briefing.schemas.base import one_line
from briefing.schemas.extractive import Entity, Quote
from briefing.schemas.verification import Violation, verify
from briefing.sources import Source


def _meta_of(saved: Any) -> Any:
    return Meta() if saved is None else saved


class Briefing(BaseModel):
    """A briefing of one article. Every span in it is a slice of the source.

    Attributes:
        headline: one line, written by the model.
        headline_support, headline_missing: as for `Statement`, against the whole article.
        summary: sentences with their evidence.
        key_quotes: what was said, and who said it.
        entities: who and what the article is about.
        meta: how the briefing came to be.
        source: the source itself, where `keep_source` asked for it.
    """

    # By name, too: what a subclass with aliases dumps by default is read back by default.
    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)

    headline: Annotated[
        str,
        BeforeValidator(one_line, json_schema_input_type=str),
        Field(
            description="a headline of at most 15 words that says what happened",
            json_schema_extra={"x-briefing": "statement"},
        ),
    ]
    summary: Annotated[
        Summary,
        Field(description="2 to 5 complete sentences that summarize the article, most important first"),
    ]
    key_quotes: Annotated[
        list[Quote],
        Field(
            description="the quotations that matter most, and who says each; empty if nobody is quoted",
            json_schema_extra={"maxItems": 8},
        ),
    ]
    entities: Annotated[
        list[Entity],
        Field(
            description="the people, organizations, countries, places and other things that the article is about, each once",
            json_schema_extra={"maxItems": 16},
        ),
    ]
    headline_support: Support = "supported"
    headline_missing: list[str] = []
    # An empty `Meta` for briefings that were not made by a model, not `None`: every briefing from `summarize` has one, and
    # `b.meta.usage` needs no check. Empty texts and counts of 0 claim nothing; a saved null is read as such.
    meta: Annotated[Meta, BeforeValidator(_meta_of)] = Field(default_factory=Meta)
    source: Source | None = None

    def verify(self, source: Source | str) -> list[Violation]:
        """Check every span of this briefing against a text.

        Args:
            source: the source, or its text.

        Returns:
            What does not hold; empty when all does.
        """
        return verify(self, source)


def wire_fields(schema: type[BaseModel]) -> list[str]:
    """Fields of a schema that the model fills; the others are ours."""
    if issubclass(schema, Briefing):
        ours = {"headline_support", "headline_missing", "meta", "source"}
    else:
        ours = {name for name, info in schema.model_fields.items() if _is_meta(info.annotation)}
    return [name for name in schema.model_fields if name not in ours]


def _is_meta(annotation: Any) -> bool:
    return annotation in (Meta, Meta | None)
