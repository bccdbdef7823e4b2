"""Sentence segmentation of a text, by sentencex."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import regex

from briefing.spans import Span
from briefing.text.honorifics import ABBREVIATED_TITLES
from briefing.text.name_filter import is_date
from briefing.text.paragraphs import find_paragraphs, trim
from briefing.text.punctuation import CLOSING_MARKS

_LINE_BREAK = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")

# Japanese and Chinese sentences end there, whatever stands behind.
_END_BEFORE_NUMBER = regex.compile(rf"[。！？][{CLOSING_MARKS}）]*(?=\p{{N}})")
#: What sentencex takes for an end is looked at in this many characters before it.
_BEFORE_CUT = 24
#: Languages that write an ordinal with a full stop: "19. März".
_ORDINALS = frozenset(("de", "da", "nb", "no", "fi", "cs", "sk", "sl", "hr", "hu", "et", "lv", "is"))
_FRENCH_TITLES = frozenset(("M", "MM", "Me"))
_TITLE_BEFORE = regex.compile(rf"(?<![\p{{L}}\p{{M}}\p{{N}}.])({ABBREVIATED_TITLES}|MM?|Me)\.\s$")
# Behind a German article, an ordinal is followed by its noun; behind "am" it may end a sentence.
_NUMBER_BEFORE = regex.compile(
    r"(?:(?<!\p{L})(?P<article>der|die|das|dem|den|des|zum|zur|beim|im|ein|eine[mnrs]?)\s)?(?<![\p{N}.,])\p{N}{1,2}\.\s$"
    r"|(?P<fraction>\p{N}[.．])$",
    regex.IGNORECASE,
)
_NEXT_WORD = regex.compile(r"\p{Lu}[\p{L}\p{M}]+")
#: sentencex reads this many characters at a time.
_CHUNK = 10_000


def read_sentences(text: str, lang: str) -> list[Span]:
    """Split a text without lone surrogates into sentences; all characters but white space are in one of them.

    Paragraphs are split by sentencex, by the rules of English for an unknown language. Each line is a paragraph, as in
    text from web pages, unless the lines are hard-wrapped at a column; then a paragraph ends at a blank line.
    """
    sentences: list[Span] = []
    for start, end in find_paragraphs(text):
        paragraph = _LINE_BREAK.sub(" ", text[start:end])
        edges = [start, *(start + cut for cut in _cuts(paragraph, lang)), end]
        slices = (trim(text, a, b) for a, b in pairwise(edges))
        sentences += [Span.of(text, a, b) for a, b in slices if a < b]
    return sentences


def _cuts(paragraph: str, lang: str) -> Iterator[int]:
    """Offsets at which the second and later sentences of a paragraph begin.

    sentencex takes quadratic time if many marks are left open, so a long paragraph is split in pieces; the last
    sentence of a piece is split again with the next piece.
    """
    from sentencex import get_sentence_boundaries

    start = 0
    while True:
        chunk = paragraph[start : start + _CHUNK]
        starts = {boundary["start_index"] for boundary in get_sentence_boundaries(lang, chunk)}
        starts.update(match.end() for match in _END_BEFORE_NUMBER.finditer(chunk))
        cuts = sorted(cut for cut in starts - {0, len(chunk)} if not _goes_on(chunk, cut, lang))
        yield from (start + cut for cut in cuts)
        if start + len(chunk) >= len(paragraph):
            return
        if not cuts:  # one sentence fills the piece
            cuts = [max(chunk.rfind(" "), 0) or len(chunk)]
            yield start + cuts[0]
        start += cuts[-1]


def _goes_on(text: str, cut: int, lang: str) -> bool:
    """Whether a sentence certainly goes on where sentencex begins another one."""
    before = text[max(cut - _BEFORE_CUT, 0) : cut]
    number = _NUMBER_BEFORE.search(before)
    if number is None:
        title = _TITLE_BEFORE.search(before)
        return title is not None and text[cut].isupper() and (title[1] not in _FRENCH_TITLES or lang == "fr")
    if number["fraction"]:
        return text[cut].isdigit()
    word = _NEXT_WORD.match(text, cut)
    return (
        lang in _ORDINALS
        and word is not None
        and (is_date(word[0], lang) or (lang == "de" and number["article"] is not None))
    )
