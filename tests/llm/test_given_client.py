"""`Briefer(client=…)`: the user's own client of an SDK, used as it is and given back as it was."""

from __future__ import annotations

import asyncio
import copy
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import instructor
import openai
import pytest

import briefing
from briefing import AuthenticationError, Briefer, ConfigurationError
from briefing.batch import submit
from briefing.errors import ProviderTimeoutError, RequestError, ServerError
from briefing.testing.fake_model import FakeModel, Fault, without_waiting

KEY = "sk-" + "given-0123456789abcdef"
ARTICLE = "The mill in Orra will close in May. “We are sad,” said Ann Ode, its owner."
SEVERAL = [f"{ARTICLE} It had {n} visitors." for n in range(3)]

#: Protocol, class of the client, name of the model without its provider, and its name in `meta`.
SYNC = [
    ("openai", openai.OpenAI, "gpt-4o-mini", "openai/gpt-4o-mini"),
    ("openai", openai.OpenAI, "openai/gpt-4o-mini", "openai/gpt-4o-mini"),
    ("openai", openai.OpenAI, "groq/llama-3.3-70b", "groq/llama-3.3-70b"),
    ("openai", openai.OpenAI, "meta-llama/Llama-3.3-70B", "openai/meta-llama/Llama-3.3-70B"),
    ("openai", openai.AzureOpenAI, "my-deployment", "azure_openai/my-deployment"),
    ("anthropic", anthropic.Anthropic, "claude-sonnet-5", "anthropic/claude-sonnet-5"),
]
ASYNC = {
    openai.OpenAI: openai.AsyncOpenAI,
    openai.AzureOpenAI: openai.AsyncAzureOpenAI,
    anthropic.Anthropic: anthropic.AsyncAnthropic,
}


def made(kind: type, fake: FakeModel, **options: Any) -> Any:
    """A client of the user's, with another number of retries than ours and headers of its own."""
    address = {"base_url": fake.url}
    if "Azure" in kind.__name__:
        address = {"azure_endpoint": fake.url, "api_version": "2024-10-21"}
    return kind(api_key=KEY, max_retries=5, default_headers={"x-team": "newsroom"}, **address, **options)


@pytest.fixture
def state() -> Iterator[Any]:
    """Give a function that returns what must not change in a client."""

    def of(client: Any) -> tuple[Any, ...]:
        http = client._client
        return client.max_retries, http.follow_redirects, dict(http.headers), http.event_hooks, http.is_closed

    return of


@pytest.mark.parametrize(("protocol", "kind", "model", "name"), SYNC)
def test_a_sync_client_makes_the_calls(protocol: Any, kind: type, model: str, name: str, state: Any) -> None:
    """With its own headers, one HTTP call at a time, and unchanged and open afterwards."""
    with FakeModel(protocol=protocol) as fake, made(kind, fake) as client:
        before = state(client)
        with Briefer(model, client=client) as briefer:
            result = briefer.summarize(ARTICLE)
        assert (name, name) == (briefer.model, result.meta.model)
        assert (1, before) == (fake.calls, state(client))
        briefing.summarize(ARTICLE, model=model, client=client)
        assert 2 == fake.calls


@pytest.mark.parametrize(("protocol", "kind", "model", "name"), SYNC)
async def test_an_async_client_makes_the_calls(
    protocol: Any, kind: type, model: str, name: str, state: Any
) -> None:
    """Of `asummarize` and of many articles, and is open afterwards."""
    with FakeModel(protocol=protocol) as fake:
        async with made(ASYNC[kind], fake) as client:
            before = state(client)
            async with Briefer(model, client=client) as briefer:
                await briefer.asummarize(ARTICLE)
                async for result in briefer.asummarize_many(SEVERAL):
                    assert name == result.meta.model
            assert (4, before) == (fake.calls, state(client))


@pytest.mark.parametrize(("protocol", "kind", "model", "name"), SYNC[:1] + SYNC[-1:])
def test_a_sync_client_serves_async_calls_too(protocol: Any, kind: type, model: str, name: str) -> None:
    """In threads, so that `summarize_many` and an event loop can use it."""
    with FakeModel(protocol=protocol) as fake, made(kind, fake) as client:
        briefer = Briefer(model, client=client)
        assert name == asyncio.run(briefer.asummarize(ARTICLE)).meta.model
        results = list(briefer.summarize_many(SEVERAL))
        assert [[], [], []] == [result.verify(text) for result, text in zip(results, SEVERAL, strict=True)]
        assert 4 == fake.calls


def test_an_async_client_makes_no_sync_calls() -> None:
    """The error says what to do, before any call."""
    with FakeModel() as fake:
        briefer = Briefer("gpt-4o-mini", client=made(openai.AsyncOpenAI, fake))
        with pytest.raises(
            ConfigurationError, match=r"openai\.AsyncOpenAI, which cannot make the calls of summarize"
        ):
            briefer.summarize(ARTICLE)
        assert 0 == fake.calls


def test_a_client_of_instructor_is_unwrapped() -> None:
    """Its SDK's client is used; hooks and modes of instructor are ours."""
    with FakeModel() as fake, made(openai.OpenAI, fake) as client:
        result = Briefer("gpt-4o-mini", client=instructor.from_openai(client)).summarize(ARTICLE)
        assert ("openai/gpt-4o-mini", 1) == (result.meta.model, fake.calls)


async def test_an_async_client_of_instructor_is_unwrapped() -> None:
    """In the same way."""
    with FakeModel() as fake:
        async with made(openai.AsyncOpenAI, fake) as client:
            result = await Briefer("gpt-4o-mini", client=instructor.from_openai(client)).asummarize(ARTICLE)
        assert ("openai/gpt-4o-mini", 1) == (result.meta.model, fake.calls)


def test_its_transport_is_kept() -> None:
    """A proxy or TLS setting of the user's client is one of its HTTP client."""
    seen: list[str] = []

    class Counting(httpx2.HTTPTransport):
        """A transport that sees each request."""

        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            seen.append(request.headers["x-team"])
            return super().handle_request(request)

    with (
        FakeModel() as fake,
        made(openai.OpenAI, fake, http_client=httpx2.Client(transport=Counting())) as client,
    ):
        Briefer("gpt-4o-mini", client=client).summarize(ARTICLE)
    assert ["newsroom"] == seen


@pytest.mark.parametrize(("protocol", "kind", "model", "name"), SYNC[:1] + SYNC[-1:])
def test_retries_redirects_and_size_are_ours(protocol: Any, kind: type, model: str, name: str) -> None:
    """The client's five retries are off, a redirect is not followed, and no more is read than the limit."""
    faults = [
        Fault(status=503),
        None,
        Fault(status=307, headers={"location": "/elsewhere"}),
        Fault(body="x" * 5_000_000),
    ]
    with (
        FakeModel(protocol=protocol, faults=faults) as fake,
        made(kind, fake) as client,
        without_waiting() as waits,
    ):
        briefer = Briefer(model, client=client, max_attempts=2)
        assert 2 == briefer.summarize(ARTICLE).meta.attempts
        assert (2, 1) == (fake.calls, len(waits))
        with pytest.raises(RequestError, match="redirects to"):
            briefer.summarize(ARTICLE)
        with pytest.raises(ServerError, match="4,000,000 bytes"):
            Briefer(model, client=client, max_attempts=1).summarize(ARTICLE)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(("protocol", "kind", "model", "name"), SYNC[:1] + SYNC[-1:])
def test_a_timeout_is_kept(protocol: Any, kind: type, model: str, name: str, *, is_async: bool) -> None:
    """Also where the server sends a byte now and then."""
    with (
        FakeModel(protocol=protocol, faults=lambda _request: Fault(drip=0.1)) as fake,
        made(kind, fake) as client,
    ):
        briefer = Briefer(model, client=client, max_attempts=1, timeout=0.3)
        with pytest.raises(ProviderTimeoutError):
            asyncio.run(briefer.asummarize(ARTICLE)) if is_async else briefer.summarize(ARTICLE)


def test_its_key_and_headers_are_secrets() -> None:
    """An error that repeats them does not show them."""
    secret = "tenant-" + "4711-secret-value"
    fault = Fault(status=401, message=f"bad key {KEY} of {secret}")
    with FakeModel(faults=lambda _request: fault) as fake:
        client = openai.OpenAI(api_key=KEY, base_url=fake.url, default_headers={"x-tenant": secret})
        briefer = Briefer("gpt-4o-mini", client=client)
        with pytest.raises(AuthenticationError) as caught:
            briefer.summarize(ARTICLE)
    told = (
        "".join(traceback.format_exception(caught.value)) + repr(briefer) + str(caught.value.provider_message)
    )
    assert (False, False) == (KEY in told, secret in told)


def test_the_fingerprint_is_that_of_the_model() -> None:
    """A result made with one client is found in the journal with another."""
    ours = Briefer("openai/gpt-4o-mini", client=openai.OpenAI(api_key=KEY, base_url="http://127.0.0.1:9/v1"))
    assert Briefer("openai/gpt-4o-mini", api_key="x").fingerprint(ARTICLE) == ours.fingerprint(ARTICLE)


def test_a_briefer_with_a_client_is_not_pickled() -> None:
    """A copy in the same process shares the client."""
    briefer = Briefer("gpt-4o-mini", client=openai.OpenAI(api_key=KEY))
    assert repr(briefer) == repr(copy.copy(briefer))
    with pytest.raises(ConfigurationError, match="cannot be sent to another process"):
        pickle.dumps(briefer)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("anthropic/x", {}, "which speaks another protocol than anthropic"),
        ("x", {"base_url": "http://127.0.0.1:9"}, "leave out base_url= and api_key="),
        ("x", {"api_key": "k"}, "leave out base_url= and api_key="),
        ("x", {"options": {"organization": "o"}}, "organization is a setting of client="),
        ("x", {"client": object()}, "must be a client of a provider's SDK .*not builtins.object"),
        (None, {"client": anthropic.Anthropic(api_key="k")}, "client= needs model="),
    ],
)
def test_what_does_not_fit_is_told(model: str | None, options: dict[str, Any], message: str) -> None:
    """Before a call."""
    with pytest.raises(ConfigurationError, match=message):
        Briefer(model, **{"client": openai.OpenAI(api_key=KEY), **options})


def test_a_client_without_a_copy_is_told() -> None:
    """A subclass may be made in another way than its class."""

    class Ours(openai.OpenAI):
        """A client with a constructor of its own."""

        def __init__(self) -> None:
            super().__init__(api_key=KEY)

    with pytest.raises(ConfigurationError, match="of which no copy can be made") as caught:
        Briefer("gpt-4o-mini", client=Ours()).summarize(ARTICLE)
    assert KEY not in str(caught.value)


def test_a_long_answer_of_anthropic_needs_no_stream() -> None:
    """Its SDK refuses a high output limit where the call has no timeout of its own."""
    with FakeModel(protocol="anthropic") as fake, made(anthropic.Anthropic, fake) as client:
        briefer = Briefer("claude-sonnet-5", client=client, options={"max_output_tokens": 60_000})
        assert 1 == briefer.summarize(ARTICLE).meta.attempts
        assert 1 == asyncio.run(briefer.asummarize(ARTICLE)).meta.attempts


def test_batches_take_no_client(tmp_path: Path) -> None:
    """Whoever sends and collects them may be another process."""
    with pytest.raises(ConfigurationError, match="client cannot be used in batches"):
        submit([ARTICLE], journal=tmp_path / "run.db", model="openai/x", client=openai.OpenAI(api_key=KEY))


def test_tokens_of_entra_id_are_a_key_as_good_as_any(bridge: str) -> None:
    """The client has a text with spaces in place of a key then."""
    with (
        FakeModel() as fake,
        openai.AzureOpenAI(
            azure_endpoint=fake.url, azure_ad_token_provider=lambda: "token", api_version="2024-10-21"
        ) as client,
    ):
        assert 1 == briefing.summarize(bridge, model="gpt-4o", client=client).meta.attempts


def test_a_closed_client_is_refused_before_a_call(bridge: str) -> None:
    """No call could succeed, and none is retried."""
    client = openai.OpenAI(base_url="http://127.0.0.1:9/v1", api_key="test")
    client.close()
    with pytest.raises(ConfigurationError, match="has been closed; give an open one"):
        briefing.summarize(bridge, model="gpt-4o", client=client)
