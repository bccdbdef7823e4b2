"""Sources by the hashes of their texts, which results of them hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from briefing.sources.source import Source


def sources_by_hash(articles: Iterable[str | Path | Source]) -> dict[str, Source]:
    """Return articles by the SHA-256 of their texts; a `str` is the text itself, a `pathlib.Path` a file.

    Raises:
        InputError: an article cannot be read.
    """
    return {source.sha256: source for source in map(Source.of, articles)}


def source_with_hash(sha256: str, sources: Mapping[str, Source]) -> Source | None:
    """Return the source with this hash or, if the hash is "", the only source; `None` if there is no such source."""
    if not sha256 and len(sources) == 1:
        [source] = sources.values()
        return source
    return sources.get(sha256)
