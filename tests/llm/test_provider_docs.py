"""docs/PROVIDERS.md against the adapters."""

from __future__ import annotations

from pathlib import Path

import pytest
import regex

from briefing.llm.providers import adapters

TEXT = Path("docs/PROVIDERS.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("provider", sorted(adapters()))
def test_each_provider_is_documented_with_its_extra(provider: str) -> None:
    """In the first table."""
    [row] = [line for line in TEXT.splitlines() if regex.match(rf"\|[^|]*`{provider}`", line)]
    extra = adapters()[provider].extra
    assert (f"`[{extra}]`" if extra else "–") == row.split("|")[2].strip()


@pytest.mark.parametrize(
    ("column", "provider"), list(enumerate(["anthropic", "google", "bedrock", "mistral", "cohere"], start=2))
)
def test_the_table_of_options_is_right(column: int, provider: str) -> None:
    """A dash is an option that is refused."""
    rows = [
        line.split("|") for line in TEXT.partition("## Options")[2].splitlines() if line.startswith("| `")
    ]
    documented = {
        name: "–" != row[column].strip() for row in rows for name in regex.findall(r"`(\w+)`", row[1])
    }
    taken = adapters()[provider].option_names
    assert {name: name in taken for name in documented} == documented
    assert taken.keys() <= documented.keys()
