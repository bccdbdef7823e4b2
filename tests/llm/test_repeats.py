"""Tests of lists of the local model that end at repeated items."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import BRIDGE
from hypothesis import given
from hypothesis import strategies as st
from patience import growing, until
from pydantic import BaseModel, Field

from briefing import (
    Briefer,
    Briefing,
    DeadlineError,
    Entity,
    Mention,
    OversizedError,
    Quote,
    ServerError,
)
from briefing.llm import as_read
from briefing.llm.providers import adapter_of
from briefing.llm.repeats import UntilRepeats, may_repeat, until_repeats
from briefing.schemas import part
from briefing.testing import FakeModel, Fault, without_waiting
from briefing.testing.cassettes import Readable, cassette


def named(*names: str) -> list[dict[str, str]]:
    """Entities as a model writes them."""
    return [{"name": name, "type": "person"} for name in names]


def written(items: list[Any], **layout: Any) -> str:
    """The text of an answer."""
    return json.dumps({"entities": items}, ensure_ascii=False, **layout)


def chunk(piece: str, number: int) -> dict[str, Any]:
    """A chunk of a stream of llama.cpp."""
    timings = {"cache_n": 40, "prompt_n": 2, "predicted_n": number}
    return {"choices": [{"index": 0, "delta": {"content": piece}}], "timings": timings}


def read(pieces: list[str]) -> tuple[str, int, UntilRepeats]:
    """What is read of an answer in pieces: its text, how many pieces of it, and the reader."""
    stream = adapter_of("openai").stream({}, usage=True)
    assert stream is not None
    reader = UntilRepeats(stream)
    for number, piece in enumerate(pieces, 1):
        reader.add(chunk(piece, number))
        if reader.ended:
            return reader.response().choices[0].message.content, number, reader
    return reader.response().choices[0].message.content, len(pieces), reader


_ITEM = st.one_of(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["Ann", "}, {", '"]}', "東京", "é\\"]), "type": st.integers(0, 2)}
    ),
    st.sampled_from(["a", "b", "],", '"', "🌉", ""]),
    st.integers(-3, 12),
)
_LAYOUT = st.sampled_from(
    [{"separators": (",", ":")}, {}, {"indent": 1}, {"separators": (",", ":"), "ensure_ascii": True}]
)


def up_to_second_repeat(items: list[Any]) -> list[Any]:
    """The items that are read."""
    firsts = [str(next(iter(item.values())) if isinstance(item, dict) else item) for item in items]
    ends = (end for end in range(len(items) + 1) if end - len(set(firsts[:end])) == 2)
    return items[: next(ends, None)]


@given(st.lists(_ITEM, max_size=12), _LAYOUT, st.data())
def test_a_list_is_read_up_to_its_second_repeat(
    items: list[Any], layout: dict[str, Any], data: st.DataObject
) -> None:
    """In whatever pieces it comes; one without two repeats is read to its end, and not changed."""
    text = json.dumps({"entities": items}, **({"ensure_ascii": False} | layout))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text)), max_size=len(text))) | {len(text)})
    pieces = [text[start:end] for start, end in zip([0, *cuts], cuts, strict=False)]
    found, taken, reader = read(pieces)
    expected = up_to_second_repeat(items)
    assert json.loads(found) == {"entities": expected}
    if expected == items:
        assert found == text
    else:
        assert reader.ended
        # Not earlier and not much later: when the next item has begun.
        before = json.dumps({"entities": expected}, **({"ensure_ascii": False} | layout)).rstrip("]}\n ")
        assert len("".join(pieces[: taken - 1])) <= len(before) + 40


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ("aab", None),  # one repeat
        ("aaa", None),  # the list may be at its end
        ("aaab", "aaa"),
        ("abab", None),
        ("ababc", "abab"),
        ("abacad", "abaca"),
    ],
)
def test_the_second_repeat_ends_a_list(names: str, kept: str | None) -> None:
    """One does not, and it counts when another item follows."""
    text = written(named(*names), separators=(",", ":"))
    assert until_repeats(text) == (kept and written(named(*kept), separators=(",", ":")))


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[1,1,1,1]", '{"a":"aaaa"}', '{"a":{"b":[1,1,1,1]}}', "7", '{"a":[1,1,1,']
)
def test_what_is_no_list_does_not_end(text: str) -> None:
    """Nor does one in which no other item has begun."""
    assert until_repeats(text) is None


def test_an_answer_without_counts_is_read_to_its_end() -> None:
    """What it has cost would not be known."""
    stream = adapter_of("openai").stream({}, usage=True)
    assert stream is not None
    reader = UntilRepeats(stream)
    text = written(named(*"aaaaaa"))
    reader.add({"choices": [{"delta": {"content": text}}]})
    assert (reader.ended, reader.response().choices[0].message.content) == (False, text)


class Own(BaseModel):
    """Lists of which some are the author's own."""

    people: list[Entity]
    winners: list[Mention]
    scores: list[int]
    five: list[Entity] = Field(min_length=5)
    four: list[Quote] = Field(min_length=3)


@pytest.mark.parametrize(
    ("schema", "names", "ends"),
    [
        (Briefing, ["entities"], True),
        (Briefing, ["key_quotes"], True),
        (Briefing, ["summary"], True),
        (Briefing, ["headline"], False),
        (Briefing, ["key_quotes", "entities"], False),
        (Own, ["people"], True),
        (Own, ["winners"], False),
        (Own, ["scores"], False),
        (Own, ["five"], False),
        (Own, ["four"], True),
    ],
)
def test_lists_whose_repeats_are_dropped_may_end(
    schema: type[BaseModel], names: list[str], *, ends: bool
) -> None:
    """Not those in which a value may rightly be there twice, nor those that would be too short."""
    assert may_repeat(part(schema, tuple(names))) is ends


def repeating(request: dict[str, Any]) -> Fault | None:
    """Entities of which the last one is written again and again, by a server that never ends; good answers to other asks."""
    if '\\"entities\\":' not in request["grammar"]:
        return None
    items = named("Harwick", "Oskar Lind", *["Maren Holt"] * 10)
    text = written(items, separators=(",", ":"))
    return Fault(content=text, after=24, hang=True) if request.get("stream") else Fault(content=text)


def local(fake: FakeModel, **options: Any) -> Briefer:
    """A briefer with the local model, which this server plays."""
    return Briefer("local", base_url=fake.url, **options)


def wait_until_abandoned(fake: FakeModel, times: int) -> None:
    """Wait until the server has noticed so often that the client has gone."""
    assert until(lambda: (fake.abandoned, fake.in_flight) == (times, 0))


def names_of(result: Briefing) -> list[str]:
    """The names of the entities."""
    return [entity.name for entity in result.entities]


def test_the_connection_is_closed_at_the_second_repeat() -> None:
    """The server stops then, and the next article can be asked about at once. The tokens are those so far."""
    with FakeModel(faults=repeating) as fake, local(fake) as briefer:
        results = [briefer.summarize(BRIDGE), briefer.summarize(BRIDGE + " It rained.")]
        wait_until_abandoned(fake, 2)
    with FakeModel(faults=ended, streams=False) as whole, local(whole) as briefer:
        expected = briefer.summarize(BRIDGE)
    assert [names_of(result) for result in results] == [names_of(expected)] * 2
    assert [result.meta.attempts for result in results] == [whole.calls] * 2
    used, all_used = results[0].meta.usage, expected.meta.usage
    assert used.input_tokens == all_used.input_tokens
    assert 0 < used.output_tokens < all_used.output_tokens
    assert not results[0].meta.warnings


async def test_async_calls_end_as_well() -> None:
    """With the result and the usage of sync ones, also where the parts of the result are listened to."""
    with FakeModel(faults=repeating) as fake, local(fake) as briefer:
        result = await asyncio.to_thread(briefer.summarize, BRIDGE)
        found = [await briefer.asummarize(BRIDGE)]
        async with briefer.astream(BRIDGE) as stream:
            assert [part async for part in stream if part.corrects] == []
        await asyncio.to_thread(wait_until_abandoned, fake, 3)
        found.append(stream.result)
        await briefer.aclose()
    for other in found:
        assert other.model_dump(exclude={"meta"}) == result.model_dump(exclude={"meta"})
        assert other.meta.usage == result.meta.usage


@pytest.mark.parametrize("streams", [True, False])
def test_an_answer_without_repeats_is_the_same_as_without_a_stream(*, streams: bool) -> None:
    """Only lists are streamed, and only those of the local model."""
    with FakeModel(streams=streams) as fake, local(fake) as briefer:
        result = briefer.summarize(BRIDGE, style="written")
    with FakeModel(
        faults=lambda r: Fault(status=400, message="no stream") if "stream" in r else None
    ) as plain:
        expected = local(plain).summarize(BRIDGE, style="written")
        # What the server rejects is learnt once.
        assert ["stream" in request for request in plain.requests].count(True) == 1
    assert result.model_dump(exclude={"meta"}) == expected.model_dump(exclude={"meta"})
    assert result.meta.usage == expected.meta.usage
    asked = [
        (request.get("stream", False), '\\"headline\\":' in request["grammar"]) for request in fake.requests
    ]
    assert sorted(set(asked)) == [(False, True), (True, False)]


BREAKS = {
    "closed": Fault(after=3, drop=True),
    "reset": Fault(after=3, broken="reset"),
    "ended": Fault(after=3),
    "error": Fault(after=3, status=529, message="overloaded"),
    "garbage": Fault(after=3, body="data: {not JSON\n\n"),
    "invalid": Fault(after=3, body=b"event: x\ndata: \xff\xfe\n\n"),
    "truncated": Fault(content=lambda good: good[: len(good) // 2], finish_reason="length"),
    "empty": Fault(empty=True),
    "500": Fault(status=500),
    "page": Fault(body="<html>", headers={"content-type": "text/html"}),
    "events without data": Fault(
        events=lambda good: [b"retry: 3000\n\n: alive\n\n" + event for event in good]
    ),
}


@pytest.mark.parametrize("kind", BREAKS)
async def test_what_breaks_off_is_asked_for_again(kind: str) -> None:
    """By sync and by async calls, which the fake model tells apart by nothing."""
    calls = 1 if kind == "events without data" else 2
    for is_async in (False, True):
        with FakeModel(faults=[BREAKS[kind]]) as fake, without_waiting(), local(fake) as briefer:
            if is_async:
                result = await briefer.asummarize(BRIDGE)
                await briefer.aclose()
            else:
                result = briefer.summarize(BRIDGE)
        assert result.meta.attempts == fake.calls == calls + 1
        assert names_of(result)


def test_an_error_in_the_stream_is_that_of_its_status() -> None:
    """Of a server that fails each time."""
    with (
        FakeModel(faults=[BREAKS["error"]] * 4) as fake,
        without_waiting(),
        pytest.raises(ServerError, match="overloaded"),
    ):
        local(fake).summarize(BRIDGE)
    assert fake.calls == 4


@pytest.mark.parametrize("fault", [Fault(after=3, hang=True), Fault(drip=0.05)], ids=["hang", "drip"])
def test_a_stall_ends_with_the_deadline(fault: Fault) -> None:
    """A sync call's, however the server began; the connection is closed."""
    for deadline in growing(0.4):
        with FakeModel(faults=[None, None, fault]) as fake:
            local(fake).summarize(BRIDGE)  # imports the SDK, for seconds on a busy machine
            with local(fake, deadline=deadline) as briefer, pytest.raises(DeadlineError):
                briefer.summarize(BRIDGE)
            if fake.calls == 3:
                wait_until_abandoned(fake, 1)
                break
    assert fake.calls == 3


def test_a_sync_stream_has_the_limits_of_an_async_one() -> None:
    """Many events may be longer than any answer, but not without limit."""
    event = (
        b'data: {"choices": [{"index": 0, "delta": {"reasoning_content": "' + b"x" * 500_000 + b'"}}]}\n\n'
    )

    def padded(events: int) -> list[Fault]:
        return [Fault(events=lambda good: [event] * events + good)]

    with FakeModel(faults=padded(10)) as fake:
        assert local(fake).summarize(BRIDGE).meta.attempts == 2
    with FakeModel(faults=padded(70)) as fake, pytest.raises(OversizedError, match="more than 32,000,000"):
        local(fake, max_attempts=1).summarize(BRIDGE)


def ended(request: dict[str, Any]) -> Fault | None:
    """As `repeating`, by a server that ends."""
    fault = repeating(request)
    return fault and Fault(content=fault.content)


async def test_a_recording_holds_what_was_read(tmp_path: Path) -> None:
    """As one whole answer to a request without a stream, and replays with the same result and usage."""
    path = tmp_path / "a.yaml"
    with FakeModel(faults=ended) as fake, cassette(path, "all"), local(fake) as briefer:
        recorded = briefer.summarize(BRIDGE)
    with cassette(path) as played:
        replayed = Briefer("local", base_url="http://127.0.0.1:9/v1").summarize(BRIDGE)
        assert played.all_played
    with cassette(path):
        async with Briefer("local", base_url="http://127.0.0.1:9/v1") as briefer:
            again = await briefer.asummarize(BRIDGE)
    with FakeModel(faults=ended) as fake, cassette(tmp_path / "b.yaml", "all"):
        async with local(fake) as briefer:
            assert (await briefer.asummarize(BRIDGE)).meta.usage == recorded.meta.usage
    assert (tmp_path / "b.yaml").read_text() == path.read_text()
    for other in (replayed, again):
        assert other.model_dump(exclude={"meta": {"elapsed"}}) == recorded.model_dump(
            exclude={"meta": {"elapsed"}}
        )
    exchange = Readable.deserialize(path.read_text())["interactions"][-1]
    assert (
        not {"stream", "stream_options", "timings_per_token"} & json.loads(exchange["request"]["body"]).keys()
    )
    answer = json.loads(exchange["response"]["body"]["string"])["choices"][0]
    assert (answer["finish_reason"], answer["message"]["content"].count("Maren Holt")) == ("stop", 3)


def stream_of(*chunks: dict[str, Any] | str) -> str:
    """The text of a stream of events."""
    return "".join(f"data: {one if isinstance(one, str) else json.dumps(one)}\n\n" for one in chunks)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        stream_of("[DONE]"),
        stream_of("{not JSON"),
        stream_of({"choices": []}),
        stream_of({"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}),
        stream_of(chunk("{", 1)),
        stream_of({"error": {"message": "failed"}}),
    ],
    ids=["nothing", "whole", "end", "garbage", "no choice", "no counts", "breaks off", "error"],
)
def test_other_bodies_are_recorded_as_they_are(text: str) -> None:
    """Those of other providers, and streams that break off: they are to do so again."""
    assert as_read(text) is None
