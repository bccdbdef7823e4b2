"""Amazon Bedrock's Converse, with the schema as a tool or in the system prompt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import unquote

from typing_extensions import override

from briefing.testing.protocols.protocol import (
    Json,
    Protocol,
    Question,
    Written,
    length_of,
    schema_in,
    text_of,
    user_text,
)

#: Kinds of errors by status.
_KINDS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}


class BedrockConverse(Protocol):
    """POST /model/NAME/converse; the library appends that."""

    finishes: Mapping[str, str] = {
        "stop": "end_turn",
        "length": "max_tokens",
        "content_filter": "content_filtered",
    }

    @override
    def question(self, path: str, request: Json) -> Question:
        system, messages = text_of(request.get("system")), request.get("messages")
        tools = request.get("toolConfig", {}).get("tools")
        return Question(
            tools[0]["toolSpec"]["inputSchema"]["json"] if tools else schema_in(system),
            user_text(messages),
            len(system) + length_of(messages),
            unquote(path.removesuffix("/converse").rpartition("/")[2]) or "fake",
        )

    @override
    def answer(self, question: Question, request: Json, written: Written) -> Json:
        content = [] if written.empty else self._content(request, written)
        used = bool(content) and "toolUse" in content[0] and written.finish == "stop"
        reason = "content_filtered" if written.refusal is not None else self.finish(written)
        uncached = written.input_tokens - written.cached_tokens
        return {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": "tool_use" if used else reason,
            "usage": {
                "inputTokens": uncached,
                "outputTokens": written.output_tokens,
                "totalTokens": written.input_tokens + written.output_tokens,
                "cacheReadInputTokens": written.cached_tokens,
                "cacheWriteInputTokens": 0,
            },
            "metrics": {"latencyMs": 0},
        }

    @staticmethod
    def _content(request: Json, written: Written) -> list[Json]:
        text = written.refusal or written.text or ""
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if (tools := request.get("toolConfig", {}).get("tools")) and isinstance(value, dict):
            name = tools[0]["toolSpec"]["name"]
            return [{"toolUse": {"toolUseId": "tooluse_fake", "name": name, "input": value}}]
        # A tool is only given objects: what is not one is written.
        return [{"text": text}] if text else []

    @override
    def error(self, status: int, message: str, code: str | None) -> Json:
        return {"message": message}

    @override
    def headers(self, status: int) -> dict[str, str]:
        return {} if status == 200 else {"x-amzn-errortype": _KINDS.get(status, "InternalServerException")}
