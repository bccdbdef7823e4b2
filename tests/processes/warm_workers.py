"""Worker processes that are forked from a warm one, for tests of what workers do, not of how they start."""

from __future__ import annotations

import io
import os
import pickle
import sys
from multiprocessing.connection import Connection
from socket import socket
from types import SimpleNamespace
from typing import Any

from briefing.processes import worker
from briefing.processes.process import Process


def serve(
    folder: str | None, _told: Any, ends: list[socket], memory: Connection, environment: dict[str, str]
) -> None:
    """Be a worker with these sockets and memory, which have other numbers here than in the parent."""
    os.environ.update(environment)
    if folder is not None:
        os.chdir(folder)
    handles = [end.detach() for end in ends], os.dup(memory.fileno())
    sys.stdin = SimpleNamespace(buffer=io.BytesIO(pickle.dumps(handles)))
    worker.main()


class Started:
    """The methods of `subprocess.Popen` that are used, for a process of the fixture `forked`."""

    def __init__(self, process: Any) -> None:
        self.pid, self.stdin = process.pid, io.BytesIO()
        self.kill, self.wait, self.poll = process.kill, process.ended, process.status


class WarmProcess(Process):
    """A `Process` that takes no imports."""

    def __init__(self, forked, folder):
        self._forked = forked
        super().__init__(folder)

    def _popen(self, folder):
        memory = Connection(os.dup(self._memory))  # can be sent to a process that starts
        return Started(self._forked(serve, folder, self._theirs, memory, dict(os.environ)))
