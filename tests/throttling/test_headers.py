"""What a server asks to wait: one reading of `Retry-After`, for the retries of a call and for the pace of many."""

from __future__ import annotations

import email.utils
import time

import pytest

from briefing.throttling.headers import retry_after

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
        ({"date": SHOWN, "retry-after": "Sat, 07 Nov 1970 08:00:00 GMT"}, None),
        ({"retry-after": "Fri, 06 Nov 2970 08:00:00 GMT"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "tomorrow"}, None),
    ],
)
def test_a_wish_to_wait_is_read(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds, durations, or a date by the server's own clock; what makes no sense is passed over."""
    assert seconds == retry_after(headers)


def test_a_date_is_read_by_our_clock_where_the_server_shows_none() -> None:
    """To the second, as such dates are written."""
    soon = retry_after({"retry-after": email.utils.formatdate(time.time() + 60, usegmt=True)})
    assert soon is not None
    assert 0 < soon <= 60
