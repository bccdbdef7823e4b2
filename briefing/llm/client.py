"""`Client`: makes asks of one model; decides about retries, re-asks and the budget, and leaves the calls to a transport."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from briefing.errors import BudgetError, TruncatedError
from briefing.llm.asks import Answer, Ask
from briefing.llm.attempts import Attempts
from briefing.llm.budget import Budget
from briefing.llm.capabilities import Capabilities
from briefing.llm.deadline import Deadline
from briefing.llm.error_mapping import map_error, without_retry_wrapper
from briefing.llm.given_client import GivenClient
from briefing.llm.options import secrets
from briefing.llm.pricing import CostTracker
from briefing.llm.providers import adapter_of
from briefing.llm.retries import Wait, retry
from briefing.llm.sdk import SdkTransport, Send, Transport
from briefing.llm.streams import Watcher
from briefing.llm.targets import Target
from briefing.redaction import InUse
from briefing.throttling import CallGate

#: Re-asks for answers that do not match the schema, within `max_attempts`.
_REASKS = 2
#: Factor on the timeout for a local model, which answers after minutes.
_LOCAL_TIMEOUT_FACTOR = 15

Flow = Generator[Send | Wait, Any, Answer]


class Client:
    """Makes asks of one model.

    Args:
        target: the model.
        timeout: seconds for one call; a local model gets 15 times as many.
        max_attempts: HTTP calls for one ask, retries and re-asks together.
        transport: makes the calls, on the driver's command; default: through the provider's SDK.
        given: the user's own client of the SDK, for the default transport.
    """

    def __init__(
        self,
        target: Target,
        *,
        timeout: float,
        max_attempts: int,
        transport: Transport | None = None,
        given: GivenClient | None = None,
    ) -> None:
        self.target = target
        self._secrets = InUse(
            target.api_key, target.base_url, [*secrets(target.options), *(given.secrets if given else ())]
        )
        self._timeout = timeout * _LOCAL_TIMEOUT_FACTOR if target.local else timeout
        self._max_attempts = max_attempts
        self.transport = transport or SdkTransport(target, given)
        chosen = "temperature" in target.options
        self._capabilities = Capabilities(
            target, temperature=bool(adapter_of(target.provider).sampling(target)) and not chosen
        )

    @property
    def mode(self) -> str | None:
        """Name of the output mode of the next call, as far as the server has rejected none; `None` for the provider's default."""
        return self._capabilities.best.mode

    def flow(
        self,
        ask: Ask,
        deadline: Deadline,
        costs: CostTracker | None = None,
        budget: Budget | None = None,
        limiter: CallGate | None = None,
        watcher: Watcher | None = None,
    ) -> Flow:
        """Make one ask: a generator of commands for a driver, which returns the answer.

        Async calls wait for the `limiter`, if there is one, and tell the `watcher` of the answer while it arrives.

        Raises:
            ProviderError: with attempts and usage, raised from its cause.
        """
        costs, budget = costs or CostTracker(), budget or Budget()
        attempts = Attempts(
            ask, self.target, deadline, self._timeout, self._max_attempts, costs, budget, limiter
        )

        def once() -> Flow:
            while True:
                ask.grounding.reset()
                features = self._capabilities.best_for(watched=watcher is not None)
                attempts.use(features.adapter, features.output_limit)
                reasks = min(_REASKS, attempts.calls_left - 1)
                try:
                    value = yield Send(ask, attempts, reasks, features, watcher)
                except Exception as error:
                    cause = without_retry_wrapper(error)
                    ours = map_error(cause, self.target, attempts.calls, attempts.usage, deadline)
                else:
                    return Answer(value, attempts.text, attempts.usage, attempts.calls)
                if attempts.calls_left > 0 and (
                    self._capabilities.downgrade(ours, features)
                    or (isinstance(ours, TruncatedError) and attempts.double_output_limit())
                ):
                    continue
                ours = attempts.final_error(ours)
                ours.attempts, ours.usage = attempts.calls, attempts.usage
                raise ours from (cause.__cause__ if cause is ours else cause)

        def within_budget() -> Flow:
            while True:
                try:
                    return (yield from once())
                except BudgetError as error:
                    if (seconds := error.retry_after) is None:
                        raise
                # Other calls have reserved a part of the budget; what they do not use is released.
                yield Wait(seconds)

        return (yield from retry(within_budget, calls_left=lambda: attempts.calls_left, deadline=deadline))
