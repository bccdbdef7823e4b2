"""Sentences that report speech, and narration."""

from __future__ import annotations

import pytest

from briefing import Source
from briefing.quotations import reporting_subjects, reports_speech


def reported(text: str, lang: str) -> bool | None:
    source = Source.from_text(text, lang=lang)
    return reports_speech(source.text, source.lang, source.quotations, source.sentences[0])


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Holt said the bridge was old.", "en"),
        ("The bridge was old, according to tests.", "en"),
        ("The council called for repairs.", "en"),
        ("The report states that it was old.", "en"),
        ("She wrote that it was old.", "en"),
        ("“We had no choice at all,” Holt said.", "en"),
        ("Holt sagte, die Brücke sei alt.", "de"),
        ("Die Brücke sei alt.", "de"),
        ("Die Brücke ist Holt zufolge alt.", "de"),
        ("Laut Holt ist die Brücke alt.", "de"),
        ("Nach Ansicht von Holt ist alles gut.", "de"),
        ("Der Rat gab am Montag bekannt, dass er schließt.", "de"),
        ("In her view, it is unsafe.", "en"),
        ("The bridge, as Ida Holt put it, is too old.", "en"),
        ("Wie Holt es formulierte, ist die Brücke alt.", "de"),
        ("الجسر قديم، بحسب هولت.", "ar"),
        ("D’après Holt, tout va bien.", "fr"),
        ("לדברי הולט הגשר ישן.", "he"),
        ("Selon Holt, le pont est vieux.", "fr"),
        ("Holt a déclaré que le pont est vieux.", "fr"),
        ("Según Holt, el puente es viejo.", "es"),
        ("Холт сказал, что мост старый.", "ru"),
        ("هولت قال إن الجسر قديم.", "ar"),
        ("הולט אמר שהגשר ישן.", "he"),
        ("ואמר הולט שהגשר ישן.", "he"),
        ("大槻真由美は橋が古いと述べた。", "ja"),
        ("大槻真由美によると橋は古い。", "ja"),
        ("橋は古いという。", "ja"),
        ("沈若兰表示桥很旧。", "zh"),
        ("沈若兰说桥很旧。", "zh"),
        ("박서연은 다리가 낡았다고 말했다.", "ko"),
    ],
)
def test_reports(text: str, lang: str) -> None:
    """A reporting verb, a source, Konjunktiv I or a quotation."""
    assert reported(text, lang)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The bridge fell.", "en"),
        ("Holt walked over the old bridge in the rain.", "en"),
        ("The council called an engineer.", "en"),
        ("Holt put it in the oven.", "en"),
        ("It fell, adding to the costs.", "en"),
        ("Two states closed the bridge.", "en"),
        ("He repeated the test twice.", "en"),
        ("It lies in the United States of America.", "en"),
        ("Er schreibt Romane.", "de"),
        ("Die Brücke stürzte ein.", "de"),
        ("Es gab Regen.", "de"),
        ("Sie gab ihm das Buch.", "de"),
        ("Er rief die Polizei.", "de"),
        ("Die Brücke hätte repariert werden können.", "de"),
        ("Le pont est tombé.", "fr"),
        ("El puente cayó.", "es"),
        ("Мост упал.", "ru"),
        ("سقط الجسر.", "ar"),
        ("הגשר נפל.", "he"),
        ("橋は落ちた。", "ja"),
        ("这条道路的名称很长。", "zh"),
        ("다리가 무너졌다.", "ko"),
    ],
)
def test_narration(text: str, lang: str) -> None:
    """Sentences of the article itself, also with words that report speech elsewhere."""
    assert reported(text, lang) is False


def test_languages_without_a_table() -> None:
    """Nothing is known there."""
    assert reported("A híd leomlott.", "hu") is None


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Other local papers said that the bridge was old.", "Other local papers"),
        ("Other state media reports gave the total and said that the bridge was old.", "Other state media"),
        ("Many residents said that the bridge was old.", "Many residents"),
    ],
)
def test_who_reports_is_the_whole_phrase(text: str, subject: str) -> None:
    """Its first word alone is taken for a name at the beginning of a sentence, of which a written speaker is not a form."""
    source = Source.from_text(text, lang="en")

    assert [subject] == [
        found.text for found in reporting_subjects(source.text, "en", source.quotations, source.sentences[0])
    ]
