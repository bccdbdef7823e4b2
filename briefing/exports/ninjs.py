"""IPTC ninjs 3.2: one news item for each briefing, as JSON lines; the article is associated with it."""

from __future__ import annotations

from typing import IO, Any

from briefing.exports.annotations import Document
from briefing.exports.identifiers import digital_source_type, result_uri, text_uri, web_url
from briefing.exports.json_files import encoded, filled

_STANDARD = {
    "name": "ninjs",
    "version": "3.2",
    "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.2.json#",
}
#: The members that name things, by the type of an entity; all others are subjects.
_MEMBERS = {
    "person": "people",
    "organization": "organisations",
    "location": "places",
    "event": "events",
    "product": "objects",
    "work": "objects",
}


class NinjsWriter:
    """Writes a line for each briefing."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, document: Document) -> None:
        """Write a briefing."""
        self._file.write(encoded(_item(document)) + b"\n")

    def close(self) -> None:
        """Write nothing more."""


def _item(document: Document) -> dict[str, Any]:
    briefing = document.briefing
    source_type = digital_source_type(document)
    named: dict[str, list[dict[str, Any]]] = {}
    for entity in briefing.entities:
        named.setdefault(_MEMBERS.get(entity.type, "subjects"), []).append({"name": entity.name})
    return filled(
        uri=result_uri(document),
        standard=_STANDARD,
        type="text",
        language=_language(document),
        headlines=[{"role": "main", "value": briefing.headline}],
        bodies=[{"role": "summary", "contentType": "text/plain", "value": briefing.summary.text}],
        **named,
        infoSources=[filled(name=_publisher(document), uri=web_url(document), role="source")],
        digitalSourceType=source_type and {"name": source_type.rpartition("/")[2], "uri": source_type},
        associations=[_article(document)],
    )


def _article(document: Document) -> dict[str, Any]:
    """Return the article that the briefing is of: what it is and where it is, without its text."""
    article = document.article
    return filled(
        name="article",
        rel="derivedFrom",
        uri=web_url(document) or text_uri(document),
        type="text",
        headlines=[{"role": "main", "value": document.title}] if document.title else [],
        by=", ".join(article.authors) if article else "",
        altIds=[{"role": "sha256", "value": document.sha256}],
    )


def _language(document: Document) -> str:
    """Return the language of an extractive briefing, which is the article's; that of a written one is not recorded."""
    if document.meta.style != "extractive" or document.article is None or document.article.lang == "und":
        return ""
    return document.article.lang


def _publisher(document: Document) -> str:
    return (document.article.site if document.article else None) or document.title or document.name
