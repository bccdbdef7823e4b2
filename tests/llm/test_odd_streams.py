"""Tests of streams as some servers and proxies send them: the answer is the one that the same server gives as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import BRIDGE

from briefing import Briefer, Briefing, OversizedError
from briefing.testing import FakeModel, Fault

Events = list[bytes]
MODELS = {
    "openai": "openai/fake",
    "anthropic": "anthropic/fake",
    "responses": "openai/o9-pro",
}


async def streamed(fake: FakeModel, model: str, **options: Any) -> Briefing:
    """The result of a stream of one call."""
    briefer = Briefer(model, base_url=fake.url, api_key="test", max_attempts=1, **options)
    async with briefer, briefer.astream(BRIDGE) as stream:
        async for part in stream:
            assert not part.corrects
        return stream.result


def in_json(change: Callable[[dict[str, Any]], Any]) -> Callable[[Events], Events]:
    """Change the data of each event."""

    def changed(event: bytes) -> bytes:
        head, _, data = event.rpartition(b"data: ")
        if data.startswith(b"[DONE]"):
            return event
        held = json.loads(data)
        change(held)
        return head + b"data: " + json.dumps(held).encode() + b"\n\n"

    return lambda events: [changed(event) for event in events]


@pytest.mark.parametrize("protocol", MODELS)
async def test_events_without_data_are_passed_over(protocol: Any) -> None:
    """Numbers of events, times to wait before the next connection, and signs of life."""
    without = b"retry: 3000\n\nid: 7\n\nevent: ping\n\ndata: \n\n"
    faults = [Fault(events=lambda events: [without + event for event in events])]
    with FakeModel(protocol=protocol, faults=faults) as fake:
        result = await streamed(fake, MODELS[protocol])
    assert result.headline


@pytest.mark.parametrize("protocol", MODELS)
async def test_a_connection_may_stay_open_after_the_end(protocol: Any) -> None:
    """The last event is the end of the answer."""
    with FakeModel(protocol=protocol, faults=[Fault(after=10_000, hang=True)]) as fake:
        result = await streamed(fake, MODELS[protocol], deadline=60.0)
    assert result.headline


def reasoning(size: int) -> bytes:
    """A chunk of what a model thinks before it answers."""
    chunk = {"choices": [{"index": 0, "delta": {"reasoning_content": "x" * size}}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


async def test_many_events_may_be_longer_than_any_answer() -> None:
    """As those of a model that thinks for thousands of tokens, each in an event of its own."""
    faults = [Fault(events=lambda events: [reasoning(500_000)] * 10 + events)]
    with FakeModel(faults=faults) as fake:
        result = await streamed(fake, "openai/fake")
    assert result.headline


@pytest.mark.parametrize(("size", "events"), [(5_000_000, 1), (1_000_000, 33)])
async def test_neither_one_event_nor_all_are_without_limit(size: int, events: int) -> None:
    """The rest is not read."""
    faults = [Fault(events=lambda good: [reasoning(size)] * events + good)]
    with FakeModel(faults=faults) as fake, pytest.raises(OversizedError, match=r"more than (4|32),000,000"):
        await streamed(fake, "openai/fake")


async def test_a_text_may_come_in_parts() -> None:
    """A list of parts in each event, as in whole answers of such servers."""

    def in_parts(chunk: dict[str, Any]) -> None:
        for choice in chunk["choices"]:
            if text := choice["delta"].get("content"):
                choice["delta"]["content"] = [{"type": "text", "text": text}]

    with FakeModel(faults=[Fault(events=in_json(in_parts))]) as fake:
        result = await streamed(fake, "openai/fake")
    assert result.headline


async def test_the_first_call_of_a_tool_is_the_answer() -> None:
    """Others are left out, as in whole answers."""

    def other(chunk: dict[str, Any]) -> None:
        for choice in chunk["choices"]:
            for call in choice["delta"].get("tool_calls") or ():
                call |= {"index": 1, "id": "other"}

    def twice(events: Events) -> Events:
        others = in_json(other)(events)
        return [both for pair in zip(events, others, strict=True) for both in pair if b"[DONE]" not in both]

    with FakeModel(faults=[Fault(events=twice)]) as fake:
        result = await streamed(fake, "deepseek/fake")
        assert fake.requests[0]["tools"]
    assert result.headline


def without_usage(event: dict[str, Any]) -> None:
    """A proxy that does not count."""
    event.pop("usage", None)
    if "message" in event:
        event["message"]["usage"] = None


def with_odd_index(event: dict[str, Any]) -> None:
    """An index that is no number."""
    if "index" in event:
        event["index"] = [event["index"]]


def whole_at_start(events: Events) -> Events:
    """The start of the content has all of it."""
    held = [json.loads(event.rpartition(b"data: ")[2]) for event in events]
    text = "".join(e["delta"]["partial_json"] for e in held if e["type"] == "content_block_delta")
    merged = []
    for event, data in zip(events, held, strict=True):
        if data["type"] == "content_block_start":
            data["content_block"]["input"] = json.loads(text)
            merged.append(b"event: content_block_start\ndata: " + json.dumps(data).encode() + b"\n\n")
        elif data["type"] != "content_block_delta":
            merged.append(event)
    return merged


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(in_json(without_usage), id="no usage"),
        pytest.param(in_json(with_odd_index), id="odd index"),
        pytest.param(whole_at_start, id="whole at start"),
    ],
)
async def test_messages_of_proxies(change: Callable[[Events], Events]) -> None:
    """They differ from Anthropic's own in what they leave out."""
    with FakeModel(protocol="anthropic", faults=[Fault(events=change)]) as fake:
        result = await streamed(fake, "anthropic/fake")
    assert result.headline
