"""What is told while a long article is read: parts, words, cost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
from long_texts import long_text, reader, shown

from briefing import AuthenticationError, Briefer, Briefing, Source
from briefing.pipeline.progress import _words
from briefing.testing import FakeModel, Fault

SOURCE = Source.from_text(long_text(2_000)[0], lang="en")
WORDS = len(SOURCE.text.split())
OPTIONS: Any = {"reading_length": 1_200}


def briefer(fake: FakeModel, told: list[str], model: str = "openai/fake", **more: Any) -> Briefer:
    """A briefer that reads in some four parts, and tells its steps."""
    return Briefer(model, base_url=fake.url, api_key="test", options=OPTIONS, on_progress=told.append, **more)


async def closing(summarizing: Awaitable[Briefing], long: Briefer) -> None:
    """Await a briefing, and close the briefer's connections."""
    async with long:
        await summarizing


def words_told(steps: list[str]) -> list[int]:
    """The words read that steps tell."""
    read = [step.rpartition("part")[2].partition(" of ")[0] for step in steps if "words read" in step]
    return [int(words.lstrip("s, ").replace(",", "")) for words in read]


@pytest.mark.parametrize("is_async", [False, True])
def test_parts_and_words_are_told_with_each_step(is_async: bool) -> None:
    """Parts and words that were read when the step begins; before the whole is asked for, all of them."""
    told: list[str] = []
    with FakeModel(faults=reader()) as fake, briefer(fake, told) as long:
        if is_async:
            asyncio.run(closing(long.asummarize(SOURCE), long))
        else:
            long.summarize(SOURCE)
    parts = long.estimate(SOURCE).parts
    first, *others, last = told

    assert 3 < parts == len(told) - 1
    assert f"sentences 1-{len(shown(fake.requests[0]))} of {len(SOURCE.sentences)}" == first
    assert f"all parts: joint ({parts} parts, {WORDS:,} of {WORDS:,} words read)" == last
    assert all("(1 part, " in step for step in (others if is_async else others[:1]))
    assert words_told(others) == sorted(words_told(others))


def test_the_cost_so_far_is_told_where_prices_are_known() -> None:
    """In dollars."""
    told: list[str] = []
    with FakeModel(faults=reader()) as fake, briefer(fake, told, "openai/gpt-4o-mini") as long:
        result = long.summarize(SOURCE)
    cost = float(told[-1].rpartition("$")[2].rstrip(")"))

    assert result.meta.cost_usd is not None
    assert 0 < cost < result.meta.cost_usd


def test_a_part_of_which_several_things_are_asked_counts_once() -> None:
    """A local model is asked for one field at a time."""
    told: list[str] = []
    with FakeModel() as fake, briefer(fake, told, "local") as long:
        long.summarize(SOURCE)
        parts = long.estimate(SOURCE).parts

    assert 2 * parts == len([step for step in told if step.startswith("sentences ")])
    assert parts - 1 == max(int(step.partition("(")[2].split()[0]) for step in told if "words read" in step)


def test_parts_that_an_earlier_run_has_read_count(tmp_path: Path) -> None:
    """They are in the journal."""
    told: list[str] = []

    def ending(request: dict[str, Any]) -> Fault:
        return Fault(status=401) if 60 in shown(request) else reader()(request)

    for script in (ending, reader()):
        told.clear()
        with (
            FakeModel(faults=script) as fake,
            briefer(fake, told, journal=tmp_path / "run.db") as long,
        ):
            try:
                long.summarize(SOURCE)
            except AuthenticationError:
                continue

    assert "(1 part" not in told[0]
    assert f"{WORDS:,} of {WORDS:,} words read" in told[-1]


@pytest.mark.parametrize(("text", "count"), [("Ein Satz, drei.", 3), ("桥已关闭。", 5), ("", 0)])
def test_a_character_of_a_script_without_spaces_is_a_word(text: str, count: int) -> None:
    """As word processors count."""
    assert count == _words(text)
