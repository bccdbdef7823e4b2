"""Maps exceptions of SDKs, instructor, pydantic and HTTP clients, and unusable responses, to `BriefingError`s."""

from __future__ import annotations

import copy
import html
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import regex
from pydantic import ValidationError

from briefing.errors import (
    AnswerError,
    AuthenticationError,
    BriefingError,
    ConfigurationError,
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
from briefing.llm.providers import Adapter, Ending, ErrorFacts, adapter_of
from briefing.llm.targets import Target
from briefing.meta import Usage
from briefing.redaction import excerpt, scrub
from briefing.throttling import retry_after

_CONTEXT = regex.compile(
    r"context[ _](?:length|window|size|limit)|maximum (?:context|model length|prompt length)|too many tokens|prompt is too long"
    r"|model token limit|`max_new_tokens` must be|input tokens?(?: count)? exceeds?",
    regex.IGNORECASE,
)
#: In a 429 for a request that is larger than what a minute allows: it never passes.
_TOO_LARGE = regex.compile(r"request too large", regex.IGNORECASE)
_QUOTA = regex.compile(
    r"insufficient[_ ](?:quota|credits?|balance|funds)|exceeded[_ ](?:your[_ ])?current[_ ]quota|credit balance is too low"
    r"|budget(?: has been |_)exceeded|ExceededBudget|spending limit|any credits yet|API usage limits|billing_|arrearage"
    r"|models-per-day",
    regex.IGNORECASE,
)
#: In messages about empty accounts. Messages about rate limits have it as well, in a link to where limits are raised.
_BILLING, _RATE_LIMIT = (
    regex.compile("billing", regex.IGNORECASE),
    regex.compile("rate limit", regex.IGNORECASE),
)
#: In messages about keys and accounts that some servers send with status 400.
_REFUSED_KEY = regex.compile(
    r"(?:incorrect|invalid) API key|API key (?:is )?(?:not valid|invalid)|organization has been (?:disabled|restricted)",
    regex.IGNORECASE,
)
#: In messages about filters by servers that have no code for it.
_FILTER_WORDS = regex.compile(
    r"content management policy|content ?policy ?violation|content filtering policy|content exists risk"
    r"|violates usage guidelines|violat\w+ our (?:usage|content) polic|input was flagged|flagged by moderation"
    r"|our safety system|inappropriate content|不安全或敏感内容",
    regex.IGNORECASE,
)
#: Error codes of requests whose article or answer a filter stopped.
_FILTERED = frozenset(
    (
        *("content_filter", "content_policy_violation", "data_inspection_failed", "DataInspectionFailed"),
        "moderation_blocked",
    )
)
#: Error codes of servers that check the answer themselves: the next answer may be valid.
_INVALID_GENERATION = frozenset(("json_validate_failed", "tool_use_failed"))
#: Exceptions of SDKs for an error that is sent in a stream, after status 200; and the status for the words in it.
_SENT_IN_STREAM = frozenset(("APIError", "APIStatusError"))
_STATUSES = {
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "insufficient_quota": 429,
    "billing_error": 402,
    "content_filter": 400,
    "overloaded_error": 529,
}
#: "cannot schedule new futures after interpreter shutdown", "can't create new thread at interpreter shutdown" and the like.
_SHUTDOWN = regex.compile(r"\b(?:after|at) (?:interpreter )?shutdown")
#: Start of an HTML page. Atomic groups keep matching linear in pages with many comments.
_HTML_START = regex.compile(
    r"\ufeff?\s*(?><\?xml[^>]*>\s*)?(?><!--(?:(?!-->).)*-->\s*)*+<(?:!doctype\s+html|html|head|body|title|meta|script|style|link|div|p|h[1-6]|center|form|table|span|br|iframe)\b",
    regex.IGNORECASE | regex.DOTALL,
)
_PAGE_TITLE = regex.compile(r"<title[^>]*>([^<]*)", regex.IGNORECASE)
#: Characters of a page that are searched.
_PAGE_HEAD = 20_000
#: In the names of HTTP clients' exceptions for connections that failed.
_LOST = regex.compile(r"Connect|Protocol|ReadError|WriteError")
#: Numbers of tokens: neither terms of a sum nor parts of a name.
_SIZES = regex.compile(r"(?<![\w.-]|\+ )\d{3,9}(?![\w-]| \+)")


def response_error(response: Any, ending: Ending, target: Target) -> ProviderError | None:
    """Return the error for a response with status 200 that holds no usable answer; `None` if it may be parsed."""
    if isinstance(response, str):
        return _not_json_error(response, "text instead of JSON")
    if response is None or isinstance(response, bool | int | float | list | dict):
        return ServerError("the server's response is not an object with choices; is base_url right?")
    message = ending.message
    if ending.kind in ("none", "error") and ending.status is not None:
        facts = ErrorFacts(ending.status, message)
        return _from_status(ending.status, facts, message or ending.reason, target)
    match ending.kind:
        case "refusal":
            return RefusalError("the model refused", provider_message=message)
        case "filter":
            reason = f" ({ending.reason})" if ending.reason else ""
            return FilteredError(
                f"the provider's content filter stopped the answer{reason}", provider_message=message
            )
        case "length":
            return TruncatedError("the answer was cut off at the output limit")
        case "none":
            return ServerError(
                f"the server's response has no answer{f', but an error: {message}' if message else ''}",
                provider_message=message,
            )
        case "error":
            return ServerError(
                f"the server ended the answer with an error{f': {message}' if message else ''}",
                provider_message=message,
            )
    return None


@contextmanager
def map_json_errors() -> Iterator[None]:
    """Map JSON errors of an SDK to `ServerError`, which is retried: the response, not the model's answer, is not JSON.

    Raises:
        ServerError: the body of the response is not JSON.
    """
    try:
        yield
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = _not_json_error(getattr(error, "doc", ""), "no JSON, despite its content type")
        if not isinstance(problem, WebPageError):
            problem.provider_message = excerpt(str(error), 200)
        raise problem from error


def _not_json_error(body: str, what: str) -> ServerError:
    """Return the error for a body with status 200 that is not JSON, by whether it is a web page."""
    shown = excerpt(body, 200)
    if not _HTML_START.match(body[:_PAGE_HEAD]):
        return ServerError(f"the server sent {what}; is base_url right?", provider_message=shown)
    title = _PAGE_TITLE.search(body[:_PAGE_HEAD])
    named = excerpt(html.unescape(title[1]), 100) if title else ""
    return WebPageError(
        f"the server sent a web page instead of JSON{f': {named!r}' if named else ''}. base_url is probably wrong "
        "(that of an OpenAI-compatible API often ends in /v1), or a proxy or login page is in front of the API",
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
    """Map an exception of an SDK, instructor or pydantic to a `BriefingError`.

    Any other exception becomes an `AnswerError`, so that callers need to catch one root only. `attempts` and `usage` are
    those of all calls so far; `deadline` tells a timeout of the deadline from one of the call.
    """
    if isinstance(error, BriefingError):
        return error
    for cause in _causes(error):
        if isinstance(cause, BriefingError):
            # Raised in a hook while the SDK read the response. A copy, because the SDK's error becomes its cause.
            return copy.copy(cause)
    mapped = interpreter_ending(error) or _mapped(error, target, deadline)
    mapped.attempts, mapped.usage = attempts, usage
    return mapped


def interpreter_ending(error: BaseException) -> ConfigurationError | None:
    """Return the error to raise for one that Python raises because the main thread has ended; `None` for any other."""
    if not any(isinstance(e, RuntimeError) and _SHUTDOWN.search(str(e)) for e in _causes(error)):
        return None
    return ConfigurationError(
        "the main thread has ended, and Python starts no thread after that; join() your threads in the main thread"
    )


def _mapped(error: BaseException, target: Target, deadline: Deadline) -> ProviderError:
    facts = adapter_of(target.provider).read_error(error)
    kind, message, causes = type(error).__name__, _message(error, facts), list(_causes(error))
    where = target.base_url or f"{target.provider}'s server"
    if isinstance(error, ValidationError | json.JSONDecodeError) or kind in (
        "ResponseParsingError",
        "AsyncValidationError",
    ):
        return AnswerError(f"{target.model} gave no usable answer: {message}", provider_message=message)
    if kind == "IncompleteOutputException":
        return TruncatedError("the answer was cut off at the output limit")
    if facts.status in (None, 200) and kind in _SENT_IN_STREAM:
        sent = regex.fullmatch(r"[45]\d\d", facts.code)
        return _from_status(int(sent[0]) if sent else _STATUSES.get(facts.code, 500), facts, message, target)
    if facts.status is not None:
        return _from_status(facts.status, facts, message, target)
    # aiohttp lost or did not get a connection, which the SDK's transport reports as a timeout.
    lost = any(type(c).__module__.startswith("aiohttp") and not isinstance(c, TimeoutError) for c in causes)
    if (
        facts.status is None
        and not lost
        and ("Timeout" in kind or any(isinstance(cause, TimeoutError) for cause in causes))
    ):
        if deadline.remaining() == 0:
            return DeadlineError("the deadline passed while the server was answering")
        return ProviderTimeoutError(f"{where} did not answer in time; a larger timeout= may help")
    # vcrpy had no recorded response. By class name, as vcrpy is a test dependency.
    if any(type(cause).__name__ == "CannotOverwriteExistingCassetteException" for cause in causes):
        return StaleCassetteError(
            "the cassette is stale: it holds no response to this request, so the article, prompt or schema has "
            "changed since it was recorded. Record it again: briefing regenerate FOLDER --record, or in your "
            "own tests pytest --record-mode=rewrite"
        )
    if lost or isinstance(error, OSError) or _LOST.search(kind):
        cause = error.__cause__ or error
        ended = ssl.SSLEOFError | ssl.SSLZeroReturnError
        if any(isinstance(c, ssl.SSLError) and not isinstance(c, ended) for c in causes):
            problem = f"TLS handshake with {scrub(where)} failed: {scrub(str(cause))}"
            return TlsError(problem, provider_message=message)
        reason = scrub(str(cause) or type(cause).__name__)
        advice = "check the network, and that the server runs where base_url says"
        return UnreachableError(f"cannot reach {scrub(where)}: {reason}; {advice}", provider_message=message)
    return AnswerError(f"{target.model}: {kind}: {message}", provider_message=message)


def may_be_charged(error: BaseException, adapter: Adapter) -> bool:
    """Whether the provider may charge for a call without an answer: it received the request and did not reject it."""
    if isinstance(error, BriefingError) or adapter.read_error(error).status not in (None, 200):
        return False
    for cause in _causes(error):
        if type(cause).__module__.startswith("aiohttp"):
            import aiohttp

            # The SDK's transport reports a lost connection as one that was not made.
            return not isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return "Connect" not in type(error.__cause__).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes, also implicit ones: not all transports raise from a cause."""
    yield error
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _from_status(status: int, facts: ErrorFacts, message: str, target: Target) -> ProviderError:
    details: dict[str, Any] = {
        "status": status,
        "provider_message": message,
        "retry_after": retry_after(facts.headers),
    }
    code, said = facts.code, f"{message} {facts.code}"
    if status == 402 or (status in (400, 403, 412, 429) and _is_unpaid(said)):
        return QuotaError(f"the account at {target.provider} is out of credit: {message}", **details)
    if (status in (400, 403, 422, 498) and code in _FILTERED) or (
        status in (400, 403, 422) and _FILTER_WORDS.search(message)
    ):
        return FilteredError(
            f"the content filter of {target.provider} stopped the request: {message}", **details
        )
    if status == 400 and code in _INVALID_GENERATION:
        return ServerError(f"{target.provider} got no answer that matches the schema: {message}", **details)
    if status in (401, 403) or (status == 400 and _REFUSED_KEY.search(message)):
        return AuthenticationError(
            f"{target.provider} did not accept the API key ({status}): {message}; check api_key=, or the environment "
            "variable that it comes from",
            **details,
        )
    if _is_too_large(facts, message) or (status in (400, 422) and _CONTEXT.search(said)):
        return _context_error(facts, message, target, details)
    if status == 429:
        advice = "try again later, or raise max_attempts="
        return RateLimitError(f"rate limit of {target.provider}: {message}; {advice}", **details)
    if status >= 500 or status in (408, 498):  # 498: Groq has no capacity
        return ServerError(f"{target.provider}'s server failed ({status}): {message}", **details)
    if 300 <= status < 400:
        to = excerpt(str(facts.headers.get("location", "nowhere")), 200)
        return RequestError(
            f"{scrub(target.base_url or target.provider)} redirects to {to}, where the article is not sent. If that "
            "address is right, pass it as base_url=",
            **details,
        )
    if status == 404:
        return RequestError(
            f"{target.provider} has no model {target.name!r}, or base_url is wrong: {message}", **details
        )
    return RequestError(f"{target.provider} rejected the request ({status}): {message}", **details)


def _is_unpaid(said: str) -> bool:
    return bool(_QUOTA.search(said) or (_BILLING.search(said) and not _RATE_LIMIT.search(said)))


def _is_too_large(facts: ErrorFacts, message: str) -> bool:
    """Whether a request is larger than it may be; the file of a batch is no article."""
    of_file = facts.body.get("param") == "file"
    return (facts.status == 413 and not of_file) or (facts.status == 429 and bool(_TOO_LARGE.search(message)))


def _context_error(
    facts: ErrorFacts, message: str, target: Target, details: dict[str, Any]
) -> ContextWindowError:
    needed, available = facts.body.get("n_prompt_tokens"), facts.body.get("n_ctx")
    if needed is None and len(sizes := [int(size) for size in _SIZES.findall(message)]) >= 2:
        needed, available = max(sizes[:2]), min(sizes[:2])
    if needed == available:  # of two that the message is not about
        needed = available = None
    reason = f"it takes {available} tokens, the request has {needed}" if needed and available else message
    mapped = ContextWindowError(
        f"the article does not fit {target.model}: {reason}. Shorten it, or use a model with a larger context",
        **details,
    )
    mapped.needed, mapped.available = needed, available
    return mapped


def _message(error: BaseException, facts: ErrorFacts) -> str:
    if facts.message:
        return excerpt(facts.message, 500)
    if isinstance(error, ValidationError):
        # Without the input, which may be the whole answer.
        reasons = [
            f"{'.'.join(map(str, e['loc'])) or 'answer'}: {e['msg']}"
            for e in error.errors(include_input=False)
        ]
        return excerpt("; ".join(reasons), 500)
    return excerpt(str(error), 500)
