"""Tests of the connections between a worker and its parent."""

from __future__ import annotations

import asyncio
import socket

import pytest

from briefing.processes.channel import Channel


@pytest.mark.parametrize("combines", [True, False])
async def test_nothing_is_sent_after_the_end(combines):
    """A message that comes too late, as of an article that is cancelled then, is no error."""
    problems, received, lost = [], [], asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
    one, other = socket.socketpair()
    sending = Channel(lambda _: None, lambda: None, combines=combines)
    receiving = Channel(received.append, lost.set)
    await asyncio.gather(sending.connect(one), receiving.connect(other))

    sending.send(("first",))
    sending.end()
    sending.send(("late",))
    await lost.wait()

    assert ([("first",)], []) == (received, problems)
    sending.abort()
