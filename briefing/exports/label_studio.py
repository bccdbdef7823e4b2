"""Label Studio: tasks with predictions to import, the labeling configuration for them, and exported corrections.

Label Studio counts code points, CR LF as two; its versions before 1.6 counted UTF-16 units, which is seen by the text of a region.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from briefing.exports.annotations import CONTINUES, LABELS, SAID_BY, Document, Mark, marks
from briefing.exports.folders import Folder
from briefing.exports.gold import GoldArticle, Region, Regions, item_of, list_of
from briefing.exports.json_files import encoded

_FIELD = "text"


class LabelStudioWriter:
    """Writes `tasks.json`, and `labeling_config.xml` for the project that imports it."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._tasks: list[bytes] = []

    def add(self, document: Document) -> None:
        """Keep the task of a document."""
        self._tasks.append(encoded(_task(document)))

    def close(self) -> None:
        """Write both files."""
        self._folder.write("labeling_config.xml", _configuration().encode())
        self._folder.write("tasks.json", b"[\n" + b",\n".join(self._tasks) + b"\n]\n")


def _configuration() -> str:
    lines = [
        "<View>",
        # Otherwise white space is folded, and with it the offsets.
        "  <Style>.htx-text{ white-space: pre-wrap; }</Style>",
        "  <Relations>",
        *(f"    <Relation value={quoteattr(name)}/>" for name in (SAID_BY, CONTINUES)),
        "  </Relations>",
        f'  <Labels name="label" toName="{_FIELD}">',
        *(f"    <Label value={quoteattr(label)}/>" for label in LABELS),
        "  </Labels>",
        f'  <Text name="{_FIELD}" value="${_FIELD}"/>',
        "</View>",
    ]
    return "\n".join(lines) + "\n"


def _task(document: Document) -> dict[str, Any]:
    found = marks(document)
    result = [region for mark in found for region in _regions(mark)]
    result += [relation for mark in found for relation in _relations(mark)]
    model = document.meta.model or "briefing"
    return {
        "data": {_FIELD: document.source.text, **document.origin},
        "predictions": [{"model_version": model, "result": result}],
    }


def _name(mark: str, segment: int) -> str:
    return f"{mark}-{segment}"


def _regions(mark: Mark) -> Iterator[dict[str, Any]]:
    for number, span in enumerate(mark.spans):
        yield {
            "id": _name(mark.name, number),
            "from_name": "label",
            "to_name": _FIELD,
            "type": "labels",
            "value": {"start": span.start, "end": span.end, "text": span.text, "labels": [mark.label]},
        }


def _relations(mark: Mark) -> Iterator[dict[str, Any]]:
    pairs = [(_name(mark.name, i), _name(mark.name, i + 1), CONTINUES) for i in range(len(mark.spans) - 1)]
    if mark.speaker:
        pairs.append((_name(mark.name, 0), _name(mark.speaker, 0), SAID_BY))
    for start, end, label in pairs:
        yield {"type": "relation", "from_id": start, "to_id": end, "direction": "right", "labels": [label]}


def read_label_studio(value: object) -> Iterator[GoldArticle]:
    """Yield what people labelled, from a project's export as "JSON": one item for each annotation that was not cancelled.

    Raises:
        InputError: the value is no such export, or a label is not where its text stands.
    """
    for number, task in enumerate(list_of(value, "the export")):
        place = f"task {number + 1}"
        data = item_of(task, "data", dict, place)
        text = item_of(data, _FIELD, str, f"data of {place}")
        for annotation in list_of(item_of(task, "annotations", list, place), place):
            if not isinstance(annotation, Mapping) or annotation.get("was_cancelled"):
                continue
            regions = Regions(text, place)
            for result in list_of(item_of(annotation, "result", list, place), place):
                _read_result(result, regions, place)
            yield regions.article(data, annotator=annotation.get("completed_by"))


def _read_result(result: Any, regions: Regions, place: str) -> None:
    kind = item_of(result, "type", str, place)
    if kind == "relation":
        labels = list_of(result.get("labels") or [], f"labels of a relation of {place}")
        start, end = (item_of(result, name, str, place) for name in ("from_id", "to_id"))
        if result.get("direction") == "left":
            start, end = end, start
        regions.relate(start, end, CONTINUES if CONTINUES in labels else SAID_BY)
    elif kind == "labels":
        value = item_of(result, "value", dict, place)
        first, last = (item_of(value, name, int, place) for name in ("start", "end"))
        for label in item_of(value, "labels", list, place):
            regions.add(item_of(result, "id", str, place), Region(first, last, str(label), value.get("text")))
