"""`Replayer`: run a plan on recorded answers, from the start to the first request without an answer.

A plan is a generator, which cannot be stored for the hours that a batch takes. Only requests and answers are stored, and
the plan is run again from the start. `Client` reads recorded answers as it reads those of a server, so that refusals,
truncated and invalid answers, re-asks, usage and errors are the same as for `Briefer.summarize`.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Unpack

from pydantic import BaseModel

from briefing.api import Options
from briefing.briefer import Briefer
from briefing.errors import BriefingError, BudgetError, ConfigurationError, ProviderError, RequestError
from briefing.llm import Answer, Ask, Client, CostTracker, Deadline, RecordedTransport, Send, Target, cost_usd
from briefing.meta import Meta, Usage
from briefing.pipeline import (
    Outcome,
    Plan,
    RunState,
    StyleOptions,
    Trampoline,
    assemble,
    build_meta,
    execution,
    plan_for,
)
from briefing.prompts import Prompt
from briefing.sources import LONE_SURROGATES, Source

#: In place of an HTTP status: the request was not run. Its answer is an error of this library.
NOT_SENT = 0
#: Type of such an error for a request that exceeded the budget.
OVER_BUDGET = "budget"
#: Options of a model that are not in a request's body, which is all that the line of a batch has.
_OF_CONNECTIONS = frozenset(("extra_headers", "extra_query", "organization", "project", "api_version"))


class CallPosition(NamedTuple):
    """The position of a request in its plan, from 0: list of asks, ask in the list, and HTTP call for the ask."""

    step: int
    ask: int
    call: int


@dataclass(frozen=True)
class Request:
    """A request that has no answer yet: its position in the plan, label of the ask, JSON body."""

    key: CallPosition
    label: str
    body: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the body, in hexadecimal."""
        return hashlib.sha256(self.body.encode()).hexdigest()


class RecordedAnswer(NamedTuple):
    """Hash of a request, and the HTTP status (or `NOT_SENT`) and JSON body of its answer; `None` without an answer."""

    sha256: str
    status: int | None
    body: Any


Answers = Mapping[CallPosition, RecordedAnswer]


class _UnansweredError(BriefingError):
    """A request has no recorded answer."""

    def __init__(self, request: Request) -> None:
        super().__init__("not answered yet")
        self.request = request


@dataclass
class Advance:
    """The state of a plan after a replay: a result, an error, or requests that need an answer before it can continue.

    `failed`: step and number of the asks that failed, in the last step with a failure.
    """

    result: BaseModel | None = None
    error: BriefingError | None = None
    requests: list[Request] = field(default_factory=list)
    failed: set[tuple[int, int]] = field(default_factory=set)
    meta: Meta | None = None


class Replayer(Briefer):
    """A briefer that makes briefings from recorded answers. It calls no server."""

    def __init__(self, **options: Unpack[Options]) -> None:
        if options.get("judge") is not None:
            raise ConfigurationError("judge cannot be used in batches; use summarize_many, or leave it out")
        if options.get("fallback"):
            raise ConfigurationError(
                "fallback cannot be used in batches; use summarize_many, or leave it out"
            )
        if options.get("client") is not None:
            raise ConfigurationError("client cannot be used in batches; use base_url and api_key")
        super().__init__(**options)
        target = self._asked
        if target.provider != "openai" or target.local:
            raise ConfigurationError(
                f"{target.model} cannot run in batches. Use openai/NAME, with base_url= for another server of the same "
                "protocol"
            )
        if refused := sorted(target.options.keys() & _OF_CONNECTIONS):
            raise ConfigurationError(f"options: {refused[0]} cannot be used in batches; leave it out")
        self.target = self._asked = replace(target, batch=True)

    def advance(
        self,
        source: Source,
        schema: type[BaseModel],
        prompt: Prompt,
        language: str | None,
        style: StyleOptions,
        answers: Answers,
        *,
        submitted: float,
        spent: tuple[int, ...] = (0, 0, 0, 0),
    ) -> Advance:
        """Run an article's plan up to the first step with an unanswered request.

        `submitted` and `spent` are as in `StoredArticle`, for `meta.elapsed`, usage and cost.
        """
        job = self._job(source, schema, prompt, language, style)
        read, written, cached, calls = spent
        costs = CostTracker(attempts=calls)
        if read or written:
            usage = Usage(input_tokens=read, output_tokens=written, cached_tokens=cached)
            costs.add(usage, cost_usd(self.target, usage))
        state = RunState(costs=costs, started=time.monotonic() - (time.time() - submitted))
        advanced = Advance()
        replay = _Replay(self.target, self._max_attempts, answers, costs, advanced)
        try:
            with costs.attach_to_errors(), as_briefing_error():
                if (outcome := replay.run(plan_for(job))) is not None:
                    advanced.result, advanced.meta = assemble(
                        job, outcome, state, [], keep_source=self._keep_source
                    )
        except BriefingError as error:
            advanced.error, advanced.meta = error, build_meta(job, state, [])
        return advanced


@contextmanager
def as_briefing_error() -> Iterator[None]:
    """Raise any exception as a `BriefingError`: a defect that one article triggers must not stop the others."""
    try:
        yield
    except BriefingError:
        raise
    except Exception as error:
        raise BriefingError(f"{type(error).__name__}: {error}") from error


def _to_json(body: dict[str, Any]) -> str:
    text = json.dumps(body, ensure_ascii=False)
    # A repair ask may quote a lone surrogate of an answer, which UTF-8 cannot encode.
    return text if text.isascii() or not LONE_SURROGATES.search(text) else json.dumps(body)


@dataclass
class _Replay:
    """One run of a plan on recorded answers. `advanced` gets the missing requests and the failed asks."""

    target: Target
    max_attempts: int
    answers: Answers
    costs: CostTracker
    advanced: Advance

    def run(self, plan: Plan) -> Outcome | None:
        """Run a plan. Returns `None` if answers are missing.

        All unanswered asks of a step are collected, so that they are sent in the same batch.
        """
        groups = Trampoline(execution(plan, lambda asks, _failed: [asks]))
        for number, group in enumerate(groups):
            with group:
                group.result = self._results(group.command, number)
            if self.advanced.requests:
                return None
        return groups.value

    def _results(self, asks: list[Ask], step: int) -> list[Answer | ProviderError]:
        results: list[Answer | ProviderError] = []
        failed: set[tuple[int, int]] = set()
        for number, ask in enumerate(asks):
            try:
                results.append(self._answer(ask, CallPosition(step, number, 0)))
            except _UnansweredError as missing:
                self.advanced.requests.append(missing.request)
            except ProviderError as error:
                results.append(error)
                failed.add((step, number))
        self.advanced.failed = failed or self.advanced.failed
        return results

    def _answer(self, ask: Ask, first: CallPosition) -> Answer:
        calls = itertools.count()

        def lookup(body: dict[str, Any]) -> tuple[int, Any]:
            return self._recorded(Request(first._replace(call=next(calls)), ask.label, _to_json(body)))

        # A new client for each ask: features that the server rejected are learned again from the ask's own answers, as
        # all asks of a step were sent before any of them was answered.
        transport = RecordedTransport(self.target, lookup)
        client = Client(self.target, timeout=60.0, max_attempts=self.max_attempts, transport=transport)
        flow = Trampoline(client.flow(ask, Deadline(), self.costs))
        for step in flow:
            with step:
                # Waits are skipped: a request that failed for now is sent again in the next round.
                if isinstance(step.command, Send):
                    step.result = client.transport.send(step.command)
        return flow.value

    def _recorded(self, request: Request) -> tuple[int, Any]:
        found = self.answers.get(request.key)
        if found is None or found.status is None:
            raise _UnansweredError(request)
        if found.sha256 != request.sha256:
            raise ConfigurationError(
                "the recorded answer is to a different request: the library, its prompts or the settings have "
                "changed since the article was submitted. Submit it again with --retry-failed"
            )
        if found.status == NOT_SENT:
            self.costs.attempts -= 1  # it was never sent
            error = found.body["error"]
            raise (BudgetError if error.get("type") == OVER_BUDGET else RequestError)(error["message"])
        return found.status, found.body
