"""OpenTelemetry spans and metrics, by the conventions, and without the package."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from briefing import AuthenticationError, Briefer, RateLimitError, ServerError
from briefing.llm.telemetry import CAPTURE_VARIABLE
from briefing.testing.fake_model import FakeModel, Fault

EXPORTER = InMemorySpanExporter()
READER = InMemoryMetricReader()


@pytest.fixture(scope="session", autouse=True)
def _providers() -> None:
    """Set what can be set once in a process."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([READER]))


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(CAPTURE_VARIABLE, raising=False)
    EXPORTER.clear()
    yield
    EXPORTER.clear()


def spans(name: str) -> list[ReadableSpan]:
    """Return the finished spans whose names begin so."""
    return [span for span in EXPORTER.get_finished_spans() if span.name.startswith(name)]


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """Return a span's attributes as a plain dict."""
    return dict(span.attributes or {})


def told(span: ReadableSpan) -> str:
    """All that a span tells."""
    return span.to_json()


def parent_of(span: ReadableSpan) -> int | None:
    """Return the id of a span's parent."""
    return span.parent.span_id if span.parent else None


def test_an_ask_is_a_chat_span(fake: FakeModel, briefer: Briefer, bridge: str) -> None:
    """Name, kind and attributes are those of the GenAI conventions."""
    result = briefer.summarize(bridge)

    (span,) = spans("chat ")
    found = attributes(span)
    assert ("chat fake", trace.SpanKind.CLIENT) == (span.name, span.kind)
    assert {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "fake",
        "gen_ai.request.temperature": 0.0,
        "gen_ai.response.model": "fake",
        "gen_ai.response.id": "fake",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.output.type": "json",
        "gen_ai.usage.input_tokens": result.meta.usage.input_tokens,
        "gen_ai.usage.output_tokens": result.meta.usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "server.address": "127.0.0.1",
        "server.port": int(fake.url.rpartition(":")[2].removesuffix("/v1")),
        "briefing.ask.label": "joint",
        "briefing.attempts": 1,
    } == found


def test_the_names_are_the_conventions() -> None:
    """What stands under `gen_ai.` is in the package of the conventions, letter by letter."""
    from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as known

    from briefing.llm import telemetry

    names = {value for value in vars(known).values() if isinstance(value, str) and value[:7] == "gen_ai."}
    source = Path(telemetry.__file__).read_text(encoding="utf-8")
    written = {piece.split('"')[0] for piece in source.split('"gen_ai.')[1:]}
    used = {f"gen_ai.{name}" for name in written if "{" not in name and not name.endswith(".")}
    assert {"gen_ai.client.operation.duration", "gen_ai.client.token.usage"} == used - names


def test_an_article_is_the_parent_of_its_asks(serve: Any, bridge: str) -> None:
    """The asks of one article hang under one span, which has the sums."""
    _, briefer = serve(plan="staged")
    result = briefer.summarize(bridge)

    (root,) = spans("briefing.summarize")
    asks = spans("chat ")
    assert len(asks) > 2
    assert {root.context.span_id} == {parent_of(span) for span in asks}
    found = attributes(root)
    assert {
        "briefing.plan": "staged",
        "briefing.attempts": result.meta.attempts,
        "briefing.warnings": len(result.meta.warnings),
        "briefing.usage.input_tokens": result.meta.usage.input_tokens,
        "briefing.source.sha256": result.meta.source_sha256,
        "briefing.source.language": "en",
    }.items() <= found.items()
    assert (
        sum(attributes(span)["gen_ai.usage.input_tokens"] for span in asks)
        == (found["briefing.usage.input_tokens"])
    )


def test_a_retry_is_an_event_with_its_reason(serve: Any, bridge: str) -> None:
    """Status, kind of error and wait are there; the ask as a whole went well."""
    _, briefer = serve([Fault(status=429, headers={"retry-after": "0"})])
    briefer.summarize(bridge)

    (span,) = spans("chat ")
    (event,) = span.events
    found = dict(event.attributes or {})
    assert ("briefing.retry", "RateLimitError", 429) == (
        event.name,
        found["error.type"],
        found["http.response.status_code"],
    )
    assert 0 <= found["briefing.wait"] < 5
    assert (2, True) == (attributes(span)["briefing.attempts"], span.status.is_unset)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=401), AuthenticationError),
        (Fault(status=500), ServerError),
        (Fault(status=429), RateLimitError),
    ],
)
def test_a_failure_is_told_by_its_kind_only(
    serve: Any, bridge: str, fault: Fault, kind: type[Exception]
) -> None:
    """Both spans are of error; neither holds the message, which may repeat the request."""
    echo = {"error": {"message": f"bad request: {bridge}"}}
    _, briefer = serve([Fault(status=fault.status, body=echo)] * 9, max_attempts=1)
    with pytest.raises(kind):
        briefer.summarize(bridge)

    for name in ("chat ", "briefing.summarize"):
        (span,) = spans(name)
        assert (kind.__name__, 1) == (attributes(span)["error.type"], attributes(span)["briefing.attempts"])
        assert (trace.StatusCode.ERROR, None) == (span.status.status_code, span.status.description)
        assert "Harwick" not in told(span)


def test_a_finish_reason_is_there_also_when_the_answer_is_none(serve: Any, bridge: str) -> None:
    """A filtered answer says so on its span."""
    _, briefer = serve([Fault(content="{", finish_reason="content_filter")] * 9, max_attempts=1)
    with pytest.raises(Exception, match="filter"):
        briefer.summarize(bridge)

    assert {("content_filter",)} == {
        attributes(span)["gen_ai.response.finish_reasons"] for span in spans("chat ")
    }


@pytest.mark.parametrize("asked", ["", "false", "NO_CONTENT"])
def test_no_text_unless_asked(
    briefer: Briefer, bridge: str, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """Neither the article nor the answer is in any span."""
    monkeypatch.setenv(CAPTURE_VARIABLE, asked)
    result = briefer.summarize(bridge)

    all_told = "".join(told(span) for span in EXPORTER.get_finished_spans())
    for piece in ("Harwick", "Tern", result.headline, result.summary.text):
        assert piece not in all_told


@pytest.mark.parametrize("asked", ["true", "True", "SPAN_ONLY", "span_and_event"])
def test_the_text_is_there_when_asked(
    briefer: Briefer, bridge: str, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """Messages and answers are JSON of the conventions' form."""
    monkeypatch.setenv(CAPTURE_VARIABLE, asked)
    briefer.summarize(bridge)

    (span,) = spans("chat ")
    sent = json.loads(attributes(span)["gen_ai.input.messages"])
    (came,) = json.loads(attributes(span)["gen_ai.output.messages"])
    assert "Harwick" in sent[-1]["parts"][0]["content"]
    assert ("assistant", "stop", "text") == (came["role"], came["finish_reason"], came["parts"][0]["type"])
    assert json.loads(came["parts"][0]["content"])["headline"]


async def test_articles_at_the_same_time_keep_their_asks(bridge: str) -> None:
    """Each ask hangs under its own article, and all under the caller's span."""
    with FakeModel(latency=0.02) as fake:
        async with Briefer(model="openai/fake", base_url=fake.url, api_key="test", plan="staged") as briefer:
            with trace.get_tracer("test").start_as_current_span("batch") as batch:
                await asyncio.gather(*(briefer.asummarize(f"{bridge} Copy {n}.") for n in range(4)))

    roots = spans("briefing.summarize")
    assert [batch.get_span_context().span_id] * 4 == [parent_of(root) for root in roots]
    for root in roots:
        own = [span for span in spans("chat ") if parent_of(span) == root.context.span_id]
        total = sum(attributes(span)["briefing.attempts"] for span in own)
        assert attributes(root)["briefing.attempts"] == total > 2


async def test_a_cancelled_article_ends_its_spans(bridge: str) -> None:
    """Cancelling is an error of the spans, and they are finished."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()

    def late(_request: dict[str, Any]) -> Fault:
        loop.call_soon_threadsafe(asked.set)
        return Fault(delay=5.0)

    with FakeModel(faults=late) as fake:
        async with Briefer(model="openai/fake", base_url=fake.url, api_key="test") as briefer:
            task = asyncio.create_task(briefer.asummarize(bridge))
            await asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    kinds = [attributes(span)["error.type"] for span in EXPORTER.get_finished_spans()]
    assert ["CancelledError", "CancelledError"] == kinds


def test_tokens_and_durations_are_measured(serve: Any, bridge: str) -> None:
    """The histograms of the conventions take each ask, with its error if it failed."""
    READER.get_metrics_data()
    _, briefer = serve([None, Fault(status=401)], model="openai/measured")
    result = briefer.summarize(bridge)
    with pytest.raises(AuthenticationError):
        briefer.summarize(bridge)

    data = READER.get_metrics_data()
    assert data is not None
    found = {
        metric.name: [
            (dict(point.attributes), point)
            for point in metric.data.data_points
            if point.attributes["gen_ai.request.model"] == "measured"
        ]
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    tokens = {a["gen_ai.token.type"]: point.sum for a, point in found["gen_ai.client.token.usage"]}
    assert {
        "input": result.meta.usage.input_tokens,
        "output": result.meta.usage.output_tokens,
    } == tokens
    errors = {a.get("error.type"): point.count for a, point in found["gen_ai.client.operation.duration"]}
    assert {None: 1, "AuthenticationError": 1} == errors


def test_nothing_is_missing_without_the_package(bridge: str) -> None:
    """Where `opentelemetry` cannot be imported, a briefing is made all the same."""
    code = (
        "import sys\n"
        "sys.modules['opentelemetry'] = None\n"
        "from briefing import summarize\n"
        "from briefing.testing.fake_model import FakeModel\n"
        "with FakeModel() as fake:\n"
        "    print(summarize(sys.argv[1], model='openai/fake', base_url=fake.url, api_key='test').headline)\n"
        "print(any(name.startswith('opentelemetry.') for name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, bridge], capture_output=True, text=True, check=False)
    assert "" == done.stderr
    assert "False" == done.stdout.splitlines()[-1]


def test_importing_the_library_imports_no_telemetry() -> None:
    """Who only reads saved briefings pays nothing for spans."""
    code = (
        "import sys, briefing.llm.telemetry\n"
        "print([n for n in sys.modules if n.startswith('opentelemetry')])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
