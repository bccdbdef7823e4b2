"""CPU time and memory of a long article, read and briefed in parts by a fake model that answers at once.

    python benchmarks/long.py [--words N] [--model openai/fake] [--sync] [--written]

The text is made up (`tests/long_texts.py`), with 60 facts at ten depths. "notes" is how many of the facts stand in the
notes from which the answer about the whole is made.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from long_texts import is_reduce, long_text, notes_in, reader, shown  # noqa: E402

from briefing import Briefer, Briefing, Source  # noqa: E402
from briefing.testing import FakeModel, Fault  # noqa: E402


def main() -> None:
    """Brief one text and print what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--words", type=int, default=500_000)
    parser.add_argument("--model", default="openai/fake")
    parser.add_argument("--sync", action="store_true")
    parser.add_argument("--written", action="store_true")
    options = parser.parse_args()
    text, facts = long_text(options.words, facts=60)
    begun = time.process_time()
    source = Source.from_text(text, lang="en")
    print(
        f"{len(text):,} characters, {len(source.sentences):,} sentences, {len(source.quotations):,} quotations"
    )
    print(f"reading: {time.process_time() - begun:.1f} s of CPU, {_megabytes():.0f} MB")
    script, noted, sent = reader(), set[str](), 0

    def answered(request: dict[str, Any]) -> Fault:
        nonlocal sent
        sent += sum(len(message["content"]) for message in request["messages"])
        if is_reduce(request):
            noted.update(notes_in(request), shown(request).values())
        fault: Fault = script(request)
        return fault

    with FakeModel(faults=answered, keep_requests=False) as fake:
        briefer = Briefer(options.model, base_url=fake.url, api_key="test")
        style: Any = {"style": "written"} if options.written else {}
        print(briefer.estimate(source))
        if options.sync:
            result = briefer.summarize(source, **style)
        else:
            result = asyncio.run(_briefed(briefer, source, style))
        print(f"{fake.calls} calls, {sent / len(text):.3f} characters sent for each of the text")
    kept = sum(any(_bare(fact) in _bare(line) for line in noted) for fact in facts)
    print(
        f"notes: {kept} of {len(facts)} facts; violations: {len(result.verify(source))}; {result.meta.warnings}"
    )
    print(f"all: {time.process_time() - begun:.1f} s of CPU, {_megabytes():.0f} MB, the fake model included")


async def _briefed(briefer: Briefer, source: Source, style: Any) -> Briefing:
    async with briefer:
        return await briefer.asummarize(source, **style)


def _bare(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
