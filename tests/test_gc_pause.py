"""Pauses of the garbage collector."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import briefing
from briefing.gc_pause import collector_paused, freeze_once
from briefing.testing import FakeModel

#: Prints, when a module is looked for, whether the collector is enabled.
PROGRAM = """
import gc, sys
class Look:
    def find_spec(self, name, path=None, target=None):
        if name in {modules!r}:
            print(name, gc.isenabled(), file=sys.stderr)
sys.meta_path.insert(0, Look())
{code}
print("end", gc.isenabled(), file=sys.stderr)
"""
COMMAND = """
sys.argv = ["briefing", *{arguments!r}]
from briefing.cli import main
try:
    main()
except SystemExit:
    pass
"""
CALL = """
import briefing
briefing.Briefer(model="openai/fake", base_url={url!r}, api_key="test").summarize("Good day to all of you.")
"""


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    """Begin with the collector as it is at first, whatever commands have run in this process; leave it so."""
    gc.unfreeze()
    freeze_once.cache_clear()
    yield
    gc.unfreeze()
    freeze_once.cache_clear()
    gc.enable()


def told(code: str, *modules: str) -> list[str]:
    """What a fresh interpreter prints on standard error when it runs code."""
    paths = os.pathsep.join([str(Path(briefing.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    program = PROGRAM.format(modules=modules, code=code)
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    return done.stderr.splitlines()


def test_the_collector_is_paused_inside_the_block_only() -> None:
    """Also behind a nested block."""
    with collector_paused():
        with collector_paused():
            pass
        inside = gc.isenabled()

    assert (False, True, 0) == (inside, gc.isenabled(), gc.get_freeze_count())


def test_a_collector_that_the_user_has_turned_off_stays_off() -> None:
    """The pause ends as it began."""
    gc.disable()
    with collector_paused():
        pass

    assert not gc.isenabled()


def test_a_process_may_freeze_what_it_has_imported() -> None:
    """The collector does not look at it again; what comes later may become garbage."""
    with collector_paused(freeze=True):
        pass
    frozen = gc.get_freeze_count()
    later = [[number] for number in range(10_000)]
    with collector_paused(freeze=True):
        pass

    assert frozen > 1_000
    assert gc.get_freeze_count() < frozen + len(later)


def test_each_step_freezes_once() -> None:
    """What was made before the second step is left out as well, by its first call only."""
    made: list[list[object]] = []
    for step in ("imports", "first article", "first article"):
        made.append([[]])
        freeze_once(step)

    looked_at = set(map(id, gc.get_objects()))
    assert [False, False, True] == [id(each[0]) in looked_at for each in made]


def test_a_run_over_a_folder_leaves_the_sdk_out_of_collections(tmp_path: Path) -> None:
    """The SDK is imported for the first article, when the command itself has long been frozen."""
    for number in range(2):
        (tmp_path / f"{number}.txt").write_text(f"The council closed bridge {number} on Monday.")
    with FakeModel() as fake:
        arguments = ["summarize", str(tmp_path), "-o", str(tmp_path / "out"), "--model", "openai/fake"]
        arguments += ["--base-url", fake.url]
        code = (
            COMMAND.format(arguments=arguments)
            + "import gc, openai\nprint(any(each is openai.AsyncOpenAI for each in gc.get_objects()), file=sys.stderr)"
        )
        found = told(code)

    assert "False" == found[-2]


def test_commands_import_without_collections() -> None:
    """The collector is paused while the command's modules are imported, and runs afterwards."""
    code = COMMAND.format(arguments=["check", "--help"])
    assert ["typer False", "end True"] == told(code, "typer")
    code = COMMAND.format(arguments=["check", "missing.txt", "--against", "missing.txt"])
    assert "briefing.checking False" in told(code, "briefing.checking")


def test_the_sdk_is_imported_without_collections() -> None:
    """A program that uses the library has its collector back after the first call."""
    with FakeModel() as fake:
        found = told(CALL.format(url=fake.url), "openai", "openai.resources.chat.completions")

    assert ["openai False", "openai.resources.chat.completions False", "end True"] == found


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["summarize", "--help"], ["journal", "ls", "missing.db"]]
)
def test_light_commands_import_nothing_large(arguments: list[str]) -> None:
    """Help, version and the journal need neither SDKs nor what reads articles."""
    large = ["openai", "instructor", "lxml", "jinja2", "httpx2", "sentencex", "rapidfuzz", "babel"]
    large += [] if "journal" in arguments else ["sqlite3", "rich.console", "regex", "yaml"]
    large += ["pydantic"] if arguments == ["--help"] else []
    code = (
        COMMAND.format(arguments=arguments)
        + f"print([n for n in {large} if n in sys.modules], file=sys.stderr)"
    )

    assert "[]" == told(code)[-2]
