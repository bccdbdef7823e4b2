"""`briefing summarize`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from briefing.atomic_write import write_atomic
from briefing.briefer import Briefer
from briefing.cli.bulk_run import Limits, Many
from briefing.cli.console import ProgressLine, say, spent
from briefing.cli.inputs import ENDINGS, Place, count, fetched_ahead, is_folder, places
from briefing.cli.outputs import SUFFIXES, Output, is_single_file, output_for, rendered
from briefing.cli.render import to_json, to_markdown, to_page
from briefing.errors import BriefingError, ConfigurationError, InputError, JournalError
from briefing.schemas import Briefing
from briefing.sources import Source

#: Articles that are looked up in the journal at a time.
_PAGE = 64


@dataclass(frozen=True)
class Options:
    """Options of the command, as given."""

    model: str | None
    base_url: str | None
    timeout: float
    deadline: float | None
    plan: Literal["auto", "joint", "staged"]
    prompt: str
    language: str | None
    format: str | None
    output: Path | None
    allow_private: bool
    journal: Path | None
    failed_list: Path | None = None
    retry_failed: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def asked(self) -> dict[str, Any]:
        return {"prompt": self.prompt, "language": self.language}

    def briefer(self, note: Callable[[str], None], journal: Any) -> Briefer:
        return Briefer(
            self.model,
            base_url=self.base_url,
            timeout=self.timeout,
            deadline=self.deadline,
            max_cost_usd=self.limits.max_cost_usd,
            max_tokens_total=self.limits.max_tokens_total,
            plan=self.plan,
            journal=journal,
            on_progress=note,
        )


def run(sources: list[str], options: Options) -> int:
    """Brief each source; the exit code."""
    if options.retry_failed and options.journal is None:
        raise ConfigurationError("--retry-failed needs --journal, which knows what failed")
    if (
        len(sources) == 1
        and not is_folder(sources[0])
        and not is_single_file(options.output)
        and not options.retry_failed
    ):
        return _one(sources[0], options)
    return _many(sources, options)


def _many(sources: list[str], options: Options) -> int:
    output: Output | None = None

    def made(place: Place, source: Source, briefing: Briefing) -> None:
        assert output is not None
        output.made(place, source, briefing)

    def failed(place: Place, source: Source | None, error: BriefingError) -> None:
        assert output is not None
        output.failed(
            place, lambda: None if source is None else briefer.fingerprint(source, **options.asked), error
        )

    folder = options.output
    never_tried: list[int] = [0]
    with (
        Many[Place](
            lambda stopped: count(sources, output=folder, stopped=stopped),
            journal=options.journal,
            failed_list=options.failed_list,
            made=made,
            failed=failed,
        ) as many,
        options.briefer(many.progress.note, many.journal) as briefer,
    ):
        briefer.fingerprint(Source(text="a"), **options.asked)  # what cannot be asked is told at once
        output = output_for(
            options.output, options.format, many.progress.paused, kept=options.journal is not None
        )
        complete = False
        try:
            found = places(sources, output=folder)
            read = many.read(fetched_ahead(found, allow_private=options.allow_private))
            if options.retry_failed:
                read = _not_new(read, many, briefer, options, never_tried)
            many.run(briefer, read, options.limits.pace(ordered=output.ordered), **options.asked)
            complete = many.stopped is None
        finally:
            try:
                where = output.close(complete=complete)
            except InputError as error:
                many.stopped, where = str(error), None
    if not many.tally.ended and not never_tried[0] and many.stopped is None:
        raise InputError(f"{', '.join(sources)} holds no articles; they end in {', '.join(ENDINGS)}")
    many.tell()
    tally = many.tally
    say(
        "briefing: "
        + many.sums(
            f"{tally.made:,} made",
            f"{tally.known:,} known already" if tally.known else None,
            f"{tally.failed:,} failed" if tally.failed else None,
            f"{never_tried[0]:,} never tried and left out" if never_tried[0] else None,
            where,
        )
    )
    return many.exit_code()


def _not_new(
    read: Iterator[tuple[Place, Source]],
    many: Many[Place],
    briefer: Briefer,
    options: Options,
    never_tried: list[int],
) -> Iterator[tuple[Place, Source]]:
    """The articles that the journal knows, made or failed; the others are counted."""
    assert many.journal is not None
    while page := list(islice(read, _PAGE)):
        fingerprints = [briefer.fingerprint(source, **options.asked) for _, source in page]
        known = many.journal.get_many(fingerprints, results=False)
        for article, fingerprint in zip(page, fingerprints, strict=True):
            if fingerprint in known:
                yield article
            else:
                never_tried[0] += 1


def _one(name: str, options: Options) -> int:
    output = options.output
    if output is not None and not output.parent.is_dir():
        # Said now, not after the model has worked for minutes.
        raise InputError(f"cannot write {output}: there is no folder {output.parent}")
    [place] = places([name])
    with ProgressLine() as line, options.briefer(line.note, options.journal) as briefer:
        line.begin(name if place.is_url else Path(name).name)
        source = place.source(allow_private=options.allow_private)
        try:
            briefing = briefer.summarize(source, **options.asked)
        except JournalError as error:
            if isinstance(error.result, Briefing):
                # It could not be recorded, but it is paid for.
                line.end()
                _write(error.result, source, place, options)
            raise
        line.end()
        _write(briefing, source, place, options)
    return 0


def _write(briefing: Briefing, source: Source, place: Place, options: Options) -> None:
    kind, output = _kind(options), options.output
    if output is None:
        if kind == "text":
            to_page(briefing, source)
        else:
            sys.stdout.write((to_json(briefing) if kind == "json" else to_markdown(briefing, source)) + "\n")
        sys.stdout.flush()
        if sys.stderr.isatty() and (bill := spent(briefing.meta)):
            # For people; a program finds it in the JSON.
            say(f"{briefing.meta.model}{bill}")
        return
    if output.is_dir():
        output = output / f"{place.target}.briefing{SUFFIXES[kind]}"
    write_atomic(output, rendered(briefing, source, kind))
    say(f"{output}: written{spent(briefing.meta)}")


def _kind(options: Options) -> str:
    if options.format:
        return options.format
    if options.output is None:
        return "text" if sys.stdout.isatty() else "json"
    return {suffix: kind for kind, suffix in SUFFIXES.items()}.get(options.output.suffix.lower(), "json")
