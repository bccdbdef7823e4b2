"""`CachedResult`: take a result from the journal, or make it once and record it before it is returned."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ValidationError

from briefing.core_schemas import read_recorded
from briefing.errors import BriefingError, DeadlineError, JournalError, one_line
from briefing.llm import Deadline
from briefing.meta import Meta
from briefing.pipeline.job import Job
from briefing.pipeline.trampoline import Trampoline
from briefing.schemas import Briefing, parts_of, verify
from briefing.threads import waiting

if TYPE_CHECKING:
    # Without a journal, SQLite is not loaded.
    from briefing.journal import Store

_log = logging.getLogger(__name__)
#: First and longest pause, in seconds, between polls for a result that another process has claimed.
_PAUSES = 0.02, 1.0

Steps = Generator[Future[Any] | float, Any, None]


class CachedResult:
    """A context manager, sync or async, in which the caller makes a job's result unless the journal has it.

    On entering, `result` is the journal's, verified against the source, or `None`. Then the fingerprint is claimed for this
    process, and the caller sets `result` and `meta`, which are recorded on leaving. A `BriefingError` is recorded as a
    failure, if `failure_meta` is set. Entering waits while another process has the claim.

    Args:
        journal: the journal, or `None` to make the result without one.
        job: the job.
        deadline: how long to wait for another process.

    Attributes:
        result: the result, from the journal or from the caller.
        meta: set by the caller; `None` for a result from the journal.
        failure_meta: returns the `Meta` to record for a failure.

    Raises:
        DeadlineError: on entering: the deadline has passed while another process had the claim.
        JournalError: the journal cannot be read or written.
    """

    def __init__(self, journal: Store | None, job: Job, deadline: Deadline) -> None:
        self._journal, self._job, self._deadline = journal, job, deadline
        self._holder = "" if journal is None else uuid.uuid4().hex
        self._claimed = False
        self.result: BaseModel | None = None
        self.meta: Meta | None = None
        self.failure_meta: Callable[[], Meta] | None = None

    def __enter__(self) -> Self:
        try:
            _run(self._enter())
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        try:
            _run(self._leave(error))
        finally:
            self._release()

    async def __aenter__(self) -> Self:
        try:
            await _arun(self._enter())
        except BaseException:
            # Also where the claim was only requested: the journal handles the release after it.
            self._release()
            raise
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        try:
            await _arun(self._leave(error))
        finally:
            self._release()

    def _enter(self) -> Steps:
        pause, longest = _PAUSES
        while self._journal is not None:
            self.result = self._saved(self._journal)
            if self.result is not None:
                return
            self._claimed = True
            if (yield self._journal.claim([self._job.fingerprint], holder=self._holder)):
                # Another process may have finished it between the lookup and the claim.
                self.result = self._saved(self._journal)
                return
            self._claimed = False
            if self._deadline.remaining() == 0:
                raise DeadlineError("the deadline has passed while another process was making this briefing")
            yield pause
            pause = min(pause * 1.5, longest)

    def _leave(self, error: BaseException | None) -> Steps:
        path = self._job.source.path
        if self._journal is None:
            return
        if error is None:
            if self.result is not None and self.meta is not None:
                self._check_reads_back(self.result)
                yield self._journal.submit(self.result, self.meta, schema=self._job.schema, path=path)
                # The same transaction has ended the claim, unless the result has another fingerprint.
                self._claimed = self.meta.fingerprint != self._job.fingerprint
        elif isinstance(error, BriefingError) and self.failure_meta is not None:
            try:
                yield self._journal.submit(
                    error,
                    self.failure_meta(),
                    schema=self._job.schema,
                    path=path,
                    keys=[self._job.target.api_key],
                )
            except JournalError as unrecorded:
                # The reason for the failure matters more than that it was not recorded.
                error.add_note(f"The journal could not record this failure: {unrecorded}")

    def _check_reads_back(self, result: BaseModel) -> None:
        """Check that the journal would give back an equal result; a validator may have made values of another type.

        Raises:
            JournalError: it would not.
        """
        schema = self._job.schema
        if schema is Briefing:
            return
        try:
            saved = result.model_dump_json(by_alias=False, round_trip=True, warnings=False)
            again = read_recorded(schema, saved, initialize=False)
            _take_private(again, result)
            changed = [name for name, value in again if value != getattr(result, name)]
        except ValueError as error:
            changed = [str(error).splitlines()[0]]
        if changed:
            raise JournalError(
                f"{schema.__name__} cannot be recorded: what it is saved as does not read back equal "
                f"({', '.join(changed)}). Declare each field with the type that its validators return, and make the value "
                "in a BeforeValidator",
                result=result,
            )

    def _saved(self, journal: Store) -> BaseModel | None:
        entry = journal.get(self._job.fingerprint)
        if entry is None or entry.status != "done":
            return None
        try:
            result = entry.load(self._job.schema)
        except ValidationError as error:
            wrong = (
                f"is not a valid {self._job.schema.__name__}: {error.errors(include_input=False)[0]['msg']}"
            )
        except Exception as error:  # of a validator of the schema's own
            wrong = f"cannot be read as {self._job.schema.__name__}: {type(error).__name__}"
        else:
            violations = verify(result, self._job.source)
            if not violations:
                return result
            wrong = f"does not match the article: {violations[0].path}: {violations[0].message}"
        said = f"the result of {self._job.fingerprint} in {journal} {wrong}; it is made again"
        _log.warning("%s", one_line(said))
        return None

    def _release(self) -> None:
        if self._journal is not None and self._claimed:
            self._claimed = False
            with contextlib.suppress(JournalError):
                self._journal.release([self._job.fingerprint], holder=self._holder)


def _take_private(again: BaseModel, result: BaseModel) -> None:
    """Give each model in `again` the private attributes of its counterpart: they are not saved, but made once more."""
    models = {path: part for path, part in parts_of(result) if isinstance(part, BaseModel)}
    for path, part in list(parts_of(again)):
        if isinstance(part, BaseModel) and type(models.get(path)) is type(part):
            object.__setattr__(part, "__pydantic_private__", models[path].__pydantic_private__)


def _run(steps: Steps) -> None:
    for step in Trampoline(steps):
        with step:
            if isinstance(step.command, Future):
                with waiting():
                    step.result = step.command.result()
            else:
                with waiting():
                    time.sleep(step.command)


async def _arun(steps: Steps) -> None:
    for step in Trampoline(steps):
        with step:
            if isinstance(step.command, Future):
                # Shielded: a result that was paid for is recorded, also when nobody waits for it any more.
                done = asyncio.wrap_future(step.command)
                # Else asyncio prints the error of one that nobody waits for any more.
                done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
                step.result = await asyncio.shield(done)
            else:
                await asyncio.sleep(step.command)
