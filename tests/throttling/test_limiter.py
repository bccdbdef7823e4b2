"""Tests of the limiter: how the end of a call is reported, and when asks fail at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from briefing.errors import AuthenticationError, BriefingError, QuotaError, ServerError
from briefing.llm.providers import OPENAI_CHAT
from briefing.throttling.adaptive_limit import AdaptiveLimit
from briefing.throttling.limiter import RESPONSE_HEADERS, Limiter

#: The time of every call.
NOW = 1000.0


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the limiter's clock."""
    monkeypatch.setattr("briefing.throttling.limiter.time", SimpleNamespace(monotonic=lambda: NOW))


class HttpError(Exception):
    """An error like those of the SDK."""

    def __init__(self, status: int, code: str | None = None, **headers: str) -> None:
        self.status_code, self.code = status, code
        self.response = type(
            "Response", (), {"headers": {k.replace("_", "-"): v for k, v in headers.items()}}
        )


async def failed_call(
    error: BaseException, *, last_answer: float = 0.0, headers: dict[str, str] | None = None
) -> tuple[bool, AdaptiveLimit]:
    """Whether a call that ended so was reported as rate-limited, and the limit after it."""
    limiter, limited = Limiter(AdaptiveLimit()), []
    limiter.limit.last_answer = NOW - last_answer

    async def call() -> None:
        async with limiter.slot(
            1.0, lambda: None, lambda: limited.append(True), None, OPENAI_CHAT.read_error
        ):
            if headers is not None:
                RESPONSE_HEADERS.set(headers)
            raise error

    with pytest.raises(type(error)):
        await call()
    return bool(limited), limiter.limit


@pytest.mark.parametrize(
    ("error", "rate_limited", "rejections", "answered"),
    [
        (HttpError(429), True, 1, False),
        (HttpError(429, "insufficient_quota"), False, 0, True),
        (HttpError(429, "rate_limit_exceeded"), True, 1, False),
        (HttpError(529), False, 1, False),
        (HttpError(503, retry_after="3"), False, 1, False),
        (HttpError(503), False, 0, True),
        (HttpError(500, retry_after="3"), False, 0, True),
        (ConnectionError(), False, 0, False),
        (TimeoutError(), False, 0, False),
    ],
)
async def test_an_error_is_reported_by_what_it_says_of_the_load(
    error: Exception, rate_limited: bool, rejections: int, answered: bool
) -> None:
    """A 429, a 529, and a 503 that says when to come back are rejections; other responses are answers."""
    limited, limit = await failed_call(error, last_answer=50.0)
    assert (rate_limited, rejections, answered, 0) == (
        limited,
        limit.rejections,
        limit.last_answer == NOW,
        limit.in_flight,
    )


@pytest.mark.parametrize(("last_answer", "spared"), [(119.9, True), (120.0, False)])
async def test_a_rejection_is_no_attempt_while_others_are_answered(last_answer: float, spared: bool) -> None:
    """Where the last answer to any call is two minutes old, it is one."""
    assert spared == (await failed_call(HttpError(429), last_answer=last_answer))[0]


async def test_a_response_that_was_read_is_an_answer_though_it_is_unusable() -> None:
    """The error that it became has no headers of its own."""
    _, limit = await failed_call(ServerError("no choices"), last_answer=50.0, headers={})
    assert NOW == limit.last_answer


async def test_a_call_that_is_not_admitted_in_time_is_an_error() -> None:
    """It leaves no trace in the queue."""
    limiter = Limiter(AdaptiveLimit(max_concurrency=1, initial=1))
    permit = await limiter.acquire()
    with pytest.raises(TimeoutError):
        async with limiter.slot(1.0, lambda: None, lambda: None, 0.01, OPENAI_CHAT.read_error):
            raise AssertionError
    limiter.answered(permit, tokens=7, headers=None)
    assert (0, 0) == (limiter.waiting, limiter.limit.in_flight)


async def test_a_rejection_waits_as_long_as_its_server_says() -> None:
    """Retry-After reaches the limit: nothing is admitted before, everything after."""
    _, limit = await failed_call(HttpError(429, retry_after="30"), last_answer=50.0)
    assert 29.9 < limit.delay(NOW) <= 31.0
    assert 0.0 == limit.delay(NOW + 31.0)


async def test_the_tokens_of_a_call_that_failed_after_its_answer_are_reported() -> None:
    """An answer that cannot be used has cost its tokens all the same."""
    limiter = Limiter(AdaptiveLimit())

    async def call() -> None:
        async with limiter.slot(100.0, lambda: 600, lambda: None, None, OPENAI_CHAT.read_error):
            RESPONSE_HEADERS.set({})
            raise ServerError("no choices")

    with pytest.raises(ServerError):
        await call()
    assert 150.0 == (await limiter.acquire(100.0)).tokens


async def test_the_tokens_of_a_call_are_reported() -> None:
    """After it, from where they are counted."""
    limiter, changes = Limiter(AdaptiveLimit()), []
    limiter.on_change = lambda: changes.append(limiter.limit.in_flight)
    async with limiter.slot(100.0, lambda: 600, lambda: None, None, OPENAI_CHAT.read_error):
        pass
    assert 150.0 == (await limiter.acquire(100.0)).tokens
    assert [1, 0, 1] == changes


@pytest.mark.parametrize(
    ("error", "opens"),
    [
        (AuthenticationError("bad key", status=401, provider_message="no"), True),
        (AuthenticationError("not here", status=403), False),
        (QuotaError("no credit", status=429), True),
        (ServerError("busy", status=500), False),
    ],
)
def test_asks_fail_at_once_after_an_error_of_the_account(error: Any, opens: bool) -> None:
    """A 403 may concern one article only."""
    limiter = Limiter(AdaptiveLimit())
    with pytest.raises(type(error)), limiter.circuit_breaker():
        raise error
    if not opens:
        with limiter.circuit_breaker():
            return
    with (
        pytest.raises(
            BriefingError, match=f"^the call was not made, because that of another article failed: {error}$"
        ) as caught,
        limiter.circuit_breaker(),
    ):
        raise AssertionError
    assert caught.value.__cause__ is error
    assert (type(error), error.status, error.provider_message) == (
        type(caught.value),
        caught.value.status,
        caught.value.provider_message,
    )
