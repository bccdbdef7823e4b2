"""A second look at what the model wrote: by the same model, another one, or an object."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from briefing import (
    Briefer,
    Briefing,
    Cited,
    Claim,
    ConfigurationError,
    DeadlineError,
    Judge,
    Source,
    Statement,
    Verdict,
)
from briefing.batch.replay import Replayer
from briefing.errors import UnknownModelError
from briefing.grounding import Grounding
from briefing.llm import Answer, Deadline
from briefing.pipeline.drivers import RunState, _aperform, _perform
from briefing.pipeline.judging import JudgeAsk, Judgements, Judging, findings_of
from briefing.testing import FakeModel, Fault, without_waiting

YES = Verdict("supported")
HEADLINE = "Harwick closes the Tern bridge"
CLOSED = "The council of Harwick closed the Tern bridge on Monday."
COST = "Repairs will cost 4.2 million crowns."

Answers = Callable[[Sequence[Claim]], Any]


class Scripted:
    """A judge that does what a function does, and remembers its claims."""

    def __init__(self, answers: Answers) -> None:
        self.answers, self.claims = answers, list[Claim]()

    def judge(self, claims: Sequence[Claim]) -> Any:
        """Judge by the function."""
        self.claims += claims
        return self.answers(claims)


class AsyncScripted(Scripted):
    """The same, for async code only."""

    judge = None  # type: ignore[assignment]

    async def ajudge(self, claims: Sequence[Claim]) -> Any:
        """Judge by the function."""
        return Scripted.judge(self, claims)


class Agrees:
    """A judge at the top of a module, which can be pickled."""

    name = "agrees"

    def judge(self, claims: Sequence[Claim]) -> list[Verdict]:
        """Say yes."""
        return [YES] * len(claims)


def verdicts(*labels: str, words: Sequence[str] = ()) -> Fault:
    """What a model answers as a judge."""
    return Fault(content=json.dumps({"verdicts": [{"label": n, "words": list(words)} for n in labels]}))


def wrong(words: str | Sequence[str] = "Monday", label: Any = "unsupported", score: Any = None) -> Answers:
    """Reject the claim about Monday, and nothing else."""
    verdict = Verdict(label, words, score)
    return lambda claims: [verdict if "Monday" in claim.text else YES for claim in claims]


def awaited(briefer: Briefer, text: str) -> Briefing:
    """The briefing that async code gets."""

    async def run() -> Briefing:
        async with briefer:
            return await briefer.asummarize(text)

    return asyncio.run(run())


REFUSED = Fault(status=400)


@pytest.fixture
def answered(good: dict[str, Any]) -> Fault:
    """The good answer about the bridge."""
    return Fault(content=json.dumps(good))


def test_an_object_judges_statements_and_headline(
    serve: Any, answered: Fault, bridge: str, caplog: Any
) -> None:
    """It gets each text with its sentences, the headline with all; a yes changes nothing and takes no call."""
    judge = Scripted(lambda claims: [YES] * len(claims))
    steps: list[str] = []
    fake, briefer = serve([answered], judge=judge, on_progress=steps.append)
    with caplog.at_level(logging.INFO, "briefing"):
        result = briefer.summarize(bridge)

    assert ["joint", "judge"] == steps
    assert "ask ended: label=judge judge=test_judge.Scripted" in caplog.text
    assert [HEADLINE, CLOSED, COST] == [claim.text for claim in judge.claims]
    assert [5, 1, 1] == [len(claim.evidence) for claim in judge.claims]
    assert bridge[: len(CLOSED)] == judge.claims[1].evidence[0].text
    assert (1, []) == (fake.calls, result.meta.warnings)
    assert {"supported"} == {statement.support for statement in result.summary.sentences}


@pytest.mark.parametrize("label", ["unsupported", "contradicted"])
def test_what_a_judge_rejects_is_an_error(serve: Any, answered: Fault, bridge: str, label: Any) -> None:
    """It is asked for again once; where that fails, the words are marked, with the judge's name and score."""
    fake, briefer = serve([answered, REFUSED], judge=Scripted(wrong(label=label, score=0.125)))
    result = briefer.summarize(bridge)
    statement = result.summary.sentences[0]
    [finding] = statement.findings

    assert ("unsupported", ["Monday"]) == (statement.support, statement.missing)
    assert ("judge", "error", "Monday") == (
        finding.kind,
        finding.severity,
        statement.text[finding.start : finding.end],
    )
    assert "test_judge.Scripted" in finding.message
    assert "(score 0.125)" in finding.message
    assert finding.message in fake.requests[1]["messages"][-1]["content"]
    assert f"not backed: {finding.message}" in result.meta.warnings
    assert "supported" == result.summary.sentences[1].support
    assert [] == result.verify(bridge)


def test_the_repair_takes_the_place_of_what_is_rejected(serve: Any, answered: Fault, bridge: str) -> None:
    """And is not judged again, which a warning says."""
    repaired = {"summary": [{"text": "The council of Harwick closed the Tern bridge.", "evidence": [1]}]}
    judge = Scripted(wrong())
    fake, briefer = serve([answered, Fault(content=json.dumps(repaired))], judge=judge)
    result = briefer.summarize(bridge)

    assert ["The council of Harwick closed the Tern bridge.", COST] == [
        statement.text for statement in result.summary.sentences
    ]
    assert {"supported"} == {statement.support for statement in result.summary.sentences}
    assert (2, 3) == (fake.calls, len(judge.claims))
    assert "what was repaired was not judged again" in result.meta.warnings
    assert any(warning.startswith("repaired: the judge") for warning in result.meta.warnings)


def test_a_judge_adds_to_what_is_found_without_it(serve: Any, good: dict[str, Any], bridge: str) -> None:
    """One repair ask has both reasons, once for the statement."""
    good["summary"][0]["text"] = "The council of Harwick closed 900 bridges on Monday."
    fake, briefer = serve([Fault(content=json.dumps(good)), REFUSED], judge=Scripted(wrong("bridges")))
    result = briefer.summarize(bridge)
    asked = fake.requests[1]["messages"][-1]["content"]

    assert 1 == asked.count("- summary:")
    assert "900" in asked
    assert "the article does not say 'bridges'" in asked
    assert ["900", "bridges"] == result.summary.sentences[0].missing
    assert ["number", "judge"] == [finding.kind for finding in result.summary.sentences[0].findings]


def test_a_rejected_headline_is_unsupported(serve: Any, answered: Fault, bridge: str) -> None:
    """With its words; without words it is the whole headline."""
    answers: Answers = lambda claims: [Verdict("contradicted"), *[YES] * (len(claims) - 1)]  # noqa: E731
    _, briefer = serve([answered, REFUSED], judge=Scripted(answers))
    result = briefer.summarize(bridge)

    assert ("unsupported", [HEADLINE]) == (result.headline_support, result.headline_missing)
    assert (0, len(HEADLINE)) == (result.headline_findings[0].start, result.headline_findings[0].end)


def test_rejected_statements_are_replaced_where_that_is_asked_for(
    serve: Any, answered: Fault, bridge: str
) -> None:
    """`on_unsupported` treats them like any other error."""
    _, briefer = serve([answered, REFUSED], judge=Scripted(wrong()))
    result = briefer.summarize(bridge, on_unsupported="replace")

    assert ["extracted", "written"] == [statement.kind for statement in result.summary.sentences]


def raising(_claims: Sequence[Claim]) -> Any:
    raise RuntimeError("out of memory")


def silent(_claims: Sequence[Claim]) -> Any:
    threading.Event().wait(60)


FAILURES: dict[str, tuple[Answers, str]] = {
    "raising": (raising, "RuntimeError: out of memory"),
    "late": (silent, "no verdicts within 0.1 s"),
    "nothing": (lambda _claims: None, "it gave NoneType, not a list of verdicts"),
    "too few": (lambda _claims: [YES], "it gave 1 verdicts on 3 statements"),
    "label": (wrong(label="perhaps"), "unknown label 'perhaps'"),
    "kind": (lambda claims: [True] * len(claims), "it gave bool, not a Verdict"),
    "words": (wrong([7]), "words or score of a verdict are not valid"),  # type: ignore[list-item]
    "score": (wrong(score="high"), "words or score of a verdict are not valid"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_judge_that_fails_loses_nothing(serve: Any, answered: Fault, bridge: str, failure: str) -> None:
    """The briefing is as without a judge, in sync and async code; a warning says that it did not judge, and why."""
    answers, reason = FAILURES[failure]
    _, briefer = serve([answered, answered], judge=Scripted(answers))
    if failure == "late":  # `timeout` is for the model's answers as well
        briefer._judging = replace(briefer._judging, timeout=0.1)
    for result in (briefer.summarize(bridge), awaited(briefer, bridge)):
        [warning] = result.meta.warnings

        assert warning.startswith("the judge test_judge.Scripted did not judge: ")
        assert reason in warning
        assert [[], []] == [statement.findings for statement in result.summary.sentences]


def test_words_that_the_claim_lacks_mean_all_of_it(serve: Any, answered: Fault, bridge: str) -> None:
    """A finding always has words of the statement."""
    _, briefer = serve([answered, REFUSED], judge=Scripted(wrong(["on Tuesday", "", "Harwick"])))
    findings = briefer.summarize(bridge).summary.sentences[0].findings

    assert [CLOSED, "Harwick"] == [finding.text for finding in findings]


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_a_deadline_holds_for_a_judge(seconds: float) -> None:
    """One that is late for it is left behind, or not asked, in sync and async code."""
    judging = Judging.of(Scripted(silent), 60.0)
    assert judging is not None
    grounding = Grounding(Source(text="A."))
    ask = JudgeAsk("judge", (), Judgements, grounding, claims=(Claim("A", ()),), judging=judging)
    client: Any = None  # of the model, which is not asked
    with pytest.raises(DeadlineError):
        _perform(ask, client, Deadline.after(seconds), RunState())
    with pytest.raises(DeadlineError):
        asyncio.run(_aperform(ask, client, Deadline.after(seconds), RunState()))


def test_the_same_model_judges(serve: Any, answered: Fault, bridge: str, caplog: Any) -> None:
    """In one more ask with the article and all statements; it counts into calls and usage, and has a label of its own."""
    steps: list[str] = []
    fake, briefer = serve([answered], judge="same", on_progress=steps.append)
    with caplog.at_level(logging.INFO, "briefing"):
        result = briefer.summarize(bridge)
    _, plain = serve([answered])
    alone = plain.summarize(bridge)
    asked = fake.requests[1]["messages"][-1]["content"]

    assert (2, 2, []) == (fake.calls, result.meta.attempts, result.meta.warnings)
    assert ["joint", "judge"] == steps
    assert result.meta.usage.input_tokens > alone.meta.usage.input_tokens
    assert "[1] The council" in asked
    assert f"1. {HEADLINE}\n2. {CLOSED}\n3. {COST}" in asked
    assert "label=judge" in caplog.text


def test_verdicts_of_a_model_are_findings(serve: Any, answered: Fault, bridge: str) -> None:
    """Its words are located in the statement, and the repair follows the first answer."""
    judged = verdicts("supported", "supported", "contradicted", words=["4.2 million"])
    fake, briefer = serve([answered, judged, REFUSED], judge="same")
    statement = briefer.summarize(bridge).summary.sentences[1]

    assert (["4.2 million"], "judge") == (statement.missing, statement.findings[0].kind)
    assert "the judge openai/fake: the article says otherwise than" in statement.findings[0].message
    assert answered.content == fake.requests[2]["messages"][-2]["content"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(status=500), "500"),
        (Fault(content="I cannot say."), ""),
        (verdicts("supported"), "it gave 1 verdicts on 3 statements"),
        (verdicts("perhaps", "perhaps", "perhaps"), ""),
    ],
    ids=["error", "no JSON", "too few", "label"],
)
def test_a_model_that_fails_as_a_judge_loses_nothing(
    serve: Any, answered: Fault, bridge: str, fault: Fault, reason: str
) -> None:
    """After the usual attempts there is a warning, and the briefing as it was."""
    _, briefer = serve([answered, *[fault] * 9], judge="same")
    with without_waiting():
        result = briefer.summarize(bridge)

    assert result.meta.warnings[0].startswith("the judge openai/fake did not judge: ")
    assert reason in result.meta.warnings[0]
    assert [HEADLINE, CLOSED] == [result.headline, result.summary.sentences[0].text]


def test_a_judge_keeps_to_the_budget(serve: Any, answered: Fault, bridge: str) -> None:
    """A judge that could exceed it is not asked, and a warning says so; one that fits is counted."""
    long = Fault(content=f"{answered.content}{' ' * 4000}")
    fake, briefer = serve([long], judge="same", max_tokens_total=2500)
    enough, other = serve([answered], judge="same", max_tokens_total=2500)
    result = briefer.summarize(bridge)

    assert "did not judge: the budget was reached" in result.meta.warnings[0]
    assert [] == other.summarize(bridge).meta.warnings
    assert (1, 2) == (fake.calls, enough.calls)


def test_another_model_judges(
    serve: Any, answered: Fault, bridge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its own server, with the key of its environment variable; cost and calls are the article's."""
    with FakeModel() as other:
        monkeypatch.setenv("OPENAI_BASE_URL", other.url)
        monkeypatch.setenv("OPENAI_API_KEY", "of-the-judge")
        fake, briefer = serve([answered, answered], model="openai/gpt-5-mini", judge="openai/gpt-4o-mini")
        result = briefer.summarize(bridge)
        later = awaited(briefer, bridge)
        _, plain = serve([answered], model="openai/gpt-5-mini")
        alone = plain.summarize(bridge)

    assert (2, 2) == (fake.calls, other.calls)
    assert ["gpt-4o-mini"] * 2 == [request["model"] for request in other.requests]
    assert ([], []) == (result.meta.warnings, later.meta.warnings)
    assert result.meta.cost_usd > alone.meta.cost_usd > 0
    assert (2, "openai/gpt-5-mini") == (result.meta.attempts, result.meta.model)


def test_a_judge_without_a_key_loses_nothing(
    serve: Any, answered: Fault, bridge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the judge lacks is a warning."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    _, briefer = serve([answered], judge="openai/gpt-4o-mini")
    [warning] = briefer.summarize(bridge).meta.warnings

    assert "the judge openai/gpt-4o-mini did not judge: MissingKeyError: " in warning


def test_a_local_judge_that_cannot_start_loses_nothing(serve: Any, answered: Fault, bridge: str) -> None:
    """One article or many: the reason is in a warning."""
    _, briefer = serve([answered, answered], judge="local:no-such-file.gguf")
    [many] = briefer.summarize_many([bridge])
    for result in (briefer.summarize(bridge), many):
        [warning] = result.meta.warnings

        assert warning.startswith("the judge local:no-such-file.gguf did not judge: ")


def test_a_small_local_model_as_its_own_judge_warns(fake: FakeModel, bridge: str, caplog: Any) -> None:
    """In the result and in the log, where it writes; where it does not, there is nothing to judge and no call."""
    with Briefer("local", base_url=fake.url, judge="same") as briefer:
        written = briefer.summarize(bridge, style="written")
        assert "small local model" in caplog.text
        written_calls = fake.calls
        extracted = briefer.summarize(bridge)
        extracted_calls = fake.calls - written_calls

    assert ["the judge local/qwen2.5-coder-1.5b is a small local model"] == [
        warning.partition(",")[0] for warning in written.meta.warnings
    ]
    assert [] == extracted.meta.warnings
    assert (written.meta.attempts, extracted.meta.attempts) == (written_calls, extracted_calls)
    assert (5, 2) == (written_calls, extracted_calls)


def test_nothing_is_judged_in_the_extractive_style(serve: Any, bridge: str) -> None:
    """Sentences of the article are not claims; the fingerprint is the same as without a judge."""
    judge = Scripted(raising)
    _, briefer = serve(judge=judge)
    _, plain = serve()
    result = briefer.summarize(bridge, style="extractive")

    assert ([], []) == (judge.claims, result.meta.warnings)
    assert result.meta.fingerprint == plain.fingerprint(bridge, style="extractive")


def test_an_async_judge_is_awaited(serve: Any, answered: Fault, bridge: str) -> None:
    """In the event loop of async code and of `summarize_many`; `summarize` says that it cannot."""
    judge = AsyncScripted(wrong())
    _, briefer = serve([answered, REFUSED, answered, REFUSED], judge=judge)
    result = awaited(briefer, bridge)
    [many] = briefer.summarize_many([bridge])

    assert ["Monday"] == result.summary.sentences[0].missing == many.summary.sentences[0].missing
    with pytest.raises(ConfigurationError, match=r"only ajudge.*asummarize"):
        briefer.summarize(bridge)


def test_a_sync_judge_does_not_block_the_event_loop(serve: Any, answered: Fault, bridge: str) -> None:
    """It runs in a thread of its own."""
    threads: list[threading.Thread] = []

    def judged(claims: Sequence[Claim]) -> list[Verdict]:
        threads.append(threading.current_thread())
        return [YES] * len(claims)

    async def run() -> threading.Thread:
        async with briefer:
            await briefer.asummarize(bridge)
        return threading.current_thread()

    _, briefer = serve([answered], judge=Scripted(judged))

    assert asyncio.run(run()) not in threads
    assert 1 == len(threads)


@pytest.mark.parametrize("judge", ["same", "openai/other", Agrees()], ids=["same", "other", "object"])
def test_many_articles_are_judged(judge: Any, monkeypatch: pytest.MonkeyPatch, bridge: str) -> None:
    """Each of them, with the limits of its server."""
    articles = [f"{bridge} It is number {number}." for number in range(4)]
    with FakeModel() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        briefer = Briefer("openai/fake", judge=judge)
        results = list(briefer.summarize_many(articles))

    assert [[]] * 4 == [result.meta.warnings for result in results if isinstance(result, Briefing)]
    assert (4 if isinstance(judge, Agrees) else 8) == fake.calls


class Nested(BaseModel):
    """Statements deep in a schema of the user's."""

    parts: list[Statement]
    by_name: dict[str, list[Statement]] = {}


def test_statements_in_own_schemas_are_judged(serve: Any, bridge: str) -> None:
    """Wherever they are."""
    one = {"text": CLOSED, "evidence": [1]}
    two = {"text": COST, "evidence": [3]}
    answer = Fault(content=json.dumps({"parts": [two], "by_name": {"a": [one]}}))
    judge = Scripted(wrong())
    _, briefer = serve([answer, REFUSED], judge=judge)
    result = briefer.summarize(bridge, schema=Nested)

    assert [COST, CLOSED] == [claim.text for claim in judge.claims]
    assert (["Monday"], []) == (result.by_name["a"][0].missing, result.parts[0].missing)


class Costs(BaseModel):
    """A part of a schema of the user's."""

    crowns: Cited[float]
    open: Cited[bool]


class Amount(BaseModel):
    """The value of a `Cited`."""

    what: str
    millions: float


class Facts(BaseModel):
    """Values with their evidence, wherever they may be."""

    event: Cited[str]
    also: list[Cited[str]]
    tone: Cited[Literal["calm", "angry"]]
    costs: dict[str, list[Costs]]
    amount: Cited[Amount]
    people: Cited[list[str]]


FACTS: dict[str, Any] = {
    "event": {"value": CLOSED, "evidence": [1]},
    "also": [{"value": COST, "evidence": [3]}],
    "tone": {"value": "calm", "evidence": [2]},
    "costs": {
        "a": [{"crowns": {"value": 4.2, "evidence": [3]}, "open": {"value": False, "evidence": [1]}}],
    },
    "amount": {"value": {"what": "Repairs", "millions": 4.2}, "evidence": [3]},
    "people": {"value": ["Maren Holt", "Oskar Lind"], "evidence": [2, 4]},
}
CLAIMS = [
    *(CLOSED, COST, "tone: calm", "crowns: 4.2", "open: false"),
    *("what: Repairs; millions: 4.2", "people: Maren Holt, Oskar Lind"),
]


@pytest.mark.parametrize("style", ["written", "extractive"])
def test_cited_values_are_judged(serve: Any, bridge: str, style: Any) -> None:
    """Each with its sentences, and what is no free text with the name of its field; also where no statement is written."""
    judge = Scripted(lambda claims: [YES] * len(claims))
    fake, briefer = serve([Fault(content=json.dumps(FACTS))], judge=judge)
    result = briefer.summarize(bridge, schema=Facts, style=style)

    assert CLAIMS == [claim.text for claim in judge.claims]
    assert [COST.partition(" crowns")[0]] == [
        span.text.partition(" crowns")[0] for span in judge.claims[3].evidence
    ]
    assert (1, "supported") == (fake.calls, result.event.support)


@pytest.mark.parametrize(
    ("claim", "words", "path", "missing"),
    [
        (0, "Monday", lambda facts: facts.event, ["Monday"]),
        (2, "tone", lambda facts: facts.tone, ["calm"]),
        (3, "4.2", lambda facts: facts.costs["a"][0].crowns, ["4.2"]),
        (4, (), lambda facts: facts.costs["a"][0].open, ["false"]),
        (5, "Repairs", lambda facts: facts.amount, ["Repairs"]),
        (6, (), lambda facts: facts.people, ["Maren Holt", "Oskar Lind"]),
        (6, "Lind", lambda facts: facts.people, ["Lind"]),
    ],
    ids=["text", "label", "number", "bool", "model", "list", "item"],
)
def test_a_rejected_value_is_an_error(
    serve: Any, bridge: str, claim: int, words: Any, path: Callable[[Any], Any], missing: list[str]
) -> None:
    """Its words are marked in the text of the value that has them, and it is asked for again once."""
    answers: Answers = lambda claims: [  # noqa: E731
        Verdict("unsupported", words) if i == claim else YES for i in range(len(claims))
    ]
    fake, briefer = serve([Fault(content=json.dumps(FACTS)), REFUSED], judge=Scripted(answers))
    value = path(briefer.summarize(bridge, schema=Facts))

    assert ("unsupported", missing) == (value.support, value.missing)
    assert [("judge", "error", text) for text in missing] == [
        (f.kind, f.severity, f.text) for f in value.findings
    ]
    assert 2 == fake.calls


def test_a_repaired_value_takes_the_place_of_a_rejected_one(serve: Any, bridge: str) -> None:
    """Asked for with its wire form."""
    repaired = {"event": [{"value": "Harwick closed the Tern bridge.", "evidence": [1]}]}
    answers: Answers = lambda claims: [Verdict("unsupported", "Monday"), *[YES] * (len(claims) - 1)]  # noqa: E731
    faults = [Fault(content=json.dumps(FACTS)), Fault(content=json.dumps(repaired))]
    fake, briefer = serve(faults, judge=Scripted(answers))
    event = briefer.summarize(bridge, schema=Facts).event

    assert ("Harwick closed the Tern bridge.", "supported") == (event.value, event.support)
    assert f"- event: {FACTS['event']!r}: the judge" in fake.requests[1]["messages"][-1]["content"]


def test_the_journal_tells_judges_apart(serve: Any, answered: Fault, bridge: str, tmp_path: Path) -> None:
    """By the name of a model or an object, and not by its address; what it holds is not judged again."""
    judges: list[Any] = [None, "same", "openai/other", Agrees(), Scripted(raising)]
    prints = [serve(judge=judge)[1].fingerprint(bridge) for judge in judges]
    fake, briefer = serve([answered], judge=Agrees(), journal=tmp_path / "run.db")
    first = briefer.summarize(bridge)

    assert 5 == len(set(prints))
    assert prints[3] == serve(judge=Agrees())[1].fingerprint(bridge) == first.meta.fingerprint
    assert first == briefer.summarize(bridge)
    assert 1 == fake.calls


def test_without_a_judge_requests_are_the_same(serve: Any, answered: Fault, bridge: str) -> None:
    """The first ask does not depend on the judge."""
    plain, briefer = serve([answered])
    judged, other = serve([answered], judge="same")
    briefer.summarize(bridge)
    other.summarize(bridge)

    assert plain.requests == judged.requests[:1]


def test_a_briefer_with_a_judge_can_be_pickled(serve: Any, bridge: str) -> None:
    """As Ray's actors need it."""
    _, briefer = serve(judge=Agrees())
    copied = pickle.loads(pickle.dumps(briefer))

    assert briefer.fingerprint(bridge) == copied.fingerprint(bridge)
    assert "judge='agrees'" in repr(copied)


class AsyncByName:
    """A coroutine function under the name of the sync method."""

    async def judge(self, claims: Sequence[Claim]) -> list[Verdict]:
        """Say yes."""
        return [YES] * len(claims)


@pytest.mark.parametrize(
    "judge",
    ["", 7, object(), Agrees, "same ", AsyncByName()],
    ids=["empty", "number", "object", "class", "space", "coroutine"],
)
def test_what_cannot_judge_is_refused_at_once(judge: Any) -> None:
    """Before any call."""
    with pytest.raises(ConfigurationError, match=r"judge|unknown model"):
        Briefer("openai/fake", api_key="test", judge=judge)


def test_batches_have_no_judge() -> None:
    """The error says so before anything is sent; a limit in dollars needs the judge's price, too."""
    with pytest.raises(ConfigurationError, match="judge cannot be used in batches"):
        Replayer(model="openai/gpt-5-mini", api_key="test", judge="same")
    with pytest.raises(ConfigurationError, match="price of openai/unheard-of is not known"):
        Briefer("openai/gpt-5-mini", api_key="test", judge="openai/unheard-of", max_cost_usd=1.0)
    with pytest.raises(UnknownModelError):
        Briefer("openai/gpt-5-mini", api_key="test", judge="nobody")


def test_a_judge_is_known_by_its_methods() -> None:
    """No base class is needed."""
    assert isinstance(Agrees(), Judge)
    assert not isinstance(object(), Judge)


@given(text=st.text(min_size=1, max_size=60), words=st.lists(st.text(max_size=20), max_size=4))
def test_findings_have_words_of_the_claim(text: str, words: list[str]) -> None:
    """Whatever a judge gives as words."""
    source = Source(text="A.")
    judging = Judging.of(Agrees(), 1.0)
    assert judging is not None
    ask = JudgeAsk("judge", (), Judgements, Grounding(source), claims=(Claim(text, ()),), judging=judging)
    [findings] = findings_of(ask, Answer([Verdict("unsupported", words)], ""))

    assert findings
    for finding in findings:
        assert finding.text == text[finding.start : finding.end] != ""
        assert finding.text == text or finding.text in words
