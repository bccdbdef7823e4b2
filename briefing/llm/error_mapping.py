"""What went wrong at the server, as one of our errors. Foreign exceptions end here."""

from __future__ import annotations

import copy
import html
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import regex
from pydantic import ValidationError

from briefing.errors import (
    AnswerError,
    AuthenticationError,
    BriefingError,
    ContextWindowError,
    DeadlineError,
    FilteredError,
    ProviderError,
    ProviderTimeoutError,
    QuotaError,
    RateLimitError,
    RefusalError,
    RequestError,
    ServerError,
    StaleCassetteError,
    TlsError,
    TruncatedError,
    UnreachableError,
    WebPageError,
)
from briefing.llm.deadline import Deadline
from briefing.llm.targets import Target
from briefing.meta import Usage
from briefing.redaction import excerpt, scrub
from briefing.throttling import retry_after

_CONTEXT = regex.compile(
    r"context[ _](?:length|window|size)|maximum context|too many tokens|prompt is too long", regex.IGNORECASE
)
_QUOTA = regex.compile(r"insufficient_quota|exceeded your current quota|billing", regex.IGNORECASE)
#: Atomic, so that a page of many comments costs no more than its length.
_PAGE = regex.compile(
    r"\ufeff?\s*(?><\?xml[^>]*>\s*)?(?><!--(?:(?!-->).)*-->\s*)*+<(?:!doctype\s+html|html|head|body|title|meta|script|style|link|div|p|h[1-6]|center|form|table|span|br|iframe)\b",
    regex.IGNORECASE | regex.DOTALL,
)
_PAGE_TITLE = regex.compile(r"<title[^>]*>([^<]*)", regex.IGNORECASE)
#: Characters of a page that are looked at.
_PAGE_HEAD = 20_000
_SIZES = regex.compile(r"\d{3,9}")


def response_error(response: Any) -> ProviderError | None:
    """Why an answer with status 200 is none, or `None` if it may be read."""
    if isinstance(response, str):
        return _no_api(response, "text where JSON was due")
    if response is None or isinstance(response, bool | int | float | list | dict):
        return ServerError("the server's answer is no object with choices; is base_url right?")
    if not hasattr(response, "choices"):
        # Another provider's answer: instructor knows its shape.
        return None
    if not isinstance(response.choices, list) or not response.choices or response.choices[0] is None:
        said = _error_in(response)
        return ServerError(
            f"the server's answer has no choices{f', but an error: {said}' if said else ''}",
            provider_message=said,
        )
    choice = response.choices[0]
    message = getattr(choice, "message", None)
    if refusal := getattr(message, "refusal", None):
        return RefusalError("the model refused", provider_message=excerpt(str(refusal), 500))
    finish = getattr(choice, "finish_reason", None)
    if finish == "content_filter":
        return FilteredError("the provider's content filter stopped the answer")
    if finish == "length":
        return TruncatedError("the answer was cut off at the output limit")
    return None


@contextmanager
def map_json_errors() -> Iterator[None]:
    """An SDK's error about what the server sent in place of JSON, as one that may pass, not as the model's.

    Raises:
        ServerError: the body is no JSON.
    """
    try:
        yield
    except json.JSONDecodeError as error:
        problem = _no_api(error.doc, "no JSON, though it says so")
        if not isinstance(problem, WebPageError):
            problem.provider_message = excerpt(str(error), 200)
        raise problem from error
    except UnicodeDecodeError as error:
        raise ServerError(
            "the server sent no JSON, though it says so; is base_url right?",
            provider_message=excerpt(str(error), 200),
        ) from error


def _no_api(body: str, what: str) -> ServerError:
    """The error for a body with status 200 that is no answer of an API."""
    shown = excerpt(body, 200)
    if not _PAGE.match(body[:_PAGE_HEAD]):
        return ServerError(f"the server sent {what}; is base_url right?", provider_message=shown)
    title = _PAGE_TITLE.search(body[:_PAGE_HEAD])
    named = excerpt(html.unescape(title[1]), 100) if title else ""
    return WebPageError(
        f"a web page came where an answer of an API was due{f': {named!r}' if named else ''}. base_url is probably wrong "
        "(an OpenAI-compatible one often ends in /v1), or a proxy or a login page stands before the API",
        provider_message=shown,
    )


def without_retry_wrapper(error: Exception) -> BaseException:
    """The error below those that instructor's retries wrap around it."""
    cause: BaseException = error
    while type(cause).__name__ == "InstructorRetryException" and cause.__cause__ is not None:
        cause = cause.__cause__
    return cause


def map_error(
    error: BaseException, target: Target, attempts: int, usage: Usage, deadline: Deadline
) -> BriefingError:
    """Our error for one that the SDK, instructor or pydantic raised.

    Programming errors come out as `AnswerError` too: a caller has to catch one root only.
    """
    if isinstance(error, BriefingError):
        return error
    for cause in _causes(error):
        if isinstance(cause, BriefingError):
            # Raised while the SDK read the answer; a copy, as it will have the SDK's error for its cause.
            return copy.copy(cause)
    mapped = _mapped(error, target, deadline)
    mapped.attempts, mapped.usage = attempts, usage
    return mapped


def _mapped(error: BaseException, target: Target, deadline: Deadline) -> ProviderError:
    kind, said = type(error).__name__, _said(error)
    where = target.base_url or f"{target.provider}'s server"
    status = getattr(error, "status_code", None)
    if isinstance(error, ValidationError | json.JSONDecodeError) or kind in (
        "ResponseParsingError",
        "AsyncValidationError",
    ):
        return AnswerError(f"{target.model} gave no usable answer: {said}", provider_message=said)
    if kind == "IncompleteOutputException":
        return TruncatedError("the answer was cut off at the output limit")
    lost = _lost(error)
    if not lost and ("Timeout" in kind or any(isinstance(cause, TimeoutError) for cause in _causes(error))):
        if deadline.remaining() == 0:
            return DeadlineError("the deadline passed while the server was answering")
        return ProviderTimeoutError(f"{where} did not answer in time; a larger timeout= may help")
    if isinstance(status, int):
        return _by_status(status, error, said, target)
    if _is_stale_replay(error):
        return StaleCassetteError(
            "the cassette is stale: it holds no answer to this request, so the article, prompt or schema has "
            "changed since it was recorded. Record it again: briefing regenerate FOLDER --record, or in tests of "
            "your own pytest --record-mode=rewrite"
        )
    if (
        lost
        or kind == "APIConnectionError"
        or isinstance(error, OSError)
        or "Connect" in kind
        or "Protocol" in kind
    ):
        cause = error.__cause__ or error
        if any(
            isinstance(c, ssl.SSLError) and not isinstance(c, ssl.SSLEOFError | ssl.SSLZeroReturnError)
            for c in _causes(error)
        ):
            return TlsError(
                f"no safe connection to {scrub(where)}: {scrub(str(cause))}", provider_message=said
            )
        reason = scrub(str(cause) or type(cause).__name__)
        advice = "check the network, and that the server runs where base_url says"
        return UnreachableError(f"cannot reach {scrub(where)}: {reason}; {advice}", provider_message=said)
    return AnswerError(f"{target.model}: {kind}: {said}", provider_message=said)


def _lost(error: BaseException) -> bool:
    """Whether aiohttp lost the connection or got none, which the SDK's transport passes off as a timeout."""
    return any(
        type(cause).__module__.startswith("aiohttp") and not isinstance(cause, TimeoutError)
        for cause in _causes(error)
    )


def may_be_charged(error: BaseException) -> bool:
    """Whether the provider may have worked on a call that brought no answer: it got the request, and did not refuse it."""
    if isinstance(error, BriefingError) or hasattr(error, "status_code"):
        return False
    for cause in _causes(error):
        if type(cause).__module__.startswith("aiohttp"):
            import aiohttp

            # The SDK's transport calls any lost connection one that was not made.
            return not isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return "Connect" not in type(error.__cause__).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An SDK's error and what is below it: transports do not always name a cause."""
    yield error
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_stale_replay(error: BaseException) -> bool:
    """Whether vcrpy had no recorded answer; by name, as it is not there in ordinary use."""
    cause: BaseException | None = error
    while cause is not None:
        if type(cause).__name__ == "CannotOverwriteExistingCassetteException":
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _by_status(status: int, error: BaseException, said: str, target: Target) -> ProviderError:
    details: dict[str, Any] = {
        "status": status,
        "provider_message": said,
        "retry_after": retry_after(_headers(error)),
    }
    if status in (401, 403):
        return AuthenticationError(
            f"{target.provider} did not accept the API key ({status}): {said}; check api_key=, or the environment variable "
            "that it comes from",
            **details,
        )
    if status == 429:
        if _QUOTA.search(f"{said} {getattr(error, 'code', '')}"):
            return QuotaError(f"the account at {target.provider} is out of credit: {said}", **details)
        advice = "ask again later, or give more max_attempts="
        return RateLimitError(f"rate limit of {target.provider}: {said}; {advice}", **details)
    if status >= 500 or status == 408:
        return ServerError(f"{target.provider}'s server failed ({status}): {said}", **details)
    if 300 <= status < 400:
        to = excerpt(str(_headers(error).get("location", "nowhere")), 200)
        return RequestError(
            f"{scrub(target.base_url or target.provider)} redirects to {to}, where the article is not sent; if that is "
            "right, give it as base_url",
            **details,
        )
    if status == 404:
        return RequestError(
            f"{target.provider} has no model {target.name!r}, or base_url is wrong: {said}", **details
        )
    if status in (400, 413) and _CONTEXT.search(f"{said} {getattr(error, 'code', '')}"):
        return _too_long(error, said, target, details)
    return RequestError(f"{target.provider} rejected the request ({status}): {said}", **details)


def _too_long(error: BaseException, said: str, target: Target, details: dict[str, Any]) -> ContextWindowError:
    body = getattr(error, "body", None)
    body = body if isinstance(body, dict) else {}
    needed, available = body.get("n_prompt_tokens"), body.get("n_ctx")
    if needed is None and len(sizes := [int(size) for size in _SIZES.findall(said)]) >= 2:
        needed, available = max(sizes), min(sizes)
    sizes_said = f"it takes {available} tokens, the request has {needed}" if needed and available else said
    mapped = ContextWindowError(
        f"the article does not fit {target.model}: {sizes_said}. Shorten it, or use a model with a larger context",
        **details,
    )
    mapped.needed, mapped.available = needed, available
    return mapped


def _said(error: BaseException) -> str:
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        message = inner.get("message") if isinstance(inner, dict) else inner
        if message:
            return excerpt(str(message), 500)
    if isinstance(error, ValidationError):
        # Without the input: an error must not carry pages of the answer.
        reasons = [
            f"{'.'.join(map(str, e['loc'])) or 'answer'}: {e['msg']}"
            for e in error.errors(include_input=False)
        ]
        return excerpt("; ".join(reasons), 500)
    return excerpt(str(error), 500)


def _error_in(response: Any) -> str | None:
    extra = getattr(response, "model_extra", None) or {}
    error = extra.get("error") or getattr(response, "error", None)
    if isinstance(error, dict):
        error = error.get("message") or error
    return excerpt(str(error), 300) if error else None


def _headers(error: BaseException) -> Mapping[str, str]:
    headers = getattr(getattr(error, "response", None), "headers", None)
    return headers if headers is not None else {}
