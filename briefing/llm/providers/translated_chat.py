"""`TranslatedChat`: servers that speak neither OpenAI's nor Anthropic's protocol.

instructor does not read usage, endings and errors of their SDKs, and cannot give their clients an address. It is therefore
given OpenAI's protocol: a subclass translates each request into parameters of the SDK's function, and the JSON of each
response into a chat completion. The HTTP client is ours, with the SDK around it, so that timeouts, limits and redirects are
the same as for OpenAI.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import regex
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.errors import MissingKeyError
from briefing.llm.connections import configure_http_client
from briefing.llm.providers.adapter import Ending, count, get, missing_key_message
from briefing.llm.providers.openai_chat import OpenAIChat, Server
from briefing.schemas import sent_schema

if TYPE_CHECKING:
    from pydantic import BaseModel

    from briefing.llm.targets import Target

#: End of an address that names a version of the API, which SDKs add themselves.
_VERSION = regex.compile(r"/(v\d+(?:(?:alpha|beta)\d*)?)/?$")


@dataclass
class Connection:
    """A client of an SDK, and the HTTP client below it; `http` is `None` if the user made the SDK's client."""

    sdk: Any
    http: Any
    is_async: bool

    def close(self) -> Any:
        """Close our HTTP client; the result is awaited if it is async."""
        if self.http is None:
            return None
        return self.http.aclose() if self.is_async else self.http.close()


class TranslatedChat(OpenAIChat):
    """A protocol that is translated from and to OpenAI's.

    Attributes:
        pooled: whether async calls are made through aiohttp, which is faster with many calls at a time, but writes some
            characters of a URL in another way than it is given.
    """

    modes = ("JSON_SCHEMA", "MD_JSON")
    limit_names = ("max_tokens",)
    pooled: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(Server("", None, self.modes))

    # What a subclass says

    @abstractmethod
    def sdk(self, target: Target, clients: HttpClients) -> Any:
        """Return a new client of the SDK, around our HTTP clients, for calls of the kind `clients.is_async`.

        Raises:
            ImportError: the SDK is not installed.
            MissingKeyError: there is no key.
        """

    @abstractmethod
    def function(self, connection: Connection) -> Callable[..., Any]:
        """Return the SDK's function that makes one call."""

    @abstractmethod
    def translate(self, chat: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters of the SDK's function for those of a chat completion, which may be changed in place.

        `extra_headers`, `extra_query` and `extra_body` are the user's.
        """

    @abstractmethod
    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a chat completion for the JSON of a response, which may have any form; see `chat_completion`."""

    def read(self, response: Any) -> Any:
        """Return the JSON of a response that did not come through our HTTP client."""
        raise NotImplementedError

    # What follows from it

    @override
    def connect(self, target: Target, *, is_async: bool) -> Connection:
        clients = HttpClients(is_async=is_async, pooled=self.pooled)
        return Connection(self.sdk(target, clients), clients.used, is_async)

    @override
    def configure(self, client: Connection, *, is_async: bool) -> bool:
        if client.http is None:
            return False
        hooks = client.http.event_hooks
        client.http.event_hooks = hooks | {"response": [*hooks["response"], _akeep if is_async else _keep]}
        return configure_http_client(client.http, is_async=is_async, note=self.rate_headers)

    @override
    def create(self, client: Connection) -> Callable[..., Any]:
        function = self.function(client)

        def create(**chat: Any) -> Any:
            parameters, response = self._parameters(chat), None
            with _received() as received:
                response = function(**parameters)
            return self._completion(received, response)

        async def acreate(**chat: Any) -> Any:
            parameters, response = self._parameters(chat), None
            with _received() as received:
                response = await function(**parameters)
            return self._completion(received, response)

        return acreate if client.is_async else create

    def _parameters(self, chat: dict[str, Any]) -> dict[str, Any]:
        chat.pop("timeout", None)  # the HTTP client keeps to the limit of the whole exchange
        return self.translate(chat)

    def _completion(self, received: list[Any], response: Any) -> Any:
        return self.response(received[-1].json() if received else self.read(response))

    def response(self, body: Any) -> Any:
        """Return a response of OpenAI's SDK for the JSON of one; what is not an object is returned as it is."""
        from openai.types.chat import ChatCompletion

        return ChatCompletion.construct(**self.completion(body)) if isinstance(body, dict) else body

    @override
    def stop_reason(self, response: Any) -> Ending:
        ending = super().stop_reason(response)
        choices = getattr(response, "choices", None)
        native = getattr(choices[0], "native_finish_reason", None) if choices else None
        return replace(ending, reason=str(native)) if native else ending

    @override
    def cache_written(self, response: Any) -> int:
        return count(get(get(response, "usage"), "prompt_tokens_details"), "cache_write_tokens")

    @override
    def prepare(self, request: dict[str, Any], schema: type[BaseModel]) -> None:
        if structured := request.get("response_format", {}).get("json_schema"):
            structured["schema"] = sent_schema(schema)

    @override
    def sampling(self, target: Target) -> dict[str, Any]:
        return {}

    def key(self, target: Target) -> str:
        """Return the API key.

        Raises:
            MissingKeyError: there is none.
        """
        key = target.api_key or next(filter(None, map(os.environ.get, self.keys)), None)
        if key is None:
            raise MissingKeyError(missing_key_message(target.model, " or ".join(self.keys)))
        return key


class HttpClients:
    """HTTP clients for an SDK that takes a sync and an async one, and makes those that it is not given.

    Attributes:
        used: the one that calls are made with; the other never opens a connection.
    """

    def __init__(self, *, is_async: bool, pooled: bool) -> None:
        import httpx2
        import openai

        options: dict[str, Any] = {
            "verify": httpx2.create_ssl_context(),
            "timeout": None,
            "follow_redirects": False,
            # As openai's: how many calls there are at a time is decided above.
            "limits": openai.DEFAULT_CONNECTION_LIMITS,
        }
        self.is_async = is_async
        self.sync = httpx2.Client(**options)
        # httpx's pool scans all its connections at each request, aiohttp's does not.
        kind = openai.DefaultAioHttpClient if is_async and pooled else httpx2.AsyncClient
        self.asynchronous = kind(**options)
        self.used: Any = self.asynchronous if is_async else self.sync


def split_version(url: str | None) -> tuple[str | None, str | None]:
    """Return an address without the version of the API at its end, and that version."""
    found = _VERSION.search(url or "")
    return (url[: found.start()], found[1]) if url and found else (url, None)


def schema_of(chat: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the JSON schema of the answer; `None` if the messages ask for it."""
    schema: dict[str, Any] | None = chat.get("response_format", {}).get("json_schema", {}).get("schema")
    return schema


def without_keywords(node: Any, keywords: frozenset[str]) -> Any:
    """Return a JSON schema without these keywords. Properties of the same name are kept."""
    if isinstance(node, list):
        return [without_keywords(item, keywords) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {name: without_keywords(held, keywords) for name, held in value.items()}
        if key in ("properties", "$defs") and isinstance(value, dict)
        else without_keywords(value, keywords)
        for key, value in node.items()
        if key not in keywords
    }


def chat_completion(
    *,
    text: str,
    finish: str | None,
    reason: str,
    read: int,
    written: int,
    cached: int = 0,
    cache_written: int = 0,
    model: Any = None,
    error: Any = None,
) -> dict[str, Any]:
    """Return a chat completion.

    Args:
        text: what the model wrote.
        finish: how it ended, in OpenAI's words: "stop", "length", "content_filter", "error"; `None` if there is no answer,
            as there is none where the model stopped without a word.
        reason: the provider's word for that.
        read: all tokens of the input, cached ones included.
        written: all tokens of the output, thinking included.
        cached: tokens of the input that were read from the provider's cache.
        cache_written: tokens of the input that were written to it.
        model: name of the model that answered, if it is known.
        error: what the server says about an error; anything but a text is left out.
    """
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": finish, "native_finish_reason": reason}
    completion = {
        "object": "chat.completion",
        "model": model,
        "choices": [choice] if finish and (text or finish != "stop") else [],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": cache_written},
        },
    }
    return completion | ({"error": {"message": error}} if error and isinstance(error, str) else {})


def texts(parts: Any) -> Iterator[str]:
    """Yield the texts in the parts of a message; what the model thought is left out."""
    for part in parts if isinstance(parts, list) else ():
        text = get(part, "text")
        if isinstance(text, str) and not get(part, "thought"):
            yield text


#: Responses of our HTTP client in the current call.
_responses: ContextVar[list[Any] | None] = ContextVar("responses", default=None)


def _keep(response: Any) -> None:
    if (responses := _responses.get()) is not None:
        responses.append(response)


async def _akeep(response: Any) -> None:  # an async client awaits its hooks
    _keep(response)


@contextmanager
def _received() -> Iterator[list[Any]]:
    """Yield the list of the responses that our HTTP client receives in the block.

    An exception of the SDK is suppressed if the server has answered with status 200: the SDKs' classes do not take every
    answer, and we read its JSON.
    """
    responses: list[Any] = []
    token = _responses.set(responses)
    try:
        yield responses
    except Exception:
        if not (responses and responses[-1].status_code == 200 and _is_read(responses[-1])):
            raise
    finally:
        _responses.reset(token)


def _is_read(response: Any) -> bool:
    try:
        return response.content is not None
    except RuntimeError:  # a part of it was lost, or it was too long
        return False
