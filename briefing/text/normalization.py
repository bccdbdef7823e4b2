"""Normalization of typography, with a mapping of offsets back to the original text.

Two texts that fold to the same string have the same words. They differ at most in quotation marks, dashes, ellipses,
white space and line wraps, soft hyphens and other invisible characters, full-width forms, Unicode normalization forms
and, on request, case. Each step is one pass of a compiled pattern, so folding takes linear time.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any

import regex

from briefing.text.scripts import UNSPACED_RANGES
from briefing.text.word_borders import INVISIBLE, inside_word

#: Single and double marks are equal: a quotation inside another one changes between them. `same_measures` tells feet
#: from inches.
QUOTE_MARKS = "\"'‘’‚‛ʼ′`´“”„‟″「」『』＂＇׳״"
DASHES = "-‐‑‒–—―−﹣－"
_BLANKS = (
    " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029"
#: Replacements of one character by another. `_SPACING` handles guillemets and ellipses.
_SAME = {
    **{chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)},  # full-width forms
    **dict.fromkeys(_BLANKS, " "),
    **dict.fromkeys(_LINE_ENDS, "\n"),
    **dict.fromkeys(INVISIBLE, "\u00ad"),
    **dict.fromkeys(QUOTE_MARKS, "'"),
    **dict.fromkeys(DASHES, "-"),
    "‹": "«",
    "›": "»",
}
_CHARACTER = re.compile("[" + re.escape("".join(key for key, value in _SAME.items() if key != value)) + "]")
# Letters with marks, decomposed Korean syllables, and single characters with a canonical equivalent.
_CLUSTER = regex.compile(
    r"\P{M}[\p{M}\u1160-\u11ff]+|[\u0340-\u0387\u0958-\u0fff\u1f71-\u1fff\u2000\u2001\u2126-\u212b"
    r"\u2329\u232a\u2adc\uf900-\ufaff\ufb1d-\ufb4e\U0001d15e-\U0001d1c0\U0002f800-\U0002fa1d]"
)
_MARK = regex.compile(r"\p{M}")
_NOT_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
_LIGATURE = re.compile("[\ufb00-\ufb06]")
_UNSPACED_LETTER = re.compile(f"[{UNSPACED_RANGES}]")
#: Blanks next to letters of these scripts separate phrases, lines or scripts, never words.
_UNSPACED_BLANK = re.compile(
    rf"[ \n\xad](?:(?<=[{UNSPACED_RANGES}，。、；：！？].)|[ \n\xad]*(?=[{UNSPACED_RANGES}]))[ \n\xad]*",
    re.DOTALL,
)
#: Most names and short phrases: there is nothing to fold, if no two blanks follow each other.
_FOLDED = re.compile(r"[A-Za-z0-9À-ÖØ-öø-ÿА-яЁё,' ]*")
_NARROW_BLANKS = "\u00a0\u2009\u202f"
# Narrow and non-breaking blanks inside marks. A straight one opens after a blank and closes before one.
_INSIDE_MARKS = re.compile(
    rf'(?:(?<=[«‹“„])|(?<=[\s(]")|(?<=\A"))[{_NARROW_BLANKS}]+|[{_NARROW_BLANKS}]+(?=[»›”]|"(?!\w))'
)
# A filter for places where `_SPACING` may match: most of a text is skipped at the speed of one character class.
_MAYBE = re.compile(
    # `re` looks fastest for a set of characters at the beginning.
    r"[\n\xad…«»* .-](?:(?<=[\n\xad…«»*])|(?=[ \n\xad;:!?%؟…«».*-]))[ \n\xad…«».*-]*",
)
# Alternatives in order of precedence; `_spaced` has the replacements.
_SPACING = re.compile(
    r"[ \n\xad]*(?:…|\.[ \n\xad]?\.[ \n\xad]?\.)"  # an ellipsis, however written
    r"|[ \n\xad]+--?[ \n\xad]+|--"  # a dash between blanks, or typed as two hyphens
    r"|(?<=-)\xad*\n[ \n\xad]*"  # a line wrapped after a hyphen
    r"|(?<![^ \n\xad])«[ \n\xad]+|[ \n\xad]+»(?!\w)|[«»]"  # French marks with the blanks inside them
    r"|[ \n\xad]+(?=[;:!?%؟])"  # French blanks before marks
    r"|[ \n\xad]{2,}|[\n\xad]"
    r"|(?<![^\W_])(?<![)\]])\*\*(?!\s)|(?<!\s)\*\*(?![^\W_]|[(\[-])"  # Markdown's emphasis, no power ("10**2")
)


class _Edits:
    """Mapping of offsets in a rewritten text to the text before the rewrite."""

    def __init__(self) -> None:
        # Start and end of each replaced piece, and of its original. The first row stands for the beginning.
        self._rows = [(0, 0, 0, 0)]

    def add(self, start: int, end: int, old_start: int, old_end: int) -> None:
        self._rows.append((start, end, old_start, old_end))

    def first(self, at: int) -> int:
        """Offset at which the original of the character at `at` starts."""
        _, end, old_start, old_end = self._row(at)
        return old_start if at < end else old_end + at - end

    def last(self, at: int) -> int:
        """Offset behind the original of the character at `at`."""
        _, end, _, old_end = self._row(at)
        return old_end if at < end else old_end + at - end + 1

    def split(self, at: int) -> bool:
        """Whether a cut at `at` would split one replaced piece."""
        start, end, *_ = self._row(at)
        return start < at < end

    def _row(self, at: int) -> tuple[int, int, int, int]:
        return self._rows[bisect_right(self._rows, at, key=itemgetter(0)) - 1]


class Folded:
    """A text with normalized typography, and on request without case: `text` is the folded form of `original`."""

    def __init__(self, text: str, ignore_case: bool = False) -> None:
        self.original = self.text = text
        self._steps: list[_Edits] = []
        if not _FOLDED.fullmatch(text) or "  " in text:
            self._fold()
        if ignore_case:
            self._casefold()

    def without_case(self) -> Folded:
        """Return a copy that is folded without case, too."""
        copied = Folded("")
        copied.original, copied.text = self.original, self.text
        copied._steps = [*self._steps]
        copied._casefold()
        return copied

    def _fold(self) -> None:
        text = self.text
        if not unicodedata.is_normalized("NFC", text):
            self._rewrite(_clusters(text), lambda match: unicodedata.normalize("NFC", match[0]))
        if any(blank in text for blank in _NARROW_BLANKS):
            self._rewrite(_INSIDE_MARKS.finditer(self.text), _remove)
        self.text = _CHARACTER.sub(lambda match: _SAME[match[0]], self.text)
        if not text.isascii():
            self._rewrite(
                _LIGATURE.finditer(self.text), lambda match: unicodedata.normalize("NFKC", match[0])
            )
            if _UNSPACED_LETTER.search(self.text):
                self._rewrite(_UNSPACED_BLANK.finditer(self.text), _remove)
        self._rewrite(_spacings(self.text), _spaced)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map the offsets of a piece of the folded text, not empty, to the original."""
        for edits in reversed(self._steps):
            start, end = edits.first(start), edits.last(end - 1)
        return start, end

    def cuts(self, at: int) -> bool:
        """Whether a passage that begins or ends at `at` cuts a word or a character of the original."""
        if not 0 < at < len(self.text):
            return False
        place = at
        for edits in reversed(self._steps):
            if edits.split(place):
                return True
            place = edits.first(place)
        return inside_word(self.original, place) or inside_word(self.original, self.span(at - 1, at)[1])

    def places(self, needle: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
        """Offsets of a folded string in the folded text, in order, that cut no word. They may overlap."""
        at = self.text.find(needle, start, end) if needle else -1
        while at >= 0:
            if not (self.cuts(at) or self.cuts(at + len(needle))):
                yield at, at + len(needle)
            at = self.text.find(needle, at + 1, end)

    def _rewrite(self, matches: Iterable[Any], replace: Callable[[Any], str]) -> None:
        edits, pieces, last, length = _Edits(), [], 0, 0
        for match in matches:
            new, (start, end) = replace(match), match.span()
            if new == match[0]:
                continue
            pieces += [self.text[last:start], new]
            length += start - last
            if len(new) != end - start:
                edits.add(length, length + len(new), start, end)
            length, last = length + len(new), end
        if pieces:
            self.text = "".join([*pieces, self.text[last:]])
            self._steps.append(edits)

    def _casefold(self) -> None:
        if len(self.text.casefold()) != len(self.text):  # a character becomes two, and offsets change
            self._rewrite(re.finditer(r"[^\x00-\x7f]", self.text), lambda match: match[0].casefold())
        self.text = self.text.casefold()


def fold(text: str, ignore_case: bool = False) -> str:
    """Return the folded form of a text without white space at its ends."""
    return Folded(text, ignore_case).text.strip() if text else ""


_INVISIBLE_CHARACTER = re.compile(f"[{re.escape(INVISIBLE)}]")


def plain(text: str) -> str:
    """Return a text in NFC and without invisible characters. For comparison only: offsets change."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _INVISIBLE_CHARACTER.sub("", text))


def _remove(_match: object) -> str:
    return ""


def _clusters(text: str) -> Iterator[Any]:
    """Matches of the pieces that normalization to NFC may change, in a text that is not normalized."""
    for run in _NOT_ASCII.finditer(text):
        first, marks = run[0][0], run[0][1:]
        if first.isascii() and len(marks) < 3 and all(map(unicodedata.combining, marks)):
            yield run  # one letter, as in most Latin text
        elif not unicodedata.is_normalized("NFC", run[0]):
            yield from _CLUSTER.finditer(text, *run.span())


def _spacings(text: str) -> Iterator[re.Match[str]]:
    for run in _MAYBE.finditer(text):
        # One more character for lookaheads; no alternative begins with it.
        yield from _SPACING.finditer(text, run.start(), run.end() + 1)


def _spaced(match: re.Match[str]) -> str:
    old = match[0]
    bare = old.strip(" \n\xad")
    if bare in ("«", "»"):
        return "'"
    if bare in ("-", "--"):
        return "-"
    if bare:
        return "" if bare == "**" else "..."
    after_hyphen = "\n" in old and match.string[match.start() - 1 : match.start()] == "-"
    if not old.strip("\xad") or after_hyphen:
        return ""
    return "" if match.string[match.end() : match.end() + 1] in tuple(";:!?%؟") else " "
