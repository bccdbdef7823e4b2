"""The programs of `exits.py`: each ends while something of `briefing` is still open.

    python benchmarks/exits_job.py NAME URL FOLDER SEED        one program, in this interpreter
    python benchmarks/exits_job.py < RUNS.jsonl                one fork of this interpreter for each line, [NAME, URL, FOLDER, SEED]

A program writes the number of each article that it was given a result of to the file "given" in FOLDER. A fork ends as an interpreter
does, with all of its clean-up; it only has the imports behind it. Of each the wait status is printed, `null` after a hang.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import briefing

#: Seconds after which a program hangs.
HANG = 60.0
_Briefer = briefing.Briefer


def article(number: int) -> str:
    """A short article with a number."""
    return f"The council of Harwick closed bridge {number} on Monday. “We had no choice,” mayor Ida Moe said."


def _articles() -> Iterator[str]:
    return map(article, range(2000))


class Given:
    """The results that a program was given."""

    def __init__(self, folder: str) -> None:
        self._file = (Path(folder) / "given").open("a", encoding="utf-8", buffering=1)

    def add(self, number: int, result: object) -> None:
        """Note a briefing; any other result ends the program with an error."""
        if not isinstance(result, briefing.Briefing):
            raise TypeError(f"{number}: {result!r}")
        self._file.write(f"{number}\n")


def open_iterator(briefer: _Briefer, given: Given, chance: random.Random) -> None:
    """The main thread ends with an iterator that it has taken some results of."""
    global results  # noqa: PLW0603  # still open when the interpreter ends
    results = briefer.summarize_many(_articles())
    for _ in range(chance.randint(1, 20)):
        given.add(results.index + 1, next(results))


def broken_off(briefer: _Briefer, given: Given, chance: random.Random) -> None:
    """An exit inside the loop."""
    last = chance.randint(1, 20)
    for number, result in enumerate(briefer.summarize_many(_articles())):
        given.add(number, result)
        if number == last:
            sys.exit(0)


def forked(briefer: _Briefer, given: Given, chance: random.Random) -> None:
    """A fork with an open iterator and an open journal: the child is refused both, and both processes end."""
    open_iterator(briefer, given, chance)
    if child := os.fork():
        given.add(results.index + 1, next(results))
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            raise ChildProcessError("the child did not end well")
        return
    for use in (lambda: next(results), lambda: briefer.summarize(article(0))):
        try:
            use()
        except briefing.BriefingError:
            continue
        raise AssertionError("the child was not refused")


def threads(briefer: _Briefer, given: Given, chance: random.Random) -> None:
    """Daemon threads ask, with one briefer, while the main thread ends; one that cannot record any more is told so."""

    def ask(first: int) -> None:
        for number in range(first, first + 100):
            try:
                given.add(number, briefer.summarize(article(number)))
            except briefing.JournalError as error:
                if "the interpreter is ending" not in str(error):
                    raise
                return

    for n in range(4):
        threading.Thread(target=ask, args=(100 * n,), daemon=True).start()
    time.sleep(chance.uniform(0.0, 0.5))


def _ask(briefer: _Briefer, given: Given, chance: random.Random) -> list[threading.Thread]:
    def ask(first: int) -> None:
        mine = briefer.summarize_many(article(number) for number in range(first, first + 500))
        kept.append(mine)
        for number in range(first, first + chance.randint(1, 10)):
            result = next(mine)
            if not isinstance(result, briefing.ConfigurationError) or "main thread has ended" not in str(
                result
            ):
                given.add(number, result)

    asking = [threading.Thread(target=ask, args=(500 * n,)) for n in range(3)]
    for thread in asking:
        thread.start()
    return asking


def joined_threads(briefer: _Briefer, given: Given, chance: random.Random) -> None:
    """Threads, each with an iterator that it leaves open."""
    for thread in _ask(briefer, given, chance):
        thread.join()


def left_threads(briefer: _Briefer, given: Given, chance: random.Random) -> None:
    """Threads that go on after the main thread has ended; what they ask for then is refused."""
    _ask(briefer, given, chance)
    time.sleep(chance.uniform(0.0, 0.5))


def loop(briefer: _Briefer, given: Given, chance: random.Random) -> None:
    """An event loop that ends with an open iterator and tasks under way."""

    async def main() -> None:
        asking = briefer.asummarize_many(_articles())
        kept.append(asking)
        for number in range(chance.randint(1, 20)):
            given.add(number, await anext(asking))
        kept.append(asyncio.create_task(briefer.asummarize(article(3000))))
        await asyncio.sleep(chance.uniform(0.0, 0.1))

    asyncio.run(main())


def dropped(briefer: _Briefer, given: Given, chance: random.Random) -> None:
    """An iterator that is part of a cycle, which the interpreter collects at its end."""
    gc.disable()
    cycle: list[object] = [briefer.summarize_many(_articles())]
    cycle.append(cycle)
    for number in range(chance.randint(1, 20)):
        given.add(number, next(cycle[0]))  # type: ignore[call-overload]


def interrupted(briefer: _Briefer, given: Given, chance: random.Random) -> None:
    """Ctrl-C while the main thread waits for a result."""
    delay = chance.uniform(0.0, 0.5)
    try:
        threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT)).start()
        for number, result in enumerate(briefer.summarize_many(_articles())):
            given.add(number, result)
    except KeyboardInterrupt:
        return


#: Objects that are still open when the interpreter ends.
kept: list[object] = []
results: briefing.api.Results[briefing.Briefing]
PROGRAMS: dict[str, Callable[[_Briefer, Given, random.Random], None]] = {
    program.__name__: program
    for program in (
        open_iterator,
        broken_off,
        forked,
        threads,
        joined_threads,
        left_threads,
        loop,
        dropped,
        interrupted,
    )
}


def run(name: str, url: str, folder: str, seed: int) -> None:
    """Run a program; its briefer is closed by nobody."""
    chance = random.Random(f"{name} {seed}")
    # A shell may have started this with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    briefer = briefing.Briefer(
        model="openai/fake", base_url=url, api_key="test", journal=Path(folder) / "run.db"
    )
    kept.append(briefer)
    PROGRAMS[name](briefer, Given(folder), chance)


def _ended(child: int) -> int | None:
    deadline = time.monotonic() + HANG
    while time.monotonic() < deadline:
        if (found := os.waitpid(child, os.WNOHANG))[0]:
            return found[1]
        time.sleep(0.01)
    os.killpg(child, signal.SIGABRT)  # faulthandler writes where each thread is
    os.waitpid(child, 0)
    return None


def main() -> None:
    """Run one program, or one in a fork for each line of standard input."""
    if len(sys.argv) > 1:
        name, url, folder, seed = sys.argv[1:]
        run(name, url, folder, int(seed))
        return
    import warmed  # noqa: F401  # of tests/: imports what a first call imports

    for line in sys.stdin:
        name, url, folder, seed = json.loads(line)
        if child := os.fork():
            with contextlib.suppress(OSError):
                os.setpgid(child, child)
            print(json.dumps(_ended(child)), flush=True)
            continue
        os.setpgid(0, 0)
        errors = os.open(Path(folder) / "stderr", os.O_CREAT | os.O_WRONLY)
        os.dup2(errors, 2)
        os.dup2(errors, 1)
        faulthandler.enable()
        run(name, url, folder, seed)
        return


if __name__ == "__main__":
    main()
