"""`Store`: what `Briefer` needs of a journal, as a protocol. `Journal` implements it; so can a store on another machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pydantic import BaseModel

from briefing.errors import BriefingError
from briefing.meta import Meta, Usage

if TYPE_CHECKING:
    # The protocol alone does not load SQLite.
    from briefing.journal.answers import KeptAnswer
    from briefing.journal.records import Entry


@runtime_checkable
class Store(Protocol):
    """A record of finished work, by fingerprint. Methods may be called from any thread.

    Methods that write return a `concurrent.futures.Future`, so that sync and async callers share them.
    `JournalError` is the error of every method, raised or in the future.
    """

    def get(self, fingerprint: str) -> Entry | None:
        """Return the entry of a fingerprint, or `None` if nothing is recorded."""

    def submit(
        self,
        outcome: BaseModel | BriefingError,
        meta: Meta,
        *,
        schema: type[BaseModel],
        path: str | None = None,
        keys: Sequence[str | None] = (),
    ) -> Future[None]:
        """Record an outcome under `meta.fingerprint`, and release this store's claim of it.

        Args:
            outcome: the result, or the error in its place. A failure must not replace a result.
            meta: how the outcome was made.
            schema: type that was requested.
            path: the article's file, if known.
            keys: secrets to redact from the message of an error.

        Returns:
            A future, resolved when the outcome is durable.
        """

    def claim(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[set[str]]:
        """Claim fingerprints, so that no other caller makes the same results meanwhile.

        Args:
            fingerprints: to claim.
            holder: identifies the caller; claims are exclusive between holders, too.

        Returns:
            A future of the fingerprints that were free and are now claimed.
        """

    def release(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[None]:
        """Release claims of this holder; fingerprints that it does not hold are ignored."""

    def close(self) -> None:
        """Finish pending writes, release all claims and free resources."""


@runtime_checkable
class AnswerStore(Protocol):
    """A store that also keeps answers about parts of long articles, until their results are recorded."""

    def find_answer(self, fingerprint: str, ask: str) -> KeptAnswer | None:
        """Return the answer to an ask of an article, or `None`."""

    def keep_answer(self, fingerprint: str, ask: str, text: str, usage: Usage, attempts: int) -> Future[None]:
        """Record an answer to an ask of an article. Does not block."""
