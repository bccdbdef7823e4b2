"""Views of results, and of articles that have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from briefing.errors import one_line
from briefing.meta import Meta
from briefing.reports.claims import entity_claim, headline_claim, quote_claim, statement_claim
from briefing.reports.lines import sections
from briefing.reports.own_schemas import field_parts
from briefing.reports.view import Data, Passages, View, article_data, worst
from briefing.sources import Source

#: The fields of a briefing, and what is shown with them.
_BRIEFING = {"headline", "summary", "key_quotes", "entities"}
_CHECKED = {"headline_support", "headline_missing", "headline_findings", "headline_span", "source"}


def briefing_view(data: Data, source: Source | None, name: str = "") -> View:
    """Return the view of a result: of a briefing headline, summary, quotations and names, then any other field.

    Args:
        data: the briefing, or a result of another schema, as JSON data by the names of its fields.
        source: its article; `None` for a view without it.
        name: of the article.

    Raises:
        InputError: the result is not of this article.
    """
    meta = _meta(data)
    passages = Passages([source], [(source and source.url) or meta.get("source_url")])
    headline: dict[str, Any] | None = None
    parts: list[dict[str, Any]] = []
    if is_briefing(data):
        headline = headline_claim(data, passages)
        parts = [part for part in _briefing_parts(data, passages, meta) if part["claims"]]
    parts += field_parts(other_fields(data), passages, meta)
    warnings = [one_line(warning) for warning in meta.get("warnings", ())]
    claims = [claim for part in parts for claim in part["claims"]]
    look = worst(claim["look"] for claim in (*([headline] if headline else []), *claims))
    article = article_data(source, title=meta.get("source_title") or "", url=meta.get("source_url"))
    return View(
        title=(headline["text"].strip() if headline else article["title"])
        or one_line(name)
        or "(no headline)",
        name=one_line(name),
        look=look,
        warnings=len(warnings),
        data={
            "lang": article.get("lang", "") if meta.get("style") == "extractive" else "",
            "quoted": article.get("lang", ""),
            "headline": headline,
            "parts": parts,
            "articles": [article],
            "passages": passages.rows,
            "warnings": warnings,
            "facts": [[label, value] for label, value in _facts(meta) if value],
        },
    )


def is_briefing(data: Data) -> bool:
    """Return whether a result, given as JSON data, has the fields of a briefing."""
    # A user's schema may have fields of the same names, and other values in them.
    return data.keys() >= _BRIEFING | _CHECKED - {"source"}


def other_fields(data: Data) -> Data:
    """Return the fields of a result, given as JSON data, without those of a briefing and without how it was made."""
    ours = _BRIEFING | _CHECKED if is_briefing(data) else set()
    return {name: value for name, value in data.items() if name not in ours and not _is_meta(value)}


def _briefing_parts(data: Data, passages: Passages, meta: Data) -> list[dict[str, Any]]:
    summary = [
        {"head": heading or "Summary", "claims": [statement_claim(s, passages, meta) for s in statements]}
        for heading, statements in sections(data["summary"])
    ]
    quotes = [quote_claim(quote, passages) for quote in data["key_quotes"]]
    entities = [entity_claim(entity, passages) for entity in data["entities"]]
    return [
        *summary,
        {"head": "Quotations", "claims": quotes},
        {"head": "Who and what", "claims": entities},
    ]


def source_sha256(data: Data) -> str:
    """Return the hash of the article that a result, given as JSON data, was made of; "" if it does not say so."""
    return str(_meta(data).get("source_sha256", ""))


def _meta(data: Data) -> Data:
    return next((value for value in data.values() if _is_meta(value)), {})


def _is_meta(value: Any) -> bool:
    if not isinstance(value, Mapping) or not value.keys() >= Meta.model_fields.keys():
        return False
    try:
        Meta.model_validate(value)
    except ValidationError:  # an object of the user's, with the same keys
        return False
    return True


def failed_view(kind: str, message: str, name: str = "") -> View:
    """Return the view of an article without a briefing: the type of the error, and its message."""
    data = {"failure": f"{one_line(kind)}: {one_line(message)}"}
    return View(title=one_line(name) or "No briefing", name=one_line(kind), look="failed", data=data)


def _facts(meta: Data) -> Iterator[tuple[str, str]]:
    """Yield how a briefing was made, as label and value."""
    if not meta.get("model"):  # not made by `summarize`
        return
    usage, cost = meta["usage"], meta["cost_usd"]
    cached = f" ({usage['cached_tokens']:,} cached)" if usage["cached_tokens"] else ""
    yield "Model", one_line(meta["model"])
    yield "Prompt", one_line(f"{meta['prompt_name']} {meta['prompt_version']}")
    yield "Style", one_line(" ".join(filter(None, (meta["style"], meta["length"]))))
    yield "Focus", one_line(meta["focus"] or "")
    yield "Tokens", f"{usage['input_tokens']:,} in{cached}, {usage['output_tokens']:,} out"
    yield "Cost", "not known" if cost is None else f"${cost:.4f}"
    yield "Requests", f"{meta['attempts']} in {meta['elapsed']:.1f} s"
    yield "Version", one_line(meta["briefing_version"])
    yield "Fingerprint", one_line(meta["fingerprint"][:16])
