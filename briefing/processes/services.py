"""`Services`: what the parent does for one worker: admit calls, reserve parts of the budget, read and write the journal."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from briefing.llm import Budget, CallEstimate, Reservation
from briefing.processes.channel import Message
from briefing.processes.packing import packed_error
from briefing.throttling import Limiter, limit_from_options

if TYPE_CHECKING:
    from briefing.journal import Store


class Limiters:
    """The limiters of a run: that of the model's calls, and one of each other model, made on first use."""

    def __init__(self, first: Limiter) -> None:
        self._by_number: defaultdict[int, Limiter] = defaultdict(
            lambda: Limiter(limit_from_options({}, local=False)), {0: first}
        )

    def __getitem__(self, number: int) -> Limiter:
        return self._by_number[number]


class Services:
    """Serves one worker, and remembers what it holds.

    Args:
        send: sends a message to the worker.
        on_called: called with the number of an article when a call for it is admitted.
        store: the journal, if there is one.
    """

    def __init__(
        self,
        send: Callable[[Message], None],
        on_called: Callable[[int], None],
        limiters: Limiters,
        budget: Budget,
        store: Store | None,
    ) -> None:
        self._send, self._on_called = send, on_called
        self._limiters, self._budget, self._store = limiters, budget, store
        self._loop = asyncio.get_running_loop()
        #: By the worker's number of the call: the limiter, and the future permit.
        self._calls: dict[int, tuple[Limiter, asyncio.Future[Any]]] = {}
        self._reservations: dict[int, Reservation] = {}
        self._numbers = itertools.count()
        #: Claims in the journal: fingerprint and holder.
        self._claims: set[tuple[str, str]] = set()
        self._closed = False

    def close(self) -> None:
        """Give back everything that the worker holds: its process has ended."""
        self._closed = True
        for limiter, turn in self._calls.values():
            self._give_back(limiter, turn)
        for reservation in self._reservations.values():
            reservation.release(charged=True)  # the provider may answer a call whose caller is gone
        for fingerprint, holder in self._claims:
            assert self._store is not None
            self._store.release([fingerprint], holder=holder)

    # Messages about calls of the model.

    def acquire(self, call: int, gate: int, article: int, tokens: float) -> None:
        """A call of about that many input tokens is to be made for an article."""
        limiter = self._limiters[gate]
        turn = limiter.request(tokens)
        self._calls[call] = limiter, turn
        turn.add_done_callback(partial(self._admitted, call, article))

    def _admitted(self, call: int, article: int, turn: asyncio.Future[Any]) -> None:
        if not turn.cancelled() and call in self._calls and not self._closed:
            self._on_called(article)
            self._send(("admitted", call))

    def withdraw(self, call: int) -> None:
        """The call is not made."""
        self._give_back(*self._calls.pop(call))

    def _give_back(self, limiter: Limiter, turn: asyncio.Future[Any]) -> None:
        if not turn.cancel() and not turn.cancelled():
            limiter.failed(turn.result())

    def answered(self, call: int, tokens: int | None, headers: Mapping[str, str] | None) -> None:
        """The call was answered."""
        limiter, turn = self._calls.pop(call)
        limiter.answered(turn.result(), tokens=tokens, headers=headers)

    def rejected(self, call: int, retry_after: float | None, headers: Mapping[str, str] | None) -> None:
        """The call was rejected by the server's limit."""
        limiter, turn = self._calls.pop(call)
        limiter.rejected(turn.result(), retry_after, headers)

    def timed_out(self, call: int) -> None:
        """The answer did not come in time."""
        limiter, turn = self._calls.pop(call)
        limiter.timed_out(turn.result())

    def failed_call(self, call: int) -> None:
        """The call ended in a way that says nothing about load."""
        self.withdraw(call)

    # Calls that wait for the answer.

    def reserve(self, estimate: CallEstimate, prices: tuple[float, float] | None) -> tuple[Any, ...]:
        """Reserve a part of the budget; `prices` are those of the input and of a token of output."""
        price = None if prices is None else lambda usage: prices[0] + usage.output_tokens * prices[1]
        reservation = self._budget.reserve(estimate, price)
        number = next(self._numbers)
        self._reservations[number] = reservation
        return number, reservation.output_tokens, reservation.tokens, reservation.cost, reservation.expected

    def spend(self, number: int, tokens: int, cost: float) -> None:
        """A call with a reservation has ended."""
        self._reservations.pop(number).end(tokens, cost)

    def read(self, method: str, *args: Any) -> Any:
        """Read from the journal."""
        return getattr(self._store, method)(*args)

    # Writes to the journal.

    def write(self, number: int, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Write to the journal, and answer when that is done."""
        future: Future[Any] = getattr(self._store, method)(*args, **kwargs)
        future.add_done_callback(
            lambda done: self._loop.call_soon_threadsafe(self._written, number, method, args, kwargs, done)
        )

    def _written(
        self, number: int, method: str, args: tuple[Any, ...], kwargs: dict[str, Any], done: Future[Any]
    ) -> None:
        error = done.exception()
        value = None if error else done.result()
        if method == "claim" and value:
            claims = {(fingerprint, kwargs["holder"]) for fingerprint in value}
            if self._closed and self._store is not None:
                for fingerprint, holder in claims:
                    self._store.release([fingerprint], holder=holder)
                return
            self._claims |= claims
        elif method == "release":
            self._claims -= {(fingerprint, kwargs["holder"]) for fingerprint in args[0]}
        elif method == "submit" and not error:
            self._claims = {claim for claim in self._claims if claim[0] != args[1].fingerprint}
        if not self._closed:
            self._send(("written", number, value, packed_error(error) if error else None))
