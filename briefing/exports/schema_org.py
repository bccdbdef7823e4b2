"""schema.org as JSON-LD: for each article a `NewsArticle` with its `Quotation`s, and the briefing as a work based on it.

`<`, `>` and `&` are escaped, so that the text can be put into a script element of a page.
"""

from __future__ import annotations

from typing import IO, Any

from briefing.exports.annotations import Document
from briefing.exports.identifiers import digital_source_type, result_uri, text_uri, web_url
from briefing.exports.json_files import encoded, filled
from briefing.schemas import Entity, Quote

_TYPES = {
    "person": "Person",
    "organization": "Organization",
    "location": "Place",
    "event": "Event",
    "product": "Product",
    "work": "CreativeWork",
    "other": "Thing",
}


class SchemaOrgWriter:
    """Writes one graph."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._any = False
        file.write(b'{"@context":"https://schema.org","@graph":[')

    def add(self, document: Document) -> None:
        """Write the nodes of a document."""
        for node in (_article(document), _briefing(document)):
            data = encoded(node)
            for char in b"<>&":
                data = data.replace(bytes([char]), b"\\u%04x" % char)
            self._file.write((b",\n" if self._any else b"\n") + data)
            self._any = True

    def close(self) -> None:
        """Write the end of the graph."""
        self._file.write(b"\n]}\n")


def _article(document: Document) -> dict[str, Any]:
    article, briefing = document.article, document.briefing
    organizations = {entity.name for entity in briefing.entities if entity.type == "organization"}
    return {
        "@type": "NewsArticle",
        "@id": web_url(document) or text_uri(document),
        **filled(
            url=web_url(document),
            headline=document.title,
            datePublished=article and article.date,
            inLanguage=article.lang if article and article.lang != "und" else "",
            author=[_thing("Person", name) for name in (article.authors if article else ())],
            publisher=_thing("Organization", article.site) if article and article.site else None,
            mentions=[_entity(entity) for entity in briefing.entities],
            hasPart=[_quotation(quote, organizations) for quote in briefing.key_quotes],
        ),
    }


def _briefing(document: Document) -> dict[str, Any]:
    briefing, meta = document.briefing, document.meta
    source_type = digital_source_type(document)
    return {
        "@type": "CreativeWork",
        "@id": result_uri(document),
        "headline": briefing.headline,
        "text": briefing.summary.text,
        "isBasedOn": {"@id": web_url(document) or text_uri(document)},
        **filled(
            digitalSourceType=source_type and {"@id": source_type},
            creator=_thing("SoftwareApplication", meta.model) if meta.model else None,
        ),
    }


def _entity(entity: Entity) -> dict[str, Any]:
    role = "jobTitle" if entity.type == "person" else "description"
    facts = filled(alternateName=entity.aliases, **{role: entity.role or ""})
    return _thing(_TYPES[entity.type], entity.name) | facts


def _quotation(quote: Quote, organizations: set[str]) -> dict[str, Any]:
    kind = "Organization" if quote.speaker in organizations else "Person"
    speaker = _thing(kind, quote.speaker) if quote.speaker else None
    return {"@type": "Quotation", "text": quote.text, **filled(spokenByCharacter=speaker)}


def _thing(kind: str, name: str) -> dict[str, Any]:
    return {"@type": kind, "name": name}
