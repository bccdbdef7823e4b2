"""HTTP on the loopback interface for `FakeBatches`: requests with bodies of any length, forms with files."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Given method, path, content type and body: status and body; `None` to close the connection without an answer.
Answered = Callable[[str, str, str, bytes], tuple[int, bytes] | None]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away is a test's business."""


def served(reply: Answered) -> ThreadingHTTPServer:
    """A server on a free port, bound but not started; `reply` answers, in a thread for each connection."""
    server = _Server(("127.0.0.1", 0), _handler(reply))
    server.daemon_threads = True
    return server


def _handler(reply: Answered) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        #: Else the body waits 40 ms for the client's acknowledgement of the head.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:  # the name that http.server calls
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self._body()
            answered = reply(self.command, self.path, self.headers.get("content-type", ""), body)
            if answered is None:
                self.close_connection = True
                return
            self.send_response(answered[0])
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answered[1])))
            self.end_headers()
            self.wfile.write(answered[1])

        def _body(self) -> bytes:
            if self.headers.get("transfer-encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("content-length", 0)))
            chunks = []
            while size := int(self.rfile.readline(), 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def multipart(content_type: str, body: bytes) -> dict[str, tuple[bytes, str]]:
    """Content and file name by the name of the field."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    fields = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        said = head.decode()
        name = said.partition('name="')[2].partition('"')[0]
        fields[name] = content.removesuffix(b"\r\n"), said.partition('filename="')[2].partition('"')[0]
    return fields
