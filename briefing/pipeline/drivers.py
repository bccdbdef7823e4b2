"""Drivers run plans: they alone wait. What to do next is decided in plans and flows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from briefing.errors import ProviderError
from briefing.llm import Answer, Ask, Bill, Budget, Client, Deadline, Flow, Send, Wait, telemetry
from briefing.pipeline.draft import kept
from briefing.pipeline.plans import Outcome, Plan
from briefing.throttling import Gate


@dataclass
class Ledger:
    """What a plan has cost, failed asks included.

    Attributes:
        bill: calls, tokens and dollars.
        budget: what may be spent.
        started: when, on the monotonic clock.
        on_ask: told the label of each ask as it is made.
        gate: what the calls have to go through, where there are many.
    """

    bill: Bill = field(default_factory=Bill)
    budget: Budget = field(default_factory=Budget)
    started: float = field(default_factory=time.monotonic)
    on_ask: Callable[[str], None] | None = None
    gate: Gate | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def begin(self, ask: Ask) -> None:
        """Say that an ask is being made."""
        if self.on_ask is not None:
            self.on_ask(ask.label)


def run(plan: Plan, client: Client, deadline: Deadline, ledger: Ledger) -> Outcome:
    """Run a plan, one ask after the other.

    Raises:
        BriefingError: what the plan did not catch.
    """
    asks = next(plan)
    while True:
        answers: list[Answer] = []
        try:
            for ask in asks:
                ledger.begin(ask)
                answers.append(_ask(ask, client, deadline, ledger))
        except ProviderError as error:
            error.partial = kept(zip(asks, answers, strict=False))
            step = _throw(plan, error)
        else:
            step = _send(plan, answers)
        if isinstance(step, Outcome):
            return step
        asks = step


async def arun(plan: Plan, client: Client, deadline: Deadline, ledger: Ledger) -> Outcome:
    """Run a plan without blocking, the asks of one step at the same time, but for the first.

    Raises:
        BriefingError: what the plan did not catch.
    """
    asks, failed = next(plan), None
    while True:
        results = await _aasked(_turns(asks, careful=failed is not None), client, deadline, ledger)
        failed = None
        for result in results:
            if isinstance(result, ProviderError):
                failed = failed or result
            elif not isinstance(result, Answer):
                raise result
        answered = [(ask, r) for ask, r in zip(asks, results, strict=False) if isinstance(r, Answer)]
        if failed is not None:
            failed.partial = kept(answered)
            step = _throw(plan, failed)
        else:
            step = _send(plan, [answer for _, answer in answered])
        if isinstance(step, Outcome):
            return step
        asks = step


def _turns(asks: list[Ask], *, careful: bool) -> list[list[Ask]]:
    """Which asks of a step are made at the same time; none is, where the plan goes on after a failure.

    The first one is made alone: what would fail for all is not paid for by all, and the server has read the article then.
    """
    if careful or len(asks) < 2:
        return [[ask] for ask in asks]
    return [asks[:1], asks[1:]]


async def _aasked(
    turns: list[list[Ask]], client: Client, deadline: Deadline, ledger: Ledger
) -> list[Answer | BaseException]:
    """What came of the asks, turn by turn, up to the first turn in which one failed."""
    results: list[Answer | BaseException] = []
    for turn in turns:
        for ask in turn:
            ledger.begin(ask)
        flows = (_aask(ask, client, deadline, ledger) for ask in turn)
        results += await asyncio.gather(*flows, return_exceptions=True)
        if not all(isinstance(result, Answer) for result in results):
            break
    return results


def _send(plan: Plan, answers: list[Answer]) -> list[Ask] | Outcome:
    return _advanced(lambda: plan.send(answers))


def _throw(plan: Plan, error: ProviderError) -> list[Ask] | Outcome:
    return _advanced(lambda: plan.throw(error))


def _advanced(go_on: Callable[[], list[Ask]]) -> list[Ask] | Outcome:
    """The plan's next asks or its outcome."""
    try:
        return go_on()
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome


def _ask(ask: Ask, client: Client, deadline: Deadline, ledger: Ledger) -> Answer:
    with telemetry.asking(ask, client.target) as asked:
        flow = client.flow(ask, deadline, ledger.bill, ledger.budget)
        return asked.answered(_drive(flow, client))


async def _aask(ask: Ask, client: Client, deadline: Deadline, ledger: Ledger) -> Answer:
    gate = nullcontext() if ledger.gate is None else ledger.gate.asking()
    with gate, telemetry.asking(ask, client.target) as asked:
        flow = client.flow(ask, deadline, ledger.bill, ledger.budget, ledger.gate)
        return asked.answered(await _adrive(flow, client, deadline))


def _drive(flow: Flow, client: Client) -> Answer:
    step: Callable[[], Send | Wait] = flow.__next__
    while True:
        try:
            command = step()
        except StopIteration as stop:
            answer: Answer = stop.value
            return answer
        try:
            result = _wait(command) if isinstance(command, Wait) else client.send(command)
        except Exception as error:
            step = _raising(flow, error)
        else:
            step = _sending(flow, result)


async def _adrive(flow: Flow, client: Client, deadline: Deadline) -> Answer:
    step: Callable[[], Send | Wait] = flow.__next__
    while True:
        try:
            command = step()
        except StopIteration as stop:
            answer: Answer = stop.value
            return answer
        try:
            async with asyncio.timeout(deadline.remaining()):
                result = await (_await(command) if isinstance(command, Wait) else client.asend(command))
        except Exception as error:
            step = _raising(flow, error)
        else:
            step = _sending(flow, result)


def _wait(wait: Wait) -> Any:
    time.sleep(wait.seconds)


async def _await(wait: Wait) -> Any:
    await asyncio.sleep(wait.seconds)


def _raising(flow: Flow, error: Exception) -> Callable[[], Send | Wait]:
    return lambda: flow.throw(error)


def _sending(flow: Flow, result: Any) -> Callable[[], Send | Wait]:
    return lambda: flow.send(result)
