"""`briefing regenerate`."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

from briefing.cli.bulk_run import BulkRun, Given
from briefing.cli.clashes import given, journal_files, refuse_clashes, refuse_names_in
from briefing.cli.console import PARTIAL, ProgressLine, describe, exit_code, say
from briefing.cli.dry_run import STALE, Planned, existing_journal, report
from briefing.cli.inputs import ENDINGS, PassedOver
from briefing.cli.options import RegenerateOptions
from briefing.cli.outputs import check_folder
from briefing.errors import BriefingError, ConfigurationError, one_line
from briefing.regenerate import Seed, seeds
from briefing.schemas import Briefing
from briefing.sources import Source, missing_extra

_STALE = 1
#: Articles per task of a worker process; number of articles from which processes are used; most processes.
_PAGE, _MIN_FOR_PROCESSES, _MAX_PROCESSES = 50, 400, 8


def run(folder: Path, options: RegenerateOptions) -> int:
    """Update the briefings of a folder, and return the exit code."""
    for name, given_option in (("--judge", options.judge), ("--fallback", options.fallback)):
        if given_option and (options.record or options.replay):
            raise ConfigurationError(
                f"{name} cannot be used with --record or --replay: its exchange is not recorded"
            )
    if options.dry_run and (options.check or options.replay):
        raise ConfigurationError("--dry-run cannot be used with --check or --replay, which make no calls")
    found = seeds(folder, encoding=options.encoding)
    _say_passed_over(folder)
    if options.check:
        return _check(found, options)
    ours = (path for seed in found for path in (seed.article, seed.result, seed.cassette))
    written = [*journal_files(options.journal), *given(failed_list=options.failed_list)]
    refuse_names_in(folder, ".json", written)
    refuse_clashes(written, (("the folder's file", path) for path in ours), printed=True)
    if options.dry_run:
        return _dry_run(found, options)
    if options.record or options.replay:
        return _one_by_one(found, options)
    return _many(found, options)


def _say_passed_over(folder: Path) -> None:
    passed_over = PassedOver()
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            ending = Path(entry.name).suffix.lower()
            if ending not in ENDINGS or missing_extra(ending):
                passed_over.consider(entry.path)
    if passed_over:
        say(f"briefing: {passed_over}")


def _check(found: list[Seed], options: RegenerateOptions) -> int:
    """List new and stale articles."""
    due = 0
    for seed, state in zip(found, _states(found, options), strict=True):
        unrecorded = options.record and not seed.cassette.exists()
        if state != "fresh" or options.force or unrecorded:
            due += 1
            shown = state if state != "fresh" else "not recorded" if unrecorded else "fresh, but --force"
            print(f"{one_line(shown)}  {one_line(seed.shown)}")
    print(f"{len(found) - due} fresh, {due} new or stale")
    return _STALE if due else 0


def _states(found: list[Seed], options: RegenerateOptions) -> Iterator[str]:
    """Yield the state of each article, or why it cannot be read; large folders use several processes."""
    pages = [found[start : start + _PAGE] for start in range(0, len(found), _PAGE)]
    workers = min(os.cpu_count() or 1, len(pages), _MAX_PROCESSES)
    if len(found) < _MIN_FOR_PROCESSES or workers == 1:
        yield from chain.from_iterable(map(_states_of, pages, repeat(options)))
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # spawn: a forked process would share open connections and threads.
    # Ctrl-C reaches every process; only the parent reports it.
    ignored = signal.signal, (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(workers, get_context("spawn"), *ignored) as pool:
        try:
            yield from chain.from_iterable(pool.map(_states_of, pages, repeat(options)))
        finally:
            pool.shutdown(cancel_futures=True)


def _states_of(page: list[Seed], options: RegenerateOptions) -> list[str]:
    states: list[str] = []
    with options.briefer(lambda _note: None, None) as briefer:
        for seed in page:
            try:
                states.append(seed.state(briefer, **options.writing))
            except BriefingError as error:  # the others can still be checked
                states.append(f"unreadable ({describe(error)})")
    return states


def _dry_run(found: list[Seed], options: RegenerateOptions) -> int:
    """Print what new and stale briefings would take, and return the exit code."""

    def planned(seed: Seed) -> Planned:
        def state(source: Source) -> str:
            known = seed.state(briefer, source, **options.writing)
            again = options.force or (options.record and not seed.cassette.exists())
            return STALE if known == "fresh" and again else known

        writing = seed.options(options.writing)
        return Planned(seed.shown, seed.source, lambda source: briefer.estimate(source, **writing), state)

    with (
        existing_journal(options.journal) as journal,
        options.briefer(lambda _note: None, journal) as briefer,
    ):
        return report(map(planned, found), briefer, options.format)


def _many(found: list[Seed], options: RegenerateOptions) -> int:
    """Make new and stale briefings concurrently."""
    fresh = 0

    def on_result(seed: Seed, _source: Given, briefing: Briefing) -> None:
        seed.save(briefing)
        bulk.progress.print(f"made  {one_line(seed.shown)}  {briefing.meta.elapsed:.0f} s")

    def due(read: Iterator[tuple[Seed, Source]]) -> Iterator[tuple[Seed, Source]]:
        nonlocal fresh
        for seed, source in read:
            if options.force or seed.state(briefer, source, **options.writing) != "fresh":
                check_folder(seed.result.parent)
                yield seed, source
            else:
                fresh += 1
                bulk.tally.reused += 1
                bulk.progress.article_ended()

    with BulkRun[Seed](
        lambda _stopped: len(found),
        journal=options.journal,
        failed_list=options.failed_list,
        on_result=on_result,
        saves_results=True,
        grace=options.grace,
    ) as bulk:
        for style in dict.fromkeys(seed.style for seed in found):
            if bulk.stopped is not None:
                break
            group = [seed for seed in found if seed.style == style]
            spent = bulk.tally.input_tokens + bulk.tally.output_tokens, bulk.tally.cost_usd
            with options.without(*spent).briefer(bulk.progress.note, bulk.journal) as briefer:
                read = bulk.read((seed, seed.source) for seed in group)
                bulk.run(
                    briefer, due(read), options.throttling(ordered=False), **group[0].options(options.writing)
                )
    bulk.report()
    tally = bulk.tally
    print(
        bulk.summary(f"{tally.made + tally.reused - fresh} made", f"{fresh} fresh", f"{tally.failed} failed")
    )
    return bulk.exit_code()


def _one_by_one(found: list[Seed], options: RegenerateOptions) -> int:
    """Record or replay articles one after the other, since a cassette records all calls of the process."""
    failures = []
    made = 0
    with ProgressLine() as line, options.briefer(line.note, options.journal) as briefer:
        due = [
            seed
            for seed in found
            if options.force
            or options.replay
            or seed.state(briefer, **options.writing) != "fresh"
            or not seed.cassette.exists()
        ]
        for seed in due:
            check_folder(seed.result.parent)
            if options.record:
                check_folder(seed.cassette.parent)
            line.begin(seed.article.name)
            try:
                briefing = (
                    seed.replay()
                    if options.replay
                    else seed.regenerate(briefer, record=True, **options.writing)
                )
            except ConfigurationError:  # all others would fail for the same reason
                raise
            except BriefingError as error:
                line.end()
                say(f"briefing: {seed.shown}: {describe(error)}")
                failures.append(error)
                continue
            line.end()
            made += 1
            print(f"made  {one_line(seed.shown)}  {briefing.meta.elapsed:.0f} s", flush=True)
    print(f"{made} made, {len(found) - len(due)} fresh, {len(failures)} failed")
    if not failures:
        return 0
    return PARTIAL if made else exit_code(failures[0])
