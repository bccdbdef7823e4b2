"""Grounded types: their two forms, and the way from one to the other."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from briefing import (
    Briefer,
    Briefing,
    Cited,
    Entity,
    GroundingError,
    Mention,
    Meta,
    Quote,
    Source,
    Statement,
    Summary,
    Verbatim,
    verify,
)
from briefing.grounding.resolution import Grounding
from briefing.testing.fake_model import Fault

BRIDGE = Source.from_text(
    "The council of Harwick closed the Tern bridge on Monday. “We had no choice,” said Maren Holt, who leads "
    "the council. Repairs will cost 4.2 million crowns.",
    lang="en",
)


def resolved(kind: Any, wire: Any, source: Source = BRIDGE) -> Any:
    return TypeAdapter(kind).validate_python(wire, context={"source": source})


def noted(kind: Any, wire: Any) -> tuple[Any, list[tuple[str, bool]]]:
    grounding = Grounding(BRIDGE)
    value = TypeAdapter(kind).validate_python(wire, context=grounding)
    assert all(problem.item is not None for problem in grounding.problems)
    return value, [(problem.reason, problem.fatal) for problem in grounding.problems]


@pytest.mark.parametrize(
    ("kind", "wire"),
    [
        (Statement, {"text", "evidence"}),
        (Quote, {"id", "speaker"}),
        (Entity, {"name", "type", "role"}),
        (Cited[int], {"value", "evidence"}),
    ],
)
def test_the_validation_schema_is_the_wire_form(kind: type[BaseModel], wire: set[str]) -> None:
    """What the model writes is in the validation schema, what the user gets in the serialization schema."""
    written = kind.model_json_schema(mode="validation")
    result = kind.model_json_schema(mode="serialization")
    assert wire == written["properties"].keys()
    assert set(kind.model_fields) == result["properties"].keys()


def test_short_wire_forms() -> None:
    """A summary is the list of its sentences; names and verbatim texts are texts."""
    assert "array" == Summary.model_json_schema(mode="validation")["type"]
    assert ["string", "string"] == [
        kind.model_json_schema(mode="validation")["type"] for kind in (Mention, Verbatim)
    ]


def test_the_value_of_cited_is_in_both_forms() -> None:
    """`Cited[T]` asks for a `T`."""
    for mode in ("validation", "serialization"):
        schema = Cited[float].model_json_schema(mode=mode)  # type: ignore[arg-type]
        assert "number" == schema["properties"]["value"]["type"]


def test_a_quote_is_sliced() -> None:
    """An id becomes the quotation, with its speaker as the source has it."""
    quote = resolved(Quote, {"id": "q1", "speaker": "Maren Holt"})
    assert ("We had no choice", "Maren Holt", "direct") == (quote.text.strip(","), quote.speaker, quote.kind)
    assert "Maren Holt" == BRIDGE.text[quote.speaker_span.start : quote.speaker_span.end]


@pytest.mark.parametrize("written", ["q1", " Q1 ", "‹q1›", "[q1]", "q 1"])
def test_ids_may_be_dressed(written: str) -> None:
    """Brackets and blanks around an id do not matter."""
    assert "direct" == resolved(Quote, {"id": written, "speaker": None}).kind


@pytest.mark.parametrize("written", [3, "3", "[3]", "s3", 3.0])
def test_a_sentence_may_be_quoted(written: Any) -> None:
    """A sentence's number makes a reported statement of it."""
    text = "The bridge is closed. Rain fell. Holt said repairs will cost 4.2 million crowns."
    quote = resolved(Quote, {"id": written, "speaker": None}, Source.from_text(text, lang="en"))
    assert ("statement", "Holt said repairs will cost 4.2 million crowns.") == (quote.kind, quote.text)


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("The bridge fell. Maren Holt left.", "Maren Holt"),
        ("The council called an engineer. Maren Holt left.", "Maren Holt"),
        ("Maren Holt walked over the bridge. It fell.", "Maren Holt"),
        ("Die Brücke stürzte ein. Maren Holt ging.", "Maren Holt"),
        ("橋は落ちた。大槻真由美は去った。", "大槻真由美"),
        ("Híd omlott le. Ezután két nap telt el. Nagy Anna elment.", "Nagy Anna"),
    ],
)
def test_a_sentence_that_nobody_said_is_no_quote(text: str, speaker: str) -> None:
    """Narration is nobody's statement: the item is fatal and asked for again."""
    grounding = Grounding(Source.from_text(text))
    quote = Quote.model_validate({"id": 1, "speaker": speaker}, context=grounding)
    [problem] = grounding.problems
    assert ([], True, True) == (quote.spans, problem.fatal, problem.worth_asking)
    assert "sentence 1 does not report what somebody says" == problem.reason


def test_without_known_verbs_the_speaker_is_named_nearby() -> None:
    """In a language without a table of reporting verbs, the sentence or the one before must name the speaker."""
    source = Source.from_text("Nagy Anna elment. A híd leomlott. Két nap telt el. Esett.", lang="hu")
    for number, expected in ((1, 0), (2, 0), (3, 1), (4, 1)):
        grounding = Grounding(source)
        Quote.model_validate({"id": number, "speaker": "Nagy Anna"}, context=grounding)
        assert expected == len(grounding.problems)


@pytest.mark.parametrize(
    "written", ["q2", "q0", "q99999999999", "x", "", 0, -1, 4, 1.5, True, None, [1], {}, 10**30]
)
def test_an_id_of_nothing_is_fatal(written: Any) -> None:
    """An id that names nothing is noted, and nothing is made up in its place."""
    quote, [(reason, fatal)] = noted(Quote, {"id": written, "speaker": None})
    assert (True, []) == (fatal, quote.spans)
    assert reason.startswith("there is no quotation")


def test_a_speaker_who_is_not_there_is_not_taken_over() -> None:
    """The cue in the text counts where the model names somebody whom the article does not."""
    quote, problems = noted(Quote, {"id": "q1", "speaker": "Tom Berg"})
    assert ("Maren Holt", []) == (quote.speaker, problems)


def test_an_entity_is_named_as_the_source_has_it() -> None:
    """Titles go, every mention comes, and the role is words of the source."""
    entity = resolved(Entity, {"name": "Mrs. Maren Holt", "type": "per", "role": "Leads the council"})
    assert ("Maren Holt", "person", "leads the council") == (entity.name, entity.type, entity.role)


@pytest.mark.parametrize("role", ["pilots the ferry", "the coun", "lead"])
def test_a_role_in_other_words_is_left_out(role: str) -> None:
    """A role that the source does not have word for word is no role."""
    assert resolved(Entity, {"name": "Maren Holt", "type": "person", "role": role}).role is None


@pytest.mark.parametrize(
    ("name", "role", "found"),
    [
        ("Ann Oster", "chairwoman", "chairwoman"),
        ("Ann Oster", "mayor of Marrow", None),
        ("Bo Lund", "mayor of Marrow", "mayor of Marrow"),
        ("Bo Lund", "chairwoman", None),
        ("Ida Marsh", "Governor", "Governor"),
        ("Tom Reyes", "Governor", None),
        ("Lou Ferris", "treasurer", "treasurer"),
        ("Ida Marsh", "envoy", "envoy"),
    ],
)
def test_a_role_is_that_of_the_name_it_stands_at(name: str, role: str, found: str | None) -> None:
    """In one sentence with two people, the role of the one is not given to the other."""
    text = (
        "Ann Oster, chairwoman, and Bo Lund, mayor of Marrow, came. Governor Ida Marsh praised Tom Reyes. "
        "Lou Ferris, the Marrow treasurer, left. Ida Marsh has been envoy Monday to Friday."
    )
    wire = {"name": name, "type": "person", "role": role}
    source = Source.from_text(text, lang="en")
    assert found == Entity.model_validate(wire, context={"source": source}).role


def test_evidence_is_in_order_and_once() -> None:
    """Sentences are cited in the source's order, each once; other ids are passed over."""
    statement = resolved(
        Statement, {"text": "The bridge is closed.", "evidence": [3, 1, "[1]", 1.0, 99, True, None]}
    )
    assert [BRIDGE.sentences[0], BRIDGE.sentences[2]] == statement.evidence


@pytest.mark.parametrize("evidence", [[], [0], [4, -1], ["x"], [True], [float("nan")], [None], {}, "q1"])
def test_without_evidence_a_statement_is_unsupported(evidence: Any) -> None:
    """A statement that cites nothing that exists is kept, and marked."""
    statement, problems = noted(Statement, {"text": "The bridge is closed.", "evidence": evidence})
    assert ("unsupported", ["evidence"], []) == (statement.support, statement.missing, statement.evidence)
    assert [False] == [fatal for _, fatal in problems]


def test_evidence_is_completed_from_the_source() -> None:
    """A sentence that introduces a name or number is added to the evidence."""
    statement = resolved(
        Statement, {"text": "Yesterday Maren Holt named 4.2 million crowns.", "evidence": [1]}
    )
    assert ("supported", 3) == (statement.support, len(statement.evidence))


def test_what_the_source_lacks_is_missing() -> None:
    """Other numbers and names are listed."""
    statement, problems = noted(Statement, {"text": "It was Tom Berg, for 9.9 million.", "evidence": [3]})
    assert ("unsupported", ["9.9 million", "Tom Berg"]) == (statement.support, statement.missing)
    assert [("the cited sentences do not say: 9.9 million, Tom Berg", False)] == problems


def test_cited_checks_its_number() -> None:
    """A cited number must be in the evidence; one that is not is kept and marked."""
    assert "supported" == resolved(Cited[float], {"value": 4.2, "evidence": [3]}).support
    wrong = resolved(Cited[float], {"value": 4.3, "evidence": [3]})
    assert (4.3, "unsupported", ["4.3"]) == (wrong.value, wrong.support, wrong.missing)


@pytest.mark.parametrize(
    ("kind", "value", "missing"),
    [
        (list[int], [97, 99], ["99"]),
        (dict[str, float], {"weeks": 97, "pounds": 14.3}, ["14.3"]),
        (list[str], ["over the river Ond", "Maren Holt and Anders Berg"], ["Anders Berg"]),
        (list[bool], [True], []),
    ],
)
def test_cited_checks_what_its_value_holds(kind: Any, value: Any, missing: list[str]) -> None:
    """A number in a list is a number: what only one of several says is missing, too."""
    source = Source.from_text("Maren Holt shut the bridge over the river Ond for 97 days.", lang="en")
    cited = Cited[kind].model_validate({"value": value, "evidence": [1]}, context={"source": source})
    assert ("unsupported" if missing else "supported", missing) == (cited.support, cited.missing)


def test_cited_may_hold_a_grounded_type() -> None:
    """The value of `Cited[Mention]` is resolved, too."""
    cited = resolved(Cited[Mention], {"value": "Maren Holt", "evidence": [2]})
    assert "Maren Holt" == cited.value.spans[0].text
    quotes = resolved(Cited[list[Quote]], {"value": [{"id": "q1", "speaker": None}], "evidence": [2]})
    assert ("supported", 1) == (quotes.support, len(quotes.value))


def test_verbatim_tells_the_truth() -> None:
    """Both texts are kept, with the status of `locate`."""
    altered, problems = noted(Verbatim, "Repairs will cost 4.3 million crowns.")
    assert ("altered", "Repairs will cost 4.3 million crowns.") == (altered.status, altered.claimed)
    assert "4.2" in altered.text
    assert [False] == [fatal for _, fatal in problems]


@pytest.mark.parametrize(
    ("kind", "wire"),
    [
        (Statement, "text"),
        (Statement, {"text": "No evidence."}),
        (Statement, {"text": {"a": 1}, "evidence": [1]}),
        (Statement, {"text": " \n", "evidence": [1]}),
        (Quote, {"speaker": None}),
        (Quote, {"id": "q1", "speaker": 7}),
        (Quote, "q1"),
        (Entity, {"name": None, "type": "person", "role": None}),
        (Entity, {"name": "Harwick", "type": "planet", "role": None}),
        (Entity, {"name": "Harwick", "type": ["person"], "role": None}),
        (Entity, {"name": "Harwick", "type": "person", "role": ["mayor"]}),
        (Mention, 7),
        (Mention, ""),
        (Verbatim, None),
        (Summary, []),
        (Summary, "text"),
        (Cited[int], {"value": "many", "evidence": [1]}),
        (Cited[int], [1]),
    ],
)
def test_the_wrong_shape_is_a_validation_error(kind: Any, wire: Any) -> None:
    """What is no wire form at all is refused, so that the model is asked again."""
    with pytest.raises(ValidationError):
        noted(kind, wire)


@pytest.mark.parametrize(
    ("kind", "wire"),
    [
        (Quote, {"id": "q9", "speaker": None}),
        (Entity, {"name": "Tom Berg", "type": "person", "role": None}),
        (Mention, "Tom Berg"),
        (list[Mention], ["Harwick", "Tom Berg"]),
    ],
)
def test_with_a_plain_context_nothing_that_points_nowhere_comes_out(kind: Any, wire: Any) -> None:
    """Where nobody can be asked again, what points at nothing is a validation error."""
    with pytest.raises(ValidationError, match=r"there is no quotation q9|'Tom Berg' is not in the article"):
        resolved(kind, wire)


class Place(BaseModel):
    """Nested."""

    name: Mention
    said: Quote | None = None


@dataclass
class Bridge:
    """A dataclass with grounded parts."""

    name: Mention
    builder: Mention | None


class Report(BaseModel):
    """An own schema with grounded types in every place."""

    place: Place
    quotes: list[Quote]
    by_name: dict[str, Mention] = {}
    pair: tuple[Mention, Mention] | None = None
    bridge: Bridge | None = None
    choice: Quote | Mention | None = None
    cost: Cited[float] | None = None
    claim: Verbatim | None = None
    chief: Entity | None = None
    meta: Meta | None = None


def report(**more: Any) -> dict[str, Any]:
    wire = {"place": {"name": "Harwick", "said": {"id": "q1", "speaker": None}}, "quotes": []}
    return (
        wire | dict.fromkeys(["pair", "bridge", "choice", "cost", "claim", "chief"]) | {"by_name": {}} | more
    )


FULL = report(
    quotes=[{"id": "q1", "speaker": None}],
    by_name={"lead": "Maren Holt"},
    pair=["Harwick", "Tern"],
    bridge={"name": "Tern", "builder": None},
    choice={"id": "q1", "speaker": None},
    cost={"value": 4.2, "evidence": [3]},
    claim="We had no choice",
    chief={"name": "Maren Holt", "type": "person", "role": None},
)


def test_an_own_schema_resolves_in_every_place() -> None:
    """Nested, listed, optional, in a dict, a tuple or a dataclass: every grounded part is sliced."""
    result = resolved(Report, FULL)
    assert [] == verify(result, BRIDGE)
    assert ["Harwick", "Tern"] == [mention.spans[0].text for mention in result.pair]
    assert ("We had no choice", "exact") == (result.claim.text, result.claim.status)


def test_a_saved_own_schema_reads_back() -> None:
    """Without a context the result's own JSON is read, and nothing changes."""
    result = resolved(Report, FULL)
    assert result == Report.model_validate_json(result.model_dump_json())
    assert result == pickle.loads(pickle.dumps(result))


def test_no_phantom_problems_of_other_types() -> None:
    """Where a field has several types, those tried in vain leave no problem behind."""
    grounding = Grounding(BRIDGE)
    Report.model_validate(report(choice="Harwick"), context=grounding)
    assert [] == grounding.problems


WRONG = Fault(content='{"who": []}')


def answer(text: str) -> Fault:
    return Fault(content=text)


class Who(BaseModel):
    """Required, optional, and in containers."""

    lead: Mention
    baker: Mention | None
    others: list[Mention]
    by_role: dict[str, Mention]


def test_optional_and_listed_items_are_left_out(serve: Any) -> None:
    """What cannot be backed becomes `None` where that is allowed, and leaves lists and dicts; warnings say so."""
    wrong = '{"lead": "Maren Holt", "baker": "Tom Berg", "others": ["Harwick", "Ann Ode"], "by_role": {"x": "Al Ox"}}'
    again = answer('{"baker": ["Tom Berg"], "others": ["Ann Ode"], "by_role": ["Al Ox"]}')
    _, briefer = serve([answer(wrong), again])
    result = briefer.summarize(BRIDGE, schema=Who)
    assert (None, ["Harwick"], {}) == (result.baker, [m.name for m in result.others], result.by_role)


def test_a_required_item_that_points_nowhere_is_an_error(serve: Any) -> None:
    """A result without it would be no result; the error says what was spent."""
    wrong = '{"lead": "Tom Berg", "baker": null, "others": [], "by_role": {}}'
    fake, briefer = serve([answer(wrong), answer('{"lead": ["Ann Ode"]}')])
    with pytest.raises(GroundingError, match="'Tom Berg' is not in the article") as caught:
        briefer.summarize(BRIDGE, schema=Who)
    assert (2, 2) == (caught.value.attempts, fake.calls)
    assert caught.value.usage.output_tokens > 0


class Team(BaseModel):
    """A list that may not be empty, inside."""

    members: Annotated[list[Mention], Field(min_length=1)]


class Teams(BaseModel):
    """Nested lists."""

    teams: list[Team]


def test_a_nested_object_that_loses_too_much_goes_as_a_whole(serve: Any) -> None:
    """What is left must still be valid: a team without members is no team."""
    wrong = '{"teams": [{"members": ["Tom Berg"]}, {"members": ["Harwick"]}]}'
    _, briefer = serve([answer(wrong), answer('{"teams": ["Ann Ode"]}')])
    [team] = briefer.summarize(BRIDGE, schema=Teams).teams
    assert ["Harwick"] == [member.name for member in team.members]


def test_dataclasses_lose_what_points_nowhere(serve: Any) -> None:
    """Grounded parts of a dataclass are settled as those of a model."""

    class Holder(BaseModel):
        """Holds a dataclass."""

        bridge: Bridge

    _, briefer = serve(
        [answer('{"bridge": {"name": "Tern", "builder": "Tom Berg"}}'), answer('{"bridge": ["Al"]}')]
    )
    assert briefer.summarize(BRIDGE, schema=Holder).bridge.builder is None


def test_aliases_work_both_ways(serve: Any) -> None:
    """A field with an alias is read from the answer and comes back in the result."""

    class Aliased(BaseModel):
        """With an alias."""

        who: Mention = Field(alias="from")

    _, briefer = serve([answer('{"from": "Maren Holt"}')])
    assert "Maren Holt" == briefer.summarize(BRIDGE, schema=Aliased).who.name


def test_a_required_meta_is_ours_to_fill(serve: Any) -> None:
    """A field for `Meta` is not asked for, and what a model writes there is passed over."""

    class Signed(BaseModel):
        """With how it came to be."""

        who: Mention
        meta: Meta

    _, briefer = serve([None, answer('{"who": "Harwick", "meta": {"model": "evil"}}')])
    assert ["openai/fake"] * 2 == [briefer.summarize(BRIDGE, schema=Signed).meta.model for _ in range(2)]


def test_the_result_is_of_the_asked_type(briefer: Briefer) -> None:
    """No subclass and no proxy comes out, whatever is used on the way."""
    assert Briefing is type(briefer.summarize(BRIDGE))
    assert Place is type(briefer.summarize(BRIDGE, schema=Place))


def test_a_briefing_that_no_model_made_has_an_empty_meta() -> None:
    """It says neither a model nor a cost, is read back equal, and a saved null is the same."""
    made = Briefing(headline="Bridge closed", summary=Summary(sentences=[]), key_quotes=[], entities=[])
    assert (Meta(), "", None, 0) == (made.meta, made.meta.model, made.meta.cost_usd, made.meta.attempts)
    assert made == Briefing.model_validate_json(made.model_dump_json()) == pickle.loads(pickle.dumps(made))
    assert made == Briefing.model_validate(made.model_dump() | {"meta": None})
    assert made.meta is not Briefing.model_validate(made.model_dump()).meta


def test_a_subclass_of_briefing_has_more_fields(briefer: Briefer) -> None:
    """Own fields come beside ours."""

    class Costed(Briefing):
        """A briefing with what it costs."""

        cost: Cited[str] | None = None

    result = briefer.summarize(BRIDGE, schema=Costed)
    assert (Costed, True) == (type(result), result.cost is not None)


def test_a_briefing_survives_json_and_pickle(briefer: Briefer, article: str) -> None:
    """JSON and pickle give back an equal briefing, of the same type, that still verifies."""
    result = briefer.summarize(article)
    for again in (Briefing.model_validate_json(result.model_dump_json()), pickle.loads(pickle.dumps(result))):
        assert result == again
        assert type(result) is type(again)
        assert [] == again.verify(article)


def test_the_summary_s_text_is_its_sentences(briefer: Briefer, article: str) -> None:
    """The joint text holds the sentences, with blanks where the script has them."""
    summary = briefer.summarize(article).summary
    joint = "" if "。" in article else " "
    assert joint.join(sentence.text for sentence in summary.sentences) == summary.text
    assert summary.text == summary.model_dump()["text"]


def test_verify_finds_what_was_tampered_with(briefer: Briefer, bridge: str) -> None:
    """A changed text, name or speaker is found, with its path; the right ones are not."""
    result = briefer.summarize(bridge)
    quote, entity = result.key_quotes[0], result.entities[0]
    spoilt = result.model_copy(
        update={
            "key_quotes": [quote.model_copy(update={"text": "Nobody said this"})],
            "entities": [entity.model_copy(update={"name": "Tom Berg"})],
        }
    )
    assert ["key_quotes[0]", "entities[0]"] == [violation.path for violation in spoilt.verify(bridge)]
    assert result.verify("Another text, as long as that one. " * 20)
    assert result.verify("")


@pytest.mark.parametrize(
    ("kind", "wire", "change"),
    [
        (Mention, "Harwick", {"name": "Tom Berg"}),
        (Verbatim, "We had no choice", {"text": "We had a choice"}),
        (Entity, {"name": "Maren Holt", "type": "person"}, {"aliases": ["Tom"]}),
        (Quote, {"id": "q1"}, {"speaker": "Tom Berg"}),
    ],
)
def test_verify_knows_every_grounded_type(kind: Any, wire: Any, change: dict[str, Any]) -> None:
    """A text beside spans that is not theirs is found in each type."""
    good = resolved(kind, wire)
    assert ([], 1) == (verify(good, BRIDGE), len(verify(good.model_copy(update=change), BRIDGE)))


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([Statement, Quote, Entity, Mention, Verbatim, Summary, Cited[str], Report]),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.sampled_from(["q1", "Harwick"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["text", "evidence", "id", "speaker", "name", "type", "role", "value", "place"]
                ),
                inner,
            )
        ),
        max_leaves=8,
    ),
)
def test_any_wire_form_resolves_or_is_refused(kind: Any, wire: Any) -> None:
    """Any JSON either becomes spans of the source or is a validation error."""
    try:
        result, _ = noted(kind, wire)
    except ValidationError:
        return
    assert [] == [v for v in verify(result, BRIDGE) if v.span.text]


T = TypeVar("T")


class Pair(BaseModel, Generic[T]):
    """A generic model of a user's own."""

    who: T
    more: list[T]


class Holder(BaseModel, Generic[T]):
    """A generic model that holds another one."""

    pair: Pair[T]
    cost: Cited[int]


def test_own_generic_models_pickle(briefer: Briefer, bridge: str) -> None:
    """A generic model whose types are filled in inside a function has no name to be found by, and pickles all the same."""
    result = briefer.summarize(bridge, schema=Holder[Mention])
    again = pickle.loads(pickle.dumps(result))
    assert result == again
    assert Holder[Mention] is type(again)
    assert Pair[Mention] is type(again.pair)


class Copies(BaseModel):
    """Copied texts, one of them in an object of its own."""

    first: Verbatim
    others: list[Verbatim]


def test_equal_texts_get_successive_places_with_a_plain_context() -> None:
    """The items of an answer that is validated with the source alone know of each other; another answer starts anew."""
    source = Source.from_text(
        "We will not go. They came. We will not go. So it was. We will not go.", lang="en"
    )
    wire = {"first": "We will not go", "others": ["We will not go", "We will not go"]}
    for _ in range(2):
        copies = Copies.model_validate(wire, context={"source": source})
        assert [0, 27, 54] == [copy.spans[0].start for copy in (copies.first, *copies.others)]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("“We had no choice at all,” said Ann. Later Annabel Lee left.", "Annabel Lee"),
        ("“Rates will stay high,” the Bank of Japan said. The Bank of England cut them.", "Bank of England"),
        ("“Rates will stay high,” said John Smith. John Jones was in Rome.", "John Jones"),
        ("Die Brücke schließt. „Wir hatten keine Wahl“, sagte Anna Weber. Anna Bauer ging.", "Anna Bauer"),
    ],
)
def test_a_speaker_who_shares_a_word_is_told(text: str, speaker: str) -> None:
    """A name that has only a word in common with the article's speaker does not pass in silence."""
    source = Source.from_text(text)
    grounding = Grounding(source)
    Quote.model_validate({"id": "q1", "speaker": speaker}, context=grounding)
    assert any("the article seems to have" in problem.reason for problem in grounding.problems)


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("“We had no choice at all,” said Dr. Smith. John Smith left.", "John Smith"),
        ("“Rates will stay high,” the Bank said. The Bank of England cut them.", "Bank of England"),
        ("“The draw was fair,” FIFA president Infantino said. Gianni Infantino left.", "Gianni Infantino"),
    ],
)
def test_another_form_of_the_speakers_name_is_no_contradiction(text: str, speaker: str) -> None:
    """Titles, offices and short forms raise no warning."""
    grounding = Grounding(Source.from_text(text, lang="en"))
    Quote.model_validate({"id": "q1", "speaker": speaker}, context=grounding)
    assert [] == grounding.problems


def test_the_reporter_of_a_sentence_is_no_namesake() -> None:
    """Of "John Jones said …", somebody else with a word of the name is not the speaker in silence."""
    source = Source.from_text("John Jones said the bridge was unsafe. John Smith was there.", lang="en")
    for speaker, warned in (("John Smith", True), ("John Jones", False), ("Jones", False)):
        grounding = Grounding(source)
        Quote.model_validate({"id": 1, "speaker": speaker}, context=grounding)
        assert warned == bool(grounding.problems)


@pytest.mark.parametrize(
    ("text", "lang", "role"),
    [
        ("Anna Weber is not a convicted fraudster.", "en", "convicted fraudster"),
        ("Anna Weber isn´t a convicted fraudster.", "en", "convicted fraudster"),
        ("Anna Weber was never mayor of Harwick.", "en", "mayor of Harwick"),
        ("Anna Weber was cleared of being a spy.", "en", "spy"),
        ("Anna Weber denies being a convicted fraudster.", "en", "convicted fraudster"),
        ("Anna Weber, not a convicted fraudster, left.", "en", "convicted fraudster"),
        ("Not a convicted fraudster, Anna Weber left.", "en", "convicted fraudster"),
        ("Anna Weber is no fraudster.", "en", "no fraudster"),
        ("Anna Weber ist keine verurteilte Betrügerin.", "de", "verurteilte Betrügerin"),
        ("Anna Weber ist nicht Bürgermeisterin.", "de", "Bürgermeisterin"),
        ("Bürgermeisterin ist Anna Weber nicht.", "de", "Bürgermeisterin"),
        ("Anna Weber bestreitet, Betrügerin zu sein.", "de", "Betrügerin"),
        ("Anna Weber n’est pas une escroc.", "fr", "escroc"),
        ("Anna Weber no es alcaldesa.", "es", "alcaldesa"),
        ("Anna Weber não é prefeita.", "pt", "prefeita"),
        ("Анна Вебер не мэр города.", "ru", "мэр города"),
        ("沈若兰不是市长。", "zh", "市长"),
        ("大槻真由美は市長ではない。", "ja", "市長"),
        ("박서연 씨는 시장이 아니다.", "ko", "시장"),
        ("Ayşe Kaya başkan değil.", "tr", "başkan"),
    ],
)
def test_a_role_that_is_denied_is_no_role(text: str, lang: str, role: str) -> None:
    """A negation between the name and the role, or next to the role."""
    source = Source.from_text(text, lang=lang)
    name = next(
        n for n in ("Anna Weber", "Анна Вебер", "沈若兰", "大槻真由美", "박서연", "Ayşe Kaya") if n in text
    )
    wire = {"name": name, "type": "person", "role": role}
    assert None is Entity.model_validate(wire, context={"source": source}).role


@pytest.mark.parametrize(
    ("text", "lang", "role"),
    [
        ("Anna Weber is mayor of Harwick.", "en", "mayor of Harwick"),
        ("They did not meet Mayor Anna Weber.", "en", "Mayor"),
        ("Anna Weber is not only mayor of Harwick.", "en", "mayor of Harwick"),
        ("The mayor, Anna Weber, did not come.", "en", "mayor"),
        ("No. 10 spokesman Anna Weber left.", "en", "No. 10 spokesman"),
        ("Bürgermeisterin Anna Weber kommt nicht.", "de", "Bürgermeisterin"),
        ("市長の大槻真由美は来ない。", "ja", "市長"),
    ],
)
def test_a_negation_elsewhere_denies_no_role(text: str, lang: str, role: str) -> None:
    """The verb of the sentence may be denied."""
    name = "大槻真由美" if lang == "ja" else "Anna Weber"
    wire = {"name": name, "type": "person", "role": role}
    assert role == Entity.model_validate(wire, context={"source": Source.from_text(text, lang=lang)}).role
