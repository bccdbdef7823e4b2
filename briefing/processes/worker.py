"""The worker process: makes the briefings of the articles that its parent sends.

Run as ``python -c "from briefing.processes.worker import main; main()"``, by `briefing.processes.process`.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import pickle
import signal
import socket
import sys
import threading
import time
from collections.abc import Coroutine, Generator
from contextlib import suppress
from logging.handlers import QueueHandler
from typing import Any

from typing_extensions import override

from briefing.errors import BriefingError, ConfigurationError, ProviderError
from briefing.gc_pause import collector_paused, freeze_once
from briefing.processes.channel import Calls, Channel, Message
from briefing.processes.mark import Mark
from briefing.processes.packing import packed_error, unpacked_error
from briefing.processes.process import open_socket
from briefing.processes.remote import ARTICLE, RemoteAnswerStore, RemoteBudget, RemoteGate, RemoteStore
from briefing.processes.task import ArticleTask, Setup
from briefing.sources import Source

#: Seconds between looks whether the parent is alive. A process that it has forked may keep the sockets open.
_PARENT_CHECK = 2.0
#: Seconds between signs of life.
_LIFE = 1.0
#: Of prctl(2): which signal the end of the parent sends.
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Work until the parent closes the connection."""
    _end_with_parent()
    handles, memory = pickle.load(sys.stdin.buffer)  # noqa: S301  # written by the parent
    mark = Mark(memory)
    threading.Thread(target=_live, args=[mark], name="briefing-life", daemon=True).start()
    channel_socket, calls_socket = map(open_socket, handles)
    with suppress(EOFError, KeyboardInterrupt):  # the parent is gone
        asyncio.run(_Worker(mark, Calls(calls_socket)).run(channel_socket))
    if sys.stdout is not None:  # the parent's may be closed
        with suppress(OSError, ValueError):
            sys.stdout.flush()
    # Threads may still run, and there is nothing to finalize.
    os._exit(0)


def _end_with_parent() -> None:
    """Let Linux end this process with the thread that has started it, whose event loop it serves. Even if it is stopped."""
    if sys.platform == "linux":
        with suppress(ImportError, OSError, AttributeError):  # of a Python or C library without it
            import ctypes

            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _live(mark: Mark) -> None:
    """Show that this process is not stopped. In a thread, as an article may take the event loop for long."""
    while True:
        mark.thread_lives()
        time.sleep(_LIFE)


class _Worker:
    """The state of this process, and its end of the channel."""

    def __init__(self, mark: Mark, calls: Calls) -> None:
        self._mark, self._calls = mark, calls
        self._ids = itertools.count(1)
        self._gates: list[RemoteGate] = []
        self._articles: dict[int, tuple[asyncio.Task[None], asyncio.Event]] = {}
        self._task: ArticleTask
        self._store: RemoteStore | None = None
        self._channel: Channel
        self._ended: asyncio.Event

    async def run(self, sock: socket.socket) -> None:
        """Serve the parent until it ends the connection."""
        self._ended = asyncio.Event()
        asyncio.get_running_loop().set_task_factory(self._new_task)
        self._channel = Channel(self._receive, self._ended.set)
        await self._channel.connect(sock)
        parent = os.getppid()
        while not self._ended.is_set() and os.getppid() == parent:
            self._mark.loop_lives()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), _PARENT_CHECK)

    def _receive(self, message: Message) -> None:
        name, *args = message
        getattr(self, f"on_{name}")(*args)

    def on_setup(self, data: bytes) -> None:
        """The first message."""
        try:
            with collector_paused():
                setup: Setup = pickle.loads(data)  # noqa: S301  # of the parent
                self._set_up(setup)
        except Exception as error:
            failure = error
            if not isinstance(error, BriefingError):
                failure = ConfigurationError(
                    f"a worker process cannot load what it was sent: {type(error).__name__}: {error}. Modules must be "
                    "importable in it; or use processes=1"
                )
                failure.__cause__ = error
            self._channel.send(("unusable", packed_error(failure)))
        else:
            self._channel.send(("ready",))

    def _set_up(self, setup: Setup) -> None:
        logger = logging.getLogger("briefing")
        logger.addHandler(_RecordSender(self._channel))
        logger.setLevel(setup.log_level)
        logger.propagate = False
        send = self._channel.send
        if setup.store is not None:
            kind = RemoteAnswerStore if setup.keeps_answers else RemoteStore
            self._store = kind(setup.store, send, self._calls, self._ids)
        budget = RemoteBudget(
            self._calls, max_cost_usd=setup.max_cost_usd, max_tokens_total=setup.max_tokens_total
        )
        on_progress = (lambda note: send(("progress", note))) if setup.reports_progress else None
        setup.task.connect(self._new_gate, budget, self._store, on_progress)
        self._task = setup.task

    def _new_gate(self) -> RemoteGate:
        self._gates.append(RemoteGate(len(self._gates), self._channel.send, self._ids))
        return self._gates[-1]

    def on_article(self, number: int, data: bytes, going: bool) -> None:
        """Read an article; make its briefing at once, or when told to."""
        go = asyncio.Event()
        if going:
            go.set()
        token = ARTICLE.set(number)
        task = asyncio.get_running_loop().create_task(self._work(number, data, go))
        ARTICLE.reset(token)
        self._articles[number] = task, go
        task.add_done_callback(lambda _: self._articles.pop(number))

    def on_go(self, number: int) -> None:
        """Make the briefing of an article that was read."""
        if number in self._articles:
            self._articles[number][1].set()

    def on_cancel(self, number: int) -> None:
        """Stop to work on an article."""
        if number in self._articles:
            self._articles[number][0].cancel()

    def on_admitted(self, call: int) -> None:
        """A call may be made."""
        any(gate.admitted(call) for gate in self._gates)

    def on_written(self, number: int, value: Any, error: bytes | None) -> None:
        """The journal has written."""
        assert self._store is not None
        self._store.ended(number, value, None if error is None else unpacked_error(error))

    def on_opened(self, gate: int, error: ProviderError) -> None:
        """Another worker has found that no call of a model can succeed."""
        self._gates[gate].opened(error)

    async def _work(self, number: int, data: bytes, go: asyncio.Event) -> None:
        send = self._channel.send
        try:
            source = Source.of(pickle.loads(data))  # noqa: S301  # of the parent
            send(("read", number, self._task.key(source)))
            await go.wait()
            result = await self._task.make(source)
            try:
                made = pickle.dumps(result, protocol=5)
            except Exception as error:
                raise ConfigurationError(
                    f"a {type(result).__name__} cannot be sent from a worker process: {type(error).__name__}: {error}; "
                    "use processes=1"
                ) from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Raised by something below, not by us.
            send(("failed", number, packed_error(BriefingError("the call was cancelled"))))
        except Exception as error:
            send(("failed", number, packed_error(error)))
        else:
            send(("made", number, made))
            freeze_once("first article")  # with it, all was imported that the others need

    def _new_task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        """Make a task that notes the article that it works on, each time that it goes on."""
        context = options.get("context")
        number = ARTICLE.get() if context is None else context.get(ARTICLE, 0)
        if number:
            coroutine = _Noting(coroutine, self._mark, number)
        return asyncio.Task(coroutine, loop=loop, **options)


class _Noting(Coroutine[Any, Any, Any]):
    """A coroutine that notes a number before each of its steps."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], mark: Mark, number: int) -> None:
        self._coroutine, self._mark, self._number = coroutine, mark, number

    @override
    def send(self, value: Any) -> Any:
        self._mark.set(self._number)
        return self._coroutine.send(value)

    @override
    def throw(self, *raised: Any) -> Any:
        self._mark.set(self._number)
        return self._coroutine.throw(*raised)

    @override
    def close(self) -> None:
        self._coroutine.close()

    @override
    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()


class _RecordSender(QueueHandler):
    """Sends log records to the parent, which hands them to its own handlers."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)  # type: ignore[arg-type]  # `enqueue` is ours

    @override
    def enqueue(self, record: logging.LogRecord) -> None:
        channel: Any = self.queue
        channel.send(("log", record))
