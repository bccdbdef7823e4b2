"""Which names of a long article are one thing over its parts, and which name is two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from long_texts import long_text, reader, shown

from briefing import Briefer, Entity, Source
from briefing.pipeline.entity_resolution import merge_entities
from briefing.pipeline.gathered_names import gathered_entities
from briefing.schemas.promises import Checked, broken_promise
from briefing.testing import FakeModel

#: What a part says, and the names that are answered about it, each with type and perhaps a role.
Part = tuple[str, Sequence[tuple[str, ...]]]

COUNTRY: Part = ("Rain fell in Georgia. Georgia has many rivers.", [("Georgia", "country")])
PERSON: Part = ("Then Georgia smiled. Nobody saw Georgia leave.", [("Georgia", "person")])
NURSE: Part = ("Then Georgia, a senator, smiled.", [("Georgia", "person", "senator")])


def over_parts(*parts: Part, lang: str = "en") -> list[Entity]:
    """The entities of an article of these parts."""
    source = source_of(parts, lang)
    starts = [source.text.index(text) for text, _ in parts]
    named = [
        (Entity.model_validate(wire(*name), context={"source": source}), index)
        for index, (_, names) in enumerate(parts)
        for name in names
    ]
    entities = merge_entities([thing.entity for thing in gathered_entities(named, starts, source)], source)
    assert [] == [e for e in entities if broken_promise(e, Checked(source.text))]
    # No mention that the parts' entities have is lost.
    mentioned = {p for e in entities for m in e.mentions for p in range(m.start, m.end)}
    assert mentioned.issuperset(p for e, _ in named for m in e.mentions for p in range(m.start, m.end))
    return entities


def source_of(parts: Sequence[Part], lang: str = "en") -> Source:
    """The article; each part begins with its number, as texts may be equal."""
    return Source.from_text("\n\n".join(text for text, _ in parts), lang=lang)


def wire(name: str, kind: str, role: str | None = None) -> dict[str, Any]:
    """A name as a model answers it."""
    return {"name": name, "type": kind, "role": role}


def numbered(*parts: Part) -> list[Part]:
    """Parts that differ: each begins with its number."""
    return [(f"Chapter {number} of it. {text}", names) for number, (text, names) in enumerate(parts)]


def places(*parts: Part, lang: str = "en") -> dict[tuple[str, str], list[int]]:
    """By name and type, the parts in which the entity has its mentions."""
    each = numbered(*parts)
    text = source_of(each, lang).text
    starts = [text.index(part) for part, _ in each]
    return {
        (e.name, e.type): sorted({sum(m.start >= start for start in starts) - 1 for m in e.mentions})
        for e in over_parts(*each, lang=lang)
    }


def test_a_country_and_a_person_of_one_name_have_each_their_mentions() -> None:
    """If the parts that name them so are many."""
    found = places(COUNTRY, PERSON, COUNTRY, PERSON, COUNTRY)
    assert {("Georgia", "location"): [0, 2, 4], ("Georgia", "person"): [1, 3]} == found


BARE: Part = ("Nobody saw Ardent leave.", [("Ardent", "organization")])
ONCE: Part = ("Nobody saw Ardent leave.", [("Ardent", "person")])


@pytest.mark.parametrize(("more", "less", "things"), [(9, 1, 1), (1, 1, 1), (5, 2, 1), (4, 2, 2)])
def test_two_parts_and_a_third_of_all_make_a_thing_if_the_text_says_nothing(
    more: int, less: int, things: int
) -> None:
    """One part of ten may be an error of the model."""
    found = places(*[BARE] * more, *[ONCE] * less)
    assert things == len(found)
    assert list(range(more + less)) == sorted(part for parts in found.values() for part in parts)
    assert "organization" == next(iter(found))[1]


@pytest.mark.parametrize(
    "text",
    ["Then Mrs Ardent smiled, and Ardent left.", "Then Olga Ardent smiled, and Ardent left."],
)
def test_a_title_or_a_full_name_shows_a_person_in_one_part(text: str) -> None:
    """If no part that has another type has it, too."""
    person: Part = (text, [("Ardent", "person"), ("Olga Ardent", "person")] if "Olga" in text else ONCE[1])
    found = places(*[BARE] * 9, person)
    assert [9] == next(parts for (_, kind), parts in found.items() if kind == "person")
    assert list(range(9)) == found["Ardent", "organization"]
    both = places(*[(text, BARE[1])] * 9, person)
    assert list(range(10)) == both["Ardent", "organization"]


def test_what_the_text_shows_outweighs_the_number_of_parts() -> None:
    """Parts that have "Mrs Ardent" are about the person, whatever type they are given."""
    titled = "Mrs Ardent left."
    found = places(*[(titled, ONCE[1])] * 3, *[(titled, BARE[1])] * 3)
    assert {("Ardent", "person"): [0, 1, 2, 3, 4, 5]} == found


def test_in_shows_a_place_in_one_part() -> None:
    """As "in Georgia" does, if the parts about the person do not have it."""
    assert {("Georgia", "person"): [0, 1, 2, 3, 4], ("Georgia", "location"): [5]} == places(
        *[PERSON] * 5, COUNTRY
    )
    bare: Part = ("Georgia has many rivers.", COUNTRY[1])
    assert {("Georgia", "person"): [0, 1, 2, 3, 4, 5]} == places(*[PERSON] * 5, bare)


def test_an_office_makes_a_person_in_one_part() -> None:
    """Another role in one part only makes nothing."""
    assert {("Georgia", "location"): [0, 1, 2, 3], ("Georgia", "person"): [4]} == places(
        *[COUNTRY] * 4, NURSE
    )
    bank: Part = ("Ardent, a savings bank, closed.", [("Ardent", "person", "savings bank")])
    assert {("Ardent", "organization"): [0, 1, 2, 3, 4]} == places(*[BARE] * 4, bank)


CITY: Part = ("They met in Washington.", [("Washington", "city")])
SAID: Part = ("Washington said no.", [("Washington", "organization")])
PAPER: Part = (
    "Washington, a newspaper, printed it.",
    [("Washington", "organization", "newspaper")],
)
PRESIDENT: Part = ("President Washington slept.", [("Washington", "person")])


def test_a_city_a_newspaper_and_a_person_are_three() -> None:
    """Whatever the order of the parts."""
    expected = {"location": [0, 3, 6], "organization": [1, 4], "person": [2, 5]}
    found = places(CITY, PAPER, PRESIDENT, CITY, PAPER, PRESIDENT, CITY)
    assert expected == {kind: parts for (_, kind), parts in found.items()}


@pytest.mark.parametrize(
    "other",
    [SAID, (f"In Washington it rained. {PAPER[0]}", PAPER[1])],
    ids=["no role", "in"],
)
def test_a_government_is_its_city(other: Part) -> None:
    """A place is told from an organization only by roles in parts without "in": not by the number of parts."""
    assert 1 == len(places(*[CITY] * 4, *[other] * 4))
    assert 2 == len(places(*[CITY] * 4, *[PAPER] * 2))
    assert 1 == len(places(*[CITY] * 4, PAPER))
    assert 1 == len(places(*[("Washington is large.", CITY[1])] * 4, *[PAPER] * 2))


@pytest.mark.parametrize("kinds", [("organization", "other"), ("work", "product"), ("event", "organization")])
def test_types_that_models_confuse_are_no_difference(kinds: tuple[str, str]) -> None:
    """The type is what most parts say; "other" counts only alone."""
    one, other = (("Nobody saw Ardent leave.", [("Ardent", kind)]) for kind in kinds)
    assert {("Ardent", kinds[0]): [0, 1, 2, 3, 4]} == places(other, one, one, other, one)
    expected = kinds[0] if kinds[1] == "other" else kinds[1]
    assert {("Ardent", expected): [0, 1, 2, 3, 4]} == places(one, other, other, other, one)


def test_a_name_that_one_thing_has_in_capitals_only_is_one_thing() -> None:
    """As a headline has it; its mentions are not lost."""
    capitals: Part = ("RAIN IN GEORGIA.", [("GEORGIA", "country")])
    assert {("Georgia", "person"): [0, 1, 2, 3]} == places(PERSON, PERSON, capitals, capitals)


def test_a_part_that_names_neither_is_about_what_the_nearest_one_names() -> None:
    """Unless "in" or a title says otherwise."""
    unnamed: Part = (PERSON[0], [])
    assert {("Georgia", "location"): [0, 1, 2], ("Georgia", "person"): [3, 4, 5]} == places(
        COUNTRY, COUNTRY, unnamed, unnamed, PERSON, PERSON
    )
    assert {("Georgia", "location"): [0, 1, 4], ("Georgia", "person"): [2, 3]} == places(
        COUNTRY, COUNTRY, PERSON, PERSON, ("Rain fell in Georgia.", [])
    )


def test_what_is_in_a_place_is_the_place_also_where_a_part_names_only_the_person() -> None:
    """If there is a place of this name in other parts, and a part about the person that does not have "in" before it."""
    born: Part = ("She was born in Georgia. Nobody saw Georgia leave.", PERSON[1])
    found = places(COUNTRY, COUNTRY, PERSON, born)
    assert {("Georgia", "location"): [0, 1, 3], ("Georgia", "person"): [2, 3]} == found
    assert {("Georgia", "location"): [0, 1, 2, 3]} == places(COUNTRY, COUNTRY, born, born)


def test_a_part_that_names_both_has_each_where_the_text_shows_it() -> None:
    """Both must be shown: a type that is only answered beside the other is an error."""
    both = [("Georgia", "country"), ("Georgia", "person")]
    text = "Rain fell in Georgia. Then Mrs Georgia smiled."
    assert {("Georgia", "location"): [0, 1], ("Georgia", "person"): [1]} == places(COUNTRY, (text, both))
    assert {("Georgia", "location"): [0, 1]} == places(COUNTRY, ("Rain fell in Georgia.", both))
    bare: Part = ("Georgia has many rivers.", COUNTRY[1])
    assert {("Georgia", "location"): [0, 1]} == places(bare, ("Then Mrs Georgia smiled.", both))


def test_a_surname_belongs_to_the_only_person_of_its_part() -> None:
    """Where a part has both or none, it stays a name of its own."""
    alone = ("Weber", "person")
    anna: Part = ("Anna Weber came. Then Weber sang.", [("Anna Weber", "person"), alone])
    tom: Part = ("Tom Weber came. Then Weber sang.", [("Tom Weber", "person")])
    both: Part = ("Anna Weber met Tom Weber. Then Weber sang.", [alone])
    found = over_parts(*numbered(anna, tom, both, ("And then Weber left.", [])))
    assert {
        "Anna Weber": ["Anna Weber", "Weber", "Anna Weber"],
        "Tom Weber": ["Tom Weber", "Weber", "Tom Weber"],
        "Weber": ["Weber", "Weber"],
    } == {entity.name: [mention.text for mention in entity.mentions] for entity in found}
    assert [["Weber"], ["Weber"], []] == [
        entity.aliases for entity in sorted(found, key=lambda entity: entity.name)
    ]


def test_a_surname_that_is_a_place_as_well_is_given_to_nobody() -> None:
    """The surname alone may be the place."""
    anna: Part = ("Anna Weber came. Then Weber sang.", [("Anna Weber", "person")])
    tom: Part = ("Tom Weber came to Weber.", [("Tom Weber", "person"), ("Weber", "city")])
    assert ("Weber", "location") in places(anna, tom)
    assert [0] == places(anna, tom)["Anna Weber", "person"]


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        # The surname after the full name, and a married name.
        ("Maren Holt came.", "Then Holt left.", ["Maren Holt", "Holt"]),
        ("Maren Holt came.", "Then Maren Weber left.", ["Maren Holt"]),
    ],
)
def test_a_person_is_known_by_the_surname_and_not_by_the_given_name(
    first: str, second: str, names: list[str]
) -> None:
    """Over parts as within one."""
    short = "Holt" if "Holt" in second else "Maren Weber"
    found = over_parts((first, [("Maren Holt", "person")]), (second, [(short, "person")]))
    assert names == [mention.text for mention in found[0].mentions]


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("Federal Reserve (Fed)", 1),
        ("Federal Reserve (the “Fed”)", 1),
        ("Federal Reserve", 2),
        ("Federal Reserve (or BCE)", 2),
        ("Senate (Fed)", 2),
    ],
)
def test_an_abbreviation_is_an_alias_if_the_article_says_so(text: str, things: int) -> None:
    """In whatever part."""
    name = (text.partition(" (")[0], "organization")
    parts: list[Part] = [("The Fed waited.", [("Fed", "organization")]), (f"The {text} waited.", [name])]
    found = over_parts(*parts)
    assert things == len(found)
    assert [2 - things] == [len(entity.aliases) for entity in found if entity.name == name[0]]


def test_a_name_and_its_abbreviation_in_brackets_behind_each_other_are_one() -> None:
    """The longer one is the name."""
    parts: list[Part] = [
        ("The Norvale Party (NP) met.", [("Norvale Party", "organization")]),
        ("The NP (Norvale Party) met.", [("NP", "organization")]),
    ]
    [party] = over_parts(*parts)
    assert ("Norvale Party", ["NP"], 4) == (party.name, party.aliases, len(party.mentions))


@pytest.mark.parametrize("article", ["the ", ""])
def test_the_is_no_part_of_a_name(article: str) -> None:
    """Whichever part has it first."""
    one: Part = ("Then the Norvale Post wrote.", [(f"{article}Norvale Post", "organization")])
    other: Part = ("Norvale Post wrote.", [("Norvale Post", "organization")])
    [found] = over_parts(one, other)
    assert 2 == len(found.mentions)


LONG_NAME: Part = (
    "Die Deutsche Bundesbank warnt, wie die anderen.",
    [("Deutsche Bundesbank", "organization")],
)


@pytest.mark.parametrize(
    ("later", "kind", "things"),
    [
        ("Die Bundesbank warnt.", "organization", 1),
        ("Es warnt der Chef der Deutschen Bundesbank.", "organization", 1),
        ("Es warnt die Wiener Bundesbank.", "organization", 2),
        ("Wiener Bundesbank warnt.", "organization", 2),
        ("Das war in Rom. Bundesbank und Staat warnen.", "organization", 1),
        ("Es warnt die Bundesbank Wien.", "organization", 2),
        ("Die Bundesbank warnt.", "place", 2),
    ],
)
def test_the_end_of_the_only_longer_name_of_an_organization_is_short_for_it(
    later: str, kind: str, things: int
) -> None:
    """If no other capitalised word stands beside it."""
    found = over_parts(LONG_NAME, (later, [("Bundesbank", kind)]), lang="de")
    assert things == len(found)
    assert (["Bundesbank"] if things == 1 else []) == found[0].aliases


def test_a_short_form_stands_after_the_only_longer_name() -> None:
    """Not before it, and not after two."""
    short: Part = ("When the town slept, the Council met.", [("Council", "organization")])
    long: Part = ("Harwick Council met.", [("Harwick Council", "organization")])
    other: Part = ("Norvale Council met.", [("Norvale Council", "organization")])
    assert 2 == len(over_parts(short, long))
    assert 1 == len(over_parts(long, short))
    assert 3 == len(over_parts(long, other, short))


@given(
    st.lists(
        st.sampled_from([COUNTRY, PERSON, NURSE, CITY, SAID, PAPER, PRESIDENT, BARE, ONCE, LONG_NAME]),
        min_size=1,
        max_size=12,
    )
)
def test_no_mention_is_lost_or_of_two_things(parts: list[Part]) -> None:
    """Whatever the parts say."""
    found = over_parts(*numbered(*parts))
    spans = [(m.start, m.end) for entity in found for m in entity.mentions]
    assert len(spans) == len(set(spans))


def test_an_article_of_two_georgias_has_both() -> None:
    """In the briefing of a long article."""
    filler = [long_text(700, seed=seed)[0] for seed in range(6)]
    about = ["Rain fell in Georgia. ", "Then Georgia smiled at the nurse. "]
    text = "\n\n".join(f"{about[number > 2] * 3}{chapter}" for number, chapter in enumerate(filler))

    def georgia(request: dict[str, Any], answer: dict[str, Any]) -> None:
        lines = " ".join(shown(request).values())
        answer["entities"] = [
            wire("Georgia", kind)
            for kind, said in zip(("country", "person"), about, strict=True)
            if said.strip() in lines
        ]

    source = Source.from_text(text, lang="en")
    with FakeModel(faults=reader(georgia)) as fake:
        options: Any = {"reading_length": 1_500}
        result = Briefer("openai/fake", base_url=fake.url, api_key="test", options=options).summarize(source)

    assert {("Georgia", "location"): 9, ("Georgia", "person"): 9} == {
        (entity.name, entity.type): len(entity.mentions) for entity in result.entities
    }
    assert [] == result.verify(source)
