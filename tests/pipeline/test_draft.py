"""From an answer with problems to a result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel, create_model

from briefing import Briefing, Cited, Entity, GroundingError, Mention, Quote, Source, Statement
from briefing.grounding.resolution import Grounding, Problem
from briefing.llm.asks import Answer, Ask
from briefing.pipeline.draft import Draft, partial_values
from briefing.pipeline.entity_resolution import _roots, merge_entities, normalize_list
from briefing.spans import Span

SOURCE = Source.from_text(
    "Maren Holt leads Harwick. “No choice,” said Holt. Anna Weber and Tom Weber bake. Weber sells bread. "
    "Lars Holt-Berg and Herr Brandt came with Ilse Brandt. “No money,” said Brandt.",
    lang="en",
)


def entities(*names: str, kind: str = "person", **more: Any) -> list[Entity]:
    wires = [{"name": name, "type": kind, "role": None} | more for name in names]
    return [Entity.model_validate(wire, context={"source": SOURCE}) for wire in wires]


def quote(number: int) -> Quote:
    return Quote.model_validate({"id": f"q{number}", "speaker": None}, context={"source": SOURCE})


def named(found: list[Entity]) -> list[str]:
    return [entity.name for entity in found]


def test_the_same_name_is_kept_once() -> None:
    """A model repeats itself; the first one counts."""
    assert ["Harwick"] == named(merge_entities(entities("Harwick", "Harwick", kind="location"), SOURCE))


def test_a_surname_joins_its_full_name() -> None:
    """The surname Holt is Maren Holt where there is no other Holt, and her mentions are all of them."""
    [holt] = merge_entities(entities("Maren Holt", "Holt"), SOURCE)
    assert ("Maren Holt", ["Holt"]) == (holt.name, holt.aliases)
    assert ["Maren Holt", "Holt"] == [span.text for span in holt.mentions][:2]
    assert holt.mentions == sorted(holt.mentions, key=lambda span: span.start)


def test_a_shared_surname_is_nobody_s() -> None:
    """Where two people have the name, the surname alone is not given to either."""
    found = merge_entities(entities("Anna Weber", "Tom Weber", "Weber"), SOURCE)
    assert ["Anna Weber", "Tom Weber", "Weber"] == named(found)
    assert [[], []] == [entity.aliases for entity in found[:2]]


def test_another_first_name_is_another_person() -> None:
    """A surname behind another first name is no mention."""
    [anna] = merge_entities(entities("Anna Weber"), SOURCE)
    assert ["Anna Weber", "Weber"] == [span.text for span in anna.mentions]


def test_the_end_of_the_sentence_before_is_no_first_name() -> None:
    """A surname that begins a sentence is a mention, whatever name ends the one before; an initial is another's."""
    text = "Tom Weber came to Rome. Weber bakes. He left Oslo.\nWeber sings. Did J. Weber? Chr. Weber did. Anna\nWeber too."
    [weber] = read(text, ("Tom Weber", "person"))
    assert [0, 24, 51] == [span.start for span in weber.mentions]


def test_a_piece_of_a_person_s_name_is_nobody_else() -> None:
    """Without blanks, a part of a name stands inside it: it is no second person, and no quote is given to it."""
    text = "青岚市市长沈若兰说：“我们不能拿市民的安全冒险，也不能拿孩子的生命冒险。”"
    source = Source.from_text(text, lang="zh")
    context = Grounding(source)
    people = [
        Entity.model_validate({"name": name, "type": "person", "role": None}, context=context)
        for name in ("沈若兰", "沈若")
    ]
    quote = Quote.model_validate({"id": "q1", "speaker": "沈若兰"}, context=context)

    class People(BaseModel):
        people: list[Entity]
        quotes: list[Quote]

    settled = drafted(People(people=people, quotes=[quote]), context).final_values()
    assert (["沈若兰"], ["沈若兰"]) == (named(settled["people"]), [q.speaker for q in settled["quotes"]])


@pytest.mark.parametrize(
    ("before", "mentions"), [("Herr", 2), ("Senator", 2), ("Councillor", 2), ("Mr.", 2), ("Tom", 1)]
)
def test_a_title_is_no_first_name(before: str, mentions: int) -> None:
    """A "Herr Brandt" may be a mention by surname; a "Tom Brandt" is somebody else."""
    [brandt] = read(f"They met Ilse Brandt on Monday. Later {before} Brandt left.", ("Ilse Brandt", "person"))
    assert mentions == len(brandt.mentions)


def test_a_role_moves_to_the_full_name() -> None:
    """What the surname alone was said to be, the person is."""
    wires = entities("Maren Holt") + entities("Holt", role="leads Harwick")
    short = wires[1].model_copy(update={"role": "leads Harwick"})
    assert "leads Harwick" == merge_entities([wires[0], short], SOURCE)[0].role


def read(text: str, *wires: tuple[str, str], lang: str = "en") -> list[Entity]:
    source = Source.from_text(text, lang=lang)
    context = {"source": source}
    found = [
        Entity.model_validate({"name": name, "type": kind, "role": None}, context=context)
        for name, kind in wires
    ]
    return merge_entities(found, source)


FIRM = ("Norvale Instruments", "organization")


@pytest.mark.parametrize(
    ("text", "wires", "name", "aliases", "mentions"),
    [
        ("Norvale Instruments grew. Shares in Norvale rose.", [FIRM, ("Norvale", "location")], FIRM[0], ["Norvale"], 2),
        ("Norvale Instruments grew. Norvale hired.", [("Norvale", "organization"), FIRM], FIRM[0], ["Norvale"], 2),
        (
            "It is in Duluth, Minnesota. Duluth is cold.",
            [("Duluth, Minnesota", "location"), ("Duluth", "location")],
            "Duluth, Minnesota",
            ["Duluth"],
            2,
        ),
        (
            "The Harwick Harbour Board (HHB) met. The HHB voted.",
            [("HHB", "organization"), ("Harwick Harbour Board", "organization")],
            "Harwick Harbour Board",
            ["HHB"],
            3,
        ),
        ("The Harwick Board met.", [("Harwick Board", "organization"), ("The Harwick Board", "organization")], "Harwick Board", [], 1),
        ("HOLT SINGS\n\nMaren Holt sang.", [("Maren Holt", "person"), ("HOLT", "person")], "Maren Holt", ["HOLT"], 2),
        ("Maren Holt came. Maren sang.", [("Maren Holt", "person"), ("Maren", "person")], "Maren Holt", ["Maren"], 2),
    ],
)  # fmt: skip
def test_other_names_join(
    text: str, wires: list[tuple[str, str]], name: str, aliases: list[str], mentions: int
) -> None:
    """A thing under two names is one entity with the mentions of both, where the text makes that certain."""
    [entity] = read(text, *wires)
    assert (name, aliases, mentions) == (entity.name, entity.aliases, len(entity.mentions))


@pytest.mark.parametrize(
    ("text", "wires"),
    [
        ("Norvale Instruments is in Norvale.", [FIRM, ("Norvale", "location")]),
        ("Norvale Instruments left. Norvale Lake froze. Norvale slept.", [FIRM, ("Norvale", "location")]),
        ("Norvale slept. Norvale Instruments left.", [FIRM, ("Norvale", "location")]),
        (
            "Norvale Instruments and Norvale Tools met. Norvale won.",
            [FIRM, ("Norvale Tools", "organization"), ("Norvale", "organization")],
        ),
        (
            "Duluth, Minnesota, and Duluth, Georgia. Duluth?",
            [("Duluth, Minnesota", "location"), ("Duluth, Georgia", "location"), ("Duluth", "location")],
        ),
    ],
)
def test_what_may_be_two_things_stays_two(text: str, wires: list[tuple[str, str]]) -> None:
    """A place that a firm is named after, and names that two things share, are not merged."""
    assert [name for name, _ in wires] == named(read(text, *wires))


def test_a_name_that_stands_only_inside_a_longer_one_is_no_alias() -> None:
    """Every alias is the text of a mention."""
    [place] = read(
        "The mill in Duluth, Minnesota, shut.", ("Duluth, Minnesota", "location"), ("Duluth", "location")
    )
    assert (["Duluth, Minnesota"], []) == ([span.text for span in place.mentions], place.aliases)


def test_a_family_name_before_a_title_is_a_mention() -> None:
    """In Japanese and Chinese a later mention is the family name with a title."""
    [entity] = read("大槻真由美社長が来た。大槻社長は語った。", ("大槻真由美社長", "person"), lang="ja")
    assert ("大槻真由美", ["大槻"], 2) == (entity.name, entity.aliases, len(entity.mentions))


def test_case_forms_are_mentions_and_no_aliases() -> None:
    """In Russian a place and a full name are found in every case; a name in another case is the same thing."""
    text = "Липовка спит. В Липовке тихо. Ирина Вельская ушла. Мы видели Ирину Вельскую."
    found = read(
        text,
        ("Липовка", "location"),
        ("Липовке", "location"),
        ("Ирина Вельская", "person"),
        lang="ru",
    )
    assert [("Липовка", [], 2), ("Ирина Вельская", [], 2)] == [
        (entity.name, entity.aliases, len(entity.mentions)) for entity in found
    ]


def test_an_office_before_a_name_is_that_person() -> None:
    """What stands right before a full name, and is given as a person of its own, is that person and the role."""
    text = "Deputy Harbour Master Ana Ruiz spoke. The Deputy Harbour Master left at noon."
    found = read(text, ("Deputy Harbour Master", "person"), ("Ana Ruiz", "person"))

    assert [("Ana Ruiz", "Deputy Harbour Master")] == [(entity.name, entity.role) for entity in found]
    assert ["Deputy Harbour Master", "Ana Ruiz", "Deputy Harbour Master"] == [
        m.text for m in found[0].mentions
    ]


def test_an_office_of_two_people_stays_apart() -> None:
    """What stands before two names may be either."""
    text = "Harbour Master Ana Ruiz met Harbour Master Ben Holt."
    found = read(text, ("Harbour Master", "person"), ("Ana Ruiz", "person"), ("Ben Holt", "person"))

    assert 3 == len(found)


def test_quotes_are_kept_once_in_order() -> None:
    """The same quotation pointed at twice is one quote."""
    assert [quote(2), quote(1)] == normalize_list([quote(2), quote(1), quote(2)], SOURCE)


def test_statements_are_kept_once_in_order() -> None:
    """A statement that comes again is left out where it comes again."""

    def statement(text: str) -> Statement:
        return Statement(text=text, evidence=[], support="unsupported")

    first, second = statement("The mayor resigned."), statement("The bridge is shut.")
    assert [first, second] == normalize_list([first, second, statement("The mayor resigned.")], SOURCE)


def test_other_lists_stay_as_they_are() -> None:
    """Only lists of quotes, statements or entities are normalized."""
    assert ["b", "a", "b"] == normalize_list(["b", "a", "b"], SOURCE)
    assert [] == normalize_list([], SOURCE)


def drafted(value: BaseModel, grounding: Grounding) -> Draft:
    """The draft of one answer."""
    return Draft([(Ask("joint", (), type(value), grounding), Answer(value, ""))])


def draft(schema: type[BaseModel], **wires: Any) -> Draft:
    grounding = Grounding(SOURCE)
    return drafted(schema.model_validate(wires, context=grounding), grounding)


def to_repair(draft: Draft) -> dict[str, list[Problem]]:
    """Problems to ask about again, by the name of their list."""
    return {name: group for _, _, groups in draft.to_repair() for name, group in groups.items()}


class Cast(BaseModel):
    """Lists, options and what must be there."""

    lead: Mention
    others: list[Mention] = []
    second: Mention | None = None
    mixed: list[Quote | Mention] = []


def test_problems_are_grouped_by_field() -> None:
    """What is wrong is asked for again field by field, and by type where a field holds several."""
    wrong = draft(
        Cast, lead="Holt", others=["Al Ox", "Harwick", "Bo Elk"], mixed=[{"id": "q9"}, "Cy Emu", "Holt"]
    )
    assert {"others": 2, "mixed_quote": 1, "mixed_mention": 1} == {
        name: len(group) for name, group in to_repair(wrong).items()
    }


def test_nothing_wrong_nothing_changed() -> None:
    """A good answer comes out as it went in."""
    answer = Cast.model_validate({"lead": "Holt", "others": ["Harwick"]}, context={"source": SOURCE})
    good = drafted(answer, Grounding(SOURCE))
    assert (dict(answer), []) == (good.final_values(), good.warnings)


def test_what_points_nowhere_is_dropped_with_a_warning() -> None:
    """Lists lose it, options become `None`, and both are said."""
    wrong = draft(Cast, lead="Holt", others=["Al Ox", "Harwick"], second="Bo Elk")
    settled = wrong.final_values()
    assert (["Harwick"], None) == ([mention.name for mention in settled["others"]], settled["second"])
    assert ["dropped: 'Al Ox' is not in the article", "dropped: 'Bo Elk' is not in the article"] == sorted(
        wrong.warnings
    )


def test_a_required_one_is_an_error() -> None:
    """A field that may not be empty names itself and its reason."""
    with pytest.raises(GroundingError, match=r"lead: .*'Al Ox' is not in the article"):
        draft(Cast, lead="Al Ox").final_values()


def test_a_corrected_item_takes_the_place_of_the_wrong_one() -> None:
    """Pair by pair, in order; a correction that is wrong itself is not taken."""
    wrong = draft(Cast, lead="Al Ox", others=["Bo Elk", "Cy Emu"])
    grounding = Grounding(SOURCE)
    again = [Mention.model_validate(name, context=grounding) for name in ("Harwick", "Di Gnu")]
    group = to_repair(wrong)
    wrong.repair(group["lead"], [Mention.model_validate("Maren Holt", context=grounding)], grounding.problems)
    wrong.repair(group["others"], again, grounding.problems)
    settled = wrong.final_values()
    assert ("Maren Holt", ["Harwick"]) == (settled["lead"].name, [m.name for m in settled["others"]])
    assert [
        "repaired: 'Al Ox' is not in the article",
        "repaired: 'Bo Elk' is not in the article",
        "dropped: 'Cy Emu' is not in the article",
    ] == wrong.warnings


@pytest.mark.parametrize("again", [[], ["Harwick", "Harwick", "Harwick", "Harwick"]])
def test_too_few_and_too_many_corrections(again: list[str]) -> None:
    """A repair with another number of items replaces as many as it can, and adds none."""
    wrong = draft(Cast, lead="Holt", others=["Bo Elk", "Maren Holt"])
    wrong.repair(
        to_repair(wrong)["others"],
        [Mention.model_validate(n, context={"source": SOURCE}) for n in again],
        [],
    )
    names = [mention.name for mention in wrong.final_values()["others"]]
    assert (["Maren Holt"] if not again else ["Harwick", "Maren Holt"]) == names


def test_a_statement_that_is_no_better_is_not_replaced() -> None:
    """A statement that stays unbacked keeps its first form."""
    wires = {
        "headline": "Bread",
        "summary": [{"text": "It was Al Ox.", "evidence": [1]}, {"text": "Bread was sold.", "evidence": [4]}],
        "key_quotes": [],
        "entities": [],
    }
    wrong = draft(Briefing, **wires)
    [(name, group)] = to_repair(wrong).items()
    grounding = Grounding(SOURCE)
    item = type(group[0].item).model_validate({"text": "It was Bo Elk.", "evidence": [1]}, context=grounding)
    wrong.repair(group, [item], grounding.problems)
    first = wrong.final_values()["summary"].sentences[0]
    assert ("summary", "It was Al Ox.", "unsupported") == (name, first.text, first.support)
    assert ["not backed: the cited sentences do not say: Al Ox"] == wrong.warnings


def test_a_correction_that_holds_what_points_nowhere_is_not_taken() -> None:
    """What an item holds is looked at, too, before it takes another one's place."""

    class Speakers(BaseModel):
        speakers: Cited[list[Mention]]

    wrong = draft(Speakers, speakers={"value": ["Maren Holt"], "evidence": []})
    [(name, group)] = to_repair(wrong).items()
    grounding = Grounding(SOURCE)
    item = type(group[0].item).model_validate({"value": ["Al Ox"], "evidence": [1]}, context=grounding)
    wrong.repair(group, [item], grounding.problems)

    assert "speakers" == name
    assert ["Maren Holt"] == [mention.name for mention in wrong.final_values()["speakers"].value]


def test_spans_are_not_touched() -> None:
    """Settling never makes spans; those of the answer come out."""
    settled = draft(Cast, lead="Holt", others=["Al Ox"]).final_values()
    assert all(
        isinstance(span, Span) and span.text == SOURCE.text[span.start : span.end]
        for span in settled["lead"].spans
    )


def summarized(*texts: str) -> tuple[list[Statement], list[str]]:
    """What becomes of a summary of these sentences, and the warnings."""
    wires = [{"text": text, "evidence": [1]} for text in texts]
    answer = Statements.model_validate({"statements": wires}, context={"source": SOURCE})
    good = drafted(answer, Grounding(SOURCE))
    return good.final_values()["statements"], good.warnings


class Statements(BaseModel):
    """Statements alone."""

    statements: list[Statement]


def test_a_statement_that_breaks_off_is_cut_back() -> None:
    """A limit of length cuts a statement in mid-sentence: its whole sentences stay, and a warning says so."""
    statements, warnings = summarized(
        "Maren Holt leads Harwick. Maren Holt, who is the U.S. le", "Holt leads."
    )
    assert ["Maren Holt leads Harwick.", "Holt leads."] == [statement.text for statement in statements]
    assert ["supported", "supported"] == [statement.support for statement in statements]
    assert [
        "cut back to whole sentences: 'Maren Holt leads Harwick. Maren Holt, who is the U.S. le'"
    ] == warnings


def test_a_statement_without_an_end_is_unsupported() -> None:
    """Where not one sentence is whole, nothing is left to cut back to."""
    statements, warnings = summarized("Maren Holt leads Harwick.", "Maren Holt, who")
    assert ["supported", "unsupported"] == [statement.support for statement in statements]
    assert ["the end of 'Maren Holt, who'"] == statements[1].missing
    assert ["not backed: breaks off: 'Maren Holt, who'"] == warnings


@pytest.mark.parametrize(
    "texts",
    [
        ["Maren Holt leads Harwick", "Holt leads"],
        [
            "Maren Holt leads Harwick.",
            "“No money.”",
            "Holt leads!",
            "Holt leads…",
            "Holt leads “Harwick” (Harwick.)",
        ],
    ],
)
def test_whole_statements_stay(texts: list[str]) -> None:
    """A model that ends no sentence with a full stop has not been cut off; closing marks may follow one."""
    statements, warnings = summarized(*texts)
    assert (texts, []) == ([statement.text for statement in statements], warnings)
    assert {"supported"} == {statement.support for statement in statements}


@pytest.mark.parametrize(
    ("above", "roots"),
    [
        ([0, 0, 1], [0, 0, 0]),
        ([1, 0], [0, 0]),
        ([1, 2, 1], [1, 1, 1]),
        ([3, 0, 1, 2], [0, 0, 0, 0]),
        ([4, 4, 3, 2, 4], [4, 4, 2, 2, 4]),
    ],
)
def test_no_entity_is_lost_where_two_are_names_of_each_other(above: list[int], roots: list[int]) -> None:
    """Names lead to the one at the end; in a circle, to its first one."""
    assert roots == _roots(None if i == j else j for i, j in enumerate(above))


def test_many_entities_are_merged_in_time_that_a_test_can_take() -> None:
    """A thousand names: work that grew with the third power of their number would not end here."""
    names = [f"{chr(65 + i % 26)}{chr(97 + i // 26 % 26)}{'o' * (1 + i // 676)} Maro" for i in range(1000)]
    source = Source.from_text(". ".join(names) + ".", lang="en")
    found = [Entity.model_validate({"name": n, "type": "other"}, context={"source": source}) for n in names]
    assert len(set(names)) == len(merge_entities(found, source))


def spoken(text: str, speaker: str, *people: str) -> tuple[str | None, str]:
    """The speaker of a quote and the text of its span, where the model named people and gave this speaker."""
    source = Source.from_text(text, lang="en")
    context = Grounding(source)
    quote = Quote.model_validate({"id": "q1", "speaker": None}, context=context)
    start = text.index(speaker)
    span = Span.of(text, start, start + len(speaker))

    class Said(BaseModel):
        quotes: list[Quote]
        people: list[Entity]

    answer = Said(
        quotes=[quote.model_copy(update={"speaker": speaker, "speaker_span": span})],
        people=[
            Entity.model_validate({"name": name, "type": kind, "role": None}, context=context)
            for name, _, kind in (person.partition(":") for person in people)
            for kind in (kind or "person",)
        ],
    )
    [named] = drafted(answer, context).final_values()["quotes"]
    assert named.speaker_span is not None
    return named.speaker, named.speaker_span.text


@pytest.mark.parametrize(
    ("speaker", "people", "name"),
    [
        ("Mayor Maren Holt of Harwick", ["Maren Holt"], "Maren Holt"),
        ("Maren Holt of Harwick", ["Maren Holt"], "Maren Holt"),
        ("Mayor Maren Holt", ["Maren Holt"], "Maren Holt"),
        ("Maren Holt", ["Maren Holt"], "Maren Holt"),
        ("Mayor Maren Holt of Harwick", ["Harwick:location"], "Mayor Maren Holt of Harwick"),
        ("Mayor Maren", ["Maren Holt"], "Mayor Maren"),
        ("Holt of Harwick", ["Maren Holt"], "Holt of Harwick"),
        ("Mayor Maren Holt of Harwick and Bo", ["Bo", "Maren Holt"], "Maren Holt"),
        ("Mayor Maren Holt of Harwick and Bo", ["Maren Holt", "Bo"], "Maren Holt"),
    ],
)
def test_a_speaker_is_named_as_the_longest_person_in_it(speaker: str, people: list[str], name: str) -> None:
    """A person's whole mention must be inside the speaker; places do not count."""
    text = "“We had no choice at all,” said Mayor Maren Holt of Harwick and Bo."
    assert (name, name) == spoken(text, speaker, *people)


@pytest.mark.parametrize(("length", "shown"), [(80, 80), (81, 80)])
def test_a_warning_shows_the_end_of_a_statement(length: int, shown: int) -> None:
    """The last 80 characters."""
    start = "Maren Holt leads Harwick. "
    text = start + "Maren Holt, " + "a" * (length - len(start) - 12)
    _, [warning] = summarized(text)
    assert f"cut back to whole sentences: {text[-shown:]!r}" == warning


@pytest.mark.parametrize(("length", "shown"), [(40, 40), (41, 40)])
def test_what_is_missing_names_the_end_of_a_statement(length: int, shown: int) -> None:
    """The last 40 characters of a sentence without an end."""
    text = "Maren Holt, " + "a" * (length - 12)
    statements, _ = summarized("Maren Holt leads Harwick.", text)
    assert [f"the end of {text[-shown:]!r}"] == statements[1].missing


def test_statements_that_were_cut_back_to_the_same_text_are_kept_once() -> None:
    """There is a warning for each different text."""
    whole = "Maren Holt leads Harwick."
    statements, warnings = summarized(f"{whole} Ho", f"{whole} Hol", f"{whole} Ho")
    assert ([whole], [f"cut back to whole sentences: '{whole} {end}'" for end in ("Ho", "Hol")]) == (
        [statement.text for statement in statements],
        warnings,
    )


def test_what_is_missing_goes_with_the_sentence_that_lacked_it() -> None:
    """A statement that is cut back is supported again if only the cut sentence was unbacked."""
    for text, missing, support in (
        ("Maren Holt leads Harwick. Al Ox, wh", [], "supported"),
        ("Al Ox leads Harwick. Maren Holt, wh", ["Ox"], "unsupported"),
    ):
        [statement] = draft(Statements, statements=[{"text": text, "evidence": [1]}]).final_values()[
            "statements"
        ]
        assert (missing, support) == (statement.missing, statement.support)


def test_a_statement_without_evidence_stays_unsupported() -> None:
    """Also where what is left of it lacks nothing."""
    statement = Statement(text="Maren Holt leads Harwick. Ma", evidence=[], support="unsupported", missing=[])
    good = drafted(Statements(statements=[statement]), Grounding(SOURCE))
    assert ["unsupported"] == [s.support for s in good.final_values()["statements"]]


def test_an_item_with_problems_is_asked_about_once() -> None:
    """The first of its problems is shown; one that no other answer would solve is not asked about."""
    grounding = Grounding(SOURCE)
    answer = Cast.model_validate({"lead": "Holt", "others": ["Maren Holt", "Harwick"]}, context=grounding)
    first, second = answer.others
    grounding.add_problem(first, "wire", "first", fatal=False)
    grounding.add_problem(first, "wire", "second", fatal=False)
    grounding.add_problem(second, "wire", "third", fatal=False, worth_asking=False)
    wrong = drafted(answer, grounding)
    assert {"others": ["first"]} == {n: [p.reason for p in group] for n, group in to_repair(wrong).items()}
    wrong.final_values()
    assert ["not backed: first", "not backed: second", "not backed: third"] == wrong.warnings


def test_problems_of_types_that_were_tried_in_vain_do_not_count() -> None:
    """A problem whose object is not in the answer is left out."""
    grounding = Grounding(SOURCE)
    answer = Cast.model_validate({"lead": "Holt"}, context=grounding)
    grounding.add_problem(object(), "wire", "of another type", fatal=True)
    wrong = drafted(answer, grounding)
    assert (dict(answer), []) == (wrong.final_values(), wrong.warnings)


def test_an_equal_correction_with_problems_replaces_only_what_points_nowhere() -> None:
    """An item that is not backed is better than one that points at nothing, but not than another unbacked one."""
    for fatal, kept in ((True, "Harwick"), (False, "Maren Holt")):
        grounding, again = Grounding(SOURCE), Grounding(SOURCE)
        answer = Cast.model_validate({"lead": "Holt", "others": ["Maren Holt"]}, context=grounding)
        grounding.add_problem(answer.others[0], "wire", "wrong", fatal=fatal)
        wrong = drafted(answer, grounding)
        correction = Mention.model_validate("Harwick", context=again)
        again.add_problem(correction, "wire", "still wrong", fatal=False)
        wrong.repair(to_repair(wrong)["others"], [correction], again.problems)
        assert [kept] == [mention.name for mention in wrong.final_values()["others"]]


def test_the_fields_that_were_answered_are_partial_values() -> None:
    """An ask whose field would be empty is left out."""
    asks = []
    for label, wire in (("first", "Holt"), ("second", "Al Ox")):
        grounding = Grounding(SOURCE)
        schema = create_model(label, **{label: (Mention, ...)})
        value = schema.model_validate({label: wire}, context=grounding)
        asks.append((Ask(label, (), schema, grounding), Answer(value, "")))
    assert {"first": "Holt"} == {name: value.name for name, value in partial_values(asks).items()}


@dataclass
class Pair:
    """Grounded parts of a dataclass."""

    first: Mention
    second: Mention | None = None


class Two(NamedTuple):
    """Grounded parts of a named tuple."""

    first: Mention
    second: Mention


class Nested(BaseModel):
    """Grounded parts of every container."""

    pair: Pair | None = None
    two: Two | None = None
    by_role: dict[str, Mention] = {}
    some: tuple[Mention, ...] = ()
    since: date = date(2026, 1, 1)  # a value of a type that is not looked into


def names_in(value: Any) -> Any:
    """The names of mentions, in the same containers."""
    if isinstance(value, Mention):
        return value.name
    if isinstance(value, dict):
        return {key: names_in(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(names_in(item) for item in value)
    if isinstance(value, Pair):
        return names_in((value.first, value.second))
    return value


@pytest.mark.parametrize(
    ("field", "wire", "left"),
    [
        ("pair", {"first": "Holt", "second": "Al Ox"}, ("Holt", None)),
        ("pair", {"first": "Al Ox", "second": "Holt"}, None),
        ("two", ["Holt", "Al Ox"], None),
        ("two", ["Holt", "Harwick"], ("Holt", "Harwick")),
        ("by_role", {"mayor": "Holt", "baker": "Al Ox"}, {"mayor": "Holt"}),
        ("some", ["Al Ox", "Holt"], ("Holt",)),
    ],
)
def test_parts_of_containers_are_dropped(field: str, wire: Any, left: Any) -> None:
    """What needs the part is dropped with it; the others lose it. Each wrong part is asked about."""
    wrong = draft(Nested, **{field: wire})
    assert (["Al Ox"] if "Al Ox" in str(wire) else []) == [
        problem.wire for group in to_repair(wrong).values() for problem in group
    ]
    assert left == names_in(wrong.final_values()[field])


def test_parts_of_containers_are_repaired() -> None:
    """The correction takes the place of the wrong part."""
    wrong = draft(Nested, pair={"first": "Al Ox"}, by_role={"mayor": "Bo Elk"})
    for group in to_repair(wrong).values():
        wrong.repair(group, [Mention.model_validate("Harwick", context={"source": SOURCE})], [])
    values = wrong.final_values()
    assert (("Harwick", None), {"mayor": "Harwick"}) == (
        names_in(values["pair"]),
        names_in(values["by_role"]),
    )
