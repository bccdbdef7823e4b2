"""OpenAI's chat completions, with tools, JSON schemas, or a grammar for a local model."""

from __future__ import annotations

from typing_extensions import override

from briefing.testing.grammar_reader import schema_of
from briefing.testing.protocols.protocol import (
    Json,
    Protocol,
    Question,
    Written,
    event,
    length_of,
    pieces,
    schema_in,
    system_text,
    user_text,
)


class OpenAIChat(Protocol):
    """POST /v1/chat/completions."""

    path = "/v1"

    @override
    def question(self, path: str, request: Json) -> Question:
        if "grammar" in request:
            schema = schema_of(request["grammar"])
        elif tools := request.get("tools"):
            schema = tools[0]["function"]["parameters"]
        else:
            structured = request.get("response_format", {}).get("json_schema", {}).get("schema")
            schema = structured or schema_in(system_text(request.get("messages")))
        messages = request.get("messages")
        return Question(
            schema,
            user_text(messages),
            length_of(messages),
            str(request.get("model", "fake")),
            compact="grammar" in request,
        )

    @override
    def answer(self, question: Question, request: Json, written: Written) -> Json:
        message: Json = {"role": "assistant", "content": written.text, "refusal": written.refusal}
        if request.get("tools") and written.text is not None:
            name = request["tools"][0]["function"]["name"]
            call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": written.text}}
            message |= {"content": None, "tool_calls": [call]}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish(written)}
        body: Json = {
            "id": "fake",
            "object": "chat.completion",
            "created": 0,
            "model": question.model,
            "choices": [] if written.empty else [choice],
            "usage": {
                "prompt_tokens": written.input_tokens,
                "completion_tokens": written.output_tokens,
                "total_tokens": written.input_tokens + written.output_tokens,
                "prompt_tokens_details": {"cached_tokens": written.cached_tokens},
            },
        }
        if request.get("timings_per_token"):
            read = written.input_tokens - written.cached_tokens
            body["timings"] = {"cache_n": written.cached_tokens, "prompt_n": read}
        return body

    @override
    def events(self, body: Json) -> list[bytes]:
        head = {name: body[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
        chunks: list[Json] = []
        for choice in body["choices"]:
            message = choice["message"]
            said: list[Json] = [{"role": "assistant"}]
            for name in ("content", "refusal"):
                said += [{name: piece} for piece in pieces(message.get(name) or "")]
            for call in message.get("tool_calls", ()):
                name, arguments = call["function"]["name"], call["function"]["arguments"]
                start = call | {"index": 0, "function": {"name": name, "arguments": ""}}
                rest = [{"index": 0, "function": {"arguments": piece}} for piece in pieces(arguments)]
                said += [{"tool_calls": [part]} for part in (start, *rest)]
            chunks += [{"index": 0, "delta": delta, "finish_reason": None} for delta in said]
            chunks.append({"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]})
        bodies: list[Json] = [head | {"choices": [chunk]} for chunk in chunks]
        if counts := body.get("timings"):  # as llama.cpp, where it is asked to
            written = body["usage"]["completion_tokens"]
            for number, chunk in enumerate(bodies[1:], 1):
                chunk["timings"] = counts | {"predicted_n": min(number, written)}
        return [*map(event, [*bodies, head | {"choices": [], "usage": body["usage"]}]), b"data: [DONE]\n\n"]

    @override
    def error(self, status: int, message: str, code: str | None) -> Json:
        kind = "fake" if code is None else "invalid_request_error"
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}
