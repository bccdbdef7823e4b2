"""`Session`: submit, advance and collect the batches of one journal.

Each call does what is possible now and returns. All state is in the journal, so that another process can continue
after this one ends at any point. A lock file beside the journal excludes concurrent processes.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout
from pydantic import BaseModel

from briefing.batch.articles import ArticleTables, StoredArticle
from briefing.batch.budget import over_budget
from briefing.batch.exchange import Exchange
from briefing.batch.files import BUDGET_LIMITS, Limits, RequestTables
from briefing.batch.replay import Advance, Answers, Replayer, as_briefing_error
from briefing.batch.tables import Tables
from briefing.briefer import Article
from briefing.errors import BriefingError, ConfigurationError, InputError
from briefing.journal import escape_surrogates
from briefing.pipeline import StyleOptions
from briefing.prompts import Prompt
from briefing.schemas import Briefing, check_schema, schema_sha256
from briefing.sources import Source

#: Seconds to wait for the lock of another process that works on the same journal.
_LOCK_TIMEOUT = 600.0


@dataclass(frozen=True)
class Rejected:
    """A source that could not be read, and the error.

    Attributes:
        name: file, URL or other name of the source.
        error: why it could not be read.
    """

    name: str
    error: BriefingError


class Session:
    """The batches of one journal, and the server that runs them. Closed by `with`.

    `options` are keywords of `Briefer`. Collecting uses `base_url`, `api_key` and `keep_source` only: model, its options, plan
    and `max_attempts` are those of the submission.

    Raises:
        JournalError: the journal cannot be used.
        ConfigurationError: the schema is not supported.
    """

    def __init__(
        self,
        journal: Path,
        *,
        schema: type[BaseModel] = Briefing,
        limits: Limits = Limits(),  # noqa: B008  # frozen
        options: Mapping[str, Any],
    ) -> None:
        check_schema(schema)
        self._schema, self._sha256 = schema, schema_sha256(schema)
        self._options = options
        self._tables = Tables(journal)
        self.articles, self.requests = ArticleTables(self._tables), RequestTables(self._tables)
        self.exchange = Exchange(self.requests, limits, options)
        self._is_read_back = False
        self._lock = FileLock(f"{journal}.batch.lock")
        self._replayers: dict[str, tuple[Replayer, Prompt, str | None, StyleOptions]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.exchange.close()
        self._tables.__exit__(*raised)

    def submit(
        self,
        sources: Iterable[Article | Rejected],
        prompt: Prompt,
        language: str | None,
        style: StyleOptions,
        *,
        retry_failed: bool,
    ) -> list[Rejected]:
        """Add articles and send their first requests.

        Returns:
            The sources that could not be used; they do not stop the others.
        """
        limits = self.requests.limits() | {
            name: self._options[name] for name in BUDGET_LIMITS if self._options.get(name) is not None
        }
        replayer = Replayer(**{**self._options, **limits})
        self.requests.set_limits(limits)
        settings = json.dumps(
            {
                "model": replayer.target.model,
                "plan": self._options.get("plan", "auto"),
                "max_attempts": self._options.get("max_attempts", 4),
                **({"options": replayer.target.options} if replayer.target.options else {}),
                "prompt": prompt.model_dump(),
                "language": language,
                "style": style,
            },
            sort_keys=True,
        )
        rejected = []
        for given in sources:
            name = escape_surrogates(_name(given))
            try:
                source = _load(given)
            except BriefingError as error:
                rejected.append(Rejected(name, error))
                continue
            try:
                fingerprint = replayer.fingerprint(
                    source, schema=self._schema, prompt=prompt, language=language, **style
                )
            except InputError as error:
                rejected.append(Rejected(name, error))
                continue
            state = self.articles.state(fingerprint)
            if state is None:
                article = StoredArticle(fingerprint, source.model_dump_json(), settings, time.time())
                if self.articles.is_recorded(fingerprint):
                    self.articles.add(name, article, self._sha256, [])
                    continue
                self.exchange.connect()  # a missing key is an error before an article is stored
                advanced = self._replay(article, {})
                if isinstance(advanced.error, ConfigurationError):
                    raise advanced.error  # the same for all articles
                self.articles.add(name, article, self._sha256, advanced.requests)
                self._record_outcome(article, advanced)
            else:
                self.articles.add_name(name, fingerprint)
                if state == "failed" and retry_failed:
                    self._reopen(self.articles.article(fingerprint))
        with self._locked():
            self.exchange.problems = []
            self._advance_and_send()
        return rejected

    def collect(self) -> None:
        """Record the answers of batches that have ended, advance their articles, and send the next requests."""
        with self._locked():
            self.exchange.problems = []
            self.exchange.receive()
            self._advance_and_send()

    def cancel(self) -> int:
        """Cancel all batches, and return how many. The next `collect` records their answers so far."""
        with self._locked():
            return self.exchange.cancel()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            lock = self._lock.acquire(timeout=_LOCK_TIMEOUT)
        except Timeout as error:
            raise ConfigurationError(
                f"another process has held {self._lock.lock_file} for {_LOCK_TIMEOUT:.0f} s. Wait for it to end, and run "
                "this again"
            ) from error
        with lock:
            yield

    def _advance_and_send(self) -> None:
        """Advance the articles, and send their requests as far as the budget allows."""
        if not self._is_read_back:
            self.articles.reopen_unreadable(self._schema, self._sha256)
            self._is_read_back = True
        self._advance()
        while over := over_budget(self.articles, self.requests, self._options.get("base_url")):
            self.requests.record(None, over)
            # A rejected request counts as answered: the article continues without its repair, or fails.
            self._advance()
        self.exchange.send()

    def _advance(self) -> None:
        """Advance the articles whose requests are all answered."""
        for article in self.articles.ready(self._sha256):
            advanced = self._replay(article, self.articles.answers(article.fingerprint))
            if advanced.requests:
                self.articles.add_requests(article, advanced.requests)
            self._record_outcome(article, advanced)
        if (others := self.articles.open_schemas()) and self._sha256 not in others:
            raise ConfigurationError(
                "the journal's open articles were submitted with another schema; pass the same schema= to collect them"
            )

    def _replay(self, article: StoredArticle, answers: Answers) -> Advance:
        with self._tables.parsing(f"the article {article.fingerprint[:12]}"):
            if article.settings not in self._replayers:
                self._replayers[article.settings] = self._replayer(json.loads(article.settings))
            source = Source.model_validate_json(article.source)
        replayer, prompt, language, style = self._replayers[article.settings]
        submitted, spent = article.submitted, article.spent
        return replayer.advance(
            source, self._schema, prompt, language, style, answers, submitted=submitted, spent=spent
        )

    def _replayer(self, saved: dict[str, Any]) -> tuple[Replayer, Prompt, str | None, StyleOptions]:
        given = {k: v for k, v in self._options.items() if k in ("base_url", "api_key", "keep_source")}
        given |= {k: saved[k] for k in ("model", "plan", "max_attempts")}
        replayer = Replayer(**given, options=saved.get("options"))
        return replayer, Prompt.model_validate(saved["prompt"]), saved["language"], saved.get("style", {})

    def _record_outcome(self, article: StoredArticle, advanced: Advance) -> None:
        outcome = advanced.error or advanced.result
        if outcome is not None:
            assert advanced.meta is not None
            keys = [self._options.get("api_key")]
            self.articles.record_outcome(article, outcome, advanced.meta, self._schema, keys=keys)

    def _reopen(self, article: StoredArticle) -> None:
        """Reopen a failed article: drop the answers of the asks that failed and of all later steps, keep the others."""
        answers = self.articles.answers(article.fingerprint)
        failed = self._replay(article, answers).failed
        step = max((place[0] for place in failed), default=-1)
        to_delete = [key for key in answers if step < 0 or key.step > step or (key.step, key.ask) in failed]
        self.articles.reopen(article, to_delete)


def _name(article: Article | Rejected) -> str:
    if isinstance(article, Rejected):
        return article.name
    if isinstance(article, Source):
        return article.path or article.url or article.title or f"text {article.sha256[:12]}"
    if isinstance(article, os.PathLike):
        return os.fsdecode(article)
    return f"text {hashlib.sha256(str(article).encode(errors='replace')).hexdigest()[:12]}"


def _load(article: Article | Rejected) -> Source:
    """Load an article; its path is escaped where it is not valid UTF-8.

    Raises:
        BriefingError: the article cannot be read, for any reason.
    """
    if isinstance(article, Rejected):
        raise article.error
    with as_briefing_error():
        source = Source.of(article)
    path = source.path and escape_surrogates(source.path)
    return source if path == source.path else source.model_copy(update={"path": path})
