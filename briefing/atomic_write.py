"""Files that are there when all is written, or not at all, also where the process is killed."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from briefing.errors import InputError

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

_UNFINISHED = re.compile(r"\..+\.[a-z0-9_]{8}\.part")


class WholeFile:
    """A file in the making, beside the place where it is to be. A link is followed; a device is written to.

    It is locked while its process lives, so that `sweep` tells what a killed one left behind.

    Args:
        path: where it is to be.

    Attributes:
        file: to write to.

    Raises:
        InputError: the place cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        self._given = path
        # Not in place of a link, and never in place of something like /dev/null.
        self._target = Path(os.path.realpath(path))
        self._unfinished: Path | None = None
        with self.told():
            if self._target.is_dir():
                raise InputError(f"cannot write {path}: it is a folder")
            if self._target.exists() and not self._target.is_file():
                self.file: IO[bytes] = self._target.open("wb")
            else:
                self.file, self._unfinished = _begun(self._target)

    def write(self, data: bytes) -> None:
        """Write more.

        Raises:
            InputError: there is no room, or the place is gone.
        """
        with self.told():
            self.file.write(data)

    def commit(self, path: Path | None = None) -> None:
        """Put it in its place.

        Args:
            path: another place in the same folder.

        Raises:
            InputError: there is no room, or the place is gone; then nothing is left of it.
        """
        target = self._target if path is None else Path(os.path.realpath(path))
        try:
            with self.told():
                self.file.flush()
                if self._unfinished is not None:
                    os.fsync(self.file.fileno())
                    # They are made for their owner only; these are the user's ordinary files.
                    umask = os.umask(0)
                    os.umask(umask)
                    self._unfinished.chmod(0o666 & ~umask)
                    if os.name == "nt":
                        self.file.close()
                    self._unfinished.replace(target)
                    self._unfinished = None
        finally:
            self.discard()

    def discard(self) -> None:
        """Leave nothing of it."""
        if self._unfinished is not None:
            with contextlib.suppress(OSError):
                self._unfinished.unlink(missing_ok=True)
            self._unfinished = None
        with contextlib.suppress(OSError):  # what was not written yet has no room
            self.file.close()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Within it, what the system says against writing is an `InputError`."""
        try:
            yield
        except OSError as error:
            raise InputError(f"cannot write {self._given}: {error.strerror}") from error


@contextmanager
def whole(path: Path) -> Iterator[WholeFile]:
    """A file that is put in its place at the end, and discarded where the end is not reached.

    Raises:
        InputError: the place cannot be written to.
    """
    file = WholeFile(path)
    try:
        with file.told():
            yield file
        file.commit()
    finally:
        file.discard()


def write_whole(path: Path, text: str) -> None:
    """Write a text file wholly or not at all, also when interrupted. A link is followed; a device is written to.

    Raises:
        InputError: the place cannot be written to.
    """
    data = text.encode()
    with whole(path) as file:
        file.write(data)


def sweep(folder: Path) -> None:
    """Remove from a folder what killed processes left of files in the making."""
    if fcntl is None:
        return
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _UNFINISHED.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError), open(entry.path, "rb") as file:  # noqa: PTH123  # a DirEntry
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(entry.path)  # noqa: PTH108  # same


def _begun(target: Path) -> tuple[IO[bytes], Path]:
    while True:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        file, path = os.fdopen(handle, "wb"), Path(name)
        if fcntl is None:
            return file, path
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file, path
        # Between its making and its locking somebody swept here.
        file.close()
