"""Briefings of a Ray dataset, by a pool of actors on a cluster.

    pip install "grounded-briefing[ray]"

Each actor holds one `Briefer` and works through batches of rows; its share of the account's limits bounds how many
articles it has in progress. Finished work is recorded in one journal, owned by an actor on the caller's node. A node
that dies loses only its articles in progress, and a restarted job requests only what is not recorded.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from briefing.api import Options, SummarizeOptions
from briefing.briefer import Briefer, PromptLike
from briefing.errors import BriefingError, ConfigurationError, MissingExtraError
from briefing.journal import Entry, Journal, KeptAnswer
from briefing.meta import Meta, Usage
from briefing.pipeline import StyleOptions, split_options
from briefing.schemas import Briefing
from briefing.sources import Source

try:
    import pyarrow as pa
    import ray
    from ray import cloudpickle
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
except ImportError as error:
    raise MissingExtraError("briefing.ray", "ray") from error

if TYPE_CHECKING:
    from typing import Unpack

    from ray.data import Dataset

T = TypeVar("T")

#: Columns added to the dataset.
RESULT_COLUMNS = ("briefing", "error", "error_type")


def summarize_dataset(
    ds: Dataset,
    *,
    text_column: str = "text",
    schema: type[BaseModel] = Briefing,
    prompt: PromptLike = "briefing",
    language: str | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    actors: int = 2,
    num_cpus: float = 0.25,
    batch_size: int = 64,
    max_concurrency: int | None = None,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    **options: Unpack[SummarizeOptions],
) -> Dataset:
    """Add a briefing to every row of a dataset.

    Lazy, like all of Ray Data: the work is done when the result is written or read. ``ds.write_parquet`` on the result
    writes each row once, even if a node dies meanwhile.

    Args:
        ds: dataset with one article per row.
        text_column: column of the article's text; null counts as an empty article.
        schema: as for `briefing.summarize`.
        prompt: as for `briefing.summarize`.
        language: as for `briefing.summarize`.
        checkpoint: path of a journal on the caller's machine, created if missing; articles that it has results of are
            not requested again. `None` (default) records nothing.
        actors: number of actors.
        num_cpus: CPUs that each actor reserves. Actors mostly wait for the model. Leave some CPUs for reading and
            writing, or Ray waits forever.
        batch_size: rows per call of an actor.
        max_concurrency: articles in progress per actor; `None` (default) adapts to the server.
        requests_per_minute: the account's limit, divided among the actors; `None` for no limit.
        tokens_per_minute: the account's limit, divided among the actors; `None` for no limit.
        **options: keywords of `Briefer`, except `journal`, and `style`, `focus`, `length` and `on_unsupported` as for
            `briefing.summarize`.

    Returns:
        `ds` with three more string columns: `briefing` (JSON of a `schema`), `error` (message) and `error_type`
        (name of the exception class). Either `briefing` is null, or `error` and `error_type` are.

    Raises:
        ConfigurationError: an argument is invalid, or cannot be pickled, as one that is sent to the actors must be: a judge
            that holds a lock or a connection.
        JournalError: `checkpoint` cannot be used as a journal.
    """
    if actors < 1 or batch_size < 1:
        raise ConfigurationError(
            f"actors and batch_size must be positive integers, not {actors!r} and {batch_size!r}"
        )
    if "journal" in options:
        raise ConfigurationError("journal= cannot be shared by actors; use checkpoint=")
    if options.get("client") is not None:
        raise ConfigurationError("client cannot be sent to other machines; use base_url and api_key")
    settings, style = split_options(options, StyleOptions)
    with Briefer(**settings) as briefer:  # fail here, not in every actor
        briefer.fingerprint(
            Source(text="a", lang=language or "und"), schema=schema, prompt=prompt, language=language, **style
        )
    for name, value in {**settings, "schema": schema, "prompt": prompt}.items():
        _check_picklable(name, value)
    journal_actor = None if checkpoint is None else _start_journal_actor(checkpoint)
    shared = {"requests_per_minute": requests_per_minute, "tokens_per_minute": tokens_per_minute}
    limits = {name: limit / actors for name, limit in shared.items() if limit is not None}
    if max_concurrency is not None:
        limits["max_concurrency"] = max_concurrency
    return ds.map_batches(
        _Summarizer,
        fn_constructor_kwargs={
            "options": settings,
            "ask": {"schema": schema, "prompt": prompt, "language": language, **style},
            "limits": limits,
            "text_column": text_column,
            "journal_actor": journal_actor,
        },
        batch_size=batch_size,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=actors),
        num_cpus=num_cpus,
    )


def _check_picklable(name: str, value: object) -> None:
    try:
        cloudpickle.dumps(value)
    except Exception as error:  # raised by any code of the object's
        raise ConfigurationError(
            f"{name} cannot be pickled, and so not be sent to Ray's actors: {type(error).__name__}: {error}. "
            "Let it make what cannot be pickled, such as locks, connections and models, on first use"
        ) from error


class _Summarizer:
    """Callable of the actors in the pool. Ray calls it with several batches concurrently; they share one run."""

    def __init__(
        self,
        *,
        options: Options,
        ask: dict[str, Any],
        limits: dict[str, Any],
        text_column: str,
        journal_actor: Any | None,
    ) -> None:
        if journal_actor is not None:
            options = {**options, "journal": _RemoteStore(journal_actor)}
        self._briefer = Briefer(**options)
        self._ask, self._limits, self._text_column = ask, limits, text_column
        self._texts: asyncio.Queue[str] = asyncio.Queue()
        #: Futures of the articles in progress, by index in the run.
        self._pending: dict[int, asyncio.Future[BaseModel | BriefingError]] = {}
        self._count = 0
        self._run: asyncio.Task[None] | None = None

    async def __call__(self, batch: pa.Table) -> AsyncIterator[pa.Table]:
        if self._text_column not in batch.column_names:
            has = ", ".join(batch.column_names)
            raise ConfigurationError(
                f"the dataset has no column {self._text_column!r}, only {has}; set text_column="
            )
        if self._run is None:
            self._run = asyncio.create_task(self._summarize())
        futures = []
        for text in batch.column(self._text_column).to_pylist():
            future = asyncio.get_running_loop().create_future()
            futures.append(future)
            self._pending[self._count] = future
            self._count += 1
            self._texts.put_nowait(text or "")
        results = asyncio.ensure_future(asyncio.gather(*futures))
        await asyncio.wait({self._run, results}, return_when=asyncio.FIRST_COMPLETED)
        if self._run.done():
            self._run.result()  # raises: the run is endless unless it fails
        rows = [_row(result) for result in await results]
        for number, name in enumerate(RESULT_COLUMNS):
            batch = batch.append_column(name, pa.array([row[number] for row in rows], pa.string()))
        yield batch

    async def _summarize(self) -> None:
        results = self._briefer.asummarize_many(self._articles(), ordered=False, **self._ask, **self._limits)
        async for result in results:
            self._pending.pop(results.index).set_result(result)

    async def _articles(self) -> AsyncIterator[str]:
        while True:
            yield await self._texts.get()


def _row(result: BaseModel | BriefingError) -> tuple[str | None, str | None, str | None]:
    if isinstance(result, BriefingError):
        return None, str(result), type(result).__name__
    return result.model_dump_json(), None, None


class _JournalActor:
    """The actor that owns the journal's file."""

    def __init__(self, path: str) -> None:
        self._journal = Journal(path)

    async def get(self, fingerprint: str) -> Entry | None:
        return self._journal.get(fingerprint)

    async def record(
        self,
        outcome: BaseModel | BriefingError,
        meta: Meta,
        schema: type[BaseModel],
        path: str | None,
        keys: Sequence[str | None],
    ) -> None:
        await self._journal.arecord(outcome, meta, schema=schema, path=path, keys=keys)

    async def find_answer(self, fingerprint: str, ask: str) -> KeptAnswer | None:
        return self._journal.find_answer(fingerprint, ask)

    async def keep_answer(self, fingerprint: str, ask: str, text: str, usage: Usage, attempts: int) -> None:
        await asyncio.wrap_future(self._journal.keep_answer(fingerprint, ask, text, usage, attempts))


def _start_journal_actor(path: str | os.PathLike[str]) -> Any:
    """Start the journal's actor on the caller's node, where the file is.

    Raises:
        JournalError: the file cannot be used as a journal.
    """
    with Journal(path) as journal:
        journal.totals()  # fail here, not in the actor
    if not ray.is_initialized():
        ray.init()
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    remote: Any = ray.remote(_JournalActor)
    return remote.options(num_cpus=0, max_concurrency=1000, scheduling_strategy=here).remote(
        str(Path(path).resolve())
    )


class _RemoteStore:
    """A `Store` and `AnswerStore` that forwards reads and records to the journal's actor.

    Claims are always granted: a claim would outlive a node that died while holding it. An article that occurs in two
    batches is therefore requested twice if both are in progress at the same time; within a batch it is requested once.
    """

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def get(self, fingerprint: str) -> Entry | None:
        found: Entry | None = self._actor.get.remote(fingerprint).future().result()
        return found

    def submit(
        self,
        outcome: BaseModel | BriefingError,
        meta: Meta,
        *,
        schema: type[BaseModel],
        path: str | None = None,
        keys: Sequence[str | None] = (),
    ) -> Future[None]:
        recorded: Future[None] = self._actor.record.remote(outcome, meta, schema, path, keys).future()
        return recorded

    def find_answer(self, fingerprint: str, ask: str) -> KeptAnswer | None:
        found: KeptAnswer | None = self._actor.find_answer.remote(fingerprint, ask).future().result()
        return found

    def keep_answer(self, fingerprint: str, ask: str, text: str, usage: Usage, attempts: int) -> Future[None]:
        kept: Future[None] = self._actor.keep_answer.remote(fingerprint, ask, text, usage, attempts).future()
        return kept

    def claim(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[set[str]]:
        return _resolved(set(fingerprints))

    def release(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[None]:
        return _resolved(None)

    def close(self) -> None:
        """Do nothing: the actor closes the journal."""

    def __repr__(self) -> str:
        return "the cluster's journal"


def _resolved(value: T) -> Future[T]:
    future: Future[T] = Future()
    future.set_result(value)
    return future
