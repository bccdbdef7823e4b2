"""What each fault of `known_faults` costs, and how it ends: the tables of the fault matrices."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from briefing import (
    AnswerError,
    AuthenticationError,
    ContextWindowError,
    FilteredError,
    OversizedError,
    ProviderError,
    ProviderTimeoutError,
    QuotaError,
    RateLimitError,
    RefusalError,
    RequestError,
    ServerError,
    TruncatedError,
    UnreachableError,
    WebPageError,
)
from briefing.testing.answers import answer
from briefing.testing.fake_model import Fault, known_faults
from briefing.testing.protocols import ProtocolName

FAULTS = known_faults()
#: Calls that a briefing costs where nothing fails: the staged plan asks for four fields.
GOOD_CALLS = {"joint": 1, "staged": 4}
MAX_ATTEMPTS = 4


class Row(NamedTuple):
    """What a fault costs, and how it ends.

    Attributes:
        once: further calls where the fault comes once; `None` where no call heals it.
        lasting: calls where it stays, by the plan that is used, sync and async; the staged plan stops at its first field.
        error: how it ends then.
        said: part of the provider's message in the error.
        tokens: whether the server said how many tokens it took.
    """

    once: int | None
    lasting: dict[str, int]
    error: type[ProviderError]
    said: str | None = None
    tokens: bool = False


def passing(error: type[ProviderError], said: str | None = None, *, tokens: bool = False) -> Row:
    """Heals by a retry; stays after all attempts."""
    return Row(1, {"joint": MAX_ATTEMPTS, "staged": MAX_ATTEMPTS}, error, said, tokens)


def seldom(error: type[ProviderError], said: str | None = None) -> Row:
    """Heals by one retry, or not at all."""
    return Row(1, {"joint": 2, "staged": 2}, error, said)


def final(error: type[ProviderError], said: str | None = None, *, tokens: bool = False) -> Row:
    """Not tried again."""
    return Row(None, {"joint": 1, "staged": 1}, error, said, tokens)


def asked_again(said: str) -> Row:
    """The model is told what was wrong, twice at most."""
    return Row(1, {"joint": 3, "staged": 3}, AnswerError, said, tokens=True)


#: The joint plan asks with more room once, then for one field, with more room once.
CUT_OFF = Row(1, {"joint": 4, "staged": 2}, TruncatedError, tokens=True)

ENDS_IN_ERRORS = {
    "429 Retry-After seconds": passing(RateLimitError, "fake failure 429"),
    "429 Retry-After date": passing(RateLimitError, "fake failure 429"),
    "429 Retry-After 0": passing(RateLimitError, "fake failure 429"),
    "429 Retry-After 300": final(RateLimitError, "fake failure 429"),
    "429 quota": final(QuotaError, "exceeded your current quota"),
    "500": passing(ServerError, "fake failure 500"),
    "502": passing(ServerError, "Bad Gateway"),
    "503": passing(ServerError, "fake failure 503"),
    "529": passing(ServerError, "fake failure 529"),
    "408": passing(ServerError, "fake failure 408"),
    "closed": passing(UnreachableError),
    "reset before": passing(UnreachableError),
    "reset inside": passing(UnreachableError),
    "hang": passing(ProviderTimeoutError),
    "drip": passing(ProviderTimeoutError),
    "cut short": passing(UnreachableError),
    "HTML with 200": seldom(WebPageError, "Acme &amp; Co: Sign in"),
    "empty body": passing(ServerError, "Expecting value"),
    "empty choices": passing(ServerError, tokens=True),
    "length": CUT_OFF,
    "JSON cut off": CUT_OFF,
    "content filter": final(FilteredError, tokens=True),
    "refusal": final(RefusalError, "I cannot help with that", tokens=True),
    "invalid JSON": asked_again("Invalid JSON"),
    "wrong shape": asked_again("Field required"),
    "10 MB": seldom(OversizedError),
    "401": final(AuthenticationError, "Incorrect API key"),
    "403": final(AuthenticationError, "country is not supported"),
    "404 model": final(RequestError, "does not exist"),
    "400 context length": final(ContextWindowError, "maximum context length"),
    "redirect": final(RequestError),
}

#: Read as they are: the further calls are repairs of single items, one for each field that has wrong ones.
READ = {
    "code fence": {"joint": 0, "staged": 0},
    "wrong content type": {"joint": 0, "staged": 0},
    "duplicate ids": {"joint": 0, "staged": 0},
    "ids out of range": {"joint": 1, "staged": 2},
    "NaN": {"joint": 1, "staged": 1},
}

#: Faults of servers that never answer whole.
TIMED_OUT = ("hang", "drip")


def once(fault: Fault, protocol: ProtocolName = "openai") -> Callable[[dict[str, Any]], Fault | None]:
    """The fault, at the first request whose answer it changes."""
    left = [fault]

    def script(request: dict[str, Any]) -> Fault | None:
        good = json.dumps(answer(request, protocol), ensure_ascii=False)
        if callable(fault.content) and json_of(fault.content(good)) == json_of(good):
            return None
        return left.pop() if left else None

    return script


def json_of(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
