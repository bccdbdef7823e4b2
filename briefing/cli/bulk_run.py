"""A run over many articles, shared by `summarize` and `regenerate`."""

from __future__ import annotations

import errno
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

from typing_extensions import override

from briefing.briefer import Briefer
from briefing.bulk import Results
from briefing.cli.console import INTERRUPTED, PARTIAL, describe, exit_code, format_duration, say
from briefing.cli.failures import Failures
from briefing.cli.progress import RunProgress, Tally
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
from briefing.gc_pause import freeze_once
from briefing.journal import Journal
from briefing.on_disk import OnDiskDict
from briefing.schemas import Briefing
from briefing.sources import Source, Unread
from briefing.throttling import ThrottlingOptions

#: Consecutive errors of a kind after which the run stops, because the remaining articles would fail the same way.
_STOP_AFTER = {
    ConfigurationError: 1,
    ModelFileError: 1,
    AuthenticationError: 3,
    QuotaError: 3,
    JournalError: 3,
    UnreachableError: 20,
}
#: Errors of the file system that concern one file only; after any other, the run stops.
_SINGLE_FILE_ERRORS = {
    *(errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR),
    *(errno.EACCES, errno.EPERM, errno.EEXIST),
}


class Article(Protocol):
    """An article to summarize."""

    @property
    def shown(self) -> str:
        """Its name in messages."""


A = TypeVar("A", bound=Article)
#: What is given to the briefer: an article that was read, or one that its workers read.
Given = Source | Unread
G = TypeVar("G", bound=Given)


class RunJournal(Journal):
    """A journal that tells the results of this run from those that it had before, which cost nothing now."""

    def __init__(self, path: Path) -> None:
        self._made: set[str] = set()
        super().__init__(path)

    @override
    def submit(self, outcome: Any, meta: Any, **how: Any) -> Any:
        if isinstance(outcome, Briefing):
            self._made.add(meta.fingerprint)
        return super().submit(outcome, meta, **how)

    def take(self, fingerprint: str) -> bool:
        """Return whether this run has recorded the result and `take` was not called for it before."""
        made = fingerprint in self._made
        self._made.discard(fingerprint)
        return made


class BulkRun(Generic[A]):
    """A context manager for one run over many articles: progress, signals, failures and the journal.

    Args:
        count: counts the articles; see `RunProgress`.
        on_error: called with each failed article, what the briefer was given (`None` if it could not be read) and the error.
        saves_results: whether `on_result` saves briefings elsewhere than on standard output.
        grace: seconds that articles under way may take to end after a signal.

    Attributes:
        stopped: why the run ended early; `None` if it did not.
        unrecorded: briefings that the journal could not record.
    """

    def __init__(
        self,
        count: Callable[[Callable[[], bool]], int],
        *,
        journal: Path | None,
        failed_list: Path | None,
        on_result: Callable[[A, Given, Briefing], None],
        on_error: Callable[[A, Given | None, BriefingError], None] = lambda *_: None,
        saves_results: bool = False,
        grace: float,
    ) -> None:
        self.tally = Tally()
        self.progress = RunProgress(self.tally, count)
        self.failures = Failures(failed_list)
        self.journal = None if journal is None else RunJournal(journal)
        self.stopped: str | None = None
        self.unrecorded = 0
        self._hopeless = False
        self._interrupted, self._broken_pipe = False, False
        self._grace = grace
        self._saves_results = saves_results or journal is not None
        self._interrupts = Interrupts()
        self._on_result, self._on_error = on_result, on_error
        self._consecutive: Counter[type[BriefingError]] = Counter()
        self._seen = OnDiskDict[int]()
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

    def read(self, articles: Iterable[tuple[A, Callable[[], G]]]) -> Iterator[tuple[A, G]]:
        """Yield each article that can be read with what was read; count the others as failed."""
        for article, read in articles:
            try:
                found = read()
            except Exception as error:
                failure = error
                if not isinstance(failure, BriefingError):
                    failure = BriefingError(f"{type(error).__name__}: {error}")
                    failure.__cause__ = error
                with self._interrupts.deferred():
                    self._fail(article, None, failure)
            else:
                yield article, found

    def run(
        self,
        briefer: Briefer,
        articles: Iterator[tuple[A, Given]],
        throttling: ThrottlingOptions,
        **options: Any,
    ) -> None:
        """Summarize the articles from `read`, until the end or until the run is stopped.

        After the first signal no further article is started, and the results of those under way are still handled.

        Raises:
            BrokenPipeError: the reader of standard output is gone. Articles in flight are completed first if
                their results are saved elsewhere.
        """
        in_flight: dict[int, tuple[A, Given]] = {}

        try:
            with self._interrupts.interruptible():
                first = next(articles, None)
            if first is None:
                # No article: do not start a local model.
                return
            with briefer.summarize_many(
                self._sources(chain([first], articles), in_flight), **options, **throttling
            ) as results:
                self._interrupts.on_first = partial(self._finish, results)
                while not self._hopeless and (result := next(results, None)) is not None:
                    self._handle(*in_flight.pop(results.index), result)
                    if not isinstance(result, BriefingError):
                        freeze_once("first article")  # with it, all was imported that the others need
                    if self.stopped is not None:
                        # Those under way are paid for, and the journal or the output may fail them only.
                        results.finish(self._grace)
        except KeyboardInterrupt:
            self._interrupted = True
        if self._interrupted or self._interrupts.arrived:
            self.stopped, self._interrupted = self.stopped or "interrupted", True
        if self._broken_pipe and not self._interrupted:
            raise BrokenPipeError

    def _sources(
        self, articles: Iterator[tuple[A, Given]], in_flight: dict[int, tuple[A, Given]]
    ) -> Iterator[Given]:
        """Yield what is given to the briefer, and add each with its article to `in_flight`, until a signal arrives."""
        for number in count():
            try:
                with self._interrupts.interruptible():
                    found = next(articles, None)
            except KeyboardInterrupt:
                if self._interrupts.arrived > 1:
                    raise
                return
            if found is None or self._broken_pipe:
                return
            in_flight[number] = found
            yield found[1]

    def _finish(self, results: Results[Any]) -> None:
        """Let the articles under way end; called in a thread of its own."""
        under_way = results.finish(self._grace)
        if under_way and self._grace:
            with self.progress.paused():
                say(
                    f"briefing: interrupted; waiting at most {self._grace:g} s for {under_way:,} "
                    f"article{'s' if under_way > 1 else ''} under way (interrupt again to end at once)"
                )

    def exit_code(self) -> int:
        if self._interrupted:
            return INTERRUPTED
        if not self.failures.count and self.stopped is None:
            return 0
        if self.tally.made + self.tally.reused or self.failures.first is None:
            return PARTIAL
        return exit_code(self.failures.first)

    def report(self) -> None:
        """Print the failures, and why the run ended early, on standard error."""
        self.failures.report()
        if self.stopped is not None:
            advice = "run the same command again to continue"
            if self.journal is None:
                advice = "use --journal RUN.db to be able to continue a run"
            say(f"briefing: {self.stopped}; {advice}")
        elif self.failures.count and self.journal is not None:
            say("briefing: run the same command again to retry the failed articles")

    def summary(self, *facts: str | None) -> str:
        """Return the closing line: the given facts, the elapsed time, tokens and cost."""
        known = [*filter(None, facts), format_duration(time.monotonic() - self._started)]
        return f"{', '.join(known)}{f' ({self.tally.usage()})' if self.tally.usage() else ''}"

    def _handle(self, article: A, source: Given, result: Briefing | BriefingError) -> None:
        if isinstance(result, BriefingError):
            if isinstance(result, JournalError) and isinstance(result.result, Briefing):
                # The briefing is paid for: output it. Stop, since the next one could not be recorded either.
                self.stopped, result = str(result), result.result
                self.unrecorded += 1
            else:
                self.tally.add(result)
                self._fail(article, source, result)
                return
        self._consecutive.clear()
        new = self._count_usage(result)
        if self._write(article, source, result):
            self.tally.made += new
            self.tally.reused += not new
            self.progress.article_ended()

    def _count_usage(self, briefing: Briefing) -> bool:
        """Count the usage of a briefing that this run has made; return whether it has."""
        if self.journal is not None:
            new = self.journal.take(briefing.meta.fingerprint)
        else:
            # Of equal articles only the first is sent to the model.
            try:
                new = self._seen.add(briefing.meta.fingerprint, 1)
            except InputError:  # the disk is full: it counts again, but is not lost
                new = True
        if new:
            self.tally.add(briefing.meta)
        return new

    def _write(self, article: A, source: Given, briefing: Briefing) -> bool:
        try:
            self._on_result(article, source, briefing)
        except BrokenPipeError:
            # Start no further article; those in flight are paid for and are completed.
            self._broken_pipe = True
            if not self._saves_results:
                raise
        except InputError as error:
            self._fail(article, source, error)
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno not in _SINGLE_FILE_ERRORS:
                self.stopped = str(error)
            return False
        return True

    def _fail(self, article: A, source: Given | None, error: BriefingError) -> None:
        self.tally.failed += 1
        self.failures.add(article.shown, error)
        for kind, limit in _STOP_AFTER.items():
            if isinstance(error, kind):
                self._consecutive[kind] += 1
                if self._consecutive[kind] >= limit:
                    why = f"{limit} consecutive articles failed: {describe(error)}"
                    if limit == 1:
                        why = "all other articles would fail for the same reason"
                    self.stopped = self.stopped or f"stopped: {why}"
                    # Calls under way may still succeed where only the journal fails.
                    self._hopeless = kind is not JournalError
        self.progress.article_ended()
        try:
            self._on_error(article, source, error)
        except InputError as unwritable:
            self.stopped = str(unwritable)
