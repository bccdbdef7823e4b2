"""The text of markup that is an article and nothing else: entries of feeds, chapters of books, documents.

Unlike a web page's, no part of it is looked for or left out but what a reader does not see.
"""

from __future__ import annotations

from typing import Any

from briefing.sources.hidden_markup import prune_hidden
from briefing.sources.markup import INVISIBLE_TAGS, parse_page
from briefing.sources.page_bounds import flatten
from briefing.sources.page_structure import BLOCKS, normalize_structure

_LINES = BLOCKS | {
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "dt",
    "figcaption",
    "html",
    "li",
    "option",
    "summary",
    "tr",
}
_SKIPPED = frozenset(("head", "math", "script", "style", "title"))
_CELLS = frozenset(("td", "th"))


def read_fragment(html: str) -> str:
    """Return the visible text of markup, one paragraph per line, lists and tables as of pages.

    Raises:
        InputError: as for `read_page`.
    """
    tree = parse_page(html)
    if tree is None:
        return ""
    prune_hidden(tree)
    flatten(tree)
    normalize_structure(tree)
    return INVISIBLE_TAGS.sub("", text_of(tree))


def text_of(tree: Any) -> str:
    """Return the text of an element: a line for each block, "- " before items of lists, "|" around cells of tables."""
    from lxml import etree

    written = _Lines()
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event == "start":
            written.start(element)
        else:
            if event == "end":
                written.end(element)
            if element is not tree:
                written.add(element.tail)
    written.end_line()
    return "\n".join(written.lines)


class _Lines:
    """Lines of text, written element by element."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._line: list[str] = []
        self._rows = self._skipped = 0  # open rows of tables, and open elements whose text is not read

    def start(self, element: Any) -> None:
        tag = element.tag
        self._skipped += tag in _SKIPPED
        if self._skipped:
            return
        if tag in _LINES:
            self.end_line()
        self._rows += tag == "tr"
        if tag == "li" and not self._rows:
            self.add("- ")
        elif tag in _CELLS:
            self.add(" | ")
        self.add(element.text)

    def end(self, element: Any) -> None:
        tag = element.tag
        was_skipped, self._skipped = self._skipped, self._skipped - (tag in _SKIPPED)
        if was_skipped:
            return
        if tag == "tr":
            self._rows -= 1
            self.add(" |")
        if tag in _LINES:
            self.end_line()

    def add(self, text: str | None) -> None:
        if text and not self._skipped:
            self._line.append(text)

    def end_line(self) -> None:
        """End the line, but for one in a row of a table."""
        if self._rows:
            self._line.append(" ")
            return
        text = " ".join("".join(self._line).split())
        self._line.clear()
        if text == "-":  # of an item that begins with a paragraph
            self._line.append("- ")
        if text.strip("-| "):
            self.lines.append(text)
