"""Connections of an SDK's client: no retries, no redirects, a total timeout and a size limit per response.

Async calls are cancelled on timeout. A blocked thread cannot be, so every socket read gets the rest of the total timeout
(`briefing.timeouts`). httpx has no public API for that: it takes no network backend, a custom transport loses the proxies
of the environment, and the `trace` extension does not show the socket of a reused connection. If the private attributes
are missing, calls run in a thread that is abandoned on timeout.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import closing, suppress
from functools import partial
from operator import methodcaller
from typing import Any

import httpcore2
import regex
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.errors import OversizedError
from briefing.threads import call_with_timeout
from briefing.throttling import RESPONSE_HEADERS
from briefing.timeouts import DeadlineStream, remaining

#: Process and event loop that a client belongs to; no loop for sync clients.
ClientKey = tuple[int, asyncio.AbstractEventLoop | None]
#: Bytes of a decompressed response, at most. The longest answers of models, all characters escaped, are far smaller.
MAX_BYTES = 4_000_000
#: The same for a stream of events: some servers send each token, those of the reasoning as well, in one of 350 bytes.
MAX_STREAM_BYTES = 32_000_000
#: Encodings that vcrpy can decompress in a cassette.
_ENCODINGS = "gzip, deflate"
#: The empty line after an event.
_EVENT_END = regex.compile(rb"\n\n|\r\n\r\n|\r\r")


def configure_client(
    client: Any, *, is_async: bool, note: Callable[[Mapping[str, str]], Mapping[str, str]] | None = None
) -> bool:
    """Turn off an SDK client's retries and redirects, and limit responses to `MAX_BYTES`.

    A redirect would send the article to an address that the user did not give, and one call would become several.

    Responses to an async client set `RESPONSE_HEADERS` to what `note` returns for their headers.

    Returns whether the client takes a timeout per call and, if sync, keeps to `total_timeout`.
    """
    if hasattr(client, "max_retries"):
        client.max_retries = 0
    keeps = configure_http_client(getattr(client, "_client", None), is_async=is_async, note=note)
    return hasattr(client, "with_options") and keeps


def configure_http_client(
    http: Any, *, is_async: bool, note: Callable[[Mapping[str, str]], Mapping[str, str]] | None = None
) -> bool:
    """As `configure_client`, for the HTTP client below an SDK's client."""
    if hasattr(http, "follow_redirects"):
        http.follow_redirects = False
    if hasattr(http, "event_hooks"):
        http.headers["accept-encoding"] = _ENCODINGS
        hooks = http.event_hooks
        own: list[Any] = [_limit_size_async if is_async else _limit_size]
        if is_async and note is not None:
            own.insert(0, _noting(note))
        http.event_hooks = hooks | {"response": [*hooks["response"], *own]}
    if is_async:
        return True
    transports = [getattr(http, "_transport", None), *getattr(http, "_mounts", {}).values()]
    pools = [transport._pool for transport in transports if hasattr(transport, "_pool")]  # noqa: SLF001
    for pool in pools:
        pool._network_backend = _DeadlineBackend(pool._network_backend)  # noqa: SLF001
    return bool(pools)


def borrow_client(client: Any, note: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Any:
    """Return a copy of a user's client that shares its connections: without retries and redirects, with `MAX_BYTES`.

    Closing the copy leaves the connections open. `note` is as for `configure_client`.
    """
    copied = client.copy(max_retries=0)
    copied._client = BorrowedHttp(client._client, note)  # noqa: SLF001
    return copied


class BorrowedHttp:
    """An HTTP client of the user's: requests are sent through it, each with our own settings."""

    def __init__(self, http: Any, note: Callable[[Mapping[str, str]], Mapping[str, str]]) -> None:
        self._http, self._note = http, note

    def __getattr__(self, name: str) -> Any:
        return getattr(self._http, name)

    def request(self, method: str, url: Any, **options: Any) -> Any:
        """Make and send a request; the result is awaited for an async client."""
        return self.send(self._http.build_request(method, url, **options))

    def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
        """Send a request; the result is awaited for an async client."""
        request.headers["accept-encoding"] = _ENCODINGS
        options["follow_redirects"] = False
        if hasattr(self._http, "aclose"):
            return self._asend(request, stream=stream, **options)
        response = self._http.send(request, stream=True, **options)
        RESPONSE_HEADERS.set(self._note(response.headers))
        _limit_size(response)
        if not stream:
            response.read()
        return response

    async def _asend(self, request: Any, *, stream: bool, **options: Any) -> Any:
        response = await self._http.send(request, stream=True, **options)
        RESPONSE_HEADERS.set(self._note(response.headers))
        await _limit_size_async(response)
        if not stream:
            await response.aread()
        return response

    def close(self) -> None:
        """Leave the connections open: they are the user's."""

    async def aclose(self) -> None:
        """Leave the connections open: they are the user's."""


def close_stale_clients(clients: dict[ClientKey, Any]) -> None:
    """Close and remove the clients of closed event loops, where nothing can be awaited any more.

    aiohttp logs an error for each one that is garbage-collected unclosed.
    """
    for key in list(clients):
        pid, loop = key
        if loop is not None and loop.is_closed():
            client = clients.pop(key, None)
            if pid == os.getpid() and hasattr(client, "close"):
                with suppress(Exception), closing(client.close()) as closing_client:
                    closing_client.send(None)


def close_forgotten_clients(clients: dict[ClientKey, Any], close: Callable[[Any], Any]) -> None:
    """Close the clients that nobody can use any more: also the sync one of this process.

    Else the garbage collector may find its sockets first, and warn of each.
    """
    close_stale_clients(clients)
    client = clients.pop((os.getpid(), None), None)
    if client is not None:
        with suppress(Exception):
            close(client)


class _DeadlineBackend(httpcore2.NetworkBackend):
    """Opens `DeadlineStream`s."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    @override
    def connect_tcp(self, *args: Any, **kwargs: Any) -> DeadlineStream:
        options = kwargs | {"timeout": remaining(kwargs.get("timeout"))}
        if options["timeout"] is None:
            return DeadlineStream(self._backend.connect_tcp(*args, **options))
        # Name resolution has no timeout, and each address of a name gets the whole timeout.
        connect = partial(self._backend.connect_tcp, *args, **options)
        return DeadlineStream(call_with_timeout(options["timeout"], connect, late=methodcaller("close")))


def _noting(note: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Callable[[Any], Any]:
    """Return a response hook that sets `RESPONSE_HEADERS`."""

    async def hook(response: Any) -> None:  # an async client awaits its hooks
        RESPONSE_HEADERS.set(note(response.headers))

    return hook


def _limit_size(response: Any) -> None:
    """Response hook of httpx: reading more than `MAX_BYTES` of the body raises `OversizedError`."""
    if not _is_small(response):
        decoded = _decoded(response)
        events = "event-stream" in response.headers.get("content-type", "").lower()
        limited = _limited(decoded, MAX_STREAM_BYTES if events else MAX_BYTES)
        response.stream = type(response)(200, content=limited).stream
        response.stream.close = decoded.close  # of a stream that is not read to its end


async def _limit_size_async(response: Any) -> None:
    """Like `_limit_size`, for an async client."""
    if not _is_small(response):
        decoded = _decoded(response)
        sent_as = response.headers.get("content-type", "").lower()
        limit = _limited_events if "event-stream" in sent_as else _limited_async
        response.stream = type(response)(200, content=limit(decoded)).stream
        response.stream.aclose = decoded.aclose


def _is_small(response: Any) -> bool:
    """Whether the body has at most `MAX_BYTES` by its Content-Length, which the protocol enforces."""
    length = response.headers.get("content-length", "")
    return (
        "content-encoding" not in response.headers
        and length.isascii()
        and length.isdigit()
        and int(length) <= MAX_BYTES
    )


def _decoded(response: Any) -> Any:
    """Move the body to a new response that decompresses it; the old one counts as not compressed."""
    headers = {"content-encoding": response.headers.pop("content-encoding", "identity")}
    return type(response)(200, headers=headers, stream=response.stream)


def _limited(response: Any, limit: int) -> Iterator[bytes]:
    seen = 0
    try:
        for piece in response.iter_bytes():
            seen += len(piece)
            _check_size(seen, limit)
            yield piece
    finally:
        response.close()


async def _limited_async(response: Any) -> AsyncIterator[bytes]:
    seen = 0
    try:
        async for piece in response.aiter_bytes():
            seen += len(piece)
            _check_size(seen)
            yield piece
    finally:
        await response.aclose()


async def _limited_events(response: Any) -> AsyncIterator[bytes]:
    """As `_limited_async`, for events: each has at most `MAX_BYTES`, and all have at most `MAX_STREAM_BYTES`."""
    seen = event = 0
    end = b""
    try:
        async for piece in response.aiter_bytes():
            seen += len(piece)
            _check_size(seen, MAX_STREAM_BYTES)
            parts = _EVENT_END.split(end + piece)
            event = len(parts[-1]) if len(parts) > 1 else event + len(piece)
            _check_size(event)
            end = parts[-1][-3:]
            yield piece
    finally:
        await response.aclose()


def _check_size(seen: int, limit: int = MAX_BYTES) -> None:
    if seen > limit:
        raise OversizedError(
            f"the server's response has more than {limit:,} bytes, far more than a briefing; the rest was not read"
        )
