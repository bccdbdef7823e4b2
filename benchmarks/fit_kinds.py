"""Fit the weights of `briefing.quotations.classification` and measure them on articles that they were not fitted on.

    python benchmarks/fit_kinds.py DATA

Needs scikit-learn. DATA is the folder of `quotations.py`, which says what is gold. Articles, not quotations, are dealt
into ten folds, three times with fixed seeds; PolNeAR (by marks) and German Wikinews (direct) are fitted together.
Quotations inside German indirect speech are left out of the fit: whether a few quoted words are speech is open there.
Prints precision, recall and F1 of speech in the sample and held out, then the weights.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from quotations import as_labelled, by_marks, f1, overlap, trim
from sklearn.linear_model import LogisticRegression

from briefing.quotations.extraction import read_contexts

_FOLDS, _SEEDS = 10, (0, 1, 2)
_STRENGTH = 0.5
_GERMAN_WEIGHT = 1.5  # it has a tenth of the quotations


@dataclass
class Row:
    """A quotation: its features, how many of its spans are gold, and its article."""

    article: str
    features: dict[str, bool]
    spans: int
    hits: int
    weight: float


def read(path: Path, labels: Any, weight: float) -> tuple[list[Row], int]:
    """The quotations of a file, and the number of its gold spans."""
    rows, total = [], 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        article = json.loads(line)
        text = article["text"]
        gold = [g for g in labels(article) if g.start < g.end]
        wanted = [(g.start, g.end) for g in gold if g.kind != "indirect"]
        total += len(wanted)
        for context in read_contexts(text, article["lang"]):
            spans = [trim(text, piece.start, piece.end) for piece in context.candidate.pieces]
            hits = sum(any(overlap(span, g) >= 0.8 for g in wanted) for span in spans)
            inside = any(g.start <= a and b <= g.end for g in gold for a, b in spans)
            unclear = inside and not hits and labels is as_labelled
            features = context.features(context.find_cue())
            rows.append(Row(f"{path.stem} {number}", features, len(spans), hits, 0.0 if unclear else weight))
    return rows, total


def scores(rows: list[Row], speech: Any, total: int) -> str:
    """Precision, recall and F1 of a choice of quotations."""
    chosen = [row for row, is_speech in zip(rows, speech, strict=True) if is_speech]
    hits = sum(row.hits for row in chosen)
    precision, recall = hits / sum(row.spans for row in chosen), hits / total
    return f"P {precision:.3f}  R {recall:.3f}  F1 {f1(precision, recall):.3f}"


def main() -> None:
    """Fit, cross-validate, print."""
    folder = Path(sys.argv[1])
    english, of_english = read(next(folder.glob("polnear_*_en.jsonl")), by_marks, 1.0)
    german, of_german = read(folder / "german_wikinews_quotes_de.jsonl", as_labelled, _GERMAN_WEIGHT)
    rows = english + german
    names = [name for name in rows[0].features if name != "unspaced without cue"]
    x = np.array([[row.features[name] for name in names] for row in rows], float)
    y = np.array([2 * row.hits >= row.spans and row.hits > 0 for row in rows])
    weights = np.array([row.weight for row in rows])

    def fit(chosen: Any) -> Any:
        model = LogisticRegression(C=_STRENGTH, max_iter=2000, fit_intercept=False)
        return model.fit(x[chosen], y[chosen], sample_weight=weights[chosen]).coef_[0]

    def show(label: str, score: Any) -> None:
        split = len(english)
        print(
            f"{label:14} en {scores(english, score[:split] > 0, of_english)}   de {scores(german, score[split:] > 0, of_german)}"
        )

    everything = fit(np.arange(len(rows)))
    show("in sample", x @ everything)
    show("rounded", x @ np.round(everything, 1))
    articles = sorted({row.article for row in rows})
    for seed in _SEEDS:
        order = np.random.default_rng(seed).permutation(len(articles))
        fold_of = {article: int(place) % _FOLDS for article, place in zip(articles, order, strict=True)}
        folds = np.array([fold_of[row.article] for row in rows])
        held_out = np.zeros(len(rows))
        for fold in range(_FOLDS):
            held_out[folds == fold] = x[folds == fold] @ fit(np.flatnonzero(folds != fold))
        show(f"held out, {seed}", held_out)
    for name, weight in zip(names, everything, strict=True):
        print(f'    "{name}": {weight:.1f},')


if __name__ == "__main__":
    main()
