"""What stands in a worker for the parent's limits, budget and journal: each passes its requests on."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from briefing.errors import BriefingError, ProviderError
from briefing.journal import AnswerStore, Store
from briefing.llm import Budget, CallEstimate, Price, Reservation
from briefing.meta import Usage
from briefing.processes.channel import Calls, Message
from briefing.throttling import CallGate, limit_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from briefing.journal import Entry, KeptAnswer
    from briefing.meta import Meta

Send = Callable[[Message], None]
#: Number of the article that the context works on; 0 for none.
ARTICLE: ContextVar[int] = ContextVar("article", default=0)


class RemoteGate(CallGate):
    """Admits a call when the parent does.

    Args:
        number: which of the parent's limiters it stands for.
        send: sends a message to the parent.
    """

    def __init__(self, number: int, send: Send, ids: itertools.count[int]) -> None:
        self._number, self._send, self._ids = number, send, ids
        self._turns: dict[int, asyncio.Future[None]] = {}
        self._last_answer = -math.inf

    @property
    @override
    def last_answer(self) -> float:
        return self._last_answer

    @override
    async def acquire(self, tokens: float = 0.0) -> int:
        permit = next(self._ids)
        self._turns[permit] = asyncio.get_running_loop().create_future()
        self._send(("acquire", permit, self._number, ARTICLE.get(), tokens))
        try:
            await self._turns[permit]
        except asyncio.CancelledError:
            self._send(("withdraw", permit))
            raise
        finally:
            del self._turns[permit]
        return permit

    def admitted(self, permit: int) -> bool:
        """Let a call be made that the parent has admitted; returns whether it is one of this gate's."""
        turn = self._turns.get(permit)
        if turn is not None and not turn.done():
            turn.set_result(None)
        return turn is not None

    @override
    def answered(self, permit: int, *, tokens: int | None = None, headers: Mapping[str, str] | None) -> None:
        self._last_answer = time.monotonic()
        self._send(("answered", permit, tokens, headers and limit_headers(headers)))

    @override
    def rejected(self, permit: int, retry_after: float | None, headers: Mapping[str, str] | None) -> None:
        self._send(("rejected", permit, retry_after, headers and limit_headers(headers)))

    @override
    def timed_out(self, permit: int) -> None:
        self._send(("timed_out", permit))

    @override
    def failed(self, permit: int) -> None:
        self._send(("failed_call", permit))

    def opened(self, error: ProviderError) -> None:
        """Note that another process has opened the circuit."""
        super().open_circuit(error)

    @override
    def open_circuit(self, error: ProviderError) -> None:
        super().open_circuit(error)
        self._send(("open_circuit", self._number, error))


class RemoteBudget(Budget):
    """Reserves parts of the parent's budget."""

    def __init__(self, calls: Calls, *, max_cost_usd: float | None, max_tokens_total: int | None) -> None:
        super().__init__(max_cost_usd=max_cost_usd, max_tokens_total=max_tokens_total)
        self._calls = calls

    @override
    def reserve(self, estimate: CallEstimate, price: Price | None) -> Reservation:
        # A price grows with the output by the same amount for each token.
        prices = None
        if price is not None:
            without, with_output = (
                price(Usage(input_tokens=estimate.input_tokens, output_tokens=n)) for n in (0, 1000)
            )
            prices = without, (with_output - without) / 1000
        number, output, tokens, cost, expected = self._calls.call("reserve", estimate, prices)

        def end(_: Reservation, tokens: int, cost: float) -> None:
            self._calls.call("spend", number, tokens, cost)

        return Reservation(output, tokens, cost, expected, end)


class RemoteStore(Store):
    """A `Store` that forwards to the parent's journal.

    Args:
        name: how the journal calls itself.
    """

    def __init__(self, name: str, send: Send, calls: Calls, ids: itertools.count[int]) -> None:
        self._name, self._send, self._calls, self._ids = name, send, calls, ids
        self._futures: dict[int, Future[Any]] = {}

    @override
    def get(self, fingerprint: str) -> Entry | None:
        found: Entry | None = self._calls.call("read", "get", fingerprint)
        return found

    @override
    def submit(
        self,
        outcome: BaseModel | BriefingError,
        meta: Meta,
        *,
        schema: type[BaseModel],
        path: str | None = None,
        keys: Sequence[str | None] = (),
    ) -> Future[None]:
        return self._forward("submit", outcome, meta, schema=schema, path=path, keys=keys)

    @override
    def claim(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[set[str]]:
        return self._forward("claim", list(fingerprints), holder=holder)

    @override
    def release(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[None]:
        return self._forward("release", list(fingerprints), holder=holder)

    @override
    def close(self) -> None:
        """Do nothing: the parent closes the journal."""

    def ended(self, number: int, value: Any, error: Exception | None) -> None:
        """Resolve the future of a request that the parent has answered."""
        future = self._futures.pop(number)
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    def _forward(self, method: str, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        number = next(self._ids)
        self._futures[number] = future
        self._send(("write", number, method, args, kwargs))
        return future

    def __repr__(self) -> str:
        return self._name


class RemoteAnswerStore(RemoteStore, AnswerStore):
    """The same for an `AnswerStore`."""

    @override
    def find_answer(self, fingerprint: str, ask: str) -> KeptAnswer | None:
        """As of `AnswerStore`."""
        found: KeptAnswer | None = self._calls.call("read", "find_answer", fingerprint, ask)
        return found

    @override
    def keep_answer(self, fingerprint: str, ask: str, text: str, usage: Usage, attempts: int) -> Future[None]:
        """As of `AnswerStore`."""
        return self._forward("keep_answer", fingerprint, ask, text, usage, attempts)
