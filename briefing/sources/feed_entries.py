"""The entries of a feed as sources: their own text, or their pages."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from briefing.errors import BriefingError, InputError, one_line
from briefing.sources.encodings import read_file
from briefing.sources.feeds import read_feed
from briefing.sources.markup import Page
from briefing.sources.source import Source

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetching:
    """How pages are fetched: arguments of `Source.from_url`."""

    timeout: float
    max_bytes: int
    allow_private: bool


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An entry of a feed, which is not read yet.

    Attributes:
        name: its link, or its number in the feed.
    """

    name: str
    _page: Page
    _fetching: _Fetching | None
    _lang: str | None

    def source(self) -> Source:
        """Return the source: the entry's text, or its page with what the feed says of it and the page does not.

        Raises:
            InputError: the feed has no text of the entry, or no link to its page.
            FetchError: the page cannot be fetched.
        """
        known, how = self._page, self._fetching
        if how is None:
            return Source._build(known, self._lang)  # noqa: SLF001  # of our own package
        if known.url is None:
            raise InputError("The entry has no link to a page. Read the feed's own text of it.")
        source = Source.from_url(known.url, how.timeout, how.max_bytes, how.allow_private, self._lang)
        about = {"title": known.title, "date": known.date, "authors": known.authors, "site": known.site}
        return source.model_copy(
            update={name: value for name, value in about.items() if value and not getattr(source, name)}
        )


def feed_entries(
    feed: str | os.PathLike[str] | bytes,
    *,
    pages: bool = False,
    timeout: float = 20.0,
    max_bytes: int = 10_000_000,
    allow_private: bool = False,
    lang: str | None = None,
) -> list[FeedEntry]:
    """Return the entries of a feed. Arguments and errors are those of `Source.from_feed`."""
    url, shown = None, "feed"
    if isinstance(feed, bytes):
        data = feed
    elif isinstance(feed, str):
        if "://" not in feed:
            raise InputError("A str is read as the URL of a feed. For its file, use pathlib.Path(name).")
        from briefing.sources.fetching import fetch

        fetched = fetch(feed.strip(), timeout, max_bytes, allow_private, feed=True)
        data, url, shown = fetched.body, fetched.url, feed.strip()
    else:
        data, shown = read_file(feed), os.fsdecode(feed)
    if len(data) > max_bytes:
        raise InputError(f"The feed is larger than {max_bytes:,} bytes. Raise max_bytes= to read it.")
    fetching = _Fetching(timeout=timeout, max_bytes=max_bytes, allow_private=allow_private) if pages else None
    return [
        FeedEntry(page.url or f"{shown}#{number}", page, fetching, lang)
        for number, page in enumerate(read_feed(data, url), 1)
    ]


def read_entries(
    entries: Iterable[FeedEntry], on_error: Callable[[BriefingError], None] | None = None
) -> list[Source]:
    """Return the sources of the entries that can be read; `on_error` is that of `Source.from_feed`.

    Raises:
        InputError: none can be read.
    """
    sources = []
    failure: BriefingError | None = None
    for entry in entries:
        try:
            sources.append(entry.source())
        except BriefingError as error:
            failure = failure or error
            if on_error is not None:
                on_error(error)
            else:
                _log.warning("%s", one_line(f"{entry.name} is left out: {error}"))
    if not sources:
        problem = "entries" if failure is None else f"entry that can be read. The first one: {failure}"
        raise InputError(f"The feed has no {problem}") from failure
    return sources
