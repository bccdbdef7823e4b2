"""`Replayer`: run a plan on recorded answers, from the start to the first request without an answer.

A plan is a generator, which cannot be stored for the hours that a batch takes. Only requests and answers are stored, and
the plan is run again from the start. `Client` reads recorded answers as it reads those of a server, so that refusals,
truncated and invalid answers, re-asks, usage and errors are the same as for `Briefer.summarize`.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Unpack

from pydantic import BaseModel
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.api import Options
from briefing.briefer import Briefer
from briefing.errors import BriefingError, BudgetError, ConfigurationError, ProviderError, RequestError
from briefing.llm import Answer, Ask, Bill, Client, Deadline, Send, Target, cost_usd, recorded
from briefing.meta import Meta, Usage
from briefing.pipeline import Outcome, Plan, RunState, Trampoline, assemble, build_meta, execution, plan_for
from briefing.prompts import Prompt
from briefing.sources import Source

_SURROGATE = re.compile("[\ud800-\udfff]")
#: In place of an HTTP status: the request was not run. Its answer is an error of this library.
NOT_SENT = 0
#: Type of such an error for a request that exceeded the budget.
OVER_BUDGET = "budget"


class CallPosition(NamedTuple):
    """The position of a request in its plan. All numbers start at 0.

    Attributes:
        step: number of the plan's list of asks.
        ask: number of the ask in the list.
        call: number of the HTTP call for the ask; re-asks and retries count.
    """

    step: int
    ask: int
    call: int


@dataclass(frozen=True)
class Request:
    """A request that has no answer yet.

    Attributes:
        key: its position in the plan.
        label: label of the ask.
        body: JSON body of the chat completion.
    """

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


class _Replay(Client):
    """A client that returns recorded answers, and raises `_UnansweredError` where one is missing."""

    def __init__(self, target: Target, *, max_attempts: int) -> None:
        super().__init__(target, timeout=60.0, max_attempts=max_attempts)
        self._answers: Answers = {}
        self._bill = Bill()
        self._key, self._label = CallPosition(0, 0, 0), ""

    def begin(self, answers: Answers, bill: Bill) -> None:
        """Start with another article."""
        self._answers, self._bill = answers, bill

    def place(self, step: int, number: int, label: str) -> None:
        """Set the position of the next ask."""
        self._key, self._label = CallPosition(step, number, 0), label
        # Features that the server rejected are learned again from each ask's own answers: all asks of a step were
        # sent before any of them was answered.
        self._forget_refusals()

    @override
    def _prepared(self, send: Send, *, is_async: bool) -> tuple[Any, dict[str, Any]]:
        _, kwargs = super()._prepared(send, is_async=is_async)
        return self._create, kwargs

    def _create(self, **kwargs: Any) -> Any:
        key = self._key
        self._key = key._replace(call=key.call + 1)
        kwargs.pop("timeout", None)
        body = kwargs | kwargs.pop("extra_body", {})
        request = Request(key, self._label, _json(body))
        found = self._answers.get(key)
        if found is None or found.status is None:
            raise _UnansweredError(request)
        if found.sha256 != request.sha256:
            raise ConfigurationError(
                "the recorded answer is to a different request: the library, its prompts or the settings have "
                "changed since the article was submitted. Submit it again with --retry-failed"
            )
        if found.status == NOT_SENT:
            self._bill.attempts -= 1  # it was never sent
            error = found.body["error"]
            raise (BudgetError if error.get("type") == OVER_BUDGET else RequestError)(error["message"])
        return recorded(found.status, found.body)


@dataclass
class Advance:
    """The state of a plan after a replay: a result, an error, or requests.

    Attributes:
        result: the result, if the plan has returned.
        error: the error, if the plan has failed.
        requests: requests that need an answer before the plan can continue.
        failed: step and number of the asks that failed, in the last step with a failure.
        meta: usage, cost and origin of the result or error.
    """

    result: BaseModel | None = None
    error: BriefingError | None = None
    requests: list[Request] = field(default_factory=list)
    failed: set[tuple[int, int]] = field(default_factory=set)
    meta: Meta | None = None


class Replayer(Briefer):
    """A briefer that makes briefings from recorded answers. It calls no server."""

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        target = self._asked
        if target.provider != "openai" or target.local:
            raise ConfigurationError(
                f"{target.model} cannot run in batches. Use openai/NAME, with base_url= for another server of the same "
                "protocol"
            )
        self.target = self._asked = replace(target, batch=True)
        self._replay = self._client = _Replay(self.target, max_attempts=self._max_attempts)

    def advance(
        self,
        source: Source,
        schema: type[BaseModel],
        prompt: Prompt,
        language: str | None,
        answers: Answers,
        *,
        submitted: float,
        spent: tuple[int, int, int, int] = (0, 0, 0, 0),
    ) -> Advance:
        """Run an article's plan up to the first step with an unanswered request.

        Args:
            source: the article.
            schema: type of the result.
            prompt: as for `Briefer.summarize`.
            language: as for `Briefer.summarize`.
            answers: recorded answers, by position.
            submitted: Unix time of the submission in seconds, for `meta.elapsed`.
            spent: input, output and cached tokens, and calls, of earlier tries, to be added to usage and cost.
        """
        job = self._job(source, schema, prompt, language)
        bill = Bill(attempts=spent[3])
        if spent[0] or spent[1]:
            usage = Usage(input_tokens=spent[0], output_tokens=spent[1], cached_tokens=spent[2])
            bill.add(usage, cost_usd(self.target, usage))
        state = RunState(bill=bill, started=time.monotonic() - (time.time() - submitted))
        self._replay.begin(answers, bill)
        advanced = Advance()
        try:
            with bill.attach_to_errors(), _as_briefing_error():
                outcome = _run(plan_for(job), self._replay, bill, advanced)
                if outcome is not None:
                    advanced.result, advanced.meta = assemble(
                        job, outcome, state, [], keep_source=self._keep_source
                    )
        except BriefingError as error:
            advanced.error, advanced.meta = error, build_meta(job, state, [])
        return advanced


@contextmanager
def _as_briefing_error() -> Iterator[None]:
    """Raise any exception as a `BriefingError`: a defect that one article triggers must not stop the others."""
    try:
        yield
    except BriefingError:
        raise
    except Exception as error:
        raise BriefingError(f"{type(error).__name__}: {error}") from error


def _json(body: dict[str, Any]) -> str:
    text = json.dumps(body, ensure_ascii=False)
    # A repair ask may quote a lone surrogate of an answer, which UTF-8 cannot encode.
    return text if text.isascii() or not _SURROGATE.search(text) else json.dumps(body)


def _run(plan: Plan, client: _Replay, bill: Bill, advanced: Advance) -> Outcome | None:
    """Run a plan. Returns `None` if answers are missing, and adds their requests to `advanced`.

    All unanswered asks of a step are collected, so that they are sent in the same batch.
    """
    groups = Trampoline(execution(plan, lambda asks, _failed: [asks]))
    for number, group in enumerate(groups):
        with group:
            group.result = _answered(client, group.command, number, bill, advanced)
        if advanced.requests:
            return None
    return groups.value


def _answered(
    client: _Replay, asks: list[Ask], step: int, bill: Bill, advanced: Advance
) -> list[Answer | ProviderError]:
    results: list[Answer | ProviderError] = []
    for number, ask in enumerate(asks):
        try:
            results.append(_answer(client, ask, step, number, bill))
        except _UnansweredError as missing:
            advanced.requests.append(missing.request)
        except ProviderError as error:
            results.append(error)
            if (step, 0) > max(advanced.failed, default=(-1, 0)):
                advanced.failed.clear()
            advanced.failed.add((step, number))
    return results


def _answer(client: _Replay, ask: Ask, step: int, number: int, bill: Bill) -> Answer:
    client.place(step, number, ask.label)
    flow = Trampoline(client.flow(ask, Deadline(), bill))
    for command in flow:
        with command:
            # Waits are skipped: a request that failed for now is sent again in the next round.
            if isinstance(command.command, Send):
                command.result = client.send(command.command)
    return flow.value
