"""The passages of a result as a table, one row for each: CSV for spreadsheets, Parquet for programs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from briefing.errors import printable
from briefing.exports.annotations import Document
from briefing.exports.parquet import Rows
from briefing.sources import LONE_SURROGATES
from briefing.spans import Span

COLUMNS = (
    *("article", "title", "url", "source_sha256", "path", "kind", "label", "text", "note"),
    *("speaker", "speaker_start", "speaker_end"),
    *("passage", "segment", "start", "end", "passage_text", "place"),
)
#: What a spreadsheet may take for a formula: also behind white space, in full width, and behind the apostrophes put here.
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n＝＋－＠]")


def rows(document: Document) -> Iterator[dict[str, Any]]:
    """Yield a row for each segment of each passage; one without offsets for an item that points at nothing."""
    common = {
        "article": document.name,
        "title": document.title,
        "url": document.url,
        "source_sha256": document.sha256,
    }
    for annotation in document.annotations:
        speaker = annotation.speaker
        item = common | {
            "path": annotation.path,
            "kind": annotation.kind,
            "label": annotation.label,
            "text": annotation.text,
            "note": annotation.note,
            "speaker": "" if speaker is None else speaker.text,
            "speaker_start": None if speaker is None else speaker.start,
            "speaker_end": None if speaker is None else speaker.end,
        }
        segments = [
            (number, place, span)
            for number, passage in enumerate(annotation.passages, 1)
            for place, span in enumerate(passage, 1)
        ]
        yield from (item | _place(*segment) for segment in segments)
        if not segments:
            yield item


def _place(passage: int, segment: int, span: Span) -> dict[str, Any]:
    return {
        "passage": passage,
        "segment": segment,
        "start": span.start,
        "end": span.end,
        "passage_text": span.text,
        "place": span.label or "",
    }


class CsvWriter:
    """Writes CSV (RFC 4180) that begins with a byte order mark, without which Excel does not read UTF-8."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.write(b"\xef\xbb\xbf")
        self._write(dict(zip(COLUMNS, COLUMNS, strict=True)))

    def add(self, document: Document) -> None:
        """Write the rows of a document."""
        for row in rows(document):
            self._write(row)

    def close(self) -> None:
        """Write nothing more."""

    def _write(self, row: Mapping[str, Any]) -> None:
        line = io.StringIO()
        csv.writer(line).writerow([_cell(row.get(name)) for name in COLUMNS])
        self._file.write(line.getvalue().encode())


def _cell(value: object) -> object:
    """Return a value as it stands in a cell: a text that could be a formula, behind an apostrophe; no control characters."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if _FORMULA.match(text) else text


class ParquetWriter:
    """Writes the same table as Parquet, with the texts as they are."""

    def __init__(self, file: IO[bytes]) -> None:
        self._rows = Rows(file, COLUMNS)

    def add(self, document: Document) -> None:
        """Write the rows of a document."""
        for row in rows(document):
            self._rows.add({name: _encodable(value) for name, value in row.items()})

    def close(self) -> None:
        """Write the last rows and the footer."""
        self._rows.close()


def _encodable(value: object) -> object:
    """Return a value; a text with U+FFFD in place of lone surrogates, which UTF-8 cannot encode."""
    return LONE_SURROGATES.sub("\ufffd", value) if isinstance(value, str) else value
