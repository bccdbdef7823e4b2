"""Servers with limits, and clients with an `AdaptiveLimit`, in simulated time: no test waits."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from briefing.throttling.adaptive_limit import AdaptiveLimit, Permit


@dataclass
class Reply:
    """Response of a server: seconds until it comes, whether it is a 429, and its headers."""

    after: float
    refused: bool = False
    retry_after: float | None = None
    headers: dict[str, str] = field(default_factory=dict)


class TokenBucket:
    """Accepts `rate` calls a second, and `burst` at once; its Retry-After says when the next token is available."""

    def __init__(self, rate, burst, latency, *, whole_seconds=True, headers=False):
        self.rate, self.burst, self.latency = rate, burst, latency
        self.whole_seconds, self.headers = whole_seconds, headers
        self.level, self.at = float(burst), 0.0

    def call(self, now, ended):
        """Answer a call; callbacks appended to `ended` are called when the response arrives."""
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        refused = self.level < 1
        if not refused:
            self.level -= 1
        said = {}
        if self.headers:
            said = {
                "x-ratelimit-limit-requests": str(self.burst),
                "x-ratelimit-remaining-requests": str(int(self.level)),
                "x-ratelimit-reset-requests": f"{(self.burst - self.level) / self.rate:.3f}s",
            }
        if refused:
            wait = (1 - self.level) / self.rate
            return Reply(0.01, True, math.ceil(wait) if self.whole_seconds else wait, said)
        return Reply(self.latency(), headers=said)


class FixedWindow:
    """Accepts `limit` calls in each `period` seconds, and reports what remains in headers."""

    def __init__(self, limit, period, latency):
        self.limit, self.period, self.latency = limit, period, latency
        self.window, self.used = 0, 0

    def call(self, now, ended):
        """Answer a call; callbacks appended to `ended` are called when the response arrives."""
        window = int(now // self.period)
        if window != self.window:
            self.window, self.used = window, 0
        reset = (window + 1) * self.period - now
        refused = self.used >= self.limit
        self.used += not refused
        said = {
            "x-ratelimit-limit-requests": str(self.limit),
            "x-ratelimit-remaining-requests": str(self.limit - self.used),
            "x-ratelimit-reset-requests": f"{reset * 1000:.0f}ms",
        }
        return Reply(0.01, True, math.ceil(reset), said) if refused else Reply(self.latency(), headers=said)


class Slots:
    """Works on `slots` calls at a time, and rejects more."""

    def __init__(self, slots, latency, *, retry_after=None):
        self.slots, self.latency, self.retry_after, self.busy = slots, latency, retry_after, 0

    def call(self, now, ended):
        """Answer a call; callbacks appended to `ended` are called when the response arrives."""
        if self.busy >= self.slots:
            return Reply(0.01, True, self.retry_after)
        self.busy += 1
        ended.append(self._free)
        return Reply(self.latency())

    def _free(self):
        self.busy -= 1


class Open:
    """Accepts all calls."""

    def __init__(self, latency):
        self.latency = latency

    def call(self, now, ended):
        """Answer a call; callbacks appended to `ended` are called when the response arrives."""
        return Reply(self.latency())


class Stray:
    """Rejects a share of the calls at random, and passes the others on to `server`."""

    def __init__(self, server, share, *, retry_after=None, seed=1):
        self.server, self.share, self.retry_after = server, share, retry_after
        self.random = random.Random(seed)

    def call(self, now, ended):
        """Answer a call; callbacks appended to `ended` are called when the response arrives."""
        if self.random.random() < self.share:
            return Reply(0.05, True, self.retry_after)
        return self.server.call(now, ended)


class Hanging:
    """Never answers a share of the calls, and passes the others on to `server`."""

    def __init__(self, server, share, seed=1):
        self.server, self.share, self.random = server, share, random.Random(seed)

    def call(self, now, ended):
        """Answer a call; callbacks appended to `ended` are called when the response arrives."""
        if self.random.random() < self.share:
            return Reply(math.inf)
        return self.server.call(now, ended)


class Changing:
    """Is one server until a moment, and then another."""

    def __init__(self, server, moment, other):
        self.server, self.moment, self.other = server, moment, other

    def call(self, now, ended):
        """Answer a call; callbacks appended to `ended` are called when the response arrives."""
        return (self.server if now < self.moment else self.other).call(now, ended)


class Queue:
    """Works on `slots` calls at a time, and queues more."""

    def __init__(self, slots, latency):
        self.latency, self.free_at = latency, [0.0] * slots
        heapq.heapify(self.free_at)

    def call(self, now, ended):
        """Answer a call; callbacks appended to `ended` are called when the response arrives."""
        done = max(now, heapq.heappop(self.free_at)) + self.latency()
        heapq.heappush(self.free_at, done)
        return Reply(done - now)


class Batching:
    """Works on all calls at a time, each slower by `slower` for each other one, as a GPU does."""

    def __init__(self, latency, slower):
        self.latency, self.slower, self.busy = latency, slower, 0

    def call(self, now, ended):
        """Answer a call; callbacks appended to `ended` are called when the response arrives."""
        self.busy += 1
        ended.append(self._free)
        return Reply(self.latency() * (1 + self.slower * self.busy))

    def _free(self):
        self.busy -= 1


@dataclass
class Outcome:
    """Result of a simulation.

    `rate` (answers a second), `in_flight` (its mean) and `steady_refused_share` are measured after `warm_up` seconds;
    `given_up` counts the calls that timed out before and after.
    """

    answered: int
    refused: int
    rate: float
    in_flight: float
    refused_share: float
    steady_refused_share: float
    given_up: tuple[int, int]


class _Simulation:
    """Clients that always have a next call; a rejected call is retried."""

    def __init__(self, limit: AdaptiveLimit, server, warm_up: float, timeout: float) -> None:
        self.limit, self.server, self.warm_up, self.timeout = limit, server, warm_up, timeout
        self.given_up = [0, 0]
        self.events: list[tuple[float, int, Callable[[float], None]]] = []
        self.order = itertools.count()
        self.timer = math.inf
        # Before and after the warm-up.
        self.answered, self.refused = [0, 0], [0, 0]
        self.busy_time = self.last = 0.0

    def at(self, when: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self.events, (when, next(self.order), happen))

    def advance(self, now: float) -> None:
        while (delay := self.limit.delay(now)) == 0:
            self.send(now)
        if delay is not None and not now < self.timer <= now + delay:
            self.timer = now + delay
            self.at(self.timer, lambda _now: None)

    def send(self, now: float) -> None:
        permit = self.limit.acquire(now)
        ended: list[Callable[[], None]] = []
        reply = self.server.call(now, ended)
        if reply.after > self.timeout:
            self.at(now + self.timeout, lambda then: self.give_up(then, permit))
        else:
            self.at(now + reply.after, lambda then: self.end(then, permit, reply, ended))

    def give_up(self, now: float, permit: Permit) -> None:
        self.given_up[now >= self.warm_up] += 1
        self.limit.timed_out(permit, now)

    def end(self, now: float, permit: Permit, reply: Reply, ended: list[Callable[[], None]]) -> None:
        for callback in ended:
            callback()
        if reply.refused:
            self.refused[now >= self.warm_up] += 1
            self.limit.rejected(permit, now, reply.retry_after, reply.headers)
        else:
            self.answered[now >= self.warm_up] += 1
            self.limit.answered(permit, now, headers=reply.headers)

    def run(self, seconds: float) -> None:
        self.advance(0.0)
        while self.events and self.events[0][0] <= seconds:
            now, _, happen = heapq.heappop(self.events)
            self.busy_time += self.limit.in_flight * max(0.0, now - max(self.last, self.warm_up))
            self.last = now
            happen(now)
            self.advance(now)


def run(
    limit: AdaptiveLimit, server, seconds: float, warm_up: float = 0.0, timeout: float = math.inf
) -> Outcome:
    """Make calls for so many simulated seconds, as fast as the limit allows; a rejected call is retried."""
    simulation = _Simulation(limit, server, warm_up, timeout)
    simulation.run(seconds)
    measured = seconds - warm_up
    answered, refused = sum(simulation.answered), sum(simulation.refused)
    return Outcome(
        answered,
        refused,
        simulation.answered[1] / measured,
        simulation.busy_time / measured,
        refused / max(1, answered + refused),
        simulation.refused[1] / max(1, simulation.answered[1] + simulation.refused[1]),
        (simulation.given_up[0], simulation.given_up[1]),
    )


def steady(seconds):
    """Return a constant latency."""
    return lambda: seconds


def varied(seconds, seed=1):
    """Return a log-normal latency about `seconds`, like that of answers of varying length."""
    source = random.Random(seed)
    return lambda: source.lognormvariate(math.log(seconds), 0.4)
