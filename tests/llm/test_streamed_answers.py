"""Tests of answers that arrive in server-sent events: what they are put together to, and their faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import BRIDGE
from patience import growing

from briefing import (
    AsyncStream,
    Briefer,
    Briefing,
    BudgetError,
    DeadlineError,
    FilteredError,
    OversizedError,
    Part,
    ProviderError,
    RefusalError,
    ServerError,
)
from briefing.testing import FakeModel, Fault, known_faults, without_waiting

PROTOCOLS = {"openai": "openai/fake", "anthropic": "anthropic/fake", "responses": "openai/o9-pro"}
Events = list[bytes]


def briefer_of(fake: FakeModel, protocol: str, **options: Any) -> Briefer:
    """A briefer with a model of this server."""
    return Briefer(PROTOCOLS[protocol], base_url=fake.url, api_key="test", **options)


async def streamed(briefer: Briefer, **options: Any) -> tuple[list[Part], Briefing]:
    """The parts of a stream, and its result."""
    async with briefer, briefer.astream(BRIDGE, **options) as stream:
        return [part async for part in stream], stream.result


async def _read(stream: AsyncStream[Briefing], paths: list[str]) -> None:
    async for part in stream:
        paths.append(part.path)  # noqa: PERF401  # those before an error are kept


def without_meta(result: Briefing) -> dict[str, Any]:
    """What two briefings of one article have in common."""
    return result.model_dump(exclude={"meta"})


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_streamed_briefing_is_the_one_that_is_not_streamed(protocol: Any) -> None:
    """With the same usage, which comes at the end of the stream, and one call more for none."""
    with FakeModel(protocol=protocol) as fake:
        parts, result = await streamed(briefer_of(fake, protocol))
        asked = fake.requests[-1]
        async with briefer_of(fake, protocol) as briefer:
            plain = await briefer.asummarize(BRIDGE)
    assert fake.calls == 2
    assert (asked["stream"], "stream" in fake.requests[-1]) == (True, False)
    assert without_meta(result) == without_meta(plain)
    assert (result.meta.usage, result.meta.attempts) == (plain.meta.usage, 1)
    assert result.meta.cost_usd == plain.meta.cost_usd
    assert parts[0] == Part("headline", result.headline)


def in_lines_of_windows(events: Events) -> Events:
    """The same events, with CRLF."""
    return [event.replace(b"\n", b"\r\n") for event in events]


def with_comments(events: Events) -> Events:
    """The same events, with the comments that keep a connection open."""
    return [b": still here\n\n" + event for event in events]


def byte_by_byte(events: Events) -> Events:
    """The same events, each byte in a chunk of its own."""
    return [bytes([byte]) for event in events for byte in event]


def in_one_piece(events: Events) -> Events:
    """All events at once."""
    return [b"".join(events)]


def with_odd_chunks(events: Events) -> Events:
    """Besides the events, some that have no choice, none of a known form, and no JSON object."""
    odd = (
        b'data: {"choices": []}\n\n',
        b'data: {"choices": [null]}\n\n',
        b'data: {"odd": 1}\n\n',
        b"data: 7\n\n",
    )
    return [*odd, *events]


@pytest.mark.parametrize("change", [in_lines_of_windows, with_comments, byte_by_byte, in_one_piece])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_events_may_come_in_any_form(protocol: Any, change: Callable[[Events], Events]) -> None:
    """Line ends, comments and the size of chunks do not matter."""
    with FakeModel(protocol=protocol, faults=[Fault(events=change)]) as fake:
        _, result = await streamed(briefer_of(fake, protocol))
    assert (fake.calls, result.meta.attempts) == (1, 1)


async def test_events_of_other_forms_are_passed_over() -> None:
    """As the chunks of filters and routers, which have no choices."""
    with FakeModel(faults=[Fault(events=with_odd_chunks)]) as fake:
        _, result = await streamed(briefer_of(fake, "openai"))
    assert (fake.calls, result.meta.attempts) == (1, 1)


BREAKS = {
    "closed": Fault(after=6, drop=True),
    "reset": Fault(after=6, broken="reset"),
    "ended": Fault(after=6),
    "error": Fault(after=6, status=529, message="overloaded"),
    "garbage": Fault(after=6, body="data: {not JSON\n\n"),
    "invalid": Fault(after=6, body=b"event: x\ndata: \xff\xfe\n\n"),
    "empty": Fault(empty=True),
}


@pytest.mark.parametrize("kind", BREAKS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_what_breaks_off_is_asked_for_again(protocol: Any, kind: str) -> None:
    """Nothing is told twice, as the second answer is the same."""
    with FakeModel(protocol=protocol, faults=[BREAKS[kind]]) as fake, without_waiting():
        parts, result = await streamed(briefer_of(fake, protocol))
    assert (fake.calls, result.meta.attempts) == (2, 2)
    assert len({part.path for part in parts}) == len(parts)
    assert not any(part.corrects for part in parts)


@pytest.mark.parametrize("kind", ["closed", "ended", "error", "garbage"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_what_always_breaks_off_is_an_error(protocol: Any, kind: str) -> None:
    """A typed one, after as many calls as without a stream."""
    with (
        FakeModel(protocol=protocol, faults=[BREAKS[kind]] * 4) as fake,
        without_waiting(),
        pytest.raises(ProviderError) as raised,
    ):
        await streamed(briefer_of(fake, protocol))
    assert (fake.calls, raised.value.attempts) == (4, 4)


async def test_an_error_in_the_stream_is_that_of_its_status() -> None:
    """A server that fails is told from one that answers nonsense."""
    with (
        FakeModel(faults=[BREAKS["error"]] * 4) as fake,
        without_waiting(),
        pytest.raises(ServerError, match="overloaded"),
    ):
        await streamed(briefer_of(fake, "openai"))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(finish_reason="content_filter", content=lambda good: good[:60]), FilteredError | RefusalError),
        (Fault(refusal="I cannot help with that."), RefusalError | FilteredError),
    ],
)
@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
async def test_refusals_and_filters_are_not_retried(protocol: Any, fault: Fault, error: Any) -> None:
    """As without a stream."""
    with FakeModel(protocol=protocol, faults=[fault]) as fake, pytest.raises(ProviderError) as raised:
        await streamed(briefer_of(fake, protocol))
    assert isinstance(raised.value, error)
    assert fake.calls == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_truncated_answer_gets_a_higher_limit(protocol: Any) -> None:
    """As without a stream."""
    half = Fault(content=lambda good: good[: len(good) // 2], finish_reason="length")
    with FakeModel(protocol=protocol, faults=[half]) as fake:
        _, result = await streamed(briefer_of(fake, protocol))
    assert (fake.calls, result.meta.attempts) == (2, 2)


@pytest.mark.parametrize("name", ["500", "429 Retry-After 0", "HTML with 200", "empty body", "code fence"])
@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
async def test_faults_of_whole_answers(protocol: Any, name: str) -> None:
    """One such answer is asked for again, or read."""
    with FakeModel(protocol=protocol, faults=[known_faults()[name]]) as fake, without_waiting():
        _, result = await streamed(briefer_of(fake, protocol))
    assert fake.calls == result.meta.attempts == (1 if name == "code fence" else 2)


async def test_a_huge_event_is_not_read() -> None:
    """The limit on the length of an answer holds for all its events together."""
    line = b'data: {"choices": [{"delta": {"content": "' + b"x" * 1_000_000 + b'"}}]}\n\n'
    with (
        FakeModel(faults=[Fault(events=lambda events: [line] * 5 + events)] * 2) as fake,
        without_waiting(),
        pytest.raises(OversizedError),
    ):
        await streamed(briefer_of(fake, "openai"))


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
async def test_a_stall_ends_with_the_deadline(protocol: Any) -> None:
    """However the server began; what it told before stays."""
    for deadline in growing(0.4):
        paths: list[str] = []
        with FakeModel(protocol=protocol, faults=[None, Fault(after=12, hang=True)]) as fake:
            await streamed(briefer_of(fake, protocol))  # imports the SDK, for seconds on a busy machine
            briefer = briefer_of(fake, protocol, deadline=deadline)
            with pytest.raises(DeadlineError):
                await _read(briefer.astream(BRIDGE), paths)
            await briefer.aclose()
        if paths:
            break
    assert (2, "headline") == (fake.calls, paths[0])


@pytest.mark.parametrize(
    ("words", "calls", "last"),
    [
        ("Unknown parameter: 'stream_options'.", 2, {"stream": True}),
        ("Streaming is not supported for this model.", 2, {}),
        ("Your organization must be verified to stream this model.", 2, {}),
    ],
)
async def test_what_a_server_rejects_is_learnt_once(words: str, calls: int, last: dict[str, bool]) -> None:
    """The answer comes without usage, or whole; the next article does not ask again."""

    def fault(request: dict[str, Any]) -> Fault | None:
        name = "stream_options" if "stream_options" in words else "stream"
        return Fault(status=400, message=words) if name in request else None

    with FakeModel(faults=fault) as fake:
        async with briefer_of(fake, "openai") as briefer:
            for _ in range(2):
                stream = briefer.astream(BRIDGE)
                parts = [part async for part in stream]
                assert parts[0].path == "headline"
    assert fake.calls == calls + 1
    assert {n: v for n, v in fake.requests[-1].items() if n.startswith("stream")} == last


async def test_a_server_that_ignores_the_request_to_stream_is_read() -> None:
    """Its answer is whole, and its usage is there."""
    with FakeModel(streams=False) as fake:
        parts, result = await streamed(briefer_of(fake, "openai"))
    assert (fake.calls, result.meta.attempts) == (1, 1)
    assert result.meta.usage.output_tokens > 0
    assert [part.path for part in parts][:2] == ["headline", "headline_support"]


@pytest.mark.parametrize("protocol", ["google", "mistral"])
async def test_other_providers_give_whole_answers(protocol: Any) -> None:
    """The parts of each answer come together."""
    pytest.importorskip({"google": "google.genai", "mistral": "mistralai"}[protocol])
    with FakeModel(protocol=protocol) as fake:
        briefer = Briefer(f"{protocol}/fake", base_url=fake.url, api_key="test")
        _, result = await streamed(briefer)
    assert (fake.calls, "stream" in fake.requests[0]) == (1, False)
    assert result.verify(BRIDGE) == []


async def test_the_budget_holds() -> None:
    """A call that could exceed it is not made; one that was made is counted."""
    with FakeModel() as fake:
        briefer = briefer_of(fake, "openai", max_tokens_total=10)
        with pytest.raises(BudgetError):
            await streamed(briefer)
    assert fake.calls == 0


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
async def test_an_error_in_the_stream_shows_no_key(protocol: Any) -> None:
    """A server may repeat it."""
    key = "sk-of-nobody-0123456789"
    fault = Fault(after=6, status=500, message=f"{key} has failed")
    with FakeModel(protocol=protocol, faults=[fault]) as fake:
        briefer = Briefer(PROTOCOLS[protocol], base_url=fake.url, api_key=key, max_attempts=1)
        with pytest.raises(ServerError) as raised:
            await streamed(briefer)
    assert "has failed" in str(raised.value)
    assert key not in f"{raised.value} {raised.value.provider_message} {raised.value.__cause__}"
