"""Title and date of publication as a web page declares them."""

from __future__ import annotations

import datetime
import html
import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from briefing.sources.page_structure import within

_ARTICLE_TYPE = re.compile(r"Article|Posting|Report|Review", re.IGNORECASE)
#: Objects of a page's JSON-LD that are looked at, and characters of one script that are parsed.
_MOST_OBJECTS, _LONGEST_SCRIPT = 2_000, 500_000
_TITLE_NAMES = ("og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title")
_DATE_NAMES = (
    "article:published_time", "og:published_time", "datepublished", "dc.date.issued", "dcterms.issued",
    "parsely-pub-date", "sailthru.date", "publication_date", "publishdate", "pubdate", "dc.date", "date",
)  # fmt: skip
#: Parts of a page whose headings are not the article's.
_OTHER_PARTS = frozenset(("aside", "dialog", "footer", "form", "nav"))
_OTHER_PART_NAMES = re.compile(r"comment|respond|related|sidebar|newsletter|cookie|consent", re.IGNORECASE)
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?=[/-]|\b)")


def declared_title(tree: Any) -> str | None:
    """Return the headline: of JSON-LD, of `meta` elements, or the only `h1` of the article; `None` if none is declared."""
    for found in _linked_data(tree):
        if isinstance(headline := found.get("headline"), str) and headline.strip():
            return html.unescape(headline)
    declared = _meta(tree)
    for name in _TITLE_NAMES:
        if declared.get(name, "").strip():
            return declared[name]
    beside = within(tree, _is_other_part)
    headings = {
        text
        for heading in tree.iter("h1")
        if heading not in beside and (text := " ".join("".join(heading.itertext()).split()))
    }
    return headings.pop() if len(headings) == 1 else None


def declared_date(tree: Any, url: str | None) -> str | None:
    """Return the date of publication in ISO 8601, from JSON-LD, `meta` or `time` elements, or the URL; else `None`."""
    declared = _meta(tree)
    times = (
        time.get("datetime") or ""
        for time in tree.iter("time")
        if "pubdate" in time.attrib or "datepublished" in time.get("itemprop", "").lower()
    )
    candidates: Iterator[object] = (
        value
        for values in (
            (found.get("datePublished") for found in _linked_data(tree)),
            (declared.get(name) for name in _DATE_NAMES),
            times,
            ("-".join(part.zfill(2) for part in found.groups()) for found in _URL_DATE.finditer(url or "")),
        )
        for value in values
    )
    return next((date for value in candidates if (date := _iso_date(value))), None)


def _iso_date(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        date = datetime.date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None
    return date.isoformat() if date.year >= 1900 else None


def _meta(tree: Any) -> dict[str, str]:
    """Return the contents of `meta` elements by lower-case property, name or itemprop; the first of a name."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = element.get("content")
        for attribute in ("property", "name", "itemprop"):
            if content and (name := element.get(attribute)):
                found.setdefault(name.strip().lower(), content)
    return found


def _linked_data(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a page's JSON-LD that describe an article."""
    left = _MOST_OBJECTS
    for script in tree.iter("script"):
        if script.get("type", "").strip().lower() != "application/ld+json":
            continue
        try:
            values = deque([json.loads((script.text or "")[:_LONGEST_SCRIPT], strict=False)])
        except (ValueError, RecursionError):
            continue
        while values and left:
            left -= 1
            value = values.popleft()
            if isinstance(value, list):
                values.extend(value[:_MOST_OBJECTS])
            elif isinstance(value, dict):
                kinds = value.get("@type")
                if any(
                    _ARTICLE_TYPE.search(str(kind))
                    for kind in (kinds if isinstance(kinds, list) else [kinds])
                ):
                    yield value
                values.extend(value[key] for key in ("@graph", "mainEntity") if key in value)


def _is_other_part(element: Any) -> bool:
    return element.tag in _OTHER_PARTS or bool(
        _OTHER_PART_NAMES.search(f"{element.get('id', '')} {element.get('class', '')}")
        and element.tag not in ("html", "body")
    )
