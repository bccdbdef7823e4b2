"""OpenAI's chat completions, which many servers speak."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import regex
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.errors import ConfigurationError, MissingKeyError
from briefing.llm.providers.adapter import (
    Adapter,
    Ending,
    StreamedAnswer,
    count,
    get,
    missing_key_message,
)
from briefing.redaction import excerpt
from briefing.schemas import schema_sha256, sent_schema
from briefing.threads import cached_property

if TYPE_CHECKING:
    from pydantic import BaseModel

    from briefing.llm.targets import Target

_EXTRAS = {name: name for name in ("extra_headers", "extra_query", "extra_body")}
_SAME = {name: name for name in ("temperature", "top_p", "seed", "stop", "reasoning_effort", "service_tier")}
#: Requests with the same key are sent to the server that has their beginning in its cache.
CACHE_KEY = "prompt_cache_key"
#: Models of OpenAI that have no chat completions.
_BY_RESPONSES = regex.compile(
    r"o\d-pro\b|gpt-\d[\d.]*-(?:pro|codex)\b|codex-|computer-use|o\d-(?:mini-)?deep-research"
)
_RESPONSES_ASKED_FOR = regex.compile(r"\bv1/responses\b|\bResponses API\b", regex.IGNORECASE)
#: Output limit of a local model, in tokens.
_LOCAL_MAX_TOKENS = 2048
_STATUS = regex.compile(r"[45][0-9]{2}")
#: Reasons of servers that could not complete the answer.
_FAILED = frozenset(
    ("error", "insufficient_system_resource", "network_error", "abort", "time_limit", "timeout")
)
#: Reasons of providers, as routers pass them on, for which an answer ends at a limit.
_LIMIT_REASONS = frozenset(
    ("length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded")
)
#: Reasons of providers and routers for which a filter ends an answer, in lower case.
_FILTER_REASONS = frozenset(
    (
        "content_filter",
        "content_filtered",
        "guardrail_intervened",
        "safety",
        "image_safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "language",
        "sensitive",
    )
)


@dataclass(frozen=True)
class Server:
    """A server that speaks OpenAI's protocol.

    Attributes:
        base_url: of its API; `None` for OpenAI's, or the variable `OPENAI_BASE_URL`.
        key: environment variable of its API key; `None` if it needs none.
        modes: output modes that it has, best first.
        responses: whether it has OpenAI's responses as well.
    """

    base_url: str | None
    key: str | None
    modes: tuple[str, ...] = ("TOOLS", "MD_JSON")
    responses: bool = False


class OpenAIChat(Adapter):
    """Chat completions by the openai SDK, with OpenAI's own server or a compatible one."""

    name = "openai"
    instructor_provider = "openai"
    option_names: Mapping[str, str] = _SAME | _EXTRAS | {"max_output_tokens": "max_tokens"}
    limit_names: tuple[str, ...] = ("max_tokens", "max_completion_tokens")
    client_classes: Mapping[str, bool | None] = {"openai.OpenAI": False, "openai.AsyncOpenAI": True}
    loggers: tuple[str, ...] = (
        *("openai", "openai._base_client", "openai._response", "openai._legacy_response"),
        *("httpx2", "httpcore2.connection", "httpcore2.http11", "httpcore2.http2", "httpcore2.proxy"),
    )

    def __init__(self, server: Server) -> None:
        self._server = server
        self.modes = server.modes
        if server.base_url is None:
            self.client_options = frozenset(("organization", "project"))

    @override
    def connect(self, target: Target, *, is_async: bool) -> Any:
        import openai

        arguments: dict[str, Any] = {
            "api_key": self._key(target),
            "base_url": target.base_url or self._server.base_url,
            "max_retries": 0,
        }
        arguments |= {name: target.options.get(name) for name in self.client_options}
        client: Any
        if is_async:
            # httpx's pool scans all its connections at each request, aiohttp's does not.
            client = openai.AsyncOpenAI(**arguments, http_client=openai.DefaultAioHttpClient())
        else:
            client = openai.OpenAI(**arguments)
        if self._server.base_url is not None:
            client.organization = client.project = None  # from the environment: names of an account at OpenAI
        return client

    def _key(self, target: Target) -> str:
        key = target.api_key or (os.environ.get(self._server.key) if self._server.key else None)
        if not key and self._server.key and not target.address:
            # The SDK would take OpenAI's key.
            raise MissingKeyError(missing_key_message(target.model, self._server.key))
        # A self-hosted server often needs no key, but the SDK requires one.
        return key or "none"

    @override
    def create(self, client: Any) -> Callable[..., Any]:
        create: Callable[..., Any] = client.chat.completions.create
        return create

    @cached_property
    def _responses(self) -> Adapter:
        from briefing.llm.providers.openai_responses import OpenAIResponses

        return OpenAIResponses(self._server)

    @override
    def first_modes(self, target: Target) -> list[str]:
        by_responses = self._server.responses and not target.batch and _BY_RESPONSES.match(target.name)
        return ["RESPONSES_TOOLS", *self.modes] if by_responses else list(self.modes)

    @override
    def mode_adapter(self, mode: str) -> Adapter:
        return self._responses if mode == "RESPONSES_TOOLS" else self

    @override
    def mode_asked_for(self, message: str) -> str | None:
        return "RESPONSES_TOOLS" if self._server.responses and _RESPONSES_ASKED_FOR.search(message) else None

    @override
    def check_values(self, model: str, options: Mapping[str, Any]) -> None:
        if self._server.responses and _BY_RESPONSES.match(model):
            self._responses.check_values(model, options)

    @override
    def defaults(self, target: Target) -> dict[str, Any]:
        if target.local:
            return {"temperature": 0.0, "max_tokens": _LOCAL_MAX_TOKENS}
        # Compatible servers may reject it. `prepare` sets the value.
        return {CACHE_KEY: ""} if self._is_openai(target) and not target.batch else {}

    def _is_openai(self, target: Target) -> bool:
        """Whether the server is OpenAI's own."""
        if self._server.base_url is not None:
            return False
        host = urlsplit(target.address or "https://api.openai.com").hostname or ""
        return host == "api.openai.com" or host.endswith(".api.openai.com")

    @override
    def sampling(self, target: Target) -> dict[str, Any]:
        own = self._server.base_url is None and not target.local
        return {"temperature": 0.0} if own and not target.reasons else {}

    @override
    def prepare(self, request: dict[str, Any], schema: type[BaseModel]) -> None:
        if CACHE_KEY in request:
            request[CACHE_KEY] = cache_key(request["messages"][0]["content"], schema)
        structured = request.get("response_format", {}).get("json_schema")
        if structured is None:
            return
        structured["strict"] = True
        structured["schema"] = sent_schema(schema)
        # In `extra_body`, the SDK does not search the large schema for files, node by node. Messages stay where
        # instrumentations of the SDK look for them.
        own = {"response_format": request.pop("response_format")}
        request["extra_body"] = own | request.get("extra_body", {})

    @override
    def stream(self, request: dict[str, Any], *, usage: bool) -> StreamedAnswer | None:
        request["stream"] = True
        if usage:
            request["stream_options"] = {"include_usage": True}
        return _StreamedCompletion()

    @override
    def read_text(self, response: Any) -> str:
        _normalize_content(response)
        message = _message(response)
        if content := getattr(message, "content", None):
            return str(content)
        calls = getattr(message, "tool_calls", None)
        return str(getattr(getattr(calls[0], "function", None), "arguments", "")) if calls else ""

    @override
    def write_text(self, response: Any, text: str) -> None:
        message = response.choices[0].message
        if calls := getattr(message, "tool_calls", None):
            calls[0].function.arguments = text
        else:
            message.content = text

    @override
    def stop_reason(self, response: Any) -> Ending:
        choices = getattr(response, "choices", None)
        if not isinstance(choices, list) or not choices or choices[0] is None:
            return Ending("none", message=_error_message(response), status=_error_status(response))
        choice = choices[0]
        message = _message(response)
        if message is None or isinstance(message, str):
            return Ending("none", message=_error_message(response), status=_error_status(response))
        if refusal := getattr(message, "refusal", None):
            return Ending("refusal", message=excerpt(str(refusal), 500))
        reason = getattr(choice, "finish_reason", None)
        finish = str(reason).lower()
        if finish in _FILTER_REASONS:
            return Ending("filter", finish)
        if finish in _LIMIT_REASONS:
            return Ending("length", finish)
        if finish == "refusal":
            return Ending("refusal", finish)
        told = response if _error_message(response) else choice  # routers have the error beside the answer
        error = _error_message(told)
        failed = finish in _FAILED or (error and not getattr(message, "content", None))
        named = "" if reason is None else str(reason)
        return Ending("error", named, error, _error_status(told)) if failed else Ending("stop", named, error)


class _StreamedCompletion(StreamedAnswer):
    """Chunks of a chat completion. The SDK's own accumulator takes quadratic time in their number."""

    def __init__(self) -> None:
        self._body: dict[str, Any] = {"choices": []}
        #: By the name of the field: the pieces of a text.
        self._texts: dict[str, list[str]] = {}
        #: The first call of a tool, which is the answer, and its number among all.
        self._call: dict[str, Any] | None = None
        self._index: Any = None
        self._finish: str | None = None

    @override
    def add(self, event: Any) -> str:
        named = ((name, get(event, name)) for name in ("id", "created", "model", "usage", "timings"))
        self._body |= {name: value for name, value in named if value is not None}
        choices = get(event, "choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if choice is None:
            return ""
        self._finish = get(choice, "finish_reason") or self._finish
        self._body["choices"] = [choice]
        delta = get(choice, "delta")
        for name in ("refusal", "reasoning_content", "reasoning"):
            self._add(name, get(delta, name))
        calls = get(delta, "tool_calls")
        if not isinstance(calls, list) or not calls:
            return self._add("content", _joined(get(delta, "content")))
        if self._call is None:
            named = get(calls[0], "function")
            self._index = get(calls[0], "index")
            self._call = {"id": get(calls[0], "id"), "type": "function", "name": get(named, "name")}
        own = (get(call, "function") for call in calls if get(call, "index") == self._index)
        return "".join([self._add("arguments", get(function, "arguments")) for function in own])

    def _add(self, name: str, piece: Any) -> str:
        if not isinstance(piece, str):
            return ""
        self._texts.setdefault(name, []).append(piece)
        return piece

    @override
    def end_with(self, text: str) -> bool:
        timings = self._body.get("timings")  # of llama.cpp, in each chunk
        cached, written = count(timings, "cache_n"), count(timings, "predicted_n")
        read = cached + count(timings, "prompt_n")
        if not written:
            return False
        details = {"cached_tokens": cached}
        self._body["usage"] = {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": details,
        }
        self._texts["content"], self._finish = [text], "stop"
        return True

    @override
    def response(self) -> Any:
        message: dict[str, Any] = {"role": "assistant", "content": None}
        message |= {name: "".join(pieces) for name, pieces in self._texts.items()}
        arguments = message.pop("arguments", "")
        if self._call is not None:
            function = {"name": self._call.pop("name"), "arguments": arguments}
            message["tool_calls"] = [self._call | {"function": function}]
        choice = {"index": 0, "message": message, "finish_reason": self._finish}
        return self.whole(self._body | {"choices": [choice] if self._body["choices"] else []})

    @override
    def whole(self, body: Any) -> Any:
        from openai.types.chat import ChatCompletion

        return ChatCompletion.construct(**body) if isinstance(body, dict) else body


def _message(response: Any) -> Any:
    choices = getattr(response, "choices", None)
    return getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None


def _error_message(response: Any) -> str | None:
    extra = getattr(response, "model_extra", None) or {}
    error = extra.get("error") or getattr(response, "error", None)
    if isinstance(error, dict):
        error = error.get("message") or error
    return excerpt(str(error), 300) if error else None


def _error_status(response: Any) -> int | None:
    """Return the HTTP status that a response with status 200 has in its error."""
    extra = getattr(response, "model_extra", None) or {}
    code = str(get(extra.get("error") or getattr(response, "error", None), "code") or "")
    return int(code) if _STATUS.fullmatch(code) else None


def _joined(content: Any) -> Any:
    """The text of a content of several parts; any other content unchanged."""
    if not isinstance(content, list):
        return content
    texts = (part if isinstance(part, str) else get(part, "text") for part in content)
    return "".join(text for text in texts if isinstance(text, str))


def _refusal_in(content: Any) -> Any:
    """The refusal among the parts of a content; `None` without one."""
    parts = content if isinstance(content, list) else ()
    return next((refusal for part in parts if (refusal := get(part, "refusal"))), None)


def _normalize_content(response: Any) -> None:
    """Join a content of several parts, and take the answer from the reasoning where that is all there is."""
    message = _message(response)
    content = getattr(message, "content", None)
    if message is not None and isinstance(content, list):
        message.refusal = getattr(message, "refusal", None) or _refusal_in(content)
        message.content = _joined(content)
    elif message is not None and not content and not getattr(message, "tool_calls", None):
        for name in ("reasoning_content", "reasoning"):
            reasoning = getattr(message, name, None)
            if isinstance(reasoning, str) and "{" in reasoning:
                message.content = reasoning
                return


@lru_cache(maxsize=256)
def cache_key(instructions: str, schema: type[BaseModel]) -> str:
    """Return a key for OpenAI's prompt cache: the same for all requests that begin alike, with schema and instructions."""
    return hashlib.sha256(f"{schema_sha256(schema)}\0{instructions}".encode()).hexdigest()[:32]


class AzureChat(OpenAIChat):
    """Chat completions of a deployment at Azure: `base_url` is the resource's endpoint."""

    client_options = frozenset(("api_version",))
    client_classes: Mapping[str, bool | None] = {"openai.AzureOpenAI": False, "openai.AsyncAzureOpenAI": True}

    @override
    def connect(self, target: Target, *, is_async: bool) -> Any:
        import openai

        endpoint = target.base_url or os.environ.get("AZURE_OPENAI_ENDPOINT")
        if not endpoint:
            raise ConfigurationError(
                f"{target.model} needs the address of your resource: pass base_url= or set AZURE_OPENAI_ENDPOINT, such as "
                "https://NAME.openai.azure.com"
            )
        arguments: dict[str, Any] = {
            "api_key": self._key(target),
            "azure_endpoint": endpoint,
            "api_version": target.options.get("api_version")
            or os.environ.get("OPENAI_API_VERSION")
            or _AZURE_VERSION,
            "max_retries": 0,
        }
        if not is_async:
            return openai.AzureOpenAI(**arguments)
        return openai.AsyncAzureOpenAI(**arguments, http_client=openai.DefaultAioHttpClient())


#: The oldest stable version of Azure's API that takes a JSON schema.
_AZURE_VERSION = "2024-10-21"
_SCHEMA_FIRST = ("JSON_SCHEMA", "TOOLS", "MD_JSON")

#: OpenAI, and servers that speak its protocol.
OPENAI_CHAT = OpenAIChat(Server(None, "OPENAI_API_KEY", _SCHEMA_FIRST, responses=True))
COMPATIBLE = {
    name: OpenAIChat(server)
    for name, server in {
        "cerebras": Server("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", _SCHEMA_FIRST),
        "deepseek": Server("https://api.deepseek.com", "DEEPSEEK_API_KEY"),
        "fireworks": Server("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
        "groq": Server("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        "ollama": Server("http://localhost:11434/v1", None, _SCHEMA_FIRST),
        "openrouter": Server("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        "perplexity": Server("https://api.perplexity.ai", "PERPLEXITY_API_KEY", ("JSON_SCHEMA", "MD_JSON")),
        "together": Server("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
        "xai": Server("https://api.x.ai/v1", "XAI_API_KEY", _SCHEMA_FIRST),
    }.items()
}
COMPATIBLE["azure_openai"] = AzureChat(Server("", "AZURE_OPENAI_API_KEY", _SCHEMA_FIRST, responses=True))
