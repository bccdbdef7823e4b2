"""Measure the support check against human labels: what it finds, and what it flags without cause.

    python benchmarks/support.py DATA [--show] [--half dev|held]

DATA is a folder with these files, one JSON object a line; they are split in two halves by the SHA-1 of the row's id: an even
one is "dev", which the rules are fitted on, an odd one "held".

- ``summedits_news_en.jsonl``: edits of a summary, labelled consistent or not; judged as whole summaries;
- ``faithbench_en.jsonl``: summaries by models with spans that people marked; judged sentence by sentence. A sentence
  that overlaps an "Unwanted" span is wrong, one that overlaps no span is right; "Questionable" and "Benign" ones are
  counted beside the table. Most passages have summaries in both halves;
- ``llm_news_human_writers_en.jsonl``: summaries by people, sentence by sentence. All count as right, so that what the
  writers got wrong counts as a false alarm;
- ``gum_entities_summaries_en.jsonl``: one sentence by people about a document of any genre; as before.

A statement is checked through `back_statement`, with the whole article as evidence. For the human summaries the evidence is also the
three sentences that share most words with the statement, as a model would cite them.

Two plain checks run beside: "digits + capitals" flags a statement with a number in digits or a capitalised word (not
the first of a sentence) that the article lacks; "overlap" flags one of whose content words less than a share stands in the
article, the share chosen for the best F1 on the development half of SummEdits and FaithBench together.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import regex

from briefing import Source
from briefing.grounding.claim_check import discrepancies
from briefing.grounding.evidence import Backing
from briefing.grounding.findings import Finding, errors_of
from briefing.grounding.resolution import Grounding, back_statement
from briefing.text.sentences import read_sentences

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’]*|\p{Nd}+")
_KINDS = (
    "number", "money", "date", "name", "polarity", "attribution", "hedge", "tense", "quantifier", "unit", "pairing", "sign", "time",
    "speaker",
)  # fmt: skip
#: Sets of sentences that people wrote and that count as right.
BY_PEOPLE = ("humans", "gum")


@dataclass(frozen=True)
class Case:
    """A statement, its article, and whether people found it wrong; `None`: they were in doubt."""

    data: str
    half: str
    article: str
    text: str
    wrong: bool | None


def half_of(identifier: str) -> str:
    """Which half an id falls into by its hash: "dev" or "held"."""
    return "held" if int(hashlib.sha1(identifier.encode()).hexdigest(), 16) % 2 else "dev"


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sentences(text: str) -> list[tuple[int, int, str]]:
    """Sentences of a summary with their places."""
    return [(span.start, span.end, span.text) for span in read_sentences(text, "en")]


def cases(folder: Path) -> Iterator[Case]:
    """All statements of the data sets."""
    for row in rows(folder / "summedits_news_en.jsonl"):
        for edit in row["labels"]["edits"]:
            yield Case("summedits", half_of(row["id"]), row["text"], edit["summary"], not edit["consistent"])
    for row in rows(folder / "faithbench_en.jsonl"):
        labels = row["labels"]
        half = half_of(row["id"])
        for start, end, text in sentences(labels["system_summary"]):
            marks = {
                label.partition(".")[0]
                for mark in labels["annotations"]
                if mark["start"] < end and start < mark["end"]
                for label in mark["label"]
            }
            yield Case(
                "faithbench", half, row["text"], text, "Unwanted" in marks or (None if marks else False)
            )
    for row in rows(folder / "llm_news_human_writers_en.jsonl"):
        for summary in dict.fromkeys(row["labels"]["references"]):
            for _, _, text in sentences(summary):
                yield Case("humans", half_of(row["id"]), row["text"], text, wrong=False)
    for row in rows(folder / "gum_entities_summaries_en.jsonl"):
        yield Case("gum", half_of(row["id"]), row["text"], row["summary"], wrong=False)


@lru_cache(maxsize=4)
def grounding_of(article: str) -> Grounding:
    """An article, read once for all statements about it."""
    return Grounding(Source.from_text(article, lang="en"))


@lru_cache(maxsize=4096)
def checked(article: str, text: str) -> tuple[list[Finding], list[Finding]]:
    """Errors and notes against the whole article, in any sentence of the text."""
    grounding = grounding_of(article)
    found = [
        finding
        for _, _, sentence in sentences(text)
        for finding in back_statement(sentence, grounding.source.sentences, grounding)[1]
    ]
    return errors_of(found), [finding for finding in found if finding.severity == "note"]


def ours(case: Case) -> list[Finding]:
    """The errors against the whole article, in any sentence of the statement."""
    return checked(case.article, case.text)[0]


def cited(case: Case) -> list[str]:
    """What is missing when the three sentences that share most words are cited."""
    grounding = grounding_of(case.article)
    words = content(case.text)
    best = sorted(grounding.source.sentences, key=lambda s: -len(words & content(s.text)))[:3]
    findings = back_statement(case.text, sorted(best, key=lambda s: s.start), grounding)[1]
    return [f"{finding.kind}: {finding.text}" for finding in errors_of(findings)]


@lru_cache(maxsize=4096)
def content(text: str) -> frozenset[str]:
    """Words of four letters or more, and numbers."""
    return frozenset(w.lower() for w in _WORD.findall(text) if len(w) > 3 or w.isdigit())


def naive(case: Case) -> bool:
    """Digits and capitalised words that the article lacks."""
    there = set(regex.findall(r"[\p{L}\p{Nd}]+", case.article.lower()))
    here = [
        m
        for m in regex.finditer(r"[\p{L}\p{Nd}]+", case.text)
        if m.start() and case.text[m.start() - 2 : m.start()] != ". "
    ]
    return any(
        (m.group().isdigit() or m.group()[0].isupper()) and m.group().lower() not in there for m in here
    )


def overlap(case: Case) -> float:
    """Share of the statement's content words that stand in the article."""
    words = content(case.text)
    return len(words & content(case.article)) / len(words) if words else 1.0


def best_threshold(labelled: list[Case]) -> float:
    """Share below which a statement is flagged, for the best F1."""
    shares = [(overlap(case), bool(case.wrong)) for case in labelled]

    def f1(threshold: float) -> float:
        hits = sum(wrong for share, wrong in shares if share < threshold)
        flagged = sum(share < threshold for share, _ in shares)
        return 2 * hits / max(1, flagged + sum(wrong for _, wrong in shares))

    return max((i / 20 for i in range(1, 21)), key=f1)


def line(name: str, chosen: list[Case], flags: Callable[[Case], bool]) -> str:
    """One line of the table of detection."""
    flagged = [case for case in chosen if flags(case)]
    hits, wrong = sum(bool(case.wrong) for case in flagged), sum(bool(case.wrong) for case in chosen)
    precision, recall = hits / max(1, len(flagged)), hits / max(1, wrong)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    alarms = (len(flagged) - hits) / max(1, len(chosen) - wrong)
    return f"{name:42}{len(chosen):6}{wrong:6}{len(flagged):8}{precision:10.3f}{recall:8.3f}{f1:8.3f}{alarms:12.1%}"


def detection(everything: list[Case], halves: list[str]) -> None:
    """Print the table of what is flagged, ours beside the plain checks."""
    developed = [c for c in everything if c.data not in BY_PEOPLE and c.half == "dev" and c.wrong is not None]
    threshold = best_threshold(developed)
    checks: dict[str, Callable[[Case], bool]] = {
        "ours": lambda case: bool(ours(case)),
        "digits + capitals": naive,
        f"overlap < {threshold:.2f}": lambda case: overlap(case) < threshold,
    }
    print(f"{'':42}{'n':>6}{'wrong':>6}{'flagged':>8}{'precision':>10}{'recall':>8}{'F1':>8}{'of right':>12}")
    for half in halves:
        for data in ("summedits", "faithbench", *BY_PEOPLE):
            chosen = [c for c in everything if c.data == data and c.half == half and c.wrong is not None]
            for name, flags in checks.items():
                print(line(f"{data} {half}: {name}", chosen, flags))
            if data in BY_PEOPLE:
                print(line(f"{data} {half}: ours, 3 sentences cited", chosen, lambda case: bool(cited(case))))
            print(
                line(f"{data} {half}: notes", chosen, lambda case: bool(checked(case.article, case.text)[1]))
            )
        doubtful = [c for c in everything if c.half == half and c.wrong is None]
        flagged = sum(bool(ours(c)) for c in doubtful)
        print(f"faithbench {half}: flagged of {len(doubtful)} doubtful ones: {flagged}")


def by_kind(everything: list[Case], halves: list[str]) -> None:
    """Print how many right and wrong statements each kind of finding flags."""
    print(f"\n{'flagged statements by kind of finding':42}" + "".join(f"{kind:>10}" for kind in _KINDS))
    groups = [(data, wrong) for data in ("summedits", "faithbench") for wrong in (True, False)]
    for half in halves:
        for data, wrong in [*groups, *((data, False) for data in BY_PEOPLE)]:
            chosen = [c for c in everything if (c.data, c.half, c.wrong) == (data, half, wrong)]
            counts: Counter[str] = Counter(
                kind for c in chosen for kind in {finding.kind for finding in ours(c)}
            )
            label = f"{data} {half}: {'wrong' if wrong else 'right'} ones"
            print(f"{label:42}" + "".join(f"{counts[kind]:10}" for kind in _KINDS))


def long_article(everything: list[Case]) -> None:
    """Print the time for five statements against 20,000 words, and for five more against the same text."""
    humans = [c for c in everything if c.data == "humans"]
    words = " ".join(dict.fromkeys(c.article for c in humans)).split(" ")[:20000]
    discrepancies("Warm up: twenty men paid $5 on Monday.", Backing("It was so.", "en"), "en")
    backing = Backing(" ".join(words), "en")
    for name in ("first", "next"):
        begun = time.process_time()
        five, humans = humans[:5], humans[5:]
        for case in five:
            discrepancies(case.text, backing, "en")
        milliseconds = (time.process_time() - begun) * 1000
        print(f"{name} 5 statements against {len(words):,} words: {milliseconds:.0f} ms of CPU")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--show", action="store_true", help="list what was flagged and what was missed")
    parser.add_argument("--half", choices=("dev", "held"), help="only this half")
    arguments = parser.parse_args()
    everything = list(cases(arguments.data))
    halves = [arguments.half] if arguments.half else ["dev", "held"]
    detection(everything, halves)
    by_kind(everything, halves)
    print()
    long_article(everything)
    if arguments.show:
        show([c for c in everything if c.half in halves])


def show(chosen: list[Case]) -> None:
    """List what was flagged, with what for, and what was missed."""
    listed = defaultdict(list)
    for case in chosen:
        found = ours(case)
        if found or case.wrong:
            label = (
                "HIT"
                if found and case.wrong
                else "ALARM"
                if found and case.wrong is False
                else "DOUBT"
                if found
                else "MISSED"
            )
            listed[case.data, label].append(f"{[f'{f.kind}: {f.text}' for f in found]} {case.text}")
        if case.data in BY_PEOPLE and (missing := cited(case)) and not found:
            listed[case.data, "ALARM, cited"].append(f"{missing} {case.text}")
        if (notes := checked(case.article, case.text)[1]) and not case.wrong:
            listed[case.data, "NOTE"].append(f"{[f'{f.kind}: {f.message}' for f in notes]} {case.text}")
    for (data, label), lines in sorted(listed.items()):
        for text in lines:
            print(f"{data} {label} {text}")


if __name__ == "__main__":
    main()
