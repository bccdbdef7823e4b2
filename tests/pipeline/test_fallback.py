"""Tests of `fallback`: another model when one is down, refuses, has no quota or is rate-limited for too long."""

from __future__ import annotations

import asyncio
import pickle
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import BRIDGE, DAM, QUAY
from hypothesis import given
from hypothesis import strategies as st
from patience import growing

import briefing
from briefing import (
    AuthenticationError,
    Briefer,
    Briefing,
    BudgetError,
    ConfigurationError,
    DeadlineError,
    Journal,
    MissingExtraError,
    ModelFileError,
    ProviderError,
    ProviderTimeoutError,
    RefusalError,
    ServerError,
    errors,
)
from briefing.llm import Budget, Deadline
from briefing.pipeline import Tries
from briefing.testing.fake_model import FakeModel, Fault, known_faults, without_waiting

FIRST, SECOND, THIRD = "openai/gpt-4o", "openai/gpt-4o-mini", "openai/gpt-4.1-mini"
DOWN = Fault(status=503)
Faults = dict[str, Fault | Callable[[dict[str, Any]], Fault | None]]


def failing(faults: Faults) -> Callable[[dict[str, Any]], Fault | None]:
    """A script in which the models of these names fail."""

    def fault(request: dict[str, Any]) -> Fault | None:
        found = faults.get(f"openai/{request['model']}")
        return found(request) if callable(found) else found

    return fault


def models(fake: FakeModel) -> list[str]:
    """The models that were asked, in order."""
    return [f"openai/{request['model']}" for request in fake.requests]


@pytest.fixture(params=["sync", "async"])
def made(request: pytest.FixtureRequest) -> Any:
    """Give a function that makes a briefing of `BRIDGE` where some models fail, and returns it with the server."""
    stack = ExitStack()

    def make(
        faults: Faults, fallback: tuple[str, ...] = (SECOND,), **settings: Any
    ) -> tuple[Briefing, FakeModel]:
        fake = stack.enter_context(FakeModel(faults=failing(faults)))
        make.fake = fake  # type: ignore[attr-defined]
        settings = {"base_url": fake.url, "api_key": "test", "max_attempts": 2} | settings
        article = settings.pop("article", BRIDGE)
        with without_waiting():
            if request.param == "sync":
                return briefing.summarize(article, model=FIRST, fallback=fallback, **settings), fake
            running = briefing.asummarize(article, model=FIRST, fallback=fallback, **settings)
            return asyncio.run(running), fake

    with stack:
        yield make


@pytest.mark.parametrize(
    ("fault", "kind", "calls"),
    [
        ("503", "ServerError", 2),
        ("429 quota", "QuotaError", 1),
        ("429 Retry-After 300", "RateLimitError", 1),
        ("refusal", "RefusalError", 1),
        ("content filter", "FilteredError", 1),
        ("closed", "UnreachableError", 2),
        ("hang", "ProviderTimeoutError", 2),
        ("HTML with 200", "WebPageError", 2),
        ("invalid JSON", "AnswerError", 2),
        ("400 context length", "ContextWindowError", 1),
    ],
)
def test_the_second_model_answers_where_the_first_does_not(
    made: Any, fault: str, kind: str, calls: int
) -> None:
    """`meta` names the model that answered, and a warning says why the first has not."""
    for timeout in growing(0.3) if fault == "hang" else [60.0]:
        with suppress(ProviderTimeoutError):  # also of the second model
            result, fake = made({FIRST: known_faults()[fault]}, timeout=timeout)
            if calls + 1 == result.meta.attempts == len(models(fake)):
                break

    assert SECOND == result.meta.model
    assert [FIRST] * calls + [SECOND] == models(fake)
    assert calls + 1 == result.meta.attempts
    [warning] = [w for w in result.meta.warnings if w.startswith(f"made by {SECOND}: ")]
    assert f"{FIRST} failed: {kind}: " in warning


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("401", AuthenticationError), ("403", AuthenticationError), ("404 model", errors.RequestError)],
)
def test_what_is_to_be_mended_is_raised(made: Any, fault: str, kind: type[ProviderError]) -> None:
    """A wrong key or request would send a whole run to another model unnoticed."""
    with pytest.raises(kind) as caught:
        made({FIRST: known_faults()[fault]})
    assert [FIRST] == models(made.fake)
    assert () == caught.value.fallback_errors


def test_a_good_model_has_no_fallback(made: Any) -> None:
    """The first that answers is the last that is asked."""
    result, fake = made({SECOND: DOWN})
    assert (FIRST, [FIRST]) == (result.meta.model, models(fake))
    assert [] == result.meta.warnings


def test_tokens_and_cost_of_all_calls_are_summed(made: Any) -> None:
    """Each is priced by its model: a refusal of the dear one, and an answer of the cheap one."""
    refusal = Fault(refusal="I cannot help with that.")
    result, fake = made({FIRST: refusal})
    with FakeModel() as other, Briefer(SECOND, base_url=other.url, api_key="test") as briefer:
        cheap = briefer.summarize(BRIDGE).meta
    with (
        FakeModel(faults=[refusal]) as other,
        Briefer(FIRST, base_url=other.url, api_key="test") as briefer,
        pytest.raises(RefusalError) as caught,
    ):
        briefer.summarize(BRIDGE)

    assert caught.value.usage is not None
    assert caught.value.cost_usd
    assert caught.value.usage + cheap.usage == result.meta.usage
    assert pytest.approx(caught.value.cost_usd + cheap.cost_usd) == result.meta.cost_usd
    assert 2 == fake.calls == result.meta.attempts


def test_each_model_is_tried_in_turn(made: Any) -> None:
    """The warnings say why each of those before has not made it."""
    result, fake = made({FIRST: DOWN, SECOND: Fault(refusal="No.")}, (SECOND, THIRD))
    assert THIRD == result.meta.model
    assert [FIRST, FIRST, SECOND, THIRD] == models(fake)
    first, second = result.meta.warnings
    assert f"{FIRST} failed: ServerError" in first
    assert f"{SECOND} failed: RefusalError" in second


def test_the_error_of_the_first_carries_those_of_the_others(made: Any) -> None:
    """With the sums of all; it can be pickled."""
    with pytest.raises(ServerError) as caught:
        made(
            {FIRST: DOWN, SECOND: Fault(refusal="I cannot help."), THIRD: known_faults()["401"]},
            (SECOND, THIRD),
        )
    error = caught.value

    assert 503 == error.status
    assert [RefusalError, AuthenticationError] == [type(other) for other in error.fallback_errors]
    assert f"the fallback {SECOND} failed too: RefusalError: the model refused" in str(error)
    assert f"the fallback {THIRD} failed too: AuthenticationError" in str(error)
    assert (4, 4) == (error.attempts, len(models(made.fake)))
    assert error.usage == error.fallback_errors[0].usage != briefing.Usage()
    assert error.cost_usd == error.fallback_errors[0].cost_usd
    again = pickle.loads(pickle.dumps(error))
    assert (str(error), 2) == (str(again), len(again.fallback_errors))
    assert "test" not in str(error)


def test_nothing_is_tried_after_the_deadline(made: Any) -> None:
    """It is that of all models together."""
    for deadline in growing(0.3):
        with pytest.raises(DeadlineError) as caught:
            made({FIRST: Fault(hang=True)}, deadline=deadline)
        if models(made.fake):
            break
    assert [FIRST] == models(made.fake)
    assert () == caught.value.fallback_errors


def test_time_that_a_retry_does_not_have_is_left_for_the_fallback(made: Any) -> None:
    """A pause that would end after the deadline is no reason to wait for it."""
    result, fake = made({FIRST: Fault(status=429, headers={"retry-after": "60"})}, deadline=20.0)
    assert (SECOND, [FIRST, SECOND]) == (result.meta.model, models(fake))


def test_nothing_is_tried_after_the_budget(made: Any) -> None:
    """A limit is on all models together, and a fallback may not exceed it either."""
    with pytest.raises(BudgetError):
        made({}, max_tokens_total=10)
    assert [] == models(made.fake)
    refuse = Fault(content="x" * 4000, finish_reason="content_filter")
    with pytest.raises(errors.FilteredError) as caught:
        made({FIRST: refuse}, max_tokens_total=3000)
    assert [FIRST] == models(made.fake)
    assert [BudgetError] == [type(error) for error in caught.value.fallback_errors]


@pytest.mark.parametrize("plan", ["staged", "joint"])
def test_no_result_mixes_models(made: Any, plan: str) -> None:
    """A fallback starts the plan anew, whatever the first has answered."""

    def third_down(request: dict[str, Any]) -> Fault | None:
        asked.append(request)
        return DOWN if len(asked) > 2 else None

    asked: list[dict[str, Any]] = []
    result, fake = made({FIRST: third_down}, plan=plan)
    if plan == "joint":
        assert FIRST == result.meta.model
    else:
        assert SECOND == result.meta.model
        assert 4 == models(fake).count(SECOND)
        assert [SECOND] * 4 == models(fake)[-4:]


def test_a_local_fallback_has_its_own_plan_and_style() -> None:
    """As a briefing that it alone has made."""
    with FakeModel(faults=failing({FIRST: DOWN})) as fake:
        briefer = Briefer(FIRST, base_url=fake.url, api_key="test", fallback=["local"], max_attempts=1)
        [local] = briefer._fallbacks
        assert (None, None) == (local._asked.base_url, local._asked.api_key)
        job = local._own(briefer._job(BRIDGE, Briefing, "briefing", None, {}))
    assert ("staged", True) == (job.plan, job.form.extractive)


def test_a_judge_judges_what_the_fallback_wrote(made: Any) -> None:
    """`same` is the model that wrote."""
    result, fake = made({FIRST: DOWN}, judge="same", style="written")
    assert [FIRST, FIRST, SECOND, SECOND] == models(fake)
    assert SECOND == result.meta.model


def test_the_journal_has_the_result_under_the_model_that_made_it(made: Any, tmp_path: Path) -> None:
    """The first is tried again the next time; while it is down, the result is not paid for again."""
    journal = tmp_path / "run.db"
    result, _ = made({FIRST: DOWN}, journal=journal)
    own = Briefer(SECOND).fingerprint(BRIDGE)
    assert own == result.meta.fingerprint != Briefer(FIRST).fingerprint(BRIDGE)
    with Journal(journal) as recorded:
        first, second = recorded.entries()
        assert (("failed", FIRST, 2), ("done", SECOND, 1)) == (
            (first.status, first.model, first.attempts),
            (second.status, second.model, second.attempts),
        )
        assert 3 == recorded.totals().attempts == result.meta.attempts

    again, fake = made({FIRST: DOWN}, journal=journal)
    assert (result, [FIRST, FIRST]) == (again, models(fake))
    better, fake = made({}, journal=journal)
    assert (FIRST, [FIRST]) == (better.meta.model, models(fake))
    kept, fake = made({}, journal=journal)
    assert (better, []) == (kept, models(fake))


def test_many_articles_have_a_fallback_each() -> None:
    """Also those after an empty account has been found, which are not asked of the first at all."""
    articles = [BRIDGE, QUAY, DAM, f"{BRIDGE} It rained."]
    quota = known_faults()["429 quota"]
    with (
        FakeModel(faults=failing({FIRST: quota})) as fake,
        Briefer(FIRST, base_url=fake.url, api_key="test", fallback=[SECOND]) as briefer,
    ):
        results = list(briefer.summarize_many(articles, max_concurrency=1))

    assert [SECOND] * 4 == [result.meta.model for result in results if isinstance(result, Briefing)]
    assert (1, 4) == (models(fake).count(FIRST), models(fake).count(SECOND))


def test_many_articles_of_which_some_are_refused(made: Any) -> None:
    """Each result is that of one model; an article that nobody briefs has the error of the first."""

    def refused(request: dict[str, Any]) -> Fault | None:
        return Fault(refusal="No.") if "Tern bridge" in str(request["messages"]) else None

    with (
        FakeModel(
            faults=failing({FIRST: refused, SECOND: lambda r: DOWN if "Moon" in str(r) else None})
        ) as fake,
        Briefer(FIRST, base_url=fake.url, api_key="test", fallback=[SECOND], max_attempts=1) as briefer,
    ):
        first, second, third = briefer.summarize_many([BRIDGE, QUAY, f"{BRIDGE} The Moon rose."])

    assert isinstance(first, Briefing)
    assert isinstance(second, Briefing)
    assert (SECOND, FIRST) == (first.meta.model, second.meta.model)
    assert isinstance(third, RefusalError)
    assert (2, [ServerError]) == (third.index, [type(error) for error in third.fallback_errors])


def test_another_provider_has_its_own_address_key_and_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets and addresses of the first are not sent to it; the same provider has them all."""
    options: Any = {
        "temperature": 0.5,
        "seed": 7,
        "max_output_tokens": 900,
        "extra_headers": {"x-team": "se" + "cret"},
    }
    briefer = Briefer(
        "openai/a",
        base_url="http://127.0.0.1:9/v1",
        api_key="of-the-first",
        options=options,
        fallback=["openai/b", "anthropic/c", "ollama/d"],
    )
    same, other, ollama = (fallback._asked for fallback in briefer._fallbacks)

    assert ("http://127.0.0.1:9/v1", "of-the-first", options) == (same.base_url, same.api_key, same.options)
    assert (None, None) == (other.base_url, other.api_key)
    assert {"temperature": 0.5, "max_output_tokens": 900} == other.options
    assert {"temperature": 0.5, "seed": 7, "max_output_tokens": 900} == ollama.options


@pytest.mark.parametrize(
    ("fallback", "reason"),
    [
        ("openai/b", "must be a list of names"),
        ([7], "must be a list of names"),
        ([""], "must be a list of names"),
        (["no-slash"], "unknown model"),
        (["openai/a"], "is tried already"),
        (["openai/b", "openai/b"], "is tried already"),
        (None, "must be a list of names"),
    ],
)
def test_what_is_no_list_of_other_models_is_refused(fallback: Any, reason: str) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigurationError, match=reason):
        Briefer("openai/a", api_key="test", fallback=fallback)


def test_a_limit_on_dollars_needs_the_price_of_each() -> None:
    """As of the judge."""
    with pytest.raises(ConfigurationError, match="the price of openai/my-own is not known"):
        Briefer(FIRST, api_key="test", fallback=["openai/my-own"], max_cost_usd=1.0)


def test_the_fallbacks_are_shown_copied_and_closed() -> None:
    """`repr` names them; a pickled briefer has them."""
    with FakeModel(faults=failing({FIRST: DOWN})) as fake:
        briefer = Briefer(FIRST, base_url=fake.url, api_key="test", fallback=[SECOND], max_attempts=1)
        assert f"fallback=['{SECOND}']" in repr(briefer)
        with pickle.loads(pickle.dumps(briefer)) as copied:
            assert SECOND == copied.summarize(BRIDGE).meta.model


def test_a_fallback_without_a_key_is_told(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of the first names it; a model after it is tried all the same."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    with pytest.raises(ServerError, match="the fallback groq/x failed too: MissingKeyError"):
        made({FIRST: DOWN}, ("groq/x",))
    result, _ = made({FIRST: DOWN}, ("groq/x", SECOND))
    assert SECOND == result.meta.model


def test_batches_have_no_fallback(tmp_path: Path) -> None:
    """A clear error says so."""
    from briefing.batch import submit

    with pytest.raises(ConfigurationError, match="fallback cannot be used in batches"):
        submit([BRIDGE], journal=tmp_path / "run.db", model="openai/gpt-4o-mini", fallback=[SECOND])  # type: ignore[call-arg]


def test_weights_that_cannot_be_had_are_a_model_that_is_down() -> None:
    """A local model may have a fallback, too; a missing package is to be mended."""
    tries = Tries(["local", SECOND], Budget(), Deadline())
    with tries.next():
        raise ModelFileError("they cannot be downloaded")
    assert 1 == len(tries.failed)
    with pytest.raises(MissingExtraError) as caught, Tries(["local", SECOND], Budget(), Deadline()).next():
        raise MissingExtraError("The local model", "local")
    assert () == caught.value.fallback_errors


def test_errors_of_a_run_hold_no_requests() -> None:
    """Neither of the first model nor of the fallback: a caller may collect them."""
    with (
        FakeModel(faults=lambda _request: DOWN) as fake,
        Briefer(FIRST, base_url=fake.url, api_key="test", fallback=[SECOND], max_attempts=1) as briefer,
    ):
        [error] = briefer.summarize_many([BRIDGE])

    assert isinstance(error, ServerError)
    assert 1 == len(error.fallback_errors)
    for one in (error, *error.fallback_errors):
        assert [] == [frame.f_locals for frame, _ in traceback.walk_tb(one.__traceback__) if frame.f_locals]


KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ProviderError) and kind is not ProviderError
]


@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), st.booleans())
def test_tries_end_with_a_result_or_the_first_error(kinds: list[type[ProviderError]], over: bool) -> None:
    """Whatever fails: at most one try a model, none after a budget or a deadline, and never silence."""
    tries = Tries([f"openai/{n}" for n in range(len(kinds))], Budget(), Deadline.after(0 if over else None))

    def fail_each() -> None:
        for kind in kinds:
            with tries.next():
                raise kind("it failed", attempts=1)

    with pytest.raises(ProviderError) as caught:
        fail_each()
    tried = len(tries.failed)

    assert isinstance(caught.value, kinds[0])
    assert tried - 1 == len(caught.value.fallback_errors)
    assert tried == caught.value.attempts
    if over:
        assert 1 == tried
    assert BudgetError not in kinds[: tried - 1]
