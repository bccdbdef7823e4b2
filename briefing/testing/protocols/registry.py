"""Protocols by their names in `FakeModel(protocol=…)`."""

from __future__ import annotations

from typing import Literal

from briefing.testing.protocols.anthropic_messages import AnthropicMessages
from briefing.testing.protocols.bedrock_converse import BedrockConverse
from briefing.testing.protocols.cohere_chat import CohereChat
from briefing.testing.protocols.google_generate import GoogleGenerate
from briefing.testing.protocols.mistral_chat import MistralChat
from briefing.testing.protocols.openai_chat import OpenAIChat
from briefing.testing.protocols.openai_responses import OpenAIResponses
from briefing.testing.protocols.protocol import Protocol

ProtocolName = Literal["openai", "responses", "anthropic", "google", "bedrock", "mistral", "cohere"]
PROTOCOLS: dict[ProtocolName, Protocol] = {
    "openai": OpenAIChat(),
    "responses": OpenAIResponses(),
    "anthropic": AnthropicMessages(),
    "google": GoogleGenerate(),
    "bedrock": BedrockConverse(),
    "mistral": MistralChat(),
    "cohere": CohereChat(),
}
