"""One briefer in several threads, event loops and processes, copied and pickled."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from patience import until

from briefing import Briefer, Briefing
from briefing.llm import Client, Target
from briefing.testing.fake_model import FakeModel


@pytest.fixture
def fake() -> Iterator[FakeModel]:
    """Give a fake model that lets calls overlap."""
    with FakeModel(latency=0.05) as running:
        yield running


@pytest.fixture
def briefer(fake: FakeModel) -> Iterator[Briefer]:
    """Give a briefer on it."""
    with Briefer("openai/fake", base_url=fake.url, api_key="test") as made:
        yield made


async def closed(briefer: Briefer, text: str) -> Briefing:
    """Summarize in a loop, and close what that loop has opened."""
    try:
        return await briefer.asummarize(text)
    finally:
        await briefer.aclose()


def connections(fake: FakeModel) -> int:
    """How many clients are connected."""
    return len(fake._http.connections)


def test_a_briefer_serves_one_event_loop_after_the_other(
    fake: FakeModel, briefer: Briefer, bridge: str
) -> None:
    """`asyncio.run`, again and again, as scripts do; connections of a loop that is closed are of no use to the next."""
    for _ in range(3):
        assert [] == asyncio.run(closed(briefer, bridge)).verify(bridge)
    assert 3 == fake.calls


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_closed_nothing_does_not_harm_the_next(
    fake: FakeModel, briefer: Briefer, bridge: str
) -> None:
    """What it leaves open is its own loss: no call is tried on it."""
    for _ in range(2):
        asyncio.run(briefer.asummarize(bridge))
    asyncio.run(briefer.aclose())
    briefer._client = None
    gc.collect()  # here, where what was left open may be complained about
    assert 2 == fake.calls


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_loops_that_ended_leave_no_error_in_the_log(
    fake: FakeModel, bridge: str, caplog: pytest.LogCaptureFixture
) -> None:
    """`asyncio.run(briefer.asummarize(…))`, again and again and never closed, as in a first script."""
    gc.collect()
    caplog.clear()  # of what tests before it have left
    briefer = Briefer("openai/fake", base_url=fake.url, api_key="test")
    for _ in range(2):
        asyncio.run(briefer.asummarize(bridge))
        gc.collect()
    del briefer
    gc.collect()

    assert 2 == fake.calls
    assert [] == [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


def test_a_forgotten_briefer_leaves_no_connection_open(fake: FakeModel, bridge: str) -> None:
    """Also where only the garbage collector finds it, which would warn of the sockets that it finds first."""
    for _ in range(5):
        briefer = Briefer("openai/fake", base_url=fake.url, api_key="test")
        briefer.summarize(bridge)
        vars(briefer)["circle"] = [briefer]
    del briefer
    gc.collect()
    assert until(lambda: not connections(fake))


def test_threads_share_a_briefer(fake: FakeModel, briefer: Briefer, bridge: str) -> None:
    """Sync calls and loops of their own, at the same time; each gets the briefing of its own article."""
    found: dict[str, list[str]] = {}

    def work(number: int) -> None:
        text = f"Bridge {number} is closed. {bridge}"
        result = asyncio.run(closed(briefer, text)) if number % 2 else briefer.summarize(text)
        found[text] = [str(violation) for violation in result.verify(text)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (8, {0}) == (len(found), {len(violations) for violations in found.values()})
    assert 8 == fake.calls


@pytest.mark.parametrize("which", ["_connected", "_connected_judge"])
def test_threads_that_begin_at_once_have_one_client(
    fake: FakeModel, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """The connections of another one would never be closed."""
    with Briefer("openai/fake", base_url=fake.url, api_key="test", judge="openai/judge") as briefer:
        make, faster = briefer._client_of, []

        def overtaken(target: Target) -> Client:
            monkeypatch.undo()
            thread = threading.Thread(target=lambda: faster.append(getattr(briefer, which)()))
            thread.start()
            thread.join()
            return make(target)

        monkeypatch.setattr(briefer, "_client_of", overtaken)
        assert [getattr(briefer, which)()] == faster


async def test_a_sync_call_in_a_running_loop(briefer: Briefer, bridge: str) -> None:
    """As in a notebook, beside async ones of the same briefer."""
    try:
        first, second = await asyncio.gather(
            briefer.asummarize(bridge), asyncio.to_thread(briefer.summarize, bridge)
        )
    finally:
        await briefer.aclose()
    assert first.headline == second.headline == briefer.summarize(bridge).headline


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(fake: FakeModel, briefer: Briefer, bridge: str) -> None:
    """On its parent's it would read answers about its parent's article, and the parent those about its own."""
    briefer.summarize(bridge)
    assert 1 == connections(fake)
    hears, tells = os.pipe()
    waits, ends = os.pipe()
    child = os.fork()
    if not child:
        with suppress(BaseException):
            result = briefer.summarize(bridge)
            os.write(tells, b"." if not result.verify(bridge) else b"!")
            os.read(waits, 1)
        os._exit(0)
    try:
        assert b"." == os.read(hears, 1)
        assert 2 == connections(fake)
    finally:
        os.write(ends, b".")
        os.waitpid(child, 0)
        for end in (hears, tells, waits, ends):
            os.close(end)
    assert [] == briefer.summarize(bridge).verify(bridge)
    assert 3 == fake.calls


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda b: pickle.loads(pickle.dumps(b))],
    ids=["copy", "deepcopy", "pickle"],
)
@pytest.mark.parametrize("used", [False, True], ids=["new", "used"])
def test_a_copy_works_as_the_first_one(
    fake: FakeModel, briefer: Briefer, bridge: str, copied: Callable[[Briefer], Briefer], *, used: bool
) -> None:
    """With the same settings and connections of its own, whatever becomes of the first one."""
    if used:
        briefer.summarize(bridge)
    with copied(briefer) as other:
        briefer.close()
        assert [] == other.summarize(bridge).verify(bridge)
        assert (briefer.model, connections(fake) > 0) == (other.model, True)
    assert until(lambda: not connections(fake))
