"""The module functions: each is a method of a `Briefer` made of the same keywords."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack, overload

from pydantic import BaseModel

from briefing.briefer import Article, Articles, Briefer, Progress, PromptLike
from briefing.bulk import AsyncResults, Results
from briefing.pipeline import PlanName
from briefing.schemas import Briefing
from briefing.throttling import PaceOptions

if TYPE_CHECKING:
    from briefing.journal import Journal

T = TypeVar("T", bound=BaseModel)


class Options(TypedDict, total=False):
    """Keywords of `Briefer`, which the module functions take too."""

    model: str | None
    base_url: str | None
    api_key: str | None
    timeout: float
    deadline: float | None
    max_attempts: int
    max_cost_usd: float | None
    max_tokens_total: int | None
    plan: PlanName
    keep_source: bool
    journal: str | os.PathLike[str] | Journal | None
    on_progress: Progress | None


class ManyOptions(Options, PaceOptions, total=False):
    """Keywords of `Briefer` and of `Briefer.summarize_many`, which the module functions take together."""


@overload
def summarize(
    article: Article, *, prompt: PromptLike = ..., language: str | None = ..., **options: Unpack[Options]
) -> Briefing: ...


@overload
def summarize(
    article: Article,
    *,
    schema: type[T],
    prompt: PromptLike = ...,
    language: str | None = ...,
    **options: Unpack[Options],
) -> T: ...


def summarize(
    article: Article,
    *,
    schema: type[BaseModel] = Briefing,
    prompt: PromptLike = "briefing",
    language: str | None = None,
    **options: Unpack[Options],
) -> BaseModel:
    """Make a briefing of an article: `Briefer.summarize` on a `Briefer` made of `options`."""
    with Briefer(**options) as briefer:
        return briefer.summarize(article, schema=schema, prompt=prompt, language=language)


@overload
async def asummarize(
    article: Article, *, prompt: PromptLike = ..., language: str | None = ..., **options: Unpack[Options]
) -> Briefing: ...


@overload
async def asummarize(
    article: Article,
    *,
    schema: type[T],
    prompt: PromptLike = ...,
    language: str | None = ...,
    **options: Unpack[Options],
) -> T: ...


async def asummarize(
    article: Article,
    *,
    schema: type[BaseModel] = Briefing,
    prompt: PromptLike = "briefing",
    language: str | None = None,
    **options: Unpack[Options],
) -> BaseModel:
    """As `summarize`, without blocking the event loop while the model answers."""
    async with Briefer(**options) as briefer:
        return await briefer.asummarize(article, schema=schema, prompt=prompt, language=language)


@overload
def summarize_many(
    articles: Articles,
    *,
    prompt: PromptLike = ...,
    language: str | None = ...,
    **options: Unpack[ManyOptions],
) -> Results[Briefing]: ...


@overload
def summarize_many(
    articles: Articles,
    *,
    schema: type[T],
    prompt: PromptLike = ...,
    language: str | None = ...,
    **options: Unpack[ManyOptions],
) -> Results[T]: ...


def summarize_many(
    articles: Articles,
    *,
    schema: type[BaseModel] = Briefing,
    prompt: PromptLike = "briefing",
    language: str | None = None,
    **options: Unpack[ManyOptions],
) -> Results[Any]:
    """Make a briefing of each of many articles: `Briefer.summarize_many` on a `Briefer` made of `options`."""
    briefer, pace = _split(options)
    return briefer.summarize_many(articles, schema=schema, prompt=prompt, language=language, **pace)


@overload
def asummarize_many(
    articles: Articles,
    *,
    prompt: PromptLike = ...,
    language: str | None = ...,
    **options: Unpack[ManyOptions],
) -> AsyncResults[Briefing]: ...


@overload
def asummarize_many(
    articles: Articles,
    *,
    schema: type[T],
    prompt: PromptLike = ...,
    language: str | None = ...,
    **options: Unpack[ManyOptions],
) -> AsyncResults[T]: ...


def asummarize_many(
    articles: Articles,
    *,
    schema: type[BaseModel] = Briefing,
    prompt: PromptLike = "briefing",
    language: str | None = None,
    **options: Unpack[ManyOptions],
) -> AsyncResults[Any]:
    """As `summarize_many`, in the running event loop."""
    briefer, pace = _split(options)
    return briefer.asummarize_many(articles, schema=schema, prompt=prompt, language=language, **pace)


def _split(options: ManyOptions) -> tuple[Briefer, PaceOptions]:
    given: dict[str, Any] = dict(options)
    pace: Any = {name: given.pop(name) for name in PaceOptions.__annotations__ if name in given}
    return Briefer(**given), pace
