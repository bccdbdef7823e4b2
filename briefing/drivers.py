"""Drivers run plans: they alone wait. What to do next is decided in plans and flows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from briefing import telemetry
from briefing.asks import Answer, Ask
from briefing.client import Client, Flow, Send
from briefing.errors import ProviderError
from briefing.meta import Usage
from briefing.plans import Outcome, Plan
from briefing.retries import Deadline, Wait


@dataclass
class Ledger:
    """What a plan has cost, failed asks included.

    Attributes:
        usage: tokens.
        attempts: HTTP calls.
        started: when, on the monotonic clock.
        on_ask: told the label of each ask as it is made.
    """

    usage: Usage = field(default_factory=Usage)
    attempts: int = 0
    started: float = field(default_factory=time.monotonic)
    on_ask: Callable[[str], None] | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def begin(self, ask: Ask) -> None:
        """Say that an ask is being made."""
        if self.on_ask is not None:
            self.on_ask(ask.label)

    def add(self, cost: Answer | ProviderError) -> None:
        """Count an answer, or an ask that failed."""
        self.usage += cost.usage or Usage()
        self.attempts += cost.attempts


def run(plan: Plan, client: Client, deadline: Deadline, ledger: Ledger) -> Outcome:
    """Run a plan, one ask after the other.

    Raises:
        BriefingError: what the plan did not catch.
    """
    asks = next(plan)
    while True:
        try:
            answers = []
            for ask in asks:
                ledger.begin(ask)
                answers.append(_counted(_ask(ask, client, deadline), ledger))
        except ProviderError as error:
            ledger.add(error)
            step = _throw(plan, error, ledger)
        else:
            step = _send(plan, answers, ledger)
        if isinstance(step, Outcome):
            return step
        asks = step


async def arun(plan: Plan, client: Client, deadline: Deadline, ledger: Ledger) -> Outcome:
    """Run a plan without blocking, the asks of one step at the same time.

    Raises:
        BriefingError: what the plan did not catch.
    """
    asks = next(plan)
    while True:
        flows = []
        for ask in asks:
            ledger.begin(ask)
            flows.append(_aask(ask, client, deadline))
        results = await asyncio.gather(*flows, return_exceptions=True)
        failed = None
        for result in results:
            if isinstance(result, Answer):
                ledger.add(result)
            elif isinstance(result, ProviderError):
                ledger.add(result)
                failed = failed or result
            else:
                raise result
        if failed is not None:
            step = _throw(plan, failed, ledger)
        else:
            step = _send(plan, [result for result in results if isinstance(result, Answer)], ledger)
        if isinstance(step, Outcome):
            return step
        asks = step


def _counted(answer: Answer, ledger: Ledger) -> Answer:
    ledger.add(answer)
    return answer


def _send(plan: Plan, answers: list[Answer], ledger: Ledger) -> list[Ask] | Outcome:
    return _advanced(lambda: plan.send(answers), ledger)


def _throw(plan: Plan, error: ProviderError, ledger: Ledger) -> list[Ask] | Outcome:
    return _advanced(lambda: plan.throw(error), ledger)


def _advanced(go_on: Callable[[], list[Ask]], ledger: Ledger) -> list[Ask] | Outcome:
    """The plan's next asks or its outcome; an error that comes out of it carries the whole bill."""
    try:
        return go_on()
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome
    except ProviderError as error:
        error.usage, error.attempts = ledger.usage, ledger.attempts
        raise


def _ask(ask: Ask, client: Client, deadline: Deadline) -> Answer:
    with telemetry.asking(ask, client.target) as asked:
        return asked.answered(_drive(client.flow(ask, deadline), client))


async def _aask(ask: Ask, client: Client, deadline: Deadline) -> Answer:
    with telemetry.asking(ask, client.target) as asked:
        return asked.answered(await _adrive(client.flow(ask, deadline), client, deadline))


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
