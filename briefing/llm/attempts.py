"""`Attempts`: the HTTP calls of one ask. Completes each request, counts usage and cost, and checks each response."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from briefing.errors import (
    AnswerError,
    BriefingError,
    ContextWindowError,
    DeadlineError,
    OversizedError,
    ProviderError,
    RequestError,
    ServerError,
    TruncatedError,
)
from briefing.llm import telemetry
from briefing.llm.asks import Ask
from briefing.llm.budget import Budget, CallEstimate, Reservation
from briefing.llm.deadline import Deadline
from briefing.llm.error_mapping import may_be_charged, response_error
from briefing.llm.grammar import grammar
from briefing.llm.pricing import CostTracker, cost_usd
from briefing.llm.providers import Adapter, adapter_of
from briefing.llm.targets import Target
from briefing.llm.token_estimate import token_range
from briefing.meta import Usage
from briefing.schemas import sent_schema, wire_fields
from briefing.throttling import CallGate

#: Lowest output limit, in tokens, after a truncated answer: the defaults of some servers are below any briefing.
_LEAST_DOUBLED_LIMIT = 2048
#: Longest answer, in characters. A model does not write more; a server that sends more is defective.
_LONGEST_ANSWER = 1_000_000
#: From this length on, lists in an answer are cut to the schema's limits before its items are checked one by one.
_LONG_ANSWER = 20_000
#: Most rejections by a busy server that do not count as attempts of one ask.
_MOST_EXEMPT = 8
#: What the windows of servers are multiples of, in tokens.
_WINDOW_UNIT = 256


@dataclass
class Attempts:
    """The HTTP calls of one ask.

    Attributes:
        deadline: for all calls together.
        timeout: seconds for one call.
        costs: counts calls, tokens and cost of the article.
        limiter: what each call waits for, if there are many at once.
        calls: HTTP calls so far.
        exempt: calls that do not count as attempts: a busy server rejected them while it answered others.
        usage: tokens of all calls so far, unusable answers included.
        text: what the model wrote last.
        streamed: whether the last response came as a stream.
        adapter: of the protocol that the next call is made by.
        output_limit: name of the parameter for the output limit; `None` if it is unknown.
        doubled_limit: output limit in tokens after a truncated answer; `None` before.
    """

    ask: Ask
    target: Target
    deadline: Deadline
    timeout: float
    max_attempts: int
    costs: CostTracker
    budget: Budget
    limiter: CallGate | None = None
    calls: int = 0
    exempt: int = 0
    usage: Usage = field(default_factory=Usage)
    text: str = ""
    streamed: bool = False
    adapter: Adapter = field(init=False)
    output_limit: str | None = field(init=False)
    doubled_limit: int | None = None
    _limit: tuple[str, int | None] | None = None
    _written: int = 0
    _sent: int = 0
    _reservation: Reservation | None = None

    def __post_init__(self) -> None:
        adapter = adapter_of(self.target.provider)
        self.use(adapter, next(iter(adapter.limit_names), None))

    def use(self, adapter: Adapter, output_limit: str | None) -> None:
        """Make the next calls by a protocol, and with this name of the parameter for the output limit."""
        self.adapter, self.output_limit = adapter, output_limit

    @contextmanager
    def http_call(self, kwargs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the request of a call to be made in the context, and count the call, whether or not it succeeds.

        The request is `kwargs`, as instructor makes it, changed in place.

        Raises:
            DeadlineError: the deadline has passed.
            BudgetError: the call could exceed the budget.
        """
        if self.deadline.remaining() == 0:
            raise DeadlineError("the deadline has passed")
        request = self._complete(kwargs)
        self._reservation = self._reserve(request)
        self._sent = self.adapter.prompt_length(request)
        telemetry.record_request(request)
        self.calls += 1
        self.costs.call()
        try:
            yield request
        except BaseException as error:
            if spent := _spent_in(error, self.adapter):
                self._count(*spent)
            if self._reservation:
                self._reservation.release(charged=may_be_charged(error, self.adapter))
            raise

    @property
    def calls_left(self) -> int:
        """Number of calls that may still be made."""
        return self.max_attempts - (self.calls - self.exempt)

    @asynccontextmanager
    async def slot(self, kwargs: dict[str, Any]) -> AsyncIterator[None]:
        """Wait until the limiter admits a call, which is then made in the context."""
        if self.limiter is None:
            yield
            return
        before = self.usage.input_tokens + self.usage.output_tokens

        def used() -> int | None:
            return self.usage.input_tokens + self.usage.output_tokens - before or None

        def exempt() -> None:
            # An ask that is rejected time after time is rejected for a reason of its own.
            self.exempt = min(self.exempt + 1, _MOST_EXEMPT)

        estimate = self.adapter.prompt_length(kwargs) / 4
        async with self.limiter.slot(
            estimate, used, exempt, self.deadline.remaining(), self.adapter.read_error
        ):
            yield

    def call_timeout(self) -> float:
        """Seconds that the next call may take."""
        left = self.deadline.remaining()
        return self.timeout if left is None else min(self.timeout, left)

    def received(self, response: Any) -> Any:
        """Count the tokens of a response and return it.

        Raises:
            ProviderError: the response has no usable answer.
        """
        usage = Usage()
        if not isinstance(response, str):
            usage = self.adapter.read_usage(response)
            written = self.adapter.cache_written(response)
            self._count(usage, self.adapter.served_model(response), cache_written=written)
        self.text = self.adapter.read_text(response)
        ending = self.adapter.stop_reason(response)
        telemetry.record_response(response, self.text, ending.reason)
        if (
            problem := response_error(response, ending, self.target)
            or self._cut_request(usage)
            or self._unreadable(response, ended=bool(ending.reason))
        ):
            raise problem
        # Problems of an earlier answer do not apply to this one.
        self.ask.grounding.reset(until=self.deadline.at)
        return response

    def double_output_limit(self) -> bool:
        """Double the output limit after a truncated answer.

        Returns False if it was doubled before, was given by the user, or the parameter's name is unknown.
        """
        if (
            self.doubled_limit is not None
            or self._limit is None
            or "max_output_tokens" in self.target.options
        ):
            return False
        limit = self._limit[1] or self._written or len(self.text) // 4
        self.doubled_limit = max(2 * limit, _LEAST_DOUBLED_LIMIT)
        return True

    def final_error(self, error: BriefingError) -> BriefingError:
        """The error that ends the ask: `TruncatedError` where the server rejected the doubled output limit."""
        if type(error) is AnswerError and self.text and not _is_json(self.text):
            # Of a protocol that has tools, instructor says only that none was called.
            return AnswerError(
                f"{self.target.model} gave no usable answer: Invalid JSON", provider_message="Invalid JSON"
            )
        if self.doubled_limit is None or not isinstance(error, RequestError | ContextWindowError):
            return error
        return TruncatedError(
            f"the answer was cut off at the output limit, and the server rejected a higher limit: {error.provider_message}",
            provider_message=error.provider_message,
            status=error.status,
        )

    def _complete(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        if self.target.local and kwargs.pop("response_format", None):
            rules = grammar(self.ask.schema, self.ask.grounding, essential=self.ask.essential)
            kwargs["extra_body"] = {"grammar": rules} | kwargs.get("extra_body", {})
        self.adapter.prepare(kwargs, self.ask.schema)
        self._limit = self._output_limit(kwargs)
        if self.doubled_limit is not None and self._limit is not None:
            self.adapter.set_output_limit(kwargs, self._limit[0], self.doubled_limit)
        return kwargs

    def _reserve(self, request: dict[str, Any]) -> Reservation | None:
        """Reserve a part of the budget for a call and cap its output to that; `None` without limits."""
        if not self.budget.limited:
            return None
        name, cap = self._output_limit(request) or (None, None)
        fields = len(wire_fields(self.ask.schema))
        need = CallEstimate.of(request, fields=fields, reasons=self.target.reasons, cap=cap)
        reservation = self.budget.reserve(need, None if self.target.local else self._price)
        if name is not None:
            self.adapter.set_output_limit(request, name, reservation.output_tokens)
        return reservation

    def _price(self, usage: Usage) -> float:
        return cost_usd(self.target, usage) or 0.0

    def _count(self, usage: Usage, served: str | None, *, cache_written: int = 0) -> None:
        cost = cost_usd(self.target, usage, served, cache_written=cache_written)
        self.usage += usage
        self._written = usage.output_tokens
        self.costs.add(usage, cost)
        if self._reservation:
            self._reservation.commit(usage, cost)

    def _output_limit(self, kwargs: dict[str, Any]) -> tuple[str, int | None] | None:
        """Name and value of the parameter for the output limit; `None` where the name is unknown."""
        if found := self.adapter.output_limit(kwargs):
            return found
        return (self.output_limit, None) if self.output_limit else None

    def _cut_request(self, usage: Usage) -> ContextWindowError | None:
        """Return an error if the server has read less than was sent, as some do with what exceeds their window.

        Its count is then the size of the window. Others may count only what was not cached.
        """
        read = usage.input_tokens
        if not read or read % _WINDOW_UNIT or not self._is_more_than(read):
            return None
        error = ContextWindowError(
            f"the server read {read:,} tokens of a request of {self._sent:,} characters, which is not the whole. Raise its "
            "context window (num_ctx in Ollama), shorten the article, or use a model with a larger one"
        )
        error.available = read
        return error

    def _is_more_than(self, tokens: int) -> bool:
        """Whether the ask has more tokens than that in any tokenizer."""
        return token_range("".join(message["content"] for message in self.ask.messages)).fewest > tokens

    def _unreadable(self, response: Any, *, ended: bool) -> ProviderError | None:
        """Keep the answer's JSON object, within the schema's limits; return an error if it is incomplete.

        Raises:
            OversizedError: it is too long.
        """
        check_length(len(self.text))
        bare, cut = bare_json(self.text)
        if cut and self.streamed and not ended:
            return ServerError("the stream ended before the answer did, and without an error")
        if cut:
            return TruncatedError(
                "the answer's JSON is incomplete, though the server does not report that it was cut off"
            )
        if len(bare) > _LONG_ANSWER:
            bare = within_limits(bare, sent_schema(self.ask.schema))
        if bare != self.text:
            self.text = bare
            self.adapter.write_text(response, bare)
        return None


def check_length(characters: int) -> None:
    """Refuse an answer that is too long.

    Raises:
        OversizedError: it has more characters than any briefing.
    """
    if characters > _LONGEST_ANSWER:
        raise OversizedError(
            f"the server's answer has {characters:,} characters, more than the {_LONGEST_ANSWER:,} that are read"
        )


def bare_json(text: str) -> tuple[str, bool]:
    """Return the JSON object in an answer, without code fences, greetings and reasoning, and whether it is incomplete.

    A text without a JSON object, or with a malformed one, is returned unchanged.
    """
    if _is_json(text):
        return text, False
    end = text.rfind("}") + 1
    for after in (text.rfind("</think>"), text.find("```"), 0):
        start = text.find("{", max(0, after))
        if start >= 0 and _is_json(text[start:end]):
            return text[start:end], False
        if start >= 0 and (first := _first_object(text, start)):
            return first, False
    start = text.find("{")
    return text, start >= 0 and _is_json(text[start:], cut=True)


def within_limits(text: str, schema: dict[str, Any]) -> str:
    """Return an answer without repeated items and items beyond `maxItems` in its lists, if it has any of them.

    Args:
        text: the answer; what is no JSON is returned unchanged.
        schema: the JSON schema that it should have.
    """
    try:
        answer = from_json(text)
    except ValueError:
        return text
    cut = _within(answer, schema)
    return text if cut == answer else json.dumps(cut, ensure_ascii=False)


def _within(value: Any, schema: dict[str, Any]) -> Any:
    if isinstance(value, dict) and "properties" in schema:
        properties = schema["properties"]
        return {key: _within(held, properties.get(key, {})) for key, held in value.items()}
    if isinstance(value, list) and schema.get("type") == "array":
        items = value
        if len(value) > schema.get("maxItems", len(value)):
            items = list({json.dumps(item, sort_keys=True): item for item in value}.values())[
                : schema["maxItems"]
            ]
        return [_within(item, schema.get("items", {})) for item in items]
    return value


def _first_object(text: str, start: int) -> str | None:
    """The whole JSON object with fields that begins at an index, whatever stands behind it."""
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return text[start:end] if value else None


def _is_json(text: str, *, cut: bool = False) -> bool:
    try:
        from_json(text, allow_partial=cut)
    except ValueError:
        return False
    return True


def _spent_in(error: BaseException, adapter: Adapter) -> tuple[Usage, str | None] | None:
    """The usage and the model's name in the response of a failed call, if it has them."""
    try:
        body = error.response.json()  # type: ignore[attr-defined]  # the SDK's errors have it
    except Exception:
        return None
    usage = adapter.read_usage(body)
    return (usage, adapter.served_model(body)) if usage != Usage() else None
