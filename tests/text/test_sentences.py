"""Sentences."""

from __future__ import annotations

import pytest

from briefing.text.sentences import read_sentences


@pytest.mark.parametrize("length", [9_960, 9_980, 9_990, 9_999])
def test_a_paragraph_in_pieces_has_the_same_sentences(length: int) -> None:
    """Where a piece ends, no sentence is cut."""
    sentence = "The old dam held."
    start = "The water " + "rose " * ((length - 20) // 5) + "again."
    text = " ".join([start, *[sentence] * 12])
    assert [start, *[sentence] * 12] == [span.text for span in read_sentences(text, "en")]


@pytest.mark.parametrize(
    ("lang", "sentences"),
    [
        ("de", ["Am Dienstag, dem 19. März, gegen acht Uhr brannte es.", "Niemand wurde verletzt."]),
        ("de", ["Er traf in der 37. Minute.", "Danach war Schluss."]),
        ("de", ["Er kam am 3.", "Dann ging er."]),
        ("cs", ["Škola začala 1. září, v pondělí.", "Děti přišly."]),
        ("fr", ["M. Dupont est venu.", "Mme. Durand a vu MM. Petit et Roy."]),
        ("fr", ["Le ministre a reçu M. Dupont hier.", "Il est parti."]),
        ("en", ["She met Ms. Yellen on Monday.", "Gov. Ruiz was there."]),
        ("zh", ["公司上市了。", "2007年上市。", "股价为１．５万元。"]),
        ("ja", ["開業した。", "2007年のことだ。"]),
    ],
)
def test_what_sentencex_takes_for_an_end(lang: str, sentences: list[str]) -> None:
    """Ordinals, titles before names and decimals go on; a sentence may begin with a number."""
    joint = "" if lang in ("zh", "ja") else " "
    assert sentences == [span.text for span in read_sentences(joint.join(sentences), lang)]
