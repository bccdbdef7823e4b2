"""What becomes of the scores of statements that a local model wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel

from briefing import Briefer, Briefing, Source, Statement
from briefing.grounding import LEAST_SCORE
from briefing.testing import Fault

TEXT = """The council of Harwick voted on Monday to shut the last coal plant in the county by March.
The plant employs many people, and the council has promised each of them a place in its new depot.
Maren Holt, who leads the council, said that the river would be cleaner for it.
A vote on what to build there instead is due in June.
"""
SOURCE = Source.from_text(TEXT, lang="en")
COPIED = {"text": "The council of Harwick voted on Monday to shut the last coal plant.", "evidence": [1]}
ODD = {"text": "The new depot promised a cleaner future to everybody in town.", "evidence": [2]}


def briefed(serve: Any, *statements: dict[str, Any], **options: Any) -> Briefing:
    """A written briefing with these statements; by the local model unless told otherwise."""
    answer = {"headline": "Council votes", "summary": list(statements), "key_quotes": [], "entities": []}
    model = options.pop("model", "local")
    _, briefer = serve([Fault(content=json.dumps(answer))], model=model, plan="joint")
    made = briefer.summarize(SOURCE, **{"style": "written"} | options)
    assert isinstance(made, Briefing)
    return made


def test_written_statements_have_a_score(serve: Any) -> None:
    """What is copied has a high one, what is made up a low one; neither changes the verdict."""
    copied, odd = briefed(serve, COPIED, ODD).summary.sentences
    assert copied.score is not None
    assert odd.score is not None
    assert 0 <= odd.score < LEAST_SCORE < copied.score <= 1
    assert ("supported", "supported") == (copied.support, odd.support)


def test_a_low_score_is_a_note(serve: Any) -> None:
    """The note is about the whole statement, and is not asked about again."""
    made = briefed(serve, COPIED, ODD)
    copied, odd = made.summary.sentences
    assert [] == copied.findings
    [note] = odd.findings
    assert ("score", "note") == (note.kind, note.severity)
    assert ODD["text"] == odd.text[note.start : note.end] == note.text
    assert f"{odd.score:.2f}" in note.message
    assert 1 == made.meta.attempts


def test_a_low_score_is_replaced(serve: Any) -> None:
    """The sentences that the statement cites stand in its place, with a warning."""
    made = briefed(serve, COPIED, ODD, on_unsupported="replace")
    copied, other = made.summary.sentences
    assert COPIED["text"] == copied.text
    assert (SOURCE.sentences[1].text, "extracted") == (other.text, other.kind)
    [warning] = made.meta.warnings
    assert ODD["text"] in warning
    assert "score" in warning


def test_a_low_score_is_left_out(serve: Any) -> None:
    """The others stay."""
    made = briefed(serve, ODD, COPIED, on_unsupported="drop")
    assert [COPIED["text"]] == [statement.text for statement in made.summary.sentences]


@pytest.mark.parametrize("on_unsupported", ["mark", "replace", "drop"])
def test_other_models_are_not_scored(serve: Any, on_unsupported: Any) -> None:
    """The score is fitted on a small model; strong ones say true things in words of their own."""
    made = briefed(serve, COPIED, ODD, model="openai/fake", on_unsupported=on_unsupported)
    assert [COPIED["text"], ODD["text"]] == [statement.text for statement in made.summary.sentences]
    assert {None} == {statement.score for statement in made.summary.sentences}


def test_another_language_is_not_scored(serve: Any) -> None:
    """Nothing in it can be copied."""
    german = {"text": "Der Rat von Harwick stimmte am Montag ab.", "evidence": [1]}
    [statement] = briefed(serve, german, language="de", on_unsupported="drop").summary.sentences
    assert statement.score is None


def test_the_articles_own_sentences_have_no_score(serve: Any) -> None:
    """They are the article's, not a model's; also those that replace a statement."""
    assert {None} == {
        statement.score
        for options in ({"style": "extractive"}, {"on_unsupported": "replace"})
        for statement in briefed(serve, ODD, **options).summary.sentences
    }


def test_a_cut_statement_is_scored_as_it_is(serve: Any) -> None:
    """The unfinished part does not count."""
    cut = COPIED | {"text": f"{COPIED['text']} Blue whales sang to the"}
    [shortened] = briefed(serve, cut).summary.sentences
    [whole] = briefed(serve, COPIED).summary.sentences
    assert (whole.text, whole.score) == (shortened.text, shortened.score)


@pytest.mark.parametrize(("score", "kept"), [(LEAST_SCORE, True), (LEAST_SCORE - 0.001, False)])
def test_the_least_score_is_enough(
    serve: Any, monkeypatch: pytest.MonkeyPatch, score: float, kept: bool
) -> None:
    """A statement with exactly the least score stays."""
    monkeypatch.setattr("briefing.pipeline.draft.score_statement", lambda *_: score)
    [statement] = briefed(serve, COPIED, on_unsupported="replace").summary.sentences
    assert kept == (statement.kind == "written")


def test_a_score_reads_back(serve: Any) -> None:
    """JSON keeps scores and notes; a saved briefing without scores still reads."""
    made = briefed(serve, COPIED, ODD)
    assert made == Briefing.model_validate_json(made.model_dump_json())
    saved = made.model_dump(mode="json")
    for statement in saved["summary"]["sentences"]:
        del statement["score"]
    read = Briefing.model_validate(saved)
    assert [None, None] == [statement.score for statement in read.summary.sentences]


class Point(BaseModel):
    """A schema of a user."""

    points: list[Statement]


def test_statements_of_other_schemas_are_scored(serve: Any) -> None:
    """Wherever a statement stands."""
    _, briefer = serve([Fault(content=json.dumps({"points": [COPIED, ODD]}))], model="local", plan="joint")
    assert isinstance(briefer, Briefer)
    made = briefer.summarize(SOURCE, schema=Point, style="written")
    assert [False, True] == [(point.score or 0) < LEAST_SCORE for point in made.points]
