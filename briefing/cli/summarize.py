"""`briefing summarize`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from briefing.atomic_write import AtomicFile, descriptor, is_stream, write_atomic
from briefing.briefer import Briefer
from briefing.cli.bulk_run import BulkRun, Given
from briefing.cli.clashes import given, journal_files, refuse_clashes, refuse_names_in
from briefing.cli.console import INTERRUPTED, ProgressLine, format_usage, say
from briefing.cli.dry_run import NEW, Planned, check_format, existing_journal, report
from briefing.cli.inputs import (
    ENDINGS,
    PassedOver,
    Place,
    count,
    feed_items,
    fetched_ahead,
    is_folder,
    may_be_one_of,
    places,
)
from briefing.cli.options import SummarizeOptions
from briefing.cli.outputs import (
    SUFFIXES,
    check_output,
    check_standard_output,
    is_single_file,
    is_table,
    output_for,
    partial_name,
    print_briefing,
    refuse_unknown_suffix,
    rendered,
)
from briefing.cli.render import partial_to_json, unfinished_page
from briefing.cli.signals import OneCall
from briefing.errors import BriefingError, ConfigurationError, InputError, JournalError, ProviderError
from briefing.gc_pause import collector_paused
from briefing.journal import Journal
from briefing.schemas import Briefing
from briefing.sources import FeedEntry, Source

#: Articles looked up in the journal per query.
_PAGE = 64


def run(sources: list[str], options: SummarizeOptions) -> int:
    """Summarize the sources and the entries of feeds, and return the exit code."""
    if not sources and not options.feed:
        raise ConfigurationError("there is nothing to summarize; give a SOURCE, or --feed URL|FILE")
    if options.feed_pages and not options.feed:
        raise ConfigurationError("--feed-pages needs --feed URL|FILE")
    if options.retry_failed and options.journal is None:
        raise ConfigurationError(
            "--retry-failed needs --journal RUN.db, where the failed articles are recorded"
        )
    if options.output is not None and (str(options.output) == "-" or descriptor(options.output) == 1):
        options = replace(options, output=None)
    if options.dry_run:
        check_format(options.format)
    if options.output is None and options.journal is None:
        check_standard_output()
    is_run = len(sources) > 1 or bool(options.feed) or is_folder(sources[0])
    if is_run or is_table(options.output) or options.retry_failed:
        return _many(sources, options)
    return _one(sources[0], options)


def _refuse_clashes(sources: list[str], options: SummarizeOptions, *, folder: bool) -> None:
    """Raise an `InputError` if two files of the command are one; `folder` says whether `--output` is one."""
    output = options.output
    written = [*journal_files(options.journal), *given(failed_list=options.failed_list)]
    feeds = [("the feed", Path(name)) for name in options.feed or () if "://" not in name]
    read = feeds + given(
        prompt=Path(options.prompt), model=Path((options.model or "").removeprefix("local:"))
    )
    if output is not None and folder:
        files = [("the article", Path(name)) for name in sources if not is_folder(name)]
        refuse_names_in(output, SUFFIXES[options.format or "json"], [*written, *read, *files])
        if not output.is_dir():
            written.append(("--output", output))
    elif output is not None and not is_stream(output):
        unfinished = {_partial_file(output), *([partial_name(output)] if is_single_file(output) else [])}
        written += [("--output", output), *(("a file of --output", path) for path in sorted(unfinished))]
    articles = may_be_one_of([path for _, path in written], sources, journal=options.journal, output=output)
    named = (("the article", Path(name)) for name in articles if "://" not in name)
    refuse_clashes(written, chain(read, named), printed=output is None)


def _many(sources: list[str], options: SummarizeOptions) -> int:
    lost = 0

    def on_result(place: Place, source: Given, briefing: Briefing) -> None:
        nonlocal lost
        try:
            output.write(place, source, briefing)
        except InputError:
            lost += 1
            raise

    def on_error(place: Place, source: Given | None, error: BriefingError) -> None:
        output.write_error(
            place, lambda: None if source is None else _fingerprint(briefer, source, options), error
        )

    folder = options.output
    single = folder is None or is_single_file(folder) or is_stream(folder)
    check_output(folder, options.format)
    _refuse_clashes(sources, options, folder=not single)
    entries = list(
        feed_items(options.feed or (), pages=options.feed_pages, allow_private=options.allow_private)
    )
    if options.dry_run:
        return _dry_run(sources, entries, options)
    passed_over = PassedOver()
    with (
        BulkRun[Place](
            lambda stopped: count(sources, output=folder, stopped=stopped) + len(entries),
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
        output = output_for(folder, options.format, bulk.progress.paused)
        complete = False
        try:
            found = map(
                output.checked, places(sources, output=folder, passed_over=passed_over, entries=entries)
            )
            throttling = options.throttling(ordered=output.ordered)
            in_workers = throttling["processes"] != 1 and not (output.shows_source or options.retry_failed)
            read = bulk.read(fetched_ahead(found, partial(_given if in_workers else _read, options)))
            if options.retry_failed:
                read = _recorded(read, bulk, briefer, options)
            bulk.run(briefer, read, throttling, **options.request)
            complete = bulk.stopped is None
        finally:
            # What the journal could not record is only in the output.
            recorded = bulk.journal is not None and not bulk.unrecorded
            try:
                where = output.close(complete=complete, recorded=recorded)
            except InputError as error:
                bulk.stopped, where, lost = str(error), None, lost + bulk.tally.made
    tally = bulk.tally
    found_any = bool(tally.ended or tally.never_tried) or bulk.stopped is not None
    _say_what_was_found([*sources, *(options.feed or ())], passed_over, any_article=found_any)
    bulk.report()
    facts = (
        f"{tally.made:,} made",
        f"{lost:,} lost, as they could not be written" if lost and not recorded else None,
        f"{tally.reused:,} reused" if tally.reused else None,
        f"{tally.failed:,} failed" if tally.failed else None,
        f"{tally.never_tried:,} never tried, skipped" if tally.never_tried else None,
    )
    say(f"briefing: {bulk.summary(*facts, where)}")
    return bulk.exit_code()


def _say_what_was_found(sources: list[str], passed_over: PassedOver, *, any_article: bool) -> None:
    """Say which files were not read; raise an `InputError` if no article was found."""
    if passed_over:
        say(f"briefing: {passed_over}")
    if not any_article:
        raise InputError(
            f"no articles found in {', '.join(sources)}; their names must end in {', '.join(ENDINGS)}"
        )


def _dry_run(sources: list[str], entries: list[FeedEntry], options: SummarizeOptions) -> int:
    """Print what the articles would take, and return the exit code."""
    passed_over, articles = PassedOver(), 0

    def planned(briefer: Briefer, recorded: Journal | None) -> Iterator[Planned]:
        nonlocal articles

        def state(source: Source) -> str:
            fingerprint = _fingerprint(briefer, source, options) if options.retry_failed else None
            tried = recorded is not None and fingerprint in recorded.get_many(
                [fingerprint or ""], results=False
            )
            return NEW if fingerprint is None or tried else "never tried"

        found = places(sources, output=options.output, passed_over=passed_over, entries=entries)
        for place, source in fetched_ahead(found, partial(_read, options)):
            articles += 1
            yield Planned(
                place.shown, source, lambda source: briefer.estimate(source, **options.request), state
            )

    with (
        existing_journal(options.journal) as journal,
        options.briefer(lambda _note: None, journal, plan=options.plan) as briefer,
    ):
        briefer.fingerprint(Source(text="a", lang=options.language or "und"), **options.request)
        code = report(planned(briefer, journal), briefer, options.format)
    _say_what_was_found([*sources, *(options.feed or ())], passed_over, any_article=bool(articles))
    return code


def _read(options: SummarizeOptions, place: Place) -> Source:
    return place.source(allow_private=options.allow_private, encoding=options.encoding)


def _given(options: SummarizeOptions, place: Place) -> Given:
    """Return what a run with workers is given: what they can read, or else what was read."""
    return place.unread(encoding=options.encoding) or _read(options, place)


def _recorded(
    read: Iterator[tuple[Place, Given]],
    bulk: BulkRun[Place],
    briefer: Briefer,
    options: SummarizeOptions,
) -> Iterator[tuple[Place, Given]]:
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


def _fingerprint(briefer: Briefer, source: Given, options: SummarizeOptions) -> str | None:
    """The fingerprint; `None` for an article that cannot be read, or not be briefed with these options."""
    expected = InputError if isinstance(source, Source) else Exception  # as of `BulkRun.read`
    try:
        return briefer.fingerprint(source, **options.request)
    except expected:
        return None


def _one(name: str, options: SummarizeOptions) -> int:
    [place] = places([name])
    output = options.output
    in_folder = output is not None and output.is_dir()
    if output is not None and in_folder:
        output = output / f"{place.target}.briefing{SUFFIXES[_kind(options)]}"
    elif output is not None and not is_stream(output):
        refuse_unknown_suffix(output, (*SUFFIXES.values(), ".jsonl", ".parquet"), given=options.format)
    options = replace(options, output=output)
    _refuse_clashes([name], options, folder=False)
    if options.dry_run:
        return _dry_run([name], [], options)
    # A link in a folder is not followed: somebody else may have put it there.
    file = None if output is None else AtomicFile(output, follow=not in_folder)

    def tell(text: str) -> None:
        line.end()
        say(text)

    with (
        collector_paused(),  # the process ends behind it
        ExitStack() as stack,
        ProgressLine() as line,
        OneCall(options.grace, tell) as interrupts,
        options.briefer(line.note, options.journal, plan=options.plan) as briefer,
    ):
        if file is not None:
            stack.callback(file.discard)
        line.begin(name if place.is_url else Path(name).name)
        try:
            with interrupts.calls():
                source = place.source(allow_private=options.allow_private, encoding=options.encoding)
                briefing = _made(briefer, source, line, options)
        except JournalError as error:
            if isinstance(error.result, Briefing):
                # The briefing could not be recorded, but is paid for: output it.
                line.end()
                _write(error.result, source, file, options, recorded=False)
            raise
        except ProviderError as error:
            if error.partial:
                line.end()
                _write_partial(error, options)
            raise
        line.end()
        _write(briefing, source, file, options, recorded=options.journal is not None)
    return INTERRUPTED if interrupts.arrived else 0


def _made(briefer: Briefer, source: Source, line: ProgressLine, options: SummarizeOptions) -> Briefing:
    """Return the briefing; if it will be a page in the terminal, show its parts there as they come."""
    if (
        options.output is not None
        or _kind(options) != "text"
        or not (line.is_terminal and sys.stdout.isatty())
    ):
        briefing: Briefing = briefer.summarize(source, **options.request)
        return briefing
    parts: dict[str, Any] = {}
    with briefer.stream(source, **options.request) as stream:
        for part in stream:
            parts[part.path] = part.value
            line.preview = unfinished_page(parts, source)
        made: Briefing = stream.result
        return made


def _write(
    briefing: Briefing, source: Source, file: AtomicFile | None, options: SummarizeOptions, *, recorded: bool
) -> None:
    """Write a briefing to the output; say what becomes of it if that fails."""
    kind = _kind(options)
    try:
        if file is None:
            print_briefing(briefing, source, kind)
        else:
            file.write(rendered(briefing, source, kind).encode())
            file.commit()
    except InputError as error:
        if recorded:
            advice = f"the briefing is in {options.journal}: run the same command again with another output"
        elif file is not None and _printed(briefing, source):
            advice = "the briefing is on standard output"
        else:
            advice = "the briefing is lost"
        failure = InputError(f"{error}; {advice}")
        failure.usage, failure.cost_usd = briefing.meta.usage, briefing.meta.cost_usd
        raise failure from error
    if file is not None:
        say(f"{options.output} written{format_usage(briefing.meta)}")
    elif kind != "text" and sys.stderr.isatty() and (usage := format_usage(briefing.meta)):
        # The text page shows it too.
        say(f"{briefing.meta.model}{usage}")


def _write_partial(error: ProviderError, options: SummarizeOptions) -> None:
    """Write what was answered before an error, as JSON, beside the output or to standard output."""
    output = options.output
    try:
        if output is None or is_stream(output):
            check_standard_output()
            print(partial_to_json(error))
            where = "on standard output"
        else:
            path = _partial_file(output)
            write_atomic(path, partial_to_json(error) + "\n", follow=False)
            where = f"in {path}"
    except InputError as unwritable:
        say(f"briefing: what was answered before the error is lost: {unwritable}")
    else:
        say(f"briefing: what was answered before the error is {where}; it is no briefing")


def _partial_file(output: Path) -> Path:
    return partial_name(output.with_suffix(SUFFIXES["json"]))


def _printed(briefing: Briefing, source: Source) -> bool:
    """Print a briefing that could not be written; return whether that was possible."""
    try:
        check_standard_output()
        print_briefing(briefing, source, "json")
    except (InputError, BrokenPipeError):
        return False
    return True


def _kind(options: SummarizeOptions) -> str:
    if options.format:
        return options.format
    if options.output is None:
        return "text" if sys.stdout.isatty() else "json"
    return {suffix: kind for kind, suffix in SUFFIXES.items()}.get(options.output.suffix.lower(), "json")
