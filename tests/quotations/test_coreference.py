"""Pronouns that speak, and the names they stand for."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing import Source
from briefing.grounding.resolution import Grounding
from briefing.quotations.coreference import _name_starts, antecedent
from briefing.schemas.extractive import Quote


def resolved(text: str, lang: str = "en") -> str | None:
    """The name that the speaker of the last quotation stands for."""
    source = Source.from_text(text, lang=lang)
    quotations = source.quotations
    name = antecedent(text, lang, quotations, quotations[-1])
    assert name is None or text[name.start : name.end] == name.text
    return name and name.text


def quote(text: str, speaker: str | None) -> tuple[str | None, list[str]]:
    """The speaker of the last quotation as a result, and the problems on the way."""
    grounding = Grounding(Source.from_text(text, lang="en"))
    wire = {"id": f"q{len(grounding.offered)}", "speaker": speaker}
    found = Quote.model_validate(wire, context=grounding)
    return found.speaker, [problem.reason for problem in grounding.problems]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Ana Ruiz said the dam was old. “Nobody slept in the valley,” she said.", "en"),
        ("Ana Ruiz said the dam was old.\n\n“Nobody slept in the valley,” she said.", "en"),
        ("“The dam was old,” said Ana Ruiz. It rained. “Nobody slept in the valley,” she added.", "en"),
        ("Mrs. Ana Ruiz owns the mill in Moss Valley. “Nobody slept in the valley,” she said.", "en"),
        ("„Der Damm war alt“, sagte Ana Ruiz. „Im Tal schlief niemand in der Nacht“, fügte sie hinzu.", "de"),
    ],
)
def test_one_person_who_was_just_named_is_meant(text, lang):
    """Where one person was named, the pronoun stands for that person."""
    assert resolved(text, lang) in {"Ana Ruiz", "Mrs. Ana Ruiz"}


def test_scripts_without_capitals_have_antecedents():
    """Where no capitals show names, whoever spoke last in the paragraph is meant."""
    assert "王明" == resolved("“大坝很旧了，”王明说。雨下了一夜。“那天晚上山谷里没有人睡觉，”他说。", "zh")


@pytest.mark.parametrize(
    "text",
    [
        "Ana Ruiz said that Eva Moss told the board. “Nobody slept in the valley,” she said.",
        "Ana Ruiz said the dam was old. Eva Moss left the room. “Nobody slept in the valley,” she said.",
        "Mr. Ruiz said the dam was old. “Nobody slept in the valley,” she said.",
        "“The dam was old,” said Ana Ruiz. It rained, according to Mayor Eva Moss. “Nobody slept in the valley,” she said.",
        "Ana Ruiz said the dam was old. “Nobody slept in the valley,” they said.",
        "The dam was old. “Nobody slept in the valley,” she said.",
        "Ana Ruiz said the dam was old. “Nobody slept in the valley,” said Eva Moss.",
    ],
)
def test_where_it_is_not_certain_nobody_is_meant(text):
    """Two people, the other gender, many, nobody, or a name: no pronoun is resolved."""
    assert resolved(text) is None


_REPORTED = "Ana Ruiz told the board that nobody slept. Eva Moss came late. She said it was cold. “Ana Ruiz said no,” it read."


@pytest.mark.parametrize(
    ("number", "model", "warned"),
    [
        (1, "Eva Moss", True),
        (1, "Ana Ruiz", False),
        (1, "Ruiz", False),
        (3, "Ana Ruiz", False),
        (4, "Eva Moss", False),
    ],
)
def test_who_is_said_to_report_a_sentence(number, model, warned):
    """A sentence given as somebody's words, though it names another one who says so, is noted; pronouns may be anybody."""
    grounding = Grounding(Source.from_text(_REPORTED, lang="en"))
    found = Quote.model_validate({"id": number, "speaker": model}, context=grounding)
    assert ("statement", model, warned) == (found.kind, found.speaker, bool(grounding.problems))


_PRONOUN = "Ana Ruiz said the dam was old. “Nobody slept in the valley that night,” she said."
_NAME = "Eva Moss came late. “Nobody slept in the valley that night,” said Ana Ruiz."
_FAR = "Eva Moss came late. “Nobody slept in the valley that night,” said the retired engineer Ana Ruiz."
_NAMESAKES = "Eva Ruiz came late. “Nobody slept in the valley that night,” said Ana Ruiz."
_NOUN = "Eva Moss came late. “Nobody slept in the valley that night,” said the owner."


@pytest.mark.parametrize(
    ("text", "model", "speaker"),
    [
        (_PRONOUN, None, "Ana Ruiz"),
        (_PRONOUN, "she", "Ana Ruiz"),
        (_PRONOUN, "Tom Berg", "Ana Ruiz"),
        (_NAME, "Ruiz", "Ruiz"),
        (_NOUN, "Eva Moss", "Eva Moss"),
        (_NAMESAKES, "Ruiz", "Ruiz"),
        ("Mayor Ana B. Ruiz came. " + _NAME, "Mayor Ana B. Ruiz", "Ana B. Ruiz"),
        (_NAME + " A. Ruiz left.", "A. Ruiz", "A. Ruiz"),
    ],
)
def test_the_speaker_of_a_quote_is_decided_by_evidence(text, model, speaker):
    """The model is believed where the article does not name somebody else, and a pronoun is a name."""
    assert (speaker, []) == quote(text, model)


@pytest.mark.parametrize(
    ("text", "model", "speaker", "cue"),
    [
        (_NAME, "Eva Moss", "Ana Ruiz", "Ana Ruiz"),
        (_FAR, "Eva Moss", "Eva Moss", "Ana Ruiz"),
        (_NAMESAKES, "Eva Ruiz", "Ana Ruiz", "Ana Ruiz"),
    ],
)
def test_where_model_and_article_disagree_the_result_says_so(text, model, speaker, cue):
    """A name right beside the quotation beats the model, the model beats one farther off; either is noted."""
    reason = (
        f"speaker {speaker!r} of 'Nobody slept in the valley that night,': the model has {model!r}, "
        f"the article seems to have {cue!r}"
    )
    assert (speaker, [reason]) == quote(text, model)


def test_in_a_script_without_capitals_a_report_without_a_quotation_makes_it_uncertain():
    """Somebody who reports something in the same paragraph may be meant by the pronoun, too."""
    text = "“大坝很旧了，”王明说。\n店主李芳表示，路很远。“那天晚上山谷里没有人睡觉，”她说。"
    assert resolved(text, "zh") is None


def test_a_speaker_who_does_not_occur_is_asked_again_and_left_out():
    """Where neither the model nor the text names anybody, the speaker is None and the problem is noted."""
    text = "The dam was old. “Nobody slept in the valley that night,” she said."
    assert (None, ["the speaker 'Tom Berg' is not in the article"]) == quote(text, "Tom Berg")


PIECES = ["Ruiz", "Ana ", "Mr. ", "Moss ", " ", "\n", ".", "'", "-", "aB", "É", "von ", "\u0301", "1", "A. "]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), st.sampled_from(["Ruiz", "É", "A", "aB"]))
def test_names_begin_where_a_pattern_says(text: str, last: str) -> None:
    """Names begin where a pattern for capitalized words matches."""
    pattern = rf"(?:\p{{Lu}}[\p{{L}}.]*\s)*{regex.escape(last)}(?!\w)"
    assert {match.start() for match in regex.finditer(pattern, text)} <= set(_name_starts(text, last))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ruiz left.", [0]),
        ("the Mr. Ana B. Ruiz of Ruizton and Ruiz", [4, 35]),
        ("Ana Ruiz Ruiz", [0, 0]),
        (f"{'Ana ' * 20}Ruiz", [0]),
        (f"{'Ana ' * 21}Ruiz", [4]),
    ],
)
def test_a_name_begins_with_its_capitalized_words(text: str, expected: list[int]) -> None:
    """At most twenty words before the last one are part of it."""
    assert expected == _name_starts(text, "Ruiz")
