"""Anthropic's messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import regex
from pydantic_core import from_json
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
from briefing.llm.providers.translated_chat import split_version
from briefing.redaction import excerpt

if TYPE_CHECKING:
    from pydantic import BaseModel

    from briefing.llm.targets import Target

#: Output limit in tokens, which the protocol requires, where the user sets none.
_MAX_TOKENS = 4096
_TIERS = ("auto", "standard_only")
#: Beginning of the names of rate-limit headers.
_LIMIT = "anthropic-ratelimit"
#: What `cache_control` marks the end of: the part of the prompt that is cached.
_CACHED = {"type": "ephemeral"}
_NOT_IN_NAMES = regex.compile(r"[^a-zA-Z0-9_-]")


class AnthropicMessages(Adapter):
    """Messages by the anthropic SDK: the schema is that of a tool that the model has to call."""

    name = "anthropic"
    instructor_provider = "anthropic"
    modes = ("TOOLS", "JSON")
    option_names: Mapping[str, str] = {
        **{name: name for name in ("extra_headers", "extra_query", "extra_body", "service_tier")},
        **{name: name for name in ("temperature", "top_p")},
        "max_output_tokens": "max_tokens",
        "stop": "stop_sequences",
    }
    limit_names = ("max_tokens",)
    extra = "anthropic"
    client_classes: Mapping[str, bool | None] = {
        "anthropic.Anthropic": False,
        "anthropic.AsyncAnthropic": True,
    }
    loggers = ("anthropic", "anthropic._base_client", "anthropic._response", "anthropic._legacy_response")

    @override
    def check_values(self, model: str, options: Mapping[str, Any]) -> None:
        if options.get("temperature", 0) > 1:
            raise ConfigurationError("options: temperature of Anthropic's models is from 0 to 1")
        tier = options.get("service_tier")
        if tier is not None and tier not in _TIERS:
            raise ConfigurationError(
                f"options: service_tier={tier!r} cannot be passed to anthropic; it takes {', '.join(_TIERS)}"
            )

    @override
    def connect(self, target: Target, *, is_async: bool) -> Any:
        import anthropic

        kind = anthropic.AsyncAnthropic if is_async else anthropic.Anthropic
        address, _ = split_version(target.base_url)  # the SDK adds the version
        client = kind(api_key=target.api_key, base_url=address, max_retries=0)
        if not client.api_key and not client.auth_token:
            raise MissingKeyError(missing_key_message(target.model))
        return client

    @override
    def create(self, client: Any) -> Callable[..., Any]:
        create: Callable[..., Any] = client.messages.create
        return create

    @override
    def defaults(self, target: Target) -> dict[str, Any]:
        return {"max_tokens": _MAX_TOKENS}

    @override
    def parameters(self, options: Mapping[str, Any], *, output_limit: str | None) -> dict[str, Any]:
        parameters = super().parameters(options, output_limit=output_limit)
        if isinstance(parameters.get("stop_sequences"), str):
            parameters["stop_sequences"] = [parameters["stop_sequences"]]
        # The SDK's function has no argument for these from version 2 on.
        sampling = {name: parameters.pop(name) for name in ("temperature", "top_p") if name in parameters}
        if sampling:
            parameters["extra_body"] = sampling | parameters.get("extra_body", {})
        return parameters

    @override
    def prepare(self, request: dict[str, Any], schema: type[BaseModel]) -> None:
        # The model reads tools first, then the system's text: what is the same for all articles. The article and what follows is
        # not marked: a staged plan has another tool for each field, so that no call finds the beginning of another one.
        if isinstance(system := request.get("system"), list) and system:
            request["system"] = [*system[:-1], system[-1] | {"cache_control": _CACHED}]
        for tool in request.get("tools", ()):
            tool["name"] = _NOT_IN_NAMES.sub("_", tool["name"])
            request["tool_choice"] = request["tool_choice"] | {"name": tool["name"]}

    @override
    def prompt_length(self, request: Mapping[str, Any]) -> int:
        system = request.get("system") or ()
        blocks = (system,) if isinstance(system, str) else (get(block, "text") for block in system)
        return sum(len(str(text)) for text in blocks) + super().prompt_length(request)

    @override
    def stream(self, request: dict[str, Any], *, usage: bool) -> StreamedAnswer | None:
        request["stream"] = True
        return _StreamedMessage()

    @override
    def cache_written(self, response: Any) -> int:
        return count(get(response, "usage"), "cache_creation_input_tokens")

    @override
    def rate_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        named = dict(headers)
        for unit, kinds in (("requests", ("requests",)), ("tokens", ("tokens", "input-tokens"))):
            kind = next((kind for kind in kinds if f"{_LIMIT}-{kind}-remaining" in headers), None)
            for field in ("limit", "remaining", "reset") if kind else ():
                value = headers.get(f"{_LIMIT}-{kind}-{field}")
                if value is not None:
                    named[f"x-ratelimit-{field}-{unit}"] = _unix(value) if field == "reset" else value
        return named

    @override
    def read_text(self, response: Any) -> str:
        blocks = _blocks(response)
        called = [block for block in blocks if get(block, "type") == "tool_use"]
        if called:
            # instructor takes one call, whose input is an object; proxies send a text.
            response.content = [block for block in blocks if block is called[0] or block not in called]
            given = get(called[0], "input")
            if not isinstance(given, str):
                return json.dumps(given, ensure_ascii=False)
            with suppress(ValueError):
                called[0].input = from_json(given)
            return given
        text = "".join(str(get(block, "text")) for block in blocks if get(block, "type") == "text")
        with suppress(ValueError):
            self.write_text(response, text)  # if it is JSON, where instructor looks for it
        return text

    @override
    def write_text(self, response: Any, text: str) -> None:
        from anthropic.types import TextBlock, ToolUseBlock

        called = [block for block in _blocks(response) if get(block, "type") == "tool_use"]
        if called:
            called[0].input = from_json(text)
        else:
            # Written instead of given to the tool.
            block = ToolUseBlock(id="toolu_written", name="answer", input=from_json(text), type="tool_use")
            response.content = [TextBlock(text=text, type="text"), block]

    @override
    def stop_reason(self, response: Any) -> Ending:
        reason = getattr(response, "stop_reason", None)
        if not _blocks(response) and reason not in ("refusal", "max_tokens"):
            return Ending("none", message=_error_message(response))
        match reason:
            case "refusal":
                said = "".join(str(get(b, "text")) for b in _blocks(response) if get(b, "type") == "text")
                return Ending("refusal", reason, excerpt(said, 500) if said else None)
            case "max_tokens" | "model_context_window_exceeded":
                return Ending("length", reason)
        return Ending("stop", str(reason or ""))


class _StreamedMessage(StreamedAnswer):
    """Events of a message."""

    def __init__(self) -> None:
        self._body: dict[str, Any] = {"content": []}
        #: By index: a content block, and the pieces of its text or JSON.
        self._blocks: dict[str, tuple[dict[str, Any], list[str]]] = {}

    @override
    def add(self, event: Any) -> str:
        index, delta = repr(get(event, "index")), get(event, "delta")
        match get(event, "type"):
            case "message_start":
                self._body |= _as_dict(get(event, "message"))
            case "content_block_start":
                self._blocks[index] = _as_dict(get(event, "content_block")), []
            case "content_block_delta" if index in self._blocks:
                piece = get(delta, "partial_json") or get(delta, "text")
                if isinstance(piece, str):
                    self._blocks[index][1].append(piece)
                    return piece
            case "message_delta":
                self._body["stop_reason"] = get(delta, "stop_reason") or self._body.get("stop_reason")
                counted = {k: v for k, v in _as_dict(get(event, "usage")).items() if v is not None}
                self._body["usage"] = _as_dict(self._body.get("usage")) | counted
            case "message_stop":
                self.ended = True
        return ""

    @override
    def response(self) -> Any:
        content = []
        for block, pieces in self._blocks.values():
            text = "".join(pieces)
            if not text:  # the start had all of it
                content.append(block)
                continue
            if block.get("type") != "tool_use":
                content.append(block | ({"text": f"{block['text'] or ''}{text}"} if "text" in block else {}))
                continue
            try:
                content.append(block | {"input": from_json(text)})
            except ValueError:
                content.append(block | {"input": text})
        return self.whole(self._body | {"content": content})

    @override
    def whole(self, body: Any) -> Any:
        from anthropic.types import Message

        return Message.construct(**body) if isinstance(body, dict) else body


def _as_dict(value: Any) -> dict[str, Any]:
    """The fields of an SDK's object; empty for anything else."""
    dump = getattr(value, "model_dump", None)
    dumped = dump(warnings=False) if callable(dump) else value
    return dumped if isinstance(dumped, dict) else {}


def _unix(date: str) -> str:
    """Return a date by RFC 3339 as Unix time; unchanged if it is not one."""
    try:
        return str(datetime.fromisoformat(date).timestamp())
    except ValueError:
        return date


def _blocks(response: Any) -> list[Any]:
    content = getattr(response, "content", None)
    return content if isinstance(content, list) else []


def _error_message(response: Any) -> str | None:
    message = get(getattr(response, "error", None), "message")
    return excerpt(str(message), 300) if message else None


ANTHROPIC = AnthropicMessages()
