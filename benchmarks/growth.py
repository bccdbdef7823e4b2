"""CPU time of reading and briefing hostile articles at growing sizes: is any of it worse than linear?

    python benchmarks/growth.py [--size CHARACTERS] [--only WORDS] [--worse-than EXPONENT]

Each article of `tests/hostile_articles.py` that grows is made at SIZE and four times SIZE, read, shown to a model that
obeys it (no server), and briefed. The exponent says how time grows: 1 is linear, 2 quadratic. Times below 50 ms say
nothing of growth and are shown without one.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from hostile_articles import ARTICLES, GROWING, Kind  # noqa: E402
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


def main() -> None:
    """Print one line per article."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=50_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--worse-than", type=float, default=0.0)
    options = parser.parse_args()
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
