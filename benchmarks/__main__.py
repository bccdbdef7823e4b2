"""The tables of docs/THROUGHPUT.md, under one heading that names the machine and the versions.

    python -m benchmarks [TABLE ...] [--peers PYTHON]    # all tables, which takes half an hour; or those named
    python -m benchmarks --list                          # the tables, and what the other scripts here measure

The machine should do nothing else meanwhile.
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
#: By name: the script of a table, with its options.
TABLES = {
    "comparison": ["throughput.py", "--rounds", "1"],
    "shares": ["throughput.py", "--profile"],
    "limits": ["throughput.py", "--limits", "50"],
    "pace": ["pace.py"],
    "startup": ["startup.py"],
    "memory": ["throughput.py", "--memory", "100000"],
    "large": ["large.py"],
}
#: The tables that `--peers` is for.
_WITH_PEERS = ("comparison",)
_PACKAGES = ("openai", "instructor", "pydantic", "regex", "aiohttp")


def heading() -> str:
    """Return the date, the machine and the versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{time.strftime('%d %B %Y')}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}"
    )


def listing() -> str:
    """Return the commands of the tables, and the first lines of the scripts' docstrings."""
    tables = [f"{name:12} python benchmarks/{' '.join(command)}" for name, command in TABLES.items()]
    scripts = []
    for path in sorted(HERE.glob("[a-z]*.py")):
        described = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        scripts.append(f"{path.name:24} {described.splitlines()[0]}")
    return "\n".join([*tables, "", *scripts])


def main() -> int:
    """Print the tables; return the exit status of the last one that failed, or 0."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--peers", help="Python of an environment with langextract")
    parser.add_argument("--list", action="store_true", help="list the tables and scripts")
    options = parser.parse_args()
    if unknown := set(options.tables) - TABLES.keys():
        parser.error(f"no table is named {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    if options.list:
        print(listing())
        return 0
    print(heading(), flush=True)
    status = 0
    for name in options.tables or TABLES:
        command = list(TABLES[name])
        if options.peers and name in _WITH_PEERS:
            command += ["--peers", options.peers]
        print(f"\n{name}: python benchmarks/{' '.join(command)}\n", flush=True)
        done = subprocess.run([sys.executable, str(HERE / command[0]), *command[1:]], check=False)
        status = done.returncode or status
    return status


if __name__ == "__main__":
    sys.exit(main())
