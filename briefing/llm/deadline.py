"""`Deadline`: the time by which all work on an article must end."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """A point in time after which nothing more is tried.

    Attributes:
        at: seconds on the monotonic clock; `None` for no deadline.
    """

    at: float | None = None

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """Return the deadline `seconds` from now; `None` for no deadline."""
        return cls(None if seconds is None else time.monotonic() + seconds)

    def remaining(self) -> float | None:
        """Return the seconds left, at least 0; `None` for no deadline."""
        return None if self.at is None else max(0.0, self.at - time.monotonic())
