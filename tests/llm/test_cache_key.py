"""Tests of the key for OpenAI's prompt cache."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import BRIDGE, DAM

from briefing import Briefer
from briefing.llm.client import Client
from briefing.llm.sdk import RecordedTransport
from briefing.llm.targets import target_of
from briefing.testing.fake_model import FakeModel

KEY = "prompt_cache_key"


def sent(
    article: str, *, model: str = "openai/gpt-4o-mini", base_url: str | None = None, **how: Any
) -> dict[str, Any]:
    """The first request for an article, as it would be sent to a server."""
    requests: list[dict[str, Any]] = []

    def lookup(request: dict[str, Any]) -> tuple[int, Any]:
        requests.append(request)
        return 400, {"error": {"message": "enough"}}

    briefer = Briefer(model, base_url=base_url, api_key="test")
    transport = RecordedTransport(target_of(model, base_url=base_url), lookup)
    briefer._client = Client(briefer._asked, timeout=1.0, max_attempts=1, transport=transport)
    with pytest.raises(Exception, match="enough"):
        briefer.summarize(article, **how)
    return requests[0]


def test_requests_that_begin_alike_have_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """From article to article; another schema, or another prompt, has another key."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    first, second = sent(BRIDGE), sent(DAM)

    assert first["messages"] != second["messages"]
    assert first[KEY] == second[KEY]
    assert 32 == len(first[KEY])
    assert first[KEY] != sent(BRIDGE, length="brief")[KEY]


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "https://eu.api.openai.com/v1"])
def test_openais_own_addresses_get_it(url: str) -> None:
    """Regional ones, too."""
    assert sent(BRIDGE)[KEY] == sent(BRIDGE, base_url=url)[KEY]


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("openai/gpt-4o-mini", "https://recorded.invalid/v1"),
        ("openai/gpt-4o-mini", "https://api.openai.com.proxy.example/v1"),
        ("openrouter/openai/gpt-4o-mini", None),
        ("local", "http://127.0.0.1:9/v1"),
    ],
)
def test_other_servers_do_not(model: str, url: str | None) -> None:
    """They may reject what they do not know."""
    assert KEY not in sent(BRIDGE, model=model, base_url=url)


def test_a_server_of_the_environment_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a real connection."""
    with FakeModel() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        with Briefer("openai/gpt-4o-mini", api_key="test") as briefer:
            briefer.summarize(BRIDGE)
    assert KEY not in fake.requests[0]
