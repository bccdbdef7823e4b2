"""Commands and their options. What they do is in the modules beside this one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typing_extensions import override

from briefing._version import DISTRIBUTION, __version__, damage
from briefing.cli.batch import batch
from briefing.cli.options import (
    AllowPrivate,
    BaseUrl,
    Language,
    MaxCost,
    MaxTokens,
    Plan,
    Plans,
    Prompt,
    RunDb,
    Sources,
)

#: Exit code where the reader of standard output has gone, as a shell tells SIGPIPE.
UNREAD = 141


class _Commands(TyperGroup):
    """All commands, as one whose standard output nobody reads any more: it ends as by SIGPIPE, quietly."""

    @override
    def make_context(self, *args: Any, **options: Any) -> Any:
        with _read():  # help
            return super().make_context(*args, **options)

    @override
    def invoke(self, ctx: Any) -> Any:
        with _read():
            return super().invoke(ctx)


@contextmanager
def _read() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise typer.Exit(UNREAD) from error


app = typer.Typer(
    cls=_Commands,
    help="Briefings of articles in which every quote, mention and cited sentence is a slice of the article.",
    epilog="Begin with: briefing summarize article.txt. Many: briefing summarize articles/ --journal run.db --output out/",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
models = typer.Typer(help="Models that run on this machine.", no_args_is_help=True, rich_markup_mode=None)
prompts = typer.Typer(help="Prompts that come with briefing.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(models, name="models")
app.add_typer(prompts, name="prompts")
journal = typer.Typer(help="The record of finished work.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(journal, name="journal")
app.add_typer(batch, name="batch")


class Format(StrEnum):
    """How a briefing is written."""

    text = "text"
    json = "json"
    md = "md"


class Export(StrEnum):
    """How a journal's results are written."""

    jsonl = "jsonl"
    parquet = "parquet"


Model = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="provider/name, local, local/NAME or local:FILE.gguf. Default: $BRIEFING_MODEL, else OpenAI's where "
        "OPENAI_API_KEY is set, else local.",
    ),
]
Timeout = Annotated[float, typer.Option(metavar="SECONDS", help="Longest wait for an answer.", min=0.001)]
Deadline = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Time for one article, retries included.", min=0.001)
]
Recorded = Annotated[
    Path | None,
    typer.Option(metavar="RUN.db", help="Record what is made here, and take from here what was made before."),
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        "--max-concurrency",
        metavar="N",
        help="Most articles under way; within it, what the server takes is found out. Default: 512, 1 if local.",
        min=1,
    ),
]
Requests = Annotated[
    float | None,
    typer.Option("--rpm", "--requests-per-minute", metavar="N", help="Most requests a minute.", min=0.001),
]
Tokens = Annotated[
    float | None,
    typer.Option("--tpm", "--tokens-per-minute", metavar="N", help="Most tokens a minute.", min=0.001),
]
FailedList = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write what failed, and why, to this file, as JSON lines."),
]


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"briefing {__version__} ({DISTRIBUTION})")
        raise typer.Exit


@app.command()
def summarize(
    sources: Sources,
    model: Model = None,
    format: Annotated[
        Format | None,
        typer.Option(
            "--format",
            "-f",
            help="Default: as --output ends (.txt, .md); else text in a terminal, else json.",
        ),
    ] = None,
    prompt: Prompt = "briefing",
    language: Language = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="File to write. Of several sources or a folder: a folder, made if need be, "
            "or one file for all, .jsonl or .parquet.",
        ),
    ] = None,
    allow_private: AllowPrivate = False,
    base_url: BaseUrl = None,
    timeout: Timeout = 60.0,
    deadline: Deadline = None,
    max_cost: MaxCost = None,
    max_tokens_total: MaxTokens = None,
    plan: Plans = Plan.auto,
    journal: Recorded = None,
    concurrency: Concurrency = None,
    rpm: Requests = None,
    tpm: Tokens = None,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed",
            help="Ask only for what the journal has as failed; leave out what was never tried.",
        ),
    ] = False,
    failed_list: FailedList = None,
) -> None:
    """Make briefings of articles. Folders are walked: .txt, .md, .html.

    Exit codes: 0 all made, 2 usage or input, 3 the model's server failed, 4 some made and some not, 130 interrupted,
    141 nobody reads the output.
    """
    from briefing.cli.bulk_run import Limits
    from briefing.cli.summarize import Options, run

    options = Options(
        model=model,
        base_url=base_url,
        timeout=timeout,
        deadline=deadline,
        plan=plan.value,
        prompt=prompt,
        language=language,
        format=format.value if format else None,
        output=output,
        allow_private=allow_private,
        journal=journal,
        failed_list=failed_list,
        retry_failed=retry_failed,
        limits=Limits(concurrency, rpm, tpm, max_cost, max_tokens_total),
    )
    raise typer.Exit(run(sources, options))


@app.command(short_help="Bring the briefings of a folder up to date.")
def regenerate(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder of articles: NAME.txt, .md or .html.")
    ],
    model: Model = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what is new or stale; exit code 1 if anything is.")
    ] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Also record the exchange with the model.")
    ] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Make all again from what was recorded; asks no model.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Make all again, fresh ones too.")] = False,
    base_url: BaseUrl = None,
    timeout: Timeout = 60.0,
    deadline: Deadline = None,
    max_cost: MaxCost = None,
    max_tokens_total: MaxTokens = None,
    journal: Recorded = None,
    concurrency: Concurrency = None,
    rpm: Requests = None,
    tpm: Tokens = None,
    failed_list: FailedList = None,
) -> None:
    """Make what is new or stale among a folder's briefings, NAME.briefing.json, and only that.

    Exit codes: as of summarize; with --check, 1 where anything is new or stale.
    """
    from briefing.cli.bulk_run import Limits
    from briefing.cli.regenerate import Options, run

    options = Options(
        model=model,
        base_url=base_url,
        timeout=timeout,
        deadline=deadline,
        journal=journal,
        failed_list=failed_list,
        check=check,
        record=record,
        replay=replay,
        force=force,
        limits=Limits(concurrency, rpm, tpm, max_cost, max_tokens_total),
    )
    raise typer.Exit(run(folder, options))


@models.command("list")
def models_list() -> None:
    """Models that run on this machine, and whether their weights are here."""
    from briefing.cli.listing import show_models

    show_models()


@models.command("pull")
def models_pull(
    name: Annotated[
        str, typer.Argument(metavar="MODEL", help="local, or as `models list` shows it.")
    ] = "local",
) -> None:
    """Fetch the weights of a model."""
    from briefing.cli.listing import pull_model

    pull_model(name)


@prompts.command("list")
def prompts_list() -> None:
    """Prompts that come with briefing."""
    from briefing.cli.listing import show_prompts

    show_prompts()


@prompts.command("show")
def prompts_show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a prompt, or path of a YAML file.")],
) -> None:
    """Print a prompt."""
    from briefing.cli.listing import show_prompt

    show_prompt(name)


@journal.command("ls")
def journal_ls(
    path: RunDb,
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed, and why.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, without the results.")] = False,
) -> None:
    """List what a journal holds; the last line is the sums."""
    from briefing.cli.journal import ls

    ls(path, failed=failed, as_json=as_json)


@journal.command("export", short_help="Write the results, as JSON lines or Parquet.")
def journal_export(
    path: RunDb,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="File to write; default: standard output."),
    ] = None,
    format: Annotated[
        Export | None,
        typer.Option("--format", "-f", help="Default: parquet where --output ends so, else jsonl."),
    ] = None,
) -> None:
    """Write the results: JSON lines, one result each; or Parquet, results as a column of JSON."""
    from briefing.cli.journal import export

    export(path, output, format.value if format else None)


@journal.command("vacuum")
def journal_vacuum(path: RunDb) -> None:
    """Drop what failed, and give unused space back."""
    from briefing.cli.journal import vacuum

    vacuum(path)


def main() -> None:
    """Entry point: run the command, and end with one clear line where it cannot go on."""
    from briefing.cli.console import USAGE, exit_code, say, spent
    from briefing.errors import BriefingError

    if problem := damage():
        say(f"briefing: {problem}")
        sys.exit(USAGE)
    try:
        app()
    except BriefingError as error:
        say(f"briefing: {error}{spent(error)}")
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        say("briefing: interrupted")
        sys.exit(130)
    finally:
        _flush()


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would try again at exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(UNREAD)
