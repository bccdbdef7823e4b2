"""Whether a statement is backed by its evidence, as far as can be told without a model.

The check looks at what can be told for certain: numbers and names that the statement holds
and the evidence lacks, and the language that it is written in. It does not see paraphrase;
what passes is not proved true.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

import regex

_NUMBER = regex.compile(r"\p{Nd}+(?:[.,'’\u00a0\u202f٬٫]\p{Nd}+)*")
_GROUPED = regex.compile(r"\d{1,3}(?:[.,]\d{3})+")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’.\-‐‑&][\p{L}\p{M}\p{N}]+)*")
_JOINT = regex.compile(r"['’.\-‐‑&]")
_CAPITALISED = regex.compile(
    r"(?<![\p{L}\p{M}\p{N}])\p{Lu}[\p{L}\p{M}\p{N}]*(?:['’.\-‐‑&][\p{L}\p{M}\p{N}]+)*"
    r"(?:\s+\p{Lu}[\p{L}\p{M}\p{N}]*(?:['’.\-‐‑&][\p{L}\p{M}\p{N}]+)*)*"
)
_KATAKANA = regex.compile(r"[\p{Katakana}ー]{3,}(?:・[\p{Katakana}ー]+)*")
_SENTENCE_START = regex.compile(r"(?:^|[.!?:;…]\s+)[\"'“‘«„(\[¿¡—–-]*\s*$")
_POSSESSIVE = regex.compile(r"['’](?:s|S)?$")
_SCRIPTS = ("Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Han", "Hiragana", "Katakana", "Hangul",
            "Thai", "Devanagari", "Bengali", "Tamil", "Georgian", "Armenian", "Ethiopic")  # fmt: skip
_SCRIPT_PATTERNS = {script: regex.compile(rf"\p{{{script}}}") for script in _SCRIPTS}
_LONGEST_ACRONYM = 8
_JAPANESE = frozenset(("Han", "Hiragana", "Katakana"))
# Every German noun has a capital, so that a single one says nothing about names.
_CAPITALISES_NOUNS = frozenset(("de", "lb"))


def missing_items(statement: str, evidence: Iterable[str], lang: str = "und") -> list[str]:
    """Numbers and names that `statement` holds and `evidence` lacks, in order, once each.

    Args:
        statement: what is claimed.
        evidence: the texts that it should rest on.
        lang: language of the statement, a BCP-47 primary tag.
    """
    backing = _Backing("\n".join(evidence))
    missing = [number for number in numbers(statement) if not backing.has_number(number)]
    missing += [name for name in names(statement, lang) if not backing.has_name(name)]
    return list(dict.fromkeys(missing))


def numbers(text: str) -> list[str]:
    """Numbers written in digits, as they stand in the text."""
    return [match.group() for match in _NUMBER.finditer(text)]


def names(text: str, lang: str = "und") -> list[str]:
    """What looks like a name: runs of capitalised words, and of katakana."""
    found = []
    for match in _CAPITALISED.finditer(text):
        words = match.group().split()
        if _SENTENCE_START.search(text[: match.start()]):
            # A sentence's first word has its capital from its place.
            words = words[1:]
        if not words or (lang in _CAPITALISES_NOUNS and len(words) < 2):
            continue
        found.append(" ".join(words))
    found += [match.group() for match in _KATAKANA.finditer(text)]
    return found


class _Backing:
    """What a text can back: its numbers, words and initials."""

    def __init__(self, text: str) -> None:
        self._folded = _folded(text)
        self._numbers = {value for number in numbers(text) for value in _values(number)}
        self._words = {_fold(_POSSESSIVE.sub("", word)) for word in _WORD.findall(text)}
        self._parts = {part for word in self._words for part in _JOINT.split(word)}
        self._initials = _initials(text)
        self._acronyms = {w.replace(".", "") for w in _WORD.findall(text) if w.isupper() and len(w) > 1}

    def has_number(self, number: str) -> bool:
        return not self._numbers.isdisjoint(_values(number))

    def has_name(self, name: str) -> bool:
        words = name.split()
        if len(words) > 1 and "".join(w[0] for w in words if w[0].isupper()) in self._acronyms:
            return True
        return all(self._has_word(word) for word in words)

    def _has_word(self, word: str) -> bool:
        bare = _POSSESSIVE.sub("", word)
        folded = _fold(bare)
        if folded in self._words or folded in self._parts or self._in_compound(folded):
            return True
        if bare.replace(".", "") in self._initials:
            return True
        pieces = [piece for piece in _JOINT.split(folded) if piece]
        if pieces != [folded]:
            return all(piece in self._parts or self._has_stem(piece) for piece in pieces)
        return self._has_stem(folded)

    def _in_compound(self, word: str) -> bool:
        # "Finanzminister" backs "Finanz"; but "Tirana" does not back "Iran".
        if word not in self._folded:
            return False
        if _KATAKANA.match(word):
            return True
        return len(word) >= 4 and any(part.startswith(word) or part.endswith(word) for part in self._words)

    def _has_stem(self, word: str) -> bool:
        return len(word) >= 4 and any(_same_stem(word, part) for part in self._parts)


def _same_stem(one: str, other: str) -> bool:
    """Whether two words differ in their endings only: "Korean" and "Korea", but not "Martin" and "Martha"."""
    common = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    endings = sorted((len(one) - common, len(other) - common))
    return common >= 4 and endings[0] <= 1 and endings[1] <= 3


def _initials(text: str) -> set[str]:
    """Acronyms that runs of capitalised words would give: "United States" gives "US"."""
    found = set()
    for match in regex.finditer(
        r"\p{Lu}[\p{L}]+(?:\s+(?:(?:of|the|and|for|de|des|der|für)\s+)*\p{Lu}[\p{L}]+)+", text
    ):
        capitals = [word[0] for word in match.group().split() if word[0].isupper()]
        found |= {
            "".join(capitals[i : i + length])
            for length in range(2, _LONGEST_ACRONYM + 1)
            for i in range(len(capitals) - length + 1)
        }
    return found


def _values(number: str) -> set[str]:
    """The plain forms a written number may stand for: "1.117" is 1117 or 1.117."""
    digits = "".join(str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in number)
    digits = digits.replace("٬", ",").replace("٫", ".")
    digits = regex.sub("['’\u00a0\u202f]", "", digits)
    values = {digits.replace(",", ".")}
    if _GROUPED.fullmatch(digits):
        values.add(regex.sub("[.,]", "", digits))
    whole, _, decimals = digits.replace(",", "").partition(".")
    values.add(f"{whole}.{decimals}" if decimals else whole)
    return {value.lstrip("0") or "0" for value in values}


@lru_cache(maxsize=8192)
def _fold(word: str) -> str:
    return _folded(word)


def _folded(text: str) -> str:
    """`text` without case and marks; articles do not go into the cache."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def main_script(text: str) -> str | None:
    """The script that most letters of `text` are written in; `None` where there are none."""
    counts = {script: len(pattern.findall(text)) for script, pattern in _SCRIPT_PATTERNS.items()}
    script = max(counts, key=lambda key: counts[key])
    if not counts[script]:
        return None
    return "Han" if script in _JAPANESE else script


def in_script_of(statement: str, texts: Sequence[str]) -> bool:
    """Whether `statement` is written in the script that most of `texts` is written in."""
    wanted = main_script("\n".join(texts)[:5000])
    written = main_script(statement)
    return wanted is None or written is None or wanted == written
