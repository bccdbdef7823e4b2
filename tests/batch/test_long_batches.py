"""Long articles in batches: their parts in one round, failures of parts, the budget, and options of the model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from long_texts import is_reduce, long_text, reader, shown

from briefing import Briefer, Briefing, BudgetError, ConfigurationError, RefusalError, Source, batch
from briefing.testing import FakeBatches, FakeModel, Fault

LONG = Source.from_text(long_text(2_300, facts=4)[0], lang="en")
OPTIONS: Any = {"reading_length": 500}


class Runs:
    """A journal and a server of batches."""

    def __init__(self, fake: FakeBatches, journal: Path) -> None:
        self.fake, self.journal = fake, journal
        self.connection: Any = {"base_url": fake.url, "api_key": "test"}

    def submit(self, *sources: Any, **options: Any) -> batch.Progress:
        """Submit articles, long ones in parts."""
        given = {"model": "openai/fake", "options": OPTIONS} | self.connection | options
        return batch.submit(sources, journal=self.journal, **given)

    def collect(self) -> batch.Progress:
        """Collect until all is done or failed."""
        return batch.collect(self.journal, wait=True, poll=0.0, **self.connection)

    def outcome(self) -> batch.Outcome[Briefing]:
        """Return the outcome of the one article."""
        [outcome] = batch.results(self.journal)
        return outcome

    def rounds(self) -> list[list[dict[str, Any]]]:
        """Return the bodies of the requests in each batch."""
        return [[r["body"] for r in self.fake.requests(n)] for n in range(len(self.fake.batches))]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Runs]]:
    """Give a function that starts a server of batches with faults, and an empty journal."""
    with ExitStack() as stack:
        yield lambda faults=(): Runs(stack.enter_context(FakeBatches(faults)), tmp_path / "run.db")


def test_all_parts_are_in_the_first_round(start: Callable[..., Runs]) -> None:
    """Only notes follow; the briefing is that of direct calls."""
    runs = start(reader())
    runs.submit(LONG)
    runs.collect()
    with (
        FakeModel(faults=reader()) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test", options=OPTIONS) as briefer,
    ):
        direct = briefer.summarize(LONG)
    parts, *notes = runs.rounds()

    assert 9 < len(parts)
    assert not any(map(is_reduce, parts))
    sent = [request for sent in (parts, *notes) for request in sent]
    assert [r["messages"] for r in fake.requests] == [r["messages"] for r in sent]
    result = runs.outcome().result
    assert result is not None
    assert direct == result.model_copy(update={"meta": direct.meta})
    assert direct.meta.usage == result.meta.usage


def test_a_part_that_fails_for_now_is_sent_again_alone(start: Callable[..., Runs]) -> None:
    """The answers about the others are kept."""
    failed: list[dict[int, str]] = []

    def script(request: dict[str, Any]) -> Fault:
        if 60 in shown(request) and not is_reduce(request) and not failed:
            failed.append(shown(request))
            return Fault(status=500, headers={"retry-after": "0"})
        return reader()(request)  # type: ignore[no-any-return]

    runs = start(script)
    runs.submit(LONG)
    progress = runs.collect()
    _, again, *notes = runs.rounds()

    assert (1, failed) == (progress.done, [shown(request) for request in again])
    assert all(map(is_reduce, notes[0]))
    result = runs.outcome().result
    assert result is not None
    assert [] == result.meta.warnings


def test_parts_that_are_too_long_are_cut_again_in_one_round(start: Callable[..., Runs]) -> None:
    """All at once; each sentence is read."""

    def script(request: dict[str, Any]) -> Fault:
        if len(request["messages"][-1]["content"]) > 2_500:
            return Fault(status=400, code="context_length_exceeded", message="maximum context length")
        return reader()(request)  # type: ignore[no-any-return]

    runs = start(script)
    runs.submit(LONG, options={"reading_length": 1_200})
    runs.collect()
    refused, read, *notes = runs.rounds()
    short = [r for r in [*refused, *read] if len(r["messages"][-1]["content"]) <= 2_500]
    numbers = [n for request in short for n in shown(request)]

    assert 4 < len(refused) < len(read)
    assert all(is_reduce(request) for sent in notes for request in sent)
    assert list(range(1, len(LONG.sentences) + 1)) == sorted(set(numbers))


def test_a_long_article_that_failed_keeps_its_parts(start: Callable[..., Runs]) -> None:
    """Submitted again, it is asked for the whole only."""
    refusing = [True]

    def script(request: dict[str, Any]) -> Fault:
        if is_reduce(request) and refusing:
            return Fault(refusal="No.")
        return reader()(request)  # type: ignore[no-any-return]

    runs = start(script)
    runs.submit(LONG)
    runs.collect()
    assert isinstance(runs.outcome().error, RefusalError)
    sent = len(runs.fake.ran)
    refusing.clear()
    runs.submit(LONG, retry_failed=True)
    progress = runs.collect()

    assert 1 == progress.done
    assert len(runs.fake.ran) - sent <= 2
    assert all(is_reduce(request) for request in runs.rounds()[-1])


def test_no_part_is_sent_if_the_budget_is_not_enough_for_all(start: Callable[..., Runs]) -> None:
    """Some of them would be paid for in vain; a short article still fits."""
    runs = start(reader())
    progress = runs.submit(LONG, max_tokens_total=12_000)
    assert (1, 0) == (progress.failed, len(runs.fake.batches))
    error = runs.outcome().error
    assert isinstance(error, BudgetError)
    assert "--retry-failed" in str(error)

    runs.submit("Harwick closed its bridge. Repairs will cost four million crowns, said the council.")
    assert 1 == runs.collect().done
    runs.submit(LONG, retry_failed=True, max_tokens_total=1_000_000)
    assert (2, 0) == ((progress := runs.collect()).done, progress.failed)


def test_options_of_the_model_are_kept_until_the_answers_come(start: Callable[..., Runs]) -> None:
    """They are in each request, and in the fingerprint."""
    runs = start([Fault(content="{}")])
    text = "Harwick closed its bridge. Repairs will cost four million crowns, said the council."
    runs.submit(text, options={"temperature": 0.3, "max_output_tokens": 900})
    runs.collect()
    rounds = runs.rounds()

    assert 2 == len(rounds)
    for [request] in rounds:
        limit = request.get("max_completion_tokens") or request.get("max_tokens")
        assert (0.3, 900) == (request["temperature"], limit)
    with Briefer("openai/fake", api_key="test", options={"temperature": 0.3, "max_output_tokens": 900}) as b:
        assert b.fingerprint(text) == runs.outcome().fingerprint


@pytest.mark.parametrize(
    "options",
    [
        {"extra_headers": {"X-Secret": "abc123secret"}},
        {"extra_query": {"key": "abc123secret"}},
        {"organization": "o"},
        {"no_such": 1},
    ],
    ids=json.dumps,
)
def test_options_that_a_batch_cannot_have_are_refused(
    start: Callable[..., Runs], options: dict[str, Any]
) -> None:
    """Before anything is sent; their values are not in the message."""
    runs = start()
    with pytest.raises(ConfigurationError, match=next(iter(options))) as caught:
        runs.submit(LONG, options=options)
    assert "abc123secret" not in str(caught.value)
    assert [] == runs.fake.calls
