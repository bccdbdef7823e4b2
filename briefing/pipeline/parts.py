"""Cut a long article into parts of about equal length, at chapters, sections, paragraphs or else sentences.

Lengths are counted in tokens by the estimate that errs on the safe side in every script (`token_range`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import regex

from briefing.grounding import View, offered_quotations
from briefing.llm import MOST_REASONING, Target, context_window, token_range
from briefing.sources import Source, cached_in_source
from briefing.spans import Span
from briefing.text import TERMINAL_MARKS

#: Tokens of an article that a model reads well at once, if the option `reading_length` says nothing else. Today's models
#: take more, and overlook more of it.
_READING_LENGTH = 50_000
#: Tokens of a window that are kept for instructions and answer: of a model that is called by its provider's protocol with a
#: schema, and of a local one. At most half of a window.
_KEPT, _KEPT_LOCAL = 8_000, 2_500
#: Tokens of the marks around a sentence in a prompt.
_MARKS = 10
#: Most tokens of one character.
_MOST_PER_CHARACTER = 3.3
#: How far a border may lie from where the parts are of equal length, as a share of a part.
_SLACK = 0.15
#: The same where a border would be inside of a quotation otherwise.
_MOST_SLACK = 0.45
#: A line that begins a chapter, in the languages of most books; Markdown headings; and numbers alone.
_CHAPTER = regex.compile(
    r"(?P<marks>#{1,3})\s|(?P<word>chapter|part|book|section|act|scene|volume|kapitel|teil|abschnitt|buch|chapitre|partie|livre|cap[ií]tulo|"
    r"parte|libro|capitolo|livro|hoofdstuk|deel|avsnitt|luku|fejezet|bölüm|chương|rozdział|розділ|глава|часть|том|книга|κεφάλαιο|"
    r"الفصل|الباب|الجزء|القسم|فصل|פרק|अध्याय|भाग)\b.{0,80}$|[第제]\s?[\p{N}\p{Han}]{1,6}\s?(?P<unit>[章回节節部卷장부편])|"
    r"(?P<numeral>[\p{N}IVXLC]{1,7})[.)]?$",
    regex.IGNORECASE,
)
#: A heading with its number: "3.2 Findings".
_NUMBERED = regex.compile(r"(?P<number>\p{N}{1,3}(?:\.\p{N}{1,3}){0,3})\.?\s+\p{L}")
#: What names no section.
_NO_NAME = regex.compile(r"[\p{N}IVXLC.)]+$|.*[:：]$")
_MARKDOWN = regex.compile(r"#{1,6}\s+")
#: How good a place to cut is before a section.
_SECTION = 2
#: The kind of a heading that is nothing but a line by itself.
OTHER = "line"
#: Longest heading, in characters.
_LONGEST_HEADING = 80
_BLANK_LINE = regex.compile(r"\R[^\S\r\n]*\R|\f")


def reading_length(target: Target) -> int:
    """Return the tokens of an article that a model is shown at once: what it reads well, within its context window."""
    length = target.options.get("reading_length", _READING_LENGTH)
    window = context_window(target)
    return length if window is None else min(length, within_window(window, target))


def within_window(window: int, target: Target) -> int:
    """Return the tokens of a context window that are left for the article."""
    kept = _KEPT_LOCAL if target.local else _KEPT + (MOST_REASONING if target.reasons else 0)
    return window - min(kept, window // 2)


def is_beyond(text: str, length: int) -> bool:
    """Whether a text may have more tokens than `length`."""
    return len(text) * _MOST_PER_CHARACTER > length and token_range(text).most > length


@dataclass(frozen=True)
class Cutter:
    """Cuts an article.

    Attributes:
        source: the article.
        lengths: tokens of the sentences before each sentence, and of all.
        borders: how good a place to cut is before each sentence.
    """

    source: Source
    lengths: Sequence[int]
    borders: Sequence[int]

    def length(self, view: View) -> int:
        """Tokens of the sentences of a part."""
        return self.lengths[view.sentences[-1]] - self.lengths[view.sentences[0] - 1]

    def cut(self, length: int, view: View | None = None) -> list[View]:
        """Cut the article, or a part of it, into as few parts of at most `length` tokens as there can be.

        They are about equally long. A longer sentence is a part by itself.
        """
        first, end = (0, len(self.borders)) if view is None else (view.sentences[0] - 1, view.sentences[-1])
        count = max(1, -(-(self.lengths[end] - self.lengths[first]) // length))
        while True:
            places = self._places(first, end, count)
            fits = all(b - a == 1 or self.lengths[b] - self.lengths[a] <= length for a, b in pairwise(places))
            if fits or count >= end - first:
                return [self._part(a, b) for a, b in pairwise(places)]
            count = min(end - first, count + max(1, count // 20))

    def _places(self, first: int, end: int, count: int) -> list[int]:
        """The indices of the sentences before which it is cut, with both ends."""
        begin, whole = self.lengths[first], self.lengths[end] - self.lengths[first]
        slack, places = whole / count * _SLACK, [first]
        for number in range(1, count):
            ideal = begin + whole * number / count
            place = self._place(ideal, slack, places[-1] + 1, end)
            if self.borders[place] < 0:
                place = self._place(ideal, _MOST_SLACK / _SLACK * slack, places[-1] + 1, end)
            if places[-1] < place < end:
                places.append(place)
        return [*places, end]

    def _place(self, ideal: float, slack: float, first: int, end: int) -> int:
        """The best place to cut near a length; the nearest one if none is within the slack."""
        first = min(first, end - 1)
        low = bisect_right(self.lengths, ideal - slack, first, end)
        nearest = min(max(bisect_right(self.lengths, ideal, first, end) - 1, first), end - 1)
        candidates = range(low, bisect_right(self.lengths, ideal + slack, low, end)) or [nearest]
        return max(candidates, key=lambda i: (self.borders[i], -abs(self.lengths[i] - ideal)))

    def _part(self, start: int, end: int) -> View:
        begin, stop = self.source.sentences[start].start, self.source.sentences[end - 1].end
        offered = offered_quotations(self.source)
        low = bisect_right(offered, begin - 1, key=lambda quotation: quotation.spans[0].start)
        high = bisect_right(offered, stop - 1, key=lambda quotation: quotation.spans[0].start)
        # One that goes on in the next part is marked where it begins.
        return View(range(start + 1, end + 1), range(low + 1, high + 1))


@cached_in_source
def cutter(source: Source) -> Cutter:
    """Return the cutter of an article."""
    lengths = accumulate((sentence_length(sentence.text) for sentence in source.sentences), initial=0)
    return Cutter(source, list(lengths), _borders(source))


def sentence_length(text: str) -> int:
    """Return the tokens of a sentence in a prompt."""
    return token_range(text).most + _MARKS


def _borders(source: Source) -> list[int]:
    """How good a place to cut is before each sentence: 3 before a chapter, 2 a section, 1 a paragraph; -1 in a quotation."""
    text, found, end, sentences = source.text, [0], 0, source.sentences
    quoted = {i for q in source.quotations for i in _inside(source, q.spans[0].start, q.spans[-1].end)}
    for index, sentence in enumerate(sentences):
        if index:
            border = _border(sentence.text, text[end : sentence.start])
            if border == 1 and _is_above(sentence, sentences[index + 1 : index + 2], text):
                border = _SECTION
            found.append(-1 if index in quoted else border)
        end = sentence.end
    return found


@cached_in_source
def heading_lines(source: Source) -> dict[str, list[tuple[int, Span]]]:
    """Return the article's headings by kind: the index of the sentence that begins with each, and its line without marks.

    Kinds are chapters, parts, Markdown's levels, numbers of as many levels, and `OTHER` lines that stand alone. Numbers alone,
    which may be those of pages, and lines with a colon at the end, as before a speech, are left out.
    """
    found: dict[str, list[tuple[int, Span]]] = {}
    for index, border in enumerate(cutter(source).borders):
        sentence = source.sentences[index]
        line = sentence.text.split("\n", 1)[0].rstrip()
        stands_above = border > _SECTION or ((border == _SECTION or index == 0) and _is_heading(line))
        if stands_above and not _NO_NAME.match(line):
            begin = match.end() if (match := _MARKDOWN.match(line)) else 0
            span = Span.of(source.text, sentence.start + begin, sentence.start + len(line))
            found.setdefault(_kind(line), []).append((index, span))
    return found


def _kind(line: str) -> str:
    """The kind of a heading."""
    if marks := regex.match("#+", line):
        return str(marks[0])
    if numbered := _NUMBERED.match(line):
        return "." * int(numbered["number"].count("."))
    chapter = _CHAPTER.match(line)
    return str(chapter["word"] or chapter["unit"]).casefold() if chapter else OTHER


def _is_heading(line: str) -> bool:
    return 0 < len(line) <= _LONGEST_HEADING and not any(mark in line[-2:] for mark in TERMINAL_MARKS)


def _inside(source: Source, start: int, end: int) -> range:
    """The indices of the sentences that begin inside of a quotation."""
    sentences = source.sentences
    first = bisect_right(sentences, start, key=lambda sentence: sentence.start)
    return range(first, bisect_right(sentences, end - 1, key=lambda sentence: sentence.start))


def _is_above(line: Span, following: Sequence[Span], text: str) -> bool:
    """Whether a line is a heading above a paragraph: the texts of pages have no blank lines."""
    return any(
        "\n" not in line.text
        and _is_heading(line.text)
        and "\n" in text[line.end : paragraph.start]
        and not _is_heading(paragraph.text)
        for paragraph in following
    )


def _border(sentence: str, gap: str) -> int:
    line = sentence.split("\n", 1)[0].strip()
    if "\n" in gap and _CHAPTER.match(line):
        return 3
    if not _BLANK_LINE.search(gap):
        return int("\n" in gap)
    return _SECTION if _is_heading(line) else 1
