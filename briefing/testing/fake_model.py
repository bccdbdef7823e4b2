"""Testing code that uses `briefing`, without a model and without a key.

`FakeModel` is a real HTTP server on the loopback interface that speaks the OpenAI protocol. It
answers any ask of the library with ids and names that it reads in the prompt, so that its answers
resolve as a good model's would. A `Fault` is an answer that is not a good one.
"""

from __future__ import annotations

import email.utils
import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from briefing.llm import SKIPPED_WAITS
from briefing.testing.answers import answer
from briefing.testing.http_server import Counts, Reply, Server

__all__ = ["FakeModel", "Fault", "answer", "known_faults", "without_waiting"]

#: Bytes.
_HUGE = 10_000_000


@dataclass(frozen=True)
class Fault:
    """One answer of a `FakeModel` that is not a good one.

    Attributes:
        status: HTTP status.
        body: sent as it is; a dict as JSON; by default a message in OpenAI's form.
        headers: sent beside the usual ones.
        content: the assistant's text, in an otherwise good answer (`status` 200); or a function from a
            good answer's text to it.
        finish_reason: of that answer.
        refusal: of that answer.
        drop: close the connection without an answer.
        delay: seconds to wait first.
        hang: never answer.
        drip: seconds before each byte of the answer, its head included.
        broken: "reset": reset the connection without an answer; "reset inside": do so after half of the body; "cut":
            close it after half of the body.
    """

    status: int = 200
    body: str | bytes | dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content: str | Callable[[str], str] | None = None
    finish_reason: str = "stop"
    refusal: str | None = None
    drop: bool = False
    delay: float = 0.0
    hang: bool = False
    drip: float = 0.0
    broken: Literal["reset", "reset inside", "cut"] | None = None


Script = Sequence[Fault | None] | Callable[[dict[str, Any]], Fault | None]


class FakeModel:
    """A loopback server that answers asks of this library, those of ``model="local"`` too.

    Args:
        latency: seconds before each answer.
        faults: answers that are not good ones, in the order of the requests (`None`: a good one;
            after the last, all are good), or a function from the request's JSON to one of them.
        keep_requests: whether `requests` is filled; a long run may not want that.

    Example:
        >>> with FakeModel() as fake:
        ...     briefer = Briefer(model="openai/fake", base_url=fake.url, api_key="test")
        ...     local = Briefer(model="local", base_url=fake.url)
    """

    def __init__(self, latency: float = 0.0, faults: Script = (), *, keep_requests: bool = True) -> None:
        self._latency, self._faults = latency, faults
        self._counts = Counts()
        self._server = Server(self._reply, self._counts, keep=keep_requests)
        # Bound, but not listening: whoever connects is refused, and no one else gets the port.
        self._refusing = socket.socket()
        self._refusing.bind(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        """For `base_url`."""
        return f"http://127.0.0.1:{self._server.port}/v1"

    @property
    def tls_url(self) -> str:
        """A `base_url` whose TLS fails: the server behind it speaks plain HTTP."""
        return f"https://127.0.0.1:{self._server.port}/v1"

    @property
    def refused_url(self) -> str:
        """A `base_url` where no one listens."""
        return f"http://127.0.0.1:{self._refusing.getsockname()[1]}/v1"

    @property
    def calls(self) -> int:
        """HTTP requests so far."""
        return self._counts.requests

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Bodies of the requests so far, as JSON."""
        return self._counts.bodies

    @property
    def in_flight(self) -> int:
        """Requests that are being answered."""
        return self._counts.in_flight

    @property
    def abandoned(self) -> int:
        """Requests whose client closed the connection before it had the answer."""
        return self._counts.abandoned

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.stop()
        self._refusing.close()

    def _reply(self, number: int, request: dict[str, Any]) -> Reply:
        if callable(self._faults):
            fault = self._faults(request)
        else:
            fault = self._faults[number] if number < len(self._faults) else None
        fault = fault or Fault()
        return Reply(
            status=fault.status,
            headers={"content-type": "application/json"} | fault.headers,
            body=_body(request, fault),
            delay=float("inf") if fault.hang else self._latency + fault.delay,
            drip=fault.drip,
            broken="closed" if fault.drop else fault.broken,
        )


@contextmanager
def without_waiting() -> Iterator[list[float]]:
    """Within it, retries are made at once; gives the list of the seconds that they would have waited.

    Example:
        >>> with without_waiting() as waits:
        ...     briefer.summarize(text)
    """
    waits: list[float] = []
    token = SKIPPED_WAITS.set(waits)
    try:
        yield waits
    finally:
        SKIPPED_WAITS.reset(token)


def known_faults() -> dict[str, Fault]:
    """One fault of each kind that model servers have shown, by name.

    Those before a connection are addresses: `FakeModel.refused_url`, `FakeModel.tls_url`. A `Retry-After` in seconds or
    as a date asks for a second; "Retry-After 300" for more than one would wait.
    """
    now = time.time()
    date, soon = (email.utils.formatdate(moment, usegmt=True) for moment in (now, now + 1))
    html = {"content-type": "text/html"}
    return {
        "429 Retry-After seconds": Fault(status=429, headers={"retry-after": "1"}),
        "429 Retry-After date": Fault(status=429, headers={"date": date, "retry-after": soon}),
        "429 Retry-After 0": Fault(status=429, headers={"retry-after": "0"}),
        "429 Retry-After 300": Fault(status=429, headers={"retry-after": "300"}),
        "429 quota": _error(429, "You exceeded your current quota.", "insufficient_quota"),
        "500": Fault(status=500),
        "502": Fault(status=502, body="<html>Bad Gateway</html>", headers=html),
        "503": Fault(status=503),
        "529": Fault(status=529),
        "408": Fault(status=408),
        "closed": Fault(drop=True),
        "reset before": Fault(broken="reset"),
        "reset inside": Fault(broken="reset inside"),
        "hang": Fault(hang=True),
        "drip": Fault(drip=0.5),
        "cut short": Fault(broken="cut"),
        "HTML with 200": Fault(
            body="<!doctype html><html><head><title>Acme &amp; Co: Sign in</title></head><body></body></html>",
            headers=html,
        ),
        "empty body": Fault(body=""),
        "empty choices": Fault(body=_without_choices()),
        "length": Fault(content=lambda good: good[: len(good) // 2], finish_reason="length"),
        "content filter": Fault(content="", finish_reason="content_filter"),
        "refusal": Fault(refusal="I cannot help with that."),
        "invalid JSON": Fault(content=lambda good: good.replace(":", "=", 1)),
        "JSON cut off": Fault(content=lambda good: good[: len(good) // 2]),
        "code fence": Fault(content=lambda good: f"Here it is:\n```json\n{good}\n```"),
        "wrong shape": Fault(content='{"title": "no such field"}'),
        "ids out of range": _changed(
            lambda key, _value: [9999] if key == "evidence" else "q9999", "evidence", "id"
        ),
        "duplicate ids": _changed(lambda _key, value: value * 3, "evidence", "key_quotes"),
        "NaN": _changed(lambda _key, _value: [float("nan")], "evidence"),
        "10 MB": Fault(content=lambda good: f'{good[:-1]}, "padding": "{"x" * _HUGE}"}}'),
        "401": _error(401, "Incorrect API key provided.", "invalid_api_key"),
        "403": _error(403, "Your country is not supported.", "unsupported_country_region_territory"),
        "404 model": _error(404, "The model does not exist.", "model_not_found"),
        "400 context length": _error(
            400,
            "This model's maximum context length is 8192 tokens, your messages have 9001.",
            "context_length_exceeded",
        ),
        "redirect": Fault(status=307, body="", headers={"location": "/elsewhere"}),
        "wrong content type": Fault(headers={"content-type": "text/plain"}),
    }


def _error(status: int, message: str, code: str) -> Fault:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return Fault(status=status, body={"error": error})


def _changed(change: Callable[[str, Any], Any], *keys: str) -> Fault:
    """A good answer, but for the values of some keys at any depth."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {k: change(k, v) if k in keys else changed(v) for k, v in value.items()}

    return Fault(content=lambda good: json.dumps(changed(json.loads(good)), ensure_ascii=False))


def _without_choices() -> dict[str, Any]:
    return _completion({"messages": [{"content": "As long as a prompt is."}]}, None, Fault()) | {
        "choices": []
    }


def _body(request: dict[str, Any], fault: Fault) -> bytes:
    if fault.body is not None:
        body = json.dumps(fault.body) if isinstance(fault.body, dict) else fault.body
        return body.encode() if isinstance(body, str) else body
    if fault.status != 200:
        error = {"message": f"fake failure {fault.status}", "type": "fake", "param": None, "code": None}
        return json.dumps({"error": error}).encode()
    # A grammar lets no white space through.
    separators = (",", ":") if "grammar" in request else None
    good = json.dumps(answer(request), ensure_ascii=False, separators=separators)
    content = None if fault.refusal is not None else good
    if callable(fault.content):
        content = fault.content(content or "")
    elif fault.content is not None:
        content = fault.content
    return json.dumps(_completion(request, content, fault), ensure_ascii=False).encode()


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
