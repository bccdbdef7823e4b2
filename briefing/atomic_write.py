"""Atomic file writes: write to a temporary file in the same folder, fsync, then rename."""

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
except ImportError:  # Windows, where an open file cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

_TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}\.part")


class AtomicFile:
    """A file that appears at its path only when it is committed.

    A symbolic link is followed. A device or a pipe is written to directly. The temporary file is locked as long as
    its process runs, so that `remove_leftovers` can recognize the files of killed processes. Methods raise an
    `InputError` if the file cannot be written, as by a full disk.

    Attributes:
        file: the open temporary file, in binary mode.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Resolved, so that a link is kept; and something like /dev/null must never be replaced.
        self._target = Path(os.path.realpath(path))
        self._temporary: Path | None = None
        with self.translating_errors():
            if self._target.is_dir():
                raise InputError(f"cannot write {path}: it is a folder")
            if self._target.exists() and not self._target.is_file():
                self.file: IO[bytes] = self._target.open("wb")
            else:
                self.file, self._temporary = _open_temporary(self._target)

    def write(self, data: bytes) -> None:
        """Append `data` to the temporary file."""
        with self.translating_errors():
            self.file.write(data)

    def commit(self, path: Path | None = None) -> None:
        """Flush to disk and rename to the target path, or to another in the same folder. On failure, remove the file."""
        target = self._target if path is None else Path(os.path.realpath(path))
        try:
            with self.translating_errors():
                self.file.flush()
                if self._temporary is not None:
                    os.fsync(self.file.fileno())
                    # mkstemp gives permissions to the owner only; these are the user's ordinary files.
                    umask = os.umask(0)
                    os.umask(umask)
                    self._temporary.chmod(0o666 & ~umask)
                    if os.name == "nt":
                        self.file.close()
                    self._temporary.replace(target)
                    self._temporary = None
        finally:
            self.discard()

    def discard(self) -> None:
        """Close and remove the temporary file. Does nothing after `commit`."""
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                self._temporary.unlink(missing_ok=True)
            self._temporary = None
        with contextlib.suppress(OSError):  # closing flushes the buffer, and the disk may be full
            self.file.close()

    @contextmanager
    def translating_errors(self) -> Iterator[None]:
        """Raise an `OSError` of the block as an `InputError` that names the path."""
        try:
            yield
        except OSError as error:
            raise InputError(f"cannot write {self._path}: {error.strerror}") from error


@contextmanager
def atomic_file(path: Path) -> Iterator[AtomicFile]:
    """Yield an `AtomicFile`; commit it at the end of the block, or discard it if the block raises."""
    file = AtomicFile(path)
    try:
        with file.translating_errors():
            yield file
        file.commit()
    finally:
        file.discard()


def write_atomic(path: Path, text: str) -> None:
    """Write a text file in UTF-8, by an `AtomicFile`; raise an `InputError` if it cannot be written."""
    data = text.encode()
    with atomic_file(path) as file:
        file.write(data)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of killed processes from `folder`. Does nothing on Windows."""
    if fcntl is None:
        return
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError), open(entry.path, "rb") as file:  # noqa: PTH123  # a DirEntry
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(entry.path)  # noqa: PTH108  # same


def _open_temporary(target: Path) -> tuple[IO[bytes], Path]:
    while True:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        file, path = os.fdopen(handle, "wb"), Path(name)
        if fcntl is None:
            return file, path
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file, path
        # `remove_leftovers` of another process removed it before it was locked.
        file.close()
