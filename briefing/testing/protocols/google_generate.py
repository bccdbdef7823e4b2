"""Google's `generateContent`, with the schema in the generation config or in the system instruction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from briefing.testing.protocols.protocol import Json, Protocol, Question, Written, schema_in, text_of

#: Words for errors by status.
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_TYPE = "type.googleapis.com/google.rpc."


class GoogleGenerate(Protocol):
    """POST /v1beta/models/NAME:generateContent; the SDK appends "/v1beta/models"."""

    finishes: Mapping[str, str] = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}

    @override
    def question(self, path: str, request: Json) -> Question:
        config = request.get("generationConfig", {})
        system = text_of(request.get("systemInstruction", {}).get("parts"))
        contents = request.get("contents", [])
        texts = [text_of(content.get("parts")) for content in contents]
        asked = [
            text for text, content in zip(texts, contents, strict=True) if content.get("role") != "model"
        ]
        return Question(
            config.get("responseJsonSchema") or schema_in(system),
            "\n".join(asked),
            len(system) + sum(map(len, texts)),
            path.rpartition("/")[2].partition(":")[0] or "fake",
        )

    @override
    def answer(self, question: Question, request: Json, written: Written) -> Json:
        usage = {
            "promptTokenCount": written.input_tokens,
            "candidatesTokenCount": written.output_tokens,
            "totalTokenCount": written.input_tokens + written.output_tokens,
            "cachedContentTokenCount": written.cached_tokens,
        }
        body: Json = {"usageMetadata": usage, "modelVersion": question.model, "responseId": "fake"}
        if written.refusal is not None:
            return body | {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
        if written.empty:
            return body
        content: Json = {"role": "model"} | ({"parts": [{"text": written.text}]} if written.text else {})
        return body | {"candidates": [{"content": content, "finishReason": self.finish(written), "index": 0}]}

    @override
    def error(self, status: int, message: str, code: str | None) -> Json:
        error: dict[str, Any] = {
            "code": status,
            "message": message,
            "status": _STATUSES.get(status, "UNKNOWN"),
        }
        if code == "insufficient_quota":
            violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "250"}
            error["details"] = [{"@type": f"{_TYPE}QuotaFailure", "violations": [violation]}]
        return {"error": error}
