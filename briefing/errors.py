"""Every error that `briefing` raises.

BriefingError
├── InputError                 the article cannot be used: empty, binary, missing, not text
│   └── ForbiddenUrlError      a URL that `Source.from_url` will not fetch
├── ConfigurationError         the call cannot be made as it is set up
│   ├── UnknownModelError      no such provider or model
│   ├── MissingKeyError        the provider needs an API key
│   ├── MissingExtraError      an optional package is not installed
│   ├── PromptError            a prompt file that cannot be used
│   └── SchemaError            a `schema=` that cannot be asked for
├── ModelFileError             the weights of a local model cannot be had, or are not the right ones
├── FetchError                 a URL could not be fetched
├── JournalError               the journal cannot be read or written
└── ProviderError              the model's server failed, or its answer could not be used
    ├── AuthenticationError    401, 403
    ├── RateLimitError         429 that passes
    ├── QuotaError             429 that does not: the account is out of credit
    ├── ServerError            5xx, 408, or an answer that is none
    │   ├── WebPageError       a web page in place of an answer: base_url, a proxy, a login
    │   └── OversizedError     an answer that no briefing can be
    ├── UnreachableError       no connection, or it broke
    │   └── TlsError           no safe connection
    ├── ProviderTimeoutError   no answer within `timeout`
    ├── DeadlineError          `deadline` passed
    ├── BudgetError            `max_cost_usd` or `max_tokens_total` would be passed
    ├── ContextWindowError     the article does not fit the model
    ├── RequestError           any other 4xx
    ├── StaleCassetteError     a replayed cassette holds no answer to this request
    └── AnswerError            an answer that is no briefing
        ├── TruncatedError     cut off at the output limit
        ├── RefusalError       the model refused
        ├── FilteredError      the provider's content filter cut in
        └── GroundingError     a required item points at nothing in the source
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

    from briefing.meta import Usage


def _rebuild(cls: type[BriefingError], args: tuple[Any, ...], state: dict[str, Any]) -> BriefingError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class BriefingError(Exception):
    """Root of all errors of `briefing`. Picklable; the message says what to do.

    Attributes:
        attempts: HTTP calls made for the article.
        usage: tokens spent on it, all attempts counted; `None` where no model was asked.
        cost_usd: what they cost in US dollars; `None` where that is nothing, or not known.
        index: number of the article, from 0, that it is about, where there were many.
        source: that article, as it was given.
    """

    attempts: int = 0
    usage: Usage | None = None
    cost_usd: float | None = None
    index: int | None = None
    source: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class InputError(BriefingError):
    """The article cannot be used."""


class ForbiddenUrlError(InputError):
    """The URL points to a private or loopback address, or is not http(s)."""


class ConfigurationError(BriefingError):
    """The call cannot be made as it is set up."""


class UnknownModelError(ConfigurationError):
    """There is no such provider or model."""


class MissingKeyError(ConfigurationError):
    """The provider needs an API key and none was given."""


class MissingExtraError(ConfigurationError):
    """An optional package is not installed.

    Attributes:
        extra: name of the extra, as in ``pip install "briefing[extra]"``; `None` for a provider's package.
    """

    def __init__(self, what: str, extra: str | None = None, *, package: str | None = None) -> None:
        wanted = package or f'"briefing[{extra}]"'
        # It is the default where nothing else is set, so that some who see this have never asked for it.
        other = (
            ". For another model, set OPENAI_API_KEY, or give model= and its key" if extra == "local" else ""
        )
        super().__init__(f"{what} needs an optional package. Run: pip install {wanted}{other}")
        self.extra = extra


class PromptError(ConfigurationError):
    """A prompt file is missing, malformed or uses an undefined variable."""


class SchemaError(ConfigurationError):
    """The `schema=` is not a pydantic model that can be asked for."""


class ModelFileError(BriefingError):
    """The weights of a local model cannot be had, or are not the expected ones."""


class FetchError(BriefingError):
    """A URL could not be fetched: no answer, too large, not a page."""


class JournalError(BriefingError):
    """The journal cannot be read or written.

    Attributes:
        result: what was made, and could not be recorded; `None` if nothing was lost.
    """

    def __init__(self, message: str, *, result: BaseModel | None = None) -> None:
        super().__init__(message)
        self.result = result


class ProviderError(BriefingError):
    """The model's server failed, or its answer could not be used.

    Attributes:
        attempts: HTTP calls made for the article.
        usage: tokens spent on it, all attempts counted.
        cost_usd: what they cost in US dollars; `None` where that is nothing, or not known.
        partial: fields of the result that were answered before, in a staged plan.
        provider_message: what the provider said, without secrets; `None` if nothing.
        status: HTTP status, if there was one.
        retry_after: seconds the server asked to wait, if it did.
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
        self.attempts = attempts
        self.usage = usage
        self.cost_usd = cost_usd
        self.partial: dict[str, Any] = {}
        self.provider_message = provider_message
        self.status = status
        self.retry_after = retry_after


class AuthenticationError(ProviderError):
    """The provider did not accept the key (401, 403)."""


class RateLimitError(ProviderError):
    """The provider's rate limit was hit, and waiting did not help or would take too long (429)."""


class QuotaError(ProviderError):
    """The account is out of credit (429 `insufficient_quota`); retrying cannot help."""


class ServerError(ProviderError):
    """The provider failed (5xx, 408), or sent no answer with status 200."""


class WebPageError(ServerError):
    """A web page came in place of an answer, twice: `base_url` is wrong, or a proxy or a login stands before the API."""


class OversizedError(ServerError):
    """The answer is larger than any briefing, twice; it was not read to its end."""


class UnreachableError(ProviderError):
    """The server cannot be reached, or the connection broke."""


class TlsError(UnreachableError):
    """TLS with the server failed: its certificate is not trusted, or it does not speak TLS. Not tried again."""


class ProviderTimeoutError(ProviderError):
    """The server did not answer within `timeout`."""


class DeadlineError(ProviderError):
    """The overall `deadline` passed."""


class BudgetError(ProviderError):
    """The next call could pass `max_cost_usd` or `max_tokens_total`; it was not made."""


class ContextWindowError(ProviderError):
    """The article does not fit the model's context window.

    Attributes:
        needed: tokens that the request needs, if known.
        available: tokens that the model takes, if known.
    """

    needed: int | None = None
    available: int | None = None


class RequestError(ProviderError):
    """The provider rejected the request (4xx)."""


class StaleCassetteError(ProviderError):
    """A replayed cassette holds no answer to this request: it must be recorded again."""


class AnswerError(ProviderError):
    """The model's answer is no briefing, after all attempts."""


class TruncatedError(AnswerError):
    """The answer was cut off at the output limit."""


class RefusalError(AnswerError):
    """The model refused."""


class FilteredError(AnswerError):
    """The provider's content filter stopped the answer."""


class GroundingError(AnswerError):
    """A required item points at nothing in the source, also when asked again."""
