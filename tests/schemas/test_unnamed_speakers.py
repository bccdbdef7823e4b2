"""Speakers whom the article introduces without a name or does not name, and answers that name nobody."""

from __future__ import annotations

import json

import pytest
from stub_driver import brief, stub_briefer

from briefing import Briefing, Source


def _speaker(text: str, speaker: str, lang: str = "en") -> tuple[str | None, list[str]]:
    """The speaker of an article's first quotation where the model gives this one, and the warnings."""
    answer = {
        "headline": "H",
        "summary": [],
        "key_quotes": [{"id": "q1", "speaker": speaker}],
        "entities": [],
    }
    answer["summary"] = [{"text": text.splitlines()[0], "evidence": [1]}]
    source = Source.from_text(text, lang=lang)
    result, _ = brief(stub_briefer(plan="joint"), source, lambda ask: json.dumps(answer), style="written")
    assert isinstance(result, Briefing)
    [quote] = result.key_quotes
    return quote.speaker, [
        warning for warning in result.meta.warnings if warning.startswith("not backed: speaker")
    ]


@pytest.mark.parametrize(
    ("lang", "text", "named", "expected"),
    [
        (
            "en",
            "Oskar Lind opened the harbour hall on Monday.\n\nA reporter asked: “Who will pay for the roof next year?”\n",
            "Oskar Lind",
            "A reporter",
        ),
        (
            "en",
            "Norfell Ferries closed two lines on Monday.\n\n“They have sold every boat that we had,” said another worker.\n",
            "Norfell Ferries",
            "another worker",
        ),
        (
            "de",
            "Anna Brandt hat am Montag das neue Hafenbad eröffnet.\n\n„Wer bezahlt im nächsten Jahr das Dach?“, fragte ein Anwohner.\n",
            "Anna Brandt",
            "ein Anwohner",
        ),
    ],
)
def test_somebody_whom_the_article_does_not_name_is_not_somebody_whom_it_names(lang, text, named, expected):
    """The words are the stranger's, and a warning has both."""
    speaker, warnings = _speaker(text, named, lang)

    assert expected == speaker
    assert [named in warning and expected in warning for warning in warnings] == [True]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        # An apposition names the stranger.
        (
            "The hall opened on Monday.\n\nA reporter, Tom Lee, asked: “Who will pay for the roof next year?”\n",
            "Tom Lee",
        ),
        # A spokesman speaks for others.
        (
            "Norfell Ferries closed two lines on Monday.\n\n“We have no boats left for the winter,” a spokesman said.\n",
            "Norfell Ferries",
        ),
        # "The judge" is somebody whom the article may have named.
        (
            "Ida Moe has heard the case since May.\n\n“There will be no further delay this year,” the judge said.\n",
            "Ida Moe",
        ),
    ],
)
def test_a_name_that_may_be_the_speakers_stays(text, named):
    """And there is nothing to warn of."""
    assert (named, []) == _speaker(text, named)


@pytest.mark.parametrize("word", ["But", "A"])
def test_a_word_that_names_nobody_gives_way_to_the_articles_words(word):
    """Small models copy the first word of a sentence."""
    text = (
        "The businessman Lars Holm spoke in Oslo. A hall was full.\n\n"
        "But the businessman said: “There should be a lot of systems for it.”\n"
    )

    assert "the businessman" == _speaker(text, word)[0]


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        # Nothing beside the words says whose they are.
        ("Ida Moe ran the hall for years.\n\n“There is nothing here for you any more.”\n", True),
        # Who "she" is, the model may tell.
        ("Ida Moe met Ada Quist on Monday.\n\n“There is nothing here for you any more,” she said.\n", False),
        ("Ada Quist left on Monday.\n\n“There is nothing here for you any more,” Ida Moe said.\n", False),
    ],
)
def test_a_speaker_that_only_the_model_names_is_told(text, warned):
    """He stays: a model may know it from what was said before."""
    speaker, warnings = _speaker(text, "Ida Moe")

    assert "Ida Moe" == speaker
    assert [warned] * warned == ["only the model says so" in warning for warning in warnings]


def test_where_no_reporting_verbs_are_known_the_model_is_not_doubted():
    """The article may well say who speaks."""
    assert ("Ida Moe", []) == _speaker(
        "Ida Moe a vorbit luni.\n\n„Nu mai este nimic aici pentru voi”, a spus Ida Moe.\n", "Ida Moe", "ro"
    )
