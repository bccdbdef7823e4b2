"""Tokens of the local model by question: read, of these not in its prompt cache, and written; from recorded exchanges.

    python benchmarks/local_tokens.py [cassettes/seeds]

No model is asked: servers count tokens, and cassettes keep their counts. The first question about an article reads the article. Without
a label, an exchange is known by the fields of its answer, or as a repair by its longer dialogue. "Again" counts items of lists that
begin like an earlier one (the same name, text or id); they are left out of the result. "Seconds" are those of two shared cores, which
read 60 tokens a second and write 12. Articles in the written style (`NAME.written.yaml`) have a table of their own; they were recorded behind the extractive
style of the same article, which was in the cache then.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from briefing.sources import load_yaml

_READ_A_SECOND, _WRITTEN_A_SECOND = 60, 12
_COLUMNS = ("calls", "read", "new", "written", "items", "again")


def question(exchange: dict[str, Any]) -> tuple[str, Counter[str]]:
    """What an exchange asked for, and its counts."""
    asked, answered = exchange["request"]["json"], exchange["response"]["body"]["json"]
    usage, written = answered["usage"], json.loads(answered["choices"][0]["message"]["content"])
    lists = [value for value in written.values() if isinstance(value, list)]
    name = "repair" if len(asked["messages"]) > 2 else "+".join(written)
    read = usage["prompt_tokens"]
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    counts = {
        "calls": 1,
        "read": read,
        "new": read - cached,
        "written": usage["completion_tokens"],
        "items": sum(map(len, lists)),
        "again": sum(len(items) - len({begins(item) for item in items}) for items in lists),
    }
    return name, Counter(counts)


def begins(item: Any) -> str:
    """What tells an item of a list from others: its first value."""
    values = list(item.values()) if isinstance(item, dict) else item
    return json.dumps(values[0] if isinstance(values, list) and values else values)


def table(cassettes: Iterable[Path]) -> dict[str, dict[str, float]]:
    """The counts of each question and of all together, per article."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    articles = 0
    for path in cassettes:
        articles += 1
        for exchange in load_yaml(path.read_text("utf-8"))["interactions"]:
            name, counted = question(exchange)
            counts[name].update(counted)
            counts["all"].update(counted)
    ordered = [*(name for name in counts if name != "all"), "all"]
    rows = {name: {column: counts[name][column] / articles for column in _COLUMNS} for name in ordered}
    for row in rows.values():
        row["seconds"] = row["new"] / _READ_A_SECOND + row["written"] / _WRITTEN_A_SECOND
    return rows


def main() -> None:
    """Print a table for each style."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path("cassettes/seeds"))
    folder: Path = parser.parse_args().folder
    found = sorted(folder.glob("*.yaml"))
    written = [path for path in found if path.stem.endswith(".written")]
    for style, cassettes in (
        ("extractive", [path for path in found if path not in written]),
        ("written", written),
    ):
        if not cassettes:
            continue
        print(f"\n{style}, {len(cassettes)} articles, means per article")
        print(f"{'question':24}" + "".join(f"{column:>9}" for column in (*_COLUMNS, "seconds")))
        for name, row in table(cassettes).items():
            print(f"{name:24}" + "".join(f"{value:9.1f}" for value in row.values()))


if __name__ == "__main__":
    main()
