"""Recording and replaying, against a real loopback server."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from briefing import ConfigurationError, InputError, ProviderError, Source, summarize
from briefing.llm.connections import configure_client
from briefing.llm.sdk import connect
from briefing.llm.targets import target_of
from briefing.testing.answers import answer
from briefing.testing.cassettes import RECORDED_HOST, Readable, cassette
from briefing.testing.fake_model import FakeModel, Fault

ARTICLE = (
    "The ferry to Skarn was cancelled on Monday.\nA gust tore the ramp off, harbour master Ida Moe said."
)


def record(path: Path, text: str = ARTICLE) -> None:
    """Record one briefing from a fake model."""
    with FakeModel() as fake, cassette(path, "all"):
        summarize(
            Source.from_text(text),
            model="openai/fake",
            base_url=fake.url,
            api_key="sk-secret-0123456789abcdef",
        )


def replay(path: Path, text: str = ARTICLE, *, base_url: str = "http://127.0.0.1:9/v1") -> str:
    """Replay it, by default from a server that does not exist."""
    with cassette(path):
        article = Source.from_text(text)
        return summarize(article, model="openai/fake", base_url=base_url, api_key="another").headline


def test_a_recording_replays_without_its_server(tmp_path: Path) -> None:
    """Address and key may differ: path and body decide."""
    record(tmp_path / "a.yaml")

    assert replay(tmp_path / "a.yaml").startswith("The ferry to Skarn")


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "http://127.0.0.1:9/v1"])
def test_the_key_of_a_prompt_cache_does_not_matter(tmp_path: Path, url: str) -> None:
    """OpenAI's own server gets one, others do not: a recording of either replays as the other."""
    path = tmp_path / "a.yaml"
    record(path)
    assert replay(path, base_url=url).startswith("The ferry to Skarn")

    recorded = Readable.deserialize(path.read_text("utf-8"))
    request = recorded["interactions"][0]["request"]
    request["body"] = json.dumps(json.loads(request["body"]) | {"prompt_cache_key": "0" * 32})
    path.write_text(Readable.serialize(recorded), "utf-8")
    assert replay(path, base_url=url).startswith("The ferry to Skarn")


def test_a_recording_holds_neither_key_nor_address(tmp_path: Path) -> None:
    """What is written can be published."""
    record(tmp_path / "a.yaml")

    text = (tmp_path / "a.yaml").read_text()
    assert "secret" not in text
    assert "127.0.0.1" not in text
    assert RECORDED_HOST in text


def test_a_recording_is_readable(tmp_path: Path) -> None:
    """The article stands in the file line by line, not as one escaped string."""
    record(tmp_path / "a.yaml")

    lines = [line.strip() for line in (tmp_path / "a.yaml").read_text().splitlines()]
    assert "[1] The ferry to Skarn was cancelled on Monday." in lines


def test_another_request_does_not_get_the_old_answer(tmp_path: Path) -> None:
    """The body is matched, and the error says how to record again."""
    record(tmp_path / "a.yaml")

    with pytest.raises(ProviderError, match="stale") as caught:
        replay(tmp_path / "a.yaml", ARTICLE + " It will run on Tuesday.")
    assert 1 == caught.value.attempts


def test_the_format_round_trips() -> None:
    """A cassette read back is the cassette written: JSON bodies as JSON, others as they are."""
    request = {"messages": [{"role": "user", "content": "line\nline “two” 線\n\n  three "}]}

    def data() -> dict[str, Any]:
        exchange = {
            "request": {"body": json.dumps(request), "uri": "u"},
            "response": {"body": {"string": "not JSON"}, "status": {"code": 200}},
        }
        return {"version": 1, "interactions": [exchange]}

    again = Readable.deserialize(Readable.serialize(data()))["interactions"][0]

    assert request == json.loads(again["request"]["body"])
    assert data()["interactions"][0]["response"] == again["response"]


def compressed(request: dict[str, Any]) -> Fault:
    """A good answer, compressed."""
    message = {"role": "assistant", "content": json.dumps(answer(request))}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
    return Fault(body=gzip.compress(json.dumps(body).encode()), headers={"content-encoding": "gzip"})


def test_a_compressed_answer_is_recorded_plain(tmp_path: Path) -> None:
    """A person can read it, and it replays."""
    with FakeModel(faults=compressed) as fake, cassette(tmp_path / "a.yaml", "all"):
        summarize(Source.from_text(ARTICLE), model="openai/fake", base_url=fake.url, api_key="test")

    assert "The ferry to Skarn" in (tmp_path / "a.yaml").read_text()
    assert replay(tmp_path / "a.yaml").startswith("The ferry to Skarn")


def test_what_cannot_be_recorded_plain_is_not_recorded(tmp_path: Path) -> None:
    """A server that compresses as it was not asked to: one call, an error that says so, and no bytes in the cassette."""
    odd = Fault(body=b"\x1b\x07\x00\xf8", headers={"content-encoding": "br"})
    with (
        FakeModel(faults=[odd]) as fake,
        cassette(tmp_path / "a.yaml", "all"),
        pytest.raises(ConfigurationError, match=r"cannot record: the server compresses its answers by br"),
    ):
        summarize(Source.from_text(ARTICLE), model="openai/fake", base_url=fake.url, api_key="test")

    assert (1, False) == (fake.calls, (tmp_path / "a.yaml").exists())


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_only_what_recordings_can_hold_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, *, is_async: bool
) -> None:
    """Where packages for brotli or zstandard are installed, the HTTP client would ask for those."""
    monkeypatch.setattr("httpx2._client.ACCEPT_ENCODING", "gzip, deflate, br, zstd")
    client = connect(
        target_of("openai/fake", base_url="http://127.0.0.1:9/v1", api_key="test"), is_async=is_async
    )
    assert "gzip, deflate, br, zstd" == client._client.headers["accept-encoding"]
    configure_client(client, is_async=is_async)
    assert "gzip, deflate" == client._client.headers["accept-encoding"]


#: Nine lists of nine of the one before: a few lines that would be 400 million strings.
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB + "interactions: []\n",
        "interactions:\n- request: {json: &a [1], method: POST, uri: x, headers: {}}\n  response: {body: {json: *a}}\n",
        "interactions:\n- request: {}\n  response: {}\n",
        "interactions: x\n",
        "[]",
        "x: !!bool y",
        "x: !!python/object/apply:os.system [true]",
        "{" * 3000,
        "\x00",
        "interactions:\n- request: {method: POST, uri: 3, headers: [], body: x}\n  response: {body: {string: x}}\n",
    ],
)
def test_a_file_that_is_no_cassette_is_refused(tmp_path: Path, text: str) -> None:
    """With the name of the file, at once."""
    (tmp_path / "a.yaml").write_text(text)
    with (
        pytest.raises(InputError, match=r"a\.yaml cannot be read as a cassette"),
        cassette(tmp_path / "a.yaml"),
    ):
        pass
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(InputError, match="not UTF-8"), cassette(tmp_path / "a.yaml"):
        pass
