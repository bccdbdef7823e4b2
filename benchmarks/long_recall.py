"""What a model finds of facts that are hidden in long real texts, by depth.

    python benchmarks/long_recall.py DATA [--model local] [--reading-length N ...] [--facts 40] [--save FOLDER]

Each text joins articles of DATA until it has at least 10,000 words. The facts (a number, a name, a quotation, a decision)
are about one made-up subject, at ten depths, and the model is asked for a list of all that is said about it. A fact is found
if an item cites its sentence, and told if that item also says what is new in it. --save writes the items, to be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import time
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from briefing import Briefer, Cited, Source

DEPTHS = 10
SUBJECT = "the Mallory bequest"
SETS = {
    "news": "polnear_train_en.jsonl",
    "mixed": "gum_entities_summaries_en.jsonl",
    "written": "llm_news_human_writers_en.jsonl",
}
FIRST = ["Anna", "Karl", "Mira", "Tom", "Ruth", "Oskar", "Lena", "Piet", "Clara", "Hugo"]
LAST = ["Veldt", "Marsh", "Quill", "Tarn", "Brock", "Sallow", "Hearn", "Dove", "Ostrow", "Kemp"]


class Said(BaseModel):
    """What a text says about one subject."""

    facts: Annotated[
        list[Cited[str]],
        Field(
            description=f"everything that the text says about {SUBJECT}, one short sentence for each fact",
            json_schema_extra={"minItems": 1, "maxItems": 30},
        ),
    ]


def main() -> None:
    """Ask about each text with each length of its parts, and print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="local")
    parser.add_argument("--reading-length", type=int, nargs="*", default=[50_000])
    parser.add_argument("--facts", type=int, default=40)
    parser.add_argument("--words", type=int, default=10_000)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--save", type=Path)
    options = parser.parse_args()
    for length in options.reading_length:
        briefer = Briefer(
            options.model, options={"reading_length": length}, plan="long", timeout=1800, max_attempts=2
        )
        found, told, planted = [0] * DEPTHS, [0] * DEPTHS, [0] * DEPTHS
        for name in options.sets:
            text, facts = long_text(options.data / SETS[name], options.words, options.facts)
            source = Source.from_text(text, lang="en")
            begun = time.monotonic()
            items = briefer.summarize(source, schema=Said).facts
            cited = [(span.start, span.end, item) for item in items for span in item.evidence]
            hits = 0
            for number, (sentence, new) in enumerate(facts):
                at, depth = text.index(sentence), number * DEPTHS // len(facts)
                planted[depth] += 1
                backed = [item for start, end, item in cited if start < at + len(sentence) and at < end]
                hits += bool(backed)
                found[depth] += bool(backed)
                told[depth] += any(new.casefold() in str(item.value).casefold() for item in backed)
            others = sum(
                not any(fact in span.text for fact, _ in facts for span in item.evidence) for item in items
            )
            print(
                f"{length} {name}: {len(text.split()):,} words, {hits} of {len(facts)} facts, {len(items)} items, "
                f"{others} about something else, {time.monotonic() - begun:.0f} s",
                flush=True,
            )
            if options.save:
                options.save.mkdir(parents=True, exist_ok=True)
                rows = [
                    {
                        "value": item.value,
                        "support": item.support,
                        "evidence": [s.text for s in item.evidence],
                    }
                    for item in items
                ]
                (options.save / f"{name}-{length}.json").write_text(
                    json.dumps(rows, ensure_ascii=False, indent=1)
                )
        for label, counts in (("found", found), ("told", told)):
            shares = [count / number for count, number in zip(counts, planted, strict=True)]
            print(
                f"{length} {label}: {' '.join(f'{share:.2f}' for share in shares)}; all {sum(counts) / sum(planted):.2f}; "
                f"worst / best {min(shares) / max(1e-9, *shares):.2f}",
                flush=True,
            )


def long_text(path: Path, words: int, count: int) -> tuple[str, list[tuple[str, str]]]:
    """Return a text of at least so many words, and the facts in it with what is new in each, in their order."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row.get("lang", "en") == "en"]
    rows.sort(key=lambda row: hashlib.sha1(row["id"].encode()).hexdigest())
    paragraphs: list[str] = []
    length = 0
    for row in rows:
        if length >= words:
            break
        paragraphs += [line for line in row["text"].split("\n") if line.strip()]
        length += len(row["text"].split())
    facts = planted_facts(count)
    lengths = [len(paragraph) for paragraph in paragraphs]
    whole, before, number = sum(lengths), 0, 0
    placed: list[str] = []
    for paragraph in paragraphs:
        placed.append(paragraph)
        before += len(paragraph)
        while number < count and before >= (number + 0.5) / count * whole:
            placed.append(facts[number][0])
            number += 1
    return "\n\n".join(placed) + "\n", facts


def planted_facts(count: int, seed: int = 1) -> list[tuple[str, str]]:
    """Return so many sentences about the subject, each with the words that only it has."""
    choose = random.Random(seed)
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    choose.shuffle(names)
    facts = []
    for number in range(count):
        name = names[number]
        amount = f"{3000 + 17 * number:,}"
        room = str(100 + number)
        facts.append(
            [
                (f"An audit of the Mallory bequest counted {amount} crowns.", amount),
                (f"The Mallory bequest is now looked after by {name}.", name),
                (f"“I want the Mallory bequest in room {room} by tonight,” said {name}.", room),
                (f"The committee has decided to sell lot {room} of the Mallory bequest.", room),
            ][number % 4]
        )
    return facts


if __name__ == "__main__":
    main()
