"""`Mark`: what a worker notes for its parent, in memory that both share."""

from __future__ import annotations

import mmap
import sys
import tempfile
import uuid
from contextlib import ExitStack

_INTEGER = 8
#: Number of the article, signs of life of a thread, and of the event loop.
_ARTICLE, _THREAD, _LOOP = (slice(start, start + _INTEGER) for start in range(0, 3 * _INTEGER, _INTEGER))
_SIZE = 3 * _INTEGER
#: What the worker needs to open the memory: a descriptor that it inherits; on Windows, a name.
Handle = int | str


def new_memory(until_started: ExitStack) -> Handle:
    """Return the handle of new memory. No file has its name: it is gone with the processes, however they end.

    Args:
        until_started: is closed once the worker has opened the memory.
    """
    if sys.platform == "win32":
        return f"briefing-{uuid.uuid4()}"
    file = until_started.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    file.write(bytes(_SIZE))
    file.flush()
    return file.fileno()


class Mark:
    """One end of the memory. What the worker has written is there even if it is killed."""

    def __init__(self, handle: Handle) -> None:
        if sys.platform == "win32":
            self._map = mmap.mmap(-1, _SIZE, tagname=str(handle))
        else:
            self._map = mmap.mmap(int(handle), _SIZE)

    def set(self, number: int) -> None:
        """Note the number of the article that is worked on."""
        self._map[_ARTICLE] = number.to_bytes(_INTEGER, "little")

    def thread_lives(self) -> None:
        """Note a sign of life of the process: it is not stopped."""
        self._add_one(_THREAD)

    def loop_lives(self) -> None:
        """Note a sign of life of the event loop: no article holds it up."""
        self._add_one(_LOOP)

    @property
    def article(self) -> int:
        """Number of the article that the worker works on, or worked on when it died; 0 for none."""
        return self._read(_ARTICLE)

    @property
    def lives(self) -> tuple[int, int]:
        """How many signs of life there were: of the thread, and of the event loop."""
        return self._read(_THREAD), self._read(_LOOP)

    def _read(self, part: slice) -> int:
        return int.from_bytes(self._map[part], "little")

    def _add_one(self, part: slice) -> None:
        self._map[part] = (self._read(part) + 1).to_bytes(_INTEGER, "little")
