"""CPU time of aligning one quote: `briefing`, langextract and instructor's citations.

    python benchmarks/alignment.py [--peers PYTHON] [--limit SECONDS] [--text FILE]

Texts of 8,000 and 500,000 words are drawn from the words of `seeds/` by their frequencies, with a fixed seed, or are
the beginning of FILE, repeated if it is shorter. The quote has 80 words from the middle:

- exact: as they are;
- typographic: with curly apostrophes, a soft hyphen and a wrapped line;
- three letters: inexact, three letters changed;
- five words: inexact, two words changed, one dropped, two added, none of them at the ends;
- six words: the same, and the first word is another, so that no beginning of the quote stands in the text.

`briefing` folds an article once and keeps it, so it has two columns: the first quote of an article, and each one
after. PYTHON is an interpreter that has langextract and instructor. Each time is the best of five, of one where it takes more than
a second; a peer that takes longer than the limit on one quote is stopped.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
SIZES = (8_000, 500_000)
KINDS = ("exact", "typographic", "three letters", "five words", "six words")


def text_of(words: int, file: str | None) -> list[str]:
    """The words of an article."""
    if file:
        found = Path(file).read_text(encoding="utf-8").split()
        return (found * (words // len(found) + 1))[:words]
    found = " ".join(path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))).split()
    return random.Random(3).choices([word for word in found if word.isascii()], k=words)


def quote_of(words: list[str], kind: str) -> str:
    """Eighty words from the middle, changed as the kind says."""
    middle = len(words) // 2
    picked = words[middle : middle + 80]
    if kind in ("five words", "six words"):
        picked = [
            *picked[:10],
            "zebra",
            *picked[11:30],
            *picked[31:45],
            "never",
            "ever",
            *picked[45:60],
            "walrus",
        ]
        picked += words[middle + 61 : middle + 80]
    if kind == "six words":
        picked[0] = "Heron"
    quote = " ".join(picked)
    if kind == "three letters":
        for part in (1, 2, 3):
            at = quote.index(" ", len(quote) * part // 4) + 1
            quote = quote[:at] + "x" + quote[at + 1 :]
    if kind == "typographic":
        at = quote.index(" ", len(quote) // 2)
        quote = quote.replace("'", "’")[:at] + "\n" + quote.replace("'", "’")[at + 1 :]
        at = next(i for i in range(len(quote)) if quote[i : i + 4].isalpha()) + 2
        quote = quote[:at] + "\u00ad" + quote[at:]
    return quote


def best(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """CPU seconds of the quickest of five runs; of one, where it is slow."""
    times: list[float] = []
    while len(times) < 5 and (not times or times[0] < 1):
        before()
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def ours(text: str, quote: str) -> tuple[str, float, float]:
    """Verdict; seconds of the first quote, and of one after it."""
    from briefing import Source, locate
    from briefing.grounding import alignment as align

    source = Source.from_text(text, lang="en")
    locate("nothing", Source.from_text("Nothing is loaded yet.", lang="en"))
    first = best(lambda: locate(quote, source), align._folded.cache_clear)  # noqa: SLF001
    return locate(quote, source).status, first, best(lambda: locate(quote, source))


def langextract(text: str, quote: str) -> tuple[str, float]:
    """Verdict and seconds of langextract's aligner."""
    from langextract import resolver
    from langextract.core import data

    extraction = data.Extraction(extraction_class="quote", extraction_text=quote)
    aligner = resolver.WordAligner()
    taken = best(lambda: aligner.align_extractions([[extraction]], text))
    return extraction.alignment_status.value if extraction.alignment_status else "none", taken


def instructor(text: str, quote: str) -> tuple[str, float]:
    """Verdict and seconds of instructor's `CitationMixin`."""
    from instructor import CitationMixin

    def work() -> list[str]:
        made = CitationMixin.model_validate({"substring_quotes": [quote]}, context={"context": text})
        found: list[str] = made.substring_quotes
        return found

    taken = best(work)
    kept = work()
    return ("kept" if kept == [quote] else "rewritten") if kept else "removed", taken


PEERS = {"langextract": langextract, "instructor": instructor}


def peer(
    python: str, library: str, size: int, kind: str, options: argparse.Namespace
) -> tuple[str, float | None]:
    """A peer's verdict and seconds; `None` where it was stopped or is not there."""
    command = [
        python,
        __file__,
        "--only",
        library,
        str(size),
        kind,
        "--limit",
        str(options.limit),
        *(["--text", options.text] if options.text else []),
    ]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        if error.returncode < 0:
            return "stopped", None
        return error.stderr.strip().splitlines()[-1][:24], None
    verdict, seconds = json.loads(done.stdout.splitlines()[-1])
    return verdict, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of alignment: briefing and its peers.")
    parser.add_argument("--peers", metavar="PYTHON", default=sys.executable)
    parser.add_argument("--limit", type=float, default=60, help="CPU seconds for one quote of a peer")
    parser.add_argument("--text", metavar="FILE", help="take the words of this text")
    parser.add_argument("--only", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        library, size, kind = options.only
        most = int(options.limit) + 10  # some to import it
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))
        if library == "version":
            print(json.dumps({name: version(name) for name in PEERS}))
            return
        words = text_of(int(size), options.text)
        print(json.dumps(PEERS[library](" ".join(words), quote_of(words, kind))))
        return
    print(
        f"{'words':>8} {'quote':14} {'briefing, ms':>26}  "
        + "  ".join(f"{name + ', ms (ratio)':>34}" for name in PEERS)
    )
    print(f"{'':23} {'verdict':>12} {'first':>6} {'after':>6}")
    for size in SIZES:
        words = text_of(size, options.text)
        text = " ".join(words)
        for kind in KINDS:
            status, first, after = ours(text, quote_of(words, kind))
            line = f"{size:8} {kind:14} {status:>12} {first * 1e3:6.1f} {after * 1e3:6.1f}  "
            for library in PEERS:
                verdict, seconds = peer(options.peers, library, size, kind, options)
                shown = (
                    f"{seconds * 1e3:.1f} ({seconds / first:.0f}×)"
                    if seconds is not None
                    else f"> {options.limit:.0f} s"
                )
                line += f"{verdict:>16} {shown:>18}"
            print(line, flush=True)
    found = subprocess.run(
        [options.peers, __file__, "--only", "version", "0", "x"], capture_output=True, text=True, check=False
    )
    print(
        f"\nbriefing {version('briefing')}, peers {found.stdout.strip() or 'not installed'}; Python {sys.version.split()[0]}"
    )


if __name__ == "__main__":
    main()
