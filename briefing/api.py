"""The module functions: each calls the method of that name on a `Briefer` made from the same keywords."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from briefing.briefer import (
    Article,
    Articles,
    AsyncStream,
    Briefer,
    ManyArticlesOptions,
    Progress,
    PromptLike,
    Stream,
    T,
)
from briefing.bulk import AsyncResults, Results
from briefing.llm import ModelOptions, SdkClient
from briefing.pipeline import AsyncJudge, Judge, PlanName, StyleOptions, split_options
from briefing.schemas import Briefing
from briefing.throttling import ThrottlingOptions

if TYPE_CHECKING:
    from briefing.journal import Store


class Options(TypedDict, total=False):
    """Keywords of `Briefer`, which the module functions accept as well."""

    model: str | None
    base_url: str | None
    api_key: str | None
    client: SdkClient | None
    options: ModelOptions | None
    timeout: float
    deadline: float | None
    max_attempts: int
    max_cost_usd: float | None
    max_tokens_total: int | None
    plan: PlanName
    keep_source: bool
    judge: str | Judge | AsyncJudge | None
    fallback: Sequence[str]
    journal: str | os.PathLike[str] | Store | None
    on_progress: Progress | None


def _briefer(settings: dict[str, Any], options: Any) -> Briefer:
    """Return a briefer with these settings, and clear both dicts: a traceback's frames must not hold the key."""
    try:
        return Briefer(**settings)
    finally:
        settings.clear()
        options.clear()


class SummarizeOptions(Options, StyleOptions, total=False):
    """Keywords of `Briefer` and of `Briefer.summarize` together."""


class ManyOptions(SummarizeOptions, ThrottlingOptions, total=False):
    """Keywords of `Briefer` and of `Briefer.summarize_many` together."""


def summarize(
    article: Article,
    *,
    schema: type[T] = Briefing,  # type: ignore[assignment]
    prompt: PromptLike = "briefing",
    language: str | None = None,
    **options: Unpack[SummarizeOptions],
) -> T:
    """Make a briefing of an article.

    For several articles make one `Briefer`, which keeps its connections, or use `summarize_many`.

    Args:
        article: a `str` is the text itself, a `pathlib.Path` a file (``.txt``, ``.md``, ``.html``); or a `Source`.
        schema: class of the result: `Briefing` (default), or any pydantic model with grounded types in it.
        prompt: name of a prompt that ships with the library, path of a prompt file (YAML), or a `Prompt`.
            Default ``"briefing"``.
        language: `str`, BCP-47 tag of the language to write in, such as ``en`` or ``pt-BR``. Default: the article's.
        style: `str`. "written": the model writes headline and summary; "extractive": they are the article's title
            and sentences, chosen by the model or, for a local one, by the library. Default "auto": extractive for
            a local model unless `language` is another than the article's.
        focus: `str`, what the reader wants to know. Default `None`: what is most important.
        length: `str`, of the summary: "brief", "standard" (default) or "detailed".
        on_unsupported: `str`. A written statement or headline with an error, or a statement of a local model with a low
            score, is marked ("mark", the default), replaced by the sentences of the article that it cites ("replace"),
            or left out ("drop").
        model: `str`, ``provider/name`` in instructor's notation, or ``local``, ``local/NAME``, ``local:FILE.gguf``.
            Default: ``$BRIEFING_MODEL``; else ``openai/...`` if ``OPENAI_API_KEY`` is set; else ``local``.
        base_url: `str`, URL of an OpenAI-compatible server. Default: the provider's, for ``openai`` also
            ``$OPENAI_BASE_URL``.
        api_key: `str`. Default: the provider's environment variable.
        client: your own client of the provider's SDK, or instructor's around one, instead of `base_url` and `api_key`.
        options: `dict` of options of the model (`briefing.ModelOptions`). Default `None`.
        timeout: `float`, seconds for one answer, default 60; 15 times as long for a local model.
        deadline: `float`, seconds for one article with all its calls and waits. Default `None`: no deadline.
        max_attempts: `int`, most HTTP calls for one ask, counting retries and repairs, default 4.
        max_cost_usd: `float`, most US dollars for the article. Default `None`: no limit.
        max_tokens_total: `int`, most tokens, input and output of all calls for the article. Default `None`: no limit.
        plan: ``"auto"`` (default), ``"joint"`` (one call), ``"staged"`` (one call per field) or ``"long"`` (in
            parts; "auto" does so if the article is too long for the model).
        keep_source: `bool`, include the `Source` in the result, default `False`.
        judge: who judges what the model writes: ``"same"`` (the model itself, asked once more), ``provider/name``, or a
            `briefing.Judge`. Default `None`: nobody.
        fallback: names of models to try if `model` is down, refuses, is out of credit, is rate-limited for too long, or gives no
            usable answer. Default: none.
        journal: path of a journal file, or a `Journal`: finished work is read from it and recorded in it.
            Default `None`.
        on_progress: called with a short description of each step (`str`). Default `None`.

    Returns:
        An instance of `schema`. Every span in it is a slice of the article.

    Raises:
        InputError: the article cannot be read, is empty, or is not text.
        ConfigurationError: an argument cannot be used, or the provider's key is missing.
        ProviderError: the model's server failed, or no answer of it could be used. Carries `attempts`, `usage` and
            `cost_usd` of the article so far. Its subclasses name the cause, for example `AuthenticationError`,
            `RateLimitError`, `RefusalError`, `ContextWindowError`, `DeadlineError`.
        BudgetError: the next call could exceed `max_cost_usd` or `max_tokens_total`. `partial` holds the fields that
            were answered.
        GroundingError: what the article backs does not make a valid instance of `schema`.
        JournalError: the journal cannot be read or written. `result` is a briefing that could not be recorded.
    """
    settings, style = split_options(options, StyleOptions)
    with _briefer(settings, options) as briefer:
        return briefer.summarize(article, schema=schema, prompt=prompt, language=language, **style)


async def asummarize(
    article: Article,
    *,
    schema: type[T] = Briefing,  # type: ignore[assignment]
    prompt: PromptLike = "briefing",
    language: str | None = None,
    **options: Unpack[SummarizeOptions],
) -> T:
    """Make a briefing without blocking the event loop: arguments, result and errors as for `summarize`."""
    settings, style = split_options(options, StyleOptions)
    async with _briefer(settings, options) as briefer:
        return await briefer.asummarize(article, schema=schema, prompt=prompt, language=language, **style)


def stream(
    article: Article,
    *,
    schema: type[T] = Briefing,  # type: ignore[assignment]
    prompt: PromptLike = "briefing",
    language: str | None = None,
    **options: Unpack[SummarizeOptions],
) -> Stream[T]:
    """Make a briefing and return an iterator over its parts, each as soon as it is whole and checked.

    A part (`briefing.Part`) has a `path` in the result and the `value` there. What was yielded stays, unless it is repaired or the
    answer fails that it is from: then the part of the result follows, which `corrects` it.

    Args:
        article: as for `summarize`.
        schema: as for `summarize`.
        prompt: as for `summarize`.
        language: as for `summarize`.
        options: the other keywords of `summarize`.

    Returns:
        An iterator whose `result` is, at its end, what `summarize` returns. It also is a context manager that ends the call;
        so does leaving the loop early.

    Raises:
        ConfigurationError: a keyword of `Briefer` cannot be used.
        BriefingError: from the iterator: as `summarize` raises it.
    """
    settings, style = split_options(options, StyleOptions)
    briefer = _briefer(settings, options)
    return Stream(briefer._amake, (article, schema, prompt, language, style), briefer.aclose)  # noqa: SLF001


def astream(
    article: Article,
    *,
    schema: type[T] = Briefing,  # type: ignore[assignment]
    prompt: PromptLike = "briefing",
    language: str | None = None,
    **options: Unpack[SummarizeOptions],
) -> AsyncStream[T]:
    """Like `stream`, for ``async for`` in the running event loop."""
    settings, style = split_options(options, StyleOptions)
    briefer = _briefer(settings, options)
    return AsyncStream(briefer._amake, (article, schema, prompt, language, style), briefer.aclose)  # noqa: SLF001


def summarize_many(
    articles: Articles,
    *,
    schema: type[T] = Briefing,  # type: ignore[assignment]
    prompt: PromptLike = "briefing",
    language: str | None = None,
    **options: Unpack[ManyOptions],
) -> Results[T]:
    """Make a briefing of each of many articles, as fast as the model's server allows.

    Args:
        articles: a sync or async iterable of what `summarize` takes. It is read only as far ahead as needed and may be
            infinite. Articles with equal text, title and language are requested once.
        schema: as for `summarize`.
        prompt: as for `summarize`.
        language: as for `summarize`.
        style: as for `summarize`.
        focus: as for `summarize`.
        length: as for `summarize`.
        on_unsupported: as for `summarize`.
        ordered: `bool`, default `True`: yield results in the order of the articles. Otherwise as they finish; the
            iterator's `index` says which article the last result belongs to.
        max_concurrency: `int`, most articles and calls in flight, default 512 (1 for a local model). Below it, the
            limit adapts to what the server takes.
        requests_per_minute: `float`, a known rate limit, default `None`. Limits that the server reports in its headers
            are respected in any case.
        tokens_per_minute: `float`, the same for tokens, input and output.
        processes: `int`, worker processes that read, ask and check, default 1: this process alone. "auto": one for each
            core, once one core is the limit; never for a local model. Schema, prompt and judge must be importable or
            picklable.
        options: the keywords of `Briefer`, as for `summarize`; `max_cost_usd` and `max_tokens_total` are limits on
            all articles together.

    Returns:
        An iterator that yields, for each article, an instance of `schema` or the `BriefingError` that it failed with;
        the error's `index` and `source` say which article it was. It also is a context manager that stops the run.

    Raises:
        ConfigurationError: an argument cannot be used. Raised before anything is read.
        Exception: from the iterator: whatever iterating `articles` raised, after the results in flight.
    """
    settings, how = split_options(options, ManyArticlesOptions)
    return _briefer(settings, options).summarize_many(
        articles, schema=schema, prompt=prompt, language=language, **how
    )


def asummarize_many(
    articles: Articles,
    *,
    schema: type[T] = Briefing,  # type: ignore[assignment]
    prompt: PromptLike = "briefing",
    language: str | None = None,
    **options: Unpack[ManyOptions],
) -> AsyncResults[T]:
    """Like `summarize_many`, for ``async for`` in the running event loop."""
    settings, how = split_options(options, ManyArticlesOptions)
    return _briefer(settings, options).asummarize_many(
        articles, schema=schema, prompt=prompt, language=language, **how
    )
