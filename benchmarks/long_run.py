"""Many articles, a server that fails, and a program that is killed: what was asked, paid, returned, lost and doubled.

    python benchmarks/long_run.py [--articles 10000] [--faults 0.2] [--kills 3] [--stops 2] [--full-disk] [--second]
        [--disk FOLDER] [--latency 0.2] [--seed 0] [--output FOLDER]

A program as a user would write it (`long_run_job.py`) briefs made-up articles with `summarize_many(..., journal="run.db")`, in a
process of its own. This process is the model's server (`long_run_server.py`), which answers a share of the requests with a fault
and keeps count by article. At random moments it ends the program, and starts it again in the same way:

- `--kills`: with SIGKILL.
- `--stops`: with SIGINT and SIGTERM in turn, after which the program lets the articles under way end.
- `--full-disk`: by filling the journal's disk up. The program is handed the results that could not be recorded; they are recorded
  once there is room again. `--disk` names the journal's folder, on a small file system of its own that is filled up by a file, as
  one made with `mount -t tmpfs -o size=256m none FOLDER`. Without it, the program's files may not grow (RLIMIT_FSIZE; Linux).
- `--second`: a second program does the same work in another order, on the same journal and at the same time. Only the full disk ends it.

At each end, and at the last, the journal, the program's output and the server's count are compared. The tables are printed in
Markdown, with what was found wrong below; the exit code is 1 if anything was. The files are kept if `--output` names a folder.

Lost is an article that in the end has neither a briefing that holds nor an error. Paid twice is one for which the server
gave more than one good answer to the same question: it may happen where an answer was under way at a SIGKILL, and not elsewhere.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import cycle, islice, zip_longest
from pathlib import Path

from long_run_articles import articles
from long_run_checks import (
    BY_ITSELF,
    FULL_DISK,
    KILLED,
    Recorded,
    Run,
    Start,
    State,
    checked,
    failures,
    lines,
    recorded,
    report,
)
from long_run_job import STOPPED
from long_run_server import Server

import briefing
from briefing._version import DISTRIBUTION
from briefing.journal.journal import Journal

_JOB = Path(__file__).with_name("long_run_job.py")
#: Seconds for an answer; a server that hangs costs as many.
_TIMEOUT = 20.0
#: The program is ended at these shares of progress, spread evenly, and so much before or after.
_FIRST, _LAST, _ABOUT = 0.15, 0.85, 0.03
#: Bytes; a larger file system than this is not filled up.
_LARGEST_DISK = 2**30


def endings(kills: int, stops: int, *, full_disk: bool) -> list[tuple[float, str]]:
    """How the program is ended, and at which share of the work: kills and stops in turn, the full disk in the middle."""
    pairs = zip_longest([KILLED] * kills, islice(cycle(("SIGINT", "SIGTERM")), stops))
    kinds = [kind for pair in pairs for kind in pair if kind]
    if full_disk:
        kinds.insert(len(kinds) // 2, FULL_DISK)
    step = (_LAST - _FIRST) / (len(kinds) - 1) if len(kinds) > 1 else 0.0
    return [(_FIRST + step * n if step else 0.5, kind) for n, kind in enumerate(kinds)]


@dataclass
class Player:
    """Starts and ends the program, and reads the journal.

    Args:
        run: takes what happened.
        url: of the server.
        chance: for the moments.
        small: whether the journal is on a small file system.
    """

    run: Run
    url: str
    chance: random.Random
    small: bool
    _running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _disk_full: bool = False

    async def play(self, ends: list[tuple[float, str]], *, second: bool) -> None:
        """Start the program until it has ended by itself."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            if second:
                tasks.create_task(self._beside())
            for at, ended in ends:
                await self._start("first", ended, at + self.chance.uniform(-_ABOUT, _ABOUT))
            await self._start("first", BY_ITSELF)
        self.run.seconds = time.monotonic() - began

    async def _beside(self) -> None:
        while await self._start("second", BY_ITSELF) == STOPPED:
            while self._disk_full:  # noqa: ASYNC110  # a look now and then is enough
                await asyncio.sleep(0.02)

    async def _start(self, name: str, ended: str, at: float = 1.0) -> int:
        """Start the program, and end it when so much of the work has been answered; returns its exit code."""
        run, caller = self.run, self.run.server.callers[name]
        number = sum(start.process == name for start in run.starts) + 1
        output = run.folder / f"results-{name}-{number}.jsonl"
        caller.asked.clear()
        requests, gone, failed, began = (
            caller.requests,
            caller.gone,
            self._recorded().failed,
            time.monotonic(),
        )
        rss, waiting = None, 0
        with (run.folder / f"log-{name}-{number}.txt").open("wb") as log:
            process, copying = await self._process(name, output, log.fileno())
            ending = asyncio.create_task(process.wait())
            while not ending.done():
                await asyncio.wait([ending], timeout=0.05)
                rss = _rss(process.pid) or rss
                # Not before it has begun to ask: where there is a second process, work goes on meanwhile.
                far = len(run.server.answered) >= at * len(run.distinct) and caller.requests > requests
                if ended != BY_ITSELF and far:
                    await asyncio.sleep(self.chance.uniform(0, 0.5))
                    waiting = caller.open
                    if process.returncode is None:
                        await self._end(process, ended)
                    break
            code = await ending
            await copying.wait()
        del self._running[name]
        expected = {KILLED: {-9, 0}, BY_ITSELF: {0, STOPPED}}.get(ended, {STOPPED, 0})
        if code not in expected:
            raise SystemExit(f"the program ended with {code}; see {log.name}")
        if code == STOPPED and ended == BY_ITSELF:
            ended = FULL_DISK
        elif code == 0:
            ended = BY_ITSELF
        has, seconds = self._recorded(), time.monotonic() - began
        handed_over, told = 0, set[int]()
        if ended == FULL_DISK:
            handed_over = await self._record_handed_over(output)
            has = self._recorded()
            told = failures(output, run.texts)
        under_way = {n for n in caller.asked - has.done if has.failed.get(n) == failed.get(n)}
        await caller.idle()
        made, gone = caller.requests - requests, caller.gone - gone
        state = self._state()
        run.starts.append(
            Start(
                *(name, ended, output, seconds, rss, made, waiting, gone),
                *(under_way - told, under_way & told, handed_over, state),
            )
        )
        print(f"{name} {number}: {ended}, {seconds:.0f} s", file=sys.stderr)
        return code

    async def _process(
        self, name: str, output: Path, log: int
    ) -> tuple[asyncio.subprocess.Process, asyncio.subprocess.Process]:
        """Start the program, and a process that writes its output to a file: it may not be able to itself."""
        read, write = os.pipe()
        given = self.run.folder / f"articles-{name}.jsonl"
        with output.open("wb") as file:
            copying = await asyncio.create_subprocess_exec("cat", stdin=read, stdout=file)
        self._running[name] = process = await asyncio.create_subprocess_exec(
            *(sys.executable, _JOB, given, self.run.journal, self.url, name, str(_TIMEOUT)),
            stdout=write,
            stderr=log,
        )
        os.close(read)
        os.close(write)
        return process, copying

    async def _end(self, process: asyncio.subprocess.Process, how: str) -> None:
        if how != FULL_DISK:
            process.send_signal(signal.Signals[how])
            return
        self._disk_full = True
        if self.small:
            _fill(self.run.journal.with_name("filler"))
        else:
            for running in self._running.values():
                _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
                resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (0, hard))

    async def _record_handed_over(self, output: Path) -> int:
        """Wait until all programs have ended, make room, and record what this one was handed; returns how many."""
        while self._running:  # noqa: ASYNC110  # a look now and then is enough
            await asyncio.sleep(0.02)
        self.run.journal.with_name("filler").unlink(missing_ok=True)
        found = [
            briefing.Briefing.model_validate(line["briefing"])
            for line in lines(output)
            if "unrecorded" in line
        ]
        with Journal(self.run.journal) as journal:
            for made in found:
                journal.record(made, made.meta, schema=briefing.Briefing)
        self._disk_full = False
        return len(found)

    def _recorded(self) -> Recorded:
        return recorded(self.run.journal, self.run.by_hash) if self.run.journal.exists() else Recorded()

    def _state(self) -> State:
        """Compare a copy of the journal with the server's count.

        Where no other process has the journal open, its files are copied, so that the program has to recover them.
        """
        counts = self.run.server.counts
        with tempfile.TemporaryDirectory() as folder:
            copied = Path(folder) / self.run.journal.name
            if self._running:
                with (
                    closing(sqlite3.connect(self.run.journal)) as db,
                    closing(sqlite3.connect(copied)) as copy,
                ):
                    db.backup(copy)
            else:
                for suffix in ("", "-wal"):
                    file = self.run.journal.with_name(self.run.journal.name + suffix)
                    if file.exists():
                        copied.with_name(file.name).write_bytes(file.read_bytes())
            with closing(sqlite3.connect(copied)) as db:
                whole = db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            has = recorded(copied, self.run.by_hash)
        missing = {
            number: (count.tokens[0] - had[0], count.tokens[1] - had[1])
            for number, count in counts.items()
            for had in [has.tokens.get(number, (0, 0))]
        }
        good = {number: count.good.total() for number, count in counts.items()}
        missing = {number: tokens for number, tokens in missing.items() if tokens != (0, 0)}
        return State(has.done, has.failed, good, missing, whole)


def _fill(path: Path) -> None:
    """Write a file until the disk is full."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (2**20, 2**12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)


def _rss(pid: int) -> float | None:
    """Most memory that a process had, MB."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return None
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) / 1024 if found else None


async def play(run: Run, options: argparse.Namespace) -> None:
    """Start the server and the program, until that has ended by itself."""
    url = await run.server.start()
    try:
        player = Player(run, url, random.Random(f"kills {options.seed}"), small=options.disk is not None)
        ends = endings(options.kills, options.stops, full_disk=options.full_disk)
        await player.play(ends, second=options.second)
    finally:
        await run.server.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--faults", type=float, default=0.2, help="share of requests")
    parser.add_argument("--kills", type=int, default=3, help="times that the program is sent SIGKILL")
    parser.add_argument("--stops", type=int, default=0, help="times that it is sent SIGINT or SIGTERM")
    parser.add_argument("--full-disk", action="store_true", help="fill the journal's disk up in the middle")
    parser.add_argument("--second", action="store_true", help="run a second program on the same journal")
    parser.add_argument("--disk", type=Path, help="an empty folder for the journal, see above")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds until the server answers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="a new or empty folder to keep the files in")
    return parser


def main() -> int:
    """Run, compare, print."""
    parser = _parser()
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.output or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for empty in (folder, options.disk or folder):
            if not empty.is_dir() or any(empty.iterdir()):
                parser.error(f"{empty} is not an empty folder")
        if options.disk is not None and shutil.disk_usage(options.disk).total > _LARGEST_DISK:
            parser.error(f"{options.disk} is not on a small file system; see --help")
        texts = articles(options.articles, options.seed)
        given = list(enumerate(texts))
        for name in ("first", "second"):
            with (folder / f"articles-{name}.jsonl").open("w", encoding="utf-8") as file:
                file.writelines(json.dumps(article) + "\n" for article in given)
            random.Random(f"second {options.seed}").shuffle(given)
        server = Server(options.faults, options.seed, options.latency)
        run = Run(folder, (options.disk or folder) / "run.db", texts, server)
        asyncio.run(play(run, options))
        checks = checked(run)
        versions = ", ".join(
            f"{name} {version(name)}" for name in (DISTRIBUTION, "openai", "instructor", "aiohttp")
        )
        print(f"{datetime.now(UTC):%d %B %Y}; {versions}, Python {platform.python_version()}\n")
        print("\n".join(report(run, checks)))
        wrong = checks.wrong()
        for name, found in wrong.items():
            print(f"\nWRONG: {name}: {found if isinstance(found, int) else found[:20]}")
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
