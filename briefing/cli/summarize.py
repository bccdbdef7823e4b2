"""`briefing summarize`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from briefing.atomic_write import write_atomic
from briefing.briefer import Briefer
from briefing.cli.bulk_run import BulkRun
from briefing.cli.console import ProgressLine, format_usage, say
from briefing.cli.inputs import ENDINGS, Place, count, fetched_ahead, is_folder, places
from briefing.cli.options import SummarizeOptions
from briefing.cli.outputs import (
    SUFFIXES,
    check_parent,
    is_single_file,
    output_for,
    print_briefing,
    rendered,
)
from briefing.errors import BriefingError, ConfigurationError, InputError, JournalError
from briefing.schemas import Briefing
from briefing.sources import Source

#: Articles looked up in the journal per query.
_PAGE = 64


def run(sources: list[str], options: SummarizeOptions) -> int:
    """Summarize the sources, and return the exit code."""
    if options.retry_failed and options.journal is None:
        raise ConfigurationError(
            "--retry-failed needs --journal RUN.db, where the failed articles are recorded"
        )
    if len(sources) > 1 or is_folder(sources[0]) or is_single_file(options.output) or options.retry_failed:
        return _many(sources, options)
    return _one(sources[0], options)


def _many(sources: list[str], options: SummarizeOptions) -> int:
    def on_result(place: Place, source: Source, briefing: Briefing) -> None:
        output.write(place, source, briefing)

    def on_error(place: Place, source: Source | None, error: BriefingError) -> None:
        output.write_error(
            place, lambda: None if source is None else _fingerprint(briefer, source, options), error
        )

    folder = options.output
    with (
        BulkRun[Place](
            lambda stopped: count(sources, output=folder, stopped=stopped),
            journal=options.journal,
            failed_list=options.failed_list,
            on_result=on_result,
            on_error=on_error,
            grace=options.grace,
        ) as bulk,
        options.briefer(bulk.progress.note, bulk.journal, plan=options.plan) as briefer,
    ):
        # Fails now if the request is invalid.
        briefer.fingerprint(Source(text="a", lang=options.language or "und"), **options.request)
        in_journal = options.journal is not None
        output = output_for(folder, options.format, bulk.progress.paused, in_journal=in_journal)
        complete = False
        try:
            found = places(sources, output=folder)
            read = bulk.read(fetched_ahead(found, allow_private=options.allow_private))
            if options.retry_failed:
                read = _recorded(read, bulk, briefer, options)
            bulk.run(briefer, read, options.throttling(ordered=output.ordered), **options.request)
            complete = bulk.stopped is None
        finally:
            try:
                where = output.close(complete=complete)
            except InputError as error:
                bulk.stopped, where = str(error), None
    tally = bulk.tally
    if not tally.ended and not tally.never_tried and bulk.stopped is None:
        raise InputError(
            f"no articles found in {', '.join(sources)}; their names must end in {', '.join(ENDINGS)}"
        )
    bulk.report()
    facts = (
        f"{tally.made:,} made",
        f"{tally.reused:,} reused" if tally.reused else None,
        f"{tally.failed:,} failed" if tally.failed else None,
        f"{tally.never_tried:,} never tried, skipped" if tally.never_tried else None,
    )
    say(f"briefing: {bulk.summary(*facts, where)}")
    return bulk.exit_code()


def _recorded(
    read: Iterator[tuple[Place, Source]],
    bulk: BulkRun[Place],
    briefer: Briefer,
    options: SummarizeOptions,
) -> Iterator[tuple[Place, Source]]:
    """Yield the articles that the journal has, done or failed, or cannot have; count the others."""
    assert bulk.journal is not None
    while page := list(islice(read, _PAGE)):
        fingerprints = [_fingerprint(briefer, source, options) for _, source in page]
        known = bulk.journal.get_many([found for found in fingerprints if found], results=False)
        for article, fingerprint in zip(page, fingerprints, strict=True):
            if fingerprint is None or fingerprint in known:
                yield article
            else:
                bulk.tally.never_tried += 1


def _fingerprint(briefer: Briefer, source: Source, options: SummarizeOptions) -> str | None:
    """The fingerprint; `None` for an article that cannot be briefed with these options."""
    try:
        return briefer.fingerprint(source, **options.request)
    except InputError:
        return None


def _one(name: str, options: SummarizeOptions) -> int:
    if options.output is not None:
        check_parent(options.output)
    [place] = places([name])
    with ProgressLine() as line, options.briefer(line.note, options.journal, plan=options.plan) as briefer:
        line.begin(name if place.is_url else Path(name).name)
        source = place.source(allow_private=options.allow_private)
        try:
            briefing = briefer.summarize(source, **options.request)
        except JournalError as error:
            if isinstance(error.result, Briefing):
                # The briefing could not be recorded, but is paid for: output it.
                line.end()
                _write(error.result, source, place, options)
            raise
        line.end()
        _write(briefing, source, place, options)
    return 0


def _write(briefing: Briefing, source: Source, place: Place, options: SummarizeOptions) -> None:
    kind, output = _kind(options), options.output
    if output is None:
        print_briefing(briefing, source, kind)
        if kind != "text" and sys.stderr.isatty() and (usage := format_usage(briefing.meta)):
            # The text page shows it too.
            say(f"{briefing.meta.model}{usage}")
        return
    if output.is_dir():
        output = output / f"{place.target}.briefing{SUFFIXES[kind]}"
    write_atomic(output, rendered(briefing, source, kind))
    say(f"{output} written{format_usage(briefing.meta)}")


def _kind(options: SummarizeOptions) -> str:
    if options.format:
        return options.format
    if options.output is None:
        return "text" if sys.stdout.isatty() else "json"
    return {suffix: kind for kind, suffix in SUFFIXES.items()}.get(options.output.suffix.lower(), "json")
