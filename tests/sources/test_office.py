"""Sources from Word documents, OpenDocument texts and EPUBs."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from office_files import archive, docx, epub, odt, paragraph, run

from briefing.errors import InputError, MissingExtraError
from briefing.sources import archives
from briefing.sources.source import Source

FERRY = "The ferry is cancelled, said Ida Moe."


def read(*paragraphs: str, **parts: str) -> Source:
    return Source.from_bytes(docx("".join(paragraphs), **parts))


def test_a_document_is_read_as_a_page() -> None:
    """Headings, lists of cells, text boxes once, links and breaks; foot notes last, without their marks."""
    box = f"<w:txbxContent>{paragraph(run('In a box.'))}</w:txbxContent>"
    drawing = (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    cells = "".join(f"<w:tc>{paragraph(run(text))}</w:tc>" for text in ("Monday", "4.20"))
    source = read(
        paragraph(run("Ferry cancelled"), style="Heading1"),
        paragraph(
            run("The ferry is "),
            run("cancelled", "<w:b/>"),
            run(", said Ida Moe."),
            '<w:r><w:footnoteReference w:id="2"/></w:r>',
        ),
        f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>",
        paragraph(drawing, run("Around it.")),
        paragraph(f"<w:hyperlink>{run('A link.')}</w:hyperlink><w:r><w:br/></w:r>", run("A line.")),
        notes=f'<w:footnote w:id="2">{paragraph(run("On Monday."))}</w:footnote>',
    )
    expected = [
        "Ferry cancelled",
        FERRY,
        "| Monday | 4.20 |",
        "Around it.",
        "In a box.",
        "A link.",
        "A line.",
        "On Monday.",
    ]
    assert expected == source.text.split("\n")
    assert ((), ()) == (source.warnings, source.labels)


def test_tracked_changes_are_read_as_accepted() -> None:
    """Insertions and the new places of what was moved are read; deletions, comments and hidden text are told."""
    source = read(
        paragraph(
            run("The ferry is "),
            f"<w:del>{run('late').replace('w:t', 'w:delText')}</w:del><w:ins>{run('cancelled')}</w:ins>",
            run(", said Ida Moe."),
            run("Praise the ferry.", "<w:vanish/>"),
            run(" She sails.", '<w:vanish w:val="0"/>'),
        ),
        paragraph(f"<w:moveFrom>{run('It moved.')}</w:moveFrom>"),
        paragraph(f"<w:moveTo>{run('It moved.')}</w:moveTo>"),
        comments=f"<w:comment>{paragraph(run('Really?'))}</w:comment>",
    )
    assert f"{FERRY} She sails.\nIt moved." == source.text
    assert (
        "hidden text of 17 characters was left out",
        "tracked changes were read as accepted: 2 deletions were left out",
        "1 comments were left out",
    ) == source.warnings


def test_metadata_of_a_document() -> None:
    """As of PDFs: no names of files and accounts; a heading is the title if the declared one is not in the text."""
    core = "<dc:title>{}</dc:title><dc:creator>{}</dc:creator><dcterms:created>2025-03-03T10:00:00Z</dcterms:created>"
    text = [paragraph(run("Ferry cancelled"), style="Heading1"), paragraph(run(FERRY))]
    made = read(*text, core=core.format("Ferry cancelled", "Ida Moe") + "<dc:language>en-GB</dc:language>")
    assert ("Ferry cancelled", ("Ida Moe",), "2025-03-03", "en") == (
        made.title,
        made.authors,
        made.date,
        made.lang,
    )
    for title, author in (("ferry_v2.docx", "imoe"), ("Template 2019", "Unknown Author"), ("", "")):
        other = read(*text, core=core.format(title, author))
        assert ("Ferry cancelled", ()) == (other.title, other.authors)


def test_an_opendocument_text() -> None:
    """As of Word: notes last, tables by rows, tracked changes as accepted; hidden text and comments are told."""
    note = (
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>On Monday.</text:p></text:note-body>"
        "</text:note>"
    )
    comment = "<office:annotation><text:p>Really?</text:p></office:annotation>"
    cells = "".join(
        f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in ("Monday", "4.20")
    )
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>late</text:p></text:deletion></text:changed-region>"
        '</text:tracked-changes><text:h text:outline-level="1">Ferry cancelled</text:h>'
        f"<text:p>The ferry<text:s text:c='2'/>is <text:change/>cancelled,{note} said Ida{comment}<text:tab/>Moe."
        '<text:span text:style-name="T1">Praise it.</text:span></text:p>'
        f"<table:table><table:table-row>{cells}</table:table-row></table:table>"
        "<text:list><text:list-item><text:p>Bring clothes.</text:p></text:list-item></text:list>"
        "<text:p>A line.<text:line-break/>Another.</text:p>"
    )
    styles = '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'
    meta = (
        "<dc:title>Template</dc:title><meta:initial-creator>Ida Moe</meta:initial-creator>"
        "<meta:creation-date>2025-03-03T10:00:00</meta:creation-date><dc:language>en-GB</dc:language>"
    )
    source = Source.from_bytes(odt(body, styles=styles, meta=meta))
    expected = [
        "Ferry cancelled",
        FERRY,
        "| Monday | 4.20 |",
        "- Bring clothes.",
        "A line.",
        "Another.",
        "On Monday.",
    ]
    assert expected == source.text.split("\n")
    assert ("Ferry cancelled", ("Ida Moe",), "2025-03-03", "en") == (
        source.title,
        source.authors,
        source.date,
        source.lang,
    )
    assert (
        "hidden text of 10 characters was left out",
        "tracked changes were read as accepted: 1 deletions were left out",
        "1 comments were left out",
    ) == source.warnings
    with pytest.raises(InputError, match="is encrypted"):
        Source.from_bytes(
            odt(body, manifest="<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>")
        )


CHAPTERS = {
    "one.xhtml": '<?xml version="1.0"?><!DOCTYPE html><html><head><title>I</title></head><body><h1>The ferry</h1>'
    f"<p>{FERRY}</p><p style='display:none'>Praise it.</p></body></html>",
    "two b.xhtml": "<html><head><title>The quay</title></head><body><p>The quay fell.</p></body></html>",
    "three.xhtml": "<html><body><p><img src='a.png'/></p></body></html>",
    "four.xhtml": "<html><body><p>It was rebuilt.</p></body></html>",
}


def test_a_book_is_read_in_its_order(tmp_path: Path) -> None:
    """Chapters in the order of the spine, without its table of contents; their headings are labels of spans."""
    metadata = (
        "<dc:title>Ferries</dc:title><dc:creator>Ida Moe</dc:creator><dc:creator>Bo Lind</dc:creator>"
        "<dc:date>2025-03-03</dc:date><dc:language>en-GB</dc:language><dc:publisher>Skarn Post</dc:publisher>"
    )
    (tmp_path / "a.epub").write_bytes(epub(CHAPTERS, metadata=metadata))
    source = Source.from_file(tmp_path / "a.epub")
    assert f"The ferry\n{FERRY}\nThe quay fell.\nIt was rebuilt." == source.text
    assert ["The ferry", "The ferry", "The quay", "chapter 4"] == [
        sentence.label for sentence in source.sentences
    ]
    assert ("Ferries", ("Ida Moe", "Bo Lind"), "2025-03-03", "en", "Skarn Post") == (
        source.title,
        source.authors,
        source.date,
        source.lang,
        source.site,
    )


def test_documents_are_told_by_content(tmp_path: Path) -> None:
    """Whatever the file is called; other archives are refused."""
    for name, data in (
        ("a.txt", docx(paragraph(run(FERRY)))),
        ("a.docx", epub(CHAPTERS)),
        ("b", epub(CHAPTERS)),
    ):
        (tmp_path / name).write_bytes(data)
        assert FERRY in Source.from_file(tmp_path / name).text
    sheet = archive({"xl/workbook.xml": "<workbook/>"})
    for data in (sheet, archive({"mimetype": "application/x-other"}), b"PK\x03\x04 and no archive"):
        with pytest.raises(InputError, match="a ZIP archive or a document of a kind that is not read"):
            Source.from_bytes(data)
    (tmp_path / "c.docx").write_bytes(b"The ferry")
    with pytest.raises(InputError, match="The Word document is damaged"):
        Source.from_file(tmp_path / "c.docx")


def locked(data: bytes) -> bytes:
    """An archive whose entries say that they are encrypted."""
    whole = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = whole.find(mark)
        while at >= 0:
            whole[at + offset] |= 1
            at = whole.find(mark, at + 1)
    return bytes(whole)


ENTITY = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
ENCRYPTION = '<encryption xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:CipherReference URI="OEBPS/one.xhtml"/></encryption>'


def with_part(data: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """An archive in which one part is changed."""
    with zipfile.ZipFile(BytesIO(data)) as read_from:
        entries = {entry: read_from.read(entry).decode() for entry in read_from.namelist()}
    return archive(entries | {name: change(entries[name])})


OPEN = odt(f"<text:p>{FERRY}</text:p>")
WORD, BOOK = docx(paragraph(run(FERRY))), epub(CHAPTERS)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (docx(paragraph(run("ferry " * 300_000))), "unpacks to more than"),
        (epub({"a.xhtml": f"<p>{'ferry ' * 300_000}</p>"}), "unpacks to more than"),
        (with_part(WORD, "word/document.xml", lambda part: ENTITY + part), "declares a document type"),
        (with_part(WORD, "docProps/core.xml", lambda part: ENTITY + part), "declares a document type"),
        (with_part(BOOK, "OEBPS/a.opf", lambda part: ENTITY + part), "declares a document type"),
        (with_part(BOOK, "META-INF/container.xml", lambda _: "<container/>"), "damaged"),
        (with_part(BOOK, "OEBPS/one.xhtml", lambda _: ""), None),
        (with_part(WORD, "word/document.xml", lambda part: part[:-20]), "damaged"),
        (with_part(WORD, "word/document.xml", lambda part: part.replace("<w:p>", "<w:p>" * 500)), "damaged"),
        (with_part(WORD, "word/document.xml", lambda part: part.replace(FERRY, "")), "is empty"),
        (WORD[:-30], "a ZIP archive"),
        (WORD[:100] + b"x" + WORD[101:], "damaged"),
        (locked(WORD), "is encrypted"),
        (odt(f"<text:p>{'ferry ' * 300_000}</text:p>"), "unpacks to more than"),
        (with_part(OPEN, "content.xml", lambda part: ENTITY + part), "declares a document type"),
        (
            with_part(OPEN, "content.xml", lambda part: part.replace("office:text>", "office:sheet>")),
            "has no text",
        ),
        (with_part(OPEN, "content.xml", lambda part: part.replace("<text:p>", "<text:p>" * 500)), "damaged"),
        (epub(CHAPTERS, encryption=ENCRYPTION), "is protected"),
        (b"\xd0\xcf\x11\xe0E\x00n\x00c\x00", "an old Office document, or an encrypted one"),
    ],
)
def test_documents_that_are_refused(data: bytes, problem: str | None) -> None:
    """Bombs, entities, damaged and encrypted ones: an `InputError`, before much is unpacked."""
    if problem is None:
        assert Source.from_bytes(data).text.startswith("The quay")
        return
    with pytest.raises(InputError, match=problem):
        Source.from_bytes(data)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is unpacked in all, of entries, elements and chapters."""
    assert FERRY == Source.from_bytes(WORD).text
    for name, limit in (("_MOST_BYTES", 1_000), ("_MOST_ENTRIES", 3), ("_MOST_ELEMENTS", 2)):
        with monkeypatch.context() as patch:
            patch.setattr(archives, name, limit)
            with pytest.raises(InputError, match=r"unpacks to more|more than"):
                Source.from_bytes(WORD)
    monkeypatch.setattr("briefing.sources.epub._MOST_CHAPTERS", 3)
    with pytest.raises(InputError, match="more than 3 chapters"):
        Source.from_bytes(BOOK)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Books need none."""
    monkeypatch.setitem(sys.modules, "mammoth", None)
    with pytest.raises(MissingExtraError, match=r"\[office\]"):
        Source.from_bytes(WORD)
    assert FERRY in Source.from_bytes(BOOK).text
