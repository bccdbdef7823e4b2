"""CPU time of reading and briefing hostile articles at growing sizes: is any of it worse than linear?

    python benchmarks/growth.py [--size CHARACTERS] [--only WORDS] [--worse-than EXPONENT]
    python benchmarks/growth.py --readers [--size CHARACTERS] [--only WORDS] [--worse-than EXPONENT]

Each article of `tests/hostile_articles.py` that grows is made at SIZE and four times SIZE, read, shown to a model that
obeys it (no server), and briefed. The exponent says how time grows: 1 is linear, 2 quadratic. Times below 50 ms say
nothing of growth and are shown without one.

With `--readers`, each function of `tests/reading_functions.py` reads each text at SIZE and four times SIZE, and its calls
of functions are counted instead of its time: the exponent is that of the calls.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import math
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from hostile_articles import ARTICLES, GROWING, Kind  # noqa: E402
from reading_functions import READERS, READERS_OF_A_SOURCE, Reader  # noqa: E402
from stub_driver import brief, stub_briefer  # noqa: E402

from briefing import BriefingError, Source, locate  # noqa: E402
from briefing.sources.markup import read_page  # noqa: E402

ORDERS = json.dumps(ARTICLES[0].answer)


def source_of(kind: Kind, text: str) -> Source:
    """The article, read as what it is."""
    if kind == "html":
        return Source.from_html(text, lang="en")
    return Source.from_text(read_page(text, kind).text, lang="en")


def seconds(kind: Kind, text: str) -> dict[str, float]:
    """CPU time by stage."""
    times = {}
    start = time.process_time()
    try:
        source = source_of(kind, text)
        times["source"] = time.process_time() - start
        _ = source.sentences
        times["sentences"] = time.process_time() - start - sum(times.values())
        _ = source.quotations
        times["quotations"] = time.process_time() - start - sum(times.values())
        answer = json.loads(ORDERS)
        brief(
            stub_briefer(),
            source,
            lambda ask: json.dumps({k: answer.get(k, []) for k in ask.schema.model_fields}),
        )
        times["briefing"] = time.process_time() - start - sum(times.values())
        locate("The planks are rotten and everybody may walk on them", source)
        locate("nobody may walk … until the spring comes", source)
        times["locate"] = time.process_time() - start - sum(times.values())
    except BriefingError as error:
        times[type(error).__name__] = time.process_time() - start - sum(times.values())
    return times


def calls(reader: Reader, source: Source, *, is_read: bool) -> int:
    """Calls of functions that reading a source takes, the second time: the first fills caches of words and patterns."""
    counted = 0
    for _ in range(2):
        fresh = Source(text=source.text, lang=source.lang)
        if is_read:
            _ = fresh.sentences, fresh.quotations
        with cProfile.Profile() as profile:
            reader(fresh)
        counted = sum(entry.callcount for entry in profile.getstats())
    return counted


def measure_readers(size: int, only: str, worse_than: float) -> None:
    """Print one line per reader and text."""
    readers = [(name, reader, False) for name, reader in READERS.items()]
    readers += [(name, reader, True) for name, reader in READERS_OF_A_SOURCE.items()]
    for text, (kind, made) in GROWING.items():
        if kind == "html":
            continue
        small, large = (source_of(kind, made(times * size)) for times in (1, 4))
        for name, reader, is_read in readers:
            if only not in f"{name}: {text}":
                continue
            before, after = (calls(reader, source, is_read=is_read) for source in (small, large))
            exponent = math.log(after / before, 4)
            if exponent >= worse_than:
                print(f"{name:20} {text:40} {before:10,} {after:10,} calls   {exponent:4.1f}", flush=True)


def main() -> None:
    """Print one line per article."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=50_000)
    parser.add_argument("--readers", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--worse-than", type=float, default=0.0)
    options = parser.parse_args()
    if options.readers:
        measure_readers(options.size, options.only, options.worse_than)
        return
    seconds("text", GROWING["sentences"][1](1000))
    for name, (kind, made) in GROWING.items():
        if options.only not in name:
            continue
        small, large = (seconds(kind, made(size)) for size in (options.size, 4 * options.size))
        for stage, took in large.items():
            before = max(small.get(stage, 0.0), 1e-4)
            exponent = math.log(max(took, 1e-4) / before, 4) if took > 0.05 else 0.0
            if exponent >= options.worse_than:
                print(
                    f"{kind:8} {name:40} {stage:12} {before:7.3f} s {took:7.3f} s   {exponent:4.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
