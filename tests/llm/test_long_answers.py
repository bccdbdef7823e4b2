"""Answers of any size: the schema's limits, the deadline, and an event loop that goes on."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Annotated, Any

import pytest
from conftest import BRIDGE, GOOD
from patience import growing
from pydantic import AfterValidator, BaseModel

from briefing import Briefer, Briefing, DeadlineError, Mention, Source
from briefing.grounding import Grounding
from briefing.llm.attempts import within_limits
from briefing.schemas import wire_schema
from briefing.testing.fake_model import FakeModel, Fault

_seen: list[threading.Thread] = []
_pause = 0.0


def _noted(mention: Mention) -> Mention:
    _seen.append(threading.current_thread())
    time.sleep(_pause if len(_seen) == 1 else 0.0)
    return mention


class Names(BaseModel):
    """A schema without a limit."""

    names: list[Annotated[Mention, AfterValidator(_noted)]]


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    _seen.clear()


def briefer(fake: FakeModel, **options: Any) -> Briefer:
    return Briefer(model="openai/fake", base_url=fake.url, api_key="test", **options)


@pytest.mark.parametrize("times", [1, 200])
def test_a_briefing_has_no_more_than_its_schema_allows(times: int) -> None:
    """However long the answer is; what is left out of a short one is told."""
    entities = [{"name": name, "type": "person", "role": None} for name in ("Maren Holt", "Harwick")]
    names = [f"{name} {number}" for number in range(12) for name in ("Room", "Hall")]
    article = f"{BRIDGE} {'. '.join(names)}."
    entities += [{"name": name, "type": "place", "role": None} for name in names]
    answer = GOOD | {"entities": entities * times}
    with FakeModel(faults=[Fault(content=json.dumps(answer))] * 2) as fake, briefer(fake) as brief:
        made = brief.summarize(Source.from_text(article, lang="en"))

    assert 16 == len(made.entities)
    assert [] == made.verify(article)
    assert (times == 1) is any("left out: 10 items of entities" in warning for warning in made.meta.warnings)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ({"entities": [1, 1, 2] * 10}, {"entities": [1, 2]}),
        ({"entities": list(range(17))}, {"entities": list(range(16))}),
        ({"entities": list(range(16))}, None),
        ({"entities": {"a": [1] * 99}}, None),
        (
            {"summary": [{"text": "a", "evidence": [1, 2, 3, 4]}]},
            {"summary": [{"text": "a", "evidence": [1, 2, 3]}]},
        ),
        ([1] * 99, None),
        ("text", None),
    ],
)
def test_lists_are_cut_to_the_limits_of_the_schema(answer: Any, kept: Any) -> None:
    """Equal items go first; what has another shape is left for the validation."""
    text = json.dumps(answer)

    assert (json.dumps(kept) if kept else text) == within_limits(text, wire_schema(Briefing))


@pytest.mark.parametrize(("count", "in_loop"), [(10, True), (2_000, False)])
def test_a_long_answer_is_validated_in_a_thread(count: int, in_loop: bool) -> None:
    """The event loop goes on meanwhile; the result is the same."""
    answer = Fault(content=json.dumps({"names": ["Maren Holt"] * count}))

    async def run(fake: FakeModel) -> Names:
        async with briefer(fake) as brief:
            return await brief.asummarize(BRIDGE, schema=Names)

    with FakeModel(faults=[answer]) as fake:
        made = asyncio.run(run(fake))

    assert count == len(made.names)
    assert 1 == fake.calls
    assert in_loop is (threading.main_thread() in _seen[:count])


def test_the_deadline_holds_while_an_answer_is_validated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The items that are left are not looked at, and the answer is not asked for again."""
    answer = Fault(content=json.dumps({"names": ["Maren Holt"] * 100}))
    for deadline in growing(0.4):
        monkeypatch.setitem(globals(), "_pause", deadline * 1.1)
        with (
            FakeModel(faults=[answer] * 3) as fake,
            briefer(fake, deadline=deadline) as brief,
            pytest.raises(DeadlineError),
        ):
            brief.summarize(BRIDGE, schema=Names)
        if _seen:
            break
    assert (1, 1) == (fake.calls, len(_seen))


def test_no_item_is_resolved_behind_the_deadline() -> None:
    """A deadline in the future, or none, changes nothing."""
    grounding = Grounding(Source.from_text(BRIDGE))
    for until in (None, time.monotonic() + 1000):
        grounding.reset(until=until)
        Mention.model_validate("Maren Holt", context=grounding)
    grounding.reset(until=time.monotonic() - 1)
    with pytest.raises(DeadlineError):
        Mention.model_validate("Maren Holt", context=grounding)
