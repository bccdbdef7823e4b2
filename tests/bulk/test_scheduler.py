"""The scheduler alone, with a stub that reads articles and makes results."""

from __future__ import annotations

import asyncio
import gc
import pickle
import sqlite3
import threading
import time
import weakref
from contextlib import closing
from itertools import count
from types import SimpleNamespace

import pytest
from pydantic import BaseModel

from briefing.bulk.iterators import AsyncResults, Results, check_articles
from briefing.bulk.run import ArticlesRun, PreparedArticle
from briefing.bulk.scheduler import READ_AHEAD
from briefing.errors import BriefingError, ConfigurationError, InputError, ServerError
from briefing.throttling import FIRST_CALL


class Made:
    """A result, of which it can be told whether it is still alive."""

    alive = 0

    def __init__(self, article):
        self.article = article
        Made.alive += 1
        weakref.finalize(self, Made._gone)

    @classmethod
    def _gone(cls):
        cls.alive -= 1


#: Turns of the loop that are more than any thread is kept from running for, if what is waited for happens at all.
MANY = 10**6


class Stub:
    """Answers each article after `waits(article)` turns of the loop, or once `enough(stub)`; what is an exception is raised."""

    def __init__(
        self,
        waits=lambda article: 1,
        max_concurrency=4,
        room=None,
        recorded=False,
        enough=lambda stub: False,
    ):
        self.recorded, self.enough = recorded, enough
        self.waits, self.max_concurrency = waits, max_concurrency
        self.room = room or (lambda under_way: True)
        self.read, self.asked, self.under_way, self.most = 0, [], 0, 0
        self.closed, self.cancelled = 0, 0
        self.kind = lambda article: StubJob

    def __call__(self):
        """The stub is its own run."""
        return self

    async def job(self, article):
        """Read an article."""
        self.read += 1
        if isinstance(article, InputError):
            raise article
        return self.kind(article)(self, article)

    def has_room(self):
        """Return what `room` says of the articles in progress."""
        return self.room(self.under_way)

    def on_change(self, changed):
        """Remember the callback."""
        self.changed = changed

    async def aclose(self):
        """Count."""
        self.closed += 1


class StubJob:
    """One article of a stub."""

    def __init__(self, stub, article):
        self.stub, self.article, self.fingerprint = stub, article, str(article)

    def recall(self):
        """Nothing is known from before."""

    def discard(self):
        """Nothing is held."""

    async def run(self):
        """Answer after some turns, or once it is enough."""
        stub = self.stub
        stub.asked.append(self.article)
        if not isinstance(self.article, str):  # the others wait for a first call
            FIRST_CALL.get().set()
        stub.under_way += 1
        stub.most = max(stub.most, stub.under_way)
        try:
            for _ in range(stub.waits(self.article)):
                if stub.enough(stub):
                    break
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            stub.cancelled += 1
            raise
        finally:
            stub.under_way -= 1
        if isinstance(self.article, Exception):
            raise self.article
        if self.article == 0:
            stub.asked_before_first = len(stub.asked)
        return Made(self.article)


def shown(result):
    """Make a result comparable."""
    return (type(result).__name__, str(result)) if isinstance(result, BriefingError) else result.article


async def _agen(articles):
    for article in articles:
        yield article


@pytest.fixture(params=["sync", "async", "async in sync", "sync in async"])
def collect(request):
    """Give a function that runs a stub over articles and returns `(index, result)` of each, in all four ways."""

    def sync(stub, articles, ordered):
        source = _agen(articles) if request.param == "async in sync" else articles
        with Results(stub, source, ordered=ordered) as results:
            return [(results.index, shown(result)) for result in results]

    def asynchronous(stub, articles, ordered):
        source = articles if request.param == "sync in async" else _agen(articles)

        async def run():
            async with AsyncResults(stub, source, ordered=ordered) as results:
                return [(results.index, shown(result)) async for result in results]

        return asyncio.run(run())

    way = sync if request.param in ("sync", "async in sync") else asynchronous
    return lambda stub, articles, ordered=True: way(stub, articles, ordered)


def test_results_come_in_the_order_of_the_articles(collect):
    """By default the n-th result is of the n-th article, however long each took."""
    stub = Stub(waits=lambda article: (article * 7) % 13)
    assert collect(stub, range(50)) == [(number, number) for number in range(50)]
    assert stub.closed == 1


def test_results_come_as_they_finish(collect):
    """With `ordered=False` a slow article holds nobody up, and each result tells its article."""
    stub = Stub(
        waits=lambda article: MANY if article == 0 else 1,
        enough=lambda stub: len(stub.asked) == 20 and stub.under_way == 1,
    )
    results = collect(stub, range(20), ordered=False)
    assert sorted(results) == [(number, number) for number in range(20)]
    assert results.index((0, 0)) > 0


def test_no_article_is_no_result(collect):
    """An empty iterable gives nothing and ends."""
    assert collect(Stub(), []) == []


def test_an_error_is_a_result(collect):
    """What goes wrong with one article comes out in its place, whatever kind of exception it was."""
    articles = ["a", InputError("missing"), ServerError("down", status=503), KeyError("bug"), "b"]
    assert collect(Stub(), articles) == [
        (0, "a"),
        (1, ("InputError", "missing")),
        (2, ("ServerError", "down")),
        (3, ("BriefingError", "KeyError: 'bug'")),
        (4, "b"),
    ]


def test_an_error_tells_its_article():
    """An error carries the number and the article, its cause, and pickles."""
    [error] = Results(Stub(), [KeyError("bug")], ordered=True)
    assert (error.index, type(error.source), type(error.__cause__)) == (0, KeyError, KeyError)
    assert pickle.loads(pickle.dumps(error)).index == 0


def test_duplicates_under_way_are_asked_once(collect):
    """The same article again, while the first is asked, gets the first one's result."""
    stub = Stub(waits=lambda article: MANY, enough=lambda stub: stub.read == 4)
    assert collect(stub, ["a", "a", "b", "a"]) == [(0, "a"), (1, "a"), (2, "b"), (3, "a")]
    assert stub.asked == ["a", "b"]


def test_duplicates_share_an_error_but_not_its_place():
    """Each duplicate of an article that failed has an error of its own, with its own number."""
    failing = ServerError("down")
    stub = Stub(waits=lambda article: MANY, enough=lambda stub: stub.read == 2)
    results = list(Results(stub, [failing, failing], ordered=True))
    assert stub.asked == [failing]
    assert [error.index for error in results] == [0, 1]
    assert results[0] is not results[1]


def test_no_more_than_the_bound_is_under_way(collect):
    """At most `max_concurrency` articles are asked at the same time, and as many are where there is work."""
    turns = count(1)
    stub = Stub(
        waits=lambda article: MANY,
        max_concurrency=7,
        enough=lambda stub: stub.most >= 7 and next(turns) % 200 == 0,
    )
    collect(stub, range(60))
    assert stub.most == 7


def test_articles_are_read_as_they_are_needed():
    """The iterable is never read further ahead of the consumer than what is under way and a small buffer."""
    read, ahead = 0, []

    def articles():
        nonlocal read
        for number in range(300):
            read += 1
            yield number

    with Results(Stub(max_concurrency=4), articles(), ordered=True) as results:
        for taken, _ in enumerate(results, 1):
            ahead.append(read - taken)
    assert read == 300
    assert max(ahead) <= 4 + 4 * 16


async def test_async_articles_are_read_as_they_are_needed():
    """In the event loop, too."""
    read, ahead, taken = 0, [], 0

    async def articles():
        nonlocal read
        for number in range(200):
            read += 1
            yield number

    async for _ in AsyncResults(Stub(max_concurrency=4), articles(), ordered=True):
        taken += 1
        await asyncio.sleep(0)
        ahead.append(read - taken)
    assert read == 200
    assert max(ahead) <= 4 + 2 * 16


def test_results_are_not_kept(collect):
    """However many articles there are, only a bounded number of results is alive at a time."""
    most = 0

    def articles():
        nonlocal most
        for number in range(2000):
            most = max(most, Made.alive)
            yield number

    assert len(collect(Stub(), articles())) == 2000
    gc.collect()
    assert most <= 4 + 4 * 16


def test_an_exception_in_the_iterable_ends_the_run_after_what_is_under_way(collect):
    """What was begun is given; then the iterable's own exception is raised."""

    def articles():
        yield from ("a", "b")
        raise ValueError("of the caller")

    seen = []
    with pytest.raises(ValueError, match="of the caller"):
        collect(Stub(waits=lambda article: seen.append(article) or 5), articles())
    assert seen == ["a", "b"]


def test_the_iterable_is_read_in_the_callers_thread():
    """A database cursor, which belongs to a thread, can be given as it is."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE articles (text TEXT)")
        database.executemany("INSERT INTO articles VALUES (?)", [(str(n),) for n in range(40)])
        rows = (text for (text,) in database.execute("SELECT text FROM articles"))
        results = [result.article for result in Results(Stub(), rows, ordered=True)]
    assert results == [str(n) for n in range(40)]


def test_leaving_early_leaves_nothing_running():
    """A `break` stops what is under way, closes what was opened and ends the thread."""
    stub = Stub(waits=lambda article: 1 if article == 0 else 10**9)
    before = set(threading.enumerate())
    for _ in Results(stub, range(100), ordered=True):
        break
    assert (stub.under_way, stub.closed) == (0, 1)
    assert set(threading.enumerate()) <= before


def test_closing_before_the_first_result_is_fine():
    """A run that was never begun, or is closed twice, leaves nothing behind."""
    stub = Stub()
    results = Results(stub, range(3), ordered=True)
    results.close()
    results.close()
    assert list(results) == []
    assert stub.closed == 0


async def test_aclose_leaves_nothing_running():
    """Closed in the middle, the asynchronous run has no task left."""
    stub = Stub(waits=lambda article: 1 if article == 0 else 10**9)
    async with AsyncResults(stub, range(100), ordered=True) as results:
        await anext(results)
    assert (stub.under_way, stub.closed) == (0, 1)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_cancelling_the_consumer_leaves_nothing_running():
    """A task that waits for a result and is cancelled takes the run with it."""
    stub = Stub(waits=lambda article: 10**9)

    async def consume():
        async for _ in AsyncResults(stub, range(100), ordered=True):
            pass

    task = asyncio.create_task(consume())
    for _ in range(100):
        await asyncio.sleep(0)
    assert stub.under_way == 4
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (stub.under_way, stub.closed, stub.cancelled) == (0, 1, 4)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_finish_lets_articles_under_way_end():
    """Those without a call yet are cancelled, no other is started, and the results of the rest are yielded."""
    stub = Stub(waits=lambda article: 10**9 if isinstance(article, str) else 200)
    async with AsyncResults(stub, [0, "a", 1, "b", *range(2, 100)], ordered=True) as results:
        first = asyncio.ensure_future(anext(results))
        for _ in range(50):
            await asyncio.sleep(0)
        assert results.finish() == 2
        assert [(await first).article, *[result.article async for result in results]] == [0, 1]
    assert (stub.asked, stub.cancelled, stub.closed) == ([0, "a", 1, "b"], 2, 1)


@pytest.mark.parametrize("ordered", [True, False])
def test_finish_cancels_articles_that_take_too_long(ordered):
    """After the time that it was given; what is done is yielded, also behind a cancelled article."""
    stub = Stub(waits=lambda article: 10**9 if article in (0, 2) else 1)
    results = Results(stub, range(4), ordered=ordered)

    def finish():
        while len(stub.asked) < 4:
            time.sleep(0.01)
        results.finish(0.05)

    threading.Thread(target=finish).start()
    assert [result.article for result in results] == [1, 3]
    assert (stub.under_way, stub.closed) == (0, 1)


def test_closing_early_lets_recorded_articles_end():
    """Where results are recorded, a `break` waits for what was paid for."""

    class First(StubJob):
        async def run(self):
            while len(self.stub.asked) < 2:  # noqa: ASYNC110  # nobody sets an event
                await asyncio.sleep(0)
            return Made(self.article)

    stub = Stub(waits=lambda article: 500, recorded=True)
    stub.kind = lambda article: StubJob if article else First
    for _ in Results(stub, range(100), ordered=True):
        break
    assert (stub.under_way, stub.cancelled, stub.closed) == (0, 0, 1)
    assert len(stub.asked) >= 2


def test_a_call_that_is_cancelled_by_something_else_is_an_error():
    """The article does not vanish."""

    class Cancelling(StubJob):
        async def run(self):
            raise asyncio.CancelledError

    stub = Stub()
    stub.kind = lambda article: Cancelling
    assert [str(result) for result in Results(stub, range(2), ordered=True)] == ["the call was cancelled"] * 2


async def test_the_synchronous_run_works_where_a_loop_runs():
    """As in a notebook, whose cells run inside an event loop."""
    assert [result.article for result in Results(Stub(), range(5), ordered=True)] == [0, 1, 2, 3, 4]


async def test_nothing_is_begun_without_room():
    """Where the run has no room, the next article waits until it says that something has changed."""
    open_to = [1]
    stub = Stub(
        waits=lambda article: 10**9 if article == 0 else 1, room=lambda under_way: under_way < open_to[0]
    )
    async with AsyncResults(stub, range(3), ordered=False) as results:
        first = asyncio.ensure_future(anext(results))
        for _ in range(20):
            await asyncio.sleep(0)
        assert stub.asked == [0]
        open_to[0] = 2
        stub.changed()
        assert [(await first).article, (await anext(results)).article] == [1, 2]


@pytest.mark.parametrize("articles", ["one text", b"bytes", 7, None])
def test_a_single_article_is_refused(articles):
    """A text is iterable, but its letters are no articles."""
    with pytest.raises(ConfigurationError, match="iterable of articles"):
        check_articles(articles, what="summarize_many")


async def test_articles_are_started_ahead_of_a_slow_one():
    """In order, `READ_AHEAD` articles beyond `max_concurrency` are started while the first one is in progress, not more."""
    stub = Stub(waits=lambda article: 2_000 if article == 0 else 1, max_concurrency=4)
    async with AsyncResults(stub, range(100), ordered=True) as results:
        await anext(results)
        assert list(range(4 + READ_AHEAD)) == stub.asked[: 4 + READ_AHEAD]
        assert 4 + READ_AHEAD == stub.asked_before_first


@pytest.mark.parametrize(
    ("in_flight", "waiting", "room"), [(7, 0, True), (7, 1, False), (8, 1, True), (8, 2, False)]
)
async def test_a_run_has_room_while_few_requests_wait(in_flight, waiting, room):
    """An eighth of those in flight may wait for the limiter."""

    async def close():
        pass

    limit = SimpleNamespace(max_concurrency=9, in_flight=in_flight)
    run = ArticlesRun(None, SimpleNamespace(limit=limit, waiting=waiting), close)
    assert (9, room) == (run.max_concurrency, run.has_room())
    await run.aclose()


class Kept(BaseModel):
    """A result that can be pickled."""

    text: str


async def test_a_result_is_stored_until_the_end_of_the_run():
    """By fingerprint, of any size; what cannot be pickled is made again."""

    class Local(BaseModel):
        """A class inside a function cannot be pickled."""

    made = []

    async def prepare(article):
        async def make():
            made.append(article)
            return Local() if article == "local" else Kept(text=article * 1000)

        return PreparedArticle(article.encode().hex(), make)

    async def close():
        made.append("closed")

    run = ArticlesRun(prepare, SimpleNamespace(limit=SimpleNamespace(max_concurrency=1)), close)
    for article in ("one", "two", "local"):
        job = await run.job(article)
        assert job.recall() is None
        await job.run()
    assert [Kept(text="one" * 1000), Kept(text="two" * 1000), None] == [
        (await run.job(article)).recall() for article in ("one", "two", "local")
    ]
    await run.aclose()
    assert ["one", "two", "local", "closed"] == made


def run_of_copies(**options):
    """Return a run whose results have the text of their article."""

    async def prepare(article):
        async def make():
            return Kept(text=article)

        return PreparedArticle(article.encode().hex(), make)

    async def close():
        pass

    return ArticlesRun(prepare, SimpleNamespace(limit=SimpleNamespace(max_concurrency=1)), close, **options)


async def test_what_a_journal_has_is_not_stored_again():
    """Its results would fill the disk twice."""
    run = run_of_copies(recorded=True)
    await (await run.job("one")).run()
    assert (await run.job("one")).recall() is None
    await run.aclose()


async def test_a_full_disk_asks_again_for_equal_articles(monkeypatch):
    """What has been stored cannot be found any more then, and that is no error of the articles that follow."""

    def full(self, key):
        raise InputError("cannot write a temporary file: database disk image is malformed")

    monkeypatch.setattr("briefing.bulk.run.OnDiskDict.get", full)
    run = run_of_copies()
    await (await run.job("one")).run()
    assert (await run.job("one")).recall() is None
    await run.aclose()
