"""`FakeModel`, a server for tests that speaks the protocol of a provider, and `Fault`, a bad answer of it.

It answers any ask of the library with ids and names from the prompt, so that its answers resolve as a good model's do.
"""

from __future__ import annotations

import email.utils
import json
import math
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from aiohttp.web import BaseRequest
from typing_extensions import override

from briefing.errors import ConfigurationError
from briefing.llm import SKIPPED_WAITS
from briefing.testing.answers import answer_to
from briefing.testing.http_server import Reply, Server
from briefing.testing.protocols import PROTOCOLS, ProtocolName, Written

#: Bytes of padding in the fault "10 MB".
_HUGE = 10_000_000


@dataclass(frozen=True)
class Fault:
    """A bad answer of a `FakeModel`: a good answer, except for the given fields.

    Args:
        status: HTTP status code. Other than 200, the body is an error object in the protocol's form.
        message: the error object's message. Default: "fake failure" and the status.
        code: OpenAI's word for the error, which other protocols translate or leave out.
        body: the response body instead of an answer or error; a dict is sent as JSON.
        headers: response headers; they replace defaults of the same name in lower case.
        content: the assistant's text; or a function that makes it from the text of the good answer.
        finish_reason: why the answer ended: "stop", "length" or "content_filter", which other protocols than OpenAI's
            translate, or another word, sent as it is.
        refusal: what the model says instead of an answer.
        empty: the response has no answer at all: no choices, no content.
        cached_tokens: tokens of the prompt that the server says it read from its cache.
        drop: close the connection without a response.
        delay: seconds to wait before the response, besides the model's `latency`.
        hang: never respond.
        drip: seconds to wait before each byte of the response, those of its head included.
        broken: "reset": reset the connection without a response; "reset inside": reset it after half of the body; "cut":
            close it after half of the body.
        after: events of a streamed answer that are sent before the fault: `drop`, `hang`, `broken`, the error of `status`
            (after 200, which is sent before), or `body` in place of the other events. Default `None`: the fault is at the start.
        events: function that changes the events of a streamed answer, such as those that `Fault()` sends.

    Example:
        >>> rate_limited = Fault(status=429, headers={"retry-after": "1"})
        >>> stalled = Fault(after=3, hang=True)
        >>> truncated = Fault(content=lambda good: good[:100], finish_reason="length")
    """

    status: int = 200
    message: str | None = None
    code: str | None = None
    body: str | bytes | dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content: str | Callable[[str], str] | None = None
    finish_reason: str = "stop"
    refusal: str | None = None
    empty: bool = False
    cached_tokens: int = 0
    drop: bool = False
    delay: float = 0.0
    hang: bool = False
    drip: float = 0.0
    broken: Literal["reset", "reset inside", "cut"] | None = None
    after: int | None = None
    events: Callable[[list[bytes]], list[bytes]] | None = None


Script = Sequence[Fault | None] | Callable[[dict[str, Any]], Fault | None]
"""Faults in the order of the requests (`None`: a good answer), or a function of a request's JSON body."""


def scripted(script: Script, number: int, request: dict[str, Any]) -> Fault:
    """Return the fault of a request by its position, from 0; after the end of a sequence, answers are good."""
    if callable(script):
        return script(request) or Fault()
    return (script[number] if number < len(script) else None) or Fault()


class FakeModel(Server):
    """A server on the loopback interface that answers asks of this library, also those for ``model="local"``.

    It runs inside a ``with`` block, in a thread. Hundreds of requests can be in flight.

    Args:
        latency: seconds before each answer; 0 by default.
        faults: bad answers, in the order of the requests (`None` for a good one; answers after the last are good), or a
            function that returns one, or `None`, for a request's JSON body. By default all answers are good.
        protocol: "openai" (chat completions, the default), "responses" (of OpenAI), "anthropic" (messages), "google" (Gemini
            API and Vertex AI), "bedrock" (Converse), "mistral" or "cohere".
        streams: whether a request to stream the answer is granted (the default, by the first three protocols), or else ignored.
        keep_requests: whether `requests` is filled (the default); switch it off to save memory in long runs.

    Attributes:
        url: the `base_url` for a briefer.
        calls: number of HTTP requests so far.
        requests: JSON bodies of the requests so far; empty with ``keep_requests=False``.
        paths: paths of their URLs, with the query.
        in_flight: number of requests being answered.
        abandoned: number of requests whose client closed the connection before it had the answer.

    Example:
        >>> with FakeModel() as fake:
        ...     briefer = Briefer(model="openai/fake", base_url=fake.url, api_key="test")
        ...     local = Briefer(model="local", base_url=fake.url)
        >>> with FakeModel(protocol="anthropic") as fake:
        ...     briefer = Briefer(model="anthropic/fake", base_url=fake.url, api_key="test")
    """

    def __init__(
        self,
        latency: float = 0.0,
        faults: Script = (),
        *,
        protocol: ProtocolName = "openai",
        streams: bool = True,
        keep_requests: bool = True,
    ) -> None:
        if protocol not in PROTOCOLS:
            raise ConfigurationError(f"protocol must be one of {', '.join(PROTOCOLS)}, not {protocol!r}")
        super().__init__()
        self._protocol, self._streams = protocol, streams
        self._latency, self._faults, self._keep_requests = latency, faults, keep_requests
        self.calls = 0
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        # Bound, but not listening: connections are refused, and no other process gets the port.
        self._refusing = socket.socket()
        self._refusing.bind(("127.0.0.1", 0))

    @property
    @override
    def url(self) -> str:
        return self._at(self.port)

    def _at(self, port: int) -> str:
        return f"http://127.0.0.1:{port}{PROTOCOLS[self._protocol].path}"

    @property
    def tls_url(self) -> str:
        """A `base_url` with which the TLS handshake fails: the server behind it speaks plain HTTP."""
        return self.url.replace("http", "https")

    @property
    def refused_url(self) -> str:
        """A `base_url` that refuses connections."""
        return self._at(self._refusing.getsockname()[1])

    @override
    def __exit__(self, *raised: object) -> None:
        super().__exit__()
        self._refusing.close()

    @override
    async def _reply(self, request: BaseRequest) -> Reply:
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            body = {}
        fault = scripted(self._faults, self.calls, body)
        if refused := PROTOCOLS[self._protocol].refuse(request.path, body):
            fault = Fault(status=refused[0], message=refused[1])
        self.calls += 1
        if self._keep_requests:
            self.requests.append(body)
            self.paths.append(request.path_qs)
        broken = "closed" if fault.drop else fault.broken
        events = self._events(request.path, body, fault) if body.get("stream") is True else []
        if events:
            return Reply(
                headers={"content-type": "text/event-stream"} | fault.headers,
                delay=self._latency + fault.delay,
                drip=fault.drip,
                broken=broken,
                events=tuple(events),
                hang=fault.hang,
            )
        return Reply(
            body=response_body(body, fault, self._protocol, path=request.path),
            status=fault.status,
            headers={"content-type": "application/json"}
            | PROTOCOLS[self._protocol].headers(fault.status)
            | fault.headers,
            delay=math.inf if fault.hang else self._latency + fault.delay,
            drip=fault.drip,
            broken=broken,
        )

    def _events(self, path: str, request: dict[str, Any], fault: Fault) -> list[bytes]:
        """The events of a streamed answer; none if it is not streamed, or a fault at the start comes in their place."""
        at_start = (
            fault.status != 200
            or fault.body is not None
            or fault.hang
            or fault.drop
            or fault.broken == "reset"
        )
        if not self._streams or (at_start and fault.after is None):
            return []
        speaks, good = PROTOCOLS[self._protocol], replace(fault, status=200, body=None)
        events = speaks.events(json.loads(response_body(request, good, self._protocol, path=path)))
        events = fault.events(events) if fault.events else events
        after = len(events) // 2 if fault.broken and fault.after is None else fault.after
        if fault.status == 200 and fault.body is None:
            return events[:after]
        body = response_body(request, fault, self._protocol, path=path)
        return [*events[:after], body if fault.body is not None else b"event: error\ndata: " + body + b"\n\n"]


@contextmanager
def without_waiting() -> Iterator[list[float]]:
    """Skip the waits between retries inside the block; yield the list of skipped waits, in seconds.

    Applies to the current thread or task and those that it starts.

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
    """Return one fault of each kind seen at model servers, by a descriptive name, for parametrized tests.

    Failures to connect are addresses instead: `FakeModel.refused_url`, `FakeModel.tls_url`. "429 Retry-After seconds" and
    "429 Retry-After date" (a date computed at the call) ask for one second; "429 Retry-After 300" for longer than most
    deadlines.
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
        "empty choices": Fault(empty=True),
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
    return Fault(status=status, message=message, code=code)


def _changed(change: Callable[[str, Any], Any], *keys: str) -> Fault:
    """Return a fault that applies `change(key, value)` to the values of these keys, at any depth of a good answer."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {k: change(k, v) if k in keys else changed(v) for k, v in value.items()}

    return Fault(content=lambda good: json.dumps(changed(json.loads(good)), ensure_ascii=False))


def response_body(
    request: dict[str, Any], fault: Fault, protocol: ProtocolName = "openai", *, path: str = ""
) -> bytes:
    """Return the body of the response to a request by a protocol."""
    if fault.body is not None:
        body = json.dumps(fault.body) if isinstance(fault.body, dict) else fault.body
        return body.encode() if isinstance(body, str) else body
    speaks = PROTOCOLS[protocol]
    if fault.status != 200:
        message = fault.message or f"fake failure {fault.status}"
        return json.dumps(speaks.error(fault.status, message, fault.code)).encode()
    question = speaks.question(path, request)
    separators = (",", ":") if question.compact else None
    good = json.dumps(answer_to(question), ensure_ascii=False, separators=separators)
    content = None if fault.refusal is not None else good
    if callable(fault.content):
        content = fault.content(content or "")
    elif fault.content is not None:
        content = fault.content
    written = Written(
        content,
        fault.finish_reason,
        fault.refusal,
        fault.empty,
        input_tokens=max(_unlike_a_window(question.length // 4), fault.cached_tokens),
        output_tokens=len(content or "") // 4,
        cached_tokens=fault.cached_tokens,
    )
    return json.dumps(speaks.answer(question, request, written), ensure_ascii=False).encode()


def _unlike_a_window(tokens: int) -> int:
    """A number of tokens that is not that of a request which was cut to a window: no multiple of 256."""
    return tokens + 1 if tokens and tokens % 256 == 0 else tokens
