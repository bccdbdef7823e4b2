"""Read feeds: RSS, Atom and RDF by feedparser, and JSON Feed."""

from __future__ import annotations

import datetime
import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

from briefing.errors import InputError
from briefing.sources.encodings import utf8_of_marked
from briefing.sources.formats import is_feed
from briefing.sources.fragments import read_fragment
from briefing.sources.markup import Page
from briefing.sources.page_bounds import check_size

#: Most entries of a feed that are read.
MAX_ENTRIES = 1_000
#: How a text ends that the feed has only the beginning of.
_CUT = re.compile(r"(?:…|\.\.\.|\[(?:…|\.\.\.|\+\d+ chars)\])\W{0,3}(?:\w+(?:\s\w+){0,3}\W{0,3})?$")
_NO_TEXT = "The feed has only its title; to read its page, use Source.from_feed(…, pages=True)."
_ENTRY = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_MARKUP = re.compile(r"<[a-z/!][^>]*>|&#?\w{1,8};", re.IGNORECASE)


def read_feed(data: bytes, url: str | None = None) -> list[Page]:
    """Return the entries of a feed in its order; the text of some may be empty.

    Raises:
        InputError: the data is no feed, or the feed has too many entries or elements.
    """
    data = utf8_of_marked(data)
    if not is_feed(data[:20_000].decode("latin-1")):
        raise InputError(
            "This is not a feed: neither RSS, Atom nor JSON Feed. For a page, use Source.from_url."
        )
    if data.lstrip()[:1] == b"{":
        return list(_json_entries(data, url))
    check_size(data)
    _refuse_many(len(_ENTRY.findall(data)))
    return list(_xml_entries(data, url))


def _refuse_many(entries: int) -> None:
    if entries > MAX_ENTRIES:
        raise InputError(f"The feed has more than {MAX_ENTRIES:,} entries. Split it.")


def _xml_entries(data: bytes, url: str | None) -> Iterator[Page]:
    import feedparser

    try:  # links are resolved below, and markup that hides is handled as that of pages
        found = feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # what its parsers come across in damaged feeds
        raise InputError(
            f"The feed is damaged ({type(error).__name__}). Give its articles' files or URLs."
        ) from error
    feed = found.feed
    for entry in found.entries:
        texts = [_text(part) for part in (*entry.get("content", ()), entry.get("summary_detail"))]
        yield _page(
            max(texts, key=len),
            title=_text(entry.get("title_detail")),
            url=_join(url or feed.get("link"), entry.get("link")),
            site=_text(feed.get("title_detail")),
            date=_date(entry, ("published", "updated", "created")),
            authors=_names(entry.get("authors")) or _names(feed.get("authors")),
            lang=feed.get("language"),
        )


def _text(detail: Any) -> str:
    """Return the text of an element as feedparser has it, with or without markup."""
    value = (detail or {}).get("value") or ""
    # Plain text may be declared as markup, and the other way round.
    return read_fragment(value) if _MARKUP.search(value) else value.strip()


def _json_entries(data: bytes, url: str | None) -> Iterator[Page]:
    """Yield the items of a JSON Feed (version 1 or 1.1)."""
    try:
        feed = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError("The feed is not valid JSON. Give its articles' files or URLs.") from error
    items = feed.get("items")
    about = _strings(feed)
    items = items if isinstance(items, list) else []
    _refuse_many(len(items))
    for item in items:
        entry = _strings(item)
        yield _page(
            entry.get("content_text")
            or read_fragment(entry.get("content_html") or entry.get("summary") or ""),
            title=entry.get("title"),
            url=_join(url, entry.get("url")),
            site=about.get("title"),
            date=_date(entry, ("date_published", "date_modified")),
            authors=_names(item.get("authors") or [item.get("author")] if entry else ())
            or _names(feed.get("authors")),
            lang=entry.get("language") or about.get("language"),
        )


def _strings(item: Any) -> dict[str, str]:
    return (
        {name: value for name, value in item.items() if isinstance(value, str)}
        if isinstance(item, dict)
        else {}
    )


def _names(authors: Any) -> tuple[str, ...]:
    listed = authors if isinstance(authors, list) else []
    return tuple(name for author in listed if (name := _strings(author).get("name")))


def _page(text: str, **about: Any) -> Page:
    cut = bool(_CUT.search(text[-100:].rstrip()))
    warnings = ("the feed may have only the beginning of the article",) if cut else ()
    return Page(text, advice=_NO_TEXT, warnings=warnings, **about)


def _join(url: str | None, link: str | None) -> str | None:
    if not link:
        return None
    with suppress(ValueError):
        joined = urljoin(url or "", link.strip())
        return joined if joined.startswith(("http://", "https://")) else None
    return None


def _date(entry: Any, names: tuple[str, ...]) -> str | None:
    """Return the date as the feed writes it: in the time zone of the publication."""
    for name in names:
        value = str(entry.get(name) or "").strip()[:100]
        with suppress(ValueError):
            return datetime.date.fromisoformat(value[:10]).isoformat()
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            return parsedate_to_datetime(value).date().isoformat()
        if parsed := entry.get(f"{name}_parsed"):
            return f"{parsed.tm_year:04}-{parsed.tm_mon:02}-{parsed.tm_mday:02}"
    return None
