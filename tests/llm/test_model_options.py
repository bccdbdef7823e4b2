"""Options of a model: checked before a call, and translated for each provider."""

from __future__ import annotations

import json
import pickle
import traceback
from typing import Any

import pytest

from briefing import Briefer, ConfigurationError
from briefing.errors import ProviderError, RequestError, TruncatedError
from briefing.llm.options import check_options
from briefing.llm.providers import adapter_of
from briefing.llm.targets import target_of
from briefing.testing.fake_model import FakeModel, Fault

ARTICLE = "The mill will close in May, the council said."
HEADER = "tenant-4711-secret"


def briefer(fake: FakeModel, model: str = "openai/fake", **options: Any) -> Briefer:
    return Briefer(model, base_url=fake.url, api_key="test", options=options, max_attempts=2)  # type: ignore[arg-type]


def test_options_reach_the_server(fake: FakeModel) -> None:
    """By the names of the OpenAI protocol."""
    options: dict[str, Any] = {
        "temperature": 0.3,
        "top_p": 0.9,
        "seed": 7,
        "stop": ["END"],
        "max_output_tokens": 900,
    }
    with briefer(fake, **options, service_tier="flex", extra_body={"logit_bias": {"1": 1}}) as ours:
        ours.summarize(ARTICLE)

    sent = fake.requests[0]
    assert {
        "temperature": 0.3,
        "top_p": 0.9,
        "seed": 7,
        "stop": ["END"],
        "max_tokens": 900,
        "service_tier": "flex",
        "logit_bias": {"1": 1},
    } == {name: sent[name] for name in sent if name not in ("model", "messages", "response_format")}


@pytest.mark.parametrize(
    ("model", "options", "parameters"),
    [
        ("openai/gpt-5-mini", {"max_output_tokens": 9}, {"max_completion_tokens": 9}),
        (
            "anthropic/x",
            {"max_output_tokens": 9, "stop": "END"},
            {"max_tokens": 9, "stop_sequences": ["END"]},
        ),
        ("groq/x", {"seed": 1, "reasoning_effort": "low"}, {"seed": 1, "reasoning_effort": "low"}),
    ],
)
def test_options_have_a_providers_names(
    model: str, options: dict[str, Any], parameters: dict[str, Any]
) -> None:
    """The user writes one name for all."""
    target = target_of(model, options=options)
    limit = "max_completion_tokens" if target.reasons else "max_tokens"
    adapter = adapter_of(target.provider)
    limit = limit if limit in adapter.limit_names else adapter.limit_names[0]
    assert parameters == adapter.parameters(target.options, output_limit=limit)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("openai/x", {"temprature": 0.3}, "there is no option 'temprature'; there are temperature, top_p"),
        ("openai/x", {"temperature": 3}, "temperature: Input should be less than or equal to 2"),
        ("openai/x", {"seed": "7"}, "seed: Input should be a valid integer"),
        ("openai/x", {"stop": []}, "stop"),
        ("openai/x", {"max_output_tokens": 0}, "max_output_tokens"),
        ("openai/x", {"extra_body": {"messages": []}}, "extra_body must not contain messages"),
        ("openai/x", {"extra_headers": {"X-A": f"{HEADER}\n"}}, "'X-A' is not a valid header"),
        ("openai/x", {"extra_headers": HEADER}, "extra_headers: Input should be a valid dictionary"),
        ("openai/x", "temperature", "must be a mapping"),
        (
            "anthropic/x",
            {"seed": 7},
            "seed cannot be passed to anthropic; it takes context_window, extra_body",
        ),
        (
            "groq/x",
            {"api_version": "1"},
            "api_version cannot be passed to groq; it takes context_window, extra_body",
        ),
        ("anthropic/x", {"temperature": 1.5}, "temperature of Anthropic's models is from 0 to 1"),
        ("anthropic/x", {"service_tier": "flex"}, "service_tier='flex' cannot be passed to anthropic"),
        ("local", {"service_tier": "flex"}, "service_tier cannot be passed to a local model"),
    ],
)
def test_options_that_cannot_be_used_are_refused(model: str, options: Any, message: str) -> None:
    """Before any call, and without the value of a header."""
    with pytest.raises(ConfigurationError) as refused:
        Briefer(model, api_key="test", options=options)

    assert message in str(refused.value)
    assert HEADER not in "".join(traceback.format_exception(refused.value))


def test_options_are_part_of_the_fingerprint() -> None:
    """But for those that change no answer; without options it stays what it was."""

    def fingerprint(**options: Any) -> str:
        return Briefer("openai/x", api_key="test", options=options).fingerprint(ARTICLE)  # type: ignore[arg-type]

    plain = Briefer("openai/x", api_key="test").fingerprint(ARTICLE)
    assert (
        plain
        == fingerprint()
        == fingerprint(extra_headers={"X-A": "1"}, organization="o", service_tier="flex")
    )
    assert 3 == len({plain, fingerprint(temperature=0.3), fingerprint(temperature=0.4)})


def test_headers_are_sent_and_never_told(bridge: str) -> None:
    """Not in an error, nor in a representation."""
    fault = Fault(status=400, body={"error": {"message": f"bad tenant {HEADER}"}})
    with FakeModel(faults=[fault]) as fake, briefer(fake, extra_headers={"X-Tenant": HEADER}) as ours:
        with pytest.raises(RequestError) as failed:
            ours.summarize(bridge)
        ours.summarize(bridge)

    told = "".join(traceback.format_exception(failed.value)) + repr(ours) + repr(vars(ours))
    assert HEADER not in told + json.dumps(str(pickle.loads(pickle.dumps(failed.value))))


def test_an_answer_is_not_longer_than_the_user_allows(bridge: str) -> None:
    """A truncated answer is not asked for again with a higher limit."""
    with (
        FakeModel(
            faults=lambda _request: Fault(content=lambda good: good[:50], finish_reason="length")
        ) as fake,
        briefer(fake, max_output_tokens=64) as ours,
        pytest.raises((TruncatedError, ProviderError)),
    ):
        ours.summarize(bridge)

    assert {64} == {request["max_tokens"] for request in fake.requests}


@pytest.mark.parametrize(
    ("refused", "taken"), [("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")]
)
def test_the_name_of_the_output_limit_is_learnt(bridge: str, refused: str, taken: str) -> None:
    """From the refusal, once, whatever the model's name."""

    def refuse(request: dict[str, Any]) -> Fault | None:
        message = (
            f"Unsupported parameter: '{refused}' is not supported with this model. Use '{taken}' instead."
        )
        return Fault(status=400, body={"error": {"message": message}}) if refused in request else None

    model = "openai/my-deployment" if refused == "max_tokens" else "openai/o3-proxy"
    with FakeModel(faults=refuse) as fake, briefer(fake, model, max_output_tokens=900) as ours:
        metas = [ours.summarize(bridge).meta for _ in range(2)]

    assert [2, 1] == [meta.attempts for meta in metas]
    assert [refused, taken, taken] == [
        next(name for name in (refused, taken) if name in request) for request in fake.requests
    ]


def test_a_temperature_that_the_user_chose_is_not_given_up(bridge: str) -> None:
    """The refusal is told instead."""
    fault = Fault(status=400, body={"error": {"message": "temperature is not supported with this model"}})
    with (
        FakeModel(faults=lambda request: fault if "temperature" in request else None) as fake,
        briefer(fake, temperature=0.7) as ours,
        pytest.raises(RequestError, match="temperature"),
    ):
        ours.summarize(bridge)

    assert 1 == fake.calls


def test_no_options_are_an_empty_mapping() -> None:
    """As none were given."""
    assert (
        {}
        == check_options(None, provider="openai", local=False)
        == check_options({}, provider="x", local=False)
    )
