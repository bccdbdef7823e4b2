"""Measure the quotation reader against labelled news, beside a plain regular expression, and run it over everything else.

    python benchmarks/quotations.py DATA [--half even|odd] [--show]

DATA is a folder with any of these files, one JSON object a line (``text``, ``lang``, ``quotes``):

- ``polnear_*_en.jsonl``: PolNeAR, US news; direct quotations, and mixed ones that are partly in marks;
- ``german_wikinews_quotes_de.jsonl``: German Wikinews; direct quotations.

Gold are the segments of direct quotations, and what stands in marks inside mixed ones. A span matches a gold span
where they overlap by 0.8 (intersection over union), marks and white space at the ends not counted.

PolNeAR is scored twice. *As labelled* takes the types and segments of the file as they stand. *By marks* takes from
every labelled attribution what of it stands in marks; it is direct where nothing is left over, else mixed. The two
differ because the file's labels have four faults:

1. Where double marks are typed as two apostrophes (``''``: the 40 articles of one paper), none is labelled mixed, and
   143 that are partly in marks are labelled indirect.
2. Some labelled direct only begin with a mark, or end with one, and hold words that stand in none.
3. Segments are cut where a sentence ends inside the marks, and not cut between two quotations in a row.
4. Of a mixed one whose segment leaves out one of two marks, nothing is gold.

- recall: gold spans matched by any span, of either kind;
- precision, recall, F1 of speech: spans of kind ``speech`` against gold;
- F1 (direct): the same with direct quotations for gold alone; spans inside mixed and indirect ones count neither way,
  since their annotators left open whether a few quoted words are somebody's speech;
- given: share of matched speech with a gold speaker where the reader names one;
- at place: share of these where the reader's speaker and the gold mention overlap in the text;
- by name: the same, where any mention that shares a word with the gold one, pronouns included, counts;
- hints: quotations with a gold speaker whose speaker the prompt names, and the share that is right by name;
- overrides: those whose speaker is believed instead of the model's (`is_adjacent_name`), and the share that is right by name.

``--half`` takes the articles whose id has an even or an odd SHA-1: the rules were fitted on the even ones.

The regular expression finds the usual pairs of marks inside a line, takes every one for speech, and names nobody.

Then every other file of the folder is read, and all offsets are checked. ``--show`` lists what was missed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import regex

from briefing import Source
from briefing.grounding.resolution import offered_quotations
from briefing.grounding.speakers import is_adjacent_name, named_speaker
from briefing.quotations import is_pronoun
from briefing.quotations.extraction import Quotation, read_quotations
from briefing.spans import Span
from briefing.text.sentences import read_sentences

_MARKS = "“”\"„‟«»‹›‘’‚'`"
_MARKED = regex.compile(r"“([^“”]+)[”\"]|\"([^\"“”]+)\"|''((?:(?!'').)+)''|‘(.{3,}?)’(?!\w)|„([^“”]+)[“”]")
#: The same, where one of the two marks may be missing at the end of a line.
_MARKED_HALF = regex.compile(
    r"“([^“”\n]+)(?:[”\"“]|$)|\"([^\"“”\n]+)(?:[\"”]|$)|''((?:(?!'').)+)(?:''|$)|‘(.{3,}?)’(?!\w)",
    regex.MULTILINE,
)
_PLAIN = regex.compile(
    r"[“„”]([^“”„\n]+)[“”]|\"([^\"\n]+)\"|''((?:(?!'').)+)''|«([^«»\n]+)»|»([^«»\n]+)«|‘([^‘’\n]+)’(?!\w)"
)
_OVERLAP = 0.8

Finder = Callable[[str, str], list[Quotation]]


@dataclass(frozen=True)
class Gold:
    """A labelled span; `kind` is direct, mixed or indirect, `speaker` the offsets of its mention."""

    start: int
    end: int
    kind: str
    speaker: tuple[int, int] | None


def half_of(identifier: str) -> str:
    """Return "even" or "odd", by the SHA-1 of an article's id."""
    return ("even", "odd")[int(hashlib.sha1(str(identifier).encode()).hexdigest(), 16) % 2]


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out marks and white space at the ends."""
    while start < end and (text[start].isspace() or text[start] in _MARKS):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in _MARKS):
        end -= 1
    return start, end


def groups(
    pattern: regex.Pattern[str], text: str, start: int = 0, end: int | None = None
) -> list[tuple[int, int]]:
    """What the groups of a pattern enclose; one group matches at a time."""
    return [
        match.span(match.lastindex)
        for match in pattern.finditer(text, start, len(text) if end is None else end)
    ]


def as_labelled(article: dict[str, Any]) -> Iterator[Gold]:
    """The labelled spans of an article: direct segments, marked parts of mixed ones, and whole indirect ones."""
    text = article["text"]
    for quote in article["quotes"]:
        kind, speaker = str(quote["type"]).lower(), speaker_of(quote)
        for start, end in segments_of(quote):
            if kind == "direct":
                yield Gold(*trim(text, start, end), kind, speaker)
            elif kind == "mixed":
                for part in groups(_MARKED, text, start, end):
                    yield Gold(*trim(text, *part), kind, speaker)
            if kind != "direct":
                yield Gold(start, end, "indirect", speaker)


def by_marks(article: dict[str, Any]) -> Iterator[Gold]:
    """What of each labelled attribution stands in marks, and the whole ones (see above)."""
    text = article["text"]
    marked = groups(_MARKED_HALF, text)
    for quote in article["quotes"]:
        speaker = speaker_of(quote)
        segments: list[tuple[int, int]] = []
        for start, end in segments_of(quote):
            if segments and not text[segments[-1][1] : start].strip():
                segments[-1] = (segments[-1][0], end)
            else:
                segments.append((start, end))
        for start, end in segments:
            parts = [
                trim(text, max(a, start), min(b, end))
                for a, b in marked
                # A piece from the middle of a quotation is somebody's indirect speech in it.
                if (start < a < end or start < b < end or trim(text, a, b) == trim(text, start, end))
            ]
            left = [text[x:y] for x, y in pairwise([start, *(edge for part in parts for edge in part), end])][
                ::2
            ]
            whole = not any(char.isalnum() for char in "".join(left))
            if not whole or not parts:
                yield Gold(start, end, "indirect", speaker)
            for part in parts or ([trim(text, start, end)] if quote["type"].lower() == "direct" else []):
                yield Gold(*part, "direct" if whole or len(parts) == 0 else "mixed", speaker)


def segments_of(quote: dict[str, Any]) -> list[tuple[int, int]]:
    """Offsets of a labelled quotation."""
    return [(start, end) for start, end in quote.get("segments") or [(quote["start"], quote["end"])]]


def speaker_of(quote: dict[str, Any]) -> tuple[int, int] | None:
    """Offsets of the labelled speaker."""
    return tuple(quote["speaker_span"]) if quote.get("speaker_span") else None


def plain(text: str, _lang: str) -> list[Quotation]:
    """The baseline: whatever stands in marks is speech."""
    return [
        Quotation(spans=(Span.of(text, *span),), kind="speech")
        for span in groups(_PLAIN, text)
        if text[slice(*span)].strip()
    ]


def overlap(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Intersection over union of two ranges."""
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return max(0, shared) / max(1, max(a[1], b[1]) - min(a[0], b[0]))


def same_speaker(text: str, quotation: Quotation, gold: tuple[int, int]) -> tuple[bool, bool]:
    """Whether the speakers overlap in the text, and whether their names share a word."""
    span = quotation.speaker_span
    if span is None:
        return False, False
    at_place = span.start < gold[1] and gold[0] < span.end
    small = {"the", "a", "an", "of", "der", "die", "das", "des", "ein", "eine", "von", "mr", "mrs", "ms"}
    words = {w for w in regex.findall(r"\w+", span.text.lower()) if w not in small}
    return at_place, at_place or bool(words & set(regex.findall(r"\w+", text[gold[0] : gold[1]].lower())))


def score(
    articles: list[dict[str, Any]],
    labels: Callable[[dict[str, Any]], Iterator[Gold]],
    find: Finder,
    *,
    show: bool,
) -> Counter[str]:
    """Count hits and misses over some articles."""
    count: Counter[str] = Counter()
    for article in articles:
        text = article["text"]
        gold = [g for g in labels(article) if g.start < g.end]
        wanted = [g for g in gold if g.kind != "indirect"]
        found = [
            (trim(text, span.start, span.end), quotation)
            for quotation in find(text, article["lang"])
            for span in quotation.spans
        ]
        for g in wanted:
            matches = [q for place, q in found if overlap(place, (g.start, g.end)) >= _OVERLAP]
            speech = [q for q in matches if q.kind == "speech"]
            count["gold"] += 1
            count["matched"] += bool(matches)
            count["speech matched"] += bool(speech)
            count["direct"] += g.kind == "direct"
            count["direct matched"] += g.kind == "direct" and bool(speech)
            if show and not speech:
                report("MISSED" if not matches else "OTHER", text, g.start, g.end, g.kind)
            if speech and g.speaker:
                at_place, by_name = same_speaker(text, speech[0], g.speaker)
                count["speakers"] += 1
                count["speakers given"] += speech[0].speaker is not None
                count["speaker at place"] += at_place
                count["speaker by name"] += by_name
                if show and not at_place:
                    names = f"{speech[0].speaker!r} for {text[slice(*g.speaker)]!r}"
                    report("NAME" if by_name else "SPEAKER", text, g.start, g.end, names)
        for place, quotation in found:
            if quotation.kind != "speech":
                continue
            hits = {g.kind for g in wanted if overlap(place, (g.start, g.end)) >= _OVERLAP}
            inside = any(g.start <= place[0] and place[1] <= g.end for g in gold)
            count["speech"] += 1
            count["speech right"] += bool(hits)
            count["speech judged"] += "direct" in hits or not (hits or inside)
            count["speech direct"] += "direct" in hits
            if show and not hits:
                report("INSIDE" if inside else "WRONG", text, *place, str(quotation.speaker))
    return count


def score_cues(
    articles: list[dict[str, Any]], labels: Callable[[dict[str, Any]], Iterator[Gold]]
) -> Counter[str]:
    """Count the speakers that the prompt names and those that go before the model's, and which are right."""
    count: Counter[str] = Counter()
    for article in articles:
        source = Source.from_text(article["text"], lang=article["lang"])
        spoken = [g for g in labels(article) if g.start < g.end and g.kind != "indirect" and g.speaker]
        for quotation in offered_quotations(source):
            places = [trim(source.text, span.start, span.end) for span in quotation.spans]
            gold = [g for g in spoken if any(overlap(p, (g.start, g.end)) >= _OVERLAP for p in places)]
            if not gold or quotation.speaker is None:
                continue
            right = same_speaker(source.text, quotation, gold[0].speaker or (0, 0))[1]
            named = named_speaker(quotation, source)
            hint = not is_pronoun(quotation.speaker, source.lang)
            overrides = named is not None and is_adjacent_name(named, quotation, source)
            count.update({"hints": hint, "hints right": hint and right})
            count.update({"overrides": overrides, "overrides right": overrides and right})
    return count


def report(label: str, text: str, start: int, end: int, note: str) -> None:
    """Print one case with the text around it."""
    before, after = text[max(0, start - 90) : start], text[end : end + 90]
    print(f"{label} ({note}) {before!r} [[{text[start:end][:120]!r}]] {after!r}")


def ratio(part: float, whole: float) -> float:
    """A share that is 0 where there is nothing."""
    return part / whole if whole else 0.0


def f1(precision: float, recall: float) -> float:
    """Harmonic mean of precision and recall."""
    return ratio(2 * precision * recall, precision + recall)


def row(name: str, count: Counter[str]) -> str:
    """One line of the table."""
    precision, recall = (
        ratio(count["speech right"], count["speech"]),
        ratio(count["speech matched"], count["gold"]),
    )
    direct = f1(
        ratio(count["speech direct"], count["speech judged"]), ratio(count["direct matched"], count["direct"])
    )
    numbers = (
        ratio(count["matched"], count["gold"]),
        precision,
        recall,
        f1(precision, recall),
        direct,
        ratio(count["speakers given"], count["speakers"]),
        ratio(count["speaker at place"], count["speakers given"]),
        ratio(count["speaker by name"], count["speakers given"]),
    )
    cues = "".join(
        f"{count[what]:6} {ratio(count[f'{what} right'], count[what]):.3f}" for what in ("hints", "overrides")
    )
    return f"{name:32}{count['gold']:6}" + "".join(f"{number:10.3f}" for number in numbers) + cues


def check(text: str, lang: str) -> tuple[int, int]:
    """Read a text and check every offset; the numbers of its sentences and quotations."""
    sentences, quotations = read_sentences(text, lang), read_quotations(text, lang)
    covered = 0
    for sentence in sentences:
        assert sentence.text == text[sentence.start : sentence.end], sentence
        assert not text[covered : sentence.start].strip(), sentence
        covered = sentence.end
    assert not text[covered:].strip()
    for quotation in quotations:
        named = [quotation.speaker_span] if quotation.speaker_span else []
        assert all(
            span.text == text[span.start : span.end] and span.text.strip()
            for span in [*quotation.spans, *named]
        ), quotation
    return len(sentences), len(quotations)


def main() -> None:
    """Print the table, then what reading everything found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--half", choices=("even", "odd"), help="only the articles whose id has such a SHA-1")
    parser.add_argument("--show", action="store_true", help="list misses and false alarms")
    arguments = parser.parse_args()
    folder: Path = arguments.data

    columns = (
        "recall",
        "precision",
        "recall",
        "F1",
        "F1 direct",
        "given",
        "at place",
        "by name",
        "   hints",
        " overrides",
    )
    print(f"{'':38}{'spans':>10}{'speech':>10}")
    print(f"{'file':32}{'gold':>6}" + "".join(f"{column:>10}" for column in columns))
    for path in sorted([*folder.glob("polnear_*_en.jsonl"), *folder.glob("german_wikinews_quotes_de.jsonl")]):
        lines = path.read_text(encoding="utf-8").splitlines()
        articles: list[dict[str, Any]] = [json.loads(line) for line in lines]
        if arguments.half:
            articles = [one for one in articles if half_of(one["id"]) == arguments.half]
        golds = {"as labelled": as_labelled}
        if path.stem.startswith("polnear"):
            golds["by marks"] = by_marks
        print(path.stem)
        for name, labels in golds.items():
            print(row(f"  {name}: plain regex", score(articles, labels, plain, show=False)))
            count = score(articles, labels, read_quotations, show=arguments.show)
            print(row(f"  {name}: briefing", count + score_cues(articles, labels)))
    if arguments.half:
        return

    begun = time.perf_counter()
    texts = characters = sentences = quotations = 0
    for path in sorted([*folder.glob("*.jsonl"), *folder.glob("*.txt")]):
        raw = path.read_text(encoding="utf-8")
        articles = (
            [{"text": raw, "lang": "en"}] if path.suffix == ".txt" else map(json.loads, raw.splitlines())
        )
        for article in articles:
            found = check(article["text"], article.get("lang") or "en")
            texts, characters = texts + 1, characters + len(article["text"])
            sentences, quotations = sentences + found[0], quotations + found[1]
    seconds = time.perf_counter() - begun
    print(
        f"\n{texts} texts, {characters:,} characters: {sentences:,} sentences, {quotations:,} quotations, "
        f"all offsets true, {seconds:.1f} s",
        file=sys.stdout,
    )


if __name__ == "__main__":
    main()
