"""Instructions that an article takes, read, briefed and checked, as a ratio to a reference: has a change made the core slower?

    python benchmarks/instructions.py            # prints the ratios
    python benchmarks/instructions.py --check    # exit status 1 if one is more than 5 % above the recorded one
    python benchmarks/instructions.py --record   # writes them to benchmarks/instructions.json

Valgrind counts, so that it does not matter what else the machine does; without it, the script says so and succeeds. The
reference is plain Python of the same kind (patterns, sets, tuples, pydantic), which a newer Python or library makes faster along
with the library. Ratios are recorded for each Python version; one that has none is not checked.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from briefing.llm.asks import Ask

ROOT = Path(__file__).parent.parent
RECORD = Path(__file__).with_suffix(".json")
#: Largest ratio to the recorded one.
TOLERANCE = 1.05
#: Articles that are measured, after as many that fill caches.
ARTICLES = 3


def work(folder: Path) -> None:
    """Read and brief articles under callgrind, which is told by vgdb when to count."""
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT), str(ROOT / "benchmarks")]
    from stub_article import BRIEFING, stub_article
    from stub_driver import brief, stub_briefer

    from briefing import Source

    briefer, answer, text = stub_briefer(), json.dumps(BRIEFING), stub_article(0)

    def answered(_ask: Ask) -> str:
        return answer

    def read(number: int) -> Source:
        source = Source.from_text(stub_article(number))
        _ = source.sentences, source.quotations
        return source

    for number in range(ARTICLES):
        brief(briefer, read(number), answered)
        reference(text)
    count("instrumentation on")
    for _ in range(ARTICLES):
        reference(text)
    count("dump")
    sources = [read(number) for number in range(ARTICLES, 2 * ARTICLES)]
    count("dump")
    for source in sources:
        brief(briefer, source, answered)
    count("dump")
    (folder / "done").touch()


def reference(text: str) -> None:
    """Work of the same kind as the library's, of about the same size."""
    import regex
    from pydantic import TypeAdapter

    word = regex.compile(r"[\p{L}\p{M}]+|\p{Nd}+(?:[.,]\p{Nd}+)*")
    known: set[str] = set()
    rows = []
    for line in text.splitlines() * 4:
        found = [(m.start(), m.end(), m.group().lower()) for m in word.finditer(line)]
        stems = frozenset(part[:5] for _, _, part in found if len(part) > 3)
        if len(stems & known) < len(stems) / 2:
            known |= stems
        rows.append(
            {"start": 0, "text": line, "words": [part for *_, part in sorted(found, key=lambda f: f[2])]}
        )
    adapter = TypeAdapter(list[dict[str, int | str | list[str]]])
    adapter.validate_json(json.dumps(rows))


def count(command: str) -> None:
    """Give callgrind a command. This process has to run meanwhile, as it looks for commands between its instructions."""
    with subprocess.Popen(
        ["vgdb", f"--pid={os.getpid()}", *command.split()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as told:
        while told.poll() is None:
            sum(range(1000))
    if told.returncode:
        raise SystemExit(f"vgdb {command} failed")


def measured() -> dict[str, float]:
    """Return the ratios by stage."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "out"
        subprocess.run(
            [
                "valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}", "-q",
                sys.executable, __file__, "--work", name,
            ],
            check=True,
            env=os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        parts = sorted(Path(name).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        totals = [
            int(re.findall(r"^(?:totals|summary): (\d+)", p.read_text(), re.MULTILINE)[-1]) for p in parts
        ]
    base, reading, briefing = totals[:3]
    print(f"instructions an article: reading {reading / ARTICLES:,.0f}, briefing {briefing / ARTICLES:,.0f}")
    return {"reading": reading / base, "briefing": briefing / base}


def main() -> int:
    """Print, check or record the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work)
        return 0
    if not shutil.which("valgrind") or not shutil.which("vgdb"):
        print("valgrind is not installed: nothing is measured")
        return 0
    python = "{}.{}".format(*platform.python_version_tuple())
    recorded = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    ratios = measured()
    failed = False
    for stage, ratio in ratios.items():
        before = recorded.get(python, {}).get(stage)
        change = (
            f"{ratio / before - 1:+.1%} against the recorded {before:.3f}" if before else "none is recorded"
        )
        print(f"{stage}: {ratio:.3f} of the reference, {change}")
        failed = failed or bool(before and ratio > TOLERANCE * before)
    if options.record:
        recorded[python] = {stage: round(ratio, 3) for stage, ratio in ratios.items()}
        RECORD.write_text(json.dumps(recorded, indent=2) + "\n", "utf-8")
    return int(options.check and failed)


if __name__ == "__main__":
    sys.exit(main())
