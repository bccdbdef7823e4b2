"""Fixtures that several test files use: a fake model's server, a briefer on it, and articles."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from commands import Run, Signals, runner
from hypothesis import HealthCheck, settings

import briefing
from briefing import Briefer, Briefing
from briefing.testing.fake_model import FakeModel, Fault

BRIDGE = (
    "The council of Harwick closed the Tern bridge on Monday. "
    "“We had no choice,” said Maren Holt, who leads the council. "
    "Repairs will cost 4.2 million crowns, according to the Harwick Ledger. "
    "Oskar Lind, a baker, called the news “a disaster for the whole of our street.” "
    "The bridge opens again in 2027."
)
QUAY = (
    "Der Hafen von Kalmund bleibt bis März gesperrt. "
    "„Die Kaimauer ist nicht sicher“, sagte Hafenmeisterin Ilse Brandt am Dienstag. "
    "Die Sanierung kostet 3,6 Millionen Euro."
)
DAM = (
    "Плотина на реке Вельша закрыта для проезда. "
    "«Мы проверим каждую опору», — сказала Анна Гвоздева. "
    "Ремонт займёт 18 дней."
)
LIBRARY = "临河市图书馆周一重新开放。馆长沈若兰说：“我们等了整整三年。”修缮费用为420万元。"
WELL = "أعادت بلدية الرملة فتح البئر القديمة يوم الاثنين. وقالت المهندسة سلمى ناصر: «المياه صالحة للشرب»."

#: What a good model would answer about `BRIDGE`.
GOOD: dict[str, Any] = {
    "headline": "Harwick closes the Tern bridge",
    "summary": [
        {"text": "The council of Harwick closed the Tern bridge on Monday.", "evidence": [1]},
        {"text": "Repairs will cost 4.2 million crowns.", "evidence": [3]},
    ],
    "key_quotes": [{"id": "q1", "speaker": "Oskar Lind"}],
    "entities": [
        {"name": "Maren Holt", "type": "person", "role": "leads the council"},
        {"name": "Harwick", "type": "place", "role": None},
    ],
}

#: The same examples in every run: what is red was made so by a change. No example has a time to keep to, nor has drawing one.
settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")
#: `make fuzz` looks for new ones.
settings.register_profile("fuzz", max_examples=100_000, deadline=None, print_blob=True, derandomize=False)

Serve = Callable[..., tuple[FakeModel, Briefer]]
Ask = Callable[[Briefer, str], Briefing]

#: More would spend more on imports than they save.
MOST_WORKERS = 4


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Give the whole suite a process for each core, where pytest-xdist is there and nothing else is said (`-n 0`).

    Not in `addopts`: a few tests are faster without, and `-p no:xdist` must work.
    """
    option = config.option
    chosen = option.keyword or not f"{option.markexpr} not ".startswith("not ")
    whole = ["tests"] == [Path(arg).name for arg in config.args] and not chosen
    free = not hasattr(config, "workerinput") and getattr(option, "numprocesses", 0) is None
    if whole and free and option.dist == "no":
        option.numprocesses, option.maxprocesses = "auto", option.maxprocesses or MOST_WORKERS
        option.dist = "worksteal"  # tests of one file stay together, with what they share


def pytest_configure() -> None:
    """Handle SIGINT in every process: a shell starts a background job with it ignored, and tests of signals would hang."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Let the garbage collector rest meanwhile, which takes a quarter of the time, and never look at the tests themselves."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _no_certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Spare every new client from reading the machine's certificates: all our servers speak plain HTTP."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SSL_CERT_FILE", raising=False)
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("no-certificates")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _warmed(_no_certificates: None) -> None:
    """What is imported and loaded at first use takes seconds, and none of a test's deadline."""
    importlib.import_module("warmed")


class Process:
    """A process of its own, and what it tells."""

    def __init__(
        self, context: ForkServerContext, target: Callable[..., None], *args: Any, **kwargs: Any
    ) -> None:
        # Duplex, so that a process that listens learns of our end.
        self._hears, tells = context.Pipe()
        where, *others = args
        self._process = context.Process(
            target=target, args=(where, tells, *others), kwargs=kwargs, daemon=True
        )
        self._process.start()
        tells.close()
        self.pid = self._process.pid or 0

    def heard(self) -> Any:
        """The next that it tells."""
        return self._hears.recv()

    def rest(self) -> list[Any]:
        """All that it tells until it has ended."""
        told = []
        with suppress(EOFError, ConnectionResetError):
            while True:
                told.append(self._hears.recv())
        self._process.join()
        return told

    def interrupt(self) -> None:
        """Send it what Ctrl-C sends."""
        os.kill(self.pid, signal.SIGINT)

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._process.kill()

    def status(self) -> int | None:
        """Its exit code, once it has ended."""
        return self._process.exitcode

    def ended(self) -> int | None:
        """Wait for its end; its exit code."""
        self._process.join()
        return self._process.exitcode


Forked = Callable[..., Process]


@pytest.fixture(scope="session")
def forked(_no_certificates: None) -> Forked:
    """Give a function that runs `target(path, told, *others)` in a new process.

    It is forked from one that is warm already: fresh interpreters would spend seconds each on imports.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "warmed"])
    paths = [str(Path(__file__).parent), str(Path(briefing.__file__).parent.parent)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")]))
        forkserver.ensure_running()
    return partial(Process, context)


def waiting(briefer: Briefer, text: str) -> Briefing:
    """Ask and wait."""
    return briefer.summarize(text)


def async_one(briefer: Briefer, text: str) -> Briefing:
    """Ask in an event loop; the briefer's connections end with it."""

    async def run() -> Briefing:
        async with briefer:
            return await briefer.asummarize(text)

    return asyncio.run(run())


@pytest.fixture(params=[waiting, async_one], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Give both ways to ask, one after the other."""
    asked: Ask = request.param
    return asked


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], fake: FakeModel) -> Run:
    """Run `briefing ARGS` in this process, against the fake model."""
    monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
    return runner(monkeypatch, capfd)


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> Signals:
    """Send signals to a command that runs in this process."""
    return Signals(monkeypatch)


@contextmanager
def benchmarks(*names: str) -> Iterator[dict[str, Any]]:
    """Scripts of the benchmarks, imported by their names."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
    try:
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.pop(0)
        for name in names:
            sys.modules.pop(name, None)


@pytest.fixture
def bridge() -> str:
    """Give an English article with two quotations."""
    return BRIDGE


@pytest.fixture(params=[BRIDGE, QUAY, DAM, LIBRARY, WELL], ids=["en", "de", "ru", "zh", "ar"])
def article(request: pytest.FixtureRequest) -> str:
    """Give an article in each of several scripts, one after the other."""
    text: str = request.param
    return text


@pytest.fixture
def good() -> dict[str, Any]:
    """Give a good answer about `bridge`, to be spoilt."""
    copied: dict[str, Any] = json.loads(json.dumps(GOOD))
    return copied


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Give a function that starts a fake model with faults and makes a briefer on it; all is closed at the end."""
    with ExitStack() as stack:

        def start(faults: Sequence[Fault | None] = (), **options: Any) -> tuple[FakeModel, Briefer]:
            fake = stack.enter_context(FakeModel(faults=faults))
            settings = {"model": "openai/fake", "base_url": fake.url, "api_key": "test"} | options
            briefer = Briefer(**settings)
            stack.callback(briefer.close)
            return fake, briefer

        yield start


@pytest.fixture
def fake() -> Iterator[FakeModel]:
    """Give a running fake model that answers well."""
    with FakeModel() as running:
        yield running


@pytest.fixture
def briefer(fake: FakeModel) -> Iterator[Briefer]:
    """Give a briefer on `fake`."""
    made = Briefer(model="openai/fake", base_url=fake.url, api_key="test")
    yield made
    made.close()
