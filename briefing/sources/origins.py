"""Where the text of a `Source` stands in the HTML of its page.

Each line of the text is looked for in the letters that the page shows (`PageLetters`), all lines in one pass.
"""

from __future__ import annotations

import bisect
import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from pydantic import ConfigDict

from briefing.errors import InputError
from briefing.sources.page_letters import PageLetters, fold
from briefing.spans import Made, Span
from briefing.threads import cached_property

#: Key of a `__dict__`: not a private attribute of pydantic, which equality and pickles would include.
_HTML = "_html"
#: Letters by which a line is looked for in the whole page.
_KEY = 24
#: Letters of the ends of a text that is not found whole.
_END_SIZES = (24, 12, 6)
#: Most letters of the page that are searched for one span whose line has no certain place.
_LARGEST_GAP = 100_000
#: Most places of such letters that are looked at, and how many times the page's letters are searched for short lines.
_MOST_PLACES, _MOST_SEARCHES = 8, 50


@dataclass(frozen=True, slots=True)
class Origin:
    """A place in the HTML of a page."""

    path: str
    """XPath of the innermost element that holds the whole text, such as "/html/body/div[2]/p[3]"."""
    start: int
    """Offset of the first character in the decoded page, in code points."""
    end: int
    """Offset after the last one: `page[start:end]` is the text with the tags and entities in it."""


class FromPage(Made):
    """Base class of `Source`: what belongs to a text and is no field of it, and so not in equality, pickles and JSON."""

    model_config = ConfigDict(ignored_types=(cached_property,))

    text: str

    def keep_html(self, html: str | None) -> None:
        """Keep the decoded page that the text was read from."""
        if html is not None:
            self.__dict__[_HTML] = html

    def origin(self, span: Span) -> Origin | None:
        """Return where a span of `text` stands in the HTML that the source was read from.

        Args:
            span: a span of this source's `text`.

        Returns:
            The element and the offsets; `None` if the source was not read from a web page, or was unpickled or read from
            JSON since, which does not keep the page; if the span has no letter or digit; and if its place is not certain,
            as for a line that the page has more often than the text.

        Raises:
            InputError: `span` is not a span of this source.
        """
        if not isinstance(span, Span) or self.text[span.start : span.end] != span.text:
            raise InputError("Source.origin takes a Span of this source, such as one of its sentences.")
        return None if self._origins is None else self._origins.find(span.start, span.end)

    @cached_property
    def _origins(self) -> Origins | None:
        html = self.__dict__.get(_HTML)
        return None if html is None else Origins(self.text, html)

    def __copy__(self) -> Self:
        copied = super().__copy__()
        # `model_copy(update={"text": ...})` must not inherit what was computed from the old text.
        for computed in copied.__dict__.keys() - type(self).model_fields.keys() - {_HTML}:
            del copied.__dict__[computed]
        return copied

    def __getstate__(self) -> dict[Any, Any]:
        fields = type(self).model_fields
        state = super().__getstate__()
        return {**state, "__dict__": {name: value for name, value in self.__dict__.items() if name in fields}}


class Origins:
    """Finds the places of a text that was read from a page."""

    def __init__(self, text: str, html: str) -> None:
        self._text = text
        self._at = array("Q", (i for i, char in enumerate(text) if char.isalnum()))
        self._letters = fold(text[i] for i in self._at)
        self._lines = list(self._find_lines())
        self._placed: list[int] = []  # numbers of the lines that have a place
        self._page = PageLetters(html, for_good=False)
        self._places = self._place_lines()
        if sum(place is not None for place in self._places) * 2 < len(self._places):
            # Text was read that the page hides for now.
            shown, places, placed = self._page, self._places, self._placed
            self._page = PageLetters(html, for_good=True)
            self._places = self._place_lines()
            if self._places.count(None) >= places.count(None):
                self._page, self._places, self._placed = shown, places, placed

    def __deepcopy__(self, _memo: object) -> Self:
        return self  # never changes, and a tree cannot be copied element by element

    def find(self, start: int, end: int) -> Origin | None:
        """Return where `text[start:end]` stands; `None` if that cannot be told for certain."""
        first, after = bisect.bisect_left(self._at, start), bisect.bisect_left(self._at, end)
        if first >= after or (found := self._find_letters(first, after)) is None:
            return None
        shown = self._page
        low, high = shown.at[found[0]], shown.at[found[1] - 1]
        # Marks at the ends belong to it if the page has them; those of a `q` are not in the page.
        for char in reversed(self._text[start : self._at[first]]):
            low -= low > 0 and shown.text[low - 1] == char
        for char in self._text[self._at[after - 1] + 1 : end]:
            high += high + 1 < len(shown.text) and shown.text[high + 1] == char
        return Origin(shown.path(low, high), shown.starts[low], shown.ends[high])

    def _find_lines(self) -> Iterator[tuple[int, int]]:
        """Yield the letters of each line that has any, by their numbers."""
        first = 0
        for line in re.finditer(r".+", self._text):
            after = bisect.bisect_left(self._at, line.end(), lo=first)
            if after > first:
                yield first, after
            first = after

    def _find_letters(self, first: int, after: int) -> tuple[int, int] | None:
        """Return the letters of the page that these letters of the text are."""
        one = bisect.bisect_right(self._lines, first, key=lambda line: line[0]) - 1
        last = bisect.bisect_left(self._lines, after, key=lambda line: line[1])
        head, tail = self._places[one], self._places[last]
        if head is not None and tail is not None:
            low, high = head + first - self._lines[one][0], tail + after - self._lines[last][0]
            return (low, high) if low < high else None
        before, behind = self._window(one, last)
        if behind - before > _LARGEST_GAP:
            return None
        page, letters = self._page.letters, self._letters[first:after]
        if (low := _only(page, letters, before, behind)) >= 0:
            return low, low + len(letters)
        # A line that is not found whole lacks something that the page has in it, such as the mark of a note.
        if head is None:
            low = _first_of(_only(page, letters[:size], before, behind) for size in _END_SIZES)
        else:
            low = head + first - self._lines[one][0]
        if tail is None:
            ends = (
                (_only(page, letters[-size:], before, behind), len(letters[-size:])) for size in _END_SIZES
            )
            high = _first_of(place + size if place >= 0 else -1 for place, size in ends)
        else:
            high = tail + after - self._lines[last][0]
        if low < 0 or not 0 <= high - low - len(letters) <= len(letters) // 2:
            return None
        between = iter(page[low:high])
        return (low, high) if all(letter in between for letter in letters) else None

    def _window(self, one: int, last: int) -> tuple[int, int]:
        """Return the letters of the page between the lines before and behind these that have been found."""
        low, high = 0, len(self._page.letters)
        before, behind = bisect.bisect_left(self._placed, one), bisect.bisect_right(self._placed, last)
        if before:
            first, after = self._lines[self._placed[before - 1]]
            low = (self._places[self._placed[before - 1]] or 0) + after - first
        if behind < len(self._placed):
            high = self._places[self._placed[behind]] or 0
        return low, high

    def _place_lines(self) -> list[int | None]:
        """Return where each line begins in the letters of the page, `None` if that is not certain."""
        page = self._page.letters
        lines = [self._letters[first:after] for first, after in self._lines]
        wanted: dict[str, list[int]] = {line[:_KEY]: [] for line in lines if len(line) >= _KEY}
        for i in range(len(page) - _KEY + 1 if wanted else 0):
            places = wanted.get(page[i : i + _KEY])
            if places is not None and len(places) <= _MOST_PLACES:
                places.append(i)
        found: list[int | None] = []
        for line in lines:
            candidates = wanted.get(line[:_KEY], []) if len(line) >= _KEY else []
            exact = [i for i in candidates if page.startswith(line, i)]
            certain = (
                len(exact) == 1 and len(candidates) <= _MOST_PLACES and self._page.whole(exact[0], len(line))
            )
            found.append(exact[0] if certain else None)
        self._places = found
        self._placed = [number for number, place in enumerate(found) if place is not None]
        self._place_others(lines)
        self._placed = [number for number, place in enumerate(found) if place is not None]
        return found

    def _place_others(self, lines: list[str]) -> None:
        """Place short and repeated lines between the lines around them, if there are as many of them in the page."""
        left = _MOST_SEARCHES * (len(self._page.letters) + 1)
        number = 0
        while number < len(lines):
            if self._places[number] is not None:
                number += 1
                continue
            start = number
            while number < len(lines) and self._places[number] is None:
                number += 1
            low, high = self._window(start, number - 1)
            same: defaultdict[str, list[int]] = defaultdict(list)
            for i in range(start, number):
                same[lines[i]].append(i)
            for line, numbers in same.items():
                if (left := left - max(high - low, 0)) < 0:
                    return
                places = list(_all(self._page.letters, line, low, high, len(numbers), self._page.whole))
                if len(places) == len(numbers):
                    for i, place in zip(numbers, places, strict=True):
                        self._places[i] = place


def _first_of(places: Iterable[int]) -> int:
    """Return the first place that is one; -1 without any."""
    return next((place for place in places if place >= 0), -1)


def _only(page: str, letters: str, low: int, high: int) -> int:
    """Return the only place of letters in a part of the page; -1 if they are not there or twice."""
    place = page.find(letters, low, high)
    return -1 if place < 0 or page.find(letters, place + 1, high) >= 0 else place


def _all(
    page: str, line: str, low: int, high: int, most: int, whole: Callable[[int, int], bool]
) -> Iterator[int]:
    """Yield where a line is in a part of the page: at most one place more than `most`."""
    seen = 0
    while seen <= most and (place := page.find(line, low, high)) >= 0:
        low = place + 1
        if whole(place, len(line)):
            low, seen = place + len(line), seen + 1
            yield place
