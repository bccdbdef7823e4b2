"""Answers that are cut off: more room once, then field by field; what was cut is never shown to the model again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from briefing import Briefer, Briefing, TruncatedError
from briefing.llm.attempts import bare_json
from briefing.testing.answers import answer
from briefing.testing.fake_model import FakeModel, Fault

ROOM = 2048  # what is asked for where the server's own limit was less
CUT = Fault(content=lambda good: good[: len(good) // 2], finish_reason="length")


@contextmanager
def model(faults: Any, **options: Any) -> Iterator[tuple[FakeModel, Briefer]]:
    """A model with faults, and a briefer on it."""
    options = {"model": "openai/fake"} | options
    with (
        FakeModel(faults=faults) as fake,
        Briefer(base_url=fake.url, api_key="test", **options) as briefer,
    ):
        yield fake, briefer


async def closed(briefer: Briefer, text: str) -> Briefing:
    """Summarize without blocking, and close what that has opened."""
    async with briefer:
        return await briefer.asummarize(text)


def cut_whole(request: dict[str, Any]) -> Fault | None:
    """Cut off answers to the joint ask, whatever room they have."""
    return CUT if "headline" in answer(request) and "entities" in answer(request) else None


def test_a_cut_answer_is_asked_for_with_more_room(bridge: str) -> None:
    """The first ask leaves the limit to the server, the second one says a larger one."""
    with model([CUT]) as (fake, briefer):
        result = briefer.summarize(bridge)
    assert [None, ROOM] == [request.get("max_tokens") for request in fake.requests]
    assert (2, 2) == (fake.calls, result.meta.attempts)


def test_the_room_is_twice_what_was_written(bridge: str) -> None:
    """By the server's own count."""
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": '{"h'}, "finish_reason": "length"}
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 4096, "total_tokens": 4196},
    }
    with model([Fault(body=body)]) as (fake, briefer):
        briefer.summarize(bridge)
    assert [None, 8192] == [request.get("max_tokens") for request in fake.requests]


def test_reasoning_models_call_it_otherwise(bridge: str) -> None:
    """They refuse `max_tokens`."""
    with model([CUT], model="openai/gpt-5-mini") as (fake, briefer):
        briefer.summarize(bridge)
    assert [None, ROOM] == [request.get("max_completion_tokens") for request in fake.requests]
    assert all("max_tokens" not in request for request in fake.requests)


def test_a_whole_that_does_not_fit_is_asked_for_in_parts(bridge: str) -> None:
    """Cut off again, the joint ask becomes one ask for each field, and a warning says so."""
    with model(cut_whole) as (fake, briefer):
        result = briefer.summarize(bridge)
    assert (6, 6) == (fake.calls, result.meta.attempts)
    assert "asked for one field at a time" in result.meta.warnings[0]
    assert [] == result.verify(bridge)


async def test_in_parts_without_blocking(bridge: str) -> None:
    """The same, the parts one after the other there, too: where one does not fit, the next may not either."""
    most = 0

    def script(request: dict[str, Any]) -> Fault | None:
        nonlocal most
        most = max(most, fake.in_flight)
        return cut_whole(request)

    with model(script) as (fake, briefer):
        result = await briefer.asummarize(bridge)
        await briefer.aclose()
    assert (6, 1) == (fake.calls, most)
    assert [] == result.verify(bridge)


@pytest.mark.parametrize(
    ("field", "calls", "kept"),
    [
        ("headline", 4, []),
        ("summary", 5, ["headline"]),
        ("key_quotes", 6, ["headline", "summary"]),
        ("entities", 7, ["headline", "summary", "key_quotes"]),
    ],
)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_part_that_does_not_fit_ends_it(
    bridge: str, field: str, calls: int, kept: list[str], *, is_async: bool
) -> None:
    """Joint twice, each part that fits once, the one that does not twice: the error has the bill and what fitted."""

    def cut_from(request: dict[str, Any]) -> Fault | None:
        return CUT if field in answer(request) else None

    with model(cut_from) as (fake, briefer), pytest.raises(TruncatedError) as caught:
        asyncio.run(closed(briefer, bridge)) if is_async else briefer.summarize(bridge)
    assert (calls, calls, kept) == (fake.calls, caught.value.attempts, list(caught.value.partial))
    assert caught.value.usage is not None
    assert caught.value.usage.output_tokens > 0


@pytest.mark.parametrize("finish", ["length", "stop"])
def test_what_was_cut_is_never_shown_again(bridge: str, finish: str) -> None:
    """No request holds an answer of the model, whether the server says that it was cut or not."""
    cut = Fault(content=CUT.content, finish_reason=finish)

    with model(lambda request: cut) as (fake, briefer), pytest.raises(TruncatedError):
        briefer.summarize(bridge)
    assert {"system", "user"} == {m["role"] for request in fake.requests for m in request["messages"]}


def test_attempts_bound_the_room_too(bridge: str) -> None:
    """With one attempt there is no second one with more room; the parts are asked for at once."""
    with model(cut_whole, max_attempts=1) as (fake, briefer):
        briefer.summarize(bridge)
    assert [None] * 5 == [request.get("max_tokens") for request in fake.requests]


def test_a_server_that_refuses_more_room(bridge: str) -> None:
    """What the server says of the limit is in the warning; the parts fit all the same."""

    def script(request: dict[str, Any]) -> Fault | None:
        if "max_tokens" in request:
            return Fault(status=400, body={"error": {"message": "max_tokens is too large", "code": None}})
        return cut_whole(request)

    with model(script) as (fake, briefer):
        result = briefer.summarize(bridge)
    assert 6 == fake.calls
    assert "max_tokens is too large" in result.meta.warnings[0]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"a": 1}', ('{"a": 1}', False)),
        ('```json\n{"a": {"b": 1}}\n```', ('{"a": {"b": 1}}', False)),
        ('<think>{"x"}</think>\n{"a": 1}', ('{"a": 1}', False)),
        ('Set {x}:\n```\n{"a": 1}\n```\nDone.', ('{"a": 1}', False)),
        ('{"a": 1}, and more', ('{"a": 1}', False)),
        ('{"a": [1, 2', ('{"a": [1, 2', True)),
        ('```json\n{"a": {"b": 1}', ('```json\n{"a": {"b": 1}', True)),
        ('{"a" = 1}', ('{"a" = 1}', False)),
        ("no JSON", ("no JSON", False)),
        ("", ("", False)),
    ],
)
def test_json_among_other_things(text: str, read: tuple[str, bool]) -> None:
    """The object in an answer, and whether it is cut off."""
    assert read == bare_json(text)
