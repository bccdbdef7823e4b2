"""Google, Bedrock, Mistral and Cohere through their SDKs: errors in their own words, options, secrets, what a model rejects."""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import BRIDGE, Ask

from briefing import (
    AuthenticationError,
    Briefer,
    ContextWindowError,
    FilteredError,
    OversizedError,
    ProviderError,
    ProviderTimeoutError,
    QuotaError,
    RateLimitError,
    RequestError,
    ServerError,
    TruncatedError,
)
from briefing.errors import MissingKeyError
from briefing.testing.fake_model import FakeModel, Fault, without_waiting
from briefing.testing.protocols import PROTOCOLS, ProtocolName, Written

pytestmark = pytest.mark.providers

#: In two parts, so that no scanner takes it for a real one.
KEY = "sk-" + "translated-0123456789"
MODELS: dict[ProtocolName, str] = {
    "google": "google/gemini-2.0-flash",
    "bedrock": "bedrock/amazon.nova-lite-v1:0",
    "mistral": "mistral/mistral-small-latest",
    "cohere": "cohere/command-a-03-2025",
}


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Retry at once; no look for credentials in the network."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with without_waiting() as seconds:
        yield seconds


def google_error(status: int, message: str, word: str, *details: dict[str, Any]) -> Fault:
    error = {"code": status, "message": message, "status": word, "details": list(details)}
    return Fault(status=status, body={"error": error})


def detail(kind: str, **fields: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}"} | fields


def aws_error(status: int, kind: str, message: str) -> Fault:
    return Fault(
        status=status, body={"message": message}, headers={"x-amzn-errortype": f"{kind}:http://internal/"}
    )


GOOGLE_QUOTA = "You exceeded your current quota, please check your plan and billing details."
PER_MINUTE = detail(
    "QuotaFailure",
    violations=[{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel", "quotaValue": "10"}],
)
PER_DAY = detail(
    "QuotaFailure", violations=[{"quotaId": "GenerateRequestsPerDayPerProjectPerModel", "quotaValue": "250"}]
)
DELAY = detail("RetryInfo", retryDelay="7s")
SAID: list[tuple[ProtocolName, Fault, type[ProviderError]]] = [
    ("google", google_error(429, GOOGLE_QUOTA, "RESOURCE_EXHAUSTED", PER_MINUTE, DELAY), RateLimitError),
    ("google", google_error(429, GOOGLE_QUOTA, "RESOURCE_EXHAUSTED", PER_DAY, DELAY), QuotaError),
    ("google", google_error(429, GOOGLE_QUOTA, "RESOURCE_EXHAUSTED"), QuotaError),
    ("google", google_error(429, "Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED"), QuotaError),
    (
        "google",
        google_error(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED"),
        RateLimitError,
    ),
    ("google", google_error(503, "The model is overloaded.", "UNAVAILABLE"), ServerError),
    (
        "google",
        google_error(504, "Deadline expired before operation could complete.", "DEADLINE_EXCEEDED"),
        ServerError,
    ),
    (
        "google",
        google_error(
            400,
            "API key not valid. Please pass a valid API key.",
            "INVALID_ARGUMENT",
            detail("ErrorInfo", reason="API_KEY_INVALID"),
        ),
        AuthenticationError,
    ),
    (
        "google",
        google_error(403, "Permission denied on resource project.", "PERMISSION_DENIED"),
        AuthenticationError,
    ),
    ("google", google_error(404, "models/x is not found for API version v1beta.", "NOT_FOUND"), RequestError),
    (
        "google",
        google_error(
            400,
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            "INVALID_ARGUMENT",
        ),
        ContextWindowError,
    ),
    (
        "google",
        google_error(429, f"{GOOGLE_QUOTA} limit: 15. Please retry in 22.5s.", "RESOURCE_EXHAUSTED"),
        RateLimitError,
    ),
    (
        "google",
        google_error(400, "API key expired. Please renew the API key.", "INVALID_ARGUMENT"),
        AuthenticationError,
    ),
    (
        "google",
        google_error(403, "This API method requires billing to be enabled.", "PERMISSION_DENIED"),
        QuotaError,
    ),
    (
        "bedrock",
        aws_error(403, "AccessDeniedException", "A valid payment instrument must be provided."),
        QuotaError,
    ),
    ("mistral", Fault(status=401, message="Inactive subscription or usage limit reached"), QuotaError),
    ("google", Fault(body={"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}), FilteredError),
    ("google", Fault(finish_reason="RECITATION"), FilteredError),
    ("google", Fault(finish_reason="MALFORMED_RESPONSE"), ServerError),
    (
        "bedrock",
        aws_error(429, "ThrottlingException", "Too many requests, please wait before trying again."),
        RateLimitError,
    ),
    (
        "bedrock",
        aws_error(400, "ThrottlingException", "Too many tokens, please wait before trying again."),
        RateLimitError,
    ),
    (
        "bedrock",
        aws_error(429, "ThrottlingException", "Too many tokens per day, please wait before trying again."),
        QuotaError,
    ),
    (
        "bedrock",
        aws_error(400, "ServiceQuotaExceededException", "Your request exceeds the service quota."),
        QuotaError,
    ),
    (
        "bedrock",
        aws_error(403, "AccessDeniedException", "You don't have access to the model."),
        AuthenticationError,
    ),
    (
        "bedrock",
        aws_error(403, "ExpiredTokenException", "The security token is expired."),
        AuthenticationError,
    ),
    (
        "bedrock",
        aws_error(404, "ResourceNotFoundException", "The model has reached its end of life."),
        RequestError,
    ),
    (
        "bedrock",
        aws_error(400, "ValidationException", "The provided model identifier is invalid."),
        RequestError,
    ),
    (
        "bedrock",
        aws_error(400, "ValidationException", "Input is too long for requested model."),
        ContextWindowError,
    ),
    ("bedrock", aws_error(424, "ModelErrorException", "The model failed."), ServerError),
    ("bedrock", aws_error(408, "ModelTimeoutException", "The model took too long."), ServerError),
    ("bedrock", Fault(finish_reason="guardrail_intervened"), FilteredError),
    ("bedrock", Fault(finish_reason="model_context_window_exceeded"), TruncatedError),
    ("bedrock", Fault(content="", finish_reason="malformed_model_output"), ServerError),
    ("mistral", Fault(status=401, body={"message": "Unauthorized", "request_id": "1"}), AuthenticationError),
    ("mistral", Fault(status=401, body={"detail": "Unauthorized"}), AuthenticationError),
    (
        "mistral",
        Fault(status=422, body={"detail": [{"loc": ["body", "x"], "msg": "Extra inputs are not permitted"}]}),
        RequestError,
    ),
    (
        "mistral",
        Fault(status=429, message="Service tier capacity exceeded for this model.", code="3505"),
        RateLimitError,
    ),
    (
        "mistral",
        Fault(
            status=400,
            message="Prompt contains 65673 tokens, too large for model with 32768 maximum context length",
            code="3051",
        ),
        ContextWindowError,
    ),
    ("mistral", Fault(finish_reason="model_length", content="{"), TruncatedError),
    ("mistral", Fault(finish_reason="error", content=""), ServerError),
    (
        "cohere",
        Fault(status=429, message="You are using a Trial key, which is limited to 10 API calls / minute."),
        RateLimitError,
    ),
    (
        "cohere",
        Fault(status=429, message="You are using a Trial key, which is limited to 1000 API calls / month."),
        QuotaError,
    ),
    ("cohere", Fault(status=402, message="Please add or update your payment method."), QuotaError),
    (
        "cohere",
        Fault(status=400, message="too many tokens: the prompt cannot exceed 4081 - received 5000."),
        ContextWindowError,
    ),
    ("cohere", Fault(status=498, message="The request contains a text that is not allowed."), FilteredError),
    ("cohere", Fault(status=504, message="gateway timeout"), ServerError),
    ("cohere", Fault(finish_reason="ERROR_LIMIT", content="{"), TruncatedError),
    ("cohere", Fault(finish_reason="TIMEOUT", content=""), ServerError),
]


@pytest.mark.parametrize(
    ("protocol", "fault", "error"), SAID, ids=[f"{said[0]}-{number}" for number, said in enumerate(SAID)]
)
def test_errors_in_the_providers_words(
    ask: Ask, protocol: ProtocolName, fault: Fault, error: type[ProviderError]
) -> None:
    """Each ends as its kind, with the status, and is tried again only if it can pass."""
    with (
        FakeModel(faults=lambda _request: fault, protocol=protocol) as fake,
        Briefer(MODELS[protocol], base_url=fake.url, api_key=KEY, plan="joint", max_attempts=2) as briefer,
        pytest.raises(ProviderError) as caught,
    ):
        ask(briefer, BRIDGE)
    assert error is type(caught.value)
    passes = error in (RateLimitError, ServerError)
    if error is not TruncatedError:
        assert (2 if passes else 1) == fake.calls
    if fault.status != 200:
        assert caught.value.status is not None
        assert KEY not in str(caught.value)


def test_google_says_in_the_body_how_long_to_wait(ask: Ask, waits: list[float]) -> None:
    """It has no header for that."""
    fault = google_error(429, GOOGLE_QUOTA, "RESOURCE_EXHAUSTED", PER_MINUTE, DELAY)
    with (
        FakeModel(faults=[fault], protocol="google") as fake,
        Briefer(MODELS["google"], base_url=fake.url, api_key=KEY) as briefer,
    ):
        ask(briefer, BRIDGE)
    [wait] = waits
    assert 7.0 <= wait <= 7.2


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        ("bedrock", "This model doesn't support tool use."),
        (
            "bedrock",
            "This model doesn't support the toolConfig.toolChoice.tool field. Remove it and try again.",
        ),
        ("google", "JSON mode is not enabled for models/gemma-3-27b-it"),
        ("google", "The specified schema produces a constraint that has too many states for serving."),
        ("google", "Unknown name \"responseJsonSchema\" at 'generation_config': Cannot find field."),
        ("mistral", "response_format json_schema is not supported for this model"),
        ("cohere", "invalid request: response_format is not supported by the provided model"),
    ],
)
def test_a_model_without_schemas_is_asked_in_words(ask: Ask, protocol: ProtocolName, message: str) -> None:
    """The first call learns it; later ones ask in words at once."""
    asked: list[dict[str, Any]] = []

    def refuse(request: dict[str, Any]) -> Fault | None:
        asked.append(request)
        forced = ("toolConfig", "response_format")
        config = request.get("generationConfig") or {}
        has_schema = any(name in request for name in forced) or "responseJsonSchema" in config
        return Fault(status=400, message=message) if has_schema else None

    with (
        FakeModel(faults=refuse, protocol=protocol) as fake,
        Briefer(MODELS[protocol], base_url=fake.url, api_key=KEY, plan="joint") as briefer,
    ):
        first, second = ask(briefer, BRIDGE), briefer.summarize(f"{BRIDGE} Nobody was hurt.")
    assert (3, 2, 1) == (len(asked), first.meta.attempts, second.meta.attempts)
    assert [] == first.verify(BRIDGE)


SENT = {
    "temperature": 0.5,
    "top_p": 0.9,
    "seed": 7,
    "max_output_tokens": 900,
    "stop": ["END"],
    "reasoning_effort": "low",
    "service_tier": "flex",
}
TAKEN: dict[ProtocolName, dict[str, Any]] = {
    "google": {
        "generationConfig": {
            "temperature": 0.5,
            "topP": 0.9,
            "seed": 7,
            "maxOutputTokens": 900,
            "stopSequences": ["END"],
            "thinkingConfig": {"thinking_budget": 1024},
        }
    },
    "bedrock": {
        "inferenceConfig": {"temperature": 0.5, "topP": 0.9, "maxTokens": 900, "stopSequences": ["END"]},
        "serviceTier": {"type": "flex"},
    },
    "mistral": {
        "temperature": 0.5,
        "top_p": 0.9,
        "random_seed": 7,
        "max_tokens": 900,
        "stop": "END",
        "reasoning_effort": "low",
    },
    "cohere": {"temperature": 0.5, "p": 0.9, "seed": 7, "max_tokens": 900, "stop_sequences": ["END"]},
}
#: Options that a provider does not take.
NOT_TAKEN: dict[ProtocolName, tuple[str, ...]] = {
    "google": (),
    "bedrock": ("seed", "reasoning_effort"),
    "mistral": ("service_tier",),
    "cohere": ("reasoning_effort", "service_tier"),
}


@pytest.mark.parametrize("protocol", MODELS)
def test_options_reach_the_server(ask: Ask, protocol: ProtocolName) -> None:
    """By the provider's names, in the body of the request, and a single text to stop at as a list."""
    options = {name: value for name, value in SENT.items() if name not in NOT_TAKEN[protocol]} | {
        "stop": "END"
    }
    with (
        FakeModel(protocol=protocol) as fake,
        Briefer(MODELS[protocol], base_url=fake.url, api_key=KEY, options=options) as briefer,
    ):
        ask(briefer, BRIDGE)
        [request] = fake.requests
    for name, value in TAKEN[protocol].items():
        sent = request[name]
        assert value == ({key: sent.get(key) for key in value} if isinstance(value, dict) else sent)


@pytest.mark.parametrize("protocol", ["google", "bedrock", "cohere"])
def test_fields_of_the_users_own_reach_the_server(ask: Ask, protocol: ProtocolName) -> None:
    """`extra_body`, beside the library's fields; for Bedrock they are the model's own."""
    options = {"extra_body": {"labels": {"team": "desk"}}}
    with (
        FakeModel(protocol=protocol) as fake,
        Briefer(MODELS[protocol], base_url=fake.url, api_key=KEY, options=options) as briefer,
    ):
        ask(briefer, BRIDGE)
        [request] = fake.requests
    where = request["additionalModelRequestFields"] if protocol == "bedrock" else request
    assert {"team": "desk"} == where["labels"]


@pytest.mark.parametrize("protocol", MODELS)
def test_secrets_are_in_no_log(ask: Ask, protocol: ProtocolName, caplog: pytest.LogCaptureFixture) -> None:
    """The key, and the headers that the user adds."""
    caplog.set_level("DEBUG")
    secret = "tenant-" + "9876543210"
    options = {"extra_headers": {"x-tenant": secret}}
    with (
        FakeModel(faults=[Fault(status=500)], protocol=protocol) as fake,
        Briefer(MODELS[protocol], base_url=fake.url, api_key=KEY, options=options) as briefer,
    ):
        ask(briefer, BRIDGE)
    assert (2, False, False) == (fake.calls, KEY in caplog.text, secret in caplog.text)


@pytest.mark.parametrize("protocol", MODELS)
def test_many_articles_in_one_loop(protocol: ProtocolName) -> None:
    """Faults on the way pass, in any order, and every article has its result."""
    texts = [f"{BRIDGE} It was closed {number} times before." for number in range(12)]
    faults = [Fault(status=500), None, Fault(drop=True), Fault(status=429, headers={"retry-after": "0"})]

    async def run(briefer: Briefer) -> list[Any]:
        async with briefer:
            return [result async for result in briefer.asummarize_many(texts)]

    with FakeModel(faults=faults, protocol=protocol) as fake:
        results = asyncio.run(run(Briefer(MODELS[protocol], base_url=fake.url, api_key=KEY)))
    assert [[]] * 12 == [result.verify(text) for result, text in zip(results, texts, strict=True)]


def test_bedrock_is_signed_as_by_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same address and signature as botocore's own client has for the same body and time, also of a profile's ARN."""
    from botocore.session import get_session

    from briefing.llm.providers.bedrock_converse import BEDROCK
    from briefing.llm.providers.translated_chat import HttpClients
    from briefing.llm.targets import target_of

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID" + "EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret" + "EXAMPLE")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session" + "EXAMPLE")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_REGION", raising=False)
    moment = datetime.datetime(2026, 11, 30, tzinfo=datetime.UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_: moment)
    seen: list[Any] = []

    def stop(request: Any, **_: Any) -> Any:
        seen.append(request)
        raise StopIteration

    client = get_session().create_client("bedrock-runtime")
    client.meta.events.register("before-send.bedrock-runtime.Converse", stop)
    model = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0"
    messages = [{"role": "user", "content": [{"text": "Hallo, Rüdiger!"}]}]
    with pytest.raises(StopIteration):
        client.converse(modelId=model, messages=messages)
    client.close()
    [theirs] = seen
    signer = BEDROCK.sdk(target_of(f"bedrock/{model}"), HttpClients(is_async=False, pooled=False))
    ours = signer.request(model, json.loads(theirs.body), {"x-own": "not signed"})
    assert (theirs.url, theirs.body) == (ours["url"], ours["content"])
    assert theirs.headers["Authorization"].decode() == ours["headers"]["Authorization"]


def test_bedrock_without_credentials_says_what_it_needs(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """No server is asked for them here."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with (
        FakeModel(protocol="bedrock") as fake,
        Briefer(MODELS["bedrock"], base_url=fake.url) as briefer,
        pytest.raises(MissingKeyError, match="AWS_ACCESS_KEY_ID"),
    ):
        ask(briefer, BRIDGE)
    assert 0 == fake.calls


@pytest.fixture
def own_client() -> Iterator[Any]:
    """Give a server of Google's protocol, and a client of the user's with retries of its own."""
    from google import genai

    with FakeModel(protocol="google") as fake:
        options = {"base_url": fake.url, "retry_options": {"attempts": 5}, "headers": {"x-team": "newsroom"}}
        client = genai.Client(vertexai=False, api_key=KEY, http_options=options)
        yield fake, client
        client.close()


def test_google_by_the_users_own_client(own_client: Any) -> None:
    """Sync and async, with plain names of models; it is open and unchanged afterwards."""
    fake, client = own_client
    before = dict(vars(client._api_client))
    with Briefer("gemini-2.0-flash", client=client) as briefer:
        result = briefer.summarize(BRIDGE)
    assert ("google/gemini-2.0-flash", 1) == (result.meta.model, fake.calls)
    assert result.meta.cost_usd is not None

    async def run() -> Any:
        async with Briefer("google/gemini-2.0-flash", client=client) as other:
            made = await other.asummarize(BRIDGE)
        await client.aio.aclose()
        return made

    assert [] == asyncio.run(run()).verify(BRIDGE)
    assert 2 == fake.calls
    assert before == dict(vars(client._api_client))
    assert client.models.generate_content(model="gemini-2.0-flash", contents="Hello").text


@pytest.mark.parametrize(
    ("fault", "error", "calls"),
    [
        (Fault(status=503), ServerError, 2),
        (Fault(status=307, body="", headers={"location": "/elsewhere"}), RequestError, 1),
        (Fault(body="x" * 5_000_000), OversizedError, 2),
        (Fault(finish_reason="SAFETY"), FilteredError, 1),
        (Fault(hang=True), ProviderTimeoutError, 2),
    ],
    ids=["503", "redirect", "5 MB", "filter", "hang"],
)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_faults_by_the_users_own_client(
    own_client: Any, fault: Fault, error: type[ProviderError], calls: int, *, is_async: bool
) -> None:
    """Its retries are off for our calls, and it follows no redirects."""
    fake, client = own_client
    fake._faults = lambda _request: fault
    timeout = 1.0 if fault.hang else 60.0

    async def run(briefer: Briefer) -> None:
        try:
            await briefer.asummarize(BRIDGE)
        finally:
            await client.aio.aclose()

    with (
        Briefer("gemini-2.0-flash", client=client, max_attempts=2, plan="joint", timeout=timeout) as briefer,
        pytest.raises(ProviderError) as caught,
    ):
        asyncio.run(run(briefer)) if is_async else briefer.summarize(BRIDGE)
    assert (error, calls) == (type(caught.value), caught.value.attempts)
    assert fake.calls <= calls
    assert KEY not in str(caught.value)


WRITTEN = [
    Written('{"a": 1}', input_tokens=100, output_tokens=20, cached_tokens=40),
    Written("{", "length", input_tokens=100, output_tokens=20),
    Written(None, refusal="I cannot help with that.", input_tokens=100),
    Written("", "content_filter", input_tokens=100),
]


@pytest.mark.parametrize("written", WRITTEN, ids=["answer", "length", "refusal", "filter"])
def test_the_fake_server_writes_what_the_sdks_know(written: Written) -> None:
    """Its bodies have no field that the classes of the SDKs do not have."""
    import botocore.parsers
    import botocore.session
    from cohere.v2.types import V2ChatResponse
    from google.genai import types
    from mistralai.client.models import ChatCompletionResponse

    tool = {"toolSpec": {"name": "Briefing", "inputSchema": {"json": {"type": "object"}}}}
    bodies = {}
    for protocol in MODELS:
        request = {"toolConfig": {"tools": [tool]}} if protocol == "bedrock" else {}
        speaks = PROTOCOLS[protocol]
        question = speaks.question("/v1beta/models/m:generateContent", request)
        bodies[protocol] = json.loads(json.dumps(speaks.answer(question, request, written)))
    google = types.GenerateContentResponse.model_validate(bodies["google"])
    assert bodies["google"] == json.loads(google.model_dump_json(by_alias=True, exclude_none=True))
    mistral = ChatCompletionResponse.model_validate(bodies["mistral"])
    assert bodies["mistral"]["usage"] == json.loads(mistral.usage.model_dump_json())
    cohere = V2ChatResponse.model_validate(bodies["cohere"])
    assert bodies["cohere"] == json.loads(cohere.model_dump_json(exclude_none=True))
    shape = (
        botocore.session.get_session()
        .get_service_model("bedrock-runtime")
        .operation_model("Converse")
        .output_shape
    )
    parser = botocore.parsers.create_parser("rest-json")
    reply = {"body": json.dumps(bodies["bedrock"]).encode(), "headers": {}, "status_code": 200}
    parsed = parser.parse(reply, shape)
    del parsed["ResponseMetadata"]
    assert bodies["bedrock"] == parsed


def test_requests_to_bedrock_are_valid(ask: Ask) -> None:
    """By the rules that botocore's own client has for them."""
    import botocore.session
    import botocore.validate

    options = {"temperature": 0.5, "stop": "END", "service_tier": "flex", "max_output_tokens": 900}
    faults = [Fault(status=400, message="This model doesn't support tool use.")]
    with (
        FakeModel(faults=faults, protocol="bedrock") as fake,
        Briefer(MODELS["bedrock"], base_url=fake.url, api_key=KEY, options=options) as briefer,
    ):
        ask(briefer, BRIDGE)
    service = botocore.session.get_session().get_service_model("bedrock-runtime")
    shape = service.operation_model("Converse").input_shape
    for request in fake.requests:
        report = botocore.validate.ParamValidator().validate({"modelId": "m"} | request, shape)
        assert "" == report.generate_report()
    assert 2 == len(fake.requests)


def test_vertex_ai_by_a_key(ask: Ask) -> None:
    """Gemini's protocol at other addresses, and at the same price."""
    paths: list[str] = []

    class Noting(FakeModel):
        """Notes the paths of requests."""

        async def _reply(self, request: Any) -> Any:
            paths.append(request.path)
            return await super()._reply(request)

    with (
        Noting(protocol="google") as fake,
        Briefer("vertexai/gemini-2.0-flash", base_url=fake.url, api_key=KEY) as briefer,
    ):
        result = ask(briefer, BRIDGE)
    assert ["/v1beta1/publishers/google/models/gemini-2.0-flash:generateContent"] == paths
    assert result.meta.cost_usd is not None


def test_vertex_ai_without_credentials(ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Where there is a project, what is missing are Google Cloud's credentials, not a key."""
    for name in ("GOOGLE_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "newsroom")
    with (
        FakeModel(protocol="google") as fake,
        Briefer("vertexai/gemini-2.0-flash", base_url=fake.url) as briefer,
        pytest.raises(MissingKeyError, match="gcloud auth application-default login"),
    ):
        ask(briefer, BRIDGE)
    assert 0 == fake.calls


def test_aws_credentials_are_in_no_log(
    ask: Ask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Botocore logs what it signs, with the token of a session."""
    caplog.set_level("DEBUG")
    secrets = {
        "AWS_ACCESS_KEY_ID": "AKID" + "0123456789ABCDEF",
        "AWS_SECRET_ACCESS_KEY": "wJalr" + "XUtnFEMIK7MDENGbPxRfiCY",
        "AWS_SESSION_TOKEN": "IQoJ" + "b3JpZ2luX2VjEXAMPLETOKEN0123456789",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    with (
        FakeModel(
            faults=[Fault(status=403, message="The security token is invalid.")], protocol="bedrock"
        ) as fake,
        Briefer(MODELS["bedrock"], base_url=fake.url) as briefer,
        pytest.raises(AuthenticationError) as caught,
    ):
        ask(briefer, BRIDGE)
    told = caplog.text + str(caught.value)
    assert [] == [name for name, value in secrets.items() if name != "AWS_ACCESS_KEY_ID" and value in told]
