"""Cohere's chat, in the second version of its API."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from briefing.testing.protocols.protocol import (
    Json,
    Protocol,
    Question,
    Written,
    length_of,
    schema_in,
    system_text,
    user_text,
)


class CohereChat(Protocol):
    """POST /v2/chat; the SDK appends that."""

    finishes: Mapping[str, str] = {
        "stop": "COMPLETE",
        "length": "MAX_TOKENS",
        "content_filter": "ERROR_TOXIC",
    }

    @override
    def question(self, path: str, request: Json) -> Question:
        messages = request.get("messages", [])
        return Question(
            request.get("response_format", {}).get("json_schema") or schema_in(system_text(messages)),
            user_text(messages),
            length_of(messages),
            str(request.get("model", "fake")),
        )

    @override
    def answer(self, question: Question, request: Json, written: Written) -> Json:
        text = written.refusal or written.text  # there is no field for a refusal
        content = [{"type": "text", "text": text}] if text and not written.empty else []
        counted = {"input_tokens": float(written.input_tokens), "output_tokens": float(written.output_tokens)}
        return {
            "id": "fake",
            "finish_reason": self.finish(written),
            "message": {"role": "assistant", "content": content},
            "usage": {
                "billed_units": counted,
                "tokens": counted,
                "cached_tokens": float(written.cached_tokens),
            },
        }

    @override
    def error(self, status: int, message: str, code: str | None) -> Json:
        return {"id": "fake", "message": message}
