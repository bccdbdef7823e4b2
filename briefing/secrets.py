"""Taking secrets out of texts that may be logged, raised or stored."""

from __future__ import annotations

import regex

#: What stands in place of a secret.
REDACTED = "[redacted]"

_PATTERNS = (
    regex.compile(r"(?<=://)[^/?#\s\"'<>]+(?=@)"),
    regex.compile(r"(?i)(?<=\bbearer\s)[A-Za-z0-9._~+/=-]{6,}"),
    regex.compile(
        r"(?i)(?<=\b(?:api[_-]?key|token|secret|password|key)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]{6,}"
    ),
    # OpenAI, Anthropic and their like; also the masked form in which servers repeat a wrong key.
    # A digit or a star among them tells a key from a word such as "key_quotes".
    regex.compile(r"\b(?:sk|pk|rk|xai|gsk|hf|key|ghp|glpat)[-_](?=[A-Za-z_-]*[0-9*])[A-Za-z0-9*_-]{6,}"),
    regex.compile(r"\bAIza[A-Za-z0-9_-]{20,}"),
)


def scrub(text: str) -> str:
    """`text` with what looks like a key, a token or a password replaced."""
    for pattern in _PATTERNS:
        text = pattern.sub(REDACTED, text)
    return text
