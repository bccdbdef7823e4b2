"""Titles and authors that documents declare: programs make up many of them."""

from __future__ import annotations

import re

_MADE_UP_TITLE = re.compile(
    r"microsoft (?:word|powerpoint)|untitled|document\d*$|.*\.(?:docx?|odt|rtf|indd|pdf|pages|qxp|tex|html?|txt)$",
    re.IGNORECASE,
)
#: Names of accounts and placeholders.
_NO_AUTHOR = re.compile(
    r"[a-z0-9_.\\-]*$|(?:admin|administrator|user|owner|unknown(?: author)?|anonymous|microsoft.*)$",
    re.IGNORECASE,
)


def plausible_title(declared: str | None, opening: str, heading: str | None) -> str | None:
    """Return the declared title if the opening of the text has its words, else the heading, else the declared one.

    `None` if there is none, but for one that a program has made up, as of a file's name.
    """
    title = " ".join((declared or "").split())
    if _MADE_UP_TITLE.match(title):
        title = ""
    if title and title.casefold() in " ".join(opening.split()).casefold():
        return title
    return heading or title or None


def plausible_authors(*declared: str | None) -> tuple[str, ...]:
    """Return the declared authors that are not names of accounts or placeholders."""
    return tuple(name.strip() for name in declared if name and not _NO_AUTHOR.match(name.strip()))
