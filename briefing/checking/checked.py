"""`Checked`: what was found in a draft."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from briefing.grounding import Finding, Status
from briefing.spans import Span
from briefing.text import Change


class CheckedQuote(BaseModel):
    """The words between quotation marks in a draft, and the nearest passage in the articles.

    A quotation that a reporting clause splits is one item per piece.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    """The words, without their marks."""
    start: int
    """Offset of the words in the draft, in code points."""
    end: int
    """Offset of their end."""
    status: Status
    """How the words relate to the passage: as `Match.status`."""
    backed: bool
    """Whether the words hold: verbatim or elided faithfully, and quoted in the article if the draft gives them as speech."""
    source_index: int | None
    """Index of the article that has the passage; `None` if no article has a similar one."""
    spans: tuple[Span, ...]
    """The passage, one span per piece; empty if no article has a similar one."""
    diff: tuple[Change, ...] = ()
    """Differences of the words from the passage, word by word; empty unless altered."""
    speaker: str | None
    """The speaker whom the draft names; `None` if it names nobody."""
    source_speaker: str | None
    """The speaker whom the article names; `None` if it names nobody, or does not quote anybody there."""
    speaker_ok: bool | None
    """Whether they are the same; `None` if one of them is not known, or is described and not named ("the mayor")."""


class CheckedStatement(BaseModel):
    """A sentence of a draft, and the sentences of the articles that are nearest to it."""

    model_config = ConfigDict(frozen=True)

    text: str
    """The sentence."""
    start: int
    """Offset of the sentence in the draft, in code points."""
    end: int
    """Offset of its end."""
    support: Literal["supported", "unsupported"]
    """Either "unsupported", if a finding is an error, or "supported", which does not prove the sentence true."""
    findings: tuple[Finding, ...]
    """Errors and notes about the sentence, in the order of their places; offsets count in `text`."""
    evidence: tuple[Span, ...]
    """Up to three sentences of one article that are nearest, and up to two more that have the sentence's names and numbers."""
    source_index: int | None
    """Index of that article; `None` if no sentence of any article is similar."""


class Checked(BaseModel):
    """The result of `check`: the quotations and sentences of a draft, compared with articles."""

    model_config = ConfigDict(frozen=True)

    ok: bool
    """Whether every quotation is backed, no speaker is contradicted, and no sentence has an error."""
    quotes: tuple[CheckedQuote, ...]
    """The quotations, in order; also titles and terms in quotation marks."""
    statements: tuple[CheckedStatement, ...]
    """The sentences, in order."""
