"""`briefing regenerate`."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from briefing.briefer import Briefer
from briefing.cli.bulk_run import Limits, Many
from briefing.cli.console import PARTIAL, ProgressLine, exit_code, say
from briefing.errors import BriefingError
from briefing.regenerate import Seed, seeds
from briefing.schemas import Briefing
from briefing.sources import Source

_STALE = 1
#: Articles that are looked at in one go; how many make it worth to start processes, and how many of those at most.
_PAGE, _WORTH_PROCESSES, _MOST_PROCESSES = 50, 400, 8


@dataclass(frozen=True)
class Options:
    """Options of the command, as given."""

    model: str | None
    base_url: str | None
    timeout: float
    deadline: float | None
    journal: Path | None
    failed_list: Path | None
    check: bool
    record: bool
    replay: bool
    force: bool
    limits: Limits = field(default_factory=Limits)

    def briefer(self, note: Callable[[str], None], journal: Any) -> Briefer:
        return Briefer(
            self.model,
            base_url=self.base_url,
            timeout=self.timeout,
            deadline=self.deadline,
            max_cost_usd=self.limits.max_cost_usd,
            max_tokens_total=self.limits.max_tokens_total,
            journal=journal,
            on_progress=note,
        )


def run(folder: Path, options: Options) -> int:
    """Bring the briefings of a folder up to date; the exit code."""
    found = seeds(folder)
    if options.check:
        return _check(found, options)
    if options.record or options.replay:
        return _one_by_one(found, options)
    return _many(found, options)


def _check(found: list[Seed], options: Options) -> int:
    """Say what is new or stale."""
    due = 0
    for seed, state in zip(found, _states(found, options), strict=True):
        if state != "fresh" or options.force or (options.record and not seed.cassette.exists()):
            due += 1
            print(f"{state}  {seed.article}")
    print(f"{len(found) - due} fresh, {due} to make")
    return _STALE if due else 0


def _states(found: list[Seed], options: Options) -> Iterator[str]:
    """The state of each article, or why it cannot be told; of many, by all processors."""
    pages = [found[start : start + _PAGE] for start in range(0, len(found), _PAGE)]
    workers = min(os.cpu_count() or 1, len(pages), _MOST_PROCESSES)
    if len(found) < _WORTH_PROCESSES or workers == 1:
        for page in pages:
            yield from _states_of(page, options)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # A forked process would share connections and threads that may be open here.
    # Ctrl-C reaches all of them; one says so.
    ignored = signal.signal, (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(workers, get_context("spawn"), *ignored) as pool:
        try:
            for states in pool.map(_states_of, pages, [options] * len(pages)):
                yield from states
        finally:
            pool.shutdown(cancel_futures=True)


def _states_of(page: list[Seed], options: Options) -> list[str]:
    states: list[str] = []
    with options.briefer(_quiet, None) as briefer:
        for seed in page:
            try:
                states.append(seed.state(briefer))
            except BriefingError as error:  # one article's fault is not the others'
                states.append(f"unreadable ({error})")
    return states


def _quiet(_note: str) -> None:
    """Nobody waits for a model."""


def _many(found: list[Seed], options: Options) -> int:
    """Make what is due, many at a time."""
    fresh = 0

    def made(seed: Seed, _source: Source, briefing: Briefing) -> None:
        seed.save(briefing)
        many.progress.line(f"made  {seed.article}  {briefing.meta.elapsed:.0f} s")

    def due(read: Iterator[tuple[Seed, Source]]) -> Iterator[tuple[Seed, Source]]:
        nonlocal fresh
        for seed, source in read:
            if options.force or seed.state(briefer, source) != "fresh":
                yield seed, source
            else:
                fresh += 1
                many.tally.known += 1
                many.progress.ended()

    with (
        Many[Seed](
            lambda _stopped: len(found),
            journal=options.journal,
            failed_list=options.failed_list,
            made=made,
            failed=lambda _seed, _source, _error: None,
            saves=True,
        ) as many,
        options.briefer(many.progress.note, many.journal) as briefer,
    ):
        read = many.read((seed, seed.source) for seed in found)
        many.run(briefer, due(read), options.limits.pace(ordered=False))
    many.tell()
    tally = many.tally
    print(many.sums(f"{tally.made + tally.known - fresh} made", f"{fresh} fresh", f"{tally.failed} failed"))
    return many.exit_code()


def _one_by_one(found: list[Seed], options: Options) -> int:
    """Record or replay, each article by itself: an exchange is recorded for the process as a whole."""
    failures = []
    made = 0
    with ProgressLine() as line, options.briefer(line.note, options.journal) as briefer:
        due = [
            seed
            for seed in found
            if options.force or options.replay or seed.state(briefer) != "fresh" or not seed.cassette.exists()
        ]
        for seed in due:
            line.begin(seed.article.name)
            try:
                briefing = seed.replay() if options.replay else seed.regenerate(briefer, record=True)
            except BriefingError as error:
                line.end()
                say(f"briefing: {seed.article}: {error}")
                failures.append(error)
                continue
            line.end()
            made += 1
            print(f"made  {seed.article}  {briefing.meta.elapsed:.0f} s", flush=True)
    print(f"{made} made, {len(found) - len(due)} fresh, {len(failures)} failed")
    if not failures:
        return 0
    return PARTIAL if made else exit_code(failures[0])
