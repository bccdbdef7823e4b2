"""Every error that `briefing` raises.

BriefingError
├── InputError                 the article cannot be used: empty, binary, missing, not text
│   └── ForbiddenUrlError      a URL that `Source.from_url` refuses to fetch
├── ConfigurationError         the call cannot be made as it is set up
│   ├── UnknownModelError      unknown provider or model
│   ├── MissingKeyError        the provider needs an API key
│   ├── MissingExtraError      an optional package is not installed
│   ├── PromptError            a prompt file that cannot be used
│   └── SchemaError            a `schema=` that cannot be used
├── ModelFileError             the weights of a local model are unavailable, or have the wrong checksum
├── FetchError                 a URL could not be fetched
├── JournalError               the journal cannot be read or written
└── ProviderError              the model's server failed, or its answer could not be used
    ├── AuthenticationError    401, 403
    ├── RateLimitError         429, temporary
    ├── QuotaError             429, permanent: the account is out of credit
    ├── ServerError            5xx, 408, or a response that is not a completion
    │   ├── WebPageError       a web page instead of an answer: base_url, a proxy, a login
    │   └── OversizedError     a response larger than any briefing
    ├── UnreachableError       no connection, or the connection broke
    │   └── TlsError           the TLS handshake failed
    ├── ProviderTimeoutError   no answer within `timeout`
    ├── DeadlineError          `deadline` passed
    ├── BudgetError            `max_cost_usd` or `max_tokens_total` would be exceeded
    ├── ContextWindowError     the article does not fit the model
    ├── RequestError           any other 4xx, or a redirect
    ├── StaleCassetteError     a replayed cassette has no answer to this request
    └── AnswerError            an answer that cannot be read as the schema
        ├── TruncatedError     truncated at the output limit
        ├── RefusalError       the model refused
        ├── FilteredError      the provider's content filter stopped the answer
        └── GroundingError     a required item points at nothing in the source
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from briefing._version import DISTRIBUTION

if TYPE_CHECKING:
    from pydantic import BaseModel

    from briefing.meta import Usage


#: Characters that a terminal obeys (C0 and C1, but for tab and line feed), that reorder the text behind them (embeddings,
#: overrides, isolates), that end a line for some programs only, or that nothing can encode.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
#: The flags of England, Scotland and Wales, which are spelled with such characters; or one of these elsewhere.
_FLAG_OR_CONTROL = re.compile(
    "(\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|"
    f"\U000e0077\U000e006c\U000e0073)\U000e007f)|{_CONTROLS.pattern}"
)


def printable(text: str) -> str:
    """Return a text for a terminal, a page or a log: each control character replaced by U+FFFD, and CR LF by LF."""
    text = text.replace("\r\n", "\n")
    if "\U000e007f" in text:
        return _FLAG_OR_CONTROL.sub(lambda found: found[1] or "\ufffd", text)
    return _CONTROLS.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Return a text on one line, with each run of white space as one space, and control characters as by `printable`."""
    return printable(" ".join(text.split()))


def escape_json(text: str) -> str:
    """Return JSON with the characters escaped that `printable` replaces; its value stays the same."""
    return _CONTROLS.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _rebuild(cls: type[BriefingError], args: tuple[Any, ...], state: dict[str, Any]) -> BriefingError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class BriefingError(Exception):
    """Base class of all errors of `briefing`. Picklable; the message says what to do.

    Attributes:
        attempts: HTTP requests made for the article, retries included.
        usage: tokens spent on the article in all attempts; `None` if no request was made.
        cost_usd: cost of these tokens in US dollars; `None` if nothing was spent or the price is unknown.
        index: position of the article in the iterable, from 0; `None` outside of `summarize_many`.
        source: the article as the caller passed it; `None` outside of `summarize_many`.
        fallback_errors: errors of the fallback models, in the order in which they were tried.
    """

    attempts: int = 0
    usage: Usage | None = None
    cost_usd: float | None = None
    index: int | None = None
    source: Any = None
    fallback_errors: tuple[BriefingError, ...] = ()

    @override
    def __str__(self) -> str:
        """The message, as `printable`: it may quote a server, a file's name or an article."""
        return printable(super().__str__())

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class InputError(BriefingError):
    """Raised when the article cannot be used: it is empty, binary, too large or unreadable, or a file cannot be written."""


class ForbiddenUrlError(InputError):
    """Raised by `Source.from_url` for a URL that is not http(s) or leads to a private or loopback address."""


class ConfigurationError(BriefingError):
    """Raised before any request when an argument, an environment variable or a combination of them is invalid."""


class UnknownModelError(ConfigurationError):
    """Raised when `model=` names an unknown provider, an unknown local model or an unreadable model file."""


class MissingKeyError(ConfigurationError):
    """Raised when the provider needs an API key, and neither `api_key=` nor the environment has one."""


class MissingExtraError(ConfigurationError):
    """Raised when an optional package is not installed.

    Attributes:
        extra: the extra to install, as in ``pip install "grounded-briefing[extra]"``; `None` for a provider's own package.
    """

    def __init__(self, what: str, extra: str | None = None, *, package: str | None = None) -> None:
        wanted = package or f'"{DISTRIBUTION}[{extra}]"'
        # The local model is the default when no key is set, so the user may not have chosen it.
        other = (
            ". For another model, set OPENAI_API_KEY, or give model= and its key" if extra == "local" else ""
        )
        super().__init__(f"{what} needs an optional package. Run: pip install {wanted}{other}")
        self.extra = extra


class PromptError(ConfigurationError):
    """Raised when a prompt file is missing or malformed, or uses an undefined variable."""


class SchemaError(ConfigurationError):
    """Raised when `schema=` is not a pydantic model, or the model has a field that cannot be sent as JSON schema."""


class ModelFileError(BriefingError):
    """Raised when the weights of a local model cannot be downloaded, stored or loaded, or have the wrong checksum."""


class FetchError(BriefingError):
    """Raised by `Source.from_url` when there is no answer, an HTTP error, or a response that is too large or not a page."""


class JournalError(BriefingError):
    """Raised when the journal cannot be read or written, or has no result for a fingerprint.

    Attributes:
        result: the finished briefing that could not be recorded; `None` if nothing was lost.
    """

    def __init__(self, message: str, *, result: BaseModel | None = None) -> None:
        super().__init__(message)
        self.result = result


class ProviderError(BriefingError):
    """Base class of errors of a request: the model's server failed, or its answer could not be used.

    Attributes:
        partial: fields of the result that earlier asks of a staged plan had answered, by name.
        provider_message: the provider's own message, with secrets redacted; `None` if it sent none.
        status: HTTP status code; `None` if there was no response.
        retry_after: seconds after which a retry may succeed (`Retry-After`); `None` if unknown.

    `attempts`, `usage` and `cost_usd` are as in `BriefingError`.
    """

    def __init__(
        self,
        message: str,
        *,
        attempts: int = 0,
        usage: Usage | None = None,
        cost_usd: float | None = None,
        provider_message: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.attempts, self.usage, self.cost_usd = attempts, usage, cost_usd
        self.provider_message, self.status, self.retry_after = provider_message, status, retry_after
        self.partial: dict[str, Any] = {}


class AuthenticationError(ProviderError):
    """Raised when the provider rejects the API key (401, 403). Not retried."""


class RateLimitError(ProviderError):
    """Raised when the rate limit is still exceeded after all retries, or the wait would pass the deadline (429)."""


class QuotaError(ProviderError):
    """Raised when the account is out of credit (429 `insufficient_quota`). Not retried."""


class ServerError(ProviderError):
    """Raised when the provider fails (5xx, 408), or sends a 200 response that is not a completion."""


class WebPageError(ServerError):
    """Raised when a web page comes instead of an answer, twice: a wrong `base_url`, a proxy or a login page."""


class OversizedError(ServerError):
    """Raised when a response is larger than any briefing, twice; the rest of it is not read."""


class UnreachableError(ProviderError):
    """Raised when the server cannot be reached or the connection breaks, after all retries."""


class TlsError(UnreachableError):
    """Raised when the TLS handshake fails: an untrusted certificate, or a server that speaks plain HTTP. Not retried."""


class ProviderTimeoutError(ProviderError):
    """Raised when the server does not answer within `timeout` seconds, after all retries."""


class DeadlineError(ProviderError):
    """Raised when the article's `deadline` passes, or would pass before the next retry."""


class BudgetError(ProviderError):
    """Raised instead of a request that could exceed `max_cost_usd` or `max_tokens_total`."""


class ContextWindowError(ProviderError):
    """Raised when the article does not fit the model's context window.

    Attributes:
        needed: tokens of the request; `None` if the provider did not report them.
        available: size of the context window in tokens; `None` if the provider did not report it.
    """

    needed: int | None = None
    available: int | None = None


class RequestError(ProviderError):
    """Raised when the provider rejects the request (any other 4xx) or redirects it. Not retried."""


class StaleCassetteError(ProviderError):
    """Raised when a replayed cassette has no answer to this request: record it again."""


class AnswerError(ProviderError):
    """Raised when the answer cannot be read as the schema, after all attempts."""


class TruncatedError(AnswerError):
    """Raised when the answer is truncated at the output limit, also after the limit was raised."""


class RefusalError(AnswerError):
    """Raised when the model refuses to answer; its words are in `provider_message`."""


class FilteredError(AnswerError):
    """Raised when the provider's content filter stops the answer."""


class GroundingError(AnswerError):
    """Raised when a required item still points at nothing in the source after the repair ask."""
