"""`Finding`: words of a written text that the source does not back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import regex
from pydantic import BaseModel, ConfigDict

from briefing.spans import Span
from briefing.text import INVISIBLE

FindingKind = Literal[
    "number", "money", "date", "name", "polarity", "script", "quotation", "speaker", "evidence", "truncation",
    "attribution", "hedge", "tense", "quantifier", "unit", "pairing", "sign", "time", "score", "judge",
]  # fmt: skip

#: Kinds whose message says what the article has instead.
WORDING_KINDS: frozenset[FindingKind] = frozenset(
    ("attribution", "hedge", "tense", "quantifier", "unit", "pairing", "sign", "time")
)


class Finding(BaseModel):
    """Words of a statement, headline or value that the source does not back, and what the source has instead."""

    model_config = ConfigDict(frozen=True)

    kind: FindingKind
    """Kind of error.

    - "number", "money", "date", "name": the evidence lacks it.
    - "polarity": the evidence says the opposite.
    - "script": the text is not written in the article's language.
    - "quotation": the words between quotation marks are not the source's, or nobody says them there; or the text points at
      a quotation that does not exist, or does not have the words.
    - "speaker": the source gives the quoted words, or what is reported, to somebody else.
    - "evidence": no sentence of the source is cited.
    - "truncation": the text breaks off.
    - "attribution": the article has it from somebody who says, alleges or demands it, the text as a fact.
    - "hedge": the article has it as possible, the text as a fact or as certain to come.
    - "tense": the article has it as planned, the text as done.
    - "quantifier": all or most in the text, some or a part in the article; or "up to" is left out.
    - "unit": the number counts something else, or per another period.
    - "pairing": numbers, dates or names have changed places.
    - "sign": a number went up in the text, down in the article, or has another sign.
    - "time": the article gives another day or month for it.
    - "score": a low `Statement.score`; the statement may not be true.
    - "judge": a judge says so (`Briefer(judge=...)`).

    Those from "attribution" to "time" are found only where the text is near to a sentence of the article, in the languages that
    the modules of `briefing.grounding` name.
    """
    text: str
    """The words, as the text has them."""
    start: int
    """Offset of the words in the text, in code points."""
    end: int
    """Offset of their end."""
    source: tuple[Span, ...] = ()
    """The source's words instead: the nearest passage of an altered quotation, the speaker; may be empty."""
    severity: Literal["error", "note"] = "error"
    """An "error" makes the text unsupported, a "note" does not."""
    message: str
    """A sentence for people and for the repair ask."""


def finding_in(
    text: str, kind: FindingKind, words: str, message: str, severity: Literal["error", "note"] = "error"
) -> Finding:
    """Return a finding about the first occurrence of `words` in `text`, or about all of `text` if there is none."""
    start = text.find(words)
    end = start + len(words)
    if start < 0:
        # The words were read without invisible characters.
        hidden = f"[{regex.escape(INVISIBLE)}]*"
        found = regex.search(hidden.join(map(regex.escape, words)), text)
        words, (start, end) = (found[0], found.span()) if found else (words, (0, len(text)))
    return Finding(kind=kind, text=words, start=start, end=end, message=message, severity=severity)


def errors_of(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that make a text unsupported."""
    return [finding for finding in findings if finding.severity == "error"]
