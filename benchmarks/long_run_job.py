"""The program that `long_run.py` kills: as a user would write it, with nothing in it that expects to be killed.

python benchmarks/long_run_job.py ARTICLES.jsonl RUN.db RESULTS.jsonl BASE_URL TIMEOUT
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import briefing


def articles(path: str) -> Iterator[str]:
    """The articles of a file, read as they are needed."""
    with Path(path).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def main(given: str, journal: str, output: str, url: str, timeout: str) -> None:
    """Brief all articles."""
    results = briefing.summarize_many(
        articles(given),
        model="openai/fake",
        base_url=url,
        api_key="test",
        timeout=float(timeout),
        journal=journal,
    )
    with Path(output).open("w", encoding="utf-8", buffering=1) as out:
        for result in results:
            if isinstance(result, briefing.Briefing):
                line = {"index": results.index, "briefing": result.model_dump(mode="json", round_trip=True)}
            else:
                line = {"index": results.index, "error": type(result).__name__}
            out.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
