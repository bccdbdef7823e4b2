"""The entry point of the command."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["briefing", "prompts", "list"]
from briefing.cli import main
main()
"""


@pytest.mark.parametrize(
    ("module", "code"), [("briefing.cli.app", -signal.SIGINT), ("briefing.cli.console", 130)]
)
def test_a_signal_during_the_imports_leaves_no_traceback(module: str, code: int) -> None:
    """The process ends by the signal, or with the code that shells give for it."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(module=module)], capture_output=True, text=True, check=False
    )
    assert (code, "") == (done.returncode, done.stderr)
