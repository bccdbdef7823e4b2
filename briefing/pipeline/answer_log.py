"""`AnswerLog`: answers about parts of an article, kept in the journal until the result is there."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING

from briefing.errors import JournalError
from briefing.llm import Answer, Ask, CostTracker, Target, cost_usd, response_model

if TYPE_CHECKING:
    from briefing.journal import AnswerStore


class AnswerLog:
    """The answers of one article.

    Args:
        store: keeps them.
        fingerprint: of the article's job.
    """

    def __init__(self, store: AnswerStore, fingerprint: str) -> None:
        self._store, self._fingerprint = store, fingerprint

    def find(self, ask: Ask, target: Target, costs: CostTracker) -> Answer | None:
        """Return the answer that an earlier run has got, and count what it cost; `None` if there is no good one."""
        try:
            kept = self._store.find_answer(self._fingerprint, _key(ask))
        except JournalError:  # its file is checked again when the result is recorded
            return None
        if kept is None:
            return None
        ask.grounding.reset()
        try:
            value = response_model(ask.schema).model_validate_json(kept.text, context=ask.grounding)
        except ValueError:
            ask.grounding.reset()
            return None
        costs.attempts += kept.attempts
        costs.add(kept.usage, cost_usd(target, kept.usage))
        return Answer(value, kept.text, kept.usage, kept.attempts)

    def keep(self, ask: Ask, answer: Answer) -> None:
        """Record an answer. Does not wait."""
        with contextlib.suppress(JournalError):
            self._store.keep_answer(self._fingerprint, _key(ask), answer.text, answer.usage, answer.attempts)


def _key(ask: Ask) -> str:
    return hashlib.sha256(json.dumps(ask.messages).encode()).hexdigest()
