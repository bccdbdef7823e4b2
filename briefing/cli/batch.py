"""`briefing batch`: submit, status, collect, cancel."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from briefing.cli.arguments import (
    AllowPrivate,
    BaseUrl,
    Encoding,
    Focus,
    Language,
    Lengths,
    MaxCost,
    MaxTokens,
    ModelOption,
    OnUnsupportedChoice,
    Plans,
    Prompt,
    Sources,
    Styles,
    model_options,
)

if TYPE_CHECKING:
    from briefing.batch import Progress, Rejected
    from briefing.cli.inputs import PassedOver
    from briefing.llm import ModelOptions
    from briefing.sources import Source

batch = typer.Typer(
    help="Summarize articles with the provider's batch API: half the price, answers within 24 hours.",
    short_help="Summarize articles at half the price, within 24 hours.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

#: Exit code: some articles are still open; collect again later.
UNFINISHED = 5

Journal = Annotated[
    Path, typer.Option(metavar="RUN.db", help="File with the state of the run; `submit` creates it.")
]
MaxRequests = Annotated[
    int, typer.Option(metavar="N", help="Put at most N requests into one batch.", min=1, max=50_000)
]


@batch.command(short_help="Submit articles.")
def submit(
    sources: Sources,
    journal: Journal,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Use this model: openai/NAME. Default: $BRIEFING_MODEL."),
    ] = None,
    prompt: Prompt = "briefing",
    language: Language = None,
    style: Styles = "auto",
    focus: Focus = None,
    length: Lengths = "standard",
    on_unsupported: OnUnsupportedChoice = "replace",
    plan: Plans = "auto",
    model_option: ModelOption = None,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Submit failed articles again; their usable answers are kept."),
    ] = False,
    allow_private: AllowPrivate = False,
    encoding: Encoding = None,
    max_cost: MaxCost = None,
    max_tokens_total: MaxTokens = None,
    max_requests: MaxRequests = 50_000,
    base_url: BaseUrl = None,
) -> None:
    """Submit articles to the provider's batch API; answers take up to 24 hours.

    Run the same command again after an interruption: no request is paid for twice.

    \b
    Exit codes:
      0  all articles were submitted
      2  wrong usage or input
      3  the provider failed
      4  some articles could not be read, or exceed the budget
    """
    from briefing import batch as batches
    from briefing.cli.clashes import journal_files, refuse_clashes
    from briefing.cli.console import PARTIAL, describe, say
    from briefing.cli.inputs import PassedOver, may_be_one_of
    from briefing.errors import BudgetError

    written = journal_files(journal)
    articles = may_be_one_of([path for _, path in written], sources, journal=journal)
    files = (("the article", Path(name)) for name in articles if "://" not in name)
    refuse_clashes(written, chain([("--prompt", Path(prompt))], files))
    passed_over = PassedOver()
    progress = batches.submit(
        _read(sources, allow_private, encoding, passed_over),
        journal=journal,
        model=model,
        prompt=prompt,
        language=language,
        style=style,
        focus=focus,
        length=length,
        on_unsupported=on_unsupported,
        plan=plan,
        options=cast("ModelOptions", model_options(model_option)),
        max_cost_usd=max_cost,
        max_tokens_total=max_tokens_total,
        retry_failed=retry_failed,
        limits=batches.Limits(requests=max_requests),
        base_url=base_url,
    )
    if passed_over:
        say(f"briefing: {passed_over}")
    for rejected in progress.rejected:
        say(f"briefing: {rejected.name}: {describe(rejected.error)}")
    over = [o.error for o in batches.results(journal) if isinstance(o.error, BudgetError)]
    if over:
        say(f"briefing: {len(over):,} not sent: {describe(over[0])}")
    _show(progress)
    raise typer.Exit(PARTIAL if progress.rejected or over else 0)


@batch.command()
def status(journal: Journal, base_url: BaseUrl = None) -> None:
    """Show the progress of the batches.

    Exit codes: as of `collect`.
    """
    from briefing import batch as batches

    progress = batches.status(_existing(journal), base_url=base_url)
    _show(progress)
    raise typer.Exit(_code(progress))


@batch.command(short_help="Collect finished answers, and submit follow-up requests.")
def collect(
    journal: Journal,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Write NAME.briefing.json files to this folder, created if missing. Default: print all briefings as "
            "JSON lines when no article is open any more.",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Repeat until every article is done or failed.")
    ] = False,
    poll: Annotated[
        float, typer.Option(metavar="SECONDS", help="With --wait, query the provider every SECONDS.", min=0.0)
    ] = 60.0,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Print the tracebacks of unexpected errors.")
    ] = False,
    max_requests: MaxRequests = 50_000,
    base_url: BaseUrl = None,
) -> None:
    """Collect finished answers, and submit follow-up requests: repairs of items that the article does not support.

    \b
    Exit codes:
      0  all articles are done
      2  wrong usage or input
      3  the provider failed
      4  some articles failed, and none is open
      5  some articles are open: collect again later
    """
    from briefing import batch as batches
    from briefing.cli.clashes import journal_files, refuse_names_in
    from briefing.cli.console import describe, say
    from briefing.errors import InputError, printable

    if output is not None and output.exists() and not output.is_dir():
        raise InputError(f"{output} is not a folder; give a folder to --output")
    refuse_names_in(output, ".json", journal_files(journal))
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
            say(f"briefing: {outcome.name}: {describe(outcome.error)}")
            for note in getattr(outcome.error, "__notes__", ()) if traceback else ():
                print(printable(note), file=sys.stderr)
    if not wait:
        _show(progress)
    raise typer.Exit(_code(progress))


@batch.command(short_help="Cancel the batches at the provider.")
def cancel(journal: Journal, base_url: BaseUrl = None) -> None:
    """Cancel the batches at the provider. Finished answers are billed; `collect` still reads them."""
    from briefing import batch as batches
    from briefing.cli.console import say

    say(f"{batches.cancel(_existing(journal), base_url=base_url)} batches cancelled")


def _existing(journal: Path) -> Path:
    from briefing.errors import InputError

    if not journal.is_file():
        raise InputError(
            f"journal {journal} does not exist; give the --journal that `briefing batch submit` was run with"
        )
    return journal


def _read(
    names: list[str], allow_private: bool, encoding: str | None, passed_over: PassedOver
) -> Iterator[Path | Source | Rejected]:
    from briefing.batch import Rejected
    from briefing.cli.inputs import places
    from briefing.errors import BriefingError

    for place in places(names, passed_over=passed_over):
        if place.problem is None and encoding is None and place.name not in ("", "-") and not place.is_url:
            yield Path(place.name)
            continue
        try:
            yield place.source(allow_private=allow_private, encoding=encoding)
        except BriefingError as error:
            yield Rejected(place.name, error)


def _code(progress: Progress) -> int:
    from briefing.cli.console import PARTIAL

    return (PARTIAL if progress.failed else 0) if progress.finished else UNFINISHED


def _show(progress: Progress) -> None:
    from briefing.cli.console import say

    for problem in progress.problems:
        say(f"briefing: will be retried: {problem}")
    cost = "" if progress.cost_usd is None else f", ${progress.cost_usd:.4f} so far"
    batches = ", ".join(f"{number} {status}" for status, number in progress.batches.items()) or "none"
    say(
        f"{progress.articles} articles: {progress.done} done, {progress.failed} failed, {progress.open} open; "
        f"batches: {batches}; {progress.waiting} requests not sent yet; {progress.calls} answered, "
        f"{progress.usage.input_tokens} tokens in, {progress.usage.output_tokens} out{cost}"
    )


def _print(journal: Path) -> None:
    from briefing.batch import results
    from briefing.cli.render import to_json

    for outcome in results(journal):
        if outcome.result is not None:
            print(to_json(outcome.result, lines=True))
    sys.stdout.flush()


def _write(journal: Path, output: Path) -> None:
    """Write one file for each article; names that would collide get a part of the fingerprint."""
    from briefing.atomic_write import write_atomic
    from briefing.batch import results, submitted_names
    from briefing.cli.inputs import stem
    from briefing.cli.outputs import create_folder
    from briefing.cli.render import to_json
    from briefing.on_disk import OnDiskDict

    create_folder(output)
    stems = OnDiskDict[int]()
    for key in (stem(name).casefold() for name in submitted_names(journal)):
        stems[key] = (stems.get(key) or 0) + 1
    for outcome in results(journal):
        name = stem(outcome.name)
        if (stems.get(name.casefold()) or 0) > 1:
            name = f"{name}-{outcome.fingerprint[:8]}"
        if outcome.result is not None:
            write_atomic(output / f"{name}.briefing.json", to_json(outcome.result) + "\n", follow=False)
