"""A briefing as a page or as Markdown."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from briefing import Briefing, Meta, Source, Statement, Summary
from briefing.cli.render import to_page

SOURCE = Source.from_text(
    "The council of the islands said on Monday that the old ferry to Skarn had\n"
    "been cancelled until the harbour is clear of ice, which may take a week.\n"
    "It sails again on Friday.",
    lang="en",
)


def page(briefing: Briefing, source: Source) -> str:
    """The page as text."""
    file = io.StringIO()
    to_page(briefing, source, file)
    return file.getvalue()


def to_markdown(briefing: Briefing, source: Source) -> str:
    """The Markdown, with brackets as they are shown."""
    return briefing.to_markdown().replace("\\[", "[").replace("\\]", "]")


def briefed(*statements: Statement, style: str) -> Briefing:
    """A briefing with these statements."""
    summary = Summary(sentences=list(statements))
    meta = Meta.model_validate({"style": style})
    return Briefing(headline="Ferry cancelled", summary=summary, key_quotes=[], entities=[], meta=meta)


both = pytest.mark.parametrize("shown", [page, to_markdown], ids=["page", "markdown"])
Shown = Callable[[Briefing, Source], str]


@both
def test_a_sentence_of_the_article_is_shown_on_one_line(shown: Shown) -> None:
    """However the article breaks its lines; the number is that of the sentence."""
    statement = Statement.extracted(SOURCE.sentences[0], SOURCE)
    assert "Skarn had\nbeen cancelled" in statement.text
    assert "Skarn had been cancelled" in " ".join(
        shown(briefed(statement, style="extractive"), SOURCE).split(" ")
    )


def test_evidence_is_the_numbers_of_sentences() -> None:
    """On the page, which has the article's sentences."""
    statement = Statement.extracted(SOURCE.sentences[1], SOURCE)
    assert "It sails again on Friday. [2]" in page(briefed(statement, style="extractive"), SOURCE)


@both
def test_the_name_behind_a_pronoun_is_in_brackets(shown: Shown) -> None:
    """It is no part of the sentence."""
    name = SOURCE.sentences[0].model_copy(update={"start": 64, "end": 69, "text": "Skarn"})
    statement = Statement.extracted(SOURCE.sentences[1], SOURCE).model_copy(update={"antecedent": name})
    assert "It [Skarn] sails again on Friday." in shown(briefed(statement, style="extractive"), SOURCE)


@both
def test_what_stands_in_for_a_written_statement_says_so(shown: Shown) -> None:
    """Only where the others are written."""
    statement = Statement.extracted(SOURCE.sentences[1], SOURCE)
    assert "] (cut from the article)" in shown(briefed(statement, style="written"), SOURCE)
    assert "cut from" not in shown(briefed(statement, style="extractive"), SOURCE)
