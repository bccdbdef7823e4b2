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


@pytest.mark.parametrize(("length", "status"), [(3000, "altered"), (3001, "elided")])
def test_quotations_are_read_before_a_passage(length: int, status: str) -> None:
    """A quotation that begins 3,000 characters before the first piece is seen to end before the second one."""
    text = f"Ann said: “{filler(length - 2)} {ONE} and so on.” Later {TWO} again."
    assert length == text.index(ONE) - text.index("“")
    assert status == found(f"{ONE} … {TWO}", text).status


@pytest.mark.parametrize(("length", "status"), [(2999, "altered"), (3000, "elided")])
def test_quotations_are_read_after_a_passage(length: int, status: str) -> None:
    """A quotation whose mark is within 3,000 characters of the second piece is seen to begin after the first one."""
    text = f"Then {ONE} and Ann said: “Well, {TWO} {filler(length - 1)}” Again."
    assert length == text.index("”") - text.index(TWO) - len(TWO)
    assert status == found(f"{ONE} … {TWO}", text).status


@pytest.mark.parametrize(("length", "status"), [(1499, "altered"), (1500, "elided")])
def test_quotations_are_read_in_whole_lines(length: int, status: str) -> None:
    """A line is read whole if its end is within 1,500 characters of the passage, and not at all otherwise."""
    before = f"Ann said: “We {filler(100)}\n{filler(length - 1)} {ONE} and so on.” Later {TWO} again."
    assert status == found(f"{ONE} … {TWO}", before).status
    after = f"Then {ONE} and Ann said: “Well, {TWO} {filler(length - 1)}\nmore {filler(100)}” Again."
    assert status == found(f"{ONE} … {TWO}", after).status


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
