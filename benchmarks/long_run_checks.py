"""What `long_run.py` compares at the end, and its tables."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from long_run_articles import number_in
from long_run_server import Server
from pydantic import ValidationError

import briefing
from briefing.journal.journal import Journal

Tokens = tuple[int, int]
KILLED, FULL_DISK, BY_ITSELF = "SIGKILL", "full disk", "by itself"


@dataclass
class State:
    """What the journal and the server have when a start of the program has ended.

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
        process: "first", or "second" for the one beside it.
        ended: by what: a signal's name, `FULL_DISK` or `BY_ITSELF`.
        output: file of what it wrote.
        seconds: that it ran.
        rss: most memory, MB; `None` where /proc does not tell.
        requests: that it made.
        open: requests without an answer yet, when it was told to end.
        gone: answers that it no longer waited for.
        under_way: articles that it asked about, and had no outcome of in the journal when it had ended.
        unrecorded_failures: articles whose failure it was told, while the journal had no room for it.
        unrecorded: results that it was handed with the error that the journal could not record them.
        state: after it.
    """

    process: str
    ended: str
    output: Path
    seconds: float
    rss: float | None
    requests: int
    open: int
    gone: int
    under_way: set[int]
    unrecorded_failures: set[int]
    unrecorded: int
    state: State


def failures(output: Path, texts: list[str]) -> set[int]:
    """Numbers of the articles for which the program was told why they failed, other than by the journal."""
    return {
        number
        for line in lines(output)
        if line.get("error") not in {None, "JournalError"}
        for number in [number_in(texts[line["index"]])]
        if number is not None
    }


def lines(output: Path) -> Iterator[dict[str, Any]]:
    """A program's output, without a last line that it was killed in."""
    with output.open(encoding="utf-8") as written:
        for line in written:
            if line.endswith("\n"):
                yield json.loads(line)


@dataclass
class Recorded:
    """What a journal has, by the articles' numbers.

    Attributes:
        done: articles with a result.
        failed: those with a failure, and how many calls it took.
        tokens: of each entry, in and out.
    """

    done: set[int] = field(default_factory=set)
    failed: dict[int, int] = field(default_factory=dict)
    tokens: dict[int, Tokens] = field(default_factory=dict)


def recorded(path: Path, by_hash: dict[str, int]) -> Recorded:
    """Read a journal, which another process may have open; `by_hash` has the number of each article's text."""
    found = Recorded()
    # "ro": the last connection to close would otherwise tidy the file up.
    with Journal(path, mode="ro") as journal:
        for entry in journal.entries(results=False):
            number = by_hash[entry.source_sha256]
            found.tokens[number] = entry.usage.input_tokens, entry.usage.output_tokens
            if entry.status == "done":
                found.done.add(number)
            else:
                found.failed[number] = entry.attempts
    return found


@dataclass
class Run:
    """The files of a run and what happened."""

    folder: Path
    journal: Path
    texts: list[str]
    server: Server
    starts: list[Start] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.distinct = {n for text in self.texts if (n := number_in(text)) is not None}
        self.by_hash = {
            briefing.Source.from_text(text).sha256: n
            for text in set(self.texts)
            if (n := number_in(text)) is not None
        }

    @property
    def last(self) -> list[Start]:
        """The last start of each process."""
        return list({start.process: start for start in self.starts}.values())


@dataclass(frozen=True)
class Checks:
    """What was compared at the end; each of these should be empty or 0, but for `paid_twice`.

    `briefings`, `sound` and `errors` are counts for the tables.
    """

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
    left_under_way: list[int]
    briefings: int
    sound: int
    errors: Counter[str]

    def wrong(self) -> dict[str, Any]:
        """What is not as it must be."""
        counts = ("paid_twice", "briefings", "sound", "errors")
        return {name: found for name, found in vars(self).items() if found and name not in counts}


@dataclass
class Output:
    """A complete output of the program, compared with the articles and the journal. Articles are given by position.

    Attributes:
        outcomes: digest of each article's outcome.
        doubled: articles with more than one.
        not_held: briefings that do not hold.
        not_recorded: briefings that the journal does not have, or has otherwise.
        briefings: how many.
        errors: by name.
    """

    outcomes: dict[int, str] = field(default_factory=dict)
    doubled: set[int] = field(default_factory=set)
    not_held: set[int] = field(default_factory=set)
    not_recorded: set[int] = field(default_factory=set)
    briefings: int = 0
    errors: Counter[str] = field(default_factory=Counter)


def checked(run: Run) -> Checks:
    """Compare output, journal and the server's count."""
    results = _results(run.journal)
    final = {start.process: _output(start.output, run.texts, results) for start in run.last}
    outputs = list(final.values())
    lost = {n for output in outputs for n in range(len(run.texts)) if n not in output.outcomes}
    not_held = set[int]().union(*(output.not_held for output in outputs))
    not_recorded = set[int]().union(*(output.not_recorded for output in outputs))
    changed, returned_and_asked = set[int](), set[int]()
    for start in run.starts:
        if start not in run.last:
            found = _later(start, final[start.process], run)
            changed, returned_and_asked = changed | found[0], returned_and_asked | found[1]
    paid_twice = {n for n, count in run.server.counts.items() if max(count.good.values(), default=0) > 1}
    at_kills = {n for start in run.starts if start.ended == KILLED for n in start.under_way}
    told = {n for start in run.starts for n in start.unrecorded_failures}
    return Checks(
        lost=sorted(lost | not_held),
        doubled=sorted(set[int]().union(*(output.doubled for output in outputs))),
        not_held=sorted(not_held),
        not_recorded=sorted(not_recorded),
        changed=sorted(changed),
        returned_and_asked=sorted(returned_and_asked),
        paid_twice=sorted(paid_twice),
        paid_twice_elsewhere=sorted(paid_twice - at_kills),
        tokens_elsewhere=sorted(run.starts[-1].state.missing.keys() - at_kills - told),
        damaged=sum(not start.state.whole for start in run.starts),
        left_under_way=sorted({n for s in run.starts if s.ended != KILLED for n in s.under_way}),
        briefings=sum(output.briefings for output in outputs),
        sound=sum(output.briefings - len(output.not_held | output.not_recorded) for output in outputs),
        errors=sum((output.errors for output in outputs), Counter[str]()),
    )


def _output(path: Path, texts: list[str], results: dict[str, str]) -> Output:
    """Compare the program's output with the articles, and with the digests of the results in the journal."""
    output = Output()
    for line in lines(path):
        index, digest = line["index"], _digest(line)
        if index in output.outcomes:
            output.doubled.add(index)
        output.outcomes[index] = digest
        if "error" in line:
            output.errors[line["error"]] += 1
            continue
        output.briefings += 1
        if not _holds(line["briefing"], texts[index]):
            output.not_held.add(index)
        if results.get(line["briefing"]["meta"]["fingerprint"]) != digest:
            output.not_recorded.add(index)
    return output


def _later(start: Start, final: Output, run: Run) -> tuple[set[int], set[int]]:
    """Articles that were returned by this start, and otherwise by the last one, or paid again later."""
    changed, asked, good = set[int](), set[int](), run.starts[-1].state.good
    for line in lines(start.output):
        number = number_in(run.texts[line["index"]])
        if "briefing" in line and number is not None:
            if final.outcomes.get(line["index"]) != _digest(line):
                changed.add(line["index"])
            if good[number] > start.state.good[number]:
                asked.add(line["index"])
    return changed, asked


def _digest(line: dict[str, Any]) -> str:
    """A hash of an outcome, the same whether or not it was recorded at once."""
    outcome = line.get("briefing", line.get("error"))
    return hashlib.sha256(json.dumps(outcome, sort_keys=True).encode()).hexdigest()


def _holds(result: Any, article: str) -> bool:
    """Whether a result is a briefing of this article, and every span of it a slice of that."""
    try:
        made = briefing.Briefing.model_validate(result)
    except ValidationError:
        return False
    return made.meta.source_sha256 == briefing.Source.from_text(article).sha256 and not made.verify(article)


def _results(path: Path) -> dict[str, str]:
    with Journal(path, mode="ro") as journal:
        return {
            entry.fingerprint: _digest(
                {"briefing": entry.load(briefing.Briefing).model_dump(mode="json", round_trip=True)}
            )
            for entry in journal.entries("done")
        }


def report(run: Run, checks: Checks) -> Iterator[str]:
    """The tables, in Markdown."""
    last, counts = run.starts[-1], list(run.server.counts.values())
    broken = sum(number_in(text) is None for text in run.texts)
    good, spoilt = sum(c.good.total() for c in counts), sum(c.spoilt for c in counts)
    half, gone = sum(c.broken for c in counts), sum(c.gone for c in counts)
    again = sum(c.good.total() - len(c.good) for c in counts)
    faults = sum(run.server.faults.values()) - run.server.faults["none"]
    handed_over = sum(start.unrecorded for start in run.starts)
    whole, outputs = len(run.starts) - checks.damaged, len(run.last)
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
        ("of them at a kill", f"{sum(start.gone for start in run.starts if start.ended == KILLED):,}"),
        ("tokens of complete answers, in + out", _tokens(tokens)),
        ("the same in the journal", _tokens((tokens[0] - missing[0], tokens[1] - missing[1]))),
        ("difference", f"{_tokens(missing)}, of {len(last.state.missing):,} articles"),
        ("of them not under way at a kill", f"{len(checks.tokens_elsewhere)}"),
        ("**paid twice**", f"**{len(checks.paid_twice)}** articles, {again} answers"),
        ("of them not under way at a kill", f"**{len(checks.paid_twice_elsewhere)}**"),
        ("**returned**", ""),
        ("complete outputs", f"{outputs}"),
        ("briefings in them", f"{checks.briefings:,}"),
        ("of them verified against their article, and equal to the journal's", f"{checks.sound:,}"),
        ("errors in them", ", ".join(f"{name} {n}" for name, n in checks.errors.most_common()) or "none"),
        ("results that the full disk kept out of the journal, handed over", f"{handed_over}"),
        ("failures of which that is true", f"{sum(len(s.unrecorded_failures) for s in run.starts)}"),
        ("**lost**", f"**{len(checks.lost)}**"),
        ("**doubled in the output**", f"**{len(checks.doubled)}**"),
        ("returned before a restart, and other or gone after", f"{len(checks.changed)}"),
        ("returned before a restart, and paid again after", f"{len(checks.returned_and_asked)}"),
        ("copies of the journal that `integrity_check` finds in order", f"{whole} of {len(run.starts)}"),
        ("articles left under way by a start that was not killed", f"{len(checks.left_under_way)}"),
        ("most memory of the program", f"{max(start.rss or 0 for start in run.starts):.0f} MB"),
        ("time", f"{run.seconds:.0f} s"),
    ]
    yield from ("| | |", "|---|---|")
    for name, value in rows:
        yield f"| {name} | {value} |"
    yield ""
    yield (
        "| start | process | ended | requests | open then | s | MB | in the journal | articles under way | "
        "good answers not recorded | handed over |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for n, start in enumerate(run.starts, 1):
        state = start.state
        answered = sum(1 for number in start.under_way if state.good[number])
        yield (
            f"| {n} | {start.process} | {start.ended} | {start.requests:,} | {start.open} | {start.seconds:.0f} | "
            f"{start.rss or 0:.0f} | {len(state.done):,} done, {len(state.failed)} failed | {len(start.under_way)} | "
            f"{answered} | {start.unrecorded} |"
        )
    yield ""
    played = ", ".join(f"{name} {n}" for name, n in run.server.faults.most_common() if name != "none")
    yield f"Faults played: {played}."


def _tokens(tokens: Tokens) -> str:
    return f"{tokens[0]:,} + {tokens[1]:,}"


def _sum(tokens: Iterable[Tokens]) -> Tokens:
    pairs = list(tokens)
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
