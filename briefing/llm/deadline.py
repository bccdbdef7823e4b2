"""`Deadline`: a moment on the monotonic clock after which nothing more is tried."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """A moment after which nothing more is tried; `at` is of the monotonic clock, `None` for never."""

    at: float | None = None

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """The moment `seconds` from now."""
        return cls(None if seconds is None else time.monotonic() + seconds)

    def remaining(self) -> float | None:
        """Seconds left, not below 0; `None` for no end."""
        return None if self.at is None else max(0.0, self.at - time.monotonic())
