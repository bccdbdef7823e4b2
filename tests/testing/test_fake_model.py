"""`FakeModel` for one's own tests: any schema gets an answer that resolves."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from briefing import Briefer, Cited, ConfigurationError, Mention, Quote, Statement, Verbatim, verify
from briefing.testing.fake_model import FakeModel

#: Its title has no full stop: words across the line's end are no words of the article.
ARTICLE = (
    "Ferry to stop on Sundays\n\n"
    "The port of Ellmouth will end its Sunday ferry from 1 October, the board said. "
    "“That does not pay for the diesel,” said Ruth Ansell, who chairs it. "
    "“They told us by leaflet,” said Peter Moy. The route lost 41,000 pounds in 2024."
)


class Colour(enum.Enum):
    """An enum of the user's."""

    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    """A part, with something optional."""

    what: Cited[str]
    who: Mention | None = None


class Named(BaseModel):
    """A name that must be there."""

    who: Mention


class Several(BaseModel):
    """Names in lists and tuples."""

    whos: list[Mention] = Field(min_length=2)
    pair: tuple[Mention, Mention]


class Tagged(BaseModel):
    """Kinds told apart by a field."""

    class Person(BaseModel):
        """One kind."""

        kind: Literal["person"]
        who: Mention

    class Said(BaseModel):
        """Another."""

        kind: Literal["said"]
        quote: Quote

    items: list[Annotated[Person | Said, Field(discriminator="kind")]] = Field(min_length=1)


class Values(BaseModel):
    """Values of every kind, cited."""

    tone: Cited[Literal["dry", "loud"]]
    colour: Cited[Colour]
    day: Cited[date]
    sum: Cited[Decimal]
    sure: Cited[bool]
    maybe: Cited[float | None]


class Nested(BaseModel):
    """Grounded types in models in lists."""

    parts: list[Part] = Field(min_length=1)
    motto: Verbatim
    statement: Statement
    by_name: dict[str, Mention] = {}


@pytest.mark.parametrize("schema", [Named, Several, Tagged, Values, Nested])
def test_an_own_schema_is_answered(schema: type[BaseModel]) -> None:
    """With what the article has, so that tests of one's own code see a result and no error."""
    with FakeModel() as fake, Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer:
        result = briefer.summarize(ARTICLE, schema=schema)
        assert (schema, []) == (type(result), verify(result, ARTICLE))


def test_an_unknown_protocol_is_told() -> None:
    """With those that there are."""
    with pytest.raises(ConfigurationError, match="protocol must be one of openai, responses, anthropic"):
        FakeModel(protocol="smoke signals")  # type: ignore[arg-type]
