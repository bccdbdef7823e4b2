"""The tools: what an agent gives and gets, and the calls of the library behind them.

The docstring of a tool's arguments is its description, and those of the fields are theirs: they are written for a model that has
read nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from briefing.briefer import Briefer
from briefing.checking import check
from briefing.errors import InputError
from briefing.grounding import locate
from briefing.mcp.access import Access, Article, parsed
from briefing.mcp.results import CheckedDraft, Located, Read, Summarized
from briefing.mcp.views import checked_draft, located, page, summarized
from briefing.schemas import Length
from briefing.threads import call_in_thread, computing

#: Most characters of a draft, and of a quotation.
MAX_DRAFT, MAX_QUOTE = 100_000, 10_000
#: Calls that compute at a time.
_THREADS = 8

_T = TypeVar("_T")


class _Arguments(BaseModel):
    """Base class of arguments; others than theirs are refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class ReadSource(_Arguments):
    """Read an article page by page: numbered sentences with offsets, and the quotations with their speakers.

    Web pages, PDFs and other files come without navigation, advertisements and hidden text. No model is called. Read on with
    next_offset until it is null.
    """

    article: Article
    """The article: {"text": "…"}, {"path": "…"} or {"url": "…"}."""
    offset: Annotated[int, Field(ge=0)] = 0
    """Where to begin: 0, the next_offset of the page before, or the start of a passage in another result."""
    size: Annotated[int, Field(ge=500, le=20_000)] = 8_000
    """Characters of this page, as a rough measure."""


class Summarize(_Arguments):
    """Summarize one article with a language model: headline, summary, key quotations with speakers, people and places.

    Each sentence comes with its evidence (sentences of the article, with offsets) and with what the evidence does not
    back. Quotations and names are cut out of the article, never written by the model. Takes seconds to minutes, and may
    cost money: to read or search a short article, read_source is faster and free.
    """

    article: Article
    """The article: {"text": "…"}, {"path": "…"} or {"url": "…"}."""
    focus: Annotated[str, Field(max_length=1_000)] | None = None
    """What to look for, in a phrase, such as: who pays for the repairs. Default: what matters most."""
    length: Length = "standard"
    """brief, standard or detailed: 1 or 2, 2 to 5, 5 to 9 sentences; more of a long article, except brief."""
    language: Annotated[str, Field(max_length=35)] | None = None
    """Language to write in, a BCP 47 tag such as en or pt-BR. Default: the article's."""


class LocateQuote(_Arguments):
    """Find a quotation in an article: whether the article has these words, where, and who says them. No model is called.

    Use it before you print words between quotation marks. If the status is altered, print the returned text instead of
    yours; if it is unverified, do not quote.
    """

    quote: Annotated[str, Field(min_length=1, max_length=MAX_QUOTE)]
    """The words, without the sentence around them; an omission as … or [...]."""
    article: Article
    """The article: {"text": "…"}, {"path": "…"} or {"url": "…"}."""


class CheckDraft(_Arguments):
    """Check a text against the articles that it is about, before you hand it in. No model is called; costs nothing.

    Finds altered and invented quotations, wrong speakers, and numbers, dates, names, negations and certainties that the
    articles do not have, each with the nearest passage. Mend what it lists, and check again until ok is true. Meaning as a
    whole is not checked.
    """

    draft: Article
    """Your text about the articles, in the same form: {"text": "…"} or {"path": "…"}."""
    articles: Annotated[list[Article], Field(min_length=1, max_length=20)]
    """The articles that the draft is about, all of them."""

    @field_validator("articles", mode="before")
    @classmethod
    def _is_list(cls, value: Any) -> Any:
        return parsed(value, "[")


class Tool(NamedTuple):
    """A tool: its name, the classes of its arguments and result, and what it does."""

    name: str
    arguments: type[BaseModel]
    result: type[BaseModel]
    run: Callable[[Any], Awaitable[BaseModel]]


class Tools:
    """The tools, around one briefer, which makes the briefings; `access` says what may be read."""

    def __init__(self, briefer: Briefer, access: Access) -> None:
        self._briefer, self._access = briefer, access
        self._threads = asyncio.Semaphore(_THREADS)

    def all(self) -> list[Tool]:
        """Return the tools, the cheap ones first."""
        return [
            Tool("read_source", ReadSource, Read, self.read_source),
            Tool("locate_quote", LocateQuote, Located, self.locate_quote),
            Tool("check_draft", CheckDraft, CheckedDraft, self.check_draft),
            Tool("summarize", Summarize, Summarized, self.summarize),
        ]

    async def _in_thread(self, call: Callable[[], _T]) -> _T:
        """Return what a call returns. If the client cancels it or goes away, its thread is abandoned: an executor would wait for it."""

        def computed() -> _T:
            with computing():
                return call()

        async with self._threads:
            return await call_in_thread(computed)

    async def read_source(self, given: ReadSource) -> Read:
        """Return a page of the article."""
        return await self._in_thread(lambda: page(self._access.read(given.article), given.offset, given.size))

    async def locate_quote(self, given: LocateQuote) -> Located:
        """Return where the quotation stands in the article."""

        def found() -> Located:
            source = self._access.read(given.article)
            return located(locate(given.quote, source), source)

        return await self._in_thread(found)

    async def check_draft(self, given: CheckDraft) -> CheckedDraft:
        """Return what is to be mended in the draft."""

        def checked() -> CheckedDraft:
            draft = self._access.read(given.draft)
            if len(draft.text) > MAX_DRAFT:
                raise InputError(
                    f"The draft has {len(draft.text):,} characters; at most {MAX_DRAFT:,} are checked at a time. Check it in parts."
                )
            sources = [self._access.read(article) for article in given.articles]
            return checked_draft(check(draft, sources), sources)

        return await self._in_thread(checked)

    async def summarize(self, given: Summarize) -> Summarized:
        """Return a briefing of the article."""
        source = await self._in_thread(lambda: self._access.read(given.article))
        briefing = await self._briefer.asummarize(
            source,
            focus=given.focus,
            length=given.length,
            language=given.language,
            on_unsupported="replace",
        )
        return await self._in_thread(lambda: summarized(briefing, source))
