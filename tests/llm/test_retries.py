"""Tests of the retry policy: what is retried, after how long, and when it ends."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from typing_extensions import override

from briefing.errors import (
    AuthenticationError,
    BriefingError,
    DeadlineError,
    OversizedError,
    ProviderTimeoutError,
    RateLimitError,
    ServerError,
    TlsError,
    UnreachableError,
    WebPageError,
)
from briefing.llm.deadline import Deadline
from briefing.llm.retries import SKIPPED_WAITS, Wait, retry
from briefing.meta import Usage


@dataclass(frozen=True)
class Left(Deadline):
    """A deadline with always the same time left."""

    seconds: float | None = None

    @override
    def remaining(self) -> float | None:
        return self.seconds


@pytest.fixture(autouse=True)
def _longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the greatest jitter."""
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)


def waits(
    errors: Sequence[BriefingError], left: float | None = None, calls: Callable[[], int] = lambda: 99
) -> list[float]:
    """The waits of an ask that fails with these errors in turn, and then succeeds."""
    remaining = iter(errors)

    def once() -> Generator[Any, Any, str]:
        if (error := next(remaining, None)) is not None:
            raise error
        return "done"
        yield

    def ask() -> Generator[Wait, Any, None]:
        assert "done" == (yield from retry(once, calls_left=calls, deadline=Left(seconds=left)))

    return [wait.seconds for wait in ask()]


def test_backoff_is_doubled_up_to_half_a_minute() -> None:
    """From half a second on; the wait is drawn between 0 and that."""
    assert [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] == waits([ServerError("busy") for _ in range(8)])


def test_a_retry_after_is_kept_to_with_jitter() -> None:
    """A tenth of the backoff is added, so that calls rejected together do not come back together; never less is waited."""
    limited = [RateLimitError("slow down", retry_after=seconds) for seconds in (10.0, 0.0, 10.0)]
    assert [10.05, 0.1, 10.2] == pytest.approx(waits(limited))


@pytest.mark.parametrize(("kind"), [RateLimitError, ServerError, UnreachableError, ProviderTimeoutError])
def test_a_temporary_error_is_retried(kind: type[BriefingError]) -> None:
    """Without a Retry-After, after the backoff."""
    assert [0.5] == waits([kind("failed")])


@pytest.mark.parametrize("kind", [TlsError, AuthenticationError])
def test_a_permanent_error_is_raised(kind: type[BriefingError]) -> None:
    """At once, as it came."""
    with pytest.raises(kind, match=r"^failed$"):
        waits([kind("failed")])


@pytest.mark.parametrize("kind", [OversizedError, WebPageError])
def test_an_odd_response_is_retried_once(kind: type[BriefingError]) -> None:
    """The second one ends the ask, whatever came in between."""
    assert [0.5, 1.0] == waits([kind("odd"), ServerError("busy")])
    with pytest.raises(kind, match=r"^second$"):
        waits([kind("first"), ServerError("busy"), kind("second")])


@pytest.mark.parametrize(("left", "longest"), [(None, 120.0), (200.0, 190.0)])
def test_a_retry_after_has_a_longest(left: float | None, longest: float) -> None:
    """Two minutes without a deadline; with one, the time until then."""
    limited = RateLimitError("slow down", retry_after=longest)
    assert [longest + 0.05] == pytest.approx(waits([limited], left))
    limited = RateLimitError("slow down", retry_after=left or longest + 0.1)
    with pytest.raises(RateLimitError, match=r"^slow down$"):
        waits([limited], left)


@pytest.mark.parametrize(("calls", "ends"), [(0, True), (1, False)])
def test_without_calls_left_the_error_is_raised(calls: int, ends: bool) -> None:
    """One call left is enough for another try."""
    if ends:
        with pytest.raises(ServerError):
            waits([ServerError("busy")], calls=lambda: calls)
    else:
        assert [0.5] == waits([ServerError("busy")], calls=lambda: calls)


def test_a_backoff_beyond_the_deadline_is_an_error() -> None:
    """It has what the last error had, and says how long either is."""
    assert [0.5] == waits([ServerError("busy")], left=0.51)
    busy = ServerError("busy", attempts=3, usage=Usage(input_tokens=7), provider_message="later", status=503)
    with pytest.raises(DeadlineError, match=r"leaves 0\.5 s, .* in 0\.5 s; last error: busy") as caught:
        waits([busy], left=0.5)
    error = caught.value
    assert busy is error.__cause__
    assert (3, Usage(input_tokens=7), "later", 503) == (
        error.attempts,
        error.usage,
        error.provider_message,
        error.status,
    )


def test_skipped_waits_are_recorded() -> None:
    """Where tests skip them, the driver gets waits of 0."""
    recorded: list[float] = []
    token = SKIPPED_WAITS.set(recorded)
    try:
        assert [0.0, 0.0] == waits([ServerError("busy"), ServerError("busy")])
    finally:
        SKIPPED_WAITS.reset(token)
    assert [0.5, 1.0] == recorded


def test_a_deadline_has_no_time_below_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds are counted from its making; `None` has no end."""
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    deadline = Deadline.after(5.0)
    assert (105.0, 5.0) == (deadline.at, deadline.remaining())
    monkeypatch.setattr("time.monotonic", lambda: 107.0)
    assert (0.0, None) == (deadline.remaining(), Deadline.after(None).remaining())
