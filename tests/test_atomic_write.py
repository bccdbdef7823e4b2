"""Atomic file writes: the old file or the new one, and nothing else in the folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from briefing.atomic_write import AtomicFile, atomic_file, remove_leftovers, write_atomic
from briefing.errors import InputError


def names(folder: Path) -> list[str]:
    """Names of a folder's files, sorted."""
    return sorted(path.name for path in folder.iterdir())


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A text that cannot be encoded changes nothing."""
    path = tmp_path / "a.txt"
    write_atomic(path, "old")

    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "new \ud800")

    assert ("old", ["a.txt"]) == (path.read_text(), names(tmp_path))


def test_a_block_that_raises_writes_nothing(tmp_path: Path) -> None:
    """The temporary file is removed; an `OSError` is an `InputError` that names the path."""

    def write() -> None:
        with atomic_file(tmp_path / "a.txt") as file:
            file.write(b"half")
            raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"cannot write .*a\.txt"):
        write()

    assert [] == names(tmp_path)


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    """A pipe, like a device, is not replaced by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    write_atomic(pipe, "text")

    assert b"text" == os.read(reading, 100)
    os.close(reading)
    assert pipe.is_fifo()


def test_a_link_is_followed(tmp_path: Path) -> None:
    """The file that it points to is written, and the link stays one."""
    (tmp_path / "link.txt").symlink_to("real.txt")

    write_atomic(tmp_path / "link.txt", "text")

    assert "text" == (tmp_path / "real.txt").read_text()
    assert (tmp_path / "link.txt").is_symlink()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """It cannot be replaced by a file."""
    with pytest.raises(InputError, match="it is a folder"):
        write_atomic(tmp_path, "text")


@pytest.mark.parametrize(("umask", "mode"), [(0o002, 0o664), (0o077, 0o600)])
def test_permissions_follow_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    """Although temporary files belong to their owner alone."""
    before = os.umask(umask)
    try:
        write_atomic(tmp_path / "a.txt", "text")
    finally:
        os.umask(before)

    assert mode == (tmp_path / "a.txt").stat().st_mode & 0o777


def test_a_file_may_be_committed_to_another_name(tmp_path: Path) -> None:
    """In the same folder; discarding afterwards does nothing."""
    file = AtomicFile(tmp_path / "a.txt")
    file.write(b"text")
    file.commit(tmp_path / "b.txt")
    file.discard()

    assert ["b.txt"] == names(tmp_path)


def test_leftovers_of_killed_processes_are_removed(tmp_path: Path) -> None:
    """And nothing else: no file in use, none with another name, no folder and no link."""
    kept = [
        "a.part",
        ".a.txt.abcdef12.parts",
        ".a.txt.abcdef1.part",
        ".a.txt.abcdef123.part",
        ".a.txt.ABCDEF12.part",
    ]
    for name in [".a.txt.abcdef12.part", *kept]:
        (tmp_path / name).touch()
    (tmp_path / ".folder.abcdef12.part").mkdir()
    (tmp_path / ".link.abcdef12.part").symlink_to("a.part")
    in_use = AtomicFile(tmp_path / "b.txt")
    expected = sorted({*names(tmp_path)} - {".a.txt.abcdef12.part"})

    remove_leftovers(tmp_path)

    assert expected == names(tmp_path)
    in_use.commit()
    assert "b.txt" in names(tmp_path)


def test_a_missing_folder_has_no_leftovers(tmp_path: Path) -> None:
    """It may not have been created yet."""
    remove_leftovers(tmp_path / "none")
