"""`briefing journal`: ls, export, vacuum."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO

from briefing.atomic_write import atomic_file
from briefing.cli.console import say
from briefing.cli.parquet import Rows
from briefing.errors import InputError
from briefing.journal import COLUMNS, Entry, Journal, Totals


def ls(path: Path, *, failed: bool, as_json: bool) -> None:
    """Print the entries of a journal, one per line, and their totals."""
    with Journal(path, mode="ro") as journal:
        for entry in journal.entries("failed" if failed else None, results=False):
            if as_json:
                row = entry.to_row()
                del row["result"]
                print(json.dumps(row, ensure_ascii=False))
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


def export(path: Path, output: Path | None, format: str | None) -> None:
    """Write the results of a journal."""
    kind = format or ("parquet" if output is not None and output.suffix == ".parquet" else "jsonl")
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


def vacuum(path: Path) -> None:
    """Delete failed entries, free unused space, and print the sizes before and after."""
    with Journal(path, mode="rw") as journal:
        done = journal.vacuum()
    print(f"{done.dropped:,} failed entries deleted; {done.before:,} bytes before, {done.after:,} after")


def _cost(totals: Totals) -> str:
    if not totals.unpriced:
        return f"${totals.cost_usd:.4f}"
    if not totals.cost_usd:
        return "cost unknown"
    return f"at least ${totals.cost_usd:.4f}; cost of {totals.unpriced:,} unknown"


def _line(entry: Entry) -> str:
    name = entry.source_path or entry.source_url or entry.source_title or f"sha256 {entry.source_sha256[:12]}"
    tokens = entry.usage.input_tokens + entry.usage.output_tokens
    why = f"  {entry.error_type}: {entry.error_message}" if entry.status == "failed" else ""
    line = f"{entry.status:<6}  {entry.created[:19]}Z  {entry.fingerprint[:12]}  {tokens:>7}  {entry.model}  {name}{why}"
    return " ".join(line.splitlines())


def _jsonl(journal: Journal, file: IO[bytes]) -> int:
    count = 0
    for entry in journal.entries("done"):
        file.write(f"{entry.result}\n".encode())
        count += 1
    return count


def _parquet(journal: Journal, file: IO[bytes]) -> int:
    # Without the columns that only failed entries fill.
    table = Rows(file, [name for name in COLUMNS if not name.startswith("error_") and name != "status"])
    count = 0
    for entry in journal.entries("done"):
        table.add(entry.to_row())
        count += 1
    table.close()
    return count
