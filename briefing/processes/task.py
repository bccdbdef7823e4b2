"""What a worker is sent when it starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel

from briefing.sources import Source
from briefing.throttling import CallGate

if TYPE_CHECKING:
    from briefing.journal import Store
    from briefing.llm import Budget


class ArticleTask(Protocol):
    """Makes the briefings of one run. Picklable until `connect` is called."""

    def connect(
        self,
        new_gate: Callable[[], CallGate],
        budget: Budget,
        store: Store | None,
        on_progress: Callable[[str], None] | None,
    ) -> None:
        """Prepare for work in this process and event loop.

        Args:
            new_gate: returns the gate of the model's calls, then one for each other model, always in the same order.
            budget: limits on all articles together.
            store: the journal.
            on_progress: called with a short description of each step.
        """

    def key(self, source: Source) -> str:
        """Return a hash, in hex; articles with the same one are requested once."""

    async def make(self, source: Source) -> BaseModel:
        """Make the briefing of an article.

        Raises:
            BriefingError: as `Briefer.summarize`.
        """


@dataclass(frozen=True)
class Setup:
    """What a worker is sent when it starts, besides the sockets.

    Attributes:
        task: makes the briefings.
        max_cost_usd: limit of the budget.
        max_tokens_total: limit of the budget.
        store: how the journal calls itself in messages; `None` without one.
        keeps_answers: whether the journal is an `AnswerStore`.
        reports_progress: whether the parent wants to know of each step.
        log_level: lowest level of log records that the parent takes.
    """

    task: ArticleTask
    max_cost_usd: float | None
    max_tokens_total: int | None
    store: str | None
    keeps_answers: bool
    reports_progress: bool
    log_level: int
