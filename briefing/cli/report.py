"""`briefing report`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from pydantic import BaseModel

from briefing.atomic_write import atomic_file
from briefing.cli.check import named_articles, read_articles
from briefing.cli.clashes import refuse_clashes
from briefing.cli.console import say
from briefing.cli.inputs import PassedOver
from briefing.cli.options import ReportOptions
from briefing.cli.saved import ArticlesByHash, Saved, article_of, read_saved, result_of
from briefing.cli.schema import load_model
from briefing.errors import BriefingError, ConfigurationError, InputError
from briefing.reports import ReportWriter
from briefing.schemas import Briefing
from briefing.sources import Source

#: Ends of names of reports.
_SUFFIXES = (".html", ".htm", ".md")
_NEEDED = "report needs --output FILE.html, or FILE.md"
#: Most names in a message.
_EXAMPLES = 3


def run(results: list[str], options: ReportOptions) -> int:
    """Write the report, and return the exit code."""
    names = options.source or []
    schema = load_model(options.schema) if options.schema else Briefing
    if options.output is None:
        raise ConfigurationError(_NEEDED)
    if [*results, *names].count("-") > 1:
        raise ConfigurationError("standard input (-) can be read only once")
    read = [("the briefing", Path(name)) for name in results]
    refuse_clashes([("--output", options.output)], chain(read, named_articles(names)))
    if options.output.suffix.lower() not in _SUFFIXES:
        raise ConfigurationError(_NEEDED)
    passed_over = PassedOver()
    read_sources = read_articles(names, options, passed_over) if names else ()
    articles = ArticlesByHash(source for _, source in read_sources)
    if passed_over:
        say(f"briefing: {passed_over}")
    bare: list[str] = []
    written = 0
    with atomic_file(options.output) as file:
        writer = ReportWriter(file, options.output, options.title)
        for saved in _all(results, schema):
            _add(writer, saved, schema, articles, bare)
            written += 1
        writer.close()
    if names and bare:
        more = len(bare) - _EXAMPLES
        shown = f"{', '.join(bare[:_EXAMPLES])}{f' and {more:,} more' if more > 0 else ''}"
        say(f"briefing: no --source has the article of {shown}: shown without it")
    say(f"{options.output} written: {written:,} article{'s' * (written != 1)}")
    return 0


def _all(results: Sequence[str], schema: type[BaseModel]) -> Iterator[Saved]:
    for name in results:
        yield from read_saved(name, schema)


def _add(
    writer: ReportWriter,
    saved: Saved,
    schema: type[BaseModel],
    articles: ArticlesByHash,
    bare: list[str],
) -> None:
    """Write a result beside its article, of articles by their hash; add its name to `bare` if it has none."""
    if saved.value is None:
        writer.add_failure(*saved.error, saved.article or saved.name)
        return
    result = result_of(saved, schema)
    source = article_of(result, articles)
    if source is None:
        bare.append(saved.name)
    held = isinstance(getattr(result, "source", None), Source)
    data = result.model_dump(mode="json", by_alias=False, exclude={"source"} if held else None)
    try:
        writer.add(data, source, saved.article)
    except BriefingError as error:
        raise InputError(f"{saved.name}: {error}") from error
