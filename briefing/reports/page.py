"""The HTML page: one file that needs no network, in which no text of an article is markup.

The script and the style are files in `assets/`. Each article is inert JSON (`<script type="application/json">`), which the script
reads when the reader opens the article, and puts into the page as text nodes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from briefing.errors import escape_json, one_line
from briefing.reports.claims import speaker_of
from briefing.reports.lines import sections
from briefing.reports.view import Data, View

#: What ends or opens a script element, or a comment in one.
_IN_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


class PageWriter:
    """Writes a page, entry by entry.

    Args:
        write: is called with each piece of the page.
        title: of the page.
    """

    def __init__(self, write: Callable[[str], object], title: str) -> None:
        self._write = write
        style, script = _asset("page.css"), _asset("page.js")
        whole = (
            _environment()
            .get_template("page.html")
            .render(
                title=one_line(title),
                style=style,
                script=script,
                policy=_policy(style, script),
            )
        )
        opening, self._ending = whole.split(_ENTRIES)
        self._entry = _environment().get_template("entry.html")
        write(opening)

    def add(self, view: View) -> None:
        """Write an entry."""
        self._write(self._entry.render(view=view, data=_json(view.data)))

    def close(self) -> None:
        """Write the end of the page."""
        self._write(self._ending)


def html_page(views: Iterable[View], title: str) -> str:
    """Return a page with these entries."""
    pieces: list[str] = []
    page = PageWriter(pieces.append, title)
    for view in views:
        page.add(view)
    page.close()
    return "".join(pieces)


def notebook_html(data: Data) -> str:
    """Return a briefing as a few lines of HTML for a notebook, without style, script or link."""
    return (
        _environment()
        .get_template("notebook.html")
        .render(briefing=data, sections=sections, speaker_of=speaker_of)
    )


#: Where the entries stand in the page.
_ENTRIES = "<!-- entries -->"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("briefing.reports", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["line"] = one_line
    return environment


@cache
def _asset(name: str) -> str:
    return files("briefing.reports").joinpath("assets", name).read_text("utf-8")


def _json(value: Any) -> str:
    """Return JSON that cannot end the script element that it stands in."""
    return escape_json(json.dumps(value, ensure_ascii=False, separators=(",", ":"))).translate(_IN_SCRIPT)


def _policy(style: str, script: str) -> str:
    """Return the content security policy: this style and this script, and nothing from anywhere."""
    hashes = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") for text in (style, script)
    )
    sources = "style-src 'sha256-{}'; script-src 'sha256-{}'".format(*hashes)
    return f"default-src 'none'; {sources}; img-src data:; base-uri 'none'; form-action 'none'"
