"""Tests of what can be sent to workers, and of messages between processes."""

from __future__ import annotations

import asyncio
import socket

import pytest
from pydantic import BaseModel
from worker_schemas import HoldingJudge

import briefing
from briefing.errors import ConfigurationError, ServerError
from briefing.processes.channel import Calls, Channel
from briefing.processes.packing import packed_error, unpacked_error

OPTIONS = {"model": "openai/fake", "base_url": "http://127.0.0.1:9", "api_key": "sk-secret-key-12345678"}


def test_what_cannot_be_sent_is_named():
    """The error says which argument it is, why, and what to do; no secret is in it."""

    class Local(BaseModel):
        topic: briefing.Cited[str]

    for given, said in (
        ({"schema": Local}, "schema cannot be sent to worker processes"),
        ({"judge": HoldingJudge()}, "judge cannot be sent to worker processes"),
        ({"processes": 0}, "processes must be a positive integer"),
        ({"processes": True}, "processes must be a positive integer"),
        ({"processes": "many"}, "processes must be a positive integer"),
        ({"model": "local", "base_url": None, "api_key": None}, "local model.*use processes=1"),
        ({"fallback": ["local"]}, "local model.*use processes=1"),
    ):
        with pytest.raises(ConfigurationError, match=said) as raised:
            briefing.summarize_many([], **OPTIONS | {"processes": 2} | given)
        assert "sk-secret" not in f"{raised.value!r} {raised.value.__cause__!r}"


def test_a_client_of_the_user_cannot_be_sent():
    """The error says what to give instead."""
    import openai

    client = openai.OpenAI(api_key="sk-secret-key-12345678")
    with pytest.raises(ConfigurationError, match="base_url= and api_key="):
        briefing.summarize_many([], model="openai/fake", client=client, processes=2)


def test_auto_uses_one_process_for_what_cannot_be_sent(fake):
    """Nothing fails that works without workers."""

    class Local(BaseModel):
        topic: briefing.Cited[str]

    given = OPTIONS | {"base_url": fake.url, "processes": "auto"}
    [result] = briefing.summarize_many(["Harwick has a new bridge."], schema=Local, **given)

    assert isinstance(result, Local)


class StubbornError(Exception):
    """Cannot be unpickled."""

    def __init__(self, one, two):
        super().__init__(f"{one} {two}")


def test_an_error_keeps_its_type_and_its_cause():
    """A cause that cannot be pickled is replaced by what it says."""
    error = ServerError("no answer", status=503)
    error.__cause__ = StubbornError("the", "cause")

    again = unpacked_error(packed_error(error))

    assert (ServerError, 503) == (type(again), again.status)
    assert "StubbornError: the cause" == str(again.__cause__)
    assert "StubbornError: the cause" == str(unpacked_error(packed_error(error.__cause__)))


async def test_messages_arrive_whole_and_in_order():
    """Large and small messages pass a socket in both ways, until one end is gone."""
    ours, theirs = socket.socketpair()
    received, gone = asyncio.Queue(), asyncio.Event()
    one = Channel(received.put_nowait, gone.set, combines=True)
    other = Channel(lambda message: other.send(message), lambda: None)  # noqa: PLW0108  # it is not there yet
    messages = [("a", 1), ("b", b"x" * 10**6), ("c", None)]
    for message in messages:
        one.send(message)
    await one.connect(ours)
    await other.connect(theirs)

    assert messages == [await received.get() for _ in messages]

    await asyncio.to_thread(lambda: [one.send(("thread", n)) for n in range(3)])
    assert [("thread", n) for n in range(3)] == [await received.get() for _ in range(3)]

    one.end()
    await gone.wait()
    one.send(("lost", 1))
    other.send(("lost", 2))


async def test_a_call_waits_for_the_answer():
    """The value that the parent returns is returned, and its error raised; without a parent, it ends."""
    ours, theirs = socket.socketpair()

    def answer(message):
        error = packed_error(ServerError("no")) if message[0] == "fail" else None
        channel.send((message[1:], error))

    channel = Channel(answer, lambda: None)
    await channel.connect(ours)
    calls = Calls(theirs)

    assert (1, 2) == await asyncio.to_thread(calls.call, "give", 1, 2)
    with pytest.raises(ServerError):
        await asyncio.to_thread(calls.call, "fail")
    channel.abort()
    with theirs, pytest.raises((EOFError, OSError)):
        await asyncio.to_thread(calls.call, "give", 1, 2)
