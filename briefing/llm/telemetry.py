"""Logging under "briefing", and OpenTelemetry spans and metrics if it is installed.

Neither holds articles or answers, unless `CAPTURE_VARIABLE` enables it. Errors are recorded by class and status only: a
provider's message may repeat the request.

Spans and metrics follow OpenTelemetry's semantic conventions for generative AI, with custom attributes under `briefing.`:
one span per article, and below it one per ask, which covers all of its HTTP calls.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from briefing._version import __version__
from briefing.errors import ProviderError
from briefing.meta import Usage

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram
    from opentelemetry.trace import Span, Tracer

    from briefing.llm.asks import Answer, Ask
    from briefing.llm.pricing import CostTracker
    from briefing.llm.targets import Target

#: Environment variable of OpenTelemetry's GenAI instrumentations that enables message content in spans.
CAPTURE_VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_CAPTURING = frozenset(("true", "1", "span_only", "span_and_event"))

logger = logging.getLogger("briefing")
logger.addHandler(logging.NullHandler())  # silent until the application configures logging

#: Names of providers in the conventions that differ from instructor's.
_PROVIDERS = {
    "azure_openai": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "generative-ai": "gcp.gemini",
    "google": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertexai": "gcp.vertex_ai",
    "xai": "x_ai",
}
_PORTS = {"http": 80, "https": 443}
#: Bucket boundaries of the conventions.
_TOKEN_BUCKETS = [4**power for power in range(14)]
_SECOND_BUCKETS = [0.01 * 2**power for power in range(14)]

Attributes = dict[str, Any]


@dataclass
class AskSpan:
    """Span and log record of one ask in progress."""

    label: str
    model: str
    common: Attributes
    span: Span | None = None
    started: float = field(default_factory=time.monotonic)
    response_model: str | None = None
    finish_reasons: list[str] = field(default_factory=list)

    def answered(self, answer: Answer) -> Answer:
        """Record the answer and return it."""
        self._end(answer.usage, answer.attempts, None)
        return answer

    def failed(self, error: BaseException) -> None:
        """Record the error that ended the ask."""
        usage, calls = (error.usage, error.attempts) if isinstance(error, ProviderError) else (None, None)
        self._end(usage or Usage(), calls, error)

    def _end(self, usage: Usage, calls: int | None, error: BaseException | None) -> None:
        seconds = time.monotonic() - self.started
        logger.info(
            "ask %s: label=%s model=%s calls=%s %s seconds=%.3f",
            "ended" if error is None else f"failed with {_reason(error)}",
            self.label,
            self.model,
            "unknown" if calls is None else calls,
            _tokens(usage),
            seconds,
        )
        if self.span is None:
            return
        if calls is not None:
            self.span.set_attribute("briefing.attempts", calls)
        self.span.set_attributes(_usage(usage, "gen_ai.usage."))
        if self.finish_reasons:
            self.span.set_attribute("gen_ai.response.finish_reasons", self.finish_reasons)
        _measure(self, usage, seconds, error)


_current: ContextVar[AskSpan | None] = ContextVar("current", default=None)


@contextmanager
def article_span(target: Target, attributes: Attributes, cost: CostTracker) -> Iterator[list[str]]:
    """Record a span and logs for the work on one article, with the `cost` it has at the end.

    The names of `attributes` have no prefix `briefing.`. Yields a list for the warnings of the result, which are counted.
    """
    warnings: list[str] = []
    started, outcome = time.monotonic(), "ended"
    logger.debug("article begun: model=%s", target.model)
    with _span("briefing.summarize", {f"briefing.{key}": value for key, value in attributes.items()}) as span:
        try:
            yield warnings
        except BaseException as error:
            outcome = f"failed with {_reason(error)}"
            raise
        finally:
            logger.info(
                "article %s: model=%s calls=%d %s warnings=%d seconds=%.3f",
                outcome,
                target.model,
                cost.attempts,
                _tokens(cost.usage),
                len(warnings),
                time.monotonic() - started,
            )
            if span is not None:
                span.set_attributes(_usage(cost.usage, "briefing.usage."))
                span.set_attribute("briefing.attempts", cost.attempts)
                span.set_attribute("briefing.warnings", len(warnings))


@contextmanager
def ask_span(ask: Ask, target: Target) -> Iterator[AskSpan]:
    """Record a span and logs for one ask: all its calls, waits and re-asks."""
    common = _common(target)
    logger.debug("ask begun: label=%s model=%s", ask.label, target.model)
    custom = {"briefing.ask.label": ask.label, "gen_ai.output.type": "json"}
    with _span(f"chat {target.name}", common | custom, is_client=True) as span:
        current = AskSpan(ask.label, target.model, common, span)
        token = _current.set(current)
        try:
            yield current
        except BaseException as error:
            current.failed(error)
            raise
        finally:
            _current.reset(token)


@contextmanager
def judge_span(label: str, name: str) -> Iterator[None]:
    """Record a span and a log for the work of an object of the user's that judges in place of a model."""
    started, outcome = time.monotonic(), "ended"
    with _span("briefing.judge", {"briefing.ask.label": label, "briefing.judge": name}):
        try:
            yield
        except BaseException as error:
            outcome = f"failed with {_reason(error)}"
            raise
        finally:
            seconds = time.monotonic() - started
            logger.info("ask %s: label=%s judge=%s seconds=%.3f", outcome, label, name, seconds)


def record_request(request: Mapping[str, Any]) -> None:
    """Record a request on the current ask's span."""
    span = _recording()
    if span is None:
        return
    for name in ("temperature", "max_tokens"):
        if isinstance(value := request.get(name), int | float):
            span.set_attribute(f"gen_ai.request.{name}", value)
    if _capturing():
        messages = [_message(m.get("role"), m.get("content")) for m in request.get("messages", ())]
        span.set_attribute("gen_ai.input.messages", json.dumps(messages, ensure_ascii=False))


def record_response(response: Any, text: str, reason: str) -> None:
    """Record a response, usable or not, the text in it and the provider's reason to stop on the current ask's span."""
    current, span = _current.get(), _recording()
    if current is None:
        return
    current.finish_reasons = [reason] if reason else []
    if isinstance(model := getattr(response, "model", None), str):
        current.response_model = model
    if span is None:
        return
    for name in ("model", "id"):
        if isinstance(value := getattr(response, name, None), str):
            span.set_attribute(f"gen_ai.response.{name}", value)
    if _capturing():
        messages = [_message("assistant", text) | {"finish_reason": reason}]
        span.set_attribute("gen_ai.output.messages", json.dumps(messages, ensure_ascii=False))


def record_retry(error: BaseException, seconds: float) -> None:
    """Record that a call failed and will be retried after a wait."""
    current, span = _current.get(), _recording()
    label, model = (current.label, current.model) if current else ("unknown", "unknown")
    logger.warning("retry in %.1f s after %s: label=%s model=%s", seconds, _reason(error), label, model)
    if span is not None:
        event: Attributes = {"error.type": _error_type(error), "briefing.wait": seconds}
        if status := getattr(error, "status", None):
            event["http.response.status_code"] = status
        span.add_event("briefing.retry", event)


def _tokens(usage: Usage) -> str:
    return " ".join(f"{name}={count}" for name, count in usage)


def _error_type(error: BaseException) -> str:
    return type(error).__qualname__


def _reason(error: BaseException) -> str:
    status = getattr(error, "status", None)
    return f"{_error_type(error)} ({status})" if isinstance(status, int) else _error_type(error)


class _Api(NamedTuple):
    """The tracer and instruments of OpenTelemetry."""

    tracer: Tracer
    tokens: Histogram
    seconds: Histogram


@lru_cache(maxsize=1)
def _api() -> _Api | None:
    try:
        from opentelemetry import metrics, trace
    except ImportError:
        return None
    meter = metrics.get_meter("briefing", __version__)
    return _Api(
        trace.get_tracer("briefing", __version__),
        meter.create_histogram(
            "gen_ai.client.token.usage",
            unit="{token}",
            description="Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=_TOKEN_BUCKETS,
        ),
        meter.create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="GenAI operation duration.",
            explicit_bucket_boundaries_advisory=_SECOND_BUCKETS,
        ),
    )


@contextmanager
def _span(name: str, attributes: Attributes, *, is_client: bool = False) -> Iterator[Span | None]:
    """Start a span as the current one; an exception sets its status and error.type."""
    api = _api()
    if api is None:
        yield None
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode

    with api.tracer.start_as_current_span(
        name,
        kind=SpanKind.CLIENT if is_client else SpanKind.INTERNAL,
        attributes=attributes,
        record_exception=False,  # its message may repeat the request
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute("error.type", _error_type(error))
            span.set_status(Status(StatusCode.ERROR))
            raise


def _recording() -> Span | None:
    current = _current.get()
    span = current.span if current else None
    return span if span is not None and span.is_recording() else None


def _measure(current: AskSpan, usage: Usage, seconds: float, error: BaseException | None) -> None:
    api = _api()
    assert api is not None  # because there is a span
    common = dict(current.common)
    if current.response_model:
        common["gen_ai.response.model"] = current.response_model
    if usage.input_tokens or usage.output_tokens:
        api.tokens.record(usage.input_tokens, common | {"gen_ai.token.type": "input"})
        api.tokens.record(usage.output_tokens, common | {"gen_ai.token.type": "output"})
    api.seconds.record(seconds, common | ({} if error is None else {"error.type": _error_type(error)}))


def _common(target: Target) -> Attributes:
    """Attributes that the conventions require of every call."""
    attributes: Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "local" if target.local else _PROVIDERS.get(target.provider, target.provider),
        "gen_ai.request.model": target.name,
    }
    address = target.address or ("https://api.openai.com" if target.provider == "openai" else "")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # not a URL, which the call will report
        host = port = None
    if host:
        attributes["server.address"] = host
        if port:
            attributes["server.port"] = port
    return attributes


def _usage(usage: Usage, prefix: str) -> Attributes:
    return {
        f"{prefix}input_tokens": usage.input_tokens,
        f"{prefix}output_tokens": usage.output_tokens,
        f"{prefix}cache_read.input_tokens": usage.cached_tokens,
    }


def _capturing() -> bool:
    return os.environ.get(CAPTURE_VARIABLE, "").strip().lower() in _CAPTURING


def _message(role: Any, content: Any) -> dict[str, Any]:
    return {"role": str(role), "parts": [{"type": "text", "content": str(content or "")}]}
