"""Measure where sentences begin against labelled texts, beside sentencex alone, pysbd and a regular expression.

    python -m venv PEERS && PEERS/bin/pip install pysbd
    python benchmarks/sentences.py DATA [--peers PEERS/bin/python] [--show SET]

DATA is a folder with ``sentences_gold.json``: ``{set: {lang, sep, docs: [{id, paras: [[sentence, …], …]}]}}``. The
sentences of a paragraph are joined by ``sep``; the places inside a paragraph where its second and later sentences begin
are what is to be found. PEERS is an environment with pysbd, which is no dependency of the project and knows no Portuguese.

Documents are halved by the SHA-1 of their ids: the rules of briefing/text were fitted on the first half, "fitted"; the
second is "held". ``--show`` lists the errors in the first half of a set.

Printed are F1, precision and recall of the places, and F1 of the pairs of words between which they are ("by words"): the
sets differ in which sentence a closing quotation mark or a dash between two sentences belongs to.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import regex
from sentencex import get_sentence_boundaries

from briefing.text.sentences import read_sentences

#: Language, text of the paragraph, and where its second and later sentences begin.
Paragraph = tuple[str, str, set[int]]
_BREAK = regex.compile(r"[.!?…][\"'”’»)]*\s+(?=[^\s\p{Ll}])|[。！？][”’」』）]*")
_PYSBD = """
import json, sys, pysbd
found = []
for lang, text in json.load(sys.stdin):
    try:
        spans = pysbd.Segmenter(language=lang, clean=False, char_span=True).segment(text)
        found.append([span.start for span in spans])
    except ValueError:  # a language that it does not know
        found.append(None)
print(json.dumps(found))
"""


def paragraphs(gold: Mapping[str, Any], *, fitted: bool) -> Iterator[Paragraph]:
    """The paragraphs of one half of a set."""
    for document in gold["docs"]:
        even = int(hashlib.sha1(str(document["id"]).encode()).hexdigest(), 16) % 2 == 0
        for sentences in document["paras"] if even == fitted else ():
            starts, position = set(), 0
            for sentence in sentences[:-1]:
                position += len(sentence) + len(gold["sep"])
                starts.add(position)
            yield gold["lang"], gold["sep"].join(sentences), starts


def by_briefing(lang: str, text: str) -> Iterable[int]:
    return (span.start for span in read_sentences(text, lang))


def by_sentencex(lang: str, text: str) -> Iterable[int]:
    return (boundary["start_index"] for boundary in get_sentence_boundaries(lang, text))


def by_expression(_lang: str, text: str) -> Iterable[int]:
    return (match.end() for match in _BREAK.finditer(text))


def by_pysbd(python: str, given: Sequence[Paragraph]) -> list[list[int] | None]:
    """What pysbd finds in paragraphs, run by another interpreter; `None` where it does not know the language."""
    asked = json.dumps([(lang, text) for lang, text, _ in given])
    done = subprocess.run([python, "-c", _PYSBD], input=asked, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def without_space(text: str, starts: Iterable[int]) -> set[int]:
    """Starts behind any white space before a sentence, without those of the paragraph itself."""
    moved = (start + len(text[start:]) - len(text[start:].lstrip()) for start in starts)
    return {start for start in moved if 0 < start < len(text)}


def words_before(text: str, starts: set[int]) -> set[int]:
    """How many letters and digits stand before each start."""
    return {sum(map(str.isalnum, text[:start])) for start in starts}


def scores(
    given: Sequence[Paragraph], found: Sequence[set[int]], of: Callable[[str, set[int]], set[int]]
) -> list[float]:
    """F1, precision and recall."""
    right = wrong = missed = 0
    for (_, text, gold), starts in zip(given, found, strict=True):
        a, b = of(text, gold), of(text, starts)
        right, wrong, missed = right + len(a & b), wrong + len(b - a), missed + len(a - b)
    return [
        2 * right / max(2 * right + wrong + missed, 1),
        right / max(right + wrong, 1),
        right / max(right + missed, 1),
    ]


def table(sets: Mapping[str, Any], peers: str | None) -> None:
    readers: dict[str, Callable[[str, str], Iterable[int]]] = {
        "briefing": by_briefing,
        "sentencex": by_sentencex,
        "regex": by_expression,
    }
    print("| set | half | borders | reader | F1 | P | R | F1 by words |\n|---|---|---|---|---|---|---|---|")
    for name, gold in sets.items():
        for half in ("fitted", "held"):
            given = list(paragraphs(gold, fitted=half == "fitted"))
            starts: dict[str, list[Iterable[int] | None]] = {
                reader: [read(lang, text) for lang, text, _ in given] for reader, read in readers.items()
            }
            if peers:
                starts["pysbd"] = [*by_pysbd(peers, given)]
            for reader, answers in starts.items():
                row = f"| {name} | {half} | {sum(len(gold) for _, _, gold in given)} | {reader} |"
                if None in answers:
                    print(f"{row} – | – | – | – |")
                    continue
                found = [
                    without_space(text, some or ()) for (_, text, _), some in zip(given, answers, strict=True)
                ]
                exact, words = scores(given, found, lambda _, some: some), scores(given, found, words_before)
                print(row, *(f"{value:.3f} |" for value in [*exact, words[0]]))


def show(gold: Mapping[str, Any]) -> None:
    for lang, text, starts in paragraphs(gold, fitted=True):
        found = without_space(text, by_briefing(lang, text))
        for start in sorted(found ^ starts):
            kind = "wrong " if start in found else "missed"
            print(f"{kind} {text[max(0, start - 60) : start]}‖{text[start : start + 40]}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Beginnings of sentences: briefing and its peers.")
    parser.add_argument("data", type=Path, help="folder with sentences_gold.json")
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter that has pysbd")
    parser.add_argument("--show", metavar="SET", help="list the errors in the half that was fitted on")
    options = parser.parse_args()
    sets = json.loads((options.data / "sentences_gold.json").read_text("utf-8"))
    if options.show:
        show(sets[options.show])
    else:
        table(sets, options.peers)


if __name__ == "__main__":
    main()
