"""A web site on the loopback interface, for tests of what is fetched."""

from __future__ import annotations

import contextlib
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Handler = http.server.BaseHTTPRequestHandler
Answer = Callable[[Handler], None]


def reply(body: bytes, content_type: str | None = "text/html", status: int = 200, **headers: str) -> Answer:
    """An answer with these headers; underscores in their names are dashes."""

    def send(handler: Handler) -> None:
        handler.send_response(status)
        if content_type is not None:
            handler.send_header("Content-Type", content_type)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def redirect(location: str) -> Answer:
    """An answer that sends the client elsewhere."""
    return reply(b"", status=302, Location=location)


def raw(data: bytes) -> Answer:
    """An answer that is these bytes, whatever they are."""

    def send(handler: Handler) -> None:
        handler.wfile.write(data)

    return send


def drip(first: bytes, piece: bytes) -> Answer:
    """An answer that does not end within a test's timeout, and never pauses for long."""

    def send(handler: Handler) -> None:
        handler.wfile.write(first)
        for _ in range(1000):
            handler.wfile.write(piece)
            time.sleep(0.02)

    return send


class Site:
    """Paths and what they answer; remembers the requests' paths and Host headers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str | None]] = []


@contextmanager
def serving() -> Iterator[Site]:
    """A server in a thread, for the length of a test."""

    class Page(Handler):
        def do_GET(self) -> None:  # noqa: N802  # the name that http.server calls
            running.asked.append((self.path, self.headers["Host"]))
            answer = running.answers.get(self.path.partition("?")[0], reply(b"nothing here", status=404))
            with contextlib.suppress(OSError):  # the client has gone, as it should
                answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.daemon_threads = True
    server.block_on_close = False
    running = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
