"""How an SDK's connections behave: no retries and no redirects of their own, and an answer has one time for all its bytes.

The timeouts of HTTP clients are for one read each, so that a server which sends a byte now and then is waited for
without end. Async calls are cancelled from outside. A blocked thread cannot be, so here every read of a socket is given
what is left of the whole answer's time. No public way was found: httpx passes on no network backend, a transport of
one's own loses the proxies of the environment, and its `trace` extension shows no socket of a connection that is used
again. Where the private ones are not there, calls run in a thread that is left behind.

An answer is read up to a bound only: what is larger is none, and must not fill the memory.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from functools import partial
from typing import Any

from briefing.errors import OversizedError
from briefing.timeouts import DeadlineStream, call_with_timeout, remaining

#: The process and the event loop that connections belong to; no loop: those of sync calls.
ClientKey = tuple[int, asyncio.AbstractEventLoop | None]
#: Bytes of an answer, decompressed. The longest that a model writes, each character escaped, is far below.
MOST_BYTES = 4_000_000
#: What vcrpy can undo in a recording; an answer is small beside the time that it takes.
_ENCODINGS = "gzip, deflate"


def configure_client(client: Any, *, is_async: bool) -> bool:
    """Make an SDK's client leave retries and redirects to us, and read no more than `MOST_BYTES` of an answer.

    Returns whether it takes a timeout, and now keeps to `total_timeout`.

    A redirect would carry the article to an address that nobody gave, and count as several calls.

    Args:
        client: of the SDK: OpenAI's, or one of the same make.
        is_async: whether it is an async one, whose reads need no help.
    """
    if hasattr(client, "max_retries"):
        client.max_retries = 0
    http: Any = getattr(client, "_client", None)
    if hasattr(http, "follow_redirects"):
        http.follow_redirects = False
    if hasattr(http, "event_hooks"):
        http.headers["accept-encoding"] = _ENCODINGS
        hooks = http.event_hooks
        bound = _bound_async if is_async else _bound
        http.event_hooks = hooks | {"response": [*hooks["response"], bound]}
    if not hasattr(client, "with_options"):
        return False
    if is_async:
        return True
    transports = [getattr(http, "_transport", None), *getattr(http, "_mounts", {}).values()]
    pools = [transport._pool for transport in transports if hasattr(transport, "_pool")]  # noqa: SLF001
    for pool in pools:
        # httpcore takes a backend of one's own, httpx does not hand it through.
        pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001
    return bool(pools)


def close_stale_clients(clients: dict[ClientKey, Any]) -> None:
    """Close and take out the clients of event loops that have ended, where nothing can be awaited any more.

    Left to the garbage collector, aiohttp would log each as an error.
    """
    for home in list(clients):
        pid, loop = home
        if loop is not None and loop.is_closed():
            client: Any = getattr(clients.pop(home, None), "client", None)
            if pid == os.getpid() and hasattr(client, "close"):
                with suppress(Exception), closing(client.close()) as ending:
                    ending.send(None)


class _Backend:
    """httpcore's network backend, with bounded sockets."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, *args: Any, **kwargs: Any) -> Any:
        bounded = _bounded(kwargs)
        if bounded["timeout"] is None:
            return DeadlineStream(self._backend.connect_tcp(*args, **bounded))
        # The lookup of a name knows no timeout, and each of a name's addresses gets the whole of one.
        connect = partial(self._backend.connect_tcp, *args, **bounded)
        return DeadlineStream(
            call_with_timeout(bounded["timeout"], connect, late=lambda stream: stream.close())
        )

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> Any:
        return DeadlineStream(self._backend.connect_unix_socket(*args, **_bounded(kwargs)))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


def _bounded(kwargs: dict[str, Any]) -> dict[str, Any]:
    return kwargs | {"timeout": remaining(kwargs.get("timeout"))}


def _bound(response: Any) -> None:
    """An event hook of httpx: the body of a response ends in an error at the bound."""
    if not _is_small(response):
        response.stream = type(response)(200, content=_pieces(_decoded(response))).stream


async def _bound_async(response: Any) -> None:
    """As `_bound`, of an async client."""
    if not _is_small(response):
        response.stream = type(response)(200, content=_apieces(_decoded(response))).stream


def _is_small(response: Any) -> bool:
    """Whether its head promises so; the protocol holds it to that."""
    length = response.headers.get("content-length", "")
    return (
        "content-encoding" not in response.headers
        and length.isascii()
        and length.isdigit()
        and int(length) <= MOST_BYTES
    )


def _decoded(response: Any) -> Any:
    """A response that takes over the body of another, which then counts as not compressed."""
    headers = {"content-encoding": response.headers.pop("content-encoding", "identity")}
    return type(response)(200, headers=headers, stream=response.stream)


def _pieces(response: Any) -> Iterator[bytes]:
    seen = 0
    try:
        for piece in response.iter_bytes():
            seen += len(piece)
            _check(seen)
            yield piece
    finally:
        response.close()


async def _apieces(response: Any) -> AsyncIterator[bytes]:
    seen = 0
    try:
        async for piece in response.aiter_bytes():
            seen += len(piece)
            _check(seen)
            yield piece
    finally:
        await response.aclose()


def _check(seen: int) -> None:
    if seen > MOST_BYTES:
        raise OversizedError(
            f"the server's answer has more than {MOST_BYTES:,} bytes, which no briefing has; the rest was not read"
        )
