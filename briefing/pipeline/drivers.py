"""The sync and the async driver. They run plans and make the calls and the waits; plans and flows decide what is next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar, cast

from briefing.errors import BriefingError, DeadlineError, ProviderError
from briefing.llm import Answer, Ask, Budget, Client, CostTracker, Deadline, Wait, Watcher, is_long, telemetry
from briefing.pipeline.answer_log import AnswerLog
from briefing.pipeline.draft import partial_values
from briefing.pipeline.judging import AsyncJudge, JudgeAsk
from briefing.pipeline.outcomes import Independent, Outcome, Plan, is_of_one_ask
from briefing.pipeline.progress import ReadingProgress
from briefing.pipeline.trampoline import Trampoline
from briefing.threads import call_with_timeout, waiting
from briefing.throttling import FIRST_CALL, CallGate

T = TypeVar("T")


@dataclass
class RunState:
    """State that the asks of one run of a plan share.

    Attributes:
        costs: calls, tokens and cost, failed asks included.
        budget: limits on tokens and cost.
        started: start of the run in seconds on the monotonic clock.
        on_ask: called with the label of each ask when it is made, and with what was read of a long article so far.
        limiter: what async calls wait for, where many articles are made at once.
        judge: the client of another model that judges, or why there is none.
        judge_limiter: what async calls of that model wait for.
        earlier: calls, tokens and cost of other models that were tried before and failed.
        answers: keeps answers about parts of the article, if there is a journal that can.
        reading: what was read of a long article; not counted without `on_ask`.
        watch: returns who is told of the answer to an ask while it arrives; async calls only.
    """

    costs: CostTracker = field(default_factory=CostTracker)
    budget: Budget = field(default_factory=Budget)
    started: float = field(default_factory=time.monotonic)
    on_ask: Callable[[str], None] | None = None
    limiter: CallGate | None = None
    judge: Client | BriefingError | None = None
    judge_limiter: CallGate | None = None
    earlier: CostTracker = field(default_factory=CostTracker)
    answers: AnswerLog | None = None
    reading: ReadingProgress = field(default_factory=ReadingProgress)
    watch: Callable[[Ask], Watcher | None] = lambda _ask: None

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def judge_client(self, writer: Client) -> Client:
        """Return the client of the model that judges, by default the `writer`.

        Raises:
            BriefingError: the model cannot be reached.
        """
        if isinstance(self.judge, BriefingError):
            raise self.judge
        return self.judge or writer

    def kept(self, ask: Ask, client: Client) -> Answer | None:
        """Return the answer to an ask that an earlier run has got; `None` without one."""
        if not ask.kept or self.answers is None:
            return None
        if (found := self.answers.find(ask, client.target, self.costs)) is not None:
            self._read(ask)
        return found

    def answered(self, ask: Ask, answer: Answer) -> Answer:
        """Return an answer, which is kept if the ask says so."""
        if ask.kept and self.answers is not None:
            self.answers.keep(ask, answer)
        self._read(ask)
        return answer

    def _read(self, ask: Ask) -> None:
        if self.on_ask is not None:
            self.reading.add(ask)

    def begin(self, ask: Ask) -> None:
        """Report that an ask is made."""
        if self.on_ask is not None:
            self.on_ask(self.reading.told(ask.label, self.costs))


def run(plan: Plan, client: Client, deadline: Deadline, state: RunState) -> Outcome:
    """Run a plan, one ask after the other.

    Raises:
        BriefingError: an ask failed, and the plan did not handle it.
    """
    groups = Trampoline(execution(plan, _one_by_one))
    for group in groups:
        with group:
            group.result = [_perform(ask, client, deadline, state) for ask in group.command]
    return groups.value


async def arun(plan: Plan, client: Client, deadline: Deadline, state: RunState) -> Outcome:
    """Run a plan without blocking the event loop: the asks of one step concurrently, after the first of them.

    Raises:
        BriefingError: an ask failed, and the plan did not handle it.
    """
    groups = Trampoline(execution(plan, _first_alone))
    steps, long = iter(groups), False
    while (group := await _resumed(partial(next, steps, None), deadline, in_thread=long)) is not None:
        with group:
            asks = (_aperform(ask, client, deadline, state) for ask in group.command)
            group.result = await asyncio.gather(*asks, return_exceptions=True)
            long = any(
                is_long(ask.grounding.source.text, result.text if isinstance(result, Answer) else "")
                for ask, result in zip(group.command, group.result, strict=True)
            )
    return groups.value


async def _resumed(step: Callable[[], T], deadline: Deadline, *, in_thread: bool) -> T:
    """Return what a step of a plan returns; in a thread, so that a long answer does not keep the event loop.

    Raises:
        DeadlineError: the deadline has passed while the step ran in a thread, which ends by itself.
    """
    if not in_thread:
        return step()
    try:
        async with asyncio.timeout(deadline.remaining()):
            return await asyncio.to_thread(step)
    except TimeoutError as error:
        raise DeadlineError("the deadline has passed while the answer was checked") from error


def execution(
    plan: Plan, split: Callable[[list[Ask], bool], list[list[Ask]]]
) -> Generator[list[Ask], Sequence[Answer | BaseException], Outcome]:
    """Run a plan: yields groups of asks to make concurrently, and expects an answer or an error for each ask.

    The groups after one with a failed ask are not made. A `ProviderError` is thrown into the plan, with the fields that
    were answered; any other error ends the run. To `Independent` asks, the plan is sent the errors with the answers.

    Args:
        plan: not yet started.
        split: divides the asks of one step of the plan into groups, given whether the step before it failed.
    """
    asks, failure = next(plan), None
    while True:
        groups = split(asks, failure is not None)
        if isinstance(asks, Independent):
            settled, failure = (yield from _settled(groups)), None
            resume = partial(plan.send, cast("list[Answer]", settled))
        else:
            answered, failure = yield from _answered(groups)
            if failure is None:
                resume = partial(plan.send, [answer for _, answer in answered])
            else:
                failure.partial = partial_values(answered)
                resume = partial(plan.throw, failure)
        try:
            asks = resume()
        except StopIteration as stop:
            return cast("Outcome", stop.value)


_Groups = Generator[list[Ask], Sequence[Answer | BaseException], T]


def _answered(groups: list[list[Ask]]) -> _Groups[tuple[list[tuple[Ask, Answer]], ProviderError | None]]:
    """The asks that were answered up to the first failure, with their answers, and the failure."""
    answered: list[tuple[Ask, Answer]] = []
    failure: ProviderError | None = None
    for group in groups:
        for ask, result in zip(group, (yield from _results(group)), strict=True):
            if isinstance(result, Answer):
                answered.append((ask, result))
            else:
                failure = failure or result
        if failure is not None:
            break
    return answered, failure


def _settled(groups: list[list[Ask]]) -> _Groups[list[Answer | ProviderError]]:
    """The answer or the error of each ask. After an error that others would meet, too, the rest is not made and has it."""
    settled: list[Answer | ProviderError] = []
    ended: ProviderError | None = None
    for group in groups:
        results = (yield from _results(group)) if ended is None else [ended] * len(group)
        settled += results
        errors = (result for result in results if isinstance(result, ProviderError))
        ended = ended or next((error for error in errors if not is_of_one_ask(error)), None)
    return settled


def _results(group: list[Ask]) -> _Groups[list[Answer | ProviderError]]:
    """The answers to a group of asks and their errors.

    Raises:
        BaseException: any other than a `ProviderError`.
    """
    try:
        results = yield group
    except ProviderError as error:
        results = [error]
    for result in results:
        if not isinstance(result, Answer | ProviderError):
            raise result
    return cast("list[Answer | ProviderError]", list(results))


def _one_by_one(asks: list[Ask], _failed: bool) -> list[list[Ask]]:
    return [[ask] for ask in asks]


def _first_alone(asks: list[Ask], failed: bool) -> list[list[Ask]]:
    """The first ask alone (fail fast, warm the server's prompt cache), then the rest; one by one after a failure.

    A plan that yields independent asks sees to the first one itself.
    """
    if isinstance(asks, Independent):
        return [asks]
    return _one_by_one(asks, failed) if failed or len(asks) < 2 else [asks[:1], asks[1:]]


def _perform(ask: Ask, client: Client, deadline: Deadline, state: RunState) -> Answer:
    if not isinstance(ask, JudgeAsk):
        return _ask(ask, client, deadline, state)
    with ask.time_left(deadline) as seconds:
        if (judge := ask.performer) is None:
            return _ask(ask, state.judge_client(client), deadline, state)
        state.begin(ask)
        with telemetry.judge_span(ask.label, ask.name):
            return Answer(call_with_timeout(seconds, lambda: judge.judge(ask.claims)), "")


async def _aperform(ask: Ask, client: Client, deadline: Deadline, state: RunState) -> Answer:
    if not isinstance(ask, JudgeAsk):
        return await aask(ask, client, deadline, state)
    with ask.time_left(deadline) as seconds:
        if (judge := ask.performer) is None:
            return await aask(ask, state.judge_client(client), deadline, state)
        state.begin(ask)
        with telemetry.judge_span(ask.label, ask.name):
            if isinstance(judge, AsyncJudge):
                async with asyncio.timeout(seconds):
                    return Answer(await judge.ajudge(ask.claims), "")
            async with asyncio.timeout(deadline.remaining()):  # threads may be scarce
                call = partial(call_with_timeout, seconds, lambda: judge.judge(ask.claims))
                return Answer(await asyncio.to_thread(call), "")


def _ask(ask: Ask, client: Client, deadline: Deadline, state: RunState) -> Answer:
    if (kept := state.kept(ask, client)) is not None:
        return kept
    state.begin(ask)
    if (called := FIRST_CALL.get()) is not None:
        called.set()
    with telemetry.ask_span(ask, client.target) as asked:
        flow = Trampoline(client.flow(ask, deadline, state.costs, state.budget))
        for step in flow:
            with step:
                if isinstance(step.command, Wait):
                    with waiting():
                        time.sleep(step.command.seconds)
                else:
                    step.result = client.transport.send(step.command)
        return state.answered(ask, asked.answered(flow.value))


async def aask(ask: Ask, client: Client, deadline: Deadline, state: RunState) -> Answer:
    """Make one ask without blocking the event loop.

    Raises:
        ProviderError: it failed.
    """
    if ask.kept and state.answers is not None:
        kept = await asyncio.to_thread(state.kept, ask, client)
        if kept is not None:
            return kept
    state.begin(ask)
    limiter = state.judge_limiter if client is state.judge else state.limiter
    if limiter is None and (called := FIRST_CALL.get()) is not None:
        called.set()
    breaker = nullcontext() if limiter is None else limiter.circuit_breaker()
    watcher = state.watch(ask)
    with breaker, telemetry.ask_span(ask, client.target) as asked:
        flow = Trampoline(client.flow(ask, deadline, state.costs, state.budget, limiter, watcher))
        for step in flow:
            with step:
                async with asyncio.timeout(deadline.remaining()):
                    if isinstance(step.command, Wait):
                        await asyncio.sleep(step.command.seconds)
                    else:
                        step.result = await client.transport.asend(step.command)
        answer = asked.answered(flow.value)
        if watcher is not None:
            await asyncio.to_thread(watcher.end, answer.text)
        return state.answered(ask, answer)
