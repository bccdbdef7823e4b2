"""What tests of a project of one's own run in processes of their own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest


def run_pytest(folder: Path, told: Any, *args: str, **environment: str) -> None:
    """Run the tests of a folder as its owner would; tell how they ended, and what was printed on the way."""
    os.chdir(folder)
    for name in [name for name in os.environ if name.startswith(("PYTEST", "OPENAI", "COV"))]:
        del os.environ[name]
    os.environ.update(environment)
    printed = os.open(folder / "printed.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(printed, 1)
    code = pytest.main(["--rootdir=.", "-p", "no:cacheprovider", "-p", "no:xdist", *args])
    told.send((int(code), (folder / "printed.txt").read_text()[-2000:]))
