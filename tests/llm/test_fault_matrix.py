"""Every fault that model servers have shown, sync and async, joint and staged: what it costs, and how it ends.

The faults come from a real server on the loopback interface. Retries do not wait here; how long they would have
waited is looked at instead.
"""

from __future__ import annotations

import gzip
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from fault_rows import ENDS_IN_ERRORS, FAULTS, GOOD_CALLS, MAX_ATTEMPTS, READ, TIMED_OUT, once
from patience import growing

from briefing import (
    AuthenticationError,
    Briefer,
    Briefing,
    OversizedError,
    ProviderError,
    ProviderTimeoutError,
    RateLimitError,
    RequestError,
    ServerError,
    TlsError,
    UnreachableError,
    WebPageError,
)
from briefing.llm import connections
from briefing.testing.fake_model import FakeModel, Fault, without_waiting

Ask = Callable[[Briefer, str], Briefing]
Serve = Callable[..., tuple[FakeModel, Briefer]]


@pytest.fixture(params=["joint", "staged"])
def plan(request: pytest.FixtureRequest) -> str:
    """Give both plans, one after the other."""
    name: str = request.param
    return name


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """Retry at once, and give the seconds that would have been waited."""
    with without_waiting() as seconds:
        yield seconds


@pytest.fixture
def start(waits: list[float]) -> Iterator[Serve]:
    """Give a function that starts a model with faults, and makes a briefer on it."""
    with ExitStack() as stack:

        def started(faults: Any, **options: Any) -> tuple[FakeModel, Briefer]:
            fake = stack.enter_context(FakeModel(faults=faults))
            address = getattr(fake, options.pop("at", "url"))
            briefer = Briefer(
                "openai/fake", base_url=address, api_key="test", max_attempts=MAX_ATTEMPTS, **options
            )
            stack.callback(briefer.close)
            return fake, briefer

        yield started


def test_every_known_fault_has_its_row() -> None:
    """A fault that is added to `known_faults` must be added here."""
    assert FAULTS.keys() == ENDS_IN_ERRORS.keys() | READ.keys()


#: Faults that take seconds: whoever waits or reads ten million characters does so below the plans, so one plan is enough.
SLOW = ("hang", "drip", "10 MB")


def with_plans(names: Iterable[str]) -> list[Any]:
    """Each fault with both plans, the slow ones with one."""
    return [
        (plan, name)
        for name in names
        for plan in ("joint", "staged")
        if (plan, name in SLOW) != ("staged", True)
    ]


HEALED = [name for name, row in ENDS_IN_ERRORS.items() if row.once is not None]


@pytest.mark.parametrize(("plan", "name"), with_plans(HEALED))
def test_a_fault_that_comes_once_is_healed(start: Serve, ask: Ask, plan: str, bridge: str, name: str) -> None:
    """One more call, which `meta` counts, and a briefing that verifies."""
    calls = GOOD_CALLS[plan] + 1
    for timeout in growing(0.4) if name in TIMED_OUT else [60.0]:
        fake, briefer = start(once(FAULTS[name]), plan=plan, timeout=timeout)
        with suppress(ProviderTimeoutError):  # on a busy machine, good answers may be late, too
            result = ask(briefer, bridge)
            if (calls, calls) == (fake.calls, result.meta.attempts):
                break
    assert (calls, calls) == (fake.calls, result.meta.attempts)
    assert [] == result.verify(bridge)


@pytest.mark.parametrize(("plan", "name"), with_plans(ENDS_IN_ERRORS))
def test_a_fault_that_stays_ends_as_its_error(
    start: Serve, ask: Ask, plan: str, bridge: str, name: str
) -> None:
    """The calls that make sense and no more, the error of its own kind, and all that is known in it."""
    row = ENDS_IN_ERRORS[name]
    calls = row.lasting[plan]
    for timeout in growing(0.15) if name in TIMED_OUT else [60.0]:
        fake, briefer = start(lambda request: FAULTS[name], plan=plan, timeout=timeout)
        with pytest.raises(ProviderError) as caught:
            ask(briefer, bridge)
        if fake.calls == calls:  # a server on a busy machine may not see a request before it is given up
            break
    error = caught.value
    assert row.error is type(error)
    assert (calls, calls) == (fake.calls, error.attempts)
    assert (row.said or "") in (error.provider_message or "")
    assert error.usage is not None
    assert row.tokens == (error.usage.input_tokens > 0)


@pytest.mark.parametrize("name", READ)
def test_an_answer_that_can_be_read_is_not_asked_for_again(
    start: Serve, ask: Ask, plan: str, bridge: str, name: str
) -> None:
    """Code fences, a wrong content type and duplicates cost no call; wrong ids one repair for each field that has them."""
    fake, briefer = start(lambda request: FAULTS[name], plan=plan)
    result = ask(briefer, bridge)
    calls = GOOD_CALLS[plan] + READ[name][plan]
    assert (calls, calls) == (fake.calls, result.meta.attempts)
    assert [] == result.verify(bridge)


@pytest.mark.parametrize("name", ["ids out of range", "NaN"])
def test_wrong_ids_are_repaired(start: Serve, ask: Ask, plan: str, bridge: str, name: str) -> None:
    """One ask for what was wrong, and what was right is kept."""
    fake, briefer = start(once(FAULTS[name]), plan=plan)
    result = ask(briefer, bridge)
    assert GOOD_CALLS[plan] + 1 == fake.calls
    assert any(warning.startswith("repaired: ") for warning in result.meta.warnings)
    assert [] != [s.evidence for s in result.summary.sentences]


def test_nobody_listens(start: Serve, ask: Ask, bridge: str) -> None:
    """A refused connection may pass: all attempts, and no request."""
    fake, briefer = start([], at="refused_url")
    with pytest.raises(UnreachableError, match="cannot reach") as caught:
        ask(briefer, bridge)
    assert (0, MAX_ATTEMPTS) == (fake.calls, caught.value.attempts)


def test_a_server_without_tls_is_not_tried_again(start: Serve, ask: Ask, bridge: str) -> None:
    """What is wrong with TLS does not pass by itself."""
    fake, briefer = start([], at="tls_url")
    with pytest.raises(TlsError, match="TLS handshake with") as caught:
        ask(briefer, bridge)
    assert (0, 1) == (fake.calls, caught.value.attempts)


@pytest.mark.parametrize(
    ("headers", "least"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"date": "Fri, 06 Nov 1970 08:00:00 GMT", "retry-after": "Fri, 06 Nov 1970 08:00:09 GMT"}, 9.0),
        ({"date": "Fri, 06 Nov 2970 08:00:00 GMT", "retry-after": "Fri, 06 Nov 2970 08:01:00 GMT"}, 60.0),
    ],
)
def test_the_server_says_how_long_to_wait(
    start: Serve, ask: Ask, waits: list[float], bridge: str, headers: dict[str, str], least: float
) -> None:
    """`Retry-After` is waited for, and a little more; a date is read by the server's own clock, however wrong."""
    _, briefer = start([Fault(status=429, headers=headers)])
    ask(briefer, bridge)
    [wait] = waits
    assert least <= wait <= least + 0.2


@pytest.mark.parametrize("date", ["Fri, 06 Nov 2970 08:00:00 GMT", "Fri, 06 Nov 1970 08:00:00 GMT"])
def test_a_date_that_no_clock_agrees_with_is_not_waited_for(
    start: Serve, ask: Ask, waits: list[float], bridge: str, date: str
) -> None:
    """Where clocks jump, a date may be centuries away, or past: we wait as if nothing had been said, or not at all."""
    fake, briefer = start([Fault(status=503, headers={"retry-after": date})])
    ask(briefer, bridge)
    assert (2, True) == (fake.calls, max(waits) <= 1.0)


def test_a_redirect_carries_neither_key_nor_article_elsewhere(start: Serve, ask: Ask, bridge: str) -> None:
    """The other server is never asked, and the error names it, so that it can be given if it is right."""
    with FakeModel() as other:
        fake, briefer = start([Fault(status=308, body="", headers={"location": f"{other.url}/chat"})])
        with pytest.raises(RequestError, match="redirects to") as caught:
            ask(briefer, bridge)
    assert (1, 0) == (fake.calls, other.calls)
    assert other.url in str(caught.value)


def test_a_deadline_shorter_than_what_the_server_asks_for(start: Serve, ask: Ask, bridge: str) -> None:
    """The rate limit is what is told, at once."""
    fake, briefer = start([FAULTS["429 Retry-After 300"]], deadline=200.0)
    with pytest.raises(RateLimitError) as caught:
        ask(briefer, bridge)
    assert (1, 300.0) == (fake.calls, caught.value.retry_after)


def test_a_deadline_longer_than_what_the_server_asks_for(
    start: Serve, ask: Ask, waits: list[float], bridge: str
) -> None:
    """Who gives a deadline says how long may be waited."""
    fake, briefer = start([FAULTS["429 Retry-After 300"]], deadline=1000.0)
    ask(briefer, bridge)
    assert (2, True) == (fake.calls, waits[0] >= 300.0)


def test_errors_after_answers_hold_what_all_have_cost(start: Serve, ask: Ask, bridge: str) -> None:
    """An answer that was paid for is in the bill of the error that comes after it."""
    fake, briefer = start([FAULTS["wrong shape"], FAULTS["500"], FAULTS["401"]])
    with pytest.raises(AuthenticationError) as caught:
        ask(briefer, bridge)
    assert (3, 3) == (fake.calls, caught.value.attempts)
    assert caught.value.usage is not None
    assert caught.value.usage.output_tokens > 0


@pytest.mark.parametrize(
    "fault",
    [FAULTS["401"], FAULTS["length"], FAULTS["refusal"], FAULTS["wrong shape"], FAULTS["429 quota"]],
    ids=["401", "length", "refusal", "wrong shape", "quota"],
)
def test_a_repair_that_fails_keeps_the_first_answer(
    start: Serve, ask: Ask, plan: str, bridge: str, fault: Fault
) -> None:
    """What was paid for and right is returned, with a warning of what became of the repair."""

    def script(request: dict[str, Any]) -> Fault | None:
        return fault if len(request["messages"]) > 2 else FAULTS["ids out of range"]

    fake, briefer = start(script, plan=plan)
    result = ask(briefer, bridge)
    assert any(warning.startswith("repair failed: ") for warning in result.meta.warnings)
    assert fake.calls == result.meta.attempts
    assert [] == result.verify(bridge)


PAGE = "<!-- a -->\n<!DOCTYPE html>\n<html><head><title>\n Log in &gt; Harbour\n</title></head></html>"


@pytest.mark.parametrize("headers", [{"content-type": "text/html"}, {}], ids=["as a page", "as JSON"])
def test_a_web_page_is_called_one(start: Serve, ask: Ask, bridge: str, headers: dict[str, str]) -> None:
    """Whatever it says that it is: the error has its title, and what is likely to be wrong."""
    fake, briefer = start(lambda request: Fault(body=PAGE, headers=headers))
    with pytest.raises(
        WebPageError, match=r"the server sent a web page .*'Log in > Harbour'\. base_url is probably wrong"
    ) as caught:
        ask(briefer, bridge)
    assert (2, 2) == (fake.calls, caught.value.attempts)


def test_a_piece_of_a_page_is_a_page(start: Serve, ask: Ask, bridge: str) -> None:
    """One that has no head, and so no title."""
    _, briefer = start(
        lambda request: Fault(body="<p>Down for maintenance</p>", headers={"content-type": "text/html"})
    )
    with pytest.raises(WebPageError, match=r"instead of JSON\. base_url") as caught:
        ask(briefer, bridge)
    assert "<p>Down for maintenance</p>" == caught.value.provider_message


def test_a_page_of_comments_is_read_in_its_length(start: Serve, ask: Ask, bridge: str) -> None:
    """No pattern looks at it twice."""
    fake, briefer = start(
        lambda request: Fault(body="<!-- -->" * 100_000, headers={"content-type": "text/html"})
    )
    with pytest.raises(ServerError, match="text instead of JSON"):
        ask(briefer, bridge)
    assert MAX_ATTEMPTS == fake.calls


BOMB = gzip.compress(b'{"choices": ["' + b"x" * 50_000_000 + b'"]}')


@pytest.mark.parametrize(
    "fault",
    [
        FAULTS["10 MB"],
        Fault(body=BOMB, headers={"content-encoding": "gzip"}),
        Fault(body=b"{" + b" " * 40_000_000),
    ],
    ids=["10 MB", "50 MB in 50 KB", "40 MB"],
)
def test_no_more_of_an_answer_is_read_than_the_bound(
    start: Serve, ask: Ask, bridge: str, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is compressed; what was read is thrown away, and so is the connection."""
    seen = 0

    def check(so_far: int, *limit: int) -> None:
        nonlocal seen
        seen = max(seen, so_far)
        checked(so_far, *limit)

    checked = connections._check_size
    monkeypatch.setattr(connections, "_check_size", check)
    fake, briefer = start(lambda request: fault)
    with pytest.raises(OversizedError, match="more than 4,000,000 bytes") as caught:
        ask(briefer, bridge)
    assert (2, 2) == (fake.calls, caught.value.attempts)
    assert connections.MAX_BYTES < seen <= connections.MAX_BYTES + 2**20
    assert str(caught.value) == str(pickle.loads(pickle.dumps(caught.value)))
