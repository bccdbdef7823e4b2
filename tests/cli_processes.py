"""The command line in a process of its own, which may be interrupted."""

from __future__ import annotations

import os
import resource
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from briefing.cli import main
from briefing.exports import Rows


def command(folder: Path, _told: Any, *args: str, **environment: str) -> None:
    """Run `briefing ARGS`; what it says goes to the files "stdout" and "stderr" in the folder."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        with (folder / name).open("wb") as file:
            os.dup2(file.fileno(), number)
    os.environ.update(environment)
    sys.argv = ["briefing", *args]
    main()


def in_terminal(terminal: Connection, _told: Any, *args: str, **environment: str) -> None:
    """Run `briefing ARGS` in a terminal."""
    for number in range(3):
        os.dup2(terminal.fileno(), number)
    terminal.close()
    sys.stdin = os.fdopen(0)
    os.environ.update(environment)
    sys.argv = ["briefing", *args]
    main()


def barely_read(folder: Path, _told: Any, size: int, *args: str, **environment: str) -> None:
    """As `command`, into a pipe whose reader goes away after so many bytes, as `head` does."""
    reading, writing = os.pipe()

    def read() -> None:
        os.read(reading, size)
        os.close(reading)

    if size:
        threading.Thread(target=read).start()
    else:
        os.close(reading)
    said = os.open(folder / "stderr", os.O_CREAT | os.O_WRONLY)
    os.dup2(said, 2)
    os.dup2(writing, 1)
    os.close(writing)
    sys.stdout = os.fdopen(1, "w")
    os.environ.update(environment)
    sys.argv = ["briefing", *args]
    main()


def write_rows(path: Path, told: Any, rows: int) -> None:
    """Write a Parquet file, and tell by how many bytes the process grew after the first rows."""
    with path.open("wb") as file:
        table = Rows(file, ["source", "briefing"])
        for number in range(rows):
            if number == rows // 20:
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            table.add({"source": f"{number}", "briefing": os.urandom(2000).hex()})
        table.close()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told.send((after - before) * (1 if sys.platform == "darwin" else 1024))
