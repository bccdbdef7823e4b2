"""What is known about how a briefing came to be."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from briefing.spans import Made

#: Part of every fingerprint: raised when the same answer would be read into another result.
FORMAT_VERSION = 1


class Usage(BaseModel):
    """Tokens, summed over all attempts.

    Attributes:
        input_tokens: tokens sent, cached ones included.
        output_tokens: tokens received.
        cached_tokens: those of `input_tokens` that the provider had in its cache.
    """

    model_config = ConfigDict(frozen=True)

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: Self) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
        )


class Meta(Made):
    """How a briefing came to be.

    Attributes:
        model: as given, `provider/name`.
        prompt_name, prompt_version, prompt_sha256: the prompt file that was used.
        schema_sha256: hash of the wire schema.
        briefing_version: version of this library.
        source_sha256: hash of the source's text (UTF-8).
        source_title, source_url: where the source came from, if known.
        fingerprint: hash of all that the result depends on.
        usage: tokens of all attempts.
        cost_usd: price in US dollars of all attempts, by the prices of the genai-prices package;
            `None` where it is not known, never 0 for that.
        attempts: HTTP calls made.
        elapsed: seconds from the first ask to the last answer.
        warnings: what was repaired, dropped or could not be backed.
    """

    model: str
    prompt_name: str
    prompt_version: str
    prompt_sha256: str
    schema_sha256: str
    briefing_version: str
    source_sha256: str
    source_title: str | None = None
    source_url: str | None = None
    fingerprint: str
    usage: Usage = Usage()
    cost_usd: float | None = None
    attempts: int = 0
    elapsed: float = 0.0
    warnings: list[str] = Field(default_factory=list)
