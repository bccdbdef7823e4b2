"""A statement beside the sentences of the article that tell the same: what the checks of wording compare.

A statement is compared with a sentence only if they share most of its content words, so that a finding says how two tellings
of one thing differ. Words are compared by their first letters, which is a crude stemmer for all languages with spaces;
Chinese and Japanese by pairs of characters.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Literal, NamedTuple

import regex

from briefing.grounding.findings import Finding, FindingKind
from briefing.quotations import Quotation, cues_for, reported_parts, reporting_subjects
from briefing.spans import Span
from briefing.text import (
    NamedDate,
    Quantity,
    demanded_pattern,
    planned_pattern,
    possible_pattern,
    read_dates,
    read_quantities,
)
from briefing.threads import cached_property

_WORD = regex.compile(r"[\p{L}\p{M}]+|\p{Nd}+(?:[.,\u00a0\u202f]\p{Nd}+)*")
# Chinese particles are no part of a word.
_PAIRS = regex.compile(r"[[\p{Han}\p{Katakana}ー]--[了的]]+|\p{Nd}+(?:[.,]\p{Nd}+)*", regex.VERSION1)
_ARABIC_PREFIX = regex.compile(r"^[وف]?(?:[بكل]?ال|لل)(?=\p{L}{3})|^[وف](?=\p{L}{4})")
#: Endings that a short word has in some forms only: "vote", "voted"; "залы", "залов".
_ENDINGS = {
    "en": regex.compile(r"(?<=\p{L}{3})(?:ing|ed|es|e|d|s)$"),
    "ru": regex.compile(r"(?<=\p{L}{3})(?:[оеё]в|[еоыи]й|[ая]ми?|[ая]х|[ое]м|[аеиоуыюяьй])$"),
}
_ARABIC_MARK = regex.compile(r"[\u064b-\u0652\u0640]")
_UNSPACED = frozenset(("zh", "ja"))
#: Words of one stem begin with this many equal letters; content words have at least the second number of letters.
_STEM, _SHORTEST = 5, 4
#: "Monday", but not "When".
_LONG_MONTH = 6
#: Share of a statement's content words that a sentence must have to be compared with it, and how much less than the best one.
_NEAR, _BEHIND_BEST = 0.5, 0.15
#: Content words that both share, at least: words, and pairs of characters.
_LEAST_SHARED, _LEAST_PAIRS = 3, 5
#: Content words of a short statement, all of which a sentence has.
_LEAST_REPEATED = 2
_CLAUSE_END = regex.compile(r"[,;:](?=\s)|[，；：、。،؛–—()]\s?")
_PHRASE_END = regex.compile(rf"{_CLAUSE_END.pattern}|(?<=\s)(?:and|but|und|aber|et|mais|y|pero|и|а|но)(?=\s)")


class Word(NamedTuple):
    """A content word: its offsets in the text, and its stem."""

    start: int
    end: int
    stem: str


class Worded:
    """A text with its content words, numbers and dates; offsets count in `text`.

    Args:
        text: a statement or a sentence.
        lang: its language, a BCP-47 primary tag.
        span: where it stands in the source, if it is one of its sentences.
        quotations: those of the source.
        source_text: the source's text.
    """

    def __init__(
        self,
        text: str,
        lang: str,
        span: Span | None = None,
        quotations: Sequence[Quotation] = (),
        source_text: str = "",
    ) -> None:
        self.text, self.lang, self.span = text, lang, span
        self._quotations, self._source_text = quotations, source_text

    @cached_property
    def words(self) -> list[Word]:
        """The content words in order, with the numbers."""
        return _content_words(self.text, self.lang)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of the content words."""
        return _stems(self.text, self.lang)

    @cached_property
    def numbers(self) -> list[Quantity]:
        """The numbers, with those in dates."""
        return read_quantities(self.text, self.lang)

    @cached_property
    def quantities(self) -> list[Quantity]:
        """The numbers, except those in dates."""
        return [q for q in self.numbers if not any(d.start <= q.start < d.end for d in self.dates)]

    @cached_property
    def dates(self) -> list[NamedDate]:
        """The dates."""
        return read_dates(self.text, self.lang)

    @cached_property
    def amounts(self) -> list[tuple[int, int, frozenset[object]]]:
        """The numbers and dates in order: offsets and values."""
        found = [(q.start, q.end, frozenset[object](q.values)) for q in self.quantities]
        found += [
            (d.start, d.end, frozenset[object]({(m, day, d.weekday) for m, day in d.readings or {(0, 0)}}))
            for d in self.dates
        ]
        return sorted(found, key=lambda item: item[0])

    @cached_property
    def reported(self) -> list[tuple[int, int]]:
        """The offsets of what somebody is said to say."""
        span = self.span if self.span is not None else Span.of(self.text, 0, len(self.text))
        text = self._source_text if self.span is not None else self.text
        parts = reported_parts(text, self.lang, self._quotations, span)
        return [(start - span.start, end - span.start) for start, end in parts]

    @cached_property
    def has_modal_words(self) -> bool:
        """Whether it has a word for a doubt, a demand or a plan."""
        patterns = (possible_pattern(self.lang), demanded_pattern(self.lang), planned_pattern(self.lang))
        return any(pattern is not None and pattern.search(self.text) for pattern in patterns)

    @cached_property
    def speakers(self) -> list[tuple[str, int, int]]:
        """Who is said to say something in it: names with their offsets; those of quotations may stand outside."""
        span = self.span if self.span is not None else Span.of(self.text, 0, len(self.text))
        text = self._source_text if self.span is not None else self.text
        subjects = reporting_subjects(text, self.lang, self._quotations, span)
        found = [(s.text, s.start - span.start, s.end - span.start) for s in subjects]
        for quotation in self._quotations:
            inside = any(s.start < span.end and span.start < s.end for s in quotation.spans)
            if inside and quotation.kind == "speech":
                found.append((quotation.speaker or "", -1, -1))
        return found

    @cached_property
    def clauses(self) -> list[tuple[int, int]]:
        """The offsets of its clauses, roughly: what stands between commas, dashes and the like."""
        return _between(_CLAUSE_END, self.text)

    @cached_property
    def phrases(self) -> list[tuple[int, int]]:
        """The offsets of the clauses, split at "and" and "but", too."""
        return _between(_PHRASE_END, self.text)

    def clause_at(self, place: int) -> tuple[int, int]:
        """The clause that an offset stands in."""
        return next((c for c in self.clauses if c[0] <= place < c[1]), (0, len(self.text)))

    def phrase_at(self, place: int) -> tuple[int, int]:
        """The same, with "and" and "but" as borders."""
        return next((c for c in self.phrases if c[0] <= place < c[1]), (0, len(self.text)))

    def stems_in(self, start: int, end: int) -> set[str]:
        """The stems of the content words between two offsets."""
        return {word.stem for word in self.words if start <= word.start < end}

    def share_of(self, stems: Iterable[str]) -> float:
        """The share of these stems that this text has."""
        wanted = set(stems)
        return len(wanted & self.stems) / len(wanted) if wanted else 0.0

    def part(self, start: int, end: int) -> Span | None:
        """The place in the source of a part of this sentence."""
        if self.span is None:
            return None
        return Span(start=self.span.start + start, end=self.span.start + end, text=self.text[start:end])


def _between(border: regex.Pattern[str], text: str) -> list[tuple[int, int]]:
    borders = [0, *(place for m in border.finditer(text) for place in m.span()), len(text)]
    return [(a, b) for a, b in zip(borders[::2], borders[1::2], strict=True) if a < b]


def sharing_words(stated: Worded, sentences: Sequence[Worded]) -> list[Worded]:
    """Return the sentences that share as many content words with a statement as any comparison asks for."""
    stems = stated.stems
    return [sentence for sentence in sentences if len(stems & sentence.stems) >= _LEAST_REPEATED]


def near_sentences(
    stated: Worded, sentences: Sequence[Worded], *, without: Iterable[str] = (), short: bool = True
) -> list[Worded]:
    """Return the sentences that tell the same as a statement, by their content words; nearest first, often none.

    `without`: stems that do not count. `short`: a statement of two words is compared, too, with sentences that have both.
    """
    wanted = stated.stems - set(without)
    least = _LEAST_PAIRS if stated.lang in _UNSPACED else _LEAST_SHARED
    if short and stated.lang not in _UNSPACED:
        least = min(least, max(len(wanted), _LEAST_REPEATED))
    if len(wanted) < least:
        return []
    counts = [len(wanted & sentence.stems) for sentence in sentences]
    floor = max(least, _NEAR * len(wanted), max(counts, default=0) - _BEHIND_BEST * len(wanted))
    near = [pair for pair in zip(counts, sentences, strict=True) if pair[0] >= floor]
    return [sentence for _, sentence in sorted(near, key=lambda pair: -pair[0])]


def _content_words(text: str, lang: str) -> list[Word]:
    if lang in _UNSPACED:
        found = []
        for match in _PAIRS.finditer(text):
            if match.group()[0].isdecimal():
                found.append(Word(match.start(), match.end(), match.group()))
            else:
                run = match.group()
                found += [
                    Word(match.start() + i, match.start() + i + 2, run[i : i + 2])
                    for i in range(len(run) - 1)
                ]
        return found
    return [
        Word(m.start(), m.end(), stem)
        for m in _WORD.finditer(text)
        if (stem := _content_stem(m.group(), lang, m.start() == 0))
    ]


def _stems(text: str, lang: str) -> frozenset[str]:
    """Return the stems of `_content_words` without their places, which most sentences never need."""
    if lang in _UNSPACED:
        return frozenset(word.stem for word in _content_words(text, lang))
    # No word goes across a space, and most pieces between spaces recur.
    opens = chain((True,), repeat(False))
    return frozenset(chain.from_iterable(map(_known_stems, text.split(" "), repeat(lang), opens)))


@functools.lru_cache(maxsize=16384)
def _known_stems(piece: str, lang: str, opens: bool) -> tuple[str, ...]:
    """Return the stems of the content words in a piece of a text, which opens it or not."""
    return tuple(
        stem
        for m in _WORD.finditer(piece)
        if (stem := _content_stem(m.group(), lang, opens and m.start() == 0))
    )


@functools.lru_cache(maxsize=16384)
def _content_stem(word: str, lang: str, opens: bool) -> str:
    """Return the stem of a content word, which opens the text or not; empty for other words."""
    is_function_word = word.lower() in cues_for(lang).function_words
    return "" if is_function_word and (opens or not _is_month(word)) else _stem(word, lang)


def _is_month(word: str) -> bool:
    """Whether a function word inside a text is a long name of a month or day: those have capitals there."""
    return len(word) >= _LONG_MONTH and word[0].isupper() and word[1:].islower()


def _stem(word: str, lang: str) -> str:
    if word[0].isdecimal():
        return word
    lower = word.lower()
    if lang == "ar":
        lower = _ARABIC_PREFIX.sub("", _ARABIC_MARK.sub("", lower))
        return lower[:_STEM] if len(lower) >= _SHORTEST - 1 else ""
    if len(lower) < _SHORTEST:
        return ""
    return (_ENDINGS[lang].sub("", lower) if lang in _ENDINGS else lower)[:_STEM]


def source_spans(pairs: Iterable[tuple[Worded, tuple[int, int]]]) -> tuple[Span, ...]:
    """Return places in the source of parts of sentences."""
    return tuple(part for sentence, place in pairs if (part := sentence.part(*place)) is not None)


def wording_finding(
    stated: Worded,
    kind: FindingKind,
    place: tuple[int, int],
    found: Sequence[tuple[Worded, tuple[int, int]]],
    says: str,
    severity: Literal["error", "note"] = "error",
) -> Finding:
    """Return a finding about words of a statement.

    Args:
        stated: the statement.
        kind: kind of the finding.
        place: offsets of the words in the statement.
        found: sentences of the source with the offsets of what they have instead.
        says: beginning of the message; the source's words follow.
        severity: "error" or "note".
    """
    source = source_spans(found)
    words = " ".join(source[0].text.split()) if source else ""
    start, end = place
    return Finding(
        kind=kind,
        text=stated.text[start:end],
        start=start,
        end=end,
        source=source,
        severity=severity,
        message=f"{says}: {words}",
    )
