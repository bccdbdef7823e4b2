"""Bare names of persons: what stands before them, two in one, groups, offices alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.text import (
    bare_name,
    described_as,
    find_mentions,
    is_not_a_name,
    is_office_alone,
    is_people,
    two_persons,
)


@pytest.mark.parametrize(
    ("name", "lang", "bare", "role"),
    [
        ("Late Hour host Dan Orwell", "en", "Dan Orwell", "Late Hour host"),
        ("Ferry Weekly senior editor Ida Moe", "en", "Ida Moe", "Ferry Weekly senior editor"),
        ("Kelp Foods CEO Ann Lee", "en", "Ann Lee", "Kelp Foods CEO"),
        ("Attorney General Rosa Hill", "en", "Rosa Hill", "Attorney General"),
        ("UN envoy Jon de Boer", "en", "Jon de Boer", "UN envoy"),
        ("Mrs Ada Quist", "en", "Ada Quist", None),
        ("Dr. Ada Quist", "en", "Ada Quist", None),
        ("CDU-Politiker Uwe Brandt", "de", "Uwe Brandt", "CDU-Politiker"),
        ("Hafenmeisterin Ilse Brandt", "de", "Hafenmeisterin Ilse Brandt", None),
        ("le chanteur Luc Petit", "fr", "Luc Petit", "chanteur"),
        ("el portavoz Juan de la Cruz", "es", "Juan de la Cruz", "portavoz"),
        ("директор Пётр Лунин", "ru", "Пётр Лунин", "директор"),
    ],
)
def test_what_describes_a_person_is_a_role(name: str, lang: str, bare: str, role: str | None) -> None:
    """Offices and trades before a name are taken off, and kept as its role; forms of address and degrees are no role."""
    assert (bare, role) == (bare_name(name, lang), described_as(name, bare))


@pytest.mark.parametrize(
    ("before", "name", "bare"),
    [
        ("Gewonnen hat der ", "Norweger Ole Holm", "Ole Holm"),
        ("der Sieg des ", "Schauspielers Ole Holm", "Ole Holm"),
        ("Gewonnen hat ", "Anna Maria Brandt", "Anna Maria Brandt"),
        ("Gewonnen hat die kleine ", "Anna Maria Brandt", "Anna Maria Brandt"),
        ("Gewonnen hat der ", "Ole Holm", "Ole Holm"),
        ("Gewonnen hat der ", "Graf von Holm", "Graf von Holm"),
    ],
)
def test_german_names_have_no_article(before: str, name: str, bare: str) -> None:
    """So the first of three capitalized words behind one is no name."""
    assert bare == bare_name(name, "de", before)
    assert name == bare_name(name, "sv", before)


@pytest.mark.parametrize(
    "name",
    [
        "Edna van der Meer",
        "Joan of Marrow",
        "Robert the Small",
        "Gil dos Santos Neto",
        "Otto genannt Blitz",
        "Martin King Junior",
        "Ann Judge",
        "沈若兰",
        "سلمى ناصر",
        "bo lund",
    ],
)
def test_small_words_and_offices_may_belong_to_a_name(name: str) -> None:
    """Particles, by-names, surnames that are offices."""
    assert (name, None) == (bare_name(name, "en"), described_as(name, name))


@given(st.text(max_size=40))
def test_a_bare_name_is_the_end_of_the_name(name: str) -> None:
    """Nothing is invented, whatever the letters are."""
    assert " ".join(name.split()).endswith(" ".join(bare_name(" ".join(name.split()), "en").split()))


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("Chris and Sue Barrow", ("Chris", "Sue Barrow")),
        ("Ida Moe und Ole Moe", ("Ida Moe", "Ole Moe")),
        ("Ant and Dec", None),
        ("Ann Lee", None),
        ("Anders and the Boats", None),
    ],
)
def test_a_couple_is_two_persons(name: str, names: tuple[str, str] | None) -> None:
    """A duo that goes by first names is one."""
    assert names == two_persons(name)


@pytest.mark.parametrize(
    ("text", "name", "lang", "found"),
    [
        ("Many Norvalians left.", "Norvalians", "en", True),
        ("Norvalians left. A Norvalian captain stayed.", "Norvalians", "en", True),
        ("Bo Williams left. A William came.", "Williams", "en", False),
        ("Williams said that Evans left.", "Evans", "en", False),
        ("The Moss left.", "Moss", "en", False),
        ("Les Norvaliens partent.", "Norvaliens", "fr", True),
        ("Norvaliens partent.", "Norvaliens", "fr", False),
        ("Los Norvalanos salen.", "Norvalanos", "es", True),
    ],
)
def test_a_group_is_no_person(text: str, name: str, lang: str, found: bool) -> None:
    """A plural behind a determiner, or whose singular describes something."""
    assert found is is_people(name, find_mentions(text, name, lang), text, lang)


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("The Minister said so.", "Minister", True),
        ("Aaron Judge hit two.", "Judge", False),
        ("Vice President", "Vice President", False),
        ("Mayor Ann Lee left.", "Ann Lee", False),
    ],
)
def test_an_office_alone_is_no_person(text: str, name: str, found: bool) -> None:
    """Unless it is a surname somewhere in the text."""
    assert found is is_office_alone(name, find_mentions(text, name, "en"), text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mayor Tells Council Guest Houses Close\nThe mayor tells the council.", True),
        ("Mayor Tells Council Guest Houses Close\nHe said nothing.", False),
        ("The mayor said that Tells came.\nShe tells all.", False),
        ("Mayor Tells Council Guest Houses Close.\nThe mayor tells the council.", False),
    ],
)
def test_a_word_of_a_headline_is_no_name(text: str, found: bool) -> None:
    """Where the text has it in small letters, and nowhere else with a capital."""
    assert found is is_not_a_name("Tells", "person", find_mentions(text, "Tells", "en"), text, "en")
