"""What users call: `submit`, `status`, `collect`, `results`, `cancel`."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypedDict, TypeVar, Unpack, overload

from pydantic import BaseModel

from briefing import errors
from briefing.batch.articles import FinishedArticle
from briefing.batch.files import Limits
from briefing.batch.session import Rejected, Session
from briefing.batch.store import Store
from briefing.briefer import Article, PromptLike
from briefing.errors import BriefingError, ProviderError
from briefing.meta import Usage
from briefing.pipeline import PlanName
from briefing.prompts import load_prompt
from briefing.schemas import Briefing, schema_sha256
from briefing.sources import Source

T = TypeVar("T", bound=BaseModel)
JournalPath = str | os.PathLike[str]
#: Seconds between two looks at the provider's batches, which take minutes to hours.
_POLL = 60.0


@dataclass(frozen=True)
class Progress:
    """How far the batches of a journal are.

    Attributes:
        articles: submitted, each counted once.
        done: articles with a result.
        failed: articles that failed.
        batches: the provider's batches that have not been taken in, by their status.
        waiting: requests that are in no batch yet; the next `collect` sends them.
        usage: tokens so far.
        calls: requests answered so far.
        cost_usd: US dollars for the articles that are done or failed, at the price of batches; `None`
            where it is not known.
        rejected: what could not be read, by this call.
        problems: what kept this call from going further, such as a full queue at the provider; it
            is tried again by the next.
    """

    articles: int
    done: int
    failed: int
    batches: dict[str, int]
    waiting: int
    usage: Usage
    calls: int
    cost_usd: float | None
    rejected: tuple[Rejected, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def open(self) -> int:
        """Articles that are neither done nor failed."""
        return self.articles - self.done - self.failed

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to collect."""
        return self.open == 0


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What became of an article.

    Attributes:
        name: its file, URL, title, or a hash of its text.
        fingerprint: hash of all that the result depends on.
        result: the briefing; `None` where it failed.
        error: what it failed with. Where that was no error of ours, a note (`__notes__`) has the traceback.
    """

    name: str
    fingerprint: str
    result: T | None
    error: BriefingError | None


class ConnectionOptions(TypedDict, total=False):
    """Where batches run: `base_url` and `api_key`, as `Briefer` takes them, and whether results carry their source."""

    base_url: str | None
    api_key: str | None
    keep_source: bool


class SubmitOptions(ConnectionOptions, total=False):
    """What may be said of a submission: as `Briefer` takes it; limits are for all batches of the journal together."""

    model: str | None
    plan: PlanName
    max_attempts: int
    max_cost_usd: float | None
    max_tokens_total: int | None


def submit(
    sources: Iterable[Article | Rejected],
    *,
    journal: JournalPath,
    schema: type[BaseModel] = Briefing,
    prompt: PromptLike = "briefing",
    language: str | None = None,
    retry_failed: bool = False,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    **options: Unpack[SubmitOptions],
) -> Progress:
    """Submit articles to the provider's batch API. Returns when they are sent; the answers take up to a day.

    An article that the journal has is not asked again, and two that are the same are asked once.
    When the process ends in the middle, submit the same again, or collect: nothing is paid twice.

    Args:
        sources: text (`str`), files (`pathlib.Path`) or `Source`s; read lazily.
        journal: file that holds the state; made if it is not there.
        schema: what to return, as `Briefer.summarize` takes it.
        prompt: as `Briefer.summarize` takes it.
        language: as `Briefer.summarize` takes it.
        retry_failed: ask again what failed; good answers of the same article are kept.
        limits: of one file of requests.
        **options: `model` (``openai/NAME``), `base_url`, `api_key`, `plan`, `max_attempts`; `max_cost_usd` and
            `max_tokens_total` for all that this journal's batches have taken and take, until others are given. Before a
            request goes out it must fit in, by an estimate; an article whose first requests do not has failed with a
            `BudgetError`, and one whose repair does not goes without.

    Raises:
        ConfigurationError: the model has no batch API, or the prompt or schema cannot be used.
        JournalError: the journal cannot be used.
        ProviderError: the provider refused. What was read is in the journal, and is sent by the next call.
    """
    asked: dict[str, Any] = {**options}
    with Session(Path(journal), schema=schema, limits=limits, options=asked) as run:
        rejected = run.submit(_named(sources), load_prompt(prompt), language, retry_failed=retry_failed)
        return _progress(run.store, rejected, run.problems)


def status(journal: JournalPath, **connection: Unpack[ConnectionOptions]) -> Progress:
    """Ask the provider how far the batches are. Takes nothing in.

    Args:
        journal: as for `submit`.
        **connection: `base_url`, `api_key`.

    Raises:
        JournalError: the journal cannot be used.
        ProviderError: the provider does not answer, or does not know a batch.
    """
    asked: dict[str, Any] = {**connection}
    with Session(Path(journal), schema=Briefing, limits=Limits(), options=asked) as run:
        run.refresh()
        return _progress(run.store)


def collect(
    journal: JournalPath,
    *,
    schema: type[BaseModel] = Briefing,
    wait: bool = False,
    poll: float = _POLL,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    on_progress: Callable[[Progress], None] | None = None,
    **connection: Unpack[ConnectionOptions],
) -> Progress:
    """Take in what is finished, and send what its articles ask next: repairs, and answers of the wrong shape.

    Args:
        journal: as for `submit`.
        schema: as for `submit`.
        wait: go on until all articles are done or failed.
        poll: seconds between two looks.
        limits: of one file of requests.
        on_progress: told after each look.
        **connection: `base_url`, `api_key`, `keep_source`.

    Returns:
        How far it is; `finished` says whether to collect again.

    Raises:
        ConfigurationError: the open articles were submitted with another schema.
        JournalError: the journal cannot be used.
        ProviderError: the provider refused, or does not know a batch.
    """
    asked: dict[str, Any] = {**connection}
    with Session(Path(journal), schema=schema, limits=limits, options=asked) as run:
        while True:
            run.collect()
            progress = _progress(run.store, (), run.problems)
            if on_progress is not None:
                on_progress(progress)
            if progress.finished or not wait:
                return progress
            time.sleep(poll)


def cancel(journal: JournalPath, **connection: Unpack[ConnectionOptions]) -> int:
    """Stop the batches of a journal at the provider. What they have answered is paid, and taken in by `collect`.

    Args:
        journal: as for `submit`.
        **connection: `base_url`, `api_key`.

    Returns:
        How many were stopped.

    Raises:
        JournalError: the journal cannot be used.
        ProviderError: the provider refused, or does not know a batch.
    """
    asked: dict[str, Any] = {**connection}
    with Session(Path(journal), schema=Briefing, limits=Limits(), options=asked) as run:
        return run.cancel()


@overload
def results(journal: JournalPath) -> Iterator[Outcome[Briefing]]: ...


@overload
def results(journal: JournalPath, *, schema: type[T]) -> Iterator[Outcome[T]]: ...


def results(journal: JournalPath, *, schema: type[BaseModel] = Briefing) -> Iterator[Outcome[Any]]:
    """What is done or failed, in the order of submission; an article that was submitted twice by other names comes twice.

    Args:
        journal: as for `submit`.
        schema: as for `submit`; articles of other schemas are passed over.

    Raises:
        JournalError: the journal cannot be used.
    """
    sha256 = schema_sha256(schema)
    with Store(Path(journal)) as store:
        for finished in store.finished():
            if finished.schema_sha256 == sha256 and (finished.error or finished.entry):
                yield _outcome(finished, schema)


def _outcome(finished: FinishedArticle, schema: type[BaseModel]) -> Outcome[Any]:
    result = finished.entry.load(schema) if finished.entry is not None and finished.error is None else None
    error = None if finished.error is None else _read(json.loads(finished.error))
    return Outcome(finished.name, finished.fingerprint, result, error)


def _read(saved: dict[str, Any]) -> BriefingError:
    kind = getattr(errors, saved["kind"], BriefingError)
    error: BriefingError = kind(saved["message"])
    usage = saved["usage"]
    error.usage = None if usage is None else Usage.model_validate(usage)
    error.attempts, error.cost_usd = saved["attempts"], saved["cost_usd"]
    if told := saved.get("traceback"):
        error.add_note(told)
    if isinstance(error, ProviderError):
        error.provider_message, error.status = saved["provider_message"], saved["status"]
    return error


def _progress(store: Store, rejected: Iterable[Rejected] = (), problems: Iterable[str] = ()) -> Progress:
    counts = store.counts()
    batches: dict[str, int] = {}
    for file in store.files(collected=False):
        batches[file.status] = batches.get(file.status, 0) + 1
    read, written, cached, calls = store.bill()
    return Progress(
        articles=sum(counts.values()),
        done=counts.get("done", 0),
        failed=counts.get("failed", 0),
        batches=batches,
        waiting=store.waiting(),
        usage=Usage(input_tokens=read, output_tokens=written, cached_tokens=cached),
        calls=calls,
        cost_usd=store.cost_usd(),
        rejected=tuple(rejected),
        problems=tuple(problems),
    )


def _named(sources: Iterable[Article | Rejected]) -> Iterator[tuple[str, Callable[[], Source]]]:
    """Names, and functions that read: a file that cannot be read must not end the run."""
    for article in sources:
        if isinstance(article, Rejected):
            yield article.name, partial(_raise, article.error)
        else:
            yield _name(article), partial(Source.of, article)


def _raise(error: BriefingError) -> Source:
    raise error


def _name(article: Article) -> str:
    if isinstance(article, Source):
        return article.path or article.url or article.title or f"text {article.sha256[:12]}"
    if isinstance(article, os.PathLike):
        return os.fsdecode(article)
    return f"text {hashlib.sha256(str(article).encode(errors='replace')).hexdigest()[:12]}"
