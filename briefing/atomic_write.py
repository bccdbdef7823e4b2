"""Atomic file writes: write to a temporary file in the same folder, fsync, then rename.

Pipes and devices are written to. The other end of a pipe is waited for at most `PIPE_SECONDS`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from operator import methodcaller
from pathlib import Path
from typing import IO

from briefing.errors import InputError
from briefing.threads import call_with_timeout

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

#: Most seconds to wait until somebody opens the other end of a pipe.
PIPE_SECONDS = 10.0

_DESCRIPTOR = re.compile(r"/dev/(stdin|stdout|stderr)|(?:/dev|/proc/self)/fd/([0-9]{1,6})")
_STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}
_MOST_LINKS = 40
#: Most bytes of a file's name in the name of its temporary file.
_MOST_BYTES = 200
_TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}\.part")


class AtomicFile:
    """A file that appears at its path only when it is committed.

    The temporary file is created in the same folder at the first write, and locked as long as its process runs, so that
    `remove_leftovers` can recognize the files of killed processes. Methods raise an `InputError` if the file cannot be
    written, as by a full disk.

    Args:
        path: of the file. An open file (/dev/stdout, /dev/fd/3), a device or a pipe is written to directly.
        follow: whether to write the file that a symbolic link at `path` points to, or a device or pipe; else whatever
            stands at `path` is replaced, unless it is a folder.
    """

    def __init__(self, path: Path, *, follow: bool = True) -> None:
        self._path = path
        self._temporary: Path | None = None
        self._file: IO[bytes] | None = None
        with self.translating_errors():
            self._file = _open_stream(path) if follow else None
            if self._file is None:
                self._target = _checked_target(path, follow=follow)

    @property
    def file(self) -> IO[bytes]:
        """The open temporary file, in binary mode."""
        if self._file is None:
            self._file, self._temporary = _open_temporary(self._target)
        return self._file

    def write(self, data: bytes) -> None:
        """Append `data` to the temporary file; if the disk is full, remove what was written of it and raise the error."""
        with self.translating_errors():
            self.file.flush()
            raw: IO[bytes] = self.file.raw  # type: ignore[attr-defined]
            end = None if self._temporary is None else raw.tell()
            rest = memoryview(data)
            try:
                while rest:
                    rest = rest[raw.write(rest) :]
            except OSError:
                if end is not None:
                    raw.truncate(end)
                    raw.seek(end)
                raise

    def commit(self, path: Path | None = None) -> Path:
        """Flush to disk and rename to the target path, or to another in the same folder. On failure, remove the file.

        Returns:
            the path of the file.
        """
        try:
            with self.translating_errors():
                self.file.flush()
                if self._temporary is None:
                    return self._path
                os.fsync(self.file.fileno())
                # mkstemp gives permissions to the owner only; these are the user's ordinary files.
                umask = os.umask(0)
                os.umask(umask)
                self._temporary.chmod(0o666 & ~umask)
                if os.name == "nt":
                    self.file.close()
                self._temporary.replace(self._target if path is None else self._target.with_name(path.name))
                self._temporary = None
                return self._path if path is None else path
        finally:
            self.discard()

    def discard(self) -> None:
        """Close and remove the temporary file. Does nothing after `commit`."""
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                self._temporary.unlink(missing_ok=True)
            self._temporary = None
        if self._file is not None:
            with contextlib.suppress(OSError):  # closing flushes the buffer, and the disk may be full
                self._file.close()

    @contextmanager
    def translating_errors(self) -> Iterator[None]:
        """Raise an `OSError` of the block as an `InputError` that names the path."""
        try:
            yield
        except OSError as error:
            raise InputError(f"cannot write {self._path}: {error.strerror}") from error


@contextmanager
def atomic_file(path: Path, *, follow: bool = True) -> Iterator[AtomicFile]:
    """Yield an `AtomicFile`; commit it at the end of the block, or discard it if the block raises."""
    file = AtomicFile(path, follow=follow)
    try:
        with file.translating_errors():
            yield file
        file.commit()
    finally:
        file.discard()


def write_atomic(path: Path, text: str, *, follow: bool = True) -> None:
    """Write a text file in UTF-8, by an `AtomicFile`; raise an `InputError` if it cannot be written."""
    data = text.encode()
    with atomic_file(path, follow=follow) as file:
        file.write(data)


def open_to_read(path: Path) -> IO[bytes]:
    """Open a file in binary mode; a pipe as soon as somebody has opened it to write to it.

    Raises:
        InputError: nobody does, for `PIPE_SECONDS`.
        OSError: the file cannot be opened.
    """
    if not path.is_fifo():
        return path.open("rb")
    try:
        return call_with_timeout(PIPE_SECONDS, lambda: path.open("rb"), late=methodcaller("close"))
    except TimeoutError as error:
        with contextlib.suppress(OSError):  # a writer, for whom the thread still waits
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        raise InputError(
            f"cannot read {path}: nobody has opened this pipe to write to it, for {PIPE_SECONDS:g} s"
        ) from error


def descriptor(path: Path) -> int | None:
    """Return the number of the open file that a path such as /dev/stdout or /dev/fd/3 names; `None` for other paths."""
    name = os.path.abspath(path)  # noqa: PTH100  # must not follow /proc/self/fd/1
    for _ in range(_MOST_LINKS):
        if found := _DESCRIPTOR.fullmatch(name):
            return _STREAMS[found[1]] if found[1] else int(found[2])
        try:
            name = os.path.normpath(os.path.join(os.path.dirname(name), os.readlink(name)))  # noqa: PTH115, PTH118, PTH120
        except OSError:
            return None
    return None


def is_stream(path: Path) -> bool:
    """Return whether a path names an open file, a device or a pipe: nothing that can be replaced."""
    try:
        return descriptor(path) is not None or stat.S_IFMT(path.stat().st_mode) not in (
            stat.S_IFREG,
            stat.S_IFDIR,
        )
    except OSError:
        return False


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


def _open_stream(path: Path) -> IO[bytes] | None:
    """Open what is not replaced by a file; `None` if there is a file or nothing."""
    if (number := descriptor(path)) is not None:
        return os.fdopen(os.dup(number), "wb")
    if not is_stream(path):
        return None
    if not path.is_fifo():
        return path.open("wb")
    deadline = time.monotonic() + PIPE_SECONDS
    while True:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > deadline:
                raise InputError(
                    f"cannot write {path}: nobody has opened this pipe to read it, for {PIPE_SECONDS:g} s"
                ) from error
            time.sleep(0.05)
        else:
            os.set_blocking(handle, True)
            return os.fdopen(handle, "wb")


def _checked_target(path: Path, *, follow: bool) -> Path:
    """Return where the file will be; raise an `InputError` or `OSError` if it clearly cannot be written there."""
    # Resolved, so that a link is kept.
    target = Path(os.path.realpath(path)) if follow else path.parent.resolve() / path.name
    try:
        found = target.lstat()
    except FileNotFoundError:
        pass
    else:
        if stat.S_ISDIR(found.st_mode):
            raise InputError(f"cannot write {path}: it is a folder")
    if not target.parent.is_dir():
        raise InputError(f"cannot write {path}: the folder {path.parent} does not exist")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise InputError(f"cannot write {path}: the folder {path.parent} cannot be written to")
    return target


def _open_temporary(target: Path) -> tuple[IO[bytes], Path]:
    while True:
        # Not the whole name: it may be as long as names can be.
        start = os.fsencode(target.name)[:_MOST_BYTES].decode(errors="ignore")
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{start}.", suffix=".part")
        file, path = os.fdopen(handle, "wb"), Path(name)
        if fcntl is None:
            return file, path
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return file, path
        # `remove_leftovers` of another process removed it before it was locked.
        file.close()
