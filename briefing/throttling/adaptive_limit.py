"""Adaptive concurrency and rate limit for calls to one server.

`AdaptiveLimit` decides and does no I/O: it is given the time, so that it is tested in simulated time.
`briefing.throttling.limiter` waits.

- The concurrency limit (window) grows while more calls in flight give more throughput. It shrinks when latency rises and
  throughput does not: by Little's law, the calls in flight beyond throughput times unloaded latency wait in a queue
  (TCP Vegas, Brakmo and Peterson 1995; Netflix's concurrency-limits). It also shrinks on a 429.
- After a 429, window and rate start just below what the server was measured to accept and follow the curve of TCP CUBIC
  (RFC 9438): slowly near the rejected level, faster the longer nothing is rejected. A token bucket or a fixed window
  is empty at each rejection, so the calls accepted between two rejections give its rate.
- A 429 is not always caused by the limit. One at a level that was accepted before counts as a stray, until rejections
  are more frequent than strays (CUSUM, `briefing.throttling.rejections`).
- A `Retry-After` pauses all calls. That of a stray applies to its own call only, once strays have been seen.
- More timeouts than a few hanging calls explain mean that the server queues calls: the window is halved.
- `x-ratelimit-*` headers: the remaining quota is spread over the time until the reset. With a fixed window, this uses the
  whole quota. With a token bucket, it converges to the bucket's rate with the bucket half full, for several clients too.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from statistics import median

from briefing.throttling.headers import Headers, Quota, quotas
from briefing.throttling.rejections import ChangeDetector, Rejection

#: Where the rate is the limit, the window is this factor of the level measured.
_LEVEL_HEADROOM = 1.5
#: Seconds to pause after a 429 without a Retry-After: the first pause, and the cap. Doubled until a call is answered.
_BACKOFF, _MAX_BACKOFF = 0.25, 30.0
#: Share of a configured limit that is used: the server's clock differs from ours.
_LIMIT_SHARE = 0.98
#: Seconds of lateness that a rate catches up, at most: the delay of a busy event loop.
_MAX_CATCH_UP = 0.2
#: Latency relative to the unloaded latency: up to the first, the window grows; above the second, it shrinks.
_UNCONGESTED, _CONGESTED = 1.5, 2.0
#: Throughput relative to the best so far, above which more calls in flight still pay.
_GAIN = 1.03
#: Last answers of a round whose latency ends slow start.
_SLOW_START_SAMPLES = 8
#: Seconds of mean latency from which on the window grows with every answer: rounds are few.
_LONG_LATENCY = 2.0
#: Decay of the best throughput, per round.
_BEST_DECAY = 0.99
#: Answers in a round, at least.
_MIN_ROUND = 24
#: Once the window has shrunk to the first share, latency is compared: if more than the second share of it remains, the
#: shrink did not help and is undone.
_SHRUNK, _NOT_IMPROVED = 0.6, 0.85
#: Number of answers, and seconds of rejections, that a decrease looks back on.
_RECENT_ANSWERS, _MEMORY = 64, 120.0
#: Weight of a new value in the moving averages of latency and of tokens per call.
_SMOOTHING = 0.1


@dataclass
class Permit:
    """A call in flight.

    Attributes:
        sent: time at which it was sent.
        level: calls in flight at that time, this one included.
        number: calls sent up to and including this one.
        tokens: estimated tokens, input and output.
    """

    sent: float
    level: int
    number: int
    tokens: float


@dataclass
class _Gcra:
    """Generic cell rate algorithm: spaces units evenly at a rate."""

    next_at: float = -math.inf
    awaited: bool = False

    def wait(self, now: float) -> float:
        self.awaited = self.awaited or now < self.next_at
        return max(0.0, self.next_at - now)

    def spend(self, now: float, amount: float, rate: float) -> None:
        # Lateness is caught up only if a call was waiting; idle time is not saved up.
        start = max(self.next_at, now - _MAX_CATCH_UP) if self.awaited else max(self.next_at, now)
        self.next_at = start + amount / rate
        self.awaited = self.awaited and self.next_at < now


@dataclass
class AdaptiveLimit:
    """Decides when the next call may be sent. All times are in seconds on a monotonic clock.

    Args:
        max_concurrency: upper bound of the window.
        requests_per_minute: configured rate limit, if any.
        tokens_per_minute: configured limit of input and output tokens together, if any.
        initial: window at the start.

    Attributes:
        in_flight: calls in flight.
        sent: calls sent so far.
        rejections: calls answered by a 429 so far.
        last_answer: time of the last answer.
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
        self._slow_start = True
        self._paused_until = -math.inf
        self._paused_seconds = 0.0
        self._latency = 0.0
        self._backoff = _BACKOFF
        self._spent_tokens = 0.0
        self._request_meter, self._token_meter = _Gcra(), _Gcra()
        self._advertised: list[Quota | None] = [None, None]
        self._decreases: deque[Rejection] = deque(maxlen=64)
        self._limit_detector, self._queue_detector = ChangeDetector(), ChangeDetector()
        # Time and waiting time of the last timeout that halved the window.
        self._timed_out_at, self._timeout = -math.inf, math.inf
        #: Time of the last answers, and level of their calls.
        self._answers: deque[tuple[float, int]] = deque(maxlen=_RECENT_ANSWERS)
        # Per call, on average: output, and what the estimate of the input lacks.
        self._unestimated_tokens = 0.0
        self._round_start, self._round = -math.inf, list[tuple[float, float]]()  # time and latency of answers
        self._hold = False
        self._before_shrink: tuple[float, float] | None = None  # window and latency
        self._unloaded_latency, self._best_throughput = math.inf, 0.0

    def window(self, now: float) -> float:
        """Return the concurrency limit at this time."""
        limit = self._window
        if self._decreases:
            limit = min(limit, self._decreases[-1].level * self._decreases[-1].curve(now))
        return max(1.0, min(limit, self.max_concurrency))

    def delay(self, now: float) -> float | None:
        """Return the seconds until the next call may be sent, or `None` if a call in flight has to end first."""
        if now < self._paused_until:
            return self._paused_until - now
        if self.in_flight >= round(self.window(now)):
            return None
        return max(
            self._request_meter.wait(now) if self._request_rate(now) < math.inf else 0.0,
            self._token_meter.wait(now) if self._token_rate(now) < math.inf else 0.0,
        )

    def acquire(self, now: float, tokens: float = 0.0) -> Permit:
        """Record that a call is sent. Its end is reported by `answered`, `rejected`, `timed_out` or `failed`.

        `tokens` is an estimate of its input; the output is estimated from earlier calls.
        """
        self.in_flight += 1
        self.sent += 1
        expected = tokens + self._unestimated_tokens
        if (rate := self._request_rate(now)) < math.inf:
            self._request_meter.spend(now, 1.0, rate)
        if (rate := self._token_rate(now)) < math.inf:
            self._token_meter.spend(now, expected, rate)
        self._spent_tokens += expected
        return Permit(now, self.in_flight, self.sent, expected)

    def answered(
        self, permit: Permit, now: float, *, tokens: float | None = None, headers: Headers | None = None
    ) -> None:
        """Record that a call was answered, usably or not, and took that many input and output tokens, if known."""
        self.in_flight -= 1
        self.last_answer = now
        self._backoff = _BACKOFF
        self._answers.append((now, permit.level))
        if not self._predates_decrease(permit):
            self._limit_detector.accepted(above=self._is_probe(permit))
        self._queue_detector.accepted(above=False)
        latency = now - permit.sent
        self._latency += _SMOOTHING * (latency - self._latency) if self._latency else latency
        if tokens is not None:
            self._correct_tokens(permit, now, tokens)
        self._read_quotas(permit, headers)
        self._increase(permit, now)
        self._measure(permit, now)

    def rejected(
        self, permit: Permit, now: float, retry_after: float | None = None, headers: Headers | None = None
    ) -> None:
        """Record that a call was rejected by a 429, with the seconds of its Retry-After, if any."""
        self.in_flight -= 1
        self.rejections += 1
        self._correct_tokens(permit, now, 0.0)
        self._read_quotas(permit, headers)
        if retry_after is None:
            retry_after = self._quota_reset(now)
        if self._predates_decrease(permit):
            self._pause(now, retry_after or 0.0)
            return
        no_strays_yet = not self._limit_detector.seen
        limit_reached = self._limit_detector.rejected(above=self._is_probe(permit))
        if not limit_reached and not no_strays_yet:
            return
        if retry_after is None:
            retry_after = self._backoff
            self._backoff = min(2 * self._backoff, _MAX_BACKOFF)
        self._pause(now, retry_after)
        if limit_reached:
            self._slow_start = False
            self._decrease(permit, now)

    def timed_out(self, permit: Permit, now: float) -> None:
        """Record that a call was given up because its answer did not come in time.

        A rare timeout is taken for a hanging call. Frequent ones, or no answers at all, mean that the server queues calls
        for longer than the timeout: the window is halved.
        """
        self.in_flight -= 1
        waited = now - permit.sent
        if permit.sent <= self._timed_out_at or waited < self._latency:
            return  # sent before the last decrease, or cut short by its article's deadline
        if self._queue_detector.rejected(above=False) or self.last_answer < permit.sent:
            self._timed_out_at, self._timeout = now, waited
            self._slow_start = False
            self._window = max(1.0, 0.5 * min(self._window, self.in_flight + 1.0))

    def failed(self, permit: Permit) -> None:
        """Record that a call ended in a way that says nothing about load: cancelled, or no connection."""
        self.in_flight -= 1

    def _predates_decrease(self, permit: Permit) -> bool:
        """Whether the call was sent before the last decrease, so that its end reports the same congestion."""
        return bool(self._decreases) and permit.sent <= self._decreases[-1].at

    def _is_probe(self, permit: Permit) -> bool:
        """Whether the call may have been above the level that is known to be accepted."""
        return not self._decreases or self._decreases[-1].was_above(permit.sent)

    def _pause(self, now: float, seconds: float) -> None:
        until = max(self._paused_until, now + seconds)
        self._paused_seconds += until - max(now, self._paused_until)
        self._paused_until = until
        # Calls not sent during the pause are not caught up: a full bucket does not save tokens.
        self._request_meter.next_at = max(self._request_meter.next_at, until)

    def _quota_reset(self, now: float) -> float | None:
        """Seconds until an exhausted quota resets, by the headers; `None` if none is exhausted."""
        resets = [quota.seconds_left(now) for quota in self._advertised if quota and quota.remaining < 1]
        return max(0.0, *resets) if resets else None

    def _correct_tokens(self, permit: Permit, now: float, tokens: float) -> None:
        over = tokens - permit.tokens
        self._spent_tokens += over
        if (rate := self._token_rate(now)) < math.inf:
            self._token_meter.next_at += over / rate
        if tokens:
            self._unestimated_tokens = max(0.0, self._unestimated_tokens + _SMOOTHING * over)

    def _read_quotas(self, permit: Permit, headers: Headers | None) -> None:
        tokens_since = self._spent_tokens / self.sent * (self.sent - permit.number)
        spent = (float(permit.number), self._spent_tokens - tokens_since)
        for index, quota in enumerate(quotas(headers or {})):
            if quota is not None:
                old = self._advertised[index]
                # Responses arrive out of order: that of the call sent last is the most recent.
                if old is None or spent[index] >= old.spent or quota.remaining < 1:
                    self._advertised[index] = replace(quota, at=permit.sent, spent=spent[index])

    def _request_rate(self, now: float) -> float:
        configured = _LIMIT_SHARE * self.requests_per_minute / 60 if self.requests_per_minute else math.inf
        advertised = self._advertised[0].rate(now, self.sent) if self._advertised[0] else math.inf
        learned = self._decreases[-1].rate * self._decreases[-1].curve(now) if self._decreases else math.inf
        # After a pause, the window is not sent all at once.
        spread = 2 * self.window(now) / self._latency if self._decreases and self._latency else math.inf
        return min(configured, advertised, learned, spread)

    def _token_rate(self, now: float) -> float:
        configured = _LIMIT_SHARE * self.tokens_per_minute / 60 if self.tokens_per_minute else math.inf
        advertised = self._advertised[1].rate(now, self._spent_tokens) if self._advertised[1] else math.inf
        return min(configured, advertised)

    def _decrease(self, permit: Permit, now: float) -> None:
        pauses = self._paused_seconds - max(0.0, self._paused_until - now)
        decrease = Rejection(now, self.sent - self.rejections, pauses)
        levels = sorted(level for _, level in self._answers)
        recent = [old for old in self._decreases if now - old.at < _MEMORY]
        silent = bool(recent) and self.last_answer < recent[-1].at < now - self._latency
        if len(levels) >= 8 and not silent:
            decrease.level = max(permit.level - 1.0, float(levels[int(0.9 * len(levels))]))
        else:
            decrease.level = 0.7 * min(self._window, max(permit.level, self.in_flight + 1))
        decrease.level = max(1.0, min(decrease.level, self._window))
        if not levels or sum(level >= permit.level for level in levels) > 0.02 * len(levels):
            # As many calls in flight were accepted before, so the rate was too high.
            decrease.measure_rate(recent, self._recent_throughput())
            if decrease.rate < math.inf:
                decrease.level = min(self._window, _LEVEL_HEADROOM * decrease.level)
        if recent:
            decrease.lengthen(recent[-1])
        self._decreases.append(decrease)
        self._window = max(1.0, min(self._window, 2 * decrease.level))

    def _recent_throughput(self) -> float:
        """Answers per second lately; 0 before there were `_RECENT_ANSWERS`."""
        if len(self._answers) < _RECENT_ANSWERS:
            return 0.0
        return (_RECENT_ANSWERS - 1) / max(self._answers[-1][0] - self._answers[0][0], 1e-9)

    def _increase(self, permit: Permit, now: float) -> None:
        # With short latency, only answers to calls sent at the present level count: a quarter more each round.
        used = permit.level if self._latency < _LONG_LATENCY else self.in_flight + 1
        if self._hold or used < 0.8 * self._window or self._latency > 0.5 * self._timeout:
            return  # a larger window would not help, or the present one is not used
        # Doubled each round in slow start, then by the square root; doubled again if nothing was rejected for long, as
        # answers may take half a minute. The curve bounds the result.
        outgrown = bool(self._decreases) and self._decreases[-1].is_outgrown(now)
        step = 1.0 if self._slow_start or outgrown else 1 / math.sqrt(self._window)
        self._window = min(self._window + step, float(self.max_concurrency))

    def _measure(self, permit: Permit, now: float) -> None:
        """Add an answer to the round; at its end, hold or shrink the window by latency and throughput."""
        if permit.sent < self._round_start:
            return
        self._round.append((now, now - permit.sent))
        # The first round measures the latency of an idle server.
        enough = self.initial if self._unloaded_latency == math.inf else max(_MIN_ROUND, self._window)
        if len(self._round) < enough:
            self._slow_start = self._slow_start and not self._latency_rises()
            return
        latency = median(seconds for _, seconds in self._round)
        throughput = (len(self._round) - 1) / max(now - self._round[0][0], 1e-9)
        self._round_start, self._round = now, []
        if self._before_shrink is not None and self._window <= _SHRUNK * self._before_shrink[0]:
            window, before = self._before_shrink
            self._before_shrink = None
            if latency > _NOT_IMPROVED * before:
                # Not a queue: the answers themselves take longer.
                self._unloaded_latency, self._window = latency, window
        self._unloaded_latency = min(self._unloaded_latency, latency)
        pays = throughput > _GAIN * self._best_throughput
        self._best_throughput = max(self._best_throughput * _BEST_DECAY, throughput)
        self._hold = latency > _UNCONGESTED * self._unloaded_latency and not pays
        if self._hold:
            self._slow_start = False
        if latency <= _CONGESTED * self._unloaded_latency:
            self._before_shrink = None
        elif not pays and self._window > 1:
            self._before_shrink = self._before_shrink or (self._window, latency)
            self._round_start = now + latency  # the queue drains first
            self._window = max(1.0, self._window * max(0.5, _UNCONGESTED * self._unloaded_latency / latency))

    def _latency_rises(self) -> bool:
        """Whether the last answers were slow, before the round is over: slow start outgrows a round (HyStart, RFC 9406)."""
        last = [seconds for _, seconds in self._round[-_SLOW_START_SAMPLES:]]
        return len(last) == _SLOW_START_SAMPLES and median(last) > _UNCONGESTED * self._unloaded_latency
