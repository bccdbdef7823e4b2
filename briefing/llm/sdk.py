"""Calls of a model through instructor and the provider's SDK.

A call is one call of instructor, which asks again when an answer does not match the schema. The SDK's own retries are off;
`retries` owns them. Every HTTP call goes through the ask's `Attempts`, which counts it and its tokens, and checks how the
answer ended before instructor parses it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Protocol

import regex
from pydantic import BaseModel
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.errors import (
    BriefingError,
    ConfigurationError,
    MissingExtraError,
    MissingKeyError,
    UnknownModelError,
)
from briefing.gc_pause import collector_paused
from briefing.llm.asks import Ask, PlainText, is_long
from briefing.llm.attempts import Attempts
from briefing.llm.capabilities import RequestFeatures
from briefing.llm.connections import ClientKey, close_forgotten_clients, close_stale_clients
from briefing.llm.error_mapping import interpreter_ending, map_json_errors
from briefing.llm.given_client import GivenClient
from briefing.llm.providers import StreamedAnswer, adapter_of, adapters, missing_key_message
from briefing.llm.repeats import UntilRepeats, may_repeat
from briefing.llm.streams import Watcher, aread_stream, read_stream
from briefing.llm.targets import Target, unknown_model_message
from briefing.redaction import ScrubbingFilter, scrub
from briefing.schemas import JsonSchema, answer_validator, wire_schema, with_fields_of
from briefing.sources import certificates_error
from briefing.threads import call_in_thread, call_with_timeout
from briefing.timeouts import total_timeout

#: Whether the current context is inside a call of ours.
_in_call: ContextVar[bool] = ContextVar("in_call", default=False)


#: An answer that was validated in a thread, as it would keep the event loop for long: its text, and the result or the error.
_validated: ContextVar[tuple[str, Any] | None] = ContextVar("validated", default=None)

_scrub_record = ScrubbingFilter().filter

# What instructor logs of our failed calls may contain secrets, and our errors say the same, scrubbed.
for _name in ("instructor.v2.retry", "instructor.auto_client"):
    logging.getLogger(_name).addFilter(lambda _record: not _in_call.get())
# What other libraries log of our calls has URLs, headers and tracebacks.
# A logger's filter does not apply to the records of its children.
for _name in {"instructor", "instructor.v2"}.union(*(adapter.loggers for adapter in adapters().values())):
    logging.getLogger(_name).addFilter(lambda record: not _in_call.get() or _scrub_record(record))

#: Matches instructor's message about a provider whose package is not installed.
_PACKAGE_MISSING = regex.compile(r"package is required.*?`(?:uv )?pip install (\S+)`", regex.DOTALL)


@dataclass
class Send:
    """A command to the driver: make this call, through the client's transport.

    Attributes:
        attempts: counts the call's HTTP calls.
        reasks: how often to ask again where the answer does not match the schema.
        watcher: is told of the answer while it arrives, if the provider streams answers; async calls only.
    """

    ask: Ask
    attempts: Attempts
    reasks: int
    features: RequestFeatures
    watcher: Watcher | None = None


class Transport(Protocol):
    """Makes the calls of a `Client`. Each call returns an instance of the ask's schema.

    It sets `text` of the call's attempts to what the model wrote, and may raise any exception: `Client` maps it.
    """

    def send(self, send: Send) -> Any:
        """Make a call and wait for the answer."""

    async def asend(self, send: Send) -> Any:
        """Make a call without blocking the event loop."""

    def close(self) -> None:
        """Close the connections of sync calls, if there are any."""
        return

    async def aclose(self) -> None:
        """Close the connections of async calls, if there are any."""
        return


class SdkTransport(Transport):
    """Calls a model's server. The SDK's clients are made at the first call, one for each process and event loop.

    Args:
        target: the model.
        given: the user's own client, which is used instead.
    """

    def __init__(self, target: Target, given: GivenClient | None = None) -> None:
        self._given = given
        self._target, self._adapter = target, adapter_of(target.provider)
        #: The SDK's clients.
        self._clients: dict[ClientKey, Any] = {}
        weakref.finalize(self, close_forgotten_clients, self._clients, self._adapter.close)
        #: Whether the SDK's client, sync or async, takes a timeout and keeps to it.
        self._honors_timeout: dict[bool, bool] = {}
        #: Whether the user's client takes a timeout, which is per read.
        self._takes_timeout = given is not None and hasattr(given.sdk, "with_options")

    @override
    def send(self, send: Send) -> Any:
        create, attempts = send.features.adapter.create(self._client(is_async=False)), send.attempts

        def call(**parameters: Any) -> Any:
            with map_json_errors(), attempts.http_call(parameters) as request:
                seconds = attempts.call_timeout()
                answer = self._streamed(request, send)

                def exchange(**timeout: float) -> Any:
                    made = partial(create, **request, **timeout)
                    return made() if answer is None else read_stream(made, answer)

                with total_timeout(seconds):
                    if self._honors_timeout[False]:
                        response = exchange(timeout=seconds)
                    else:
                        own = {"timeout": seconds} if self._takes_timeout else {}
                        response = call_with_timeout(seconds, lambda: exchange(**own))
                return attempts.received(response)

        with _logs_scrubbed():
            return _ask(call, send, self._target)

    @override
    async def asend(self, send: Send) -> Any:
        create, attempts = send.features.adapter.create(self._client(is_async=True)), send.attempts
        if self._given is not None and self._given.is_async is False:
            create = partial(call_in_thread, create)

        async def call(**parameters: Any) -> Any:
            async with attempts.slot(parameters):
                with map_json_errors(), attempts.http_call(parameters) as request:
                    seconds = attempts.call_timeout()
                    takes = self._honors_timeout[True] or self._takes_timeout
                    timeout = {"timeout": seconds} if takes else {}
                    async with asyncio.timeout(seconds):
                        response = await self._response(partial(create, **timeout), request, send)
                    attempts.received(response)
            if is_long(send.ask.grounding.source.text, attempts.text):
                _validated.set((attempts.text, await asyncio.to_thread(_validation, send)))
            return response

        with _logs_scrubbed():
            return await _ask(call, send, self._target)

    async def _response(self, create: Callable[..., Any], request: dict[str, Any], send: Send) -> Any:
        if send.watcher is not None:
            send.watcher.begin()
        answer = self._streamed(request, send)
        if answer is None:
            return await create(**request)
        long = is_long(send.ask.grounding.source.text)
        return await aread_stream(partial(create, **request), answer, send.watcher, in_thread=long)

    def _streamed(self, request: dict[str, Any], send: Send) -> StreamedAnswer | None:
        """Make a request ask for a stream, and return what takes its events; `None` if the answer is not to be streamed.

        It is if somebody watches it, or its list may end early, and the server and the client can do so.
        """
        streaming, repeats = send.features.streaming, self._target.local and may_repeat(send.ask.schema)
        # A sync client of the user's is called in a thread, where nothing ends a stream that nobody wants any more.
        can_stream = streaming is not None and (self._given is None or self._given.is_async is True)
        wanted = can_stream and (send.watcher is not None or repeats)
        answer = send.features.adapter.stream(request, usage=streaming == "usage") if wanted else None
        send.attempts.streamed = answer is not None
        if answer is None or not repeats:
            return answer
        # llama.cpp then counts the tokens in each event.
        request["extra_body"] = request.get("extra_body", {}) | {"timings_per_token": True}
        return UntilRepeats(answer)

    def sdk(self) -> Any:
        """The SDK's sync client, for endpoints other than chat completions.

        Raises:
            ConfigurationError: the client cannot be made.
        """
        return self._client(is_async=False)

    def _client(self, *, is_async: bool) -> Any:
        key = _client_key(is_async=is_async)
        if key not in self._clients:
            with _logs_scrubbed(), collector_paused():
                if self._given is not None:
                    client = self._given.connect(is_async=is_async)
                    # The sockets of the user's client do not know of our deadline.
                    self._honors_timeout[is_async] = False
                else:
                    client = connect(self._target, is_async=is_async)
                    self._honors_timeout[is_async] = self._adapter.configure(client, is_async=is_async)
                    self._adapter.create(client)  # imports the SDK's classes for requests
            close_stale_clients(self._clients)
            self._clients.setdefault(key, client)  # another thread may have been faster
        return self._clients[key]

    @override
    def close(self) -> None:
        close_stale_clients(self._clients)
        client = self._clients.pop(_client_key(is_async=False), None)
        if client is not None:
            self._adapter.close(client)

    @override
    async def aclose(self) -> None:
        client = self._clients.pop(_client_key(is_async=True), None)
        closing = None if client is None else self._adapter.close(client)
        if isinstance(closing, Awaitable):
            await closing


class RecordedTransport(Transport):
    """Takes answers from a record instead of a server, and parses them as `SdkTransport` does.

    Args:
        target: the model, of a provider that speaks the OpenAI protocol.
        lookup: returns the HTTP status and the JSON body of the answer to a request's body; what it raises ends the call.
    """

    def __init__(self, target: Target, lookup: Callable[[dict[str, Any]], tuple[int, Any]]) -> None:
        self._target, self._lookup = target, lookup

    @override
    def send(self, send: Send) -> Any:
        def call(**parameters: Any) -> Any:
            with map_json_errors(), send.attempts.http_call(parameters) as request:
                extra = request.pop("extra_body", {})
                for name in ("extra_headers", "extra_query"):
                    request.pop(name, None)
                return send.attempts.received(_recorded(*self._lookup(request | extra)))

        with _logs_scrubbed():
            return _ask(call, send, self._target)

    @override
    async def asend(self, send: Send) -> Any:
        return self.send(send)


def _recorded(status: int, body: Any) -> Any:
    """The SDK's object for a recorded answer.

    Raises:
        openai.APIStatusError: the status is an error, as the SDK would raise for it.
    """
    import httpx2
    import openai
    from openai.types.chat import ChatCompletion

    if status < 400:
        return ChatCompletion.construct(**body) if isinstance(body, dict) else str(body)
    error = body.get("error", body) if isinstance(body, dict) else body
    request = httpx2.Request("POST", "https://batch.invalid/v1/chat/completions")
    raise openai.APIStatusError(str(error), response=httpx2.Response(status, request=request), body=error)


def _validation(send: Send) -> Any:
    try:
        return response_model(send.ask.schema).model_validate_json(
            send.attempts.text, context=send.ask.grounding, strict=False
        )
    except Exception as error:  # raised where instructor validates
        return error


def _ask(call: Any, send: Send, target: Target) -> Any:
    """Run instructor on `call`, which makes its HTTP calls; to be awaited if `call` is."""
    import instructor

    adapter = send.features.adapter
    mode = instructor.Mode[send.features.mode or adapter.modes[0]]
    provider = instructor.Provider(adapter.instructor_provider)
    return instructor.patch(create=call, mode=mode, provider=provider)(
        model=target.name,
        messages=[dict(message) for message in send.ask.messages],
        response_model=None if send.ask.schema is PlainText else response_model(send.ask.schema),
        context=send.ask.grounding,
        max_retries=send.reasks,
        strict=False,
        **(
            adapter.defaults(target)
            | (adapter.sampling(target) if send.features.temperature else {})
            | adapter.parameters(target.options, output_limit=send.features.output_limit)
        ),
    )


def _client_key(*, is_async: bool) -> ClientKey:
    """Connections belong to a process and an event loop: a forked child must not read its parent's answers."""
    return os.getpid(), asyncio.get_running_loop() if is_async else None


@contextmanager
def _logs_scrubbed() -> Iterator[None]:
    token = _in_call.set(True)
    try:
        yield
    finally:
        _in_call.reset(token)


def connect(target: Target, *, is_async: bool) -> Any:
    """Make a client of the provider's SDK.

    Raises:
        UnknownModelError: instructor does not know the provider.
        MissingKeyError: the provider needs a key.
        MissingExtraError: the provider's package is not installed.
        ConfigurationError: the client cannot be made for another reason.
    """
    adapter = adapter_of(target.provider)
    try:
        return adapter.connect(target, is_async=is_async)
    except BriefingError:
        raise
    except Exception as error:
        if ending := interpreter_ending(error):
            raise ending from error
        if isinstance(error, ImportError) and adapter.extra:
            raise MissingExtraError(target.model, adapter.extra) from error
        if "Unsupported provider" in str(error):
            raise UnknownModelError(unknown_model_message(target.model)) from error
        if regex.search("api[_ ]key|credentials", str(error), regex.IGNORECASE):
            raise MissingKeyError(missing_key_message(target.model)) from error
        if package := _PACKAGE_MISSING.search(str(error)):
            raise MissingExtraError(target.model, package=package[1]) from error
        if isinstance(error, OSError) and not isinstance(error, ConnectionError):
            raise certificates_error(error) from error
        kind = "" if type(error).__name__ == "ConfigurationError" else f"{type(error).__name__}: "
        raise ConfigurationError(f"{target.model}: {kind}{scrub(str(error))}") from error


@lru_cache(maxsize=256)
def response_model(schema: type[BaseModel]) -> type[BaseModel]:
    """The class that instructor validates with: as `schema`, but its JSON schema is the wire form."""
    import instructor
    from instructor.v2.validation.async_validators import reject_async_validators

    reject_async_validators(schema)
    validator = answer_validator(schema)

    def model_json_schema(*_args: Any, **_kwargs: Any) -> JsonSchema:
        return {"title": schema.__name__, "description": "The answer."} | wire_schema(schema)

    def model_validate_json(text: Any, *, strict: bool | None = None, context: Any = None, **_: Any) -> Any:
        known, value = _validated.get() or (None, None)
        if known != text:
            return with_fields_of(schema, validator.validate_json(text, strict=strict, context=context))
        _validated.set(None)
        if isinstance(value, Exception):
            raise value
        return value

    def model_validate(value: Any, *, strict: bool | None = None, context: Any = None, **_: Any) -> Any:
        return with_fields_of(schema, validator.validate_python(value, strict=strict, context=context))

    # instructor walks all classes below a model's fields four times a call; this class has no fields.
    namespace: dict[str, Any] = {
        "model_json_schema": staticmethod(model_json_schema),
        "model_validate_json": staticmethod(model_validate_json),
        "model_validate": staticmethod(model_validate),
        "__module__": schema.__module__,
        "__doc__": schema.__doc__,
    }
    wrapped: type[BaseModel] = instructor.openai_schema(type(schema.__name__, (BaseModel,), namespace))
    return wrapped
