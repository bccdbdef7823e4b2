"""Compare extractive summaries with human ones, beside the first sentences of the articles (lead-3).

    python benchmarks/extractive.py DATA [--held]

DATA is a folder with ``llm_news_human_writers_en.jsonl`` (news, several human summaries each) and
``gum_entities_summaries_en.jsonl`` (GUM, twelve genres), one JSON object a line: ``id``, ``text``, ``summary``, and
``labels.references`` where there are several. Needs the package rouge-score, which is no dependency of the project: make a
virtual environment for it, install the project and rouge-score there.

Printed are ROUGE-1, -2 and -L (F1, with stemming; Lin 2004), each the best of the references, as means over the articles:

- *ours*: `extract_summary` with three sentences, the title unknown;
- *lead-3*: the first three of `Source.sentences`;
- *lead-3 usable*: the first three of those that are not headings, bylines, captions and the like.

The articles are two halves by the SHA-1 of their ids: the weights of briefing/ranking/summary.py were fitted on the first.
The other one, held out, is only read with ``--held``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from briefing.ranking import extract_summary
from briefing.ranking.page_lines import read_lines
from briefing.sources import Source

FILES = ("llm_news_human_writers_en.jsonl", "gum_entities_summaries_en.jsonl")
MEASURES = ("rouge1", "rouge2", "rougeL")
COUNT = 3


def ours(source: Source) -> str:
    """The summary of `briefing.ranking`."""
    return "\n".join(span.text for span in extract_summary(source, count=COUNT))


def lead(source: Source) -> str:
    """The first sentences."""
    return "\n".join(span.text for span in source.sentences[:COUNT])


def usable_lead(source: Source) -> str:
    """The first sentences that are prose."""
    prose = [s for s, line in zip(source.sentences, read_lines(source), strict=True) if line.is_prose]
    return "\n".join(span.text for span in (prose or source.sentences)[:COUNT])


METHODS: dict[str, Callable[[Source], str]] = {"ours": ours, "lead-3": lead, "lead-3 usable": usable_lead}


def is_fitted(record: dict[str, Any]) -> bool:
    """Whether the weights were fitted on an article."""
    return int(hashlib.sha1(str(record["id"]).encode()).hexdigest(), 16) % 2 == 0


def references(record: dict[str, Any]) -> list[str]:
    """The human summaries of an article."""
    return (record.get("labels") or {}).get("references") or [record["summary"]]


def records(path: Path, *, held: bool) -> Iterator[dict[str, Any]]:
    """The articles of one half that have a summary."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if is_fitted(record) is not held and record.get("summary"):
                yield record


def main() -> None:
    """Print one table for each half."""
    from rouge_score.rouge_scorer import RougeScorer

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--held", action="store_true", help="also read the half held out")
    arguments = parser.parse_args()
    scorer = RougeScorer(list(MEASURES), use_stemmer=True)
    for held in (False, True) if arguments.held else (False,):
        for name in FILES:
            found = list(records(arguments.data / name, held=held))
            print(f"{name}, {'held out' if held else 'fitted'}: {len(found)} articles")
            for method, summarize in METHODS.items():
                sums = dict.fromkeys(MEASURES, 0.0)
                for record in found:
                    summary = summarize(Source.from_text(record["text"], lang=record["lang"]))
                    scores = [scorer.score(reference, summary) for reference in references(record)]
                    for measure in MEASURES:
                        sums[measure] += max(score[measure].fmeasure for score in scores)
                means = "  ".join(
                    f"{measure} {sums[measure] / max(len(found), 1):.3f}" for measure in MEASURES
                )
                print(f"  {method:14} {means}")


if __name__ == "__main__":
    main()
