"""An HTTP server on the loopback interface, based on aiohttp, that can also fail in the ways model servers do.

One thread with one event loop serves all connections, so that hundreds can be open at once and the end waits for none.
"""

from __future__ import annotations

import asyncio
import email.utils
import math
import socket
import struct
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, Self

from aiohttp import web

#: Value of SO_LINGER with which closing sends a TCP reset.
_RESET = struct.pack("ii", 1, 0)
#: Seconds between a part of an answer and the reset, which otherwise overtakes it.
_BEFORE_RESET = 0.02
#: Seconds that requests in flight have at the end; 0 would be no limit to aiohttp.
_SHUTDOWN = 0.001


@dataclass(frozen=True)
class Reply:
    """A response, and how it is sent.

    `headers` are those besides date and length. `drip` and `broken` are as in `Fault`, where "closed" is `drop`; an
    infinite `delay` is a response that never comes.

    Attributes:
        events: parts of the body, sent one by one in chunks, before `broken` applies; `None` for a body of known length.
        hang: after the events, neither send anything more nor end the response.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    delay: float = 0.0
    drip: float = 0.0
    broken: Literal["closed", "reset", "reset inside", "cut"] | None = None
    events: tuple[bytes, ...] | None = None
    hang: bool = False


class Server(ABC):
    """A server on a free port, which is bound at once; requests are answered inside a ``with`` block, in a thread.

    Attributes:
        port: of the loopback address 127.0.0.1.
        in_flight: number of requests being answered.
        abandoned: number of requests whose client closed the connection before the response was sent.
    """

    def __init__(self) -> None:
        self.in_flight = self.abandoned = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._started, self._stopping = threading.Event(), False
        self._thread = threading.Thread(target=self._serve, name="briefing-fake-server", daemon=True)

    @property
    def url(self) -> str:
        """The `base_url` of this server."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *raised: object) -> None:
        """Close all connections, also those with a request in flight."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._socket.close()
        self._loop.close()

    @abstractmethod
    async def _reply(self, request: web.BaseRequest) -> Reply:
        """Return the reply to a request; runs in the server's event loop."""

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._http, listening = self._loop.run_until_complete(self._listen())
        self._started.set()
        self._loop.run_forever()
        self._stopping = True
        listening.close()
        self._loop.run_until_complete(self._http.shutdown(timeout=_SHUTDOWN))
        # Transports close their sockets in the loop's next turn.
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _listen(self) -> tuple[web.Server, asyncio.Server]:
        # Without the limit of 1 MiB on bodies.
        request = partial(web.BaseRequest, loop=self._loop, client_max_size=0)
        server = web.Server(self._answer, request_factory=request, handler_cancellation=True, access_log=None)
        return server, await self._loop.create_server(server, sock=self._socket, backlog=1024)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.in_flight += 1
        try:
            reply = await self._reply(request)
            await asyncio.sleep(reply.delay)
            if reply.events is not None:
                return await _send_events(request, reply, reply.events)
            if reply.drip or reply.broken:
                await _send_badly(request, reply)
        except (asyncio.CancelledError, ConnectionError):
            self.abandoned += not self._stopping
            raise
        finally:
            self.in_flight -= 1
        return web.Response(body=reply.body, status=reply.status, headers=reply.headers)


async def _send_events(
    request: web.BaseRequest, reply: Reply, events: tuple[bytes, ...]
) -> web.StreamResponse:
    """Send a response in chunks, one for each event, or for each byte of it, and end it, or break it off."""
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    response.enable_chunked_encoding()
    await response.prepare(request)
    for event in events:
        for part in (bytes([byte]) for byte in event) if reply.drip else (event,):
            await asyncio.sleep(reply.drip)
            await response.write(part)
    if reply.hang:
        await asyncio.sleep(math.inf)
    if reply.broken:
        _break_off(request, reset=reply.broken.startswith("reset"))
    else:
        await response.write_eof()
    return response


async def _send_badly(request: web.BaseRequest, reply: Reply) -> None:
    """Write the reply past aiohttp, byte by byte or in part, then close or reset the connection."""
    transport = request.transport
    assert transport is not None
    sent = {None: len(reply.body), "cut": len(reply.body) // 2, "reset inside": len(reply.body) // 2}
    data = _head(reply) + reply.body[: sent[reply.broken]] if reply.broken in sent else b""
    for part in (bytes([byte]) for byte in data) if reply.drip else (data,):
        await asyncio.sleep(reply.drip)
        transport.write(part)
    is_reset = reply.broken in ("reset", "reset inside")
    if is_reset:
        await asyncio.sleep(_BEFORE_RESET)
    _break_off(request, reset=is_reset)


def _break_off(request: web.BaseRequest, *, reset: bool) -> None:
    """Close the connection, or reset it."""
    transport = request.transport
    assert transport is not None
    if reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
    else:
        transport.close()


def _head(reply: Reply) -> bytes:
    headers = {"date": email.utils.formatdate(usegmt=True)} | reply.headers
    headers["content-length"] = str(len(reply.body))
    lines = [f"HTTP/1.1 {reply.status} ", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
