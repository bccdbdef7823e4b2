"""Commands and their options; the modules beside this one carry them out."""

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
    positive,
)

#: Exit code after a broken pipe: 128 + SIGPIPE, as shells report it.
BROKEN_PIPE = 141


class _Commands(TyperGroup):
    """The command group; it ends silently, as by SIGPIPE, when the reader of standard output is gone."""

    @override
    def make_context(self, *args: Any, **options: Any) -> Any:
        with _exit_on_broken_pipe():  # --help prints here
            return super().make_context(*args, **options)

    @override
    def invoke(self, ctx: Any) -> Any:
        with _exit_on_broken_pipe():
            return super().invoke(ctx)


@contextmanager
def _exit_on_broken_pipe() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise typer.Exit(BROKEN_PIPE) from error


app = typer.Typer(
    cls=_Commands,
    help="Summarize articles with an LLM. Every quote, mention and cited sentence is a slice of the article.",
    epilog="\b\nExamples:\n  briefing summarize article.txt\n"
    "  briefing summarize articles/ --journal run.db --output out/",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
models = typer.Typer(
    help="List and download models that run on this machine.", no_args_is_help=True, rich_markup_mode=None
)
prompts = typer.Typer(help="List and print prompts.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(models, name="models")
app.add_typer(prompts, name="prompts")
journal = typer.Typer(
    help="List, export and compact a journal: the results that --journal records.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(journal, name="journal", short_help="List, export and compact a journal.")
app.add_typer(batch, name="batch")


class Format(StrEnum):
    """Formats of a briefing."""

    text = "text"
    json = "json"
    md = "md"


class Export(StrEnum):
    """Formats of exported results."""

    jsonl = "jsonl"
    parquet = "parquet"


Model = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Use this model: PROVIDER/NAME (such as openai/gpt-5-mini), local, local/NAME or local:FILE.gguf. "
        "Default: $BRIEFING_MODEL; else OpenAI's if $OPENAI_API_KEY is set; else local.",
    ),
]
Timeout = Annotated[
    float,
    typer.Option(
        metavar="SECONDS", help="Wait at most SECONDS for each answer of the model.", callback=positive
    ),
]
Deadline = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Spend at most SECONDS on each article, including retries. Default: no limit.",
        callback=positive,
    ),
]
JournalFile = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN.db",
        help="Record results in this file, and reuse results that it already has. Created if missing.",
    ),
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        "--max-concurrency",
        metavar="N",
        help="Process at most N articles at a time; below N, the number adapts to the server. "
        "Default: 512; 1 for a local model.",
        callback=positive,
    ),
]
Requests = Annotated[
    float | None,
    typer.Option(
        "--rpm",
        "--requests-per-minute",
        metavar="N",
        help="Send at most N requests per minute. Default: adapts to the server.",
        callback=positive,
    ),
]
Tokens = Annotated[
    float | None,
    typer.Option(
        "--tpm",
        "--tokens-per-minute",
        metavar="N",
        help="Use at most N tokens per minute, input and output together. Default: adapts to the server.",
        callback=positive,
    ),
]
FailedList = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write the failed articles and their errors to FILE, as JSON lines."),
]


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and the name of the distribution, and exit.")
    ] = False,
) -> None:
    if version:
        typer.echo(f"briefing {__version__} ({DISTRIBUTION})")
        raise typer.Exit


@app.command(short_help="Summarize articles.")
def summarize(
    sources: Sources,
    model: Model = None,
    format: Annotated[
        Format | None,
        typer.Option(
            "--format",
            "-f",
            help="Write this format. Default: by the suffix of --output (.txt, .md); "
            "else text on a terminal, json elsewhere.",
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
            help="Write to PATH: a file for one source; for several sources, a folder (created if missing) "
            "or one file that ends in .jsonl or .parquet. Default: standard output.",
        ),
    ] = None,
    allow_private: AllowPrivate = False,
    base_url: BaseUrl = None,
    timeout: Timeout = 60.0,
    deadline: Deadline = None,
    max_cost: MaxCost = None,
    max_tokens_total: MaxTokens = None,
    plan: Plans = Plan.auto,
    journal: JournalFile = None,
    concurrency: Concurrency = None,
    rpm: Requests = None,
    tpm: Tokens = None,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed",
            help="Retry the articles that failed according to --journal, and skip those that were never tried.",
        ),
    ] = False,
    failed_list: FailedList = None,
) -> None:
    """Summarize articles: headline, summary with evidence, quotes with speakers, entities.

    \b
    Exit codes:
      0    all briefings were made
      2    wrong usage, or an article cannot be read
      3    the model's server failed
      4    some briefings were made, others failed
      130  interrupted
      141  the reader of standard output is gone
    """
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
        max_concurrency=concurrency,
        requests_per_minute=rpm,
        tokens_per_minute=tpm,
        max_cost_usd=max_cost,
        max_tokens_total=max_tokens_total,
    )
    raise typer.Exit(run(sources, options))


@app.command(short_help="Update the briefings of a folder.")
def regenerate(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder of articles: NAME.txt, NAME.md or NAME.html.")
    ],
    model: Model = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="List new and stale articles only, without a model; exit with code 1 if there are any.",
        ),
    ] = False,
    record: Annotated[
        bool,
        typer.Option(
            "--record", help="Record the exchanges with the model in cassettes/FOLDER/ beside the folder."
        ),
    ] = False,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay", help="Make all briefings again from the recorded exchanges, without a model."
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Make all briefings again, including fresh ones.")
    ] = False,
    base_url: BaseUrl = None,
    timeout: Timeout = 60.0,
    deadline: Deadline = None,
    max_cost: MaxCost = None,
    max_tokens_total: MaxTokens = None,
    journal: JournalFile = None,
    concurrency: Concurrency = None,
    rpm: Requests = None,
    tpm: Tokens = None,
    failed_list: FailedList = None,
) -> None:
    """Update the briefings of a folder: make each NAME.briefing.json that is missing or stale.

    A briefing is stale if its article, the prompt, the schema or the model has changed.

    \b
    Exit codes:
      0    all briefings are fresh
      1    with --check: some are new or stale
      2, 3, 4, 130, 141  as of `briefing summarize`
    """
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
        max_concurrency=concurrency,
        requests_per_minute=rpm,
        tokens_per_minute=tpm,
        max_cost_usd=max_cost,
        max_tokens_total=max_tokens_total,
    )
    raise typer.Exit(run(folder, options))


@models.command("list")
def models_list() -> None:
    """List the models that run on this machine, and whether their weights are downloaded."""
    from briefing.cli.listing import show_models

    show_models()


@models.command("pull")
def models_pull(
    name: Annotated[
        str, typer.Argument(metavar="MODEL", help="local, or a name from `briefing models list`.")
    ] = "local",
) -> None:
    """Download the weights of a local model, and print the path of the file."""
    from briefing.cli.listing import pull_model

    pull_model(name)


@prompts.command("list")
def prompts_list() -> None:
    """List the prompts that are included in briefing."""
    from briefing.cli.listing import show_prompts

    show_prompts()


@prompts.command("show")
def prompts_show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name from `briefing prompts list`, or path of a YAML file.")
    ],
) -> None:
    """Print a prompt: its templates and the variables that they can use."""
    from briefing.cli.listing import show_prompt

    show_prompt(name)


@journal.command("ls")
def journal_ls(
    path: RunDb,
    failed: Annotated[
        bool, typer.Option("--failed", help="List failed entries only, with their errors.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON lines, without the results and the totals.")
    ] = False,
) -> None:
    """List the entries of a journal, one per line, and their totals."""
    from briefing.cli.journal import ls

    ls(path, failed=failed, as_json=as_json)


@journal.command("export", short_help="Write the results of a journal as JSON lines or Parquet.")
def journal_export(
    path: RunDb,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to FILE. Default: standard output."),
    ] = None,
    format: Annotated[
        Export | None,
        typer.Option(
            "--format", "-f", help="Write this format. Default: parquet if FILE ends in .parquet, else jsonl."
        ),
    ] = None,
) -> None:
    """Write the results of a journal: JSON lines, one result per line; or Parquet, with the results as a JSON column."""
    from briefing.cli.journal import export

    export(path, output, format.value if format else None)


@journal.command("vacuum")
def journal_vacuum(path: RunDb) -> None:
    """Delete the failed entries of a journal, and return unused space to the file system."""
    from briefing.cli.journal import vacuum

    vacuum(path)


def main() -> None:
    """Run the command; print an error as one line on standard error, and exit with its code."""
    from briefing.cli.console import USAGE, describe, exit_code, format_usage, say
    from briefing.errors import BriefingError

    if problem := damage():
        say(f"briefing: {problem}")
        sys.exit(USAGE)
    try:
        app()
    except BriefingError as error:
        say(f"briefing: {describe(error)}{format_usage(error)}")
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
        # Otherwise Python flushes again at exit and prints an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKEN_PIPE)
