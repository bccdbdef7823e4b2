"""`Briefer`: settings, and the methods that make briefings."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack, cast, get_args

from pydantic import BaseModel
from typing_extensions import TypeVar

from briefing.briefer.articles import open_run, worker_setup
from briefing.briefer.connections import Progress, is_to_be_started
from briefing.briefer.making import Article, Limits, Maker, PromptLike
from briefing.briefer.streams import AsyncStream, Stream
from briefing.bulk import ArticlesRun, AsyncResults, Results, check_articles
from briefing.errors import ConfigurationError
from briefing.llm import Budget, GivenClient, ModelOptions, SdkClient, has_price, target_of
from briefing.pipeline import (
    AsyncJudge,
    Estimate,
    Judge,
    Judging,
    PlanName,
    StyleOptions,
    fallback_targets,
    split_options,
)
from briefing.processes import check_processes
from briefing.schemas import Briefing
from briefing.sources import Source
from briefing.threads import computing
from briefing.throttling import Limiter, ThrottlingOptions, limit_from_options

if TYPE_CHECKING:
    from briefing.journal import Store

Articles = Iterable[Article] | AsyncIterable[Article]
#: Type of the result. Its default makes overloads for calls without a schema unnecessary (PEP 696).
T = TypeVar("T", bound=BaseModel, default=Briefing)
_PLANS = get_args(PlanName)


class ManyArticlesOptions(ThrottlingOptions, StyleOptions, total=False):
    """Keywords of `Briefer.summarize_many` that say how to write and how fast to call."""


class Briefer(Maker):
    """Makes briefings with one model. Reuse it: it keeps its connections; ``with`` or ``async with`` closes them.

    Threads, event loops and forked processes may share a briefer. A copied or unpickled one has the same settings,
    including the API key, and connections of its own.

    Args:
        model: ``provider/name`` in instructor's notation, or ``local``, ``local/NAME``, ``local:FILE.gguf``.
            Default: ``$BRIEFING_MODEL``; else ``openai/...`` if ``OPENAI_API_KEY`` is set; else ``local``.
        base_url: URL of an OpenAI-compatible server; for ``local``, of a server that is already running. Default: the
            provider's, for ``openai`` also ``$OPENAI_BASE_URL``.
        api_key: the provider's key. Default: the provider's environment variable.
        client: your own client of the provider's SDK (``openai.OpenAI``, ``openai.AsyncOpenAI``, ``openai.AzureOpenAI``,
            ``anthropic.Anthropic`` and the like) or instructor's around one, instead of `base_url` and `api_key`; `model` may then be
            the model's name alone. It is neither changed nor closed. Sync calls need a sync one. Default: `None`.
        options: options of the model (`briefing.ModelOptions`), such as ``{"temperature": 0.3, "max_output_tokens": 4000}``.
            Default: `None`.
        timeout: seconds for one answer, default 60; 15 times as long for a local model.
        deadline: seconds for one article, including all calls, retries, waits, and the wait for another process that
            makes the same briefing with the same journal. Reading the article and downloading and starting a
            local model do not count. Default `None`: no deadline.
        max_attempts: most HTTP calls for one ask, counting retries and repairs, default 4.
        max_cost_usd: most US dollars for one article. A call that could exceed it is not made: if it was a repair, the
            briefing is returned with what is wrong marked or dropped, and a warning; otherwise `BudgetError` is raised.
            Needs a model whose price is known; local models cost nothing. Default `None`: no limit.
        max_tokens_total: the same for tokens, input and output of all calls for one article.
        plan: ``"joint"`` asks for all fields in one call, ``"staged"`` for one field per call, as small models need.
            ``"long"`` reads the article in parts. Default ``"auto"``: long for an article that is too long for the model
            (options `reading_length` and `context_window`); else staged for local models, unless the prompt asks for all
            fields; else joint.
        keep_source: include the `Source` in the result, default `False`.
        judge: who judges the written statements, `Cited` values and the headline, before the repair: ``"same"``, one more ask
            to the model; ``provider/name``, an ask to that model, whose key is in its environment variable; or an object with a method
            ``judge(claims)`` or ``ajudge(claims)`` (`briefing.Judge`), which has `timeout` seconds. A judge that fails costs
            a warning. Default `None`: nobody.
        fallback: names of models to try, in this order, if `model` is down, refuses, is out of credit or rate-limited for too
            long, or gives no usable answer; not after a wrong key or request, nor when the deadline has passed or a
            limit is reached. Those of the same provider have the same `base_url`, `api_key` and options. A result is made by one model
            (`meta.model`), and a warning says why those before it have not made it. Default: none.
        journal: path of a journal file, a `Journal`, or another `briefing.journal.Store`. A briefing with the same
            fingerprint is read from it, with its original `meta`, instead of being made again; a new one is recorded
            before it is returned. Default `None`.
        on_progress: called with a short description of each step (`str`). Default `None`.

    Raises:
        ConfigurationError: an argument cannot be used.
        JournalError: the journal cannot be opened.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        client: SdkClient | None = None,
        options: ModelOptions | None = None,
        timeout: float = 60.0,
        deadline: float | None = None,
        max_attempts: int = 4,
        max_cost_usd: float | None = None,
        max_tokens_total: int | None = None,
        plan: PlanName = "auto",
        keep_source: bool = False,
        judge: str | Judge | AsyncJudge | None = None,
        fallback: Sequence[str] = (),
        journal: str | os.PathLike[str] | Store | None = None,
        on_progress: Progress | None = None,
    ) -> None:
        try:
            self._given = None if client is None else GivenClient.of(client, base_url, api_key)
            parse = target_of if self._given is None else self._given.target
            self._asked = parse(model, base_url=base_url, api_key=api_key, options=options)
        except ConfigurationError as error:
            raise error.with_traceback(None) from error.__cause__
        finally:
            del api_key, options  # a traceback's frames must not hold keys and headers
        if plan not in _PLANS:
            raise ConfigurationError(f"plan must be one of {', '.join(_PLANS)}, not {plan!r}")
        for name, seconds in (("timeout", timeout), ("deadline", deadline)):
            if not _is_duration(seconds) and not (name == "deadline" and seconds is None):
                raise ConfigurationError(f"{name} must be a positive number of seconds, not {seconds!r}")
        if not isinstance(max_attempts, int) or max_attempts < 1:
            raise ConfigurationError(f"max_attempts must be a positive integer, not {max_attempts!r}")
        if on_progress is not None and not callable(on_progress):
            raise ConfigurationError(f"on_progress must be callable with one str, not {on_progress!r}")
        self._limits: Limits = {"max_cost_usd": max_cost_usd, "max_tokens_total": max_tokens_total}
        Budget(**self._limits)  # raises now if a limit is not valid
        self._judging = Judging.of(judge, timeout)
        others = fallback_targets(fallback, self._asked)
        for target in (self._asked, self._judging.target if self._judging else None, *others):
            if max_cost_usd is not None and target and not target.local and not has_price(target):
                raise ConfigurationError(
                    f"the price of {target.model} is not known, so max_cost_usd cannot be enforced; use max_tokens_total"
                )
        self._timeout, self._deadline, self._max_attempts = timeout, deadline, max_attempts
        self._plan, self._keep_source, self._on_progress = plan, keep_source, on_progress
        if journal is not None:
            from briefing.journal import Journal

            self._journal = Journal.of(journal)
        self._own_journal = self._journal is not journal
        self._fallbacks = [
            self._other(
                _asked=target,
                _own_journal=False,
                _given=self._given if target.provider == self._asked.provider else None,
            )
            for target in others
        ]

    def summarize(
        self,
        article: Article,
        *,
        schema: type[T] = Briefing,  # type: ignore[assignment]  # mypy does not apply T's default to parameters
        prompt: PromptLike = "briefing",
        language: str | None = None,
        **style: Unpack[StyleOptions],
    ) -> T:
        """Make a briefing of an article.

        Args:
            article: a `str` is the text itself, a `pathlib.Path` a file (``.txt``, ``.md``, ``.html``); or a `Source`.
            schema: class of the result: `Briefing`, or any pydantic model with grounded types in it.
            prompt: name of a prompt that ships with the library, path of a prompt file (YAML), or a `Prompt`.
            language: BCP-47 tag of the language to write in, such as ``en`` or ``pt-BR``. Default: the article's.
            style: `str`. "written": the model writes headline and summary; "extractive": they are the article's title
                and sentences, chosen by the model or, for a local one, by the library. Default "auto": extractive for
                a local model unless `language` is another than the article's.
            focus: `str`, what the reader wants to know. Default `None`: what is most important.
            length: `str`, of the summary: "brief", "standard" (default) or "detailed".
            on_unsupported: `str`. A written statement or headline with an error, or a statement of a local model with a low
                score, is marked ("mark", the default), replaced by the sentences of the article that it cites ("replace"),
                or left out ("drop").

        Returns:
            An instance of `schema`. Every span in it is a slice of the article.

        Raises:
            InputError: the article cannot be read, is empty, or is not text.
            ConfigurationError: the model, the prompt, the schema or the language cannot be used.
            ProviderError: the model's server failed, or no answer of it could be used. Carries `attempts`, `usage`
                and `cost_usd` of the article so far. Its subclasses name the cause, for example
                `AuthenticationError`, `RateLimitError`, `RefusalError`, `ContextWindowError`, `DeadlineError`.
            BudgetError: the next call could exceed `max_cost_usd` or `max_tokens_total`. `partial` holds the fields
                that were answered.
            GroundingError: what the article backs does not make a valid instance of `schema`.
            JournalError: the journal cannot be read or written. `result` is a briefing that could not be recorded.
        """
        if self._judging is not None:
            self._judging.check_sync()
        with computing():
            tries = self._tries()
            job = self._job(article, schema, prompt, language, style)
            for maker in self._models:
                with tries.next():
                    return cast("T", maker._made(job, tries))  # noqa: SLF001  # of this class
        raise AssertionError  # the last try raises

    async def asummarize(
        self,
        article: Article,
        *,
        schema: type[T] = Briefing,  # type: ignore[assignment]
        prompt: PromptLike = "briefing",
        language: str | None = None,
        **style: Unpack[StyleOptions],
    ) -> T:
        """Make a briefing without blocking the event loop: arguments, result and errors as for `summarize`."""
        return cast("T", await self._amake((article, schema, prompt, language, style)))

    def stream(
        self,
        article: Article,
        *,
        schema: type[T] = Briefing,  # type: ignore[assignment]
        prompt: PromptLike = "briefing",
        language: str | None = None,
        **style: Unpack[StyleOptions],
    ) -> Stream[T]:
        """Make a briefing and return an iterator over its parts, each as soon as it is whole and checked.

        A part (`briefing.Part`) has a `path` in the result and the `value` there. What was yielded stays, unless it is repaired or
        the answer fails that it is from: then the part of the result follows, which `corrects` it. The parts of a briefing
        that the journal has come at once.

        Arguments and errors are those of `summarize`; errors come from the iterator. Its `result` is, at the end, what `summarize`
        returns. It also is a context manager that ends the call; so does leaving the loop early.
        """
        return Stream(self._amake, (article, schema, prompt, language, style), self._disconnect)

    def astream(
        self,
        article: Article,
        *,
        schema: type[T] = Briefing,  # type: ignore[assignment]
        prompt: PromptLike = "briefing",
        language: str | None = None,
        **style: Unpack[StyleOptions],
    ) -> AsyncStream[T]:
        """Like `stream`, for ``async for`` in the running event loop."""
        return AsyncStream(self._amake, (article, schema, prompt, language, style))

    def summarize_many(
        self,
        articles: Articles,
        *,
        schema: type[T] = Briefing,  # type: ignore[assignment]
        prompt: PromptLike = "briefing",
        language: str | None = None,
        **options: Unpack[ManyArticlesOptions],
    ) -> Results[T]:
        """Make a briefing of each of many articles, as fast as the model's server allows.

        Args:
            articles: a sync or async iterable of what `summarize` takes. It is read only as far ahead as needed and
                may be infinite. Articles with equal text, title and language are requested once.
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
            requests_per_minute: `float`, a known rate limit, default `None`. Limits that the server reports in its
                headers are respected in any case.
            tokens_per_minute: `float`, the same for tokens, input and output.
            processes: `int`, worker processes that read, ask and check, default 1: this process alone. "auto": one for each
                core, once one core is the limit; never for a local model. Schema, prompt and judge must be importable or
                picklable.

        Returns:
            An iterator that yields, for each article, an instance of `schema` or the `BriefingError` that it failed
            with; the error's `index` and `source` say which article it was. `max_cost_usd` and `max_tokens_total`
            are limits on all articles together; once one is reached, the remaining articles yield `BudgetError`.

        Raises:
            ConfigurationError: an argument cannot be used. Raised before anything is read.
            Exception: from the iterator: whatever iterating `articles` raised, after the results in flight.
        """
        opened, ordered = self._many(articles, schema, prompt, language, options, "summarize_many")
        return Results(opened, articles, ordered=ordered)

    def asummarize_many(
        self,
        articles: Articles,
        *,
        schema: type[T] = Briefing,  # type: ignore[assignment]
        prompt: PromptLike = "briefing",
        language: str | None = None,
        **options: Unpack[ManyArticlesOptions],
    ) -> AsyncResults[T]:
        """Like `summarize_many`, for ``async for`` in the running event loop."""
        opened, ordered = self._many(articles, schema, prompt, language, options, "asummarize_many")
        return AsyncResults(opened, articles, ordered=ordered)

    def _many(
        self,
        articles: Articles,
        schema: type[BaseModel],
        prompt: PromptLike,
        language: str | None,
        options: ManyArticlesOptions,
        what: str,
    ) -> tuple[Callable[[], ArticlesRun], bool]:
        """Return a function that opens the run, and whether its results are ordered."""
        check_articles(articles, what=what)
        limits, style = split_options(options, StyleOptions)
        # Checks every argument but the articles, and reads the prompt file once for the whole run.
        chosen = self._job(Source(text="a", lang=language or "und"), schema, prompt, language, style).prompt
        if unknown := limits.keys() - ThrottlingOptions.__annotations__.keys():
            known = ", ".join(("schema", "prompt", "language", *ManyArticlesOptions.__annotations__))
            raise TypeError(
                f"{what}() got an unexpected keyword argument {min(unknown)!r}; there are: {known}"
            )
        ordered = limits.pop("ordered", True)

        processes = check_processes(limits.pop("processes", 1))
        limit = limit_from_options(limits, local=is_to_be_started(self._asked))
        ask = {"schema": schema, "prompt": chosen, "language": language, **style}
        setup = worker_setup(self, ask, processes)

        def opened() -> ArticlesRun:
            return open_run(self, ask, Limiter(replace(limit)), processes, setup)

        return opened, bool(ordered)

    def fingerprint(
        self,
        article: Article,
        *,
        schema: type[BaseModel] = Briefing,
        prompt: PromptLike = "briefing",
        language: str | None = None,
        **style: Unpack[StyleOptions],
    ) -> str:
        """Return the hash of everything that a briefing depends on, the journal's key. Makes no call.

        Arguments are those of `summarize`. A result of a fallback model has that model's fingerprint.
        """
        return self._job(article, schema, prompt, language, style).fingerprint

    def estimate(
        self,
        article: Article,
        *,
        schema: type[BaseModel] = Briefing,
        prompt: PromptLike = "briefing",
        language: str | None = None,
        **style: Unpack[StyleOptions],
    ) -> Estimate:
        """Return what `summarize` would take: calls, tokens and US dollars. Makes no call; needs no key and no server.

        Arguments are those of `summarize`. A briefing that the journal has takes nothing. Fallback models do not count.

        Raises:
            InputError: the article cannot be read, is empty, or is not text.
            ConfigurationError: an argument cannot be used.
            JournalError: the journal cannot be read.
        """
        job = self._job(article, schema, prompt, language, style)
        entry = None if self._journal is None else self._journal.get(job.fingerprint)
        return Estimate.of_recorded(job) if entry and entry.status == "done" else Estimate.of(job)

    def __repr__(self) -> str:
        if not hasattr(self, "_fallbacks"):  # a debugger shows it in the traceback of an error in `__init__`
            return "Briefer(...)"
        settings: dict[str, Any] = {"plan": self._plan, "timeout": self._timeout, "deadline": self._deadline}
        settings |= {"max_attempts": self._max_attempts, **self._limits, "journal": self._journal}
        settings |= {"judge": self._judging.name if self._judging else None}
        settings |= {"fallback": [fallback.model for fallback in self._fallbacks] or None}
        given = "".join(f", {name}={value!r}" for name, value in settings.items() if value is not None)
        return f"Briefer({self.model!r}{given})"


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and 0 < value <= threading.TIMEOUT_MAX
