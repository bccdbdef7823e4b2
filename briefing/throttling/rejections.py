"""Rejections (HTTP 429): whether one is caused by the limit, and what it shows of the limit."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Share by which rate and window start below the measured limit after a rejection.
_BETA = 0.03
#: Seconds until the curve is back at the rejected level, first and at most: 1.5 times longer for each rejection there.
_PLATEAU, _MAX_PLATEAU = 5.0, 40.0
#: Factor on the rate measured last, as an upper bound, if it was rejected within its plateau.
_TOO_HIGH = 0.85
#: Plateaus without a rejection after which the curve has grown far above the last one.
_OUTGROWN = 3.0
#: Accepted calls, and active seconds, that measure a rate.
_MIN_ACCEPTED, _MIN_ACTIVE = 10, 0.5
#: Relative difference up to which two limits count as the same.
_SAME = 0.1

#: Share of rejections at a limit, in addition to strays.
_AT_LIMIT = 0.1
#: Prior share of strays, for probes above the level known to be accepted and for other calls.
_PRIOR_ABOVE, _PRIOR_BELOW = 1e-6, 0.003
#: Log-likelihood ratio that proves the limit. With `_PRIOR_ABOVE`, one rejection does.
_THRESHOLD = 10.0
#: Upper bound of the share of strays.
_MAX_SHARE = 0.5
#: Calls that are counted together, weight of the prior in calls, and calls after which the counts are halved.
_BATCH, _PRIOR_WEIGHT, _MAX_CALLS = 40, 100, 2000


@dataclass
class Rejection:
    """A rejection by the limit: the state at that time, and the limit that was measured.

    Attributes:
        at: time, in seconds on a monotonic clock.
        accepted: calls accepted until then.
        paused: seconds of pauses until then.
        level: calls in flight that the server accepts.
        rate: calls per second that the server accepts; infinite if unknown or if the rate was not what was rejected.
        plateau: seconds until the rejected level is tried again.
    """

    at: float
    accepted: int
    paused: float
    level: float = math.inf
    rate: float = math.inf
    plateau: float = _PLATEAU

    def curve(self, now: float) -> float:
        """Return CUBIC's factor on level and rate: 1 - `_BETA` at the rejection, 1 after `plateau`, then ever faster."""
        return 1 + _BETA * ((now - self.at) / self.plateau - 1) ** 3

    def was_above(self, sent: float) -> bool:
        """Whether a call sent at this time may have been above the level known to be accepted."""
        return self.rate == math.inf or sent - self.at > self.plateau

    def is_outgrown(self, now: float) -> bool:
        """Whether the curve has grown so far since that this rejection says little about the limit."""
        return now - self.at > _OUTGROWN * self.plateau

    def measure_rate(self, before: list[Rejection], recent: float) -> None:
        """Set `rate` to the calls accepted per second since one of the rejections `before`, if there were enough.

        `recent` is the number of answers per second lately.
        """
        for old in reversed(before):
            accepted, elapsed = self.accepted - old.accepted, self.at - old.at
            active = elapsed - (self.paused - old.paused)
            if accepted < _MIN_ACCEPTED or active <= _MIN_ACTIVE:
                continue
            # A small bucket is full during a pause and loses tokens, a large one does not: the rate is between the two.
            low, high = accepted / elapsed, accepted / active
            last = before[-1]
            self.rate = high
            if last.rate == math.inf:
                # First measurement: a rate that is too low grows soon; one that is too high is rejected again.
                self.rate = low
            elif self.at - last.at < last.plateau:
                self.rate = max(low, min(high, _TOO_HIGH * last.rate))
            if last.is_outgrown(self.at):
                # Geometric mean of the average and of what it had grown to.
                self.rate = math.sqrt(self.rate * max(self.rate, recent))
            return

    def lengthen(self, last: Rejection) -> None:
        """Set a longer plateau than that of the `last` rejection, if both are at the same limit."""
        if _is_same(self.rate, last.rate) or (self.rate == math.inf and _is_same(self.level, last.level)):
            self.plateau = min(1.5 * last.plateau, _MAX_PLATEAU)


def _is_same(a: float, b: float) -> bool:
    return a < math.inf and b < math.inf and abs(a - b) <= _SAME * max(a, b)


@dataclass
class ChangeDetector:
    """Detects that calls are rejected by the limit, among strays that have nothing to do with the load.

    The share of strays is estimated from the calls at a level known to be accepted. A rise above it is detected by a
    cumulative sum of log-likelihood ratios (CUSUM; Page, "Continuous inspection schemes", 1954), of the hypothesis that
    `_AT_LIMIT` more calls are rejected against that of strays alone. Without strays, one rejection of a probe is enough;
    with strays, it takes several in close succession.
    """

    _calls: float = 0.0
    _rejected: float = 0.0
    _new_calls: int = 0
    _new_rejected: int = 0
    _evidence: float = 0.0

    @property
    def seen(self) -> bool:
        """Whether there were strays."""
        return self._rejected >= 1

    def accepted(self, *, above: bool) -> None:
        """Record that a call was accepted, be it a probe `above` the level known to be accepted or not."""
        share = self._share(above=above)
        self._evidence = max(0.0, self._evidence + math.log1p(-_AT_LIMIT / (1 - share)))
        if not above:
            self._count(0)

    def rejected(self, *, above: bool) -> bool:
        """Record that a call was rejected. Returns whether that proves that the limit is reached."""
        share = self._share(above=above)
        self._evidence += math.log1p(_AT_LIMIT / share)
        proven = self._evidence >= _THRESHOLD
        if proven:
            self._evidence = 0.0
        if not above:
            self._count(1)
            if proven:
                # The level was not accepted after all, so these were no strays.
                self._new_calls = self._new_rejected = 0
        return proven

    def _share(self, *, above: bool) -> float:
        prior = _PRIOR_ABOVE if above else _PRIOR_BELOW
        return min(_MAX_SHARE, max(self._rejected / (self._calls + _PRIOR_WEIGHT), prior))

    def _count(self, rejected: int) -> None:
        self._new_calls += 1
        self._new_rejected += rejected
        if self._new_calls < _BATCH:
            return
        self._calls += self._new_calls
        self._rejected += self._new_rejected
        self._new_calls = self._new_rejected = 0
        if self._calls > _MAX_CALLS:
            self._calls /= 2
            self._rejected /= 2
