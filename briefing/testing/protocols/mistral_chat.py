"""Mistral's chat completions: OpenAI's, with other errors."""

from __future__ import annotations

from typing_extensions import override

from briefing.testing.protocols.openai_chat import OpenAIChat
from briefing.testing.protocols.protocol import Json, Question, Written

#: Kinds of errors by status.
_KINDS = {400: "invalid_request_error", 401: "unauthorized", 404: "invalid_model", 429: "rate_limited"}


class MistralChat(OpenAIChat):
    """POST /v1/chat/completions; the SDK appends that."""

    path = ""

    @override
    def answer(self, question: Question, request: Json, written: Written) -> Json:
        body = super().answer(question, request, written)
        for choice in body["choices"]:
            choice["message"].pop("refusal")
            choice.pop("logprobs")
            if written.refusal is not None:
                choice["message"]["content"] = written.refusal  # there is no field for one
        return body

    @override
    def error(self, status: int, message: str, code: str | None) -> Json:
        kind = _KINDS.get(status, "internal_server_error")
        return {"object": "error", "message": message, "type": kind, "param": None, "code": code}
