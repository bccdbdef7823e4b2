"""`locate`: where free text that claims to be a quote really stands in the source.

Exact first; then with typography folded away (`folding`); then piece by piece around an ellipsis or a reporting
clause (`elision`); last, the nearest passage by edit distance, which is never better than "altered".

Each step takes linear time in the source. The edit distance is rapidfuzz's, with its cut-off; it finds where to
look, and a comparison of words (their longest common subsequence) then finds where the passage begins and ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict
from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from briefing.errors import InputError
from briefing.grounding.elision import ELLIPSIS, find_elided, one_quotation, without_outer
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import QUOTE_MARKS, Change, Folded, Token, inside_word, tokens, word_diff

Status = Literal["exact", "typographic", "elided", "altered", "unverified"]

_AROUND = " \t\r\n«»‹›" + QUOTE_MARKS
#: Marks at a quote's end that its place in another sentence may have changed.
_FINAL = " .,;:。，、；：．،؛۔।"
#: Below this similarity (0 to 100, rapidfuzz `ratio`) two passages have nothing to do with each other.
_NEAR = 70.0
#: A longer quote is looked for by pieces of this many characters from its beginning, middle and end.
_PROBE = 600
#: Inexact quotes longer than this, in characters, are not looked for.
_LONGEST = 50_000
#: Shorter ones neither, in letters and digits: there is always something like them.
_SHORTEST = 6
#: Changed words at a quote's ends belong to the passage when they are this similar to what stands there.
_KIN = 50.0


class Match(BaseModel):
    """Where a text was found.

    Attributes:
        status: "exact"; "typographic" (same words, other marks or spaces); "elided" (pieces
            of the source, in order, with something left out that does not turn them round);
            "altered" (the nearest passage differs in its words); "unverified" (nothing like it).
        spans: the passage, one span per piece; empty when unverified.
        text: the passage as the source has it, pieces joined by " … ".
        diff: when altered, what the quote says otherwise than the passage, word by word.
    """

    model_config = ConfigDict(frozen=True)

    status: Status
    spans: tuple[Span, ...]
    text: str
    diff: tuple[Change, ...] = ()


class Locator:
    """Places the quotes of one answer in a source: equal ones in successive places, each once.

    Args:
        source: where to look; a `str` is the text itself, in no language that is known.
        ignore_case: take passages that differ in case as the same.

    Raises:
        InputError: `source` is of another type.
    """

    def __init__(self, source: Source | str, *, ignore_case: bool = False) -> None:
        if isinstance(source, str):
            # Not `from_text`: offsets count what was given, and a text without letters holds no quote.
            source = Source.model_construct(text=source, lang="und")
        if not isinstance(source, Source):
            raise InputError(f"A quote is looked for in a Source or a str, not in {type(source).__name__}.")
        self._source, self._ignore_case = source, ignore_case
        #: Where quotes were placed, by their folded text.
        self._taken: dict[str, set[int]] = {}

    def locate(self, quote: str) -> Match:
        """Find `quote`, honestly.

        Where it occurs several times, the first place is given that no equal quote was given before; when all
        are given, the last one again. Text without a letter or digit is "unverified".

        Raises:
            InputError: `quote` is no `str`.
        """
        if not isinstance(quote, str):
            raise InputError(f"A quote is a str, not {type(quote).__name__}.")
        bare = quote.strip(_AROUND)
        if not any(char.isalnum() for char in bare):
            return _UNVERIFIED
        needle = Folded(bare, self._ignore_case).text.strip()
        return self._in_a_row(bare, needle) or self._inexact(bare, needle)

    def verbatim(self, quote: str) -> Match | None:
        """As `locate`, where the words stand in a row; else `None`, without a look at what is near."""
        bare = quote.strip(_AROUND)
        if not any(char.isalnum() for char in bare):
            return None
        return self._in_a_row(bare, Folded(bare, self._ignore_case).text.strip())

    def _article(self) -> Folded:
        """The source, folded: only where a quote does not stand in it letter by letter."""
        return _folded(self._source.text, self._ignore_case)

    def _in_a_row(self, bare: str, needle: str) -> Match | None:
        taken = self._taken.setdefault(needle.rstrip(_FINAL), set())
        exact, exact_again = _first_free(places(self._source.text, bare), taken)
        if exact:
            return self._give("exact", [exact], taken)
        like, like_again = _first_free(_like(self._article(), needle), taken)
        if like:
            return self._give("typographic", [like], taken)
        if exact_again:
            return self._give("exact", [exact_again], taken)
        return self._again(like_again) if like_again else None

    def _inexact(self, bare: str, needle: str) -> Match:
        text, folded, whole = self._source.text, self._article(), None
        if ELLIPSIS.search(bare) and (elided := find_elided(folded, bare, self._source)):
            places, honest = elided
            if honest:
                return _match("elided", text, places)
            whole = (places[0][0], places[-1][1])
        if whole is None and (near := _nearest(folded, needle)):
            pieces = [folded.span(*piece) for piece in near]
            if len(pieces) > 1 and one_quotation(self._source, pieces):
                return _match("elided", text, pieces)
            whole = (pieces[0][0], pieces[-1][1])
        if whole is None:
            return _UNVERIFIED
        match = _match("altered", text, [whole])
        return match.model_copy(update={"diff": tuple(word_diff(bare, match.text))})

    def _again(self, place: tuple[int, int] | None) -> Match:
        return _match("typographic", self._source.text, [place] if place else [])

    def _give(self, status: Status, places: list[tuple[int, int]], taken: set[int]) -> Match:
        taken.add(places[0][0])
        return _match(status, self._source.text, places)


def locate(quote: str, source: Source | str, *, ignore_case: bool = False) -> Match:
    """Find `quote` in `source`, honestly.

    Args:
        quote: the text that should stand in the source; marks and ellipses around it are ignored, and so are a
            full stop, comma or colon at its end where the source has none or another.
        source: where to look; a `str` is the text itself, in no language that is known.
        ignore_case: take passages that differ in case as the same.

    Returns:
        The first and best place; text without a letter or digit is "unverified".

    Raises:
        InputError: `quote` or `source` is of another type.
    """
    return Locator(source, ignore_case=ignore_case).locate(quote)


def locate_all(quotes: Iterable[str], source: Source | str, *, ignore_case: bool = False) -> list[Match]:
    """Find several quotes in `source`; equal ones get successive places, each once.

    Args:
        quotes: as for `locate`, in the order in which their repetitions stand in the source.
        source: as for `locate`.
        ignore_case: take passages that differ in case as the same.

    Returns:
        One match per quote, in their order. A quote that is claimed more often than it occurs gets its last
        place again.

    Raises:
        InputError: `quotes` is one text, or a quote or `source` is of another type.
    """
    if isinstance(quotes, str):
        raise InputError("locate_all takes several quotes, not a str; for one quote there is locate.")
    locator = Locator(source, ignore_case=ignore_case)
    return [locator.locate(quote) for quote in quotes]


_UNVERIFIED = Match(status="unverified", spans=(), text="")


@lru_cache(maxsize=2)  # the quotes of one article come one after the other
def _folded(text: str, ignore_case: bool) -> Folded:
    return Folded(text, ignore_case)


def _match(status: Status, text: str, places: list[tuple[int, int]]) -> Match:
    spans = tuple(Span.of(text, *place) for place in places)
    return Match(status=status, spans=spans, text=" … ".join(span.text for span in spans))


def _first_free(
    places: Iterator[tuple[int, int]], taken: set[int]
) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """The first place that is not taken, or else the last one that is."""
    last = None
    for place in places:
        if place[0] not in taken:
            return place, None
        last = place
    return None, last


def places(text: str, needle: str) -> Iterator[tuple[int, int]]:
    """Places of `needle`, letter by letter, that do not begin or end inside a word."""
    start = text.find(needle)
    while start >= 0:
        end = start + len(needle)
        if not (inside_word(text, start) or inside_word(text, end)):
            yield start, end
        start = text.find(needle, start + 1)


def _like(folded: Folded, needle: str) -> Iterator[tuple[int, int]]:
    """Places of the same words; first with the quote's outer marks, then without."""
    seen = set()
    bare = without_outer(needle).rstrip(_FINAL + "-")
    # A dash that leads in goes, a minus stays.
    bare = bare if bare[:1] == "-" and bare[1:2].isdigit() else bare.lstrip("- ")
    for wanted in dict.fromkeys((needle, bare)):
        for place in folded.places(wanted):
            start, end = folded.span(*place)
            if start not in seen:
                seen.add(start)
                yield start, end


def _nearest(folded: Folded, needle: str) -> list[tuple[int, int]]:
    """The passage with the smallest edit distance, in whole words; in pieces where only words between are missing."""
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
    if head and low and _kin(ours[:head], theirs[max(low - head, 0) : low]):
        low = max(low - head, 0)
    if tail and _kin(ours[-tail:], theirs[high : high + tail]):
        high = min(high + tail, len(theirs))
    return [_whole_words(folded, theirs[low].start, theirs[high - 1].end)]


def _window(text: str, needle: str) -> tuple[int, int] | None:
    """Where to look for the nearest passage: somewhat more than its length."""
    letters = sum(2 if char > "\u2e7f" else 1 for char in needle if char.isalnum())
    if letters < _SHORTEST or not text or len(needle) > _LONGEST:
        return None
    length = len(needle)
    offsets = [0] if length <= _PROBE else [0, (length - _PROBE) // 2, length - _PROBE]
    best, begin = None, 0
    for offset in offsets:
        found = fuzz.partial_ratio_alignment(needle[offset : offset + _PROBE], text, score_cutoff=_NEAR)
        if found and (best is None or found.score > best):
            best, begin = found.score, found.dest_start - found.src_start - offset
    if best is None:
        return None
    slack = 40 + length // 4
    return max(begin - slack, 0), min(begin + length + slack, len(text))


def _trimmed(
    blocks: list[tuple[int, int, int]], ours: list[Token], theirs: list[Token]
) -> list[tuple[int, int, int]]:
    """Without common words at the ends that were found too far from the rest."""

    def score(some: list[tuple[int, int, int]]) -> float:
        (_, low, _), (_, high, size) = some[0], some[-1]
        same = sum(ours[a + size - 1].end - ours[a].start for a, _, size in some)
        return same / (ours[-1].end + theirs[high + size - 1].end - theirs[low].start)

    while len(blocks) > 1:
        best = max((blocks, blocks[1:], blocks[:-1]), key=score)
        if best is blocks:
            break
        blocks = best
    return blocks


def _pieces(folded: Folded, blocks: list[tuple[int, int, int]], theirs: list[Token]) -> list[tuple[int, int]]:
    """Runs of matched words; a new one begins where a word of the source was left out."""
    runs: list[list[int]] = []
    for _, start, size in blocks:
        if runs and not any(token.is_word for token in theirs[runs[-1][1] : start]):
            runs[-1][1] = start + size
        else:
            runs.append([start, start + size])
    runs = [run for run in runs if any(token.is_word for token in theirs[run[0] : run[1]])]
    return [_whole_words(folded, theirs[start].start, theirs[end - 1].end) for start, end in runs]


def _kin(ours: list[Token], theirs: list[Token]) -> bool:
    one, other = (" ".join(token.text for token in some) for some in (ours, theirs))
    return fuzz.ratio(one, other) >= _KIN


def _whole_words(folded: Folded, start: int, end: int) -> tuple[int, int]:
    while folded.cuts(start):
        start -= 1
    while folded.cuts(end):
        end += 1
    return start, end
