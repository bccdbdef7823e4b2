"""Surnames, offices and short forms on both sides of each limit."""

from __future__ import annotations

import pytest

from briefing import Entity, Mention, Source
from briefing.pipeline.entity_resolution import merge_entities, normalize_list


def merged(text: str, *wires: tuple[str, str], lang: str = "en") -> list[Entity]:
    """The entities of a text with these names and types, merged."""
    source = Source.from_text(text, lang=lang)
    return merge_entities(
        [
            Entity.model_validate({"name": name, "type": kind, "role": None}, context={"source": source})
            for name, kind in wires
        ],
        source,
    )


def mentions(text: str, name: str) -> list[str]:
    """The mentions of a person."""
    [person] = merged(text, (name, "person"))
    return [mention.text for mention in person.mentions]


@pytest.mark.parametrize(
    ("abbreviation", "found"), [("C.", 1), ("Ch.", 1), ("Chr.", 1), ("Chrs.", 2), ("Cha.", 2)]
)
def test_an_abbreviated_first_name_has_at_most_two_more_consonants(abbreviation: str, found: int) -> None:
    """Anything else before a full stop ends a sentence, so that the surname behind it is a mention."""
    assert found == len(mentions(f"Tom Weber left with {abbreviation} Weber sings.", "Tom Weber"))


@pytest.mark.parametrize(("length", "found"), [(39, 1), (40, 2)])
def test_a_first_name_has_at_most_39_letters(length: int, found: int) -> None:
    """Longer words before a surname are not looked at."""
    assert found == len(mentions(f"Tom Weber saw A{'a' * (length - 1)} Weber there.", "Tom Weber"))


@pytest.mark.parametrize(
    ("name", "found"),
    [("Maren Ho", ["Maren Ho", "Ho"]), ("Maren H", ["Maren H"])],
)
def test_a_surname_has_two_letters(name: str, found: list[str]) -> None:
    """A single letter is not looked for alone."""
    surname = name.rsplit(maxsplit=1)[-1]
    assert found == mentions(f"{name} came and {surname} sang.", name)


def test_a_surname_that_another_entity_has_is_no_mention() -> None:
    """Of any type; the surname alone as an entity of its own is not another one."""
    text = "Tom Weber came to Weber Street. Weber sang."
    alone, _ = merged(text, ("Tom Weber", "person"), ("Weber Street", "location"))
    [joined] = merged(text, ("Tom Weber", "person"), ("Weber", "person"))
    assert (["Tom Weber"], []) == ([m.text for m in alone.mentions], alone.aliases)
    assert ["Weber"] == joined.aliases


@pytest.mark.parametrize(
    ("text", "office", "name", "found"),
    [
        ("Harbour Master Ana Ruiz came.", "Harbour Master", "Ana Ruiz", 1),
        ("Skipper Ana Ruiz came.", "Skipper", "Ana Ruiz", 2),
        ("Harbour Master Ruiz came.", "Harbour Master", "Ruiz", 2),
        ("The Harbour Master, Ana Ruiz, came.", "Harbour Master", "Ana Ruiz", 2),
        ("Harbour Master-Ana Ruiz came.", "Harbour Master", "Ana Ruiz", 2),
    ],
)
def test_an_office_stands_right_before_a_full_name(text: str, office: str, name: str, found: int) -> None:
    """Both have more than one word, and one space is between them."""
    assert found == len(merged(text, (office, "person"), (name, "person")))


def test_an_office_belongs_to_a_person() -> None:
    """Names of other types that stand side by side are two things."""
    text = "Harbour Master Ana Ruiz came."
    assert 2 == len(merged(text, ("Harbour Master", "organization"), ("Ana Ruiz", "person")))


@pytest.mark.parametrize(
    ("part", "whole", "found"),
    [("organization", "organization", 1), ("location", "organization", 1), ("location", "person", 2)],
)
def test_a_short_form_has_the_type_of_the_long_name(part: str, whole: str, found: int) -> None:
    """Or a model took the short form of an organization for a place."""
    text = "Norvale Instruments grew. The firm Norvale hired."
    assert found == len(merged(text, ("Norvale Instruments", whole), ("Norvale", part)))


def test_a_short_form_after_the_long_name_at_the_very_start() -> None:
    """One that stands before the first long name is a thing of its own."""
    wires = ("Norvale Instruments", "organization"), ("Norvale", "organization")
    assert 1 == len(merged("Norvale Instruments grew. Norvale hired.", *wires))
    assert 2 == len(merged("Norvale hired. Norvale Instruments grew.", *wires))


def test_the_role_of_another_name_is_the_entity_s() -> None:
    """Its own role comes first, then that of another name, then an office."""
    source = Source.from_text("Harbour Master Ana Ruiz, a diver, came. Ruiz, a singer, left.", lang="en")

    def person(name: str, role: str | None) -> Entity:
        wire = {"name": name, "type": "person", "role": None}
        return Entity.model_validate(wire, context={"source": source}).model_copy(update={"role": role})

    office = person("Harbour Master", None)
    for own, other, role in (
        ("a diver", "a singer", "a diver"),
        (None, "a singer", "a singer"),
        (None, None, "Harbour Master"),
    ):
        [found] = merge_entities([person("Ana Ruiz", own), person("Ruiz", other), office], source)
        assert role == found.role


@pytest.mark.parametrize(("other", "aliases"), [("山田太郎", ["大槻"]), ("大槻次郎", [])])
def test_a_family_name_of_two_people_is_nobody_s(other: str, aliases: list[str]) -> None:
    """The family name with a title is a mention of the only person who has it."""
    text = f"大槻真由美社長が来た。{other}社長も来た。大槻社長は語った。"
    found = merged(text, ("大槻真由美", "person"), (other, "person"), lang="ja")
    assert aliases == found[0].aliases


def test_the_longest_name_wins() -> None:
    """A place is not mentioned in the name of a person, and the person not by the place's name alone."""
    text = "Denzel Washington was in Washington."
    person, place = merged(text, ("Denzel Washington", "person"), ("Washington", "location"))
    assert [0] == [mention.start for mention in person.mentions]
    assert [25] == [mention.start for mention in place.mentions]


def test_a_company_with_a_founders_surname_has_it_alone() -> None:
    """The surname by itself is the company's name, not another mention of the person."""
    person, company = merged("Henry Ford founded Ford.", ("Henry Ford", "person"), ("Ford", "organization"))
    assert ([0], [19]) == ([m.start for m in person.mentions], [m.start for m in company.mentions])


def test_a_name_inside_an_organizations_is_not_its_own() -> None:
    """The country's mentions are those outside the bank's name; a name without others keeps them."""
    text = "The Bank of England acted. England waited."
    bank, country = merged(text, ("Bank of England", "organization"), ("England", "location"))
    assert ([4], [27]) == ([m.start for m in bank.mentions], [m.start for m in country.mentions])
    _, country = merged(
        "The Bank of England acted.", ("Bank of England", "organization"), ("England", "location")
    )
    assert ["England"] == [m.text for m in country.mentions]


def test_the_longest_of_listed_mentions_wins() -> None:
    """The same for a list of names without types."""
    source = Source.from_text("Denzel Washington was in Washington.", lang="en")
    listed = [
        Mention.model_validate(name, context={"source": source})
        for name in ("Denzel Washington", "Washington")
    ]
    assert [[0], [25]] == [[span.start for span in m.spans] for m in normalize_list(listed, source)]
