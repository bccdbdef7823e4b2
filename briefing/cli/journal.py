"""`briefing journal`: ls, export, vacuum, check."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from briefing.journal import Entry, Examined, Journal, Totals

journal = typer.Typer(
    help="List, export, compact, check and repair a journal: the results that --journal records.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
RunDb = Annotated[Path, typer.Argument(metavar="RUN.db", help="Journal file.")]


@journal.command()
def ls(
    path: RunDb,
    failed: Annotated[
        bool, typer.Option("--failed", help="List failed entries only, with their errors.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON lines, without the results and the totals.")
    ] = False,
) -> None:
    """List the entries of a journal, one per line, and their totals."""
    from briefing.errors import escape_json
    from briefing.journal import Journal

    with Journal(path, mode="ro") as journal:
        for entry in journal.entries("failed" if failed else None, results=False):
            if as_json:
                row = entry.to_row()
                del row["result"]
                print(escape_json(json.dumps(row, ensure_ascii=False)))
            else:
                print(_line(entry))
        if as_json:
            return
        totals = journal.totals()
    usage = totals.usage
    print(
        f"{totals.done:,} done, {totals.failed:,} failed; {totals.attempts:,} calls, {usage.input_tokens:,} tokens in, "
        f"{usage.output_tokens:,} out, {_cost(totals)}"
    )


@journal.command(short_help="Write the results of a journal as JSON lines or Parquet.")
def export(
    path: RunDb,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to FILE. Default: standard output."),
    ] = None,
    format: Annotated[
        Literal["jsonl", "parquet"] | None,
        typer.Option(
            "--format", "-f", help="Write this format. Default: parquet if FILE ends in .parquet, else jsonl."
        ),
    ] = None,
) -> None:
    """Write the results of a journal: JSON lines, one result per line; or Parquet, with the results as a JSON column."""
    from briefing.atomic_write import atomic_file, is_stream
    from briefing.cli.clashes import journal_files, refuse_clashes
    from briefing.cli.console import say
    from briefing.cli.outputs import refuse_unknown_suffix
    from briefing.errors import InputError
    from briefing.journal import Journal

    if output is not None and not is_stream(output):
        refuse_clashes([*journal_files(path), ("--output", output)], ())
        if format is None:
            refuse_unknown_suffix(output, (".jsonl", ".parquet"))
    kind = format or ("parquet" if output is not None and output.suffix.lower() == ".parquet" else "jsonl")
    with Journal(path, mode="ro") as journal:
        if output is None:
            if kind == "parquet":
                raise InputError("Parquet is a binary format; give a file with --output")
            _jsonl(journal, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
        with atomic_file(output) as file:
            count = (_parquet if kind == "parquet" else _jsonl)(journal, file.file)
    say(f"{output}: {count:,} result{'' if count == 1 else 's'} written")


@journal.command()
def vacuum(path: RunDb) -> None:
    """Delete the failed entries of a journal, and return unused space to the file system."""
    from briefing.journal import Journal

    with Journal(path, mode="rw") as journal:
        done = journal.vacuum()
    print(f"{done.dropped:,} failed entries deleted; {done.before:,} bytes before, {done.after:,} after")


@journal.command()
def check(
    path: RunDb,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Put a new file of all readable entries in its place, and keep the damaged one beside it.",
        ),
    ] = False,
) -> None:
    """Say what is wrong with a journal: damage of the file, entries that cannot be read back, leases left over.

    \b
    Exit codes:
      0  nothing is wrong, or all of it was repaired
      1  something is wrong
      2  wrong usage, or the file is not a journal or is in use
    """
    from briefing.errors import one_line
    from briefing.journal import check_journal

    examined = check_journal(path, repair=repair, problem=_problem)
    for damage in examined.damages:
        print(one_line(f"{damage.kind}: {damage.message}"))
    print(one_line(_verdict(examined)))
    raise typer.Exit(int(bool(examined.damages) and examined.saved is None))


def _verdict(examined: Examined) -> str:
    problems = len(examined.damages)
    found = f"{problems:,} problem{'' if problems == 1 else 's'}" if problems else "no problems"
    saved = f"; repaired, and the damaged file is now {examined.saved}" if examined.saved else ""
    return f"{examined.entries:,} entries can be read; {found}{saved}"


def _problem(entry: Entry) -> str | None:
    """Return why an entry is no `Briefing`, if it should be one."""
    from pydantic import ValidationError

    from briefing.schemas import Briefing

    if entry.status != "done" or entry.schema != f"{Briefing.__module__}.{Briefing.__qualname__}":
        return None
    try:
        entry.load(Briefing)
    except ValidationError as error:
        return f"the result is no briefing: {error.errors(include_input=False)[0]['msg']}"
    return None


def _cost(totals: Totals) -> str:
    if not totals.unpriced:
        return f"${totals.cost_usd:.4f}"
    if not totals.cost_usd:
        return "cost unknown"
    return f"at least ${totals.cost_usd:.4f}; cost of {totals.unpriced:,} unknown"


def _line(entry: Entry) -> str:
    from briefing.errors import printable

    name = entry.source_path or entry.source_url or entry.source_title or f"sha256 {entry.source_sha256[:12]}"
    tokens = entry.usage.input_tokens + entry.usage.output_tokens
    why = f"  {entry.error_type}: {entry.error_message}" if entry.status == "failed" else ""
    line = f"{entry.status:<6}  {entry.created[:19]}Z  {entry.fingerprint[:12]}  {tokens:>7}  {entry.model}  {name}{why}"
    return printable(" ".join(line.splitlines()))


def _jsonl(journal: Journal, file: IO[bytes]) -> int:
    from briefing.errors import escape_json

    count = 0
    for entry in journal.entries("done"):
        file.write(f"{escape_json(str(entry.result))}\n".encode())
        count += 1
    return count


def _parquet(journal: Journal, file: IO[bytes]) -> int:
    from briefing.exports import Rows
    from briefing.journal import COLUMNS

    # Without the columns that only failed entries fill.
    table = Rows(file, [name for name in COLUMNS if not name.startswith("error_") and name != "status"])
    count = 0
    for entry in journal.entries("done"):
        table.add(entry.to_row())
        count += 1
    table.close()
    return count
