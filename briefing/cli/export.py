"""`briefing export` and `briefing import`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from briefing.atomic_write import open_to_read, write_atomic
from briefing.cli.check import named_articles, read_articles
from briefing.cli.clashes import refuse_beside, refuse_clashes
from briefing.cli.console import say
from briefing.cli.inputs import PassedOver
from briefing.cli.options import ExportOptions, ImportOptions
from briefing.cli.saved import ArticlesByHash, article_of, read_saved, result_of
from briefing.cli.schema import load_model
from briefing.errors import BriefingError, ConfigurationError, InputError, escape_json
from briefing.exports import Format, Writer, document, format_named, open_writer, read_annotations
from briefing.schemas import Briefing


def run(results: list[str], options: ExportOptions) -> int:
    """Write saved briefings in a format, and return the exit code."""
    names = options.source or []
    known = format_named(options.to)
    schema = load_model(options.schema) if options.schema else Briefing
    output = None if options.output == Path("-") else options.output
    if output is None and (known.is_folder or not known.is_text):
        what = "a folder" if known.is_folder else "a file"
        raise ConfigurationError(f"the format {options.to} needs {what}: give --output PATH")
    if [*results, *names].count("-") > 1:
        raise ConfigurationError("standard input (-) can be read only once")
    _refuse_clashes(results, names, output, is_folder=known.is_folder)
    passed_over = PassedOver()
    read_sources = read_articles(names, options, passed_over) if names else ()
    articles = ArticlesByHash(source for _, source in read_sources)
    if passed_over:
        say(f"briefing: {passed_over}")
    written = failed = 0
    with _printed(known) if output is None else open_writer(output, options.to) as writer:
        for name in results:
            for saved in read_saved(name, schema):
                if saved.value is None:
                    failed += 1
                    continue
                result = result_of(saved, schema)
                try:
                    source = article_of(result, articles)
                    named = saved.article or ("" if source else saved.name)
                    writer.add(document(result, source, named))
                except BriefingError as error:
                    raise InputError(f"{saved.name}: {error}") from error
                written += 1
    if failed:
        say(f"briefing: {failed:,} that failed left out")
    if output is not None:
        say(f"{output} written: {written:,} article{'s' * (written != 1)}")
    return 0


def _refuse_clashes(results: list[str], articles: list[str], output: Path | None, *, is_folder: bool) -> None:
    """Raise an `InputError` if the output would take the place of a file that is read."""
    read = [("the briefing", Path(name)) for name in results]
    written = [("--output", output)] if output else []
    refuse_clashes(written, chain(read, named_articles(articles)), printed=output is None)
    if output is not None and is_folder:
        refuse_beside(output, chain(read, named_articles(articles)))


@contextmanager
def _printed(known: Format) -> Iterator[Writer]:
    """Yield a writer to standard output. It raises the `OSError`s of the stream, such as that its reader is gone."""
    writer = known.opened(sys.stdout.buffer)
    yield writer
    writer.close()
    sys.stdout.flush()


def run_import(name: str, options: ImportOptions) -> int:
    """Write what people labelled as JSON lines, and return the exit code."""
    if options.output is not None:
        refuse_clashes([("--output", options.output)], [("the export", Path(name))])
    lines = list(_lines(name, options))
    text = "".join(f"{line}\n" for line, _ in lines)
    for warning in sorted({warning for _, warnings in lines for warning in warnings}):
        say(f"briefing: {warning}")
    if options.output is None:
        sys.stdout.write(text)
        return 0
    write_atomic(options.output, text)
    say(f"{options.output} written: {len(lines):,} labelled article{'s' * (len(lines) != 1)}")
    return 0


def _lines(name: str, options: ImportOptions) -> Iterator[tuple[str, tuple[str, ...]]]:
    try:
        data = sys.stdin.buffer.read() if name == "-" else _read_file(Path(name))
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror}") from error
    for article in read_annotations(data, options.tool, name):
        yield escape_json(article.model_dump_json()), article.warnings


def _read_file(path: Path) -> bytes:
    with open_to_read(path) as file:
        return file.read()
