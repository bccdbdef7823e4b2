"""`report`: one HTML page for the results of a run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from briefing.atomic_write import atomic_file
from briefing.errors import BriefingError, InputError
from briefing.reports.page import PageWriter
from briefing.reports.results import briefing_view, failed_view, source_sha256
from briefing.reports.view import View
from briefing.sources import Source

#: Most characters of a failed article's text that stand for its name.
_NAME_CHARACTERS = 80


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
        path: of the file. It appears there when it is complete.
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
    articles = [Source.of(source) for source in sources]
    by_text = {article.sha256: article for article in articles}
    path = Path(path)
    with atomic_file(path) as file:
        page = PageWriter(lambda text: file.write(text.encode()), title)
        for number, result in enumerate(results):
            page.add(_view(result, by_text, f"results[{number}]"))
        page.close()
    return path


def _view(result: object, by_text: dict[str, Source], place: str) -> View:
    if isinstance(result, BriefingError):
        return failed_view(type(result).__name__, str(result), _name(result.source))
    if not isinstance(result, BaseModel) or isinstance(result, Source):
        raise InputError(f"{place} must be a briefing or an error, not {type(result).__name__}")
    source = getattr(result, "source", None)
    held = source if isinstance(source, Source) else None
    try:
        data = result.model_dump(mode="json", by_alias=False, exclude={"source"} if held else None)
        return briefing_view(data, held or _article(source_sha256(data), by_text))
    except PydanticSerializationError as error:
        raise InputError(f"{place} cannot be written as JSON: {error}") from error
    except InputError as error:
        raise InputError(f"{place}: {error}") from error


def _article(sha256: str, by_text: dict[str, Source]) -> Source | None:
    """Return the article with this hash; the only one if the result does not say of which it is."""
    if not sha256 and len(by_text) == 1:
        [article] = by_text.values()
        return article
    return by_text.get(sha256)


def _name(article: object) -> str:
    """Return a name for an article as the caller passed it."""
    if isinstance(article, Source):
        article = article.title or article.path or article.url or article.text
    return str("" if article is None else article)[:_NAME_CHARACTERS]
