"""Rate-limit headers of HTTP responses: `x-ratelimit-*`, `retry-after` and `retry-after-ms`."""

from __future__ import annotations

import email.utils
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import regex

#: Headers of a response, with lower-case names or in a case-insensitive mapping.
Headers = Mapping[str, str]

_DURATION = regex.compile(
    r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+\.?\d*|\.\d+)s)?(?:(\d+\.?\d*|\.\d+)ms)?"
)
#: What the limits in headers count.
_UNITS = ("requests", "tokens")
_UNIT_SECONDS = (86400.0, 3600.0, 60.0, 1.0, 0.001)
#: A number above this is a Unix time, not a duration.
_MIN_UNIX_TIME = 1e9
#: Seconds. A Retry-After date later than this comes from a wrong clock.
_MAX_WAIT_UNTIL_DATE = 3600.0
#: Seconds of a limit whose reset is not given: OpenAI's are per minute.
_DEFAULT_PERIOD = 60.0
#: Share of a limit's rate that is used while nothing remains: only an answer shows that a bucket has refilled.
_MIN_SHARE = 0.1


@dataclass(frozen=True)
class Quota:
    """One limit in a response's headers.

    Attributes:
        remaining: units left.
        reset: seconds until the limit is restored in full.
        limit: the full limit, if given.
        at: time at which the response's request was sent, in seconds on a monotonic clock.
        spent: total units spent up to and including that request.
    """

    remaining: float
    reset: float
    limit: float | None = None
    at: float = 0.0
    spent: float = 0.0

    def seconds_left(self, now: float) -> float:
        """Return the seconds until the limit is restored, negative after it."""
        return self.reset - (now - self.at)

    def rate(self, now: float, spent: float) -> float:
        """Return the units per second that use up the quota at its reset; infinite after the reset."""
        if (seconds_left := self.seconds_left(now)) <= 0:
            return math.inf
        left = self.remaining - (spent - self.spent)
        least = _MIN_SHARE * self.limit / self.reset if self.limit else 1.0
        return max(left / seconds_left, least)


def limit_headers(headers: Headers) -> dict[str, str]:
    """Return those headers that `quotas` reads."""
    names = (f"x-ratelimit-{kind}-{unit}" for unit in _UNITS for kind in ("remaining", "limit", "reset"))
    return {name: headers[name] for name in names if name in headers}


def quotas(headers: Headers) -> tuple[Quota | None, Quota | None]:
    """Return the quotas of requests and of tokens in a response's headers; `None` for one that is not given."""
    return _quota(headers, _UNITS[0]), _quota(headers, _UNITS[1])


def _quota(headers: Headers, unit: str) -> Quota | None:
    remaining = _non_negative(headers.get(f"x-ratelimit-remaining-{unit}"))
    if remaining is None:
        return None
    limit = _non_negative(headers.get(f"x-ratelimit-limit-{unit}"))
    reset = duration(headers.get(f"x-ratelimit-reset-{unit}"))
    if reset is None:
        if not limit:
            return None
        # A token bucket restores the spent share of a limit in that share of the period.
        reset = _DEFAULT_PERIOD * (1 - min(1.0, remaining / limit))
    return Quota(remaining, reset, limit)


def duration(text: str | None) -> float | None:
    """Parse a duration like ``1s``, ``6m0s``, ``12ms`` or ``0.5``, or a Unix time, into seconds from now.

    Returns `None` for anything else.
    """
    if not text:
        return None
    if (number := _non_negative(text)) is not None:
        return max(0.0, number - time.time()) if number > _MIN_UNIX_TIME else number
    match = _DURATION.fullmatch(text.strip())
    if match is None or not match[0]:
        return None
    return sum(float(part or 0) * unit for part, unit in zip(match.groups(), _UNIT_SECONDS, strict=True))


def retry_after(headers: Headers) -> float | None:
    """Return the seconds to wait by `retry-after-ms` or `retry-after`; `None` if neither has a usable value."""
    if (milliseconds := _non_negative(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    if (seconds := duration(text)) is not None:
        return seconds
    if (moment := _timestamp(text)) is None:
        return None
    now = _timestamp(headers.get("date", ""))  # the server's clock, which the moment is on
    wait = max(0.0, moment - (time.time() if now is None else now))
    return wait if wait <= _MAX_WAIT_UNTIL_DATE else None


def _timestamp(date: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


def _non_negative(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < math.inf else None
