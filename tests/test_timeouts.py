"""Tests of the timeouts that HTTP clients lack."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import httpcore2
import pytest

from briefing.threads import call_with_timeout
from briefing.timeouts import DeadlineStream, remaining, total_timeout


class Recording(httpcore2.NetworkStream):
    """A socket that records the timeouts that it is given."""

    def __init__(self) -> None:
        self.timeouts: list[float | None] = []

    def read(self, _max_bytes: int, timeout: float | None = None) -> bytes:
        """Record the timeout."""
        self.timeouts.append(timeout)
        return b""

    def write(self, _buffer: bytes, timeout: float | None = None) -> None:
        """Record the timeout."""
        self.timeouts.append(timeout)

    def start_tls(
        self, _ssl_context: Any, _server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Record the timeout."""
        self.timeouts.append(timeout)
        return self


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("briefing.timeouts.time.monotonic", lambda: now[0])
    return now


def test_reads_and_writes_share_a_timeout(clock: list[float]) -> None:
    """Each gets what is left of it, but no more than its own; after TLS as before. Outside, each has its own."""
    socket: Any = Recording()
    stream: httpcore2.NetworkStream = DeadlineStream(socket)
    stream.read(1, 9.0)
    with total_timeout(5.0):
        stream.write(b"", 9.0)
        clock[0] += 2.0
        stream = stream.start_tls(None, "localhost", 2.5)  # type: ignore[arg-type]
        stream.read(1)
        clock[0] += 2.5
        stream.read(1, 9.0)
    stream.read(1)
    assert [9.0, 5.0, 2.5, 3.0, 0.5, None] == socket.timeouts


@pytest.mark.parametrize(("after", "left"), [(4.5, 0.5), (5.0, None)])
def test_no_time_left_is_an_error(clock: list[float], after: float, left: float | None) -> None:
    """At the end of the timeout, not only after it."""
    with total_timeout(5.0):
        clock[0] += after
        if left is None:
            with pytest.raises(TimeoutError, match="not complete in time"):
                remaining()
        else:
            assert left == remaining()


def test_a_result_that_comes_too_late_is_released() -> None:
    """By the thread that was abandoned."""
    go, released = threading.Event(), threading.Event()

    def slow() -> str:
        go.wait()
        return "late"

    with pytest.raises(TimeoutError):
        call_with_timeout(0.01, slow, late=lambda _result: released.set())
    go.set()
    assert released.wait(60)


def test_a_call_without_timeout_returns_or_raises() -> None:
    """As it does in the caller's thread."""
    assert 7 == call_with_timeout(None, lambda: 7)
    with pytest.raises(ZeroDivisionError):
        call_with_timeout(None, lambda: 1 // 0)


def test_a_call_that_itself_times_out_raises_its_own_error() -> None:
    """Also with a timeout that has not passed."""

    def call() -> None:
        raise TimeoutError("the server's")

    with pytest.raises(TimeoutError, match="the server's"):
        call_with_timeout(60.0, call)


def test_a_call_that_ends_just_after_its_timeout_has_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """If nothing was decided before, the result is returned and not released."""
    waited = Future.result

    def late(future: Future[int], timeout: float | None = None) -> int:
        result = waited(future)
        if timeout is not None:
            raise TimeoutError
        return result

    monkeypatch.setattr(Future, "result", late)
    assert 7 == call_with_timeout(1.0, lambda: 7, late=lambda _result: pytest.fail("released"))
