"""brat standoff: a text and its annotations for each article, and the configuration of the collection.

Offsets count code points, CR LF as two. A passage of several lines is a discontinuous one, as brat's own editor makes it;
so is one with control characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from briefing.errors import one_line
from briefing.exports.annotations import LABELS, QUOTATION, SAID_BY, SPEAKER, Document, marks
from briefing.exports.folders import Folder
from briefing.spans import Span

#: What stands on one line: no control character, at some of which brat's reader ends a line, or a field.
_LINE = re.compile("[^\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONFIGURATION = f"""[entities]
{chr(10).join(LABELS)}

[relations]
{SAID_BY}\tArg1:{QUOTATION}, Arg2:{SPEAKER}
<OVERLAP>\tArg1:<ANY>, Arg2:<ANY>, <OVL-TYPE>:<ANY>

[events]

[attributes]
"""


class BratWriter:
    """Writes NAME.txt and NAME.ann for each article, and `annotation.conf`."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        folder.write("annotation.conf", _CONFIGURATION.encode())

    def add(self, document: Document) -> None:
        """Write a document."""
        text = document.source.text
        name = self._folder.free_name(document.name, document.sha256[:16])
        self._folder.write(f"{name}.txt", text.encode())
        self._folder.write(f"{name}.ann", "".join(f"{line}\n" for line in _lines(document, text)).encode())

    def close(self) -> None:
        """Write nothing more."""


def _lines(document: Document, text: str) -> Iterator[str]:
    found = marks(document)
    names = {mark.name: f"T{number}" for number, mark in enumerate(found, 1)}
    for mark in found:
        places = [place for span in mark.spans for place in _fragments(span)]
        offsets = ";".join(f"{start} {end}" for start, end in places)
        words = " ".join(text[start:end] for start, end in places)
        # brat refuses an annotation whose words are not those of the text.
        yield f"{names[mark.name]}\t{mark.label} {offsets}\t{words}"
    spoken = (mark for mark in found if mark.speaker)
    for number, mark in enumerate(spoken, 1):
        yield f"R{number}\t{SAID_BY} Arg1:{names[mark.name]} Arg2:{names[mark.speaker]}"
    noted = (mark for mark in found if mark.note)
    for number, mark in enumerate(noted, 1):
        yield f"#{number}\tAnnotatorNotes {names[mark.name]}\t{one_line(mark.note)}"


def _fragments(span: Span) -> list[tuple[int, int]]:
    """Return the parts of a span that stand on one line each, without white space at their ends."""
    parts = []
    for line in _LINE.finditer(span.text):
        start = line.start() + len(line[0]) - len(line[0].lstrip())
        if line[0].strip():
            parts.append((span.start + start, span.start + start + len(line[0].strip())))
    return parts
