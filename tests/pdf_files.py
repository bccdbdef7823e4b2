"""PDFs for tests, written by hand: text at places on pages, in the fonts that every reader has."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

#: A4, in points.
WIDTH, HEIGHT = 595, 842


class Put(NamedTuple):
    """A text that begins at a place, in points from the left and the top."""

    left: float
    top: float
    text: str
    size: float = 11
    turned: bool = False


def pdf(
    pages: Sequence[Sequence[Put]], *, info: dict[str, str] | None = None, compress: bool = False
) -> bytes:
    """A PDF whose pages hold these texts in this order, in Helvetica, and the letters of cp1252."""
    objects = [b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    kids = []
    for page in pages:
        stream = b"\n".join(map(_drawn, page))
        filters = b""
        if compress:
            stream, filters = zlib.compress(stream, 9), b" /Filter /FlateDecode"
        objects.append(b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(stream), filters, stream))
        objects.append(
            b"<< /Type /Page /Parent 1 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R "
            b"/Resources << /Font << /F1 2 0 R >> >> >>" % (WIDTH, HEIGHT, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    objects.append(b"<< /Type /Catalog /Pages 1 0 R >>")
    root = len(objects)
    about = " ".join(f"/{name} ({value})" for name, value in (info or {}).items())
    objects.append(f"<< {about} >>".encode("cp1252"))
    data = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\n" % (len(objects) + 1, root, root + 1)
    return data + trailer + b"startxref\n%d\n%%%%EOF\n" % data.rindex(b"xref\n0 ")


def _drawn(put: Put) -> bytes:
    text = put.text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    matrix = b"0 1 -1 0" if put.turned else b"1 0 0 1"
    place = b"%g %g" % (put.left, HEIGHT - put.top)
    return b"BT /F1 %g Tf %s %s Tm (%s) Tj ET" % (put.size, matrix, place, text)


def lines(left: float, top: float, texts: Sequence[str], size: float = 11) -> list[Put]:
    """Lines below each other."""
    return [Put(left, top + number * 1.3 * size, text, size) for number, text in enumerate(texts)]
