"""What an article has cost: on every result and every error, all calls counted."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from conftest import Ask
from pydantic import BaseModel

from briefing import (
    AnswerError,
    AuthenticationError,
    Briefer,
    FilteredError,
    GroundingError,
    MissingExtraError,
    ProviderError,
    Quote,
    ServerError,
    TruncatedError,
    Usage,
)
from briefing.llm import usage_of
from briefing.llm.pricing import CostTracker, cost_usd
from briefing.llm.targets import target_of
from briefing.testing.fake_model import FakeModel, Fault

MODEL = "openai/gpt-4o-mini"
MILLION = 1_000_000
NOW = {"retry-after": "0"}


def completion(content: str, *, read: int, written: int, cached: int = 0, **choice: Any) -> Fault:
    """An answer with the tokens given."""
    usage = {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
    message = {"role": "assistant", "content": content}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"} | choice]
    answer = {"id": "x", "object": "chat.completion", "created": 0, "model": "gpt-4o-mini", "usage": usage}
    return Fault(body=answer | {"choices": choices})


def price(read: int, written: int, cached: int = 0) -> float:
    """Of gpt-4o-mini, in US dollars, as OpenAI's page of prices has it: a cached token is half the price."""
    return ((read - cached) * 0.15 + cached * 0.075 + written * 0.60) / MILLION


def spent(of: Any) -> tuple[int, int, float | None]:
    """Calls, tokens and dollars of a result's meta or an error."""
    return of.attempts, of.usage.input_tokens + of.usage.output_tokens, of.cost_usd


@pytest.mark.parametrize(
    ("model", "served"),
    [
        ("openai/gpt-4o-mini", None),
        ("openai/gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("openai/gpt-4o-mini", "a name that nobody knows"),
        ("openai/gpt-4o-mini-2024-07-18", None),
        ("azure_openai/our-deployment", "gpt-4o-mini-2024-07-18"),
        ("openrouter/openai/gpt-4o-mini", None),
    ],
)
def test_known_models_by_their_many_names(model: str, served: str | None) -> None:
    """Dates that servers add, providers that resell, and names of deployments lead to the same price."""
    usage = Usage(input_tokens=MILLION, output_tokens=MILLION, cached_tokens=MILLION // 2)

    assert pytest.approx(0.7125) == cost_usd(target_of(model), usage, served)


@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-5-mini",
        "anthropic/claude-sonnet-4-5",
        "google/gemini-2.5-flash",
        "groq/llama-3.3-70b-versatile",
    ],
)
def test_models_that_the_documents_name_have_a_price(model: str) -> None:
    """Those of several providers are known."""
    cost = cost_usd(target_of(model), Usage(input_tokens=1000, output_tokens=100))

    assert cost is not None
    assert 0 < cost < 1


@pytest.mark.parametrize(
    "model", ["openai/fake", "openrouter/gpt-99", "ollama/llama3.2", "local", "local:gpt-4o-mini"]
)
def test_an_unknown_price_is_none(model: str) -> None:
    """It is never 0, and a model on this machine has none, whatever it is called."""
    assert cost_usd(target_of(model), Usage(input_tokens=1000, output_tokens=100)) is None


def test_a_server_of_ones_own_does_not_name_the_price() -> None:
    """Servers of local models like to call theirs by the name of one of OpenAI's."""
    target = target_of("openai/qwen", base_url="http://127.0.0.1:8080/v1")

    assert cost_usd(target, Usage(input_tokens=1000), "gpt-3.5-turbo") is None


def test_the_address_of_a_provider_names_the_price() -> None:
    """The OpenAI client pointed at another known provider costs what that one takes."""
    target = target_of("openai/llama-3.3-70b-versatile", base_url="https://api.groq.com/openai/v1")

    assert pytest.approx(0.59) == cost_usd(target, Usage(input_tokens=MILLION))


def test_no_tokens_have_no_price() -> None:
    """A server that counts nothing leaves the cost unknown."""
    assert cost_usd(target_of(MODEL), Usage()) is None


@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-4o-mini",  # each token costs the same
        "groq/llama-3.3-70b-versatile",  # no cache
        "google/gemini-2.5-pro",  # dearer from so many tokens on
        "deepseek/deepseek-chat",  # at night another price
        "perplexity/sonar",  # something for each call
    ],
)
@pytest.mark.parametrize("read", [1, 12_345, 300_000])
def test_the_cost_is_what_genai_prices_makes_of_it(model: str, read: int) -> None:
    """However a model is priced, small calls and large ones cost what the package itself says."""
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    target, cached, written = target_of(model), read // 3, 678
    counted = Counted(input_tokens=read, cache_read_tokens=cached, output_tokens=written)
    expected = calc_price(counted, target.name, provider_id=target.provider).total_price

    usage = Usage(input_tokens=read, cached_tokens=cached, output_tokens=written)
    assert float(expected) == cost_usd(target, usage)


def test_prices_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list given to genai-prices counts from then on, also for names that were unknown before."""
    from genai_prices import data_snapshot, types

    monkeypatch.setenv("BRIEFING_ANY_PROVIDER", "1")
    target, usage = target_of("house/brand"), Usage(input_tokens=MILLION)
    assert cost_usd(target, usage) is None
    model = types.ModelInfo(
        id="brand",
        match=types.ClauseEquals(equals="brand"),
        prices=types.ModelPrice(input_mtok=Decimal(3), output_mtok=Decimal(6)),
    )
    provider = types.Provider(id="house", name="House", api_pattern="https://house", models=[model])
    snapshot = data_snapshot.DataSnapshot(providers=[provider], from_auto_update=False)
    monkeypatch.setattr(data_snapshot, "_custom_snapshot", snapshot)

    assert pytest.approx(3.0) == cost_usd(target, usage)


def test_prices_are_read_without_a_network() -> None:
    """Neither import nor look-up opens a connection."""
    code = (
        "import socket\n"
        "def no(*_, **__): raise SystemExit('network')\n"
        "socket.socket.connect = socket.getaddrinfo = no\n"
        "from briefing.llm.pricing import cost_usd\nfrom briefing.llm.targets import target_of\nfrom briefing import Usage\n"
        "print(cost_usd(target_of('openai/gpt-4o-mini'), Usage(input_tokens=1000000)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "0.15" == done.stdout.strip()


def test_a_bill_with_one_unknown_price_is_unknown() -> None:
    """A sum that lacks a part would pass for the whole."""
    bill = CostTracker()
    bill.add(Usage(input_tokens=10), 0.5)
    assert 0.5 == bill.cost_usd
    bill.add(Usage(input_tokens=10), None)

    assert bill.cost_usd is None
    assert 20 == bill.usage.input_tokens


@pytest.mark.parametrize("plan", ["joint", "staged"])
def test_a_result_has_its_price(serve: Any, ask: Ask, bridge: str, plan: str) -> None:
    """Of all its asks, also through a proxy."""
    fake, briefer = serve(model=MODEL, plan=plan)
    meta = ask(briefer, bridge).meta

    assert fake.calls == meta.attempts
    assert pytest.approx(price(meta.usage.input_tokens, meta.usage.output_tokens)) == meta.cost_usd


def test_cached_tokens_have_their_own_price(serve: Any, ask: Ask, bridge: str, good: dict[str, Any]) -> None:
    """They are counted among the tokens read, and cost less."""
    _, briefer = serve([completion(json.dumps(good), read=1000, written=100, cached=800)], model=MODEL)
    meta = ask(briefer, bridge).meta

    assert Usage(input_tokens=1000, output_tokens=100, cached_tokens=800) == meta.usage
    assert pytest.approx(price(1000, 100, 800)) == meta.cost_usd


def test_failed_and_repeated_calls_are_paid_for(
    serve: Any, ask: Ask, bridge: str, good: dict[str, Any]
) -> None:
    """An answer of the wrong shape costs, one that is repaired costs twice, and a busy server costs nothing."""
    spoilt = good | {"entities": [{"name": "Nobody Here", "type": "person", "role": None}]}
    faults = [
        Fault(status=500, headers=NOW),
        completion("{}", read=1000, written=10),
        completion(json.dumps(spoilt), read=1100, written=200),
        completion(json.dumps({"entities": []}), read=1500, written=50),
    ]
    fake, briefer = serve(faults, model=MODEL)
    meta = ask(briefer, bridge).meta

    assert 4 == fake.calls
    assert (4, 3860) == spent(meta)[:2]
    assert pytest.approx(price(3600, 260)) == meta.cost_usd


def test_an_unknown_model_has_tokens_and_no_price(briefer: Briefer, bridge: str) -> None:
    """Its briefing says so with `None`."""
    meta = briefer.summarize(bridge).meta

    assert meta.usage.input_tokens > 0
    assert meta.cost_usd is None


ERRORS = [
    pytest.param(
        # The whole twice, then four fields twice, at the same time where it is async.
        [completion("{", read=900, written=9, finish_reason="length")] * 10,
        TruncatedError,
        1,
        id="truncated",
    ),
    pytest.param(
        [completion("", read=900, written=9, finish_reason="content_filter")], FilteredError, 1, id="filtered"
    ),
    pytest.param([completion("no JSON", read=900, written=9)] * 4, AnswerError, 3, id="wrong shape"),
    pytest.param(
        [completion("no JSON", read=900, written=9), Fault(status=401)],
        AuthenticationError,
        1,
        id="then a 401",
    ),
    pytest.param(
        [
            Fault(
                status=500,
                headers=NOW,
                body={
                    "error": {"message": "half way"},
                    "model": "gpt-4o-mini",
                    "usage": {"prompt_tokens": 900, "completion_tokens": 9},
                },
            )
        ]
        * 4,
        ServerError,
        4,
        id="usage in an error",
    ),
]


@pytest.mark.parametrize(("faults", "kind", "paid"), ERRORS)
def test_an_error_has_its_price(
    serve: Any, ask: Ask, bridge: str, faults: list[Fault], kind: type[ProviderError], paid: int
) -> None:
    """What was spent before is on it, also after pickling."""
    fake, briefer = serve(faults, model=MODEL)
    with pytest.raises(kind) as caught:
        ask(briefer, bridge)
    again = pickle.loads(pickle.dumps(caught.value))

    assert fake.calls == again.attempts
    assert paid * 909 <= again.usage.input_tokens + again.usage.output_tokens
    assert pytest.approx(price(again.usage.input_tokens, again.usage.output_tokens)) == again.cost_usd


def test_nothing_spent_costs_nothing_known(serve: Any, ask: Ask, bridge: str) -> None:
    """A call that was refused counts as a call; its price is not called 0."""
    _, briefer = serve([Fault(status=401)], model=MODEL)
    with pytest.raises(AuthenticationError) as caught:
        ask(briefer, bridge)

    assert (1, 0, None) == spent(caught.value)


def test_siblings_of_a_failed_ask_are_on_its_bill(ask: Ask, bridge: str) -> None:
    """A staged plan whose third question fails carries the others' tokens, and what they answered."""

    def refuse(request: dict[str, Any]) -> Fault | None:
        schema = json.dumps(request["response_format"])
        return Fault(status=401) if "key_quotes" in schema else None

    with FakeModel(faults=refuse) as fake:
        briefer = Briefer(MODEL, base_url=fake.url, api_key="test", plan="staged")
        with pytest.raises(AuthenticationError) as caught:
            ask(briefer, bridge)
        briefer.close()
    again = pickle.loads(pickle.dumps(caught.value))

    assert fake.calls == again.attempts
    assert {"headline", "summary"} <= again.partial.keys() <= {"headline", "summary", "entities"}
    assert [] == again.partial["summary"].sentences[0].missing
    assert pytest.approx(price(again.usage.input_tokens, again.usage.output_tokens)) == again.cost_usd


def test_what_points_at_nothing_is_not_kept_of_it(bridge: str) -> None:
    """A name that does not occur is no part of the answers that an error keeps."""

    def spoil(request: dict[str, Any]) -> Fault | None:
        schema = json.dumps(request["response_format"])
        if '"entities"' in schema:
            return Fault(status=401)
        if '"key_quotes"' in schema:
            return Fault(content=json.dumps({"key_quotes": [{"id": "q99", "speaker": "Nobody"}]}))
        return None

    with (
        FakeModel(faults=spoil) as fake,
        Briefer(MODEL, base_url=fake.url, api_key="t", plan="staged") as briefer,
        pytest.raises(AuthenticationError) as caught,
    ):
        briefer.summarize(bridge)

    assert [] == caught.value.partial.get("key_quotes", [])


def test_tokens_as_anthropic_counts_them() -> None:
    """It leaves what its cache took part in out of `input_tokens`; ours holds all."""
    usage = {
        "input_tokens": 100,
        "cache_read_input_tokens": 800,
        "cache_creation_input_tokens": 50,
        "output_tokens": 20,
    }

    assert Usage(input_tokens=950, output_tokens=20, cached_tokens=800) == usage_of({"usage": usage})


@pytest.mark.parametrize(
    "counts", [{"prompt_tokens": -5, "completion_tokens": "7"}, {"prompt_tokens": None}, [], "12"]
)
def test_counts_that_make_no_sense_count_nothing(counts: Any) -> None:
    """A server may say what it likes; no cost comes of it, and no error."""
    assert Usage() == usage_of({"usage": counts})


class Lead(BaseModel):
    """A schema that may not be without a quote."""

    lead: Quote


def test_an_error_after_the_last_answer_has_the_whole_bill(serve: Any, bridge: str) -> None:
    """A required quote that points nowhere, also when asked again, was paid for twice."""
    nowhere = json.dumps({"lead": {"id": "q99", "speaker": None}})
    again = json.dumps({"lead": [{"id": "q99", "speaker": None}]})
    answers = [completion(nowhere, read=1000, written=100), completion(again, read=1200, written=50)]
    fake, briefer = serve(answers, model=MODEL)
    with pytest.raises(GroundingError) as caught:
        briefer.summarize(bridge, schema=Lead)

    assert 2 == fake.calls
    assert (2, 2350) == spent(caught.value)[:2]
    assert pytest.approx(price(2200, 150)) == caught.value.cost_usd


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, bridge: str) -> None:
    """A provider whose SDK is not installed is told with the command that installs it."""
    monkeypatch.setitem(sys.modules, "cohere", None)
    with (
        Briefer("cohere/command-r", api_key="x") as briefer,
        pytest.raises(
            MissingExtraError, match=r"cohere/command-r needs .* pip install \"grounded-briefing\[cohere\]\"$"
        ),
    ):
        briefer.summarize(bridge)


@pytest.mark.parametrize(
    ("model", "given", "address"),
    [
        ("openai/x", None, "http://proxy/v1"),
        ("openai/x", "http://own/v1", "http://own/v1"),
        ("anthropic/x", None, "http://gateway"),
        ("anthropic/x", "http://own", "http://own"),
        ("cohere/x", None, "http://relay"),
        ("google/x", None, "http://front"),
        ("vertexai/x", None, "http://side"),
        ("groq/x", None, None),
    ],
)
def test_the_address_is_the_one_that_the_sdk_takes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, model: str, given: str | None, address: str | None
) -> None:
    """Where none is given."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://proxy/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://gateway")
    monkeypatch.setenv("CO_API_URL", "http://relay")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://front")
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", "http://side")
    assert address == target_of(model, base_url=given).address
