"""Requests and responses of Google, Bedrock, Mistral and Cohere, as JSON: no SDK is needed for these.

The bodies are those that the SDKs' own classes write.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefing import Briefer, Briefing, ConfigurationError
from briefing.errors import MissingExtraError, MissingKeyError
from briefing.llm.providers import adapter_of
from briefing.llm.providers.adapter import Ending
from briefing.llm.providers.translated_chat import TranslatedChat, split_version, without_keywords
from briefing.llm.targets import target_of
from briefing.meta import Usage
from briefing.schemas import sent_schema
from briefing.testing.protocols import PROTOCOLS, Written
from briefing.throttling.headers import quotas

PROVIDERS = ["google", "vertexai", "bedrock", "mistral", "cohere"]


def translated(provider: str) -> TranslatedChat:
    adapter = adapter_of(provider)
    assert isinstance(adapter, TranslatedChat)
    return adapter


def chat(**options: Any) -> dict[str, Any]:
    """A request as instructor makes it, with the answer's schema."""
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Summarize."},
        {"role": "assistant", "content": "{}"},
        {"role": "user", "content": "Field required"},
    ]
    structured = {"name": "Briefing", "schema": sent_schema(Briefing)}
    format_ = {"type": "json_schema", "json_schema": structured}
    return {"model": "m", "messages": messages, "response_format": format_} | options


def read(provider: str, body: dict[str, Any]) -> tuple[str, Ending, Usage]:
    """Return the text, the ending and the tokens of a response."""
    adapter = translated(provider)
    response = adapter.response(body)
    return adapter.read_text(response), adapter.stop_reason(response), adapter.read_usage(response)


def gemini(reason: str | None, *parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason, "index": 0}
    usage = {
        "promptTokenCount": 100,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 30,
        "cachedContentTokenCount": 40,
        "totalTokenCount": 150,
    }
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash"} | fields


def converse(reason: str, *content: dict[str, Any]) -> dict[str, Any]:
    usage = {"inputTokens": 60, "outputTokens": 20, "totalTokens": 120, "cacheReadInputTokens": 40}
    return {
        "output": {"message": {"role": "assistant", "content": list(content)}},
        "stopReason": reason,
        "usage": usage,
    }


def mistral(reason: str, content: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": content}}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return {
        "id": "1",
        "object": "chat.completion",
        "model": "m",
        "created": 1,
        "choices": [choice],
        "usage": usage,
    }


def cohere(reason: str, *content: dict[str, Any]) -> dict[str, Any]:
    usage = {
        "billed_units": {"input_tokens": 100.0, "output_tokens": 20.0},
        "tokens": {"input_tokens": 130.0, "output_tokens": 22.0},
        "cached_tokens": 40.0,
    }
    return {
        "id": "1",
        "finish_reason": reason,
        "message": {"role": "assistant", "content": list(content)},
        "usage": usage,
    }


TOOL = {"toolUse": {"toolUseId": "1", "name": "Briefing", "input": {"a": 1}}}
READ = [
    (
        "google",
        gemini("STOP", {"text": "hm", "thought": True}, {"text": '{"a"'}, {"text": ": 1}"}),
        '{"a": 1}',
        "stop",
        50,
        40,
    ),
    ("google", gemini("MAX_TOKENS", {"text": "{"}), "{", "length", 50, 40),
    ("google", gemini("MAX_TOKENS"), "", "length", 50, 40),
    ("google", gemini("SAFETY"), "", "filter", 50, 40),
    ("google", gemini("RECITATION", {"text": "{"}), "{", "filter", 50, 40),
    ("google", gemini("MODEL_ARMOR"), "", "filter", 50, 40),
    ("google", gemini("MALFORMED_RESPONSE"), "", "error", 50, 40),
    ("google", gemini("OTHER"), "", "error", 50, 40),
    ("google", gemini("STOP"), "", "none", 50, 40),
    ("google", gemini(None, {"text": "{}"}), "{}", "stop", 50, 40),
    ("google", gemini("NEW_REASON", {"text": "{}"}), "{}", "stop", 50, 40),
    (
        "google",
        gemini("", candidates=None, promptFeedback={"blockReason": "PROHIBITED_CONTENT"}),
        "",
        "filter",
        50,
        40,
    ),
    ("google", gemini("", candidates=[]), "", "none", 50, 40),
    ("bedrock", converse("tool_use", {"text": "Here it is."}, TOOL), '{"a": 1}', "stop", 20, 40),
    (
        "bedrock",
        converse("end_turn", {"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "{}"}),
        "{}",
        "stop",
        20,
        40,
    ),
    ("bedrock", converse("max_tokens", {"text": "{"}), "{", "length", 20, 40),
    ("bedrock", converse("model_context_window_exceeded", {"text": "{"}), "{", "length", 20, 40),
    ("bedrock", converse("guardrail_intervened", {"text": "Sorry."}), "Sorry.", "filter", 20, 40),
    ("bedrock", converse("content_filtered"), "", "filter", 20, 40),
    ("bedrock", converse("malformed_tool_use"), "", "error", 20, 40),
    ("bedrock", converse("end_turn"), "", "none", 20, 40),
    ("mistral", mistral("stop", '{"a": 1}'), '{"a": 1}', "stop", 20, 0),
    (
        "mistral",
        mistral("stop", [{"type": "thinking", "thinking": []}, {"type": "text", "text": "{}"}]),
        "{}",
        "stop",
        20,
        0,
    ),
    ("mistral", mistral("length", "{"), "{", "length", 20, 0),
    ("mistral", mistral("model_length", "{"), "{", "length", 20, 0),
    ("mistral", mistral("error", ""), "", "error", 20, 0),
    (
        "cohere",
        cohere("COMPLETE", {"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "{}"}),
        "{}",
        "stop",
        20,
        40,
    ),
    ("cohere", cohere("MAX_TOKENS", {"type": "text", "text": "{"}), "{", "length", 20, 40),
    ("cohere", cohere("ERROR_LIMIT", {"type": "text", "text": "{"}), "{", "length", 20, 40),
    ("cohere", cohere("ERROR_TOXIC"), "", "filter", 20, 40),
    ("cohere", cohere("TIMEOUT"), "", "error", 20, 40),
]


@pytest.mark.parametrize(
    ("provider", "body", "text", "kind", "written", "cached"),
    READ,
    ids=[f"{r[0]}-{n}" for n, r in enumerate(READ)],
)
def test_a_response_is_read(
    provider: str, body: dict[str, Any], text: str, kind: str, written: int, cached: int
) -> None:
    """Its text without what the model thought, how it ended, and all tokens: thinking is paid for, the cache is included."""
    said, ending, usage = read(provider, body)
    assert (text, kind) == (said, ending.kind)
    assert Usage(input_tokens=100, output_tokens=written, cached_tokens=cached) == usage


def test_tokens_written_to_a_cache_are_known() -> None:
    """They are a part of the input, at a price of their own."""
    body = converse("end_turn", {"text": "{}"})
    body["usage"] = {
        "inputTokens": 10,
        "outputTokens": 20,
        "cacheReadInputTokens": 0,
        "cacheWriteInputTokens": 90,
    }
    response = translated("bedrock").response(body)
    assert 90 == translated("bedrock").cache_written(response)
    assert Usage(input_tokens=100, output_tokens=20) == translated("bedrock").read_usage(response)


def test_the_providers_word_for_a_filter_is_kept() -> None:
    """Users look it up in the provider's documentation."""
    assert "RECITATION" == read("google", gemini("RECITATION"))[1].reason
    assert "guardrail_intervened" == read("bedrock", converse("guardrail_intervened"))[1].reason
    assert "ERROR_TOXIC" == read("cohere", cohere("ERROR_TOXIC"))[1].reason


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": {}, "candidates": {}, "output": [], "message": []},
        {"choices": [None], "candidates": [None], "output": None, "message": "no"},
        {"candidates": [{"content": {"parts": "text"}}], "usageMetadata": 7, "usage": [1]},
    ],
)
def test_a_response_of_any_form_is_no_answer(provider: str, body: dict[str, Any]) -> None:
    """What else answers at an address must not raise."""
    text, ending, usage = read(provider, body)
    assert ("", True, Usage()) == (text, ending.kind in ("none", "error"), usage)


def test_google_gets_contents_and_a_config() -> None:
    """The system's message, roles and parameters by Google's names, the schema without what Gemini does not know."""
    schema = {
        "type": "object",
        "properties": {"pattern": {"type": "string", "pattern": "a+", "minLength": 1}},
    }
    structured = {"json_schema": {"name": "M", "schema": schema}}
    sent = translated("google").translate(
        chat(
            model="gemini-2.5-flash",
            response_format=structured,
            temperature=0.5,
            stop="END",
            max_tokens=100,
            reasoning_effort="low",
            extra_headers={"x-a": "b"},
        )
    )
    assert [("user", "Summarize."), ("model", "{}"), ("user", "Field required")] == [
        (content["role"], content["parts"][0]["text"]) for content in sent["contents"]
    ]
    config = sent["config"]
    assert ("Be brief.", 0.5, ["END"], 100) == (
        config["system_instruction"],
        config["temperature"],
        config["stop_sequences"],
        config["max_output_tokens"],
    )
    assert {"thinking_budget": 1024} == config["thinking_config"]
    assert {"type": "object", "properties": {"pattern": {"type": "string"}}} == config["response_json_schema"]
    assert {"x-a": "b"} == config["http_options"]["headers"]


def test_later_gemini_models_think_by_levels() -> None:
    """Google replaced the number of tokens by a word."""
    sent = translated("google").translate(chat(model="gemini-3-pro", reasoning_effort="low"))
    assert {"thinking_level": "LOW"} == sent["config"]["thinking_config"]


def test_bedrock_gets_a_tool_and_turns() -> None:
    """The schema is that of a tool which must be called; roles alternate."""
    request = chat(
        max_tokens=100, topP=0.9, stopSequences="END", service_tier="flex", extra_body={"top_k": 5}
    )
    request["messages"].append({"role": "user", "content": "Again."})
    sent = translated("bedrock").translate(request)
    body = sent["body"]
    assert [("user", 1), ("assistant", 1), ("user", 2)] == [
        (m["role"], len(m["content"])) for m in body["messages"]
    ]
    assert [{"text": "Be brief."}] == body["system"]
    assert {"maxTokens": 100, "topP": 0.9, "stopSequences": ["END"]} == body["inferenceConfig"]
    [tool] = body["toolConfig"]["tools"]
    assert sent_schema(Briefing) == tool["toolSpec"]["inputSchema"]["json"]
    assert {"tool": {"name": "Briefing"}} == body["toolConfig"]["toolChoice"]
    assert ({"type": "flex"}, {"top_k": 5}) == (body["serviceTier"], body["additionalModelRequestFields"])


def test_without_a_schema_nothing_is_forced() -> None:
    """A model that rejects tools or schemas is asked for JSON in the messages."""
    request = chat()
    del request["response_format"]
    assert "toolConfig" not in translated("bedrock").translate(dict(request))["body"]
    assert "response_json_schema" not in translated("google").translate(dict(request))["config"]
    assert "response_format" not in translated("cohere").translate(dict(request))


def test_cohere_gets_a_schema_without_lengths() -> None:
    """It refuses a schema that says how long a list is; the library keeps to that itself."""
    sent = translated("cohere").translate(chat(p=0.9, extra_query={"a": 1}))
    schema = sent["response_format"]["json_schema"]
    assert "Items" not in json.dumps(schema)
    assert sent_schema(Briefing)["required"] == schema["required"]
    assert {"a": 1} == sent["request_options"]["additional_query_parameters"]


def test_shared_schemas_are_not_changed() -> None:
    """All requests have the same object."""
    before = json.dumps(sent_schema(Briefing))
    for provider in PROVIDERS:
        translated(provider).translate(chat())
    assert before == json.dumps(sent_schema(Briefing))


def test_properties_may_have_the_names_of_keywords() -> None:
    """A field called `pattern` is a field."""
    schema = {"properties": {"pattern": {"type": "string", "pattern": "a"}}, "items": [{"pattern": "b"}]}
    bare = {"properties": {"pattern": {"type": "string"}}, "items": [{}]}
    assert bare == without_keywords(schema, frozenset(("pattern",)))


@pytest.mark.parametrize(
    ("url", "address", "version"),
    [
        (None, None, None),
        ("http://localhost:8000", "http://localhost:8000", None),
        ("http://localhost:8000/v1", "http://localhost:8000", "v1"),
        ("https://proxy.example/gemini/v1beta/", "https://proxy.example/gemini", "v1beta"),
        ("https://proxy.example/v1x", "https://proxy.example/v1x", None),
    ],
)
def test_an_address_may_end_in_a_version(url: str | None, address: str | None, version: str | None) -> None:
    """Users copy addresses with it, and SDKs add it."""
    assert (address, version) == split_version(url)


REFUSED = [
    (
        "google/gemini-3-pro",
        {"reasoning_effort": "none"},
        "reasoning_effort='none' cannot be passed to gemini-3-pro",
    ),
    ("google/gemini-2.5-pro", {"reasoning_effort": "xhigh"}, "it takes none, minimal, low, medium, high"),
    ("google/gemini-3-pro", {"service_tier": "batch"}, "it takes flex, priority, standard"),
    ("google/gemini-3-pro", {"extra_query": {"a": 1}}, "extra_query cannot be passed to google"),
    ("bedrock/m", {"seed": 1}, "seed cannot be passed to bedrock"),
    ("mistral/m", {"extra_body": {"a": 1}}, "extra_body cannot be passed to mistral"),
    ("cohere/m", {"reasoning_effort": "low"}, "reasoning_effort cannot be passed to cohere"),
]


@pytest.mark.parametrize(
    ("model", "options", "said"), REFUSED, ids=[f"{m}-{next(iter(o))}" for m, o, _ in REFUSED]
)
def test_what_cannot_be_translated_is_refused(model: str, options: dict[str, Any], said: str) -> None:
    """Before a call, with what can be passed."""
    with pytest.raises(ConfigurationError, match="options: ") as caught:
        target_of(model, options=options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("model", "variables"),
    [
        ("google/m", "GOOGLE_API_KEY or GEMINI_API_KEY"),
        ("mistral/m", "MISTRAL_API_KEY"),
        ("cohere/m", "CO_API_KEY"),
    ],
)
def test_a_missing_key_is_told_with_its_variable(
    model: str, variables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is not always the provider's name."""
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY", "CO_API_KEY", "COHERE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    target = target_of(model)
    with pytest.raises(MissingKeyError, match=variables):
        translated(target.provider).key(target)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_missing_package_is_told_with_its_extra(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is installed here."""
    for package in (
        "google",
        "google.genai",
        "botocore",
        "botocore.session",
        "mistralai",
        "mistralai.client",
        "cohere",
    ):
        monkeypatch.setitem(sys.modules, package, None)
    extra = "google" if provider == "vertexai" else provider
    with (
        Briefer(f"{provider}/m", api_key="test", base_url="http://127.0.0.1:9") as briefer,
        pytest.raises(MissingExtraError, match=rf"briefing\[{extra}\]"),
    ):
        briefer.summarize("The bridge opens again on Monday. It was closed for a year.")


@pytest.mark.parametrize("protocol", ["google", "bedrock", "mistral", "cohere"])
def test_the_fake_protocols_read_any_body(protocol: Any) -> None:
    """A request of another form has no schema."""
    question = PROTOCOLS[protocol].question("/", {})
    assert ({"type": "object"}, "") == (question.schema, question.prompt)


@pytest.mark.parametrize("protocol", ["google", "bedrock", "mistral", "cohere"])
@pytest.mark.parametrize(
    ("written", "text", "kind"),
    [
        (Written('{"a": 1}', input_tokens=100, output_tokens=20, cached_tokens=40), '{"a": 1}', "stop"),
        (Written("{", "length", input_tokens=100, output_tokens=20, cached_tokens=40), "{", "length"),
        (Written(None, "stop", empty=True, input_tokens=100, output_tokens=20, cached_tokens=40), "", "none"),
    ],
    ids=["stop", "length", "empty"],
)
def test_the_fake_server_answers_as_the_adapters_read(
    protocol: Any, written: Written, text: str, kind: str
) -> None:
    """Each protocol is written twice, here and there."""
    tool = {"toolSpec": {"name": "Briefing", "inputSchema": {"json": {"type": "object"}}}}
    request = {"toolConfig": {"tools": [tool]}} if protocol == "bedrock" else {}
    speaks = PROTOCOLS[protocol]
    body = speaks.answer(speaks.question("/v1beta/models/m:generateContent", request), request, written)
    said, ending, usage = read(protocol, body)
    assert (text, kind) == (said, ending.kind)
    assert Usage(input_tokens=100, output_tokens=20, cached_tokens=40) == usage


def test_mistrals_limits_per_minute_have_the_usual_names() -> None:
    """They set the pace of many calls."""
    headers = {
        "x-ratelimit-limit-req-minute": "60",
        "x-ratelimit-remaining-req-minute": "6",
        "retry-after": "1",
    }
    requests, tokens = quotas(adapter_of("mistral").rate_headers(headers))
    assert (6.0, 60.0, None) == (requests and requests.remaining, requests and requests.limit, tokens)
    assert "1" == adapter_of("mistral").rate_headers(headers)["retry-after"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "candidates",
                        "content",
                        "parts",
                        "text",
                        "finishReason",
                        "promptFeedback",
                        "blockReason",
                    ),
                    *(
                        "usageMetadata",
                        "promptTokenCount",
                        "output",
                        "message",
                        "toolUse",
                        "input",
                        "stopReason",
                    ),
                    *(
                        "usage",
                        "inputTokens",
                        "choices",
                        "finish_reason",
                        "billed_units",
                        "input_tokens",
                        "error",
                    ),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(body=st.dictionaries(st.sampled_from(["candidates", "output", "message", "usage", "choices"]), _JSON))
def test_any_json_is_read_without_an_exception(provider: str, body: dict[str, Any]) -> None:
    """With tokens that are counts."""
    text, ending, usage = read(provider, body)
    assert isinstance(text, str)
    assert ending.kind in ("stop", "length", "refusal", "filter", "error", "none")
    assert 0 <= usage.cached_tokens <= usage.input_tokens
