"""`report`: one HTML page, or one Markdown file, for the results of a run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from briefing.atomic_write import AtomicFile, atomic_file
from briefing.errors import BriefingError, InputError
from briefing.reports.markdown import escaped, failure_markdown, markdown
from briefing.reports.page import PageWriter
from briefing.reports.results import briefing_view, failed_view, source_sha256
from briefing.reports.view import Data
from briefing.sources import Source, source_with_hash, sources_by_hash

#: Most characters of a failed article's text that stand for its name.
_NAME_CHARACTERS = 80


class ReportWriter:
    """Writes results to a file that ends in .md as Markdown, and to any other as an HTML page.

    Args:
        file: is written to.
        path: of the file.
        title: of the report.
    """

    def __init__(self, file: AtomicFile, path: Path, title: str) -> None:
        self._file = file
        self._number = 0
        self._page = None
        if path.suffix.lower() == ".md":
            self._write(f"# {escaped(title)}\n")
        else:
            self._page = PageWriter(self._write, title)

    def add(self, data: Data, source: Source | None, name: str = "") -> None:
        """Write a result.

        Args:
            data: the result, as JSON data by the names of its fields.
            source: its article; `None` if it is not at hand.
            name: of the article.

        Raises:
            InputError: the result is not of this article.
        """
        view = briefing_view(data, source, name)
        if self._page is not None:
            self._page.add(view)
        else:
            self._number += 1
            self._write(f"\n{markdown(data, self._number)}")

    def add_failure(self, kind: str, message: str, name: str) -> None:
        """Write an article without a result: the type of the error, and its message."""
        if self._page is not None:
            self._page.add(failed_view(kind, message, name))
        else:
            self._write(f"\n{failure_markdown(kind, message, name)}")

    def close(self) -> None:
        """Write the end of the report."""
        if self._page is not None:
            self._page.close()

    def _write(self, text: str) -> None:
        self._file.write(text.encode())


def report(
    results: BaseModel | Iterable[BaseModel | BriefingError],
    path: str | os.PathLike[str],
    *,
    sources: Sequence[str | Path | Source] = (),
    title: str = "Briefings",
) -> Path:
    """Write an HTML page that shows results beside their articles, in one file that needs no network.

    Args:
        results: briefings or instances of a user's schema, and errors, as `summarize_many` yields them; or a single one. They are written
            as they come.
        path: of the file; one that ends in .md is Markdown with the evidence in footnotes. It appears there when it is complete.
        sources: the articles, in any order: a `str` is the text itself, a `pathlib.Path` a file. Each briefing is shown beside the one
            that it was made of. Not needed for briefings that hold theirs (`keep_source`); without its article, a
            briefing is shown with the passages that it cites.
        title: `str`, title of the page.

    Returns:
        The path of the file.

    Raises:
        InputError: a result is no pydantic model, an article cannot be read, or the file cannot be written.
    """
    if isinstance(results, BaseModel):
        results = [results]
    if not isinstance(results, Iterable):
        raise InputError(f"results must be briefings, not {type(results).__name__}")
    articles = sources_by_hash(sources)
    path = Path(path)
    with atomic_file(path) as file:
        writer = ReportWriter(file, path, title)
        for number, result in enumerate(results):
            _add(writer, result, articles, f"results[{number}]")
        writer.close()
    return path


def _add(writer: ReportWriter, result: object, articles: Mapping[str, Source], place: str) -> None:
    if isinstance(result, BriefingError):
        writer.add_failure(type(result).__name__, str(result), _name(result.source))
        return
    if not isinstance(result, BaseModel) or isinstance(result, Source):
        raise InputError(f"{place} must be a briefing or an error, not {type(result).__name__}")
    source = getattr(result, "source", None)
    held = source if isinstance(source, Source) else None
    try:
        data = result.model_dump(mode="json", by_alias=False, exclude={"source"} if held else None)
        writer.add(data, held or source_with_hash(source_sha256(data), articles))
    except PydanticSerializationError as error:
        raise InputError(f"{place} cannot be written as JSON: {error}") from error
    except InputError as error:
        raise InputError(f"{place}: {error}") from error


def _name(article: object) -> str:
    """Return a name for an article as the caller passed it."""
    if isinstance(article, Source):
        article = article.title or article.path or article.url or article.text
    return str("" if article is None else article)[:_NAME_CHARACTERS]
