"""`View`: what the HTML page shows of one article, as JSON data that its script reads.

Offsets count code points. Every passage is a row of `passages`: the index of its article, start, end, and the end of its link
(`Span.fragment`), or "" without one; a fifth item is its text, if the article's text is not in the view.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from briefing.errors import InputError, one_line, printable
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import word_diff

#: JSON data of a result or of a part of it.
Data = Mapping[str, Any]
#: Most differences of a quotation that are listed.
_MOST_CHANGES = 8
#: What a reader should know first: not made, not supported, worth a second look, nothing found.
Look = Literal["failed", "error", "note", "ok"]


@dataclass(frozen=True)
class View:
    """One entry of a page.

    Attributes:
        title: of the entry, on one line.
        name: of the article: a file, a URL; may be "".
        look: the worst that was found.
        warnings: number of warnings.
        data: what the script shows.
    """

    title: str
    name: str
    look: Look
    warnings: int = 0
    data: dict[str, Any] = field(default_factory=dict)


class Passages:
    """The passages of one entry, each once, and the articles that they are in.

    Args:
        sources: the articles, in the order of their indexes; `None` for one whose text is not there.
        urls: of the articles, of those that have one.
    """

    def __init__(self, sources: Sequence[Source | None], urls: Sequence[str | None]) -> None:
        self.rows: list[list[Any]] = []
        self.urls = [web_url(url) for url in urls]
        self._sources = sources
        self._known: dict[tuple[int, int, int], int] = {}

    def add(self, spans: Iterable[Data | None], article: int = 0, *, link: bool = True) -> list[int]:
        """Return the rows of spans.

        Args:
            spans: as JSON data; `None` is skipped.
            link: whether they lead to the page that the article was read from.
            article: index of the article that they are in, if they are slices of it; else they may be in another one.

        Raises:
            InputError: a span is not a slice of an article.
        """
        return [self._row(span, article, link=link) for span in spans if span is not None]

    def _row(self, span: Data, article: int, *, link: bool) -> int:
        start, end, text = span["start"], span["end"], span["text"]
        article = self._article(span, article)
        source, url = self._sources[article], self.urls[article]
        number = self._known.setdefault((article, start, end), len(self.rows))
        if number == len(self.rows):
            self.rows.append([article, start, end, "", *([] if source is not None else [shown(text)])])
        if link and url:
            self.rows[number][3] = Span(start=start, end=end, text=text).fragment(url)[len(base_of(url)) :]
        return number

    def _article(self, span: Data, likely: int) -> int:
        indexes: list[int] = [likely, *range(len(self._sources))]
        for index in indexes:
            source = self._sources[index]
            if source is None or source.text[span["start"] : span["end"]] == span["text"]:
                return index
        raise InputError(
            f"the article is not the one of this result: at {span['start']} it does not have "
            f"{one_line(span['text'])[:60]!r}; give the source that the result was made of"
        )


def base_of(url: str) -> str:
    """Return the beginning that all links to passages of a page have in common."""
    return url.partition(":~:")[0].rstrip("#")


def web_url(url: str | None) -> str | None:
    """Return a URL if it is one of a web page, which a browser may open, or else `None`."""
    try:
        scheme = urlsplit(url or "").scheme
    except ValueError:
        return None
    return url if scheme in ("http", "https") else None


def shown(text: str) -> str:
    """Return a text with each control character replaced as by `printable`, and no offset changed."""
    lines = text.split("\r\n")
    return " \n".join(printable(line.replace("\r", "\n")) for line in lines)


def article_data(source: Source | None, *, title: str = "", url: str | None = None) -> dict[str, Any]:
    """Return what the page shows of an article: its text, and the line above it."""
    if source is None:
        return {"title": one_line(title), "url": web_url(url) or "", "base": base_of(web_url(url) or "")}
    url = web_url(source.url or url)
    facts = (source.site, source.date, ", ".join(source.authors))
    return {
        "title": one_line(source.title or title),
        "facts": [one_line(fact) for fact in facts if fact],
        "url": url or "",
        "base": base_of(url or ""),
        "lang": "" if source.lang == "und" else source.lang,
        "warnings": [one_line(warning) for warning in source.warnings],
        "text": shown(source.text),
    }


def finding_notes(findings: Iterable[Data], passages: Passages, article: int = 0) -> list[dict[str, Any]]:
    """Return what is said below a text about words of it, with the article's words instead."""
    return [
        {
            "severity": found["severity"],
            "words": shown(found["text"]),
            "message": one_line(found["message"]),
            "changes": _changes(found),
            "lights": passages.add(found["source"], article),
        }
        for found in findings
    ]


def _changes(found: Data) -> list[str]:
    """Return what is different in altered words, word by word; nothing if more is different than helps a reader."""
    if found["kind"] != "quotation" or not found["source"]:
        return []
    changes = word_diff(found["text"].strip(), " … ".join(span["text"] for span in found["source"]))
    return [one_line(str(change)) for change in changes] if len(changes) <= _MOST_CHANGES else []


def finding_marks(findings: Iterable[Data]) -> list[list[Any]]:
    """Return the places of words in a text, and the severity of what was found about them."""
    return [[found["start"], found["end"], found["severity"]] for found in findings]


def worst(severities: Iterable[str]) -> Look:
    """Return what a reader should know first."""
    found = set(severities)
    return "error" if "error" in found else "note" if "note" in found else "ok"
