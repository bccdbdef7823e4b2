"""Anthropic's messages, with the schema as a tool or in the system prompt."""

from __future__ import annotations

import json
from collections.abc import Mapping

from typing_extensions import override

from briefing.testing.protocols.protocol import (
    Json,
    Protocol,
    Question,
    Written,
    event,
    length_of,
    pieces,
    schema_in,
    text_of,
    user_text,
)

#: Kinds of errors by status.
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class AnthropicMessages(Protocol):
    """POST /v1/messages; the SDK appends "/v1"."""

    finishes: Mapping[str, str] = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}

    @override
    def question(self, path: str, request: Json) -> Question:
        tools, messages, system = (
            request.get("tools"),
            request.get("messages"),
            text_of(request.get("system")),
        )
        schema = tools[0]["input_schema"] if tools else schema_in(system)
        length = len(system) + length_of(messages)
        return Question(schema, user_text(messages), length, str(request.get("model", "fake")))

    @override
    def answer(self, question: Question, request: Json, written: Written) -> Json:
        uncached = written.input_tokens - written.cached_tokens
        content = [] if written.empty else self._content(request, written)
        used = bool(content) and content[-1]["type"] == "tool_use" and written.finish == "stop"
        reason = "refusal" if written.refusal is not None else "tool_use" if used else self.finish(written)
        return {
            "id": "msg_fake",
            "type": "message",
            "role": "assistant",
            "model": question.model,
            "content": content,
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": {
                "input_tokens": uncached,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": written.cached_tokens,
                "output_tokens": written.output_tokens,
                "service_tier": "standard",
            },
        }

    @staticmethod
    def _content(request: Json, written: Written) -> list[Json]:
        if written.refusal is not None:
            return [{"type": "text", "text": written.refusal}]
        text = written.text or ""
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if request.get("tools") and isinstance(value, dict):
            name = request["tools"][0]["name"]
            return [{"type": "tool_use", "id": "toolu_fake", "name": name, "input": value}]
        # A tool is only given objects: what is not one is written.
        return [{"type": "text", "text": text}] if text else []

    @override
    def events(self, body: Json) -> list[bytes]:
        usage = body["usage"]
        start = body | {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}
        said: list[Json] = [{"type": "message_start", "message": start}, {"type": "ping"}]
        for index, block in enumerate(body["content"]):
            if block["type"] == "tool_use":
                empty, text = block | {"input": {}}, json.dumps(block["input"], ensure_ascii=False)
                kind, name = "input_json_delta", "partial_json"
            else:
                empty, text = block | {"text": ""}, block["text"]
                kind, name = "text_delta", "text"
            at = {"index": index}
            said.append({"type": "content_block_start", "content_block": empty} | at)
            deltas = ({"type": kind, name: piece} for piece in pieces(text))
            said += [{"type": "content_block_delta", "delta": delta} | at for delta in deltas]
            said.append({"type": "content_block_stop"} | at)
        ended = {"stop_reason": body["stop_reason"], "stop_sequence": None}
        counted = {"output_tokens": usage["output_tokens"]}
        said += [{"type": "message_delta", "delta": ended, "usage": counted}, {"type": "message_stop"}]
        return [event(data, data["type"]) for data in said]

    @override
    def error(self, status: int, message: str, code: str | None) -> Json:
        kind = _KINDS.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"}
