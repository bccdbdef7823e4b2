"""What findings about the wording do to a statement, a headline and a value."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from briefing import Cited, Source, Statement
from briefing.grounding import Grounding

SOURCE = Source.from_text(
    "According to the union, the northern depot lost forty workers. The trust plans to replace the eastern pier of the harbour. "
    "Profit was 4.2 million crowns.",
    lang="en",
)


def resolved(kind: Any, wire: Any) -> tuple[Any, list[str]]:
    """The item, and the reasons for asking again."""
    grounding = Grounding(SOURCE)
    item = TypeAdapter(kind).validate_python(wire, context=grounding)
    return item, [problem.reason for problem in grounding.problems]


def test_a_note_leaves_a_statement_supported_and_is_not_asked_for_again() -> None:
    """A report told in the statement's own name is a note."""
    statement, problems = resolved(
        Statement, {"text": "The northern depot lost forty workers.", "evidence": [1]}
    )

    assert [("attribution", "note")] == [(f.kind, f.severity) for f in statement.findings]
    assert ("supported", [], []) == (statement.support, statement.missing, problems)


def test_an_error_makes_a_statement_unsupported_and_is_asked_for_again() -> None:
    """A plan told as done is an error; the reason says what the article has."""
    statement, problems = resolved(
        Statement, {"text": "The trust has replaced the eastern pier of the harbour.", "evidence": [2]}
    )

    assert ("unsupported", ["replaced"]) == (statement.support, statement.missing)
    assert ["the article has it as planned: plans to"] == problems


class Account(BaseModel):
    """A value of its own."""

    currency: str
    profit: float


@pytest.mark.parametrize(
    ("value", "support"),
    [
        ({"currency": "crowns", "profit": 4.2}, "supported"),
        ({"currency": "crowns", "profit": -4.2}, "unsupported"),
        ({"currency": "999.5 Zorkmids", "profit": 4.2}, "unsupported"),
    ],
)
def test_values_inside_models_are_checked(value: dict[str, Any], support: str) -> None:
    """Texts and numbers inside a pydantic model, with their sign."""
    cited, _ = resolved(Cited[Account], {"value": value, "evidence": [3]})

    assert support == cited.support
