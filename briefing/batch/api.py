"""The public functions: `submit`, `status`, `collect`, `results`, `submitted_names`, `cancel`."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypedDict, Unpack

from pydantic import BaseModel
from typing_extensions import TypeVar

from briefing import errors
from briefing.batch.articles import ArticleTables, loaded
from briefing.batch.files import Limits
from briefing.batch.session import Rejected, Session
from briefing.batch.tables import Tables
from briefing.briefer import Article, PromptLike
from briefing.errors import BriefingError, JournalError, ProviderError
from briefing.llm import ModelOptions
from briefing.meta import Usage
from briefing.pipeline import PlanName, Style, StyleOptions, split_options
from briefing.prompts import load_prompt
from briefing.schemas import Briefing, schema_sha256

T = TypeVar("T", bound=BaseModel, default=Briefing)
JournalPath = str | os.PathLike[str]
#: Seconds between polls of the provider's batches, which take minutes to hours.
_POLL = 60.0


@dataclass(frozen=True)
class Progress:
    """The progress of a journal's batches.

    Attributes:
        articles: submitted articles; equal ones count once.
        done: articles with a result.
        failed: articles that failed.
        batches: number of batches whose answers are not recorded yet, by the provider's status.
        waiting: requests that are in no batch yet; the next `collect` sends them.
        usage: tokens so far.
        calls: answered requests so far.
        cost_usd: cost of the finished articles in US dollars, at the price of batches; `None` if a price is unknown.
        rejected: sources that this call could not read.
        problems: messages of transient errors in this call, such as a full queue at the provider; the next call
            tries again.
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
        """Whether all articles are done or failed."""
        return self.open == 0


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """The outcome of an article.

    Attributes:
        name: its file, URL, title, or a hash of its text.
        fingerprint: hash of everything that the result depends on.
        result: the briefing, an instance of `schema`; `None` if the article failed.
        error: why the article failed; `None` if it is done. For an unexpected exception, a note (`__notes__`) has its
            traceback.
    """

    name: str
    fingerprint: str
    result: T | None
    error: BriefingError | None


class ConnectionOptions(TypedDict, total=False):
    """Keywords of `Briefer` that every function with a connection takes."""

    base_url: str | None
    api_key: str | None
    keep_source: bool


class SubmitOptions(ConnectionOptions, StyleOptions, total=False):
    """Keywords of `Briefer` and of `Briefer.summarize` that `submit` takes."""

    model: str | None
    plan: PlanName
    max_attempts: int
    options: ModelOptions | None
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
    """Submit articles to the provider's batch API. Returns once they are sent; the answers take up to 24 hours.

    Articles that the journal has a result of are not requested again, and equal articles are requested once. If the
    process ends early, submit the same articles again, or collect: no request is paid for twice.

    Args:
        sources: texts (`str`), files (`pathlib.Path`) or `Source` objects; read lazily.
        journal: path of the journal file, which holds all state; created if missing.
        schema: type of the results, as for `Briefer.summarize`; default `Briefing`.
        prompt: name or path of a prompt, as for `Briefer.summarize`; default "briefing".
        language: BCP-47 tag of the language to write in, such as ``en``; `None` (default) for the article's.
        retry_failed: request failed articles again, default `False`. Their valid answers are reused.
        limits: limits of one file of requests; default: OpenAI's.
        **options: keywords of `Briefer`: `model` (``openai/NAME``), `base_url`, `api_key`, `plan`, `max_attempts`,
            `keep_source`, `options` (except headers, parameters of the URL and the account), `max_cost_usd` and
            `max_tokens_total`. The last two limit all batches of the journal together, until another submission sets them. A request is sent only if its estimate fits: an article whose
            first requests do not fit fails with `BudgetError`; one whose repair does not fit is returned without it.
            Further `style`, `focus`, `length` and `on_unsupported`, as for `Briefer.summarize`.

    Returns:
        The progress, with the sources that could not be used (`rejected`).

    Raises:
        ConfigurationError: the model has no batch API, or the prompt, the schema or the style cannot be used.
        JournalError: the journal cannot be used.
        ProviderError: the provider rejected a call. The articles are in the journal; the next call sends them.
    """
    settings, style = split_options(options, StyleOptions)
    Style(**style)  # raises if it is not valid, before the journal is created
    with Session(Path(journal), schema=schema, limits=limits, options=settings) as session:
        rejected = session.submit(sources, load_prompt(prompt), language, style, retry_failed=retry_failed)
        return _progress(session, rejected)


def status(journal: JournalPath, **connection: Unpack[ConnectionOptions]) -> Progress:
    """Return the progress, with the batches' current status from the provider. Records no answers.

    Args:
        journal: path of the journal file.
        **connection: `base_url` and `api_key`, as for `submit`.

    Raises:
        JournalError: the journal cannot be used.
        ProviderError: the provider does not answer, or does not know a batch.
    """
    with Session(Path(journal), options=connection) as session:
        session.exchange.refresh()
        return _progress(session)


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
    """Record the answers of batches that have ended, and send their follow-up requests: repairs and retries.

    Args:
        journal: path of the journal file.
        schema: type of the results, the same as for `submit`.
        wait: poll until all articles are done or failed, default `False`.
        poll: seconds between polls, default 60.
        limits: limits of one file of requests; default: OpenAI's.
        on_progress: called with the progress after each poll; default `None`.
        **connection: `base_url` and `api_key`, as for `submit`; `keep_source` includes the `Source` in results.

    Returns:
        The progress. If `finished` is false, collect again later.

    Raises:
        ConfigurationError: the open articles were submitted with another schema.
        JournalError: the journal cannot be used.
        ProviderError: the provider rejected a call, or does not know a batch.
    """
    with Session(Path(journal), schema=schema, limits=limits, options=connection) as session:
        while True:
            session.collect()
            progress = _progress(session)
            if on_progress is not None:
                on_progress(progress)
            if progress.finished or not wait:
                return progress
            time.sleep(poll)


def cancel(journal: JournalPath, **connection: Unpack[ConnectionOptions]) -> int:
    """Cancel the batches of a journal. The provider charges for their answers so far, and `collect` records them.

    Args:
        journal: path of the journal file.
        **connection: `base_url` and `api_key`, as for `submit`.

    Returns:
        The number of batches that were cancelled.

    Raises:
        JournalError: the journal cannot be used.
        ProviderError: the provider rejected a call, or does not know a batch.
    """
    with Session(Path(journal), options=connection) as session:
        return session.cancel()


def results(journal: JournalPath, *, schema: type[T] = Briefing) -> Iterator[Outcome[T]]:  # type: ignore[assignment]
    """Yield the outcomes of finished articles, in the order of submission, once for each name of an article.

    Args:
        journal: path of the journal file.
        schema: type of the results, default `Briefing`; articles that were submitted with another are skipped.

    Raises:
        JournalError: the journal cannot be used.
    """
    sha256 = schema_sha256(schema)
    with Tables(Path(journal)) as tables:
        for finished in ArticleTables(tables).finished():
            if finished.schema_sha256 != sha256:
                continue
            result: T | None = None
            error: BriefingError | None = None
            if finished.error is not None:
                with tables.parsing(f"the error of {finished.name}"):
                    error = _deserialized(json.loads(finished.error))
            else:
                result = loaded(finished.entry, schema) if finished.entry else None
                if result is None:
                    error = JournalError(
                        f"journal {journal}: the result of {finished.name} cannot be read back. Collect again: it is "
                        "made again from its answers"
                    )
            yield Outcome(finished.name, finished.fingerprint, result, error)


def submitted_names(journal: JournalPath) -> Iterator[str]:
    """Yield the names of all submitted articles, as in `Outcome.name`, each once.

    Args:
        journal: path of the journal file.

    Raises:
        JournalError: the journal cannot be used.
    """
    with Tables(Path(journal)) as tables:
        yield from ArticleTables(tables).names()


def _deserialized(saved: dict[str, Any]) -> BriefingError:
    kind = getattr(errors, saved["kind"], BriefingError)
    error: BriefingError = kind(saved["message"])
    usage = saved["usage"]
    error.usage = None if usage is None else Usage.model_validate(usage)
    error.attempts, error.cost_usd = saved["attempts"], saved["cost_usd"]
    if traceback := saved.get("traceback"):
        error.add_note(traceback)
    if isinstance(error, ProviderError):
        error.provider_message, error.status = saved["provider_message"], saved["status"]
    return error


def _progress(session: Session, rejected: Iterable[Rejected] = ()) -> Progress:
    articles, requests = session.articles, session.requests
    counts, spent = articles.counts(), articles.usage()
    return Progress(
        articles=sum(counts.values()),
        done=counts.get("done", 0),
        failed=counts.get("failed", 0),
        batches=dict(Counter(file.status for file in requests.files(collected=False))),
        waiting=requests.waiting(),
        usage=sum((usage for _, usage, _ in spent), Usage()),
        calls=sum(calls for _, _, calls in spent),
        cost_usd=articles.cost_usd(),
        rejected=tuple(rejected),
        problems=tuple(session.exchange.problems),
    )
