"""How fast to ask: how many calls at the same time, and how many a minute.

`AdaptiveLimit` decides and never waits: it is told the time, so that it can be tested in simulated time. `briefing.throttling.limiter` waits.

- The number in flight rises while that pays. It falls when latency rises without more being answered (Little's
  law: what is in flight beyond throughput times unloaded latency waits in a queue; TCP Vegas, Brakmo and Peterson 1995;
  Netflix's concurrency-limits), and on 429.
- At the limit both the number in flight and the rate go to just below what the server was seen to take, and come
  back along the curve of TCP CUBIC (RFC 9438): slowly where the server refused, faster the longer it did not. A token
  bucket or a fixed window is empty at each refusal, so what was accepted between two refusals is its rate.
- Not every 429 is the limit's. A refusal where as much was taken before is a stray one, until they are more than the
  share of strays explains (CUSUM, `briefing.throttling.rejections`).
- A `Retry-After` holds for all, unless it comes with one of several strays: then it is for that call alone.
- Calls that are given up, and are more than a few that hang, say that the server lets calls wait: half as many are in flight.
- `x-ratelimit-*` headers: what remains is spread over the time until the reset. With a fixed window that spends all of
  it; with a token bucket it settles where the bucket is half full, at the bucket's rate, also with several clients.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, TypedDict

from briefing.errors import ConfigurationError
from briefing.throttling.headers import AdvertisedQuota, quotas
from briefing.throttling.rejections import ChangeDetector, Rejection

#: Where the rate is the limit, so many more calls may be in flight than were.
_ROOM = 1.5
#: Seconds without an answer to go by, when a 429 does not say how long to wait; doubled while nothing is answered.
_BLIND_PAUSE, _LONGEST_BLIND_PAUSE = 0.25, 30.0
#: Fixed limits are kept by this share: the server's clock is not ours.
_HEADROOM = 0.98
#: Seconds that a busy event loop may be late, at most.
_LATE = 0.2
#: Latency against the unloaded one: below the first, more is tried; above the second, less.
_CALM, _QUEUEING = 1.5, 2.0
#: Throughput against the best so far that says that more in flight still pays.
_PAYS = 1.03
#: Answers that tell that a server becomes slow, while the number in flight is doubled.
_SAMPLES = 8
#: Seconds from which on answers are slow, and rounds of them few.
_SLOW = 2.0
#: The best throughput is forgotten by this factor each round of answers.
_FADE = 0.99
#: Answers that make a round, at least.
_ROUND = 24
#: When so much of the number in flight is left, a decrease is judged: it was for nothing if more of the latency is.
_ENOUGH, _NOT_LESS = 0.6, 0.85
#: Answers, and seconds, that are looked back upon when a limit is reached.
_RECENT, _MEMORY = 64, 120.0


class ThrottlingOptions(TypedDict, total=False):
    """Keywords of `Briefer.summarize_many` that say how fast to ask, and in what order to give."""

    ordered: bool
    max_concurrency: int | None
    requests_per_minute: float | None
    tokens_per_minute: float | None


def limit_from_options(options: dict[str, Any], *, local: bool) -> AdaptiveLimit:
    """A `AdaptiveLimit` for what a user gave.

    Args:
        options: some of `ThrottlingOptions`, but `ordered`.
        local: the model is our own on this machine, which answers one call at a time.

    Raises:
        ConfigurationError: a limit that is no positive number.
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        whole = name == "max_concurrency"
        if not isinstance(value, int if whole else int | float) or not 0 < value < math.inf or value is True:
            kind = "whole number from 1 on" if whole else "positive number"
            raise ConfigurationError(f"{name} must be a {kind}, not {value!r}")
    most = {"max_concurrency": 1} if local else {}
    return AdaptiveLimit(**(most | given))


@dataclass
class Permit:
    """A call that is under way.

    Attributes:
        sent: when it was let through.
        level: calls in flight then, this one included.
        number: calls let through until then.
        tokens: as they were estimated.
    """

    sent: float
    level: int
    number: int
    tokens: float


@dataclass
class _Gcra:
    """Spends a rate evenly (the generic cell rate algorithm)."""

    next_at: float = -math.inf
    awaited: bool = False

    def wait(self, now: float) -> float:
        self.awaited = self.awaited or now < self.next_at
        return max(0.0, self.next_at - now)

    def spend(self, now: float, amount: float, rate: float) -> None:
        # Who waited for the meter and was called late is made up for; time that nobody waited is not.
        start = max(self.next_at, now - _LATE) if self.awaited else max(self.next_at, now)
        self.next_at = start + amount / rate
        self.awaited = self.awaited and self.next_at < now


@dataclass
class AdaptiveLimit:
    """Decides when the next call may be made.

    Args:
        max_concurrency: most calls at the same time.
        requests_per_minute: fixed limit, if known.
        tokens_per_minute: fixed limit of input and output tokens together, if known.
        initial: calls at the same time to begin with.

    Attributes:
        in_flight: calls under way.
        sent, refused: calls let through, and those answered by 429.
    """

    max_concurrency: int = 512
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    initial: float = 8.0
    in_flight: int = field(default=0, init=False)
    sent: int = field(default=0, init=False)
    rejections: int = field(default=0, init=False)
    last_answer: float = field(default=-math.inf, init=False)

    def __post_init__(self) -> None:
        self._window = min(self.initial, float(self.max_concurrency))
        self._doubling = True
        self._pause_until = -math.inf
        self._paused = 0.0
        self._latency = 0.0
        self._blind_pause = _BLIND_PAUSE
        self._spent_tokens = 0.0
        self._requests, self._tokens = _Gcra(), _Gcra()
        self._hints: list[AdvertisedQuota | None] = [None, None]
        self._events: deque[Rejection] = deque(maxlen=64)
        self._strays, self._hangs = ChangeDetector(), ChangeDetector()
        #: When calls were given up for waiting too long, and after how many seconds.
        self._gave_up_at, self._patience = -math.inf, math.inf
        #: The last answers: when, and the level of their calls.
        self._answers: deque[tuple[float, int]] = deque(maxlen=_RECENT)
        self._tokens_per_call = 0.0
        # The round of answers that is being measured.
        self._round_from, self._round = -math.inf, list[tuple[float, float]]()
        self._hold = False
        self._tried: tuple[float, float] | None = None  # window and latency before a decrease
        self._unloaded, self._best = math.inf, 0.0

    def window(self, now: float) -> float:
        """Calls that may be in flight now."""
        limit = self._window
        if self._events:
            limit = min(limit, self._events[-1].level * self._events[-1].curve(now))
        return max(1.0, min(limit, self.max_concurrency))

    def delay(self, now: float, tokens: float = 0.0) -> float | None:
        """Seconds until the next call may be made; `None` if one under way has to end first."""
        if now < self._pause_until:
            return self._pause_until - now
        if self.in_flight >= round(self.window(now)):
            return None
        return max(
            self._requests.wait(now) if self._request_rate(now) < math.inf else 0.0,
            self._tokens.wait(now) if self._token_rate(now) < math.inf else 0.0,
        )

    def acquire(self, now: float, tokens: float = 0.0) -> Permit:
        """Let a call through. Its end must be told: `answered`, `refuse` or `failed`.

        Args:
            now: seconds on a monotonic clock.
            tokens: an estimate of its input; the output is expected to be as before.
        """
        self.in_flight += 1
        self.sent += 1
        expected = tokens + self._tokens_per_call
        if (rate := self._request_rate(now)) < math.inf:
            self._requests.spend(now, 1.0, rate)
        if (rate := self._token_rate(now)) < math.inf:
            self._tokens.spend(now, expected, rate)
        self._spent_tokens += expected
        return Permit(now, self.in_flight, self.sent, expected)

    def answered(
        self,
        permit: Permit,
        now: float,
        *,
        tokens: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """A call got its answer, good or bad.

        Args:
            permit: the call's.
            now: seconds on a monotonic clock.
            tokens: what it took, input and output; `None` if that is not known.
            headers: of the response.
        """
        self.in_flight -= 1
        self.last_answer = now
        self._blind_pause = _BLIND_PAUSE
        self._answers.append((now, permit.level))
        if not self._known(permit):
            self._strays.accepted(above=self._was_above(permit))
        self._hangs.accepted(above=False)
        latency = now - permit.sent
        self._latency += 0.1 * (latency - self._latency) if self._latency else latency
        if tokens is not None:
            self._settle(permit, now, tokens)
        if headers:
            self._hint(permit, now, headers)
        self._grow(permit, now)
        self._measure(permit, now)

    def rejected(
        self,
        permit: Permit,
        now: float,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """A call was answered by 429.

        Args:
            permit: the call's.
            now: seconds on a monotonic clock.
            retry_after: seconds that the server asked to wait.
            headers: of the response.
        """
        self.in_flight -= 1
        self.rejections += 1
        self._settle(permit, now, 0.0)
        if headers:
            self._hint(permit, now, headers)
        if retry_after is None:
            retry_after = self._resets_in(now)
        if self._known(permit):
            self._pause(now, retry_after or 0.0)
            return
        seldom = not self._strays.seen
        limit = self._strays.rejected(above=self._was_above(permit))
        if not limit and not seldom:
            return
        if retry_after is None:
            retry_after = self._blind_pause
            self._blind_pause = min(2 * self._blind_pause, _LONGEST_BLIND_PAUSE)
        self._pause(now, retry_after)
        if limit:
            self._doubling = False
            self._decrease(permit, now)

    def timed_out(self, permit: Permit, now: float) -> None:
        """A call was given up, as its answer did not come in time.

        One now and then is that call's own. More than those, or no answers at all, say that the server lets calls wait
        longer than we do: half as many are in flight then.

        Args:
            permit: the call's.
            now: seconds on a monotonic clock.
        """
        self.in_flight -= 1
        waited = now - permit.sent
        if permit.sent <= self._gave_up_at or waited < self._latency:
            return  # sent before the last decrease, or cut short by its article's deadline
        if self._hangs.rejected(above=False) or self.last_answer < permit.sent:
            self._gave_up_at, self._patience = now, waited
            self._doubling = False
            self._window = max(1.0, 0.5 * min(self._window, self.in_flight + 1.0))

    def failed(self, permit: Permit) -> None:
        """A call ended without an answer that says anything about load: cancelled, no connection."""
        self.in_flight -= 1

    def _known(self, permit: Permit) -> bool:
        """Whether the call was sent before the last decrease: what comes of it is of the same congestion."""
        return bool(self._events) and permit.sent <= self._events[-1].at

    def _was_above(self, permit: Permit) -> bool:
        return not self._events or self._events[-1].was_above(permit.sent)

    def _pause(self, now: float, seconds: float) -> None:
        until = max(self._pause_until, now + seconds)
        self._paused += until - max(now, self._pause_until)
        self._pause_until = until
        # Nothing is caught up after a pause: what was not sent then may be lost.
        self._requests.next_at = max(self._requests.next_at, until)

    def _resets_in(self, now: float) -> float | None:
        """Seconds until what is used up is there again, if the headers said so."""
        resets = [h.quota.reset - (now - h.at) for h in self._hints if h and h.quota.remaining < 1]
        return max(0.0, *resets) if resets else None

    def _settle(self, permit: Permit, now: float, tokens: float) -> None:
        over = tokens - permit.tokens
        self._spent_tokens += over
        if (rate := self._token_rate(now)) < math.inf:
            self._tokens.next_at += over / rate
        if tokens:
            # What the estimate lacked: output, and what a rough estimate of the input left out.
            self._tokens_per_call = max(0.0, self._tokens_per_call + 0.1 * over)

    def _hint(self, permit: Permit, now: float, headers: Mapping[str, str]) -> None:
        spent = (float(permit.number), self._spent_tokens_at(permit))
        for index, quota in enumerate(quotas(headers)):
            if quota is not None:
                old = self._hints[index]
                # Answers overtake one another: the one whose request went last is the news.
                if old is None or spent[index] >= old.spent or quota.remaining < 1:
                    self._hints[index] = AdvertisedQuota(quota, permit.sent, spent[index])

    def _spent_tokens_at(self, permit: Permit) -> float:
        mean = self._spent_tokens / max(1, self.sent)
        return self._spent_tokens - mean * (self.sent - permit.number)

    def _request_rate(self, now: float) -> float:
        fixed = _HEADROOM * self.requests_per_minute / 60 if self.requests_per_minute else math.inf
        hint = self._hints[0].rate(now, self.sent) if self._hints[0] else math.inf
        learned = self._events[-1].rate * self._events[-1].curve(now) if self._events else math.inf
        # After a pause, not all at once.
        spread = 2 * self.window(now) / self._latency if self._events and self._latency else math.inf
        return min(fixed, hint, learned, spread)

    def _token_rate(self, now: float) -> float:
        fixed = _HEADROOM * self.tokens_per_minute / 60 if self.tokens_per_minute else math.inf
        hint = self._hints[1].rate(now, self._spent_tokens) if self._hints[1] else math.inf
        return min(fixed, hint)

    def _decrease(self, permit: Permit, now: float) -> None:
        event = Rejection(now, self.sent - self.rejections, self._paused - max(0.0, self._pause_until - now))
        levels = sorted(level for _, level in self._answers)
        recent = [old for old in self._events if now - old.at < _MEMORY]
        silent = bool(recent) and self.last_answer < recent[-1].at < now - self._latency
        if len(levels) >= 8 and not silent:
            event.level = max(permit.level - 1.0, float(levels[int(0.9 * len(levels))]))
        else:
            event.level = 0.7 * min(self._window, max(permit.level, self.in_flight + 1))
        event.level = max(1.0, min(event.level, self._window))
        if not levels or sum(level >= permit.level for level in levels) > 0.02 * len(levels):
            # As many in flight were taken before: it is the rate that was too high.
            event.measure_rate(recent, self._lately())
            if event.rate < math.inf:
                event.level = min(self._window, _ROOM * event.level)
        if recent:
            event.lengthen(recent[-1])
        self._events.append(event)
        self._window = max(1.0, min(self._window, 2 * event.level))

    def _lately(self) -> float:
        """Calls a second that were answered last; 0 if they were few."""
        if len(self._answers) < _RECENT:
            return 0.0
        return (_RECENT - 1) / max(self._answers[-1][0] - self._answers[0][0], 1e-9)

    def _grow(self, permit: Permit, now: float) -> None:
        # Where answers are fast, only those count that were sent at the present level: a quarter more each round.
        used = permit.level if self._latency < _SLOW else self.in_flight + 1
        if self._hold or used < 0.8 * self._window or self._latency > 0.5 * self._patience:
            return  # it would not help, or nobody needed what there is
        # Doubled each round until something speaks against it, then by the square root; doubled again where the server
        # has not refused for long: answers may take half a minute, and the curve holds back what is too fast.
        outgrown = bool(self._events) and self._events[-1].is_outgrown(now)
        step = 1.0 if self._doubling or outgrown else 1 / math.sqrt(self._window)
        self._window = min(self._window + step, float(self.max_concurrency))

    def _measure(self, permit: Permit, now: float) -> None:
        if permit.sent < self._round_from:
            return
        self._round.append((now, now - permit.sent))
        # The first ones tell the latency of a server that has nothing else to do.
        enough = self.initial if self._unloaded == math.inf else max(_ROUND, self._window)
        if len(self._round) < enough:
            self._doubling = self._doubling and not self._slows()
            return
        latency = median(seconds for _, seconds in self._round)
        throughput = (len(self._round) - 1) / max(now - self._round[0][0], 1e-9)
        self._round_from, self._round = now, []
        if self._tried is not None and self._window <= _ENOUGH * self._tried[0]:
            window, before = self._tried
            self._tried = None
            if latency > _NOT_LESS * before:
                # Fewer in flight made nothing faster: it was no queue, but longer answers.
                self._unloaded, self._window = latency, window
        self._unloaded = min(self._unloaded, latency)
        pays = throughput > _PAYS * self._best
        self._best = max(self._best * _FADE, throughput)
        self._hold = latency > _CALM * self._unloaded and not pays
        if self._hold:
            self._doubling = False
        if latency <= _QUEUEING * self._unloaded:
            self._tried = None
        elif not pays and self._window > 1:
            self._tried = self._tried or (self._window, latency)
            self._round_from = now + latency  # until then, what waits is answered
            self._window = max(1.0, self._window * max(0.5, _CALM * self._unloaded / latency))

    def _slows(self) -> bool:
        """Whether the last answers were slow, before the round is over (HyStart, RFC 9406): doubling outruns a round."""
        last = [seconds for _, seconds in self._round[-_SAMPLES:]]
        return len(last) == _SAMPLES and median(last) > _CALM * self._unloaded
