"""How the asks of a plan are grouped, and what becomes of their errors. No server."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from briefing import BudgetError, ConfigurationError, RequestError, Source
from briefing.grounding.resolution import Grounding
from briefing.llm.asks import Answer, Ask
from briefing.pipeline.drivers import _first_alone, _one_by_one, execution
from briefing.pipeline.plans import Outcome, Plan


class Field(BaseModel):
    """Any schema."""

    text: str


def ask(label: str) -> Ask:
    return Ask(label, (), Field, Grounding(Source(text="a")))


ASKS = [ask(label) for label in "abc"]
ANSWERS = [Answer(Field(text=label), label) for label in "abc"]


def two_steps() -> Plan:
    """Asks three times at once, then once more; goes on after a failure."""
    try:
        answers = yield ASKS
        heard = [answer.text for answer in answers]
    except RequestError as error:
        heard = [f"{error}, {error.partial}"]
    answers = yield ASKS[:2]
    return Outcome({}, heard + [answer.text for answer in answers])


def labels(group: Any) -> list[str]:
    return [ask.label for ask in group]


def test_the_first_ask_is_made_alone() -> None:
    """What would fail for all fails once; a single ask is one group, and after a failure each is."""
    assert [["a"], ["b", "c"]] == [labels(group) for group in _first_alone(ASKS, False)]
    assert [["a"], ["b"]] == [labels(group) for group in _first_alone(ASKS[:2], False)]
    assert [["a"]] == [labels(group) for group in _first_alone(ASKS[:1], False)]
    assert [["a"], ["b"], ["c"]] == [labels(group) for group in _first_alone(ASKS, True)]


def test_answers_of_all_groups_are_sent_together() -> None:
    """In the order of the asks."""
    run = execution(two_steps(), _first_alone)
    assert ["a"] == labels(next(run))
    assert ["b", "c"] == labels(run.send(ANSWERS[:1]))
    assert ["a"] == labels(run.send(ANSWERS[1:]))
    assert ["b"] == labels(run.send(ANSWERS[:1]))
    with pytest.raises(StopIteration) as stop:
        run.send(ANSWERS[1:2])
    assert ["a", "b", "c", "a", "b"] == stop.value.value.warnings


@pytest.mark.parametrize("thrown", [True, False], ids=["thrown", "returned"])
def test_the_first_failure_goes_to_the_plan(*, thrown: bool) -> None:
    """With the fields that were answered; later groups are not made, and the next step is told of the failure."""
    splits = []

    def split(asks: list[Ask], failed: bool) -> list[list[Ask]]:
        splits.append(failed)
        return _one_by_one(asks, failed)

    run = execution(two_steps(), split)
    next(run)
    run.send(ANSWERS[:1])
    error = RequestError("no")
    group = run.throw(error) if thrown else run.send([error])
    assert ["a"] == labels(group)
    run.send(ANSWERS[:1])
    with pytest.raises(StopIteration) as stop:
        run.send(ANSWERS[1:2])
    assert ["no, {'text': 'a'}", "a", "b"] == stop.value.value.warnings
    assert [False, True] == splits


def test_of_several_failures_the_first_counts() -> None:
    """And what the plan does not handle is the caller's."""
    first, second = BudgetError("first"), BudgetError("second")
    run = execution(two_steps(), lambda asks, _failed: [asks])
    next(run)
    with pytest.raises(BudgetError) as caught:
        run.send([first, ANSWERS[1], second])
    assert (first, {"text": "b"}) == (caught.value, caught.value.partial)


@pytest.mark.parametrize("error", [ConfigurationError("odd"), KeyboardInterrupt()], ids=repr)
def test_other_errors_end_the_run(error: BaseException) -> None:
    """They are not shown to the plan."""
    run = execution(two_steps(), lambda asks, _failed: [asks])
    next(run)
    with pytest.raises(type(error)) as caught:
        run.send([RequestError("no"), error, ANSWERS[2]])
    assert error is caught.value
