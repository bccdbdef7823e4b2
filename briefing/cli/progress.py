"""Progress of many articles: a line that lives on a terminal; else a plain line now and then."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from briefing.cli.console import clock, local_tokens, say
from briefing.errors import BriefingError
from briefing.journal import POSSIBLY_BILLED
from briefing.meta import Meta

if TYPE_CHECKING:
    from rich.table import Table

#: Seconds between plain lines, and over which the rate is taken.
_PLAIN, _WINDOW = 30.0, 30.0


@dataclass
class Tally:
    """Counts of a run.

    Attributes:
        made, failed: articles.
        known: articles whose briefing was there before.
        read, written: tokens that this run took.
        cost_usd: US dollars, as far as they are known.
        unpriced: whether that is only a part: a price is not known, or a call broke off.
    """

    made: int = 0
    known: int = 0
    failed: int = 0
    read: int = 0
    written: int = 0
    cost_usd: float = 0.0
    unpriced: bool = False

    @property
    def ended(self) -> int:
        return self.made + self.known + self.failed

    def spend(self, on: Meta | BriefingError) -> None:
        """Count what an article took."""
        self.unpriced = self.unpriced or bool(on.attempts and type(on).__name__ in POSSIBLY_BILLED)
        if on.usage is None or not (on.usage.input_tokens or on.usage.output_tokens):
            return
        self.read += on.usage.input_tokens
        self.written += on.usage.output_tokens
        self.unpriced = self.unpriced or on.cost_usd is None
        self.cost_usd += on.cost_usd or 0.0

    def dollars(self) -> str:
        """What is known of the cost; empty where nothing is."""
        return f"{'at least ' if self.unpriced else ''}${self.cost_usd:.4f}" if self.cost_usd else ""

    def spent(self) -> str:
        """Tokens and dollars, in full; empty where there are none."""
        if not self.read and not self.written:
            return ""
        cost = self.dollars()
        return f"{self.read:,} tokens in, {self.written:,} out{cost and f', {cost}'}"


class Progress:
    """Shows a `Tally` while a run goes on. A context manager.

    Args:
        tally: shown.
        count: finds how many articles there are, in a thread of its own; it is given what says whether to stop.
    """

    def __init__(self, tally: Tally, count: Callable[[Callable[[], bool]], int]) -> None:
        self._tally, self._count = tally, count
        self._total: int | None = None
        self._note = ""
        self._live = sys.stderr.isatty()
        self._over = threading.Event()
        self._marks: deque[tuple[float, int]] = deque()
        self._told = time.monotonic()
        self._display: _Display | None = None

    def __enter__(self) -> Self:
        if self._live:
            threading.Thread(target=self._find_total, daemon=True).start()
            self._display = _Display(self)
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        if self._display is not None:
            self._display.stop()
            self._display = None

    def note(self, text: str) -> None:
        """What is being done; shown while a model on this machine works, or nothing has ended yet."""
        self._note = text

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A context in which the terminal may be written to."""
        if self._display is None:
            yield
            return
        self._display.stop()
        try:
            yield
        finally:
            self._display.start()

    def line(self, text: str) -> None:
        """A line on standard output; above the progress where that is the same terminal."""
        if self._display is not None and sys.stdout.isatty():
            self._display.above(text)
        else:
            print(text, flush=True)

    def ended(self) -> None:
        """An article has ended."""
        now = time.monotonic()
        if not self._live and now - self._told >= _PLAIN:
            self._told = now
            say("briefing: " + ", ".join(self._facts(now)))

    def render(self, width: int) -> Table:
        """The line, as long as there is room for."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        facts = self._facts(time.monotonic())
        line = facts.pop(0)
        for fact in facts:
            if len(line) + 2 + len(fact) < width:
                line = f"{line}  {fact}"
        table = Table.grid(padding=(0, 1))
        room = min(width - len(line) - 2, 30)
        text = Text(line, no_wrap=True, overflow="ellipsis")
        if self._total and room >= 8:
            table.add_row(
                ProgressBar(total=self._total, completed=min(self._tally.ended, self._total), width=room),
                text,
            )
        else:
            table.add_row(text)
        return table

    def _find_total(self) -> None:
        total = self._count(self._over.is_set)
        self._total = None if self._over.is_set() else total

    def _facts(self, now: float) -> list[str]:
        """What there is to say, the most important first."""
        tally, total = self._tally, self._total
        done = tally.made + tally.known
        facts = [f"{done:,}{'' if total is None else f'/{total:,}'} done"]
        if tally.failed:
            facts.append(f"{tally.failed:,} failed")
        rate = self._rate(now)
        if rate:
            facts.append(f"{rate:.1f}/s" if rate >= 0.95 else f"{rate * 60:.1f}/min")
            if total is not None and total > tally.ended:
                facts.append(f"{clock((total - tally.ended) / rate)} left")
        if tally.read or tally.written:
            facts.append(f"{_short(tally.read)} tokens in {_short(tally.written)} out")
            if cost := tally.dollars():
                facts.append(cost)
        if (local := local_tokens()) or (self._note and not tally.ended):
            facts.append(f"{self._note}{local}")
        return facts

    def _rate(self, now: float) -> float:
        """Articles a second, over the last half minute."""
        ended = self._tally.ended
        if not self._marks or now - self._marks[-1][0] >= 0.5:
            self._marks.append((now, ended))
        while len(self._marks) > 2 and now - self._marks[0][0] > _WINDOW and ended > self._marks[1][1]:
            self._marks.popleft()
        since, before = self._marks[0]
        return (ended - before) / (now - since) if now - since >= 0.5 else 0.0


class _Display:
    """The live line of a `Progress`, on standard error."""

    def __init__(self, progress: Progress) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)
        self._progress = progress
        self.start()

    def start(self) -> None:
        from rich.live import Live

        # Standard output is the user's, and may be a pipe.
        self._live = Live(
            get_renderable=lambda: self._progress.render(self._console.width),
            console=self._console,
            refresh_per_second=5,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def stop(self) -> None:
        self._live.stop()

    def above(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)


def _short(number: int) -> str:
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.3g}{unit}" if number < 1000 * size else f"{number // size:,}{unit}"
    return str(number)
