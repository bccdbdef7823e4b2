"""Articles that are too long to be read at once: parts, notes, and the answer about the whole."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import Forked
from journal_processes import brief_in_parts
from long_texts import PLANTED, is_reduce, long_text, notes_in, reader, shown
from pydantic import BaseModel, field_validator

from briefing import (
    AuthenticationError,
    Briefer,
    Briefing,
    BudgetError,
    Cited,
    ConfigurationError,
    ContextWindowError,
    Entity,
    Journal,
    ModelOptions,
    RefusalError,
    RequestError,
    Source,
    verify,
)
from briefing.testing import FakeModel, Fault

TEXT, FACTS = long_text(11_000, facts=60)
#: Options for some eight parts of the long text, and of the short one.
LONG: ModelOptions = {"reading_length": 4_600}
SHORT: ModelOptions = {"reading_length": 1_200}
SMALL_TEXT, SMALL_FACTS = long_text(2_500, facts=10)
SMALL = Source.from_text(SMALL_TEXT, lang="en")


@pytest.fixture(scope="module")
def source() -> Source:
    """A short one, in which the fewest steps take the same way."""
    return SMALL


@pytest.fixture(scope="module")
def long_source() -> Source:
    """A long article with facts at ten depths."""
    return Source.from_text(TEXT, lang="en")


def briefer(
    fake: FakeModel, options: ModelOptions = SHORT, model: str = "openai/fake", **more: Any
) -> Briefer:
    """A briefer that calls `fake`."""
    return Briefer(model, base_url=fake.url, api_key="test", options=options, **more)


def refused(request: dict[str, Any], most: int, said: str = "too long") -> Fault | None:
    """A server whose window takes so many characters."""
    if len(request["messages"][-1]["content"]) <= most:
        return None
    return Fault(status=400, code="context_length_exceeded", message=f"maximum context length: {said}")


def words_of(statement: str) -> str:
    """A statement without what differs in a prompt."""
    return statement.replace("“", "").replace("”", "")


def test_every_planted_fact_reaches_the_end_whatever_its_depth(long_source: Source) -> None:
    """Its note and its sentence are shown when the whole is asked for; all spans are the article's."""
    with FakeModel(faults=reader()) as fake, briefer(fake, LONG) as long:
        result = long.summarize(long_source)
    *parts, last = fake.requests

    assert len(parts) >= 7
    noted, sentences = set(map(words_of, notes_in(last))), set(map(words_of, shown(last).values()))
    assert [] == [fact for fact in FACTS if words_of(fact) not in noted]
    assert all(any(words_of(fact) in line for line in sentences) for fact in FACTS)
    assert [] == result.verify(long_source)
    assert ([], 8) == (result.meta.warnings, len(result.key_quotes))
    assert all(statement.support == "supported" for statement in result.summary.sentences)


def test_parts_show_each_sentence_and_quotation_once(source: Source) -> None:
    """By the numbers that they have in the whole article."""
    with FakeModel(faults=reader()) as fake, briefer(fake) as long:
        long.summarize(source)
    numbers = [list(shown(request)) for request in fake.requests[:-1]]

    assert list(range(1, len(source.sentences) + 1)) == [n for part in numbers for n in part]
    marks = [f"‹q{n}›" for n, q in enumerate(source.quotations, 1)]
    prompts = [request["messages"][-1]["content"] for request in fake.requests[:-1]]
    assert [1] * len(marks) == [sum(mark in prompt for prompt in prompts) for mark in marks]
    assert 1.7 > max(map(len, prompts)) / min(map(len, prompts))


def test_a_part_cites_no_sentence_of_another(source: Source) -> None:
    """Such a note cites nothing, and is not shown again."""

    def astray(request: dict[str, Any], answer: dict[str, Any]) -> None:
        if 1 not in shown(request) and not is_reduce(request):
            answer["notes"] = [{"text": "The envelope is far away.", "evidence": [1]}]
            answer["key_quotes"] = [{"id": "q1", "speaker": None}]

    with FakeModel(faults=reader(astray)) as fake, briefer(fake) as long:
        result = long.summarize(source)
    first, *_, last = fake.requests

    assert set(shown(last)) <= set(shown(first))
    assert "The envelope is far away." not in notes_in(last)
    assert "dropped: there is no quotation q1" in result.meta.warnings


def test_the_answer_about_the_whole_cites_only_what_parts_have_cited(source: Source) -> None:
    """A sentence that no part has cited has no number there, nor has a quotation."""
    cited: set[int] = set()

    def astray(request: dict[str, Any], answer: dict[str, Any]) -> None:
        if not is_reduce(request):
            cited.update(n for note in answer["notes"] for n in note["evidence"])
            return
        other = next(n for n in itertools.count(1) if n not in shown(request))
        answer["summary"] = [{"text": "The ledger is open.", "evidence": [other]}, answer["summary"][0]]

    with FakeModel(faults=reader(astray)) as fake, briefer(fake) as long:
        result = long.summarize(source)
    numbers = {sentence: n for n, sentence in enumerate(source.sentences, 1)}

    assert [[], True] == [
        result.summary.sentences[0].evidence,
        result.summary.sentences[0].support == "unsupported",
    ]
    assert {numbers[span] for statement in result.summary.sentences for span in statement.evidence} <= cited
    assert any("there is no sentence" in warning for warning in result.meta.warnings)


def test_notes_that_the_article_does_not_back_are_not_shown_but_their_sentences_are(source: Source) -> None:
    """So an error of a part is not passed on, and nothing that it points at is lost."""

    def wrong(request: dict[str, Any], answer: dict[str, Any]) -> None:
        if 1 in shown(request) and not is_reduce(request):
            for note in answer["notes"]:
                note["text"] = "The sealed envelope held 987,654 crowns."

    with FakeModel(faults=reader(wrong)) as fake, briefer(fake) as long:
        result = long.summarize(source)
    first, *_, last = fake.requests

    assert not [note for note in notes_in(last) if "987,654" in note]
    assert {n for n, text in shown(first).items() if PLANTED in text} <= set(shown(last))
    assert any("notes on the parts, which are not backed" in warning for warning in result.meta.warnings)


def test_input_grows_with_the_text_and_little_more() -> None:
    """At most 15 percent are numbers, hints, and what is shown again; instructions come with each request."""
    for words in (9_000, 18_000):
        text, _ = long_text(words, facts=20)
        with FakeModel(faults=reader()) as fake, briefer(fake, {"reading_length": 15_000}) as long:
            long.summarize(Source.from_text(text, lang="en"))
        sent = sum(len(message["content"]) for request in fake.requests for message in request["messages"])
        instructions = max(len(request["messages"][0]["content"]) for request in fake.requests) + 1_000

        assert len(fake.requests) > 2
        assert sent < 1.15 * len(text) + instructions * len(fake.requests)


def test_a_part_that_is_too_long_for_the_server_is_cut_again(source: Source) -> None:
    """So are the parts after it; each sentence is read."""

    def script(request: dict[str, Any]) -> Fault:
        return refused(request, 2_500) or reader()(request)

    with FakeModel(faults=script) as fake, briefer(fake) as long:
        result = long.summarize(source)
    answered = [r for r in fake.requests if len(r["messages"][-1]["content"]) <= 2_500]
    read = [n for request in answered if not is_reduce(request) for n in shown(request)]

    assert sorted(set(read)) == list(range(1, len(source.sentences) + 1))
    assert len(fake.requests) - len(answered) < 12
    assert [] == result.verify(source)


def test_a_server_that_takes_nothing_is_not_asked_for_ever(source: Source) -> None:
    """The smallest part that there is ends it."""
    with FakeModel(faults=lambda request: refused(request, 10)) as fake, briefer(fake) as long:
        with pytest.raises(ContextWindowError):
            long.summarize(source)
        assert fake.calls < 8


def test_an_article_that_a_server_has_cut_in_silence_is_read_in_parts(long_source: Source) -> None:
    """Its count of tokens gives it away: what it has read is its window."""

    def script(request: dict[str, Any]) -> Fault:
        if len(request["messages"][-1]["content"]) < 9_000:
            return reader()(request)
        text = {"role": "assistant", "content": "{}"}
        choices = [{"index": 0, "message": text, "finish_reason": "stop"}]
        usage = {"prompt_tokens": 2048, "completion_tokens": 5, "total_tokens": 2053}
        body = {"id": "x", "object": "chat.completion", "created": 0, "model": "fake"}
        return Fault(body=body | {"choices": choices, "usage": usage})

    with FakeModel(faults=script) as fake, briefer(fake, {}) as one:
        assert "joint" == one.estimate(long_source).plan
        result = one.summarize(long_source)
    with FakeModel(faults=script) as fake, briefer(fake, {}, plan="joint") as one:
        with pytest.raises(ContextWindowError):
            one.summarize(long_source)
        assert 1 == fake.calls

    assert [] == result.verify(long_source)
    assert "read in" in result.meta.warnings[0]


def test_a_part_that_fails_is_named_and_the_rest_is_used(source: Source) -> None:
    """The result is partial, and says which sentences were not read and why."""

    def script(request: dict[str, Any]) -> Fault:
        return Fault(refusal="No.") if 60 in shown(request) and not is_reduce(request) else reader()(request)

    with FakeModel(faults=script) as fake, briefer(fake) as long:
        result = long.summarize(source)
    [failed] = [r for r in fake.requests if 60 in shown(r) and not is_reduce(r)]

    first, *_, last = shown(failed)
    begin = f"partial: sentences {first} to {last} of {len(source.sentences)} were not read: "
    assert result.meta.warnings[0].startswith(begin)
    assert set(shown(failed)).isdisjoint(shown(fake.requests[-1]))


@pytest.mark.parametrize("number", [1, 60, len(SMALL.sentences)])
def test_a_part_may_be_refused_wherever_it_stands(source: Source, number: int) -> None:
    """The first one is asked about alone, and is no more than a part."""

    def script(request: dict[str, Any]) -> Fault:
        refuses = number in shown(request) and not is_reduce(request)
        return Fault(refusal="No.") if refuses else reader()(request)

    with FakeModel(faults=script) as fake, briefer(fake) as long:
        result = long.summarize(source)

    assert result.meta.warnings[0].startswith("partial: sentences ")


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("number", [1, 60])
def test_a_part_may_be_rejected_for_its_text(source: Source, number: int, status: int) -> None:
    """Other parts are accepted, so that it is the text."""

    def script(request: dict[str, Any]) -> Fault:
        rejects = number in shown(request) and not is_reduce(request)
        return Fault(status=status, message="bad text") if rejects else reader()(request)

    async def concurrently() -> Briefing:
        async with briefer(fake) as long:
            return await long.asummarize(source)

    with FakeModel(faults=script) as fake, briefer(fake) as long:
        results = [long.summarize(source), asyncio.run(concurrently())]
    for result in results:
        assert result.meta.warnings[0].startswith("partial: sentences ")
        assert "bad text" in result.meta.warnings[0]
        assert [] == result.verify(source)


@pytest.mark.parametrize(("status", "calls"), [(400, 2), (404, 1), (307, 1)])
def test_a_server_that_rejects_all_parts_is_asked_about_two(source: Source, status: int, calls: int) -> None:
    """The second tells whether it was the text of the first; a wrong address or model is no matter of a text."""
    with (
        FakeModel(faults=lambda _request: Fault(status=status)) as fake,
        briefer(fake) as long,
        pytest.raises(RequestError),
    ):
        long.summarize(source)

    assert calls == fake.calls


def test_a_model_that_refuses_all_parts_is_asked_about_three(long_source: Source) -> None:
    """One after the other."""
    with (
        FakeModel(faults=lambda _request: Fault(refusal="No.")) as fake,
        briefer(fake, {"reading_length": 1_200}) as long,
        pytest.raises(RefusalError),
    ):
        long.summarize(long_source)

    assert 3 == fake.calls


def test_an_article_of_which_too_much_fails_is_an_error_with_what_was_read(source: Source) -> None:
    """A quarter may be missing."""

    def script(request: dict[str, Any]) -> Fault:
        return reader()(request) if max(shown(request)) < 40 else Fault(refusal="No.")

    with (
        FakeModel(faults=script) as fake,
        briefer(fake) as long,
        pytest.raises(RefusalError) as caught,
    ):
        long.summarize(source)

    assert {"summary", "key_quotes", "entities"} == set(caught.value.partial)


def test_a_budget_stops_between_parts_with_what_there_is(source: Source) -> None:
    """The error has the fields that the parts have answered."""
    with FakeModel(faults=reader()) as fake, briefer(fake, max_tokens_total=9_000) as long:
        with pytest.raises(BudgetError) as caught:
            long.summarize(source)
        assert 1 < fake.calls < 10

    assert verify(Holder(summary=caught.value.partial["summary"]), source) == []
    assert caught.value.partial["key_quotes"]
    assert 9_000 > caught.value.usage.input_tokens > 0  # type: ignore[union-attr]


def test_a_wrong_key_ends_it_at_the_first_part(source: Source) -> None:
    """No other part would fare better."""
    with FakeModel(faults=lambda _request: Fault(status=401)) as fake, briefer(fake) as long:
        with pytest.raises(AuthenticationError):
            long.summarize(source)
        assert 1 == fake.calls


def test_notes_that_are_too_long_themselves_are_replaced_by_fewer(source: Source) -> None:
    """A bounded number of times, and nothing is cited that was not cited before."""

    def chatty(request: dict[str, Any], answer: dict[str, Any]) -> None:
        answer["notes"] = [
            {"text": text.replace("‹", "").replace("›", ""), "evidence": [n]}
            for n, text in shown(request).items()
        ]

    with FakeModel(faults=reader(chatty)) as fake, briefer(fake, {"reading_length": 1_500}) as long:
        result = long.summarize(SMALL)
    notes = [request for request in fake.requests if is_reduce(request)]

    assert 2 < len(notes) < 60
    assert max(len(r["messages"][-1]["content"]) for r in fake.requests) < 7_000
    assert set(shown(notes[-1])) <= set().union(*map(shown, notes[:-1]))
    assert [] == result.verify(SMALL)


def test_what_most_parts_name_comes_first() -> None:
    """Not what stands first: a name of the last parts is kept where the first parts fill the list with others."""
    names = [
        f"{a}{b}" for a in ("Harw", "Norv", "Cast", "Bren") for b in ("ick", "ale", "or", "ton", "ell", "ow")
    ]
    paragraphs = [f"{' and '.join(names)} are towns, and the ledger was closed there.\n\n" for _ in range(2)]
    filler = long_text(2_000)[0]
    text = "".join(paragraphs) + filler + "Zanderlo is a town. " * 3
    source = Source.from_text(text, lang="en")

    def naming(request: dict[str, Any], answer: dict[str, Any]) -> None:
        lines = " ".join(shown(request).values())
        answer["entities"] = [
            {"name": n, "type": "place", "role": None} for n in [*names, "Zanderlo"] if n in lines
        ]

    with FakeModel(faults=reader(naming)) as fake, briefer(fake, {"reading_length": 1_000}) as long:
        result = long.summarize(source)

    assert 16 == len(result.entities)
    assert "Zanderlo" in [entity.name for entity in result.entities]


def test_a_local_model_is_asked_for_quotes_and_entities_by_part_only() -> None:
    """Headline and summary are chosen from the whole article without it."""
    with FakeModel() as fake, briefer(fake, model="local") as local:
        result = local.summarize(SMALL)
        plain = briefer(fake, {}, model="local", plan="staged").summarize(SMALL)

    assert "extractive" == result.meta.style
    assert (plain.headline, plain.summary) == (result.headline, result.summary)
    assert not any(map(is_reduce, fake.requests))
    fields = [
        json.loads(r["messages"][-1]["content"].rsplit("JSON: ", 1)[1].split(":")[0][1:])
        for r in fake.requests
    ]
    assert {"key_quotes", "entities"} == set(fields)
    assert len(fields) > 4


def test_a_grammar_has_the_ids_of_its_part_only() -> None:
    """And the names of its text."""
    with FakeModel() as fake, briefer(fake, model="local") as local:
        result = local.summarize(SMALL, style="written")
    parts = [request for request in fake.requests if not is_reduce(request)]

    for request in parts[3:6]:
        numbers = list(shown(request))
        grammar = request["grammar"]
        if '"minimum"' in grammar:
            assert f'"minimum": {numbers[0]}, "maximum": {numbers[-1]}' in grammar
        marks = [
            n for n, _ in enumerate(SMALL.quotations, 1) if f"‹q{n}›" in request["messages"][-1]["content"]
        ]
        assert all((f'"\\"q{n}\\""' in grammar) == (n in marks) for n in marks if '"\\"q' in grammar)
    assert [] == result.verify(SMALL)


def test_parts_are_asked_about_at_the_same_time(source: Source, tmp_path: Path) -> None:
    """After the first one, where the driver is async."""
    at_once: list[int] = []
    refusals: list[Any] = []
    path = tmp_path / "run.db"

    with FakeModel(latency=0.05) as fake:
        script = reader()

        def counted(request: dict[str, Any]) -> Fault:
            at_once.append(fake.in_flight)
            if is_reduce(request) and not refusals:
                refusals.append(request)
                return Fault(status=401)
            return script(request)  # type: ignore[no-any-return]

        fake._faults = counted

        async def brief() -> Briefing:
            async with briefer(fake, journal=path) as long:
                with pytest.raises(AuthenticationError):
                    await long.asummarize(source)
            before = fake.calls
            async with briefer(fake, journal=path) as long:
                result = await long.asummarize(source)
            assert 1 == fake.calls - before  # what was answered before is not asked for again
            return result

        result = asyncio.run(brief())
        with briefer(fake) as long:
            again = long.summarize(source)

    assert max(at_once[1:]) > 1
    assert result.model_copy(update={"meta": again.meta}) == again


def test_an_estimate_knows_the_plan_and_its_calls(source: Source) -> None:
    """Before anything is sent."""
    with FakeModel(faults=reader()) as fake, briefer(fake) as long:
        estimate = long.estimate(source)
        assert 0 == fake.calls
        result = long.summarize(source)

    assert ("long", fake.calls) == (estimate.plan, estimate.calls)
    fewest, most = estimate.input_tokens
    assert fewest <= result.meta.usage.input_tokens <= most
    assert estimate.max_calls > estimate.calls


def test_what_was_answered_before_a_run_ended_is_not_asked_for_again(source: Source, tmp_path: Path) -> None:
    """The next run counts it, and the result is that of one run; then the answers are deleted."""
    path = tmp_path / "run.db"
    with FakeModel(faults=reader()) as fake, briefer(fake) as long:
        whole = long.summarize(source)
        calls = fake.calls

    def ending(request: dict[str, Any]) -> Fault:
        return Fault(status=401) if is_reduce(request) or 60 in shown(request) else reader()(request)

    with FakeModel(faults=ending) as fake, briefer(fake, journal=path) as long:
        with pytest.raises(AuthenticationError):
            long.summarize(source)
        before = fake.calls - 1
    with FakeModel(faults=reader()) as fake, briefer(fake, journal=path) as long:
        result = long.summarize(source)
        assert (calls - before, 1 < before) == (fake.calls, True)
        assert result == long.summarize(source)
        assert calls - before == fake.calls

    assert whole.meta.usage == result.meta.usage
    assert whole == result.model_copy(update={"meta": whole.meta})
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert [(0,)] == db.execute("SELECT COUNT(*) FROM answers").fetchall()


def test_a_run_that_is_killed_ten_times_pays_for_no_part_twice_but_those_under_way(
    forked: Forked, tmp_path: Path
) -> None:
    """What was answered is in the journal; the result verifies."""
    path, moments = tmp_path / "run.db", random.Random(1)
    text = long_text(3_600)[0]
    kills = 10
    with FakeModel(latency=0.05) as fake:
        for kill in range(kills):
            run = forked(brief_in_parts, path, fake.url, text, 500)
            for _ in range(1 + kill % 2):
                run.heard()
            time.sleep(moments.uniform(0, 0.1))
            run.kill()
            run.rest()
        last = forked(brief_in_parts, path, fake.url, text, 500)
        steps = last.rest()
    asked = Counter(json.dumps(request["messages"]) for request in fake.requests)

    assert 0 == last.ended()
    assert steps[-1].startswith("all parts: joint (")
    assert len(asked) > 15
    # One is under way at each kill, and sometimes the last answer still on its way to the file. Were none kept, 15 would be asked again.
    assert fake.calls - len(asked) <= kills + 3
    with Journal(path) as journal:
        [entry] = journal.entries()
    assert [] == entry.load(Briefing).verify(text)


def test_kept_answers_that_are_damaged_are_asked_for_again(source: Source, tmp_path: Path) -> None:
    """Nothing in the journal's file is taken for an answer unseen."""
    path = tmp_path / "run.db"
    with (
        FakeModel(faults=lambda r: Fault(status=401) if is_reduce(r) else reader()(r)) as fake,
        briefer(fake, journal=path) as long,
        pytest.raises(AuthenticationError),
    ):
        long.summarize(source)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE answers SET text = '{' WHERE rowid % 2")
        db.execute("UPDATE answers SET text = x'ff' WHERE rowid % 3 = 0")
    with FakeModel(faults=reader()) as fake, briefer(fake, journal=path) as long:
        result = long.summarize(source)
        assert 2 < fake.calls < 9

    assert [] == result.verify(source)


class Holder(BaseModel):
    """Any value, to be verified."""

    summary: Any


class Minutes(BaseModel):
    """A schema of one's own: a list that is gathered, and a value about the whole."""

    amounts: list[Cited[str]]
    towns: list[Entity]
    point: Cited[str]

    @field_validator("amounts")
    @classmethod
    def _some(cls, amounts: list[Cited[str]]) -> list[Cited[str]]:
        if len(amounts) < 2:
            raise ValueError("too few")
        return amounts


def test_lists_of_a_schema_of_ones_own_are_gathered_from_all_parts(source: Source) -> None:
    """Nothing of them is lost; validators of the author are about the whole list."""

    def minutes(request: dict[str, Any], answer: dict[str, Any]) -> None:
        found = {n: text for n, text in shown(request).items() if "crowns" in text}
        answer["amounts"] = [{"value": text, "evidence": [n]} for n, text in found.items()]
        answer["towns"] = answer["entities"]

    with FakeModel(faults=reader(minutes)) as fake, briefer(fake) as long:
        result = long.summarize(source, schema=Minutes)

    assert [fact for fact in SMALL_FACTS if "crowns" in fact] == [amount.value for amount in result.amounts]
    assert [] == verify(result, source)
    assert ["Harwick"] == [town.name for town in result.towns]


def test_a_judge_sees_what_is_cited_and_not_the_whole_article(source: Source) -> None:
    """With the statements about the whole and the values of the lists."""

    def minutes(request: dict[str, Any], answer: dict[str, Any]) -> None:
        found = {n: text for n, text in shown(request).items() if "crowns" in text}
        answer["amounts"] = [{"value": text, "evidence": [n]} for n, text in found.items()]

    with FakeModel(faults=reader(minutes)) as fake, briefer(fake, judge="same") as long:
        result = long.summarize(source, schema=Minutes)
    judged = next(r for r in fake.requests if "<statements>" in r["messages"][-1]["content"])

    cited = {span.text for amount in [*result.amounts, result.point] for span in amount.evidence}
    assert cited <= set(shown(judged).values())
    assert len(shown(judged)) < 100


def test_only_a_long_article_is_read_in_parts(long_source: Source) -> None:
    """By the option, by the window that is known of the model, or by choice."""

    def plan(options: ModelOptions, model: str = "openai/x", **more: Any) -> str:
        return Briefer(model, api_key="test", options=options, **more).estimate(long_source).plan

    assert "joint" == plan({})
    assert "long" == plan({"reading_length": 5_000})
    assert "long" == plan({"context_window": 8_000})
    assert "joint" == plan({"context_window": 800_000})
    assert "long" == plan({}, plan="long")
    assert "joint" == plan({"reading_length": 5_000}, plan="joint")
    assert "long" == plan({}, "openai/gpt-4")  # 8,192 tokens
    assert "long" == plan({}, "local")
    with pytest.raises(ConfigurationError, match="reading_length"):
        plan({"reading_length": 10})


def test_options_of_reading_change_the_fingerprint_only_if_the_parts_change(long_source: Source) -> None:
    """They are not sent."""

    def fingerprint(options: ModelOptions, text: Source = long_source) -> str:
        return Briefer("openai/x", api_key="test", options=options).fingerprint(text)

    short = Source.from_text("Harwick is shut. Nobody knows why.", lang="en")
    assert fingerprint({}, short) == fingerprint({"reading_length": 5_000, "context_window": 9_000}, short)
    assert fingerprint({"reading_length": 5_000}) != fingerprint({"reading_length": 9_000})
    assert fingerprint({"reading_length": 5_000}) == fingerprint({"reading_length": 5_000})
    with FakeModel() as fake, briefer(fake, {"reading_length": 5_000, "context_window": 9_000}) as short_one:
        short_one.summarize(short)
        assert not {"reading_length", "context_window"} & fake.requests[0].keys()
