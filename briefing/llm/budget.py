"""Limits on what may be spent, held before each HTTP call.

A call is only made where its estimate fits into what is left: the input at 3 ASCII characters or
one other character a token, which is more than common tokenizers make of it, and 150 tokens of
output for each field that is asked for. Its output is capped at what is left (`max_tokens`). So a
limit can be passed only by as much as the input of one call was estimated too low.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from briefing.errors import BudgetError, ConfigurationError
from briefing.meta import Usage

#: The price of a call's tokens in US dollars; `None` in place of one: nothing is charged.
Price = Callable[[Usage], float]

_ASCII_PER_TOKEN = 3
#: Tokens that a field of an answer takes; whole briefings have four, and took 287 to 596 when measured.
_OUTPUT_PER_FIELD = 150
#: Tokens that a model which reasons spends before it answers.
_REASONING = 1000
#: Caps on the output of one call, where a limit holds and the request has none of its own.
_MOST_OUTPUT, _MOST_REASONED_OUTPUT = 4096, 16384
#: Seconds until the budget is looked at again, while other calls hold a part of it.
_LOOK_AGAIN = 0.25


@dataclass(frozen=True)
class CallEstimate:
    """What a call will take, as far as one can say.

    Attributes:
        input_tokens: estimated, rather too high.
        min_output: tokens of output that an answer takes.
        max_output: cap on the output.
    """

    input_tokens: int
    min_output: int
    max_output: int

    @classmethod
    def of(cls, request: dict[str, Any], *, fields: int, reasons: bool, cap: int | None) -> CallEstimate:
        """The need of a request.

        Args:
            request: parameters of the call; messages, schemas and tools are read by the model.
            fields: how many the answer has.
            reasons: whether the model spends tokens before it answers.
            cap: on the output, if the request has one.
        """
        body = request | request.get("extra_body", {})
        read = {k: v for k, v in body.items() if k not in ("model", "extra_body", "grammar")}
        text = json.dumps(read, ensure_ascii=False, default=str)
        other = sum(not char.isascii() for char in text)
        most = cap or (_MOST_REASONED_OUTPUT if reasons else _MOST_OUTPUT)
        least = _OUTPUT_PER_FIELD * max(1, fields) + (_REASONING if reasons else 0)
        return cls((len(text) - other) // _ASCII_PER_TOKEN + other + 1, min(least, most), most)


class Budget:
    """What may be spent, and what is left of it. Safe to share between threads and tasks.

    Args:
        max_cost_usd: US dollars, or `None`.
        max_tokens_total: tokens of input and output, cached ones included, or `None`.

    Raises:
        ConfigurationError: a limit that is no positive number.
    """

    def __init__(self, *, max_cost_usd: float | None = None, max_tokens_total: int | None = None) -> None:
        if max_cost_usd is not None and not _is_positive(max_cost_usd):
            raise ConfigurationError(
                f"max_cost_usd must be a positive number of US dollars, not {max_cost_usd!r}"
            )
        if max_tokens_total is not None and not (
            isinstance(max_tokens_total, int) and _is_positive(max_tokens_total)
        ):
            raise ConfigurationError(
                f"max_tokens_total must be a positive whole number, not {max_tokens_total!r}"
            )
        self.max_cost_usd, self.max_tokens_total = max_cost_usd, max_tokens_total
        self._lock = threading.Lock()
        self._tokens, self._cost = 0, 0.0
        self._open: set[Reservation] = set()

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self.max_cost_usd is not None or self.max_tokens_total is not None

    def reserve(self, need: CallEstimate, price: Price | None) -> Reservation:
        """Set aside what a call may take; it must be settled or let go.

        Raises:
            BudgetError: it does not fit. `retry_after` says when to ask again, if other calls hold
                a part of the budget that they may not use.
        """
        with self._lock:
            most = min(need.max_output, *self._room(need, price))
            if most < need.min_output:
                least = _estimate(need, need.min_output, price)
                raise BudgetError(
                    f"the budget was reached: {self._told()}; the next call may take {_shown(*least)}",
                    retry_after=_LOOK_AGAIN if self._open else None,
                )
            hold = Reservation(self, need, int(most), price)
            self._open.add(hold)
            return hold

    def _room(self, need: CallEstimate, price: Price | None) -> list[float]:
        """Tokens of output that each limit leaves."""
        room = [math.inf]
        if self.max_tokens_total is not None:
            held = sum(hold.tokens for hold in self._open)
            room.append(self.max_tokens_total - self._tokens - held - need.input_tokens)
        if self.max_cost_usd is not None and price is not None:
            left = self.max_cost_usd - self._cost - sum(hold.cost for hold in self._open)
            before = price(Usage(input_tokens=need.input_tokens))
            each = (price(Usage(input_tokens=need.input_tokens, output_tokens=1000)) - before) / 1000
            if left < before:
                room.append(-1)
            elif each > 0:
                room.append(math.floor((left - before) / each))
        return room

    def _told(self) -> str:
        limits = []
        if self.max_tokens_total is not None:
            limits.append(f"{self._tokens} tokens of max_tokens_total={self.max_tokens_total}")
        if self.max_cost_usd is not None:
            limits.append(f"${self._cost:.6f} of max_cost_usd={self.max_cost_usd}")
        return f"{' and '.join(limits)} spent"

    def _close(self, hold: Reservation, tokens: int, cost: float) -> None:
        with self._lock:
            if hold in self._open:
                self._open.remove(hold)
                self._tokens += tokens
                self._cost += cost


class Reservation:
    """A part of a budget, set aside for one call.

    Attributes:
        output_tokens: cap on the call's output.
        tokens: set aside.
        cost: US dollars set aside.
    """

    def __init__(self, budget: Budget, need: CallEstimate, output_tokens: int, price: Price | None) -> None:
        self._budget, self._need, self._price = budget, need, price
        self.output_tokens = output_tokens
        self.tokens, self.cost = _estimate(need, output_tokens, price)

    def commit(self, usage: Usage, cost_usd: float | None) -> None:
        """Give back what an answer did not take; where the server counted nothing, the estimate counts."""
        tokens, cost = _estimate(self._need, self._need.min_output, self._price)
        self._budget._close(  # noqa: SLF001  # one mechanism in two classes
            self,
            usage.input_tokens + usage.output_tokens or tokens,
            cost if cost_usd is None else cost_usd,
        )

    def release(self, *, charged: bool) -> None:
        """End a call that brought no answer.

        Args:
            charged: whether the provider may charge for it all the same; the estimate counts then.
        """
        spent = _estimate(self._need, self._need.min_output, self._price) if charged else (0, 0.0)
        self._budget._close(self, *spent)  # noqa: SLF001  # as above


def _estimate(need: CallEstimate, output_tokens: int, price: Price | None) -> tuple[int, float]:
    usage = Usage(input_tokens=need.input_tokens, output_tokens=output_tokens)
    return need.input_tokens + output_tokens, price(usage) if price else 0.0


def _shown(tokens: int, cost: float) -> str:
    return f"{tokens} tokens" + (f", ${cost:.6f}" if cost else "")


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
