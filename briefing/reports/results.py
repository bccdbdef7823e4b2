"""Views of briefings, and of articles that have none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from briefing.errors import InputError, one_line
from briefing.reports.view import (
    Data,
    Passages,
    View,
    article_data,
    finding_marks,
    finding_notes,
    shown,
    worst,
)
from briefing.sources import Source


def briefing_view(data: Data, source: Source | None, name: str = "") -> View:
    """Return the view of a briefing.

    Args:
        data: the briefing, as JSON data.
        source: its article; `None` for a view without it.
        name: of the article.

    Raises:
        InputError: the briefing has no headline and summary, or is not of this article.
    """
    if not {"headline", "summary", "key_quotes", "entities"} <= data.keys():
        raise InputError("a report shows briefings; a result of another schema has to be shown by its author")
    meta = data.get("meta") or {}
    passages = Passages([source], [(source and source.url) or meta.get("source_url")])
    headline = _headline(data, passages)
    statements = [_statement(statement, passages, meta) for statement in data["summary"]["sentences"]]
    quotes = [_quote(quote, passages) for quote in data["key_quotes"]]
    entities = [_entity(entity, passages) for entity in data["entities"]]
    warnings = [one_line(warning) for warning in meta.get("warnings", ())]
    look = worst(claim["look"] for claim in (headline, *statements))
    article = article_data(source, title=meta.get("source_title") or "", url=meta.get("source_url"))
    parts = [
        {"head": "Summary", "claims": statements},
        {"head": "Quotations", "claims": quotes},
        {"head": "Who and what", "claims": entities},
    ]
    return View(
        title=headline["text"].strip() or name or "(no headline)",
        name=one_line(name),
        look=look,
        warnings=len(warnings),
        data={
            "lang": article.get("lang", "") if meta.get("style") == "extractive" else "",
            "quoted": article.get("lang", ""),
            "headline": headline,
            "parts": [part for part in parts if part["claims"]],
            "articles": [article],
            "passages": passages.rows,
            "warnings": warnings,
            "facts": [[label, value] for label, value in _facts(meta) if value],
        },
    )


def failed_view(kind: str, message: str, name: str = "") -> View:
    """Return the view of an article without a briefing: the type of the error, and its message."""
    data = {"failure": f"{one_line(kind)}: {one_line(message)}"}
    return View(title=one_line(name) or "No briefing", name=one_line(kind), look="failed", data=data)


def _headline(data: Data, passages: Passages) -> dict[str, Any]:
    findings = data.get("headline_findings") or []
    claim = {
        "kind": "headline",
        "text": one_line(data["headline"]),
        "look": _look(data.get("headline_support", "supported"), findings),
        "marks": finding_marks(findings) if one_line(data["headline"]) == data["headline"] else [],
        "notes": finding_notes(findings, passages),
        "lights": passages.add([data.get("headline_span")]),
    }
    return _with_missing(claim, data.get("headline_missing") or (), findings)


def _statement(statement: Data, passages: Passages, meta: Data) -> dict[str, Any]:
    findings = statement["findings"]
    badges = []
    if statement["kind"] == "extracted" and meta.get("style") == "written":
        badges.append("cut from the article")
    if statement.get("score") is not None:
        badges.append(f"score {statement['score']:.2f}")
    if antecedent := statement.get("antecedent"):
        # It is no part of the sentence.
        badges.append(f"{one_line(statement['text'].split(' ')[0])} = {one_line(antecedent['text'])}")
    badges += labels_of(statement["evidence"])
    speakers = [f"“{one_line(q['text'])}” — {speaker_of(q)}" for q in statement["quotes"]]
    claim = {
        "kind": "statement",
        "text": shown(statement["text"]),
        "look": _look(statement["support"], findings),
        "marks": finding_marks(findings),
        "notes": finding_notes(findings, passages),
        "lights": passages.add(statement["evidence"]),
        "badges": badges,
        "said": speakers,
    }
    return _with_missing(claim, statement["missing"], findings)


def _with_missing(claim: dict[str, Any], missing: Any, findings: Any) -> dict[str, Any]:
    """Return a claim with the words of `missing`, if no finding says where they are."""
    if missing and not findings:
        words = one_line(", ".join(missing))
        note = {"severity": "error", "words": words, "message": "the article does not say so", "lights": []}
        claim["notes"] = [note]
    return claim


def _look(support: str, findings: Any) -> str:
    return worst(
        [*(found["severity"] for found in findings), *(["error"] if support == "unsupported" else [])]
    )


def _quote(quote: Data, passages: Passages) -> dict[str, Any]:
    return {
        "kind": "quote",
        "text": shown(quote["text"]),
        "look": "ok",
        "by": speaker_of(quote),
        "badges": [
            *(["indirect speech"] if quote["kind"] == "statement" else []),
            *labels_of(quote["spans"]),
        ],
        "lights": passages.add(quote["spans"]),
        "also": passages.add([quote["speaker_span"]], link=False),
    }


def speaker_of(quote: Data) -> str:
    """Return the speaker of a quotation, or that nobody is named."""
    return one_line(quote["speaker"] or "speaker not named")


def labels_of(spans: Iterable[Data]) -> list[str]:
    """Return where passages are in a source with labels, such as "page 3", each once."""
    labels = (span.get("label") for span in spans)
    return list(dict.fromkeys(one_line(label) for label in labels if label))


def _entity(entity: Data, passages: Passages) -> dict[str, Any]:
    mentions = passages.add(entity["mentions"], link=False)
    facts = [entity["type"], entity["role"], ", ".join(entity["aliases"]), f"{len(mentions)}×"]
    return {
        "kind": "entity",
        "text": one_line(entity["name"]),
        "look": "ok",
        "badges": [one_line(fact) for fact in facts if fact],
        "lights": mentions,
    }


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
