"""Arguments of `Source`'s constructors: what cannot be meant as an article, and metadata made plain."""

from __future__ import annotations

import datetime
import re

from briefing.errors import InputError
from briefing.sources.encodings import SUFFIXES
from briefing.sources.markup import is_page

_BARE_URL = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*://|www\.)\S+\s*", re.IGNORECASE)
_BARE_FILE_NAME = re.compile(rf"\s*\S*[^\s.]({'|'.join(map(re.escape, SUFFIXES))})\s*", re.IGNORECASE)


def refuse_names_and_pages(text: str) -> None:
    """Raise an `InputError` for a text that is only a URL or the name of a file, or that is a web page."""
    if _BARE_URL.fullmatch(text):
        raise InputError(
            "A str is read as the article's text, and this one is a URL. Use Source.from_url(url)."
        )
    if _BARE_FILE_NAME.fullmatch(text):
        raise InputError(
            f"A str is read as the article's text, and {text.strip()[:200]!r} looks like a file name. "
            "Use pathlib.Path(name), or Source.from_text if it is the article."
        )
    if is_page(text):
        raise InputError(
            "A str is read as the article's text, and this one is a web page. Use Source.from_html(page), "
            "or Source.from_text if the markup is the article."
        )


def one_title(text: str | None) -> str | None:
    """Join the lines of a title or name, and truncate it to 300 characters; `None` if it is empty."""
    return " ".join(text.split())[:300] or None if text else None


def iso_date(text: str | None) -> str | None:
    """Return the date that a text begins with, in ISO 8601; `None` if it begins with none."""
    try:
        return datetime.date.fromisoformat(text[:10]).isoformat() if text else None
    except ValueError:
        return None


def type_name(value: object) -> str:
    """Return the name of a value's type, for messages."""
    return "None" if value is None else type(value).__name__
