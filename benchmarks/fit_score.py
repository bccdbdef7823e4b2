"""Fit the weights of `briefing.grounding.score` on judged statements, and measure the score on articles apart.

    python benchmarks/fit_score.py ARTICLES.jsonl WRITTEN.jsonl --keys KEY1.json KEY2.json --judges JUDGE1.csv JUDGE2.csv
        [--data DATA]

Needs scikit-learn. The files are those of `judged.py`, which makes and reads them. Articles are halved by the second lowest bit
of the SHA-1 of their ids (all have the lowest one set), each half is measured with the weights of the other, and the weights of
the package are those of all. Sentences that both judges call true, or both false, are fitted; those that either calls misleading
count half, as not true; unclear ones are left out. Headlines are measured, not fitted.

DATA is the folder of `support.py`, with `gum_entities_summaries_en.jsonl`. What is there was written by people and by strong models,
on which nothing was fitted; where a set cites no evidence, it is the three sentences that share most words.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from judged_selection import read_articles
from judged_sheets import read_key, read_results, read_verdicts, verdict_pairs
from sklearn.linear_model import LogisticRegression
from support import cases, content, rows, sentences

from briefing import Source, Span
from briefing.grounding.score import LEAST_SCORE, Copying, measure_copying

_CLAIMS = ("sentence", "headline")
_STRENGTH = 1.0
_MISLEADING_WEIGHT = 0.5
_BINS = (0.0, 0.25, 0.5, 0.75, 1.0)
_CITED = 3


@dataclass(frozen=True)
class Row:
    """A judged sentence or headline."""

    article: str
    lang: str
    kind: str
    verdict: str
    """ "true" or "false" by both judges, "misleading" by either; "" otherwise."""
    copying: Copying

    @property
    def half(self) -> int:
        """Which half its article falls into."""
        return int(hashlib.sha1(self.article.encode(), usedforsecurity=False).hexdigest(), 16) % 4 // 2


@dataclass(frozen=True)
class Model:
    """A fitted regression on the measures as they are."""

    constant: float
    weights: tuple[float, ...]

    def score(self, measured: Iterable[Copying]) -> Any:
        """Return the scores of statements."""
        odds = np.array([tuple(one) for one in measured]) @ np.array(self.weights) + self.constant
        return 1 / (1 + np.exp(-odds))


def read(given: argparse.Namespace) -> list[Row]:
    """Return the judged sentences and headlines of the written style."""
    articles = {a.id: Source.from_text(a.text, lang=a.lang) for a in read_articles(given.articles)}
    results = read_results([given.written])["written"]
    first, second = (
        read_verdicts(path, read_key(key)) for path, key in zip(given.judges, given.keys, strict=True)
    )
    found = []
    for one, other in verdict_pairs(first, second):
        if one.style != "written" or one.kind not in _CLAIMS:
            continue
        source, result = articles[one.article], results[one.article]["result"]
        if one.kind == "headline":
            text, evidence = result["headline"], cited(result["headline"], source)
        else:
            stated = result["summary"]["sentences"][int(one.item) - 1]
            text, evidence = stated["text"], [Span(**span) for span in stated["evidence"]]
        said = {one.verdict, other.verdict}
        verdict = said.pop() if len(said) == 1 else "misleading" if "misleading" in said else ""
        copying = measure_copying(text, evidence, source)
        found.append(Row(one.article, one.lang, one.kind, "" if verdict == "unclear" else verdict, copying))
    return found


def cited(text: str, source: Source) -> list[Span]:
    """Return the sentences that share most words with a text."""
    words = content(text)
    return sorted(source.sentences, key=lambda s: -len(words & content(s.text)))[:_CITED]


def fit(chosen: Sequence[Row]) -> Model:
    """Fit a regression, and round its weights as the package has them."""
    chosen = [row for row in chosen if row.kind == "sentence" and row.verdict]
    x = np.array([tuple(row.copying) for row in chosen])
    true = np.array([row.verdict == "true" for row in chosen])
    weights = np.array([_MISLEADING_WEIGHT if row.verdict == "misleading" else 1.0 for row in chosen])
    mean, spread = x.mean(axis=0), x.std(axis=0)
    fitted = LogisticRegression(C=_STRENGTH).fit((x - mean) / spread, true, sample_weight=weights)
    slopes = fitted.coef_[0] / spread
    constant = float(fitted.intercept_[0] - slopes @ mean)
    return Model(round(constant, 2), tuple(round(float(slope), 2) for slope in slopes))


def auroc(right: Any, wrong: Any) -> float:
    """Return how often a right one has a higher score than a wrong one; ties count half."""
    right, wrong = np.asarray(right)[:, None], np.asarray(wrong)
    if not right.size or not wrong.size:
        return float("nan")
    return float(((right > wrong) + 0.5 * (right == wrong)).mean())


def tell(label: str, scored: Sequence[tuple[Row, float]]) -> None:
    """Print one line of the table: AUROC, Brier score, and what is below the threshold."""
    by_verdict = {
        verdict: np.array([score for row, score in scored if row.verdict == verdict])
        for verdict in ("true", "false", "misleading")
    }
    true, false, misleading = by_verdict.values()
    errors = [*(1 - true) ** 2, *false**2]
    brier = np.mean(errors) if errors else float("nan")
    below = "  ".join(f"{(some < LEAST_SCORE).sum():3}/{len(some):<3}" for some in by_verdict.values())
    print(
        f"{label:24} {auroc(true, false):6.3f} {auroc(true, misleading):6.3f} {brier:6.3f}   {below}",
        flush=True,
    )


def reliability(scored: Sequence[tuple[Row, float]]) -> None:
    """Print, for each bin of scores, how many are true: of true and false ones, and with misleading ones as not true."""
    print("\nscores                n   mean    true  |   n, with misleading    mean    true")
    for low, high in pairwise(_BINS):
        inside = [(r, s) for r, s in scored if r.verdict and low <= s < (high if high < 1 else 2)]
        parts = []
        for some in ([(r, s) for r, s in inside if r.verdict != "misleading"], inside):
            mean = np.mean([s for _, s in some]) if some else float("nan")
            share = np.mean([r.verdict == "true" for r, _ in some]) if some else float("nan")
            parts.append(f"{len(some):4}  {mean:5.2f}   {share:5.2f}")
        print(f"{low:.2f} to {high:.2f}      {'   |   '.join(parts)}")


@lru_cache(maxsize=4)
def _source(text: str) -> Source:
    return Source.from_text(text, lang="en")


def others(folder: Path) -> Iterator[tuple[str, bool | None, Copying]]:
    """Yield statements by people and by strong models: the set, whether they are wrong, and how much they copy."""
    statements = [(case.data, case.wrong, case.article, case.text) for case in cases(folder)]
    statements += [
        ("gum", False, row["text"], text)
        for row in rows(folder / "gum_entities_summaries_en.jsonl")
        for _, _, text in sentences(row["summary"])
    ]
    for data, wrong, article, text in statements:
        source = _source(article)
        yield data, wrong, measure_copying(text, cited(text, source), source)


def main() -> None:
    """Fit, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("articles", type=Path)
    parser.add_argument("written", type=Path)
    parser.add_argument("--keys", type=Path, nargs=2, required=True)
    parser.add_argument("--judges", type=Path, nargs=2, required=True)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    everything = read(given)
    stated = [row for row in everything if row.kind == "sentence"]
    headlines = [row for row in everything if row.kind == "headline"]

    print(f"{'':24} {'F':>6} {'M':>6} {'Brier':>6}   below {LEAST_SCORE}: true, false, misleading")
    held: list[tuple[Row, float]] = []
    held_headlines: list[tuple[Row, float]] = []
    for half in (0, 1):
        model = fit([row for row in stated if row.half == half])
        for label, chosen in (("fitted on", half), ("held out from", 1 - half)):
            some = [row for row in stated if row.half == chosen]
            scored = list(zip(some, model.score(r.copying for r in some), strict=True))
            tell(f"{label} half {half}", scored)
            if chosen != half:
                held += scored
                lines = [row for row in headlines if row.half == chosen]
                held_headlines += zip(lines, model.score(r.copying for r in lines), strict=True)
    tell("both halves, held out", held)
    by_lang = defaultdict(list)
    for row, score in held:
        by_lang[row.lang].append((row, score))
    for lang, scored in by_lang.items():
        tell(f"  {lang}, held out", scored)
    tell("headlines, held out", held_headlines)
    reliability(held)
    model = fit(stated)
    print("\neach measure alone, AUROC of false and misleading ones:")
    for i, name in enumerate(Copying._fields):
        values = {
            v: [row.copying[i] for row in stated if row.verdict == v] for v in ("true", "false", "misleading")
        }
        print(
            f"  {name:12} {auroc(values['true'], values['false']):.3f} {auroc(values['true'], values['misleading']):.3f}"
        )
    if given.data:
        report_others(given.data, model)
    print(f"\n_CONSTANT = {model.constant}\n_WEIGHTS = {model.weights}")


def report_others(folder: Path, model: Model) -> None:
    """Print how statements of other writers are scored."""
    print("\nother writers               n   quantiles .1 .25 .5 .75 .9          AUROC, wrong")
    sets = defaultdict(list)
    for data, wrong, copying in others(folder):
        if wrong is not None:
            sets[data].append((wrong, copying))
    for data, some in sets.items():
        scores = model.score(copying for _, copying in some)
        wrong = np.array([is_wrong for is_wrong, _ in some])
        right = "  ".join(f"{q:.2f}" for q in np.quantile(scores[~wrong], (0.1, 0.25, 0.5, 0.75, 0.9)))
        print(f"{data:20} {len(some):8}   {right}     {auroc(scores[~wrong], scores[wrong]):.3f}")
        if data in {"humans", "gum"}:
            print(f"{'':20} below {LEAST_SCORE}: {(scores < LEAST_SCORE).mean():.1%}")


if __name__ == "__main__":
    main()
