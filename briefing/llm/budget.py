"""Limits on tokens and cost, enforced before each HTTP call.

A call is made only if its estimate (`token_estimate`) fits into the rest of the budget: the most tokens that its input may
have, and the usual output of an answer. Its output is capped at the rest (`max_tokens`). So a limit is exceeded at most by
the error of one input estimate.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from briefing.errors import BudgetError, ConfigurationError
from briefing.llm.token_estimate import USUAL_PER_FIELD, USUAL_REASONING, token_range
from briefing.meta import Usage
from briefing.threads import Lock

#: Price of a call's tokens in US dollars. `None` in its place means that the call is free.
Price = Callable[[Usage], float]

#: Caps on the output of one call, without and with reasoning, if the request has none.
_MAX_OUTPUT, _MAX_REASONING_OUTPUT = 4096, 16384
#: Seconds after which a reservation is tried again while others are open.
_RETRY_AFTER = 0.25


@dataclass(frozen=True)
class CallEstimate:
    """Estimate of the tokens of one call.

    Attributes:
        input_tokens: upper estimate.
        min_output: output tokens that an answer takes.
        max_output: cap on the output tokens.
    """

    input_tokens: int
    min_output: int
    max_output: int

    @classmethod
    def of(cls, request: dict[str, Any], *, fields: int, reasons: bool, cap: int | None) -> CallEstimate:
        """Estimate a request for an answer of `fields` fields. `cap` is its own limit on output tokens, if any.

        All parameters but model and grammar count as input: messages, schemas, tools.
        """
        body = request | request.get("extra_body", {})
        read = {k: v for k, v in body.items() if k not in ("model", "extra_body", "grammar")}
        text = json.dumps(read, ensure_ascii=False, default=str)
        most = cap or (_MAX_REASONING_OUTPUT if reasons else _MAX_OUTPUT)
        least = USUAL_PER_FIELD * max(1, fields) + (USUAL_REASONING if reasons else 0)
        return cls(token_range(text).most, min(least, most), most)


class Budget:
    """Limits on tokens and cost, with what is spent and reserved. Thread-safe.

    Args:
        max_cost_usd: limit in US dollars; `None` for no limit.
        max_tokens_total: limit of input and output tokens, cached ones included; `None` for no limit.

    Raises:
        ConfigurationError: a limit is not a positive number.
    """

    def __init__(self, *, max_cost_usd: float | None = None, max_tokens_total: int | None = None) -> None:
        if max_cost_usd is not None and not _is_positive(max_cost_usd):
            raise ConfigurationError(
                f"max_cost_usd must be a positive number of US dollars, not {max_cost_usd!r}"
            )
        if max_tokens_total is not None and not (
            isinstance(max_tokens_total, int) and _is_positive(max_tokens_total)
        ):
            raise ConfigurationError(f"max_tokens_total must be a positive integer, not {max_tokens_total!r}")
        self.max_cost_usd, self.max_tokens_total = max_cost_usd, max_tokens_total
        self._lock = Lock()
        self._tokens, self._cost = 0, 0.0
        self._reserved: set[Reservation] = set()

    @property
    def limited(self) -> bool:
        """Whether there is a limit."""
        return self.max_cost_usd is not None or self.max_tokens_total is not None

    def reserve(self, estimate: CallEstimate, price: Price | None) -> Reservation:
        """Reserve the estimate of a call, with as much output as fits. It must be committed or released.

        Raises:
            BudgetError: the least output does not fit. `retry_after` is set if open reservations may return a part.
        """
        with self._lock:
            output = int(min(estimate.max_output, *self._room(estimate, price)))
            expected = _totals(estimate, estimate.min_output, price)
            if output < estimate.min_output:
                raise BudgetError(
                    f"the budget was reached: {self._spent()}; the next call may take {_shown(*expected)}",
                    retry_after=_RETRY_AFTER if self._reserved else None,
                )
            reservation = Reservation(output, *_totals(estimate, output, price), expected, self._end)
            self._reserved.add(reservation)
            return reservation

    def _room(self, estimate: CallEstimate, price: Price | None) -> list[float]:
        """Output tokens that each limit leaves."""
        room = [math.inf]
        if self.max_tokens_total is not None:
            reserved = sum(reservation.tokens for reservation in self._reserved)
            room.append(self.max_tokens_total - self._tokens - reserved - estimate.input_tokens)
        if self.max_cost_usd is not None and price is not None:
            left = self.max_cost_usd - self._cost - sum(reservation.cost for reservation in self._reserved)
            input_cost = _totals(estimate, 0, price)[1]
            per_token = (_totals(estimate, 1000, price)[1] - input_cost) / 1000
            if left < input_cost:
                room.append(-1)
            elif per_token > 0:
                room.append(math.floor((left - input_cost) / per_token))
        return room

    def _spent(self) -> str:
        limits = []
        if self.max_tokens_total is not None:
            limits.append(f"{self._tokens} tokens of max_tokens_total={self.max_tokens_total}")
        if self.max_cost_usd is not None:
            limits.append(f"${self._cost:.6f} of max_cost_usd={self.max_cost_usd}")
        return f"{' and '.join(limits)} spent"

    def _end(self, reservation: Reservation, tokens: int, cost: float) -> None:
        with self._lock:
            if reservation in self._reserved:
                self._reserved.remove(reservation)
                self._tokens += tokens
                self._cost += cost


@dataclass(frozen=True, eq=False)
class Reservation:
    """Part of a budget that is reserved for one call.

    Attributes:
        output_tokens: cap on the call's output tokens.
        tokens: reserved tokens, input and output.
        cost: reserved US dollars.
        expected: tokens and cost that count if it is not known what the call took.
    """

    output_tokens: int
    tokens: int
    cost: float
    expected: tuple[int, float]
    _end: Callable[[Reservation, int, float], None]

    def commit(self, usage: Usage, cost_usd: float | None) -> None:
        """End an answered call: count its usage and cost, or the estimate if there are no tokens or the cost is unknown."""
        tokens, cost = self.expected
        used = usage.input_tokens + usage.output_tokens
        self.end(used or tokens, cost if cost_usd is None else cost_usd)

    def release(self, *, charged: bool) -> None:
        """End a call without an answer; if the provider may have `charged` for it, the estimate counts."""
        self.end(*(self.expected if charged else (0, 0.0)))

    def end(self, tokens: int, cost: float) -> None:
        """End a call that took so many tokens and US dollars."""
        self._end(self, tokens, cost)


def _totals(estimate: CallEstimate, output_tokens: int, price: Price | None) -> tuple[int, float]:
    usage = Usage(input_tokens=estimate.input_tokens, output_tokens=output_tokens)
    return estimate.input_tokens + output_tokens, price(usage) if price else 0.0


def _shown(tokens: int, cost: float) -> str:
    return f"{tokens} tokens" + (f", ${cost:.6f}" if cost else "")


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
