"""`briefing doctor`: makes three small calls of a model, and prints what works."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
import platform
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from briefing._version import DISTRIBUTION, __version__
from briefing.briefer import Briefer
from briefing.cli.arguments import model_options
from briefing.cli.console import describe
from briefing.cli.options import DoctorOptions
from briefing.errors import (
    AnswerError,
    AuthenticationError,
    BriefingError,
    ConfigurationError,
    DeadlineError,
    FilteredError,
    MissingExtraError,
    MissingKeyError,
    ProviderTimeoutError,
    QuotaError,
    RefusalError,
    RequestError,
    ServerError,
    TruncatedError,
    UnreachableError,
    WebPageError,
    one_line,
)
from briefing.grounding import Grounding
from briefing.llm import (
    Answer,
    Ask,
    Budget,
    Client,
    CostTracker,
    Deadline,
    ModelOptions,
    PlainText,
    SdkTransport,
    has_price,
    key_variables,
)
from briefing.local import find
from briefing.meta import Usage
from briefing.pipeline import RunState, aask
from briefing.redaction import excerpt
from briefing.schemas import Briefing, outline
from briefing.sources import Source
from briefing.throttling import RESPONSE_HEADERS

Level = Literal["ok", "note", "FAILED", "skipped"]
#: HTTP calls for one check, at most: a server may fail, or reject an output mode or a parameter, which are then left out.
_TRIES = 3
_ARTICLE = (
    "The council of Harwick closed the Tern bridge on Monday. “We had no choice,” said Maren Holt, who leads the council. "
    "Repairs will cost 4.2 million crowns. The bridge opens again in 2027."
)
_PACKAGES = (DISTRIBUTION, "instructor", "openai", "pydantic")
#: What a failure is about, by its type; the first that matches. Later calls would fail in the same way.
_ABOUT: tuple[tuple[type[BriefingError], str], ...] = (
    (MissingExtraError, "package"),
    (MissingKeyError, "key"),
    (AuthenticationError, "key"),
    (QuotaError, "account"),
    (UnreachableError, "address"),
    (WebPageError, "address"),
    (ProviderTimeoutError, "time"),
    (DeadlineError, "time"),
    (ConfigurationError, "settings"),
)
#: What to do, where the message of an error does not say it; the first that matches.
_ADVICE: tuple[tuple[type[BriefingError], str], ...] = (
    (QuotaError, "Add credit to the account, or use another one"),
    (DeadlineError, "Check that the server works, or raise --timeout"),
    (WebPageError, "Open the address in a browser to see what it is"),
    (ServerError, "Try again later; if it lasts, see the provider's status page or the server's log"),
    (TruncatedError, "Raise the limit, for example by -O max_output_tokens=8000"),
    (RefusalError, "The questions are harmless: use another model, or ask its provider"),
    (FilteredError, "The questions are harmless: change the filter's settings, or use another model"),
    (AnswerError, "The model does not keep to a schema: use another one, or a server that enforces schemas"),
    (RequestError, "Check the model's name and the options (-O)"),
)


class Reply(BaseModel):
    """The schema of the structured answer."""

    city: str
    bridges: int = Field(description="how many bridges are mentioned")
    colours: list[Literal["red", "green", "blue"]] = Field(description="the colours that are mentioned")


def run(options: DoctorOptions) -> int:
    """Check a model, and return the exit code."""
    findings = _Findings()
    versions = (f"{name} {version}" for name in _PACKAGES if (version := _version(name)))
    findings.add(
        "ok",
        "installed",
        f"briefing {__version__}; Python {platform.python_version()}; {'; '.join(versions)}",
    )
    try:
        doctor = _Doctor(options, findings)
    except ConfigurationError as error:
        findings.fail("settings", error)
    else:
        with doctor:
            doctor.check_installation()
            if not options.offline and not findings.failures:
                asyncio.run(doctor.check_calls())
    return findings.close("no failure; no call was made" if options.offline else "all of it works")


class _Findings:
    """The lines that were printed.

    Attributes:
        failures: how many of them are failures.
    """

    def __init__(self) -> None:
        self.failures = 0

    def add(self, level: Level, what: str, said: str) -> None:
        """Print a line."""
        self.failures += level == "FAILED"
        print(f"{level:8}{what:19}{one_line(said)}", flush=True)

    def fail(self, what: str, error: BriefingError) -> None:
        """Print the line of a failure; its message says what to do."""
        advice = next((f". {advice}" for kind, advice in _ADVICE if isinstance(error, kind)), "")
        self.add("FAILED", what, f"{type(error).__name__}: {describe(error).rstrip('.')}{advice}")

    def close(self, success: str) -> int:
        """Print the last line, which is `success` if there was no failure, and return the exit code."""
        count = self.failures
        print(success if not count else f"{count} failure{'s' if count > 1 else ''}", flush=True)
        return int(bool(count))


class _Doctor(Briefer):
    """A briefer that examines its model."""

    def __init__(self, options: DoctorOptions, findings: _Findings) -> None:
        super().__init__(
            options.model,
            base_url=options.base_url,
            options=cast("ModelOptions", model_options(options.model_option)),
            timeout=options.timeout,
            deadline=options.timeout,
            max_attempts=_TRIES,
            plan="joint",  # one call
        )
        self._findings, self._seconds, self._offline = findings, options.timeout, options.offline
        self._spent = CostTracker()
        self._headers: Mapping[str, str] = {}
        self._answered = False

    @property
    def _starts_server(self) -> bool:
        return self._asked.local and self._asked.base_url is None

    def check_installation(self) -> None:
        """Check package, key, weights and price, without a call."""
        target, add = self._asked, self._findings.add
        add("ok", "model", f"{target.model} at {self._address()}")
        if self._starts_server:
            self._check_weights()
        else:
            self._check_client()
        if target.local:
            add("ok", "price", "a local model costs nothing")
        elif has_price(target):
            add("ok", "price", "known")
        else:
            add(
                "note",
                "price",
                f"that of {target.model} is not known: results have no cost, and --max-cost cannot be used",
            )

    def _check_client(self) -> None:
        target, add = self._asked, self._findings.add
        client = Client(target, timeout=self._seconds, max_attempts=_TRIES)
        missing = None
        try:
            cast("SdkTransport", client.transport).sdk()
        except MissingKeyError as error:
            missing = error
        except BriefingError as error:
            self._findings.fail(_about(error) or "package", error)
            return
        finally:
            client.transport.close()
        add("ok", "package", f"the SDK for {target.provider} is installed")
        variables = key_variables(target.provider)
        if missing is not None and self._offline:  # no part of the installation
            add("note", "key", describe(missing))
        elif missing is not None:
            self._findings.fail("key", missing)
        elif target.local:
            pass
        elif found := next(filter(os.environ.get, variables), None):
            add("ok", "key", f"found in {found}")
        else:
            named = " or ".join(variables)
            add("note", "key", f"not in {named}; the SDK has found another one, or the server needs none")

    def _check_weights(self) -> None:
        name = self._asked.name
        if importlib.util.find_spec("xllamacpp") is None:
            self._findings.fail("package", MissingExtraError("The local model", "local"))
            return
        self._findings.add("ok", "package", "the runtime of the local model is installed")
        if self._asked.model.startswith("local:") or find(name) is not None:
            self._findings.add("ok", "weights", "on this machine")
        else:
            self._findings.add(
                "note",
                "weights",
                f"not on this machine: they are downloaded at first use, or by `briefing models pull {name}`",
            )

    def _address(self) -> str:
        if self._starts_server:
            return "a server on this machine, which is started"
        if not (address := self._asked.address):
            return f"{self._asked.provider}'s own address"
        parts = urlsplit(address)  # it may hold a password
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"

    async def check_calls(self) -> None:
        """Make three calls, and say what works."""
        cost = self.estimate(_ARTICLE).cost_usd
        dollars = f", for about ${cost[0]:.4f} to ${cost[1]:.4f}" if cost else ""
        print(
            f"3 calls of {self._asked.model} will be made{dollars}: a plain answer, a structured answer, a small briefing. Where the server "
            f"fails or rejects something, a call is tried again, {_TRIES} times at most.",
            flush=True,
        )
        try:
            names = ("plain answer", "structured answer", "briefing")
            checks = (self._plain, self._structured, self._briefing)
            for number, (name, check) in enumerate(zip(names, checks, strict=True)):
                if not await self._checked(name, check):
                    for skipped in names[number + 1 :]:
                        self._findings.add("skipped", skipped, "it would fail for the same reason")
                    break
            if self._answered:
                self._tell_spent()
        finally:
            await self.aclose()

    async def _checked(self, name: str, check: Callable[[], Awaitable[str]]) -> bool:
        """Make a check; return whether further calls may do better if it failed."""
        started = time.monotonic()
        try:
            said = await check()
        except BriefingError as error:
            self._spent += CostTracker.of(error)
            about = _about(error)
            self._findings.fail(about or name, error)
            return about is None
        finally:
            self._headers = RESPONSE_HEADERS.get() or self._headers
        self._answered = True
        self._findings.add("ok", name, f"{said}, {time.monotonic() - started:.1f} s")
        return True

    async def _plain(self) -> str:
        answer = await self._answer("Answer with the one word: ready", PlainText)
        self._findings.add("ok", "address", "reached; the model is there, and the key is accepted")
        if not answer.text.strip():
            raise AnswerError("the answer is empty: the model may not be one for chat")
        return repr(excerpt(answer.text, 40))

    async def _structured(self) -> str:
        question = f"One red and one blue bridge cross the river in Harwick. Answer with one compact JSON object: {outline(Reply)}"
        answer = await self._answer(question, Reply)
        mode = "a grammar" if self._asked.local else f"the mode {self._connected().mode}"
        if answer.attempts > 1:
            self._findings.add("note", "schema", f"kept at call {answer.attempts} only, in {mode}")
            return "valid"
        return f"the schema is kept, in {mode}"

    async def _briefing(self) -> str:
        made = await self.asummarize(Source.from_text(_ARTICLE, lang="en"))
        self._spent += _costs_of(made)
        if violations := made.verify(Source.from_text(_ARTICLE, lang="en")):
            raise AnswerError(f"the briefing does not hold: {violations[0].message}")
        for warning in made.meta.warnings:
            self._findings.add("note", "briefing", warning)
        quotes, names = len(made.key_quotes), len(made.entities)
        return f"{len(made.summary.sentences)} sentences, {quotes} quotations, {names} names"

    async def _answer(self, question: str, schema: type[BaseModel]) -> Answer:
        source = Source.from_text(question, lang="en")
        messages = (
            {"role": "system", "content": "You answer briefly."},
            {"role": "user", "content": question},
        )
        ask = Ask("doctor", messages, schema, Grounding(source, None))
        client = await asyncio.to_thread(self._connected)  # it may start a server
        state = RunState(budget=Budget())
        with state.costs.attach_to_errors():
            answer = await aask(ask, client, Deadline.after(self._seconds), state)
        self._spent += state.costs
        return answer

    def _tell_spent(self) -> None:
        spent, add = self._spent, self._findings.add
        if spent.usage == Usage():
            add(
                "note",
                "usage",
                "not reported: results have no tokens and no cost, and limits go by estimates",
            )
        else:
            cost = "" if spent.cost_usd is None else f", ${spent.cost_usd:.6f}"
            used = spent.usage
            add(
                "ok",
                "usage",
                f"{used.input_tokens:,} tokens in, {used.output_tokens:,} out{cost}, in {spent.attempts} calls",
            )
            cached = (
                f"{used.cached_tokens:,} tokens"
                if used.cached_tokens
                else "none, as is usual for prompts this short"
            )
            add("ok" if used.cached_tokens else "note", "cached tokens", cached)
        limits = {
            name.lower(): value
            for name, value in self._headers.items()
            if "ratelimit-remaining" in name.lower()
        }
        told = ", ".join(
            f"{value} {name.rpartition('remaining-')[2]} left" for name, value in sorted(limits.items())
        )
        if told:
            add("ok", "rate limits", told)
        else:
            add("note", "rate limits", "not in the responses' headers; the pace adapts to rejections")


def _about(error: BriefingError) -> str | None:
    """Return the subject of a failure that all calls would share; `None` if another call may succeed."""
    if isinstance(error, RequestError) and error.status == 404:
        return "model"
    return next((about for kind, about in _ABOUT if isinstance(error, kind)), None)


def _costs_of(made: Briefing) -> CostTracker:
    spent = CostTracker(made.meta.attempts)
    if made.meta.usage != Usage():
        spent.add(made.meta.usage, made.meta.cost_usd)
    return spent


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
