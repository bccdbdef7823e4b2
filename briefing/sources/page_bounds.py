"""Bounds on pages: which are refused, which are too large for trafilatura, and how deep nesting gets."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from briefing.errors import InputError
from briefing.sources.encodings import MAX_FILE_BYTES

#: Deepest nesting that trafilatura gets. Chromium's limit is 512.
_MAX_DEPTH = 200
#: Larger pages are read without trafilatura, whose time grows faster than their size: 15 s for 100,000 paragraphs, a
#: minute for 60,000 cells in a row.
_MODERATE_ELEMENTS, _MODERATE_CELLS = 30_000, 1_000
#: Most elements of a page, most attributes of one element and of all: larger ones take minutes, or all memory. Saved
#: pages of newspapers have some thousand elements.
_MAX_ELEMENTS, _MAX_ATTRIBUTES_OF_ONE, _MAX_ATTRIBUTES = 150_000, 1_000, 300_000


class _Counter:
    """Target of a parser that builds no tree: counts elements and attributes, and gives up where there are too many."""

    elements = attributes = 0

    def start(self, _tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        self.attributes += len(attributes)
        for found, most, what in (
            (self.elements, _MAX_ELEMENTS, "elements"),
            (self.attributes, _MAX_ATTRIBUTES, "attributes"),
            (len(attributes), _MAX_ATTRIBUTES_OF_ONE, "attributes in one element"),
        ):
            if found > most:
                raise InputError(
                    f"The page has more than {most:,} {what}, too many to be read. Give the article's text, or the part "
                    "of the page that is the article."
                )

    def close(self) -> None:
        return None


def check_size(html: bytes) -> None:
    """Refuse a page before it is parsed: building its tree takes quadratic time in the attributes of an element.

    Raises:
        InputError: the page has too many elements or attributes.
    """
    from lxml import etree

    if len(html) > MAX_FILE_BYTES:
        raise InputError(
            f"The page is larger than {MAX_FILE_BYTES // 10**6} MB. Give the article's text instead."
        )
    with suppress(etree.ParserError, etree.XMLSyntaxError):  # an empty page
        etree.fromstring(html, parser=etree.HTMLParser(target=_Counter(), encoding="utf-8", huge_tree=True))


def flatten(tree: Any) -> None:
    """Reduce elements at `_MAX_DEPTH` to their text, because trafilatura's functions recurse at each level, and wide cells."""
    for cell in tree.iter("td", "th"):
        if len(cell.get("colspan", "")) > 2:
            del cell.attrib["colspan"]  # trafilatura writes a mark for each column
    depths: dict[Any, int] = {}
    deepest = []
    for element in tree.iter():
        depths[element] = depth = depths.get(element.getparent(), 0) + 1
        if depth == _MAX_DEPTH and len(element):
            deepest.append(element)
    for element in deepest:
        for unseen in element.iter("script", "style"):
            unseen.text = None
        text = "".join(element.itertext())
        del element[:]
        element.text = text


def is_moderate(tree: Any) -> bool:
    """Whether a page is small enough for trafilatura."""
    return sum(1 for _ in tree.iter()) <= _MODERATE_ELEMENTS and all(
        len(row) <= _MODERATE_CELLS for row in tree.iter("tr")
    )
