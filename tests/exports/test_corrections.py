"""What people labelled, back from annotation tools."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from export_cases import ARTICLE, ENTITIES, QUOTE, URL, ledger_briefing
from hypothesis import given
from hypothesis import strategies as st

import briefing
from briefing import GoldArticle, InputError
from briefing.exports import read_annotations

#: What the predictions say, in the form of the corrections.
NAMES = sorted((e.type, s.start, s.end) for e in ENTITIES for s in e.mentions)


def label_studio(tmp_path: Path) -> list[Any]:
    """An export of Label Studio in which the predictions were accepted as they are."""
    folder = briefing.export(ledger_briefing(), tmp_path / "ls", to="label-studio")
    [task] = json.loads((folder / "tasks.json").read_text("utf-8"))
    annotation = {
        "id": 7,
        "completed_by": {"email": "ida@example.org"},
        "was_cancelled": False,
        "result": task["predictions"][0]["result"],
    }
    return [{"id": 1, "data": task["data"], "annotations": [annotation], "predictions": []}]


def prodigy(tmp_path: Path) -> list[Any]:
    """The same of Prodigy."""
    path = briefing.export(ledger_briefing(), tmp_path / "x.jsonl", to="prodigy")
    return [json.loads(path.read_text("utf-8")) | {"answer": "accept", "_annotator_id": "ida"}]


def read(tool: str, value: list[Any]) -> list[GoldArticle]:
    """What is read of an export."""
    whole = tool == "label-studio"
    text = json.dumps(value) if whole else "\n".join(map(json.dumps, value))
    return list(read_annotations(text.encode(), tool, "export"))


@pytest.mark.parametrize(("tool", "export"), [("label-studio", label_studio), ("prodigy", prodigy)])
def test_accepted_predictions_come_back(
    tmp_path: Path, tool: str, export: Callable[[Path], list[Any]]
) -> None:
    """Quotations with their segments and speakers, names with their types, of the same article."""
    path = tmp_path / "export.json"
    path.write_text(
        "\n".join(map(json.dumps, export(tmp_path))) if tool == "prodigy" else json.dumps(export(tmp_path))
    )
    [gold] = briefing.import_annotations(path, tool)

    [quote] = gold.quotes
    assert (tuple(QUOTE.spans), QUOTE.speaker_span) == (quote.spans, quote.speaker)
    assert sorted((e.type, e.span.start, e.span.end) for e in gold.entities) == NAMES
    assert (ARTICLE.sha256, ARTICLE.text, URL, ()) == (gold.source_sha256, gold.text, gold.url, gold.warnings)
    assert gold.annotator in {"ida", "ida@example.org"}
    assert gold == GoldArticle.model_validate_json(gold.model_dump_json())


def test_what_was_not_accepted_is_left_out(tmp_path: Path) -> None:
    """Cancelled annotations, rejected and ignored examples; tasks that nobody labelled."""
    [task], [line] = label_studio(tmp_path), prodigy(tmp_path)
    cancelled = task | {"annotations": [task["annotations"][0] | {"was_cancelled": True}]}
    assert [] == read("label-studio", [cancelled, task | {"annotations": []}])
    assert [] == read("prodigy", [line | {"answer": "reject"}, line | {"answer": "ignore"}])


def test_offsets_in_utf16_units_are_told_by_the_text_of_a_region(tmp_path: Path) -> None:
    """As early versions of Label Studio have them; without the text, they would be taken for code points."""
    [task] = label_studio(tmp_path)
    for result in task["annotations"][0]["result"]:
        if result["type"] == "labels":
            value = result["value"]
            for name in ("start", "end"):
                value[name] = len(ARTICLE.text[: value[name]].encode("utf-16-le")) // 2
    [gold] = read("label-studio", [task])
    assert sorted((e.type, e.span.start, e.span.end) for e in gold.entities) == NAMES


def test_nothing_is_left_out_in_silence(tmp_path: Path) -> None:
    """Speakers without a quotation, and segments that continue each other in a circle, are counted."""
    [task] = label_studio(tmp_path)
    result = task["annotations"][0]["result"]
    kept = [one for one in result if one.get("labels") != ["said_by"]]
    circle = {
        "type": "relation",
        "from_id": "quotation-1-1",
        "to_id": "quotation-1-0",
        "labels": ["continues"],
    }
    [gold] = read("label-studio", [task | {"annotations": [{"result": [*kept, circle]}]}])
    assert () == gold.quotes
    assert ["left out: 2 segments", "left out: 1 speakers"] == [
        " ".join(w.split()[:4]) for w in gold.warnings
    ]


@pytest.mark.parametrize(
    ("direction", "ends"),
    [("right", ("quotation", "speaker")), ("right", ("speaker", "quotation")), ("left", ("speaker", "quotation")),
     ("left", ("quotation", "speaker")), ("bi", ("speaker", "quotation"))],
)  # fmt: skip
def test_a_speaker_is_found_however_the_relation_was_drawn(
    tmp_path: Path, direction: str, ends: tuple[str, str]
) -> None:
    """Label Studio draws it from the region that was clicked first, and turns it at a click."""
    [task] = label_studio(tmp_path)
    [said] = (one for one in task["annotations"][0]["result"] if one.get("labels") == ["said_by"])
    said |= {"from_id": f"{ends[0]}-1-0", "to_id": f"{ends[1]}-1-0", "direction": direction}
    [gold] = read("label-studio", [task])
    assert [(QUOTE.speaker_span, ())] == [(quote.speaker, gold.warnings) for quote in gold.quotes]


def test_one_speaker_of_several_quotations_is_that_of_each() -> None:
    """Also if the relations were drawn from the speaker."""
    text = "Ann said “no” and “never”."
    places = {"ann": ("speaker", 0, 3), "no": ("quotation", 10, 12), "never": ("quotation", 19, 24)}
    regions = [
        {"id": name, "type": "labels", "value": {"start": start, "end": end, "labels": [label]}}
        for name, (label, start, end) in places.items()
    ]
    said = [
        {"type": "relation", "from_id": "ann", "to_id": name, "labels": ["said_by"]}
        for name in ("no", "never")
    ]
    [gold] = read("label-studio", [{"data": {"text": text}, "annotations": [{"result": [*said, *regions]}]}])
    assert [("no", "Ann"), ("never", "Ann")] == [
        (quote.spans[0].text, quote.speaker and quote.speaker.text) for quote in gold.quotes
    ]


def test_a_name_that_is_labelled_twice_is_one(tmp_path: Path) -> None:
    """And a label on white space, or with half of a character in its name, is told or written."""
    [task] = label_studio(tmp_path)
    result = task["annotations"][0]["result"]
    names = [one for one in result if one.get("value", {}).get("labels") == ["organization"]]
    again = [one | {"id": f"again-{number}"} for number, one in enumerate(names)]
    blank = {"id": "blank", "type": "labels", "value": {"start": 4, "end": 4, "labels": ["person"]}}
    odd = {"id": "odd", "type": "labels", "value": {"start": 0, "end": 4, "labels": ["\ud800"]}}
    [gold] = read("label-studio", [task | {"annotations": [{"result": [*result, *again, blank, odd]}]}])
    assert NAMES == sorted((e.type, e.span.start, e.span.end) for e in gold.entities if e.type != "\ufffd")
    assert len(NAMES) + 1 == len(gold.entities)
    assert ("left out: 1 labels on white space or on nothing",) == gold.warnings
    assert gold == GoldArticle.model_validate_json(gold.model_dump_json())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": 0, "end": 5}, "'organization' from 0 to 5 is not where its text stands"),
        ({"start": -3}, "is not where its text stands"),
        ({"end": 10**9}, "is not where its text stands"),
        ({"text": None, "end": 10**9}, "is outside of the text"),
        ({"start": "1"}, "task 1 has no 'start' that is an integer"),
        ({"labels": "x"}, "task 1 has no 'labels' that is a list"),
    ],
)
def test_a_label_that_is_not_in_the_text_is_an_error(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    """The message names the task and the label."""
    [task] = label_studio(tmp_path)
    region = next(
        r for r in task["annotations"][0]["result"] if r.get("value", {}).get("labels") == ["organization"]
    )
    region["value"] |= change
    with pytest.raises(InputError, match=message):
        read("label-studio", [task])


@pytest.mark.parametrize(
    ("tool", "data", "message"),
    [
        ("label-studio", b"{}", "the export is not a list; give Label Studio"),
        ("label-studio", b"[3]", "task 1 has no 'data'"),
        ("label-studio", b'[{"text": "a", "label": []}]', "task 1 has no 'data' that is an object; give"),
        ("label-studio", b"[" * 100_000, "is not JSON as label-studio exports it"),
        ("label-studio", b"\xff", "is not JSON as label-studio exports it"),
        ("label-studio", b'[{"data": {"text": "\\ud800 a"}, "annotations": [{"result": []}]}]', "lone surrogate"),
        ("prodigy", b'{"text": 3}', "line 1 has no 'text' that is a string"),
        ("prodigy", b'{"text": "a", "spans": [{"start": 0, "end": 9, "label": "x"}]}', "outside of the text"),
        ("prodigy", b'{"text": "a", "spans": {}, "relations": [1]}', "line 1 has no 'label'"),
        ("prodigy", b'{"text": "a", "meta": {"source_sha256": "00"}}', "not the one that was exported"),
        ("prodigy", b"no\n", "is not JSON as prodigy exports it"),
    ],
)  # fmt: skip
def test_hostile_files_are_typed_errors(tool: str, data: bytes, message: str) -> None:
    """Whatever is in them; the message names the file."""
    with pytest.raises(InputError, match=message) as error:
        list(read_annotations(data, tool, "export.json"))
    assert str(error.value).startswith("export.json")


def test_an_unknown_tool_is_an_error(tmp_path: Path) -> None:
    """It names those that are known; a file that is not there is told as well."""
    with pytest.raises(briefing.ConfigurationError, match="give one of label-studio, prodigy"):
        briefing.import_annotations(tmp_path / "x", "doccano")
    with pytest.raises(InputError, match="cannot read"):
        briefing.import_annotations(tmp_path / "x", "prodigy")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.sampled_from(["text", "labels", "relation", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "data",
                    "text",
                    "annotations",
                    "result",
                    "type",
                    "value",
                    "start",
                    "end",
                    "labels",
                    "id",
                    "spans",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.lists(_JSON, max_size=3), st.sampled_from(["label-studio", "prodigy"]))
def test_any_json_is_read_or_refused(value: list[Any], tool: str) -> None:
    """No other exception."""
    with contextlib.suppress(InputError):
        read(tool, value)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in JSON data."""
    if path:
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, held in steps:
        yield from _places(held, (*path, step))


@pytest.mark.parametrize(("tool", "export"), [("label-studio", label_studio), ("prodigy", prodigy)])
def test_an_export_with_anything_in_one_place_is_read_or_refused(
    tmp_path: Path, tool: str, export: Callable[[Path], list[Any]]
) -> None:
    """Values of every type in each place of a true export; what is read can be written."""
    true = export(tmp_path)
    for *way, last in [place for place in _places(true) if "tokens" not in place]:
        for wrong in (None, True, 7, 0.5, "", "\ud800", [], {}, [None], ["\ud800"], {"email": []}):
            value = copy.deepcopy(true)
            reduce(lambda held, step: held[step], way, value)[last] = wrong  # type: ignore[index]
            with contextlib.suppress(InputError):
                assert all(gold.model_dump_json() for gold in read(tool, value))
