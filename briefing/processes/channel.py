"""Messages between a worker and its parent, over sockets: tuples of a name and arguments, pickled.

Sockets work with every event loop and on every system; pipes of a child do not on Windows.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from typing_extensions import override

from briefing.processes.packing import unpacked_error

#: Length of the data that follows.
_LENGTH = struct.Struct("!Q")

Message = tuple[Any, ...]


class Channel(asyncio.Protocol):
    """One end of a connection. Belongs to an event loop; `send` may be called from any thread.

    Args:
        on_message: called with each message.
        on_lost: called when the other end is gone.
        combines: send the messages of one turn of the event loop together. If turns are long, they would be late.
    """

    def __init__(
        self,
        on_message: Callable[[Message], None],
        on_lost: Callable[[], None],
        *,
        combines: bool = False,
    ) -> None:
        self._on_message, self._on_lost, self._combines = on_message, on_lost, combines
        self._received = bytearray()
        self._unsent: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._is_ended = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    async def connect(self, sock: socket.socket) -> None:
        """Take over a connected socket."""
        sock.setblocking(False)
        await self._loop.create_connection(lambda: self, sock=sock)

    def send(self, message: Message) -> None:
        """Send a message; if the other end is gone, or after `end`, nothing happens.

        Raises:
            Exception: the message cannot be pickled.
        """
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self.send, message)
            return
        if self._is_ended:
            return
        data = pickle.dumps(message, protocol=5)
        self._unsent += (_LENGTH.pack(len(data)), data)
        if not self._combines:
            self._flush()
        elif len(self._unsent) == 2:
            self._loop.call_soon(self._flush)

    def end(self) -> None:
        """Send what is unsent, nothing more, and let the other end close the connection."""
        self._flush()
        self._is_ended = True
        if self._transport is not None:
            self._transport.write_eof()

    def abort(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        if self._transport is None or not self._unsent:
            return
        data = b"".join(self._unsent)
        self._unsent.clear()
        self._transport.write(data)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._flush()

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._received)[0]
            if len(self._received) < end:
                return
            message = pickle.loads(self._received[_LENGTH.size : end])  # noqa: S301  # of our own process
            del self._received[:end]
            self._on_message(message)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self._is_ended = None, True
        self._unsent.clear()
        self._on_lost()


class Calls:
    """The worker's end of a second connection, for calls that wait for the parent's answer. Thread-safe."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(True)
        self._file = sock.makefile("rwb")
        self._lock = threading.Lock()

    def call(self, name: str, *args: Any) -> Any:
        """Send a message, and return what the parent returns.

        Raises:
            Exception: what the parent raises.
            EOFError: the parent is gone.
        """
        data = pickle.dumps((name, *args), protocol=5)
        with self._lock:
            self._file.write(_LENGTH.pack(len(data)) + data)
            self._file.flush()
            head = self._file.read(_LENGTH.size)
            if len(head) < _LENGTH.size:
                raise EOFError
            value, error = pickle.loads(self._file.read(_LENGTH.unpack(head)[0]))  # noqa: S301
        if error is not None:
            raise unpacked_error(error)
        return value
