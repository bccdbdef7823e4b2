"""Programs that end while an iterator, a journal, threads or an event loop of `briefing` are open: whether they end well.

    python benchmarks/exits.py [--runs 100] [--only NAME] [--fresh] [--seed 0]

Runs each program of `exits_job.py` in turn, ended at a random moment, against a fake model in this process. A run is clean if the
program ended by itself within a minute, with exit code 0 and nothing on standard error, and if its journal is in order and has
every result that the program was given. With `--fresh` each run is a new interpreter, which takes seconds to import; else a fork of
one that has the imports behind it. Prints a table in Markdown; the exit code is 1 if a run was not clean.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from exits_job import HANG, PROGRAMS, article

import briefing
from briefing.journal import check_journal
from briefing.testing import FakeModel

_JOB = Path(__file__).with_name("exits_job.py")
_TESTS = _JOB.parent.parent / "tests"
#: Seconds until the fake model answers.
_LATENCY = 0.05


def wrong(folder: Path, status: int | None) -> str | None:
    """What is wrong with a run, `None` if it is clean.

    Args:
        folder: of its files.
        status: as of `os.waitpid`; `None` after a hang.
    """
    if status is None:
        return f"still running after {HANG:g} s"
    if code := os.waitstatus_to_exitcode(status):
        return f"ended by signal {-code}" if code < 0 else f"exit code {code}"
    if said := (folder / "stderr").read_text("utf-8", "replace").strip():
        return f"said {said.splitlines()[-1]!r}"
    checked = check_journal(folder / "run.db")
    # Claims of a process that has ended are no fault.
    if problems := [problem for problem in checked.damages if problem.kind != "lease"]:
        return f"journal: {problems[0]}"
    with briefing.Journal(folder / "run.db", mode="ro") as journal:
        recorded = {entry.source_sha256 for entry in journal.entries("done", results=False)}
    given = {int(line) for line in (folder / "given").read_text("utf-8").splitlines()}
    lost = {n for n in given if briefing.Source.from_text(article(n)).sha256 not in recorded}
    return f"{len(lost)} results lost" if lost else None


def fresh(runs: list[tuple[str, str, str, int]]) -> Iterator[int | None]:
    """Run each program in a new interpreter, and yield its wait status."""
    for run in runs:
        with (Path(run[2]) / "stderr").open("wb") as errors:
            process = subprocess.Popen([sys.executable, _JOB, *map(str, run)], stdout=errors, stderr=errors)
            try:
                code = process.wait(HANG)
            except subprocess.TimeoutExpired:
                process.kill()
                yield None
            else:
                yield -code if code < 0 else code << 8


def forked(runs: list[tuple[str, str, str, int]]) -> Iterator[int | None]:
    """Run each program in a fork of one interpreter, and yield its wait status."""
    paths = os.pathsep.join(filter(None, [str(_TESTS), os.environ.get("PYTHONPATH")]))
    with subprocess.Popen(
        [sys.executable, _JOB],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for run in runs:
            process.stdin.write(json.dumps(run) + "\n")
            process.stdin.flush()
            yield json.loads(process.stdout.readline())
        process.stdin.close()


def main() -> int:
    """Run, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--fresh", action="store_true", help="a new interpreter for each run")
    parser.add_argument("--only", choices=PROGRAMS, help="one of the programs")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    clean, made = Counter[str](), Counter[str]()
    with FakeModel(latency=_LATENCY) as fake, tempfile.TemporaryDirectory() as temporary:
        runs = []
        for n, name in enumerate(islice(cycle([options.only] if options.only else PROGRAMS), options.runs)):
            folder = Path(temporary) / str(n)
            folder.mkdir()
            runs.append((name, fake.url, str(folder), options.seed + n))
        ended = (fresh if options.fresh else forked)(runs)
        for (name, _, folder, _), status in zip(runs, ended, strict=True):
            made[name] += 1
            if reason := wrong(Path(folder), status):
                said = (Path(folder) / "stderr").read_text("utf-8", "replace")
                print(f"{name}: {reason}\n{said}", file=sys.stderr, flush=True)
            else:
                clean[name] += 1
    print("| the program ends with | runs | clean |\n|---|---|---|")
    for name, program in PROGRAMS.items():
        print(f"| {(program.__doc__ or name).strip().rstrip('.')} | {made[name]} | {clean[name]} |")
    print(f"| all | {made.total()} | {clean.total()} |")
    return int(clean.total() < options.runs)


if __name__ == "__main__":
    raise SystemExit(main())
