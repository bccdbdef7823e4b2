"""`locate`: align a text that claims to be a quote with the source.

The steps are: an exact search; a search with typography normalized (`briefing.text.Folded`); a search for the pieces
around an ellipsis or a reporting clause (`elision`); last, the nearest passage by edit distance, whose status is never
better than "altered".

Each step takes linear time in the source. rapidfuzz's `partial_ratio_alignment` with a cut-off finds the window with the
nearest passage; the longest common subsequence of words then gives the passage's beginning and end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

import regex
from pydantic import BaseModel, ConfigDict
from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from briefing.errors import InputError
from briefing.grounding.elision import ELLIPSIS, find_elided, one_quotation, without_outer
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import (
    QUOTE_MARKS,
    Change,
    Folded,
    Token,
    fold,
    inside_word,
    is_measure,
    same_measures,
    tokens,
    word_diff,
)

Status = Literal["exact", "typographic", "elided", "altered", "unverified"]

_MINUS = regex.compile(r"-(?:\p{L}{0,3}\p{Sc}\s?)?[.,]?\p{N}")
_NEGATIVE = regex.compile(r"(?<![\p{L}\p{N}])(?:[A-FO]|AB|Rh)-$")
#: Signs of numbers, currencies and operations; they are compared like words.
_SYMBOL = regex.compile(r"\p{S}|[%‰*#°]|(?<![\p{L}\p{N}])-(?=[.,]?[\p{N}\p{Sc}])")
_AROUND = " \t\r\n«»‹›" + QUOTE_MARKS
#: Punctuation at a quote's end, which depends on the sentence that it is quoted in.
_FINAL = " .,;:。，、；：．،؛۔।"
#: Least similarity (0 to 100, rapidfuzz `ratio`) of an altered quote and its nearest passage.
_MIN_SIMILARITY = 70.0
#: A longer quote is searched for by probes of this many characters from its beginning, middle and end.
_PROBE = 600
#: Longer quotes, in characters, get no approximate search.
_MAX_LENGTH = 50_000
#: Shorter quotes, in letters and digits, get none either: every article has something similar. A character of a
#: script without spaces counts as two.
_MIN_LETTERS = 6
#: Least similarity (0 to 100) at which altered words at a quote's ends are aligned with the source's words there.
_MIN_END_SIMILARITY = 50.0


class Match(BaseModel):
    """The passage of a source that a quote was aligned with."""

    model_config = ConfigDict(frozen=True)

    status: Status
    """How the quote relates to the passage.

    - "exact": equal, character by character.
    - "typographic": the same words with other quotation marks, dashes, spaces or the like.
    - "elided": pieces of the source in their order; the omission does not reverse their meaning, as far as rules can tell.
    - "altered": the nearest passage has other words.
    - "unverified": the source has no similar passage.
    """
    spans: tuple[Span, ...]
    """The passage, one span per piece, in order; empty if unverified."""
    text: str
    """The passage in the source's words, pieces joined by " … "; empty if unverified."""
    diff: tuple[Change, ...] = ()
    """Differences of the quote from the passage, word by word; empty unless altered."""


class Locator:
    """Locates the quotes of one answer in a source; equal quotes get successive places, each place once.

    Args:
        source: the text to search; a `str` is the text itself, of unknown language.
        ignore_case: treat passages that differ in case only as equal.

    Raises:
        InputError: `source` is neither a `Source` nor a `str`.
    """

    def __init__(self, source: Source | str, *, ignore_case: bool = False) -> None:
        if isinstance(source, str):
            # Not `from_text`, which changes offsets and refuses a text without letters.
            source = Source.model_construct(text=source, lang="und")
        if not isinstance(source, Source):
            raise InputError(f"source must be a Source or a str, not {type(source).__name__}")
        self._source, self._ignore_case = source, ignore_case
        #: Start offsets that were returned already, by the quote's folded text.
        self._taken: dict[str, set[int]] = {}

    def locate(self, quote: str) -> Match:
        """Align `quote` with the source.

        Of several occurrences, returns the first that no equal quote has got before; after the last one, the last one
        again. A quote without a letter or digit is "unverified".

        Raises:
            InputError: `quote` is not a `str`.
        """
        if not isinstance(quote, str):
            raise InputError(f"a quote must be a str, not {type(quote).__name__}")
        return self.verbatim(quote) or self._inexact(quote)

    def verbatim(self, quote: str) -> Match | None:
        """Return the match that `locate` returns if it is "exact" or "typographic", else `None`; cheaper than `locate`."""
        bare = quote.strip(_AROUND)
        if not any(char.isalnum() for char in bare):
            return None
        if match := self._verbatim(quote, bare):
            return match
        end = quote.index(bare) + len(bare)
        if not is_measure(quote.replace("\n", " "), end):
            return None
        # The mark at the end may be no quotation mark: "The pipe is 6'".
        marks = quote[end:].rstrip()
        marks = marks[: -1 if quote.lstrip()[0] in _AROUND and len(marks) > 1 else None]
        return self._verbatim(quote, quote[:end].lstrip(_AROUND) + marks)

    def _verbatim(self, quote: str, bare: str) -> Match | None:
        needle = Folded(bare, self._ignore_case).text.strip()
        taken = self._taken.setdefault(needle.rstrip(_FINAL), set())
        exact, exact_again = _first_free(exact_places(self._source.text, bare), taken)
        if exact:
            return self._take("exact", [exact], taken)
        # Exact quotes do not need the folded source.
        folded = _folded(self._source.text, self._ignore_case)
        places = (
            place
            for place in _typographic_places(folded, needle)
            if same_measures(quote, self._source.text, *place)
        )
        similar, similar_again = _first_free(places, taken)
        if similar:
            return self._take("typographic", [similar], taken)
        if exact_again:
            return self._take("exact", [exact_again], taken)
        return self._take("typographic", [similar_again], taken) if similar_again else None

    def _inexact(self, quote: str) -> Match:
        bare, text, whole = quote.strip(_AROUND), self._source.text, None
        needle, folded = Folded(bare, self._ignore_case).text.strip(), _folded(text, self._ignore_case)
        if ELLIPSIS.search(bare) and (elided := find_elided(folded, bare, self._source)):
            places, is_faithful = elided
            if is_faithful:
                return _match("elided", self._source, places)
            whole = (places[0][0], places[-1][1])
        if whole is None and (near := _nearest(folded, needle)):
            pieces = [folded.span(*piece) for piece in near]
            if len(pieces) > 1 and self._leaves_out_nothing_else(quote, pieces):
                return _match("elided", self._source, pieces)
            whole = (pieces[0][0], pieces[-1][1])
        if whole is None:
            return _UNVERIFIED
        match = _match("altered", self._source, [whole])
        return match.model_copy(update={"diff": tuple(word_diff(bare, match.text))})

    def _leaves_out_nothing_else(self, quote: str, pieces: list[tuple[int, int]]) -> bool:
        """Whether only reporting clauses are left out between these pieces; no sign, symbol or measure inside them."""
        found = " ".join(self._source.text[start:end] for start, end in pieces)
        return (
            one_quotation(self._source, pieces)
            and sorted(_SYMBOL.findall(fold(quote))) == sorted(_SYMBOL.findall(fold(found)))
            and same_measures(quote, found, 0, len(found))
        )

    def _take(self, status: Status, places: list[tuple[int, int]], taken: set[int]) -> Match:
        taken.add(places[0][0])
        return _match(status, self._source, places)


def locate(quote: str, source: Source | str, *, ignore_case: bool = False) -> Match:
    """Align `quote` with the passage of `source` that it quotes.

    Args:
        quote: the text to find. Quotation marks and ellipses around it are ignored, and so is punctuation at its end.
        source: the text to search; a `str` is the text itself, of unknown language.
        ignore_case: treat passages that differ in case only as equal.

    Returns:
        The best match, of equally good ones the first. A quote without a letter or digit is "unverified", and so is one
        that is not verbatim and has fewer than 6 letters and digits or more than 50,000 characters.

    Raises:
        InputError: `quote` is not a `str`, or `source` is neither a `Source` nor a `str`.
    """
    return Locator(source, ignore_case=ignore_case).locate(quote)


def locate_all(quotes: Iterable[str], source: Source | str, *, ignore_case: bool = False) -> list[Match]:
    """Align several quotes with `source`; equal quotes get successive places, each place once.

    Args:
        quotes: the texts to find, as for `locate`; equal ones in the order of their occurrences.
        source: the text to search; a `str` is the text itself, of unknown language.
        ignore_case: treat passages that differ in case only as equal.

    Returns:
        One match per quote, in the order of `quotes`. A quote that is given more often than it occurs gets its last place
        again.

    Raises:
        InputError: `quotes` is a single `str`, one of the quotes is not a `str`, or `source` is neither a `Source` nor a
            `str`.
    """
    if isinstance(quotes, str):
        raise InputError("locate_all takes several quotes, not a str; use locate for a single quote")
    locator = Locator(source, ignore_case=ignore_case)
    return [locator.locate(quote) for quote in quotes]


_UNVERIFIED = Match(status="unverified", spans=(), text="")


@lru_cache(maxsize=2)  # the quotes of one article are located in succession
def _folded(text: str, ignore_case: bool) -> Folded:
    return _folded(text, False).without_case() if ignore_case else Folded(text)


def _match(status: Status, source: Source, places: list[tuple[int, int]]) -> Match:
    spans = tuple(source.label_spans(Span.of(source.text, *place) for place in places))
    return Match(status=status, spans=spans, text=" … ".join(span.text for span in spans))


def _first_free(
    places: Iterator[tuple[int, int]], taken: set[int]
) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Return the first place that is not taken and `None`, or `None` and the last place that is."""
    last = None
    for place in places:
        if place[0] not in taken:
            return place, None
        last = place
    return None, last


def exact_places(text: str, needle: str, low: int = 0, high: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield the places (start, end) of `needle` in `text[low:high]` that do not begin or end inside a word of `text`."""
    start = text.find(needle, low, high)
    while start >= 0:
        end = start + len(needle)
        if not (inside_word(text, start) or inside_word(text, end)):
            yield start, end
        start = text.find(needle, start + 1, high)


def _typographic_places(folded: Folded, needle: str) -> Iterator[tuple[int, int]]:
    """Yield the places of the same words: with the quote's punctuation at its ends, then without."""
    seen = set()
    bare = without_outer(needle).rstrip(_FINAL)
    bare = bare if _NEGATIVE.search(bare) else bare.rstrip(_FINAL + "-")
    # A leading dash is punctuation, a minus belongs to its number, as the one of the blood group "A-" to its letter.
    bare = bare if _MINUS.match(bare) else bare.lstrip("- ")
    for wanted in dict.fromkeys((needle, bare)):
        for place in folded.places(wanted):
            start, end = folded.span(*place)
            if start not in seen:
                seen.add(start)
                yield start, end


def _nearest(folded: Folded, needle: str) -> list[tuple[int, int]]:
    """Return the passage with the smallest edit distance, in whole words.

    It is one place, or several where the quote has no words of its own and only leaves some out.
    """
    window = _window(folded.text, needle)
    if window is None:
        return []
    start, end = window
    theirs = [Token(t.text, t.start + start, t.end + start) for t in tokens(folded.text[start:end])]
    ours = tokens(needle)
    blocks = [
        (block.a, block.b, block.size)
        for block in Indel.editops([t.text for t in ours], [t.text for t in theirs]).as_matching_blocks()
        if block.size
    ]
    if not any(ours[i].is_word for a, _, size in blocks for i in range(a, a + size)):
        return []
    blocks = _trimmed(blocks, ours, theirs)
    matched = {i for a, _, size in blocks for i in range(a, a + size)}
    if all(i in matched or not token.is_word for i, token in enumerate(ours)):
        return _pieces(folded, blocks, theirs)
    first, last = blocks[0], blocks[-1]
    low, high = first[1], last[1] + last[2]
    head, tail = first[0], len(ours) - last[0] - last[2]
    if head and low and _are_similar(ours[:head], theirs[max(low - head, 0) : low]):
        low = max(low - head, 0)
    if tail and _are_similar(ours[-tail:], theirs[high : high + tail]):
        high = min(high + tail, len(theirs))
    return [_whole_words(folded, theirs[low].start, theirs[high - 1].end)]


def _window(text: str, needle: str) -> tuple[int, int] | None:
    """Return the window (start, end) that holds the nearest passage, somewhat longer than the quote; `None` if none is near."""
    letters = sum(2 if char > "\u2e7f" else 1 for char in needle if char.isalnum())
    if letters < _MIN_LETTERS or not text or len(needle) > _MAX_LENGTH:
        return None
    length = len(needle)
    offsets = [0] if length <= _PROBE else [0, (length - _PROBE) // 2, length - _PROBE]
    best, begin = None, 0
    for offset in offsets:
        found = fuzz.partial_ratio_alignment(
            needle[offset : offset + _PROBE], text, score_cutoff=_MIN_SIMILARITY
        )
        if found and (best is None or found.score > best):
            best, begin = found.score, found.dest_start - found.src_start - offset
    if best is None:
        return None
    slack = 40 + length // 4
    return max(begin - slack, 0), min(begin + length + slack, len(text))


def _trimmed(
    blocks: list[tuple[int, int, int]], ours: list[Token], theirs: list[Token]
) -> list[tuple[int, int, int]]:
    """Drop matching blocks at the ends that lie too far from the rest: those without which the similarity is higher."""

    def similarity(some: list[tuple[int, int, int]]) -> float:
        (_, low, _), (_, high, size) = some[0], some[-1]
        same = sum(ours[a + size - 1].end - ours[a].start for a, _, size in some)
        return same / (ours[-1].end + theirs[high + size - 1].end - theirs[low].start)

    while len(blocks) > 1:
        best = max((blocks, blocks[1:], blocks[:-1]), key=similarity)
        if best is blocks:
            break
        blocks = best
    return blocks


def _pieces(folded: Folded, blocks: list[tuple[int, int, int]], theirs: list[Token]) -> list[tuple[int, int]]:
    """Return the places of runs of matched words; a new run begins where the quote leaves out a word of the source."""
    runs: list[list[int]] = []
    for _, start, size in blocks:
        if runs and not any(token.is_word for token in theirs[runs[-1][1] : start]):
            runs[-1][1] = start + size
        else:
            runs.append([start, start + size])
    runs = [run for run in runs if any(token.is_word for token in theirs[run[0] : run[1]])]
    return [_whole_words(folded, theirs[start].start, theirs[end - 1].end) for start, end in runs]


def _are_similar(ours: list[Token], theirs: list[Token]) -> bool:
    one, other = (" ".join(token.text for token in some) for some in (ours, theirs))
    return fuzz.ratio(one, other) >= _MIN_END_SIMILARITY


def _whole_words(folded: Folded, start: int, end: int) -> tuple[int, int]:
    # What belongs to a number may stand behind a blank: "5 km".
    while folded.cuts(start) or folded.text[start : start + 1].isspace():
        start -= 1
    while folded.cuts(end) or folded.text[end - 1 : end].isspace():
        end += 1
    return start, end
