"""What two judges said (`judged.py report`): agreement, verdicts by style, what was marked, preferences, time."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from judged_sheets import TIE, VERDICTS, Results, Verdict, verdict_pairs

#: Kinds of items in the order of the tables.
_KINDS = ("headline", "sentence", "summary", "pair")
_CLAIMS = ("headline", "sentence")
_COLUMNS = ("article", "lang", "style", "item", "verdict_1", "verdict_2", "marked")


@dataclass(frozen=True)
class Judged:
    """One item with both verdicts, and how the library had marked it."""

    about: Verdict
    verdicts: tuple[str, str]
    marked: str
    """ "error", "note" or "no"; empty for what is not a sentence or headline."""

    def says(self, verdict: str) -> tuple[bool, bool]:
        """Whether each judge gave this verdict."""
        return self.verdicts[0] == verdict, self.verdicts[1] == verdict


def judged(first: Sequence[Verdict], second: Sequence[Verdict], results: Results) -> list[Judged]:
    """Return all items with both verdicts, in the order of the first judge's sheet.

    Raises:
        SystemExit: the judges judged different items, or something that is not in the results.
    """
    return [
        Judged(one, (one.verdict, other.verdict), _marked(one, results))
        for one, other in verdict_pairs(first, second)
    ]


def _marked(about: Verdict, results: Results) -> str:
    if about.kind not in _CLAIMS:
        return ""
    try:
        result = results[about.style][about.article]["result"]
        if about.kind == "headline":
            said = {"support": result.get("headline_support"), "findings": result.get("headline_findings")}
        else:
            said = result["summary"]["sentences"][int(about.item) - 1]
    except (KeyError, IndexError, TypeError) as error:
        place = f"{about.item} of {about.article}, style {about.style}"
        raise SystemExit(f"the results do not have {place}: they are not those of the sheets") from error
    findings = said.get("findings") or ()
    if said.get("support") == "unsupported" or any(f.get("severity", "error") == "error" for f in findings):
        return "error"
    return "note" if findings else "no"


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Return Cohen's kappa of two judges; `None` if chance alone would make them agree always, or there is nothing."""
    if not pairs:
        return None
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    chance = sum(first[said] * second[said] for said in first) / len(pairs) ** 2
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def report(items: Sequence[Judged], results: Results) -> str:
    """Return all tables as Markdown."""
    styles = sorted({item.about.style for item in items if item.about.kind != "pair"})
    tables = (
        ("Agreement of the two judges", _agreement(items)),
        ("Verdicts (first judge / second judge / both)", _verdicts(items, styles)),
        ("False, and marked or not", _marks(items, styles)),
        ("Summaries as a whole (first judge / second judge / both)", _summaries(items, styles)),
        ("Preferred (first judge / second judge / both)", _preferences(items)),
        ("Time and tokens", _costs(results)),
    )
    return "\n\n".join(f"### {title}\n\n{_table(rows)}" for title, rows in tables) + "\n"


def _table(rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * lines[0].count(" | ") + "---|", *lines[1:]])


def _number(value: float | None) -> str:
    return (
        "–" if value is None else f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.2f}"
    )


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}".replace("%", " %") if whole else "–"


def _three(items: Sequence[Judged], verdict: str) -> str:
    """How often the first judge, the second and both gave a verdict."""
    said = [item.says(verdict) for item in items]
    return f"{sum(one for one, _ in said)} / {sum(other for _, other in said)} / {sum(map(all, said))}"


def _agreement(items: Sequence[Judged]) -> Iterator[Sequence[object]]:
    yield "items", "verdict", "n", "agreed", "kappa"
    for kind in _KINDS:
        pairs = [item.verdicts for item in items if item.about.kind == kind]
        agreed = sum(one == other for one, other in pairs)
        yield kind, "all", len(pairs), _share(agreed, len(pairs)), _number(kappa(pairs))
        for verdict in VERDICTS.get(kind, (TIE,)):
            said = [(one == verdict, other == verdict) for one, other in pairs]
            same = sum(one == other for one, other in said)
            yield (
                kind,
                verdict,
                f"{sum(map(any, said))} by either",
                _share(same, len(said)),
                _number(kappa(said)),
            )


def _verdicts(items: Sequence[Judged], styles: Sequence[str]) -> Iterator[Sequence[object]]:
    yield "style", "items", "n", *VERDICTS["sentence"], "unclear or misleading"
    for style in styles:
        for kind in _CLAIMS:
            chosen = [item for item in items if (item.about.style, item.about.kind) == (style, kind)]
            if not chosen:  # the baseline has no headlines
                continue
            counts = [_three(chosen, v) if v in VERDICTS[kind] else "" for v in VERDICTS["sentence"]]
            doubtful = [[v in {"misleading", "unclear"} for v in item.verdicts] for item in chosen]
            shares = [_share(sum(said[judge] for said in doubtful), len(chosen)) for judge in (0, 1)]
            yield style, kind, len(chosen), *counts, " / ".join(shares)


def _marks(items: Sequence[Judged], styles: Sequence[str]) -> Iterator[Sequence[object]]:
    yield "style", "verdict", "n", "with an error", "with a note", "unmarked", "unmarked, of all"
    sides: tuple[tuple[str, str, Callable[[Iterable[bool]], bool]], ...] = (
        ("false, by either judge", "false", any),
        ("false, by both", "false", all),
        ("true, by both", "true", all),
    )
    for style in styles:
        claims = [item for item in items if item.about.style == style and item.about.kind in _CLAIMS]
        for name, verdict, which in sides:
            marks = Counter(item.marked for item in claims if which(item.says(verdict)))
            counts = (marks["error"], marks["note"], marks["no"])
            yield style, name, marks.total(), *counts, _share(marks["no"], len(claims))


def _summaries(items: Sequence[Judged], styles: Sequence[str]) -> Iterator[Sequence[object]]:
    yield "style", "n", *VERDICTS["summary"]
    for style in styles:
        chosen = [item for item in items if (item.about.style, item.about.kind) == (style, "summary")]
        yield style, len(chosen), *(_three(chosen, verdict) for verdict in VERDICTS["summary"])


def _preferences(items: Sequence[Judged]) -> Iterator[Sequence[object]]:
    yield "pair", "n", "the first", "the second", "tie", "disagreed"
    for pair in sorted({item.about.style for item in items if item.about.kind == "pair"}):
        chosen = [item for item in items if item.about.style == pair and item.about.kind == "pair"]
        split = sum(item.verdicts[0] != item.verdicts[1] for item in chosen)
        yield pair, len(chosen), *(_three(chosen, said) for said in (*pair.split("/"), TIE)), split


def _costs(results: Results) -> Iterator[Sequence[object]]:
    yield (
        "style",
        "articles",
        "failed",
        "seconds, median",
        "most",
        "output tokens, mean",
        "of the written style",
    )
    for style, rows in sorted(results.items()):
        made = {article: row for article, row in rows.items() if row["result"] is not None}
        seconds = [row["seconds"] for row in made.values()]
        written = {a: row for a, row in results.get("written", {}).items() if row["result"] is not None}
        common = made.keys() & written.keys()
        whole = _tokens(written[article] for article in common)
        yield (
            style,
            len(rows),
            len(rows) - len(made),
            f"{median(seconds):.1f}" if seconds else "–",
            f"{max(seconds):.1f}" if seconds else "–",
            f"{mean(row['output_tokens'] for row in made.values()):.0f}" if made else "–",
            _number(_tokens(made[article] for article in common) / whole if whole else None),
        )


def _tokens(rows: Iterable[Mapping[str, Any]]) -> int:
    return sum(row["output_tokens"] for row in rows)


def write_judgements(items: Sequence[Judged], path: Path) -> None:
    """Write both verdicts on all items, without any text of the articles, the summaries or the judges' notes."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for item in items:
            about = item.about
            writer.writerow((about.article, about.lang, about.style, about.item, *item.verdicts, item.marked))
