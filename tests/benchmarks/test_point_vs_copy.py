"""The parts of benchmarks/point_vs_copy.py that need no model."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

import briefing

_SCRIPT = Path(__file__).parents[2] / "benchmarks" / "point_vs_copy.py"
_TEXT = "The ferry is late. “We wait for fog,” said Ada Moss. “It lifts,” she said. Nobody left."


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("point_vs_copy", _SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("“We wait for fog,”", "exact"),
        ("We wait for  fog.", "typographic"),
        ("The ferry is late … Nobody left", "typographic"),
        ("We wait for dog,", "no"),
        ("The ferry is late … Nobody stayed", "no"),
        ("…", "no"),
        ("", "no"),
    ],
)
def test_a_text_is_in_the_article_or_not(script, text, status):
    """Marks at the ends do not count, other typography is told apart, and no word may differ."""
    assert status == script.in_article(text, _TEXT)


@pytest.mark.parametrize(
    ("pieces", "speaker", "verdict"),
    [
        (["We wait for fog,"], "Ada Moss", True),
        (["We wait for fog"], "Moss", True),
        (["We wait for fog,"], "Nobody", False),
        (["We wait for fog,"], None, False),
        (["The ferry is late."], "Ada Moss", False),
        (["It lifts,"], "Ada Moss", None),
    ],
)
def test_a_speaker_is_right_by_the_labels(script, pieces, speaker, verdict):
    """A name shares a word with the labelled one; unlabelled words are nobody's; a pronoun is not judged."""
    gold = [
        {"text": "“We wait for fog,”", "speaker": "Ada Moss", "type": "direct"},
        {"text": "“It lifts,”", "speaker": "she", "type": "direct"},
    ]
    row = {"gold": gold, "lang": "en"}
    assert verdict == script.right_speaker({"pieces": pieces, "speaker": speaker}, row)


def test_an_answer_is_copied_out(script):
    """Ids become the texts they point at; ids of nothing and all else stay out of it or as they are."""
    source = briefing.Source.from_text(
        "The ferry is late. “We wait for the fog to lift,” said Ada Moss.", "en"
    )
    wire = {
        "headline": "Late",
        "summary": [{"text": "It is late.", "evidence": [1, 99]}],
        "key_quotes": [{"id": "q1", "speaker": "Ada Moss"}, {"id": "q9", "speaker": None}],
        "entities": [{"name": "Ada Moss", "type": "person"}],
    }
    expected = wire | {
        "summary": [{"text": "It is late.", "evidence": ["The ferry is late."]}],
        "key_quotes": [{"text": "We wait for the fog to lift,", "speaker": "Ada Moss"}],
    }
    assert expected == script.copied_out(wire, source)


def test_repeats_are_left_out(script):
    """The first of several items with the same words, id or name stays, in order."""
    wire = {
        "summary": [
            {"text": "A", "evidence": [1]},
            {"text": "B", "evidence": [2]},
            {"text": "A", "evidence": [3]},
        ],
        "key_quotes": [{"id": "q1", "speaker": None}, {"id": "q1", "speaker": "X"}],
        "entities": [{"name": "N", "type": "person"}],
    }
    expected = {
        "summary": [{"text": "A", "evidence": [1]}, {"text": "B", "evidence": [2]}],
        "key_quotes": [{"id": "q1", "speaker": None}],
        "entities": [{"name": "N", "type": "person"}],
    }
    assert expected == script.without_repeats(wire)


def test_the_copying_prompt_is_ours_without_ids(script):
    """Each pointing rule of the library's prompt is replaced, so both methods get the same instructions."""
    source = briefing.Source.from_text(_TEXT, "en")
    system, user = (message["content"] for message in script.copying_messages(source))
    assert ("word for word" in system, "[7]" in system, "q2" in system) == (True, False, False)
    assert ("[1]" in user, _TEXT in user) == (False, True)


def test_labels_of_the_seeds_are_in_the_seeds(script):
    """Every labelled quotation and speaker stands in its article."""
    labels = [json.loads(line) for line in script._LABELS.read_text("utf-8").splitlines()]
    texts = {path.stem: path.read_text("utf-8") for path in Path("seeds").glob("*.txt")}
    absent = [
        quote
        for row in labels
        for quote in row["quotes"]
        for value in (quote["text"], quote["speaker"])
        if script.folded(value) not in script.folded(texts[row["id"]])
    ]
    assert labels
    assert [] == absent
