"""The loopback server: each way to fail, as a client sees it on the socket."""

from __future__ import annotations

import json
import socket
import ssl
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from briefing.testing.fake_model import FakeModel, Fault
from briefing.testing.http_server import Reply, Server

REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"


def connect(fake: FakeModel) -> socket.socket:
    """Open a connection to the server."""
    port = int(fake.url.rsplit(":", 1)[1].partition("/")[0])
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def received(client: socket.socket) -> tuple[bytes, str]:
    """Return everything that comes, and how the connection ends."""
    data = b""
    try:
        while more := client.recv(65536):
            data += more
    except ConnectionResetError:
        return data, "reset"
    return data, "closed"


@pytest.mark.parametrize(
    ("fault", "body", "end"),
    [
        (Fault(body="12345", broken="cut"), b"12", "closed"),
        (Fault(body="12345", broken="reset inside"), b"12", "reset"),
        (Fault(body="12345", drip=0.0001), b"12345", "closed"),
        (Fault(body="12345", drip=0.0001, broken="cut"), b"12", "closed"),
    ],
)
def test_part_of_the_body_comes(fault: Fault, body: bytes, end: str) -> None:
    """The head promises all of it."""
    with FakeModel(faults=[fault]) as fake, connect(fake) as client:
        client.sendall(REQUEST)
        data, how = received(client)

    head, _, came = data.partition(b"\r\n\r\n")
    assert (True, body, end) == (b"\r\ncontent-length: 5" in head, came, how)


@pytest.mark.parametrize(("fault", "end"), [(Fault(drop=True), "closed"), (Fault(broken="reset"), "reset")])
def test_nothing_comes(fault: Fault, end: str) -> None:
    """The connection is closed or reset, and the request is counted."""
    with FakeModel(faults=[fault]) as fake, connect(fake) as client:
        client.sendall(REQUEST)
        assert ((b"", end), 1, 0) == (received(client), fake.calls, fake.abandoned)


def test_unknown_status_codes_can_be_sent() -> None:
    """Some servers answer 529, which has no name; also byte by byte."""
    with FakeModel(faults=[Fault(status=529), Fault(status=529, drip=0.0001)]) as fake:
        with connect(fake) as client:
            client.sendall(REQUEST)
            assert client.recv(4096).startswith(b"HTTP/1.1 529 ")
        with connect(fake) as client:
            client.sendall(REQUEST)
            assert received(client)[0].startswith(b"HTTP/1.1 529 ")


@pytest.fixture
def held() -> Iterator[tuple[FakeModel, list[socket.socket]]]:
    """Give a model that answers nobody, and 300 clients that wait for it."""
    with FakeModel(faults=lambda _: Fault(hang=True)) as fake, ExitStack() as stack:
        clients = [stack.enter_context(connect(fake)) for _ in range(300)]
        for client in clients:
            client.sendall(REQUEST)
        while fake.in_flight < 300:
            pass
        yield fake, clients


def test_clients_that_leave_are_counted(held: tuple[FakeModel, list[socket.socket]]) -> None:
    """Each one that closes its connection before it has the answer."""
    fake, clients = held
    for client in clients[:10]:
        client.close()
    while fake.in_flight > 290:
        time.sleep(0.01)
    assert (300, 10) == (fake.calls, fake.abandoned)


def test_stopping_waits_for_no_answer(held: tuple[FakeModel, list[socket.socket]]) -> None:
    """All connections end, and no client has left."""
    fake, clients = held
    fake.__exit__(None, None, None)
    assert (0, 0) == (fake.in_flight, fake.abandoned)
    assert b"" == received(clients[0])[0]


def test_tls_fails() -> None:
    """A server of plain HTTP does not understand the greeting."""
    with FakeModel() as fake, connect(fake) as client, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(client, server_hostname="127.0.0.1")


def test_large_requests_are_read() -> None:
    """An article may be longer than aiohttp's limit of 1 MiB."""
    body = json.dumps({"messages": [{"role": "user", "content": "x" * 3_000_000}]}).encode()
    with FakeModel() as fake:
        urllib.request.urlopen(urllib.request.Request(f"{fake.url}/chat/completions", data=body)).close()
        assert 3_000_000 == len(fake.requests[0]["messages"][0]["content"])


def test_requests_are_not_kept_if_so_set() -> None:
    """They are counted all the same."""
    with FakeModel(keep_requests=False) as fake, connect(fake) as client:
        client.sendall(REQUEST)
        client.recv(4096)
        assert (1, []) == (fake.calls, fake.requests)


def test_a_connection_is_used_again() -> None:
    """Two requests on one connection."""

    class Empty(Server):
        async def _reply(self, request: object) -> Reply:
            return Reply(b"{}")

    answers = []
    with Empty() as server, closing(HTTPConnection(urlsplit(server.url).netloc)) as client:
        for _ in range(2):
            client.request("GET", "/")
            local = client.sock.getsockname()
            answers.append((local, client.getresponse().read()))
    assert (1, {b"{}"}) == (len({name for name, _ in answers}), {body for _, body in answers})
