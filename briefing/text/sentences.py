"""Sentence and paragraph segmentation of a text, by sentencex."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import regex

from briefing.spans import Span
from briefing.text.honorifics import ABBREVIATED_TITLES
from briefing.text.name_filter import is_date
from briefing.text.scripts import UNSPACED_CHARACTER

# `re` searches sets of characters faster than `regex`.
_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_LINE_BREAK = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
#: Marks that end a sentence.
TERMINAL_MARKS = ".!?…؟।。！？"
#: Marks that may stand behind them, escaped for a character class.
CLOSING_MARKS = r"\"'”“’»«)\]」』"
#: Ends of sentences, found fast: some are abbreviations, and "…" is not among them, as it may stand for words left out.
#: White space behind the marks is not part of a match.
SENTENCE_END = re.compile(rf"[.!?؟।][{CLOSING_MARKS}]*(?=\s)|[。！？][{CLOSING_MARKS}]*|\n\s*\n")
# A line that ends so does not go on; unlike a sentence's end, a colon counts.
_LINE_END = re.compile(rf"[{TERMINAL_MARKS}:;][{CLOSING_MARKS}]*$")
#: Least and greatest column at which text is hard-wrapped.
_NARROWEST, _WIDEST = 30, 110
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


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a slice without the white space at both ends; an empty slice if it is blank."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


def find_paragraphs(text: str) -> list[tuple[int, int]]:
    """Return the offsets of the paragraphs that are not blank, without white space at their ends."""
    blocks: list[list[tuple[int, int]]] = []
    ended = True
    position = 0
    for match in _LINE.finditer(text):
        # Two line breaks since the last line make a blank line; \r\n is one line break.
        ended = ended or len(text[position : match.start()].replace("\r\n", "\n")) > 1
        position = match.end()
        line = trim(text, *match.span())
        if line[0] == line[1]:
            ended = True
            continue
        if ended:
            blocks.append([])
        blocks[-1].append(line)
        ended = False
    found: list[tuple[int, int]] = []
    for block in blocks:
        if _is_wrapped(text, block):
            found.append((block[0][0], block[-1][1]))
        else:
            found.extend(block)
    return found


def _is_wrapped(text: str, lines: Sequence[tuple[int, int]]) -> bool:
    """Whether the lines are one paragraph that was hard-wrapped at a column.

    A program that wraps text breaks a line only if the next word does not fit. Lines that are paragraphs or headlines
    end anywhere.
    """
    breaks = len(lines) - 1
    width = max(end - start for start, end in lines)
    if breaks == 0 or not _NARROWEST <= width <= _WIDEST:
        return False
    full = open_ended = 0
    for (start, end), (below, below_end) in pairwise(lines):
        word = 1 if UNSPACED_CHARACTER.match(text[below]) else len(text[below:below_end].split(maxsplit=1)[0])
        full += end - start + 1 + word > width - 3
        open_ended += _LINE_END.search(text, max(start, end - 4), end) is None
    if breaks == 1:
        return full == 1 and open_ended == 1 and text[lines[1][0]].islower() and width >= _WIDEST // 2
    return full >= 0.8 * breaks and open_ended >= 0.5 * breaks
