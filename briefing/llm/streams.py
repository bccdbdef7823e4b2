"""Answers that arrive in server-sent events: told to a watcher as they arrive, and put together to one response.

instructor can parse streams itself, but then it keeps the response: its end, its usage and its errors would be lost. So it is
given the whole response, as without a stream.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
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


def read_stream(create: Callable[[], Any], answer: StreamedAnswer) -> Any:
    """As `aread_stream`, with a sync client and without a watcher."""
    stream = create()
    try:
        reading = _Reading(stream, answer)
        if reading.whole:
            return reading.response_of(stream.response.read())
        for event in stream:
            reading.take(event)
            if answer.ended:
                break
        return answer.response()
    finally:
        stream.close()


async def aread_stream(
    create: Callable[[], Awaitable[Any]], answer: StreamedAnswer, watcher: Watcher | None, *, in_thread: bool
) -> Any:
    """Make a call and return its response, put together from its events. The connection is closed in any case.

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
        reading = _Reading(stream, answer)
        if reading.whole:
            return reading.response_of(await stream.response.aread())
        async for event in stream:
            text = reading.take(event)
            if text and watcher is not None:
                if in_thread:
                    await asyncio.to_thread(watcher.add, text)
                else:
                    watcher.add(text)
            if answer.ended:  # the server may leave the connection open
                break
        return answer.response()
    finally:
        await stream.close()


class _Reading:
    """State and steps that the sync and the async reader of an SDK's stream share.

    Attributes:
        whole: the server does not stream: its answer is the body.
    """

    def __init__(self, stream: Any, answer: StreamedAnswer) -> None:
        self._answer, self._length = answer, 0
        sent_as = stream.response.headers.get("content-type", "").lower()
        self._is_json = "json" in sent_as
        self.whole = self._is_json or "html" in sent_as
        if hasattr(stream, "_decoder"):  # of openai and anthropic
            stream._decoder = _EventsWithData(stream._decoder)  # noqa: SLF001

    def response_of(self, body: bytes) -> Any:
        text = body.decode()
        return self._answer.whole(json.loads(text)) if self._is_json else text

    def take(self, event: Any) -> str:
        text = self._answer.add(event)
        self._length += len(text)
        check_length(self._length)
        return text


class _EventsWithData:
    """An SDK's decoder of events without those that have no data, such as a lone ``retry``, which openai takes for JSON."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def iter_bytes(self, pieces: Iterator[bytes]) -> Iterator[Any]:
        return (event for event in self._decoder.iter_bytes(pieces) if event.data)

    async def aiter_bytes(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async for event in self._decoder.aiter_bytes(pieces):
            if event.data:
                yield event
