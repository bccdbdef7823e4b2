"""A timeout that HTTP clients lack: one for a whole exchange.

An HTTP client's timeout is per read, so a server that sends a byte now and then never times out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import httpcore2
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.threads import waiting

if TYPE_CHECKING:
    import ssl

T = TypeVar("T")

#: End of the current `total_timeout`, on the monotonic clock.
_DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def total_timeout(seconds: float) -> Iterator[None]:
    """Limit all reads and writes of `DeadlineStream`s in this context to `seconds` together."""
    token = _DEADLINE.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def remaining(timeout: float | None = None) -> float | None:
    """Seconds left of the current `total_timeout`, at most `timeout`; `None` without either.

    Raises:
        TimeoutError: no time is left.
    """
    deadline = _DEADLINE.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer was not complete in time")
    return left if timeout is None else min(timeout, left)


class DeadlineStream(httpcore2.NetworkStream):
    """Socket whose reads and writes share the current `total_timeout`."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with waiting():
            return self._stream.read(max_bytes, remaining(timeout))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with waiting():
            self._stream.write(buffer, remaining(timeout))

    @override
    def close(self) -> None:
        self._stream.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, remaining(timeout)))

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
