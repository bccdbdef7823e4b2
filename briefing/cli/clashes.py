"""The paths of a command: none that it writes may be another one of them."""

from __future__ import annotations

import os
import stat
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from briefing.errors import InputError

#: The name of an option or argument, and its path.
Named = tuple[str, Path]
#: What two names of one file have in common: device and inode, also of the folder, with the name in it.
_Key = tuple[int | str, ...]
_OUT: Named = ("standard output", Path("-"))


def journal_files(path: Path | None) -> list[Named]:
    """Return the files of a journal: SQLite puts two or three beside it."""
    if path is None:
        return []
    real = os.path.realpath(path)
    beside = [(f"a file of --journal {path}", Path(real + end)) for end in ("-wal", "-shm", "-journal")]
    return [("--journal", path), *beside]


def given(**options: Path | None) -> list[Named]:
    """Return the options that are given, by the names of their arguments."""
    return [("--" + name.replace("_", "-"), path) for name, path in options.items() if path is not None]


def refuse_clashes(written: Iterable[Named], read: Iterable[Named], *, printed: bool = False) -> None:
    """Raise an `InputError` if a command would write one file twice, or write a file that it reads.

    Links, and file systems that ignore case, are seen through. Pipes and devices may be named twice.

    Args:
        read: is iterated only if a file that is written exists.
        printed: whether the command writes to standard output, too, which may have been redirected.
    """
    known: dict[_Key, Named] = {}
    for named in written:
        for key in _keys(named[1]):
            if key in known:
                _refuse(named, known[key])
            known[key] = named
    if printed and (stdout := _opened(sys.stdout)):
        if stdout in known:
            _refuse(_OUT, known[stdout])
        known[stdout] = _OUT
    if not any(isinstance(key[-1], int) for key in known):
        return
    for named in read:
        found = _opened(sys.stdin) if str(named[1]) == "-" else _inode(named[1])
        if found is not None and found in known:
            _refuse(known[found], named)


def refuse_names_in(folder: Path | None, suffix: str, others: Iterable[Named]) -> None:
    """Raise an `InputError` if a file of the command has the name of a briefing in the output folder."""
    if folder is None:
        return
    inside = os.path.realpath(folder)
    ending = f".briefing{suffix}"
    for label, path in others:
        real = Path(os.path.realpath(path))
        if real.name.casefold().endswith(ending) and inside in map(str, real.parents):
            raise InputError(
                f"{label} {path} has the name of a briefing in {folder}, which could overwrite it; "
                "give another folder to --output"
            )


def refuse_beside(folder: Path, read: Iterable[Named]) -> None:
    """Raise an `InputError` if a file that is read is in the output folder, whose files may get its name."""
    inside = os.path.realpath(folder)
    for label, path in read if Path(inside).is_dir() else ():
        if os.path.dirname(os.path.realpath(path)) == inside:  # noqa: PTH120
            raise InputError(
                f"{label} {path} is in {folder}, where it could be overwritten; give another folder to --output"
            )


def _refuse(one: Named, other: Named) -> None:
    raise InputError(
        f"{_shown(one)} is the same file as {_shown(other)}, which would be overwritten; give another path"
    )


def _shown(named: Named) -> str:
    label, path = named
    if str(path) == "-":
        return "standard output" if named is _OUT else "standard input"
    return f"{label} {path}"


def _keys(path: Path) -> Iterator[_Key]:
    """Yield what other names of the same file have in common with this one; nothing if the name is not that of a file."""
    real = Path(os.path.realpath(path))
    # A file is written to its real path, which exists even if a folder before ".." does not.
    if (found := _status(path) or _status(real)) is not None:
        if not stat.S_ISREG(found.st_mode):
            return
        yield found.st_dev, found.st_ino
    try:
        folder = real.parent.stat()
    except OSError:
        yield (str(real),)
        return
    name = unicodedata.normalize("NFC", real.name)
    yield folder.st_dev, folder.st_ino, name.casefold() if _ignores_case(real.parent) else name


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _inode(path: Path) -> _Key | None:
    found = _status(path)
    return (found.st_dev, found.st_ino) if found and stat.S_ISREG(found.st_mode) else None


def _opened(stream: object) -> _Key | None:
    """Return the key of the file to which a standard stream is redirected; `None` if it is not redirected to a file."""
    try:
        found = os.fstat(stream.fileno())  # type: ignore[attr-defined]
    except (OSError, ValueError, AttributeError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _ignores_case(folder: Path) -> bool:
    """Return whether names in a folder that differ in case only are one, as far as its first name with letters tells."""
    try:
        with os.scandir(folder) as entries:
            name = next((entry.name for entry in entries if entry.name.swapcase() != entry.name), "")
        return bool(name) and (folder / name).samefile(folder / name.swapcase())
    except OSError:
        return False
