"""Send files of requests as batches, and receive their answers. Must not know of articles and plans."""

from __future__ import annotations

import math
import tempfile
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from typing import Any

from briefing.batch.files import Limits, RequestFile, RequestTables, not_sent
from briefing.batch.service import TERMINAL, Batch, QueueFullError, Service, is_queue_full
from briefing.errors import RequestError
from briefing.llm import TRANSIENT, target_of
from briefing.redaction import scrub

#: Submissions of a request that the provider never runs, before it fails.
_MAX_SUBMITS = 3
#: Answers recorded per transaction.
_CHUNK = 500
#: Status of a file that exceeded the account's queue of tokens.
_REFUSED = "refused"


class Exchange:
    """Transfer of requests and answers between a journal and the provider.

    Of `options`, the keywords of `Briefer`, it uses `model`, `base_url` and `api_key`.

    Attributes:
        problems: messages of transient errors; the next call tries again.

    Raises:
        ProviderError: from any method: the provider rejected a call, or does not know a batch.
    """

    def __init__(self, requests: RequestTables, limits: Limits, options: Mapping[str, Any]) -> None:
        self._requests, self._limits, self._options = requests, limits, options
        self._service: Service | None = None
        self.problems: list[str] = []

    def close(self) -> None:
        """Close the connections."""
        if self._service is not None:
            self._service.close()

    def receive(self) -> None:
        """Record the answers of batches that have ended."""
        for file in self._requests.files(collected=False):
            self._succeeds(self._poll, file)

    def refresh(self) -> None:
        """Update the status of all batches, and nothing else."""
        for file in self._requests.files(collected=False):
            if file.id is not None:
                self._requests.update(file.key, status=self.connect().batch(file.id).status)

    def cancel(self) -> int:
        """Cancel all batches, and return how many. `receive` records their answers so far."""
        cancelled = 0
        for file in self._requests.files(collected=False):
            if file.id is not None and self.connect().batch(file.id).status not in TERMINAL:
                self._requests.update(file.key, status=self.connect().cancel(file.id).status)
                cancelled += 1
        return cancelled

    def send(self) -> None:
        """Send waiting requests: first the files that an earlier process planned, then new ones."""
        for file in self._requests.files(collected=False):
            if file.id is None and not self._succeeds(self._resume, file):
                return
        create = partial(self._create, fresh=True)
        while not self._must_wait() and (new := self._requests.plan_file(uuid.uuid4().hex, self._limits)):
            if new.requests and not self._succeeds(create, new):
                return

    def connect(self) -> Service:
        """Return the provider's client. The first call makes it; no request is sent.

        Raises:
            ConfigurationError: the client cannot be made, for example without a key.
        """
        if self._service is None:
            model = self._options.get("model")
            # Files and batches belong to an account; the model does not matter here.
            target = target_of(
                model if model and model.startswith("openai/") else "openai/batch",
                base_url=self._options.get("base_url"),
                api_key=self._options.get("api_key"),
            )
            self._service = Service(target)
        return self._service

    def _succeeds(self, work: Callable[[RequestFile], None], file: RequestFile) -> bool:
        """Call `work(file)`, add the message of a transient error to `problems`, and return whether it succeeded."""
        try:
            work(file)
        except TRANSIENT as error:
            self.problems.append(str(error))
            return False
        return True

    def _poll(self, file: RequestFile) -> None:
        """Update a batch's status, and record its answers if it has ended."""
        if file.id is None:
            return  # not created yet, or not known to be; `send` finds out
        batch = self.connect().batch(file.id)
        self._requests.update(file.key, status=batch.status)
        if batch.status == "failed":
            self._fail_invalid(file, batch)
        elif batch.status in TERMINAL:
            for file_id in (batch.output, batch.errors):
                if file_id is not None:
                    self._download(file, file_id)
            self._close(file, batch.status)

    def _download(self, file: RequestFile, file_id: str) -> None:
        with self.connect().lines(file_id) as lines:
            answers = filter(None, map(_parse_line, lines))
            while chunk := list(islice(answers, _CHUNK)):
                self._requests.record(file.key, chunk)

    def _close(self, file: RequestFile, status: str) -> None:
        """Fail or release the requests that a batch ended without answering."""
        if status == "cancelled":
            self._fail_unanswered(file, "the batch was cancelled before this request ran")
        else:
            reason = f"not run in {_MAX_SUBMITS} batches, each within its completion window"
            self._fail_unanswered(file, reason, submits=_MAX_SUBMITS)
        self._requests.release(file.key, counted=True)
        self._requests.update(file.key, collected=True, status=status)

    def _fail_unanswered(self, file: RequestFile, reason: str, *, submits: int = 0) -> None:
        """Fail the unanswered requests of a file that were submitted at least `submits` times."""
        failed = [custom_id for custom_id, count in self._requests.unanswered(file.key) if count >= submits]
        self._requests.record(file.key, [(custom_id, *not_sent(reason)) for custom_id in failed])

    def _fail_invalid(self, file: RequestFile, batch: Batch) -> None:
        """Fail the requests of a batch whose input was rejected before any of them ran, and release the valid ones."""
        problem = scrub("; ".join(f"{code}: {message}" for code, message, _ in batch.problems[:5]))
        if is_queue_full(problem):
            self._queue_full(file, problem)
            return
        by_line = {line: f"{code}: {message}" for code, message, line in batch.problems if line}
        rejected = [
            (custom_id, *not_sent(f"the batch's input was not accepted: {scrub(by_line[number])}"))
            for number, (custom_id, _) in enumerate(self._requests.unanswered(file.key), 1)
            if number in by_line
        ]
        self._requests.record(file.key, rejected)
        if not rejected:
            self._fail_unanswered(file, f"the batch failed: {problem or 'the provider gives no reason'}")
        self._close(file, batch.status)  # other lines than the rejected ones are valid
        self._requests.update(file.key, problem=problem)

    def _queue_full(self, file: RequestFile, problem: str) -> None:
        """Release the requests of a file that exceeded the account's queue; fail one that exceeds it alone."""
        alone = not [other for other in self._in_flight() if other.key != file.key]
        if alone and file.requests == 1:
            self._fail_unanswered(file, f"too large for the account's queue of batches: {problem}")
        self._requests.release(file.key, counted=False)
        self._requests.update(file.key, collected=True, status=_REFUSED, problem=problem, refused_alone=alone)
        self.problems.append(problem)

    def _in_flight(self) -> list[RequestFile]:
        return [file for file in self._requests.files(collected=False) if file.id is not None]

    def _must_wait(self) -> bool:
        """Return whether the account's queue was full while a batch was in progress that still is."""
        first = min((file.planned for file in self._in_flight()), default=math.inf)
        collected = self._requests.files(collected=True)
        return any(file.status == _REFUSED and file.planned > first for file in collected)

    def _resume(self, file: RequestFile) -> None:
        """Send a file that an earlier process planned and may have sent."""
        if found := self.connect().find(file.key, file.planned):
            self._requests.update(file.key, id=found.id, status=found.status)
        else:
            self._create(file, fresh=False)

    def _create(self, file: RequestFile, *, fresh: bool) -> None:
        file_id = file.file_id
        if file_id is None:
            # An unnamed file: articles must not stay in the temporary folder if the process is killed.
            with tempfile.TemporaryFile() as written:
                written.writelines(self._requests.lines(file.key))
                file_id = self.connect().upload(f"briefing-{file.key}.jsonl", written)
            self._requests.update(file.key, file_id=file_id)
        try:
            batch = self.connect().create(file.key, file_id, file.planned, fresh=fresh)
        except QueueFullError as error:
            self._queue_full(file, str(error))
            return
        except RequestError:
            # The server may not know the file, which was uploaded to another one or deleted: upload it again next time.
            self._requests.update(file.key, file_id=None)
            raise
        self._requests.update(file.key, id=batch.id, status=batch.status)


def _parse_line(line: dict[str, Any]) -> tuple[str, int, Any] | None:
    """Return custom id, status and body of an output line; `None` for a request that was not run."""
    response, error = line.get("response"), line.get("error")
    if response is not None:
        return str(line["custom_id"]), int(response.get("status_code") or 200), response.get("body")
    code = (error or {}).get("code")
    if code in ("batch_expired", "batch_cancelled"):
        return None
    # An error of the provider, retried like an HTTP 500.
    return str(line["custom_id"]), 500, {"error": error}
