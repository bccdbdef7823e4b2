"""Formats of files: which are read and which are not, told by the first bytes and lines, and by suffix."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from typing import Literal, NoReturn

from briefing.errors import InputError

_SAVE_AS_TEXT = "Save it as .txt or .html first."
_UNPACK = "Unpack it and pass the article's own file."
_NOT_TEXT = "Pass an article as text, Markdown or HTML."
_PDF = "a PDF", "Read it with Source.from_pdf."
_OFFICE = "an Office document", "Save it as .docx, .txt or .html first."
_FEED = (
    "a feed, which lists several articles",
    "Use Source.from_feed, or give the URL or file of each article.",
)
_MAIL = "a mail", "Read it with Source.from_bytes, or its file with Source.from_file."
_MAILBOX = "a mail in a mail program's own format", "Save it as .eml, or its text as .txt."

#: Formats that have a reader of their own.
Format = Literal["mail", "pdf", "docx", "odt", "epub"]
#: These formats by suffix. Content that is told goes before.
READ_AS: dict[str, Format] = {
    **dict.fromkeys((".eml", ".mht", ".mhtml"), "mail"),
    ".pdf": "pdf",
    ".docx": "docx",
    ".odt": "odt",
    ".epub": "epub",
}
#: The package that reads a format, and the extra that installs it.
_NEEDED: dict[Format, tuple[str, str]] = {"pdf": ("pypdfium2", "pdf"), "docx": ("mammoth", "office")}
#: What files with these suffixes are, and what to do; they hold articles that are not read yet.
UNREAD: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        (
            ".doc",
            ".rtf",
            ".pages",
            ".ppt",
            ".pptx",
            ".odp",
            ".xls",
            ".xlsx",
            ".ods",
        ),
        _OFFICE,
    ),
    **dict.fromkeys((".rss", ".atom"), _FEED),
    **dict.fromkeys((".emlx", ".mbox", ".msg"), _MAILBOX),
}
_ZIP = b"PK\x03\x04"
_BINARY = (
    (b"%PDF-", *_PDF),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Office document, or an encrypted one",
        "Save it as .docx, without a password.",
    ),
    (b"{\\rtf", "an RTF document", _SAVE_AS_TEXT),
    (
        _ZIP,
        "a ZIP archive or a document of a kind that is not read",
        "Unpack it, or save it as .docx, .txt or .html.",
    ),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh91AY&SY", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"\x89PNG", "a PNG image", _NOT_TEXT),
    (b"\xff\xd8\xff", "a JPEG image", _NOT_TEXT),
    (b"GIF87a", "a GIF image", _NOT_TEXT),
    (b"GIF89a", "a GIF image", _NOT_TEXT),
    (b"\x7fELF", "an executable program", _NOT_TEXT),
)


def detect_format(data: bytes, start: bytes, suffix: str) -> Format | None:
    """Return the format of a file by its content, else by its suffix.

    `None` for text, Markdown, pages, and what is not read. `start` are the first bytes of the data, but not in UTF-16 or
    UTF-32.
    """
    if (known := _binary_format(start)) is not None:
        if known[0] == _ZIP:
            from briefing.sources.archives import document_format

            return document_format(data)
        return "pdf" if known[1:] == _PDF else None
    return "mail" if _is_mail(start.decode("latin-1")) else READ_AS.get(suffix.lower())


def _binary_format(data: bytes) -> tuple[bytes, str, str] | None:
    """Return the first bytes, the name and the advice of the binary format that data has; `None` if it has none."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf\r\n\t ")
    return next((known for known in _BINARY if start.startswith(known[0])), None)


@cache
def missing_extra(suffix: str) -> str | None:
    """Return the extra that must be installed to read files with a suffix; `None` if nothing is missing."""
    package, extra = _NEEDED.get(READ_AS.get(suffix.lower(), "mail"), ("", None))
    return extra if extra and find_spec(package) is None else None


def refuse_binary(data: bytes, suffix: str = "") -> None:
    """Raise an `InputError` if a file is of a known binary format, or has the suffix of a format that is not read."""
    if known := _binary_format(data):
        _refuse(*known[1:])
    if unread := UNREAD.get(suffix.lower()):
        _refuse(*unread)


def _refuse(kind: str, advice: str) -> NoReturn:
    raise InputError(f"The article is {kind}, not text. {advice}")


#: What may stand before a document's type or first element. Atomic: a run of comments can be read in many ways.
PROLOG = r"[\ufeff\s]*(?>(?:<\?[^>]{0,2000}>\s*|<!--.{0,5000}?-->\s*)*)"
_PROLOG = rf"{PROLOG}(?:<!doctype[^>]{{0,1000}}>\s*)?"
_FEED_ROOT = re.compile(
    rf"{_PROLOG}<(?:rss|feed|(?:\w{{1,20}}:)?RDF)\b|\s*\{{(?=.{{0,2000}}https?://jsonfeed\.org/version)",
    re.IGNORECASE | re.DOTALL,
)
_OTHER_ROOT = re.compile(rf"[\ufeff\s]*(?=<\?xml\s){_PROLOG}<(?!html\b)[\w:]", re.IGNORECASE | re.DOTALL)
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}):(?:[ \t].*)?")
#: Headers that no press release and no front matter has.
_MAIL_HEADERS = frozenset(
    (
        "message-id",
        "mime-version",
        "received",
        "return-path",
        "delivered-to",
        "dkim-signature",
        "content-transfer-encoding",
    )
)


def is_feed(start: str) -> bool:
    """Return whether a text begins like RSS, Atom, RDF or JSON Feed."""
    return _FEED_ROOT.match(start) is not None


def refuse_other_formats(text: str, *, html: bool) -> None:
    """Raise an `InputError` for a feed, a mail, or XML other than a page; `html` says that it was called a page."""
    start = text[:20_000]
    if is_feed(start):
        _refuse(*_FEED)
    if _is_mail(start):
        _refuse(*_MAIL)
    if not html and _OTHER_ROOT.match(start):
        _refuse("XML", _SAVE_AS_TEXT)


def _is_mail(start: str) -> bool:
    """Return whether a text begins with the headers of a mail."""
    lines = start.lstrip("\ufeff\r\n").splitlines()
    if lines and re.match(r"From \S+ ", lines[0]):  # of a mailbox
        del lines[0]
    names = set()
    for line in lines:
        if found := _HEADER.fullmatch(line):
            names.add(found[1].lower())
        elif not line.startswith((" ", "\t")) or not names:
            break
    return len(names) > 1 and bool(names & _MAIL_HEADERS)
