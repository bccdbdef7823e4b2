"""How much of a server's limit the pace finds, and how much is refused, in simulated time.

    python benchmarks/pace.py            # a table, as in docs/THROUGHPUT.md; about two minutes

Nothing is called: the servers and the clock are those of tests/simulated.py. Each figure is the mean of three seeds
and of three servers, which tell no Retry-After, one of 0 and one of 1 s; the first two of five minutes are left out. The second table is of the beginning.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from simulated import Open, Slots, Stray, TokenBucket, run, varied

from briefing.throttling.adaptive_limit import AdaptiveLimit

#: The mean of `varied(1.0)`.
MEAN = run(AdaptiveLimit(max_concurrency=1), Open(varied(1.0)), 20_000).rate ** -1


class _Saying:
    """A server whose refusals ask for a given wait."""

    def __init__(self, server: Any, retry_after: float | None) -> None:
        self.server, self.retry_after = server, retry_after

    def call(self, now: float, ended: list[Callable[[], None]]) -> Any:
        reply = self.server.call(now, ended)
        if reply.refused:
            reply.retry_after = self.retry_after
        return reply


def _row(name: str, limit: float, make: Callable[[int], Any], **options: Any) -> None:
    outcomes = [
        run(AdaptiveLimit(**options), _Saying(make(seed), retry_after), seconds=300, warm_up=120)
        for seed in (1, 2, 3)
        for retry_after in (None, 0.0, 1.0)
    ]
    used = [outcome.rate / limit for outcome in outcomes]
    refused = mean(outcome.steady_refused_share for outcome in outcomes)
    from_start = mean(outcome.refused_share for outcome in outcomes)
    print(f"| {name} | {mean(used):.1%} | {min(used):.1%} | {refused:.2%} | {from_start:.2%} |", flush=True)


def main() -> None:
    """Print the table."""
    print("| server | used | least | refused | from the beginning |\n|---|---|---|---|---|")
    for rate, burst in ((8, 8), (20, 20), (50, 50), (8, 1), (20, 1), (50, 1)):
        _row(
            f"a bucket of {rate} calls a second, {burst} at once",
            rate,
            lambda seed, rate=rate, burst=burst: TokenBucket(rate, burst, varied(0.5, seed)),  # type: ignore[misc]
        )
    for slots in (2, 4, 20, 60):
        for latency in (0.2, 2.0):
            _row(
                f"{slots} calls at a time, {latency:g} s each",
                slots / (latency * MEAN),
                lambda seed, slots=slots, latency=latency: Slots(slots, varied(latency, seed)),  # type: ignore[misc]
            )
    for share in (0.002, 0.01, 0.05):
        _row(
            f"no limit, 64 in flight, 0.2 s each, {share:.1%} strays",
            64 / (0.2 * MEAN),
            lambda seed, share=share: Stray(Open(varied(0.2, seed)), share, seed=seed),  # type: ignore[misc]
            max_concurrency=64,
        )
        _row(
            f"no limit, 256 in flight, 2 s each, {share:.1%} strays",
            256 / (2 * MEAN),
            lambda seed, share=share: Stray(Open(varied(2.0, seed)), share, seed=seed),  # type: ignore[misc]
            max_concurrency=256,
        )
        _row(
            f"a bucket of 20 calls a second, {share:.1%} strays",
            20,
            lambda seed, share=share: Stray(TokenBucket(20, 20, varied(0.5, seed)), share, seed=seed),  # type: ignore[misc]
        )
    print("\n| 256 in flight, no limit, the first 15 minutes | used | least |\n|---|---|---|")
    for latency in (2.0, 10.0, 30.0):
        for share in (0.0, 0.007):
            _first_minutes(latency, share)


def _first_minutes(latency: float, share: float) -> None:
    outcomes = [
        run(
            AdaptiveLimit(max_concurrency=256),
            _Saying(Stray(Open(varied(latency, seed)), share, seed=seed), retry_after),
            seconds=900,
        )
        for seed in (1, 2, 3)
        for retry_after in (None, 0.0, 1.0)
    ]
    used = [outcome.rate * latency * MEAN / 256 for outcome in outcomes]
    print(
        f"| answers after {latency:g} s, {share:.1%} strays | {mean(used):.0%} | {min(used):.0%} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
