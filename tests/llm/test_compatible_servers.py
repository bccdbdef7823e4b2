"""Servers that speak OpenAI's protocol: addresses, keys, and what they lack, learnt from a refusal."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import BRIDGE

from briefing import Briefer, ConfigurationError, MissingKeyError, UnknownModelError
from briefing.errors import MissingExtraError
from briefing.llm.providers import adapters
from briefing.llm.providers.openai_chat import COMPATIBLE
from briefing.llm.sdk import connect
from briefing.llm.targets import target_of
from briefing.testing.fake_model import FakeModel, Fault, without_waiting

#: In two parts, so that no scanner takes it for a real one.
OTHER_KEY = "sk-" + "openai-0123456789abcdef"
KEYED = sorted(COMPATIBLE.keys() - {"ollama"})


def variable(provider: str) -> str:
    """The environment variable of a provider's key."""
    return f"{provider.upper()}_API_KEY"


@pytest.mark.parametrize("provider", sorted(COMPATIBLE))
def test_each_is_called_at_base_url(monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    """With the key of its own variable; sync calls and many articles."""
    monkeypatch.setenv(variable(provider), "from-environment")
    monkeypatch.setenv("OPENAI_API_KEY", OTHER_KEY)
    with FakeModel() as fake, Briefer(f"{provider}/some-model", base_url=fake.url) as briefer:
        assert f"{provider}/some-model" == briefer.summarize(BRIDGE).meta.model
        assert [[]] == [result.verify(BRIDGE) for result in briefer.summarize_many([BRIDGE])]
    assert ["some-model"] * 2 == [request["model"] for request in fake.requests]


@pytest.mark.parametrize("provider", KEYED)
@pytest.mark.parametrize("empty", [False, True], ids=["unset", "empty"])
def test_a_missing_key_is_told(monkeypatch: pytest.MonkeyPatch, provider: str, empty: bool) -> None:
    """The key for OpenAI is not sent to another provider; an empty variable, as of a template for settings, is no key."""
    monkeypatch.delenv(variable(provider), raising=False)
    if empty:
        monkeypatch.setenv(variable(provider), "")
    monkeypatch.setenv("OPENAI_API_KEY", OTHER_KEY)
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:9")
    with (
        Briefer(f"{provider}/some-model") as briefer,
        pytest.raises(MissingKeyError, match=f"set {variable(provider)} or pass api_key="),
    ):
        briefer.summarize(BRIDGE)


@pytest.mark.parametrize("model", ["openai/gpt-5-mini", "anthropic/claude-sonnet-5"])
def test_an_empty_key_is_none(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    """OpenAI's and Anthropic's own SDKs would send it."""
    name = variable(model.partition("/")[0])
    monkeypatch.setenv(name, "")
    with Briefer(model) as briefer, pytest.raises(MissingKeyError, match=f"set {name} or pass api_key="):
        briefer.summarize(BRIDGE)


#: What a server lacks: the fields that it refuses, its words, and the field of the request that is taken in the end.
LACKING = {
    "JSON schemas": (
        ("response_format",),
        "'response_format' of type 'json_schema' is not supported with this model",
        "tools",
    ),
    "JSON schemas and tools": (
        ("response_format", "tools"),
        "Unsupported: {} is not available. Structured output and tools are not supported",
        "messages",
    ),
    "tool_choice": (("tool_choice", "response_format"), "{} is not supported by this model", "messages"),
    "temperature": (("temperature",), "Unsupported value: 'temperature' does not support 0.0", "messages"),
    "max_tokens": (("max_tokens",), "Unknown parameter: max_tokens", "max_completion_tokens"),
}


@pytest.mark.parametrize("provider", ["openai", "groq", "xai", "azure_openai"])
@pytest.mark.parametrize("lack", LACKING)
def test_what_a_server_lacks_is_learnt_once(lack: str, provider: str) -> None:
    """Whatever the model is called: the second briefing is asked for by what the server takes."""
    fields, words, taken = LACKING[lack]

    def refuse(request: dict[str, Any]) -> Fault | None:
        for name in fields:
            asked = request.get(name)
            # A mode of instructor without a schema has a format of another type.
            if asked is not None and not (isinstance(asked, dict) and asked.get("type") == "json_object"):
                return Fault(status=400, message=words.format(name), code="unsupported_parameter")
        return None

    with (
        FakeModel(faults=refuse) as fake,
        Briefer(
            f"{provider}/new-model",
            base_url=fake.url,
            api_key="k",
            options={"max_output_tokens": 2000},
            max_attempts=5,
        ) as briefer,
    ):
        first, second = (briefer.summarize(BRIDGE).meta for _ in range(2))
    assert (1, True) == (second.attempts, taken in fake.requests[-1])
    assert first.attempts <= 3
    assert [] == [name for name in fields if name != "response_format" and name in fake.requests[-1]]


def test_azure_is_called_by_deployment_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint may be in the environment."""
    with FakeModel() as fake:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", fake.url.removesuffix("/v1"))
        options: Any = {"api_version": "2025-01-01-preview"}
        with Briefer("azure_openai/mine", api_key="k", options=options) as briefer:
            briefer.summarize(BRIDGE)
        assert ["/openai/deployments/mine/chat/completions?api-version=2025-01-01-preview"] == fake.paths
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT")
    with (
        Briefer("azure_openai/mine", api_key="k") as briefer,
        pytest.raises(ConfigurationError, match="AZURE_OPENAI_ENDPOINT"),
    ):
        briefer.summarize(BRIDGE)


@pytest.mark.parametrize(
    "model", ["writer/palmyra-x5", "litellm/gpt-4o", "gemini/gemini-2.5-flash", "nonesuch/x"]
)
def test_a_provider_that_is_not_tested_is_refused(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    """Before a call, with the list of those that are; a variable lets instructor try."""
    monkeypatch.delenv("BRIEFING_ANY_PROVIDER", raising=False)
    with pytest.raises(
        UnknownModelError, match=r"there is no provider .* give openai/NAME and base_url="
    ) as caught:
        Briefer(model, api_key="k")
    assert all(provider in str(caught.value) for provider in adapters())
    monkeypatch.setenv("BRIEFING_ANY_PROVIDER", "1")
    with (
        Briefer(model, api_key="k") as briefer,
        pytest.raises((UnknownModelError, MissingExtraError, ConfigurationError)),
    ):
        briefer.summarize(BRIDGE)


def test_instructor_may_try_a_provider_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it makes of the provider is called, sync and async, with our retries."""
    monkeypatch.setenv("BRIEFING_ANY_PROVIDER", "1")
    with (
        FakeModel(faults=[Fault(status=503), None, Fault(status=503)]) as fake,
        Briefer("anyscale/some-model", base_url=fake.url, api_key="k") as briefer,
        without_waiting(),
    ):
        assert [2] == [briefer.summarize(BRIDGE).meta.attempts]
        assert [2] == [result.meta.attempts for result in briefer.summarize_many([BRIDGE])]
    assert ["some-model"] * 4 == [request["model"] for request in fake.requests]


def test_names_of_an_account_at_openai_are_not_sent_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK reads them from the environment, whatever its address."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    for is_async in (False, True):
        headers = [
            connect(target_of(model, api_key="k"), is_async=is_async).default_headers
            for model in ("openai/x", "groq/x")
        ]
        named = [
            [name for name in ("OpenAI-Organization", "OpenAI-Project") if isinstance(h.get(name), str)]
            for h in headers
        ]
        assert [["OpenAI-Organization", "OpenAI-Project"], []] == named
