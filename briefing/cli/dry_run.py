"""`--dry-run`: what a run would take, for each article and in all. Makes no call and writes no file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from briefing.briefer import Briefer
from briefing.cli.console import PARTIAL, describe, exit_code
from briefing.cli.failures import Failures
from briefing.errors import BriefingError, ConfigurationError, escape_json, one_line
from briefing.journal import Journal, escape_surrogates
from briefing.on_disk import OnDiskDict
from briefing.pipeline import Estimate
from briefing.sources import Source

#: States of an article that will be made; an article in any other state takes nothing.
NEW, STALE = "new", "stale"
_IN_JOURNAL, _SAME = "in the journal", "same as another"
_HEAD = ("plan", "parts", "calls", "tokens in", "tokens out", "dollars", "article")
_ROW = "{:6}  {:>5}  {:>7}  {:>19}  {:>17}  {:>19}  {}"


@dataclass(frozen=True)
class Planned:
    """An article of a run.

    Attributes:
        shown: its name.
        source: reads it.
        estimate: returns what it takes, given its source.
        state: returns whether it is `NEW`, `STALE`, or in a state in which it takes nothing.
    """

    shown: str
    source: Callable[[], Source]
    estimate: Callable[[Source], Estimate]
    state: Callable[[Source], str] = lambda _source: NEW


@dataclass
class _Total:
    """Sums over articles."""

    states: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    max_calls: int = 0
    input_tokens: tuple[int, int] = (0, 0)
    output_tokens: tuple[int, int] = (0, 0)
    cost_usd: tuple[float, float] | None = (0.0, 0.0)

    def count(self, state: str) -> None:
        self.states[state] = self.states.get(state, 0) + 1

    def add(self, estimate: Estimate) -> None:
        self.calls, self.max_calls = self.calls + estimate.calls, self.max_calls + estimate.max_calls
        (low, high), (fewest, most) = self.input_tokens, estimate.input_tokens
        self.input_tokens = low + fewest, high + most
        (low, high), (fewest, most) = self.output_tokens, estimate.output_tokens
        self.output_tokens = low + fewest, high + most
        if self.cost_usd is None or estimate.cost_usd is None:
            self.cost_usd = None
        else:
            self.cost_usd = (
                self.cost_usd[0] + estimate.cost_usd[0],
                self.cost_usd[1] + estimate.cost_usd[1],
            )


@contextmanager
def existing_journal(path: Path | None) -> Iterator[Journal | None]:
    """Return a journal that is opened for reading; `None` if the file does not exist. SQLite may put its own files beside it."""
    if path is None or not path.exists():
        yield None
        return
    with Journal(path, mode="ro") as journal:
        yield journal


def check_format(format: str | None) -> None:
    """Check the option `--format` of a dry run.

    Raises:
        ConfigurationError: it is not "text" or "json".
    """
    if format not in {None, "text", "json"}:
        raise ConfigurationError(f"--dry-run has --format text and json, not {format}")


def report(articles: Iterable[Planned], briefer: Briefer, format: str | None) -> int:
    """Print what the articles take, and return the exit code: 0, unless an article cannot be read."""
    failures, total, seen = Failures(None), _Total(), OnDiskDict[int]()
    printed = _JsonObject(briefer.model) if format == "json" else None
    if printed is None:
        print(_ROW.format(*_HEAD))
    for article in articles:
        try:
            source = article.source()
            state, estimate = _planned(article, source, seen)
        except ConfigurationError:  # all others would fail for the same reason
            raise
        except BriefingError as error:
            failures.add(article.shown, error)
            total.count("failed")
            if printed is not None:
                printed.add({"source": article.shown, "state": "failed", "error": _described(error)})
            continue
        total.count(state)
        if estimate is not None:
            total.add(estimate)
        if printed is not None:
            printed.add({"source": article.shown, "state": state, **(asdict(estimate) if estimate else {})})
        else:
            print(_row(estimate, article.shown if estimate else f"{article.shown} ({state})"))
    if printed is not None:
        printed.close(total)
    else:
        print(_row(total, f"total: {', '.join(f'{n:,} {state}' for state, n in total.states.items())}"))
    failures.report()
    if not failures.count or failures.first is None:
        return 0
    return PARTIAL if sum(total.states.values()) > failures.count else exit_code(failures.first)


class _JsonObject:
    """Prints the plan as one JSON object, piece by piece: each article when it is added, the total at the end."""

    def __init__(self, model: str) -> None:
        self._before = f'{{"model": {_json(model)}, "articles": ['

    def add(self, article: dict[str, Any]) -> None:
        """Print what is said of an article."""
        print(self._before, _json(article), sep="", end="")
        self._before = ", "

    def close(self, total: _Total) -> None:
        """Print the sum."""
        print(self._before.removesuffix(", "), f'], "total": {_json(asdict(total))}}}', sep="")


def _json(value: object) -> str:
    return escape_json(escape_surrogates(json.dumps(value, ensure_ascii=False)))


def _planned(article: Planned, source: Source, seen: OnDiskDict[int]) -> tuple[str, Estimate | None]:
    """Return the state of an article, and what it takes if that is not nothing."""
    state = article.state(source)
    if state not in {NEW, STALE}:
        return state, None
    estimate = article.estimate(source)
    if not estimate.calls:
        return _IN_JOURNAL, None
    key = hashlib.sha256("\0".join((source.text, source.title or "", source.lang)).encode()).hexdigest()
    if key in seen and state == NEW:
        return _SAME, None
    seen.add(key, 1)
    return state, estimate


def _row(of: Estimate | _Total | None, name: str) -> str:
    if of is None:
        return _ROW.format("", "", 0, "", "", "", one_line(name))
    calls = _span(of.calls, of.max_calls)
    dollars = "none known" if of.cost_usd is None else f"${of.cost_usd[0]:.4f}-{of.cost_usd[1]:.4f}"
    plan, parts = (of.plan, of.parts) if isinstance(of, Estimate) else ("", "")
    return _ROW.format(
        plan, parts, calls, _span(*of.input_tokens), _span(*of.output_tokens), dollars, one_line(name)
    )


def _span(fewest: int, most: int) -> str:
    return f"{fewest:,}" if fewest == most else f"{fewest:,}-{most:,}"


def _described(error: BriefingError) -> dict[str, str]:
    return {"type": type(error).__name__, "message": describe(error)}
