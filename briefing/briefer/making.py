"""`Maker`: runs the plan of an article with a driver, with one model or the next."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypedDict

from pydantic import BaseModel

from briefing.briefer.connections import Connections, is_to_be_started
from briefing.errors import ConfigurationError
from briefing.llm import Budget, Client, Deadline, is_long, telemetry
from briefing.local import OneTimeStart
from briefing.pipeline import (
    AnswerLog,
    CachedResult,
    Job,
    Outcome,
    PlanKind,
    PlanName,
    Preview,
    RunState,
    Style,
    StyleOptions,
    Tries,
    arun,
    assemble,
    build_meta,
    check_style,
    is_beyond,
    plan_for,
    plan_name,
    reading_length,
    run,
    trace_attributes,
)
from briefing.prompts import Prompt, language_name, load_prompt
from briefing.redaction import cleansed
from briefing.schemas import Briefing, check_schema
from briefing.sources import Source

Article = str | os.PathLike[str] | Source
PromptLike = str | os.PathLike[str] | Prompt


#: Arguments of `summarize`: article, schema, prompt, language and style.
Asked = tuple[Article, type[BaseModel], PromptLike, str | None, StyleOptions]


class Limits(TypedDict):
    """Keywords of `Budget`."""

    max_cost_usd: float | None
    max_tokens_total: int | None


class Maker(Connections):
    """Makes one briefing. `Briefer` sets the attributes."""

    _limits: Limits
    _deadline: float | None
    _plan: PlanName
    _keep_source: bool

    @property
    def _models(self) -> list[Maker]:
        """This one, and one for each fallback model, in the order in which they are tried."""
        return [self, *self._fallbacks]

    def _made(self, job: Job, tries: Tries) -> BaseModel | None:
        job = self._own(job)
        with CachedResult(self._journal, job, tries.deadline) as cached:
            if cached.result is None:
                with self._making(job, cached, tries) as making:
                    making.outcome = run(plan_for(job), *making.driver)
        return self._sourced(cached.result, job)

    async def _amake(self, asked: Asked, preview: Preview | None = None) -> BaseModel | None:
        """Make a briefing, or take it from the journal, with one model or the next; `preview` gets its parts as they come."""
        tries = self._tries()
        read = partial(self._job, *asked)
        job = await asyncio.to_thread(read) if isinstance(asked[0], os.PathLike) else read()
        if is_long(job.source.text):
            await asyncio.to_thread(getattr, job, "asks")  # reads sentences and quotations
        for maker in self._models:
            with tries.next():
                return await maker._amade(job, tries, preview)  # noqa: SLF001  # of this class
        raise AssertionError  # the last try raises

    async def _amade(self, job: Job, tries: Tries, preview: Preview | None = None) -> BaseModel | None:
        job = self._own(job)
        async with CachedResult(self._journal, job, tries.deadline) as cached:
            if cached.result is None:
                left = tries.deadline.remaining()
                start = self._start
                if preview is not None:
                    await asyncio.to_thread(preview.tell_chosen, job)
                    if start is None and is_to_be_started(self._asked):
                        start = OneTimeStart(self._connected)
                if self._client is None and start is not None:
                    await start.result()
                    tries.deadline = Deadline.after(left)
                if job.judging is not None and self._judge is None and self._judge_start is not None:
                    await self._judge_start.result()
                    tries.deadline = Deadline.after(left)
                with self._making(job, cached, tries) as making:
                    if preview is not None:
                        making.state.watch = partial(preview.watch, job, tries.deadline)
                    making.outcome = await arun(plan_for(job), *making.driver)
        return self._sourced(cached.result, job)

    @contextmanager
    def _making(self, job: Job, cached: CachedResult, tries: Tries) -> Iterator[_Making]:
        """Yield the driver's arguments; on leaving, assemble the result from the outcome that the driver has set."""
        # The time to download and start a local model does not count against the article's deadline.
        left, client = tries.deadline.remaining(), self._connected()
        judge = self._connected_judge() if job.judging else None
        tries.deadline = Deadline.after(left)
        if client.target is not job.target:  # a local server has an address, and may serve another model
            job = replace(job, target=client.target)
        state = RunState(budget=tries.budget, on_ask=self._on_progress, limiter=self._limiter)
        state.earlier = tries.costs
        state.started = tries.started = tries.started if tries.failed else state.started
        state.judge, state.judge_limiter = judge, self._judge_limiter
        if self._journal is not None:
            from briefing.journal import AnswerStore

            if isinstance(self._journal, AnswerStore):
                state.answers = AnswerLog(self._journal, job.fingerprint)
        cached.failure_meta = partial(build_meta, job, state, [])
        making = _Making((client, tries.deadline, state))
        with (
            cleansed(),
            telemetry.article_span(client.target, trace_attributes(job), state.costs) as warnings,
            state.costs.attach_to_errors(),
        ):
            warnings += tries.warnings(job.target.model)
            if isinstance(judge, Client) and judge.target.warning:
                warnings.append(judge.target.warning)
            yield making
            assert making.outcome is not None
            cached.result, cached.meta = assemble(
                job, making.outcome, state, warnings, keep_source=self._keep_source
            )

    def _sourced(self, result: BaseModel | None, job: Job) -> BaseModel | None:
        """Return the result with or without its source: the journal may have saved it with the other setting."""
        if not isinstance(result, Briefing) or (result.source is not None) == self._keep_source:
            return result
        return result.model_copy(update={"source": job.source if self._keep_source else None})

    def _job(
        self,
        article: Article,
        schema: type[BaseModel],
        prompt: PromptLike,
        language: str | None,
        style: StyleOptions,
    ) -> Job:
        check_schema(schema)
        if language is not None and not (isinstance(language, str) and language_name(language)):
            raise ConfigurationError(f"unknown language {language!r}; give a BCP-47 tag such as en or pt-BR")
        chosen = load_prompt(prompt)
        source, made = Source.of(article), Style(**style)
        plan, is_auto = self._plan_name(chosen, source), self._plan == "auto"
        job = Job(source, schema, chosen, language, plan, self._asked, made, self._judging, is_auto)
        check_style(job)
        return job

    def _plan_name(self, prompt: Prompt, source: Source) -> PlanKind:
        beyond = self._plan == "auto" and is_beyond(source.text, reading_length(self._asked))
        return plan_name(self._plan, prompt, small=self._asked.local, beyond=beyond)

    def _tries(self) -> Tries:
        models = [self.model, *(fallback.model for fallback in self._fallbacks)]
        return Tries(models, self._budget or Budget(**self._limits), Deadline.after(self._deadline))

    def _own(self, job: Job) -> Job:
        """The job with this briefer's model, which may be small or not."""
        if job.target is self._asked:
            return job
        plan = self._plan_name(job.prompt, job.source)
        job = replace(job, target=self._asked, plan=plan)
        check_style(job)
        return job


@dataclass
class _Making:
    driver: tuple[Client, Deadline, RunState]
    outcome: Outcome | None = None

    @property
    def state(self) -> RunState:
        return self.driver[2]
