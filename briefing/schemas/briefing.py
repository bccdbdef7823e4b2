"""`Briefing`, the default result of `summarize`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from briefing.grounding import Finding, Grounding, check_headline, errors_of, sentences_by_id
from briefing.meta import Meta
from briefing.schemas.abstractive import Summary, Support
from briefing.schemas.base import EXTRACTIVE, grounding_of, one_line
from briefing.schemas.extractive import Entity, Quote
from briefing.schemas.verification import Violation, verify
from briefing.sources import Source
from briefing.spans import Span

if TYPE_CHECKING:
    from rich.console import Group


class HeadlineText(str):
    """The headline of an answer: an object of its own, so that a problem can be about it.

    Attributes:
        findings: errors and notes about it.
        sentence: the sentence that it is; `None` if the model wrote it.
    """

    __slots__ = ("findings", "sentence")

    findings: list[Finding]
    sentence: Span | None

    def __new__(cls, text: str, findings: list[Finding], sentence: Span | None = None) -> Self:
        """Return a text that has these attributes."""
        headline = super().__new__(cls, text)
        headline.findings, headline.sentence = findings, sentence
        return headline


def _headline(value: Any, info: ValidationInfo) -> str:
    """Return a headline on one line; in the extractive style, that of the sentence with this number, "" without one."""
    grounding = grounding_of(info.context)
    if grounding is None or not grounding.extractive:
        return one_line(value)
    sentences, _ = sentences_by_id([value], grounding.source, grounding.view)
    return " ".join(sentences[0].text.split()) if sentences else ""


def _checked_headline(text: str, info: ValidationInfo) -> str:
    grounding = info.context
    if not isinstance(grounding, Grounding):
        return text
    if grounding.extractive:
        sentence = next((s for s in grounding.source.sentences if " ".join(s.text.split()) == text), None)
        headline = HeadlineText(text, [], sentence)
        if sentence is None:
            grounding.add_problem(headline, text, "the headline is the number of no sentence", fatal=False)
        return headline
    headline = HeadlineText(*check_headline(text, grounding))
    for finding in errors_of(headline.findings):
        grounding.add_problem(headline, text, f"the headline: {finding.message}", fatal=False)
    return headline


Headline = Annotated[
    str,
    BeforeValidator(_headline, json_schema_input_type=str),
    AfterValidator(_checked_headline),
    Field(
        description="a headline of at most 15 words that says what happened",
        json_schema_extra={
            "x-briefing": "statement",
            EXTRACTIVE: {
                "type": "integer",
                "x-briefing": "sentence",
                "description": "the number of the sentence that says best what happened",
            },
        },
    ),
]


def _meta_of(saved: Any) -> Any:
    return Meta() if saved is None else saved


class Briefing(BaseModel):
    """A briefing of one article. Every span in it is a slice of the source."""

    # By name, too: a subclass with aliases reads back its default dump, which uses names.
    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)

    headline: Headline
    """One line: written by the model, or the article's title or one of its sentences (`style="extractive"`)."""
    summary: Annotated[
        Summary, Field(description="complete sentences that summarize the article, most important first")
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
    headline_span: Span | None = None
    """The headline in the source; `None` if the model wrote it, or if it is the source's title and not in its text."""
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

    def to_html(self, source: Source | str | None = None) -> str:
        """Return a page that shows this briefing beside its article: one file that needs no network.

        `briefing.report` writes one page for several.

        Args:
            source: the source, or its text. Default `None`: the one that the briefing holds (`keep_source`); without one, the page
                shows the passages that are cited, and says that the article is not there.

        Raises:
            InputError: `source` is neither a `Source` nor a `str`, or is not the article of this briefing.
        """
        from briefing.reports import briefing_view, html_page

        view = briefing_view(_data(self), self.source if source is None else Source.of(source))
        return html_page([view], self.headline)

    def to_markdown(self) -> str:
        """Return this briefing as Markdown, with the evidence of each sentence in footnotes.

        A footnote links to its passage on the page that the article was read from, if it was. No text of the article is markup.
        """
        from briefing.reports import markdown

        return markdown(_data(self))

    def _repr_html_(self) -> str:
        """Return what a notebook shows: headline, summary with evidence, quotations and names."""
        from briefing.reports import notebook_html

        return notebook_html(_data(self))

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def __rich__(self) -> Group:
        """Return what `rich` prints."""
        from briefing.reports import terminal_page

        return terminal_page(_data(self), self.source)


def _data(briefing: Briefing) -> dict[str, Any]:
    """Return the JSON data that pages are made from: by the names of the fields, with what a subclass adds."""
    return briefing.model_dump(mode="json", by_alias=False, exclude={"source"})


def wire_fields(schema: type[BaseModel]) -> list[str]:
    """Return the names of the fields that the model fills; the library fills the others (`meta` and the like)."""
    if issubclass(schema, Briefing):
        ours = {
            "headline_support",
            "headline_missing",
            "headline_findings",
            "headline_span",
            "meta",
            "source",
        }
    else:
        ours = {name for name, info in schema.model_fields.items() if _is_meta(info.annotation)}
    return [name for name in schema.model_fields if name not in ours]


def _is_meta(annotation: Any) -> bool:
    return annotation in (Meta, Meta | None)
