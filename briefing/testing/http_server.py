"""A small HTTP server on the loopback interface that can misbehave in every way a model's server does.

One thread and one event loop serve all connections, so that hundreds of them may be open at once and
closing does not wait for any. `briefing.testing` says what is answered; here is how.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

from typing_extensions import override  # of the standard library from Python 3.12 on

_HEAD_END = b"\r\n\r\n"
#: Closes with a reset instead of a farewell.
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Reply:
    """What is sent, and how.

    Attributes:
        status: HTTP status.
        headers: all but the length.
        body: sent after the head.
        delay: seconds to wait first; infinite for an answer that never comes.
        drip: seconds before each byte, those of the head included.
        broken: "closed": no answer, and the connection is closed. "reset": the same, by a reset. "reset inside": a
            reset after half of the body. "cut": half of the body, though the head promises all.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    delay: float = 0.0
    drip: float = 0.0
    broken: Literal["closed", "reset", "reset inside", "cut"] | None = None


@dataclass
class Counts:
    """What a server has seen. Written by its thread only."""

    requests: int = 0
    in_flight: int = 0
    abandoned: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)


class Server:
    """Serves on a free port from the moment it is made; `start` answers, `stop` ends all connections.

    Args:
        reply: from the number of a request, from 0, and its JSON to what is sent.
        counts: is kept up to date.
        keep: whether the bodies of requests are kept.
    """

    def __init__(self, reply: Callable[[int, dict[str, Any]], Reply], counts: Counts, *, keep: bool) -> None:
        self.reply, self.counts, self.keep = reply, counts, keep
        self.connections: set[_Connection] = set()
        # Bound at once, so that the port is known; connections wait in the backlog until `start`.
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._run, name="briefing-fake-model", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()
        self._running.wait()

    def stop(self) -> None:
        """Close all connections, those in use too."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._socket.close()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Connection(self), sock=self._socket, backlog=1024)
        )
        self._loop.call_soon(self._running.set)
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._ended())

    async def _ended(self) -> None:
        tasks = [connection.close() for connection in list(self.connections)]
        await asyncio.gather(*(task for task in tasks if task), return_exceptions=True)
        await asyncio.sleep(0)  # transports close in the loop's next turn


class _Connection(asyncio.Protocol):
    """One client: its requests, one after the other."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._received = bytearray()
        self._answering: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections.add(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        if self._answering is not None and not self._answering.done():
            self._server.counts.abandoned += 1
            self._answering.cancel()

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        self._next()

    def close(self) -> asyncio.Task[None] | None:
        """End the connection; the task that was answering on it, if one was."""
        self._transport.abort()
        answering, self._answering = self._answering, None  # that this one ends is not the client's doing
        if answering is not None:
            answering.cancel()
        return answering

    def _next(self) -> None:
        if self._received and not chr(self._received[0]).isalpha():
            # The greeting of a client that speaks TLS, which gets what a server of plain HTTP says to it.
            self._transport.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
            self._transport.close()
            return
        if self._answering is not None or (end := self._received.find(_HEAD_END)) < 0:
            return
        start = end + len(_HEAD_END)
        length = _content_length(bytes(self._received[:end]))
        if length is None:
            self._transport.close()
            return
        if len(self._received) < start + length:
            return
        body = bytes(self._received[start : start + length])
        del self._received[: start + length]
        self._server.counts.in_flight += 1
        self._answering = asyncio.ensure_future(self._answer(body))
        self._answering.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._server.counts.in_flight -= 1
        self._answering = None
        if not task.cancelled() and (error := task.exception()):
            # A fault's own function failed: the test's business, and the client's to see.
            self._transport.abort()
            raise error
        self._next()

    async def _answer(self, body: bytes) -> None:
        counts = self._server.counts
        number, counts.requests = counts.requests, counts.requests + 1
        try:
            request = json.loads(body) if body else {}
        except ValueError:
            request = {}
        if self._server.keep:
            counts.bodies.append(request)
        reply = self._server.reply(number, request)
        if reply.delay == float("inf"):
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(reply.delay)
        await self._send(reply)

    async def _send(self, reply: Reply) -> None:
        if reply.broken == "closed":
            self._transport.close()
            return
        if reply.broken == "reset":
            self._reset()
            return
        data = _head(reply) + (reply.body[: len(reply.body) // 2] if reply.broken else reply.body)
        if reply.drip:
            for byte in data:
                await asyncio.sleep(reply.drip)
                self._transport.write(bytes([byte]))
        else:
            self._transport.write(data)
        if reply.broken == "cut":
            self._transport.close()
        elif reply.broken == "reset inside":
            await asyncio.sleep(0.02)  # else the reset overtakes the bytes
            self._reset()

    def _reset(self) -> None:
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()


def _content_length(head: bytes) -> int | None:
    first, *lines = head.decode("latin-1").split("\r\n")
    if not first.endswith(("HTTP/1.1", "HTTP/1.0")):
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value) if value.strip().isdigit() else None
    return 0


def _head(reply: Reply) -> bytes:
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = {"date": email.utils.formatdate(usegmt=True)} | reply.headers
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {v}" for name, v in headers.items())]
    return ("\r\n".join([*lines, f"content-length: {len(reply.body)}"]) + "\r\n\r\n").encode("latin-1")
