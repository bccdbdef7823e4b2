"""CoNLL columns with IOB2 tags: word, tag of the quotation, tag of the name; as in CoNLL-2002, the last column is the name's.

A line -DOCSTART- begins each article, an empty line ends each sentence. White space is left out, and with it the offsets.
"""

from __future__ import annotations

from typing import IO

from briefing.errors import printable
from briefing.exports.annotations import QUOTATION, SPEAKER, Document, marks, without_overlaps
from briefing.exports.words import Word, words
from briefing.spans import Span

_CODES = {"person": "PER", "organization": "ORG", "location": "LOC"}


class ConllWriter:
    """Writes the words of each article with their tags."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, document: Document) -> None:
        """Write a document."""
        found = marks(document)
        quotations = [(span, "QUOTE") for mark in found if mark.label == QUOTATION for span in mark.spans]
        names = [
            (span, _CODES.get(mark.label, mark.label.upper()))
            for mark in found
            if mark.label not in (QUOTATION, SPEAKER)
            for span in mark.spans
        ]
        source = document.source
        text = words(source.text, (span for span, _ in (*quotations, *names)))
        columns = [_tags(text, quotations), _tags(text, names)]
        ends = {sentence.end for sentence in source.sentences}
        lines = ["-DOCSTART- O O", ""]
        for word, *tags in zip(text, *columns, strict=True):
            if not word.text.isspace():
                lines.append(" ".join((printable(word.text), *tags)))
            if word.end in ends and lines[-1]:
                lines.append("")
        self._file.write("".join(f"{line}\n" for line in [*lines, *([""] if lines[-1] else [])]).encode())

    def close(self) -> None:
        """Write nothing more."""


def _tags(text: list[Word], spans: list[tuple[Span, str]]) -> list[str]:
    """Return the tag of each word: B- for the first of a span, I- for the others, O outside."""
    waiting = without_overlaps(spans)[::-1]
    tags: list[str] = []
    first = True
    for word in text:
        while waiting and waiting[-1][0].end <= word.start:
            waiting.pop()
            first = True
        if not waiting or word.start < waiting[-1][0].start:
            tags.append("O")
        else:
            tags.append(f"{'B' if first else 'I'}-{waiting[-1][1]}")
            first = first and word.text.isspace()
    return tags
