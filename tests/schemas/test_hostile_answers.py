"""Any answer to any text: a true briefing comes out, or one of our errors, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from briefing import Briefer, Briefing, BriefingError, Source
from briefing.testing.fake_model import FakeModel, Fault

WORDS = st.sampled_from(
    [
        "Holt",
        "“no,”",
        "said",
        "«да»",
        "4.2",
        "沈若兰",
        "「終わり」",
        "سلمى",
        "\n",
        "‹q1›",
        "[3]",
        "{{x}}",
        "</article>",
        "🎉",
        "e\u0301",
    ]
)
TEXTS = (st.text(min_size=1) | st.lists(WORDS, min_size=1, max_size=30).map(" ".join)).filter(
    lambda text: any(char.isalpha() for char in text)
)
IDS = (
    st.sampled_from(["q1", "q2", "q0", "q999", "‹q1›", "1", "x", ""])
    | st.integers(-2, 6)
    | st.floats()
    | st.none()
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def answers(name: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Answers of the right shape, that may point anywhere."""
    evidence = st.lists(IDS, max_size=4)
    entity = {
        "name": name,
        "type": st.sampled_from(["person", "place", "organization", "other"]),
        "role": name | st.none(),
    }
    return st.fixed_dictionaries(
        {
            "headline": name,
            "summary": st.lists(
                st.fixed_dictionaries({"text": name, "evidence": evidence}), min_size=1, max_size=4
            ),
            "key_quotes": st.lists(
                st.fixed_dictionaries({"id": IDS, "speaker": name | st.none()}), max_size=4
            ),
            "entities": st.lists(st.fixed_dictionaries(entity), max_size=4),
        }
    )


def spoil(value: Any, data: st.DataObject) -> Any:
    """Put something odd in one place, at any depth."""
    if isinstance(value, dict | list) and value and data.draw(st.booleans()):
        keys = sorted(value) if isinstance(value, dict) else range(len(value))
        key = data.draw(st.sampled_from(keys))
        value[key] = spoil(value[key], data)
        return value
    return data.draw(ODD)


@pytest.fixture(scope="module")
def script() -> list[str]:
    """Give a list whose last text is what the model answers."""
    return ["{}"]


@pytest.fixture(scope="module")
def hostile(script: list[str]) -> Iterator[Briefer]:
    """Give a briefer whose model answers what the script says."""
    with FakeModel(faults=lambda request: Fault(content=script[-1])) as fake:
        briefer = Briefer(model="openai/fake", base_url=fake.url, api_key="test", max_attempts=2)
        yield briefer
        briefer.close()


def check(briefer: Briefer, text: str) -> None:
    source = Source.from_text(text, lang="en")
    try:
        result = briefer.summarize(source)
    except BriefingError:
        event("refused")
        return
    event("briefed")
    assert [] == result.verify(source)
    assert result == Briefing.model_validate_json(result.model_dump_json())
    assert all(entity.mentions for entity in result.entities)
    assert all(quote.spans for quote in result.key_quotes)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_answers_of_about_the_right_shape(hostile: Briefer, script: list[str], data: st.DataObject) -> None:
    """Names from the text, ids of nothing, values of other types: all spans that come out are true."""
    text = data.draw(TEXTS)
    pieces = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(
        lambda cut: text[min(cut) : max(cut)]
    )
    names = st.sampled_from(text.split()) | (pieces | st.text()).filter(str.strip)
    answer = data.draw(answers(names))
    script[-1] = json.dumps(spoil(answer, data) if data.draw(st.booleans()) else answer)
    check(hostile, text)


@settings(max_examples=40, deadline=None)
@given(text=TEXTS, answer=ODD.map(json.dumps) | st.text())
def test_answers_of_any_shape(hostile: Briefer, script: list[str], text: str, answer: str) -> None:
    """Any JSON and any text as an answer: an error of ours, or a briefing that verifies."""
    script[-1] = answer
    check(hostile, text)


@settings(max_examples=25, deadline=None)
@given(
    text=TEXTS,
    body=st.binary() | ODD.map(json.dumps),
    status=st.integers(200, 599).filter(lambda s: s // 100 != 3),
)
def test_responses_of_any_kind(text: str, body: Any, status: int) -> None:
    """Any bytes with any status: an error of ours."""
    faults = [Fault(status=status, body=body, headers={"retry-after": "0"})] * 2
    with FakeModel(faults=faults) as fake:
        briefer = Briefer(model="openai/fake", base_url=fake.url, api_key="test", max_attempts=1)
        with pytest.raises(BriefingError):
            briefer.summarize(Source.from_text(text, lang="en"))
        briefer.close()
