"""Labels of transcripts without a colon: "[Anna Lind] …", "LIND - …", "Mr. LIND. …", or a name in a line of its own.

Each of these forms has other uses as well: a place before a report, an item of a list, a heading. So a text that has them is a
transcript only under stricter conditions (`briefing.quotations.transcript`), and only labels of one form count.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import regex

_WORD = r"[\p{Lu}\p{Lo}][\p{L}\p{M}'’·-]*(?:\.(?=[ \u00a0]))?"
_NAME = rf"(?:\p{{L}}{{1,4}}\.?[ \u00a0])?{_WORD}(?:[ \u00a0](?:(?:v[ao]n|de[rlns]?|d[aiou]s?|al|bin)[ \u00a0]){{0,2}}{_WORD}){{0,4}}"
#: A surname or office in capitals, with its title: "Mr. LIND", "The CHAIRMAN", "ANA RUIZ".
_CAPITALS = r"(?:(?:[Tt]he|THE|\p{Lu}\p{L}{0,4}\.?)[ \u00a0])?\p{Lu}{2}[\p{Lu}\p{M}'’-]*(?:[ \u00a0]\p{Lu}[\p{Lu}\p{M}'’-]*){0,3}"
_TIME = r"(?:[\[(]?\d{1,2}:\d{2}(?::\d{2})?[\])]?[ \t]+)?"
_FORMS = {
    "bracketed": rf"{_TIME}[\[<【〔](?P<name>{_NAME})[\]>】〕][ \t]*[:：]?",
    "parenthesized": rf"{_TIME}[(（](?P<name>{_NAME})[)）][ \t]*[:：]?",
    "bold": rf"\*\*(?P<name>{_NAME})\*\*(?=[ \t])",
    "dashed": rf"{_TIME}(?P<name>{_NAME})(?:,[ ][^\n,:.]{{1,60}}?)?[ \u00a0](?:[-–—|»/])(?=[ \u00a0])|(?P<name>\p{{Han}}{{2,4}})(?:——|──|[—｜|])",
    "quoting": rf"{_TIME}(?P<name>{_NAME})>(?=[ \u00a0])",
    "stopped": rf"(?P<name>{_CAPITALS})\.(?=[ \u00a0])|(?P<name>{_NAME})\.?[-–—]{{1,2}}(?=[ \u00a0])",
    "spaced": r"(?P<name>\p{Han}{2,4})\u3000",
    "alone": rf"(?P<name>{_CAPITALS}|{_WORD}[ ]{_WORD}(?:[ ]{_WORD})?)[ \t]*\n",
}
_LABELS = {
    form: regex.compile(rf"[ \t]*(?:{pattern})[ \t\u00a0]*(?=\S)", regex.MULTILINE)
    for form, pattern in _FORMS.items()
}
#: The end of a label of each form; `re` looks for it faster than `regex` for the label.
_ENDS = {
    "bracketed": re.compile(r"^[ \t]*[\[<【〔\d(].*?[\]>】〕]"),
    "parenthesized": re.compile(r"^[ \t]*[\d(（].*?[)）]"),
    "bold": re.compile(r"^[ \t]*\*\*"),
    "dashed": re.compile(r"[ \u00a0][-–—|»/][ \u00a0]|——|──|[—｜|]"),
    "quoting": re.compile(r">[ \u00a0]"),
    "stopped": re.compile(r"[A-ZÀ-ÞА-Я’'-]{2}\.[ \u00a0]|[–—-][ \u00a0]"),
    "spaced": re.compile("\u3000"),
    "alone": re.compile(r"^[^.!?]{2,60}\n"),
}
#: A character at the end of one, and those with which no label begins.
_MAY_END = re.compile(r"[\])）>】〕*|»/｜—–─\u3000]|[ \u00a0.]-|[A-ZÀ-ÞА-Я’'-]{2}\.")
_NO_LABEL = "“\"„«‘「'#"
#: The characters of a line in which it stands.
_LONGEST_LABEL = 90
#: Equal characters with which two lines of one speaker begin.
_SAME_BEGINNING = 4
#: Labels that occur at least twice, of all.
_LEAST_RECURRING = 0.6


def find_label_forms(text: str) -> Iterator[list[regex.Match[str]]]:
    """Yield the labels of each form that a text has, if two of them recur; those of one form are of one kind."""
    # For speed: in most texts no two lines begin alike that may have a label.
    pieces = [line for line in text.split("\n") if line and line[0] not in _NO_LABEL]
    beginnings = [line[:_SAME_BEGINNING] for line in pieces]
    if len(set(beginnings)) == len(beginnings):
        return
    counts = Counter(beginnings)
    likely = [
        line
        for line, same in zip(pieces, beginnings, strict=True)
        if counts[same] > 1 and _may_have_label(line)
    ]
    if len(likely) < 2:
        return
    lines = list(_lines(text))
    repeated = [start for start in lines if counts[text[start : start + _SAME_BEGINNING]] > 1]
    heads = [(start, text[start : start + _LONGEST_LABEL]) for start in repeated]
    for form, pattern in _LABELS.items():
        begun = [start for start, head in heads if _ENDS[form].search(head)]
        if len(begun) < 2 or len(_matches(pattern, text, begun)) < 2:
            continue
        found = _matches(pattern, text, lines)
        names = defaultdict(list)
        for match in found:
            names[match["name"].casefold()].append(match)
        recurring = [name for name, labels in names.items() if len(labels) > 1]
        if not recurring or sum(len(names[name]) for name in recurring) < _LEAST_RECURRING * len(found):
            continue
        capitals = all(names[name][0]["name"].isupper() for name in recurring)
        yield [match for match in found if match["name"].isupper() or not capitals]


def _may_have_label(line: str) -> bool:
    return len(line) < _LONGEST_LABEL or _MAY_END.search(line, 0, _LONGEST_LABEL) is not None


def _lines(text: str) -> Iterator[int]:
    """The offsets of the lines that are not empty."""
    start = 0
    for line in text.split("\n"):
        if line:
            yield start
        start += len(line) + 1


def _matches(pattern: regex.Pattern[str], text: str, lines: list[int]) -> list[regex.Match[str]]:
    return [match for start in lines if (match := pattern.match(text, start))]
