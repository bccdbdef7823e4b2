"""`briefing regenerate`."""

from __future__ import annotations

from pathlib import Path

from briefing.briefer import Briefer
from briefing.cli.console import PARTIAL, ProgressLine, exit_code, say
from briefing.errors import BriefingError
from briefing.regenerate import Seed, seeds

_STALE = 1


def run(
    folder: Path,
    model: str | None,
    base_url: str | None,
    timeout: float,
    *,
    check: bool,
    record: bool,
    replay: bool,
    force: bool,
) -> int:
    """Bring the briefings of a folder up to date; the exit code."""
    found = seeds(folder)
    with (
        ProgressLine() as line,
        Briefer(model, base_url=base_url, timeout=timeout, on_progress=line.note) as briefer,
    ):
        states = {seed: seed.state(briefer) for seed in found}
        due = [
            seed
            for seed in found
            if force or replay or states[seed] != "fresh" or (record and not seed.cassette.exists())
        ]
        if check:
            for seed in due:
                print(f"{states[seed]}  {seed.article}")
            print(f"{len(found) - len(due)} fresh, {len(due)} to make")
            return _STALE if due else 0
        failures = _make(due, briefer, line, record=record, replay=replay)
    print(f"{len(due) - len(failures)} made, {len(found) - len(due)} fresh, {len(failures)} failed")
    if not failures:
        return 0
    return exit_code(failures[0]) if len(failures) == len(due) else PARTIAL


def _make(
    due: list[Seed], briefer: Briefer, line: ProgressLine, *, record: bool, replay: bool
) -> list[BriefingError]:
    failures = []
    for seed in due:
        line.begin(seed.article.name)
        try:
            briefing = seed.replay() if replay else seed.regenerate(briefer, record=record)
        except BriefingError as error:
            line.end()
            say(f"briefing: {seed.article}: {error}")
            failures.append(error)
            continue
        line.end()
        elapsed = briefing.meta.elapsed if briefing.meta else 0.0
        print(f"made  {seed.article}  {elapsed:.0f} s", flush=True)
    return failures
