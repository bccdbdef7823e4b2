"""The program that `long_run.py` starts, stops and kills: as a user would write it.

    python benchmarks/long_run_job.py ARTICLES.jsonl RUN.db BASE_URL API_KEY TIMEOUT > RESULTS.jsonl

It ends early, with exit code 3, after SIGINT, SIGTERM and a result that the journal could not record: no further article is
started, and the results of those under way are still written.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import briefing

STOPPED = 3


def articles(path: str, numbers: list[int]) -> Iterator[str]:
    """The articles of a file, read as they are needed; their numbers are appended to `numbers`."""
    with Path(path).open(encoding="utf-8") as lines:
        for line in lines:
            number, text = json.loads(line)
            numbers.append(number)
            yield text


def main(
    given: str,
    journal: str,
    url: str,
    key: str,
    timeout: str,
    *,
    out: TextIO = sys.stdout,
    signals: Sequence[int] = (signal.SIGINT, signal.SIGTERM),
) -> int:
    """Brief all articles; return the exit code."""
    numbers: list[int] = []
    results = briefing.summarize_many(
        articles(given, numbers),
        model="openai/fake",
        base_url=url,
        api_key=key,
        timeout=float(timeout),
        journal=journal,
    )
    stopping = threading.Event()

    def stop(*_signal: object) -> None:
        if not stopping.is_set():
            stopping.set()
            # In a thread: a signal handler may have interrupted the holder of a lock.
            threading.Thread(target=results.finish).start()

    for number in signals:
        signal.signal(number, stop)
    for result in results:
        line: dict[str, Any] = {"index": numbers[results.index]}
        made = result
        if isinstance(result, briefing.JournalError):
            stop()
            if isinstance(result.result, briefing.Briefing):
                made, line["unrecorded"] = result.result, True
        if isinstance(made, briefing.Briefing):
            line["briefing"] = made.model_dump(mode="json", round_trip=True)
        else:
            line["error"] = type(made).__name__
        out.write(json.dumps(line) + "\n")
        out.flush()
    return STOPPED if stopping.is_set() else 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
