"""Read PDFs by pdfium, which Chromium shows them with."""

from __future__ import annotations

import ctypes
import math
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from briefing.errors import InputError, MissingExtraError
from briefing.sources.file_metadata import plausible_authors, plausible_title
from briefing.sources.markup import Page
from briefing.sources.pdf_layout import Line, in_reading_order
from briefing.sources.pdf_paragraphs import join_paragraphs, without_running_heads
from briefing.sources.pdf_words import Piece, Words

#: Most pages of a file, and characters of a page and of all.
MAX_PAGES = 500
_MOST_CHARACTERS_OF_ONE, _MOST_CHARACTERS = 100_000, 2_000_000
#: pdfium is not thread-safe.
_LOCK = threading.Lock()
_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)")
#: A font is a heading's if it is this much larger than that of most text.
_HEADING = 1.2
#: Text in smaller letters than this, in points, is not read, nor what is turned by an angle with a larger sine than this.
_SMALLEST, _TURNED = 2.0, 0.2
#: How far letters reach above and below their line, in font sizes.
_ASCENT, _DESCENT = 0.8, 0.2
#: How pdfium gives hyphens at the ends of lines.
_LINE_END_HYPHENS = (0x02, 0xFFFE)
_WRONG_PASSWORD = "password"  # noqa: S105  # of pdfium's message


def read_pdf(data: bytes, password: str | None = None, max_pages: int = MAX_PAGES) -> Page:
    """Return the text of a PDF in reading order, one paragraph per line, with the numbers of its pages as labels.

    Raises:
        InputError: the file is damaged, encrypted or too large, or has no text.
        MissingExtraError: pypdfium2 is not installed.
    """
    with _opened(data, password) as document:
        if len(document) > max_pages:
            raise InputError(
                f"The PDF has {len(document):,} pages, more than {max_pages:,}. Split it into single articles."
            )
        about = {
            name: _decoded(document.get_metadata_value, name) for name in ("Title", "Author", "CreationDate")
        }
        names = [
            _decoded(document.get_page_label, number) or str(number + 1) for number in range(len(document))
        ]
        pages: list[list[Piece]] = []
        left_out = total = 0
        for number in range(len(document)):
            pieces, others = _read_page(document, number)
            pages.append(pieces)
            left_out += others
            total += sum(len(piece.text) for piece in pieces)
            if total > _MOST_CHARACTERS:
                raise InputError("The PDF has too much text. Split it into single articles.")
    if not total:
        raise InputError("The PDF has no text, only pictures of it. OCR it first, for example with ocrmypdf.")
    pages, heads = without_running_heads(pages)
    kept = [in_reading_order(pieces) for pieces in pages]
    text, labels = join_paragraphs(kept, [f"page {name}" for name in names])
    warnings = []
    if empty := [name for name, pieces in zip(names, pages, strict=True) if not pieces]:
        shown = ", ".join(empty[:10]) + (" and others" if len(empty) > 10 else "")
        warnings.append(f"no text on page {shown}; if it is a scan, OCR it first")
    if heads:
        warnings.append(f"{heads:,} running heads, feet and page numbers were left out")
    if 2 * sum(piece.is_rtl for pieces in pages for piece in pieces) > sum(map(len, pages)):
        warnings.append("spaces and marks of text from right to left may be out of place in PDFs")
    if left_out:
        warnings.append(f"{left_out:,} characters outside of pages, tiny or turned were left out")
    opening = " ".join(line.text for line in kept[0])
    created = _DATE.match(about["CreationDate"])
    return Page(
        text,
        title=plausible_title(about["Title"], opening, _heading(kept[0])),
        date="-".join(created.groups()) if created else None,
        authors=plausible_authors(about["Author"]),
        advice="Its text cannot be extracted. OCR it first, for example with ocrmypdf.",
        warnings=tuple(warnings),
        labels=labels,
    )


def _decoded(get: Callable[[Any], str], what: Any) -> str:
    """Return what pypdfium2 gives; "" if it is not valid UTF-16."""
    try:
        return get(what)
    except UnicodeDecodeError:
        return ""


@contextmanager
def _opened(data: bytes, password: str | None) -> Iterator[Any]:
    """Open a document for as long as the context lasts. No other thread has one open meanwhile."""
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtraError("Reading PDFs", "pdf") from error
    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(data, password=password)
        except pypdfium2.PdfiumError as error:
            if _WRONG_PASSWORD in str(error).lower():
                advice = (
                    "Its password is another one." if password else "Give its password= to Source.from_pdf."
                )
                raise InputError(f"The PDF is encrypted. {advice}") from error
            raise InputError("The PDF is damaged. Open it in a PDF viewer, and save it again.") from error
        with closing(document):
            try:
                yield document
            except pypdfium2.PdfiumError as error:
                raise InputError(
                    f"The PDF is damaged ({error}). Open it in a PDF viewer, and save it again."
                ) from error


def _read_page(document: Any, number: int) -> tuple[list[Piece], int]:
    """Return the pieces of a page's text in the order in which it is drawn, and the number of characters left out."""
    import pypdfium2.raw as pdfium

    with closing(document[number]) as page, closing(page.get_textpage()) as text:
        width, height = page.get_size()
        if text.count_chars() > _MOST_CHARACTERS_OF_ONE:
            raise InputError(
                f"Page {number + 1} of the PDF has too much text. Give the article's text instead."
            )
        words = Words(height)
        left_out = 0
        box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
        fonts: dict[int | None, tuple[float, bool]] = {}
        for index in range(text.count_chars()):
            code = pdfium.FPDFText_GetUnicode(text, index)
            letter = "-" if code in _LINE_END_HYPHENS else chr(code)
            if letter in "\r\n":
                words.end_line()
            elif letter.isspace():
                words.end_word()
            elif (
                ord(letter) >= 0x20
                and pdfium.FPDFText_GetLooseCharBox(text, index, ctypes.byref(box))
                and pdfium.FPDFText_GetCharOrigin(text, index, ctypes.byref(x), ctypes.byref(y))
            ):
                drawn = ctypes.cast(pdfium.FPDFText_GetTextObject(text, index), ctypes.c_void_p).value
                if drawn not in fonts:
                    fonts[drawn] = _font(pdfium, text, index)
                size, is_turned = fonts[drawn]
                seen = 0 <= box.left + box.right <= 2 * width and 0 <= box.top + box.bottom <= 2 * height
                if not seen or size < _SMALLEST or is_turned:
                    left_out += 1
                else:
                    # The box of some fonts is that of the letter itself, as of a dot.
                    words.add(
                        letter, box.left, box.right, y.value + _ASCENT * size, y.value - _DESCENT * size
                    )
        words.end_line()
    return words.pieces, left_out


def _font(pdfium: Any, text: Any, index: int) -> tuple[float, bool]:
    """Return the size of a character's font in points, and whether it is turned."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, index, ctypes.byref(matrix))
    size = pdfium.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d)
    return size, abs(matrix.b) > _TURNED * math.hypot(matrix.a, matrix.b)


def _heading(lines: list[Line]) -> str | None:
    """Return the largest text of a page; `None` if it is not larger than the rest."""
    sizes = sorted(line.size for line in lines for _ in line.text)
    if not sizes or (largest := sizes[-1]) < _HEADING * sizes[len(sizes) // 2]:
        return None
    return " ".join(line.text for line in lines if line.size >= 0.95 * largest)
