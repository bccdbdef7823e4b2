"""Tests of the single decisions of the adaptive limit: a case on each side of its thresholds."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from briefing.throttling.adaptive_limit import AdaptiveLimit, Permit


def send(limit: AdaptiveLimit, count: int, now: float = 0.0) -> list[Permit]:
    """Calls that are sent at the same time."""
    return [limit.acquire(now) for _ in range(count)]


def answered_round(
    limit: AdaptiveLimit, count: int, latency: float, *, now: float, interval: float = 0.1
) -> float:
    """Answers to calls made one after the other, which use the whole window; returns when the last one came."""
    for _ in range(count):
        permit = limit.acquire(now - latency)
        permit.level = round(limit.window(now))
        limit.answered(permit, now)
        now += interval
    return now - interval


def measured(**options: Any) -> AdaptiveLimit:
    """A limit with a window of 10 whose unloaded latency is 1 s, and best throughput 10 answers a second."""
    limit = AdaptiveLimit(**{"initial": 10, "max_concurrency": 10, **options})
    answered_round(limit, 10, 1.0, now=100.0)
    return limit


# --- rates ------------------------------------------------------------------------------------------------


def test_a_configured_rate_is_used_to_98_percent() -> None:
    """Calls are spaced evenly, and each token is counted."""
    limit = AdaptiveLimit(requests_per_minute=60)
    limit.acquire(0.0)
    assert 1 / 0.98 == pytest.approx(limit.delay(0.0))
    limit = AdaptiveLimit(tokens_per_minute=60)
    limit.acquire(0.0, 5.0)
    assert 5 / 0.98 == pytest.approx(limit.delay(0.0))


@pytest.mark.parametrize(("late", "delay"), [(0.1, 0.9), (0.2, 0.8), (0.3, 0.8)])
def test_a_late_call_is_caught_up_for(late: float, delay: float) -> None:
    """Up to 0.2 s, the delay of a busy event loop."""
    limit = AdaptiveLimit(requests_per_minute=60 / 0.98)
    limit.acquire(0.0)
    assert 1.0 == pytest.approx(limit.delay(0.0))
    limit.acquire(1.0 + late)
    assert delay == pytest.approx(limit.delay(1.0 + late))


def test_idle_time_is_not_caught_up_for() -> None:
    """Nobody waited for it."""
    limit = AdaptiveLimit(requests_per_minute=60 / 0.98)
    limit.acquire(0.0)
    limit.acquire(1.1)
    assert 1.0 == pytest.approx(limit.delay(1.1))


def test_waiting_ends_with_the_call_that_was_waited_for() -> None:
    """The next one, for which nobody waited, is not early."""
    limit = AdaptiveLimit(requests_per_minute=60 / 0.98)
    limit.acquire(0.0)
    limit.delay(0.0)
    limit.acquire(3.0)
    limit.acquire(3.9)
    assert 1.0 == pytest.approx(limit.delay(3.9))


def test_tokens_per_call_are_averaged() -> None:
    """What an estimate lacks goes into the next one by a tenth; rejected calls take no tokens and teach nothing."""
    limit = AdaptiveLimit()
    expected = []
    for tokens in (600.0, 100.0, None, 60.0, 0.0):
        permit = limit.acquire(0.0, 100.0)
        expected.append(permit.tokens)
        limit.answered(permit, 1.0, tokens=tokens)
    limit.rejected(limit.acquire(1.0, 100.0), 2.0)
    expected.append(limit.acquire(3.0, 100.0).tokens)
    # 100 + 50; then 600 - 100, 100 - 150, unknown, 60 - 145, 0 by a tenth each
    assert [100.0, 150.0, 145.0, 145.0, 136.5, 136.5] == pytest.approx(expected)


def test_the_token_average_is_not_negative() -> None:
    """Estimates that are too high are not lowered below what is known of the call."""
    limit = AdaptiveLimit()
    limit.answered(limit.acquire(0.0, 100.0), 1.0, tokens=1.0)
    assert 100.0 == limit.acquire(1.0, 100.0).tokens


def test_tokens_that_a_call_took_more_or_less_move_the_next_one() -> None:
    """A token a second: an answer that took five more than estimated delays by five, a rejection takes nothing."""
    limit = AdaptiveLimit(tokens_per_minute=60 / 0.98)
    limit.answered(limit.acquire(0.0, 10.0), 1.0, tokens=15.0)
    assert 14.0 == pytest.approx(limit.delay(1.0))
    limit = AdaptiveLimit(tokens_per_minute=60 / 0.98)
    limit.rejected(limit.acquire(0.0, 10.0), 1.0, 0.0)
    assert 0.0 == pytest.approx(limit.delay(1.0))


def test_the_latest_quota_counts() -> None:
    """Responses arrive out of order: that of the call sent last counts, unless an earlier one says that nothing is left."""

    def quota(remaining: int) -> dict[str, str]:
        return {"x-ratelimit-remaining-requests": str(remaining), "x-ratelimit-reset-requests": "100s"}

    limit = AdaptiveLimit()
    first, second, third = send(limit, 3)
    limit.answered(second, 1.0, headers=quota(201))
    limit.answered(third, 2.0, headers=quota(400))
    limit.answered(first, 3.0, headers=quota(100))
    limit.acquire(3.0)
    assert 97 / 399 == pytest.approx(limit.delay(3.0))
    limit = AdaptiveLimit()
    first, second = send(limit, 2)
    limit.answered(second, 1.0, headers=quota(200))
    limit.rejected(first, 2.0, headers=quota(0))
    assert 98.0 == limit.delay(2.0)


def test_a_quota_of_tokens_is_spread() -> None:
    """What was estimated for the calls since then is subtracted."""
    limit = AdaptiveLimit()
    first, second = limit.acquire(0.0, 40.0), limit.acquire(0.0, 40.0)
    headers = {"x-ratelimit-remaining-tokens": "540", "x-ratelimit-reset-tokens": "100s"}
    limit.answered(first, 0.0, headers=headers)
    limit.acquire(0.0, 40.0)  # at (540 - 40) / 100 s
    assert 8.0 == pytest.approx(limit.delay(0.0))
    limit.failed(second)
    assert 1 == limit.in_flight


# --- timeouts ---------------------------------------------------------------------------------------------


def test_a_timeout_without_answers_halves_what_was_in_flight() -> None:
    """Once for all calls that were sent before it."""
    limit = AdaptiveLimit(initial=64)
    permits = send(limit, 10)
    limit.timed_out(permits[0], 60.0)
    assert 5.0 == limit.window(60.0)
    limit.timed_out(permits[1], 61.0)
    assert 5.0 == limit.window(61.0)
    for permit in permits[2:]:
        limit.failed(permit)
    limit.timed_out(send(limit, 3, 60.1)[0], 120.0)
    assert 1.5 == limit.window(120.0)


def test_a_timeout_halves_the_window_if_more_was_in_flight() -> None:
    """Half of the window, not of what is above it."""
    limit = AdaptiveLimit(initial=8)
    permits = send(limit, 20)
    limit.timed_out(permits[0], 60.0)
    assert 4.0 == limit.window(60.0)


def test_the_window_is_at_least_one() -> None:
    """A single call that times out leaves it so."""
    limit = AdaptiveLimit(initial=1)
    limit.timed_out(limit.acquire(0.0), 60.0)
    assert 1.0 == limit.window(60.0)


def test_the_third_close_timeout_halves_though_others_are_answered() -> None:
    """Two may be calls that hang."""
    limit = AdaptiveLimit(initial=8, max_concurrency=8)
    windows = []
    for start in (0.0, 100.0, 200.0):
        hanging, other = send(limit, 2, start)
        limit.answered(other, start + 1.0)
        limit.timed_out(hanging, start + 60.0)
        windows.append(limit.window(start + 60.0))
    assert [8.0, 8.0, 1.0] == windows


@pytest.mark.parametrize(("waited", "window"), [(1.09, 8.0), (1.11, 1.0)])
def test_a_timeout_shorter_than_answers_take_does_not_count(waited: float, window: float) -> None:
    """The mean latency is 1.1 s: a second, and a tenth of the difference to the next one, two seconds."""
    limit = AdaptiveLimit(initial=8, max_concurrency=8)
    limit.answered(limit.acquire(0.0), 1.0)
    limit.answered(limit.acquire(0.0), 2.0)
    limit.timed_out(limit.acquire(10.0), 10.0 + waited)
    assert window == limit.window(20.0)


@pytest.mark.parametrize(("latency", "grows"), [(30.0, True), (30.1, False)])
def test_the_window_does_not_grow_near_the_timeout(latency: float, grows: bool) -> None:
    """Where answers take more than half of the time after which calls were given up."""
    limit = AdaptiveLimit(initial=8)
    limit.timed_out(limit.acquire(0.0), 60.0)
    before = limit.window(100.0)
    limit.answered(limit.acquire(100.0), 100.0 + latency)
    assert grows == (limit.window(200.0) > before)


# --- growth -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "window"), [(7, 10.0), (8, 11.0)])
def test_the_window_grows_if_it_is_used(level: int, window: float) -> None:
    """To 80 % at the time that the call was sent."""
    limit = AdaptiveLimit(initial=10)
    limit.answered(send(limit, level)[-1], 1.0)
    assert window == limit.window(1.0)


@pytest.mark.parametrize(("latency", "window"), [(1.99, 10.0), (2.0, 11.0)])
def test_with_long_latency_every_answer_counts(latency: float, window: float) -> None:
    """Where answers take two seconds, the window grows if it is used when they come."""
    limit = AdaptiveLimit(initial=10)
    first = send(limit, 10)[0]
    limit.answered(first, latency)
    assert window == limit.window(latency)


@pytest.mark.parametrize(("in_flight", "window"), [(7, 10.0), (8, 11.0)])
def test_with_long_latency_the_calls_in_flight_count(in_flight: int, window: float) -> None:
    """The one that is answered included."""
    limit = AdaptiveLimit(initial=10)
    limit.answered(send(limit, in_flight)[0], 5.0)
    assert window == limit.window(5.0)


def test_after_slow_start_the_window_grows_by_its_square_root() -> None:
    """A fourth of a call for each answer at a window of 16, and never above the bound."""
    limit = AdaptiveLimit(initial=32)
    limit.timed_out(send(limit, 40)[0], 60.0)
    assert 16.0 == limit.window(60.0)
    limit.answered(limit.acquire(60.0), 60.1)
    assert 16.25 == limit.window(60.1)
    bounded = AdaptiveLimit(initial=10, max_concurrency=10)
    bounded.answered(send(bounded, 10)[-1], 1.0)
    assert 10.0 == bounded.window(1.0)


@pytest.mark.parametrize(("latency", "steps"), [(1.5, 1.0), (1.51, 1 / math.sqrt(10.0))])
def test_eight_slow_answers_end_slow_start(latency: float, steps: float) -> None:
    """Before the round is over: where the median of the last eight is above 1.5 times the unloaded latency."""
    limit = measured(max_concurrency=64, initial=10)
    limit._window = 10.0
    # Of the last eight, four and a half are slow: the median is between the two in the middle.
    answered_round(limit, 8, latency, now=200.0)
    limit._window = 10.0
    answered_round(limit, 1, 1.0, now=201.0)
    assert 10.0 + steps == pytest.approx(limit.window(202.0))


def test_seven_slow_answers_do_not_end_slow_start() -> None:
    """They are too few."""
    limit = measured(max_concurrency=64, initial=10)
    limit._window = 10.0
    answered_round(limit, 7, 1.9, now=200.0)
    limit._window = 10.0
    answered_round(limit, 1, 1.0, now=201.0)
    assert 11.0 == limit.window(202.0)


# --- rounds -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latency", "interval", "held"),
    [(1.5, 0.2, False), (1.51, 0.2, True), (1.51, 0.1 / 1.04, False), (1.51, 0.1 / 1.02, True)],
)
def test_rising_latency_holds_the_window_unless_it_pays(latency: float, interval: float, held: bool) -> None:
    """Above 1.5 times the unloaded latency, only 3 % more throughput than the best lets it grow."""
    limit = measured()
    end = answered_round(limit, 24, latency, now=200.0, interval=interval)
    limit.max_concurrency = 64
    answered_round(limit, 1, 1.0, now=end + 1)
    assert held == (limit.window(300.0) == 10.0)


@pytest.mark.parametrize(("rounds", "held"), [(1, True), (6, False)])
def test_the_best_throughput_fades(rounds: int, held: bool) -> None:
    """By 1 % each round: 6 rounds later, 98 % of it is more than the best."""
    limit, end = measured(), 200.0
    for _ in range(rounds):
        end = answered_round(limit, 24, 1.0, now=end + 10, interval=0.2)
    end = answered_round(limit, 24, 1.6, now=end + 10, interval=0.1 / 0.98)
    limit.max_concurrency = 64
    answered_round(limit, 1, 1.0, now=end + 1)
    assert held == (limit.window(end + 2) == 10.0)


@pytest.mark.parametrize(
    ("latency", "window"), [(2.0, 10.0), (2.01, 10.0 * 1.5 / 2.01), (3.0, 5.0), (9.0, 5.0)]
)
def test_a_queue_shrinks_the_window(latency: float, window: float) -> None:
    """Above twice the unloaded latency, to what gives 1.5 times of it, at most by half at once."""
    limit = measured()
    answered_round(limit, 24, latency, now=200.0, interval=0.2)
    assert window == pytest.approx(limit.window(300.0))


def test_a_round_has_as_many_answers_as_the_window() -> None:
    """24 at least: one answer less decides nothing."""
    for window, count in ((10, 24), (40, 40)):
        limit = measured(initial=window, max_concurrency=window)
        if window == 40:
            answered_round(limit, 30, 1.0, now=110.0)
        end = answered_round(limit, count - 1, 3.0, now=200.0, interval=1.0)
        assert window == limit.window(300.0)
        answered_round(limit, 1, 3.0, now=end + 1.0)
        assert window / 2 == limit.window(300.0)


@pytest.mark.parametrize(("latency", "window"), [(2.5, 5.0 * 1.5 / 2.5), (2.56, 10.0)])
def test_a_shrink_that_did_not_help_is_undone(latency: float, window: float) -> None:
    """More than 85 % of a latency of 3 s is left at half the window: answers take longer, and that is the new normal."""
    limit = measured()
    end = answered_round(limit, 24, 3.0, now=200.0, interval=0.2)
    assert 5.0 == limit.window(end)
    answered_round(limit, 24, latency, now=end + 10, interval=0.2)
    assert window == pytest.approx(limit.window(300.0))


@pytest.mark.parametrize(("latency", "window"), [(2.51, 10.0), (2.45, 10 * (1.5 / 2.45) ** 2)])
def test_a_shrink_is_judged_at_three_fifths(latency: float, window: float) -> None:
    """A window of 5.98 is small enough to compare latencies, one of 6.12 shrinks further first."""
    limit = measured()
    end = answered_round(limit, 24, latency, now=200.0, interval=0.2)
    answered_round(limit, 24, latency, now=end + 10, interval=0.2)
    assert window == pytest.approx(limit.window(300.0))


def test_answers_to_calls_before_a_round_do_not_count() -> None:
    """After a shrink, the queue drains first: calls sent within the latency measured are not in the next round."""
    limit = measured()
    end = answered_round(limit, 24, 3.0, now=200.0, interval=0.2)
    answered_round(limit, 50, 0.5, now=end + 3.4, interval=0.0)
    assert 5.0 == limit.window(300.0)
    answered_round(limit, 25, 0.5, now=end + 3.6, interval=0.0)
    assert limit.window(300.0) > 5.0


# --- rejections -------------------------------------------------------------------------------------------


def test_backoff_has_a_cap() -> None:
    """Half a minute."""
    limit, now, pauses = AdaptiveLimit(), 0.0, []
    for _ in range(9):
        limit.rejected(limit.acquire(now), now)
        pauses.append(limit.delay(now))
        now += 100
    assert [16.0, 30.0, 30.0] == pytest.approx(pauses[6:])


def test_without_answers_the_window_is_lowered_to_seven_tenths() -> None:
    """Of what was in flight; the curve starts 3 % below that."""
    limit = AdaptiveLimit(initial=64)
    permits = send(limit, 20)
    limit.rejected(permits[9], 1.0, 0.0)
    assert 0.7 * 20 * 0.97 == pytest.approx(limit.window(1.0))


@pytest.mark.parametrize(("answers", "level"), [(7, 0.7 * 20), (8, 19.0)])
def test_with_answers_the_level_that_was_accepted_counts(answers: int, level: float) -> None:
    """From eight on: one below that of the rejected call, or the 90th percentile of those that were accepted."""
    limit = AdaptiveLimit(initial=20, max_concurrency=20)
    for _ in range(answers):
        limit.answered(limit.acquire(0.0), 1.0)
    permits = send(limit, 20, 2.0)
    limit.rejected(permits[-1], 3.0, 0.0)
    assert level * 0.97 == pytest.approx(limit.window(3.0))


def test_a_pause_is_for_all_calls_and_nothing_is_caught_up() -> None:
    """A shorter Retry-After does not end it early; after it, calls are spaced as before."""
    limit = AdaptiveLimit(requests_per_minute=60 / 0.98, initial=64)
    first, second, *others = send(limit, 20)
    limit.delay(0.0)
    limit.rejected(first, 1.0, 30.0)
    limit.rejected(second, 1.0, 2.0)
    for permit in others:
        limit.failed(permit)
    assert [30.0, 0.0] == [limit.delay(1.0), limit.delay(31.0)]
    limit.acquire(31.0)
    assert 1.0 == pytest.approx(limit.delay(31.0))


@pytest.mark.parametrize(("reset", "delay"), [("7s", 6.0), ("0.5s", 0.0)])
def test_an_exhausted_quota_is_waited_for(reset: str, delay: float) -> None:
    """Until it resets, counted from when the call was sent; less than one that remains is nothing."""
    limit = AdaptiveLimit()
    headers = {"x-ratelimit-remaining-requests": "0.9", "x-ratelimit-reset-requests": reset}
    limit.rejected(limit.acquire(0.0), 1.0, headers=headers)
    assert delay == limit.delay(1.0)
    limit = AdaptiveLimit()
    headers["x-ratelimit-remaining-requests"] = "1"
    limit.rejected(limit.acquire(0.0), 1.0, headers=headers)
    assert 0.25 == limit.delay(1.0)


def test_after_a_decrease_the_window_is_spread_over_half_the_latency() -> None:
    """A pause does not end with all calls at once."""
    limit = AdaptiveLimit(initial=20, max_concurrency=20)
    for _ in range(8):
        limit.answered(limit.acquire(0.0), 4.0)
    limit.rejected(send(limit, 20, 5.0)[-1], 6.0, 0.0)
    for _ in range(15):
        limit.failed(Permit(5.0, 1, 1, 0.0))
    limit.acquire(6.0)
    assert 4.0 / (2 * limit.window(6.0)) == pytest.approx(limit.delay(6.0))


def decreases(limit: AdaptiveLimit, times: list[float], calls: int) -> list[float]:
    """Rejections at these times, with as many calls accepted before each, and the windows after them."""
    windows, start = [], 0.0
    for time in times:
        for number in range(calls):
            permit = limit.acquire(start + (time - start) * (number + 0.5) / calls - 0.001)
            permit.level = 10
            limit.answered(permit, permit.sent + 0.2)
        permit = limit.acquire(time)
        permit.level = 10
        limit.rejected(permit, time + 0.05, 0.0)
        windows.append(limit.window(time + 0.05))
        start = time + 0.06
    return windows


def test_where_the_rate_is_the_limit_the_window_has_headroom() -> None:
    """A level that was accepted before is rejected: half as many again may be in flight, and the rate is measured."""
    limit = AdaptiveLimit(initial=40, max_concurrency=40)
    first, second = decreases(limit, [20.0, 40.0], 100)
    assert [0.97 * 10, 0.97 * 15] == pytest.approx([first, second], rel=0.02)
    limit.acquire(40.05)
    assert 1 / (0.97 * 5.0) == pytest.approx(limit.delay(40.05), rel=0.05)


@pytest.mark.parametrize(("gap", "measured_again"), [(119.0, True), (121.0, False)])
def test_rejections_are_remembered_for_two_minutes(gap: float, measured_again: bool) -> None:
    """An older one does not measure a rate."""
    limit = AdaptiveLimit(initial=40, max_concurrency=40)
    windows = decreases(limit, list(itertools.accumulate([20.0, gap])), 100)
    assert measured_again == (windows[1] > 12.0)
