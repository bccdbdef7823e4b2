"""Read text documents of LibreOffice and others (OpenDocument, ODT): their elements are those of a page by other names."""

from __future__ import annotations

from typing import Any

from briefing.errors import InputError
from briefing.sources.archives import Archive
from briefing.sources.file_metadata import plausible_authors, plausible_title
from briefing.sources.fragments import text_of
from briefing.sources.markup import Page

_WHAT = "The OpenDocument text"
_BASE = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _OFFICE, _STYLE = f"{{{_BASE}text:1.0}}", f"{{{_BASE}office:1.0}}", f"{{{_BASE}style:1.0}}"
_TABLE, _META, _MANIFEST = f"{{{_BASE}table:1.0}}", f"{{{_BASE}meta:1.0}}", f"{{{_BASE}manifest:1.0}}"
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_TAGS = {
    f"{_TEXT}h": "p",
    f"{_TEXT}p": "p",
    f"{_TEXT}list-item": "li",
    f"{_TEXT}line-break": "br",
    f"{_TABLE}table-row": "tr",
    f"{_TABLE}table-cell": "td",
    f"{_TABLE}covered-table-cell": "td",
}
#: Deleted text, comments, forms, marks of notes, and what is not shown.
_REMOVED = (
    f"{_TEXT}tracked-changes", f"{_OFFICE}annotation", f"{_OFFICE}forms", f"{_TEXT}note-citation", f"{_TEXT}hidden-text",
    f"{_TEXT}hidden-paragraph", f"{_TEXT}sequence-decls",
)  # fmt: skip
_SPACES = (f"{_TEXT}s", f"{_TEXT}tab")
#: Characters of the text in which its title stands.
_OPENING = 1_000


def read_odt(data: bytes) -> Page:
    """Return the text of an OpenDocument text, one paragraph per line, notes last.

    Raises:
        InputError: the file is damaged, encrypted or too large.
    """
    archive = Archive(data, _WHAT)
    if "META-INF/manifest.xml" in archive.names:
        manifest = archive.read_xml("META-INF/manifest.xml")
        if next(manifest.iter(f"{_MANIFEST}encryption-data", f"{_MANIFEST}encrypted-key"), None) is not None:
            raise InputError(f"{_WHAT} is encrypted. Save it without a password.")
    root = archive.read_xml("content.xml")
    body = root.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise InputError(f"{_WHAT} is damaged: it has no text. Open it in its program, and save it again.")
    deleted = sum(1 for _ in body.iter(f"{_TEXT}deletion"))
    comments = sum(1 for _ in body.iter(f"{_OFFICE}annotation"))
    hidden = _remove_hidden(root, body)
    heading = body.find(f".//{_TEXT}h[@{_TEXT}outline-level='1']")
    title = None if heading is None else " ".join("".join(heading.itertext()).split())
    text = _text(body)
    about = archive.read_xml("meta.xml") if "meta.xml" in archive.names else None
    warnings = []
    if hidden:
        warnings.append(f"hidden text of {hidden:,} characters was left out")
    if deleted:
        warnings.append(f"tracked changes were read as accepted: {deleted:,} deletions were left out")
    if comments:
        warnings.append(f"{comments:,} comments were left out")
    return Page(
        text,
        title=plausible_title(_about(about, f"{_DUBLIN_CORE}title"), text[:_OPENING], title),
        date=_about(about, f"{_META}creation-date"),
        authors=plausible_authors(
            _about(about, f"{_META}initial-creator") or _about(about, f"{_DUBLIN_CORE}creator")
        ),
        lang=_about(about, f"{_DUBLIN_CORE}language"),
        warnings=tuple(warnings),
    )


def _about(root: Any, name: str) -> str | None:
    found = None if root is None else next(root.iter(name), None)
    return None if found is None else (found.text or "").strip() or None


def _remove_hidden(root: Any, body: Any) -> int:
    """Remove text in styles that are not shown, and return the number of its characters."""
    styles = {
        style.get(f"{_STYLE}name")
        for style in root.iter(f"{_STYLE}style")
        if any(part.get(f"{_TEXT}display") == "none" for part in style.iter(f"{_STYLE}text-properties"))
    }
    removed = 0
    for element in list(body.iter(f"{_TEXT}span", f"{_TEXT}p", f"{_TEXT}h")) if styles else ():
        if element.get(f"{_TEXT}style-name") in styles:
            removed += len("".join(element.itertext()))
            element.clear(keep_tail=True)
    return removed


def _text(body: Any) -> str:
    for element in list(body.iter(*_REMOVED)):
        element.clear(keep_tail=True)
    notes = []
    for note in list(body.iter(f"{_TEXT}note-body")):
        for paragraph in note:
            paragraph.tail = None
        notes += list(note)
        note.getparent().remove(note)
    body.extend(notes)
    for space in body.iter(*_SPACES):
        space.text = " "
    for element in body.iter(*_TAGS):
        element.tag = _TAGS[element.tag]
    return text_of(body)
