"""Tests of `Briefer.estimate`: calls, tokens and dollars before anything is paid."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from conftest import BRIDGE, DAM, LIBRARY, WELL
from pydantic import BaseModel

import briefing
from briefing import Briefer, ConfigurationError, Estimate, InputError, Mention, Quote, Usage
from briefing.regenerate import Seed, seeds
from briefing.testing.fake_model import FakeModel

SEEDS = seeds(Path(__file__).parents[2] / "seeds")


class Named(BaseModel):
    """An own schema."""

    who: list[Mention]
    said: list[Quote]


def holds(estimate: Estimate, usage: Usage, calls: int) -> bool:
    """Whether usage and calls lie in an estimate."""
    read, written = estimate.input_tokens, estimate.output_tokens
    return (
        read[0] <= usage.input_tokens <= read[1]
        and written[0] <= usage.output_tokens <= written[1]
        and estimate.calls <= calls <= estimate.max_calls
    )


@pytest.mark.parametrize("seed", SEEDS, ids=[seed.name for seed in SEEDS])
def test_what_was_recorded_lies_in_the_estimate(seed: Seed) -> None:
    """Tokens and calls of a real model, repairs included."""
    saved = seed.saved()
    assert saved is not None
    estimate = Briefer(saved.meta.model).estimate(seed.source(), **seed.recorded_options(saved.meta))

    assert holds(estimate, saved.meta.usage, saved.meta.attempts)
    assert estimate.cost_usd is None


@pytest.mark.parametrize("plan", ["joint", "staged"])
@pytest.mark.parametrize("article", [BRIDGE, DAM, LIBRARY * 3, WELL])
def test_what_a_plan_takes_lies_in_its_estimate(article: str, plan: Any) -> None:
    """Of a model with a price: tokens as estimated, and their price."""
    with (
        FakeModel() as fake,
        Briefer("openai/gpt-4o-mini", base_url=fake.url, api_key="test", plan=plan) as briefer,
    ):
        estimate = briefer.estimate(article)
        assert 0 == fake.calls
        made = briefer.summarize(article)

    assert plan == estimate.plan
    assert fake.calls == estimate.calls
    assert estimate.cost_usd is not None
    assert 0 < estimate.cost_usd[0] < estimate.cost_usd[1]
    assert made.meta.cost_usd is not None
    assert made.meta.usage.output_tokens in range(*estimate.output_tokens)
    if article == BRIDGE:  # the fake counts a token per four characters, whatever the script
        assert holds(estimate, made.meta.usage, made.meta.attempts)
        assert estimate.cost_usd[0] <= made.meta.cost_usd <= estimate.cost_usd[1]


def test_no_key_and_no_server_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for a provider, and not for a local model."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    joint, staged = (Briefer(model).estimate(BRIDGE) for model in ("openai/gpt-5-mini", "local"))

    assert ("joint", 1, "staged", 2) == (joint.plan, joint.calls, staged.plan, staged.calls)
    assert joint.cost_usd is not None
    assert staged.cost_usd is None


def test_an_unknown_price_gives_no_dollars() -> None:
    """`None`, never zero; also if it is the judge's."""
    assert Briefer("openai/my-own", api_key="test").estimate(BRIDGE).cost_usd is None
    judged = Briefer("openai/gpt-4o-mini", api_key="test", judge="openai/my-own").estimate(BRIDGE)
    assert judged.cost_usd is None


def test_a_judge_is_one_more_call() -> None:
    """Of a model, where something is written."""
    alone = Briefer("openai/gpt-4o-mini", api_key="test").estimate(BRIDGE)
    judged = Briefer("openai/gpt-4o-mini", api_key="test", judge="same").estimate(BRIDGE)
    extractive = Briefer("openai/gpt-4o-mini", api_key="test", judge="same").estimate(
        BRIDGE, style="extractive"
    )

    assert (1, 2, 1) == (alone.calls, judged.calls, extractive.calls)
    assert alone.input_tokens[1] < judged.input_tokens[1]


def test_reasoning_and_a_limit_change_the_output() -> None:
    """A reasoning model may write more; an output limit bounds each answer."""
    plain, reasoning = (
        Briefer(model, api_key="test").estimate(BRIDGE)
        for model in ("openai/gpt-4o-mini", "openai/gpt-5-mini")
    )
    capped = Briefer("openai/gpt-5-mini", api_key="test", options={"max_output_tokens": 300}).estimate(BRIDGE)

    assert plain.output_tokens[1] < reasoning.output_tokens[1]
    assert 2 * 300 == capped.output_tokens[1]


def test_arguments_are_those_of_summarize() -> None:
    """Schema, language and style are in the prompts that are estimated; what cannot be summarized has no estimate."""
    briefer = Briefer("openai/gpt-4o-mini", api_key="test")

    own = briefer.estimate(BRIDGE, schema=Named)
    assert own.output_tokens < briefer.estimate(BRIDGE).output_tokens
    assert briefer.estimate(BRIDGE, focus="the cost of the repairs, in crowns").input_tokens != (
        briefer.estimate(BRIDGE).input_tokens
    )
    with pytest.raises(InputError):
        briefer.estimate("")
    with pytest.raises(ConfigurationError, match="style must be one of"):
        briefer.estimate(BRIDGE, style="short")  # type: ignore[arg-type]


def test_what_the_journal_has_takes_nothing(tmp_path: Path) -> None:
    """No call, no token, no dollar; a failed article is made again."""
    with (
        FakeModel() as fake,
        Briefer(
            "openai/fake", base_url=fake.url, api_key="test", journal=tmp_path / "run.db", max_attempts=1
        ) as briefer,
    ):
        before = briefer.estimate(BRIDGE)
        briefer.summarize(BRIDGE)
        after = briefer.estimate(BRIDGE)

    assert 1 == before.calls
    assert Estimate("joint", 0, 0, (0, 0), (0, 0), (0.0, 0.0), 0) == after


def test_an_estimate_is_a_value() -> None:
    """It is public, frozen, comparable, and can be pickled."""
    estimate = Briefer("openai/gpt-4o-mini", api_key="test").estimate(BRIDGE)

    assert briefing.Estimate is type(estimate)
    assert estimate == pickle.loads(pickle.dumps(estimate))
    with pytest.raises(FrozenInstanceError):
        estimate.calls = 0  # type: ignore[misc]
