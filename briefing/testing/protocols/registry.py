"""Protocols by their names in `FakeModel(protocol=…)`."""

from __future__ import annotations

from typing import Literal

from briefing.testing.protocols.anthropic_messages import AnthropicMessages
from briefing.testing.protocols.openai_chat import OpenAIChat
from briefing.testing.protocols.protocol import Protocol

ProtocolName = Literal["openai", "anthropic"]
PROTOCOLS: dict[ProtocolName, Protocol] = {"openai": OpenAIChat(), "anthropic": AnthropicMessages()}
