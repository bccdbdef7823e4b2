"""Tests of the rate-limit headers: `Retry-After` and `x-ratelimit-*`."""

from __future__ import annotations

import email.utils
import math
import time
from dataclasses import replace

import pytest

from briefing.throttling.headers import Quota, duration, quotas, retry_after

SHOWN = "Fri, 06 Nov 1970 08:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": " "}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "6m0s"}, 360.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"date": SHOWN, "retry-after": "Fri, 06 Nov 1970 08:00:09 GMT"}, 9.0),
        ({"date": SHOWN, "retry-after": "Fri, 06 Nov 1970 07:00:00 GMT"}, 0.0),
        ({"date": SHOWN, "retry-after": "Fri, 06 Nov 1970 09:00:00 GMT"}, 3600.0),
        ({"date": SHOWN, "retry-after": "Fri, 06 Nov 1970 09:00:01 GMT"}, None),
        ({"date": "soon", "retry-after": SHOWN}, 0.0),
        ({"retry-after-ms": "0", "retry-after": "9"}, 0.0),
        ({"date": SHOWN, "retry-after": "Sat, 07 Nov 1970 08:00:00 GMT"}, None),
        ({"retry-after": "Fri, 06 Nov 2970 08:00:00 GMT"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "tomorrow"}, None),
    ],
)
def test_retry_after_is_parsed(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds, durations, or a date by the server's own clock; what makes no sense is passed over."""
    assert seconds == retry_after(headers)


def test_a_date_is_read_by_the_local_clock_without_the_servers() -> None:
    """To the second, as such dates are written."""
    soon = retry_after({"retry-after": email.utils.formatdate(time.time() + 60, usegmt=True)})
    assert soon is not None
    assert 0 < soon <= 60


@pytest.mark.parametrize(("text", "seconds"), [("1000000000", 1e9), ("1000000001", 0.0)])
def test_a_number_above_a_billion_is_a_unix_time(text: str, seconds: float) -> None:
    """One in the past is now; a billion itself is still a duration."""
    assert seconds == duration(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1.5s", 1.5), ("1m.5s", 60.5), ("250.5ms", 0.2505), ("2.s", 2.0), ("1.2.3s", None), (".s", None)],
)
def test_seconds_and_milliseconds_may_have_decimals(text: str, seconds: float | None) -> None:
    """With one point."""
    assert pytest.approx(seconds) == duration(text)


@pytest.mark.parametrize(
    ("given", "quota"),
    [
        ({}, None),
        ({"remaining": "0", "reset": "7s"}, Quota(0.0, 7.0)),
        ({"remaining": "5", "limit": "60", "reset": "2s"}, Quota(5.0, 2.0, 60.0)),
        ({"remaining": "15", "limit": "60"}, Quota(15.0, 45.0, 60.0)),
        ({"remaining": "90", "limit": "60"}, Quota(90.0, 0.0, 60.0)),
        ({"remaining": "5"}, None),
        ({"remaining": "5", "limit": "0"}, None),
        ({"limit": "60", "reset": "2s"}, None),
        ({"remaining": "-1", "limit": "60", "reset": "2s"}, None),
    ],
)
@pytest.mark.parametrize("index", [0, 1])
def test_a_quota_is_parsed(given: dict[str, str], quota: Quota | None, index: int) -> None:
    """Without a reset, a limit is one per minute that refills evenly; without what remains, nothing is known."""
    unit = ("requests", "tokens")[index]
    headers = {f"x-ratelimit-{part}-{unit}": value for part, value in given.items()}
    assert (quota, None) == (quotas(headers)[index], quotas(headers)[1 - index])


@pytest.mark.parametrize(
    ("quota", "now", "spent", "rate"),
    [
        (Quota(20.0, 10.0), 100.0, 7.0, 2.0),
        (Quota(20.0, 10.0), 104.0, 15.0, 2.0),
        (Quota(20.0, 10.0), 104.0, 25.0, 1.0),
        (Quota(20.0, 10.0, 30.0), 104.0, 25.0, 1 / 3),
        (Quota(20.0, 10.0, 30.0), 104.0, 27.0, 0.3),
        (Quota(20.0, 10.0, 30.0), 109.0, 100.0, 0.3),
        (Quota(20.0, 10.0), 110.0, 7.0, math.inf),
        (Quota(20.0, 10.0), 111.0, 7.0, math.inf),
    ],
)
def test_what_remains_is_spread_until_the_reset(quota: Quota, now: float, spent: float, rate: float) -> None:
    """Never below a tenth of the limit's rate, or 1 a second where the limit is not given; unbounded after the reset."""
    assert rate == pytest.approx(replace(quota, at=100.0, spent=7.0).rate(now, spent))
