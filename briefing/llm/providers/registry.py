"""Adapters by the provider's name in `provider/name`."""

from __future__ import annotations

from functools import cache

from briefing.llm.providers.adapter import Adapter
from briefing.llm.providers.anthropic_messages import ANTHROPIC
from briefing.llm.providers.bedrock_converse import BEDROCK
from briefing.llm.providers.cohere_chat import COHERE
from briefing.llm.providers.google_generate import GOOGLE, VERTEX_AI
from briefing.llm.providers.instructor_default import InstructorDefault
from briefing.llm.providers.mistral_chat import MISTRAL
from briefing.llm.providers.openai_chat import COMPATIBLE, OPENAI_CHAT

_ADAPTERS: dict[str, Adapter] = {
    "openai": OPENAI_CHAT,
    **COMPATIBLE,
    "anthropic": ANTHROPIC,
    "bedrock": BEDROCK,
    "cohere": COHERE,
    "google": GOOGLE,
    "mistral": MISTRAL,
    "vertexai": VERTEX_AI,
}


def adapters() -> dict[str, Adapter]:
    """Return all adapters by the provider's name."""
    return dict(_ADAPTERS)


@cache
def adapter_of(provider: str) -> Adapter:
    """Return a provider's adapter; for one without an adapter of its own, one that leaves all to instructor."""
    return _ADAPTERS.get(provider) or InstructorDefault(provider)


def key_variables(provider: str) -> tuple[str, ...]:
    """Return the environment variables that a provider's API key may be in."""
    return adapter_of(provider).keys or (f"{provider.upper().replace('-', '_')}_API_KEY",)
