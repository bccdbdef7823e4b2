"""What the HTML page shows of the items of a result: their texts, what was found, and the passages that they light."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from briefing.errors import one_line
from briefing.reports.view import Data, Passages, finding_marks, finding_notes, shown, worst


def headline_claim(data: Data, passages: Passages) -> dict[str, Any]:
    """Return the claim of a headline."""
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


def statement_claim(statement: Data, passages: Passages, meta: Data) -> dict[str, Any]:
    """Return the claim of a statement."""
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


def quote_claim(quote: Data, passages: Passages) -> dict[str, Any]:
    """Return the claim of a quotation."""
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


def entity_claim(entity: Data, passages: Passages) -> dict[str, Any]:
    """Return the claim of an entity."""
    mentions = passages.add(entity["mentions"], link=False)
    facts = [entity["type"], entity["role"], ", ".join(entity["aliases"]), f"{len(mentions)}×"]
    return {
        "kind": "entity",
        "text": one_line(entity["name"]),
        "look": "ok",
        "badges": [one_line(fact) for fact in facts if fact],
        "lights": mentions,
    }
