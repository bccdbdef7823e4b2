"""What a 429 says: whether it is the limit's, and how much the server takes then."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Below the measured limit by this much after a refusal.
_BACK = 0.03
#: Seconds until the curve is back where the server refused; longer each time that it refuses at the same place.
_PLATEAU, _LONGEST_PLATEAU = 5.0, 40.0
#: A measured rate that was refused all the same is lowered so.
_TOO_HIGH = 0.85
#: Plateaus without a refusal, after which so much more was taken that the last one says little.
_GREW = 3.0

#: At the limit, so much more is refused than strays are, at least.
_MORE = 0.1
#: The share of strays that is supposed where none was seen: above what the server was seen to take, and below.
_NONE, _BELOW = 1e-6, 0.003
#: Log-likelihood ratio that is proof of the limit. One refusal is, where none is supposed to be a stray.
_PROOF = 10.0
#: Calls below the limit: that are counted together, that the supposed share is worth, and that are remembered.
_STRETCH, _WORTH, _REMEMBERED = 40, 100, 2000


@dataclass
class Rejection:
    """A refusal that was taken for the limit's: the state then, and what was measured.

    Attributes:
        at: when.
        accepted: calls that the server took until then.
        paused: seconds of pauses until then.
        level: calls in flight that it took.
        rate: calls a second that it took; infinite if that was not what was refused, or is not known.
        plateau: seconds until as much is asked for again.
    """

    at: float
    accepted: int
    paused: float
    level: float = math.inf
    rate: float = math.inf
    plateau: float = _PLATEAU

    def curve(self, now: float) -> float:
        """CUBIC: 1 - `_BACK` at a refusal, 1 after `plateau` seconds, then ever faster."""
        return 1 + _BACK * ((now - self.at) / self.plateau - 1) ** 3

    def was_above(self, sent: float) -> bool:
        """Whether a call that was sent then may have been beyond what was seen to be taken."""
        return self.rate == math.inf or sent - self.at > self.plateau

    def is_outgrown(self, now: float) -> bool:
        """Whether so much more was taken since that this refusal says little."""
        return now - self.at > _GREW * self.plateau

    def measure_rate(self, before: list[Rejection], lately: float) -> None:
        """Set `rate` from what was accepted since an earlier refusal, if that was enough.

        Args:
            before: earlier refusals.
            lately: calls a second of the last answers.
        """
        for old in reversed(before):
            accepted, elapsed = self.accepted - old.accepted, self.at - old.at
            active = elapsed - (self.paused - old.paused)
            if accepted < 10 or active <= 0.5:
                continue
            # A bucket that was full lost what came in during a pause, a large one did not: it is one or the other.
            low, high = accepted / elapsed, accepted / active
            last = before[-1]
            self.rate = high
            if last.rate == math.inf:
                # What is too low at first grows soon; what is too high is refused until it is not.
                self.rate = low
            elif self.at - last.at < last.plateau:
                # Refused below what had been measured.
                self.rate = max(low, min(high, _TOO_HIGH * last.rate))
            if last.is_outgrown(self.at):
                # Between the mean and what it had grown to.
                self.rate = math.sqrt(self.rate * max(self.rate, lately))
            return

    def lengthen(self, last: Rejection) -> None:
        """Wait longer than after the `last` refusal, if this one is at the same place."""
        if _near(self.rate, last.rate) or (self.rate == math.inf and _near(self.level, last.level)):
            self.plateau = min(1.5 * last.plateau, _LONGEST_PLATEAU)


def _near(a: float, b: float) -> bool:
    return a < math.inf and b < math.inf and abs(a - b) <= 0.1 * max(a, b)


@dataclass
class ChangeDetector:
    """Tells the limit's refusals from stray ones, that have nothing to do with how fast we ask.

    The share of strays is what is refused where the server was seen to take as much. That more is refused now is
    decided by a cumulative sum of log-likelihood ratios (CUSUM; Page, "Continuous inspection schemes", 1954): of the
    hypothesis that `_MORE` calls are refused, against that of strays alone. So where there are none, one refusal is
    the limit's; where there are, it takes some in close succession.
    """

    _calls: float = 0.0
    _refused: float = 0.0
    _new_calls: int = 0
    _new_refused: int = 0
    _evidence: float = 0.0

    @property
    def seen(self) -> bool:
        """Whether there are any."""
        return self._refused >= 1

    def accepted(self, *, above: bool) -> None:
        """A call was accepted.

        Args:
            above: it may have been beyond what was seen to be taken.
        """
        share = self._share(above=above)
        self._evidence = max(0.0, self._evidence + math.log1p(-_MORE / (1 - share)))
        if not above:
            self._count(0)

    def rejected(self, *, above: bool) -> bool:
        """A call was refused; whether that proves that a limit is reached.

        Args:
            above: as for `accepted`.
        """
        share = self._share(above=above)
        self._evidence += math.log1p(_MORE / share)
        proof = self._evidence >= _PROOF
        if proof:
            self._evidence = 0.0
        if not above:
            self._count(1)
            if proof:
                # What was seen to be taken was too much: those were no strays.
                self._new_calls = self._new_refused = 0
        return proof

    def _share(self, *, above: bool) -> float:
        return min(0.5, max(self._refused / (self._calls + _WORTH), _NONE if above else _BELOW))

    def _count(self, refused: int) -> None:
        self._new_calls += 1
        self._new_refused += refused
        if self._new_calls < _STRETCH:
            return
        self._calls += self._new_calls
        self._refused += self._new_refused
        self._new_calls = self._new_refused = 0
        if self._calls > _REMEMBERED:
            self._calls /= 2
            self._refused /= 2
