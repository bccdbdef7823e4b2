"""`locate`: honest about where a quote stands."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing import Match, Source, locate

LETTERS = st.text(min_size=1).filter(lambda text: any(char.isalpha() for char in text))
WORDS = st.lists(
    st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x52F), min_size=1, max_size=9),
    min_size=1,
    max_size=40,
)


def found(quote: str, text: str, lang: str = "en") -> Match:
    return locate(quote, Source.from_text(text, lang=lang))


def outcome(quote: str, text: str) -> tuple[str, str]:
    match = found(quote, text)
    return match.status, match.text


@settings(deadline=None)
@given(st.text(), LETTERS)
def test_any_match_is_made_of_slices(quote: str, text: str) -> None:
    """Whatever the quote and the text, spans are slices in order, and there are none where it is unverified."""
    source = Source.from_text(text, lang="en")
    match = locate(quote, source)
    assert all(span.holds_in(source.text) and span.start < span.end for span in match.spans)
    assert all(one.end <= other.start for one, other in zip(match.spans, match.spans[1:], strict=False))
    assert (match.status == "unverified") == (not match.spans)
    assert " … ".join(span.text for span in match.spans) == match.text


@settings(deadline=None)
@given(WORDS, st.data())
def test_a_true_slice_is_exact(words: list[str], data: st.DataObject) -> None:
    """Words of the text in a row are found, letter by letter."""
    text = "a " + " ".join(words)
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    quote = " ".join(words[start:end])
    assert ("exact", quote) == outcome(quote, text)


@settings(deadline=None)
@given(WORDS, st.data())
def test_exact_means_letter_by_letter(words: list[str], data: st.DataObject) -> None:
    """A quote with one character changed is never exact, unless the changed one stands there, too."""
    text = "Anna " + " ".join(words)
    quote = list(" ".join(words))
    quote[data.draw(st.integers(0, len(quote) - 1))] = data.draw(st.characters(categories=["L", "N"]))
    match = found("".join(quote), text)
    assert match.status != "exact" or match.text == "".join(quote)


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("We had no choice", "“We had no choice,” said Holt."),
        ("“We had no choice,”", "“We had no choice,” said Holt."),
        ("我们等了整整三年", "馆长说：“我们等了整整三年。”"),
        ("المياه صالحة للشرب", "وقالت: «المياه صالحة للشرب»."),
        ("เราไม่มีทางเลือก", "เขากล่าวว่าเราไม่มีทางเลือกอื่น"),
        ("опору", "Мы проверим каждую опору."),
        ("हमारे पास", "उसने कहा हमारे पास समय है"),
        ("costs 4.2 million", "It costs 4.2 million."),
        ("the council", "It is the council’s bridge."),
        ("État", "Il a dit que l’État paiera."),
    ],
)
def test_exact(quote: str, text: str) -> None:
    """The same characters, between word boundaries, in any script; marks around the quote do not count."""
    match = found(quote, text)
    assert ("exact", quote.strip("“”")) == (match.status, match.text)


@pytest.mark.parametrize(
    ("quote", "text", "passage"),
    [
        ("It's the council's \"plan B\"", "It’s the council’s “plan B” now.", "It’s the council’s “plan B"),
        ("It’s over", "It's over", "It's over"),
        ("no choice - none", "We had no choice — none.", "no choice — none"),
        ("4 200 people came", "4\u00a0200 people came.", "4\u00a0200 people came"),
        ("no choice at all", "We had no\n  choice at all.", "no\n  choice at all"),
        ("Freundschaft hält", "Die Freund\u00adschaft hält.", "Freund\u00adschaft hält"),
        ("Freund\u00adschaft hält", "Die Freundschaft hält.", "Freundschaft hält"),
        ("Wait... what", "Wait… what happened?", "Wait… what"),
    ],
)
def test_typographic(quote: str, text: str, passage: str) -> None:
    """The same words in other marks, dashes and spaces: the passage is as the source has it."""
    assert ("typographic", passage) == outcome(quote, text)


@pytest.mark.parametrize("word", ["Hélène a gagné", "한국 정부는", "Việt Nam", "Ǻngström x̂"])
@pytest.mark.parametrize(("asked", "written"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_unicode_forms(word: str, asked: str, written: str) -> None:
    """Composed and decomposed letters are the same letters."""
    quote, passage = unicodedata.normalize(asked, word), unicodedata.normalize(written, word)
    assert ("typographic", passage) == outcome(quote, f"Then: {passage} again.")


@pytest.mark.parametrize(
    ("quote", "text", "pieces"),
    [
        ("We had … no money", "We had no choice and no money.", ["We had", "no money"]),
        ("We had [...] no money", "We had no choice and no money.", ["We had", "no money"]),
        ("We had . . . no money", "We had no choice and no money.", ["We had", "no money"]),
        ("…we had no choice", "He said we had no choice.", ["we had no choice"]),
        (
            "We had no choice, and the bridge was unsafe",
            "“We had no choice,” said Maren Holt, “and the bridge was unsafe.”",
            ["We had no choice,", "and the bridge was unsafe."],
        ),
    ],
)
def test_elided(quote: str, text: str, pieces: list[str]) -> None:
    """Pieces around an ellipsis or a reporting clause are found one by one."""
    match = found(quote, text)
    assert ("elided", pieces) == (match.status, [span.text for span in match.spans])


def test_pieces_come_in_order() -> None:
    """An elided quote with its pieces the wrong way round is not elided."""
    assert found("no money … We had", "We had no choice and no money.").status in ("altered", "unverified")


def test_pieces_lie_near_each_other() -> None:
    """Pieces from opposite ends of a long article are no quote."""
    text = "We had no choice. " + "Rain fell on the harbour. " * 100 + "There was no money."
    assert found("We had no choice … no money", text).status in ("altered", "unverified")


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("We support the plan", "“We do not support the plan,” he said."),
        ("We can wait for the ferry", "We can't wait for the ferry."),
        ("The ferry runs and we can", "The ferry runs and we can’t."),
        ("It costs 4.3 million crowns", "It costs 4.2 million crowns."),
        ("2 million crowns for repairs", "It costs 4.2 million crowns for repairs."),
        ("500 people came", "About 1,500 people came."),
        ("500 people came", "About 1\u00a0500 people came."),
        ("15 people came", "Some 10–15 people came."),
        ("5 degrees at night", "It fell to -5 degrees at night."),
        ("profit groups are exempt", "Only non-profit groups are exempt."),
        ("Not a single ferry ran on Sunday", "Not a single ferry ran on Sundays."),
        ("he bridge was unsafe", "the bridge was unsafe"),
        ("the bridge was uns", "the bridge was unsafe"),
        ("the bridge was unsafe and rotten to its very last bolt", "the bridge was unsafe"),
        ("we had no choice", "He said: We had no choice."),
        ("The cafe", unicodedata.normalize("NFD", "The café")),
        ("The Freund", "The Freund\u00adschaft"),
        ("मोद", "मोदी ने कहा"),
        ("Мы проверим каждую", "Мы не проверим каждую"),
        ("我们没有等三年", "我们等了三年"),
    ],
)
def test_changed_words_are_never_called_the_same(quote: str, text: str) -> None:
    """A dropped negation, another number, a cut or added word: altered or unverified, and nothing better."""
    assert found(quote, text).status in ("altered", "unverified")


@pytest.mark.parametrize(
    ("quote", "passage"),
    [
        ("It cost 4.2 million crowns in all", "costs 4.2 million crowns in all"),
        ("The bridges opens again in 2027", "The bridge opens again in 2027"),
    ],
)
def test_altered_gives_the_nearest_passage(quote: str, passage: str) -> None:
    """An altered quote comes with what the source really says, in whole words."""
    match = found(quote, "The bridge opens again in 2027. It costs 4.2 million crowns in all. Rain is due.")
    assert match.status == "altered"
    assert passage in match.text


@pytest.mark.parametrize(
    "quote", ["Penguins took over the parliament of Atlantis", "", "  “” ", "…", "?!", "\u00ad"]
)
def test_fabricated_or_blank_is_unverified(quote: str) -> None:
    """What has nothing to do with the text, or says nothing, is unverified, without a passage."""
    assert Match(status="unverified", spans=(), text="") == found(quote, "The bridge … is shut?! For now.")


def test_offsets_count_code_points() -> None:
    """Emoji and astral letters before a quote do not shift it."""
    [span] = found("no choice", "👩‍🚒🎉𝔘 “We had no choice”").spans
    assert (14, 23) == (span.start, span.end)


def test_the_first_place_counts_that_is_not_inside_a_word() -> None:
    """A quote that first occurs inside a longer word is found where it stands by itself."""
    [span] = found("art", "Parts of modern art").spans
    assert (16, 19) == (span.start, span.end)


def test_case_counts_unless_told_otherwise() -> None:
    """Letters of another case are other letters; `ignore_case` says that they are not."""
    source = Source.from_text("The Mayor of Harwick spoke.", lang="en")
    assert "altered" == locate("mayor of harwick", source).status
    assert ("typographic", "Mayor of Harwick") == (
        (match := locate("mayor of harwick", source, ignore_case=True)).status,
        match.text,
    )


def test_a_letter_that_folds_to_two_is_not_cut() -> None:
    """Where case folding makes two letters of one, half of it is not found."""
    source = Source.from_text("Das Schiff ist groß.", lang="de")
    assert locate("schiff ist gros", source, ignore_case=True).status in ("altered", "unverified")
    assert "groß" in locate("SCHIFF IST GROSS", source, ignore_case=True).text
