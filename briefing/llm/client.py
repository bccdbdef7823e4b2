"""The model's server. The only module that imports openai and instructor.

One ask is one call of instructor, which asks again when an answer has the wrong shape. The SDK's
own retries are off; `retries` owns them. Every HTTP call goes through a `Tally`, which counts it
and its tokens, and looks at how the answer ended before instructor reads it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex
from pydantic import BaseModel, create_model
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.errors import (
    BriefingError,
    BudgetError,
    ConfigurationError,
    MissingExtraError,
    MissingKeyError,
    TruncatedError,
    UnknownModelError,
)
from briefing.llm.asks import Answer, Ask
from briefing.llm.attempts import Tally
from briefing.llm.budget import Budget
from briefing.llm.capabilities import Capabilities, RequestFeatures
from briefing.llm.deadline import Deadline
from briefing.llm.error_mapping import map_error, map_json_errors
from briefing.llm.pricing import Bill
from briefing.llm.retries import Wait, retry
from briefing.llm.targets import Target, missing_key_message, unknown_model_message
from briefing.llm.transport import ClientKey, close_stale_clients, configure_client
from briefing.redaction import InUse, ScrubbingFilter, scrub
from briefing.schemas import JsonSchema, wire_fields, wire_schema
from briefing.throttling import RESPONSE_HEADERS, Limiter
from briefing.timeouts import call_with_timeout, total_timeout


class _NotOurs(logging.Filter):
    """Lets through what instructor logs of calls that are not ours.

    It logs each failed call with what the provider said, secrets and all; we raise that, scrubbed.
    """

    asking: ContextVar[bool] = ContextVar("asking", default=False)

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return not self.asking.get()


class _Ours(ScrubbingFilter):
    """Takes secrets out of what other libraries log of our calls: addresses, headers, tracebacks."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return super().filter(record) if _NotOurs.asking.get() else True


for _name in ("instructor.v2.retry", "instructor.auto_client"):
    logging.getLogger(_name).addFilter(_NotOurs())
# A filter works for its very logger, not for those below it.
for _name in (
    *("openai", "openai._base_client", "openai._response", "openai._legacy_response"),
    *("httpx2", "httpcore2.connection", "httpcore2.http11", "httpcore2.http2", "httpcore2.proxy"),
    *("instructor", "instructor.v2"),
):
    logging.getLogger(_name).addFilter(_Ours())

#: Re-asks for answers of the wrong shape, within `max_attempts`.
_REASKS = 2
#: How instructor says that a provider's package is not there.
_PACKAGE_MISSING = regex.compile(r"package is required.*?`(?:uv )?pip install (\S+)`", regex.DOTALL)
_LOCAL_MAX_TOKENS = 2048
#: A model in process answers all at once after minutes, where a server answers within seconds.
_LOCAL_PATIENCE = 15


@dataclass
class Send:
    """A command to the driver: make this call, through `Client.send` or `Client.asend`."""

    ask: Ask
    tally: Tally
    reasks: int
    features: RequestFeatures


Flow = Generator[Send | Wait, Any, Answer]


class Client:
    """Makes asks of one model. Clients of the SDK are built at first use and kept."""

    def __init__(self, target: Target, *, timeout: float, max_attempts: int) -> None:
        self.target = target
        self._secrets = InUse(target.api_key, target.base_url)
        self._timeout = timeout * _LOCAL_PATIENCE if target.local else timeout
        self._max_attempts = max_attempts
        self._wrapped: dict[ClientKey, Any] = {}
        weakref.finalize(self, close_stale_clients, self._wrapped)
        #: Whether the SDK's client, sync or async, takes a timeout and keeps to it.
        self._honors_timeout: dict[bool, bool] = {}
        self._forget_refusals()

    def _forget_refusals(self) -> None:
        self._capabilities = Capabilities(self.target, temperature=bool(_sampling(self.target)))

    def flow(
        self,
        ask: Ask,
        deadline: Deadline,
        bill: Bill | None = None,
        budget: Budget | None = None,
        limiter: Limiter | None = None,
    ) -> Flow:
        """Make one ask: a generator of commands for a driver.

        Args:
            ask: what to ask.
            deadline: nothing is tried after it.
            bill: where calls and tokens are counted.
            budget: what may be spent, by others that share it, too.
            limiter: what each call has to go through, if it is made by `asend`.

        Raises:
            ProviderError: with attempts and usage, and from its cause.
        """
        tally = Tally(ask, self.target, deadline, self._timeout, bill or Bill(), budget or Budget(), limiter)

        def once() -> Flow:
            while True:
                ask.grounding.reset()
                features = self._capabilities.best
                try:
                    value = yield Send(
                        ask, tally, min(_REASKS, self._max_attempts - tally.counted - 1), features
                    )
                except Exception as error:
                    ours = map_error(error, self.target, tally.calls, tally.usage, deadline)
                    cause = _cause(error)
                else:
                    return Answer(value, tally.text, tally.usage, tally.calls)
                if not (tally.counted < self._max_attempts and self._asks_otherwise(ours, tally, features)):
                    ours = tally.blamed(ours)
                    ours.attempts, ours.usage = tally.calls, tally.usage
                    raise ours from (cause.__cause__ if cause is ours else cause)

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

        answer = yield from retry(
            within_budget, calls_left=lambda: self._max_attempts - tally.counted, deadline=deadline
        )
        return answer

    def send(self, send: Send) -> Any:
        """Make a call and wait for the answer."""
        raw, kwargs = self._prepared(send, is_async=False)
        tally = send.tally

        def call(**parameters: Any) -> Any:
            with map_json_errors(), tally.calling(parameters) as request:
                seconds = tally.seconds()
                with total_timeout(seconds):
                    if self._honors_timeout[False]:
                        response = raw(**request, timeout=seconds)
                    else:
                        response = call_with_timeout(seconds, lambda: raw(**request))
                return tally.incoming(response)

        with _quietly():
            return self._patched(call, self._instructor(is_async=False), send.features)(**kwargs)

    async def asend(self, send: Send) -> Any:
        """Make a call without blocking."""
        raw, kwargs = self._prepared(send, is_async=True)
        tally = send.tally

        async def call(**parameters: Any) -> Any:
            async with tally.paced(parameters):
                with map_json_errors(), tally.calling(parameters) as request:
                    seconds = tally.seconds()
                    async with asyncio.timeout(seconds):
                        response = await raw(
                            **request, **({"timeout": seconds} if self._honors_timeout[True] else {})
                        )
                    return tally.incoming(response)

        with _quietly():
            return await self._patched(call, self._instructor(is_async=True), send.features)(**kwargs)

    def _patched(self, call: Any, wrapped: Any, features: RequestFeatures) -> Any:
        import instructor

        mode = instructor.Mode[features.mode] if features.mode else wrapped.mode
        return instructor.patch(create=call, mode=mode, provider=wrapped.provider)

    def _asks_otherwise(self, error: BriefingError, tally: Tally, features: RequestFeatures) -> bool:
        """Whether there is another way to ask, after an error that this way of asking is to blame for."""
        return self._capabilities.downgrade(error, features) or (
            isinstance(error, TruncatedError) and tally.ramp()
        )

    def _prepared(self, send: Send, *, is_async: bool) -> tuple[Any, dict[str, Any]]:
        wrapped = self._instructor(is_async)
        raw = getattr(wrapped.create_fn, "__wrapped__", wrapped.create_fn)
        kwargs = {
            **wrapped.kwargs,
            "model": self.target.name,
            "messages": [dict(message) for message in send.ask.messages],
            "response_model": _response_model(send.ask.schema),
            "context": send.ask.grounding,
            "max_retries": send.reasks,
            "strict": False,
            **(_sampling(self.target) if send.features.temperature else {}),
        }
        return raw, kwargs

    def _instructor(self, is_async: bool) -> Any:
        home = _home(is_async)
        if home not in self._wrapped:
            with _quietly():
                wrapped = _connect(self.target, is_async)
            self._honors_timeout[is_async] = configure_client(wrapped.client, is_async=is_async)
            close_stale_clients(self._wrapped)
            self._wrapped.setdefault(home, wrapped)  # another thread may have been faster
        return self._wrapped[home]

    def close(self) -> None:
        """Close the sync client's connections, and those of event loops that have ended."""
        close_stale_clients(self._wrapped)
        wrapped = self._wrapped.pop(_home(is_async=False), None)
        if wrapped is not None and hasattr(wrapped.client, "close"):
            wrapped.client.close()

    async def aclose(self) -> None:
        """Close the async client's connections."""
        wrapped = self._wrapped.pop(_home(is_async=True), None)
        if wrapped is not None and hasattr(wrapped.client, "close"):
            await wrapped.client.close()


def _home(is_async: bool) -> ClientKey:
    """Where connections belong: a forked child must not read its parent's answers, nor a loop wait for another's."""
    return os.getpid(), asyncio.get_running_loop() if is_async else None


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
    if is_async and target.provider == "openai":
        options["http_client"] = _http_client()
    try:
        from_provider: Any = instructor.from_provider  # its overloads know no variable async_client
        client = from_provider(f"{target.provider}/{target.name}", async_client=is_async, **options)
    except Exception as error:
        if "Unsupported provider" in str(error):
            raise UnknownModelError(unknown_model_message(target.model)) from error
        if regex.search("api[_ ]key|credentials", str(error), regex.IGNORECASE):
            raise MissingKeyError(missing_key_message(target.model)) from error
        if package := _PACKAGE_MISSING.search(str(error)):
            raise MissingExtraError(target.model, package=package[1]) from error
        if isinstance(error, InstructorConfigurationError | ImportError):
            raise ConfigurationError(f"{target.model}: {scrub(str(error))}") from error
        raise ConfigurationError(f"{target.model}: {type(error).__name__}: {scrub(str(error))}") from error
    return client


def _http_client() -> Any:
    """What the SDK speaks through where many calls are under way.

    httpx's own pool looks through all its connections at each request; aiohttp's does not.
    """
    import openai

    async def note(response: Any) -> None:
        RESPONSE_HEADERS.set(response.headers)

    return openai.DefaultAioHttpClient(event_hooks={"response": [note]})


def _key(target: Target) -> str | None:
    if target.api_key or target.provider != "openai" or os.environ.get("OPENAI_API_KEY"):
        return target.api_key
    # A compatible server of one's own often wants no key, but the SDK insists on one.
    return "none" if target.base_url or os.environ.get("OPENAI_BASE_URL") else None


@lru_cache(maxsize=256)
def _response_model(schema: type[BaseModel]) -> type[BaseModel]:
    """What instructor validates with: `schema`, which shows its wire form and is wrapped only once."""
    import instructor
    from instructor.v2.validation.async_validators import reject_async_validators

    def model_json_schema(_cls: type[BaseModel], *_args: Any, **_kwargs: Any) -> JsonSchema:
        return {"title": schema.__name__, "description": "The answer."} | wire_schema(schema)

    # What we fill ourselves is not asked for, and passed over where a model writes it all the same.
    ours: dict[str, Any] = dict.fromkeys(schema.model_fields.keys() - wire_fields(schema), (Any, None))
    base = create_model(schema.__name__, __base__=schema, **ours) if ours else schema
    namespace: dict[str, Any] = {
        "model_json_schema": classmethod(model_json_schema),
        "__module__": schema.__module__,
        "__doc__": schema.__doc__,
    }
    wire: type[BaseModel] = type(schema.__name__, (base,), namespace)
    reject_async_validators(wire)

    # instructor looks at every class below a model's fields, four times a call; this one has none.
    def model_validate_json(_cls: type[BaseModel], *args: Any, **kwargs: Any) -> BaseModel:
        return wire.model_validate_json(*args, **kwargs)

    def model_validate(_cls: type[BaseModel], *args: Any, **kwargs: Any) -> BaseModel:
        return wire.model_validate(*args, **kwargs)

    namespace |= {
        "model_validate_json": classmethod(model_validate_json),
        "model_validate": classmethod(model_validate),
    }
    wrapped: type[BaseModel] = instructor.openai_schema(type(schema.__name__, (BaseModel,), namespace))
    return wrapped


def _sampling(target: Target) -> dict[str, Any]:
    """Parameters of the OpenAI protocol; other providers keep their own defaults."""
    if target.local:
        return {"temperature": 0.0, "max_tokens": _LOCAL_MAX_TOKENS}
    if target.provider == "openai" and not target.reasons:
        return {"temperature": 0.0}
    return {}


def _cause(error: BaseException) -> BaseException:
    """The first error, below what instructor wrapped around it."""
    while type(error).__name__ == "InstructorRetryException" and error.__cause__ is not None:
        error = error.__cause__
    return error


def recorded(status: int, body: Any) -> Any:
    """An answer that came by another way than HTTP, as the SDK would have returned it.

    Raises:
        openai.APIStatusError: as the SDK would have for this status.
    """
    import httpx2
    import openai
    from openai.types.chat import ChatCompletion

    if status < 400:
        return ChatCompletion.construct(**body) if isinstance(body, dict) else str(body)
    error = body.get("error", body) if isinstance(body, dict) else body
    request = httpx2.Request("POST", "https://batch.invalid/v1/chat/completions")
    raise openai.APIStatusError(str(error), response=httpx2.Response(status, request=request), body=error)
