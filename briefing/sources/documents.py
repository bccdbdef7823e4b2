"""Read a document of any format that is known: each is told by its content, else by its suffix."""

from __future__ import annotations

from briefing.sources.encodings import Kind, decode, utf8_of_marked
from briefing.sources.formats import detect_format
from briefing.sources.markup import Page, read_page

#: Bytes of a file by which its format is told.
_START = 20_000


def read_document(
    data: bytes,
    kind: Kind | None,
    *,
    suffix: str = "",
    encoding: str | None = None,
    charset: str | None = None,
    url: str | None = None,
) -> Page:
    """Return the text and metadata of a document.

    Args:
        data: the content of the file.
        kind: of text that is in no other format; `None` to tell pages from plain text.
        suffix: of the file's name.
        encoding: of text, as the user gave it; `None` to detect it.
        charset: of text, as a server declared it.
        url: URL of a page.

    Raises:
        InputError: the document cannot be read.
        MissingExtraError: a package that reads it is not installed.
        ConfigurationError: Python has no encoding named `encoding`.
    """
    match detect_format(data, utf8_of_marked(data[:_START]), suffix):
        case "mail":
            from briefing.sources.mail import read_mail

            return read_mail(data, encoding)._replace(html=None)  # a page in a mail is no file of its own
        case "pdf":
            from briefing.sources.pdf import read_pdf

            return read_pdf(data)
        case "docx":
            from briefing.sources.docx import read_docx

            return read_docx(data)
        case "odt":
            from briefing.sources.odt import read_odt

            return read_odt(data)
        case "epub":
            from briefing.sources.epub import read_epub

            return read_epub(data)
        case None:
            return read_text(data, kind, suffix=suffix, encoding=encoding, charset=charset, url=url)


def read_text(
    data: bytes,
    kind: Kind | None,
    *,
    suffix: str = "",
    encoding: str | None = None,
    charset: str | None = None,
    url: str | None = None,
) -> Page:
    """Return the text and metadata of plain text, Markdown or a page; arguments and errors are those of `read_document`."""
    decoded = decode(data, kind, encoding=encoding, charset=charset, suffix=suffix)
    page = read_page(decoded.text, kind, url)
    return page._replace(encoding=decoded.encoding, warnings=decoded.warnings + page.warnings)
