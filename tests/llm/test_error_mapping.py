"""Tests of the errors that exceptions of SDKs and transports are mapped to."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from briefing import Briefer, BriefingError, Usage
from briefing.errors import (
    ContextWindowError,
    FilteredError,
    QuotaError,
    RefusalError,
    ServerError,
    TlsError,
    UnreachableError,
)
from briefing.llm.deadline import Deadline
from briefing.llm.error_mapping import map_error, map_json_errors, response_error
from briefing.llm.providers import adapter_of
from briefing.llm.targets import target_of
from briefing.testing.fake_model import FakeModel, Fault, response_body


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (ssl.SSLCertVerificationError("self-signed"), TlsError),
        (ssl.SSLEOFError("closed"), UnreachableError),
        (ssl.SSLZeroReturnError("closed"), UnreachableError),
    ],
)
def test_a_connection_that_ends_during_tls_is_no_tls_error(cause: OSError, kind: type[Exception]) -> None:
    """It may be temporary; a certificate that is not trusted is not."""
    error = ConnectionError("failed")
    error.__cause__ = cause
    assert kind is type(map_error(error, target_of("openai/x"), 1, Usage(), Deadline()))


@pytest.mark.parametrize("read", [b"\xff".decode, lambda: json.loads("{")], ids=["bytes", "text"])
def test_a_response_that_is_not_json_is_a_server_error(read: Callable[[], object]) -> None:
    """Of undecodable bytes as of malformed text, with the decoder's message."""
    with pytest.raises(ServerError, match="the server sent no JSON, despite") as caught, map_json_errors():
        read()
    assert str(caught.value.__cause__) == caught.value.provider_message


def _completion(message: dict[str, Any], finish: str = "stop", **others: Any) -> Fault:
    usage = {"prompt_tokens": 1500, "completion_tokens": 50, "total_tokens": 1550}
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
    return Fault(body={"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage, **others})


def _refused(message: str, code: str | None = None, status: int = 400) -> Fault:
    return Fault(status=status, body={"error": {"message": message, "code": code}})


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        (_completion({"content": ""}, "recitation"), FilteredError, "(recitation)"),
        (_completion({"content": None}, "SAFETY"), FilteredError, "(safety)"),
        (_completion({"content": ""}, "error"), ServerError, "ended the answer with an error"),
        (
            _completion({"content": ""}, error={"message": "upstream is gone"}),
            ServerError,
            "upstream is gone",
        ),
        (_completion({"content": ""}, "guardrail_intervened"), FilteredError, "(guardrail_intervened)"),
        (_completion({"content": ""}, "network_error"), ServerError, "ended the answer with an error"),
        (_completion({"content": ""}, "refusal"), RefusalError, "refused"),
        (_completion({"content": [{"type": "refusal", "refusal": "No."}]}), RefusalError, "refused"),
        (Fault(body={"choices": [{"text": "Hello", "finish_reason": "stop"}]}), ServerError, "has no answer"),
        (Fault(body={"choices": [{"message": "Hello"}]}), ServerError, "has no answer"),
        (Fault(body={"choices": ["Hello"]}), ServerError, "has no answer"),
        (Fault(body="[" * 100_000), ServerError, "sent no JSON"),
        (_refused("The prompt was filtered", "content_filter"), FilteredError, "The prompt was filtered"),
        (_refused("It was rejected by our safety system.", "moderation_blocked"), FilteredError, "safety"),
        (_refused("Input may be bad.", "DataInspectionFailed"), FilteredError, "may be bad"),
        (_refused("Prompt flagged", "content_policy_violation", status=422), FilteredError, "flagged"),
        (_refused("It may be violating our usage policy.", "invalid_prompt"), FilteredError, "violating"),
        (_refused("Your credit balance is too low to access the API."), QuotaError, "out of credit"),
        (_refused("Insufficient credits", status=402), QuotaError, "out of credit"),
    ],
)
def test_what_a_provider_says_in_its_own_words_is_understood(
    bridge: str, fault: Fault, kind: type[BriefingError], told: str
) -> None:
    """By one call, where another one would end the same way."""
    with (
        FakeModel(faults=lambda _request: fault) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test", max_attempts=2) as briefer,
        pytest.raises(kind) as failed,
    ):
        briefer.summarize(bridge)

    assert told in str(failed.value)
    assert fake.calls == (2 if kind is ServerError else 1)


@pytest.mark.parametrize("finish", ["MAX_TOKENS", "model_length", "model_context_window_exceeded"])
def test_an_answer_may_end_at_a_limit_in_any_words(bridge: str, finish: str) -> None:
    """It is asked for again with a higher limit, as one that has ended by "length"."""
    with (
        FakeModel(faults=[Fault(content="", finish_reason=finish)]) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer,
    ):
        assert 2 == briefer.summarize(bridge).meta.attempts
        assert "max_tokens" not in fake.requests[0]
        assert fake.requests[1]["max_tokens"] > 0


@pytest.mark.parametrize("tokens", [2**63, 10**400, float("inf"), float("nan"), -1])
def test_a_count_that_cannot_be_true_is_no_count(bridge: str, tokens: float, tmp_path: Path) -> None:
    """The paid answer is returned, recorded and found again."""

    def miscounted(request: dict[str, Any]) -> Fault:
        body = json.loads(response_body(request, Fault()))
        return Fault(body=body | {"usage": {"prompt_tokens": tokens, "completion_tokens": 7}})

    with FakeModel(faults=miscounted) as fake:
        settings: dict[str, Any] = {"base_url": fake.url, "api_key": "test", "journal": tmp_path / "run.db"}
        with Briefer("openai/fake", **settings) as briefer:
            made = briefer.summarize(bridge)
        with Briefer("openai/fake", **settings) as briefer:
            assert briefer.summarize(bridge) == made
    assert (made.meta.usage.input_tokens, made.meta.usage.output_tokens, fake.calls) == (0, 7, 1)


@pytest.mark.parametrize("code", ["json_validate_failed", "tool_use_failed"])
def test_an_answer_that_the_server_found_invalid_is_asked_for_again(bridge: str, code: str) -> None:
    """The next one may be valid."""
    with (
        FakeModel(faults=[_refused("Failed to generate JSON.", code)]) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer,
    ):
        assert 2 == briefer.summarize(bridge).meta.attempts


@pytest.mark.parametrize(
    "message_of",
    [
        lambda text: {"content": [{"type": "text", "text": text[:9]}, {"type": "text", "text": text[9:]}]},
        lambda text: {"content": [text[:9], text[9:]]},
        lambda text: {"content": f"{text}\n{text}"},
        lambda text: {"content": f"Here it is: {text} Is that {{right}}?"},
        lambda text: {"content": None, "reasoning_content": text},
        lambda text: {"content": "", "reasoning": f"Let me see. {text}"},
    ],
)
def test_the_answer_is_found_where_it_is(bridge: str, message_of: Callable[[str], dict[str, Any]]) -> None:
    """In the parts of a content, or in the reasoning where there is nothing else."""
    texts: list[str] = []

    def keep(good: str) -> str:
        texts.append(good)
        return good

    with (
        FakeModel(faults=[Fault(content=keep)]) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer,
    ):
        expected = briefer.summarize(bridge)
    fault = _completion(message_of(texts[0]))
    with (
        FakeModel(faults=[fault]) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer,
    ):
        found = briefer.summarize(bridge)

    assert (1, expected.summary) == (fake.calls, found.summary)


@pytest.mark.parametrize(("tokens", "cut"), [(2048, True), (2049, False), (11_776, False)])
def test_a_request_that_the_server_has_cut_is_told(bridge: str, tokens: int, cut: bool) -> None:
    """Some servers read as much as their window holds, and say nothing."""
    article = f"{bridge} " * (40_000 // len(bridge))
    usage = {"prompt_tokens": tokens, "completion_tokens": 50, "total_tokens": tokens + 50}
    fault = _completion({"content": "{}"}, usage=usage)
    with (
        FakeModel(faults=lambda _request: fault) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test", max_attempts=1, plan="joint") as briefer,
        pytest.raises(BriefingError) as failed,
    ):
        briefer.summarize(article)

    assert cut == isinstance(failed.value, ContextWindowError)
    assert cut == ("2,048 tokens" in str(failed.value))


def test_a_refusal_of_another_protocol_is_one() -> None:
    """Anthropic's has no choices but a reason to stop."""
    response = SimpleNamespace(content=[], stop_reason="refusal")
    ending = adapter_of("anthropic").stop_reason(response)
    assert isinstance(
        response_error(response, ending, target_of("anthropic/x", api_key="test")), RefusalError
    )
