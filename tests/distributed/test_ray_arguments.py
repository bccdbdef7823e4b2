"""The arguments of `summarize_dataset`, without a cluster: names of Ray's modules stand for the modules."""

from __future__ import annotations

import importlib
import pickle
import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from briefing import ConfigurationError, Verdict


class Dataset:
    """Keeps what is passed to `map_batches`."""

    def map_batches(self, _actor: type, **options: Any) -> dict[str, Any]:
        """Return the keywords of the actors' constructor."""
        given: dict[str, Any] = options["fn_constructor_kwargs"]
        return given


@pytest.fixture
def summarize_dataset(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The function, imported with stubs of Ray."""
    ray, util, strategies = (
        ModuleType(f"ray{name}") for name in ("", ".util", ".util.scheduling_strategies")
    )
    vars(ray).update(data=SimpleNamespace(ActorPoolStrategy=lambda size: size), cloudpickle=pickle)
    vars(strategies)["NodeAffinitySchedulingStrategy"] = object
    for module in (ray, util, strategies):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.delitem(sys.modules, "briefing.ray", raising=False)
    yield importlib.import_module("briefing.ray").summarize_dataset
    del sys.modules["briefing.ray"]


def test_the_style_goes_to_each_article(summarize_dataset: Any) -> None:
    """It is no option of the briefer."""
    style = {"style": "extractive", "focus": "the cost", "length": "brief", "on_unsupported": "drop"}
    given = summarize_dataset(Dataset(), model="openai/fake", api_key="test", language="de", **style)
    assert style == {name: given["ask"][name] for name in style}
    assert {"model", "api_key"} == set(given["options"])


@pytest.mark.parametrize(
    "wrong", [{"style": "poetic"}, {"focus": ""}, {"length": "long"}, {"on_unsupported": "hide"}]
)
def test_what_is_no_style_is_an_error_before_an_actor_starts(
    summarize_dataset: Any, wrong: dict[str, str]
) -> None:
    """It names the option."""
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        summarize_dataset(Dataset(), model="openai/fake", api_key="test", **wrong)


class Agrees:
    """A judge that may hold what cannot be pickled."""

    def __init__(self, held: object = None) -> None:
        self.held = held

    def judge(self, claims: Any) -> list[Verdict]:
        """Say yes."""
        return [Verdict("supported")] * len(claims)


def test_a_judge_goes_to_the_actors(summarize_dataset: Any) -> None:
    """As it is."""
    judge = Agrees()
    assert (
        judge
        is summarize_dataset(Dataset(), model="openai/fake", api_key="test", judge=judge)["options"]["judge"]
    )


def test_fallback_models_go_to_the_actors(summarize_dataset: Any) -> None:
    """Each actor tries them in turn."""
    given = summarize_dataset(Dataset(), model="openai/fake", api_key="test", fallback=["openai/other"])
    assert ["openai/other"] == given["options"]["fallback"]


@pytest.mark.parametrize("name", ["judge", "on_progress"])
def test_what_cannot_be_pickled_is_an_error_before_an_actor_starts(summarize_dataset: Any, name: str) -> None:
    """It names the option."""
    held = threading.Lock()
    value = Agrees(held) if name == "judge" else held.acquire
    with pytest.raises(ConfigurationError, match=f"{name} cannot be pickled.*TypeError.*lock"):
        summarize_dataset(Dataset(), model="openai/fake", api_key="test", **{name: value})
