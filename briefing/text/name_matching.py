"""Mentions of a name in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import regex

from briefing.spans import Span
from briefing.text.scripts import UNSPACED
from briefing.text.word_borders import INVISIBLE

# Arabic conjunctions and prepositions are written onto the next word.
_ARABIC_PROCLITICS = r"(?:[وف]?[بلك]?)"
# Hebrew prefixes: "and", "that", "in", "to", "from", "as". Names take no article.
_HEBREW_PROCLITICS = r"(?:[וש]?[בלמכ]?)"
# "That" before one word is the beginning of another one more often.
_HEBREW_PROCLITICS_OF_ONE_WORD = r"(?:ו?[בלמכ]?)"
#: Shorter names take no prefix, with which they are other words: רון in ברון, سام in وسام.
_LEAST_PREFIXED = 4
# Korean particles are written onto the word before, at most two of them.
_KOREAN_PARTICLES = "은|는|이|가|을|를|의|에|에서|에게|에게서|께|께서|와|과|도|로|으로|만|까지|부터|보다|처럼|라고|이라고|이라는|라는|이며|씨"
_GENITIVE_S = frozenset(("de", "sv", "da", "no", "nb", "nn", "nl", "is"))
# Languages that inflect names, with the greatest length of an ending in letters.
_INFLECTED = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "sr", "hr", "sl", "mk", "pl", "cs", "sk", "lt", "lv"), 3),
    **dict.fromkeys(("fi", "et", "hu", "tr", "az", "kk", "eu"), 5),
    **dict.fromkeys(_GENITIVE_S, 1),
}
# Case endings of nouns and adjectives.
_CASE_ENDINGS = dict.fromkeys(
    ("ru", "uk", "be"),
    "(?:[аеиоуыэюяьйїіє]|ом|ем|ём|ою|ею|ой|ей|ёй|ию|ии|ия|ов|ев|ам|ям|ами|ями|ах|ях|ого|его|ому|ему|ым|им|ых|их|ая|яя|ое|ее|ую|юю|"
    "ый|ий|ые|ие|ыми|ими|ью)?",
)
_BRACKETED = regex.compile(
    r"[”\"’'»]?\s?[(（][\"“'‘„«]?(?P<short>[\p{L}\p{N}][\p{L}\p{N}.&\-]{1,9})[\"”'’“»]?[)）]"
)
#: Invisible characters inside a word. A zero-width space parts words.
_IN_WORDS = INVISIBLE.replace("\u200b", "")
_HAS_INVISIBLE = re.compile(f"[{_IN_WORDS}]")  # six times as fast as `regex`
# A line break may stand within a name, but not a blank line.
_SPACE = r"(?:[^\S\n]+\n?[^\S\n]*|\n[^\S\n]*)"
#: Patterns for characters that have variants.
_VARIANTS = {" ": _SPACE} | {mark: f"[{marks}]" for marks in ("'’‘ʼ＇", '"“”„«»', "-‐‑‒–") for mark in marks}
_LETTER_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]")
#: Longest text, in characters, whose last mentions are kept.
_LONGEST_KEPT = 100_000
_GAP = regex.compile(_SPACE)
_IN_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]")
#: A character of a script with word boundaries.
_BOUNDED = regex.compile(rf"[\p{{L}}\p{{M}}\p{{N}}--[{UNSPACED}]]", regex.VERSION1)
#: A run of katakana is one word: マリ is not in ソマリア.
_KATAKANA = regex.compile(r"[\p{Katakana}ーﾞﾟ]")
#: Names whose spelling varies only in white space: without apostrophes, hyphens and quotation marks.
_SIMPLE = regex.compile(r"(?=[\p{L}\p{N}])[\p{Latin}\p{Cyrillic}\p{Greek}0-9.,&/() ]+(?<=[\p{L}\p{N}])")
_VOWEL_END = regex.compile(r"[aeiouyаеёиоуыэюяьйіїє]$", regex.IGNORECASE)
_RUSSIAN_END = regex.compile(r"(?:ый|ий|ой|ая|яя|ое|ее|ые|ие|[аеёиоуыэюяьй])$")


def find_mentions(text: str, name: str, lang: str = "und") -> list[Span]:
    """Find all mentions of a name.

    Only whole words match if the script has word boundaries, and whole runs of katakana; Arabic and Hebrew prefixes of
    longer names and Korean particles may be attached.
    White space, apostrophes, hyphens and Unicode normalization forms may differ, and words may contain invisible characters.
    Another case matches only if the name itself does not occur, and never lower case for a capitalized name. Case
    endings match only if neither occurs, in languages that have them.

    Args:
        text: the text to search.
        name: the name to find; a name without letters and digits is never found.
        lang: language of the text, a BCP-47 primary tag.

    Returns:
        Non-overlapping spans in the order of the text.
    """
    read = _mentions if len(text) <= _LONGEST_KEPT else _mentions.__wrapped__
    return [Span.of(text, *place) for place in read(text, name, lang)]


@lru_cache(maxsize=64)  # a name is searched for when it is checked, merged and typed
def _mentions(text: str, name: str, lang: str) -> Sequence[tuple[int, int]]:
    if not _LETTER_OR_DIGIT.search(name):
        return ()
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    soft = _has_invisible(text)
    for form in _forms(name):
        if found := tuple(_places(text, form, soft)):
            return found
    return tuple(_inflected_places(text, name, lang, strict=False)) if lang in _INFLECTED else ()


def _forms(name: str) -> list[str]:
    """Return the spellings of a name by letter case, best first."""
    if name == name.lower() or len(name) <= 3:
        return [name]
    # A headline may be in capitals; in lower case the name is another word.
    return [name, name.upper(), *([name.title()] if name.isupper() else [])]


def _places(text: str, name: str, soft: bool) -> Iterator[tuple[int, int]]:
    """Offsets of one spelling of a name; `soft`: words may contain invisible characters."""
    if _is_simple(name, text):
        return _places_of_words(text, name.split(" "))
    return (match.span("name") for match in _pattern(name, soft).finditer(text))


def _inflected_places(text: str, name: str, lang: str, *, strict: bool) -> Iterator[tuple[int, int]]:
    """Offsets of a name with any case ending."""
    if lang in _GENITIVE_S and _is_simple(name, text):
        return _places_of_words(text, name.split(" "), ending="s")
    pattern = _inflected(name, lang, _has_invisible(text), strict=strict)
    return (match.span("name") for match in pattern.finditer(text))


@lru_cache(maxsize=4)  # many names are searched for in one text
def _has_invisible(text: str) -> bool:
    return not text.isascii() and _HAS_INVISIBLE.search(text) is not None


def _is_simple(name: str, text: str) -> bool:
    """Whether `str.find` finds the same mentions as a pattern, which takes longer to compile."""
    return (
        not _has_invisible(text)
        and _SIMPLE.fullmatch(name) is not None
        and (name.isascii() or unicodedata.is_normalized("NFC", text))
    )


def _places_of_words(text: str, words: list[str], ending: str = "") -> Iterator[tuple[int, int]]:
    """Offsets of a sequence of simple words, each with or without `ending`."""
    at = 0
    while (start := text.find(words[0], at)) >= 0:
        at = start + 1
        if start and _IN_WORD.match(text, start - 1):
            continue
        end = _skip_ending(text, start + len(words[0]), ending)
        for word in words[1:]:
            gap = _GAP.match(text, end)
            if gap is None or not text.startswith(word, gap.end()):
                break
            end = _skip_ending(text, gap.end() + len(word), ending)
        else:
            if not _IN_WORD.match(text, end):
                yield start, end
                at = end


def find_inflected(text: str, name: str, lang: str) -> list[Span]:
    """Find mentions of a name with any case ending or without one; empty in languages without case endings.

    Not for surnames: in Slavic languages their ending depends on the person's gender.
    """
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    # The stem of a short word would match the beginning of many other words.
    short = " " not in name and len(name) < (4 if lang in _CASE_ENDINGS else 5)
    if short or lang not in _INFLECTED or not regex.search(r"\p{L}", name):
        return []
    return [Span.of(text, *place) for place in _inflected_places(text, name, lang, strict=True)]


def merge_spans(*lists: Iterable[Span]) -> list[Span]:
    """Merge lists of spans in the order of the text; of overlapping spans the longest stays."""
    places = {(span.start, span.end): span for spans in lists for span in spans}
    chosen: list[Span] = []
    for span in sorted(places.values(), key=lambda s: (s.start, -s.end)):
        if chosen and span.start < chosen[-1].end:
            if span.end - span.start > chosen[-1].end - chosen[-1].start:
                chosen[-1] = span
        else:
            chosen.append(span)
    return chosen


def find_short_forms(text: str, mentions: Iterable[Span]) -> list[str]:
    """Return the abbreviations that a text defines for a name: "DMZ" in "Demilitarized Zone (DMZ)".

    The letters must occur in the name in the same order, the first one at the beginning of a word (Schwartz and
    Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text", 2003).
    """
    found: dict[str, None] = {}
    for mention in mentions:
        match = _BRACKETED.match(text, mention.end)
        if match and _abbreviates(match["short"], mention.text):
            found[match["short"]] = None
    return list(found)


def _abbreviates(short: str, long: str) -> bool:
    if len(short) >= len(long) or sum(map(str.isupper, short)) < 2:
        return False
    letters = [char.casefold() for char in short if char.isalnum()]
    at = len(long)
    for i, letter in reversed(list(enumerate(letters))):
        at = long.casefold().rfind(letter, 0, at)
        while i == 0 and at > 0 and long[at - 1].isalnum():
            at = long.casefold().rfind(letter, 0, at)
        if at < 0:
            return False
    return bool(letters)


def _skip_ending(text: str, at: int, ending: str) -> int:
    return at + len(ending) if ending and text.startswith(ending, at) else at


@lru_cache(maxsize=1024)
def _pattern(name: str, soft: bool) -> regex.Pattern[str]:
    return _compile(_loosened(name, soft), name)


@lru_cache(maxsize=1024)
def _inflected(name: str, lang: str, soft: bool, *, strict: bool) -> regex.Pattern[str]:
    return _compile(_SPACE.join(_stem(word, lang, soft, strict=strict) for word in name.split()), name)


def _loosened(words: str, soft: bool) -> str:
    return f"[{_IN_WORDS}]*".join(map(_loose, words)) if soft else "".join(map(_loose, words))


def _loose(char: str) -> str:
    forms = dict.fromkeys((char, unicodedata.normalize("NFD", char)))
    one = f"(?:{'|'.join(map(regex.escape, forms))})" if len(forms) > 1 else str(regex.escape(char))
    return _VARIANTS.get(char, one)


def _stem(word: str, lang: str, soft: bool, *, strict: bool) -> str:
    if lang in _GENITIVE_S:
        return _loosened(word, soft) + "s?"
    end, endings = _VOWEL_END, rf"\p{{L}}{{0,{_INFLECTED[lang]}}}"
    if strict and lang in _CASE_ENDINGS:
        end, endings = _RUSSIAN_END, _CASE_ENDINGS[lang]
    stem = end.sub("", word) if len(word) >= 4 else word
    return _loosened(word, soft) if len(stem) < 3 else _loosened(stem, soft) + endings


def _compile(body: str, name: str) -> regex.Pattern[str]:
    first, last = name[0], name[-1]
    before = after = ""
    if _KATAKANA.match(first):
        before = rf"(?<!{_KATAKANA.pattern}[{_IN_WORDS}]*)"
    if _KATAKANA.match(last):
        after = rf"(?![{_IN_WORDS}]*{_KATAKANA.pattern})"
    if _BOUNDED.match(first):
        before = rf"(?<![\p{{L}}\p{{M}}\p{{N}}][{_IN_WORDS}]*)" + _proclitics(name)
    if _BOUNDED.match(last):
        after = rf"(?![{_IN_WORDS}]*[\p{{L}}\p{{M}}\p{{N}}])"
        if regex.match(r"\p{Hangul}", last):
            particles = f"{_KOREAN_PARTICLES}|{unicodedata.normalize('NFD', _KOREAN_PARTICLES)}"
            after = f"(?=(?:{particles}){{0,2}}{after})"
    return regex.compile(f"{before}(?P<name>{body}){after}")


def _proclitics(name: str) -> str:
    """Return a pattern for the Arabic or Hebrew prefixes that a name may have."""
    if " " not in name and len(name) < _LEAST_PREFIXED:
        return ""
    if regex.match(r"\p{Arabic}", name):
        return _ARABIC_PROCLITICS
    if not regex.match(r"\p{Hebrew}", name):
        return ""
    return _HEBREW_PROCLITICS if " " in name else _HEBREW_PROCLITICS_OF_ONE_WORD
