"""Tests of what the parent does for a worker, without a process: limits, budget and journal."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from briefing.errors import BudgetError
from briefing.llm import Budget, CallEstimate
from briefing.processes.services import Limiters, Services
from briefing.throttling import Limiter, limit_from_options

ESTIMATE = CallEstimate(input_tokens=100, min_output=50, max_output=200)


class Store:
    """Notes what it is asked for, and grants every claim."""

    def __init__(self):
        self.asked = []

    def claim(self, fingerprints, *, holder):
        """Grant the claim at once."""
        self.asked.append(("claim", fingerprints, holder))
        granted = Future()
        granted.set_result(set(fingerprints))
        return granted

    def submit(self, outcome, meta, **_how):
        """Record at once."""
        self.asked.append(("submit", outcome, meta.fingerprint))
        recorded = Future()
        recorded.set_result(None)
        return recorded

    def release(self, fingerprints, *, holder):
        """Release at once."""
        self.asked.append(("release", fingerprints, holder))
        released = Future()
        released.set_result(None)
        return released


def served(*, max_concurrency=1, budget=None, store=None):
    """Services of a worker, their limiter, and what they send and report."""
    limiter = Limiter(limit_from_options({"max_concurrency": max_concurrency}, local=False))
    sent, called = [], []
    services = Services(sent.append, called.append, Limiters(limiter), budget or Budget(), store)
    return services, limiter, sent, called


async def turns(count=3):
    """Let the event loop turn."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_calls_are_admitted_as_the_limit_allows():
    """The second call is admitted when the first has ended, and the article of each is reported."""
    services, limiter, sent, called = served()
    services.acquire(1, 0, 7, 100.0)
    services.acquire(2, 0, 8, 100.0)
    await turns()
    assert ([("admitted", 1)], [7], 1) == (sent, called, limiter.limit.in_flight)

    services.answered(1, 300, {"x-ratelimit-remaining-requests": "0"})
    services.acquire(3, 1, 9, 100.0)
    await turns()

    assert [("admitted", 1), ("admitted", 2), ("admitted", 3)] == sorted(sent)


@pytest.mark.parametrize(
    "end",
    [
        lambda services: services.answered(1, None, None),
        lambda services: services.rejected(1, 0.0, None),
        lambda services: services.timed_out(1),
        lambda services: services.failed_call(1),
        lambda services: services.withdraw(1),
        lambda services: services.close(),
    ],
    ids=["answered", "rejected", "timed out", "failed", "withdrawn", "worker died"],
)
@pytest.mark.parametrize("queued", [False, True])
async def test_every_end_gives_the_permit_back(end, queued):
    """No call is in flight or waits after it has ended, however, and also if it was not admitted yet."""
    services, limiter, _, _ = served()
    other, _, _, _ = served()
    other._limiters = services._limiters  # another worker, with the same limits
    services.acquire(1, 0, 7, 100.0)
    await turns()
    if queued:
        end(services)
        other.acquire(1, 0, 8, 100.0)
        services.acquire(1, 0, 7, 100.0)
        services.withdraw(1)
        other.failed_call(1)
    else:
        end(services)
    await turns()

    assert (0, 0) == (limiter.limit.in_flight, sum(not turn.done() for turn, _ in limiter._waiting))


async def test_a_dead_worker_leaves_its_estimates_in_the_budget():
    """What was reserved and may be charged counts, so that the limit is kept; what was reported counts as reported."""
    budget = Budget(max_tokens_total=1000)
    services, *_ = served(budget=budget)
    first, *_ = services.reserve(ESTIMATE, None)
    services.reserve(ESTIMATE, (0.0, 0.0))
    services.spend(first, 120, 0.0)
    services.close()

    with pytest.raises(BudgetError, match="270 tokens of max_tokens_total=1000 spent"):
        budget.reserve(CallEstimate(input_tokens=900, min_output=50, max_output=50), None)


async def test_a_dead_worker_leaves_no_claims():
    """Claims that it has neither released nor recorded are released, also one that is granted later."""
    store = Store()
    services, _, sent, _ = served(store=store)
    for number, fingerprint in enumerate(("a", "b", "c")):
        services.write(number, "claim", ([fingerprint],), {"holder": f"h{fingerprint}"})
    services.write(3, "submit", ("result", SimpleNamespace(fingerprint="a")), {"schema": None})
    services.write(4, "release", (["b"],), {"holder": "hb"})
    await turns()
    assert [0, 1, 2, 3, 4] == [message[1] for message in sent]
    services.write(5, "claim", (["d"],), {"holder": "hd"})

    services.close()
    await turns()

    assert [("release", ["c"], "hc"), ("release", ["d"], "hd")] == store.asked[-2:]
    assert ("release", ["a"], "ha") not in store.asked
