"""`Limiter`: the queue in which calls wait until an `AdaptiveLimit` admits them. `CallGate`: what its callers use of it."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, Protocol

from typing_extensions import override

from briefing.errors import AuthenticationError, ProviderError, QuotaError
from briefing.throttling.adaptive_limit import AdaptiveLimit, Permit
from briefing.throttling.headers import Headers, retry_after

#: Status "overloaded" of some providers.
_OVERLOADED = 529
#: Seconds since the last answer to any call, below which the server is alive and a rejection is not an attempt.
_ALIVE = 120.0
#: Headers of the last response in this task.
RESPONSE_HEADERS: ContextVar[Headers | None] = ContextVar("headers", default=None)


class Flag(Protocol):
    """What can be set, as an event."""

    def set(self) -> None:
        """Set it."""


#: Flag of the article that the context works on, set when its first call is made.
FIRST_CALL: ContextVar[Flag | None] = ContextVar("first_call", default=None)


class Rejection(Protocol):
    """What an exception says about the response of a server."""

    @property
    def status(self) -> int | None:
        """HTTP status; `None` if there was no response."""

    @property
    def code(self) -> str:
        """The provider's word for the error."""

    @property
    def headers(self) -> Headers:
        """Headers of the response; empty if there was none."""


class CallGate(ABC):
    """Admits calls to one server, and is told how they ended."""

    _opened_by: ProviderError | None = None

    @property
    @abstractmethod
    def last_answer(self) -> float:
        """Time of the last answer to any call, in seconds on the monotonic clock."""

    @abstractmethod
    async def acquire(self, tokens: float = 0.0) -> Any:
        """Wait until a call of about that many input tokens is admitted.

        Returns:
            A permit, to be given back by one of `answered`, `rejected`, `timed_out` and `failed`.
        """

    @abstractmethod
    def answered(self, permit: Any, *, tokens: int | None = None, headers: Headers | None) -> None:
        """Report that a call was answered: `AdaptiveLimit.answered`."""

    @abstractmethod
    def rejected(self, permit: Any, retry_after: float | None, headers: Headers | None) -> None:
        """Report that a call was rejected: `AdaptiveLimit.rejected`."""

    @abstractmethod
    def timed_out(self, permit: Any) -> None:
        """Report that a call's answer did not come in time: `AdaptiveLimit.timed_out`."""

    @abstractmethod
    def failed(self, permit: Any) -> None:
        """Report that a call ended in a way that says nothing about load: `AdaptiveLimit.failed`."""

    def open_circuit(self, error: ProviderError) -> None:
        """Let all later asks fail with this error, unless an earlier one is set."""
        self._opened_by = self._opened_by or error

    @contextmanager
    def circuit_breaker(self) -> Iterator[None]:
        """Make an ask in the context; after an error that every ask of the account would get, later asks fail at once.

        Raises:
            AuthenticationError: the API key was rejected (401), for this or an earlier ask.
            QuotaError: the account is out of credit, found by this or an earlier ask.
        """
        if (opened_by := self._opened_by) is not None:
            raise type(opened_by)(
                f"the call was not made, because that of another article failed: {opened_by}",
                provider_message=opened_by.provider_message,
                status=opened_by.status,
            ) from opened_by
        try:
            yield
        except (AuthenticationError, QuotaError) as error:
            # A 403 may concern this article or this country only.
            if error.status != HTTPStatus.FORBIDDEN:
                self.open_circuit(error)
            raise

    @asynccontextmanager
    async def slot(
        self,
        tokens: float,
        used: Callable[[], int | None],
        on_rate_limited: Callable[[], None],
        max_wait: float | None,
        read_error: Callable[[BaseException], Rejection],
    ) -> AsyncIterator[None]:
        """Wait until a call is admitted, make it in the context, and report how it ended.

        Args:
            tokens: estimate of the call's input tokens.
            used: returns the tokens that the call took, `None` if unknown. Called after the call.
            on_rate_limited: called if the server rejected the call by its limit while it answers other calls.
            max_wait: seconds to wait for admission; `None` to wait indefinitely.
            read_error: returns what an exception of the call says about the response.

        Raises:
            TimeoutError: the call was not admitted in time.
        """
        async with asyncio.timeout(max_wait):
            permit = await self.acquire(tokens)
        if (first_call := FIRST_CALL.get()) is not None:
            first_call.set()
        RESPONSE_HEADERS.set(None)
        try:
            yield
        except BaseException as error:
            if self._report_error(permit, error, read_error(error), used()):
                on_rate_limited()
            raise
        self.answered(permit, tokens=used(), headers=RESPONSE_HEADERS.get())

    def _report_error(self, permit: Any, error: BaseException, facts: Rejection, tokens: int | None) -> bool:
        """Report that a call ended with an exception, by what that says about load.

        Returns whether the server rejected the call by its limit while it answers other calls.
        """
        status = facts.status
        headers = RESPONSE_HEADERS.get() if status is None else facts.headers
        wait = retry_after(headers or {})
        limited = status == HTTPStatus.TOO_MANY_REQUESTS and facts.code != "insufficient_quota"
        # A 503 without a Retry-After may be caused by the article itself, at each attempt.
        overloaded = status == _OVERLOADED or (status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None)
        if limited or overloaded:
            self.rejected(permit, wait, headers)
            return limited and time.monotonic() - self.last_answer < _ALIVE
        if headers is not None:
            self.answered(permit, tokens=tokens, headers=headers)
        elif isinstance(error, TimeoutError):
            self.timed_out(permit)
        else:
            self.failed(permit)
        return False


class Limiter(CallGate):
    """Admits calls as an `AdaptiveLimit` allows, first come, first served. Belongs to one event loop.

    Args:
        limit: decides when the next call is admitted.
        on_change: called whenever a call is admitted or has ended.
    """

    def __init__(self, limit: AdaptiveLimit, on_change: Callable[[], None] = lambda: None) -> None:
        self.limit = limit
        self.on_change = on_change
        self._waiting: deque[tuple[asyncio.Future[Permit], float]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    @override
    def last_answer(self) -> float:
        return self.limit.last_answer

    @property
    def waiting(self) -> int:
        """Number of calls in the queue."""
        return len(self._waiting)

    @property
    def room(self) -> int:
        """Number of calls that would be admitted now if they came at once, by the window alone; 0 if one would wait."""
        now = time.monotonic()
        return round(self.limit.window(now)) - self.limit.in_flight if self.limit.delay(now) == 0 else 0

    def request(self, tokens: float = 0.0) -> asyncio.Future[Permit]:
        """Return the future permit of a call of about that many input tokens; to be cancelled if it is not needed."""
        turn: asyncio.Future[Permit] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, tokens))
        self._admit()
        return turn

    @override
    async def acquire(self, tokens: float = 0.0) -> Permit:
        turn = self.request(tokens)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.failed(turn.result())
            raise

    @override
    def answered(self, permit: Permit, *, tokens: int | None = None, headers: Headers | None) -> None:
        self.limit.answered(permit, time.monotonic(), tokens=tokens, headers=headers)
        self._admit()

    @override
    def rejected(self, permit: Permit, retry_after: float | None, headers: Headers | None) -> None:
        self.limit.rejected(permit, time.monotonic(), retry_after, headers)
        self._admit()

    @override
    def timed_out(self, permit: Permit) -> None:
        self.limit.timed_out(permit, time.monotonic())
        self._admit()

    @override
    def failed(self, permit: Permit) -> None:
        self.limit.failed(permit)
        self._admit()

    def _admit(self) -> None:
        """Admit as many calls as the limit allows now, and set a timer for the next one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            turn, tokens = self._waiting[0]
            if turn.done():
                self._waiting.popleft()  # cancelled
                continue
            now = time.monotonic()
            delay = self.limit.delay(now)
            if delay:
                self._timer = asyncio.get_running_loop().call_later(delay, self._admit)
            if delay != 0:
                break
            self._waiting.popleft()
            turn.set_result(self.limit.acquire(now, tokens))
        self.on_change()
