"""`briefing batch`: submit, status, collect, cancel."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.options import (
    AllowPrivate,
    BaseUrl,
    Language,
    MaxCost,
    MaxTokens,
    Plan,
    Plans,
    Prompt,
    Sources,
)

if TYPE_CHECKING:
    from briefing.batch import Outcome, Progress, Rejected
    from briefing.schemas import Briefing
    from briefing.sources import Source

batch = typer.Typer(
    help="Briefings by the provider's batch API: half the price, within a day.",
    short_help="Half the price, within a day: a provider's batch API.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

#: Exit code: nothing failed, and there is more to collect.
UNFINISHED = 5

Journal = Annotated[
    Path, typer.Option(metavar="RUN.db", help="File that holds the state of the run; made by submit.")
]
Most = Annotated[int, typer.Option(metavar="N", help="Requests in one file, at most.", min=1, max=50_000)]


@batch.command(short_help="Submit articles.")
def submit(
    sources: Sources,
    journal: Journal,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="openai/NAME. Default: $BRIEFING_MODEL.")
    ] = None,
    prompt: Prompt = "briefing",
    language: Language = None,
    plan: Plans = Plan.auto,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again what failed; good answers are kept.")
    ] = False,
    allow_private: AllowPrivate = False,
    max_cost: MaxCost = None,
    max_tokens_total: MaxTokens = None,
    max_requests: Most = 50_000,
    base_url: BaseUrl = None,
) -> None:
    """Submit articles; the answers take up to a day. Run again after any interruption: nothing is paid twice.

    Exit codes: 0 all submitted, 2 usage or input, 3 the provider failed, 4 some could not be read, or not be paid for.
    """
    from briefing import batch as batches
    from briefing.cli.console import PARTIAL, say
    from briefing.errors import BudgetError

    progress = batches.submit(
        _read(sources, allow_private),
        journal=journal,
        model=model,
        prompt=prompt,
        language=language,
        plan=plan.value,
        max_cost_usd=max_cost,
        max_tokens_total=max_tokens_total,
        retry_failed=retry_failed,
        limits=batches.Limits(requests=max_requests),
        base_url=base_url,
    )
    for rejected in progress.rejected:
        say(f"briefing: {rejected.name}: {rejected.error}")
    over = [str(o.error) for o in batches.results(journal) if isinstance(o.error, BudgetError)]
    if over:
        say(f"briefing: {len(over):,} not sent: {over[0]}")
    _show(progress)
    raise typer.Exit(PARTIAL if progress.rejected or over else 0)


@batch.command()
def status(journal: Journal, base_url: BaseUrl = None) -> None:
    """Say how far the batches are.

    Exit codes: as for `collect`.
    """
    from briefing import batch as batches

    progress = batches.status(_existing(journal), base_url=base_url)
    _show(progress)
    raise typer.Exit(_code(progress))


@batch.command(short_help="Take in what is finished, and send repairs.")
def collect(
    journal: Journal,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Folder for NAME.briefing.json, made if need be. Without it: all briefings as lines of JSON on standard output, when "
            "nothing is open any more.",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Go on until all articles are done or failed.")
    ] = False,
    poll: Annotated[
        float, typer.Option(metavar="SECONDS", help="Time between two looks, with --wait.", min=0.0)
    ] = 60.0,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show where in the code unexpected errors arose.")
    ] = False,
    max_requests: Most = 50_000,
    base_url: BaseUrl = None,
) -> None:
    """Take in what is finished, and send what is to be asked next: repairs of what could not be backed.

    Exit codes: 0 all done, 2 usage or input, 3 the provider failed, 4 some failed and nothing is open, 5 not
    finished: collect again later.
    """
    from briefing import batch as batches
    from briefing.cli.console import say
    from briefing.errors import InputError

    if output is not None and output.exists() and not output.is_dir():
        raise InputError(f"{output} is not a folder")
    progress = batches.collect(
        _existing(journal),
        wait=wait,
        poll=poll,
        limits=batches.Limits(requests=max_requests),
        on_progress=_show if wait else None,
        base_url=base_url,
    )
    if output is not None:
        _write(journal, output)
    elif progress.finished:
        _print(journal)
    for outcome in batches.results(journal) if progress.failed else ():
        if outcome.error is not None:
            say(f"briefing: {outcome.name}: {outcome.error}")
            for note in getattr(outcome.error, "__notes__", ()) if traceback else ():
                print(note, file=sys.stderr)
    if not wait:
        _show(progress)
    raise typer.Exit(_code(progress))


@batch.command(short_help="Stop the batches at the provider.")
def cancel(journal: Journal, base_url: BaseUrl = None) -> None:
    """Stop the batches at the provider; what they have answered is paid, and taken in by `collect`."""
    from briefing import batch as batches
    from briefing.cli.console import say

    say(f"{batches.cancel(_existing(journal), base_url=base_url)} batches stopped")


def _existing(journal: Path) -> Path:
    from briefing.errors import InputError

    if not journal.is_file():
        raise InputError(f"there is no journal {journal}; give the one that was submitted with")
    return journal


def _read(names: list[str], allow_private: bool) -> Iterator[Path | Source | Rejected]:
    from briefing.batch import Rejected
    from briefing.cli.inputs import places
    from briefing.errors import BriefingError

    for place in places(names):
        if place.problem is None and place.name not in ("", "-") and not place.is_url:
            yield Path(place.name)
            continue
        try:
            yield place.source(allow_private=allow_private)
        except BriefingError as error:
            yield Rejected(place.name, error)


def _code(progress: Progress) -> int:
    from briefing.cli.console import PARTIAL

    if not progress.finished:
        return UNFINISHED
    return PARTIAL if progress.failed else 0


def _show(progress: Progress) -> None:
    from briefing.cli.console import say

    for problem in progress.problems:
        say(f"briefing: to be tried again: {problem}")
    cost = "" if progress.cost_usd is None else f", ${progress.cost_usd:.4f} for what is done"
    batches = ", ".join(f"{number} {status}" for status, number in progress.batches.items()) or "none open"
    say(
        f"{progress.articles} articles: {progress.done} done, {progress.failed} failed, {progress.open} open; "
        f"batches: {batches}; {progress.waiting} requests wait; {progress.calls} answered, "
        f"{progress.usage.input_tokens} tokens in, {progress.usage.output_tokens} out{cost}"
    )


def _done(journal: Path) -> Iterator[tuple[Outcome[Briefing], Briefing]]:
    from briefing.batch import results

    return ((outcome, outcome.result) for outcome in results(journal) if outcome.result is not None)


def _print(journal: Path) -> None:
    from briefing.cli.render import to_json

    for _, briefing in _done(journal):
        sys.stdout.write(to_json(briefing, lines=True) + "\n")
    sys.stdout.flush()


def _write(journal: Path, output: Path) -> None:
    """One file for each name; where names end alike, with a piece of the fingerprint."""
    from briefing.atomic_write import write_atomic
    from briefing.batch import names
    from briefing.cli.inputs import stem
    from briefing.cli.render import to_json
    from briefing.errors import InputError

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {output}: {error.strerror}") from error
    stems = Counter(stem(name).casefold() for name in names(journal))
    for outcome, briefing in _done(journal):
        name = stem(outcome.name)
        if stems[name.casefold()] > 1:
            name = f"{name}-{outcome.fingerprint[:8]}"
        write_atomic(output / f"{name}.briefing.json", to_json(briefing) + "\n")
