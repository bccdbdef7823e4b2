"""The fault matrix over the protocols of all providers: calls, kind of error, usage, cost, retries, secrets.

The default suite runs a sample of it; `pytest -m providers` the whole.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import BRIDGE
from fault_rows import ENDS_IN_ERRORS, FAULTS, GOOD_CALLS, MAX_ATTEMPTS, READ, once
from provider_cases import KEY, SPOKEN, Spoken, Stand

from briefing import Briefer, BudgetError, DeadlineError, ProviderError, TlsError, UnreachableError
from briefing.testing.fake_model import Fault, without_waiting

#: Faults that take seconds, or whose good answers might, and how long an answer may take then.
SLOW = {"hang": 0.3, "drip": 0.3, "10 MB": 60.0}
#: In the default suite.
SAMPLE = (
    "429 quota",
    "529",
    "length",
    "refusal",
    "content filter",
    "invalid JSON",
    "400 context length",
    "NaN",
)


def cells(spoken: Spoken) -> Iterator[Any]:
    """Each fault with both plans, sync and async; the slow ones with one plan."""
    for number, name in enumerate(FAULTS):
        for plan in ("joint", "staged"):
            for is_async in (False, True):
                if name in SLOW and plan == "staged":
                    continue
                sampled = name in SAMPLE and (plan == "joint", is_async) == (True, number % 2 == 0)
                marks = () if sampled and spoken.default else (pytest.mark.providers,)
                way = "async" if is_async else "sync"
                yield pytest.param(
                    spoken, name, plan, is_async, marks=marks, id=f"{spoken.protocol}-{name}-{plan}-{way}"
                )


def all_cells() -> list[Any]:
    return [cell for spoken in SPOKEN for cell in cells(spoken)]


@pytest.fixture(scope="module")
def stands() -> Iterator[dict[str, Stand]]:
    """Give the servers that were needed so far; all are closed at the end."""
    started: dict[str, Stand] = {}
    yield started
    for stand in started.values():
        stand.__exit__()


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """Retry at once, and give the seconds that would have been waited."""
    with without_waiting() as seconds:
        yield seconds


def stand_of(stands: dict[str, Stand], spoken: Spoken) -> Stand:
    if spoken.protocol not in stands:
        stands[spoken.protocol] = Stand(spoken).__enter__()
    stand = stands[spoken.protocol]
    stand.calls()
    return stand


@pytest.mark.parametrize(("spoken", "name", "plan", "is_async"), all_cells())
def test_a_fault_ends_the_same_way_by_every_protocol(
    stands: dict[str, Stand],
    waits: list[float],
    caplog: pytest.LogCaptureFixture,
    spoken: Spoken,
    name: str,
    plan: str,
    *,
    is_async: bool,
) -> None:
    """Once, it is healed by one more call; if it stays, it ends as its error, with all that is known, and no secret."""
    # The staged plan logs the same four times.
    caplog.set_level("DEBUG" if plan == "joint" else "WARNING")
    stand = stand_of(stands, spoken)
    timeout = SLOW.get(name, 60.0)
    briefer = stand.briefer(plan=plan, max_attempts=MAX_ATTEMPTS, timeout=timeout)
    row = spoken.rows.get(name) or ENDS_IN_ERRORS.get(name)

    stand.script = lambda _request: FAULTS[name]
    if row is None:
        result = stand.ask(briefer, BRIDGE, is_async=is_async)
        assert GOOD_CALLS[plan] + READ[name][plan] == stand.calls() == result.meta.attempts
        assert [] == result.verify(BRIDGE)
    else:
        with pytest.raises(ProviderError) as caught:
            stand.ask(briefer, BRIDGE, is_async=is_async)
        error, calls = caught.value, stand.calls()
        assert (row.error, row.lasting[plan]) == (type(error), error.attempts)
        # A busy server may not see a request before it is given up.
        assert calls <= error.attempts if timeout < 1 else calls == error.attempts
        assert row.tokens == bool(error.usage and error.usage.input_tokens)
        assert row.tokens == bool(error.cost_usd)
        assert (row.said or "") in (error.provider_message or "")
        told = "".join(traceback.format_exception(error)) + repr(pickle.loads(pickle.dumps(error)))
        assert KEY not in told
    if row is not None and row.once is not None and timeout > 1:
        stand.script = once(FAULTS[name], spoken.protocol)
        result = stand.ask(briefer, BRIDGE, is_async=is_async)
        assert GOOD_CALLS[plan] + row.once == stand.calls() == result.meta.attempts
        assert [] == result.verify(BRIDGE)
        assert result.meta.cost_usd
    assert KEY not in caplog.text


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    "spoken",
    [pytest.param(s, id=s.protocol, marks=() if s.default else pytest.mark.providers) for s in SPOKEN],
)
def test_limits_hold_by_every_protocol(stands: dict[str, Stand], spoken: Spoken, *, is_async: bool) -> None:
    """A budget for tokens stops the second call, one for dollars is kept, and a deadline cuts an answer off."""
    stand = stand_of(stands, spoken)
    stand.script = lambda _request: None
    limited = stand.briefer(plan="staged", max_tokens_total=1500)
    with pytest.raises(BudgetError):
        stand.ask(limited, BRIDGE, is_async=is_async)
    assert 1 <= stand.calls() < 4
    paid = stand.ask(stand.briefer(max_cost_usd=0.5), BRIDGE, is_async=is_async)
    assert (1, True) == (stand.calls(), 0 < paid.meta.cost_usd < 0.5)

    stand.script = lambda _request: Fault(hang=True)
    with pytest.raises(DeadlineError):
        stand.ask(stand.briefer(deadline=0.3), BRIDGE, is_async=is_async)
    assert 1 >= stand.calls()


@pytest.mark.parametrize(
    "spoken",
    [pytest.param(s, id=s.protocol, marks=() if s.default else pytest.mark.providers) for s in SPOKEN],
)
def test_many_articles_and_cached_tokens_by_every_protocol(stands: dict[str, Stand], spoken: Spoken) -> None:
    """As many results as articles; what the server read from its cache is counted and cheaper."""
    stand = stand_of(stands, spoken)
    stand.script = lambda _request: None
    texts = [f"{BRIDGE} It was closed {number} times before." for number in range(3)]
    full = list(stand.briefer().summarize_many(texts))
    assert [[], [], []] == [result.verify(text) for result, text in zip(full, texts, strict=True)]

    stand.script = lambda _request: Fault(cached_tokens=100)
    cached = stand.ask(stand.briefer(), texts[0], is_async=False).meta
    assert 100 == cached.usage.cached_tokens
    assert full[0].meta.usage.input_tokens == cached.usage.input_tokens
    assert spoken.cheaper == (cached.cost_usd < full[0].meta.cost_usd)


@pytest.mark.parametrize(
    "spoken",
    [pytest.param(s, id=s.protocol, marks=() if s.default else pytest.mark.providers) for s in SPOKEN],
)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    ("address", "error", "attempts"),
    [("refused_url", UnreachableError, MAX_ATTEMPTS), ("tls_url", TlsError, 1)],
    ids=["refused", "no TLS"],
)
def test_a_connection_that_fails_by_every_protocol(
    stands: dict[str, Stand],
    waits: list[float],
    spoken: Spoken,
    address: str,
    error: type[ProviderError],
    attempts: int,
    *,
    is_async: bool,
) -> None:
    """A refused connection may pass, a failed handshake does not."""
    stand = stand_of(stands, spoken)
    with Briefer(spoken.model, base_url=getattr(stand.fake, address), api_key=KEY) as briefer:
        with pytest.raises(error) as caught:
            stand.ask(briefer, BRIDGE, is_async=is_async)
        stand.run(briefer.aclose())
    assert (0, attempts) == (stand.calls(), caught.value.attempts)
