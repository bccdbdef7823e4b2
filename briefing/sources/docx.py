"""Read Word documents (DOCX): mammoth makes a page of them, with notes, tables and text boxes, and tracked changes accepted.

python-docx has neither notes, text boxes and tables in their places nor inserted text.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from briefing.errors import InputError, MissingExtraError
from briefing.sources.archives import Archive
from briefing.sources.file_metadata import plausible_authors, plausible_title
from briefing.sources.fragments import read_fragment
from briefing.sources.markup import Page

_WHAT = "The Word document"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DUBLIN_CORE, _TERMS = "{http://purl.org/dc/elements/1.1/}", "{http://purl.org/dc/terms/}"
#: The parts that mammoth reads, without pictures.
_READ = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|word/(?:_rels/)?[\w.-]+\.(?:xml|rels)")
_TEXTS = frozenset(("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"))
#: Marks of a note that lead back to the text.
_BACK = re.compile(r'\s*<a href="#(?:foot|end)note-ref[^"]{0,50}">[^<]{0,5}</a>')
_NOTE = re.compile(r'<li id="(?:foot|end)note-[^"]{0,50}">(.*?)</li>', re.DOTALL)
_HEADING = re.compile(r"<h1>(.{0,1000}?)</h1>", re.DOTALL)
#: Characters of the text in which its title stands.
_OPENING = 1_000
_OFF = frozenset(("0", "false", "off"))


def read_docx(data: bytes) -> Page:
    """Return the text of a Word document, one paragraph per line, notes last.

    Raises:
        InputError: the file is damaged, encrypted or too large.
        MissingExtraError: mammoth is not installed.
    """
    try:
        import mammoth
    except ImportError as error:
        raise MissingExtraError("Reading Word documents", "office") from error
    archive = Archive(data, _WHAT)
    cleaned, warnings = _cleaned(archive)
    try:
        html = mammoth.convert_to_html(cleaned, convert_image=lambda _image: []).value
    except Exception as error:  # what mammoth comes across in damaged files
        raise InputError(
            f"{_WHAT} is damaged ({type(error).__name__}). Save it again, or as .txt."
        ) from error
    page = _NOTE.sub(r"<div>\1</div>", _BACK.sub("", html))
    text = read_fragment(f"<html><body>{page}</body></html>")
    heading = _HEADING.search(html)
    about = archive.read_xml("docProps/core.xml") if "docProps/core.xml" in archive.names else None
    return Page(
        text,
        title=plausible_title(
            _about(about, f"{_DUBLIN_CORE}title"),
            text[:_OPENING],
            read_fragment(heading[1]) if heading else None,
        ),
        date=_about(about, f"{_TERMS}created"),
        authors=plausible_authors(_about(about, f"{_DUBLIN_CORE}creator")),
        lang=_about(about, f"{_DUBLIN_CORE}language"),
        warnings=tuple(warnings),
    )


def _about(root: Any, name: str) -> str | None:
    found = None if root is None else root.findtext(name)
    return found.strip() or None if found else None


def _cleaned(archive: Archive) -> tuple[io.BytesIO, list[str]]:
    """Return the document with its parts of text alone, without hidden text, and warnings about what was left out."""
    from lxml import etree

    hidden = deleted = comments = 0
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as written:
        for name in filter(_READ.fullmatch, archive.names):
            root = archive.read_xml(name)
            if name in _TEXTS:
                hidden += _remove_hidden(root)
                deleted += sum(1 for _ in root.iter(f"{_WORD}del", f"{_WORD}moveFrom"))
            elif name == "word/comments.xml":
                comments = sum(1 for _ in root.iter(f"{_WORD}comment"))
                continue
            written.writestr(name, etree.tostring(root))
    copy.seek(0)
    warnings = []
    if hidden:
        warnings.append(f"hidden text of {hidden:,} characters was left out")
    if deleted:
        warnings.append(f"tracked changes were read as accepted: {deleted:,} deletions were left out")
    if comments:
        warnings.append(f"{comments:,} comments were left out")
    return copy, warnings


def _remove_hidden(root: Any) -> int:
    """Remove the runs that Word does not show, and return the number of characters in them."""
    removed = 0
    for mark in list(root.iter(f"{_WORD}vanish")):
        run = mark.getparent().getparent()
        if run is None or run.tag != f"{_WORD}r" or mark.get(f"{_WORD}val", "").lower() in _OFF:
            continue
        removed += sum(len(text.text or "") for text in run.iter(f"{_WORD}t"))
        if run.getparent() is not None:
            run.getparent().remove(run)
    return removed
