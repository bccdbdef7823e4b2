"""The pronoun that a sentence begins with is resolved to a name only where one can be meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.ranking import opening_antecedent
from briefing.sources import Source
from briefing.text import has_letter


def resolved(text: str, lang: str) -> str | None:
    """The name that the last sentence's first word stands for."""
    source = Source.from_text(text, lang=lang)
    span = opening_antecedent(source.sentences[-1], source)
    assert span is None or source.text[span.start : span.end] == span.text
    return span.text if span else None


@pytest.mark.parametrize(
    ("lang", "text", "name"),
    [
        ("en", "Mira Feld, 41, was elected on Sunday. She wants to close the harbour.", "Mira Feld"),
        ("en", "Mr Feld was elected on Sunday. He wants to close the harbour.", "Feld"),
        ("en", "Mira Feld has been elected.\n\nMs Feld was born in Orlen. She wants ferries.", "Mira Feld"),
        (
            "en",
            "Council leader Tomas Brandt told a meeting that it would close. He gave no date.",
            "Tomas Brandt",
        ),
        ("en", "Mira Feld, 41, was elected. She wants ferries. She gave no date.", "Mira Feld"),
        ("en", "Orlen Rovers have won the cup again. They beat the champion on Sunday.", "Orlen Rovers"),
        ("de", "Mira Feld (41) wurde am Sonntag gewählt. Sie will das bald ändern.", "Mira Feld"),
        ("de", "Bürgermeister Tomas Brandt wurde am Sonntag bestätigt. Er will das ändern.", "Tomas Brandt"),
        ("fr", "Mira Feld, 41 ans, a été élue dimanche. Elle veut fermer le port.", "Mira Feld"),
        ("es", "Mira Feld, de 41 años, dijo que renuncia. Ella no quiere volver.", "Mira Feld"),
        ("ru", "Мира Белова сообщила о решении в воскресенье. Она сказала, что мост закроют.", "Мира Белова"),
    ],
)
def test_one_name_that_begins_the_sentence_before(lang: str, text: str, name: str) -> None:
    """The subject of the sentence before is meant if nobody else is named there."""
    assert name == resolved(text, lang)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Mira Feld, 41, met Anna Holm on Sunday. She wants to close the harbour."),
        ("en", "Mira Feld and Anna Holm were elected. She wants to close the harbour."),
        ("en", "Mira Feld, 41, visited a nurse on Sunday. She wants to close the harbour."),
        ("en", "Mrs Feld was elected on Sunday. He wants to close the harbour."),
        ("en", "Orlen Bank said profits rose. He wants to close the branch."),
        ("en", "Orlen Rovers have beaten Holm United. They won the cup."),
        ("en", "Orlen Rovers have many friends. They won the cup."),
        ("en", "Mira Feld, 41, left the town. They won the cup."),
        ("en", "Tomas Brandt, 41, was elected on Sunday. He told Brandt that the bridge would close."),
        ("en", "Mira Feld, left, was at the bridge on Sunday. She wants to close it."),
        ("en", "The bridge is old. He wants to close it."),
        ("en", "Mira Feld's plan was rejected. She wants to close the harbour."),
        ("en", "Mira Feld, 41, was elected. It rained."),
        ("de", "Tomas Brandt (41) kaufte den Hafen. Er soll schließen."),
        ("de", "Mira Feld (41) wurde gewählt. Sie wollen das ändern."),
        ("fr", "Tomas Brandt, 41 ans, a fermé le port. Il est vieux."),
        ("fr", "Tomas Brandt, 41 ans, a été élu. Il faut fermer le port."),
        ("ru", "Пётр Белов купил мост. Он рухнул вчера."),
        ("ja", "ミラ・フェルトが当選した。彼女は港を閉鎖する。"),
    ],
)
def test_nobody_where_another_could_be_meant(lang: str, text: str) -> None:
    """Two persons, a thing of the same grammatical gender, a contradicting title or an organization: not certain."""
    assert resolved(text, lang) is None


def test_a_pronoun_inside_a_quotation_is_left_alone() -> None:
    """Whom a speaker means is not certain."""
    assert resolved("Mira Feld, 41, said so on Sunday. “She is wrong,” a voice replied.", "en") is None


@given(st.text(max_size=200).filter(has_letter), st.sampled_from(["en", "de", "fr", "es", "ru", "zh"]))
def test_any_text_can_be_asked(text: str, lang: str) -> None:
    """Free text never raises, and a name precedes its pronoun."""
    source = Source.from_text(f"Mira Feld, 41, left. She {text}", lang=lang)

    for sentence in source.sentences:
        found = opening_antecedent(sentence, source)
        assert found is None or found.end <= sentence.start
