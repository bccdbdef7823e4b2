"""`Store`: the contract of a journal, held against `Journal`, the one of a Ray cluster, and a user-defined one."""

from __future__ import annotations

import asyncio
import importlib
import pickle
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from journal_processes import Note, meta
from pydantic import BaseModel

from briefing import Briefer, BriefingError, ConfigurationError, Journal, Meta, ServerError, Usage
from briefing.journal import AnswerStore, Entry, Store
from briefing.journal.records import COLUMNS, entry_of, row_of
from briefing.pipeline import result_cache
from briefing.testing.fake_model import FakeModel


class _Memory:
    """A user-defined store, in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, Entry] = {}
        self.claimed: dict[str, str] = {}

    def get(self, fingerprint: str) -> Entry | None:
        return self.rows.get(fingerprint)

    def submit(
        self,
        outcome: BaseModel | BriefingError,
        meta: Meta,
        *,
        schema: type[BaseModel],
        path: str | None = None,
        keys: Iterable[str | None] = (),
    ) -> Future[None]:
        row = row_of(outcome, meta, schema, path, list(keys))
        self.rows[meta.fingerprint] = entry_of([row[column] for column in COLUMNS])
        self.claimed.pop(meta.fingerprint, None)
        return resolved(None)

    def claim(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[set[str]]:
        free = set(fingerprints) - set(self.claimed)
        self.claimed |= dict.fromkeys(free, holder)
        return resolved(free)

    def release(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[None]:
        for fingerprint in fingerprints:
            if self.claimed.get(fingerprint) == holder:
                del self.claimed[fingerprint]
        return resolved(None)

    def close(self) -> None:
        self.claimed.clear()


class Handle:
    """A handle of an actor that runs in this process; arguments and results are pickled, as by Ray."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._actor, name)

        def remote(*args: Any) -> Any:
            result = asyncio.run(method(*pickle.loads(pickle.dumps(args))))
            return SimpleNamespace(future=lambda: resolved(pickle.loads(pickle.dumps(result))))

        return SimpleNamespace(remote=remote)


def resolved(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


@pytest.fixture
def on_ray(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give `briefing.ray`, with a module in place of Ray."""
    strategies: Any = ModuleType("ray.util.scheduling_strategies")
    strategies.NodeAffinitySchedulingStrategy = None
    ray: Any = ModuleType("ray")
    ray.cloudpickle = pickle
    for module in (ray, ModuleType("ray.util"), strategies):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.delitem(sys.modules, "briefing.ray", raising=False)
    module = importlib.import_module("briefing.ray")
    monkeypatch.setitem(sys.modules, "briefing.ray", module)
    return module


@pytest.fixture(params=["journal", "ray", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Give a store of each kind."""
    path = tmp_path / "run.db"
    if request.param == "journal":
        made: Store = Journal(path)
    elif request.param == "ray":
        on_ray: Any = request.getfixturevalue("on_ray")
        made = on_ray._RemoteStore(Handle(on_ray._JournalActor(str(path))))
    else:
        made = _Memory()
    yield made
    made.close()


def test_what_is_submitted_is_found(store: Store) -> None:
    """A result by its fingerprint; a fingerprint that is unknown is not found."""
    store.submit(Note(text="x"), meta("f"), schema=Note, path="a.txt").result()
    entry = store.get("f")

    assert entry is not None
    assert ("done", "a.txt", Note(text="x")) == (entry.status, entry.source_path, entry.load(Note))
    assert store.get("g") is None


def test_keys_are_redacted(store: Store) -> None:
    """Secrets in use are removed from the message of a failure, whatever they look like."""
    error = ServerError("zug-abfahrt-gleis was refused")
    store.submit(error, meta("f"), schema=Note, keys=["zug-abfahrt-gleis", None]).result()
    entry = store.get("f")

    assert entry is not None
    assert ("failed", "ServerError", "[redacted] was refused") == (
        entry.status,
        entry.error_type,
        entry.error_message,
    )


def test_claims_are_granted_and_released(store: Store) -> None:
    """A free fingerprint is granted, and is free again after its release."""
    assert {"a", "b"} == store.claim(["a", "b"], holder="one").result()
    store.release(["a"], holder="one").result()
    assert {"a"} == store.claim(["a"], holder="two").result()


def test_a_briefer_takes_any_store(store: Store, bridge: str) -> None:
    """A briefer finds what another recorded; both leave the store open."""
    with FakeModel() as fake:
        options: Any = {"model": "openai/fake", "base_url": fake.url, "api_key": "test", "journal": store}
        with Briefer(**options) as briefer:
            made = briefer.summarize(bridge)
        with Briefer(**options) as briefer:
            assert made == briefer.summarize(bridge)

        assert 1 == fake.calls
    assert made.meta is not None
    assert store.get(made.meta.fingerprint) is not None


def test_a_claimed_article_is_looked_for_at_growing_intervals(
    bridge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 20 ms by half more each time to one second, while another process makes it."""
    slept: list[float] = []

    class Busy(_Memory):
        """Claims are granted to another for as long as the calls sleep less than a dozen times."""

        def claim(self, fingerprints: Iterable[str], *, holder: str = "") -> Future[set[str]]:
            return super().claim(fingerprints, holder=holder) if len(slept) >= 12 else resolved(set())

    monkeypatch.setattr(result_cache, "time", SimpleNamespace(sleep=slept.append))
    with (
        FakeModel() as fake,
        Briefer(model="openai/fake", base_url=fake.url, api_key="test", journal=Busy()) as briefer,
    ):
        briefer.summarize(bridge)

    assert [0.02, 0.03, 0.045] == [round(pause, 6) for pause in slept[:3]]
    assert [0.768867, 1.0, 1.0] == [round(pause, 6) for pause in slept[9:]]


def test_the_clusters_store_has_no_method_that_fails(on_ray: Any, tmp_path: Path) -> None:
    """Each of its public methods is one of `Store` or `AnswerStore`, and works."""
    store = on_ray._RemoteStore(Handle(on_ray._JournalActor(str(tmp_path / "run.db"))))
    calls: dict[str, Any] = {
        "claim": lambda method: method(["f"]),
        "close": lambda method: method(),
        "find_answer": lambda method: method("f", "a"),
        "get": lambda method: method("f"),
        "keep_answer": lambda method: method("f", "a", "{}", Usage(), 1),
        "release": lambda method: method(["f"]),
        "submit": lambda method: method(Note(text="x"), meta("f"), schema=Note),
    }
    public = {name for name in dir(store) if not name.startswith("_")}

    assert set(calls) == public
    assert isinstance(store, Store)
    assert isinstance(store, AnswerStore)
    for name in public:
        calls[name](getattr(store, name))


@pytest.mark.parametrize("wrong", [7, True, ["run.db"], {}, Journal])
def test_what_is_no_store_is_refused(wrong: Any) -> None:
    """A journal is a path or a store."""
    with pytest.raises(ConfigurationError, match="journal must be a path or a Journal, not"):
        Briefer(model="openai/fake", base_url="http://127.0.0.1:9", api_key="test", journal=wrong)
