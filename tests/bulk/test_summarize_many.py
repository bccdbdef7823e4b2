"""Tests of `summarize_many` against a model's server on the loopback interface."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from bulk_processes import brief_without_space
from patience import until
from pydantic import BaseModel

import briefing
from briefing import Briefer, Briefing, Cited, Source
from briefing.errors import (
    AuthenticationError,
    BudgetError,
    ConfigurationError,
    InputError,
    QuotaError,
    RateLimitError,
    SchemaError,
    ServerError,
)
from briefing.testing.fake_model import FakeModel, Fault
from briefing.throttling.adaptive_limit import AdaptiveLimit

BUSY = Fault(status=429, headers={"retry-after-ms": "20"})


def numbered(count):
    """Make short articles that differ in a number."""
    return [
        f"The council of Harwick closed bridge {n} on Monday. Repairs begin in May." for n in range(count)
    ]


def options(fake):
    """Name the fake model's server."""
    return {"model": "openai/fake", "base_url": fake.url, "api_key": "test"}


def test_each_article_gives_a_briefing_of_it(fake):
    """The n-th result is a briefing whose spans are slices of the n-th article."""
    articles = numbered(30)
    results = list(briefing.summarize_many(articles, **options(fake)))
    assert [type(result) for result in results] == [Briefing] * 30
    assert [result.meta.source_sha256 for result in results] == [
        Source.from_text(article).sha256 for article in articles
    ]
    assert [
        v for result, article in zip(results, articles, strict=True) for v in result.verify(article)
    ] == []
    assert fake.calls == 30


async def test_asynchronously_too(fake, briefer):
    """`asummarize_many` takes an async iterable, and says of each result which article it is of."""

    async def articles():
        for article in numbered(20):
            yield article

    seen = {}
    results = briefer.asummarize_many(articles(), ordered=False)
    async for result in results:
        seen[results.index] = result.meta.source_sha256
        assert results.source == numbered(20)[results.index]
    assert seen == {n: Source.from_text(article).sha256 for n, article in enumerate(numbered(20))}


def test_articles_may_be_files_and_sources(fake, tmp_path):
    """Paths, sources and texts may be mixed; a file that is missing is an error in its place."""
    (tmp_path / "a.txt").write_text("The harbour of Kalmund is closed until March.")
    articles = [
        tmp_path / "a.txt",
        tmp_path / "missing.txt",
        Source.from_text("Harwick has a new bridge."),
        " ",
    ]
    results = list(briefing.summarize_many(articles, **options(fake)))
    assert [type(result) for result in results] == [Briefing, InputError, Briefing, InputError]
    assert (results[1].index, results[1].source) == (1, tmp_path / "missing.txt")


def test_an_own_schema_comes_back(fake):
    """`schema=` gives instances of itself."""

    class Facts(BaseModel):
        facts: list[Cited[str]]

    results = list(briefing.summarize_many(numbered(3), schema=Facts, **options(fake)))
    assert [type(result) for result in results] == [Facts] * 3


def test_duplicates_are_asked_once(fake):
    """The same article, right after and much later, costs one call, and gives equal results."""
    [article, *others] = numbered(40)
    results = list(briefing.summarize_many([article, article, *others, article], **options(fake)))
    assert fake.calls == 40
    assert results[0] == results[1] == results[-1]


def test_failures_stay_where_they_are(serve):
    """An article that the server fails on comes out as its error, with what it cost; the others are made."""

    def fault(request):
        return Fault(status=400) if "bridge 3" in str(request["messages"]) else None

    _, briefer = serve(fault)
    results = list(briefer.summarize_many(numbered(6)))
    assert [type(result).__name__ for result in results].index("RequestError") == 3
    assert [isinstance(result, Briefing) for result in results].count(True) == 5
    assert (results[3].index, results[3].attempts) == (3, 1)


def test_refusals_cost_no_attempts_while_others_are_answered(serve):
    """With `max_attempts=2`, articles that meet six refusals in a row are made all the same: the server only was busy."""
    lock, refused = threading.Lock(), {}

    def fault(request):
        text = str(request["messages"])
        number = next(n for n in range(20) if f"bridge {n} " in text)
        with lock:
            refused[number] = refused.get(number, 0) + 1
            return BUSY if number in (5, 6) and refused[number] <= 6 else None

    fake, briefer = serve(fault, max_attempts=2)
    results = list(briefer.summarize_many(numbered(20)))
    assert [result for result in results if not isinstance(result, Briefing)] == []
    assert results[5].meta.attempts == 7
    assert fake.calls == 20 + 12


def test_a_server_that_refuses_everything_is_given_up(serve):
    """Where nobody is answered, refusals count as attempts, and the error says so."""
    _, briefer = serve(lambda request: BUSY, max_attempts=2)
    results = list(briefer.summarize_many(numbered(3)))
    assert [type(result) for result in results] == [RateLimitError] * 3
    assert [result.attempts for result in results] == [2, 2, 2]


def test_no_credit_is_not_waited_for(serve):
    """A 429 that does not pass is no matter of limit."""
    body = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
    fake, briefer = serve(lambda request: Fault(status=429, body=body))
    assert [type(r) for r in briefer.summarize_many(numbered(2))] == [QuotaError] * 2
    assert fake.calls == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=401), AuthenticationError),
        (
            Fault(status=429, body={"error": {"message": "no credit", "code": "insufficient_quota"}}),
            QuotaError,
        ),
    ],
)
def test_an_account_that_gets_no_answers_is_not_asked_for_every_article(serve, fault, error):
    """A refused key and an empty account end the run: what is not under way is not asked, and says why."""
    fake, briefer = serve(lambda _: fault)
    results = list(briefer.summarize_many(numbered(60), max_concurrency=4))
    assert {error} == {type(result) for result in results}
    assert fake.calls <= 8
    asked = [result for result in results if result.attempts]
    assert (fake.calls, 60) == (len(asked), len(results))
    assert all(str(result).startswith("the call was not made") for result in results if not result.attempts)


@pytest.mark.parametrize(("status", "error"), [(503, ServerError), (429, RateLimitError)])
def test_an_article_that_is_always_refused_ends_and_holds_up_no_other(serve, monkeypatch, status, error):
    """It has its attempts, and for a limit's sake some more; the others are answered meanwhile."""

    def fault(request):
        return Fault(status=status, headers=retry) if "bridge 7 " in str(request["messages"]) else None

    monkeypatch.setattr("briefing.llm.attempts._MOST_EXEMPT", 2)
    retry = {"retry-after-ms": "1"} if status == 429 else {}
    fake, briefer = serve(fault)
    results = list(briefer.summarize_many(numbered(40), max_concurrency=4))
    assert [error if n == 7 else Briefing for n in range(40)] == [type(result) for result in results]
    assert 39 + 4 + (2 if status == 429 else 0) == fake.calls


def test_a_forbidden_article_keeps_no_other_from_being_asked(serve):
    """403 may be about one article."""
    _, briefer = serve([Fault(status=403)])
    results = list(briefer.summarize_many(numbered(6), max_concurrency=1))
    assert [AuthenticationError] + [Briefing] * 5 == [type(result) for result in results]


def test_server_errors_are_tried_again(serve):
    """One 500 each is no failure."""
    _, briefer = serve([Fault(status=500)] * 2, max_attempts=3)
    assert [type(r) for r in briefer.summarize_many(numbered(4))] == [Briefing] * 4


def test_server_errors_end_an_article_after_its_attempts(serve):
    """A server that only fails makes errors, not an endless run."""
    fake, briefer = serve(lambda request: Fault(status=500), max_attempts=1)
    assert [type(r) for r in briefer.summarize_many(numbered(3))] == [ServerError] * 3
    assert fake.calls == 3


def test_headers_of_the_rate_limit_reach_the_adaptive_limit(serve, monkeypatch):
    """What each response says about the rest of a limit is told to the limit, with the tokens that the call took."""
    told, answered = [], AdaptiveLimit.answered

    def note(self, permit, now, *, tokens, headers):
        told.append((headers["x-ratelimit-remaining-requests"], tokens))
        answered(self, permit, now, tokens=tokens, headers=headers)

    monkeypatch.setattr(AdaptiveLimit, "answered", note)
    _, briefer = serve(lambda request: Fault(headers={"x-ratelimit-remaining-requests": "99"}))
    results = list(briefer.summarize_many(numbered(3)))
    usages = [result.meta.usage for result in results]
    assert sorted(told) == sorted(("99", usage.input_tokens + usage.output_tokens) for usage in usages)


def test_the_budget_is_for_the_whole_run(fake):
    """When the limit is reached, what was paid for is given and the rest comes out as the budget's error."""
    briefer = Briefer(**options(fake), max_tokens_total=4000)
    results = list(briefer.summarize_many(numbered(30), max_concurrency=2))
    made = [result for result in results if isinstance(result, Briefing)]
    assert {type(result) for result in results} == {Briefing, BudgetError}
    assert len(results) == 30
    assert sum(r.meta.usage.input_tokens + r.meta.usage.output_tokens for r in made) <= 4000
    assert fake.calls == len(made)
    again = list(briefer.summarize_many(numbered(1)))
    assert isinstance(again[0], Briefing)


def test_what_the_journal_holds_is_not_asked_again(fake, tmp_path):
    """A run over a journal's articles makes no call, and gives what was saved; only what is new is asked."""
    journal = tmp_path / "run.db"
    first = list(briefing.summarize_many(numbered(8), journal=journal, **options(fake)))
    second = list(briefing.summarize_many(numbered(10), journal=journal, **options(fake)))
    assert second[:8] == first
    assert fake.calls == 10


def test_each_result_is_in_the_journal_before_it_is_given(fake, tmp_path):
    """Whoever has seen a result may be killed: another reader of the file finds it."""
    journal = tmp_path / "run.db"
    with briefing.summarize_many(numbered(6), journal=journal, **options(fake)) as results:
        for result in results:
            with briefing.Journal(journal, mode="ro") as reader:
                assert reader.get(result.meta.fingerprint).status == "done"


def test_an_early_break_makes_no_more_calls(fake):
    """After the loop was left no thread and no call is left."""
    before = set(threading.enumerate())
    for _ in briefing.summarize_many(numbered(500), max_concurrency=4, **options(fake)):
        break
    assert set(threading.enumerate()) <= before
    # Nothing is left that could make a call, once the server has noticed it.
    assert until(lambda: not fake.in_flight and not fake._http.connections)
    assert fake.calls <= 4 + 64


class AnswersTogether(FakeModel):
    """Keeps each answer back until there is a second request."""

    async def _reply(self, request):
        reply = await super()._reply(request)
        while self.calls < 2:  # noqa: ASYNC110  # nobody sets an event
            await asyncio.sleep(0.01)
        return reply


def test_an_early_break_records_what_was_paid_for(tmp_path):
    """With a journal, the articles under way may end."""
    journal = tmp_path / "run.db"
    with AnswersTogether(faults=lambda r: Fault(delay=0.2 if "bridge 0 " not in str(r) else 0)) as fake:
        for _ in briefing.summarize_many(numbered(500), max_concurrency=4, journal=journal, **options(fake)):
            break
    with briefing.Journal(journal, mode="ro") as recorded:
        assert 1 < fake.calls == recorded.totals().done


def test_a_full_temporary_disk_loses_no_result(fake, forked):
    """Results are kept there for duplicates; without, each is still returned, and the run ends without an error."""
    process = forked(brief_without_space, fake.url, [*numbered(10), *numbered(2)])
    assert process.rest() == ["Briefing"] * 12
    assert process.ended() == 0


def test_a_process_may_fork_and_exit_with_an_open_iterator(fake):
    """The child is told that the iterator is not its own, and both end cleanly."""
    program = """if True:
        import os, sys
        import briefing
        articles = (f"The council of Harwick closed bridge {n} on Monday." for n in range(500))
        results = briefing.summarize_many(articles, model="openai/fake", base_url=sys.argv[1], api_key="test")
        next(results)
        child = os.fork()
        if not child:
            try:
                next(results)
            except briefing.ConfigurationError as error:
                print(error, flush=True)
            sys.exit()
        print(os.waitpid(child, 0)[1])
        next(results)
    """
    # From Python 3.12 on, a fork of a process with threads is warned of.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, fake.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    refusal = "this iterator of summarize_many belongs to another process; call summarize_many in this one"
    assert [refusal, "0"] == done.stdout.splitlines()
    assert ("", 0) == (done.stderr, done.returncode)


async def test_inside_a_running_loop(fake):
    """The synchronous call works in a notebook, whose loop is running."""
    await asyncio.sleep(0)
    assert len(list(briefing.summarize_many(numbered(3), **options(fake)))) == 3


def test_a_briefer_may_be_used_again(fake, briefer):
    """Runs, single calls and runs in turn, with one briefer."""
    assert len(list(briefer.summarize_many(numbered(2)))) == 2
    assert isinstance(briefer.summarize(numbered(1)[0]), Briefing)
    assert len(list(briefer.summarize_many(numbered(2)))) == 2


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"articles": "one text"}, ConfigurationError),
        ({"articles": Path("a.txt")}, ConfigurationError),
        ({"max_concurrency": 0}, ConfigurationError),
        ({"max_concurrency": 2.5}, ConfigurationError),
        ({"requests_per_minute": -1}, ConfigurationError),
        ({"tokens_per_minute": "many"}, ConfigurationError),
        ({"schema": int}, SchemaError),
        ({"language": "klingonish"}, ConfigurationError),
        ({"prompt": "no-such"}, ConfigurationError),
    ],
)
@pytest.mark.parametrize("name", ["summarize_many", "asummarize_many"])
def test_what_cannot_be_used_is_told_at_once(fake, name, given, error):
    """Settings are checked by the call itself: nothing is read and nobody is asked."""

    def articles():
        raise AssertionError("read")
        yield

    with pytest.raises(error):
        getattr(briefing, name)(**({"articles": articles()} | given), **options(fake))
    assert fake.calls == 0
