"""Tests of `stream` and `astream`: what they yield, and how they end."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import BRIDGE, GOOD
from patience import until

import briefing
from briefing import AuthenticationError, Briefer, ConfigurationError, InputError, Journal
from briefing.testing import FakeModel, Fault, without_waiting

STALLED = Fault(after=16, hang=True)


def options(fake: FakeModel) -> dict[str, Any]:
    """Name the fake model's server."""
    return {"model": "openai/fake", "base_url": fake.url, "api_key": "test"}


def wait_until_abandoned(fake: FakeModel) -> None:
    """Wait until the server has noticed that the client has gone."""
    assert until(lambda: (fake.abandoned, fake.in_flight) == (1, 0))


def test_parts_come_before_the_answer_ends() -> None:
    """The server has stalled in the middle of the answer, and the headline and a statement are there."""
    with FakeModel(faults=[STALLED]) as fake, Briefer(**options(fake)) as briefer:
        with briefer.stream(BRIDGE) as stream:
            paths = [next(stream).path for _ in range(3)]
            assert fake.in_flight == 1
        wait_until_abandoned(fake)
    assert paths == ["headline", "headline_support", "summary.sentences[0]"]


def test_leaving_the_loop_ends_the_call() -> None:
    """So does forgetting the iterator."""
    with FakeModel(faults=[STALLED]) as fake:
        for part in briefing.stream(BRIDGE, **options(fake)):
            assert part.path == "headline"
            break
        gc.collect()
        wait_until_abandoned(fake)


async def test_leaving_the_loop_ends_the_async_call() -> None:
    """`aclose` ends it at once."""
    with FakeModel(faults=[STALLED]) as fake, Briefer(**options(fake)) as briefer:
        stream = briefer.astream(BRIDGE)
        async for part in stream:
            assert part.path == "headline"
            break
        await stream.aclose()
        await asyncio.to_thread(wait_until_abandoned, fake)
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        await briefer.aclose()


def test_closing_in_another_thread_ends_the_loop() -> None:
    """As by a button, while the loop waits for the next part."""
    with FakeModel(faults=[STALLED]) as fake, Briefer(**options(fake)) as briefer:
        stream = briefer.stream(BRIDGE)
        read, reading = [], threading.Event()

        def loop() -> None:
            for part in stream:
                read.append(part)
                reading.set()

        reader = threading.Thread(target=loop)
        reader.start()
        reading.wait()
        stream.close()
        reader.join()
        wait_until_abandoned(fake)
    assert read
    with pytest.raises(ConfigurationError, match="no result"):
        _ = stream.result


async def test_closing_in_another_task_ends_the_loop() -> None:
    """While the loop waits for the next part."""
    with FakeModel(faults=[STALLED]) as fake, Briefer(**options(fake)) as briefer:
        stream = briefer.astream(BRIDGE)
        reading = asyncio.Event()

        async def loop() -> None:
            async for _ in stream:
                reading.set()

        reader = asyncio.create_task(loop())
        await reading.wait()
        await asyncio.sleep(0)
        await stream.aclose()
        await reader
        await asyncio.to_thread(wait_until_abandoned, fake)
        await briefer.aclose()
    with pytest.raises(ConfigurationError, match="no result"):
        _ = stream.result


async def test_a_forgotten_async_iterator_ends_the_call() -> None:
    """The event loop closes it."""
    with FakeModel(faults=[STALLED]) as fake, Briefer(**options(fake)) as briefer:
        async for _ in briefer.astream(BRIDGE):
            break
        gc.collect()
        await asyncio.to_thread(wait_until_abandoned, fake)
        await briefer.aclose()


async def test_a_cancelled_task_ends_the_call() -> None:
    """As where a web server's client has gone."""
    with FakeModel(faults=[STALLED]) as fake, Briefer(**options(fake)) as briefer:
        first = asyncio.Event()

        async def read() -> None:
            async for _ in briefer.astream(BRIDGE):
                first.set()

        task = asyncio.create_task(read())
        await first.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gc.collect()
        await asyncio.to_thread(wait_until_abandoned, fake)
        await briefer.aclose()


def test_the_result_is_that_of_summarize(tmp_path: Path) -> None:
    """With the same record in the journal, from which the parts come at once."""
    with FakeModel() as fake, Journal(tmp_path / "run.db") as journal:
        with Briefer(**options(fake), journal=journal) as briefer:
            stream = briefer.stream(BRIDGE)
            with pytest.raises(ConfigurationError, match="read it to its end"):
                _ = stream.result
            parts = list(stream)
            again = briefer.stream(BRIDGE)
            recorded = list(again)
            assert briefer.summarize(BRIDGE) == stream.result == again.result
        assert fake.calls == 1
        assert journal.totals().done == 1
    assert {part.path: part.value for part in parts} == {part.path: part.value for part in recorded}


async def test_the_module_functions(tmp_path: Path) -> None:
    """They take the keywords of `Briefer`, and close what they have opened."""
    with FakeModel() as fake:
        many = options(fake) | {"journal": tmp_path / "run.db", "length": "brief"}
        sync = briefing.stream(BRIDGE, **many)
        parts = await asyncio.to_thread(list, sync)
        stream = briefing.astream(BRIDGE, **many)
        again = [part async for part in stream]
    assert {part.path for part in parts} == {part.path for part in again}
    assert stream.result == sync.result
    assert fake.calls == 1


def test_a_second_answer_corrects_the_first() -> None:
    """What was yielded stays until the result is there; then each part that is another one follows, once."""
    other = GOOD | {"headline": "Bridge in Harwick closed", "summary": GOOD["summary"][:1]}

    def first(good: str) -> str:
        return json.dumps(GOOD | {"summary": [*GOOD["summary"], *GOOD["summary"]]})

    def second(good: str) -> str:
        return json.dumps(other)

    faults = [Fault(content=first, after=36), Fault(content=second)]
    with FakeModel(faults=faults) as fake, Briefer(**options(fake)) as briefer, without_waiting():
        stream = briefer.stream(BRIDGE)
        parts = list(stream)
    assert [part.path for part in parts if part.corrects] == ["headline", "summary.sentences[1]"]
    assert [part.value for part in parts if part.corrects] == ["Bridge in Harwick closed", None]
    assert len(stream.result.summary.sentences) == 1


def test_a_repair_corrects_what_it_repairs() -> None:
    """The statement was yielded with its mark."""
    wrong = {"text": "Repairs will cost 9 million crowns.", "evidence": [3]}
    faults = [Fault(content=lambda _good: json.dumps(GOOD | {"summary": [wrong, *GOOD["summary"]]}))]
    with FakeModel(faults=faults) as fake, Briefer(**options(fake)) as briefer:
        stream = briefer.stream(BRIDGE)
        told = [part for part in stream if part.path == "summary.sentences[0]"]
    assert fake.calls == 2
    assert [(part.corrects, part.value.support) for part in told] == [
        (False, "unsupported"),
        (True, "supported"),
    ]


def test_errors_come_from_the_iterator() -> None:
    """Those of the article and those of the server, as `summarize` raises them."""
    with FakeModel(faults=[Fault(status=401)]) as fake, Briefer(**options(fake)) as briefer:
        with pytest.raises(InputError):
            list(briefer.stream(""))
        stream = briefer.stream(BRIDGE)
        with pytest.raises(AuthenticationError) as raised:
            next(stream)
        assert raised.value.attempts == 1
        with pytest.raises(StopIteration):
            next(stream)


def test_a_local_model_does_not_choose_what_comes_first() -> None:
    """Headline and summary of an extractive briefing are there before the model has answered at all."""
    with (
        FakeModel(faults=[Fault(hang=True)]) as fake,
        Briefer("local", base_url=fake.url) as briefer,
        briefer.stream(BRIDGE) as stream,
    ):
        paths = [next(stream).path for _ in range(4)]
    assert paths[0] == "headline"
    assert "summary.sentences[0]" in paths


def test_a_fallback_corrects_the_first_model() -> None:
    """The parts of a result are of one model."""
    begun = Fault(content=lambda _good: json.dumps(GOOD), after=12)
    with (
        FakeModel(faults=lambda r: begun if r["model"] == "fake" else None) as fake,
        Briefer(**options(fake), fallback=["openai/other"], max_attempts=1) as briefer,
    ):
        stream = briefer.stream(BRIDGE)
        parts = list(stream)
    assert stream.result.meta.model == "openai/other"
    assert [part.path for part in parts if part.corrects] == ["headline"]


def test_several_threads_may_stream_at_once() -> None:
    """With one briefer."""
    with FakeModel() as fake, Briefer(**options(fake)) as briefer:
        results: list[Any] = []

        def read() -> None:
            stream = briefer.stream(BRIDGE)
            list(stream)
            results.append(stream.result.headline)

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(results) == fake.calls == 4


def test_a_process_may_fork_and_exit_with_an_open_stream() -> None:
    """The child is told that the iterator is not its own, and both end cleanly."""
    program = """if True:
        import os, sys
        import briefing
        stream = briefing.stream("The bridge closed.", model="openai/fake", base_url=sys.argv[1], api_key="test")
        next(stream)
        child = os.fork()
        if not child:
            try:
                next(stream)
            except briefing.ConfigurationError as error:
                print(error, flush=True)
            sys.exit(0)
        print(os.waitpid(child, 0)[1])
    """
    with FakeModel(faults=[STALLED]) as fake:
        done = subprocess.run(
            [sys.executable, "-c", program, fake.url], capture_output=True, text=True, timeout=600, check=True
        )
    assert done.stdout.splitlines() == [
        "this iterator of stream belongs to another process; call stream in this one",
        "0",
    ]
    assert done.stderr == ""
