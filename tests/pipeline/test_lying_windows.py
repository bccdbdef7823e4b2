"""A server whose window is smaller than it says: the result is about the whole article, or the error is clear, in few calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from long_texts import is_reduce, long_text, reader, shown

from briefing import AnswerError, Briefer, ProviderError, ServerError, Source, TruncatedError
from briefing.testing import FakeModel, Fault, without_waiting

SOURCE = Source.from_text(long_text(6_000, facts=20)[0], lang="en")
WINDOW = 4_096
#: What the user has been told.
SAID: Any = {"context_window": 32_768}


def fits(request: dict[str, Any]) -> bool:
    """Whether a request and its answer have room in the window."""
    return sum(len(message["content"]) for message in request["messages"]) // 4 < WINDOW - 600


def counted(tokens: int, text: str) -> Fault:
    """A text, and how many tokens of the prompt the server says it has read."""
    message = {"role": "assistant", "content": text}
    return Fault(
        body={
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": "fake",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": tokens, "completion_tokens": 50, "total_tokens": tokens + 50},
        }
    )


def server(beyond: Fault) -> Callable[[dict[str, Any]], Fault]:
    """A server that answers what does not fit with this."""
    return lambda request: reader()(request) if fits(request) else beyond


TOLD = [
    pytest.param(Fault(status=400, code="context_length_exceeded", message="too long"), id="code"),
    pytest.param(Fault(status=400, message="exceeds the available context size (4096 tokens)"), id="text"),
    pytest.param(
        Fault(
            status=400,
            message="This model's maximum context length is 32768 tokens. However, your messages resulted in more",
        ),
        id="another window",
    ),
    pytest.param(Fault(status=413, message="Payload too large"), id="413"),
    pytest.param(counted(WINDOW, '{"headline": "An old report", "summary": [], "key_quotes": []}'), id="cut"),
    pytest.param(counted(WINDOW, "{}"), id="cut, empty"),
    pytest.param(counted(WINDOW, "I see the end of a text."), id="cut, no JSON"),
]


@pytest.mark.parametrize("beyond", TOLD)
@pytest.mark.parametrize("options", [SAID, {}], ids=["a window was said", "none was"])
def test_the_whole_article_is_read_in_the_end(beyond: Fault, options: Any) -> None:
    """In parts that the server takes; the warning tells why."""
    with (
        FakeModel(faults=server(beyond)) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test", options=options) as briefer,
        without_waiting(),
    ):
        result = briefer.summarize(SOURCE)
    read = {n for r in fake.requests if fits(r) and not is_reduce(r) for n in shown(r)}

    assert set(range(1, len(SOURCE.sentences) + 1)) == read
    assert fake.calls < 30
    assert [] == result.verify(SOURCE)
    assert "read in" in result.meta.warnings[0]


@pytest.mark.parametrize(
    ("beyond", "error"),
    [
        pytest.param(Fault(content="I see the end of a text."), AnswerError, id="no JSON"),
        pytest.param(Fault(status=500, message="out of memory"), ServerError, id="500"),
        pytest.param(
            Fault(content=lambda good: good[:40], finish_reason="length"), TruncatedError, id="length"
        ),
    ],
)
def test_what_tells_nothing_about_the_window_is_an_error(beyond: Fault, error: type[ProviderError]) -> None:
    """After the attempts of one ask."""
    with (
        FakeModel(faults=server(beyond)) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test", options=SAID) as briefer,
        without_waiting(),
        pytest.raises(error),
    ):
        briefer.summarize(SOURCE)
    assert fake.calls <= 4
