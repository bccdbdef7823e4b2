"""The whole story on one screen: an article in, a plan, a driver, a briefing out."""

from __future__ import annotations

import copy
import hashlib
import os
import threading
from collections.abc import AsyncIterable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar, Unpack, overload

from pydantic import BaseModel

from briefing.bulk import ArticlesRun, AsyncResults, Prepared, Results, check_articles
from briefing.errors import ConfigurationError
from briefing.llm import Budget, Client, Deadline, Target, has_price, target_of, telemetry
from briefing.local import Once
from briefing.pipeline import (
    Job,
    Ledger,
    PlanName,
    Recall,
    arun,
    fingerprint_of,
    finished,
    meta_of,
    plan_for,
    plan_name,
    run,
    traced,
)
from briefing.prompts import Prompt, language_name, load_prompt
from briefing.redaction import cleansed
from briefing.schemas import Briefing, check_schema
from briefing.sources import Source
from briefing.throttling import Gate, PaceOptions, pace_of

if TYPE_CHECKING:
    from briefing.journal import Journal

Article = str | os.PathLike[str] | Source
Articles = Iterable[Article] | AsyncIterable[Article]
PromptLike = str | os.PathLike[str] | Prompt
T = TypeVar("T", bound=BaseModel)
Progress = Callable[[str], None]
_PLANS = ("auto", "joint", "staged")


class Briefer:
    """Makes briefings with one model. Reuse it: it keeps its connections; `with` closes them.

    Threads, event loops and forked processes may share one. A copy, or a pickled one, has the same settings, the key among
    them, and connections of its own.

    Args:
        model: ``provider/name`` as instructor knows it, or ``local``, ``local/NAME``,
            ``local:FILE.gguf``. Default: ``$BRIEFING_MODEL``, else OpenAI's where
            ``OPENAI_API_KEY`` is set, else ``local``.
        base_url: of an OpenAI-compatible server; for ``local``, of one that runs already.
        api_key: the provider's; default: from the provider's environment variable.
        timeout: seconds to wait for an answer; a local model, which reads and writes slowly,
            is given 15 times as long.
        deadline: seconds for one article, all calls, retries and waits included, also the wait for another process
            that makes the same with the same journal, and the making of the SDK's client at the first call;
            not reading the article, nor pulling and starting a local model. `None` for no end.
        max_attempts: HTTP calls for one ask, retries and re-asks together.
        max_cost_usd: US dollars for one article. No call is made that could pass it: where that is
            a repair, the briefing comes with what was found wrong marked or dropped, and a warning;
            else `BudgetError` is raised. Needs a model whose price is known; one on this machine
            costs nothing. How calls are estimated: `briefing.llm.budget`.
        max_tokens_total: the same for tokens, input and output of all calls for one article.
        plan: "joint" asks for the whole briefing at once, "staged" for one field at a time,
            which small models need; "auto" is "staged" for local models, unless a prompt is
            given that asks for the whole, else "joint".
        keep_source: carry the source in the result.
        journal: path of a `Journal`, or one: what it holds is not asked again, and comes with `meta` as
            saved; what is made is recorded before it is returned.
        on_progress: told what is being done, in a few words.

    Raises:
        ConfigurationError: an argument that cannot be used.
        JournalError: the journal cannot be used.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 60.0,
        deadline: float | None = None,
        max_attempts: int = 4,
        max_cost_usd: float | None = None,
        max_tokens_total: int | None = None,
        plan: PlanName = "auto",
        keep_source: bool = False,
        journal: str | os.PathLike[str] | Journal | None = None,
        on_progress: Progress | None = None,
    ) -> None:
        if plan not in _PLANS:
            raise ConfigurationError(f"plan must be one of {', '.join(_PLANS)}, not {plan!r}")
        for name, seconds in (("timeout", timeout), ("deadline", deadline)):
            if not _is_duration(seconds) and not (name == "deadline" and seconds is None):
                raise ConfigurationError(f"{name} must be a positive number of seconds, not {seconds!r}")
        if not isinstance(max_attempts, int) or max_attempts < 1:
            raise ConfigurationError(f"max_attempts must be a whole number from 1 on, not {max_attempts!r}")
        if on_progress is not None and not callable(on_progress):
            raise ConfigurationError(f"on_progress must be a function of one text, not {on_progress!r}")
        self._limits: _Limits = {"max_cost_usd": max_cost_usd, "max_tokens_total": max_tokens_total}
        Budget(**self._limits)  # a limit that is none is told now
        self._asked = target_of(model, base_url=base_url, api_key=api_key)
        if max_cost_usd is not None and not self._asked.local and not has_price(self._asked):
            raise ConfigurationError(
                f"the price of {self._asked.model} is not known, so max_cost_usd cannot hold; use max_tokens_total"
            )
        self._timeout, self._deadline, self._max_attempts = timeout, deadline, max_attempts
        self._plan, self._keep_source, self._on_progress = plan, keep_source, on_progress
        self._client: Client | None = None
        self._journal = _journal(journal)
        self._own_journal = self._journal is not journal
        #: Of a run over many articles, which has a copy of the briefer for itself.
        self._budget: Budget | None = None
        self._gate: Gate | None = None
        self._start: Once[Client] | None = None

    @property
    def model(self) -> str:
        """The model in use, by its full name."""
        return (self._client.target if self._client else self._asked).model

    @overload
    def summarize(
        self, article: Article, *, prompt: PromptLike = ..., language: str | None = ...
    ) -> Briefing: ...

    @overload
    def summarize(
        self,
        article: Article,
        *,
        schema: type[T],
        prompt: PromptLike = ...,
        language: str | None = ...,
    ) -> T: ...

    def summarize(
        self,
        article: Article,
        *,
        schema: type[BaseModel] = Briefing,
        prompt: PromptLike = "briefing",
        language: str | None = None,
    ) -> BaseModel:
        """Make a briefing of an article.

        Args:
            article: text (`str`), a file (`pathlib.Path`), or a `Source`.
            schema: what to return: `Briefing`, or a pydantic model made of grounded types.
            prompt: name of a prompt that comes with the library, path of a YAML file, or a `Prompt`.
            language: BCP-47 tag of the language to write in; default: the article's.

        Returns:
            An instance of `schema`, every span of it a slice of the source.

        Raises:
            InputError: the article cannot be used.
            ConfigurationError: the model, prompt or schema cannot be used.
            ProviderError: the model's server failed, or its answer could not be used. It carries
                what was spent on the article: `attempts`, `usage`, `cost_usd`.
            BudgetError: `max_cost_usd` or `max_tokens_total` leave no room for the next call;
                `partial` holds the fields that were answered.
            JournalError: the journal cannot be used; `result` is a briefing that could not be recorded.
        """
        job = self._job(article, schema, prompt, language, self._asked)
        deadline = Deadline.after(self._deadline)
        with self._recall(job, deadline) as call:
            if call.result is None:
                client, ledger, deadline = self._prepared(job, call, deadline)
                with (
                    cleansed(),
                    telemetry.summarizing(client.target, traced(job), ledger.bill) as warnings,
                    ledger.bill.told(),
                ):
                    outcome = run(plan_for(job), client, deadline, ledger)
                    call.result, call.meta = finished(
                        job, outcome, client.target, ledger, warnings, keep_source=self._keep_source
                    )
        return self._sourced(call.result, job)

    @overload
    async def asummarize(
        self, article: Article, *, prompt: PromptLike = ..., language: str | None = ...
    ) -> Briefing: ...

    @overload
    async def asummarize(
        self,
        article: Article,
        *,
        schema: type[T],
        prompt: PromptLike = ...,
        language: str | None = ...,
    ) -> T: ...

    async def asummarize(
        self,
        article: Article,
        *,
        schema: type[BaseModel] = Briefing,
        prompt: PromptLike = "briefing",
        language: str | None = None,
    ) -> BaseModel:
        """As `summarize`, without blocking the event loop while the model answers."""
        job = self._job(article, schema, prompt, language, self._asked)
        deadline = Deadline.after(self._deadline)
        async with self._recall(job, deadline) as call:
            if call.result is None:
                if self._client is None and self._start is not None:
                    left = deadline.remaining()
                    await self._start.done()
                    deadline = Deadline.after(left)
                client, ledger, deadline = self._prepared(job, call, deadline)
                with (
                    cleansed(),
                    telemetry.summarizing(client.target, traced(job), ledger.bill) as warnings,
                    ledger.bill.told(),
                ):
                    outcome = await arun(plan_for(job), client, deadline, ledger)
                    call.result, call.meta = finished(
                        job, outcome, client.target, ledger, warnings, keep_source=self._keep_source
                    )
        return self._sourced(call.result, job)

    @overload
    def summarize_many(
        self,
        articles: Articles,
        *,
        prompt: PromptLike = ...,
        language: str | None = ...,
        **pace: Unpack[PaceOptions],
    ) -> Results[Briefing]: ...

    @overload
    def summarize_many(
        self,
        articles: Articles,
        *,
        schema: type[T],
        prompt: PromptLike = ...,
        language: str | None = ...,
        **pace: Unpack[PaceOptions],
    ) -> Results[T]: ...

    def summarize_many(
        self,
        articles: Articles,
        *,
        schema: type[BaseModel] = Briefing,
        prompt: PromptLike = "briefing",
        language: str | None = None,
        **pace: Unpack[PaceOptions],
    ) -> Results[Any]:
        """Make a briefing of each of many articles, as fast as the model's server takes them.

        Args:
            articles: what `summarize` takes, from any iterable, also an asynchronous one. It is read as articles are
                needed, and need not end. One that comes again is asked once.
            schema: as for `summarize`.
            prompt: as for `summarize`.
            language: as for `summarize`.
            pace: `ordered`: whether the n-th result is of the n-th article; else they come as they finish, and
                `index` of what is returned tells which. `max_concurrency`: most articles and calls under way, 512 (1
                for a local model) by default; within it, what the server takes is found out. `requests_per_minute`,
                `tokens_per_minute`: limits that are known; what a server tells of its own is kept to anyway.

        Returns:
            An iterator of results: for each article an instance of `schema`, or the `BriefingError` that it ended
            with, whose `index` and `source` tell which it was. Limits on what may be spent are for all of them
            together: when one is reached, the articles that are left come out as `BudgetError`.

        Raises:
            ConfigurationError: the arguments cannot be used; raised at once, nothing is read.
            Exception: from the iterator, what `articles` raised, after all that was under way.
        """
        opened, ordered = self._many(articles, schema, prompt, language, pace, "summarize_many")
        return Results(opened, articles, ordered=ordered)

    @overload
    def asummarize_many(
        self,
        articles: Articles,
        *,
        prompt: PromptLike = ...,
        language: str | None = ...,
        **pace: Unpack[PaceOptions],
    ) -> AsyncResults[Briefing]: ...

    @overload
    def asummarize_many(
        self,
        articles: Articles,
        *,
        schema: type[T],
        prompt: PromptLike = ...,
        language: str | None = ...,
        **pace: Unpack[PaceOptions],
    ) -> AsyncResults[T]: ...

    def asummarize_many(
        self,
        articles: Articles,
        *,
        schema: type[BaseModel] = Briefing,
        prompt: PromptLike = "briefing",
        language: str | None = None,
        **pace: Unpack[PaceOptions],
    ) -> AsyncResults[Any]:
        """As `summarize_many`, in the running event loop: ``async for result in briefer.asummarize_many(articles)``."""
        opened, ordered = self._many(articles, schema, prompt, language, pace, "asummarize_many")
        return AsyncResults(opened, articles, ordered=ordered)

    def _many(
        self,
        articles: Articles,
        schema: type[BaseModel],
        prompt: PromptLike,
        language: str | None,
        options: PaceOptions,
        what: str,
    ) -> tuple[Callable[[], ArticlesRun], bool]:
        """What opens a run, and whether its results are ordered."""
        check_articles(articles, what=what)
        # All but the articles; a run has one prompt throughout.
        chosen = self._job(Source(text="a"), schema, prompt, language, self._asked).prompt
        limits = dict(options)
        if unknown := limits.keys() - PaceOptions.__annotations__.keys():
            known = ", ".join(("schema", "prompt", "language", *PaceOptions.__annotations__))
            raise TypeError(
                f"{what}() got an unexpected keyword argument {min(unknown)!r}; there are: {known}"
            )
        ordered = limits.pop("ordered", True)
        pace = pace_of(limits, local=_is_to_be_started(self._asked))

        def opened() -> ArticlesRun:
            briefer, gate = copy.copy(self), Gate(replace(pace))
            target = self._client.target if self._client else self._asked
            vars(briefer).update(_client=None, _budget=Budget(**self._limits), _gate=gate)
            if _is_to_be_started(target):  # when it is needed, not for what the journal has
                briefer._start = Once(briefer._connected)  # noqa: SLF001  # of this class
            else:
                briefer._client = Client(target, timeout=self._timeout, max_attempts=self._max_attempts)  # noqa: SLF001

            def prepare(article: Article) -> Prepared:
                source = Source.of(article)
                told = "\0".join((source.text, source.title or "", source.lang))
                key = hashlib.sha256(told.encode()).hexdigest()
                return key, lambda: briefer.asummarize(
                    source, schema=schema, prompt=chosen, language=language
                )

            return ArticlesRun(prepare, gate, briefer.aclose)

        return opened, bool(ordered)

    def fingerprint(
        self,
        article: Article,
        *,
        schema: type[BaseModel] = Briefing,
        prompt: PromptLike = "briefing",
        language: str | None = None,
    ) -> str:
        """Hash of all that a briefing depends on; starts no server and makes no call."""
        return fingerprint_of(self._job(article, schema, prompt, language, self._asked), self._asked)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_client": None, "_budget": None, "_gate": None}

    def close(self) -> None:
        """Close the connections, and a journal that was given by its path; the briefer can be used again."""
        self._close_journal()
        if self._client is not None:
            self._client.close()

    async def aclose(self) -> None:
        """As `close`, for connections made by `asummarize`."""
        self._close_journal()
        if self._client is not None:
            await self._client.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.aclose()

    def _prepared(self, job: Job, call: Recall, deadline: Deadline) -> tuple[Client, Ledger, Deadline]:
        budget = self._budget or Budget(**self._limits)
        left, client = deadline.remaining(), self._connected()
        ledger = Ledger(budget=budget, on_ask=self._on_progress, gate=self._gate)
        call.bill = partial(meta_of, job, client.target, ledger, [])
        # What it takes to pull and start a model on this machine is no part of an article's time.
        return client, ledger, Deadline.after(left)

    def _close_journal(self) -> None:
        if self._journal is not None and self._own_journal:
            self._journal.close()

    def _recall(self, job: Job, deadline: Deadline) -> Recall:
        fingerprint = "" if self._journal is None else fingerprint_of(job, self._asked)
        return Recall(
            self._journal, fingerprint, job.schema, job.source, deadline=deadline, keys=[self._asked.api_key]
        )

    def _sourced(self, result: BaseModel, job: Job) -> BaseModel:
        """A result with its source or without; it may have been saved by one who wanted it otherwise."""
        if not isinstance(result, Briefing) or (result.source is not None) == self._keep_source:
            return result
        return result.model_copy(update={"source": job.source if self._keep_source else None})

    def _job(
        self,
        article: Article,
        schema: type[BaseModel],
        prompt: PromptLike,
        language: str | None,
        target: Target,
    ) -> Job:
        check_schema(schema)
        if language is not None and not (isinstance(language, str) and language_name(language)):
            raise ConfigurationError(f"unknown language {language!r}; give a BCP-47 tag such as en or pt-BR")
        chosen = load_prompt(prompt)
        return Job(
            Source.of(article), schema, chosen, language, plan_name(self._plan, chosen, small=target.local)
        )

    def _connected(self) -> Client:
        if self._client is None:
            target = self._asked
            if _is_to_be_started(target):
                target = _started(target, self._on_progress)
            self._client = Client(target, timeout=self._timeout, max_attempts=self._max_attempts)
        return self._client


def _journal(given: str | os.PathLike[str] | Journal | None) -> Journal | None:
    if given is None:
        return None
    from briefing.journal import Journal

    return Journal.of(given)


class _Limits(TypedDict):
    max_cost_usd: float | None
    max_tokens_total: int | None


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and 0 < value <= threading.TIMEOUT_MAX


def _is_to_be_started(target: Target) -> bool:
    return target.local and target.base_url is None


def _started(target: Target, on_progress: Progress | None) -> Target:
    """A local model's target with the address of its server, which is started if need be."""
    from briefing.local import serve

    def progress(done: int, total: int, note: str) -> None:
        if on_progress is not None:
            on_progress(f"{note} {done * 100 // total} %" if total else note)

    endpoint = serve(target.spec, progress)
    model = target.model
    if endpoint.warning:
        model = f"local/{endpoint.model}"
    return replace(
        target, model=model, base_url=endpoint.base_url, api_key=endpoint.api_key, warning=endpoint.warning
    )
