"""Quotes with something left out: when the pieces still say what the source says.

An elided quote is honest when

- every piece stands in the source as it is, in the same order, near the one before;
- there are at most four pieces, each of two words or more (four characters in scripts without spaces);
- no piece comes from another quotation than the rest, or from outside where the rest is quoted: two people's
  words, or two statements of one person, do not make one;
- no negation is left out of the sentences that the pieces belong to. Whole sentences between may go.

That does not prove that nothing was turned round ("we refuse to … raise taxes"): `Match.spans` show what was
left out. A quote that breaks a rule is "altered".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import regex

from briefing.quotations import read_quotations
from briefing.sources import Source
from briefing.text import QUOTE_MARKS, UNSPACED_CHARACTER, Folded, fold, tokens

Place = tuple[int, int]

ELLIPSIS = regex.compile(r"\s*[\[(（]?\s*(?:…+|⋯+|\.\s?\.\s?\.)\s*[\])）]?\s*")
#: Ellipses at a quote's ends say that it is a piece of something; they leave nothing out of it.
_OUTER = regex.compile(rf"^(?:{ELLIPSIS.pattern})+|(?:{ELLIPSIS.pattern})+$")
#: Pieces lie within this many characters of each other.
_REACH = 1500
_MOST_PIECES = 4
#: Quotations are read in this many characters around a passage, and on to the next line's end.
_AROUND = 1500
_SENTENCE_END = regex.compile(r"[.!?؟।][”\"’»)\]]*\s|[。！？]|\n\s*\n")

_ENGLISH_NOT = r"not|no|never|none|nobody|nothing|nowhere|neither|nor|cannot|without|hardly|barely|scarcely|refus\w+|den(?:y|ie[sd])"
# What denies, by language: words of their own, then what may stand anywhere.
_NEGATIONS = {
    "en": rf"\b(?:{_ENGLISH_NOT})\b|n['’]t\b",
    "de": r"\b(?:nicht|nichts|kein\w*|nie|niemals|niemand\w*|weder|ohne|kaum)\b",
    "nl": r"\b(?:niet|niets|geen|nooit|niemand|zonder|nauwelijks)\b",
    "fr": r"\b(?:ne|pas|non|jamais|rien|aucun\w*|personne|ni|sans)\b|\bn['’]",
    "es": r"\b(?:no|nunca|jamás|nada|nadie|ning[uú]n\w*|ni|sin|tampoco)\b",
    "pt": r"\b(?:não|nunca|jamais|nada|ninguém|nenhum\w*|nem|sem)\b",
    "it": r"\b(?:non|mai|niente|nulla|nessun\w*|né|senza)\b",
    "ca": r"\b(?:no|mai|res|ningú|cap|ni|sense)\b",
    "ro": r"\b(?:nu|n-\w+|niciodată|nimic|nimeni|nici|fără)\b",
    "sv": r"\b(?:inte|ej|icke|aldrig|ingen|inget|inga|utan)\b",
    "da": r"\b(?:ikke|aldrig|ingen|intet|uden)\b",
    "no": r"\b(?:ikke|ikkje|aldri|ingen|intet|uten)\b",
    "fi": r"\b(?:en|et|ei|emme|ette|eivät|älä|älkää|ilman)\b",
    "pl": r"\b(?:nie\w*|nigdy|nikt|nic|żad\w+|bez|ani)\b",
    "cs": r"\b(?:ne\w*|nikdy|nikdo|nic|žádn\w+|bez|ani)\b",
    "hu": r"\b(?:nem|ne|soha|senki|semmi|sem|nélkül)\b",
    "tr": r"\b(?:değil\w*|yok\w*|hiç\w*|asla)\b|m[ıiuü]yor|m[ae]z\b|m[ae](?:d[ıi]|y)",
    "ru": r"\b(?:не|нет|ни|никогда|никто|ничего|нельзя|без)\b",
    "uk": r"\b(?:не|немає|ні|ніколи|ніхто|нічого|без)\b",
    "bg": r"\b(?:не|няма|ни|никога|никой|нищо|без)\b",
    "el": r"\b(?:δεν|δε|μην|μη|όχι|ποτέ|κανείς|κανένα\w*|τίποτα|χωρίς)\b",
    "he": r"\b(?:לא|אין|אל|בלי|אינ\w+|מעולם)\b",
    "ar": r"\b[وف]?(?:لا|لم|لن|ليس\w*|لس[تن]\w*|ما|غير|دون|بدون)\b",
    "fa": r"\b(?:نه|نیست\w*|هرگز|هیچ|بدون|ن(?:می|خواه)\w*)\b",
    "hi": r"(?<![\p{L}\p{M}])(?:नहीं|न|मत|ना|बिना)(?![\p{L}\p{M}])",
    "zh": r"[不没沒未非无無别別勿]",
    "ja": r"ない|なか|なく|なけ|ませ|ず|ぬ|[無不未非]",
    "ko": r"\b안\b|\b못\b|않|없|아니|말라|지\s?마",
    "th": r"ไม่|มิ|อย่า|ไร้",
    "vi": r"\b(?:không|chẳng|chưa|đừng|chớ)\b",
    "id": r"\b(?:tidak|bukan|tak|belum|jangan|tanpa)\b",
}


def without_outer(quote: str) -> str:
    """A quote without the ellipses at its ends."""
    return str(_OUTER.sub("", quote))


def find_elided(folded: Folded, quote: str, source: Source) -> tuple[list[Place], bool] | None:
    """Where the pieces of a quote around its ellipses stand.

    Returns:
        Offsets in the source, in order, and whether the quote is honest; `None` where the pieces are not there
        in this order.
    """
    wanted = [piece for piece in ELLIPSIS.split(quote) if any(char.isalnum() for char in piece)]
    needles = [_bare(folded_piece) for piece in wanted if (folded_piece := fold(piece))]
    if len(needles) < 2:
        return None
    whole = len(needles) <= _MOST_PIECES and all(map(_long_enough, needles))
    first = None
    for found in _assemblies(folded, needles):
        places = [folded.span(*place) for place in found]
        if whole and _says_the_same(source, places):
            return places, True
        first = first or places
    return (first, False) if first else None


def one_quotation(source: Source, places: list[Place]) -> bool:
    """Whether these places lie in successive segments of one statement that reporting clauses split."""
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
            if not (place := next(iter(folded.places(needle, end, end + _REACH + len(needle))), None)):
                break
            found.append(place)
        else:
            yield found


def _bare(piece: str) -> str:
    return piece.strip(" .,;:" + QUOTE_MARKS).rstrip("- ")


def _long_enough(piece: str) -> bool:
    words = [token for token in tokens(piece) if token.is_word]
    return len(words) >= (4 if UNSPACED_CHARACTER.search(piece) else 2)


def _says_the_same(source: Source, places: list[Place]) -> bool:
    statements = _statements(source, places[0][0], places[-1][1])
    if any(
        _holding(statements, before[1] - 1) != _holding(statements, after[0])
        for before, after in pairwise(places)
    ):
        return False
    denies = _negation(source.lang)
    gaps = (source.text[before[1] : after[0]] for before, after in pairwise(places))
    return not any(denies.search(part) for gap in gaps for part in _cut_sentences(gap))


def _holding(statements: list[list[Place]], at: int) -> set[int]:
    """Numbers of the statements, one inside the other, that a character stands in."""
    return {i for i, segments in enumerate(statements) if any(start <= at < end for start, end in segments)}


def _cut_sentences(gap: str) -> list[str]:
    """What is left out of sentences of which something is quoted."""
    ends = list(_SENTENCE_END.finditer(gap))
    return [gap[: ends[0].end()], gap[ends[-1].end() :]] if ends else [gap]


@lru_cache(maxsize=64)
def _negation(lang: str) -> regex.Pattern[str]:
    lang = {"nb": "no", "nn": "no"}.get(lang, lang)
    known = [_NEGATIONS[lang]] if lang in _NEGATIONS else list(_NEGATIONS.values())
    return regex.compile("|".join(known), regex.IGNORECASE)


def _statements(source: Source, start: int, end: int) -> list[list[Place]]:
    """What is quoted around a passage, as the segments of each statement.

    A quotation of the reader's may go on after the sentence that reports it; here that is another statement. Only
    the surroundings are read: reading a whole book would take seconds.
    """
    text = source.text
    low = max(text.rfind("\n", 0, max(start - _AROUND, 0)) + 1, start - 2 * _AROUND, 0)
    high = text.find("\n", min(end + _AROUND, len(text)))
    high = min(high if high >= 0 else len(text), end + 2 * _AROUND)
    statements: list[list[Place]] = []
    for quotation in read_quotations(text[low:high], source.lang):
        before = None
        for span in quotation.spans:
            segment = (span.start + low, span.end + low)
            between = text[before : segment[0]] if before is not None else ""
            reported = any(char.isalpha() for char in between) and _SENTENCE_END.search(between)
            if before is None or reported:
                statements.append([])
            statements[-1].append(segment)
            before = segment[1]
    return statements
