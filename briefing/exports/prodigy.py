"""Prodigy: JSON lines for `spans.manual` and `rel.manual`, and exported corrections. Offsets count code points.

Each line has its words, cut where a span begins or ends, so that Prodigy does not move a span to its own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import IO, Any

from briefing.exports.annotations import CONTINUES, SAID_BY, Document, marks
from briefing.exports.gold import GoldArticle, Region, Regions, item_of, list_of
from briefing.exports.json_files import encoded
from briefing.exports.words import words
from briefing.spans import Span


class ProdigyWriter:
    """Writes a line for each article."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, document: Document) -> None:
        """Write a document."""
        self._file.write(encoded(_example(document)) + b"\n")

    def close(self) -> None:
        """Write nothing more."""


def _example(document: Document) -> dict[str, Any]:
    text = document.source.text
    found = marks(document)
    tokens: list[dict[str, Any]] = []
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for word in words(text, (span for mark in found for span in mark.spans)):
        starts[word.start] = len(tokens)
        if word.text == " " and tokens and not tokens[-1]["ws"]:
            tokens[-1]["ws"] = True
        else:
            tokens.append(
                {"text": word.text, "start": word.start, "end": word.end, "id": len(tokens), "ws": False}
            )
        ends[word.end] = len(tokens) - 1

    def placed(span: Span, label: str) -> dict[str, Any]:
        return {
            "start": span.start,
            "end": span.end,
            "token_start": starts[span.start],
            "token_end": ends[span.end],
            "label": label,
        }

    spans = {mark.name: [placed(span, mark.label) for span in mark.spans] for mark in found}
    relations = [
        _relation(one, other, CONTINUES) for segments in spans.values() for one, other in pairwise(segments)
    ]
    relations += [
        _relation(spans[mark.name][0], spans[mark.speaker][0], SAID_BY) for mark in found if mark.speaker
    ]
    return {
        "text": text,
        "tokens": tokens,
        "spans": [span for segments in spans.values() for span in segments],
        "relations": relations,
        "meta": document.origin,
    }


def _relation(head: Mapping[str, Any], child: Mapping[str, Any], label: str) -> dict[str, Any]:
    return {
        "head": head["token_end"],
        "child": child["token_end"],
        "head_span": dict(head),
        "child_span": dict(child),
        "label": label,
    }


def read_prodigy(values: list[Any]) -> Iterator[GoldArticle]:
    """Yield what people labelled, from the lines of `prodigy db-out`: one item for each line that was accepted.

    Raises:
        InputError: a line is none of Prodigy's, or a span is not in the text.
    """
    for number, value in enumerate(values, 1):
        place = f"line {number}"
        text = item_of(value, "text", str, place)
        if value.get("answer", "accept") != "accept":
            continue
        regions = Regions(text, place)
        for span in list_of(value.get("spans") or [], place):
            regions.add(*_region(span, place))
        for relation in list_of(value.get("relations") or [], place):
            label = CONTINUES if item_of(relation, "label", str, place) == CONTINUES else SAID_BY
            (start, head), (end, child) = (
                _region(item_of(relation, name, dict, place), place) for name in ("head_span", "child_span")
            )
            regions.add(start, head)
            regions.add(end, child)
            regions.relate(start, end, label)
        meta = value.get("meta")
        annotator = value.get("_annotator_id") or value.get("_session_id")
        yield regions.article(meta if isinstance(meta, Mapping) else {}, annotator=annotator)


def _region(span: Any, place: str) -> tuple[str, Region]:
    """Return a span's region, named by what it is."""
    start, end = (item_of(span, name, int, place) for name in ("start", "end"))
    label = item_of(span, "label", str, place)
    return f"{start} {end} {label}", Region(start, end, label, span.get("text"))
