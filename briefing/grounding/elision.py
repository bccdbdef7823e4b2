"""Quotes with an ellipsis: rules for whether the pieces still mean what the source says.

An elided quote is faithful when

- every piece occurs verbatim in the source, in the same order, near the preceding piece;
- there are at most four pieces, each of at least two words (four characters in scripts without spaces);
- all pieces come from the same quotation, or all from outside quotations: words of two people, or two statements of one
  person, do not make one quote;
- no negation is omitted from the sentences that the pieces belong to. Whole sentences between them may be omitted, and an aside
  between two commas or dashes, in scripts with spaces ("nobody, not even the opposition, asked"), unless it is a condition or another
  half of the sentence ("but will not fund").

The rules do not prove that the meaning is kept ("we refuse to … raise taxes"); `Match.spans` show what was omitted. A
quote that breaks a rule is "altered".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import regex

from briefing.quotations import read_quotations
from briefing.sources import Source
from briefing.text import (
    QUOTE_MARKS,
    SENTENCE_END,
    UNSPACED_CHARACTER,
    Folded,
    fold,
    negation_pattern,
    same_measures,
    tokens,
)

Place = tuple[int, int]

# Nothing is tried twice, and nothing inside of white space: a text of full stops or blanks takes linear time.
_ELLIPSES = r"(?>\s*+[\[(（]?+\s*+(?:…++|⋯++|\.\s?\.\s?\.)\s*+[\])）]?+\s*+)++"
ELLIPSIS = regex.compile(rf"(?<!\s){_ELLIPSES}")
_FIRST, _LAST = regex.compile(_ELLIPSES), regex.compile(rf"{_ELLIPSES}$")
#: Characters that ellipses consist of, and the most that are looked at for those at a quote's end.
_OF_ELLIPSES, _MAX_LAST = " \t\r\n\u00a0\u202f.…⋯[](（)）", 200
_LEADING = regex.compile(rf"^(?:(?![.,]\d)[ .,;:{regex.escape(QUOTE_MARKS)}])+")
#: An omitted aside: no other comma inside, at least three words, and none of the words that begin a condition or another clause.
_ASIDE = regex.compile(
    r"\s*(?P<mark>[,–—-])\s*(?!(?:but|and|or|nor|yet|if|unless|except|without|though|aber|und|oder|noch|sondern|doch|wenn|falls|sofern|außer|ohne|mais|et|ou|ni|"
    r"si|sauf|sans|à\smoins|pero|y|o|sino|salvo|sin|aunque|но|и|или|а|если|кроме|без|хотя)\b)"
    r"[^\s,;:–—()]+(?:\s[^\s,;:–—()]+){2,}\s*(?P=mark)\s*",
    regex.IGNORECASE,
)
#: Largest gap between two successive pieces, in characters.
_MAX_GAP = 1500
_MAX_PIECES = 4
#: Least words of a piece; in scripts without spaces, least characters.
_MIN_WORDS, _MIN_CHARACTERS = 2, 4
#: Quotations are read in this many characters before and after a passage, extended to whole lines.
_AROUND = 1500


def without_outer(quote: str) -> str:
    """Return `quote` without the ellipses at its ends, which mark it as an excerpt and omit nothing from it."""
    first = _FIRST.match(quote)
    quote = quote[first.end() :] if first else quote
    tail = max(len(quote.rstrip(_OF_ELLIPSES)), len(quote) - _MAX_LAST)
    last = _LAST.search(quote, tail)
    return quote[: last.start()] if last else quote


def find_elided(folded: Folded, quote: str, source: Source) -> tuple[list[Place], bool] | None:
    """Return the places (start, end) of the pieces between a quote's ellipses, and whether the quote is faithful.

    `None` if the source, whose text is `folded`, does not have the pieces in this order.
    """
    wanted = [piece for piece in ELLIPSIS.split(quote) if any(char.isalnum() for char in piece)]
    needles = [_bare(fold(piece)) for piece in wanted]
    if len(needles) < 2:
        return None
    acceptable = len(needles) <= _MAX_PIECES and all(map(_is_long_enough, needles))
    first = None
    for found in _assemblies(folded, needles):
        places = [folded.span(*place) for place in found]
        same = all(same_measures(piece, source.text, *at) for piece, at in zip(wanted, places, strict=True))
        if acceptable and same and _is_faithful(source, places):
            return places, True
        first = first or places
    return (first, False) if first else None


def one_quotation(source: Source, places: list[Place]) -> bool:
    """Whether these places lie in successive segments of one quotation that is split by reporting clauses."""
    for statement in _statements(source, places[0][0], places[-1][1]):
        held = [
            next((i for i, (start, end) in enumerate(statement) if start <= place[0] and place[1] <= end), -1)
            for place in places
        ]
        if held[0] >= 0 and all(later == earlier + 1 for earlier, later in pairwise(held)):
            return True
    return False


def _assemblies(folded: Folded, needles: list[str]) -> Iterator[list[Place]]:
    for first in folded.places(needles[0]):
        found = [first]
        for needle in needles[1:]:
            end = found[-1][1]
            if not (place := next(iter(folded.places(needle, end, end + _MAX_GAP + len(needle))), None)):
                break
            found.append(place)
        else:
            yield found


def _bare(piece: str) -> str:
    bare = piece.rstrip(" .,;:" + QUOTE_MARKS).rstrip("- ")
    # The point of ".5" belongs to the number.
    return str(_LEADING.sub("", bare))


def _is_long_enough(piece: str) -> bool:
    words = [token for token in tokens(piece) if token.is_word]
    return len(words) >= (_MIN_CHARACTERS if UNSPACED_CHARACTER.search(piece) else _MIN_WORDS)


def _is_faithful(source: Source, places: list[Place]) -> bool:
    denies = negation_pattern(source.lang)
    gaps = (source.text[before[1] : after[0]] for before, after in pairwise(places))
    # Folded, as letters may be decomposed or words hold soft hyphens.
    if any(
        denies.search(fold(part))
        for gap in gaps
        for part in _cut_sentences(gap)
        if not _ASIDE.fullmatch(fold(part))
    ):
        return False
    # Last, as it takes longest.
    statements = _statements(source, places[0][0], places[-1][1])
    return all(
        _holding(statements, before[1] - 1) == _holding(statements, after[0])
        for before, after in pairwise(places)
    )


def _holding(statements: Sequence[Sequence[Place]], at: int) -> set[int]:
    """Return the indexes of the (nested) statements that contain the character at offset `at`."""
    return {i for i, segments in enumerate(statements) if any(start <= at < end for start, end in segments)}


def _cut_sentences(gap: str) -> list[str]:
    """Return the parts of an omitted text that belong to sentences which the quote has pieces of."""
    ends = list(SENTENCE_END.finditer(gap))
    return [gap[: ends[0].end()], gap[ends[-1].end() :]] if ends else [gap]


def _statements(source: Source, start: int, end: int) -> Sequence[Sequence[Place]]:
    """Return the quotations around a passage, each as the places of its segments.

    A quotation that `read_quotations` continues after the sentence with the reporting clause is split there into two.
    Reads the surroundings only: a whole book would take seconds.
    """
    text = source.text
    low = max(text.rfind("\n", 0, max(start - _AROUND, 0)) + 1, start - 2 * _AROUND, 0)
    high = text.find("\n", min(end + _AROUND, len(text)))
    high = min(high if high >= 0 else len(text), end + 2 * _AROUND)
    found = _read_statements(text[low:high], source.lang)
    return [[(start + low, end + low) for start, end in segments] for segments in found]


@lru_cache(maxsize=64)  # many places of a text may have the same surroundings
def _read_statements(text: str, lang: str) -> Sequence[Sequence[Place]]:
    statements: list[list[Place]] = []
    for quotation in read_quotations(text, lang):
        before = None
        for span in quotation.spans:
            between = text[before : span.start] if before is not None else ""
            reported = any(char.isalpha() for char in between) and SENTENCE_END.search(between)
            if before is None or reported:
                statements.append([])
            statements[-1].append((span.start, span.end))
            before = span.end
    return statements
