"""Quotation marks and brackets of a paragraph, as far as they tell where its sentences end."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import regex

from briefing.text.marks import BEFORE_SPEECH, Mark, MarkedParagraph, Side
from briefing.text.punctuation import TERMINAL_MARKS

# Apostrophes inside words enclose nothing.
_QUOTATION_MARK = re.compile(r"[“”„‟\"＂〝〞〟״‚‛＇«»‹›「」｢｣﹁﹂『』﹃﹄]|``|(?<!\w)['’‘]|['’‘](?!\w)")
_APOSTROPHES = "'’‘"
_BRACKETS = dict(zip("([{（［【〈《〔", ")]}）］】〉》〕", strict=True))
_CLOSING_BRACKETS = frozenset(_BRACKETS.values())
_BRACKET = re.compile(rf"[{re.escape(''.join([*_BRACKETS, *_CLOSING_BRACKETS]))}]")
#: Titles of works stand between these.
_TITLE_BRACKETS = frozenset("〈《")
_REFERENCES = re.compile(r"(?:\s?\[\d+\])+")
#: Marks that close when nothing tells their side.
_CLOSING = frozenset("”»’›」』｣﹂﹄〞")
#: Longest brackets, and longest quotation inside a sentence, whose sentences are not cut.
_LONGEST_BRACKETS, _LONGEST_TITLE = 300, 60
_CONTENT = regex.compile(r"[\p{L}\p{N}]")
_ENDED = re.compile(rf"[{TERMINAL_MARKS}]\W{{0,3}}$")


@dataclass(slots=True)  # frozen ones are made at half the speed
class Enclosures:
    """The pairs of marks and brackets of a paragraph, and its marks that close. Marks without a pair enclose nothing."""

    text: str
    stop: int  # end of the paragraph
    closing: dict[int, int]  # start and end of each mark that closes
    starts: list[int]  # starts of `pairs`
    pairs: list[tuple[int, int]]  # quotation marks and brackets, nested ones included

    @classmethod
    def read(cls, text: str, paragraph: MarkedParagraph) -> Self:
        """Find the marks and brackets of a paragraph of a text."""
        start, stop = paragraph.start, paragraph.end
        marks: Sequence[Mark] = paragraph.marks
        pairs: Sequence[tuple[Mark, Mark]] = paragraph.pairs
        if (
            marks
            and all(m.text in _APOSTROPHES for m in marks)
            and not _QUOTATION_MARK.search(text, start, stop)
        ):
            marks = pairs = ()
        brackets = _find_brackets(text, start, stop)
        if not marks:  # as in most paragraphs
            brackets.sort()
            return cls(text, stop, {}, [a for a, _ in brackets], brackets)
        opening = {a.start for a, _ in pairs}
        closing = {m.start: m.end for m in marks if m.start not in opening and _closes(m)}
        closing |= {b.start: b.end for _, b in pairs}
        enclosing = sorted([*((a.start, b.end) for a, b in pairs), *brackets])
        return cls(text, stop, closing, [a for a, _ in enclosing], enclosing)

    def after_closing(self, end: int) -> int:
        """Return the end of the marks, brackets and references that stand behind the end of a sentence, or `end`."""
        while end < self.stop:
            if self.text[end] in _CLOSING_BRACKETS:
                end += 1
            elif end in self.closing:
                end = self.closing[end]
            elif "[" in self.text[end : end + 2] and (
                references := _REFERENCES.match(self.text, end, self.stop)
            ):
                end = references.end()
            else:
                if not (self.text[end].isspace() and end + 1 in self.closing):
                    break
                end = self.closing[end + 1]
        return end

    def hold(self, start: int, end: int, closed: int) -> bool:
        """Whether brackets, or a title in quotation marks, hold together what a sentence's end would part.

        Args:
            start: where the sentence begins.
            end: end of the marks that would end it.
            closed: end of what closes behind them.
        """
        for index in range(bisect_left(self.starts, end) - 1, -1, -1):
            a, b = self.pairs[index]
            if a < start or end - a > _LONGEST_BRACKETS:
                break
            if self.text[a] in _TITLE_BRACKETS and end < b:
                return True
            if closed < b <= a + _LONGEST_BRACKETS and _CONTENT.search(self.text, start, a):
                if self.text[a] in _BRACKETS:
                    return True
                # Speech follows a colon or ends with a full stop, unlike a title with a question mark inside.
                is_speech = BEFORE_SPEECH.search(self.text, max(start, a - 3), a) or _ENDED.search(
                    self.text, a, b
                )
                if b - a <= _LONGEST_TITLE and not is_speech:
                    return True
        return False


def _closes(mark: Mark) -> bool:
    """Whether a mark without a pair, or inside another pair, closes."""
    return mark.side is Side.CLOSES or (mark.side is not Side.OPENS and mark.text in _CLOSING)


def _find_brackets(text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """The pairs of brackets. A closing one without an opening one, as behind the number of an item, is passed over."""
    pairs: list[tuple[int, int]] = []
    stack: list[int] = []
    for match in _BRACKET.finditer(text, start, stop):
        if match[0] in _BRACKETS:
            stack.append(match.start())
        elif stack and _BRACKETS[text[stack[-1]]] == match[0]:
            pairs.append((stack.pop(), match.end()))
    return pairs
