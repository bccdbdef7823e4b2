"""Check of subject and object: two names that have changed places around the same verb, kind "pairing".

"Tom Berg sued Ida Moe", where the article has "Ida Moe sued Tom Berg". Only names with the same words in small letters between them are
compared, so that a passive or another verb is not; in languages with capitals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import regex

from briefing.grounding.comparison import Worded, wording_finding
from briefing.grounding.findings import Finding
from briefing.quotations import cues_for
from briefing.text import MUTUAL_WORDS

_WORD = r"\p{Lu}[\p{L}\p{M}\p{Nd}.'’-]*"
_NAME = rf"{_WORD}(?:\s(?:&\s)?{_WORD}){{0,4}}"
#: Two names with one to four words between them; matches may overlap.
_PAIR = regex.compile(
    rf"(?<![\p{{L}}\p{{M}}\p{{Nd}}-])(?P<one>{_NAME})\s(?P<verb>(?:\p{{Ll}}+\s){{1,4}})(?P<two>{_NAME})"
)

#: The words between them, found fast.
_BETWEEN_NAMES = re.compile(
    r"[A-ZÀ-ÖØ-ÞА-ЯЁΆ-Ϋ][^\s,;:]* ((?:[a-zß-öø-ÿа-яёά-ώ]+ ){1,4})(?=[A-ZÀ-ÖØ-ÞА-ЯЁΆ-Ϋ])"
)


def swapped_names(stated: Worded, sharing: Sequence[Worded]) -> Iterator[Finding]:
    """Yield the finding that two names have changed places around their verb; at most one.

    Args:
        stated: the statement.
        sharing: the sentences that share words with it.
    """
    # For speed: names are read only around words that a sentence has, too.
    small = cues_for(stated.lang).function_words
    verbs = [verb for verb in _BETWEEN_NAMES.findall(stated.text) if not small.issuperset(verb.split())]
    if not any(verb in sentence.text for verb in verbs for sentence in sharing):
        return
    for one, verb, two, place in _pairs(stated):
        found = []
        for sentence in sharing:
            if verb not in sentence.text:
                continue
            for first, same, second, other in _pairs(sentence):
                if same != verb:
                    continue
                if _is_same(one, first) or _is_same(two, second):
                    return
                if _is_same(one, second) and _is_same(two, first):
                    found.append((sentence, other))
        if found:
            yield wording_finding(stated, "pairing", place, found, "the article has it the other way round")
            return


def _pairs(text: Worded) -> Iterator[tuple[set[str], str, set[str], tuple[int, int]]]:
    """Yield the words of two names, what stands between them, and the place of all."""
    cues = cues_for(text.lang)
    for match in _PAIR.finditer(text.text, overlapped=True):
        words = match["verb"].split()
        if not MUTUAL_WORDS.isdisjoint(words) or cues.function_words.issuperset(words):
            continue
        one, two = (_words(match[name], cues.not_first_in_names) for name in ("one", "two"))
        if one and two:
            yield one, match["verb"], two, match.span()


def _words(name: str, small: frozenset[str]) -> set[str]:
    """Return the words of a name without an article or the like before it: "The" of "The Bears"."""
    words = [word.removesuffix("'s").removesuffix("’s").strip(".") for word in name.split()]
    return {word for word in words if len(word) > 1 and word.lower() not in small}


def _is_same(one: set[str], other: set[str]) -> bool:
    return not one.isdisjoint(other)
