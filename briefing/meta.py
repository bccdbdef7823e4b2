"""`Meta` and `Usage`: the provenance of a briefing, and the tokens spent on it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from briefing.spans import Made

#: Part of every fingerprint. Incremented when the same answer would produce another result.
FORMAT_VERSION = 3


class Usage(BaseModel):
    """Tokens, summed over all attempts. Two of them can be added."""

    model_config = ConfigDict(frozen=True)

    input_tokens: int = 0
    """Tokens sent, cached ones included."""
    output_tokens: int = 0
    """Tokens received."""
    cached_tokens: int = 0
    """The part of `input_tokens` that the provider read from its prompt cache."""

    def __add__(self, other: Self) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
        )


class Meta(Made):
    """Provenance of a briefing: model, prompt, schema, source, and what it cost.

    The library fills it. A result that it did not make has `Meta()`: no model, no prompt, no calls.
    """

    model: str = ""
    """The model as it was given: `provider/name`, or a `local` model."""
    prompt_name: str = ""
    """Name of the prompt file."""
    prompt_version: str = ""
    """Version that the prompt file states."""
    prompt_sha256: str = ""
    """SHA-256 of the prompt's templates, in hex."""
    schema_sha256: str = ""
    """SHA-256 of the wire schema, in hex."""
    briefing_version: str = ""
    """Version of this library."""
    source_sha256: str = ""
    """SHA-256 of the source's text in UTF-8, in hex."""
    source_title: str | None = None
    """Title of the source; `None` if it has none."""
    source_url: str | None = None
    """URL of the source; `None` if it was not read from a URL."""
    style: Literal["", "written", "extractive"] = ""
    """Whether the model wrote headline and summary, or they are the article's own sentences."""
    length: str = ""
    """The length that was asked for: "brief", "standard" or "detailed"."""
    focus: str | None = None
    """What the reader wanted to know; `None` if nothing was given."""
    on_unsupported: str = ""
    """What was asked for statements with an error: "mark", "replace" or "drop"."""
    fingerprint: str = ""
    """Hash of everything that the result depends on, in hex; the key in the journal."""
    usage: Usage = Usage()
    """Tokens of all attempts."""
    cost_usd: float | None = None
    """Cost of all attempts in US dollars, by the prices of genai-prices; `None` (never 0) if the price is unknown."""
    attempts: int = 0
    """HTTP requests made, retries included."""
    elapsed: float = 0.0
    """Seconds from the first request to the last answer."""
    warnings: list[str] = Field(default_factory=list)
    """Notes on items that were repaired, dropped or are not backed by the source, one sentence each."""
