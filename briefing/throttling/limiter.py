"""`Limiter`: calls wait here until their `AdaptiveLimit` lets them through."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from http import HTTPStatus

from briefing.errors import AuthenticationError, ProviderError, QuotaError
from briefing.throttling.adaptive_limit import AdaptiveLimit, Permit
from briefing.throttling.headers import retry_after

#: "Overloaded", at some providers.
_OVERLOADED = 529
#: Seconds since the last answer to anybody, up to which a refusal is no fault of the call's.
_LIVELY = 120.0
#: Headers of the last response to this task.
RESPONSE_HEADERS: ContextVar[Mapping[str, str] | None] = ContextVar("headers", default=None)


class Limiter:
    """Lets calls through at a `AdaptiveLimit`, first come, first served. Belongs to one event loop.

    Args:
        pace: decides.
        on_change: told when a call is let through or has ended.

    Attributes:
        pace, on_change: as given.
    """

    def __init__(self, limit: AdaptiveLimit, on_change: Callable[[], None] = lambda: None) -> None:
        self.limit = limit
        self.on_change = on_change
        self._waiting: deque[tuple[asyncio.Future[Permit], float]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._closed_by: ProviderError | None = None

    @contextmanager
    def circuit_breaker(self) -> Iterator[None]:
        """Make an ask in the context; where it shows that the account gets no answers, there are no more.

        Raises:
            AuthenticationError: another ask's key was refused (401).
            QuotaError: another ask found the account out of credit.
        """
        if self._closed_by is not None:
            told = self._closed_by
            raise type(told)(
                f"not asked, as it was said of another article: {told}",
                provider_message=told.provider_message,
                status=told.status,
            )
        try:
            yield
        except (AuthenticationError, QuotaError) as error:
            # 403 may be about this article or this country only.
            if error.status != HTTPStatus.FORBIDDEN:
                self._closed_by = error
            raise

    @property
    def waiting(self) -> int:
        """Calls that wait to be let through."""
        return len(self._waiting)

    async def acquire(self, tokens: float = 0.0) -> Permit:
        """Wait for the call's turn.

        Args:
            tokens: an estimate of the call's input.

        Returns:
            Its permit, to be given back by `answered`, `refused` or `failed`.
        """
        turn: asyncio.Future[Permit] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, tokens))
        self._advance()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.failed(turn.result())
            raise

    def answered(
        self, permit: Permit, *, tokens: int | None = None, headers: Mapping[str, str] | None
    ) -> None:
        """As `Pace.answered`."""
        self.limit.answered(permit, time.monotonic(), tokens=tokens, headers=headers)
        self._advance()

    def rejected(self, permit: Permit, retry_after: float | None, headers: Mapping[str, str] | None) -> None:
        """As `Pace.refuse`."""
        self.limit.rejected(permit, time.monotonic(), retry_after, headers)
        self._advance()

    @asynccontextmanager
    async def slot(
        self, tokens: float, taken: Callable[[], int | None], spare: Callable[[], None], within: float | None
    ) -> AsyncIterator[None]:
        """Wait for a call's turn, make the call in the context, and learn from how it ended.

        Args:
            tokens: an estimate of the call's input.
            taken: tokens that the call took, asked afterwards; `None` if that is not known.
            spare: called where the server was too busy for the call, and answers others.
            within: seconds to wait, `None` for no end.

        Raises:
            TimeoutError: it did not come to the call within that.
        """
        async with asyncio.timeout(within):
            permit = await self.acquire(tokens)
        RESPONSE_HEADERS.set(None)
        try:
            yield
        except BaseException as error:
            if self.record_error(permit, error, tokens=taken(), headers=RESPONSE_HEADERS.get()):
                spare()
            raise
        self.answered(permit, tokens=taken(), headers=RESPONSE_HEADERS.get())

    def record_error(
        self, permit: Permit, error: BaseException, *, tokens: int | None, headers: Mapping[str, str] | None
    ) -> bool:
        """A call ended with an exception: whatever that says about load.

        Args:
            permit: the call's.
            error: of the SDK, or ours.
            tokens: what the call took, if it is known.
            headers: of a response that was read; the SDK's errors carry their own.

        Returns:
            Whether the server refused the call for its limit's sake, and answers others.
        """
        status = getattr(error, "status_code", None)
        headers = getattr(getattr(error, "response", None), "headers", headers)
        wait = retry_after(headers or {})
        limited = (
            status == HTTPStatus.TOO_MANY_REQUESTS and getattr(error, "code", None) != "insufficient_quota"
        )
        # A 503 that does not say when to come again may be this article's, time after time.
        overloaded = status == _OVERLOADED or (status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None)
        if limited or overloaded:
            self.rejected(permit, wait, headers)
            return limited and time.monotonic() - self.limit.last_answer < _LIVELY
        if headers is not None:
            self.answered(permit, tokens=tokens, headers=headers)
        elif isinstance(error, TimeoutError):
            self.limit.timed_out(permit, time.monotonic())
            self._advance()
        else:
            self.failed(permit)
        return False

    def failed(self, permit: Permit) -> None:
        """As `Pace.failed`."""
        self.limit.failed(permit)
        self._advance()

    def _advance(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            turn, tokens = self._waiting[0]
            if turn.done():
                self._waiting.popleft()  # cancelled
                continue
            now = time.monotonic()
            delay = self.limit.delay(now, tokens)
            if delay:
                self._timer = asyncio.get_running_loop().call_later(delay, self._advance)
            if delay != 0:
                break
            self._waiting.popleft()
            turn.set_result(self.limit.acquire(now, tokens))
        self.on_change()
