"""Mistral's models, by the mistralai SDK."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import regex
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.llm.providers.adapter import ErrorFacts, get, usage_of
from briefing.llm.providers.translated_chat import (
    Connection,
    HttpClients,
    TranslatedChat,
    chat_completion,
    split_version,
    texts,
)

if TYPE_CHECKING:
    from briefing.llm.targets import Target

#: Reasons by other names than OpenAI's.
_FINISH = {"model_length": "length", "tool_calls": "stop"}
#: An account that has to be paid for, whatever the status.
_UNPAID = regex.compile(r"inactive subscription|usage limit reached|spending limit", regex.IGNORECASE)


class Mistral(TranslatedChat):
    """Mistral's chat completions, which are close to OpenAI's."""

    name = "mistral"
    extra = "mistral"
    keys = ("MISTRAL_API_KEY",)
    loggers = ("mistralai",)
    option_names: Mapping[str, str] = {
        "temperature": "temperature",
        "top_p": "top_p",
        "seed": "random_seed",
        "stop": "stop",
        "reasoning_effort": "reasoning_effort",
        "max_output_tokens": "max_tokens",
        "extra_headers": "http_headers",
    }

    @override
    def sdk(self, target: Target, clients: HttpClients) -> Any:
        try:
            from mistralai.client import Mistral as Client
        except ImportError:  # before 2.0
            from mistralai import Mistral as Client

        address, _ = split_version(target.base_url)
        return Client(
            api_key=self.key(target),
            server_url=address,
            client=clients.sync,
            async_client=clients.asynchronous,
        )

    @override
    def function(self, connection: Connection) -> Callable[..., Any]:
        chat = connection.sdk.chat
        function: Callable[..., Any] = chat.complete_async if connection.is_async else chat.complete
        return function

    @override
    def translate(self, chat: dict[str, Any]) -> dict[str, Any]:
        if structured := chat.get("response_format", {}).get("json_schema"):
            structured["strict"] = True
        return chat

    @override
    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        usage, choices = usage_of(body), body.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        content, reason = get(get(first, "message"), "content"), str(get(first, "finish_reason") or "stop")
        return chat_completion(
            text=content if isinstance(content, str) else "".join(texts(content)),
            finish=None if first is None else _FINISH.get(reason, reason),
            reason=reason,
            read=usage.input_tokens,
            written=usage.output_tokens,
            cached=usage.cached_tokens,
            model=body.get("model"),
            error=body.get("message"),
        )

    @override
    def read_error(self, error: BaseException) -> ErrorFacts:
        facts = super().read_error(error)
        if facts.status is None:
            return facts
        try:
            body = json.loads(getattr(error, "body", "") or "")
        except ValueError:
            body = {"message": getattr(error, "body", None) or ""}
        body = body if isinstance(body, dict) else {}
        inner = get(body, "error") or body
        message = get(inner, "message") or get(body, "detail") or inner
        text = (message if isinstance(message, str) else json.dumps(message)) or f"status {facts.status}"
        return ErrorFacts(
            402 if _UNPAID.search(text) else facts.status,
            text,
            str(get(inner, "type") or get(inner, "code") or ""),
            getattr(error, "headers", None) or {},
            body,
        )

    @override
    def rate_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        ours = {
            f"x-ratelimit-{part}-{unit}": headers[name]
            for unit, theirs in (("requests", "req"), ("tokens", "tokens"))
            for part in ("limit", "remaining")
            if (name := f"x-ratelimit-{part}-{theirs}-minute") in headers
        }
        return dict(headers) | ours if ours else headers


MISTRAL = Mistral()
