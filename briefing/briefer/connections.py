"""`Connections`: the models of a briefer, and the clients that call them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from briefing.errors import BriefingError, ConfigurationError
from briefing.llm import Budget, Client, GivenClient, Target
from briefing.local import OneTimeStart
from briefing.pipeline import Judging
from briefing.threads import Lock
from briefing.throttling import CallGate, Limiter, limit_from_options

if TYPE_CHECKING:
    from briefing.journal import Store

Progress = Callable[[str], None]
#: What a copy of a briefer begins without.
_NOT_SHARED: dict[str, None] = dict.fromkeys(("_client", "_judge", "_budget", "_limiter"))
#: Held while a client becomes a briefer's: threads that begin at the same time share one, which is closed with the briefer.
_SETTING = Lock()


class Connections:
    """Clients of a briefer's models (the first one, its fallbacks, the judge) and its journal. Copies share no connections.

    `Briefer` sets the attributes.
    """

    _asked: Target
    #: The user's own client of the model.
    _given: GivenClient | None
    _judging: Judging | None
    _timeout: float
    _max_attempts: int
    _on_progress: Progress | None
    _client: Client | None = None
    #: The client of another model that judges, or why a run over many articles has none.
    _judge: Client | BriefingError | None = None
    _journal: Store | None = None
    _own_journal: bool = False
    #: One of this class for each fallback model.
    _fallbacks: list[Any]
    #: Set in the copy that one run over many articles uses.
    _budget: Budget | None = None
    _limiter: CallGate | None = None
    _judge_limiter: CallGate | None = None
    _start: OneTimeStart[Client] | None = None
    _judge_start: OneTimeStart[Client | BriefingError | None] | None = None

    @property
    def model(self) -> str:
        """Full name of the model, as in `meta.model`."""
        return (self._client.target if self._client else self._asked).model

    def close(self) -> None:
        """Close the connections, and the journal if it was given as a path. The briefer can still be used afterwards."""
        self._close_journal()
        for client in (self._client, self._judge):
            if isinstance(client, Client):
                client.transport.close()
        for fallback in self._fallbacks:
            fallback.close()

    async def aclose(self) -> None:
        """Close the connections that `asummarize` opened; otherwise like `close`."""
        self._close_journal()
        await self._disconnect()

    async def _disconnect(self) -> None:
        """Close the connections of the running event loop."""
        for client in (self._client, self._judge):
            if isinstance(client, Client):
                await client.transport.aclose()
        for fallback in self._fallbacks:
            await fallback._disconnect()  # noqa: SLF001  # of this class

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.aclose()

    def __copy__(self) -> Self:
        copied = type(self).__new__(type(self))
        vars(copied).update(vars(self), **_NOT_SHARED)
        return copied

    def __getstate__(self) -> dict[str, Any]:
        if self._given is not None:
            raise ConfigurationError(
                "a Briefer with client= cannot be sent to another process or pickled: its connections belong to this one. Use "
                "base_url= and api_key=, or make the Briefer there"
            )
        return vars(self) | _NOT_SHARED

    def _for_run(
        self, gate: CallGate, budget: Budget, other_gate: Callable[[Target], CallGate] | None = None
    ) -> Self:
        """A copy for one run over many articles; its event loop is another one, or none of its connections outlive the run.

        `other_gate` returns what the calls of another model wait for.
        """
        other_gate = other_gate or _own_limiter
        target = self._client.target if self._client else self._asked
        briefer = self._other(_budget=budget, _limiter=gate)
        settings: dict[str, Any] = {}
        if self._judging is not None and (judge := self._judging.target) is not None:
            settings["_judge_limiter"] = other_gate(judge)
            settings["_judge_start"] = OneTimeStart(briefer._connected_judge)  # noqa: SLF001  # of this class
        if is_to_be_started(target):  # on first use: a run that finds all in the journal needs no server
            settings["_start"] = OneTimeStart(briefer._connected)  # noqa: SLF001
        else:
            settings["_client"] = self._client_of(target)
        settings["_fallbacks"] = [
            fallback._for_run(other_gate(fallback._asked), budget, other_gate)  # noqa: SLF001
            for fallback in self._fallbacks
        ]
        vars(briefer).update(settings)
        return briefer

    def _attached(self, journal: Store | None, on_progress: Progress | None) -> Self:
        """A copy with this journal, which it does not own, and this callback; its fallbacks, too."""
        fallbacks = [fallback._attached(journal, on_progress) for fallback in self._fallbacks]  # noqa: SLF001
        return self._other(
            _journal=journal, _own_journal=False, _on_progress=on_progress, _fallbacks=fallbacks
        )

    def _other(self, **settings: Any) -> Self:
        """A copy with these attributes, and without connections."""
        briefer = copy.copy(self)
        vars(briefer).update({"_client": None, "_judge": None, "_fallbacks": []} | settings)
        return briefer

    def _close_journal(self) -> None:
        if self._journal is not None and self._own_journal:
            self._journal.close()

    def _connected(self) -> Client:
        if self._client is None:
            client = self._client_of(self._asked)
            with _SETTING:
                self._client = self._client or client  # a faster thread may have connections by now
        return self._client

    def _connected_judge(self) -> Client | BriefingError | None:
        """The client of another model that judges, or why it has none; `None` if no other model judges."""
        if self._judge is None and self._judging is not None and self._judging.target is not None:
            try:
                judge = self._client_of(self._judging.target)
                with _SETTING:
                    self._judge = self._judge or judge
            except BriefingError as error:
                if self._judge_start is None:
                    return error  # it is tried again for the next article
                self._judge = error
        return self._judge

    def _client_of(self, target: Target) -> Client:
        if is_to_be_started(target):
            target = _started(target, self._on_progress)
        given = self._given if target is self._asked else None
        return Client(target, timeout=self._timeout, max_attempts=self._max_attempts, given=given)


def is_to_be_started(target: Target) -> bool:
    """Whether the model runs on this machine and has no server yet."""
    return target.local and target.base_url is None


def _own_limiter(target: Target) -> Limiter:
    """The limiter of another model than the writer: another server, other limits."""
    return Limiter(limit_from_options({}, local=is_to_be_started(target)))


def _started(target: Target, on_progress: Progress | None) -> Target:
    """Return the target of a local model with its server's address; start the server if it is not running."""
    from briefing.local import serve

    def progress(done: int, total: int, note: str) -> None:
        if on_progress is not None:
            on_progress(f"{note} {done * 100 // total} %" if total else note)

    endpoint = serve(target.spec, progress)
    model = f"local/{endpoint.model}" if endpoint.warning else target.model
    return replace(
        target, model=model, base_url=endpoint.base_url, api_key=endpoint.api_key, warning=endpoint.warning
    )
