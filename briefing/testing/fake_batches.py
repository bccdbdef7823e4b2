"""Testing code that uses the batch API, without a provider: its files and batches on the loopback interface.

`FakeBatches` speaks OpenAI's `/v1/files` and `/v1/batches` as far as `briefing.batch` uses them, and answers
the requests in a file as `FakeModel` does. A batch takes a step each time it is looked at: validating,
in progress, finalizing, and then how it ends.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from briefing.testing.fake_model import Fault, Script, _body
from briefing.testing.http_files import multipart, served

#: Shown for what batches end without running.
_NOT_RUN = {
    "expired": ("batch_expired", "This request could not be executed before the completion window expired."),
    "cancelled": ("batch_cancelled", "This request was not executed because the batch was cancelled."),
}
_STATES = ("validating", "in_progress", "finalizing")


@dataclass(frozen=True)
class BatchFault:
    """How a batch of `FakeBatches` goes wrong.

    Attributes:
        refuse: answer to the call that would create it.
        lose: create it, but close the connection without an answer.
        problems: it fails validation, for these reasons: `code`, `message`, `line`, `param`.
        end: it ends so, after `ran` of its requests have run.
        ran: how many requests run before that.
        without: so many requests have no line in any file.
    """

    refuse: Fault | None = None
    lose: bool = False
    problems: tuple[dict[str, Any], ...] = ()
    end: Literal["completed", "expired", "cancelled"] = "completed"
    ran: int = 0
    without: int = 0


@dataclass
class _Batch:
    shown: dict[str, Any]
    fault: BatchFault
    lines: list[dict[str, Any]] = field(default_factory=list)


class FakeBatches:
    """A loopback server of files and batches.

    Args:
        faults: of single requests, as `FakeModel` takes them.
        batch_faults: of batches, in the order in which they are created (`None`: a good one).
        max_requests: requests that a file may hold.
        max_bytes: size that a file may have.
        max_page: objects in one page of a list.
        max_enqueued_tokens: input tokens that may wait in all batches together; a token is four characters.
        seed: of the order of lines in the files of answers, which is any.
        watch: told of every HTTP request, "before" it is carried out and "after", when the answer has not been sent:
            the number of the request from 0, when, method and path.

    Attributes:
        ran: custom ids of the requests that were carried out, and so paid, in their order.
        calls: method and path of the HTTP requests so far.
        stuck: while it is true, batches do not end.

    Example:
        >>> with FakeBatches() as fake:
        ...     briefing.batch.submit(sources, journal="run.db", model="openai/fake", base_url=fake.url, api_key="test")
    """

    def __init__(
        self,
        faults: Script = (),
        batch_faults: Sequence[BatchFault | None] = (),
        *,
        max_requests: int = 50_000,
        max_bytes: int = 200_000_000,
        max_page: int = 100,
        max_enqueued_tokens: int | None = None,
        seed: int = 0,
        watch: Callable[[int, str, str, str], None] | None = None,
    ) -> None:
        self._faults, self._batch_faults = faults, batch_faults
        self._max_requests, self._max_bytes, self._max_tokens = max_requests, max_bytes, max_enqueued_tokens
        self._max_page = max_page
        self._random = random.Random(seed)  # noqa: S311  # an order, no secret
        self._watch = watch
        self._lock = threading.RLock()
        self._files: dict[str, dict[str, Any]] = {}
        self._contents: dict[str, bytes] = {}
        self._batches: list[_Batch] = []
        self.ran: list[str] = []
        self.calls: list[tuple[str, str]] = []
        self.stuck = False
        self._server = served(self.reply)

    @property
    def url(self) -> str:
        """For `base_url`."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def batches(self) -> list[dict[str, Any]]:
        """The batches as they are now, the first one first."""
        return [batch.shown for batch in self._batches]

    def requests(self, number: int) -> list[dict[str, Any]]:
        """The lines of the input of a batch, counted from 0."""
        content = self._contents[self._batches[number].shown["input_file_id"]]
        return [json.loads(line) for line in content.splitlines()]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    # What is answered: status and body; `None` for a connection that is closed.

    def reply(self, method: str, path: str, content_type: str, body: bytes) -> tuple[int, bytes] | None:
        """Carry out a request."""
        with self._lock:
            number = len(self.calls)
            parts = urlsplit(path)
            self.calls.append((method, parts.path))
            if self._watch is not None:
                self._watch(number, "before", method, parts.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            answered = self._route(
                method, parts.path.removeprefix("/v1/").split("/"), query, content_type, body
            )
            if self._watch is not None:
                self._watch(number, "after", method, parts.path)
            return answered

    def _route(
        self, method: str, path: list[str], query: dict[str, str], content_type: str, body: bytes
    ) -> tuple[int, bytes] | None:
        match method, path:
            case "POST", ["files"]:
                return self._upload(content_type, body)
            case "GET", ["files"]:
                return _ok(_page(list(self._files.values()), query, self._max_page))
            case "GET", ["files", name] if name in self._files:
                return _ok(self._files[name])
            case "GET", ["files", name, "content"] if name in self._files:
                return 200, self._contents[name]
            case "DELETE", ["files", name] if name in self._files:
                del self._files[name]
                return _ok({"id": name, "object": "file", "deleted": True})
            case "POST", ["batches"]:
                return self._create(json.loads(body))
            case "GET", ["batches"]:
                return _ok(_page([batch.shown for batch in self._batches], query, self._max_page))
            case "GET", ["batches", name] if batch := self._find(name):
                self._step(batch)
                return _ok(batch.shown)
            case "POST", ["batches", name, "cancel"] if batch := self._find(name):
                return self._cancel(batch)
        return _refused(404, f"No such object: {'/'.join(path)}")

    def _find(self, name: str) -> _Batch | None:
        return next((batch for batch in self._batches if batch.shown["id"] == name), None)

    def _upload(self, content_type: str, body: bytes) -> tuple[int, bytes]:
        fields = multipart(content_type, body)
        content, filename = fields.get("file", (b"", ""))
        if fields.get("purpose", (b"", ""))[0] != b"batch":
            return _refused(400, "'purpose' is not one of ['batch']", "purpose")
        if not filename.endswith(".jsonl"):
            return _refused(400, "Invalid file format for Batch API. Must be .jsonl", "file")
        if len(content) > self._max_bytes:
            return _refused(
                413, f"File is too large: {len(content)} bytes; the limit is {self._max_bytes}.", "file"
            )
        return _ok(self._keep(content, filename, "batch"))

    def _keep(self, content: bytes, filename: str, purpose: str) -> dict[str, Any]:
        name = f"file-{len(self._contents) + 1:04d}"
        self._contents[name] = content
        self._files[name] = {
            "id": name,
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": filename,
            "purpose": purpose,
            "status": "processed",
        }
        return self._files[name]

    def _create(self, asked: dict[str, Any]) -> tuple[int, bytes] | None:
        number = len([call for call in self.calls if call == ("POST", "/v1/batches")]) - 1
        fault = (self._batch_faults[number] if number < len(self._batch_faults) else None) or BatchFault()
        if fault.refuse is not None:
            return fault.refuse.status, _body({}, fault.refuse)
        if asked["input_file_id"] not in self._files:
            return _refused(404, f"No such File object: {asked['input_file_id']}", "input_file_id")
        if asked["endpoint"] != "/v1/chat/completions" or asked["completion_window"] != "24h":
            return _refused(400, "Invalid value", "endpoint")
        shown = {
            "id": f"batch_{len(self._batches) + 1:04d}",
            "object": "batch",
            "endpoint": asked["endpoint"],
            "errors": None,
            "input_file_id": asked["input_file_id"],
            "completion_window": asked["completion_window"],
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": int(time.time()),
            "metadata": asked.get("metadata"),
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
        }
        self._batches.append(_Batch(shown, fault))
        return None if fault.lose else _ok(shown)

    def _cancel(self, batch: _Batch) -> tuple[int, bytes]:
        if batch.shown["status"] not in ("validating", "in_progress", "finalizing"):
            return _refused(400, f"Cannot cancel a batch with status '{batch.shown['status']}'.")
        batch.fault = BatchFault(end="cancelled", ran=batch.fault.ran)
        batch.shown["status"] = "cancelling"
        return _ok(batch.shown)

    # How a batch goes

    def _step(self, batch: _Batch) -> None:
        match batch.shown["status"]:
            case "validating":
                problems = self._problems(batch)
                batch.shown["status"] = "failed" if problems else "in_progress"
                if problems:
                    batch.shown["errors"] = {"object": "list", "data": problems}
            case "in_progress" if not self.stuck:
                batch.shown["status"] = "finalizing"
            case "finalizing" | "cancelling":
                self._finish(batch)

    def _problems(self, batch: _Batch) -> list[dict[str, Any]]:
        """Why an input is not accepted. Codes beyond those that OpenAI documents are ours."""
        if batch.fault.problems:
            return list(batch.fault.problems)
        lines = self._contents[batch.shown["input_file_id"]].splitlines()
        problems = self._read(lines, batch)
        if not lines:
            problems.append(_problem("empty_file", "The input file is empty."))
        if len(lines) > self._max_requests:
            problems.append(_problem("too_many_requests", f"The limit is {self._max_requests} requests."))
        if len({line["body"]["model"] for line in batch.lines}) > 1:
            problems.append(_problem("mismatched_model", "All requests of a batch must use the same model."))
        if not problems and self._max_tokens is not None and self._enqueued() > self._max_tokens:
            message = (
                f"Enqueued token limit reached for the model. Limit: {self._max_tokens:,} enqueued tokens. Please "
                "try again once some in_progress batches have been completed."
            )
            problems.append(_problem("token_limit_exceeded", message))
        batch.shown["request_counts"]["total"] = 0 if problems else len(batch.lines)
        return problems

    def _read(self, lines: list[bytes], batch: _Batch) -> list[dict[str, Any]]:
        problems = []
        seen: set[str] = set()
        for number, text in enumerate(lines, 1):
            try:
                line = json.loads(text)
            except ValueError:
                problems.append(_problem("invalid_json_line", "This line is not valid JSON.", number))
                continue
            if missing := {"custom_id", "method", "url", "body"} - line.keys():
                problems.append(_problem("missing_required_parameter", f"Missing {min(missing)}.", number))
                continue
            if line["url"] != batch.shown["endpoint"]:
                problems.append(
                    _problem("mismatched_endpoint", "The URL is not the batch's endpoint.", number)
                )
            if line["custom_id"] in seen:
                message = "The custom_id for this request is a duplicate of another request."
                problems.append(_problem("duplicate_custom_id", message, number))
            seen.add(line["custom_id"])
            batch.lines.append(line)
        return problems

    def _enqueued(self) -> int:
        running = [batch for batch in self._batches if batch.shown["status"] in _STATES]
        return sum(len(str(line["body"]["messages"])) for batch in running for line in batch.lines) // 4

    def _finish(self, batch: _Batch) -> None:
        end = batch.fault.end
        running = batch.lines if end == "completed" else batch.lines[: batch.fault.ran]
        answers: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for line in running:
            answered = self._run(line)
            good = answered["response"] is not None and answered["response"]["status_code"] == 200
            (answers if good else errors).append(answered)
        if end != "completed":
            code, message = _NOT_RUN[end]
            error = {"code": code, "message": message}
            errors.extend(_line(line, None, error) for line in batch.lines[batch.fault.ran :])
        answers = answers[batch.fault.without :]
        for name, lines in (("output", answers), ("error", errors)):
            self._random.shuffle(lines)
            if lines:
                content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
                kept = self._keep(content, f"{batch.shown['id']}_{name}.jsonl", "batch_output")
                batch.shown[f"{name}_file_id"] = kept["id"]
        batch.shown["request_counts"] |= {"completed": len(answers), "failed": len(errors)}
        batch.shown["status"] = end

    def _run(self, line: dict[str, Any]) -> dict[str, Any]:
        number = len(self.ran)
        self.ran.append(line["custom_id"])
        if callable(self._faults):
            fault = self._faults(line["body"])
        else:
            fault = self._faults[number] if number < len(self._faults) else None
        if fault is not None and fault.drop:
            return _line(line, None, {"code": "server_error", "message": "The server had an error."})
        fault = fault or Fault()
        body = _body(line["body"], fault)
        try:
            content = json.loads(body)
        except ValueError:
            content = body.decode()
        return _line(
            line, {"status_code": fault.status, "request_id": f"req_{number}", "body": content}, None
        )


def _page(objects: list[dict[str, Any]], query: dict[str, str], most: int) -> dict[str, Any]:
    """A page of a list, newest first."""
    objects.reverse()
    if "after" in query:
        names = [shown["id"] for shown in objects]
        objects = objects[names.index(query["after"]) + 1 :]
    limit = min(int(query.get("limit", 20)), most)
    page = objects[:limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": len(objects) > limit,
    }


def _line(
    line: dict[str, Any], response: dict[str, Any] | None, error: dict[str, Any] | None
) -> dict[str, Any]:
    name = f"batch_req_{line['custom_id']}"
    return {"id": name, "custom_id": line["custom_id"], "response": response, "error": error}


def _problem(code: str, message: str, line: int | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "param": None, "line": line}


def _ok(shown: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps(shown).encode()


def _refused(status: int, message: str, param: str | None = None) -> tuple[int, bytes]:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
    return status, json.dumps({"error": error}).encode()
