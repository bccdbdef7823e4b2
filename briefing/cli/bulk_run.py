"""A run over many articles: what `summarize` and `regenerate` have in common."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

from typing_extensions import override

from briefing.briefer import Briefer
from briefing.cli.console import INTERRUPTED, PARTIAL, clock, exit_code, say
from briefing.cli.failures import Failures
from briefing.cli.progress import Progress, Tally
from briefing.cli.signals import Interrupts
from briefing.errors import (
    AuthenticationError,
    BriefingError,
    ConfigurationError,
    InputError,
    JournalError,
    ModelFileError,
    QuotaError,
    UnreachableError,
)
from briefing.journal import Journal
from briefing.schemas import Briefing
from briefing.sources import Source
from briefing.throttling import ThrottlingOptions

#: After so many in a row, with nothing made between them, the others would end so too.
_HOPELESS = {
    ConfigurationError: 1,
    ModelFileError: 1,
    AuthenticationError: 3,
    QuotaError: 3,
    JournalError: 3,
    UnreachableError: 20,
}
#: What the system says against one file, and not against all.
_OF_ONE_FILE = {errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EEXIST}


class Article(Protocol):
    """What is to be briefed, by the name that is shown."""

    @property
    def shown(self) -> str: ...


A = TypeVar("A", bound=Article)


@dataclass(frozen=True)
class Limits:
    """How fast a run may go, and what it may spend; `None` for no limit.

    Attributes:
        max_concurrency, requests_per_minute, tokens_per_minute: as `Briefer.summarize_many` takes them.
        max_cost_usd, max_tokens_total: as `Briefer` takes them.
    """

    max_concurrency: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    max_cost_usd: float | None = None
    max_tokens_total: int | None = None

    def pace(self, *, ordered: bool) -> ThrottlingOptions:
        return {
            "ordered": ordered,
            "max_concurrency": self.max_concurrency,
            "requests_per_minute": self.requests_per_minute,
            "tokens_per_minute": self.tokens_per_minute,
        }


class WatchedJournal(Journal):
    """A journal that knows what this run has recorded: the rest was there before, and costs nothing now."""

    def __init__(self, path: Path) -> None:
        self._made: set[str] = set()
        super().__init__(path)

    @override
    def submit(self, outcome: Any, meta: Any, **how: Any) -> Any:
        if isinstance(outcome, Briefing):
            self._made.add(meta.fingerprint)
        return super().submit(outcome, meta, **how)

    def take(self, fingerprint: str) -> bool:
        """Whether this run has recorded it; true once."""
        if fingerprint not in self._made:
            return False
        self._made.discard(fingerprint)
        return True


class Many(Generic[A]):
    """One run over many articles, as a context: progress, signals, failures, the journal.

    Args:
        count: how many articles there are, as `Progress` takes it.
        journal: path of the run's journal.
        failed_list: file for what failed.
        made: takes each article, its source and its briefing.
        failed: takes each article, its source if it could be read, and why there is no briefing.
        saves: whether `made` keeps what was paid for, also where nobody reads standard output.

    Attributes:
        progress, tally, failures, journal: of the run.
        stopped: why it ended before its time; `None` if it did not.

    Raises:
        InputError: a file cannot be written.
        JournalError: the journal cannot be used.
    """

    def __init__(
        self,
        count: Callable[[Callable[[], bool]], int],
        *,
        journal: Path | None,
        failed_list: Path | None,
        made: Callable[[A, Source, Briefing], None],
        failed: Callable[[A, Source | None, BriefingError], None],
        saves: bool = False,
    ) -> None:
        self.tally = Tally()
        self.progress = Progress(self.tally, count)
        self.failures = Failures(failed_list)
        self.journal = None if journal is None else WatchedJournal(journal)
        self.stopped: str | None = None
        self._interrupted, self._unread = False, False
        self._saves = saves or journal is not None
        self._interrupts = Interrupts()
        self._made, self._failed = made, failed
        self._in_a_row: dict[type[BriefingError], int] = {}
        self._seen: set[int] = set()
        self._started = time.monotonic()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self.journal is not None:
                stack.enter_context(self.journal)
            stack.enter_context(self._interrupts)
            stack.enter_context(self.progress)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            self._stack.close()
            if raised[0] is None:
                self.failures.close()
        finally:
            self.failures.discard()

    def read(self, articles: Iterable[tuple[A, Callable[[], Source]]]) -> Iterator[tuple[A, Source]]:
        """Each article that can be read, and what was read; the others have failed."""
        for article, source in articles:
            try:
                found = source()
            except BriefingError as error:
                with self._interrupts.busy():
                    self._fail(article, None, error)
            except Exception as error:
                own = BriefingError(f"{type(error).__name__}: {error}")
                own.__cause__ = error
                with self._interrupts.busy():
                    self._fail(article, None, own)
            else:
                yield article, found

    def run(
        self, briefer: Briefer, articles: Iterator[tuple[A, Source]], pace: ThrottlingOptions, **asked: Any
    ) -> None:
        """Brief them all, or as many as can be.

        Args:
            briefer: with the run's journal.
            articles: from `read`.
            pace: how fast, and in what order.
            asked: keywords of `Briefer.summarize_many`.

        Raises:
            BrokenPipeError: nobody reads standard output any more. What was under way is recorded, if there is a journal.
        """
        under_way: dict[int, tuple[A, Source]] = {}

        def sources(articles: Iterable[tuple[A, Source]]) -> Iterator[Source]:
            for number, (article, source) in enumerate(articles):
                if self._unread:
                    return
                under_way[number] = article, source
                yield source

        try:
            with self._interrupts.waiting():
                first = next(articles, None)
            if first is None:
                # Nothing to do: no model is started.
                return
            with briefer.summarize_many(sources(chain([first], articles)), **asked, **pace) as results:
                while self.stopped is None:
                    with self._interrupts.waiting():
                        result = next(results, None)
                    if result is None:
                        break
                    self._take(*under_way.pop(results.index), result)
        except KeyboardInterrupt:
            self.stopped, self._interrupted = "interrupted", True
        if self._unread and not self._interrupted:
            raise BrokenPipeError

    def exit_code(self) -> int:
        """How the command ends."""
        if self._interrupted:
            return INTERRUPTED
        if not self.failures.count and self.stopped is None:
            return 0
        if self.tally.made + self.tally.known or self.failures.first is None:
            return PARTIAL
        return exit_code(self.failures.first)

    def tell(self) -> None:
        """Say what failed, and why the run ended before its time, if it did."""
        self.failures.tell()
        if self.stopped is not None:
            further = "the same command goes on from here"
            if self.journal is None:
                further = "with --journal RUN.db, a run that ended early can go on"
            say(f"briefing: {self.stopped}; {further}")
        elif self.failures.count and self.journal is not None:
            say("briefing: the same command tries again what failed")

    def sums(self, *facts: str | None) -> str:
        """The closing line.

        Args:
            facts: to begin it with.
        """
        known = [*filter(None, facts), clock(time.monotonic() - self._started)]
        return f"{', '.join(known)}{f' ({self.tally.spent()})' if self.tally.spent() else ''}"

    def _take(self, article: A, source: Source, result: Briefing | BriefingError) -> None:
        if isinstance(result, BriefingError):
            if isinstance(result, JournalError) and isinstance(result.result, Briefing):
                # It is paid for, and goes where it is to go. The next one would not be recorded either.
                self.stopped, result = str(result), result.result
            else:
                self.tally.spend(result)
                self._fail(article, source, result)
                return
        self._in_a_row.clear()
        new = self._spend(result)
        if self._write(article, source, result):
            if new:
                self.tally.made += 1
            else:
                self.tally.known += 1
            self.progress.ended()

    def _spend(self, briefing: Briefing) -> bool:
        """Count what it took; whether this run has made it."""
        if self.journal is not None:
            new = self.journal.take(briefing.meta.fingerprint)
        else:
            # An article that comes twice is asked once.
            key = int(briefing.meta.fingerprint[:16], 16)
            new = key not in self._seen
            self._seen.add(key)
        if new:
            self.tally.spend(briefing.meta)
        return new

    def _write(self, article: A, source: Source, briefing: Briefing) -> bool:
        try:
            self._made(article, source, briefing)
        except BrokenPipeError:
            # Nobody wants more; what is under way is paid for, and kept.
            self._unread = True
            if not self._saves:
                raise
        except InputError as error:
            self._fail(article, source, error)
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno not in _OF_ONE_FILE:
                self.stopped = str(error)
            return False
        return True

    def _fail(self, article: A, source: Source | None, error: BriefingError) -> None:
        self.tally.failed += 1
        self.failures.add(article.shown, error)
        for kind, most in _HOPELESS.items():
            if isinstance(error, kind):
                self._in_a_row[kind] = self._in_a_row.get(kind, 0) + 1
                if self._in_a_row[kind] >= most:
                    why = f"{most} in a row ended so: {error}" if most > 1 else "all others would end so"
                    self.stopped = self.stopped or f"stopped, as {why}"
        self.progress.ended()
        try:
            self._failed(article, source, error)
        except InputError as full:
            self.stopped = str(full)
