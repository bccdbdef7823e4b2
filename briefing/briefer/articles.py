"""`ArticleMaker`: makes the briefings of one run over many articles, in this process or in a worker."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from typing_extensions import override

from briefing.briefer.connections import Progress, is_to_be_started
from briefing.bulk import ArticlesRun, LimiterRoom, PreparedArticle
from briefing.errors import ConfigurationError
from briefing.llm import Budget
from briefing.processes import ArticleTask, Processes, Setup, automatic_count, packed
from briefing.sources import Source
from briefing.throttling import CallGate, Limiter

if TYPE_CHECKING:
    from briefing.briefer.briefer import Briefer
    from briefing.briefer.making import Article
    from briefing.journal import Store


_log = logging.getLogger(__name__)


class ArticleMaker(ArticleTask):
    """Makes the briefings of one run.

    Args:
        briefer: the settings.
        ask: the other keywords of `Briefer.summarize`.
    """

    def __init__(self, briefer: Briefer, ask: dict[str, Any]) -> None:
        self._briefer, self._ask = briefer, ask

    @override
    def connect(
        self,
        new_gate: Callable[[], CallGate],
        budget: Budget,
        store: Store | None,
        on_progress: Progress | None,
    ) -> None:
        attached = self._briefer._attached(store, on_progress)  # noqa: SLF001  # of this package
        self._briefer = attached._for_run(new_gate(), budget, lambda _: new_gate())  # noqa: SLF001

    @override
    def key(self, source: Source) -> str:
        identity = "\0".join((source.text, source.title or "", source.lang))
        return hashlib.sha256(identity.encode()).hexdigest()

    @override
    async def make(self, source: Source) -> BaseModel:
        return await self._briefer.asummarize(source, **self._ask)

    async def read(self, article: Article) -> PreparedArticle:
        """Read an article in this process.

        Raises:
            InputError: it cannot be read.
        """
        source = Source.of(article)
        return PreparedArticle(self.key(source), lambda: self.make(source))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._briefer.aclose()


def worker_setup(briefer: Briefer, ask: dict[str, Any], processes: Processes) -> bytes | None:
    """Return what workers are sent, pickled; `None` where "auto" cannot have any.

    Raises:
        ConfigurationError: it cannot be sent, or the model is local.
    """
    if processes == 1 or (processes == "auto" and automatic_count() == 1):
        return None
    try:
        return _packed_setup(briefer, ask)
    except ConfigurationError as error:
        if processes != "auto":
            raise
        _log.info("all articles are worked on in one process: %s", error)
        return None


def _packed_setup(briefer: Briefer, ask: dict[str, Any]) -> bytes:
    # Attributes of this package's classes.
    for maker in briefer._models:  # noqa: SLF001
        if is_to_be_started(maker._asked):  # noqa: SLF001
            raise ConfigurationError(
                f"{maker.model} is a local model, which takes all cores itself; use processes=1"
            )
    judge = briefer._judging  # noqa: SLF001
    for name, value in {**ask, "judge": judge}.items():
        packed(name, value)
    journal = briefer._journal  # noqa: SLF001
    keeps_answers = False
    if journal is not None:
        from briefing.journal import AnswerStore

        keeps_answers = isinstance(journal, AnswerStore)
    setup = Setup(
        task=ArticleMaker(briefer._attached(None, None), ask),  # noqa: SLF001
        **briefer._limits,  # noqa: SLF001
        store=None if journal is None else str(journal),
        keeps_answers=keeps_answers,
        reports_progress=briefer._on_progress is not None,  # noqa: SLF001
        log_level=logging.getLogger("briefing").getEffectiveLevel(),
    )
    return packed("this Briefer", setup)


def open_run(
    briefer: Briefer, ask: dict[str, Any], limiter: Limiter, processes: Processes, setup: bytes | None
) -> ArticlesRun:
    """Open a run over many articles in the running event loop; `setup` is that of `worker_setup`."""
    budget = Budget(**briefer._limits)  # noqa: SLF001
    journal, on_progress = briefer._journal, briefer._on_progress  # noqa: SLF001
    here = ArticleMaker(briefer._for_run(limiter, budget), ask)  # noqa: SLF001
    if setup is None:
        return ArticlesRun(here.read, limiter, here.aclose, recorded=journal is not None)
    # Without workers, nothing of them is loaded.
    from briefing.processes import AutomaticWorkers, WorkerPool

    count = automatic_count() if processes == "auto" else processes
    deadline = briefer._deadline  # noqa: SLF001
    pool = WorkerPool(setup, count, limiter, budget, journal, on_progress, deadline=deadline)

    async def close() -> None:
        try:
            await pool.aclose()
        finally:
            await here.aclose()

    room = AutomaticWorkers(pool, here.read, LimiterRoom(limiter)) if processes == "auto" else pool
    return ArticlesRun(room.prepare, limiter, close, recorded=journal is not None, room=room)
