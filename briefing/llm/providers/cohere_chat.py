"""Cohere's models, by the second version of its API and the cohere SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import regex
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.llm.providers.adapter import ErrorFacts, count, get
from briefing.llm.providers.translated_chat import (
    Connection,
    HttpClients,
    TranslatedChat,
    chat_completion,
    schema_of,
    split_version,
    texts,
    without_keywords,
)

if TYPE_CHECKING:
    from briefing.llm.targets import Target

_FINISH = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "TOOL_CALL": "stop",
    "MAX_TOKENS": "length",
    "ERROR_LIMIT": "length",
    "ERROR_TOXIC": "content_filter",
}
#: Keywords of JSON schemas that the API refuses. The library keeps to them itself.
_UNSUPPORTED = frozenset(
    (
        *("maxItems", "minItems", "uniqueItems", "maxLength", "minLength", "multipleOf"),
        *("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"),
    )
)
#: Seconds. The SDK must have a timeout; the one that counts is that of the whole exchange.
_LONG = 86_400.0
_MONTHLY = regex.compile(r"/ ?month|per month|monthly", regex.IGNORECASE)


class Cohere(TranslatedChat):
    """Cohere's chat."""

    name = "cohere"
    extra = "cohere"
    keys = ("CO_API_KEY", "COHERE_API_KEY")
    loggers = ("cohere",)
    option_names: Mapping[str, str] = {
        "temperature": "temperature",
        "top_p": "p",
        "seed": "seed",
        "stop": "stop_sequences",
        "max_output_tokens": "max_tokens",
        "extra_headers": "extra_headers",
        "extra_query": "extra_query",
        "extra_body": "extra_body",
    }

    @override
    def sdk(self, target: Target, clients: HttpClients) -> Any:
        import cohere

        kind = cohere.AsyncClientV2 if clients.is_async else cohere.ClientV2
        address, _ = split_version(target.base_url)
        return kind(
            api_key=self.key(target),
            **({"base_url": address} if address else {}),
            httpx_client=clients.used,  # of httpx2, which has the methods of the httpx that the SDK uses otherwise
            timeout=_LONG,
            max_retries=0,
            log_warning_experimental_features=False,
        )

    @override
    def function(self, connection: Connection) -> Callable[..., Any]:
        function: Callable[..., Any] = connection.sdk.chat
        return function

    @override
    def translate(self, chat: dict[str, Any]) -> dict[str, Any]:
        if isinstance(chat.get("stop_sequences"), str):
            chat["stop_sequences"] = [chat["stop_sequences"]]
        if schema := schema_of(chat):
            chat["response_format"] = {
                "type": "json_object",
                "json_schema": without_keywords(schema, _UNSUPPORTED),
            }
        chat["request_options"] = {
            "additional_headers": chat.pop("extra_headers", {}),
            "additional_query_parameters": chat.pop("extra_query", {}),
            "additional_body_parameters": chat.pop("extra_body", {}),
            "max_retries": 0,
        }
        return chat

    @override
    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        usage, message = body.get("usage"), body.get("message")
        billed = get(usage, "billed_units") or get(usage, "tokens")
        reason = str(body.get("finish_reason") or "COMPLETE")
        content = get(message, "content")
        finish = _FINISH.get(reason, "error")
        return chat_completion(
            text="".join(texts(content)),
            finish=finish if isinstance(message, dict) else None,
            reason=reason,
            read=count(billed, "input_tokens"),
            written=count(billed, "output_tokens"),
            cached=count(usage, "cached_tokens"),
            error=reason if finish == "error" else message,
        )

    @override
    def read_error(self, error: BaseException) -> ErrorFacts:
        facts = super().read_error(error)
        if facts.status is None:
            return facts
        body = getattr(error, "body", None)
        message = str(get(body, "message") or body or "")
        code = facts.code
        if facts.status == 429 and _MONTHLY.search(message):
            code = "insufficient_quota"
        if facts.status == 498:  # a text that Cohere does not allow
            code = "content_filter"
        headers = dict(getattr(error, "headers", None) or {})
        if reset := headers.get("x-ratelimit-reset"):  # a Unix time
            headers.setdefault("retry-after", reset)
        return ErrorFacts(
            facts.status,
            message or f"status {facts.status}",
            code,
            headers,
            body if isinstance(body, dict) else {},
        )


COHERE = Cohere()
