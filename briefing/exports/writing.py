"""`export`: results as a file of another tool."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from briefing.atomic_write import atomic_file
from briefing.errors import BriefingError, InputError
from briefing.exports.annotations import Document, document
from briefing.exports.folders import Folder
from briefing.exports.formats import Writer, format_named
from briefing.sources import Source, source_with_hash, sources_by_hash


def export(
    results: BaseModel | Iterable[BaseModel | BriefingError],
    path: str | os.PathLike[str],
    *,
    to: str,
    sources: Sequence[str | Path | Source] = (),
) -> Path:
    """Write results in the format of another tool: an annotation tool, a spreadsheet, a newsroom's system.

    Args:
        results: briefings or instances of a user's schema; or a single one. Errors among them, as `summarize_many` yields them, are
            passed over. They are written as they come.
        path: of the file, or, for "brat" and "label-studio", of a folder, which is created if it is missing.
        to: name of the format: "brat", "conll", "csv", "label-studio", "ninjs", "parquet", "prodigy", "schema-org", "spacy",
            "web-annotation" or "web-annotation-utf16".
        sources: the articles, in any order: a `str` is the text itself, a `pathlib.Path` a file. Not needed for "csv" and "parquet", nor
            for results that hold theirs (`keep_source`).

    Returns:
        The path.

    Raises:
        ConfigurationError: there is no such format, or its package is not installed (`MissingExtraError`).
        InputError: a result is none, its article is not there or is another one, or the file cannot be written.
    """
    if isinstance(results, BaseModel):
        results = [results]
    if not isinstance(results, Iterable):
        raise InputError(f"results must be briefings, not {type(results).__name__}")
    articles = sources_by_hash(sources)
    path = Path(path)
    with open_writer(path, to) as writer:
        for number, result in enumerate(results):
            if not isinstance(result, BriefingError):
                writer.add(_document(result, articles, f"results[{number}]"))
    return path


@contextmanager
def open_writer(path: Path, to: str) -> Iterator[Writer]:
    """Yield a writer of a format to a path, which is complete at the end of the block.

    Raises:
        ConfigurationError: there is no such format, or its package is not installed.
        InputError: the path cannot be written.
    """
    known = format_named(to)
    if known.is_folder:
        writer = known.opened(Folder(path))
        yield writer
        writer.close()
        return
    with atomic_file(path) as file:
        writer = known.opened(file.file)
        try:
            yield writer
        except BaseException:
            if not known.is_text:
                writer.close()  # pyarrow would write to the closed file
            raise
        writer.close()


def _document(result: object, articles: Mapping[str, Source], place: str) -> Document:
    if not isinstance(result, BaseModel) or isinstance(result, Source):
        raise InputError(f"{place} must be a briefing or an error, not {type(result).__name__}")
    held = getattr(result, "source", None)
    try:
        made = document(result, held if isinstance(held, Source) else None)
        if made.article is None:
            article = source_with_hash(made.meta.source_sha256, articles)
            made = document(result, article, made.title or made.url)
        return made
    except InputError as error:
        raise InputError(f"{place}: {error}") from error
