"""W3C Web Annotation Data Model, as JSON-LD: one collection of all passages.

A target is the text that was read, named by its hash, because its offsets are not those of the page; the page is the `scope`. A
`TextPositionSelector` counts code points, as the recommendation says; a `TextQuoteSelector` has what stands before and behind. For clients
that count UTF-16 units, such as Recogito, there is a writer of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import IO, Any
from uuid import NAMESPACE_URL, uuid5

from briefing.exports.annotations import Annotation, Document
from briefing.exports.identifiers import result_uri, text_uri, web_url
from briefing.exports.json_files import encoded, filled
from briefing.spans import Span

#: Characters before and behind a passage that tell it from others with the same words.
_AROUND = 32
_CONTEXT = "http://www.w3.org/ns/anno.jsonld"


class WebAnnotationWriter:
    """Writes an `AnnotationCollection` with one page."""

    _utf16 = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._total = 0
        self._names = hashlib.sha256()
        opening = f'{{"@context":"{_CONTEXT}","type":"AnnotationCollection","label":"Briefings","first":{{'
        file.write(f'{opening}"type":"AnnotationPage","startIndex":0,"items":['.encode())

    def add(self, document: Document) -> None:
        """Write the annotations of a document."""
        for annotation in _annotations(document, utf16=self._utf16):
            self._file.write((b",\n" if self._total else b"\n") + encoded(annotation))
            self._names.update(annotation["id"].encode())
            self._total += 1

    def close(self) -> None:
        """Write the end of the collection."""
        name = self._names.hexdigest()
        page, whole = (uuid5(NAMESPACE_URL, f"{name} {part}").urn for part in ("page", "collection"))
        self._file.write(
            f'\n],"id":"{page}","partOf":"{whole}"}},"id":"{whole}","total":{self._total}}}\n'.encode()
        )


class Utf16Writer(WebAnnotationWriter):
    """Writes the same with offsets in UTF-16 units."""

    _utf16 = True


def _annotations(document: Document, *, utf16: bool) -> Iterator[dict[str, Any]]:
    for annotation in document.annotations:
        for number, passage in enumerate(annotation.passages):
            targets = [_target(document, span, utf16=utf16) for span in passage]
            if targets:
                yield filled(
                    id=result_uri(document, annotation.path, number),
                    type="Annotation",
                    motivation="linking" if annotation.kind == "evidence" else "tagging",
                    generator=filled(type="Software", name=_generator(document)),
                    body=_bodies(annotation),
                    target=targets if len(targets) > 1 else targets[0],
                )


def _generator(document: Document) -> str:
    meta = document.meta
    return f"briefing {meta.briefing_version}, {meta.model}" if meta.model else "briefing"


def _bodies(annotation: Annotation) -> list[dict[str, Any]]:
    """Return the label as a tag, and what is said: who spoke, the full name, or the statement that rests on the passage."""
    bodies = [{"type": "TextualBody", "purpose": "tagging", "value": annotation.label}]
    if annotation.kind == "evidence":
        bodies.append({"type": "TextualBody", "purpose": "describing", "value": annotation.text})
    elif annotation.kind == "quotation":
        if annotation.speaker is not None:
            bodies.append({"type": "TextualBody", "purpose": "identifying", "value": annotation.speaker.text})
    else:
        bodies.append({"type": "TextualBody", "purpose": "identifying", "value": annotation.text})
    if annotation.note:
        bodies.append({"type": "TextualBody", "purpose": "classifying", "value": annotation.note})
    return bodies


def _target(document: Document, span: Span, *, utf16: bool) -> dict[str, Any]:
    source = document.source
    quote = filled(
        type="TextQuoteSelector",
        exact=span.text,
        prefix=source.text[max(span.start - _AROUND, 0) : span.start],
        suffix=source.text[span.end : span.end + _AROUND],
    )
    start, end = (_units(source.text[:offset]) if utf16 else offset for offset in (span.start, span.end))
    position = {"type": "TextPositionSelector", "start": start, "end": end}
    return filled(
        type="SpecificResource",
        source=text_uri(document),
        scope=web_url(document),
        selector=[quote, position],
    )


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
