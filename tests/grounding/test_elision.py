"""Quotes with an ellipsis: limits of what counts as faithful."""

from __future__ import annotations

import pytest

from briefing import Match, Source, locate

ONE, TWO = "the bridge was closed", "the river was high"


def found(quote: str, text: str, lang: str = "en") -> Match:
    return locate(quote, Source.from_text(text, lang=lang))


def filler(length: int) -> str:
    """Words of this many characters, without a space at the ends."""
    return ("abcde " * length)[: length - 1] + "z"


@pytest.mark.parametrize(("gap", "status"), [(1500, "elided"), (1501, "unverified")])
def test_the_gap_between_pieces_is_limited(gap: int, status: str) -> None:
    """The next piece begins at most 1,500 characters after the end of the one before."""
    assert status == found(f"{ONE} … {TWO}", f"Then {ONE} {filler(gap - 2)} {TWO} again.").status


@pytest.mark.parametrize(
    ("quote", "status"),
    [
        ("old mill … new barn … red shed … tall oak", "elided"),
        ("old mill … new barn … red shed … tall oak … big pond", "altered"),
        ("old mill … barn fell", "elided"),
        ("old mill … barn", "altered"),
        ("mill … new barn", "altered"),
    ],
)
def test_pieces_are_few_and_have_two_words(quote: str, status: str) -> None:
    """At most four pieces, and no single word."""
    text = "The old mill burned and the new barn fell and the red shed stood and the tall oak died and the big pond froze."
    assert status == found(quote, text).status


@pytest.mark.parametrize(
    ("quote", "status"), [("老桥已经…河水今年", "elided"), ("老桥已经…河水今", "altered"), ("老桥已…河水今年", "altered")]
)  # fmt: skip
def test_pieces_without_spaces_have_four_characters(quote: str, status: str) -> None:
    """In a script without spaces, three characters are too few for a piece."""
    assert status == found(quote, "市长说老桥已经关闭因为河水今年很高。", "zh").status


@pytest.mark.parametrize(("length", "status"), [(1200, "altered"), (1201, "elided")])
def test_quotations_around_a_passage_are_read(length: int, status: str) -> None:
    """One of at most 1,200 characters is seen to end before the second piece, or to begin after the first."""
    before = f"{filler(length - len(f' {ONE} and so on.'))} {ONE} and so on."
    after = f"Well, {TWO} {filler(length - len(f'Well, {TWO} '))}"
    assert [length, length] == [len(before), len(after)]
    texts = [f"Ann said: “{before}” Later {TWO} again."]
    if length == 1200:
        texts.append(f"Then {ONE} and Ann said: “{after}” Again.")
    for text in texts:
        assert status == found(f"{ONE} … {TWO}", text).status


@pytest.mark.parametrize(
    ("text", "quote", "status"),
    [
        ("Nobody here, not even the opposition, asked us to drop it.", "Nobody here … asked us to drop it", "elided"),
        ("It was, as nobody will deny, worth every crown.", "It was … worth every crown", "elided"),
        ("We support, but will not fund, the new school.", "We support … the new school", "altered"),
        ("We will, if nobody objects, build the new school.", "We will … build the new school", "altered"),
        ("I did, he said, not, as feared, resign from it.", "I did … resign from it", "altered"),
        ("They will, not now, raise the taxes.", "They will … raise the taxes", "altered"),
    ],
)  # fmt: skip
def test_an_aside_with_a_negation_may_be_omitted(text: str, quote: str, status: str) -> None:
    """It denies nothing of the sentence around it, unless it is a condition or another half of the sentence."""
    assert status == found(quote, text).status
