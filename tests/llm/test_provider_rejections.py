"""What servers say when they reject a request, each in its own words, and the errors that it becomes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from briefing import Usage
from briefing.errors import (
    AuthenticationError,
    BriefingError,
    ContextWindowError,
    FilteredError,
    QuotaError,
    RateLimitError,
    RequestError,
    ServerError,
)
from briefing.llm.deadline import Deadline
from briefing.llm.error_mapping import map_error, response_error
from briefing.llm.providers import adapter_of
from briefing.llm.targets import target_of


class RejectedError(Exception):
    """As the openai SDK raises it: `body` is what the response has as its "error", or the whole."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"Error code: {status} - {body}")
        self.status_code, self.body = status, body


def mapped(provider: str, status: int, body: Any) -> BriefingError:
    """The error for a rejected request."""
    target = target_of(f"{provider}/some-model", api_key="test")
    return map_error(RejectedError(status, body), target, 1, Usage(), Deadline())


def said(message: str, code: str | None = None) -> dict[str, Any]:
    """An error in OpenAI's form."""
    return {"message": message, "type": "invalid_request_error", "param": None, "code": code}


UPGRADE = "Need more tokens? Upgrade at https://console.example/settings/billing"
CASES: list[tuple[str, int, Any, type[BriefingError]]] = [
    # Limits that pass, with a link to where they are raised.
    (
        "groq",
        429,
        said(f"Rate limit reached on tokens per minute (TPM): Limit 6000. {UPGRADE}"),
        RateLimitError,
    ),
    (
        "openai",
        429,
        said("Rate limit reached: Limit 3 / min. Add a payment method: /account/billing"),
        RateLimitError,
    ),
    (
        "together",
        429,
        said("You have reached the rate limit of this model. See /settings/billing"),
        RateLimitError,
    ),
    # Accounts that are empty.
    ("openai", 429, said("Your account is not active, please check your billing details."), QuotaError),
    ("openai", 400, said("Budget has been exceeded! Current cost: 10.1, Max budget: 10.0"), QuotaError),
    ("openai", 429, said("ExceededBudget: User=u over budget."), QuotaError),
    ("openai", 429, said("Your account is suspended") | {"type": "exceeded_current_quota_error"}, QuotaError),
    ("anthropic", 400, said("You have reached your specified API usage limits."), QuotaError),
    (
        "fireworks",
        412,
        said("Account x is suspended, possibly due to the monthly spending limit"),
        QuotaError,
    ),
    ("xai", 403, "Your team has used all credits or reached its monthly spending limit.", QuotaError),
    ("xai", 403, "Your newly created teams doesn't have any credits yet.", QuotaError),
    ("openrouter", 429, said("Rate limit exceeded: free-models-per-day. Add 10 credits"), QuotaError),
    # Requests that are too large, and never pass.
    (
        "openai",
        429,
        said("Request too large on tokens per min: Limit 30000, Requested 45000."),
        ContextWindowError,
    ),
    (
        "groq",
        413,
        said("Request too large on tokens per minute: Limit 6000, Requested 7000"),
        ContextWindowError,
    ),
    ("anthropic", 413, said("Request exceeds the maximum size"), ContextWindowError),
    ("anthropic", 400, said("input length and `max_tokens` exceed context limit: 1 > 0"), ContextWindowError),
    ("openai", 413, "<html><title>413 Request Entity Too Large</title></html>", ContextWindowError),
    (
        "openai",
        400,
        said("The prompt (length 5000) exceeds the maximum model length of 4096."),
        ContextWindowError,
    ),
    ("openai", 400, said("Your request exceeded model token limit: 8192"), ContextWindowError),
    ("together", 422, said("`inputs` tokens + `max_new_tokens` must be <= 8193."), ContextWindowError),
    (
        "xai",
        400,
        "This model's maximum prompt length is 131072 but the request has 140000.",
        ContextWindowError,
    ),
    ("google", 400, said("The input token count exceeds the maximum number of tokens"), ContextWindowError),
    ("bedrock", 400, said("Number of input tokens exceeds maximum length."), ContextWindowError),
    # Filters without a code of their own.
    ("openai", 400, said("ContentPolicyViolationError: the response was filtered"), FilteredError),
    ("anthropic", 400, said("Output blocked by content filtering policy"), FilteredError),
    ("deepseek", 400, said("Content Exists Risk"), FilteredError),
    ("openrouter", 403, said('Your input was flagged for "violence".'), FilteredError),
    ("xai", 403, "Content violates usage guidelines.", FilteredError),
    # Keys and accounts that are refused, with status 400.
    ("xai", 400, "Incorrect API key provided: xa***ef.", AuthenticationError),
    ("anthropic", 400, said("This organization has been disabled."), AuthenticationError),
    ("openai", 400, [{"error": {"code": 400, "message": "API key not valid."}}], AuthenticationError),
    # The rest.
    ("groq", 498, said("Flex tier capacity exceeded", "capacity_exceeded"), ServerError),
    ("openai", 422, [{"loc": ["body", "messages"], "msg": "field required"}], RequestError),
]


@pytest.mark.parametrize(
    ("provider", "status", "body", "kind"), CASES, ids=[f"{case[0]}-{n}" for n, case in enumerate(CASES)]
)
def test_words_of_a_rejection(provider: str, status: int, body: Any, kind: type[BriefingError]) -> None:
    """Whether to wait, to pay, to shorten or to change something depends on them."""
    assert kind is type(mapped(provider, status, body))


@pytest.mark.parametrize(
    ("message", "sizes"),
    [
        (
            "maximum context length is 4096 tokens. You requested 5000 tokens (4500 in the messages, 500",
            (5000, 4096),
        ),
        ("exceed context limit: 190000 + 20000 > 204798", (None, None)),
        ("context length of gpt-4o-2024-08-06: Limit 30000, Requested 45000.", (45000, 30000)),
        ("too large: 4096. The maximum context length is 4096 tokens", (None, None)),
    ],
)
def test_numbers_of_tokens_in_a_message(message: str, sizes: tuple[int | None, int | None]) -> None:
    """What the request has and what fits; a sum or a model's name holds neither."""
    error = mapped("openai", 400, said(message))
    assert isinstance(error, ContextWindowError)
    assert sizes == (error.needed, error.available)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (402, QuotaError),
        (401, AuthenticationError),
        ("429", RateLimitError),
        (502, ServerError),
        (None, ServerError),
        ("upstream", ServerError),
    ],
)
@pytest.mark.parametrize("place", ["response", "choice"])
def test_an_error_with_status_200_has_a_status_of_its_own(
    place: str, code: object, kind: type[BriefingError]
) -> None:
    """Routers answer so when the server behind them has failed."""
    error = {"error": {"message": "no", "code": code}}
    choice = SimpleNamespace(finish_reason="error", message=SimpleNamespace(content=""), model_extra=error)
    response = SimpleNamespace(choices=None, model_extra=error)
    if place == "choice":
        response = SimpleNamespace(choices=[choice], model_extra={})
    ending = adapter_of("openrouter").stop_reason(response)
    problem = response_error(response, ending, target_of("openrouter/a/b", api_key="test"))
    assert (kind, True) == (type(problem), "no" in str(problem))


def test_an_answer_that_lacked_resources_failed() -> None:
    """DeepSeek's word for it; what was written so far is no answer."""
    message = SimpleNamespace(content='{"headline": "A')
    choice = SimpleNamespace(finish_reason="insufficient_system_resource", message=message)
    ending = adapter_of("deepseek").stop_reason(SimpleNamespace(choices=[choice]))
    assert "error" == ending.kind
