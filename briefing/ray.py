"""Datasets of articles on a Ray cluster: the plans of `summarize`, run by a pool of actors.

    pip install "briefing[ray]"

Each actor holds one `Briefer` and works through batches of rows, with as many articles under way as its share of
the account's limits lets it. Finished work is recorded in one journal, which an actor on the caller's node keeps: a
node that dies loses what it had under way, and a job that was killed asks only for what it had not recorded.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.api import Options
from briefing.briefer import Briefer, PromptLike
from briefing.errors import BriefingError, ConfigurationError, MissingExtraError
from briefing.journal import Entry, Journal
from briefing.meta import Meta
from briefing.schemas import Briefing

try:
    import pyarrow as pa
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
except ImportError as error:
    raise MissingExtraError("briefing.ray", "ray") from error

if TYPE_CHECKING:
    from typing import Unpack

    from ray.data import Dataset

#: Columns that are added to the dataset's.
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
    **options: Unpack[Options],
) -> Dataset:
    """Make a briefing of every row of a dataset.

    Lazy, as all of Ray Data: the work is done when the result is written or read. ``ds.write_parquet`` after it
    writes each row once, also where a node died in the middle.

    Args:
        ds: of rows with an article's text each.
        text_column: where the text is.
        schema: as for `briefing.summarize`.
        prompt: as for `briefing.summarize`.
        language: as for `briefing.summarize`.
        checkpoint: path of a journal on the machine of the caller; what it holds is not asked again.
        actors: how many work at the same time.
        num_cpus: that each of them reserves; they wait for the model most of the time. Something must be left for
            reading and writing, or Ray waits for ever.
        batch_size: rows given to an actor at once.
        max_concurrency: articles under way in one actor; default: what the server bears.
        requests_per_minute: that the account allows, all actors together.
        tokens_per_minute: that the account allows, all actors together.
        options: keywords of `Briefer`.

    Returns:
        `ds` with three columns more: `briefing` (JSON of an instance of `schema`), `error` and `error_type`.
        Either the first is null or the other two are.

    Raises:
        ConfigurationError: an argument that cannot be used.
    """
    if actors < 1 or batch_size < 1:
        raise ConfigurationError("actors and batch_size must be whole numbers from 1 on")
    if "journal" in options:
        raise ConfigurationError("give checkpoint=, which all actors share, in place of journal=")
    Briefer(**options)  # what cannot be used is told here, and not by every actor
    keeper = None if checkpoint is None else _keeper(checkpoint)
    pace = {
        "max_concurrency": max_concurrency,
        "requests_per_minute": _share(requests_per_minute, actors),
        "tokens_per_minute": _share(tokens_per_minute, actors),
    }
    return ds.map_batches(
        _Summarizer,
        fn_constructor_kwargs={
            "options": dict(options),
            "ask": {"schema": schema, "prompt": prompt, "language": language},
            "pace": {name: limit for name, limit in pace.items() if limit is not None},
            "text_column": text_column,
            "keeper": keeper,
        },
        batch_size=batch_size,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=actors),
        num_cpus=num_cpus,
    )


def _share(limit: float | None, actors: int) -> float | None:
    return None if limit is None else limit / actors


class _Summarizer:
    """What an actor of the pool runs. Ray gives it several batches at the same time; they share one run."""

    def __init__(
        self,
        *,
        options: Options,
        ask: dict[str, Any],
        pace: dict[str, Any],
        text_column: str,
        keeper: Any | None,
    ) -> None:
        if keeper is not None:
            options = {**options, "journal": _KeptElsewhere(keeper)}
        self._briefer = Briefer(**options)
        self._ask, self._pace, self._text_column = ask, pace, text_column
        self._texts: asyncio.Queue[str] = asyncio.Queue()
        #: By the article's number in the run.
        self._awaited: dict[int, asyncio.Future[BaseModel | BriefingError]] = {}
        self._given = 0
        self._run: asyncio.Task[None] | None = None

    async def __call__(self, batch: pa.Table) -> AsyncIterator[pa.Table]:
        if self._text_column not in batch.column_names:
            has = ", ".join(batch.column_names)
            raise ConfigurationError(
                f"the dataset has no column {self._text_column!r} but {has}; give text_column="
            )
        if self._run is None:
            self._run = asyncio.create_task(self._summarize())
        futures = []
        for text in batch.column(self._text_column).to_pylist():
            future = asyncio.get_running_loop().create_future()
            futures.append(future)
            self._awaited[self._given] = future
            self._given += 1
            # A missing text is an empty article.
            self._texts.put_nowait(text or "")
        results = asyncio.ensure_future(asyncio.gather(*futures))
        await asyncio.wait({self._run, results}, return_when=asyncio.FIRST_COMPLETED)
        if self._run.done():  # it ends only by an error
            self._run.result()
        rows = [_row(result) for result in await results]
        for number, name in enumerate(RESULT_COLUMNS):
            batch = batch.append_column(name, pa.array([row[number] for row in rows], pa.string()))
        yield batch

    async def _summarize(self) -> None:
        results = self._briefer.asummarize_many(self._articles(), ordered=False, **self._ask, **self._pace)
        async for result in results:
            self._awaited.pop(results.index).set_result(result)

    async def _articles(self) -> AsyncIterator[str]:
        while True:
            yield await self._texts.get()


def _row(result: BaseModel | BriefingError) -> tuple[str | None, str | None, str | None]:
    if isinstance(result, BriefingError):
        return None, str(result), type(result).__name__
    return result.model_dump_json(), None, None


class _Keeper:
    """The actor that holds the journal."""

    def __init__(self, path: str) -> None:
        self._journal = Journal(path)

    async def get_many(self, fingerprints: Sequence[str], results: bool) -> dict[str, Entry]:
        return self._journal.get_many(fingerprints, results=results)

    async def record(
        self, outcome: BaseModel | BriefingError, meta: Meta, schema: type[BaseModel], path: str | None
    ) -> None:
        await self._journal.arecord(outcome, meta, schema=schema, path=path)


def _keeper(path: str | os.PathLike[str]) -> Any:
    """A journal's keeper, on the caller's node, where the file is."""
    Journal(path).totals()  # a file that cannot be used is told here
    if not ray.is_initialized():
        ray.init()
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    kept: Any = ray.remote(_Keeper)
    return kept.options(num_cpus=0, max_concurrency=1000, scheduling_strategy=here).remote(
        str(Path(path).resolve())
    )


class _KeptElsewhere(Journal):
    """A journal as an actor of the pool sees it: each call goes to the keeper.

    Nothing is claimed: a claim would outlive a node that died with it. So an article that two batches hold is asked
    twice if both are under way at the same time; within a batch it is asked once.
    """

    def __init__(self, keeper: Any) -> None:
        self._keeper = keeper

    @override
    def get_many(self, fingerprints: Iterable[str], *, results: bool = True) -> dict[str, Entry]:
        found: dict[str, Entry] = self._keeper.get_many.remote(list(fingerprints), results).future().result()
        return found

    @override
    def submit(
        self,
        outcome: BaseModel | BriefingError,
        meta: Meta,
        *,
        schema: type[BaseModel],
        path: str | None = None,
        keys: Sequence[str | None] = (),
    ) -> Future[None]:
        recorded: Future[None] = self._keeper.record.remote(outcome, meta, schema, path).future()
        return recorded

    @override
    def claim(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[set[str]]:
        return _done(set(fingerprints))

    @override
    def release(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[None]:
        return _done(None)

    @override
    def close(self) -> None:
        """Nothing is open here."""

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        return _KeptElsewhere, (self._keeper,)

    @override
    def __repr__(self) -> str:
        return "Journal(of the cluster)"


def _done(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future
