"""What a server says of its rate limits: `x-ratelimit-*` and `retry-after` headers, as numbers."""

from __future__ import annotations

import email.utils
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import regex

_DURATION = regex.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?")
_SECONDS = (86400.0, 3600.0, 60.0, 1.0, 0.001)
#: A number above this is a moment (Unix time), not a duration.
_A_MOMENT = 1e9
#: Seconds. No server asks, by a date, for a longer wait.
_LONGEST_WAIT = 3600.0
#: A limit without the time it is for is one per minute, as OpenAI's are.
_PER = 60.0


@dataclass(frozen=True)
class Quota:
    """One limit, as a response told it.

    Attributes:
        remaining: what may still be sent now.
        reset: seconds until the whole limit is there again.
        limit: the whole limit, if it was said.
    """

    remaining: float
    reset: float
    limit: float | None = None


@dataclass
class AdvertisedQuota:
    """A limit that a response told, as a rate.

    Attributes:
        quota: what was told.
        at: when.
        spent: requests or tokens let through in all, when the response's request was.
    """

    quota: Quota
    at: float
    spent: float

    def rate(self, now: float, spent: float) -> float:
        """Units a second from now until the reset.

        Args:
            now: seconds on the clock of `at`.
            spent: units let through in all until now.
        """
        left = self.quota.remaining - (spent - self.spent)
        time_left = self.quota.reset - (now - self.at)
        if time_left <= 0:
            return math.inf
        # Never nothing: an empty bucket fills up without telling us, and only an answer says so.
        least = 0.1 * self.quota.limit / self.quota.reset if self.quota.limit else 1.0
        return max(left / time_left, least)


def quotas(headers: Mapping[str, str]) -> tuple[Quota | None, Quota | None]:
    """The limits of requests and of tokens in a response's headers; `None` where nothing is said.

    Args:
        headers: names in lower case, or a mapping that does not tell cases apart.
    """
    return _quota(headers, "requests"), _quota(headers, "tokens")


def _quota(headers: Mapping[str, str], of: str) -> Quota | None:
    remaining = _number(headers.get(f"x-ratelimit-remaining-{of}"))
    if remaining is None:
        return None
    limit = _number(headers.get(f"x-ratelimit-limit-{of}"))
    reset = duration(headers.get(f"x-ratelimit-reset-{of}"))
    if reset is None:
        if not limit:
            return None
        # The whole comes back in a minute, what is spent of it in its share of that.
        reset = _PER * (1 - min(1.0, remaining / limit))
    return Quota(remaining, reset, limit)


def duration(text: str | None) -> float | None:
    """Seconds in a text like ``1s``, ``6m0s``, ``12ms``, ``0.5`` or a moment in Unix time; `None` if it is none."""
    if not text:
        return None
    if (number := _number(text)) is not None:
        return max(0.0, number - time.time()) if number > _A_MOMENT else number
    match = _DURATION.fullmatch(text.strip())
    if match is None or not match[0]:
        return None
    try:
        return sum(float(part) * unit for part, unit in zip(match.groups(), _SECONDS, strict=True) if part)
    except ValueError:
        return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a response asks to wait, in `retry-after-ms` or `retry-after`.

    Args:
        headers: names in lower case, or a mapping that does not tell cases apart.

    Returns:
        `None` where it does not say, or nothing that makes sense.
    """
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    if not text:
        return None
    if (seconds := duration(text)) is not None:
        return seconds
    return _until(text, headers.get("date"))


def _until(date: str, now: str | None) -> float | None:
    """Seconds until a date, by the server's own clock where it says what that shows, else by ours.

    Either may be wrong, or jump: a wait of hours is a wrong clock, not a wish.
    """
    moment = _timestamp(date)
    if moment is None:
        return None
    shown = _timestamp(now) if now else None
    wait = max(0.0, moment - (time.time() if shown is None else shown))
    return wait if wait <= _LONGEST_WAIT else None


def _timestamp(date: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < math.inf else None
