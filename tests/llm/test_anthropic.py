"""Anthropic's protocol, with responses of the SDK's own types."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import anthropic
import pytest
from anthropic.types import Message, TextBlock, ToolUseBlock, Usage
from conftest import BRIDGE, GOOD

from briefing import Briefer, MissingExtraError, MissingKeyError, QuotaError, RefusalError, TruncatedError
from briefing.llm.providers import adapter_of
from briefing.testing.fake_model import FakeModel, Fault
from briefing.throttling.headers import quotas

ADAPTER = adapter_of("anthropic")
MODEL = "anthropic/claude-sonnet-5"


def message(*content: Any, stop: str = "tool_use", **usage: int) -> Fault:
    """A response as the SDK would write it."""
    counted = Usage(**{"input_tokens": 1000, "output_tokens": 100} | usage)  # type: ignore[arg-type]
    made = Message(
        id="msg_1",
        content=list(content),
        model="claude-sonnet-5",
        role="assistant",
        stop_reason=stop,  # type: ignore[arg-type]
        type="message",
        usage=counted,
    )
    return Fault(body=made.model_dump(mode="json"))


CALLED = ToolUseBlock(id="toolu_1", name="Briefing", input=GOOD, type="tool_use")


def ask(*faults: Fault, **options: Any) -> tuple[Any, FakeModel]:
    with (
        FakeModel(protocol="anthropic", faults=faults) as fake,
        Briefer(MODEL, base_url=fake.url, api_key="test", max_attempts=2, **options) as briefer,
    ):
        return briefer.summarize(BRIDGE), fake


@pytest.mark.parametrize(
    "content",
    [
        (CALLED,),
        (TextBlock(text="Here it is.", type="text"), CALLED),
        (TextBlock(text=json.dumps(GOOD), type="text"),),
        (TextBlock(text=f"Sure:\n```json\n{json.dumps(GOOD)}\n```", type="text"),),
    ],
    ids=["tool", "text and tool", "text", "code fence"],
)
def test_the_answer_is_found_where_it_is(content: tuple[Any, ...]) -> None:
    """In the call of the tool, or written instead."""
    result, fake = ask(message(*content, stop="end_turn"))
    assert (GOOD["headline"], 1) == (result.headline, fake.calls)


def test_tokens_of_the_cache_are_counted_and_priced() -> None:
    """They are no part of `input_tokens`; writing costs more, reading less."""
    plain = ask(message(CALLED, input_tokens=3000))[0].meta
    read = ask(message(CALLED, cache_read_input_tokens=2000))[0].meta
    wrote = ask(message(CALLED, cache_creation_input_tokens=2000))[0].meta
    assert [3000, 3000, 3000] == [meta.usage.input_tokens for meta in (plain, read, wrote)]
    assert [0, 2000, 0] == [meta.usage.cached_tokens for meta in (plain, read, wrote)]
    assert read.cost_usd < plain.cost_usd < wrote.cost_usd


def test_what_is_the_same_for_all_articles_is_marked_for_the_cache() -> None:
    """The mark is at the end of the system's text, after the tools; the article is behind it."""
    _, fake = ask()
    [request] = fake.requests
    assert {"type": "ephemeral"} == request["system"][-1]["cache_control"]
    assert "cache_control" not in json.dumps(request["messages"])
    assert "Harwick" not in json.dumps([request["system"], request["tools"]])


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (message(stop="refusal"), RefusalError, None),
        (message(TextBlock(text="No.", type="text"), stop="refusal"), RefusalError, "No."),
        (
            Fault(status=400, message="Your credit balance is too low to access the Anthropic API."),
            QuotaError,
            "credit balance",
        ),
        (Fault(status=402, message="Billing"), QuotaError, "Billing"),
    ],
)
def test_what_does_not_pass_costs_one_call(fault: Fault, kind: type[Exception], said: str | None) -> None:
    """In Anthropic's words."""
    with pytest.raises(kind) as caught:
        ask(fault)
    assert (1, True) == (caught.value.attempts, (said or "") in (caught.value.provider_message or ""))  # type: ignore[attr-defined]


def test_a_truncated_call_of_the_tool_is_asked_for_with_more_room() -> None:
    """What it has so far is not used. The protocol's limit of 4,096 tokens is doubled."""
    cut = message(CALLED.model_copy(update={"input": {"headline": "Har"}}), stop="max_tokens")
    _, fake = ask(cut)
    assert [4096, 8192] == [request["max_tokens"] for request in fake.requests]
    with pytest.raises(TruncatedError):
        ask(cut, cut, options={"max_output_tokens": 500}, plan="staged")


def test_options_are_translated() -> None:
    """The SDK's function has no argument for the temperature any more, the protocol has."""
    _, fake = ask(options={"temperature": 0.2, "top_p": 0.9, "stop": "END", "max_output_tokens": 900})
    sent = fake.requests[0]
    assert (0.2, 0.9, ["END"], 900) == tuple(
        sent[name] for name in ("temperature", "top_p", "stop_sequences", "max_tokens")
    )


def test_a_server_without_tools_is_asked_in_words() -> None:
    """A proxy may lack them; that is learnt once."""

    def refuse(request: dict[str, Any]) -> Fault | None:
        return (
            Fault(status=400, message="tools: Extra inputs are not permitted") if "tools" in request else None
        )

    with (
        FakeModel(protocol="anthropic", faults=refuse) as fake,
        Briefer(MODEL, base_url=fake.url, api_key="test") as briefer,
    ):
        assert [2, 1] == [briefer.summarize(BRIDGE).meta.attempts for _ in range(2)]


def test_rate_limits_have_one_form() -> None:
    """Anthropic names them otherwise, and gives the time of a reset as a date."""
    soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")
    headers = {
        **{
            f"anthropic-ratelimit-requests-{k}": v
            for k, v in {"limit": "50", "remaining": "7", "reset": soon}.items()
        },
        **{
            f"anthropic-ratelimit-tokens-{k}": v
            for k, v in {"limit": "9000", "remaining": "10", "reset": soon}.items()
        },
        "retry-after": "3",
    }
    named = ADAPTER.rate_headers(headers)
    requests, tokens = quotas(named)
    assert requests is not None
    assert tokens is not None
    assert (7, 50, 10, 9000) == (requests.remaining, requests.limit, tokens.remaining, tokens.limit)
    assert 20 < requests.reset < 31
    assert "3" == named["retry-after"]


def test_the_fake_server_sends_what_the_sdk_reads() -> None:
    """Each response is a message by the SDK's own type."""
    with (
        FakeModel(protocol="anthropic") as fake,
        anthropic.Anthropic(base_url=fake.url, api_key="k") as client,
    ):
        answer = client.messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "[1] Ann Ode is 9."}]
        )
    assert answer == Message.model_validate(answer.model_dump(), strict=True)


def test_a_missing_package_and_a_missing_key_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it, and the variable that is not set."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with Briefer(MODEL) as briefer, pytest.raises(MissingKeyError, match="set ANTHROPIC_API_KEY"):
        briefer.summarize(BRIDGE)
    monkeypatch.setitem(sys.modules, "anthropic", None)
    with Briefer(MODEL) as briefer, pytest.raises(MissingExtraError, match=r"\[anthropic\]"):
        briefer.summarize(BRIDGE)


@pytest.mark.parametrize("calls", [1, 2])
@pytest.mark.parametrize("given", [GOOD, json.dumps(GOOD)], ids=["object", "text"])
def test_calls_of_the_tool_as_proxies_send_them(calls: int, given: Any) -> None:
    """The input as a text, or more calls than one: the first one counts."""
    body: Any = message(CALLED).body
    body["content"] = [body["content"][0] | {"input": given}] * calls
    briefing, fake = ask(Fault(body=body))
    assert (1, GOOD["headline"]) == (fake.calls, briefing.headline)


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
def test_the_version_at_the_end_of_an_address_is_not_doubled(end: str) -> None:
    """The SDK adds it."""
    with (
        FakeModel(protocol="anthropic") as fake,
        Briefer(MODEL, base_url=fake.url.removesuffix("/v1") + end, api_key="test") as briefer,
    ):
        briefer.summarize(BRIDGE)
    assert ["/v1/messages"] == fake.paths
