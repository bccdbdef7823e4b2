"""`briefing mcp` in a process of its own: the SDK's client, and a client that keeps to nothing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from commands import Run
from conftest import BRIDGE
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from patience import until

import briefing
from briefing.mcp.server import without_lone_surrogates
from briefing.testing import FakeModel, Fault

KEY = "sk-live-0123456789abcdef"
COMMAND = ["-m", "briefing", "mcp", "--model", "openai/fake"]


def environment(fake: FakeModel) -> dict[str, str]:
    """Variables of a server on a fake model."""
    root = str(Path(briefing.__file__).parent.parent)
    paths = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": paths, "OPENAI_BASE_URL": fake.url, "OPENAI_API_KEY": KEY}


async def test_a_session_of_the_sdks_client(tmp_path: Path) -> None:
    """A summary of an allowed file with progress; then a call that is cancelled closes its connection to the model; the rest goes on."""
    (tmp_path / "a.txt").write_text(BRIDGE)
    hang = Fault(hang=True)
    told: list[str | None] = []

    async def progress(_done: float, _total: float | None, message: str | None) -> None:
        told.append(message)

    with FakeModel(faults=lambda body: hang if "Skarn" in json.dumps(body) else None) as fake:
        server = StdioServerParameters(
            command=sys.executable, args=[*COMMAND, "--allow-path", str(tmp_path)], env=environment(fake)
        )
        async with Client(stdio_client(server)) as client:
            one = await client.call_tool(
                "summarize", {"article": {"path": "a.txt"}}, progress_callback=progress
            )
            hanging = asyncio.create_task(
                client.call_tool("summarize", {"article": {"text": f"{BRIDGE} The ferry to Skarn is late."}})
            )
            assert await asyncio.to_thread(until, lambda: fake.in_flight)
            hanging.cancel()
            assert await asyncio.to_thread(until, lambda: fake.abandoned)
            many = await asyncio.gather(
                *(
                    client.call_tool("summarize", {"article": {"text": f"{BRIDGE} Ferry {number} is late."}})
                    for number in range(10)
                )
            )

    assert not one.is_error
    assert told
    assert [False] * 10 == [answer.is_error for answer in many]
    assert 12 == fake.calls


class RawServer:
    """A server process, and lines to and from it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        assert process.stdin
        assert process.stdout
        self.stdin, self.stdout = process.stdin, process.stdout

    def send(self, message: object) -> None:
        """Send a message, or bytes as they are, as a line."""
        line = message if isinstance(message, bytes) else json.dumps({"jsonrpc": "2.0", **message}).encode()  # type: ignore[dict-item]
        self.stdin.write(line + b"\n")
        self.stdin.flush()

    def call(self, number: int, tool: str, arguments: object) -> None:
        """Call a tool."""
        self.send({"id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})

    def answers(self, count: int) -> dict[int, Any]:
        """The next answers, by the numbers of their calls; every line of standard output is one."""
        lines = [json.loads(self.stdout.readline()) for _ in range(count)]
        return {line["id"]: line.get("result", line.get("error")) for line in lines}


@contextmanager
def raw_server(fake: FakeModel, stderr: Path, *options: str) -> Iterator[RawServer]:
    """A server that has been initialized."""
    with stderr.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, *COMMAND, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            env=environment(fake),
        )
        server = RawServer(process)
        try:
            client = {"name": "raw", "version": "1"}
            params = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
            server.send({"id": 0, "method": "initialize", "params": params})
            assert "briefing" == server.answers(1)[0]["serverInfo"]["name"]
            server.send({"method": "notifications/initialized"})
            yield server
        finally:
            process.kill()
            process.wait()
            server.stdin.close()
            server.stdout.close()


def test_a_client_that_keeps_to_nothing(tmp_path: Path) -> None:
    """Each call is answered, whatever was sent before; standard output is only the protocol, and has no key, nor has standard error.

    A client that goes away during a call ends the server, and the call.
    """
    stderr = tmp_path / "stderr"
    hang = Fault(hang=True)
    faults = [Fault(status=500, message=f"the key {KEY} is odd")] * 4 + [hang]
    with FakeModel(faults=faults) as fake, raw_server(fake, stderr) as server:
        server.send(b"no JSON")
        server.send(b"\xff\xfe\x00 no UTF-8")
        server.send(b'{"jsonrpc": "2.0", "id": {}, "method": 5}')
        server.send(b"[" * 100_000)
        server.call(1, "read_source", {"article": {"text": "Cut \ud83d here. NUL \x00 there."}})
        server.call(2, "read_source", {"article": {"text": "x" * 3_000_000}})
        server.call(3, "read_source", ["no", "object"])
        server.call(4, "nothing", {})
        server.call(5, "read_source", {"article": {"path": "/etc/passwd"}})
        answers = server.answers(5)
        server.call(6, "summarize", {"article": {"text": BRIDGE}})
        answers |= server.answers(1)
        server.call(7, "summarize", {"article": {"text": f"{BRIDGE} The end."}})
        assert until(lambda: fake.in_flight)
        server.stdin.close()
        rest = server.stdout.read().decode()
        assert 0 == server.process.wait()
        assert until(lambda: fake.abandoned == 1)

    shown = answers[1]["structuredContent"]["sentences"]
    assert "Cut \ufffd here. NUL \0 there." == " ".join(sentence["text"] for sentence in shown)
    assert answers[3]["code"] == -32602
    assert [True] * 4 == [answers[number]["isError"] for number in (2, 4, 5, 6)]
    assert [] == [line for line in rest.splitlines() if "jsonrpc" not in json.loads(line)]
    assert KEY not in f"{answers}{rest}{stderr.read_text()}"


def test_a_client_that_reads_no_more(tmp_path: Path) -> None:
    """An error's advice is for an agent; if standard output is closed, the server ends without a traceback."""
    stderr = tmp_path / "stderr"
    with FakeModel(faults=[Fault(hang=True)]) as fake, raw_server(fake, stderr, "--allow-urls") as server:
        server.call(1, "read_source", {"article": {"url": "http://127.0.0.1/"}})
        told = server.answers(1)[1]["content"][0]["text"]
        server.stdout.close()
        server.send({"id": 2, "method": "ping"})
        with suppress(BrokenPipeError):  # it may have ended by now
            server.call(3, "summarize", {"article": {"text": BRIDGE}})
        with suppress(BrokenPipeError):
            server.stdin.close()
        assert 0 == server.process.wait()

    assert "ask the user to start the server with --allow-private" in told
    assert "" == stderr.read_text()


@given(st.text(st.characters(codec=None), max_size=40))
def test_lone_surrogates_become_replacement_characters(text: str) -> None:
    """A message with lone surrogates is made one that the SDK reads; any other keeps its value."""
    line = json.dumps({"text": text})
    mended = json.loads(without_lone_surrogates(line))["text"]

    assert mended == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def test_what_is_no_json_is_left_as_it_is() -> None:
    """The SDK passes over such lines."""
    assert '{"a": "\\ud83d' == without_lone_surrogates('{"a": "\\ud83d')


def test_the_missing_extra_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the SDK, the command ends with code 2 and says what to install."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "mcp" or "briefing.mcp" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    with suppress(AttributeError):
        monkeypatch.delattr(briefing, "mcp")

    ended = run("mcp")

    assert (2, "") == (ended.code, ended.out)
    assert "grounded-briefing[mcp]" in ended.err


def test_a_folder_that_does_not_exist_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    """The server does not start without what its user has allowed."""
    ended = run("mcp", "--allow-path", tmp_path / "misspelt")

    assert (2, "") == (ended.code, ended.out)
    assert "misspelt" in ended.err


def test_private_addresses_need_urls(run: Run) -> None:
    """The option alone would do nothing."""
    ended = run("mcp", "--allow-private")

    assert (2, "") == (ended.code, ended.out)
    assert "--allow-private needs --allow-urls" in ended.err
