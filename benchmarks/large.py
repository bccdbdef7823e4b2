"""A large folder and a large journal: memory along the run, the first article, the rate, what a resumed run takes; rows, look-ups.

    python benchmarks/large.py                                  # 1,500 files, and a journal of 50,000 rows
    python benchmarks/large.py --files 100000 --rows 1000000    # hours, and 15 GB of temporary files
    python benchmarks/large.py --files 1000000 --at-most 60     # each run is ended by `kill -9` after so many seconds

`briefing summarize` runs over a tree of short articles, 1,000 in a folder (`--flat`: all in one), against the stub server of
throughput.py. "small" is a run over a fifteenth of the files. The run is killed by `kill -9` once half of the files are done; the
same command is run again, and once more when all is done. The journal is filled with rows of one real briefing.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from throughput import HERE as THROUGHPUT
from throughput import _short

PER_FOLDER = 1000
#: Share of the files in the small run.
SMALL = 15
PAGE_MB = resource.getpagesize() / 2**20


def make_tree(root: Path, files: int, *, flat: bool) -> None:
    """Write short articles, all different."""
    for number, text in enumerate(_short(files)):
        folder = root if flat else root / f"{number // PER_FOLDER:05d}"
        if number % PER_FOLDER == 0:
            folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:07d}.txt").write_text(text)


@dataclass
class Ran:
    """What was seen of a run: seconds and resident MB, at each look; seconds to the first call and the first file."""

    calls: int = 0
    cpu: float = 0.0
    first_call: float | None = None
    first_file: float | None = None
    looks: list[tuple[float, float]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long it ran."""
        return self.looks[-1][0]

    def resident(self, share: float) -> float:
        """Resident MB at a share of the run's time."""
        return next(mb for at, mb in self.looks if at >= share * self.seconds)


class Folder:
    """A tree, its output and its journal, and the runs over it."""

    def __init__(self, root: Path, port: int, files: int, *, flat: bool) -> None:
        self.files, self.port = files, port
        self.articles, self.output, self.journal = root / "in", root / "out", root / "run.db"
        make_tree(self.articles, files, flat=flat)

    def calls(self) -> int:
        """Calls that the server has had."""
        counts = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{self.port}/counts").read())
        return int(counts["taken"].get("short", 0))

    def run(self, *, kill_at: int | None = None, at_most: float | None = None) -> Ran:
        """Run the command; end it by `kill -9` after so many calls or seconds."""
        command = [sys.executable, "-m", "briefing", "summarize", str(self.articles), "-o", str(self.output)]
        command += ["--journal", str(self.journal), "--model", "openai/gpt-4o-mini"]
        url = f"http://127.0.0.1:{self.port}/short/v1"
        environment = os.environ | {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": url}
        ran, before, started = Ran(), self.calls(), time.monotonic()
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        statm = Path(f"/proc/{process.pid}/statm")
        while process.poll() is None:
            ran.cpu = _cpu_seconds(process.pid) or ran.cpu
            at, ran.calls = time.monotonic() - started, self.calls() - before
            words = statm.read_text().split()
            if len(words) > 1 and words[1] != "0":
                ran.looks.append((at, int(words[1]) * PAGE_MB))
            if ran.calls and ran.first_call is None:
                ran.first_call = at
            if ran.first_file is None and self.output.exists() and next(_files(self.output), None):
                ran.first_file = at
            if (kill_at and ran.calls >= kill_at) or (at_most and at > at_most):
                process.kill()
            time.sleep(0.05)
        return ran


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*.json") if not path.name.startswith("."))


def _cpu_seconds(pid: int) -> float | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _row(name: str, files: int, ran: Ran) -> str:
    def told(seconds: float | None) -> str:
        return "" if seconds is None else f"{seconds:.1f}"

    memory = " / ".join(f"{ran.resident(share):.0f}" for share in (0.1, 0.5, 1.0))
    rate = "" if ran.calls < 2 else f"{ran.calls / (ran.seconds - (ran.first_call or 0.0)):.1f}"
    return (
        f"| {name} | {files:,} | {ran.calls:,} | {told(ran.first_call)} | {told(ran.first_file)} | {ran.seconds:.1f} | {rate} | "
        f"{1000 * ran.cpu / (ran.calls or files):.2f} | {memory} |"
    )


def folders(root: Path, port: int, files: int, at_most: float | None, *, flat: bool) -> None:
    """Print the table of the runs."""
    print(
        "| run | files | calls | first call, s | first file, s | s | calls/s | CPU ms per call or file | RSS MB at 10 / 50 / 100 % |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    small = Folder(root / "small", port, max(1, files // SMALL), flat=flat)
    print(_row("small", small.files, small.run(at_most=at_most)), flush=True)
    large = Folder(root / "large", port, files, flat=flat)
    for name, kill_at in (("killed half-way", files // 2), ("resumed", None), ("once more", None)):
        print(_row(name, files, large.run(kill_at=kill_at, at_most=at_most)), flush=True)


def fill(path: Path, rows: int) -> str:
    """Record one briefing, and as many rows like it as are asked for; a hundredth of them failed. Return its JSON."""
    from briefing import Briefer, Briefing, Journal
    from briefing.testing import FakeModel

    with FakeModel() as fake, Briefer("openai/fake", base_url=fake.url, api_key="k", journal=path) as briefer:
        briefer.summarize(next(_short(1)))
    with Journal(path) as journal:
        [entry] = journal.entries()
        assert isinstance(entry.load(Briefing), Briefing)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = OFF")  # all rows are one transaction
        db.execute("PRAGMA synchronous = OFF")
        found = db.execute("SELECT * FROM entries")
        columns = [column[0] for column in found.description]
        row = dict(zip(columns, found.fetchone(), strict=True))
        failed = row | {
            "status": "failed",
            "result": None,
            "error_type": "RequestError",
            "error_message": "refused",
        }

        def several() -> Iterator[dict[str, object]]:
            for number in range(1, rows):
                base = row if number % 100 else failed
                yield base | {
                    "number": number + 1,
                    "fingerprint": hashlib.sha256(str(number).encode()).hexdigest(),
                }

        places = ", ".join(f":{column}" for column in columns)
        db.executemany(f"INSERT INTO entries VALUES ({places})", several())
        db.commit()
        db.execute("PRAGMA journal_mode = WAL")
    return str(entry.result)


#: Run in processes of their own, with the journal's path; each prints the peak of its resident MB last.
_JOBS = {
    "vacuum": "from briefing import Journal\nwith Journal(PATH) as journal: journal.vacuum()",
    "ls": "import subprocess, sys\nfrom briefing.cli import main\nsys.argv = ['briefing', 'journal', 'ls', PATH]\nmain()",
    "export": "import sys\nfrom briefing.cli import main\nsys.argv = ['briefing', 'journal', 'export', PATH]\nmain()",
    "check": "from pathlib import Path\nfrom briefing.journal import check_journal\nprint(check_journal(Path(PATH)))",
}


def journals(root: Path, rows: int) -> None:
    """Print what look-ups and commands take in a journal of so many rows, and in one of a hundredth."""
    from briefing import Journal

    print(
        "| rows | bytes a row | of that the result | look-up µs, median | 99 % | job | s | CPU s | RSS MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for count in (max(2, rows // 100), rows):
        path = root / f"{count}.db"
        result = fill(path, count)
        size = path.stat().st_size / count
        chosen = [
            hashlib.sha256(str(n).encode()).hexdigest()
            for n in random.Random(1).choices(range(1, count), k=2000)
        ]
        times = []
        with Journal(path, mode="ro") as journal:
            for fingerprint in chosen:
                started = time.perf_counter()
                journal.get(fingerprint)
                times.append(1e6 * (time.perf_counter() - started))
        spread = statistics.quantiles(times, n=100)
        told = f"{size:.0f} | {len(result.encode())} | {spread[49]:.0f} | {spread[98]:.0f}"
        for name, job in _JOBS.items():
            code = f"PATH = {str(path)!r}\n{job}".replace(
                "\nmain()", "\ntry: main()\nexcept SystemExit: pass"
            )
            code += "\nprint(' ' * 40, next(line for line in open('/proc/self/status') if 'VmHWM' in line))"
            started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
            with tempfile.TemporaryFile() as out:
                subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
                out.seek(-40, os.SEEK_END)
                peak = int(out.read().split()[-2]) / 1024
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(
                f"| {count:,} | {told} | {name} | {time.monotonic() - started:.1f} | {cpu:.1f} | {peak:.0f} |",
                flush=True,
            )
        path.unlink()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=1500)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--flat", action="store_true", help="all files in one folder")
    parser.add_argument(
        "--at-most", type=float, metavar="SECONDS", help="end each run by kill -9 after so many"
    )
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="large-"))
    stub = subprocess.Popen([sys.executable, str(THROUGHPUT), "--stub"], stdout=subprocess.PIPE, text=True)
    try:
        assert stub.stdout is not None
        port = int(stub.stdout.readline())
        if options.files:
            folders(root, port, options.files, options.at_most, flat=options.flat)
            print()
        if options.rows:
            journals(root, options.rows)
    finally:
        stub.terminate()
        stub.wait()
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
