"""The letters that a web page shows, with their offsets in its HTML and the elements that they are in.

The HTML is cut into tags and text, which has offsets, and compared with the tree of the page, which knows the elements and
what is hidden. Neither knows both: libxml2 tells only lines, and an HTML tokenizer no elements.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import html5
from os.path import commonprefix
from typing import Any

from briefing.sources.hidden_markup import prune_hidden
from briefing.sources.markup import LONE_SURROGATES, NO_XML, parse_page

#: A tag may have ">" in the value of an attribute. The last alternative is one that does not end.
_MARKUP = re.compile(
    r"""<(?:(?P<comment>!--)
    |[!?][^>]*+>
    |(?P<name>/?[a-zA-Z][^\s/>]*+)(?:[^>"'=]++|=\s*+"[^"]*+"|=\s*+'[^']*+'|["'=])*+>
    |(?P<endless>[!?/a-zA-Z]))""",
    re.VERBOSE,
)
_CHARACTER = re.compile(r"&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?|\S")
#: Elements whose content is text for programs.
_UNREAD = ("script", "style")
_ENDS = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in _UNREAD}
#: Elements whose text is not shown, or not read as part of the article.
_LEFT_OUT = frozenset(("head", "del", "s", "strike", "rp", "rt", "rtc"))
_PLAIN_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
#: Where HTML and tree differ, they are compared again from the next so many letters that they share: so far on, so often.
_SHARED, _REACH, _MOST_DIFFERENCES = 32, 100_000, 200
_STEP = 4096


class PageLetters:
    """The visible characters of a page without white space.

    Attributes:
        text: the characters.
        starts, ends: offsets of each in the HTML; an entity is one character.
        letters: letters and digits of `text`, as `fold` writes them.
        at: the place in `text` of each of `letters`.
    """

    def __init__(self, html: str, *, for_good: bool) -> None:
        self._html = html
        self.starts, self.ends, self.at = array("Q"), array("Q"), array("Q")
        self._owners = array("Q")
        self._elements: list[Any] = []
        self.text = "".join(self._read(for_good=for_good))
        self.at.extend(i for i, char in enumerate(self.text) if char.isalnum())
        self.letters = fold(self.text[i] for i in self.at)

    def path(self, first: int, last: int) -> str:
        """Return the XPath of the innermost element that holds the characters from one to another of `text`."""
        element, other = (self._elements[self._owners[i]] for i in (first, last))
        around = {other, *other.iterancestors()}
        while element not in around:
            element = element.getparent()
        path: str = element.getroottree().getpath(element)
        return path

    def whole(self, first: int, length: int) -> bool:
        """Whether the page has no letters directly before and after some of `letters`, but for tags."""
        start, end = self.starts[self.at[first]], self.ends[self.at[first + length - 1]]
        return not (self._html[start - 1 : start].isalnum() or self._html[end : end + 1].isalnum())

    def _read(self, *, for_good: bool) -> Iterator[str]:
        """Yield the visible characters, and note their offsets and elements."""
        tree = parse_page(self._html)
        if tree is None:
            return
        self._elements = list(tree.iter())
        runs = list(_runs(tree))
        shown = self._shown(for_good=for_good)
        in_html, starts, ends = _characters(self._html)
        common = _align(in_html, "".join(text for _, text in runs))
        low, high, offset = next(common, (0, 0, 0))
        numbers = {element: number for number, element in enumerate(self._elements)}
        place = 0
        for element, text in runs:
            number = numbers[element]
            for i, char in enumerate(text, place):
                while high and i >= high:
                    low, high, offset = next(common, (0, 0, 0))
                if low <= i < high and number in shown:
                    self.starts.append(starts[i + offset])
                    self.ends.append(ends[i + offset])
                    self._owners.append(number)
                    yield char
            place += len(text)

    def _shown(self, *, for_good: bool) -> set[int]:
        """Return the numbers of the elements whose text is read."""
        # A tree of its own, because removing elements changes the paths of others.
        tree = parse_page(self._html)
        elements = list(tree.iter())
        prune_hidden(tree, for_good=for_good)
        left: set[Any] = set()
        for element in tree.iter():
            if element.tag not in _LEFT_OUT and (element is tree or element.getparent() in left):
                left.add(element)
        return {number for number, element in enumerate(elements) if element in left}


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    return unicodedata.normalize("NFD", char)[0].translate(_PLAIN_DIGITS)


def fold(characters: Iterable[str]) -> str:
    """Return letters without accents, and raised digits as plain ones: reading a page composes and raises them."""
    return "".join(map(_folded, characters))


def _runs(tree: Any) -> Iterator[tuple[Any, str]]:
    """Yield the texts of a page without white space, in order, each with the element that it is directly in."""
    from lxml import etree

    for event, element in etree.iterwalk(tree, events=("start", "end")):
        text = element.text if event == "start" else element.tail
        if not text or (event == "start" and element.tag in _UNREAD) or (event == "end" and element is tree):
            continue
        if visible := "".join(text.split()):
            yield (element if event == "start" else element.getparent()), visible


def _characters(html: str) -> tuple[str, array[int], array[int]]:
    """Return the characters of the texts of a page, without white space, and the offsets where each starts and ends."""
    found: list[str] = []
    starts, ends = array("Q"), array("Q")
    for low, high in _texts(html):
        for match in _CHARACTER.finditer(html, low, high):
            start, end = match.span()
            if end - start == 1:
                places = [(match[0], start, end)]
            elif (decoded := _decoded(match[0])) is None:
                places = [(html[i], i, i + 1) for i in range(start, end)]
            else:
                places = [(char, start, end) for char in decoded]
            for char, *place in places:
                clean = NO_XML.sub("", LONE_SURROGATES.sub("\ufffd", char))
                if clean.strip():
                    found.append(clean)
                    starts.append(place[0])
                    ends.append(place[1])
    return "".join(found), starts, ends


def _texts(html: str) -> Iterator[tuple[int, int]]:
    """Yield where the texts of a page begin and end, up to a tag or comment that does not end."""
    place = 0
    while tag := _MARKUP.search(html, place):
        yield place, tag.start()
        place = tag.end()
        if tag["endless"]:
            return
        if tag["comment"]:
            place = html.find("-->", tag.end() - 2) + 3
            if place < 3:
                return
        elif ending := _ENDS.get((tag["name"] or "").lower()):
            end = ending.search(html, place)
            if end is None:
                return
            place = end.start()
    yield place, len(html)


@lru_cache(maxsize=4096)
def _decoded(reference: str) -> str | None:
    """Return the characters that libxml2 reads a character reference as; `None` if it leaves it as it is."""
    from lxml import html as lxml_html  # type: ignore[import-untyped, unused-ignore]

    name = reference[1:]
    if name[0] != "#" and name not in html5 and f"{name};" not in html5:
        return None
    text = lxml_html.document_fromstring(f"<p>.{reference}</p>").text_content()[1:]
    return None if text == reference else text


def _align(html: str, tree: str) -> Iterator[tuple[int, int, int]]:
    """Yield the parts of a tree's characters that the HTML has in the same order: start, end, and what to add for the HTML."""
    i = j = 0
    for _ in range(_MOST_DIFFERENCES):
        start = j
        # Characters are compared, no paths.
        while length := len(commonprefix([html[i : i + _STEP], tree[j : j + _STEP]])):  # noqa: RUF071
            i, j = i + length, j + length
        if j > start:
            yield start, j, i - j
        if i >= len(html) or j >= len(tree):
            return
        if (place := html.find(tree[j : j + _SHARED], i, i + _REACH)) >= 0:
            i = place
        elif (place := tree.find(html[i : i + _SHARED], j, j + _REACH)) >= 0:
            j = place
        else:
            i, j = i + 1, j + 1
