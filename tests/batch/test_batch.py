"""Briefings by the provider's batch API, against a loopback server of its files and batches."""

from __future__ import annotations

import io
import json
import sqlite3
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from conftest import BRIDGE, GOOD, QUAY
from pydantic import BaseModel

from briefing import (
    Briefer,
    Briefing,
    BudgetError,
    ConfigurationError,
    InputError,
    Journal,
    JournalError,
    ProviderError,
    Quote,
    RefusalError,
    RequestError,
    Source,
    Usage,
    batch,
)
from briefing.batch import replay
from briefing.batch.service import Service
from briefing.llm.budget import CallEstimate
from briefing.llm.pricing import cost_usd
from briefing.llm.targets import target_of
from briefing.testing.fake_batches import BatchFault, FakeBatches
from briefing.testing.fake_model import FakeModel, Fault

SOON = {"retry-after": "0"}
WRONG_ID = Fault(content=json.dumps(GOOD | {"key_quotes": [{"id": "q99", "speaker": "Maren Holt"}]}))
WRONG_SHAPE = Fault(content='{"title": "no such field"}')
NO_JSON = Fault(content="Here you are.")
CUT = Fault(content='{"headline": "Har', finish_reason="length")
REFUSAL = Fault(refusal="I cannot help with that.")
NO_SCHEMA = Fault(status=400, body={"error": {"message": "response_format json_schema is not supported"}})


def article(number: int) -> str:
    """Return the article of a number; no two are equal."""
    return f"{BRIDGE} Room {number} of the town hall is open for questions."


class Runs:
    """A journal and a server of batches."""

    def __init__(self, fake: FakeBatches, journal: Path) -> None:
        self.fake, self.journal = fake, journal
        self.connection: Any = {"base_url": fake.url, "api_key": "test"}

    def submit(self, *sources: Any, **options: Any) -> batch.Progress:
        """Submit articles."""
        return batch.submit(
            sources, journal=self.journal, **{"model": "openai/fake"} | self.connection | options
        )

    def collect(self, **options: Any) -> batch.Progress:
        """Collect until all is done or failed."""
        return batch.collect(self.journal, wait=True, poll=0.0, **self.connection | options)

    def results(self) -> list[batch.Outcome[Briefing]]:
        """Return the outcomes of finished articles."""
        return list(batch.results(self.journal))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Runs]]:
    """Give a function that starts a server of batches with faults, and an empty journal."""
    with ExitStack() as stack:

        def started(*args: Any, **options: Any) -> Runs:
            return Runs(stack.enter_context(FakeBatches(*args, **options)), tmp_path / "run.db")

        yield started


def without_time(briefing: Briefing) -> Briefing:
    meta = briefing.meta.model_copy(update={"elapsed": 0.0})
    return briefing.model_copy(update={"meta": meta})


ALL_THE_SAME = [
    pytest.param([], 1, id="good"),
    pytest.param([WRONG_ID], 2, id="repaired"),
    pytest.param([WRONG_SHAPE], 2, id="wrong shape"),
    pytest.param([NO_JSON, WRONG_ID], 3, id="no JSON, then repaired"),
    pytest.param([WRONG_SHAPE] * 9, 3, id="always wrong"),
    pytest.param([Fault(status=500, headers=SOON)], 2, id="500"),
    pytest.param([Fault(status=503, headers=SOON)] * 9, 4, id="always 503"),
    pytest.param([NO_SCHEMA], 2, id="no JSON schema"),
    pytest.param([Fault(status=400)], 1, id="400"),
    pytest.param([REFUSAL], 1, id="refusal"),
    pytest.param([Fault(content="", finish_reason="content_filter")], 1, id="filtered"),
    pytest.param([WRONG_ID, REFUSAL], 2, id="repair refused"),
    pytest.param([CUT], 2, id="cut once"),
    pytest.param([CUT] * 2, None, id="cut twice"),
    pytest.param([CUT] * 9, None, id="always cut"),
]


def about(field: str, faults: Sequence[Fault]) -> Callable[[dict[str, Any]], Fault | None]:
    """Return a function that gives the faults, in order, to requests for a field."""
    left = list(faults)

    def fault(request: dict[str, Any]) -> Fault | None:
        asked = json.dumps(request.get("tools") or request.get("response_format") or request["messages"][-1])
        return left.pop(0) if left and f'"{field}"' in asked else None

    return fault


@pytest.mark.parametrize(("faults", "rounds"), ALL_THE_SAME)
@pytest.mark.parametrize("plan", ["joint", "staged"])
def test_a_batch_is_equivalent_to_a_call(
    start: Callable[..., Runs], faults: list[Fault], rounds: int | None, plan: Any
) -> None:
    """Equal answers give equal briefings or errors, usage and cost."""
    waited: Briefing | ProviderError
    with (
        FakeModel(faults=about("key_quotes", faults)) as model,
        Briefer("openai/fake", base_url=model.url, api_key="test", plan=plan) as briefer,
    ):
        try:
            waited = briefer.summarize(BRIDGE)
        except ProviderError as error:
            waited = error
    runs = start(about("key_quotes", faults))
    runs.submit(BRIDGE, plan=plan)
    runs.collect()

    [outcome] = runs.results()
    if isinstance(waited, Briefing):
        assert outcome.result is not None
        assert without_time(waited) == without_time(outcome.result)
    else:
        assert outcome.error is not None
        assert (type(waited), str(waited)) == (type(outcome.error), str(outcome.error))
        if plan == "joint" and rounds:  # a call that asks field by field stops at the first that fails
            assert (waited.attempts, waited.usage) == (outcome.error.attempts, outcome.error.usage)
    assert rounds in (None, len(runs.fake.batches))


def test_a_refused_and_a_truncated_answer_fail_alone(start: Callable[..., Runs]) -> None:
    """Among many articles each has its own result or error, whatever the order of the answers."""
    faults = {3: REFUSAL, 5: Fault(status=400), 8: WRONG_ID, 11: WRONG_SHAPE, 12: Fault(drop=True)}
    seen: set[int] = set()

    def fault(request: dict[str, Any]) -> Fault | None:
        text = json.dumps(request["messages"])
        number = next(n for n in range(20) if f"Room {n} of" in text)
        if number in seen:
            return None
        seen.add(number)
        return faults.get(number)

    runs = start(fault)
    runs.submit(*map(article, range(20)))
    progress = runs.collect()

    failed = {n: type(o.error) for n, o in enumerate(runs.results()) if o.error is not None}
    assert {3: RefusalError, 5: RequestError} == failed
    for number, outcome in enumerate(runs.results()):
        if outcome.result is not None:
            assert [] == outcome.result.verify(Source.from_text(article(number)))
    assert (20, 18, 2, 0) == (progress.articles, progress.done, progress.failed, progress.open)
    assert 23 == len(runs.fake.ran) == progress.calls
    assert [20, 3] == [shown["request_counts"]["total"] for shown in runs.fake.batches]


def test_each_round_is_a_batch(start: Callable[..., Runs]) -> None:
    """Repairs of all articles are sent together in a second batch, with unique ids."""
    runs = start([WRONG_ID] * 3)
    runs.submit(article(1), article(2), article(3))
    runs.collect()

    first, second = ({line["custom_id"] for line in runs.fake.requests(n)} for n in (0, 1))
    assert (3, 3) == (len(first), len(second))
    assert 6 == len(first | second)


def test_requests_are_those_of_a_call(start: Callable[..., Runs]) -> None:
    """A line of a batch has the body of a call, with the strict schema."""
    with FakeModel() as model, Briefer("openai/fake", base_url=model.url, api_key="test") as briefer:
        briefer.summarize(BRIDGE)
        [called] = model.requests
    runs = start()
    runs.submit(BRIDGE)

    [line] = runs.fake.requests(0)
    assert called == line["body"]
    assert ("POST", "/v1/chat/completions") == (line["method"], line["url"])
    assert len(line["custom_id"]) <= 64
    assert line["body"]["response_format"]["json_schema"]["strict"] is True


def test_a_batch_costs_half(start: Callable[..., Runs]) -> None:
    """Costs of results, errors and the whole run use the provider's batch prices, half of those of calls."""
    with FakeModel() as model, Briefer("openai/gpt-4o-mini", base_url=model.url, api_key="test") as briefer:
        meta = briefer.summarize(BRIDGE).meta
    runs = start([None, CUT] + [CUT] * 9)
    runs.submit(BRIDGE, article(1), model="openai/gpt-4o-mini")
    progress = runs.collect()

    done, failed = runs.results()
    assert meta.cost_usd is not None
    assert done.result is not None
    assert pytest.approx(meta.cost_usd / 2) == done.result.meta.cost_usd
    assert failed.error is not None
    assert failed.error.cost_usd is not None
    assert pytest.approx(meta.cost_usd / 2 + failed.error.cost_usd) == progress.cost_usd


def test_duplicates_are_requested_once(start: Callable[..., Runs], tmp_path: Path) -> None:
    """One article under two names, and one that is submitted again, are one request and two results."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(BRIDGE)
    runs = start()
    runs.submit(tmp_path / "a.txt", tmp_path / "b.txt")
    runs.submit(tmp_path / "a.txt")
    runs.collect()
    runs.submit(tmp_path / "b.txt")

    assert 1 == len(runs.fake.ran)
    assert ["a.txt", "b.txt"] == sorted(Path(o.name).name for o in runs.results())
    assert 1 == len({o.fingerprint for o in runs.results()})


def test_unreadable_files_are_rejected_alone(start: Callable[..., Runs], tmp_path: Path) -> None:
    """A missing file does not stop the others."""
    runs = start()
    progress = runs.submit(tmp_path / "none.txt", BRIDGE, "")

    assert 1 == progress.articles
    assert [str(tmp_path / "none.txt"), InputError] == [
        progress.rejected[0].name,
        type(progress.rejected[0].error),
    ]
    assert 2 == len(progress.rejected)


def test_a_name_that_is_not_unicode_is_accepted(start: Callable[..., Runs], tmp_path: Path) -> None:
    """An article that cannot be read for an unexpected reason is rejected alone, too."""
    odd = tmp_path / "caf\udce9.txt"
    odd.write_text(BRIDGE)
    runs = start()
    progress = runs.submit(odd, QUAY, 7)
    runs.collect()

    assert (2, 1) == (progress.articles, len(progress.rejected))
    assert [True, True] == [outcome.result is not None for outcome in runs.results()]
    assert runs.results()[0].name.endswith("caf\\udce9.txt")


def test_files_are_split_by_requests_and_by_size(start: Callable[..., Runs]) -> None:
    """No file exceeds the limits of requests and bytes, and no request is lost."""
    runs = start(max_requests=3, max_bytes=13_000)
    runs.submit(*map(article, range(8)), limits=batch.Limits(requests=3, megabytes=0.013))
    runs.collect(limits=batch.Limits(requests=3, megabytes=0.013))

    sizes = [len(runs.fake.requests(n)) for n in range(len(runs.fake.batches))]
    assert (8, 8) == (sum(sizes), len({o.fingerprint for o in runs.results() if o.result}))
    assert max(sizes) <= 3
    assert len(sizes) > 3
    assert 0 == sum(shown["status"] == "failed" for shown in runs.fake.batches)


def test_a_request_larger_than_a_file_fails_alone(start: Callable[..., Runs]) -> None:
    """It fails before anything is sent."""
    runs = start()
    limits = batch.Limits(megabytes=0.01)
    runs.submit(BRIDGE, BRIDGE * 40, QUAY, limits=limits)
    runs.collect(limits=limits)

    assert [None, RequestError, None] == [o.error and type(o.error) for o in runs.results()]
    assert 2 == len(runs.fake.ran)


def test_the_rest_of_an_expired_batch_is_sent_again(start: Callable[..., Runs]) -> None:
    """Answers are recorded and unanswered requests sent again, each once."""
    runs = start((), [BatchFault(end="expired", ran=2)])
    runs.submit(*map(article, range(5)))
    progress = runs.collect()

    assert 5 == progress.done
    assert (5, 5) == (len(runs.fake.ran), len(set(runs.fake.ran)))
    assert ["expired", "completed"] == [shown["status"] for shown in runs.fake.batches]


def test_requests_may_expire_twice(start: Callable[..., Runs]) -> None:
    """A request that runs in the third batch is answered."""
    runs = start((), [BatchFault(end="expired")] * 2)
    runs.submit(BRIDGE)

    assert (1, 3) == (runs.collect().done, len(runs.fake.batches))


def test_requests_fail_after_three_expired_batches(start: Callable[..., Runs]) -> None:
    """A request that the provider does not run in three batches fails."""
    runs = start((), [BatchFault(end="expired")] * 9)
    runs.submit(BRIDGE)
    progress = runs.collect()

    assert (1, 3) == (progress.failed, len(runs.fake.batches))
    assert "not run in 3 batches" in str(runs.results()[0].error)


def test_requests_without_a_line_are_sent_again(start: Callable[..., Runs]) -> None:
    """A request that a completed batch does not mention waits for the next one."""
    runs = start((), [BatchFault(without=1)])
    runs.submit(article(1), article(2))

    assert 2 == runs.collect().done
    assert [2, 1] == [shown["request_counts"]["total"] for shown in runs.fake.batches]


def test_unanswered_requests_of_a_cancelled_batch_fail(start: Callable[..., Runs]) -> None:
    """They are not sent again; its answers are recorded."""
    runs = start((), [BatchFault(ran=1)])
    runs.submit(article(1), article(2))
    batch.status(runs.journal, **runs.connection)
    assert 1 == batch.cancel(runs.journal, **runs.connection)
    progress = runs.collect()

    assert (1, 1, 1) == (progress.done, progress.failed, len(runs.fake.batches))
    assert ["the batch was cancelled before this request ran"] == [
        str(o.error) for o in runs.results() if o.error
    ]
    assert 0 == batch.cancel(runs.journal, **runs.connection)


def test_an_invalid_line_fails_alone(start: Callable[..., Runs]) -> None:
    """A batch that fails validation over one line is sent again without it."""
    problem = {"code": "invalid_request", "message": "Bad line.", "line": 2, "param": None}
    runs = start((), [BatchFault(problems=(problem,))])
    runs.submit(*map(article, range(3)))
    progress = runs.collect()

    assert (2, 1) == (progress.done, progress.failed)
    assert "Bad line." in str(runs.results()[1].error)
    assert 2 == len(runs.fake.ran)


def test_a_batch_that_fails_as_a_whole_fails_its_articles(start: Callable[..., Runs]) -> None:
    """A permanent error without a line is the error of every article."""
    problem = {
        "code": "model_not_found",
        "message": "No batches for this model.",
        "line": None,
        "param": None,
    }
    runs = start((), [BatchFault(problems=(problem,))] * 9)
    runs.submit(article(1), article(2))
    progress = runs.collect()

    assert (2, 1) == (progress.failed, len(runs.fake.batches))
    assert all("model_not_found: No batches" in str(o.error) for o in runs.results())


def test_failed_articles_are_tried_again_on_request_only(start: Callable[..., Runs]) -> None:
    """Valid answers are reused, others requested again, and usage includes both."""
    runs = start(about("entities", [REFUSAL]))
    runs.submit(BRIDGE, plan="staged")
    assert 1 == runs.collect().failed
    asked = len(runs.fake.ran)
    assert 0 == runs.submit(BRIDGE, plan="staged").open
    assert 1 == runs.submit(BRIDGE, plan="staged", retry_failed=True).open
    progress = runs.collect()

    [outcome] = runs.results()
    assert outcome.result is not None
    assert (1, 0) == (progress.done, progress.failed)
    assert asked + 1 == len(runs.fake.ran) == progress.calls == outcome.result.meta.attempts
    assert progress.usage == outcome.result.meta.usage
    with Journal(runs.journal) as journal:
        entry = journal.get(outcome.fingerprint)
    assert entry is not None
    assert (progress.usage, progress.calls) == (entry.usage, entry.attempts)


def test_the_journal_is_shared_with_calls(start: Callable[..., Runs]) -> None:
    """A call finds results of batches, and a batch those of calls."""
    runs = start()
    with FakeModel() as model:
        options: Any = {"base_url": model.url, "api_key": "test", "journal": runs.journal}
        with Briefer("openai/fake", **options) as briefer:
            called = briefer.summarize(article(1))
            runs.submit(article(1), article(2))
            runs.collect()
            batched = briefer.summarize(article(2))
            assert 1 == model.calls == len(runs.fake.ran)

    assert [called, batched] == [outcome.result for outcome in runs.results()]


def test_a_vacuumed_journal_still_has_the_failures(start: Callable[..., Runs]) -> None:
    """Vacuuming deletes the rows of failures, but not the outcome of the article."""
    runs = start([REFUSAL])
    runs.submit(article(1), article(2))
    runs.collect()
    with Journal(runs.journal) as journal:
        assert 1 == journal.vacuum().dropped

    assert [RefusalError, None] == [outcome.error and type(outcome.error) for outcome in runs.results()]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entries SET input_tokens = 'abc'",
        "UPDATE entries SET result = '{}'",
        "UPDATE entries SET result = CAST(x'ff' AS TEXT)",
        "DELETE FROM entries",
    ],
)
def test_a_result_that_cannot_be_read_is_made_again_from_its_answers(
    start: Callable[..., Runs], damage: str
) -> None:
    """The outcome says so until the next collection, which sends no request."""
    runs = start()
    runs.submit(article(1))
    runs.collect()
    [made] = runs.results()
    with closing(sqlite3.connect(runs.journal)) as db, db:
        db.execute(damage)
    [lost] = runs.results()
    runs.collect()
    [again] = runs.results()

    assert JournalError is type(lost.error)
    assert made.result is not None
    assert again.result is not None
    assert made.result.model_copy(update={"meta": again.result.meta}) == again.result
    assert 1 == len(runs.fake.ran)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE batch_articles SET source = '{'",
        "UPDATE batch_articles SET source = '[]'",
        "UPDATE batch_settings SET settings = 'abc'",
        "UPDATE batch_settings SET settings = '{}'",
        "UPDATE batch_requests SET input_tokens = 9e999",
        "UPDATE batch_requests SET answer = '{'",
        "UPDATE batch_articles SET state = 'failed', error = '[]'",
    ],
)
def test_damaged_tables_raise_an_error_of_the_journal(start: Callable[..., Runs], damage: str) -> None:
    """And none of json or pydantic."""
    runs = start()
    runs.submit(article(1))
    runs.collect()
    with closing(sqlite3.connect(runs.journal)) as db, db:
        db.execute("UPDATE batch_articles SET state = 'open'")
        db.execute(damage)
    with pytest.raises(JournalError, match="cannot be read back"):
        runs.collect() and runs.results()


def test_another_file_is_rejected(start: Callable[..., Runs], tmp_path: Path) -> None:
    """A file that is not a journal is not changed."""
    (tmp_path / "run.db").write_text("notes")

    with pytest.raises(JournalError, match=r"run\.db"):
        start().submit(BRIDGE)
    assert "notes" == (tmp_path / "run.db").read_text()


def test_a_lone_surrogate_in_an_answer_is_repeated(start: Callable[..., Runs]) -> None:
    """A repair ask quotes it, and UTF-8 cannot encode it: the request is written in ASCII."""
    wrong = GOOD | {"headline": "Harwick \ud83d", "key_quotes": [{"id": "q99", "speaker": None}]}
    runs = start([Fault(content=json.dumps(wrong))])
    runs.submit(BRIDGE)

    assert 1 == runs.collect().done
    assert 2 == len(runs.fake.batches)


def test_an_unexpected_exception_fails_one_article(
    start: Callable[..., Runs], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are collected, and its traceback is saved."""
    made = replay.assemble

    def faulty(job: Any, *args: Any, **options: Any) -> Any:
        if "Room 1 of" in job.source.text:
            raise ZeroDivisionError("by a fault of ours")
        return made(job, *args, **options)

    monkeypatch.setattr(replay, "assemble", faulty)
    runs = start()
    runs.submit(*map(article, range(3)))
    progress = runs.collect()

    [error] = [outcome.error for outcome in runs.results() if outcome.error]
    assert (2, 1) == (progress.done, progress.failed)
    assert "ZeroDivisionError: by a fault of ours" == str(error)
    assert 1 == error.attempts
    assert "in faulty" in "".join(traceback.format_exception(error))


MINI = "openai/gpt-4o-mini"


def test_a_limit_on_tokens_holds_at_submission(start: Callable[..., Runs]) -> None:
    """Requests that exceed it by their estimate fail, say what to do, and are sent after that was done."""
    runs = start()
    assert 2 == runs.submit(article(1), article(2)).open
    ordinary = runs.collect().usage
    # The estimate is above what two articles took, so one more fits into five times that, and not three.
    most = 5 * (ordinary.input_tokens + ordinary.output_tokens) // 2
    progress = runs.submit(*map(article, range(3, 9)), max_tokens_total=most)
    progress = runs.collect()
    spent = progress.usage.input_tokens + progress.usage.output_tokens

    errors = [outcome.error for outcome in runs.results() if outcome.error]
    assert 0 < len(errors) < 6
    assert {BudgetError} == {type(error) for error in errors}
    assert all("--retry-failed" in str(error) and not error.attempts for error in errors)
    assert spent <= most
    assert 8 - len(errors) == len(runs.fake.ran)
    runs.submit(*map(article, range(3, 9)), retry_failed=True, max_tokens_total=10 * most)
    progress = runs.collect()
    assert (8, 0) == (progress.done, progress.failed)
    assert (8, 8) == (len(runs.fake.ran), len(set(runs.fake.ran)))


def test_a_limit_on_dollars_uses_batch_prices(start: Callable[..., Runs]) -> None:
    """Twice as many requests fit as of calls."""
    runs = start()
    runs.submit(*map(article, range(20)), model=MINI, max_cost_usd=0.002)
    sent = len(runs.fake.requests(0))
    cost = runs.collect().cost_usd
    [line, *_] = runs.fake.requests(0)
    need = CallEstimate.of(line["body"], fields=4, reasons=False, cap=None)
    usage = Usage(input_tokens=need.input_tokens, output_tokens=need.min_output)
    price = cost_usd(target_of(MINI), usage)

    assert price is not None
    assert sent == int(0.002 / (price / 2)) < 20
    assert cost is not None
    assert cost <= 0.002


def test_a_repair_over_the_budget_is_left_out(start: Callable[..., Runs]) -> None:
    """The briefing is returned without it, with a warning."""
    runs = start([WRONG_ID])
    with FakeModel() as model, Briefer("openai/fake", base_url=model.url, api_key="test") as briefer:
        briefer.summarize(BRIDGE)
        need = CallEstimate.of(model.requests[0], fields=4, reasons=False, cap=None)
    # Just enough for the first request.
    runs.submit(BRIDGE, max_tokens_total=need.input_tokens + need.min_output)
    progress = runs.collect()

    [outcome] = runs.results()
    assert (1, 1) == (progress.done, len(runs.fake.ran))
    assert outcome.result is not None
    assert any("the budget was reached" in warning for warning in outcome.result.meta.warnings)


def test_requests_in_progress_count_against_the_budget(start: Callable[..., Runs]) -> None:
    """The limit applies to later submissions that set none; the last one that was set counts."""
    runs = start()
    runs.submit(article(1), max_tokens_total=3500)

    second = runs.submit(article(2))
    third = runs.submit(article(3), max_tokens_total=9000)
    assert [(1, 1), (2, 1)] == [(progress.open, progress.failed) for progress in (second, third)]


def test_a_limit_without_a_price_is_rejected(start: Callable[..., Runs]) -> None:
    """Before any article is recorded; the limit is not saved in the journal."""
    runs = start()
    with pytest.raises(ConfigurationError, match="is not known, so max_cost_usd cannot be enforced"):
        runs.submit(BRIDGE, max_cost_usd=1.0)

    assert 1 == runs.submit(BRIDGE).open


def test_batches_wait_for_a_full_queue(start: Callable[..., Runs]) -> None:
    """Batches over the account's tokens are sent after others have ended, and halved if one alone is too large."""
    runs = start(max_enqueued_tokens=2500)
    progress = runs.submit(*map(article, range(6)))
    progress = runs.collect()

    assert 6 == progress.done
    assert (6, 6) == (len(runs.fake.ran), len(set(runs.fake.ran)))
    sizes = [
        len(runs.fake.requests(n)) for n, b in enumerate(runs.fake.batches) if b["status"] == "completed"
    ]
    assert max(sizes) < 6


def test_an_article_that_never_fits_the_queue_fails(start: Callable[..., Runs]) -> None:
    """It is not sent again and again."""
    runs = start(max_enqueued_tokens=10)
    runs.submit(BRIDGE)

    assert 1 == runs.collect().failed
    assert "Enqueued token limit" in str(runs.results()[0].error)


FULL = {"error": {"message": "Enqueued token limit reached for fake.", "code": "token_limit_exceeded"}}


def test_batches_wait_for_a_queue_that_is_full_at_creation(start: Callable[..., Runs]) -> None:
    """The provider may say so with status 429, too; it is a transient problem."""
    runs = start((), [None, BatchFault(refuse=Fault(status=429, body=FULL))])
    runs.fake.stuck = True
    progress = runs.submit(article(1), article(2), limits=batch.Limits(requests=1))
    assert (1, 1) == (len(runs.fake.batches), progress.waiting)
    assert "Enqueued token limit" in progress.problems[0]
    # As long as the other one runs, nothing is sent.
    batch.collect(runs.journal, **runs.connection)
    assert 1 == len(runs.fake.batches)
    runs.fake.stuck = False

    assert 2 == runs.collect().done


def test_creation_is_retried(start: Callable[..., Runs]) -> None:
    """A transient error causes a second call, but not a second batch."""
    runs = start((), [BatchFault(refuse=Fault(status=500, headers=SOON)), BatchFault(lose=True)])
    runs.submit(BRIDGE)

    assert 1 == runs.collect().done
    assert 1 == len(runs.fake.batches) == len(runs.fake.ran)


def test_creation_is_tried_four_times(start: Callable[..., Runs]) -> None:
    """Three transient errors are retried in the same call."""
    runs = start((), [BatchFault(refuse=Fault(status=503, headers=SOON))] * 3)
    progress = runs.submit(BRIDGE)

    assert ((), 1) == (progress.problems, len(runs.fake.batches))


def test_unsent_requests_wait_in_the_journal(start: Callable[..., Runs]) -> None:
    """If the provider is down, the articles are recorded, and the next call sends them."""
    runs = start((), [BatchFault(refuse=Fault(status=503, headers=SOON))] * 4)
    progress = runs.submit(BRIDGE)
    assert (1, 1, {"planned": 1}) == (progress.articles, len(progress.problems), progress.batches)

    assert 1 == runs.collect().done
    assert 1 == len(runs.fake.batches)


def test_a_wrong_key_is_an_error(start: Callable[..., Runs]) -> None:
    """A permanent error ends the call."""
    runs = start((), [BatchFault(refuse=Fault(status=401))])

    with pytest.raises(ProviderError, match="did not accept the API key"):
        runs.submit(BRIDGE)


def test_a_batch_of_another_account_is_named(start: Callable[..., Runs]) -> None:
    """The error names the batch if it is collected from another server than it was submitted to."""
    runs = start()
    runs.submit(BRIDGE)
    with FakeBatches() as other, pytest.raises(RequestError, match="does not know batch batch_0001"):
        batch.collect(runs.journal, base_url=other.url, api_key="test")


def test_a_server_without_a_batch_api_is_named(start: Callable[..., Runs], tmp_path: Path) -> None:
    """Whether it does not know the address or answers it with a completion; another server may be used then."""
    journal = tmp_path / "elsewhere.db"
    for faults in ([], [Fault(status=404)], [Fault(status=405)]):
        with FakeModel(faults=faults) as other, pytest.raises(RequestError, match="has no batch API"):
            batch.submit([BRIDGE], journal=journal, model="openai/fake", base_url=other.url, api_key="test")
    runs = start()

    assert 1 == batch.collect(journal, base_url=runs.fake.url, api_key="test", wait=True, poll=0).done


def test_lines_end_where_json_lines_end(start: Callable[..., Runs]) -> None:
    """Other line separators of Python may occur in an article and in an answer."""
    text = BRIDGE.replace("Repairs", "Re\u2028pairs\x85\x1c")
    runs = start([Fault(content=json.dumps(GOOD | {"headline": "Harwick\u2028 closes"}, ensure_ascii=False))])
    runs.submit(text)

    assert 1 == runs.collect().done


class Quoted(BaseModel):
    """A user-defined schema."""

    key_quotes: list[Quote]


def test_user_defined_schemas(start: Callable[..., Runs]) -> None:
    """They are supported as by `summarize`, and must be given again to collect."""
    runs = start()
    runs.submit(BRIDGE, schema=Quoted)
    with pytest.raises(ConfigurationError, match="another schema"):
        batch.collect(runs.journal, **runs.connection)
    batch.collect(runs.journal, schema=Quoted, wait=True, poll=0.0, **runs.connection)

    [outcome] = batch.results(runs.journal, schema=Quoted)
    assert outcome.result is not None
    assert ["a disaster for the whole of our street."] == [q.text for q in outcome.result.key_quotes]
    assert [] == runs.results()


def test_an_answer_to_another_request_is_not_used(start: Callable[..., Runs]) -> None:
    """If the library has changed since the submission, the article fails: its ids may mean other sentences."""
    runs = start()
    runs.submit(BRIDGE)
    with sqlite3.connect(runs.journal) as db:
        db.execute("UPDATE batch_requests SET sha256 = 'of another'")
    db.close()
    runs.collect()

    [outcome] = runs.results()
    assert isinstance(outcome.error, ConfigurationError)
    assert "--retry-failed" in str(outcome.error)
    runs.submit(BRIDGE, retry_failed=True)
    assert 1 == runs.collect().done


@pytest.mark.parametrize("model", ["local", "anthropic/claude-sonnet-4-5"])
def test_models_without_this_batch_api_are_rejected(start: Callable[..., Runs], model: str) -> None:
    """Before an article is read or a server started."""
    with pytest.raises(ConfigurationError, match="cannot run in batches"):
        start().submit(BRIDGE, model=model)


def test_an_unknown_prompt_is_rejected(start: Callable[..., Runs]) -> None:
    """Once, not for each article."""
    with pytest.raises(ConfigurationError):
        start().submit(BRIDGE, prompt="no such prompt")


def test_the_journal_has_no_key(start: Callable[..., Runs]) -> None:
    """The API key is not in the file."""
    runs = start()
    runs.submit(BRIDGE, api_key="sk-very-secret-1234567890")
    runs.collect()

    stored = b"".join(path.read_bytes() for path in runs.journal.parent.glob("run.db*"))
    assert b"very-secret" not in stored


# The fake server, by the SDK


def test_batches_are_found_on_all_pages(start: Callable[..., Runs]) -> None:
    """A batch is found by its key, however many are newer."""
    runs = start()
    for number in range(105):
        runs.submit(
            article(number % 3), limits=batch.Limits(requests=1), prompt="briefing"
        ) if number < 3 else None
    service = Service(target_of("openai/fake", **runs.connection))
    key = runs.fake.batches[0]["metadata"]["briefing"]
    for _ in range(7):
        service.create("other", runs.fake.batches[0]["input_file_id"], 0.0, fresh=True)
    found = service.find(key, 0.0)

    assert found is not None
    assert runs.fake.batches[0]["id"] == found.id
    assert service.find("no such key", 0.0) is None
    service.close()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (b"", "empty_file"),
        (b"{\n", "invalid_json_line"),
        (b'{"custom_id": "a"}\n', "missing_required_parameter"),
        (
            b'{"custom_id": "a", "method": "POST", "url": "/v1/x", "body": {"model": "m"}}\n',
            "mismatched_endpoint",
        ),
        (
            b'{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m"}}\n'
            * 2,
            "duplicate_custom_id",
        ),
        (
            b"".join(
                b'{"custom_id": "%d", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m"}}\n'
                % n
                for n in range(4)
            ),
            "too_many_requests",
        ),
    ],
)
def test_the_fake_validates_as_the_provider_does(lines: bytes, code: str) -> None:
    """Invalid input fails the batch, with the reason and the line."""
    with FakeBatches(max_requests=3, max_bytes=1000) as fake:
        service = Service(target_of("openai/fake", base_url=fake.url, api_key="test"))
        created = service.create("key", service.upload("a.jsonl", io.BytesIO(lines)), 0.0, fresh=True)
        shown = service.batch(created.id)
        with pytest.raises(RequestError, match="too large"):
            service.upload("a.jsonl", io.BytesIO(b"x" * 1001))
        service.close()

    assert ("failed", code) == (shown.status, shown.problems[0][0])


STYLE: Any = {"style": "extractive", "focus": "the repairs", "length": "brief", "on_unsupported": "drop"}


def test_a_style_is_kept_until_the_answers_come(start: Callable[..., Runs], tmp_path: Path) -> None:
    """The briefing is that of a direct call; a style that does not go with one article stops no other."""
    runs = start()
    progress = runs.submit(QUAY, BRIDGE, language="en", **STYLE)
    runs.collect()
    [outcome] = runs.results()
    with FakeModel() as fake, Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer:
        direct = briefer.summarize(BRIDGE, language="en", **STYLE)

    assert ["an extractive briefing is in the article's language (de)"] == [
        str(rejected.error).partition(";")[0] for rejected in progress.rejected
    ]
    assert outcome.result is not None
    assert direct.summary == outcome.result.summary
    expected = ("extractive", "the repairs", "brief", "drop", direct.meta.fingerprint)
    meta = outcome.result.meta
    assert expected == (meta.style, meta.focus, meta.length, meta.on_unsupported, meta.fingerprint)


@pytest.mark.parametrize("options", [{"style": "poetic"}, {"focus": b"cost"}, {"length": ["brief"]}])
def test_what_is_no_style_is_not_submitted(start: Callable[..., Runs], options: dict[str, Any]) -> None:
    """It is an error before anything is read or stored."""
    runs = start()
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        runs.submit(**options)
    assert not runs.journal.exists()


def test_a_journal_from_before_there_were_styles(start: Callable[..., Runs]) -> None:
    """Its articles have the default style."""
    runs = start()
    runs.submit(BRIDGE)
    with sqlite3.connect(runs.journal) as db:
        [(settings,)] = db.execute("SELECT settings FROM batch_settings")
        saved = {name: value for name, value in json.loads(settings).items() if name != "style"}
        db.execute("UPDATE batch_settings SET settings = ?", (json.dumps(saved),))
    runs.collect()
    [outcome] = runs.results()
    assert outcome.result is not None
    assert ("written", "standard") == (outcome.result.meta.style, outcome.result.meta.length)
