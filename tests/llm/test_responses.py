"""Models of OpenAI that have no chat completions are called by its responses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion
from openai.types.responses import Response, ResponseFunctionToolCall

from briefing import Briefer, ConfigurationError
from briefing.llm.providers import OPENAI_CHAT
from briefing.llm.targets import target_of
from briefing.testing.fake_model import FakeModel, Fault
from briefing.testing.protocols import PROTOCOLS, Written

ARTICLE = "The mill in Orra will close in May. “We are sad,” said Ann Ode, its owner."


@pytest.mark.parametrize(
    ("name", "by_responses"),
    [
        ("o1-pro", True),
        ("o3-pro-2025-06-10", True),
        ("gpt-5-pro", True),
        ("gpt-5.2-codex", True),
        ("codex-mini-latest", True),
        ("o4-mini-deep-research", True),
        ("gpt-5-mini", False),
        ("o3", False),
        ("gpt-4o", False),
        ("my-o3-pro", False),
        ("o3-proxy", False),
    ],
)
def test_models_without_chat_completions_are_known(name: str, *, by_responses: bool) -> None:
    """By their names; all others are asked by chat completions first."""
    assert by_responses == (OPENAI_CHAT.first_modes(target_of(f"openai/{name}"))[0] == "RESPONSES_TOOLS")


def test_a_model_says_that_it_has_only_responses() -> None:
    """It is learnt from the refusal, once, whatever the model's name."""
    with (
        FakeModel(protocol="responses") as fake,
        Briefer("openai/new", base_url=fake.url, api_key="k") as briefer,
    ):
        metas = [briefer.summarize(ARTICLE).meta for _ in range(2)]
    assert [2, 1] == [meta.attempts for meta in metas]
    assert "messages" in fake.requests[0]
    assert {"input", "model", "store", "text", "temperature"} == fake.requests[1].keys()


def test_options_are_translated() -> None:
    """To the names of the responses; the server does not store the article."""
    options: dict[str, Any] = {
        "max_output_tokens": 900,
        "reasoning_effort": "low",
        "extra_body": {"user": "u"},
    }
    with (
        FakeModel(protocol="responses") as fake,
        Briefer("openai/o3-pro", base_url=fake.url, api_key="k", options=options) as briefer,
    ):
        briefer.summarize(ARTICLE)
    sent = fake.requests[0]
    assert (900, {"effort": "low"}, "u", False) == (
        sent["max_output_tokens"],
        sent["reasoning"],
        sent["user"],
        sent["store"],
    )


def test_options_without_a_translation_are_refused() -> None:
    """Before a call, or once the model has said that it has only responses."""
    with pytest.raises(ConfigurationError, match="seed cannot be passed to o3-pro"):
        Briefer("openai/o3-pro", options={"seed": 7})
    with (
        FakeModel(protocol="responses") as fake,
        Briefer("openai/new", base_url=fake.url, api_key="k", options={"seed": 7}) as briefer,
        pytest.raises(ConfigurationError, match="seed cannot be passed"),
    ):
        briefer.summarize(ARTICLE)
    assert 1 == fake.calls


def test_a_server_without_responses_is_asked_by_chat_completions() -> None:
    """A proxy may have a model by that name only in this way."""

    def lacking(request: dict[str, Any]) -> Fault | None:
        return Fault(status=404, message="Not Found") if "input" in request else None

    with (
        FakeModel(faults=lacking) as fake,
        Briefer("openai/o3-pro", base_url=fake.url, api_key="k") as briefer,
    ):
        assert [2, 1] == [briefer.summarize(ARTICLE).meta.attempts for _ in range(2)]


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/chat/completions"])
def test_the_fake_server_sends_what_the_sdk_reads(path: str) -> None:
    """Each body is one of the SDK's own type, with all that it requires."""
    speaks = PROTOCOLS["responses" if path.endswith("responses") else "openai"]
    kind = Response if path.endswith("responses") else ChatCompletion
    for written in (
        Written("{}"),
        Written("{", "length"),
        Written(None, refusal="No."),
        Written("", "content_filter"),
    ):
        body = speaks.answer(speaks.question(path, {}), {}, written)
        assert body == json.loads(kind.model_validate(body).model_dump_json(exclude_unset=True))


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "filter"),
        ({"status": "failed", "error": {"code": "server_error", "message": "overloaded"}}, "error"),
        ({"status": "cancelled"}, "error"),
        ({"status": "completed", "output": []}, "none"),
        ({}, "none"),
    ],
)
def test_the_end_of_a_response_has_one_form(response: dict[str, Any], kind: str) -> None:
    """Also of a response that lacks what it should have."""
    adapter = OPENAI_CHAT.mode_adapter("RESPONSES_TOOLS")
    ending = adapter.stop_reason(Response.construct(**response))
    assert (kind, (response.get("error") or {}).get("message")) == (ending.kind, ending.message)


def test_an_answer_in_the_call_of_a_tool_is_read() -> None:
    """As an answer in a message is."""
    adapter = OPENAI_CHAT.mode_adapter("RESPONSES_TOOLS")
    call = ResponseFunctionToolCall(arguments='{"a": 1}', call_id="c", name="n", type="function_call")
    response = Response.construct(status="completed", output=[call])
    assert ('{"a": 1}', "stop") == (adapter.read_text(response), adapter.stop_reason(response).kind)
    adapter.write_text(response, '{"a": 2}')
    assert '{"a": 2}' == call.arguments
