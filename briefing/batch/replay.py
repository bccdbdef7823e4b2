"""Plans run on recorded answers: from the start, up to the first request that has no answer yet.

A plan is a generator and lives in a process; a batch takes hours. So nothing of a plan is kept but
what was asked and answered, and the plan is run again from the start. The same `Client` reads
the answers as it reads those of a server: refusals, cut answers, wrong shapes and their re-asks,
usage and errors come out as in `Briefer.summarize`.
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
from briefing.pipeline import Ledger, Outcome, Plan, Trampoline, execution, finished, meta_of, plan_for
from briefing.prompts import Prompt
from briefing.sources import Source

_HALF = re.compile("[\ud800-\udfff]")
#: In place of an HTTP status: the request was never carried out, and the message is ours.
NOT_SENT = 0
#: Kind of such an error: the budget had no room for the request.
OVER_BUDGET = "budget"


class CallPosition(NamedTuple):
    """Where in a plan a request stands.

    Attributes:
        step: of the plan's lists of asks, which.
        ask: of the list, which.
        call: of the ask's HTTP calls, which: re-asks and retries count on.
    """

    step: int
    ask: int
    call: int


@dataclass(frozen=True)
class Request:
    """A request that has no answer yet.

    Attributes:
        key: its place in the plan.
        label: the ask's.
        body: what a chat completion would be asked with, as JSON.
    """

    key: CallPosition
    label: str
    body: str

    @property
    def sha256(self) -> str:
        """Hash of the body."""
        return hashlib.sha256(self.body.encode()).hexdigest()


class RecordedAnswer(NamedTuple):
    """What was asked, by its hash, and what came back: status and JSON, or `None` so far."""

    sha256: str
    status: int | None
    body: Any


Answers = Mapping[CallPosition, RecordedAnswer]


class _UnansweredError(BriefingError):
    """There is no answer yet."""

    def __init__(self, request: Request) -> None:
        super().__init__("not answered yet")
        self.request = request


class _Replay(Client):
    """Answers from the record; what is not there becomes a request."""

    def __init__(self, target: Target, *, max_attempts: int) -> None:
        super().__init__(target, timeout=60.0, max_attempts=max_attempts)
        self._answers: Answers = {}
        self._bill = Bill()
        self._key, self._label = CallPosition(0, 0, 0), ""

    def begin(self, answers: Answers, bill: Bill) -> None:
        """Go on with another article."""
        self._answers, self._bill = answers, bill

    def place(self, step: int, number: int, label: str) -> None:
        """Say which ask comes next."""
        self._key, self._label = CallPosition(step, number, 0), label
        # Which ways of asking a server refused is read again in each ask's own record: asks of one
        # step went out together, before any of them was answered.
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
                "the answer in the journal is one to another question: the library, its prompts or its "
                "settings have changed since it was submitted. Submit it again with --retry-failed"
            )
        if found.status == NOT_SENT:
            self._bill.attempts -= 1  # it was never carried out
            error = found.body["error"]
            raise (BudgetError if error.get("type") == OVER_BUDGET else RequestError)(error["message"])
        return recorded(found.status, found.body)


@dataclass
class Advance:
    """How far a plan has come.

    Attributes:
        result: what it returned, if it has.
        error: what it failed with, if it has.
        requests: what must be answered before it goes on.
        failed: places of the asks that failed, in the last step where any did.
        meta: of the result, or of what failed.
    """

    result: BaseModel | None = None
    error: BriefingError | None = None
    requests: list[Request] = field(default_factory=list)
    failed: set[tuple[int, int]] = field(default_factory=set)
    meta: Meta | None = None


class Replayer(Briefer):
    """Makes briefings from recorded answers; asks no server."""

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        target = self._asked
        if target.provider != "openai" or target.local:
            raise ConfigurationError(
                f"{target.model} has no batch API that briefing knows; use openai/NAME, with base_url= for another "
                "server of the same protocol"
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
        """Run an article's plan as far as the answers go.

        Args:
            source: the article.
            schema: what to return.
            prompt: as `Briefer.summarize` takes it.
            language: as `Briefer.summarize` takes it.
            answers: what is recorded.
            submitted: when, in seconds since 1970; for `meta.elapsed`.
            spent: input, output and cached tokens and calls before.
        """
        job = self._job(source, schema, prompt, language, self.target)
        bill = Bill(attempts=spent[3])
        if spent[0] or spent[1]:
            usage = Usage(input_tokens=spent[0], output_tokens=spent[1], cached_tokens=spent[2])
            bill.add(usage, cost_usd(self.target, usage))
        ledger = Ledger(bill=bill, started=time.monotonic() - (time.time() - submitted))
        self._replay.begin(answers, bill)
        advanced = Advance()
        try:
            with bill.attach_to_errors(), _as_briefing_error():
                outcome = _run(plan_for(job), self._replay, bill, advanced)
                if outcome is not None:
                    advanced.result, advanced.meta = finished(
                        job, outcome, self.target, ledger, [], keep_source=self._keep_source
                    )
        except BriefingError as error:
            advanced.error, advanced.meta = error, meta_of(job, self.target, ledger, [])
        return advanced


@contextmanager
def _as_briefing_error() -> Iterator[None]:
    """What goes wrong with one article is that article's error, whatever it is."""
    try:
        yield
    except BriefingError:
        raise
    except Exception as error:
        raise BriefingError(f"{type(error).__name__}: {error}") from error


def _json(body: dict[str, Any]) -> str:
    text = json.dumps(body, ensure_ascii=False)
    # A model may write half a character, which a repair ask repeats, and no file can hold.
    return text if text.isascii() or not _HALF.search(text) else json.dumps(body)


def _run(plan: Plan, client: _Replay, bill: Bill, advanced: Advance) -> Outcome | None:
    """Run a plan; `None` where answers are missing: `advanced` then has the requests for them.

    The asks of one step go out in the same batch, so that all of them are answered when the next run reads them.
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
