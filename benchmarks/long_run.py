"""Many articles, a server that fails, and a program that is killed: what was asked, paid, returned, lost and doubled.

    python benchmarks/long_run.py [--articles 10000] [--faults 0.2] [--kills 3] [--latency 0.2] [--seed 0]
        [--output FOLDER]

A program as a user would write it (`long_run_job.py`) briefs made-up articles with `summarize_many(..., journal="run.db")`, in a
process of its own. This process is the model's server (`long_run_server.py`), which answers a share of the requests with a fault
and keeps count by article, and it sends the program SIGKILL at random moments and starts it again. After each kill and at the
end, the journal, the program's output and the server's count are compared. The tables are printed in Markdown, with what was
found wrong below; the exit code is 1 if anything was. The files are kept if `--output` names a folder.

Lost is an article that in the end has neither a briefing that holds nor an error. Paid twice is one for which the server
gave more than one good answer to the same question: it may happen where an answer was under way at a kill, and not elsewhere.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from long_run_articles import articles, number_in
from long_run_server import Server
from pydantic import ValidationError

import briefing
from briefing.journal.journal import Journal

_JOB = Path(__file__).with_name("long_run_job.py")
#: Seconds for an answer; a server that hangs costs as many.
_TIMEOUT = 20.0
#: Kills are at these shares of progress, spread evenly, and so much before or after.
_FIRST, _LAST, _ABOUT = 0.2, 0.8, 0.03
Tokens = tuple[int, int]


@dataclass
class State:
    """What the journal and the server have, at a kill and at the end.

    Attributes:
        done: numbers of the articles with a result in the journal.
        failed: of those with a failure, and how many calls it took.
        good: good answers that the server gave until then, by article.
        missing: tokens that the server gave an answer with and the journal does not have, by article.
        whole: SQLite found the file in order.
    """

    done: set[int]
    failed: dict[int, int]
    good: dict[int, int]
    missing: dict[int, Tokens]
    whole: bool


@dataclass
class Start:
    """One start of the program.

    Attributes:
        killed: rather than ended by itself.
        seconds: that it ran.
        rss: most memory, MB; `None` where /proc does not tell.
        requests: that it made.
        open: requests without an answer yet, at the kill.
        gone: of those, the ones that the model had an answer to.
        under_way: articles that it asked about, and had no outcome of in the journal at the end.
        state: after it.
        lines: its output.
    """

    killed: bool
    seconds: float
    rss: float | None
    requests: int
    open: int
    gone: int
    under_way: set[int]
    state: State
    lines: list[dict[str, Any]]


@dataclass
class Run:
    """The files of a run and what happened."""

    folder: Path
    texts: list[str]
    server: Server
    starts: list[Start] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.distinct = {n for text in self.texts if (n := number_in(text)) is not None}
        self._by_hash = {
            briefing.Source.from_text(text).sha256: n
            for text in set(self.texts)
            if (n := number_in(text)) is not None
        }

    @property
    def journal(self) -> Path:
        """Path of the program's journal."""
        return self.folder / "run.db"

    async def start(self, url: str, kill_at: float | None, chance: random.Random) -> None:
        """Start the program, and kill it when so much of the work has been answered."""
        given, output = self.folder / "articles.jsonl", self.folder / f"results-{len(self.starts) + 1}.jsonl"
        before = {number: count.requests for number, count in self.server.counts.items()}
        requests, began = self.server.requests, time.monotonic()
        with (self.folder / f"log-{len(self.starts) + 1}.txt").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, _JOB, given, self.journal, output, url, str(_TIMEOUT), stderr=log
            )
            ended = asyncio.create_task(process.wait())
            rss, waiting, gone = None, 0, self.server.gone
            while not ended.done():
                await asyncio.wait([ended], timeout=0.05)
                rss = _rss(process.pid) or rss
                if kill_at is not None and len(self.server.answered) >= kill_at * len(self.distinct):
                    await asyncio.sleep(chance.uniform(0, 0.5))
                    waiting, gone = self.server.open, self.server.gone
                    if process.returncode is None:
                        process.kill()
                    break
            code = await ended
        seconds = time.monotonic() - began
        if code not in {0, -9}:
            raise SystemExit(f"the program ended with {code}; see {log.name}")
        await self.server.idle()
        asked = {n for n, count in self.server.counts.items() if count.requests > before.get(n, 0)}
        state = self.state()
        known = self.starts[-1].state.failed if self.starts else {}
        left = asked - state.done - {n for n, calls in state.failed.items() if known.get(n) != calls}
        lines = list(_lines(output))
        made = self.server.requests - requests
        self.starts.append(
            Start(
                code == -9,
                seconds,
                rss,
                made,
                waiting,
                self.server.gone - gone if code else 0,
                left,
                state,
                lines,
            )
        )

    def state(self) -> State:
        """Compare a copy of the journal, so that the program itself has to recover the file, with the server's count."""
        with tempfile.TemporaryDirectory() as folder:
            copied = Path(folder) / self.journal.name
            for suffix in ("", "-wal"):
                file = self.journal.with_name(self.journal.name + suffix)
                if file.exists():
                    copied.with_name(file.name).write_bytes(file.read_bytes())
            with closing(sqlite3.connect(copied)) as db:
                whole = db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            done, failed = set[int](), dict[int, int]()
            missing = {number: count.tokens for number, count in self.server.counts.items()}
            with Journal(copied) as journal:
                for entry in journal.entries(results=False):
                    number = self._by_hash[entry.source_sha256]
                    if entry.status == "done":
                        done.add(number)
                    else:
                        failed[number] = entry.attempts
                    had = missing.get(number, (0, 0))
                    missing[number] = had[0] - entry.usage.input_tokens, had[1] - entry.usage.output_tokens
        good = {number: count.good.total() for number, count in self.server.counts.items()}
        return State(done, failed, good, {n: t for n, t in missing.items() if t != (0, 0)}, whole)


@dataclass(frozen=True)
class Checks:
    """What was compared at the end; each of these should be empty or 0."""

    lost: list[int]
    doubled: list[int]
    not_held: list[int]
    not_recorded: list[int]
    changed: list[int]
    returned_and_asked: list[int]
    paid_twice: list[int]
    paid_twice_elsewhere: list[int]
    tokens_elsewhere: list[int]
    damaged: int

    def wrong(self) -> dict[str, Any]:
        """What is not as it must be."""
        return {name: found for name, found in vars(self).items() if found and name != "paid_twice"}


def checked(run: Run) -> Checks:
    """Compare output, journal and the server's count."""
    last = run.starts[-1]
    given = Counter(line["index"] for line in last.lines)
    outcomes = {line["index"]: line for line in last.lines}
    not_held, recorded, not_recorded = [], _results(run.journal), []
    for index, line in outcomes.items():
        if "briefing" in line:
            if not _holds(line["briefing"], run.texts[index]):
                not_held.append(index)
            if recorded.get(line["briefing"]["meta"]["fingerprint"]) != line["briefing"]:
                not_recorded.append(index)
    returned = [
        (n, line, number)
        for n, start in enumerate(run.starts[:-1], 1)
        for line in start.lines
        if "briefing" in line and (number := number_in(run.texts[line["index"]])) is not None
    ]
    paid_twice = {n for n, count in run.server.counts.items() if max(count.good.values(), default=0) > 1}
    at_kills = {n for start in run.starts if start.killed for n in start.under_way}
    return Checks(
        lost=sorted((set(range(len(run.texts))) - set(outcomes)) | set(not_held)),
        doubled=sorted(index for index, times in given.items() if times > 1),
        not_held=not_held,
        not_recorded=not_recorded,
        changed=sorted({line["index"] for _, line, _ in returned if outcomes.get(line["index"]) != line}),
        returned_and_asked=sorted(
            {
                line["index"]
                for n, line, number in returned
                if last.state.good[number] > run.starts[n - 1].state.good[number]
            }
        ),
        paid_twice=sorted(paid_twice),
        paid_twice_elsewhere=sorted(paid_twice - at_kills),
        tokens_elsewhere=sorted(_missing_elsewhere(run.starts)),
        damaged=sum(not start.state.whole for start in run.starts),
    )


def _holds(result: Any, article: str) -> bool:
    """Whether a result is a briefing of this article, and every span of it a slice of that."""
    try:
        made = briefing.Briefing.model_validate(result)
    except ValidationError:
        return False
    return made.meta.source_sha256 == briefing.Source.from_text(article).sha256 and not made.verify(article)


def _missing_elsewhere(starts: list[Start]) -> set[int]:
    """Articles whose tokens came to differ, but not by a kill while they were under way."""
    found, before = set[int](), dict[int, Tokens]()
    for start in starts:
        after = start.state.missing
        changed = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
        found |= changed - (start.under_way if start.killed else set())
        before = after
    return found


def report(run: Run, checks: Checks) -> Iterator[str]:
    """The tables, in Markdown."""
    last, counts = run.starts[-1], list(run.server.counts.values())
    broken = sum(number_in(text) is None for text in run.texts)
    errors = Counter(line["error"] for line in last.lines if "error" in line)
    made = [line for line in last.lines if "briefing" in line]
    good, spoilt = sum(c.good.total() for c in counts), sum(c.spoilt for c in counts)
    half, gone = sum(c.broken for c in counts), sum(c.gone for c in counts)
    again = sum(c.good.total() - len(c.good) for c in counts)
    faults = sum(run.server.faults.values()) - run.server.faults["none"]
    bad, sound = set(checks.not_held) | set(checks.not_recorded), len(run.starts) - checks.damaged
    tokens, missing = _sum(c.tokens for c in counts), _sum(last.state.missing.values())
    rows = [
        ("**asked**", ""),
        ("articles given", f"{len(run.texts):,}"),
        ("of them distinct", f"{len(run.distinct):,}"),
        ("the same as one before", f"{len(run.texts) - broken - len(run.distinct):,}"),
        ("empty", f"{broken:,}"),
        ("requests", f"{run.server.requests:,}"),
        ("with a fault", f"{faults:,} ({faults / run.server.requests:.1%})"),
        ("**paid**", ""),
        ("good answers", f"{good:,}"),
        ("answers of the model that are no good", f"{spoilt:,}"),
        ("good answers that the server broke off", f"{half:,}"),
        ("answers that nobody waited for any more", f"{gone:,}"),
        ("of them at a kill", f"{sum(start.gone for start in run.starts):,}"),
        ("tokens of complete answers, in + out", _tokens(tokens)),
        ("the same in the journal", _tokens((tokens[0] - missing[0], tokens[1] - missing[1]))),
        ("difference", f"{_tokens(missing)}, of {len(last.state.missing):,} articles"),
        ("of them not under way at a kill", f"{len(checks.tokens_elsewhere)}"),
        ("**paid twice**", f"**{len(checks.paid_twice)}** articles, {again} answers"),
        ("of them not under way at a kill", f"**{len(checks.paid_twice_elsewhere)}**"),
        ("**returned**", ""),
        ("briefings", f"{len(made):,}"),
        ("of them verified against their article, and equal to the journal's", f"{len(made) - len(bad):,}"),
        ("errors", ", ".join(f"{name} {n}" for name, n in errors.most_common()) or "none"),
        ("**lost**", f"**{len(checks.lost)}**"),
        ("**doubled in the output**", f"**{len(checks.doubled)}**"),
        ("returned before a kill, and other or gone after", f"{len(checks.changed)}"),
        ("returned before a kill, and paid again after", f"{len(checks.returned_and_asked)}"),
        ("copies of the journal that `integrity_check` finds in order", f"{sound} of {len(run.starts)}"),
        ("most memory of the program", f"{max(start.rss or 0 for start in run.starts):.0f} MB"),
        ("time", f"{sum(start.seconds for start in run.starts):.0f} s"),
    ]
    yield from ("| | |", "|---|---|")
    for name, value in rows:
        yield f"| {name} | {value} |"
    yield ""
    yield "| start | ended | requests | s | MB | in the journal | articles under way | good answers not recorded |"
    yield "|---|---|---|---|---|---|---|---|"
    for n, start in enumerate(run.starts, 1):
        ended = f"killed, {start.open} requests open" if start.killed else "by itself"
        state = start.state
        answered = sum(1 for number in start.under_way if state.good[number])
        yield (
            f"| {n} | {ended} | {start.requests:,} | {start.seconds:.0f} | {start.rss or 0:.0f} | "
            f"{len(state.done):,} done, {len(state.failed)} failed | {len(start.under_way)} | {answered} |"
        )
    yield ""
    played = ", ".join(f"{name} {n}" for name, n in run.server.faults.most_common() if name != "none")
    yield f"Faults played: {played}."


def _tokens(tokens: Tokens) -> str:
    return f"{tokens[0]:,} + {tokens[1]:,}"


def _sum(tokens: Any) -> Tokens:
    pairs = list(tokens)
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """A program's output, without a last line that it was killed in."""
    for line in file.read_text("utf-8").splitlines(keepends=True) if file.exists() else ():
        if line.endswith("\n"):
            yield json.loads(line)


def _results(path: Path) -> dict[str, Any]:
    with Journal(path, mode="ro") as journal:
        return {
            entry.fingerprint: entry.load(briefing.Briefing).model_dump(mode="json", round_trip=True)
            for entry in journal.entries("done")
        }


def _rss(pid: int) -> float | None:
    """Most memory that a process had, MB."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return None
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) / 1024 if found else None


async def play(run: Run, kills: int, seed: int) -> None:
    """Start the program until it ends by itself."""
    chance = random.Random(f"kills {seed}")
    url = await run.server.start()
    try:
        for n in range(kills):
            at = _FIRST + (_LAST - _FIRST) * n / (kills - 1) if kills > 1 else 0.5
            await run.start(url, at + chance.uniform(-_ABOUT, _ABOUT), chance)
            print(f"start {n + 1}: {run.starts[-1].seconds:.0f} s", file=sys.stderr)
        await run.start(url, None, chance)
    finally:
        await run.server.stop()


def main() -> int:
    """Run, compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--faults", type=float, default=0.2, help="share of requests")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds until the server answers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="a new or empty folder to keep the files in")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.output or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            parser.error(f"{folder} is not empty")
        texts = articles(options.articles, options.seed)
        with (folder / "articles.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(text) + "\n" for text in texts)
        run = Run(folder, texts, Server(options.faults, options.seed, options.latency))
        asyncio.run(play(run, options.kills, options.seed))
        checks = checked(run)
        versions = ", ".join(
            f"{name} {version(name)}" for name in ("briefing", "openai", "instructor", "aiohttp")
        )
        print(f"{datetime.now(UTC):%d %B %Y}; {versions}, Python {platform.python_version()}\n")
        print("\n".join(report(run, checks)))
        wrong = checks.wrong()
        for name, found in wrong.items():
            print(f"\nWRONG: {name}: {found if isinstance(found, int) else found[:20]}")
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
