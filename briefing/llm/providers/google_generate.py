"""Google's Gemini models, by the google-genai SDK: the Gemini API (`google/NAME`) and Vertex AI (`vertexai/NAME`)."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import regex
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.errors import ConfigurationError, MissingKeyError
from briefing.llm.connections import BorrowedHttp
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
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "OTHER": "error",
    "MALFORMED_FUNCTION_CALL": "error",
    "MALFORMED_RESPONSE": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "IMAGE_SAFETY": "content_filter",
}
#: Thinking of the models up to 2.5, in tokens, as Google's own OpenAI-compatible API has it; later ones take a level.
_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
_LEVELS = frozenset(("minimal", "low", "medium", "high", "xhigh"))
_BUDGET_MODEL = regex.compile(r"\bgemini-[12]\b")
_TIERS = frozenset(("flex", "priority", "standard"))
#: Keywords of JSON schemas that the API ignores or refuses.
_UNSUPPORTED = frozenset(
    (
        "const",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "multipleOf",
        "pattern",
        "uniqueItems",
    )
)
_CONTEXT = regex.compile(r"token count \(?\d+\)? exceeds", regex.IGNORECASE)
_EMPTY = regex.compile(
    r"limit: 0\b|credits? (?:is|are|has been|have been) depleted|per.?day", regex.IGNORECASE
)
_INVALID_KEY = regex.compile(r"api key (?:is )?(?:not valid|invalid|expired|not found)", regex.IGNORECASE)
_RETRY = regex.compile(r"retry in (\d+(?:\.\d+)?m?s)\b")
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_ERROR_INFO = "type.googleapis.com/google.rpc."


class GoogleGenAI(TranslatedChat):
    """Gemini API."""

    name = "google"
    extra = "google"
    keys: tuple[str, ...] = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
    client_classes: Mapping[str, bool | None] = {"google.Client": None}
    loggers = ("google_genai", "google_genai._api_client", "google_genai.models", "google_genai.types")
    option_names: Mapping[str, str] = {
        "temperature": "temperature",
        "top_p": "top_p",
        "seed": "seed",
        "stop": "stop",
        "reasoning_effort": "reasoning_effort",
        "service_tier": "service_tier",
        "max_output_tokens": "max_tokens",
        "extra_headers": "extra_headers",
        "extra_body": "extra_body",
    }

    @override
    def sdk(self, target: Target, clients: HttpClients) -> Any:
        from google import genai

        return genai.Client(
            vertexai=False, api_key=self.key(target), http_options=_http_options(target, clients)
        )

    @override
    def borrow(self, client: Any, *, is_async: bool) -> Connection:
        return Connection(_Borrowed(client, self.rate_headers), None, is_async)

    @override
    def check_values(self, model: str, options: Mapping[str, Any]) -> None:
        _thinking(model, options.get("reasoning_effort"))
        tier = options.get("service_tier")
        if tier is not None and tier not in _TIERS:
            raise ConfigurationError(
                f"options: service_tier={tier!r} cannot be passed to {self.name}; it takes {', '.join(sorted(_TIERS))}"
            )

    @override
    def function(self, connection: Connection) -> Callable[..., Any]:
        models = connection.sdk.aio.models if connection.is_async else connection.sdk.models
        function: Callable[..., Any] = models.generate_content
        return function

    @override
    def translate(self, chat: dict[str, Any]) -> dict[str, Any]:
        messages = chat["messages"]
        system = [message["content"] for message in messages if message["role"] == "system"]
        contents = [
            {
                "role": "model" if message["role"] == "assistant" else "user",
                "parts": [{"text": message["content"]}],
            }
            for message in messages
            if message["role"] != "system"
        ]
        stop = chat.get("stop")
        config = {
            "system_instruction": "\n\n".join(system) or None,
            "temperature": chat.get("temperature"),
            "top_p": chat.get("top_p"),
            "seed": chat.get("seed"),
            "max_output_tokens": chat.get("max_tokens"),
            "stop_sequences": [stop] if isinstance(stop, str) else stop,
            "service_tier": chat.get("service_tier"),
            "thinking_config": _thinking(chat["model"], chat.get("reasoning_effort")),
            "http_options": {
                "headers": chat.get("extra_headers"),
                "extra_body": chat.get("extra_body"),
                "retry_options": {"attempts": 1},
            },
            "automatic_function_calling": {"disable": True},
            # The SDK's classes warn of values that they do not know; the JSON has them all.
            "should_return_http_response": True,
        }
        if schema := schema_of(chat):
            config["response_mime_type"] = "application/json"
            config["response_json_schema"] = without_keywords(schema, _UNSUPPORTED)
        given = {name: value for name, value in config.items() if value is not None}
        return {"model": chat["model"], "contents": contents, "config": given}

    @override
    def read(self, response: Any) -> Any:
        return json.loads(response.sdk_http_response.body or "")

    @override
    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        usage, candidates, feedback = (
            body.get("usageMetadata"),
            body.get("candidates"),
            body.get("promptFeedback"),
        )
        first = candidates[0] if isinstance(candidates, list) and candidates else None
        text = "".join(texts(get(get(first, "content"), "parts")))
        if blocked := first is None and get(feedback, "blockReason"):
            reason, finish = str(blocked), "content_filter"
        else:
            reason = str(get(first, "finishReason") or "STOP")
            finish = _FINISH.get(reason, "stop" if text else "error")
        said = (
            get(first, "finishMessage")
            or get(feedback, "blockReasonMessage")
            or get(body.get("error"), "message")
        )
        return chat_completion(
            text=text,
            finish=finish if first or blocked else None,
            reason=reason,
            read=count(usage, "promptTokenCount") + count(usage, "toolUsePromptTokenCount"),
            written=count(usage, "candidatesTokenCount") + count(usage, "thoughtsTokenCount"),
            cached=count(usage, "cachedContentTokenCount"),
            model=body.get("modelVersion"),
            error=None
            if finish in ("stop", "length") and first
            else said or (reason if finish == "error" else None),
        )

    @override
    def read_error(self, error: BaseException) -> ErrorFacts:
        if type(error).__name__ == "RefreshError":  # of google-auth: credentials that are no longer valid
            return ErrorFacts(401, str(error))
        status = getattr(error, "code", None)
        if type(error).__module__ != "google.genai.errors" or not isinstance(status, int):
            return super().read_error(error)
        body = getattr(error, "details", None)
        body = body if isinstance(body, dict) else {}
        inner = body.get("error", body)
        message, code = str(get(inner, "message") or ""), str(get(inner, "status") or "")
        details = dict(_details(inner))
        headers = dict(getattr(getattr(error, "response", None), "headers", None) or {})
        delay = get(details.get("RetryInfo"), "retryDelay") or next(iter(_RETRY.findall(message)), None)
        if delay:
            headers.setdefault("retry-after", str(delay))
        if status == 400 and _INVALID_KEY.search(message):
            status = 401
        if status == 429:
            message, code = _quota(message, details, passes=bool(delay))
        if status == 400 and _CONTEXT.search(message):
            code = "context_length_exceeded"
        return ErrorFacts(status, message or None, code, headers, body)


class _Borrowed:
    """The models of a user's client, with our own settings for redirects and the size of responses.

    Retries are off in each request. The copy closes nothing when it is deleted, as it counts HTTP clients as the user's.
    """

    def __init__(self, client: Any, note: Callable[[Mapping[str, str]], Mapping[str, str]]) -> None:
        shared = copy.copy(client._api_client)  # there is no public way to share connections
        options = {"httpx_client": BorrowedHttp(shared._httpx_client, note)}
        shared._httpx_client = options["httpx_client"]
        if shared._http_options.aiohttp_client is None and shared._async_httpx_client is not None:
            options["httpx_async_client"] = BorrowedHttp(shared._async_httpx_client, note)
            shared._async_httpx_client = options["httpx_async_client"]
        shared._http_options = shared._http_options.model_copy(update=options)
        shared._aiohttp_sessions = {}
        arguments = getattr(shared, "_async_client_session_request_args", {})
        shared._async_client_session_request_args = arguments | {"allow_redirects": False}
        self.models = type(client.models)(shared)
        self.aio = SimpleNamespace(models=type(client.aio.models)(shared))


class VertexAI(GoogleGenAI):
    """Vertex AI: with an API key, or with the credentials of the environment and a project."""

    name = "vertexai"
    keys = ("GOOGLE_API_KEY",)
    client_options = frozenset(("project",))

    @override
    def sdk(self, target: Target, clients: HttpClients) -> Any:
        from google import genai

        project = target.options.get("project") or os.environ.get("GOOGLE_CLOUD_PROJECT")
        if target.api_key or not project:
            own: dict[str, Any] = {"api_key": self.key(target)}
        else:
            location = os.environ.get("GOOGLE_CLOUD_LOCATION", "global")
            own = {"project": project, "location": location, "credentials": _credentials(target)}
        return genai.Client(vertexai=True, **own, http_options=_http_options(target, clients))


def _credentials(target: Target) -> Any:
    """Return the credentials of the environment.

    Raises:
        MissingKeyError: there are none.
    """
    import google.auth
    import google.auth.exceptions

    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except google.auth.exceptions.DefaultCredentialsError as error:
        raise MissingKeyError(
            f"{target.model} needs Google Cloud credentials: run `gcloud auth application-default login`, set "
            "GOOGLE_APPLICATION_CREDENTIALS, or pass api_key="
        ) from error
    return credentials


def _http_options(target: Target, clients: HttpClients) -> dict[str, Any]:
    address, version = split_version(target.base_url)
    options = {
        "base_url": address,
        "api_version": version,
        "httpx_client": clients.sync,
        "httpx_async_client": clients.asynchronous,
    }
    return {name: value for name, value in options.items() if value is not None}


def _thinking(model: str, effort: str | None) -> dict[str, Any] | None:
    if effort is None:
        return None
    if _BUDGET_MODEL.search(model):
        if effort in _BUDGETS:
            return {"thinking_budget": _BUDGETS[effort]}
        known = ", ".join(_BUDGETS)
    else:
        if effort in _LEVELS:
            return {"thinking_level": effort.upper()}
        known = ", ".join(sorted(_LEVELS))
    raise ConfigurationError(
        f"options: reasoning_effort={effort!r} cannot be passed to {model}; it takes {known}"
    )


def _details(error: Any) -> Iterator[tuple[str, Any]]:
    """Yield the details of an error, by the name of their type."""
    details = get(error, "details")
    for detail in details if isinstance(details, list) else ():
        kind = get(detail, "@type")
        if isinstance(kind, str):
            yield kind.removeprefix(_ERROR_INFO), detail


def _quota(message: str, details: dict[str, Any], *, passes: bool) -> tuple[str, str]:
    """Return the message and the code of a 429, which may say when it `passes`.

    Google words a limit per minute, which passes, as it words an exhausted quota; the names of the limits tell them apart.
    """
    violations = get(details.get("QuotaFailure"), "violations")
    names = [str(get(item, "quotaId") or "") for item in violations] if isinstance(violations, list) else []
    values = [str(get(item, "quotaValue")) for item in violations] if isinstance(violations, list) else []
    if _EMPTY.search(" ".join((message, *names))) or "0" in values:
        return message, "insufficient_quota"
    if names or passes:
        return "quota exceeded: " + (
            ", ".join(filter(None, names)) or "requests or tokens per minute"
        ), "rate_limit"
    return message, ""


GOOGLE = GoogleGenAI()
VERTEX_AI = VertexAI()
