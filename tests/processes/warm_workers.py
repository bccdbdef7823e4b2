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


def serve(folder: str | None, told: Connection, ends: list[socket], environment: dict[str, str]) -> None:
    """Be a worker with these sockets, which have other numbers here than the parent writes."""
    os.environ.update(environment)
    if folder is not None:
        os.chdir(folder)
    with os.fdopen(told.fileno(), "rb", closefd=False) as stdin:
        _, mark = pickle.load(stdin)
    sys.stdin = SimpleNamespace(buffer=io.BytesIO(pickle.dumps(([end.detach() for end in ends], mark))))
    worker.main()


class Started:
    """The methods of `subprocess.Popen` that are used, for a process of the fixture `forked`."""

    def __init__(self, process: Any) -> None:
        self._process, self.pid = process, process.pid
        self.stdin = os.fdopen(process.input(), "wb")
        self.kill, self.wait, self.poll = process.kill, process.ended, process.status


class WarmProcess(Process):
    """A `Process` that takes no imports."""

    def __init__(self, forked, mark, folder):
        self._forked = forked
        super().__init__(mark, folder)

    def _popen(self, folder):
        return Started(self._forked(serve, folder, self._theirs, dict(os.environ)))
