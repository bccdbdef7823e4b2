"""Requests on their way through the provider: files and batches out, answers in. Knows nothing of articles and plans."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from typing import Any

from briefing.batch.files import Limits, RequestFile, not_sent
from briefing.batch.service import TERMINAL, Batch, QueueFullError, Service, is_queue_full
from briefing.batch.store import Store
from briefing.llm import TRANSIENT, target_of
from briefing.redaction import scrub

#: Times that a request goes out which the provider does not get to, before it counts as failed.
_MOST_SUBMITS = 3
#: Answers taken in by one transaction.
_CHUNK = 500
#: Of a file that was refused because too many tokens wait at the provider.
_REFUSED = "refused"


class Exchange:
    """What goes between a journal and the provider.

    Args:
        store: of the journal.
        limits: of one file of requests.
        options: `model`, `base_url` and `api_key` count.

    Attributes:
        problems: what kept it from going further; it is tried again by the next pass.

    Raises:
        ProviderError: from any method: the provider refused, or does not know a batch.
    """

    def __init__(self, store: Store, limits: Limits, options: Mapping[str, Any]) -> None:
        self._store, self._limits, self._options = store, limits, options
        self._service: Service | None = None
        self.problems: list[str] = []

    def close(self) -> None:
        """Close the connections."""
        if self._service is not None:
            self._service.close()

    def receive(self) -> None:
        """Take in what is finished."""
        for file in self._store.files(collected=False):
            self._unless_it_passes(partial(self._look, file))

    def refresh(self) -> None:
        """Ask how far the batches are; changes nothing else."""
        for file in self._store.files(collected=False):
            if file.id is not None:
                self._store.progress(file.key, status=self._connected().batch(file.id).status)

    def cancel(self) -> int:
        """Stop all batches; how many. `receive` takes in what they have answered."""
        stopped = 0
        for file in self._store.files(collected=False):
            if file.id is None:
                continue
            batch = self._connected().batch(file.id)
            if batch.status not in TERMINAL:
                self._store.progress(file.key, status=self._connected().cancel(file.id).status)
                stopped += 1
        return stopped

    def send(self) -> None:
        """Send what waits: first what an earlier process planned, then new files."""
        for file in self._store.files(collected=False):
            if file.id is None and not self._unless_it_passes(partial(self._go_on, file)):
                return
        while not self._must_wait():
            planned = self._store.plan(uuid.uuid4().hex, self._limits)
            if planned is None:
                return
            if planned.requests and not self._unless_it_passes(partial(self._create, planned, fresh=True)):
                return

    def _connected(self) -> Service:
        if self._service is None:
            model = self._options.get("model")
            # Files and batches belong to an account; which model is in them does not matter here.
            target = target_of(
                model if model and model.startswith("openai/") else "openai/batch",
                base_url=self._options.get("base_url"),
                api_key=self._options.get("api_key"),
            )
            self._service = Service(target)
        return self._service

    def _unless_it_passes(self, work: Callable[[], None]) -> bool:
        """Do something; what fails and may pass is noted, for the next time. Whether it was done."""
        try:
            work()
        except TRANSIENT as error:
            self.problems.append(str(error))
            return False
        return True

    # From the provider

    def _look(self, file: RequestFile) -> None:
        if file.id is None:
            return  # `_send` finds out what became of it
        batch = self._connected().batch(file.id)
        self._store.progress(file.key, status=batch.status)
        if batch.status == "failed":
            self._invalid(file, batch)
        elif batch.status in TERMINAL:
            for file_id in (batch.output, batch.errors):
                if file_id is not None:
                    self._take(file, file_id)
            self._end(file, batch.status)

    def _take(self, file: RequestFile, file_id: str) -> None:
        with self._connected().lines(file_id) as lines:
            while chunk := list(islice(lines, _CHUNK)):
                answers = (_answer(line) for line in chunk)
                self._store.take(file.key, [answer for answer in answers if answer is not None])

    def _end(self, file: RequestFile, status: str) -> None:
        """Decide about requests that a batch ended without answering."""
        stopped = status == "cancelled"
        given_up: list[str] = []
        again: list[str] = []
        for custom_id, submits in self._store.unanswered(file.key):
            (given_up if stopped or submits >= _MOST_SUBMITS else again).append(custom_id)
        reason = (
            "the batch was cancelled before this request ran"
            if stopped
            else f"not run in {_MOST_SUBMITS} batches, each within its completion window"
        )
        self._store.take(file.key, [(custom_id, *not_sent(reason)) for custom_id in given_up])
        self._store.release(file.key, again, counted=True)
        self._store.collected(file.key, status=status)

    def _invalid(self, file: RequestFile, batch: Batch) -> None:
        """Go on from a batch that failed before any request ran: the input was not accepted."""
        problem = scrub("; ".join(f"{code}: {message}" for code, message, _ in batch.problems[:5]))
        if is_queue_full(problem):
            self._refused(file, problem)
            return
        unanswered = [custom_id for custom_id, _ in self._store.unanswered(file.key)]
        by_line = {line: f"{code}: {message}" for code, message, line in batch.problems if line}
        rejected = [
            (custom_id, *not_sent(f"the batch's input was not accepted: {scrub(by_line[number])}"))
            for number, custom_id in enumerate(unanswered, 1)
            if number in by_line
        ]
        self._store.take(file.key, rejected)
        if rejected:
            self._end(file, batch.status)  # the other lines are good ones
        else:
            reason = f"the batch failed: {problem or 'the provider does not say why'}"
            self._store.take(file.key, [(custom_id, *not_sent(reason)) for custom_id in unanswered])
        self._store.collected(file.key, status=batch.status, problem=problem)

    def _refused(self, file: RequestFile, problem: str) -> None:
        alone = not [other for other in self._in_flight() if other.key != file.key]
        if alone and file.requests == 1:
            reason = f"too large for the account's queue of batches: {problem}"
            self._store.take(file.key, [(c, *not_sent(reason)) for c, _ in self._store.unanswered(file.key)])
        self._store.release(file.key, counted=False)
        self._store.collected(file.key, status=_REFUSED, problem=problem, refused_alone=alone)
        self.problems.append(problem)

    def _in_flight(self) -> list[RequestFile]:
        return [file for file in self._store.files(collected=False) if file.id is not None]

    # To the provider

    def _must_wait(self) -> bool:
        """Whether the account's queue was full after a batch was sent that still runs."""
        in_flight = [file.planned for file in self._in_flight()]
        refused = [file.planned for file in self._store.files(collected=True) if file.status == _REFUSED]
        return bool(in_flight and refused) and max(refused) > min(in_flight)

    def _go_on(self, file: RequestFile) -> None:
        """Send a file that an earlier process planned and may have sent."""
        if found := self._connected().find(file.key, file.planned):
            self._store.progress(file.key, id=found.id, status=found.status)
        else:
            self._create(file, fresh=False)

    def _create(self, file: RequestFile, *, fresh: bool) -> None:
        file_id = file.file_id
        if file_id is None:
            # It has no name, or the system removes it with its process: nobody's articles are left behind.
            with tempfile.TemporaryFile() as written:
                written.writelines(self._store.lines(file.key))
                file_id = self._connected().upload(f"briefing-{file.key}.jsonl", written)
            self._store.progress(file.key, file_id=file_id)
        try:
            batch = self._connected().create(file.key, file_id, file.planned, fresh=fresh)
        except QueueFullError as error:
            self._refused(file, str(error))
            return
        self._store.progress(file.key, id=batch.id, status=batch.status)


def _answer(line: dict[str, Any]) -> tuple[str, int, Any] | None:
    """Custom id, status and body of a line; `None` for a request that was not carried out."""
    response, error = line.get("response"), line.get("error")
    if response is not None:
        return str(line["custom_id"]), int(response.get("status_code") or 200), response.get("body")
    code = (error or {}).get("code")
    if code in ("batch_expired", "batch_cancelled"):
        return None
    # The provider failed at it; like any answer of that kind it is asked again.
    return str(line["custom_id"]), 500, {"error": error}
