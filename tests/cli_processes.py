"""The command line in a process of its own, which may be interrupted."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from briefing.cli import main


def command(folder: Path, _told: Any, *args: str, **environment: str) -> None:
    """Run `briefing ARGS`; what it says goes to the files "stdout" and "stderr" in the folder."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        with (folder / name).open("wb") as file:
            os.dup2(file.fileno(), number)
    os.environ.update(environment)
    sys.argv = ["briefing", *args]
    main()
