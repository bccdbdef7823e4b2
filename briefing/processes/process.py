"""`Process`: an interpreter that runs `worker.main`, and the sockets to it."""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import subprocess
import sys
from typing import Any

from briefing.errors import ConfigurationError
from briefing.processes.mark import Mark, new_memory

_CODE = "from briefing.processes.worker import main; main()"


class Process:
    """A running worker process.

    Args:
        folder: working directory; `None` for that of this process, which has been removed.

    Attributes:
        sockets: our ends of the connections: of the channel and of the calls.
        mark: what the worker notes, or noted before it ended.

    Raises:
        ConfigurationError: there is no interpreter to start, or the system starts no process.
    """

    def __init__(self, folder: str | None) -> None:
        if not sys.executable:
            raise ConfigurationError(
                "worker processes need a Python interpreter (sys.executable); use processes=1"
            )
        with contextlib.ExitStack() as ends:
            try:
                pairs = [tuple(map(ends.enter_context, socket.socketpair())) for _ in range(2)]
                self.sockets = tuple(ours for ours, _ in pairs)
                self._until_started = ends.enter_context(contextlib.ExitStack())
                self._theirs = [self._until_started.enter_context(theirs) for _, theirs in pairs]
                self._memory = new_memory(self._until_started)
                self.mark = Mark(self._memory)
                self._process = self._popen(folder)
            except OSError as error:
                raise ConfigurationError(
                    f"worker processes cannot be started: {error}; use processes=1"
                ) from error
            ends.pop_all()
        handles = [_handle(end, self._process.pid) for end in self._theirs]
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(OSError), stdin:  # a process that has ended is noticed by its sockets
            stdin.write(pickle.dumps((handles, self._memory)))
        if sys.platform != "win32":
            self.started()

    def _popen(self, folder: str | None) -> subprocess.Popen[bytes]:
        options: dict[str, Any]
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        else:
            # A new process group: Ctrl-C in the terminal does not reach the worker.
            inherited = [self._memory, *(end.fileno() for end in self._theirs)]
            options = {"start_new_session": True, "pass_fds": inherited}
        # Python ignores what is no string.
        paths = [path or folder or "" for path in sys.path if isinstance(path, str)]
        return subprocess.Popen(  # noqa: S603  # nothing of it is input
            # -P: import nothing from the working directory. PYTHONPATH: the child has the same import path.
            [sys.executable, "-P", "-c", _CODE],
            stdin=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            cwd=folder,
            **options,
        )

    def started(self) -> None:
        """Close the worker's ends of the sockets; on Windows, they must be open until the worker has its own."""
        self._until_started.close()

    @property
    def status(self) -> int | None:
        """Exit status, as of `subprocess.Popen`; `None` while the process runs."""
        return self._process.poll()

    def kill(self) -> None:
        """End the process at once, and wait for that."""
        self.started()
        self._process.kill()
        self._process.wait()


def _handle(end: socket.socket, pid: int) -> int | bytes:
    """Return what the process with this number needs to open the socket."""
    if sys.platform == "win32":
        return end.share(pid)
    return end.fileno()


def open_socket(handle: int | bytes) -> socket.socket:
    """Return the worker's end of a connection, from what `_handle` has returned in the parent."""
    if sys.platform == "win32":
        assert isinstance(handle, bytes)
        return socket.fromshare(handle)
    assert isinstance(handle, int)
    return socket.socket(fileno=handle)
