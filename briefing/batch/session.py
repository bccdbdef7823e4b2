"""Briefings by the provider's batch API: submit, go away, collect.

Each call does what can be done now and returns. All state is in the journal, so that a run goes on
after any end of the process; a lock beside it lets one process at a time work on it.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout
from pydantic import BaseModel

from briefing.batch.articles import StoredArticle
from briefing.batch.budget import over_budget
from briefing.batch.exchange import Exchange
from briefing.batch.files import BUDGET_LIMITS, Limits
from briefing.batch.replay import Advance, CallPosition, Replayer
from briefing.batch.store import Store
from briefing.errors import BriefingError, ConfigurationError, ProviderError
from briefing.journal import escape_surrogates
from briefing.prompts import Prompt
from briefing.redaction import scrub
from briefing.schemas import check_schema, schema_sha256
from briefing.sources import Source

#: Seconds to wait for another process that works on the same journal.
_LOCK_PATIENCE = 600.0


@dataclass(frozen=True)
class Rejected:
    """Something that could not be submitted, and why."""

    name: str
    error: BriefingError


class Session:
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
        self._options = options
        self.store = Store(journal)
        self._exchange = Exchange(self.store, limits, options)
        self._lock = FileLock(f"{journal}.batch.lock")
        self._replayers: dict[str, tuple[Replayer, Prompt, str | None]] = {}

    @property
    def problems(self) -> list[str]:
        """What kept the last pass from going further; it is tried again by the next."""
        return self._exchange.problems

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._exchange.close()
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
        limits = self.store.limits() | {
            name: self._options[name] for name in BUDGET_LIMITS if self._options.get(name) is not None
        }
        replayer = Replayer(**{**self._options, **limits})
        self.store.limit(limits)
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
        for given, load in sources:
            name = escape_surrogates(given)
            try:
                source = _read(load)
            except BriefingError as error:
                rejected.append(Rejected(name, error))
                continue
            fingerprint = replayer.fingerprint(source, schema=self._schema, prompt=prompt, language=language)
            state = self.store.state(fingerprint)
            if state is None:
                article = StoredArticle(fingerprint, source.model_dump_json(), settings, time.time())
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
            self._exchange.problems = []
            self._go_on()
        return rejected

    def collect(self) -> None:
        """Take in what is finished, go on with its articles, and send what they ask next."""
        with self._locked():
            self._exchange.problems = []
            self._exchange.receive()
            self._go_on()

    def refresh(self) -> None:
        """Ask the provider how far its batches are; changes nothing else."""
        self._exchange.refresh()

    def cancel(self) -> int:
        """Stop all batches at the provider; how many. The next `collect` takes in what they have answered."""
        with self._locked():
            return self._exchange.cancel()

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

    # Articles

    def _go_on(self) -> None:
        """Go on with the articles, and send what they ask, as far as the budget goes."""
        self._advance()
        while over := over_budget(self.store, self._options.get("base_url")):
            self.store.refuse(over)
            # What cannot be asked is an answer, too: an article goes without a repair, or fails.
            self._advance()
        self._exchange.send()

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

    def _settle(self, article: StoredArticle, advanced: Advance) -> None:
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

    def _reopen(self, article: StoredArticle) -> None:
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
        dropped: list[CallPosition] = [
            key for key in answers if step < 0 or key.step > step or (key.step, key.ask) in advanced.failed
        ]
        self.store.reopen(article, dropped)


def _read(load: Callable[[], Source]) -> Source:
    """An article as the journal can hold it: names of files may have bytes that are no UTF-8.

    Raises:
        BriefingError: it cannot be read, for whatever reason.
    """
    try:
        source = load()
    except BriefingError:
        raise
    except Exception as error:
        raise BriefingError(f"{type(error).__name__}: {error}") from error
    return (
        source if source.path is None else source.model_copy(update={"path": escape_surrogates(source.path)})
    )


def _saved(error: BriefingError) -> str:
    saved: dict[str, Any] = {
        "kind": type(error).__name__,
        "message": scrub(str(error)),
        "attempts": error.attempts,
        "usage": error.usage.model_dump() if error.usage else None,
        "cost_usd": error.cost_usd,
    }
    if (cause := error.__cause__) is not None and not isinstance(error, ProviderError):
        # For whoever looks for the fault, hours later and in another process.
        saved["traceback"] = scrub("".join(traceback.format_exception(cause)))
    if isinstance(error, ProviderError):
        saved |= {"provider_message": error.provider_message, "status": error.status}
    return json.dumps(saved)
