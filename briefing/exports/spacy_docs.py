"""spaCy's `DocBin` (.spacy): the articles as `Doc`s.

`doc.ents` has the names, the longest where they overlap. `doc.spans` has all of them under "entities", each segment of a quotation
under "quotations", and "speakers" and "evidence"; the parts of one item share their `span.id_`. `doc.user_data["briefing"]` has where the
article comes from.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from briefing.errors import MissingExtraError, printable
from briefing.exports.annotations import QUOTATION, SPEAKER, Document, marks, without_overlaps
from briefing.exports.words import words
from briefing.spans import Span

if TYPE_CHECKING:
    from spacy.tokens import Doc


class SpacyWriter:
    """Writes one `DocBin`, at the end: spaCy has no form that can be appended to."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            from spacy.tokens import DocBin
            from spacy.vocab import Vocab
        except ImportError as error:
            raise MissingExtraError("the format spacy", "spacy") from error
        self._file = file
        self._vocab = Vocab()
        self._docs = DocBin(attrs=["ENT_IOB", "ENT_TYPE"], store_user_data=True)

    def add(self, document: Document) -> None:
        """Keep a document."""
        self._docs.add(_doc(document, self._vocab))

    def close(self) -> None:
        """Write all documents."""
        self._file.write(self._docs.to_bytes())


def _doc(document: Document, vocab: Any) -> Doc:
    from spacy.tokens import Doc

    found = marks(document)
    evidence = [
        (span, f"statement-{number}")
        for number, annotation in enumerate((a for a in document.annotations if a.kind == "evidence"), 1)
        for passage in annotation.passages
        for span in passage
        if span.text.strip()
    ]
    spans = [span for mark in found for span in mark.spans] + [span for span, _ in evidence]
    texts: list[str] = []
    spaces: list[bool] = []
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for word in words(document.source.text, spans):
        starts[word.start] = len(texts)
        # A single space is no token but a property of the one before it.
        if word.text == " " and texts and not spaces[-1] and not texts[-1].isspace():
            spaces[-1] = True
            ends[word.end] = len(texts)
        else:
            texts.append(word.text)
            spaces.append(False)
            ends[word.end] = len(texts)
    doc = Doc(vocab, words=texts, spaces=spaces)

    def cut(span: Span, label: str, name: str) -> Any:
        from spacy.tokens import Span as DocSpan

        return DocSpan(doc, starts[span.start], ends[span.end], label=label, span_id=name)

    groups: dict[str, list[Any]] = {"entities": [], "quotations": [], "speakers": []}
    for mark in found:
        group = {QUOTATION: "quotations", SPEAKER: "speakers"}.get(mark.label, "entities")
        groups[group] += [cut(span, mark.label, mark.name) for span in mark.spans]
    doc.spans.update(groups)
    doc.spans["evidence"] = [cut(span, "evidence", name) for span, name in evidence]
    names = [
        (mark.spans[0], mark.label)
        for mark in found
        if mark.label not in (QUOTATION, SPEAKER) and len(mark.spans) == 1
    ]
    doc.ents = tuple(cut(span, label, "") for span, label in without_overlaps(names))
    doc.user_data["briefing"] = {
        "source_sha256": document.sha256,
        "title": printable(document.title),
        "url": printable(document.url),
        "speakers": {mark.name: mark.speaker for mark in found if mark.speaker},
    }
    return doc
