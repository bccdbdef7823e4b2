"""Texts that the pages without markup share: a statement on one line, and what is said about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from briefing.errors import one_line
from briefing.reports.view import Data


def statement_text(statement: Data) -> str:
    """Return a statement on one line; behind a pronoun that begins it, the name that it stands for, in brackets."""
    text = one_line(statement["text"])
    if statement["antecedent"] is None:
        return text
    pronoun, space, rest = text.partition(" ")
    return f"{pronoun} [{one_line(statement['antecedent']['text'])}]{space}{rest}"


def sections(summary: Data) -> Iterator[tuple[str, Sequence[Data]]]:
    """Yield the statements of a summary under their headings on one line; "" is none."""
    statements = summary["sentences"]
    for section in summary.get("sections") or [{"heading": "", "missing": (), "start": 0, "end": None}]:
        heading = one_line(section["heading"]) + unsupported(section["missing"])
        yield heading, statements[section["start"] : section["end"]]


def unsupported(missing: Sequence[str]) -> str:
    """Return a note on the unsupported words of a text; "" if there are none."""
    return f" (unsupported: {one_line(', '.join(missing))})" if missing else ""


def origin(statement: Data, briefing: Data) -> str:
    """Return a note on a statement: its unsupported words, or that it was cut from the article in place of a written one."""
    if statement["kind"] == "extracted" and briefing["meta"]["style"] == "written":
        return " (cut from the article)"
    return unsupported(statement["missing"])


def notes(briefing: Data) -> list[str]:
    """Return the warnings of a briefing, and what it took; nothing if `summarize` did not make it."""
    meta = briefing["meta"]
    if not meta["model"]:
        return []
    cost = f", ${meta['cost_usd']:.4f}" if meta["cost_usd"] is not None else ""
    tokens = f"{meta['usage']['input_tokens']} tokens in, {meta['usage']['output_tokens']} out"
    return [
        *map(one_line, meta["warnings"]),
        one_line(f"{meta['model']}, {tokens}{cost}, {meta['elapsed']:.1f} s"),
    ]


def claim_notes(claim: Data) -> str:
    """Return what is said about a claim of a page, such as where it stands and what was found."""
    found = (f"{note['words']}: {note['message']}" for note in claim.get("notes", ()))
    return one_line("; ".join((*claim["badges"], *found)))
