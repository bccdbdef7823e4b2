"""`ReadingProgress`: what was read of a long article so far, told with each step."""

from __future__ import annotations

import re
from dataclasses import dataclass

from briefing.llm import Ask, CostTracker
from briefing.text import UNSPACED_RANGES

_UNSPACED = re.compile(f"[{UNSPACED_RANGES}]")


@dataclass
class ReadingProgress:
    """Parts and words of a long article that were read.

    Attributes:
        parts: parts that were read.
        words: words in them; of a script without spaces, characters.
        all_words: words of the article.
    """

    parts: int = 0
    words: int = 0
    all_words: int = 0

    def add(self, ask: Ask) -> None:
        """Count the part that an answered ask was the last one about, if it was."""
        view = ask.grounding.view
        if not ask.ends_part or view is None:
            return
        source = ask.grounding.source
        self.all_words = self.all_words or _words(source.text)
        first, last = (source.sentences[view.sentences[end] - 1] for end in (0, -1))
        self.parts += 1
        self.words += _words(source.text[first.start : last.end])

    def told(self, label: str, costs: CostTracker) -> str:
        """Return the label of a step; after the first part, with what was read and what that has cost."""
        if not self.parts:
            return label
        facts = [
            f"{self.parts:,} part{'s' if self.parts > 1 else ''}",
            f"{self.words:,} of {self.all_words:,} words read",
        ]
        if costs.cost_usd:
            facts.append(f"${costs.cost_usd:.4f}")
        return f"{label} ({', '.join(facts)})"


def _words(text: str) -> int:
    return len(_UNSPACED.sub(" ", text).split()) + len(_UNSPACED.findall(text))
