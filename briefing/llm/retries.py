"""Retry policy: which errors are retried, and after how long. The SDKs' own retries are off.

tenacity implements the policy. `retry` is a generator that yields `Wait`s instead of sleeping, so that it serves sync and
async callers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from tenacity import DoSleep, RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from briefing.errors import (
    BriefingError,
    DeadlineError,
    OversizedError,
    ProviderError,
    ProviderTimeoutError,
    RateLimitError,
    ServerError,
    TlsError,
    UnreachableError,
    WebPageError,
)
from briefing.llm import telemetry
from briefing.llm.deadline import Deadline

T = TypeVar("T")

#: Errors that may be temporary. Refusals, content filters, exhausted credit and bad requests are not.
TRANSIENT: tuple[type[ProviderError], ...]
TRANSIENT = (RateLimitError, ServerError, UnreachableError, ProviderTimeoutError)
#: Those of them that are retried once only.
_RETRIED_ONCE = (OversizedError, WebPageError)

#: Seconds. A longer Retry-After is not waited for, unless a deadline allows it.
LONGEST_RETRY_AFTER = 120.0

#: Exponential backoff with full jitter, in seconds.
_BACKOFF = wait_random_exponential(multiplier=0.5, max=30)

#: Share of the backoff that is added to a Retry-After, so that rejected calls do not return all at once.
_JITTER = 0.1

#: Set by `briefing.testing.without_waiting`: a list that takes the waits, which are then skipped.
SKIPPED_WAITS: ContextVar[list[float] | None] = ContextVar("skipped", default=None)


@dataclass(frozen=True)
class Wait:
    """Command to the driver: continue after `seconds`."""

    seconds: float


def retry(
    once: Callable[[], Generator[Any, Any, T]], *, calls_left: Callable[[], int], deadline: Deadline
) -> Generator[Any, Any, T]:
    """Run `once` until it returns, with backoff between tries, or as long as a Retry-After says, with jitter.

    Args:
        once: makes one try; yields commands to the driver and raises `BriefingError`s.
        calls_left: returns the number of HTTP calls that may still be made.
        deadline: no wait begins that would end after it.

    Raises:
        BriefingError: of the last try, if it is not temporary, no calls are left, or its Retry-After is too long.
        DeadlineError: the backoff would end after the deadline.
    """

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        retry_after = getattr(error, "retry_after", None)
        return _BACKOFF(state) if retry_after is None else float(retry_after) + _JITTER * _BACKOFF(state)

    retried_once = 0

    def is_temporary(error: BaseException) -> bool:
        nonlocal retried_once
        retried_once += isinstance(error, _RETRIED_ONCE)
        return retried_once < 2 and _is_temporary(error, deadline)

    state: RetryCallState | None = None
    while True:
        try:
            result = yield from once()
        except BriefingError as error:
            if state is None:  # most asks never need one
                policy = Retrying(
                    stop=lambda _state: calls_left() < 1,
                    wait=pause,
                    retry=retry_if_exception(is_temporary),
                    reraise=True,
                )
                state = RetryCallState(retry_object=policy, fn=None, args=(), kwargs={})
                policy.begin()
            state.set_exception((type(error), error, error.__traceback__))
        else:
            return result
        do = state.retry_object.iter(retry_state=state)  # raises the error if there is no further try
        assert isinstance(do, DoSleep)
        seconds = float(do)
        _check_deadline(state, seconds, deadline)
        state.prepare_for_next_attempt()
        if (skipped := SKIPPED_WAITS.get()) is not None:
            skipped.append(seconds)
            seconds = 0.0
        yield Wait(seconds)


def _is_temporary(error: BaseException, deadline: Deadline) -> bool:
    if not isinstance(error, TRANSIENT) or isinstance(error, TlsError):
        return False
    wait, left = error.retry_after or 0.0, deadline.remaining()
    return wait <= LONGEST_RETRY_AFTER if left is None else wait < left


def _check_deadline(state: RetryCallState, pause: float, deadline: Deadline) -> None:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, ProviderError)  # only those are retried
    left = deadline.remaining()
    if left is None or pause < left:
        telemetry.record_retry(error, pause)
        return
    raise DeadlineError(
        f"the deadline leaves {left:.1f} s, but the next try would be in {pause:.1f} s; last error: {error}",
        attempts=error.attempts,
        usage=error.usage,
        provider_message=error.provider_message,
        status=error.status,
    ) from error
