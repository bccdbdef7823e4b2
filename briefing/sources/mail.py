"""Read a mail (RFC 5322, MIME) or a page that a browser saved as one (MHTML)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import NamedTuple

from briefing.errors import InputError
from briefing.sources.encodings import decode_text, utf8_of_marked
from briefing.sources.markup import Page, read_page, remove_elements
from briefing.sources.replies import bare_subject, own_text

#: Parts that hold parts, and lines: the parser takes time by their product.
_CONTAINERS = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_MOST_CONTAINERS, _MOST_LINES = 50, 1_000_000
#: Headers whose parameters would take quadratic time.
_LONG_PARAMETERS = re.compile(rb"^content-[a-z]+[ \t]*:(?:[^\n]|\n[ \t]){5000}", re.IGNORECASE | re.MULTILINE)
_LONGEST_HEADER = 2_000
_MOST_AUTHORS, _MOST_NAMED = 20, 10
#: What is no attachment to a reader: seals, and pictures that the text shows.
_SILENT = frozenset(
    ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
)
_SEALED = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
#: An HTML part with this many times the text of the plain one shows that the latter only says "see the HTML".
_STUB = 2
_QUOTED_ELEMENTS = (
    "//*[@id='divRplyFwdMsg']/following-sibling::*",
    "//blockquote[@type='cite']",
    "//*[contains(concat(' ', @class, ' '), ' gmail_quote ')]",
    "//*[contains(concat(' ', @class, ' '), ' moz-cite-prefix ')]",
    "//*[contains(concat(' ', @class, ' '), ' yahoo_quoted ')]",
    "//*[contains(concat(' ', @class, ' '), ' protonmail_quote ')]",
    "//*[@id='divRplyFwdMsg' or @id='mail-editor-reference-message-container']",
)
_SIGNATURE_ELEMENTS = (
    "//*[contains(concat(' ', @class, ' '), ' gmail_signature ')]",
    "//*[contains(concat(' ', @class, ' '), ' moz-signature ')]",
    "//*[contains(concat(' ', @class, ' '), ' protonmail_signature_block ')]",
    "//*[@id='Signature']",
)


class _Text(NamedTuple):
    """A part of a mail that is text to read; with the plain text of the same, if there are both."""

    part: Message
    plain: Message | None = None


def read_mail(data: bytes, encoding: str | None = None) -> Page:
    """Return the text of a mail, with its subject as title, its sender as author, and warnings about what was left out.

    `encoding` is that of parts that declare none; `None` to detect it.

    Raises:
        InputError: the mail is encrypted or damaged, has too many parts, or is several mails.
    """
    data = utf8_of_marked(data).lstrip(b"\r\n")
    if (
        len(_CONTAINERS.findall(data)) > _MOST_CONTAINERS
        or data.count(b"\n") > _MOST_LINES
        or _LONG_PARAMETERS.search(data)
    ):
        raise InputError(
            "The mail has too many parts or lines, or too long headers. Save its text as .txt instead."
        )
    if len(re.findall(rb"^From \S+ [^\n]*\d{4}\s*\n[\w-]+:", data, re.MULTILINE)) > 1:
        raise InputError("The file holds several mails. Save each as a file of its own (.eml).")
    try:
        return _read(message_from_bytes(data), encoding)
    except InputError:
        raise
    except Exception as error:  # the parser of the standard library raises what it comes across
        raise InputError(
            f"The mail is damaged ({type(error).__name__}). Save its text as .txt instead."
        ) from error


def _read(message: Message, encoding: str | None) -> Page:
    subject, forwarded = bare_subject(_header(message, "subject"))
    saved_page = _header(message, "snapshot-content-location")  # MHTML by Chromium
    left_out: list[str] = []
    pages = [_read_part(text, encoding, forwarded) for text in _texts(message, left_out)]
    warnings = [warning for page in pages for warning in page.warnings]
    if left_out:
        more = f" and {len(left_out) - _MOST_NAMED} more" if len(left_out) > _MOST_NAMED else ""
        warnings.append(f"not read, but attached: {', '.join(left_out[:_MOST_NAMED])}{more}")
    advice = "Give the article's text or its file."
    if left_out:
        advice = "It may be in what is attached: save that, and give its file."
    page = pages[0] if saved_page and pages else Page("", date=_date(message), authors=_authors(message))
    return page._replace(
        text="\n\n".join(filter(None, (page.text.strip("\n") for page in pages))),
        title=page.title or subject,
        url=saved_page if saved_page.startswith(("http://", "https://")) else None,
        lang=page.lang or _header(message, "content-language").split(",")[0] or None,
        advice=advice,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _texts(part: Message, left_out: list[str]) -> Iterator[_Text]:
    """Yield the parts to read; add a name for each of the others to `left_out`."""
    kind = part.get_content_type()
    if kind in _SEALED or kind == "multipart/encrypted":
        raise InputError("The mail is encrypted. Open it in a mail program, and save its text as .txt.")
    inner = part.get_payload() if part.is_multipart() else None
    if kind == "message/rfc822" or (kind.startswith("message/") and kind != "message/partial"):
        first = inner[0] if isinstance(inner, list) and inner else None
        subject = _header(first, "subject") if isinstance(first, Message) else ""
        left_out.append(f"the mail {subject!r}" if subject else "a mail")
    elif isinstance(inner, list):
        parts = [one for one in inner if isinstance(one, Message)]
        if kind == "multipart/alternative":
            yield from _best(parts, left_out)
        elif kind == "multipart/related":
            yield from _related(part, parts, left_out)
        else:
            for one in parts:
                yield from _texts(one, left_out)
    elif kind in ("text/plain", "text/html", "text/markdown") and not _is_attached(part):
        yield _Text(part)
    elif kind not in _SILENT:
        left_out.append(_name(part))


def _best(parts: list[Message], left_out: list[str]) -> Iterator[_Text]:
    """Yield the text of the same content in several forms: HTML together with the plain text, if there are both."""
    others: list[str] = []
    forms = [text for part in parts for text in _texts(part, others)]
    left_out += others
    html = next((text.part for text in forms if text.part.get_content_type() == "text/html"), None)
    plain = next((text.part for text in forms if text.part is not html and _is_plain(text.part)), None)
    if html is not None:
        yield _Text(html, plain)
    elif plain is not None:
        yield _Text(plain)


def _is_plain(part: Message) -> bool:
    return part.get_content_type() != "text/html"


def _related(whole: Message, parts: list[Message], left_out: list[str]) -> Iterator[_Text]:
    """Yield the page of a page with its pictures and style sheets (RFC 2387)."""
    start = whole.get_param("start")
    root = next((part for part in parts if start and part.get("content-id") == start), None)
    for part in parts:
        if part is root or (root is None and part is parts[0]) or _is_attached(part):
            yield from _texts(part, left_out)


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _name(part: Message) -> str:
    name = _decoded(str(part.get_filename() or ""))
    kind = part.get_content_type()
    return f"{' '.join(name.split())[:100]!r} ({kind})" if name else kind


def _read_part(text: _Text, encoding: str | None, forwarded: bool) -> Page:
    if text.plain is None:
        return (
            _read_html(text.part, encoding, forwarded)
            if not _is_plain(text.part)
            else _read_plain(text.part, encoding, forwarded)
        )
    plain, page = _read_plain(text.plain, encoding, forwarded), _read_html(text.part, encoding, forwarded)
    return page if len(page.text) > _STUB * len(plain.text) else plain


def _read_plain(part: Message, encoding: str | None, forwarded: bool) -> Page:
    decoded = decode_text(_payload(part), "text", encoding=encoding, charset=part.get_content_charset())
    text = decoded.text
    if str(part.get_param("format", "")).lower() == "flowed":
        text = _unfolded(text, deleted=str(part.get_param("delsp", "")).lower() == "yes")
    own = own_text(text, forwarded=forwarded)
    return Page(own.text, warnings=decoded.warnings + own.left_out)


def _read_html(part: Message, encoding: str | None, forwarded: bool) -> Page:
    decoded = decode_text(_payload(part), "html", encoding=encoding, charset=part.get_content_charset())
    paths = _SIGNATURE_ELEMENTS if forwarded else (*_QUOTED_ELEMENTS, *_SIGNATURE_ELEMENTS)
    html, removed = remove_elements(decoded.text, paths)
    page = read_page(html, "html")
    if removed and not any(map(str.isalpha, page.text)):
        page, removed = read_page(decoded.text, "html"), 0
    own = own_text(page.text, forwarded=forwarded)
    told = (f"quoted mails and signatures of {removed:,} characters were left out",) if removed else ()
    return page._replace(text=own.text, warnings=decoded.warnings + page.warnings + told + own.left_out)


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _unfolded(text: str, *, deleted: bool) -> str:
    """Join the lines of a flowed text (RFC 3676); `deleted` says that the space at a line's end is no part of it."""
    pieces: list[str] = []
    flows = False
    for line in text.splitlines():
        line = line.removeprefix(" ")
        if pieces and not (flows and not line.startswith(">")):
            pieces.append("\n")
        flows = line.endswith(" ") and line != "-- " and not line.startswith(">")
        pieces.append(line[:-1] if flows and deleted else line)
    return "".join(pieces)


def _header(message: Message, name: str) -> str:
    return " ".join(_decoded(_raw_header(message, name)).split())


def _raw_header(message: Message, name: str) -> str:
    """Return the first header of a name as it stands in the mail, without its encoded words decoded; "" if there is none."""
    value = next((str(value) for key, value in message.raw_items() if key.lower() == name), "")[
        :_LONGEST_HEADER
    ]
    data = value.encode("utf-8", "surrogateescape")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _decoded(value: str) -> str:
    """Decode the encoded words of a header (RFC 2047)."""
    text = ""
    for piece, charset in decode_header(value):
        if isinstance(piece, str):
            text += piece
            continue
        try:
            text += piece.decode(charset or "raw-unicode-escape", "replace")
        except (LookupError, ValueError):
            text += piece.decode("latin-1")
    return text


def _authors(message: Message) -> tuple[str, ...]:
    """Return the names of the senders, or their addresses."""
    try:
        senders = getaddresses([_raw_header(message, "from")])[:_MOST_AUTHORS]
    except RecursionError:  # brackets in brackets
        return ()
    names = (" ".join(_decoded(name).split()) or address for name, address in senders)
    return tuple(dict.fromkeys(name for name in names if name))


def _date(message: Message) -> str | None:
    try:
        return parsedate_to_datetime(_raw_header(message, "date")).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
