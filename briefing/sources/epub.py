"""Read EPUB books: an archive of pages in an order, which our own page reader reads; ebooklib is under the AGPL."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from briefing.errors import InputError
from briefing.sources.archives import Archive
from briefing.sources.encodings import decode_text
from briefing.sources.file_metadata import plausible_authors
from briefing.sources.fragments import read_fragment
from briefing.sources.markup import Page

_WHAT = "The EPUB"
_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_PACKAGE, _DUBLIN_CORE = "{http://www.idpf.org/2007/opf}", "{http://purl.org/dc/elements/1.1/}"
_PAGES = frozenset(("application/xhtml+xml", "text/html", "application/x-dtbook+xml"))
#: What a chapter is called: its first heading, else its title.
_NAMED = tuple(
    re.compile(rf"<({tags})\b[^>]{{0,500}}>(.{{0,1000}}?)</\1>", re.DOTALL | re.IGNORECASE)
    for tags in ("h[1-3]", "title")
)
#: Most chapters, and characters of all of them.
_MOST_CHAPTERS, _MOST_CHARACTERS = 1_000, 2_000_000
_LONGEST_LABEL = 80


def read_epub(data: bytes) -> Page:
    """Return the text of a book, chapter by chapter, with the headings of the chapters as labels.

    Raises:
        InputError: the file is damaged, protected or too large.
    """
    archive = Archive(data, _WHAT)
    root, folder = _package(archive)
    text: list[str] = []
    labels: list[tuple[int, str]] = []
    length = 0
    for number, name in enumerate(_chapters(archive, root, folder), 1):
        if number > _MOST_CHAPTERS:
            raise InputError(
                f"{_WHAT} has more than {_MOST_CHAPTERS:,} chapters. Give a part of its text instead."
            )
        html = decode_text(archive.read(name), "html").text
        if not (chapter := read_fragment(html)):
            continue
        headings = (found for pattern in _NAMED if (found := pattern.search(html)))
        names = (" ".join(read_fragment(heading[2]).split()) for heading in headings)
        labels.append((length, next(filter(None, names), f"chapter {number}")[:_LONGEST_LABEL]))
        text.append(chapter)
        length += len(chapter) + 1
        if length > _MOST_CHARACTERS:
            raise InputError(
                f"{_WHAT} has more than {_MOST_CHARACTERS:,} characters. Give a part of its text instead."
            )
    about = {name: _texts(root, name) for name in ("title", "creator", "date", "language", "publisher")}
    return Page(
        "\n".join(text),
        title=next(iter(about["title"]), None),
        site=next(iter(about["publisher"]), None),
        date=next(iter(about["date"]), None),
        authors=plausible_authors(*about["creator"]),
        lang=next(iter(about["language"]), None),
        labels=tuple(labels),
        advice="Its pages have no text. OCR them first, if they are pictures.",
    )


def _package(archive: Archive) -> tuple[Any, str]:
    """Return the package document of a book, and the folder that its names start from."""
    root_file = archive.read_xml("META-INF/container.xml").find(f".//{_CONTAINER}rootfile")
    path = "" if root_file is None else root_file.get("full-path", "")
    return archive.read_xml(path), posixpath.dirname(path)


def _chapters(archive: Archive, root: Any, folder: str) -> Iterator[str]:
    """Yield the names of the chapters' entries, in reading order."""
    protected = set()
    if "META-INF/encryption.xml" in archive.names:  # also of fonts, in books that can be read
        marks = archive.read_xml("META-INF/encryption.xml").iter(
            "{http://www.w3.org/2001/04/xmlenc#}CipherReference"
        )
        protected = {unquote(mark.get("URI", "")) for mark in marks}
    items = {item.get("id"): item for item in root.iter(f"{_PACKAGE}item")}
    for reference in root.iter(f"{_PACKAGE}itemref"):
        item = items.get(reference.get("idref"))
        if (
            item is None
            or item.get("media-type") not in _PAGES
            or "nav" in item.get("properties", "").split()
        ):
            continue
        name = posixpath.normpath(posixpath.join(folder, unquote(item.get("href", "").partition("#")[0])))
        if name in protected:
            raise InputError(
                f"{_WHAT} is protected (DRM), and cannot be read. Give its text as .txt or .html."
            )
        yield name


def _texts(root: Any, name: str) -> list[str]:
    found = (" ".join("".join(element.itertext()).split()) for element in root.iter(_DUBLIN_CORE + name))
    return [text for text in found if text]
