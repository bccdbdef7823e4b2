"""Times until a command answers, and until the first connection to a model's server: medians of wall clock and CPU.

python benchmarks/startup.py [--runs 7]
"""

from __future__ import annotations

import argparse
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMMANDS = {
    "bare Python": ["-c", "pass"],
    "import briefing": ["-c", "import briefing"],
    "import openai": ["-c", "import openai"],
    "briefing --version": ["-m", "briefing", "--version"],
    "briefing --help": ["-m", "briefing", "--help"],
}
FIRST_CONNECTION = "briefing summarize, first connection"
ARTICLE = (
    "The council of Harwick closed the Tern bridge on Monday. “We had no choice,” said Maren Holt. " * 20
)


def environment(port: int = 9) -> dict[str, str]:
    """Variables of a command that finds this checkout, and a server on a port."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OPENAI_API_KEY": "sk-none",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
    }


def whole(arguments: list[str]) -> tuple[float, float]:
    """Seconds of a whole process, and of its CPU."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment(), stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_connection(article: Path) -> tuple[float, float]:
    """Seconds from the start of `briefing summarize` to its first connection, and of its CPU in them (Linux)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        arguments = ["-m", "briefing", "summarize", str(article), "--model", "openai/gpt-5-mini"]
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=environment(server.getsockname()[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        connection, _address = server.accept()
        wall = time.perf_counter() - started
        user, system = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        process.kill()
        process.wait()
        connection.close()
    return wall, (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    print("| | wall, ms | CPU, ms |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        article = Path(folder, "article.txt")
        article.write_text(ARTICLE, encoding="utf-8")
        measured = {name: partial(whole, arguments) for name, arguments in COMMANDS.items()}
        measured[FIRST_CONNECTION] = partial(first_connection, article)
        for name, measure in measured.items():
            measure()  # compiles, and reads the files
            wall, cpu = (
                statistics.median(times) for times in zip(*(measure() for _ in range(runs)), strict=True)
            )
            print(f"| {name} | {wall * 1000:.0f} | {cpu * 1000:.0f} |", flush=True)


if __name__ == "__main__":
    main()
