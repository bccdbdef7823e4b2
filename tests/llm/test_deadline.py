"""Time: deadlines and timeouts hold over everything, and who gives up leaves nothing behind."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cli_processes import command
from conftest import Forked
from patience import growing, until

from briefing import Briefer, Briefing, DeadlineError, ProviderTimeoutError, RateLimitError
from briefing.llm import sdk
from briefing.llm.deadline import Deadline
from briefing.testing.fake_model import FakeModel, Fault, without_waiting
from briefing.threads import call_with_timeout

HANG = Fault(hang=True)
DRIP = Fault(drip=0.05)  # the whole answer would take minutes
SLOW = [pytest.param(HANG, id="hang"), pytest.param(DRIP, id="drip")]


@contextmanager
def model(faults: Any, **options: Any) -> Iterator[tuple[FakeModel, Briefer]]:
    """A model with faults, and a briefer on it that has made its client."""
    with (
        FakeModel(faults=faults) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test", **options) as briefer,
    ):
        yield fake, briefer


async def closed(briefer: Briefer, text: str) -> Briefing:
    """Summarize without blocking, and close what that has opened."""
    async with briefer:
        return await briefer.asummarize(text)


@pytest.mark.parametrize("fault", SLOW)
def test_a_deadline_ends_slow_bytes(bridge: str, fault: Fault) -> None:
    """Each byte comes in time, the answer does not: the deadline counts, and the connection is closed."""
    for deadline in growing(0.3):
        with model([fault] * 9, deadline=deadline) as (fake, briefer):
            with pytest.raises(DeadlineError) as caught:
                briefer.summarize(bridge)
            assert caught.value.attempts >= fake.calls
            assert until(lambda: fake.in_flight == 0)
        if fake.calls:
            break
    assert 1 <= fake.calls


@pytest.mark.parametrize("fault", SLOW)
async def test_a_deadline_ends_slow_bytes_without_blocking(bridge: str, fault: Fault) -> None:
    """The same for async callers."""
    for deadline in growing(0.3):
        with model([fault] * 9, deadline=deadline) as (fake, briefer):
            with pytest.raises(DeadlineError) as caught:
                await briefer.asummarize(bridge)
            await briefer.aclose()
            assert caught.value.attempts >= fake.calls
            assert await asyncio.to_thread(until, lambda: fake.in_flight == 0)
        if fake.calls:
            break
    assert 1 <= fake.calls


@pytest.mark.parametrize("fault", SLOW)
def test_a_timeout_is_for_the_whole_answer(bridge: str, fault: Fault) -> None:
    """A server that sends a byte now and then has not answered."""
    for timeout in growing(0.2):
        with model([fault] * 9, timeout=timeout, max_attempts=2) as (fake, briefer), without_waiting():
            with pytest.raises(ProviderTimeoutError) as caught:
                briefer.summarize(bridge)
            assert 2 == caught.value.attempts
            assert until(lambda: fake.in_flight == 0)
        if fake.calls == 2:
            break
    assert 2 == fake.calls


def test_a_deadline_is_for_the_whole_plan(bridge: str) -> None:
    """The fields of a staged plan share it."""

    def script(request: dict[str, Any]) -> Fault | None:
        return HANG if "summary" in str(request["response_format"]) else None

    for deadline in growing(0.4):
        with (
            model(script, deadline=deadline, plan="staged") as (fake, briefer),
            pytest.raises(DeadlineError) as caught,
        ):
            briefer.summarize(bridge)
        if fake.calls == 2:
            break
    assert 2 == fake.calls == caught.value.attempts


def test_a_deadline_that_has_passed_costs_no_call(bridge: str) -> None:
    """Nothing is sent when there is no time to answer."""
    with model([], deadline=1e-9) as (fake, briefer), pytest.raises(DeadlineError) as caught:
        briefer.summarize(bridge)
    assert (0, 0) == (fake.calls, caught.value.attempts)


def test_a_clock_that_jumps_changes_nothing(bridge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines are read on the monotonic clock; the wall clock may say what it likes."""
    years = iter(range(10**6))
    monkeypatch.setattr(time, "time", lambda: next(years) * 3e7)
    assert None is not Deadline.after(60.0).remaining()
    with model([Fault(status=429, headers={"retry-after": "0"})], deadline=600.0) as (fake, briefer):
        briefer.summarize(bridge)
    assert 2 == fake.calls


async def test_cancelling_closes_the_connection(bridge: str) -> None:
    """The server sees at once that no one waits for its answer, and no task is left."""
    with model([HANG]) as (fake, briefer):
        task = asyncio.create_task(briefer.asummarize(bridge))
        assert await asyncio.to_thread(until, lambda: fake.in_flight == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # Not by closing the briefer: it is still open.
        assert await asyncio.to_thread(until, lambda: fake.abandoned == 1)
        assert {asyncio.current_task()} == asyncio.all_tasks()
        await briefer.aclose()


async def test_cancelling_a_staged_plan_closes_all_connections(bridge: str) -> None:
    """Each field that was asked for: the others at the same time, once the first has its answer."""
    with model([None] + [HANG] * 3, plan="staged") as (fake, briefer):
        task = asyncio.create_task(briefer.asummarize(bridge))
        assert await asyncio.to_thread(until, lambda: fake.in_flight == 3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(until, lambda: fake.abandoned == 3)
        assert {asyncio.current_task()} == asyncio.all_tasks()
        await briefer.aclose()


async def test_a_briefer_serves_on_after_a_cancelled_call(bridge: str) -> None:
    """The pool of connections is whole."""
    for timeout in growing(0.3):
        with model([HANG]) as (fake, briefer):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(timeout):
                    await briefer.asummarize(bridge)
            if called := fake.calls:
                result = await briefer.asummarize(bridge)
            await briefer.aclose()
        if called:
            break
    assert [] == result.verify(bridge)


def test_a_call_of_a_foreign_sdk_is_left_when_its_time_is_up() -> None:
    """Where reads cannot be bounded, the caller is."""
    never = threading.Event()
    with pytest.raises(TimeoutError):
        call_with_timeout(0.05, lambda: never.wait(600))
    never.set()


def test_a_call_of_a_foreign_sdk_ends_as_it_ends() -> None:
    """Its result is returned, its error raised."""
    assert 7 == call_with_timeout(60.0, lambda: 7)
    with pytest.raises(ZeroDivisionError):
        call_with_timeout(60.0, lambda: 1 / 0)


def test_control_c_leaves_no_half_file(forked: Forked, tmp_path: Path) -> None:
    """A command that is interrupted twice writes nothing, closes its connection and says so by its code."""
    article = tmp_path / "ferry.txt"
    article.write_text("The ferry to Skarn was cancelled on Monday.\n")
    (tmp_path / "out").mkdir()
    with FakeModel(faults=[HANG]) as fake:
        args = [
            "summarize",
            str(article),
            "--model",
            "openai/fake",
            "-o",
            str(tmp_path / "out" / "ferry.json"),
        ]
        process = forked(command, tmp_path, *args, OPENAI_BASE_URL=fake.url, OPENAI_API_KEY="test")
        assert until(lambda: fake.in_flight == 1)
        process.interrupt()  # lets the call end
        assert until(lambda: "again" in (tmp_path / "stderr").read_text())
        process.interrupt()
        code = process.ended()
        assert until(lambda: fake.abandoned == 1)
    assert (130, "", []) == (code, (tmp_path / "stdout").read_text(), list((tmp_path / "out").iterdir()))
    assert "Traceback" not in (tmp_path / "stderr").read_text()


def test_a_rate_limit_beyond_the_deadline_is_told_at_once(bridge: str) -> None:
    """No one waits for five minutes who has one."""
    with (
        model([Fault(status=429, headers={"retry-after": "300"})], deadline=60.0) as (fake, briefer),
        pytest.raises(RateLimitError),
    ):
        briefer.summarize(bridge)
    assert 1 == fake.calls


def test_a_deadline_ends_the_lookup_of_a_name(bridge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver knows no timeout; whoever waits for it does."""
    found = threading.Event()

    def lookup(*_args: Any, **_kwargs: Any) -> Any:
        found.wait(30)
        raise socket.gaierror("not found")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with (
        Briefer("openai/fake", base_url="http://slow.invalid/v1", api_key="test", deadline=0.5) as briefer,
        pytest.raises(DeadlineError) as caught,
    ):
        briefer.summarize(bridge)
    found.set()
    assert 1 == caught.value.attempts


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_what_the_client_takes_to_be_made_counts(
    bridge: str, monkeypatch: pytest.MonkeyPatch, is_async: bool
) -> None:
    """The SDK is imported at the first call: when that took too long, nothing is sent any more."""
    connect = sdk.connect

    def slowly(*args: Any, **options: Any) -> Any:
        time.sleep(0.3)
        return connect(*args, **options)

    monkeypatch.setattr(sdk, "connect", slowly)
    with model([], deadline=0.2) as (fake, briefer), pytest.raises(DeadlineError) as caught:
        asyncio.run(closed(briefer, bridge)) if is_async else briefer.summarize(bridge)
    assert (0, 0) == (fake.calls, caught.value.attempts)


def test_a_connection_that_comes_too_late_is_closed() -> None:
    """Whatever a call brings that nobody waits for any more."""
    on, closed = threading.Event(), threading.Event()
    with pytest.raises(TimeoutError):
        call_with_timeout(0.05, lambda: on.wait(600), late=lambda _result: closed.set())
    on.set()
    assert closed.wait(60)
