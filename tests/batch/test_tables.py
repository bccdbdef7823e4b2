"""The tables and limits of batches, on both sides of each constant, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import Timeout

from briefing import ConfigurationError, Usage
from briefing.batch import Limits, session
from briefing.batch.articles import ArticleTables, StoredArticle
from briefing.batch.budget import _fields
from briefing.batch.exchange import _parse_line
from briefing.batch.files import RequestTables, request_line
from briefing.batch.replay import CallPosition, Request
from briefing.batch.service import _find_batch, is_queue_full
from briefing.batch.session import Session
from briefing.batch.tables import Tables

BODY = '{"model": "fake"}'


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    """Give the tables of an empty journal."""
    with Tables(tmp_path / "run.db") as opened:
        yield opened


@pytest.fixture
def articles(tables: Tables) -> ArticleTables:
    """Give its articles."""
    return ArticleTables(tables)


@pytest.fixture
def requests(tables: Tables) -> RequestTables:
    """Give its requests."""
    return RequestTables(tables)


def fingerprint(number: int) -> str:
    return f"{number:032}{0:032}"


def add(articles: ArticleTables, number: int, *bodies: str, model: str = "fake", rounds: int = 0) -> None:
    """Add an article with first requests."""
    stored = StoredArticle(fingerprint(number), "{}", f'{{"model": "openai/{model}"}}', 0.0, rounds)
    asked = [Request(CallPosition(0, ask, 0), "", body) for ask, body in enumerate(bodies)]
    articles.add(f"{number}.txt", stored, "s", asked)


def size_of(number: int, body: str = BODY) -> int:
    return len(request_line(f"{number:032}-0-0-0", body))


def test_the_default_limits_are_the_providers() -> None:
    """50,000 requests and 200 MB."""
    assert (50_000, 200.0) == (Limits().requests, Limits().megabytes)


@pytest.mark.parametrize(("limit", "sizes"), [(2, [2, 2]), (3, [3, 1]), (4, [4]), (5, [4])])
def test_a_file_has_as_many_requests_as_allowed(
    articles: ArticleTables, requests: RequestTables, limit: int, sizes: list[int]
) -> None:
    """The rest waits for the next file."""
    for number in range(4):
        add(articles, number, BODY)
    planned = [requests.plan_file(key, Limits(requests=limit)) for key in "abc"[: len(sizes)]]

    assert sizes == [file.requests for file in planned if file is not None]
    assert requests.plan_file("last", Limits()) is None


@pytest.mark.parametrize(("short", "sizes"), [(0, [2]), (1, [1, 1])])
def test_a_file_is_as_large_as_allowed(
    articles: ArticleTables, requests: RequestTables, short: int, sizes: list[int]
) -> None:
    """Two requests of exactly its size fit into one file; with a byte less, they need two."""
    add(articles, 1, BODY)
    add(articles, 2, BODY)
    limits = Limits(megabytes=(2 * size_of(1) - short) / 1_000_000)
    planned = [requests.plan_file(key, limits) for key in "ab"[: len(sizes)]]

    assert sizes == [file.requests for file in planned if file is not None]
    assert 2 * size_of(1) == sum(len(line) for key in "ab" for line in requests.lines(key))


@pytest.mark.parametrize(("short", "status"), [(0, None), (1, 0)])
def test_a_request_that_exceeds_a_file_is_answered(
    articles: ArticleTables, requests: RequestTables, short: int, status: int | None
) -> None:
    """With an error, if it is larger than a file may be by itself."""
    add(articles, 1, BODY)
    requests.plan_file("a", Limits(megabytes=(size_of(1) - short) / 1_000_000))

    [answer] = articles.answers(fingerprint(1)).values()
    assert status == answer.status


def test_a_file_has_one_model_and_one_round(articles: ArticleTables, requests: RequestTables) -> None:
    """Earlier rounds are sent first."""
    add(articles, 1, BODY, rounds=1)
    add(articles, 2, BODY, model="other")
    add(articles, 3, BODY)
    planned = [requests.plan_file(key, Limits()) for key in "abc"]

    assert [(1, 1), (1, 1), (2, 1)] == [(file.round, file.requests) for file in planned if file is not None]


@pytest.mark.parametrize(("too_large", "size"), [(9, 4), (3, 1), (1, 1)])
def test_files_are_halved_below_one_that_exceeded_the_queue(
    articles: ArticleTables, requests: RequestTables, too_large: int, size: int
) -> None:
    """If it did so while no other batch was in progress; a file has at least one request."""
    for number in range(9):
        add(articles, number, BODY)
    requests.plan_file("a", Limits(requests=too_large))
    requests.release("a", counted=False)
    requests.update("a", collected=True, status="refused", refused_alone=True)
    file = requests.plan_file("b", Limits())

    assert file is not None
    assert size == file.requests


@pytest.mark.parametrize(("counted", "submits"), [(True, 2), (False, 1)])
def test_released_requests_count_their_submissions(
    articles: ArticleTables, requests: RequestTables, counted: bool, submits: int
) -> None:
    """Unless the provider never accepted the file."""
    add(articles, 1, BODY)
    requests.plan_file("a", Limits())
    requests.release("a", counted=counted)
    requests.plan_file("b", Limits())

    assert [submits] == [count for _, count in requests.unanswered("b")]


def test_an_answer_is_recorded_once(articles: ArticleTables, requests: RequestTables) -> None:
    """The first one counts, and only from the file that the request is in."""
    add(articles, 1, BODY)
    requests.plan_file("a", Limits())
    [(custom_id, _)] = requests.unanswered("a")
    for key, prompt in (("b", 7), ("a", 5), ("a", 6)):
        requests.record(key, [(custom_id, 200, {"usage": {"prompt_tokens": prompt, "completion_tokens": 2}})])
    [answered, dropped] = articles.usage()

    assert ("fake", Usage(input_tokens=5, output_tokens=2), 1) == answered
    assert ("fake", Usage(), 0) == dropped


@pytest.mark.parametrize(("status", "calls"), [(0, 0), (99, 0), (100, 1), (500, 1)])
def test_an_answer_that_was_not_sent_is_no_call(
    articles: ArticleTables, requests: RequestTables, status: int, calls: int
) -> None:
    """Answers with a status of HTTP are calls."""
    add(articles, 1, BODY)
    requests.plan_file("a", Limits())
    requests.record("a", [(custom_id, status, {}) for custom_id, _ in requests.unanswered("a")])

    assert [calls, 0] == [calls for _, _, calls in articles.usage()]


@pytest.mark.parametrize("count", [199, 200, 201, 401])
def test_all_pages_are_read(articles: ArticleTables, requests: RequestTables, count: int) -> None:
    """Of articles that are ready, of those that are finished, and of requests."""
    for number in range(count):
        add(articles, number, BODY)
    expected = [fingerprint(number) for number in range(count)]
    waiting = [custom_id[:32] for custom_id, _, _ in requests.unanswered_bodies(sent=False)]
    assert [name[:32] for name in expected] == waiting
    requests.plan_file("a", Limits())
    assert count == len(list(requests.unanswered_bodies(sent=True)))
    requests.record("a", [(custom_id, 200, {}) for custom_id, _ in requests.unanswered("a")])

    assert expected == [article.fingerprint for article in articles.ready("s")]
    for number in range(count):
        add(articles, count + number)
    assert [f"{count + number}.txt" for number in range(count)] == [f.name for f in articles.finished()]


@pytest.mark.parametrize(
    ("error", "parsed"),
    [
        ({"code": "batch_expired"}, None),
        ({"code": "batch_cancelled"}, None),
        ({"code": "server_error"}, ("a", 500, {"error": {"code": "server_error"}})),
        (None, ("a", 500, {"error": None})),
    ],
)
def test_lines_without_a_response(error: Any, parsed: Any) -> None:
    """They are errors of the provider, unless the request was not run."""
    assert parsed == _parse_line({"custom_id": "a", "response": None, "error": error})


@pytest.mark.parametrize(
    ("problem", "full"),
    [
        ("token_limit_exceeded: too many", True),
        ("Enqueued Token limit reached", True),
        ("Rate limit reached", False),
    ],
)
def test_a_full_queue_is_recognized(problem: str, full: bool) -> None:
    """By its code or its message."""
    assert full is is_queue_full(problem)


@pytest.mark.parametrize(("age", "found"), [(3600, True), (3601, False)])
def test_batches_are_looked_for_among_those_created_since(age: int, found: bool) -> None:
    """An hour is allowed between the provider's clock and this one; older ones are not read."""

    def batch(key: str, created: float) -> Any:
        return SimpleNamespace(
            id="b",
            status="completed",
            metadata={"briefing": key},
            created_at=created,
            output_file_id=None,
            error_file_id=None,
            errors=None,
        )

    listed = [batch("other", 10_000.0 - age), batch("mine", 1.0)]
    sdk = SimpleNamespace(batches=SimpleNamespace(list=lambda limit: listed))

    assert found is (_find_batch(sdk, "mine", 10_000.0) is not None)


@pytest.mark.parametrize(
    ("request_body", "fields"),
    [
        ({}, 4),
        ({"response_format": {"json_schema": {"schema": {"properties": {"a": {}}}}}}, 1),
        ({"tools": [{"function": {"parameters": {"properties": {"a": {}, "b": {}}}}}]}, 2),
    ],
)
def test_fields_of_a_request(request_body: dict[str, Any], fields: int) -> None:
    """Those of its schema; four, if it has none."""
    assert fields == _fields(request_body)


def test_a_journal_that_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may hold it for ten minutes; then the error names the lock."""
    waited: list[float] = []

    class Lock:
        def __init__(self, path: str) -> None:
            self.lock_file = path

        def acquire(self, timeout: float) -> None:
            waited.append(timeout)
            raise Timeout(self.lock_file)

    monkeypatch.setattr(session, "FileLock", Lock)
    keywords = {"model": "openai/fake", "api_key": "test", "base_url": "http://127.0.0.1:9"}
    with (
        Session(tmp_path / "run.db", options=keywords) as locked,
        pytest.raises(ConfigurationError, match=r"run\.db\.batch\.lock for 600 s"),
    ):
        locked.collect()

    assert [600.0] == waited
