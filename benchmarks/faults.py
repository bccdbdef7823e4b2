"""What a fault of the model's server costs: `briefing`, instructor and the bare `openai` client.

    python benchmarks/faults.py [--only TEXT] [--jobs N]

Each fault is played by `briefing.testing.FakeModel` on the loopback interface to each library, with the same article, twice: once
followed by good answers, and for ever. The tables are printed in Markdown: HTTP calls as the server counts them (connections,
where none gets as far as a request), what came out, and seconds. A last table says what the errors carry.

- briefing: `Briefer(timeout=2, deadline=6)`, all else as it comes; sync, and async for a line below the tables;
- instructor: `from_openai(OpenAI(timeout=2)).create(..., max_retries=3)`, as its documentation shows it;
- openai: `OpenAI(timeout=2)`, `chat.completions.create` with a JSON schema, and pydantic.

The peers are asked for an equivalent plain schema. Their good answers, and briefing's, are given by the server, so that only
the fault differs. Each call is made in a process of its own that is stopped after 20 s.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import multiprocessing
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec

from fault_callers import GOOD, LIBRARIES, OPTIONS, Data, Outcome, work
from fault_cases import CASES, TOKENS, Case, completion

from briefing.testing.answers import answer
from briefing.testing.fake_model import FakeModel, Fault

#: Seconds.
LIMIT = 20.0


class Worker:
    """A process that makes calls; stopped and replaced where one does not end."""

    def __init__(self, libraries: list[str]) -> None:
        self._libraries = libraries
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(
            ["briefing.llm.sdk", "instructor", "openai.resources.chat.completions"]
        )
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs,), daemon=True)
        self._process.start()
        for library in self._libraries:  # what is loaded at first use
            with FakeModel(faults=partial(well, library)) as fake:
                self._pipe.send((library, fake.url))
                self._pipe.recv()

    def call(self, library: str, url: str) -> Outcome | None:
        """What came of a call; `None` if nothing did within the limit."""
        self._pipe.send((library, url))
        if self._pipe.poll(LIMIT):
            outcome: Outcome = self._pipe.recv()
            return outcome
        self._process.kill()
        self._start()
        return None

    def close(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join(5)


def good(library: str, request: Data) -> Data:
    """A good answer to a library's request."""
    if not library.startswith("briefing"):
        return GOOD
    made: Data = answer(request)
    # What the server cannot know from reading: who speaks, and that a headline is no sentence.
    for quote in made.get("key_quotes", ()):
        quote["speaker"] = None
    for statement in made.get("summary", ()):
        statement["text"] = statement["text"].rstrip(".") + "."
    return made


def well(library: str, request: Data) -> Fault:
    """The good answer, as it is sent."""
    return Fault(body=completion(request, json.dumps(good(library, request))))


@dataclass(frozen=True)
class Cell:
    """One call, as the server saw it and as it ended; `outcome` is `None` where it did not."""

    calls: int
    outcome: Outcome | None

    def __str__(self) -> str:
        if self.outcome is None:
            return f"{self.calls}, still going, {LIMIT:.0f} s"
        warned = " with a warning" if self.outcome.warned else ""
        return f"{self.calls}, {self.outcome.result}{warned}, {self.outcome.seconds:.1f} s"


Key = tuple[str, str, bool]


Task = tuple[Case, str, bool]


def measure(case: Case, library: str, worker: Worker, *, forever: bool) -> Cell:
    """Play a fault to a library."""
    asked = itertools.count()

    def script(request: Data) -> Fault:
        number = next(asked)
        if number and not forever:
            return well(library, request)
        return case.make(number, request, good(library, request))

    with FakeModel(faults=script) as fake:
        urls = {"server": fake.url, "nobody": fake.refused_url, "tls": fake.tls_url}
        outcome = worker.call(library, urls[case.address])
        calls = fake.calls
    if case.address != "server":
        calls = outcome.connections if outcome else 0
    return Cell(calls, outcome)


def run(cases: list[Case], libraries: list[str], jobs: int) -> dict[Key, Cell]:
    """All cells, by so many processes."""
    cells: dict[Key, Cell] = {}
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
    for case, library in itertools.product(cases, libraries):
        tasks.put((case, library, True))
        if not case.lasts:
            tasks.put((case, library, False))
    for library, names in OPTIONS.items():
        if library.partition(",")[0] in libraries:
            for case in cases:
                if case.name in names:
                    tasks.put((case, library, True))
    # Nobody begins while others are still loading.
    ready = threading.Barrier(jobs)

    def take() -> None:
        worker = Worker(libraries)
        ready.wait()
        with suppress(queue.Empty):
            while True:
                case, library, forever = tasks.get_nowait()
                cells[case.name, library, forever] = measure(case, library, worker, forever=forever)
                print(".", end="", file=sys.stderr, flush=True)
        worker.close()

    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(take) for _ in range(jobs)]:
            done.result()
    return cells


# The tables.


def row(*columns: object) -> str:
    """A line of a Markdown table."""
    return "| " + " | ".join(str(column).replace("|", "\\|") for column in columns) + " |"


def table(cases: list[Case], cells: dict[Key, Cell], libraries: list[str], forever: bool) -> Iterator[str]:
    """One scenario: a line for each fault, and what it sums up to."""
    yield row("fault", *([] if forever else ["what we do"]), *libraries)
    yield "|" + "---|" * (len(libraries) + (1 if forever else 2))
    shown = [case for case in cases if (case.name, libraries[0], forever) in cells]
    for case in shown:
        does = [] if forever else [case.does]
        yield row(case.name, *does, *(cells[case.name, library, forever] for library in libraries))
    sums = []
    for library in libraries:
        column = [cells[case.name, library, forever] for case in shown]
        results = sum(cell.outcome is not None and not cell.outcome.error for cell in column)
        longest = max((cell.outcome.seconds if cell.outcome else LIMIT for cell in column), default=0)
        over = "over " if any(cell.outcome is None for cell in column) else ""
        sums.append(
            f"{sum(cell.calls for cell in column)} calls, {results} results, {over}{longest:.1f} s at most"
        )
    yield row(f"all {len(shown)}", *([] if forever else [""]), *sums)


def carried(cases: list[Case], cells: dict[Key, Cell], libraries: list[str]) -> Iterator[str]:
    """What the errors of lasting faults carry."""
    yield row("errors of lasting faults", *libraries)
    yield "|" + "---|" * (len(libraries) + 1)
    errors = {
        library: [
            (case, cell.calls, cell.outcome)
            for case in cases
            if (cell := cells.get((case.name, library, True))) and cell.outcome and cell.outcome.error
        ]
        for library in libraries
    }

    def share(has: Callable[[int, Outcome], bool], due: Callable[[Case], bool]) -> list[str]:
        column = []
        for library in libraries:
            asked = [(calls, outcome) for case, calls, outcome in errors[library] if due(case)]
            column.append(f"{sum(has(*one) for one in asked)} of {len(asked)}")
        return column

    yield row(
        "all tokens paid for are on it",
        *share(lambda n, o: o.tokens == n * TOKENS["total_tokens"], lambda c: c.paid),
    )
    yield row("what the server said is on it", *share(lambda _, o: o.says, lambda c: c.says))
    yield row("it can be pickled", *share(lambda _, o: o.pickles, lambda _: True))
    yield row(
        "the key, which the server repeats, is in its message",
        *share(lambda _, o: o.tells, lambda c: c.echoes),
    )
    yield row("and in its traceback or the log", *share(lambda _, o: o.leaks, lambda c: c.echoes))


def options_of_peers(cells: dict[Key, Cell]) -> Iterator[str]:
    """What options change."""
    yield row("option", "lasting fault", "calls, outcome, time")
    yield "|---|---|---|"
    for library, names in OPTIONS.items():
        for name in names:
            if (name, library, True) in cells:
                yield row(library, name, cells[name, library, True])


def differing(cases: list[Case], cells: dict[Key, Cell]) -> str:
    """Where our async call made other calls than the sync one, or ended otherwise."""
    pairs = [
        (case.name, forever, cells[case.name, LIBRARIES[0], forever], cells[case.name, LIBRARIES[1], forever])
        for case in cases
        for forever in (False, True)
        if (case.name, LIBRARIES[0], forever) in cells
    ]
    others = [
        f"{name}, {'for ever' if forever else 'once'}: {other}"
        for name, forever, one, other in pairs
        if (one.calls, one.outcome and one.outcome.result)
        != (other.calls, other.outcome and other.outcome.result)
    ]
    said = f"Async, the same calls and outcome in {len(pairs) - len(others)} of {len(pairs)} cells"
    return f"{said}{': ' if others else ''}{'; '.join(others)}."


def main() -> None:
    parser = argparse.ArgumentParser(description="Faults of the model's server: briefing and its peers.")
    parser.add_argument("--only", default="", help="faults whose names hold this text")
    parser.add_argument("--jobs", type=int, default=4, help="processes that make calls")
    options = parser.parse_args()
    cases = [case for case in CASES if options.only in case.name]
    there = [library for library in LIBRARIES if find_spec(library.partition(",")[0])]
    began = time.monotonic()
    cells = run(cases, there, options.jobs)
    shown = [library for library in there if library != LIBRARIES[1]]
    print("\nThe fault once, then good answers:\n", *table(cases, cells, shown, forever=False), sep="\n")
    print("\nThe fault for ever:\n", *table(cases, cells, shown, forever=True), sep="\n")
    print("\nWhat the errors carry:\n", *carried(cases, cells, shown), sep="\n")
    print("\nOptions of the peers:\n", *options_of_peers(cells), sep="\n")
    print(f"\n{differing(cases, cells)}")
    versions = ", ".join(f"{library} {version(library)}" for library in shown)
    python = sys.version.split()[0]
    print(
        f"\n{datetime.datetime.now(tz=datetime.UTC):%d %B %Y}; {versions}; Python {python}; {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
