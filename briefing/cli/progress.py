"""Progress of a run: a live line on a terminal, else a plain line at intervals."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from briefing.cli.console import PLAIN_INTERVAL, LiveLine, format_duration, local_tokens, say
from briefing.errors import BriefingError, one_line
from briefing.journal import POSSIBLY_BILLED
from briefing.meta import Meta

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

#: Seconds over which the rate is averaged.
_WINDOW = 30.0
#: Articles per second below which the steps of one are told.
_SLOW = 0.1


@dataclass
class Tally:
    """Counts of a run.

    Attributes:
        made, failed: articles.
        never_tried: articles skipped by --retry-failed.
        reused: articles whose briefing existed before: in the journal, in a file, or of an equal article.
        input_tokens, output_tokens: used by this run.
        cost_usd: US dollars, as far as known.
        partial_cost: whether `cost_usd` is a lower bound: a price is unknown, or a call broke off.
    """

    made: int = 0
    reused: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    partial_cost: bool = False
    never_tried: int = 0

    @property
    def ended(self) -> int:
        return self.made + self.reused + self.failed

    def add(self, on: Meta | BriefingError) -> None:
        """Add the usage and cost of an article."""
        self.partial_cost = self.partial_cost or bool(on.attempts and type(on).__name__ in POSSIBLY_BILLED)
        if on.usage is None or not (on.usage.input_tokens or on.usage.output_tokens):
            return
        self.input_tokens += on.usage.input_tokens
        self.output_tokens += on.usage.output_tokens
        self.partial_cost = self.partial_cost or on.cost_usd is None
        self.cost_usd += on.cost_usd or 0.0

    def dollars(self) -> str:
        """Return the known cost, as a lower bound if it is partial; empty if zero or unknown."""
        return f"{'at least ' if self.partial_cost else ''}${self.cost_usd:.4f}" if self.cost_usd else ""

    def usage(self) -> str:
        """Return tokens and cost; empty if no tokens were used."""
        if not self.input_tokens and not self.output_tokens:
            return ""
        cost = self.dollars()
        return f"{self.input_tokens:,} tokens in, {self.output_tokens:,} out{cost and f', {cost}'}"


class RunProgress:
    """A context manager that shows a `Tally` during a run.

    `count` returns the number of articles; it is called in a thread, with a function that returns whether to stop.
    """

    def __init__(self, tally: Tally, count: Callable[[Callable[[], bool]], int]) -> None:
        self._tally, self._count = tally, count
        self._total: int | None = None
        self._note = ""
        self._closed = threading.Event()
        self._samples: deque[tuple[float, int]] = deque()
        self._last_line = time.monotonic()
        self._live_line = LiveLine(self.render)
        self.print = self._live_line.print

    def __enter__(self) -> Self:
        if self._live_line.is_terminal:
            threading.Thread(target=self._find_total, daemon=True).start()
            self._live_line.show()
        return self

    def __exit__(self, *raised: object) -> None:
        self._closed.set()
        self._live_line.hide()

    def note(self, text: str) -> None:
        """Set a note, shown while a local model works, articles take long, or before the first one has ended."""
        self._note = one_line(text)
        self._print_plain()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hide the line, so that the terminal can be written to."""
        self._live_line.hide()
        try:
            yield
        finally:
            self._live_line.show()

    def article_ended(self) -> None:
        """Print a plain line if standard error is no terminal and the last one is old enough."""
        self._print_plain()

    def _print_plain(self) -> None:
        now = time.monotonic()
        if not self._live_line.is_terminal and now - self._last_line >= PLAIN_INTERVAL:
            self._last_line = now
            say("briefing: " + ", ".join(self._facts(now)))

    def render(self, width: int) -> Table:
        """Return the progress line with as many facts as fit into `width` columns."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        line, *facts = self._facts(time.monotonic())
        for fact in facts:
            if len(line) + 2 + len(fact) < width:
                line = f"{line}  {fact}"
        table = Table.grid(padding=(0, 1))
        room = min(width - len(line) - 2, 30)
        parts: list[RenderableType] = [Text(line, no_wrap=True, overflow="ellipsis")]
        if self._total and room >= 8:
            done = min(self._tally.ended, self._total)
            parts.insert(0, ProgressBar(total=self._total, completed=done, width=room))
        table.add_row(*parts)
        return table

    def _find_total(self) -> None:
        total = self._count(self._closed.is_set)
        self._total = None if self._closed.is_set() else total

    def _facts(self, now: float) -> list[str]:
        """Return the parts of the progress line, the most important first."""
        tally, total = self._tally, self._total
        done = tally.made + tally.reused
        facts = [f"{done:,}{'' if total is None else f'/{total:,}'} done"]
        if tally.failed:
            facts.append(f"{tally.failed:,} failed")
        rate = self._rate(now)
        if rate:
            facts.append(f"{rate:.1f}/s" if rate >= 0.95 else f"{rate * 60:.1f}/min")
            if total is not None and total > tally.ended:
                facts.append(f"{format_duration((total - tally.ended) / rate)} left")
        if tally.input_tokens or tally.output_tokens:
            facts.append(f"{_short(tally.input_tokens)} tokens in {_short(tally.output_tokens)} out")
            if cost := tally.dollars():
                facts.append(cost)
        if (local := local_tokens()) or not tally.ended or rate < _SLOW:
            facts += filter(None, (self._note, local))
        return facts

    def _rate(self, now: float) -> float:
        """Return articles per second, over the last `_WINDOW` seconds."""
        ended = self._tally.ended
        if not self._samples or now - self._samples[-1][0] >= 0.5:
            self._samples.append((now, ended))
        while len(self._samples) > 2 and now - self._samples[0][0] > _WINDOW and ended > self._samples[1][1]:
            self._samples.popleft()
        since, before = self._samples[0]
        return (ended - before) / (now - since) if now - since >= 0.5 else 0.0


def _short(number: int) -> str:
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.3g}{unit}" if number < 1000 * size else f"{number // size:,}{unit}"
    return str(number)
