"""Briefings by the provider's batch API: submit, go away, collect.

Each call does what can be done now and returns. All state is in the journal, so that a run goes on
after any end of the process; a lock beside it lets one process at a time work on it.
"""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout
from pydantic import BaseModel

from briefing.batch.articles import Article
from briefing.batch.files import File, Limits, own_error
from briefing.batch.recorded import Advanced, Key, Replayer
from briefing.batch.service import TERMINAL, Batch, QueueFullError, Service, is_queue_full
from briefing.batch.store import Store
from briefing.errors import BriefingError, ConfigurationError, ProviderError
from briefing.models import target_of
from briefing.prompt import Prompt
from briefing.retries import TRANSIENT
from briefing.secrets import scrub
from briefing.source import Source
from briefing.wire import check_schema, schema_sha256

#: Times that a request goes out which the provider does not get to, before it counts as failed.
_MOST_SUBMITS = 3
#: Seconds to wait for another process that works on the same journal.
_LOCK_PATIENCE = 600.0
#: Answers taken in by one transaction.
_CHUNK = 500
#: Of a file that was refused because too many tokens wait at the provider.
_REFUSED = "refused"


@dataclass(frozen=True)
class Rejected:
    """Something that could not be submitted, and why."""

    name: str
    error: BriefingError


class Run:
    """What one journal holds of batches, and the server that they run at.

    Args:
        journal: the journal's file; made if it is not there.
        schema: what is asked for.
        limits: of one file of requests.
        options: of `Briefer`. To collect, `base_url` and `api_key` alone count: model, plan and
            attempts are as they were when the article was submitted.

    Raises:
        JournalError: the journal cannot be used.
        ConfigurationError: the schema cannot be asked for.
    """

    def __init__(
        self, journal: Path, *, schema: type[BaseModel], limits: Limits, options: Mapping[str, Any]
    ) -> None:
        check_schema(schema)
        self._schema, self._sha256 = schema, schema_sha256(schema)
        self._limits, self._options = limits, options
        self.store = Store(journal)
        self._lock = FileLock(f"{journal}.batch.lock")
        self._service: Service | None = None
        self._replayers: dict[str, tuple[Replayer, Prompt, str | None]] = {}
        #: What kept the last pass from going further; it is tried again by the next.
        self.problems: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._service is not None:
            self._service.close()
        self.store.__exit__(*raised)

    def submit(
        self,
        sources: Iterable[tuple[str, Callable[[], Source]]],
        prompt: Prompt,
        language: str | None,
        *,
        retry_failed: bool,
    ) -> list[Rejected]:
        """Take in articles and send their first requests.

        Returns:
            What could not be read; the others go on without it.
        """
        replayer = Replayer(**self._options)
        settings = json.dumps(
            {
                "model": replayer.target.model,
                "plan": self._options.get("plan", "auto"),
                "max_attempts": self._options.get("max_attempts", 4),
                "prompt": prompt.model_dump(),
                "language": language,
            },
            sort_keys=True,
        )
        rejected = []
        for name, load in sources:
            try:
                source = load()
            except BriefingError as error:
                rejected.append(Rejected(name, error))
                continue
            fingerprint = replayer.fingerprint(source, schema=self._schema, prompt=prompt, language=language)
            state = self.store.state(fingerprint)
            if state is None:
                article = Article(fingerprint, source.model_dump_json(), settings, time.time())
                if self.store.is_recorded(fingerprint):
                    self.store.add(name, article, self._sha256, replayer.target.name, [])
                    continue
                advanced = replayer.advance(
                    source, self._schema, prompt, language, {}, submitted=article.submitted
                )
                if isinstance(advanced.error, ConfigurationError):
                    raise advanced.error  # holds for all
                self.store.add(name, article, self._sha256, replayer.target.name, advanced.requests)
                self._settle(article, advanced)
            else:
                self.store.name(name, fingerprint)
                if state == "failed" and retry_failed:
                    self._reopen(self.store.article(fingerprint))
        with self._locked():
            self.problems = []
            self._advance()
            self._send()
        return rejected

    def collect(self) -> None:
        """Take in what is finished, go on with its articles, and send what they ask next."""
        with self._locked():
            self.problems = []
            for file in self.store.files(collected=False):
                self._unless_it_passes(partial(self._look, file))
            self._advance()
            self._send()

    def refresh(self) -> None:
        """Ask the provider how far its batches are; changes nothing else."""
        for file in self.store.files(collected=False):
            if file.id is not None:
                self.store.progress(file.key, status=self._connected().batch(file.id).status)

    def cancel(self) -> int:
        """Stop all batches at the provider; how many. The next `collect` takes in what they have answered."""
        stopped = 0
        with self._locked():
            for file in self.store.files(collected=False):
                if file.id is None:
                    continue
                batch = self._connected().batch(file.id)
                if batch.status not in TERMINAL:
                    self.store.progress(file.key, status=self._connected().cancel(file.id).status)
                    stopped += 1
        return stopped

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            lock = self._lock.acquire(timeout=_LOCK_PATIENCE)
        except Timeout as error:
            raise ConfigurationError(
                f"another process has worked on this journal for {_LOCK_PATIENCE:.0f} s: {self._lock.lock_file}"
            ) from error
        with lock:
            yield

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

    def _look(self, file: File) -> None:
        if file.id is None:
            return  # `_send` finds out what became of it
        batch = self._connected().batch(file.id)
        self.store.progress(file.key, status=batch.status)
        if batch.status == "failed":
            self._invalid(file, batch)
        elif batch.status in TERMINAL:
            for file_id in (batch.output, batch.errors):
                if file_id is not None:
                    self._take(file, file_id)
            self._end(file, batch.status)

    def _take(self, file: File, file_id: str) -> None:
        with self._connected().lines(file_id) as lines:
            while chunk := list(islice(lines, _CHUNK)):
                answers = (_answer(line) for line in chunk)
                self.store.take(file.key, [answer for answer in answers if answer is not None])

    def _end(self, file: File, status: str) -> None:
        """Decide about requests that a batch ended without answering."""
        stopped = status == "cancelled"
        given_up: list[str] = []
        again: list[str] = []
        for custom_id, submits in self.store.unanswered(file.key):
            (given_up if stopped or submits >= _MOST_SUBMITS else again).append(custom_id)
        reason = (
            "the batch was cancelled before this request ran"
            if stopped
            else f"not run in {_MOST_SUBMITS} batches, each within its completion window"
        )
        self.store.take(file.key, [(custom_id, *own_error(reason)) for custom_id in given_up])
        self.store.release(file.key, again, counted=True)
        self.store.collected(file.key, status=status)

    def _invalid(self, file: File, batch: Batch) -> None:
        """Go on from a batch that failed before any request ran: the input was not accepted."""
        problem = scrub("; ".join(f"{code}: {message}" for code, message, _ in batch.problems[:5]))
        if is_queue_full(problem):
            self._refused(file, problem)
            return
        unanswered = [custom_id for custom_id, _ in self.store.unanswered(file.key)]
        by_line = {line: f"{code}: {message}" for code, message, line in batch.problems if line}
        rejected = [
            (custom_id, *own_error(f"the batch's input was not accepted: {scrub(by_line[number])}"))
            for number, custom_id in enumerate(unanswered, 1)
            if number in by_line
        ]
        self.store.take(file.key, rejected)
        if rejected:
            self._end(file, batch.status)  # the other lines are good ones
        else:
            reason = f"the batch failed: {problem or 'the provider does not say why'}"
            self.store.take(file.key, [(custom_id, *own_error(reason)) for custom_id in unanswered])
        self.store.collected(file.key, status=batch.status, problem=problem)

    def _refused(self, file: File, problem: str) -> None:
        alone = not [other for other in self._in_flight() if other.key != file.key]
        if alone and file.requests == 1:
            reason = f"too large for the account's queue of batches: {problem}"
            self.store.take(file.key, [(c, *own_error(reason)) for c, _ in self.store.unanswered(file.key)])
        self.store.release(file.key, counted=False)
        self.store.collected(file.key, status=_REFUSED, problem=problem, refused_alone=alone)
        self.problems.append(problem)

    def _in_flight(self) -> list[File]:
        return [file for file in self.store.files(collected=False) if file.id is not None]

    # Articles

    def _advance(self) -> None:
        """Go on with the articles whose requests are all answered."""
        for article in self.store.ready(self._sha256):
            replayer, prompt, language = self._replayer(article.settings)
            advanced = replayer.advance(
                Source.model_validate_json(article.source),
                self._schema,
                prompt,
                language,
                self.store.answers(article.fingerprint),
                submitted=article.submitted,
                spent=article.spent,
            )
            if advanced.requests:
                self.store.ask(article, replayer.target.name, advanced.requests)
            self._settle(article, advanced)
        if (others := self.store.open_schemas()) and self._sha256 not in others:
            raise ConfigurationError(
                "the journal's open articles were submitted with another schema=; give that one to collect them"
            )

    def _replayer(self, settings: str) -> tuple[Replayer, Prompt, str | None]:
        if settings not in self._replayers:
            said = json.loads(settings)
            kept = {k: v for k, v in self._options.items() if k in ("base_url", "api_key", "keep_source")}
            options = kept | {k: said[k] for k in ("model", "plan", "max_attempts")}
            replayer = Replayer(**options)
            self._replayers[settings] = replayer, Prompt.model_validate(said["prompt"]), said["language"]
        return self._replayers[settings]

    def _settle(self, article: Article, advanced: Advanced) -> None:
        outcome = advanced.result if advanced.error is None else advanced.error
        if outcome is None:
            return
        assert advanced.meta is not None  # of every outcome
        self.store.settle(
            article,
            outcome,
            advanced.meta,
            self._schema,
            keys=[self._options.get("api_key")],
            error=None if advanced.error is None else _saved(advanced.error),
        )

    def _reopen(self, article: Article) -> None:
        """Try again what failed, and keep the answers that were good."""
        replayer, prompt, language = self._replayer(article.settings)
        answers = self.store.answers(article.fingerprint)
        advanced = replayer.advance(
            Source.model_validate_json(article.source),
            self._schema,
            prompt,
            language,
            answers,
            submitted=article.submitted,
        )
        step = max((place[0] for place in advanced.failed), default=-1)
        dropped: list[Key] = [
            key for key in answers if step < 0 or key.step > step or (key.step, key.ask) in advanced.failed
        ]
        self.store.reopen(article, dropped)

    # To the provider

    def _send(self) -> None:
        """Send what waits: first what an earlier process planned, then new files."""
        for file in self.store.files(collected=False):
            if file.id is None and not self._unless_it_passes(partial(self._go_on, file)):
                return
        while not self._must_wait():
            planned = self.store.plan(uuid.uuid4().hex, self._limits)
            if planned is None:
                return
            if planned.requests and not self._unless_it_passes(partial(self._create, planned, fresh=True)):
                return

    def _must_wait(self) -> bool:
        """Whether the account's queue was full after a batch was sent that still runs."""
        in_flight = [file.planned for file in self._in_flight()]
        refused = [file.planned for file in self.store.files(collected=True) if file.status == _REFUSED]
        return bool(in_flight and refused) and max(refused) > min(in_flight)

    def _go_on(self, file: File) -> None:
        """Send a file that an earlier process planned and may have sent."""
        if found := self._connected().find(file.key, file.planned):
            self.store.progress(file.key, id=found.id, status=found.status)
        else:
            self._create(file, fresh=False)

    def _create(self, file: File, *, fresh: bool) -> None:
        file_id = file.file_id
        if file_id is None:
            with tempfile.TemporaryDirectory(prefix="briefing-") as folder:
                path = Path(folder) / f"briefing-{file.key}.jsonl"
                with path.open("wb") as written:
                    written.writelines(self.store.lines(file.key))
                file_id = self._connected().upload(path)
            self.store.progress(file.key, file_id=file_id)
        try:
            batch = self._connected().create(file.key, file_id, file.planned, fresh=fresh)
        except QueueFullError as error:
            self._refused(file, str(error))
            return
        self.store.progress(file.key, id=batch.id, status=batch.status)


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


def _saved(error: BriefingError) -> str:
    saved: dict[str, Any] = {
        "kind": type(error).__name__,
        "message": scrub(str(error)),
        "attempts": error.attempts,
        "usage": error.usage.model_dump() if error.usage else None,
        "cost_usd": error.cost_usd,
    }
    if isinstance(error, ProviderError):
        saved |= {"provider_message": error.provider_message, "status": error.status}
    return json.dumps(saved)
