"""The HTTP calls of one ask: what each may take, what all have cost, and what came back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from briefing.errors import (
    BriefingError,
    ContextWindowError,
    DeadlineError,
    OversizedError,
    ProviderError,
    RequestError,
    TruncatedError,
)
from briefing.llm import telemetry
from briefing.llm.asks import Ask
from briefing.llm.budget import Budget, CallEstimate, Reservation
from briefing.llm.deadline import Deadline
from briefing.llm.error_mapping import may_be_charged, response_error
from briefing.llm.grammar import grammar
from briefing.llm.pricing import Bill, cost_usd
from briefing.llm.targets import Target
from briefing.meta import Usage
from briefing.schemas import sent_schema, wire_fields
from briefing.throttling import Limiter

#: Tokens that a second try may write at least: the defaults of some servers are smaller than any briefing.
_RAMP_LEAST = 2048
#: Characters. No model writes so many; a server that sends them has lost its way.
_ANSWER_MOST = 1_000_000
#: Refusals of one ask that are no attempts.
_SPARED_MOST = 8
#: Providers whose calls have the OpenAI protocol's parameters.
_OPENAI_PROTOCOL = frozenset(("openai", "ollama", "openrouter", "deepseek", "together", "fireworks", "groq"))


@dataclass
class Tally:
    """What one ask has cost so far, and what its next call may take.

    Attributes:
        ask: what is asked.
        target: of whom.
        deadline: for all calls together.
        timeout: seconds for one call.
        bill: of the article: calls, tokens and dollars.
        budget: what may be spent on it.
        limiter: what its calls have to go through, if they do.
        calls: HTTP calls so far.
        usage: tokens so far, those of unusable answers included.
        text: what the model wrote last.
        spared: calls that a busy server refused while it answered others: they are no attempts.
        ramped: tokens that an answer may have since one was cut off; `None` if none was.
    """

    ask: Ask
    target: Target
    deadline: Deadline
    timeout: float
    bill: Bill
    budget: Budget
    limiter: Limiter | None = None
    calls: int = 0
    spared: int = 0
    usage: Usage = field(default_factory=Usage)
    text: str = ""
    ramped: int | None = None
    _limit: tuple[str, int | None] | None = None
    _written: int = 0
    _hold: Reservation | None = None

    @contextmanager
    def calling(self, kwargs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Count a call, completed and within the budget, and what it costs if it brings no answer.

        Raises:
            DeadlineError: there is no time left for it.
            BudgetError: it could cost more than is left.
        """
        if self.deadline.remaining() == 0:
            raise DeadlineError("the deadline has passed")
        request = self._completed(kwargs)
        self._hold = self._reserved(request)
        telemetry.record_request(request)
        self.calls += 1
        self.bill.call()
        try:
            yield request
        except BaseException as error:
            if spent := _spent_in(error):
                self._count(*spent)
            if self._hold:
                self._hold.release(charged=may_be_charged(error))
            raise

    @property
    def counted(self) -> int:
        """Calls that count as attempts."""
        return self.calls - self.spared

    @asynccontextmanager
    async def paced(self, kwargs: dict[str, Any]) -> AsyncIterator[None]:
        """Wait for the turn of a call, and make it in the context."""
        if self.limiter is None:
            yield
            return
        before = self.usage

        def taken() -> int | None:
            used = (self.usage.input_tokens - before.input_tokens) + (
                self.usage.output_tokens - before.output_tokens
            )
            return used or None

        def spare() -> None:
            # An article that is refused time after time is refused for its own sake.
            self.spared = min(self.spared + 1, _SPARED_MOST)

        estimate = sum(len(str(message["content"])) for message in kwargs["messages"]) / 4
        async with self.limiter.slot(estimate, taken, spare, self.deadline.remaining()):
            yield

    def seconds(self) -> float:
        """What the next call may take."""
        left = self.deadline.remaining()
        return self.timeout if left is None else min(self.timeout, left)

    def incoming(self, response: Any) -> Any:
        """Count the tokens of an answer; raise if it is none."""
        if not isinstance(response, str):
            self._count(usage_of(response), _served(response))
        telemetry.record_response(response)
        self.text = text_of(response)
        if problem := response_error(response) or self._unreadable(response):
            raise problem
        # A new answer is read from the start: what was noted of the one before is void.
        self.ask.grounding.reset()
        return response

    def ramp(self) -> bool:
        """Let the next answer be twice as long as the one that was cut off; whether that can be asked for, once."""
        if self.ramped is not None or self._limit is None:
            return False
        self.ramped = max(2 * (self._limit[1] or self._written or len(self.text) // 4), _RAMP_LEAST)
        return True

    def blamed(self, error: BriefingError) -> BriefingError:
        """The error that ends the ask: where a longer answer was refused, it is the short one that failed."""
        if self.ramped is None or not isinstance(error, RequestError | ContextWindowError):
            return error
        return TruncatedError(
            f"the answer was cut off, and a longer one was refused: {error.provider_message}",
            provider_message=error.provider_message,
            status=error.status,
        )

    def _completed(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        structured = kwargs.get("response_format", {}).get("json_schema")
        if structured is not None and self.target.local:
            del kwargs["response_format"]
            kwargs["extra_body"] = {
                "grammar": grammar(self.ask.schema, self.ask.grounding, essential=self.ask.essential)
            }
        elif structured is not None:
            structured["strict"] = True
            structured["schema"] = sent_schema(self.ask.schema)
            # The SDK walks through a parameter of its own node by node, looking for files; a schema has none, and is
            # large. (Messages stay where instrumentations of the SDK look for them.)
            kwargs["extra_body"] = {"response_format": kwargs.pop("response_format")}
        self._limit = self._output_limit(kwargs)
        if self.ramped is not None and self._limit is not None:
            kwargs[self._limit[0]] = self.ramped
        return kwargs

    def _reserved(self, request: dict[str, Any]) -> Reservation | None:
        """What the call may take; where there is a limit, its output is capped to that."""
        if not self.budget.limited:
            return None
        name, cap = self._output_limit(request) or (None, None)
        fields = len(wire_fields(self.ask.schema))
        need = CallEstimate.of(request, fields=fields, reasons=self.target.reasons, cap=cap)
        hold = self.budget.reserve(need, None if self.target.local else self._price)
        if name is not None:
            request[name] = hold.output_tokens
        return hold

    def _price(self, usage: Usage) -> float:
        return cost_usd(self.target, usage) or 0.0

    def _count(self, usage: Usage, served: str | None) -> None:
        cost = cost_usd(self.target, usage, served)
        self.usage += usage
        self._written = usage.output_tokens
        self.bill.add(usage, cost)
        if self._hold:
            self._hold.commit(usage, cost)

    def _output_limit(self, kwargs: dict[str, Any]) -> tuple[str, int | None] | None:
        """Name and value of the parameter for the longest answer; `None` where we do not know what it is called."""
        for name in ("max_completion_tokens", "max_tokens"):
            if isinstance(kwargs.get(name), int):
                return name, kwargs[name]
        if self.target.provider not in _OPENAI_PROTOCOL:
            return None
        return ("max_completion_tokens" if self.target.reasons else "max_tokens"), None

    def _unreadable(self, response: Any) -> ProviderError | None:
        """Why what the model wrote cannot be read; marks around its JSON are taken away."""
        if len(self.text) > _ANSWER_MOST:
            return OversizedError(
                f"the server's answer has {len(self.text)} characters, which no briefing has"
            )
        bare, cut = bare_json(self.text)
        if cut:
            return TruncatedError("the answer stops inside its JSON, though the server says that it is whole")
        if bare != self.text:
            self.text = bare
            if not getattr(response.choices[0].message, "tool_calls", None):
                response.choices[0].message.content = bare
        return None


def bare_json(text: str) -> tuple[str, bool]:
    """The JSON object in an answer, and whether it is cut off.

    Models put code fences, greetings and thoughts around it. A text without an object, or with one that is wrong inside,
    comes back as it is.
    """
    if _is_json(text):
        return text, False
    end = text.rfind("}") + 1
    for after in (text.rfind("</think>"), text.find("```"), 0):
        start = text.find("{", max(0, after))
        if start >= 0 and _is_json(text[start:end]):
            return text[start:end], False
    start = text.find("{")
    return text, start >= 0 and _is_json(text[start:], cut=True)


def _is_json(text: str, *, cut: bool = False) -> bool:
    try:
        from_json(text, allow_partial=cut)
    except ValueError:
        return False
    return True


def usage_of(response: Any) -> Usage:
    """The tokens that a response says it took; none where it does not say."""
    usage = _get(response, "usage")

    def count(of: Any, *names: str) -> int:
        values = (_get(of, name) for name in names)
        return max(0, next((value for value in values if isinstance(value, int)), 0))

    read = count(usage, "prompt_tokens", "input_tokens")
    cached = count(_get(usage, "prompt_tokens_details"), "cached_tokens")
    if not cached:
        # Anthropic counts what went into its cache or came out of it apart.
        cached = count(usage, "cache_read_input_tokens")
        read += cached + count(usage, "cache_creation_input_tokens")
    return Usage(
        input_tokens=read,
        output_tokens=count(usage, "completion_tokens", "output_tokens"),
        cached_tokens=min(cached, read),
    )


def _get(of: Any, name: str) -> Any:
    return of.get(name) if isinstance(of, dict) else getattr(of, name, None)


def _served(response: Any) -> str | None:
    name = _get(response, "model")
    return name if isinstance(name, str) else None


def _spent_in(error: BaseException) -> tuple[Usage, str | None] | None:
    """The tokens that a failed call has cost, if its response tells."""
    try:
        body = error.response.json()  # type: ignore[attr-defined]  # the SDK's errors have it
    except Exception:
        return None
    usage = usage_of(body)
    return (usage, _served(body)) if usage != Usage() else None


def text_of(response: Any) -> str:
    """What the model wrote, as text or as the arguments of a tool; empty where it is neither."""
    choices = getattr(response, "choices", None)
    message = getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None
    content = getattr(message, "content", None)
    if content:
        return str(content)
    calls = getattr(message, "tool_calls", None)
    return str(getattr(getattr(calls[0], "function", None), "arguments", "")) if calls else ""
