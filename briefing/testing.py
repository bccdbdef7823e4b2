"""Testing code that uses `briefing`, without a model and without a key.

`FakeModel` is a real HTTP server on the loopback interface that speaks the OpenAI protocol. It
answers any ask of the library with ids and names that it reads in the prompt, so that its answers
resolve as a good model's would.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import regex

from briefing.languages import detect_language
from briefing.nonnames import is_date

_LINE = regex.compile(r"^\[(\d+)\] (.*)$", regex.MULTILINE)
_MARK = regex.compile(r"‹(q\d+)›")
_NAME = regex.compile(r"\p{Lu}\p{L}+(?: \p{Lu}\p{L}+)*")
_WORDS = regex.compile(r"[\p{L}\p{N}]+")


@dataclass(frozen=True)
class Fault:
    """One answer of a `FakeModel` that is not a good one.

    Attributes:
        status: HTTP status.
        body: sent as it is; a dict as JSON; by default a message in OpenAI's form.
        headers: sent beside the usual ones.
        content: the assistant's text, in an otherwise good answer (`status` 200).
        finish_reason: of that answer.
        refusal: of that answer.
        drop: close the connection without an answer.
        delay: seconds to wait first.
    """

    status: int = 200
    body: str | bytes | dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content: str | None = None
    finish_reason: str = "stop"
    refusal: str | None = None
    drop: bool = False
    delay: float = 0.0


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away is a test's business."""


Script = Sequence[Fault | None] | Callable[[dict[str, Any]], Fault | None]


class FakeModel:
    """A loopback server that answers asks of this library.

    Args:
        latency: seconds before each answer.
        faults: answers that are not good ones, in the order of the requests (`None`: a good one;
            after the last, all are good), or a function from the request's JSON to one of them.

    Attributes:
        requests: bodies of the requests so far, as JSON.

    Example:
        >>> with FakeModel() as fake:
        ...     briefer = Briefer(model="openai/fake", base_url=fake.url, api_key="test")
    """

    def __init__(self, latency: float = 0.0, faults: Script = ()) -> None:
        self._latency, self._faults = latency, faults
        self._lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """For `base_url`."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def calls(self) -> int:
        """HTTP requests so far."""
        return len(self.requests)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _next(self, request: dict[str, Any]) -> Fault | None:
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
        if callable(self._faults):
            return self._faults(request)
        return self._faults[number] if number < len(self._faults) else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # the name that http.server calls
                length = int(self.headers.get("content-length", 0))
                request = json.loads(self.rfile.read(length))
                fault = fake._next(request)
                time.sleep(fake._latency + (fault.delay if fault else 0.0))
                if fault is not None and fault.drop:
                    self.close_connection = True
                    return
                status, body, headers = _response(request, fault)
                self.send_response(status)
                for name, value in ({"content-type": "application/json"} | headers).items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handler


def _response(request: dict[str, Any], fault: Fault | None) -> tuple[int, bytes, dict[str, str]]:
    fault = fault or Fault()
    if fault.body is not None:
        body = json.dumps(fault.body) if isinstance(fault.body, dict) else fault.body
        return fault.status, body.encode() if isinstance(body, str) else body, fault.headers
    if fault.status != 200:
        error = {
            "error": {"message": f"fake failure {fault.status}", "type": "fake", "param": None, "code": None}
        }
        return fault.status, json.dumps(error).encode(), fault.headers
    content = fault.content
    if content is None and fault.refusal is None:
        content = json.dumps(answer(request), ensure_ascii=False)
    return 200, json.dumps(_completion(request, content, fault), ensure_ascii=False).encode(), fault.headers


def _completion(request: dict[str, Any], content: str | None, fault: Fault) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": fault.refusal}
    if request.get("tools") and content is not None:
        name = request["tools"][0]["function"]["name"]
        call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": content}}
        message |= {"content": None, "tool_calls": [call]}
    read = sum(len(str(m.get("content"))) for m in request.get("messages", ())) // 4
    written = len(content or "") // 4
    return {
        "id": "fake",
        "object": "chat.completion",
        "created": 0,
        "model": request.get("model", "fake"),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": fault.finish_reason}],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
    }


def answer(request: dict[str, Any]) -> Any:
    """A good answer to a request of this library: the JSON value that its schema asks for."""
    if tools := request.get("tools"):
        schema = tools[0]["function"]["parameters"]
    else:
        schema = request.get("response_format", {}).get("json_schema", {}).get("schema", {"type": "object"})
    prompt = "\n".join(str(m.get("content")) for m in request.get("messages", ()) if m.get("role") == "user")
    return _Answerer(prompt).value(schema, "")


class _Answerer:
    """Fills a schema with ids and names that a prompt holds."""

    def __init__(self, prompt: str) -> None:
        self._sentences = {int(number): _MARK.sub("", text) for number, text in _LINE.findall(prompt)}
        self._marks = list(dict.fromkeys(_MARK.findall(prompt)))
        text = "\n".join(self._sentences.values())
        lang = detect_language(text, None)
        names = dict.fromkeys(_NAME.findall(text))
        self._names = [name for name in names if not is_date(name, lang)]
        self._words = _WORDS.findall("\n".join(self._sentences.values()))

    def value(self, schema: dict[str, Any], key: str, number: int = 0) -> Any:
        """A value for a schema; `key` is its field's name, `number` its place in a list."""
        if "anyOf" in schema:
            return self.value(schema["anyOf"][0], key, number)
        if "enum" in schema:
            return schema["enum"][number % len(schema["enum"])]
        match schema.get("type"):
            case "object":
                return self._object(schema, number)
            case "array":
                return self._array(schema, key, number)
            case "integer" | "number":
                return number
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return self._text(key, number)

    def _object(self, schema: dict[str, Any], number: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        value = {name: self.value(inner, name, number) for name, inner in properties.items()}
        if "evidence" in value:
            sentence = self._sentence(number)
            value["evidence"] = [sentence]
            for name in ("text", "value"):
                if isinstance(value.get(name), str):
                    value[name] = self._sentences.get(sentence, "Nothing.")
        return value

    def _array(self, schema: dict[str, Any], key: str, number: int) -> list[Any]:
        items = schema.get("items", {})
        if items.get("type") == "integer":
            return [self._sentence(number)]
        available = 3
        if "id" in items.get("properties", {}):
            available = len(self._marks)
        elif "name" in items.get("properties", {}):
            available = len(self._names)
        wanted = max(schema.get("minItems", 0), min(3, available))
        return [self.value(items, key, i) for i in range(min(wanted, schema.get("maxItems", wanted)))]

    def _sentence(self, number: int) -> int:
        ids = sorted(self._sentences)
        return ids[number % len(ids)] if ids else 1

    def _text(self, key: str, number: int) -> str:
        if key == "id":
            return str(self._marks[number % len(self._marks)]) if self._marks else "q1"
        if key in ("name", "speaker") and self._names:
            return str(self._names[number % len(self._names)])
        return " ".join(map(str, self._words[:8])) or "Nothing"
