"""OpenAI's responses, for models that have nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import regex
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.errors import ConfigurationError
from briefing.llm.asks import PlainText
from briefing.llm.providers.adapter import Ending, StreamedAnswer, get
from briefing.llm.providers.openai_chat import CACHE_KEY, OpenAIChat, cache_key
from briefing.redaction import excerpt
from briefing.schemas import sent_schema

if TYPE_CHECKING:
    from pydantic import BaseModel

    from briefing.llm.targets import Target

_NOT_IN_NAMES = regex.compile(r"[^a-zA-Z0-9_-]")


class OpenAIResponses(OpenAIChat):
    """Responses by the openai SDK. instructor parses the arguments of a tool; the schema is sent as the text's format."""

    name = "responses"
    modes = ("RESPONSES_TOOLS",)
    option_names: Mapping[str, str] = {
        **{name: name for name in ("temperature", "top_p", "service_tier", "reasoning_effort")},
        **{name: name for name in ("extra_headers", "extra_query", "extra_body")},
        "max_output_tokens": "max_output_tokens",
    }
    limit_names = ("max_output_tokens",)

    @override
    def create(self, client: Any) -> Callable[..., Any]:
        def create(**request: Any) -> Any:
            return client.responses.create(input=request.pop("messages"), **request)

        return create

    @override
    def check_values(self, model: str, options: Mapping[str, Any]) -> None:
        known = self.option_names.keys() | self.client_options
        if untranslatable := sorted(options.keys() - known):
            raise ConfigurationError(
                f"options: {untranslatable[0]} cannot be passed to {model}, which is called by OpenAI's responses; it takes "
                f"{', '.join(sorted(known))}"
            )

    @override
    def defaults(self, target: Target) -> dict[str, Any]:
        return super().defaults(target) | {"store": False}

    @override
    def parameters(self, options: Mapping[str, Any], *, output_limit: str | None) -> dict[str, Any]:
        self.check_values("the model", options)
        parameters = super().parameters(options, output_limit=output_limit)
        if effort := parameters.pop("reasoning_effort", None):
            parameters["reasoning"] = {"effort": effort}
        return parameters

    @override
    def prepare(self, request: dict[str, Any], schema: type[BaseModel]) -> None:
        if CACHE_KEY in request:
            request[CACHE_KEY] = cache_key(request["messages"][0]["content"], schema)
        for name in ("tools", "tool_choice"):
            request.pop(name, None)
        if schema is PlainText:
            return
        name = _NOT_IN_NAMES.sub("_", schema.__name__)
        request["text"] = {
            "format": {"type": "json_schema", "name": name, "strict": True, "schema": sent_schema(schema)}
        }

    @override
    def stream(self, request: dict[str, Any], *, usage: bool) -> StreamedAnswer | None:
        request["stream"] = True
        return _StreamedResponse()

    @override
    def read_text(self, response: Any) -> str:
        calls = _calls(response)
        if not calls and (text := "".join(_parts(response, "output_text", "text"))):
            self.write_text(response, text)
            return text
        return str(get(calls[0], "arguments")) if calls else ""

    @override
    def write_text(self, response: Any, text: str) -> None:
        from openai.types.responses import ResponseFunctionToolCall

        if calls := _calls(response):
            calls[0].arguments = text
        else:
            call = ResponseFunctionToolCall(
                arguments=text, call_id="answer", name="answer", type="function_call"
            )
            response.output.append(call)

    @override
    def stop_reason(self, response: Any) -> Ending:
        status, said = getattr(response, "status", None), get(getattr(response, "error", None), "message")
        message = excerpt(str(said), 300) if said else None
        if refusal := "".join(_parts(response, "refusal", "refusal")):
            return Ending("refusal", message=excerpt(refusal, 500))
        if status == "incomplete":
            reason = str(get(getattr(response, "incomplete_details", None), "reason"))
            return Ending("filter" if reason == "content_filter" else "length", reason, message)
        if status in ("failed", "cancelled"):
            return Ending("error", status, message)
        if not isinstance(getattr(response, "output", None), list) or not self.read_text(response):
            return Ending("none", message=message)
        return Ending("stop", str(status or ""))


class _StreamedResponse(StreamedAnswer):
    """Events of a response; the last one holds all of it."""

    def __init__(self) -> None:
        self._response = self.whole({"output": []})

    @override
    def add(self, event: Any) -> str:
        kind, delta = get(event, "type"), get(event, "delta")
        if kind == "error":
            self._response = self.whole(
                {"output": [], "status": "failed", "error": {"message": get(event, "message")}}
            )
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            self._response = get(event, "response")
            self.ended = True
        return delta if kind == "response.output_text.delta" and isinstance(delta, str) else ""

    @override
    def response(self) -> Any:
        return self._response

    @override
    def whole(self, body: Any) -> Any:
        from openai.types.responses import Response

        return Response.construct(**body) if isinstance(body, dict) else body


def _output(response: Any) -> list[Any]:
    output = getattr(response, "output", None)
    return output if isinstance(output, list) else []


def _calls(response: Any) -> list[Any]:
    return [item for item in _output(response) if get(item, "type") == "function_call"]


def _parts(response: Any, kind: str, field: str) -> list[str]:
    """The texts of one kind of part in the messages of a response."""
    contents = [get(item, "content") for item in _output(response) if get(item, "type") == "message"]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return [str(get(part, field)) for part in parts if get(part, "type") == kind]
