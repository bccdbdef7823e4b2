"""The model's server. The only module that imports openai and instructor.

One ask is one call of instructor, which asks again when an answer has the wrong shape. The SDK's
own retries are off; `retries` owns them. Every HTTP call goes through `_Tally`, which counts it
and its tokens, and looks at how the answer ended before instructor reads it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import regex
from pydantic import BaseModel, create_model
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing import telemetry
from briefing.asks import Answer, Ask
from briefing.costs import Bill, cost_usd
from briefing.errors import (
    BriefingError,
    BudgetError,
    ConfigurationError,
    DeadlineError,
    MissingExtraError,
    MissingKeyError,
    RequestError,
    UnknownModelError,
)
from briefing.faults import failed, unusable
from briefing.grammar import grammar
from briefing.limits import Budget, Hold, Need
from briefing.meta import Usage
from briefing.models import Target, missing_key, unknown
from briefing.retries import Deadline, Wait, retried
from briefing.schemas import wire_fields
from briefing.secrets import scrub
from briefing.wire import JsonSchema, wire_schema


class _NotOurs(logging.Filter):
    """Lets through what instructor logs of calls that are not ours.

    It logs each failed call with what the provider said, secrets and all; we raise that, scrubbed.
    """

    asking: ContextVar[bool] = ContextVar("asking", default=False)

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return not self.asking.get()


for _name in ("instructor.v2.retry", "instructor.auto_client"):
    logging.getLogger(_name).addFilter(_NotOurs())

#: Re-asks for answers of the wrong shape, within `max_attempts`.
_REASKS = 2
#: Providers that take a JSON schema as `response_format`; the others use instructor's default.
_JSON_SCHEMA_PROVIDERS = frozenset(("openai", "ollama"))
#: What servers say that do not know a way of asking for JSON.
_MODE_REFUSED = regex.compile(
    r"response_format|json_schema|json schema|structured output|tools?\b|tool_choice", regex.IGNORECASE
)
#: How instructor says that a provider's package is not there.
_PACKAGE_MISSING = regex.compile(r"package is required.*?`(?:uv )?pip install (\S+)`", regex.DOTALL)
_LOCAL_MAX_TOKENS = 2048
#: A model in process answers all at once after minutes, where a server answers within seconds.
_LOCAL_PATIENCE = 15


@dataclass
class Send:
    """A command to the driver: make this call, through `Client.send` or `Client.asend`."""

    ask: Ask
    tally: _Tally
    reasks: int
    timeout: float


Flow = Generator[Send | Wait, Any, Answer]


@dataclass
class _Tally:
    """What one ask has cost so far."""

    ask: Ask
    target: Target
    bill: Bill
    budget: Budget
    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    text: str = ""
    _hold: Hold | None = None

    @contextmanager
    def calling(self, kwargs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Count a call, completed and within the budget, and what it costs if it brings no answer."""
        request = self._completed(kwargs)
        self._hold = self._reserved(request)
        self.calls += 1
        self.bill.call()
        try:
            yield request
        except BaseException as error:
            if spent := _spent_in(error):
                self._count(*spent)
            if self._hold:
                self._hold.let_go(charged=_may_be_charged(error))
            raise

    def _completed(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        structured = kwargs.get("response_format", {}).get("json_schema")
        if structured is not None and self.target.local:
            del kwargs["response_format"]
            kwargs["extra_body"] = {
                "grammar": grammar(self.ask.schema, self.ask.grounding, essential=self.ask.essential)
            }
        elif structured is not None:
            structured["strict"] = True
            structured["schema"] = wire_schema(self.ask.schema)
        telemetry.sent(kwargs)
        return kwargs

    def _reserved(self, request: dict[str, Any]) -> Hold | None:
        """What the call may take; where there is a limit, its output is capped to that."""
        if not self.budget.limited:
            return None
        cap = next((name for name in ("max_tokens", "max_completion_tokens") if name in request), None)
        fields = len(wire_fields(self.ask.schema))
        need = Need.of(request, fields=fields, reasons=self.target.reasons, cap=request[cap] if cap else None)
        hold = self.budget.reserve(need, None if self.target.local else self._price)
        if cap or self.target.provider in _JSON_SCHEMA_PROVIDERS:
            default = "max_completion_tokens" if self.target.reasons else "max_tokens"
            request[cap or default] = hold.output_tokens
        return hold

    def _price(self, usage: Usage) -> float:
        return cost_usd(self.target, usage) or 0.0

    def _count(self, usage: Usage, served: str | None) -> None:
        cost = cost_usd(self.target, usage, served)
        self.usage += usage
        self.bill.add(usage, cost)
        if self._hold:
            self._hold.settle(usage, cost)

    def incoming(self, response: Any) -> Any:
        """Count the tokens of an answer; raise if it is none."""
        if not isinstance(response, str):
            self._count(_usage(response), _served(response))
        telemetry.received(response)
        if problem := unusable(response):
            raise problem
        self.text = _text(response)
        # A new answer is read from the start: what was noted of the one before is void.
        self.ask.grounding.restart()
        return response


class Client:
    """Makes asks of one model. Clients of the SDK are built at first use and kept."""

    def __init__(self, target: Target, *, timeout: float, max_attempts: int) -> None:
        self.target = target
        self._timeout = timeout * _LOCAL_PATIENCE if target.local else timeout
        self._max_attempts = max_attempts
        self._wrapped: dict[bool, Any] = {}
        #: How to ask for JSON, best first; a server that refuses one way is asked the next from then on.
        self._modes = ["JSON_SCHEMA", "TOOLS", "MD_JSON"] if target.provider in _JSON_SCHEMA_PROVIDERS else []

    def flow(
        self, ask: Ask, deadline: Deadline, bill: Bill | None = None, budget: Budget | None = None
    ) -> Flow:
        """Make one ask: a generator of commands for a driver.

        Args:
            ask: what to ask.
            deadline: nothing is tried after it.
            bill: where calls and tokens are counted.
            budget: what may be spent, by others that share it, too.

        Raises:
            ProviderError: with attempts and usage, and from its cause.
        """
        tally = _Tally(ask, self.target, bill or Bill(), budget or Budget())

        def once() -> Flow:
            left = deadline.remaining()
            if left == 0:
                raise DeadlineError("the deadline has passed", attempts=tally.calls, usage=tally.usage)
            timeout = self._timeout if left is None else min(self._timeout, left)
            reasks = min(_REASKS, self._max_attempts - tally.calls - 1)
            ask.grounding.restart()
            try:
                value = yield Send(ask, tally, reasks, timeout)
            except Exception as error:
                ours = failed(error, self.target, tally.calls, tally.usage, deadline)
                ours.attempts, ours.usage = tally.calls, tally.usage
                if tally.calls < self._max_attempts and self._steps_down(ours):
                    answer = yield from once()
                    return answer
                cause = _cause(error)
                raise ours from (cause.__cause__ if cause is ours else cause)
            return Answer(value, tally.text, tally.usage, tally.calls)

        def within_budget() -> Flow:
            while True:
                try:
                    answer = yield from once()
                    return answer
                except BudgetError as error:
                    if error.retry_after is None:
                        raise
                    pause = Wait(error.retry_after)
                # Other calls hold a part of the budget; what they do not use comes back.
                yield pause

        answer = yield from retried(
            within_budget, calls_left=lambda: self._max_attempts - tally.calls, deadline=deadline
        )
        return answer

    def send(self, send: Send) -> Any:
        """Make a call and wait for the answer."""
        raw, kwargs = self._prepared(send, is_async=False)

        def call(**parameters: Any) -> Any:
            with send.tally.calling(parameters) as request:
                return send.tally.incoming(raw(**request))

        with _quietly():
            return self._patched(call, self._instructor(is_async=False))(**kwargs)

    async def asend(self, send: Send) -> Any:
        """Make a call without blocking."""
        raw, kwargs = self._prepared(send, is_async=True)

        async def call(**parameters: Any) -> Any:
            with send.tally.calling(parameters) as request:
                return send.tally.incoming(await raw(**request))

        with _quietly():
            return await self._patched(call, self._instructor(is_async=True))(**kwargs)

    def _patched(self, call: Any, wrapped: Any) -> Any:
        import instructor

        mode = instructor.Mode[self._modes[0]] if self._modes else wrapped.mode
        return instructor.patch(create=call, mode=mode, provider=wrapped.provider)

    def _steps_down(self, error: BriefingError) -> bool:
        """Whether the server refused the way that JSON was asked for, and there is another way."""
        refused = isinstance(error, RequestError) and _MODE_REFUSED.search(error.provider_message or "")
        if not refused or len(self._modes) < 2 or self.target.local:
            return False
        del self._modes[0]
        return True

    def _prepared(self, send: Send, *, is_async: bool) -> tuple[Any, dict[str, Any]]:
        wrapped = self._instructor(is_async)
        raw = getattr(wrapped.create_fn, "__wrapped__", wrapped.create_fn)
        if hasattr(wrapped.client, "with_options"):
            raw = _with_timeout(raw, send.timeout)
        kwargs = {
            **wrapped.kwargs,
            "model": self.target.name,
            "messages": [dict(message) for message in send.ask.messages],
            "response_model": _response_model(send.ask.schema),
            "context": send.ask.grounding,
            "max_retries": send.reasks,
            "strict": False,
            **_sampling(self.target),
        }
        return raw, kwargs

    def _instructor(self, is_async: bool) -> Any:
        if is_async not in self._wrapped:
            with _quietly():
                self._wrapped[is_async] = _connect(self.target, is_async)
        return self._wrapped[is_async]

    def close(self) -> None:
        """Close the sync client's connections."""
        wrapped = self._wrapped.pop(False, None)
        if wrapped is not None and hasattr(wrapped.client, "close"):
            wrapped.client.close()

    async def aclose(self) -> None:
        """Close the async client's connections."""
        wrapped = self._wrapped.pop(True, None)
        if wrapped is not None and hasattr(wrapped.client, "close"):
            await wrapped.client.close()


@contextmanager
def _quietly() -> Iterator[None]:
    token = _NotOurs.asking.set(True)
    try:
        yield
    finally:
        _NotOurs.asking.reset(token)


def _connect(target: Target, is_async: bool) -> Any:
    """An instructor client with no retries of its own.

    Raises:
        UnknownModelError: no such provider.
        MissingKeyError: the provider needs a key.
        MissingExtraError: the provider's package is not installed.
        ConfigurationError: the client cannot be made for another reason.
    """
    import instructor
    from instructor.core.exceptions import ConfigurationError as InstructorConfigurationError

    options: dict[str, Any] = {}
    if target.base_url:
        options["base_url"] = target.base_url
    if key := _key(target):
        options["api_key"] = key
    try:
        from_provider: Any = instructor.from_provider  # its overloads know no variable async_client
        client = from_provider(f"{target.provider}/{target.name}", async_client=is_async, **options)
    except Exception as error:
        if "Unsupported provider" in str(error):
            raise UnknownModelError(unknown(target.model)) from error
        if regex.search("api[_ ]key|credentials", str(error), regex.IGNORECASE):
            raise MissingKeyError(missing_key(target.model)) from error
        if package := _PACKAGE_MISSING.search(str(error)):
            raise MissingExtraError(target.model, package=package[1]) from error
        if isinstance(error, InstructorConfigurationError | ImportError):
            raise ConfigurationError(f"{target.model}: {error}") from error
        raise ConfigurationError(f"{target.model}: {type(error).__name__}: {scrub(str(error))}") from error
    if hasattr(client.client, "max_retries"):
        client.client.max_retries = 0
    return client


def _key(target: Target) -> str | None:
    if target.api_key or target.provider != "openai" or os.environ.get("OPENAI_API_KEY"):
        return target.api_key
    # A compatible server of one's own often wants no key, but the SDK insists on one.
    return "none" if target.base_url or os.environ.get("OPENAI_BASE_URL") else None


def _with_timeout(raw: Any, timeout: float) -> Any:
    def create(**kwargs: Any) -> Any:
        return raw(**kwargs, timeout=timeout)

    return create


@lru_cache(maxsize=256)
def _response_model(schema: type[BaseModel]) -> type[BaseModel]:
    """What instructor validates with: `schema`, which shows its wire form and is wrapped only once."""
    import instructor

    def model_json_schema(_cls: type[BaseModel], *_args: Any, **_kwargs: Any) -> JsonSchema:
        return {"title": schema.__name__, "description": "The answer."} | wire_schema(schema)

    # What we fill ourselves is not asked for, and passed over where a model writes it all the same.
    ours: dict[str, Any] = dict.fromkeys(schema.model_fields.keys() - wire_fields(schema), (Any, None))
    base = create_model(schema.__name__, __base__=schema, **ours) if ours else schema
    namespace = {
        "model_json_schema": classmethod(model_json_schema),
        "__module__": schema.__module__,
        "__doc__": schema.__doc__,
    }
    wire: type[BaseModel] = type(schema.__name__, (base,), namespace)
    wrapped: type[BaseModel] = instructor.openai_schema(wire)
    return wrapped


def _sampling(target: Target) -> dict[str, Any]:
    """Parameters of the OpenAI protocol; other providers keep their own defaults."""
    if target.local:
        return {"temperature": 0.0, "max_tokens": _LOCAL_MAX_TOKENS}
    if target.provider == "openai" and not target.reasons:
        return {"temperature": 0.0}
    return {}


def _usage(response: Any) -> Usage:
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
    usage = _usage(body)
    return (usage, _served(body)) if usage != Usage() else None


def _may_be_charged(error: BaseException) -> bool:
    """Whether the provider may have worked on a call that brought no answer."""
    refused = hasattr(error, "status_code") or "Connect" in type(error.__cause__).__name__
    return not refused and not isinstance(error, BriefingError)


def _text(response: Any) -> str:
    choices = getattr(response, "choices", None)
    if not choices:
        return ""
    message = choices[0].message
    if message.content:
        return str(message.content)
    calls = getattr(message, "tool_calls", None)
    return str(calls[0].function.arguments) if calls else ""


def _cause(error: BaseException) -> BaseException:
    """The first error, below what instructor wrapped around it."""
    while type(error).__name__ == "InstructorRetryException" and error.__cause__ is not None:
        error = error.__cause__
    return error
