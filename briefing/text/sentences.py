"""Sentence segmentation of a text: the ends that sentencex finds, and rules for what it does not know.

sentencex knows the marks that end sentences in all scripts, and abbreviations of some 25 languages. The rules are about
quotation marks and brackets by their pairs, more abbreviations, ordinals, decimals and what goes on in small letters.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import regex

from briefing.spans import Span
from briefing.text.abbreviations import is_long_word, may_end_with, opens_sentence
from briefing.text.enclosures import Enclosures
from briefing.text.marks import MarkedParagraph, read_marks, read_paragraph
from briefing.text.name_filter import is_date
from briefing.text.paragraphs import trim
from briefing.text.punctuation import CLOSING_MARKS, TERMINAL_MARKS
from briefing.text.scripts import UNSPACED_CHARACTER

_LINE_BREAK = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
# For some languages, sentencex cuts before no ASCII digit.
_NUMBER_BEHIND = re.compile(r"([.!?]\s+)\d")
# sentencex cuts nowhere between marks or brackets that it takes for a pair, so it reads the text without them. "[1]" it
# knows as a reference. White space beyond ASCII makes it panic in French ("K\xa0.").
_HIDDEN = re.compile(
    '[“”„‟"＂〝〞〟‘‚‛«»‹›「」『』｢｣﹁﹂﹃﹄《》〈〉`(){}<>（）\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]'
)
_HIDDEN_BRACKET = re.compile(r"\[(?!\d+\])|(?<!\d)\]")
_SPACE = re.compile(r"\s*")
_ONLY_CLOSING = re.compile(rf"[{CLOSING_MARKS}\s]*")
_REFERENCES = re.compile(r"(?:\s*\[\d+\])+$")
#: Most marks that end sentences; those of other scripts are left to sentencex.
_ENDS = ".!?…؟।۔。！？｡．‼⁇⁈⁉"
_END = re.compile(f"[{_ENDS}][{_ENDS}]*")  # `re` is slower where a repeated set begins a pattern
_FULL_STOP = frozenset((".", "．"))
_IDEOGRAPHIC = frozenset("。！？｡")
_ELLIPSIS = re.compile(r"…+|\.{2,}")
_IN_SENTENCE = regex.compile(rf"[^{TERMINAL_MARKS}{CLOSING_MARKS}\s]\s+$")
#: A sentence goes on with these, but a name may begin with a small letter ("iPhone").
_GOES_ON = regex.compile(r"[,;:.،؛、，；：]|[\p{Pd}\s]*\p{Ll}(?!\p{Ll}*\p{Lu})")
_CASED = regex.compile(r"[\p{Lu}\p{Lt}\p{Ll}]")
#: White space was forgotten between two sentences, as in "He left.Then it rained."
_UNSPACED_END = regex.compile(r"\p{Ll}{2}[.!?]\p{Lu}\p{Ll}")
_OPENING = regex.compile(r"[\p{Lu}\p{Ps}\p{Pi}\"'„‚»›¿¡]")
#: "“…” — Ana Ruiz" at the end of a paragraph.
_SIGNATURE = regex.compile(r"\p{Pd}+\s*\p{Lu}[^.!?]{1,60}")
#: A number or letter before the item of a list is no sentence, nor is anything without letters.
_NO_SENTENCE = regex.compile(r"[^\p{L}\p{N}]*(?:(?:\p{N}{1,3}|\p{L}\p{M}*|[ivxIVX]{2,4})[.．)\]]+\s*)?")
_LONGEST_NUMBER = 12
#: Languages that write an ordinal with a full stop: "19. März".
_ORDINALS = frozenset(("de", "da", "nb", "no", "fi", "cs", "sk", "sl", "hr", "hu", "et", "lv", "is"))
# In German, an ordinal stands before its noun, and a number that ends a sentence behind one: "auf Platz 2."
_ORDINAL_BEFORE = regex.compile(
    r"(?:(?<!\p{L})(?P<article>(?i:der|die|das|dem|den|des|zum|zur|beim|im|am|vom|eine?|eine[mnrs]))\s)?"
    r"(?<![\p{N}.,:\p{L}])(?:\p{N}{1,2}|[IVX]+)$"
)
_NOUN_BEFORE_NUMBER = regex.compile(r"(?<!\p{L})\p{Lu}\p{L}+\s\p{N}+$")
_NEXT_WORD = regex.compile(r"\p{Lu}[\p{L}\p{M}]+")
#: What takes up a quotation or question in Japanese and Chinese.
_TAKES_UP = {
    "ja": regex.compile(r"と|って|など|[やのがをにはへでも](?!\p{Hiragana})"),
    "zh": regex.compile("的"),
}
_TAKES_UP_QUESTION = regex.compile("と|って")
#: What is read before and behind an end, in characters.
_BEFORE, _BEHIND = 40, 80
#: sentencex reads this many characters at a time, since its time is quadratic in some texts.
_CHUNK = 10_000
#: Longest sentence, in characters. Longer ones are tables and lists without full stops. They are cut in their second
#: half, behind the last of the first of these that is there.
_LONGEST = 1000
_BREAKS = tuple(
    re.compile(pattern) for pattern in (r"\s[|•·‣▪►]\s|\s{2,}|[;；]\s?", r"[:：,]\s|[、，،]|\s[–—-]\s", r"\s")
)


def read_sentences(text: str, lang: str) -> list[Span]:
    """Split a text without lone surrogates into sentences; all characters but white space are in one of them.

    The rules of English hold for an unknown language. No sentence goes beyond a paragraph (`find_paragraphs`), and none
    is longer than 1,000 characters.
    """
    # `splitlines` parts at the same characters, but for \r\n, in a sixth of the time.
    flat = _LINE_BREAK.sub(" ", text) if "\r\n" in text else " ".join(f"{text}|".splitlines())[:-1]
    marks = {match.end(): match.start() for match in _END.finditer(flat)}
    found = _sentencex_ends(flat, lang) if marks or not text.isascii() else set()
    for end in found - marks.keys():
        marks[end] = end - 1
    ends = sorted(marks)
    sentences: list[Span] = []
    first = 0
    for paragraph in read_marks(text):
        start, stop = paragraph.start, paragraph.end
        first = bisect_right(ends, start, first)
        last = bisect_left(ends, stop, first)
        cuts: Iterable[int] = ()
        if first < last:
            if text[start:stop] != flat[start:stop]:  # hard-wrapped: marks have other neighbours in one line
                paragraph = read_paragraph(flat, start, stop)
            candidates = [(marks[end], end, end in found) for end in ends[first:last]]
            cuts = _cuts(flat, paragraph, candidates, lang)
        for cut in (*cuts, stop):
            end = trim(text, start, cut)[1]
            if end - start <= _LONGEST:
                sentences.append(Span.of(text, start, end))
            else:
                sentences += [Span.of(text, *piece) for piece in _divide(text, start, end)]
            start = cut
        first = last
    return sentences


def _divide(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Divide a sentence that is too long. Neither it nor its parts have white space at their ends."""
    while end - start > _LONGEST:
        middle, stop = start + _LONGEST // 2, start + _LONGEST
        found = (list(one.finditer(text, middle, stop)) for one in _BREAKS)
        cut = next((matches[-1].end() for matches in found if matches), stop)
        yield trim(text, start, cut)
        start = _after_space(text, cut, end)
    yield start, end


def _after_space(text: str, start: int, stop: int) -> int:
    if start < stop and not text[start].isspace():
        return start
    if start + 1 < stop and not text[start + 1].isspace():
        return start + 1
    space = _SPACE.match(text, start, stop)
    return space.end() if space else start


class _End(NamedTuple):
    """A place where a sentence may end."""

    text: str
    lang: str
    start: int  # where the sentence begins
    stop: int  # end of the paragraph
    mark: int  # start of the marks that end it
    end: int  # end of these marks
    closed: int  # end of the quotation marks, brackets and references that belong to them
    following: int  # where the next sentence would begin
    found: bool  # whether sentencex ends a sentence there

    @property
    def before(self) -> str:
        return self.text[max(self.start, self.mark - _BEFORE) : self.mark]

    @property
    def after(self) -> str:
        return self.text[self.following : min(self.stop, self.following + _BEHIND)]


def _cuts(
    text: str, paragraph: MarkedParagraph, candidates: Sequence[tuple[int, int, bool]], lang: str
) -> Iterator[int]:
    """Offsets at which the second and later sentences of a paragraph begin.

    Args:
        text: the whole text, without line breaks.
        paragraph: the paragraph of this text.
        candidates: start and end of each run of marks that may end a sentence, and whether sentencex ends one there.
        lang: language of the text, a BCP-47 primary tag.
    """
    start, stop = paragraph.start, paragraph.end
    if text[stop - 1] in CLOSING_MARKS and _ONLY_CLOSING.fullmatch(text, candidates[0][1], stop):
        return
    enclosures = Enclosures.read(text, paragraph)
    # Where the first sentence begins with a small letter, the others may as well.
    capital = text[start].isupper() and text[start].isalpha()
    first = None if capital else _CASED.search(text, start, stop)
    careless = first is not None and first[0].islower()
    for mark, end, found in candidates:
        if found and _is_plain_end(text, start, mark, end, lang):
            closed, following = end, end + 1
        else:
            closed = enclosures.after_closing(end)
            following = _after_space(text, closed, stop)
            if following == stop:
                return
            one = _End(text, lang, start, stop, mark, end, closed, following, found)
            if following <= start or not _ends_sentence(one, careless):
                continue
        if not enclosures.hold(start, end, closed):
            yield following
            start = following


def _is_plain_end(text: str, start: int, mark: int, end: int, lang: str) -> bool:
    """Whether a full stop stands between a long word and a blank before a capital.

    That is where most sentences end, and sentencex is right; `_ends_sentence` would take longer to say so.
    """
    capital = text[end + 1 : end + 2]
    return (
        text[mark : end + 1] == ". "
        and capital.isupper()
        and capital.isalpha()
        and end - start > _LONGEST_NUMBER
        and text[mark - 1] not in "IVX"  # of an ordinal
        and is_long_word(text[max(start, mark - _BEFORE) : mark], lang)
    )


def _sentencex_ends(text: str, lang: str) -> set[int]:
    """The ends of the marks behind which sentencex ends a sentence.

    A long text is split in pieces; the last sentence of a piece is split again with the next piece.
    """
    from sentencex import segment

    text = _HIDDEN.sub(" ", text).replace("'", "’")
    text = _NUMBER_BEHIND.sub(r"\1５", text)
    if "[" in text:
        text = _HIDDEN_BRACKET.sub(" ", text)
    ends: set[int] = set()
    start = 0
    while start < len(text):
        chunk = text[start : start + _CHUNK]
        # The pieces make up the chunk; `get_sentence_boundaries` has more to say, and takes longer.
        starts = [0, *accumulate(map(len, segment(lang, chunk)))][:-1]
        for cut in starts[1:]:
            end = _before_space(chunk, cut)
            if chunk[end - 1] == "]" and (
                references := _REFERENCES.search(chunk, max(0, end - _BEFORE), end)
            ):
                end = _before_space(chunk, references.start())
            ends.add(start + end)
        if start + len(chunk) >= len(text):
            break
        start += starts[-1] or chunk.rfind(" ") + 1 or len(chunk)
    return ends - {0}


def _before_space(text: str, end: int) -> int:
    while end and (text[end - 1].isspace() or text[end - 1] == "’"):
        end -= 1
    return end


def _ends_sentence(one: _End, careless: bool) -> bool:
    after = one.after
    if one.end - one.start <= _LONGEST_NUMBER and _NO_SENTENCE.fullmatch(one.text, one.start, one.end):
        return False
    # Neither a sentence that goes on nor a signature begins with a digit or capital.
    may_go_on = after[0].islower() or not after[0].isalnum()
    goes_on = _GOES_ON.match(after) if may_go_on else None
    if goes_on and not (careless and goes_on[0][-1:].isalpha() and one.found):
        return False
    last = one.text[one.end - 1]
    if last in _IDEOGRAPHIC:
        closed = one.closed > one.end
        takes_up = _TAKES_UP.get(one.lang) if closed else _TAKES_UP_QUESTION if last in "！？" else None
        return takes_up is None or takes_up.match(after) is None
    if may_go_on and _SIGNATURE.fullmatch(one.text, one.following, one.stop):
        return False
    if one.following == one.closed and not _may_touch(one):
        return False
    mark = one.text[one.mark : one.end]
    if mark not in (".", "?", "!") and _ELLIPSIS.fullmatch(mark):
        # It stands for words left out behind a space, unless that is behind a sentence.
        apart = one.lang == "de" or _IN_SENTENCE.search(one.before) is not None
        return opens_sentence(after, one.lang) if apart else _OPENING.match(after) is not None or one.found
    if mark in _FULL_STOP:
        return _ends_at_full_stop(one)
    return one.found


def _may_touch(one: _End) -> bool:
    """Whether two sentences may meet without white space at an end."""
    if UNSPACED_CHARACTER.match(one.text[one.following]) or not one.text[one.end - 1].isascii():
        return one.found
    if one.closed > one.end:
        return _OPENING.match(one.after) is not None
    return _UNSPACED_END.match(one.text, max(0, one.end - 3)) is not None


def _ends_at_full_stop(one: _End) -> bool:
    before, after, lang = one.before, one.after, one.lang
    if before[-1:].isnumeric() and (one.text[one.mark] == "．" or one.text[one.end].isnumeric()):
        return False  # a decimal, or the number of an item
    ordinal = _ORDINAL_BEFORE.search(before) if lang in _ORDINALS else None
    if ordinal is not None:
        word = _NEXT_WORD.match(after)
        if after[0].isnumeric() or (word and is_date(word[0], lang)):
            return False
        if lang == "de":
            noun = None if ordinal["article"] else _NOUN_BEFORE_NUMBER.search(before)
            return opens_sentence(after, lang) or (noun is not None and not opens_sentence(noun[0], lang))
    ends = may_end_with(before, after, lang)
    if ends is not None:
        return ends
    if one.found or opens_sentence(after, lang):
        return True
    if not before[-1:].isalnum():
        return _OPENING.match(after) is not None
    # sentencex takes any month for the second word of a date.
    word = _NEXT_WORD.match(after)
    return word is not None and lang in _ORDINALS and is_date(word[0], lang)
