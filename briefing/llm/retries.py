"""The only owner of retries: which errors are worth another try, and when.

The policy is tenacity's; it is run as a generator, so that the same code serves sync and async
callers: it yields `Wait`s instead of sleeping.
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

#: Errors that may pass by themselves. Refusals, filters, quota and bad requests do not.
TRANSIENT: tuple[type[ProviderError], ...] = (
    RateLimitError,
    ServerError,
    UnreachableError,
    ProviderTimeoutError,
)
#: Of these, what passes at the next try or not at all.
_PASSES_SOON = (OversizedError, WebPageError)


#: Seconds; a server that asks for a longer wait is not waited for, unless a deadline says how long one may.
LONGEST_RETRY_AFTER = 120.0

_BACKOFF = wait_random_exponential(multiplier=0.5, max=30)

#: Where tests collect waits, which are then not waited for: `briefing.testing.without_waiting`.
SKIPPED_WAITS: ContextVar[list[float] | None] = ContextVar("skipped", default=None)


@dataclass(frozen=True)
class Wait:
    """A command to the driver: go on after so many seconds."""

    seconds: float


def retry(
    once: Callable[[], Generator[Any, Any, T]],
    *,
    calls_left: Callable[[], int],
    deadline: Deadline,
) -> Generator[Any, Any, T]:
    """Run `once` until it returns, waiting between tries as the server asks.

    Args:
        once: one try; yields commands to the driver and raises `BriefingError`s.
        calls_left: HTTP calls that may still be made.
        deadline: a wait that would end after it is not begun.

    Raises:
        BriefingError: the last one, when no further try makes sense, or the server asks for a longer wait than there
            is time.
        DeadlineError: the deadline leaves no time for a wait of our own.
    """

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "retry_after", None)
        return _BACKOFF(state) if asked is None else float(asked) + 0.1 * _BACKOFF(state)

    def no_more(_state: RetryCallState) -> bool:
        return calls_left() < 1

    strange = 0

    def may_pass(error: BaseException) -> bool:
        nonlocal strange
        strange += isinstance(error, _PASSES_SOON)
        return strange < 2 and _may_pass(error, deadline)

    state: RetryCallState | None = None
    while True:
        try:
            result = yield from once()
        except BriefingError as error:
            if state is None:  # most asks need no policy
                policy = Retrying(stop=no_more, wait=pause, retry=retry_if_exception(may_pass), reraise=True)
                state = RetryCallState(retry_object=policy, fn=None, args=(), kwargs={})
                policy.begin()
            state.set_exception((type(error), error, error.__traceback__))
        else:
            return result
        do = state.retry_object.iter(retry_state=state)  # raises the error where there is no other try
        assert isinstance(do, DoSleep)
        seconds = float(do)
        _check(state, seconds, deadline)
        state.prepare_for_next_attempt()
        yield _wait(seconds)


def _may_pass(error: BaseException, deadline: Deadline) -> bool:
    if not isinstance(error, TRANSIENT) or isinstance(error, TlsError):
        return False
    asked, left = error.retry_after or 0.0, deadline.remaining()
    return asked <= LONGEST_RETRY_AFTER if left is None else asked < left


def _wait(seconds: float) -> Wait:
    skipped = SKIPPED_WAITS.get()
    if skipped is None:
        return Wait(seconds)
    skipped.append(seconds)
    return Wait(0.0)


def _check(state: RetryCallState, pause: float, deadline: Deadline) -> None:
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
