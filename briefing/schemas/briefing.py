"""`Briefing`, the default result of `summarize`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from briefing.grounding import Finding
from briefing.meta import Meta
from briefing.schemas.abstractive import Summary, Support
from briefing.schemas.base import one_line
from briefing.schemas.extractive import Entity, Quote
from briefing.schemas.verification import Violation, verify
from briefing.sources import Source


def _meta_of(saved: Any) -> Any:
    return Meta() if saved is None else saved


class Briefing(BaseModel):
    """A briefing of one article. Every span in it is a slice of the source."""

    # By name, too: a subclass with aliases reads back its default dump, which uses names.
    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)

    headline: Annotated[
        str,
        BeforeValidator(one_line, json_schema_input_type=str),
        Field(
            description="a headline of at most 15 words that says what happened",
            json_schema_extra={"x-briefing": "statement"},
        ),
    ]
    """One line, written by the model."""
    summary: Annotated[
        Summary,
        Field(description="2 to 5 complete sentences that summarize the article, most important first"),
    ]
    """The summary, sentence by sentence, each with its evidence."""
    key_quotes: Annotated[
        list[Quote],
        Field(
            description="the quotations that matter most, and who says each; empty if nobody is quoted",
            json_schema_extra={"maxItems": 8},
        ),
    ]
    """The most important quotations, with speakers."""
    entities: Annotated[
        list[Entity],
        Field(
            description="the people, organizations, countries, places and other things that the article is about, each once",
            json_schema_extra={"maxItems": 16},
        ),
    ]
    """The people, organizations, places and things that the article is about."""
    headline_support: Support = "supported"
    """As `Statement.support`, with the whole article as evidence."""
    headline_missing: list[str] = []
    """The unsupported parts of the headline; empty if supported."""
    headline_findings: list[Finding] = []
    """Errors and notes about the headline, as `Statement.findings`."""
    # Not `Meta | None`: `summarize` always sets it, and `b.meta.usage` should need no check. The default makes no claim: its
    # texts are empty, and no call was counted, which is true. A property that raises would have to leave the JSON form.
    meta: Annotated[Meta, BeforeValidator(_meta_of)] = Field(default_factory=Meta)
    """Model, prompt, fingerprint, usage and cost, warnings; empty in a briefing that the library did not make."""
    source: Source | None = None
    """The source, if `keep_source` is set; else `None`."""

    def verify(self, source: Source | str) -> list[Violation]:
        """Check every span of this briefing against a text, as `briefing.verify` does.

        Args:
            source: the source, or its text.

        Returns:
            The violations, in the order of the fields; empty if there are none.

        Raises:
            InputError: `source` is neither a `Source` nor a `str`.
        """
        return verify(self, source)


def wire_fields(schema: type[BaseModel]) -> list[str]:
    """Return the names of the fields that the model fills; the library fills the others (`meta` and the like)."""
    if issubclass(schema, Briefing):
        ours = {"headline_support", "headline_missing", "headline_findings", "meta", "source"}
    else:
        ours = {name for name, info in schema.model_fields.items() if _is_meta(info.annotation)}
    return [name for name in schema.model_fields if name not in ours]


def _is_meta(annotation: Any) -> bool:
    return annotation in (Meta, Meta | None)
