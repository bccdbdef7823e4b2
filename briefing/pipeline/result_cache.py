"""`Recall`: one call's way through the journal: a saved result that holds, or a new one, recorded before it is returned."""

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

from briefing.errors import BriefingError, DeadlineError, JournalError
from briefing.llm import Deadline
from briefing.meta import Meta
from briefing.pipeline.plans import Job
from briefing.pipeline.trampoline import Trampoline
from briefing.schemas import verify

if TYPE_CHECKING:
    # Without a journal, SQLite is not loaded.
    from briefing.journal import Store

_log = logging.getLogger(__name__)
#: Seconds between two looks at what another is making: from the first, growing to the second.
_PAUSES = 0.02, 1.0

Steps = Generator[Future[Any] | float, Any, None]


class CachedResult:
    """A context, sync or async, in which a result is made where none is saved.

    On entering, `result` is the saved one, verified against the source, or `None`: then the fingerprint
    is claimed, and the caller makes the result and sets `result` and `meta`. On leaving, it is recorded;
    a `BriefingError` is recorded as a failure, if `bill` is set. While another process makes the same,
    entering waits.

    Args:
        journal: where to look and to record; `None` for nowhere.
        job: what is to be made.
        deadline: until when to wait for another process.

    Attributes:
        result: saved or made.
        meta: how the one that was made came to be; `None` for a saved one.
        bill: gives what was spent on a result that could not be made.
    """

    def __init__(self, journal: Store | None, job: Job, deadline: Deadline) -> None:
        self._journal, self._job, self._deadline = journal, job, deadline
        self._holder = "" if journal is None else uuid.uuid4().hex
        self._claimed = False
        self.result: BaseModel | None = None
        self.meta: Meta | None = None
        self.bill: Callable[[], Meta] | None = None

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
            # Also where the claim was only asked for: it is given back after it is given.
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
                # Another may have finished it between the look and the claim.
                self.result = self._saved(self._journal)
                return
            self._claimed = False
            if self._deadline.remaining() == 0:
                raise DeadlineError("the deadline has passed, while another process made this briefing")
            yield pause
            pause = min(pause * 1.5, longest)

    def _leave(self, error: BaseException | None) -> Steps:
        path = self._job.source.path
        if self._journal is None:
            return
        if error is None:
            if self.result is not None and self.meta is not None:
                yield self._journal.submit(self.result, self.meta, schema=self._job.schema, path=path)
                # Its claim ended in the same transaction, if it was of this fingerprint.
                self._claimed = self.meta.fingerprint != self._job.fingerprint
        elif isinstance(error, BriefingError) and self.bill is not None:
            try:
                yield self._journal.submit(
                    error, self.bill(), schema=self._job.schema, path=path, keys=[self._job.target.api_key]
                )
            except JournalError as unrecorded:
                # Why there is no briefing matters more.
                error.add_note(f"This is not in the journal: {unrecorded}")

    def _saved(self, journal: Store) -> BaseModel | None:
        entry = journal.get(self._job.fingerprint)
        if entry is None or entry.status != "done":
            return None
        try:
            result = entry.load(self._job.schema)
        except ValidationError as error:
            wrong = f"is no {self._job.schema.__name__}: {error.errors(include_input=False)[0]['msg']}"
        else:
            violations = verify(result, self._job.source)
            if not violations:
                return result
            wrong = f"does not hold: {violations[0].path}: {violations[0].message}"
        _log.warning("what %s has of %s %s; it is made again", journal, self._job.fingerprint, wrong)
        return None

    def _release(self) -> None:
        if self._journal is not None and self._claimed:
            self._claimed = False
            with contextlib.suppress(JournalError):
                self._journal.release([self._job.fingerprint], holder=self._holder)


def _run(steps: Steps) -> None:
    for step in Trampoline(steps):
        with step:
            if isinstance(step.command, Future):
                step.result = step.command.result()
            else:
                time.sleep(step.command)


async def _arun(steps: Steps) -> None:
    for step in Trampoline(steps):
        with step:
            if isinstance(step.command, Future):
                # Shielded: a result that was paid for is recorded, also when nobody waits for it any more.
                step.result = await asyncio.shield(asyncio.wrap_future(step.command))
            else:
                await asyncio.sleep(step.command)
