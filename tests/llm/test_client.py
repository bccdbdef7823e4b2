"""One ask, and all that a server can do to it. Every fault comes from a real server on the loopback interface."""

from __future__ import annotations

import asyncio
import json
import pickle
import socket
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Ask, waiting
from patience import growing, until

from briefing import (
    AnswerError,
    AuthenticationError,
    Briefer,
    Briefing,
    BriefingError,
    ContextWindowError,
    DeadlineError,
    FilteredError,
    ProviderError,
    ProviderTimeoutError,
    QuotaError,
    RateLimitError,
    RefusalError,
    RequestError,
    ServerError,
    Source,
    UnreachableError,
)
from briefing.grounding.resolution import Grounding
from briefing.llm import asks
from briefing.llm.asks import Answer
from briefing.llm.client import Client
from briefing.llm.deadline import Deadline
from briefing.llm.providers import adapter_of
from briefing.llm.sdk import Send, Transport
from briefing.llm.targets import target_of
from briefing.pipeline.trampoline import Trampoline
from briefing.testing.fake_model import FakeModel, Fault

NOW = {"retry-after": "0"}


def said(message: str, status: int, code: str | None = None, **headers: str) -> Fault:
    return Fault(status=status, body={"error": {"message": message, "code": code}}, headers=headers)


def empty(**fields: Any) -> dict[str, Any]:
    """An answer in the right protocol, with what is given in place of its choices."""
    usage = {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107}
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "usage": usage} | fields


PASSING = [
    pytest.param(Fault(status=429, headers=NOW), id="429"),
    pytest.param(Fault(status=500, headers=NOW), id="500"),
    pytest.param(Fault(status=503, headers={"retry-after-ms": "1"}), id="503"),
    pytest.param(Fault(status=408, headers=NOW), id="408"),
    pytest.param(Fault(status=529, headers={"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}), id="529"),
    pytest.param(Fault(drop=True), id="dropped"),
    pytest.param(Fault(body="<html>Bad gateway</html>", headers={"content-type": "text/html"}), id="html"),
    pytest.param(Fault(body=empty(choices=[])), id="no choices"),
]


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_tried_again(serve: Any, ask: Ask, bridge: str, fault: Fault) -> None:
    """A fault that may pass costs one more call, which `meta` counts."""
    fake, briefer = serve([fault])
    result = ask(briefer, bridge)
    assert (2, 2) == (fake.calls, result.meta.attempts)
    assert [] == result.verify(bridge)


LASTING = [
    pytest.param(Fault(status=429, headers=NOW), RateLimitError, id="429"),
    pytest.param(Fault(status=500, headers=NOW), ServerError, id="500"),
    pytest.param(Fault(drop=True), UnreachableError, id="dropped"),
    pytest.param(
        Fault(body="<html>sk-abcd1234</html>", headers={"content-type": "text/html"}), ServerError, id="html"
    ),
    pytest.param(Fault(body="<html>", headers={}), ProviderError, id="html as json"),
    pytest.param(Fault(body=empty(choices=[])), ServerError, id="no choices"),
    pytest.param(Fault(body=empty(choices=None)), ServerError, id="null choices"),
    pytest.param(Fault(body=empty()), ProviderError, id="choices missing"),
    pytest.param(Fault(body=empty(choices=[{}])), ProviderError, id="empty choice"),
    pytest.param(Fault(body=empty(choices=[None])), ProviderError, id="null choice"),
    pytest.param(Fault(body=empty(choices="many")), ProviderError, id="choices of another type"),
    pytest.param(Fault(body="null"), ProviderError, id="null"),
    pytest.param(Fault(body="[]"), ProviderError, id="a list"),
    pytest.param(Fault(body=""), ProviderError, id="nothing"),
    pytest.param(Fault(body=b"\xff\xfe\x00"), ProviderError, id="bytes"),
]


@pytest.mark.parametrize(("fault", "kind"), LASTING)
def test_max_attempts_is_never_exceeded(
    serve: Any, ask: Ask, bridge: str, fault: Fault, kind: type[ProviderError]
) -> None:
    """A fault that stays ends as its error after `max_attempts` calls at most, all counted."""
    most = 2 if ask is waiting else 1
    fake, briefer = serve([fault] * 9, max_attempts=most)
    with pytest.raises(kind) as caught:
        ask(briefer, bridge)
    assert fake.calls <= most
    assert fake.calls == caught.value.attempts
    assert "sk-abcd1234" not in f"{caught.value} {caught.value.provider_message}"


FINAL = [
    pytest.param(said("Incorrect API key provided: sk-proj-abc123", 401), AuthenticationError, id="401"),
    pytest.param(said("no", 403), AuthenticationError, id="403"),
    pytest.param(said("You exceeded your current quota", 429, "insufficient_quota"), QuotaError, id="quota"),
    pytest.param(said("no such model", 404), RequestError, id="404"),
    pytest.param(said("bad parameter", 400), RequestError, id="400"),
    pytest.param(
        said("maximum context length is 8192 tokens, you gave 9001", 400), ContextWindowError, id="context"
    ),
    pytest.param(Fault(refusal="I cannot help with that"), RefusalError, id="refusal"),
    pytest.param(Fault(content="", finish_reason="content_filter"), FilteredError, id="content filter"),
]


@pytest.mark.parametrize(("fault", "kind"), FINAL)
def test_what_does_not_pass_is_not_tried_again(
    serve: Any, ask: Ask, bridge: str, fault: Fault, kind: type[ProviderError]
) -> None:
    """Keys, quota, bad requests and refusals end at the first call."""
    fake, briefer = serve([fault])
    with pytest.raises(kind) as caught:
        ask(briefer, bridge)
    assert (1, 1) == (fake.calls, caught.value.attempts)
    assert kind is type(caught.value)
    assert "sk-proj" not in f"{caught.value} {caught.value.provider_message}"


def test_the_context_window_error_knows_the_sizes(serve: Any, bridge: str) -> None:
    """How much was needed and how much there is, from the server's words."""
    _, briefer = serve([said("maximum context length is 8192 tokens, you gave 9001", 400)])
    with pytest.raises(ContextWindowError) as caught:
        briefer.summarize(bridge)
    assert (9001, 8192) == (caught.value.needed, caught.value.available)


MISSHAPEN = [
    "{}",
    "[]",
    "null",
    "no JSON at all",
    "",
    '{"headline": "H", "summary": []}',
    '{"headline": 7, "summary": [], "key_quotes": [], "entities": []}',
    '{"headline": " ", "summary": [{"text": "T", "evidence": [1]}], "key_quotes": [], "entities": []}',
    '{"headline": "H", "summary": "S", "key_quotes": {}, "entities": 1}',
    '{"headline": "H", "summary": [], "key_quotes": [], "entities": []}',
    '{"headline": "\\ud800", "summary": [{"text": "T", "evidence": [1]}], "key_quotes": [], "entities": []}',
    "[" * 500,
]


@pytest.mark.parametrize("content", MISSHAPEN)
def test_the_wrong_shape_is_asked_again(serve: Any, bridge: str, content: str) -> None:
    """The model is told what was wrong, and its second answer counts."""
    fake, briefer = serve([Fault(content=content)])
    result = briefer.summarize(bridge)
    assert (2, 2) == (fake.calls, result.meta.attempts)
    assert len(fake.requests[1]["messages"]) > len(fake.requests[0]["messages"])


@pytest.mark.parametrize("most", [1, 2, 3, 9])
def test_the_wrong_shape_again_and_again_is_an_answer_error(
    serve: Any, ask: Ask, bridge: str, most: int
) -> None:
    """Re-asks are within `max_attempts` and at most two; every call's tokens are counted."""
    fake, briefer = serve([Fault(body=answered("{}"))] * 9, max_attempts=most)
    with pytest.raises(AnswerError) as caught:
        ask(briefer, bridge)
    assert min(most, 3) == fake.calls == caught.value.attempts
    assert caught.value.usage is not None
    assert (100 * fake.calls, 7 * fake.calls) == (
        caught.value.usage.input_tokens,
        caught.value.usage.output_tokens,
    )
    assert caught.value.__cause__ is not None


def answered(content: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return empty(choices=[{"index": 0, "message": message, "finish_reason": "stop"}])


def test_faults_and_re_asks_share_max_attempts(serve: Any, ask: Ask, bridge: str) -> None:
    """Retries of the transport and re-asks of the shape are counted together."""
    faults = [
        Fault(status=500, headers=NOW),
        Fault(content="{}"),
        Fault(status=500, headers=NOW),
        Fault(content="{}"),
    ]
    fake, briefer = serve(faults * 3, max_attempts=4)
    with pytest.raises(ProviderError) as caught:
        ask(briefer, bridge)
    assert 4 == fake.calls == caught.value.attempts


def test_usage_of_all_attempts_is_counted(serve: Any, ask: Ask, bridge: str, good: dict[str, Any]) -> None:
    """A result's `meta` has the tokens of the answers that were thrown away, too."""
    fake, briefer = serve([Fault(body=answered("{}")), Fault(body=answered(json.dumps(good)))])
    meta = ask(briefer, bridge).meta
    assert (2, 200, 14) == (fake.calls, meta.usage.input_tokens, meta.usage.output_tokens)


def test_usage_before_a_failure_is_counted(serve: Any, ask: Ask, bridge: str) -> None:
    """Tokens of a misshapen answer are in the error that comes after it."""
    _, briefer = serve([Fault(body=answered("{}")), said("no", 401)])
    with pytest.raises(AuthenticationError) as caught:
        ask(briefer, bridge)
    assert caught.value.usage is not None
    assert (2, 107) == (
        caught.value.attempts,
        caught.value.usage.input_tokens + caught.value.usage.output_tokens,
    )


@pytest.mark.parametrize(
    "usage", [None, {}, {"prompt_tokens": None}, {"prompt_tokens": 5, "completion_tokens": None}]
)
def test_servers_that_count_no_tokens(serve: Any, bridge: str, good: dict[str, Any], usage: Any) -> None:
    """A server without usage, or with half of one, is no error."""
    _, briefer = serve([Fault(body=answered(json.dumps(good)) | {"usage": usage})])
    meta = briefer.summarize(bridge).meta
    assert None is meta.cost_usd


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-1", "0", "99", "1e400", "1.5", "true", "null", '"one"', "[1]", "1" * 400]
)
def test_numbers_out_of_range(serve: Any, bridge: str, number: str, good: dict[str, Any]) -> None:
    """Whatever stands for a sentence's number, the result holds true spans only, and JSON keeps it."""
    content = json.dumps(good).replace('"evidence": [1]', f'"evidence": [{number}]')
    _, briefer = serve([Fault(content=content)])
    result = briefer.summarize(bridge)
    assert [] == result.verify(bridge)
    assert result == Briefing.model_validate_json(result.model_dump_json())


def test_duplicate_ids_and_keys(serve: Any, bridge: str, good: dict[str, Any]) -> None:
    """Items pointed at twice come once; of a key written twice the last one counts."""
    good["key_quotes"] *= 3
    good["entities"] *= 2
    good["summary"][0]["evidence"] = [1, 1, 1]
    content = json.dumps(good)[:-1] + ', "headline": "Second"}'
    _, briefer = serve([Fault(content=content)])
    result = briefer.summarize(bridge)
    assert (1, 2, 1) == (
        len(result.key_quotes),
        len(result.entities),
        len(result.summary.sentences[0].evidence),
    )
    assert "Second" == result.headline


@pytest.mark.parametrize("asked", ["9999", "1e300"])
def test_a_wait_that_nobody_would_wait_is_not_waited(serve: Any, ask: Ask, bridge: str, asked: str) -> None:
    """A server that asks for hours gets no second call; the error says how long it asked for."""
    fake, briefer = serve([Fault(status=429, headers={"retry-after": asked})])
    with pytest.raises(RateLimitError) as caught:
        ask(briefer, bridge)
    assert (1, float(asked)) == (fake.calls, caught.value.retry_after)


@pytest.mark.parametrize("asked", ["nan", "inf", "-5", "soon", "", "Thu, 99 Foo 99999 99:99:99 GMT", "٣x"])
def test_a_wait_that_means_nothing_is_passed_over(serve: Any, bridge: str, asked: str) -> None:
    """An unreadable `Retry-After` is as none."""
    fake, briefer = serve([Fault(status=429, headers={"retry-after": asked.encode().decode("latin-1")})])
    assert [] == briefer.summarize(bridge).verify(bridge)
    assert 2 == fake.calls


def test_the_deadline_ends_waiting(serve: Any, ask: Ask, bridge: str) -> None:
    """A wait that would end after the deadline is not begun."""
    fake, briefer = serve([Fault(status=429, headers={"retry-after": "60"})], deadline=5.0)
    with pytest.raises(RateLimitError) as caught:
        ask(briefer, bridge)
    assert (1, 1, 60.0) == (fake.calls, caught.value.attempts, caught.value.retry_after)


def test_the_deadline_ends_a_slow_answer(serve: Any, ask: Ask, bridge: str) -> None:
    """A server that is still answering at the deadline is left."""
    for deadline in growing(0.3):
        fake, briefer = serve([Fault(hang=True)], deadline=deadline)
        with pytest.raises(DeadlineError):
            ask(briefer, bridge)
        if fake.calls:
            break
    assert 1 == fake.calls


def test_a_slow_answer_times_out(serve: Any, ask: Ask, bridge: str) -> None:
    """No answer within `timeout` is its own error, after the retries."""
    # The client is made within the timeout, too.
    for timeout in growing(0.3):
        fake, briefer = serve([Fault(hang=True)], timeout=timeout, max_attempts=1)
        with pytest.raises(ProviderTimeoutError) as caught:
            ask(briefer, bridge)
        if fake.calls:
            break
    assert (1, 1) == (fake.calls, caught.value.attempts)


def test_nobody_listens(ask: Ask, bridge: str) -> None:
    """A server that cannot be reached is named in the error."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    briefer = Briefer(model="openai/fake", base_url=url, api_key="test", max_attempts=1)
    with pytest.raises(
        UnreachableError, match=r"cannot reach .*; check the network, and that the server runs"
    ):
        ask(briefer, bridge)
    briefer.close()


@pytest.mark.parametrize(
    ("status", "advice"), [(401, "check api_key="), (403, "check api_key="), (429, "try again later")]
)
def test_what_to_do_is_said(serve: Any, ask: Ask, bridge: str, status: int, advice: str) -> None:
    """Behind what the provider says, where that alone does not help."""
    _, briefer = serve(lambda _request: Fault(status=status), max_attempts=1)
    with pytest.raises(ProviderError, match=rf"fake failure {status}; {advice}"):
        ask(briefer, bridge)


@pytest.mark.parametrize(
    "fault",
    [Fault(refusal="no"), Fault(status=400), Fault(drop=True), Fault(content="{}"), Fault(body="null")],
)
def test_errors_pickle_and_have_no_circles(serve: Any, ask: Ask, bridge: str, fault: Fault) -> None:
    """An error goes through a process pool with its evidence, and its chain of causes ends."""
    _, briefer = serve([fault] * 3, max_attempts=1)
    with pytest.raises(BriefingError) as caught:
        ask(briefer, bridge)
    error = caught.value
    again = pickle.loads(pickle.dumps(error))
    assert (type(error), str(error), vars(error)) == (type(again), str(again), vars(again))
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None:
        assert all(cause is not other for other in seen)
        seen.append(cause)
        cause = cause.__cause__


def test_what_is_sent(serve: Any, bridge: str) -> None:
    """One strict JSON schema, temperature 0, and nothing of instructor's own in the prompt."""
    fake, briefer = serve([])
    briefer.summarize(bridge)
    [request] = fake.requests
    assert ["system", "user"] == [message["role"] for message in request["messages"]]
    assert (0.0, "fake") == (request["temperature"], request["model"])
    assert request["response_format"]["json_schema"]["strict"] is True
    assert "$defs" not in json.dumps(request)


def test_reasoning_models_get_no_temperature(serve: Any, bridge: str) -> None:
    """They refuse it."""
    fake, briefer = serve([], model="openai/gpt-5-mini")
    briefer.summarize(bridge)
    assert "temperature" not in fake.requests[0]


async def test_many_at_once(serve: Any, bridge: str) -> None:
    """One briefer serves many calls on one event loop."""
    fake, briefer = serve([Fault(status=500, headers=NOW)] * 3)
    results = await asyncio.gather(*(briefer.asummarize(bridge) for _ in range(8)))
    await briefer.aclose()
    assert 11 == fake.calls == sum(result.meta.attempts for result in results)
    assert [] == [violation for result in results for violation in result.verify(bridge)]


async def test_a_cancelled_call_is_cancelled(serve: Any, bridge: str) -> None:
    """Cancelling raises `CancelledError`, and no error of ours in its place."""
    fake, briefer = serve([Fault(hang=True)])
    task = asyncio.create_task(briefer.asummarize(bridge))
    assert await asyncio.to_thread(until, lambda: fake.in_flight)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await briefer.aclose()


def _refusing(*keys: str) -> Callable[[dict[str, Any]], Fault | None]:
    """A server that does not know these parameters."""

    def refuse(request: dict[str, Any]) -> Fault | None:
        for key in keys:
            if key in request:
                return Fault(
                    status=400, body={"error": {"message": f"{key} is not supported here", "code": 400}}
                )
        return None

    return refuse


def test_a_server_without_json_schemas_is_asked_by_a_tool(bridge: str) -> None:
    """The refusal costs one call, once; the next ask begins where the last one ended."""
    with (
        FakeModel(faults=_refusing("response_format")) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer,
    ):
        first = briefer.summarize(bridge)
        second = briefer.summarize(bridge)

    assert (2, 1) == (first.meta.attempts, second.meta.attempts)
    assert ["response_format", "tools", "tools"] == [
        next(key for key in ("response_format", "tools") if key in request) for request in fake.requests
    ]


async def test_many_calls_that_are_refused_at_once_go_down_one_step(bridge: str) -> None:
    """Each learns of its own way only: twenty refusals are no reason to skip a way that works."""
    with FakeModel(faults=_refusing("response_format"), latency=0.1) as fake:
        async with Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer:
            results = await asyncio.gather(*(briefer.asummarize(f"{bridge} Day {i}.") for i in range(20)))

    assert 20 == len(results)
    assert 20 == sum("tools" in request for request in fake.requests)


def test_a_model_that_takes_no_temperature_is_asked_without(bridge: str) -> None:
    """The refusal costs one call, once, however the model is called."""
    with (
        FakeModel(faults=_refusing("temperature")) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer,
    ):
        metas = [briefer.summarize(bridge).meta for _ in range(2)]

    assert [2, 1] == [meta.attempts for meta in metas]
    assert [True, False, False] == ["temperature" in request for request in fake.requests]


def test_an_error_in_place_of_choices_is_told(serve: Any, ask: Ask, bridge: str) -> None:
    """As routers send it, with status 200."""
    body = {"error": {"message": "the model is overloaded", "code": 503}}
    _, briefer = serve(lambda _request: Fault(status=200, body=body), max_attempts=1)
    with pytest.raises(ServerError, match=r"server failed \(503\): the model is overloaded"):
        ask(briefer, bridge)


def test_a_server_that_refuses_every_way_is_an_error(bridge: str) -> None:
    """It ends with the server's word, within the attempts allowed."""
    with (
        FakeModel(faults=_refusing("response_format", "tools", "messages")) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer,
        pytest.raises(RequestError, match="not supported here"),
    ):
        briefer.summarize(bridge)

    assert fake.calls <= 4


def test_nothing_is_logged_of_a_failed_call(bridge: str, caplog: pytest.LogCaptureFixture) -> None:
    """What the provider said, which may hold a key, is in the error, scrubbed, and in no log."""
    said = {
        "error": {"message": "Incorrect API key provided: sk-abcdef0123456789.", "code": "invalid_api_key"}
    }
    with (
        FakeModel(faults=[Fault(status=401, body=said)]) as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test") as briefer,
        pytest.raises(AuthenticationError, match="Incorrect API key") as caught,
    ):
        briefer.summarize(bridge)

    assert "" == caplog.text
    assert "0123456789" not in str(caught.value)


class Canned(Transport):
    """A transport that returns or raises what it is given, and notes the calls."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes, self.sent, self.closed = list(outcomes), [], []

    def send(self, send: Send) -> Any:
        """The next outcome."""
        self.sent.append(send)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        send.attempts.calls += 1
        send.attempts.text = "as written"
        return outcome

    async def asend(self, send: Send) -> Any:
        """As `send`."""
        return self.send(send)

    def close(self) -> None:
        """Note it."""
        self.closed.append("sync")

    async def aclose(self) -> None:
        """Note it."""
        self.closed.append("async")


def asked(transport: Canned, model: str = "openai/x", max_attempts: int = 4, **target: Any) -> Answer:
    """One ask over a transport."""
    client = Client(target_of(model, **target), timeout=10.0, max_attempts=max_attempts, transport=transport)
    flow = Trampoline(client.flow(asks.Ask("a", (), Briefing, Grounding(Source(text="a"))), Deadline()))
    for step in flow:
        with step:
            step.result = client.transport.send(step.command) if isinstance(step.command, Send) else None
    return flow.value


def test_a_transport_makes_the_calls() -> None:
    """The answer has what it returned and wrote."""
    answer = asked(Canned("value"))
    assert ("value", "as written", 1) == (answer.value, answer.text, answer.attempts)


@pytest.mark.parametrize(("max_attempts", "reasks"), [(1, 0), (2, 1), (3, 2), (4, 2)])
def test_two_re_asks_at_most(max_attempts: int, reasks: int) -> None:
    """And no more than attempts are left."""
    transport = Canned("value")
    asked(transport, max_attempts=max_attempts)
    assert [reasks] == [send.reasks for send in transport.sent]


def test_a_local_model_has_fifteen_times_as_long() -> None:
    """It answers after minutes, where a server answers within seconds."""
    local, remote = Canned("value"), Canned("value")
    asked(local, "local/x", base_url="http://127.0.0.1:9/v1")
    asked(remote)
    assert [150.0, 10.0] == [t.sent[0].attempts.timeout for t in (local, remote)]


def test_whatever_a_transport_raises_is_mapped() -> None:
    """The cause is kept, also below the wrapper of instructor's retries."""
    fault = KeyError("x")
    wrapper = type("InstructorRetryException", (Exception,), {})("again and again")
    wrapper.__cause__ = fault
    for raised in (fault, wrapper):
        with pytest.raises(AnswerError, match="KeyError") as caught:
            asked(Canned(raised))
        assert fault is caught.value.__cause__


async def test_a_client_closes_its_transport() -> None:
    """The connections of sync and of async calls."""
    transport = Canned()
    client = Client(target_of("openai/x"), timeout=1.0, max_attempts=1, transport=transport)
    client.transport.close()
    await client.transport.aclose()
    assert ["sync", "async"] == transport.closed


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("openai/x", {"temperature": 0.0}),
        ("openai/gpt-5", {}),
        ("groq/x", {}),
        ("anthropic/x", {"max_tokens": 4096}),
        ("local/x", {"temperature": 0.0, "max_tokens": 2048}),
    ],
)
def test_sampling_parameters(model: str, parameters: dict[str, Any]) -> None:
    """Answers are reproducible where the provider allows it; a local model has an output limit."""
    target = target_of(model, base_url="http://127.0.0.1:9/v1")
    adapter = adapter_of(target.provider)
    assert parameters == adapter.defaults(target) | adapter.sampling(target)
