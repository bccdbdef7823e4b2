"""`Connection`: the parent's end of the connections to one worker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from briefing.processes.channel import Channel, Message
from briefing.processes.packing import packed_error
from briefing.processes.process import Process
from briefing.processes.services import Services

if TYPE_CHECKING:
    from briefing.processes.pool import WorkerPool

_log = logging.getLogger(__name__)
#: Seconds between looks whether a worker is alive, and that one may take to end by itself.
_CHECK, _END_TIMEOUT = 0.5, 1.0
#: Seconds without a sign of life after which a worker is taken to hang; a slow machine keeps none from it for so long,
#: but a call that holds the interpreter lock does.
_PATIENCE = 60.0


class Connection:
    """One worker: its process, what it is told and what it asks for.

    Attributes:
        load: number of its articles.
        ready: whether it has started.
    """

    def __init__(self, pool: WorkerPool, process: Process) -> None:
        self._pool, self._process = pool, process
        self.load, self.ready = 0, False
        self._closing = False
        self._channel = Channel(self._receive, self._lost, combines=True)
        self._calls = Channel(self._answer, lambda: None)
        self._services = Services(self.send, pool.called, pool.limiters, pool.budget, pool.store)
        loop = asyncio.get_running_loop()
        self._connecting = [
            loop.create_task(channel.connect(sock))
            for channel, sock in zip((self._channel, self._calls), process.sockets, strict=True)
        ]
        self._check_due = loop.call_later(_CHECK, self._check)
        #: Last heartbeat counters of the worker's thread and of its event loop, and seconds since each of them has changed.
        self._lives, self._silence = (0, 0), [0.0, 0.0]
        self.send(("setup", pool.setup))

    def send(self, message: Message) -> None:
        """Send a message; a dead worker is sent nothing."""
        self._channel.send(message)

    async def aclose(self) -> None:
        """End the worker, whatever it does."""
        self._closing = True
        self._check_due.cancel()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_END_TIMEOUT):
                    await asyncio.gather(*self._connecting)
                    self._channel.end()
                    while self._process.status is None:  # noqa: ASYNC110  # processes have no event
                        await asyncio.sleep(0.01)
        finally:
            self._end()

    def _check(self) -> None:
        self._check_due = asyncio.get_running_loop().call_later(_CHECK, self._check)
        # The end of one that was ready ends its connection, behind its last messages.
        if not self.ready and self._process.status is not None:
            self._lost()
        elif self._hangs():
            self._lost("it did not respond")

    def _hangs(self) -> bool:
        lives, before = self._process.mark.lives, self._lives
        self._lives = lives
        # Looks are counted, not the time between them: this process may have been stopped, too.
        self._silence = [
            0.0 if life != last else silence + _CHECK
            for life, last, silence in zip(lives, before, self._silence, strict=True)
        ]
        thread, loop = self._silence
        deadline = self._pool.deadline
        return thread >= _PATIENCE or (deadline is not None and loop >= deadline + _PATIENCE)

    def _lost(self, how: str | None = None) -> None:
        if self._closing:
            return
        self._closing = True
        self._check_due.cancel()
        self._end()
        self._pool.lost(self, how or _shown(self._process.status), self._process.mark.article)

    def _end(self) -> None:
        self._process.kill()
        for channel in (self._channel, self._calls):
            channel.abort()
        self._services.close()

    def _receive(self, message: Message) -> None:
        name, *args = message
        match name:
            case "ready":
                self.ready = True
                self._process.started()
                self._pool.ready()
            case "read" | "made" | "failed" | "unusable":
                getattr(self._pool, name)(*args)
            case "open_circuit":
                self._pool.circuit_opened(self, *args)
            case "progress":
                self._report(*args)
            case "log":
                record: logging.LogRecord = args[0]
                logger = logging.getLogger(record.name)
                if logger.isEnabledFor(record.levelno):
                    logger.handle(record)
            case _:
                getattr(self._services, name)(*args)

    def _report(self, note: str) -> None:
        if self._pool.on_progress is not None:
            try:
                self._pool.on_progress(note)
            except Exception as error:  # it must not end the connection
                _log.warning("on_progress raised %s", type(error).__name__)

    def _answer(self, message: Message) -> None:
        name, *args = message
        value: Any = None
        problem: bytes | None = None
        try:
            value = getattr(self._services, name)(*args)
        except Exception as error:
            problem = packed_error(error)
        self._calls.send((value, problem))


def _shown(status: int | None) -> str:
    if status is None:
        return "its connection broke"
    return f"by signal {-status}" if status < 0 else f"exit status {status}"
