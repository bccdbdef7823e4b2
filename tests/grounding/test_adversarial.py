"""Thousands of generated quotes, true and false: what `locate` calls them. `adversarial.py` makes them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

import adversarial
import pytest
from adversarial import Attribution, Case

from briefing import Match, Quote, Source, locate
from briefing.grounding.resolution import Grounding
from briefing.grounding.speakers import named_speaker

ACCEPTED = ("exact", "typographic", "elided")


@lru_cache(maxsize=1)
def outcomes() -> list[tuple[Case, Match]]:
    cases = adversarial.cases()
    sources = {text: Source.from_text(text.text, lang=text.lang) for text in {case.source for case in cases}}
    return [(case, locate(case.quote, sources[case.source])) for case in cases]


def test_there_are_enough_cases() -> None:
    """At least 2,000 cases, harmful and harmless, in at least 6 scripts."""
    kinds = Counter(case.harmful for case, _ in outcomes())
    assert min(kinds.values()) >= 1000
    scripts = {
        unicodedata.name(char).split()[0]
        for case, _ in outcomes()
        for char in case.quote[:9]
        if char.isalpha()
    }
    assert scripts >= {
        "LATIN",
        "CYRILLIC",
        "GREEK",
        "ARABIC",
        "HEBREW",
        "DEVANAGARI",
        "THAI",
        "HANGUL",
        "CJK",
    }


def test_the_same_seed_gives_the_same_cases() -> None:
    """The suite does not change from run to run; another seed gives another suite."""
    cases = [case for case, _ in outcomes()]
    assert cases == adversarial.cases()
    assert cases != adversarial.cases(seed=8)


def test_no_changed_meaning_is_accepted() -> None:
    """A quote whose words were changed is never exact or typographic, and not elided either."""
    assert [] == [
        (case.kind, case.source.name, case.quote, match.status)
        for case, match in outcomes()
        if case.harmful and match.status in ACCEPTED
    ]


def test_typography_is_accepted() -> None:
    """At least 99 of 100 true quotes in other typography are accepted; elided, where something is left out."""
    harmless = [(case, match) for case, match in outcomes() if not case.harmful]
    refused = [
        (case.kind, case.quote)
        for case, match in harmless
        if match.status not in ACCEPTED[: 3 if case.kind == "elision" else 2]
    ]
    assert len(refused) <= len(harmless) / 100, refused


def test_what_is_accepted_is_the_passage() -> None:
    """The text of an accepted quote has the words of the passage that the quote was made from."""
    assert [] == [
        (case.kind, case.quote, match.text)
        for case, match in outcomes()
        if not case.harmful
        and match.status in ("exact", "typographic")
        and not same_words(case.passage, match.text, case.source.lang)
    ]


def same_words(one: str, other: str, lang: str) -> bool:
    return adversarial.says(one, other, lang) and adversarial.says(other, one, lang)


def test_a_changed_passage_has_a_diff() -> None:
    """An altered quote says what was changed."""
    assert [] == [
        (case.kind, case.quote) for case, match in outcomes() if match.status == "altered" and not match.diff
    ]


@pytest.mark.parametrize(
    ("quote", "lang", "true"),
    [
        ("no choice", "en", True),
        ("NO  CHOICE", "en", False),
        ("We had choice", "en", False),
        ("2 million", "en", False),
        ("4.2 million", "en", True),
        ("等了三", "zh", True),
        ("等三", "zh", False),
    ],
)
def test_the_judge_compares_words(quote: str, lang: str, true: bool) -> None:
    """What decides that a harmful quote is not true after all looks at whole words and numbers."""
    assert true == adversarial.says("“We had no choice”: it cost 4.2 million. 我们等了三年", quote, lang)


class Attributed(NamedTuple):
    """What became of an attribution; `cue` is whom the reader has as the speaker."""

    case: Attribution
    cue: str | None
    speaker: str | None
    warned: bool

    @property
    def is_true(self) -> bool:
        """Whether the result has the right speaker."""
        return self.speaker is not None and same_name(self.speaker, self.case.true)


def same_name(one: str, other: str) -> bool:
    return one in other or other in one


@lru_cache(maxsize=1)
def attributed() -> list[Attributed]:
    found = []
    sources = {case.seed: Source.from_file(case.seed) for case in adversarial.attributions()}
    for case in adversarial.attributions():
        grounding = Grounding(sources[case.seed])
        quotation = sources[case.seed].quotations[case.number - 1]
        if not any(quotation is one for one in grounding.offered):
            continue
        number = grounding.offered.index(quotation) + 1
        quote = Quote.model_validate({"id": f"q{number}", "speaker": case.speaker}, context=grounding)
        cue = named_speaker(quotation, sources[case.seed])
        found.append(Attributed(case, cue and cue.text, quote.speaker, bool(grounding.problems)))
    return found


def test_a_true_speaker_is_taken_without_a_warning() -> None:
    """A model that names who says it is believed; a warning says where the article does not."""
    true = [one for one in attributed() if one.case.speaker == one.case.true]
    assert len(true) >= 40
    assert [] == [one for one in true if not one.is_true]
    assert [] == [one for one in true if one.warned and one.cue is not None]


def test_a_wrong_speaker_never_passes_in_silence() -> None:
    """Where the article says who speaks, a model that names somebody else is overruled, or the result says so."""
    wrong = [one for one in attributed() if one.case.speaker != one.case.true and one.cue is not None]
    assert len(wrong) >= 90
    assert [] == [one for one in wrong if not one.warned]


def test_the_articles_own_cue_is_true() -> None:
    """Where the reader names a speaker, or resolves a pronoun to one, it is the right one."""
    assert [] == [
        one for one in attributed() if one.cue is not None and not same_name(one.cue, one.case.true)
    ]
