"""Render a briefing as a terminal page or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from pydantic_core import to_jsonable_python
from typing_extensions import override

from briefing.errors import ProviderError, escape_json
from briefing.reports import terminal_page
from briefing.schemas import Briefing, Summary
from briefing.sources import Source

if TYPE_CHECKING:
    from rich.console import Group


def to_json(briefing: Briefing, *, lines: bool = False) -> str:
    """Return the briefing as JSON: indented, or on one line if `lines`."""
    data = briefing.model_dump(mode="json", exclude_none=False)
    return escape_json(json.dumps(data, ensure_ascii=False, indent=None if lines else 1))


def partial_to_json(error: ProviderError) -> str:
    """Return what was answered before an error as indented JSON, told as partial."""
    data = {
        "partial": to_jsonable_python(error.partial),
        "error": {"type": type(error).__name__, "message": str(error)},
    }
    return escape_json(json.dumps(data, ensure_ascii=False, indent=1))


def to_page(briefing: Briefing, source: Source, file: TextIO | None = None) -> None:
    """Print the briefing as text, in colour if the terminal supports it."""
    from rich.console import Console

    class Page(Console):
        @override
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would exit the process

    console = Page(file=file, width=None if file is None else 100, highlight=False)
    console.print(terminal_page(briefing.model_dump(mode="json"), source))


def unfinished_page(parts: Mapping[str, Any], source: Source) -> Group:
    """Return the page of a briefing of which these parts are there, by their paths."""

    def items(name: str) -> list[Any]:
        places = {path: path.removeprefix(f"{name}[").removesuffix("]") for path in parts}
        there = sorted((path for path in parts if places[path].isdigit()), key=lambda path: int(places[path]))
        return [parts[path] for path in there if parts[path] is not None]

    briefing = Briefing.model_construct(  # a headline that is not there yet is not valid
        headline=parts.get("headline") or "",
        headline_missing=items("headline_missing"),
        summary=Summary(sentences=items("summary.sentences")),
        key_quotes=items("key_quotes"),
        entities=items("entities"),
    )
    return terminal_page(briefing.model_dump(mode="json"), source)
