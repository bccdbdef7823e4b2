"""Time of `briefing.check`: a draft with many quotations against many articles.

    python benchmarks/checking.py [--articles N] [--characters N] [--quotations N]

Articles are made of the English seeds' words, each with its own sentences and quotations. A third of the quotations is
verbatim, a third has one word altered, a third is invented. The best of three runs counts; articles are read anew in each.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

from briefing import Checked, Source, check

SEEDS = Path(__file__).parent.parent / "seeds"
PEOPLE = ("Maren Holt", "Oskar Lind", "Ida Moe", "Tom Berg", "Ruth Carmel", "Nils Strand")


def sentence(words: list[str], rng: random.Random, length: int) -> str:
    """Words in any order."""
    return " ".join(rng.choices(words, k=length)).capitalize()


def made(articles: int, characters: int, quotations: int) -> tuple[str, list[str]]:
    """A draft, and the articles that it quotes."""
    rng = random.Random(1)
    text = " ".join(path.read_text("utf-8") for path in sorted(SEEDS.glob("*-*.txt")))
    words = sorted({word for word in text.split() if word.isascii() and word.isalpha() and word.islower()})
    texts, quoted = [], []
    for _ in range(articles):
        parts: list[str] = []
        while sum(map(len, parts)) < characters:
            parts.append(f"{sentence(words, rng, 16)}.")
            words_said, name = sentence(words, rng, 14), rng.choice(PEOPLE)
            parts.append(f"“{words_said},” said {name}.")
            quoted.append((words_said, name))
        texts.append(" ".join(parts))
    lines = []
    for number, (said, name) in enumerate(rng.sample(quoted, quotations)):
        if number % 3 == 1:
            said = said.replace(said.split()[5], rng.choice(words))
        elif number % 3 == 2:
            said = sentence(words, rng, 14)
        lines.append(f"The next speaker was heard on Monday in the hall. “{said},” said {name}.")
    return "\n".join(lines), texts


def main() -> None:
    """Print the time and what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100)
    parser.add_argument("--characters", type=int, default=4000)
    parser.add_argument("--quotations", type=int, default=40)
    options = parser.parse_args()
    draft, texts = made(options.articles, options.characters, options.quotations)
    check(draft[:500], texts[:1])  # what is loaded on first use
    best, result = float("inf"), Checked(ok=True, quotes=(), statements=())
    for _ in range(3):
        start = time.perf_counter()
        result = check(draft, [Source.from_text(text, lang="en") for text in texts], lang="en")
        best = min(best, time.perf_counter() - start)
    backed = sum(quote.backed for quote in result.quotes)
    print(
        f"{len(result.quotes)} quotations ({backed} backed), {len(result.statements)} sentences, {len(texts)} articles "
        f"of {sum(map(len, texts)) // len(texts):,} characters: {best:.2f} s"
    )


if __name__ == "__main__":
    main()
