"""`FakeBatches`, a server for tests of batch runs: OpenAI's files and batches, on the loopback interface.

It implements `/v1/files` and `/v1/batches` as far as `briefing.batch` uses them, and answers the requests of a file as
`FakeModel` does. A batch advances one state each time it is retrieved: validating, in progress, finalizing, its end.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp.web import BaseRequest, FileField
from typing_extensions import override

from briefing.testing.fake_model import Fault, Script, response_body, scripted
from briefing.testing.http_server import Reply, Server

#: Code and message of requests that a batch ends without running, by the batch's status.
_NOT_RUN = {
    "expired": ("batch_expired", "This request could not be executed before the completion window expired."),
    "cancelled": ("batch_cancelled", "This request was not executed because the batch was cancelled."),
}
_STATES = ("validating", "in_progress", "finalizing")


@dataclass(frozen=True)
class BatchFault:
    """How a batch of `FakeBatches` fails.

    Args:
        refuse: the answer to the request that would create the batch; it is not created.
        lose: create the batch, but close the connection without a response.
        problems: validation errors with which the batch fails, each with `code`, `message`, `line` and `param`.
        end: status with which the batch ends.
        ran: number of requests that are run before the end, if `end` is not "completed".
        without: number of requests that are run, but are missing in the output file.
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


class FakeBatches(Server):
    """A server of files and batches on the loopback interface. It runs inside a ``with`` block, in a thread.

    Args:
        faults: bad answers to single requests, as `FakeModel` takes them; none by default.
        batch_faults: failures of batches, in the order of their creation (`None` for a good one; batches after the last
            are good).
        max_requests: limit on the requests in a file.
        max_bytes: limit on the size of a file.
        max_page: limit on the objects in a page of a list.
        max_enqueued_tokens: limit on the input tokens of all unfinished batches together, at four characters a token;
            `None`, the default, for no limit.
        seed: seed of the order of lines in output files, which is random as the provider's is.
        watch: called as ``watch(number, when, method, path)`` for every HTTP request, `number` counted from 0: with
            `when` "before" it is carried out, and "after", while the response is not sent yet.

    Attributes:
        ran: custom ids of the requests that were run, and so paid for, in their order.
        calls: method and path of the HTTP requests so far.
        stuck: batches stay "in_progress" while this is true; false by default.

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
        super().__init__()
        self._faults, self._batch_faults = faults, batch_faults
        self._max_requests, self._max_bytes, self._max_tokens = max_requests, max_bytes, max_enqueued_tokens
        self._max_page = max_page
        self._random = random.Random(seed)  # noqa: S311  # an order, not a secret
        self._watch = watch or (lambda *_: None)
        self._files: dict[str, dict[str, Any]] = {}
        self._contents: dict[str, bytes] = {}
        self._batches: list[_Batch] = []
        self.ran: list[str] = []
        self.calls: list[tuple[str, str]] = []
        self.stuck = False

    @property
    def batches(self) -> list[dict[str, Any]]:
        """The batches as the API shows them now, oldest first."""
        return [batch.shown for batch in self._batches]

    def requests(self, number: int) -> list[dict[str, Any]]:
        """Return the lines of the input file of a batch, `number` counted from 0."""
        content = self._contents[self._batches[number].shown["input_file_id"]]
        return [json.loads(line) for line in content.splitlines()]

    # --- requests ---

    @override
    async def _reply(self, request: BaseRequest) -> Reply:
        fields = await request.post() if request.content_type == "multipart/form-data" else {}
        body = await request.read()
        number = len(self.calls)
        self.calls.append((request.method, request.path))
        self._watch(number, "before", request.method, request.path)
        path = request.path.removeprefix("/v1/").split("/")
        reply = self._route(request.method, path, request.query, fields, body)
        self._watch(number, "after", request.method, request.path)
        return reply

    def _route(
        self, method: str, path: list[str], query: Mapping[str, str], fields: Mapping[str, Any], body: bytes
    ) -> Reply:
        match method, path:
            case "POST", ["files"]:
                return self._upload(fields)
            case "GET", ["files"]:
                return _ok(_page(list(self._files.values()), query, self._max_page))
            case "GET", ["files", name] if name in self._files:
                return _ok(self._files[name])
            case "GET", ["files", name, "content"] if name in self._files:
                return Reply(self._contents[name])
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

    def _upload(self, fields: Mapping[str, Any]) -> Reply:
        if fields.get("purpose") != "batch":
            return _refused(400, "'purpose' is not one of ['batch']", "purpose")
        file = fields.get("file")
        content, filename = (file.file.read(), file.filename) if isinstance(file, FileField) else (b"", "")
        if not filename.endswith(".jsonl"):
            return _refused(400, "Invalid file format for Batch API. Must be .jsonl", "file")
        if len(content) > self._max_bytes:
            message = f"File is too large: {len(content)} bytes; the limit is {self._max_bytes}."
            return _refused(413, message, "file")
        return _ok(self._store(content, filename, "batch"))

    def _store(self, content: bytes, filename: str, purpose: str) -> dict[str, Any]:
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

    def _create(self, request: dict[str, Any]) -> Reply:
        number = self.calls.count(("POST", "/v1/batches")) - 1
        fault = (self._batch_faults[number] if number < len(self._batch_faults) else None) or BatchFault()
        if fault.refuse is not None:
            return Reply(response_body({}, fault.refuse), fault.refuse.status)
        if request["input_file_id"] not in self._files:
            return _refused(404, f"No such File object: {request['input_file_id']}", "input_file_id")
        if request["endpoint"] != "/v1/chat/completions" or request["completion_window"] != "24h":
            return _refused(400, "Invalid value", "endpoint")
        shown = {
            "id": f"batch_{len(self._batches) + 1:04d}",
            "object": "batch",
            "endpoint": request["endpoint"],
            "errors": None,
            "input_file_id": request["input_file_id"],
            "completion_window": request["completion_window"],
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": int(time.time()),
            "metadata": request.get("metadata"),
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
        }
        self._batches.append(_Batch(shown, fault))
        return Reply(broken="closed") if fault.lose else _ok(shown)

    def _cancel(self, batch: _Batch) -> Reply:
        if batch.shown["status"] not in _STATES:
            return _refused(400, f"Cannot cancel a batch with status '{batch.shown['status']}'.")
        batch.fault = BatchFault(end="cancelled", ran=batch.fault.ran)
        batch.shown["status"] = "cancelling"
        return _ok(batch.shown)

    # --- the course of a batch ---

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
        """Return the validation errors of a batch's input. Codes that OpenAI does not document are ours."""
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
                message = "The URL is not the batch's endpoint."
                problems.append(_problem("mismatched_endpoint", message, number))
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
                file = self._store(content, f"{batch.shown['id']}_{name}.jsonl", "batch_output")
                batch.shown[f"{name}_file_id"] = file["id"]
        batch.shown["request_counts"] |= {"completed": len(answers), "failed": len(errors)}
        batch.shown["status"] = end

    def _run(self, line: dict[str, Any]) -> dict[str, Any]:
        number = len(self.ran)
        self.ran.append(line["custom_id"])
        fault = scripted(self._faults, number, line["body"])
        if fault.drop:
            return _line(line, None, {"code": "server_error", "message": "The server had an error."})
        body = response_body(line["body"], fault)
        try:
            content = json.loads(body)
        except ValueError:
            content = body.decode()
        response = {"status_code": fault.status, "request_id": f"req_{number}", "body": content}
        return _line(line, response, None)


def _page(objects: list[dict[str, Any]], query: Mapping[str, str], most: int) -> dict[str, Any]:
    """Return a page of a list, newest first."""
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


def _ok(shown: dict[str, Any]) -> Reply:
    return Reply(json.dumps(shown).encode())


def _refused(status: int, message: str, param: str | None = None) -> Reply:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
    return Reply(json.dumps({"error": error}).encode(), status)
