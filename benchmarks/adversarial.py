"""Put the generated quotes of `tests/adversarial.py` to `briefing`, langextract and instructor's citations.

    python benchmarks/adversarial.py [--peers PYTHON] [--sample N] [--kinds]

PYTHON is an interpreter that has langextract and instructor (langextract needs an older tenacity than `briefing`
allows); without it, peers run where they can be imported. No model is asked.

A quote is accepted

- by `briefing`, when `locate` calls it exact or typographic; the second line takes elided ones in, too;
- by langextract, when its aligner (the resolver's, as it comes) gives it a place in the text: it does so for
  `match_fuzzy` as well, and says so in the status. The second line counts `match_exact` only. Texts in scripts other
  than Latin are cut by its `UnicodeTokenizer`;
- by instructor, when `CitationMixin` keeps it or puts a passage of the text in its place, which it does not say. The
  second line counts what is kept as it was.

Of what is accepted among the harmless, "other words" has the words of another passage than the quote was made from:
a wrong place, or a piece of it. Elided quotes are left out there, since their words are not in a row. Seconds are CPU
time of aligning alone, one quote at a time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))
sys.path = [place for place in sys.path if Path(place or ".").resolve() != Path(__file__).resolve().parent]

import adversarial  # noqa: E402  # this script has the same name, and its folder is on the path before tests'
from adversarial import Case  # noqa: E402


class Answer(NamedTuple):
    """What a library makes of a quote: a verdict of its own, and the passage; `None` where it refuses."""

    verdict: str
    passage: str | None


def ours(cases: Iterable[Case]) -> Callable[[Case], Answer]:
    """`briefing.locate`."""
    from briefing import Source, locate

    sources = {text: Source.from_text(text.text, lang=text.lang) for text in {case.source for case in cases}}

    def answer(case: Case) -> Answer:
        match = locate(case.quote, sources[case.source])
        return Answer(match.status, match.text or None)

    return answer


def langextract(_cases: Iterable[Case]) -> Callable[[Case], Answer]:
    """The aligner of langextract's resolver."""
    from langextract import resolver
    from langextract.core import data, tokenizer

    aligner = resolver.WordAligner()
    unicode = tokenizer.UnicodeTokenizer()

    def answer(case: Case) -> Answer:
        extraction = data.Extraction(extraction_class="quote", extraction_text=case.quote)
        latin = case.source.lang in ("en", "de", "fr", "es")
        aligner.align_extractions([[extraction]], case.source.text, tokenizer_impl=None if latin else unicode)
        interval, status = extraction.char_interval, extraction.alignment_status
        if interval is None or interval.start_pos is None or status is None:
            return Answer("none", None)
        return Answer(status.value, case.source.text[interval.start_pos : interval.end_pos])

    return answer


def instructor(_cases: Iterable[Case]) -> Callable[[Case], Answer]:
    """The `CitationMixin` of instructor."""
    from instructor import CitationMixin

    def answer(case: Case) -> Answer:
        kept = CitationMixin.model_validate(
            {"substring_quotes": [case.quote]}, context={"context": case.source.text}
        ).substring_quotes
        if not kept:
            return Answer("removed", None)
        return Answer("kept" if kept == [case.quote] else "rewritten", kept[0])

    return answer


LIBRARIES = {"briefing": ours, "langextract": langextract, "instructor": instructor}
#: Verdicts that accept a quote, for each of a library's two lines; `None`: any that comes with a passage.
ACCEPTED: dict[str, dict[str, tuple[str, ...] | None]] = {
    "briefing": {
        "exact, typographic": ("exact", "typographic"),
        "and elided": ("exact", "typographic", "elided"),
    },
    "langextract": {"any place": None, "match_exact": ("match_exact",)},
    "instructor": {"kept or rewritten": None, "kept": ("kept",)},
}


def picked(sample: int | None) -> list[Case]:
    """All cases, or every so manieth."""
    cases = adversarial.cases()
    return cases[:: max(len(cases) // sample, 1)] if sample else cases


def run(library: str, cases: list[Case]) -> tuple[list[Answer], float]:
    """Answers to all cases, and seconds of CPU time."""
    answer = LIBRARIES[library](cases)
    answer(cases[0])  # what is loaded at first use
    began = time.process_time()
    answers = [answer(case) for case in cases]
    return answers, time.process_time() - began


def elsewhere(python: str, library: str, sample: int | None) -> tuple[list[Answer], float, str]:
    """The same, by another interpreter."""
    command = [python, __file__, "--only", library, *(["--sample", str(sample)] if sample else [])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answers, seconds, found = json.loads(done.stdout.splitlines()[-1])
    return [Answer(*answer) for answer in answers], seconds, found


def other_words(case: Case, answer: Answer) -> bool:
    """Whether an accepted passage is not the one that the quote was made from."""
    if answer.passage is None or case.kind == "elision" or answer.verdict == "elided":
        return False
    one, other, lang = case.passage, answer.passage, case.source.lang
    return not (adversarial.says(one, other, lang) and adversarial.says(other, one, lang))


def table(library: str, cases: list[Case], answers: list[Answer], seconds: float) -> None:
    """Two lines for a library."""
    for name, verdicts in ACCEPTED[library].items():
        taken = [
            (case, answer)
            for case, answer in zip(cases, answers, strict=True)
            if (answer.passage is not None if verdicts is None else answer.verdict in verdicts)
        ]
        harmful = sum(case.harmful for case, _ in taken)
        wrong = sum(other_words(case, answer) for case, answer in taken if not case.harmful)
        count = Counter(case.harmful for case in cases)
        harmless = len(taken) - harmful
        print(
            f"{library:12} {name:20} {harmful:6} {harmful / count[True]:7.1%} {harmless:6} "
            f"{harmless / count[False]:7.1%} {wrong:6} {seconds:9.1f}"
        )


def kinds(cases: list[Case], answers: dict[str, list[Answer]]) -> None:
    """For each kind of case, how many each library accepts (its first line)."""
    print(f"\n{'kind':22} {'cases':>6} " + " ".join(f"{library:>12}" for library in answers))
    rows: dict[tuple[bool, str], Counter[str]] = defaultdict(Counter)
    for i, case in enumerate(cases):
        row = rows[case.harmful, case.kind]
        row["cases"] += 1
        for library, given in answers.items():
            verdicts = next(iter(ACCEPTED[library].values()))
            row[library] += given[i].passage is not None if verdicts is None else given[i].verdict in verdicts
    for harmful in (True, False):
        print("harmful" if harmful else "harmless")
        for (_, kind), row in sorted(item for item in rows.items() if item[0][0] == harmful):
            print(f"  {kind:20} {row['cases']:6} " + " ".join(f"{row[library]:12}" for library in answers))


def main() -> None:
    parser = argparse.ArgumentParser(description="Adversarial quotes: briefing and its peers.")
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter that has langextract and instructor")
    parser.add_argument("--sample", type=int, help="only about so many cases")
    parser.add_argument("--kinds", action="store_true", help="also by kind of case")
    parser.add_argument("--only", choices=LIBRARIES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    cases = picked(options.sample)
    if options.only:
        answers, seconds = run(options.only, cases)
        print(json.dumps([answers, seconds, version(options.only)]))
        return
    count = Counter(case.harmful for case in cases)
    languages = len({case.source.lang for case in cases})
    print(f"{count[True]} harmful and {count[False]} harmless quotes in {languages} languages\n")
    print(f"{'':33} {'harmful accepted':>14} {'harmless accepted':>14} {'other':>6}")
    print(f"{'':33} {'':14} {'':14} {'words':>6} {'seconds':>9}")
    given: dict[str, list[Answer]] = {}
    versions = []
    for library in LIBRARIES:
        if library != "briefing" and options.peers:
            answers, seconds, found = elsewhere(options.peers, library, options.sample)
        elif find_spec(library):
            (answers, seconds), found = run(library, cases), version(library)
        else:
            print(f"{library:12} is not installed")
            continue
        given[library] = answers
        versions.append(f"{library} {found}")
        table(library, cases, answers, seconds)
    if options.kinds:
        kinds(cases, given)
    print(f"\n{', '.join(versions)}; Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
