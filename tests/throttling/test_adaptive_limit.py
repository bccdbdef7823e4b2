"""Tests of the adaptive limit against servers with limits, in simulated time."""

from __future__ import annotations

import asyncio
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import (
    Batching,
    Changing,
    FixedWindow,
    Hanging,
    Open,
    Queue,
    Slots,
    Stray,
    TokenBucket,
    run,
    steady,
    varied,
)

from briefing.llm.providers import OPENAI_CHAT
from briefing.throttling.adaptive_limit import AdaptiveLimit
from briefing.throttling.headers import Quota, duration, quotas
from briefing.throttling.limiter import Limiter

#: The mean of `varied(1.0)`.
MEAN = math.exp(0.08)


@pytest.mark.parametrize("latency", [0.2, 3.0])
@pytest.mark.parametrize("rate", [10, 20, 50])
@pytest.mark.parametrize("whole_seconds", [True, False])
def test_a_rate_limit_is_found_and_used(latency, rate, whole_seconds):
    """Against a bucket that says nothing but 429 and Retry-After, 95 % of the rate is used and 2 % refused at most."""
    server = TokenBucket(rate, rate, varied(latency), whole_seconds=whole_seconds)
    outcome = run(AdaptiveLimit(), server, seconds=240, warm_up=60)
    assert outcome.rate >= 0.95 * rate
    assert outcome.refused_share < 0.02


@pytest.mark.parametrize(("draw", "latency"), [(steady, 0.5), (varied, 0.5), (varied, 3.0)])
@pytest.mark.parametrize("slots", [20, 60])
@pytest.mark.parametrize("retry_after", [None, 1.0])
def test_a_limit_of_concurrency_is_found_and_used(draw, latency, slots, retry_after):
    """A server that refuses more than so many at a time is kept busy, with few refusals."""
    server = Slots(slots, draw(latency), retry_after=retry_after)
    outcome = run(AdaptiveLimit(), server, seconds=240, warm_up=60)
    assert outcome.in_flight >= 0.95 * slots
    assert outcome.refused_share < 0.02


@pytest.mark.parametrize("retry_after", [None, 0.0, 1.0])
@pytest.mark.parametrize(("share", "least"), [(0.002, 0.9), (0.01, 0.75), (0.05, 0.3)])
def test_stray_refusals_are_no_limit(share, least, retry_after):
    """Where calls are refused at random, whatever their rate, nearly as many are made as may be in flight."""
    server = Stray(Open(varied(0.2)), share, retry_after=retry_after)
    outcome = run(AdaptiveLimit(max_concurrency=64), server, seconds=180, warm_up=90)
    assert outcome.rate >= least * 64 / (0.2 * MEAN)


def test_the_window_keeps_growing_through_stray_refusals():
    """With one call in a hundred refused at random, more and more are in flight up to the greatest number."""
    server = Stray(Open(varied(2.0)), 0.01, retry_after=1.0)
    outcome = run(AdaptiveLimit(max_concurrency=256), server, seconds=400, warm_up=300)
    assert outcome.in_flight > 0.75 * 256


def test_a_refusal_of_the_beginning_is_forgotten_where_answers_are_slow():
    """With answers that take ten seconds, too, a few refusals at the start do not hold the number in flight for minutes."""
    slow = Open(varied(10.0))
    outcome = run(
        AdaptiveLimit(max_concurrency=256), Changing(Stray(slow, 0.1), 30.0, slow), seconds=300, warm_up=240
    )
    assert outcome.in_flight > 0.75 * 256


@pytest.mark.parametrize("retry_after", [None, 1.0])
@pytest.mark.parametrize("share", [0.002, 0.01])
@pytest.mark.parametrize("kind", [TokenBucket, Slots])
def test_a_limit_is_found_among_stray_refusals(kind, share, retry_after):
    """A limit is used to 95 %, and few are refused beside the strays."""
    latency = varied(0.5)
    limit = 20 if kind is TokenBucket else 20 / (0.5 * MEAN)
    limited = TokenBucket(20, 20, latency) if kind is TokenBucket else Slots(20, latency, retry_after=1.0)
    outcome = run(AdaptiveLimit(), Stray(limited, share, retry_after=retry_after), seconds=300, warm_up=120)
    assert outcome.rate >= 0.95 * limit * (1 - share)
    assert outcome.steady_refused_share < share + 0.02


@pytest.mark.parametrize("rate", [10, 40])
def test_a_limit_that_changes_is_found_again(rate):
    """A bucket of 20 calls a second that is halved or doubled is used to 95 % two minutes later."""
    server = Changing(TokenBucket(20, 20, varied(0.5)), 120.0, TokenBucket(rate, rate, varied(0.5)))
    outcome = run(AdaptiveLimit(), server, seconds=360, warm_up=240)
    assert outcome.rate >= 0.95 * rate
    assert outcome.steady_refused_share < 0.02


@pytest.mark.parametrize("rate", [8, 20, 50])
def test_a_bucket_of_one_call_is_used(rate):
    """A server that takes one call at once, at even distances, is used to 80 % without being told its rate."""
    outcome = run(AdaptiveLimit(), TokenBucket(rate, 1, varied(0.5)), seconds=300, warm_up=120)
    assert outcome.rate >= 0.8 * rate
    assert outcome.steady_refused_share < 0.02


def test_a_limit_is_not_learned_with_many_refusals():
    """Few are refused in the first minute, too, by a bucket of eight calls a second."""
    outcome = run(AdaptiveLimit(), TokenBucket(8, 8, varied(0.2)), seconds=60)
    assert outcome.refused_share < 0.025


@pytest.mark.parametrize("slots", [1, 4, 20, 100])
def test_a_server_that_lets_wait_is_not_flooded(slots):
    """Rising latency that brings no more answers is a queue: it is kept short, and the server busy."""
    outcome = run(AdaptiveLimit(), Queue(slots, varied(0.5)), seconds=200, warm_up=60)
    assert outcome.rate >= 0.95 * slots / (0.5 * MEAN)
    assert outcome.in_flight <= 3 * slots + 16


@pytest.mark.parametrize("slots", [4, 20, 100])
def test_a_slow_server_that_lets_wait_is_not_flooded(slots):
    """The same where answers are slow, and the number in flight is doubled with each round of them."""
    outcome = run(AdaptiveLimit(), Queue(slots, varied(10.0)), seconds=4000, warm_up=1200)
    assert outcome.rate >= 0.95 * slots / (10.0 * MEAN)
    assert outcome.in_flight <= 3 * slots + 16


@pytest.mark.parametrize(("slots", "latency"), [(1, 20.0), (4, 20.0), (20, 10.0)])
def test_calls_do_not_wait_in_a_queue_until_they_are_given_up(slots, latency):
    """Where a server lets calls wait longer than a minute, fewer are in flight: few are given up, and it is kept busy.

    It works on those that were given up, too, which is the worst that it can do.
    """
    outcome = run(
        AdaptiveLimit(),
        Queue(slots, varied(latency)),
        seconds=200 * latency,
        warm_up=60 * latency,
        timeout=60.0,
    )
    assert outcome.rate >= 0.9 * slots / (latency * MEAN)
    assert outcome.given_up[0] <= 60
    assert outcome.given_up[1] <= 25


@pytest.mark.parametrize("latency", [2.0, 25.0])
def test_calls_that_are_never_answered_do_not_hold_the_others(latency):
    """One in a hundred that hangs is that call's own, however many are in flight."""
    server = Hanging(Open(varied(latency)), 0.01)
    outcome = run(AdaptiveLimit(max_concurrency=256), server, seconds=1200, warm_up=900, timeout=60.0)
    assert outcome.in_flight > 0.9 * 256


def test_calls_cut_short_by_a_deadline_say_nothing_of_a_queue():
    """Who waits less than answers take cannot tell that the server lets calls wait."""
    limit = AdaptiveLimit(max_concurrency=64)
    run(limit, Open(varied(10.0)), seconds=120)
    now, before = 1000.0, limit.window(1000.0)
    for _ in range(8):
        limit.timed_out(limit.acquire(now), now + 1)
        now += 2
    assert before == limit.window(now)


def test_slow_answers_are_soon_many_at_a_time():
    """Where each answer takes half a minute, 256 are in flight after six minutes."""
    outcome = run(AdaptiveLimit(max_concurrency=256), Open(varied(30.0)), seconds=420, warm_up=360)
    assert outcome.in_flight > 0.9 * 256


async def test_the_limiter_reports_calls_that_were_given_up():
    """When nothing is answered in time, fewer are let through."""
    limiter = Limiter(AdaptiveLimit(max_concurrency=64))
    before = limiter.limit.window(time.monotonic())
    for _ in range(2):
        with pytest.raises(TimeoutError):
            async with limiter.slot(0.0, lambda: None, lambda: None, None, OPENAI_CHAT.read_error):
                raise TimeoutError
    assert limiter.limit.window(time.monotonic()) < before
    assert limiter.limit.in_flight == 0


def test_latency_that_pays_is_borne():
    """Where more in flight makes each slower but all together faster, more are sent."""
    outcome = run(AdaptiveLimit(), Batching(varied(2.0), slower=0.02), seconds=200, warm_up=60)
    alone = 1 / (2.0 * MEAN)
    assert outcome.rate > 15 * alone


def test_longer_answers_are_no_queue():
    """Latency that rises by itself and does not fall with fewer in flight leaves the number in flight as it was."""
    mean = [0.5]
    draw = varied(1.0)
    limit = AdaptiveLimit(max_concurrency=64)
    server = Slots(1000, lambda: mean[0] * draw())
    slower_from = 60.0

    class Slower:
        def call(self, now, ended):
            mean[0] = 0.5 if now < slower_from else 2.0
            return server.call(now, ended)

    outcome = run(limit, Slower(), seconds=240, warm_up=120)
    assert outcome.in_flight > 40


@pytest.mark.parametrize("burst_seconds", [60, 5])
@pytest.mark.parametrize("latency", [0.2, 3.0])
def test_headers_spare_refusals_by_a_bucket(burst_seconds, latency):
    """Where headers say what remains, the whole rate of a bucket is used and next to nothing is refused."""
    server = TokenBucket(20, 20 * burst_seconds, varied(latency), headers=True)
    outcome = run(AdaptiveLimit(), server, seconds=240, warm_up=120)
    assert outcome.rate >= 0.95 * 20
    assert outcome.refused_share < (0.01 if burst_seconds < 60 else 1e-9)


@pytest.mark.parametrize("latency", [0.2, 3.0])
def test_headers_spread_a_fixed_window(latency):
    """A limit per minute is used up by its end, with few refusals."""
    outcome = run(AdaptiveLimit(), FixedWindow(600, 60.0, varied(latency)), seconds=240, warm_up=60)
    assert outcome.rate >= 0.95 * 10
    assert outcome.refused_share < 0.02


def test_two_clients_share_a_bucket():
    """Two that know nothing of one another get about the same of a bucket that tells what remains."""
    server = TokenBucket(20, 20 * 30, varied(0.5), headers=True)

    class Half:
        def call(self, now, ended):
            # The other client's call, answered to nobody: what a client like ours would send.
            server.call(now, [])
            return server.call(now, ended)

    outcome = run(AdaptiveLimit(), Half(), seconds=300, warm_up=120)
    assert 0.95 * 10 <= outcome.rate <= 1.05 * 10


@pytest.mark.parametrize("per_minute", [30, 600, 3000])
def test_a_fixed_limit_of_requests_is_kept(per_minute):
    """The limit that the user gives is used to 95 % and never passed, also by a strict server."""
    rate = per_minute / 60
    limit = AdaptiveLimit(requests_per_minute=per_minute)
    outcome = run(limit, TokenBucket(rate, max(1, rate / 10), varied(1.0)), seconds=240, warm_up=60)
    assert outcome.rate >= 0.95 * rate
    assert outcome.refused == 0


def test_a_fixed_limit_of_tokens_is_kept():
    """Tokens are counted as they were used, not as they were estimated."""
    limit = AdaptiveLimit(tokens_per_minute=60_000)
    now, used = 0.0, 0
    while now < 600:
        delay = limit.delay(now)
        now += delay or 0.0
        permit = limit.acquire(now, 200)
        limit.answered(permit, now + 0.01, tokens=500)
        used += 500
    assert 0.95 * 60_000 <= used / 10 <= 60_000


def test_retry_after_holds_for_all():
    """One refusal with a Retry-After stops every call until then."""
    limit = AdaptiveLimit()
    first, second = limit.acquire(0.0), limit.acquire(0.0)
    limit.rejected(first, 1.0, retry_after=5.0)
    limit.answered(second, 2.0)
    assert [limit.delay(2.0), limit.delay(6.0)] == [4.0, 0.0]


def test_refusals_of_one_moment_count_once():
    """Calls that were sent together and refused together decrease the window once."""
    limit = AdaptiveLimit(initial=64)
    permits = [limit.acquire(0.0) for _ in range(64)]
    windows = []
    for permit in permits:
        limit.rejected(permit, 0.1, retry_after=1.0)
        windows.append(limit.window(0.1))
    assert len(set(windows)) == 1
    assert 30 < windows[0] < 64


def test_a_retry_after_of_a_stray_refusal_is_for_its_call_alone():
    """Once refusals were seen where as much had been taken before, one more stops nobody; several in a row do."""
    limit, server = AdaptiveLimit(max_concurrency=64), Stray(Open(varied(0.2)), 0.01)
    run(limit, server, seconds=60)
    now, delays = 1000.0, []
    for _ in range(8):
        limit.answered(limit.acquire(now), now + 1)
        now += 2
    for _ in range(8):
        permit = limit.acquire(now)
        limit.rejected(permit, now + 1, retry_after=60.0)
        delays.append(limit.delay(now + 1) or 0.0)
        now += 1.1
    assert delays[0] < 1
    assert max(delays) == pytest.approx(60.0)


def test_blind_pauses_grow_until_something_is_answered():
    """Without a Retry-After the pause is doubled with each refusal in a row, and short again after an answer."""
    limit, now, pauses = AdaptiveLimit(), 0.0, []
    for _ in range(3):
        limit.rejected(limit.acquire(now), now + 0.1)
        pauses.append(limit.delay(now + 0.1))
        now += 60
    limit.answered(limit.acquire(now), now + 0.1)
    limit.rejected(limit.acquire(now + 60), now + 60.1)
    pauses.append(limit.delay(now + 60.1))
    assert pauses == pytest.approx([0.25, 0.5, 1.0, 0.25])


def test_nothing_is_sent_while_a_header_says_that_nothing_remains():
    """A 429 without Retry-After waits until the reset that its headers tell."""
    limit = AdaptiveLimit()
    headers = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "7s"}
    limit.rejected(limit.acquire(0.0), 0.0, headers=headers)
    assert limit.delay(0.0) == 7.0


@given(
    st.lists(st.sampled_from(["begin", "answer", "refuse", "fail", "wait"]), max_size=200), st.integers(1, 20)
)
def test_the_bound_is_never_passed(steps, most):
    """Whatever happens in whatever order, at most `max_concurrency` calls are under way, and they come back to none."""
    limit, now, open_permits = AdaptiveLimit(max_concurrency=most), 0.0, []
    for step in steps:
        now += 0.5
        if step == "begin" and limit.delay(now) == 0:
            open_permits.append(limit.acquire(now, 10.0))
        elif step == "answer" and open_permits:
            limit.answered(open_permits.pop(), now, tokens=20)
        elif step == "refuse" and open_permits:
            limit.rejected(open_permits.pop(), now)
        elif step == "fail" and open_permits:
            limit.failed(open_permits.pop())
        assert limit.in_flight == len(open_permits) <= most
        assert 1 <= limit.window(now) <= most


async def test_the_limiter_is_first_come_first_served():
    """Calls are let through in the order in which they came."""
    limiter, order = Limiter(AdaptiveLimit(max_concurrency=1, initial=1)), []

    async def call(name):
        permit = await limiter.acquire()
        order.append(name)
        await asyncio.sleep(0)
        limiter.answered(permit, headers=None)

    await asyncio.gather(*(call(name) for name in range(5)))
    assert order == [0, 1, 2, 3, 4]
    assert (limiter.waiting, limiter.limit.in_flight) == (0, 0)


async def test_a_cancelled_call_gives_its_place_back():
    """Cancelled before or just when it is let through, a call leaves the limiter as it was."""
    limiter = Limiter(AdaptiveLimit(max_concurrency=1, initial=1))
    permit = await limiter.acquire()
    waiting = [asyncio.ensure_future(limiter.acquire()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    limiter.failed(permit)  # lets the second through, which is cancelled before it knows
    waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert (limiter.waiting, limiter.limit.in_flight) == (0, 0)


async def test_the_limiter_wakes_by_itself():
    """After a pause the next call is let through without anything else happening."""
    limiter = Limiter(AdaptiveLimit())
    limiter.rejected(await limiter.acquire(), 0.05, None)
    limiter.answered(await limiter.acquire(), headers=None)
    assert (limiter.limit.rejections, limiter.limit.sent, limiter.limit.in_flight) == (1, 2, 0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1.0), ("6m0s", 360.0), ("12ms", 0.012), ("1h2m3.5s", 3723.5), ("2d", 172800.0), ("0.25", 0.25),
     ("", None), ("soon", None), (None, None), ("-1", None), ("1.2.3s", None)],
)  # fmt: skip
def test_durations_are_read(text, seconds):
    """Go's durations and plain seconds are read, anything else is passed over."""
    assert duration(text) == seconds


def test_a_moment_is_read_as_a_duration():
    """A Unix time in the future is the time until then; one in the past is now."""
    assert 50 < duration(str(time.time() + 60)) <= 60
    assert duration("1000000001") == 0.0


@given(st.dictionaries(st.sampled_from([f"x-ratelimit-{part}-{of}" for part in ("limit", "remaining", "reset")
                                        for of in ("requests", "tokens")]), st.text(max_size=8)))  # fmt: skip
def test_headers_never_break_the_limit(headers):
    """Whatever the headers hold, the next call is made within the window's bounds."""
    limit = AdaptiveLimit()
    limit.answered(limit.acquire(0.0), 1.0, headers=headers)
    delay = limit.delay(1.0)
    assert delay is not None
    assert 0 <= delay < math.inf


def test_a_limit_without_a_reset_is_per_minute():
    """Where a server only tells limit and rest, the limit is taken to be one per minute."""
    headers = {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "30"}
    assert quotas(headers) == (Quota(30, 30.0, 60), None)
