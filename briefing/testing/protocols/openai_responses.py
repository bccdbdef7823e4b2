"""OpenAI's responses, with the schema as the format of the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from briefing.testing.protocols.openai_chat import OpenAIChat
from briefing.testing.protocols.protocol import Json, Question, Written, event, length_of, pieces, user_text

_CHAT = "/chat/completions"


class OpenAIResponses(OpenAIChat):
    """POST /v1/responses. A request to /v1/chat/completions is refused as OpenAI refuses it for a model that lacks it."""

    finishes: Mapping[str, str] = {"length": "max_output_tokens"}

    @override
    def refuse(self, path: str, request: Json) -> tuple[int, str] | None:
        if not path.endswith(_CHAT):
            return None
        return 404, "This model is only supported in v1/responses and not in v1/chat/completions."

    @override
    def question(self, path: str, request: Json) -> Question:
        format_: Any = request.get("text", {}).get("format", {})
        messages = request.get("input")
        return Question(
            format_.get("schema", {"type": "object"}),
            user_text(messages),
            length_of(messages),
            str(request.get("model", "fake")),
        )

    @override
    def answer(self, question: Question, request: Json, written: Written) -> Json:
        said: Json = {"type": "output_text", "text": written.text or "", "annotations": []}
        if written.refusal is not None:
            said = {"type": "refusal", "refusal": written.refusal}
        ended = "completed" if written.finish == "stop" else "incomplete"
        message = {
            "type": "message",
            "id": "msg_fake",
            "role": "assistant",
            "status": ended,
            "content": [said],
        }
        reasoning = {"type": "reasoning", "id": "rs_fake", "summary": []}
        return {
            "id": "resp_fake",
            "object": "response",
            "created_at": 0,
            "model": question.model,
            "status": ended,
            "error": None,
            "incomplete_details": None if ended == "completed" else {"reason": self.finish(written)},
            "instructions": None,
            "metadata": {},
            "output": [] if written.empty else [reasoning, message],
            "parallel_tool_calls": True,
            "temperature": 1.0,
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "usage": {
                "input_tokens": written.input_tokens,
                "input_tokens_details": {"cached_tokens": written.cached_tokens, "cache_write_tokens": 0},
                "output_tokens": written.output_tokens,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": written.input_tokens + written.output_tokens,
            },
        }

    @override
    def events(self, body: Json) -> list[bytes]:
        texts = [
            said.get("text", "")
            for item in body["output"]
            for said in item.get("content", ())
            if said["type"] == "output_text"
        ]
        name = "response.output_text.delta"
        said = [
            {
                "type": name,
                "item_id": "msg_fake",
                "output_index": 1,
                "content_index": 0,
                "delta": piece,
                "logprobs": [],
            }
            for piece in pieces("".join(texts))
        ]
        all_events: list[Json] = [
            {"type": "response.created", "response": body | {"output": [], "status": "in_progress"}},
            *said,
            {"type": f"response.{body['status']}", "response": body},
        ]
        return [event(data | {"sequence_number": n}, data["type"]) for n, data in enumerate(all_events)]
