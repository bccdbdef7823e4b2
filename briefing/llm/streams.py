"""Answers that arrive in server-sent events: told to a watcher as they arrive, and put together to one response.

instructor can parse streams itself, but then it keeps the response: its end, its usage and its errors would be lost. So it is
given the whole response, as without a stream.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from briefing.llm.attempts import check_length
from briefing.llm.providers import StreamedAnswer


class Watcher(Protocol):
    """Is told of an answer while the model writes it."""

    def begin(self) -> None:
        """Note that an answer begins, and that an earlier one has failed."""

    def add(self, text: str) -> None:
        """Take the next part of the answer's text. May run in a thread."""

    def end(self, text: str) -> None:
        """Take the text of the whole answer, which is valid. May run in a thread."""


async def read_stream(
    create: Callable[[], Awaitable[Any]], answer: StreamedAnswer, watcher: Watcher, *, in_thread: bool
) -> Any:
    """Make a call and return its response, put together from its events. The connection is closed if that fails.

    Args:
        create: makes the call; returns the SDK's stream.
        answer: takes the events.
        watcher: is told of the text.
        in_thread: whether the watcher works long enough to disturb the event loop.

    Raises:
        OversizedError: the text is too long for an answer.
        json.JSONDecodeError: an event is not JSON, or the server has ignored the request to stream and sent no JSON.
        Exception: of the SDK.
    """
    stream = await create()
    try:
        sent_as = stream.response.headers.get("content-type", "").lower()
        if "json" in sent_as or "html" in sent_as:  # the server does not stream
            body = (await stream.response.aread()).decode()
            return answer.whole(json.loads(body)) if "json" in sent_as else body
        if hasattr(stream, "_decoder"):  # of openai and anthropic
            stream._decoder = _EventsWithData(stream._decoder)  # noqa: SLF001
        length = 0
        async for event in stream:
            text = answer.add(event)
            length += len(text)
            check_length(length)
            if text and in_thread:
                await asyncio.to_thread(watcher.add, text)
            elif text:
                watcher.add(text)
            if answer.ended:  # the server may leave the connection open
                break
        return answer.response()
    finally:
        await stream.close()


class _EventsWithData:
    """An SDK's decoder of events without those that have no data, such as a lone ``retry``, which openai takes for JSON."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    async def aiter_bytes(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async for event in self._decoder.aiter_bytes(pieces):
            if event.data:
                yield event
