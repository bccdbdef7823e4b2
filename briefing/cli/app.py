"""The command `briefing`; each group of commands below it has a module of its own."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typing_extensions import override

from briefing._version import DISTRIBUTION, __version__, damage
from briefing.cli.arguments import Drafts, SourcesOrFeed
from briefing.cli.batch import batch
from briefing.cli.call_options import McpOptions
from briefing.cli.journal import journal
from briefing.cli.listing import models, prompts
from briefing.cli.options import (
    CheckOptions,
    DoctorOptions,
    DraftCommand,
    ExportOptions,
    ImportOptions,
    RegenerateOptions,
    ReportOptions,
    SummarizeOptions,
    VerifyOptions,
    with_options,
)
from briefing.errors import printable
from briefing.gc_pause import collector_paused

#: Exit code after a broken pipe: 128 + SIGPIPE, as shells report it.
BROKEN_PIPE = 141
#: Name of the codecs' error handler of standard output.
_ESCAPED = "briefing.escaped"


class _Commands(TyperGroup):
    """The command group; it ends silently, as by SIGPIPE, when the reader of standard output is gone."""

    @override
    def make_context(self, *args: Any, **options: Any) -> Any:
        with _exits():  # --help prints here
            return super().make_context(*args, **options)

    @override
    def invoke(self, ctx: Any) -> Any:
        with _exits():
            return super().invoke(ctx)


@contextmanager
def _exits() -> Iterator[None]:
    """Turn a broken pipe into its exit code, and make the message of a usage error printable: it quotes arguments."""
    try:
        yield
    except BrokenPipeError as error:
        raise typer.Exit(BROKEN_PIPE) from error
    except Exception as error:
        # typer does not export the root of its usage errors.
        if hasattr(error, "format_message") and hasattr(error, "message"):
            error.message = printable(str(error.message))
        raise


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
app.add_typer(models, name="models")
app.add_typer(prompts, name="prompts")
app.add_typer(journal, name="journal", short_help="List, export, compact, check and repair a journal.")
app.add_typer(batch, name="batch")


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
@with_options
def summarize(options: SummarizeOptions, sources: SourcesOrFeed = None) -> None:
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
    with collector_paused(freeze=True):
        from briefing.cli.summarize import run

    raise typer.Exit(run(sources or [], options))


@app.command(short_help="Check a text against articles, without a model.", cls=DraftCommand)
@with_options
def check(options: CheckOptions, drafts: Drafts = None) -> None:
    """Check a text against the articles that it is about: quotations, speakers, numbers, dates, names. No model is called.

    \b
    Exit codes:
      0    all of it holds
      1    something does not
      2    wrong usage, or a text cannot be read
      141  the reader of standard output is gone
    """
    with collector_paused(freeze=True):
        from briefing.cli.check import run

    raise typer.Exit(run(drafts, options))


@app.command(short_help="Check saved briefings against their articles, without a model.")
@with_options
def verify(
    result: Annotated[
        str,
        typer.Argument(
            metavar="RESULT",
            help="A saved briefing (JSON), or several (JSON lines, as of `summarize`); or - for standard input.",
        ),
    ],
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="The article: a file, a URL, or - for standard input; or the articles, also in folders, of several briefings.",
        ),
    ],
    options: VerifyOptions,
) -> None:
    """Check that every span of saved briefings is a slice of its article, and that they claim nothing else. No model is called.

    \b
    Exit codes:
      0    all of it holds
      1    there are violations
      2    wrong usage, or a file cannot be read
      141  the reader of standard output is gone
    """
    with collector_paused(freeze=True):
        from briefing.cli.verify import run

    raise typer.Exit(run(result, sources, options))


@app.command(short_help="Show saved briefings beside their articles, as a web page or Markdown.")
@with_options
def report(
    results: Annotated[
        list[str],
        typer.Argument(
            metavar="RESULT",
            help="Saved briefings: JSON, or JSON lines as of `summarize`; or - for standard input.",
        ),
    ],
    options: ReportOptions,
) -> None:
    """Write one HTML page that shows saved briefings beside their articles. It needs no network; no model is called.

    \b
    Exit codes:
      0    the page was written
      2    wrong usage, or a file cannot be read or written
    """
    with collector_paused(freeze=True):
        from briefing.cli.report import run

    raise typer.Exit(run(results, options))


@app.command(short_help="Write saved briefings in the format of another tool.")
@with_options
def export(
    results: Annotated[
        list[str],
        typer.Argument(
            metavar="RESULT",
            help="Saved briefings: JSON, or JSON lines as of `summarize`; or - for standard input.",
        ),
    ],
    options: ExportOptions,
) -> None:
    """Write saved briefings in the format of another tool: an annotation tool, a spreadsheet, a newsroom's system. No model is called.

    All formats but csv and parquet need the articles (--source).

    \b
    Exit codes:
      0    the file was written
      2    wrong usage, or a file cannot be read or written
      141  the reader of standard output is gone
    """
    with collector_paused(freeze=True):
        from briefing.cli.export import run

    raise typer.Exit(run(results, options))


@app.command("import", short_help="Read what people labelled in an annotation tool.")
@with_options
def import_labels(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="The tool's export: of Label Studio the one called JSON, of Prodigy that of db-out; or - for standard input.",
        ),
    ],
    options: ImportOptions,
) -> None:
    """Write what people labelled in an annotation tool as JSON lines: each article's hash, quotations, names and their places.

    \b
    Exit codes:
      0    the lines were written
      2    wrong usage, or the file cannot be read
      141  the reader of standard output is gone
    """
    with collector_paused(freeze=True):
        from briefing.cli.export import run_import

    raise typer.Exit(run_import(file, options))


@app.command(short_help="Print the JSON Schema of results.")
def schema(
    name: Annotated[
        str,
        typer.Argument(
            metavar="[result|findings|checked|MODULE:CLASS]",
            help="A briefing; what was found in a text; what `briefing.check` returns; or a class of yours.",
        ),
    ] = "result",
) -> None:
    """Print the JSON Schema of saved results, with its version.

    \b
    Exit codes:
      0    the schema was printed
      2    there is no such class, or it is no pydantic model
    """
    from briefing.cli.schema import run

    run(name)


@app.command(short_help="Update the briefings of a folder.")
@with_options
def regenerate(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder of articles: NAME.txt, NAME.md or NAME.html.")
    ],
    options: RegenerateOptions,
) -> None:
    """Update the briefings of a folder: make each NAME.briefing.json that is missing or stale.

    A briefing is stale if its article, the prompt, the schema or the model has changed.

    \b
    Exit codes:
      0    all briefings are fresh
      1    with --check: some are new or stale
      2, 3, 4, 130, 141  as of `briefing summarize`
    """
    with collector_paused(freeze=True):
        from briefing.cli.regenerate import run

    raise typer.Exit(run(folder, options))


@app.command(short_help="Check that a model works, with three small calls.")
@with_options
def doctor(options: DoctorOptions) -> None:
    """Check the installation, and a model with three small calls: a plain answer, a structured answer, a small briefing.

    It says how many calls it makes before the first, and for each failure what to do. The key is never shown.

    \b
    Exit codes:
      0    all of it works
      1    something does not
      2    wrong usage
    """
    with collector_paused(freeze=True):
        from briefing.cli.doctor import run

    raise typer.Exit(run(options))


@app.command(short_help="Serve agents over the Model Context Protocol.")
@with_options
def mcp(options: McpOptions) -> None:
    """Serve an agent over the Model Context Protocol (MCP), on standard input and output: tools to summarize and read articles,
    locate quotations and check drafts. The agent's program starts it.

    \b
    Exit codes:
      0    the client has closed standard input
      2    wrong usage
    """
    with collector_paused(freeze=True):
        from briefing.cli.mcp import run

    raise typer.Exit(run(options))


def main() -> None:
    """Run the command; print an error as one line on standard error, and exit with its code."""
    _open_closed_streams()
    sys.exit(_flushed(_run()))


def _run() -> int:
    """Run the command, and return its exit code."""
    from briefing.cli.console import USAGE, describe, exit_code, format_usage, say
    from briefing.errors import BriefingError

    if problem := damage():
        say(f"briefing: {problem}")
        return USAGE
    try:
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    except BriefingError as error:
        say(f"briefing: {describe(error)}{format_usage(error)}")
        return exit_code(error)
    except OSError as error:
        return _unwritable(error)
    except KeyboardInterrupt:
        say("briefing: interrupted")
        return 130
    return 0


def _open_closed_streams() -> None:
    """Read nothing from a standard input that the caller has closed, and write nowhere instead of to a closed output.

    What the encoding of standard output lacks, such as cp1252, is escaped.
    """
    sys.stdin = sys.stdin or Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    codecs.register_error(_ESCAPED, _escaped)
    if isinstance(sys.stdout, io.TextIOWrapper):
        with suppress(OSError):  # another file has taken the place of the one that was opened
            sys.stdout.reconfigure(errors=_ESCAPED)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Escape what the encoding of standard output lacks, as JSON does: by UTF-16 units."""
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2)), error.end


def _flushed(code: int) -> int:
    """Write what is left for standard output; return `code`, or that of the failure to write."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return _unwritable(error)
    return code


def _unwritable(error: OSError) -> int:
    """Say that standard output, or a file, cannot be written; return the exit code."""
    from briefing.cli.console import USAGE, say

    with suppress(OSError, ValueError):
        # Otherwise Python writes what is left at exit, and prints an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    where = "standard output" if error.filename is None else repr(error.filename)
    say(f"briefing: cannot write {where}: {error.strerror or error}")
    return USAGE
