"""Every known fault, by the protocols of Google, Bedrock, Mistral and Cohere: what it costs, and how it ends.

The SDKs are large, so these tests are a suite of their own: `pytest -m providers`, with the extra `providers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pytest
from conftest import Ask, async_one, waiting

from briefing import (
    AnswerError,
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
    TlsError,
    TruncatedError,
    UnreachableError,
    WebPageError,
)
from briefing.testing.fake_model import FakeModel, known_faults, without_waiting
from briefing.testing.protocols import ProtocolName

pytestmark = [
    pytest.mark.providers,
    # cohere's classes use names that pydantic has deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

MODELS: dict[str, ProtocolName] = {
    "google/gemini-2.5-flash": "google",
    "bedrock/anthropic.claude-3-haiku-20240307-v1:0": "bedrock",
    "mistral/mistral-small-latest": "mistral",
    "cohere/command-r-plus": "cohere",
}
#: These protocols have no field for a refusal: it is an answer like any other, or a filter's.
REFUSALS = {"google": FilteredError, "bedrock": FilteredError, "mistral": AnswerError, "cohere": AnswerError}
FAULTS = known_faults()
MAX_ATTEMPTS = 4


class Row(NamedTuple):
    """How a fault that stays ends: its error, the calls of the joint and of the staged plan, what the error quotes."""

    error: type[ProviderError]
    joint: int = MAX_ATTEMPTS
    staged: int = MAX_ATTEMPTS
    said: str = ""
    tokens: bool = False


def final(error: type[ProviderError], said: str = "", *, tokens: bool = False) -> Row:
    """Not tried again."""
    return Row(error, 1, 1, said, tokens)


ENDS = {
    "429 Retry-After seconds": Row(RateLimitError, said="fake failure 429"),
    "429 Retry-After date": Row(RateLimitError, said="fake failure 429"),
    "429 Retry-After 0": Row(RateLimitError, said="fake failure 429"),
    "429 Retry-After 300": final(RateLimitError, "fake failure 429"),
    "429 quota": final(QuotaError, "exceeded your current quota"),
    "500": Row(ServerError, said="fake failure 500"),
    "502": Row(ServerError, said="Bad Gateway"),
    "503": Row(ServerError, said="fake failure 503"),
    "529": Row(ServerError, said="fake failure 529"),
    "408": Row(ServerError, said="fake failure 408"),
    "closed": Row(UnreachableError),
    "reset before": Row(UnreachableError),
    "reset inside": Row(UnreachableError),
    "hang": Row(ProviderTimeoutError),
    "drip": Row(ProviderTimeoutError),
    "cut short": Row(UnreachableError),
    "HTML with 200": Row(WebPageError, 2, 2, "Acme &amp; Co: Sign in"),
    "empty body": Row(ServerError, said="Expecting value"),
    "empty choices": Row(ServerError, tokens=True),
    "length": Row(TruncatedError, 4, 2, tokens=True),
    "JSON cut off": Row(TruncatedError, 4, 2, tokens=True),
    "content filter": final(FilteredError, tokens=True),
    "invalid JSON": Row(AnswerError, 3, 3, "Invalid JSON", tokens=True),
    "wrong shape": Row(AnswerError, 3, 3, "Field required", tokens=True),
    "10 MB": Row(OversizedError, 2, 2),
    "401": final(AuthenticationError, "Incorrect API key"),
    "403": final(AuthenticationError, "country is not supported"),
    "404 model": final(RequestError, "does not exist"),
    "400 context length": final(ContextWindowError, "maximum context length"),
    "redirect": final(RequestError),
}
#: Read as they are, or repaired in single items.
READ = ("code fence", "wrong content type", "duplicate ids", "ids out of range", "NaN")
HEALED = [*(name for name, row in ENDS.items() if row.joint > 1), *READ]
#: Seconds; only for servers that never answer whole.
SHORT = {"hang": 2.0, "drip": 2.0}
#: Faults that take seconds, and happen below the plans: one plan is enough.
SLOW = ("hang", "drip", "10 MB")


def cases(names: Iterable[str]) -> list[Any]:
    """Each model with each fault: joint and sync, staged and async. Slow faults happen below the plans, and are sync only."""
    ways = [("joint", waiting), ("staged", async_one)]
    return [
        pytest.param(model, plan, way, name, id=f"{model.partition('/')[0]}-{plan}-{name}")
        for model in MODELS
        for name in names
        for plan, way in ways[: 1 if name in SLOW else 2]
    ]


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Retry at once; no credentials of this machine, and no look for them in the network."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with without_waiting() as seconds:
        yield seconds


def briefer_on(fake: FakeModel, model: str, **options: Any) -> Briefer:
    """Return a briefer on a fake model."""
    options = {"base_url": fake.url, "max_attempts": MAX_ATTEMPTS} | options
    return Briefer(model, api_key="test", **options)


@pytest.mark.parametrize(("model", "plan", "ask", "name"), cases(ENDS))
def test_a_fault_that_stays(bridge: str, model: str, plan: str, ask: Ask, name: str) -> None:
    """The calls that make sense and no more, the error of its own kind, and all that is known in it."""
    row = ENDS[name]
    with (
        FakeModel(faults=lambda request: FAULTS[name], protocol=MODELS[model]) as fake,
        briefer_on(fake, model, plan=plan, timeout=SHORT.get(name, 60.0) / 4) as briefer,
        pytest.raises(ProviderError) as caught,
    ):
        ask(briefer, bridge)
    error = caught.value
    assert row.error is type(error)
    assert (row.joint if plan == "joint" else row.staged) == error.attempts
    if name not in SHORT:  # a server on a busy machine may not see a request before it is given up
        assert error.attempts == fake.calls
    assert row.said in (error.provider_message or "")
    assert error.usage is not None
    assert row.tokens == (error.usage.input_tokens > 0) == (error.cost_usd is not None)
    assert "test" not in str(error).split()


@pytest.mark.parametrize(("model", "plan", "ask", "name"), cases(HEALED))
def test_a_fault_that_comes_once(bridge: str, model: str, plan: str, ask: Ask, name: str) -> None:
    """One more call if it can pass or be repaired, which `meta` counts, and a briefing that verifies."""
    with (
        FakeModel(faults=[FAULTS[name]], protocol=MODELS[model]) as fake,
        briefer_on(fake, model, plan=plan, timeout=SHORT.get(name, 60.0)) as briefer,
    ):
        result = ask(briefer, bridge)
    good = 1 if plan == "joint" else 4
    if name not in SHORT:
        assert fake.calls == result.meta.attempts
        assert good <= fake.calls <= good + 1
    assert [] == result.verify(bridge)
    assert result.meta.usage.input_tokens > 0
    assert result.meta.cost_usd is not None


@pytest.mark.parametrize("model", MODELS)
def test_a_refusal(ask: Ask, bridge: str, model: str) -> None:
    """Where a filter refuses there is one call; where the model writes it, it is an answer without JSON."""
    with (
        FakeModel(faults=lambda request: FAULTS["refusal"], protocol=MODELS[model]) as fake,
        briefer_on(fake, model, plan="joint") as briefer,
        pytest.raises(ProviderError) as caught,
    ):
        ask(briefer, bridge)
    error = REFUSALS[MODELS[model]]
    assert (error, 1 if error is FilteredError else 3) == (type(caught.value), fake.calls)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("address", "error", "attempts"),
    [("refused_url", UnreachableError, MAX_ATTEMPTS), ("tls_url", TlsError, 1)],
    ids=["refused", "no TLS"],
)
def test_no_connection(
    ask: Ask, bridge: str, model: str, address: str, error: type[ProviderError], attempts: int
) -> None:
    """A refused connection may pass, a failed handshake does not."""
    with (
        FakeModel(protocol=MODELS[model]) as fake,
        briefer_on(fake, model, base_url=getattr(fake, address)) as briefer,
        pytest.raises(error) as caught,
    ):
        ask(briefer, bridge)
    assert (0, attempts) == (fake.calls, caught.value.attempts)
