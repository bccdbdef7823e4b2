"""`locate`: honest about where a quote stands."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from briefing import Change, InputError, Match, Source, Verbatim, locate, locate_all
from briefing.grounding.resolution import Grounding
from briefing.text.normalization import Folded
from briefing.text.word_diff import word_diff

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
    assert all(
        span.text == source.text[span.start : span.end] and span.start < span.end for span in match.spans
    )
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
        ("Wait ... what", "Wait. . . what happened?", "Wait. . . what"),
        ("We had no choice.", "“We had no choice,” he said.", "We had no choice"),
        (
            "she said 'never again' and left",
            "“she said ‘never again’ and left”",
            "she said ‘never again’ and left",
        ),
        ('"On attend" dit-il', "«\u00a0On attend\u00a0» dit-il", "On attend\u00a0» dit-il"),
        ("…we had no choice [...]", "He said we had no choice.", "we had no choice"),
        ("no choice--none", "We had no choice – none.", "no choice – none"),
        ("a well-known bridge", "It is a well-\nknown bridge.", "a well-\nknown bridge"),
        (
            "rose 8.2% to $412.6 million",
            "It rose 8.2 % to **$412.6 million**.",
            "rose 8.2 % to **$412.6 million",
        ),
        ("我们等了整整三年", "馆长说：“我们等了\n整整三年。”", "我们等了\n整整三年"),
        ("7号线，开通", "地铁 7 号线,开通了", "7 号线,开通"),
        ("เราไม่มีทางเลือก", "เขากล่าวว่าเราไม่มี\nทางเลือกอื่น", "เราไม่มี\nทางเลือก"),
        ("كتاب جديد", "صدر كتـــاب جديد اليوم", "كتـــاب جديد"),
        ("the official office", "the oﬃcial oﬃce said", "the oﬃcial oﬃce"),
        ("I ❤ Harwick", "“I ❤\ufe0f Harwick”", "I ❤\ufe0f Harwick"),
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
        ("We had … no money", "We had a choice and no money.", ["We had", "no money"]),
        ("We had [...] no money", "We had a choice and no money.", ["We had", "no money"]),
        ("We had . . . no money", "We had a choice and no money.", ["We had", "no money"]),
        (
            "We had no choice, and the bridge was unsafe",
            "“We had no choice,” said Maren Holt, “and the bridge was unsafe.”",
            ["We had no choice,", "and the bridge was unsafe"],
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
        ("同意这个计划", "我们不同意这个计划"),
        ("電車は遅れ", "電車は遅れません"),
        ("มีทางเลือกอื่น", "เราไม่มีทางเลือกอื่น"),
        ("5 degrees at night.", "It fell to -5 degrees at night."),
        ("Let’s eat grandma", "“Let’s eat, grandma”"),
        ("He won?", "“He won.”"),
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


def test_a_match_is_immutable() -> None:
    """It can be hashed, and nobody changes the shared match of quotes that are not found."""
    match = found("never said", "We had no choice.")
    with pytest.raises(ValidationError, match="frozen"):
        match.status = "exact"  # type: ignore[misc]
    assert {match: 1} == {found("never said", "Another text."): 1}


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


SPLICED = (
    "“We will never close the school on the hill,” said Maren Holt. "
    "“The mayor will sell the old harbour to the bank,” said Oskar Lind."
)


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("We will … raise taxes on families", "“We will not raise taxes on families,” he said."),
        ("We will ... raise taxes", "“We will never, as long as I am here, raise taxes,” he said."),
        ("Wir haben … Geld genug", "„Wir haben in diesem Jahr nicht Geld genug“, sagte sie."),
        ("Мы будем … платить вам", "«Мы будем думать, но не платить вам», — сказал он."),
        ("我们会在明年…提高票价", "他说：“我们会在明年不提高票价。”"),
        ("We will … sell the old harbour", SPLICED),
        ("We will never close … the old harbour", SPLICED),
        ("We will never close … said Oskar Lind", SPLICED),
        ("The mayor will … close the school", SPLICED),
        ("We … will … close … school", SPLICED.replace("never ", "")),
        (
            "We can sell it … in the spring",
            "“We can sell it to you,” said Ada. “It rains here in the spring.”",
        ),
        ("We can sell it. It rains", "“We can sell it,” said Ada. “It rains.”"),
    ],
)
def test_an_ellipsis_does_not_turn_words_round(quote: str, text: str) -> None:
    """A negation left out, two quotations joined, another order, single words: never elided."""
    assert found(quote, text, "und").status in ("altered", "unverified")


def test_whole_sentences_may_be_left_out() -> None:
    """A negation in a sentence that is left out as a whole changes nothing in the others."""
    text = "“The bridge is old. Nobody repaired it. We will close it in May,” she said."
    assert ["The bridge is old", "We will close it in May"] == [
        span.text for span in found("The bridge is old … We will close it in May", text).spans
    ]


@pytest.mark.parametrize(
    ("claimed", "text", "changes"),
    [
        ("It cost 4.3 million", "It cost 4.2 million", [("4.3", "4.2")]),
        ("We will raise taxes", "We will not raise taxes", [("", "not")]),
        ("We had no choice at all", "We had no choice", [("at all", "")]),
        ("It’s “over” - now", "It's 'over' – now", []),
        ("我们没有等三年", "我们等了三年", [("没有等", "等了")]),
    ],
)
def test_the_diff_names_the_words(claimed: str, text: str, changes: list[tuple[str, str]]) -> None:
    """Changed, left out and added words are told apart, and typography is none of them."""
    assert [Change(claimed=a, found=b) for a, b in changes] == word_diff(claimed, text)


def test_the_diff_reads_well() -> None:
    """Each change says in words what was done."""
    assert ["“4.3” for “4.2”", "leaves out “not”", "adds “at all”"] == [
        str(Change(claimed=a, found=b)) for a, b in [("4.3", "4.2"), ("", "not"), ("at all", "")]
    ]


def test_an_altered_match_carries_its_diff() -> None:
    """`locate` and `Verbatim` say what was changed; a saved `Verbatim` still does."""
    source = Source.from_text("“We will not raise taxes,” he said.", lang="en")
    expected = [Change(claimed="", found="not")]
    assert expected == list(locate("We will raise taxes", source).diff)
    verbatim = Verbatim.model_validate("We will raise taxes", context=Grounding(source))
    assert expected == verbatim.diff == Verbatim.model_validate_json(verbatim.model_dump_json()).diff
    assert () == locate("raise taxes", source).diff


REPEATED = (
    "“No comment,” said Ada. Later Ben said: “No comment.” And Cem? ‘It’s no comment.’ It's over. It’s over."
)


def starts(quotes: list[str]) -> list[int]:
    return [match.spans[0].start for match in locate_all(quotes, Source.from_text(REPEATED, lang="en"))]


def test_repeated_quotes_get_successive_places() -> None:
    """Equal quotes take the places in order, once each; what is claimed more often gets the last one again."""
    first, second = REPEATED.index("No comment"), REPEATED.rindex("No comment")
    assert [first, second] == starts(["No comment", "No comment."])
    assert [first, REPEATED.index("Ben"), second] == starts(["No comment", "Ben said", "No comment"])
    assert [first, second, second] == starts(["No comment"] * 3)


def test_the_same_letters_come_before_the_same_words() -> None:
    """Of two places the one letter by letter is taken first, and the other with the next equal quote."""
    curly, straight = REPEATED.index("It’s over"), REPEATED.index("It's over")
    matches = locate_all(["It’s over", "It's over"], Source.from_text(REPEATED, lang="en"))
    assert [("exact", curly), ("exact", straight)] == [(m.status, m.spans[0].start) for m in matches]
    assert [straight, curly] == starts(["It's over", "It's over"])


def test_repeated_texts_of_one_answer_get_successive_places() -> None:
    """Two `Verbatim` fields with the same text are two places; a new answer begins anew."""
    source = Source.from_text(REPEATED, lang="en")
    grounding = Grounding(source)
    for _ in range(2):
        places = [Verbatim.model_validate("No comment", context=grounding).spans[0].start for _ in range(2)]
        assert [REPEATED.index("No comment"), REPEATED.rindex("No comment")] == places
        grounding.reset()


def test_a_long_quote_is_found_by_its_parts() -> None:
    """A quote of thousands of words with one changed is altered, from its first word to its last."""
    text = " ".join(f"word{i * 7919 % 10007}" for i in range(3000))
    match = found(text.replace("word7919 ", "other "), text)
    assert ("altered", text, (Change(claimed="other", found="word7919"),)) == (
        match.status,
        match.text,
        match.diff,
    )


REST = "the old bridge over the river was closed for the whole winter and the council promised repairs before spring"


@pytest.mark.parametrize(("same", "status"), [(70, "altered"), (69, "unverified")])
def test_an_altered_quote_has_seven_letters_in_ten(same: int, status: str) -> None:
    """The nearest passage has a similarity of 70 or more."""
    text, changed = "harbour " + "Z" * 63 + " closed after storm damaged t", 100 - same
    quote = text.replace("Z" * changed, "Q" * changed, 1)
    assert status == found(quote, f"{'1 ' * 100}{text}{' 2' * 100}").status


@pytest.mark.parametrize(
    ("quote", "text", "status"),
    [
        ("old mil", "The old mill burned.", "altered"),
        ("old mi", "The old mill burned.", "unverified"),
        ("서울 시", "어제 서울 시장은 갔다.", "altered"),
        ("울 시", "어제 서울 시장은 갔다.", "unverified"),
    ],
)
def test_the_shortest_altered_quote(quote: str, text: str, status: str) -> None:
    """Six letters, of which a Korean or Chinese character counts as two."""
    assert status == found(quote, text).status


@pytest.mark.parametrize(("length", "status"), [(50_000, "altered"), (50_001, "unverified")])
def test_the_longest_altered_quote(length: int, status: str) -> None:
    """Longer quotes are found only where they are verbatim."""
    text = "other " + "harbour " * 7000
    quote = ("another " + "harbour " * 7000)[: length - 1].rstrip() + "r"
    quote = quote.ljust(length, "r")
    assert length == len(quote)
    assert status == found(quote, text).status


@pytest.mark.parametrize(("same", "aligned"), [(25, True), (24, False)])
def test_changed_words_at_the_ends_are_aligned_where_half_is_the_same(same: int, *, aligned: bool) -> None:
    """Words of a similarity of 50 or more at the beginning or end belong to the passage."""
    ours, theirs = "a" * same + "x" * 25, "a" * same + "y" * 25
    passage = f"{theirs} {REST}" if aligned else REST
    assert ("altered", passage) == outcome(f"{ours} {REST}", f"Then {theirs} {REST}.")
    passage = f"{REST} {theirs}" if aligned else REST
    assert ("altered", passage) == outcome(f"{REST} {ours}", f"Then {REST} {theirs} came.")


@pytest.mark.parametrize(("words", "whole"), [(67, True), (68, False)])
def test_a_long_quote_may_leave_out_a_quarter_of_its_length(words: int, *, whole: bool) -> None:
    """The passage of a quote of 1,999 characters is searched in 40 more and a quarter of its length on either side."""
    numbered = [f"word{i * 7919 % 1000:03}" for i in range(1000)]
    first, left_out, last = (
        " ".join(numbered[start:end]) for start, end in ((0, 125), (500, 500 + words), (700, 825))
    )
    assert 1999 == len(f"{first} {last}")
    match = found(f"{first} {last}", f"Then {first} {left_out} {last} again.")
    assert ("altered", whole) == (match.status, match.text == f"{first} {left_out} {last}")


def test_a_long_quote_is_searched_for_at_its_beginning_middle_and_end() -> None:
    """One probe of 600 characters is enough if it is similar to a passage; the text between them is not searched for."""
    words = [f"word{i * 7919 % 1000:03}" for i in range(320)]
    for part, status in (
        (slice(25, 80), "altered"),
        (slice(26, 80), "unverified"),
        (slice(148, 200), "altered"),
        (slice(149, 200), "unverified"),
        (slice(279, 320), "altered"),
        (slice(280, 320), "unverified"),
        (slice(76, 122), "unverified"),
    ):
        quote = ["QXZQXZQ"] * 320
        quote[part] = words[part]
        assert status == found(" ".join(quote), " ".join(words)).status, part


def test_a_passage_shorter_or_longer_than_the_quote_is_whole() -> None:
    """Words left out or put in do not move the ends of the passage."""
    text = "Rain is due. The council closed the old Tern bridge for ever on Monday after a long night. Snow is not."
    for quote in (
        "The council closed the Tern bridge on Monday after a long night",
        "The council has now closed for good the old Tern bridge for ever on Monday after a very long night",
    ):
        match = found(quote, text)
        assert (
            "altered",
            "The council closed the old Tern bridge for ever on Monday after a long night",
        ) == (
            match.status,
            match.text,
        )


TEXT = st.text(
    st.sampled_from("aeß ,.'\"“”‘’«»„–—-…\u00a0\u00ad\u200b\n\u0301éﬁİ不同我ない한각ไม่ก7कि،")
    | st.characters(),
    max_size=60,
)


@settings(deadline=None)
@given(TEXT, st.booleans(), st.data())
def test_folding_keeps_track_of_offsets(text: str, ignore_case: bool, data: st.DataObject) -> None:
    """Any piece of a folded text goes back to a piece of the original that folds to it, or holds it."""
    folded = Folded(text, ignore_case)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    low, high = folded.span(start, end)
    assert 0 <= low < high <= len(text)
    assert (low, high) == (min(low, folded.span(start, start + 1)[0]), folded.span(end - 1, end)[1])


@settings(deadline=None)
@given(TEXT, TEXT)
def test_messy_text_never_raises(quote: str, text: str) -> None:
    """Marks, blanks and letters that fold in any order give spans that are slices."""
    source = Source.from_text(text + "x", lang="und")
    for claimed in (quote, text[3:20], quote + "…" + text):
        match = locate(claimed, source, ignore_case=True)
        assert all(span.text == source.text[span.start : span.end] for span in match.spans)


TYPOGRAPHY = ["\u00a0", "  ", "\n", " \u200b", "\t"]


@settings(deadline=None)
@given(WORDS, st.data())
def test_typography_is_never_worse_than_typographic(words: list[str], data: st.DataObject) -> None:
    """Other blanks, composition, soft hyphens and marks around leave the words as they are."""
    text = "a " + " ".join(words) + " z"
    start = data.draw(st.integers(0, len(words) - 1))
    quote = " ".join(words[start : data.draw(st.integers(start + 1, len(words)))])
    changed = "".join(data.draw(st.sampled_from(TYPOGRAPHY)) if char == " " else char for char in quote)
    changed = unicodedata.normalize(data.draw(st.sampled_from(["NFC", "NFD"])), changed)
    at = data.draw(st.sampled_from([i for i, c in enumerate(changed) if not unicodedata.combining(c)]))
    changed = "“" + changed[:at] + "\u00ad" + changed[at:] + "”"
    assert found(changed, text).status in ("exact", "typographic")


def test_a_str_is_the_text_itself() -> None:
    """A quote can be looked for in a plain text; offsets count its characters, whatever they are."""
    text = "\ufeff\ud800 “We had no choice,” said Holt."
    match = locate("We had no choice", text)
    assert ("exact", text[4:20]) == (match.status, match.text)
    assert [match] == locate_all(["We had no choice"], text)
    assert "unverified" == locate("We had no choice", "").status


@pytest.mark.parametrize(
    ("quote", "source"), [("a word", None), ("a word", b"a word"), (3, "a word"), (None, "a word")]
)
def test_other_types_are_refused(quote: Any, source: Any) -> None:
    """What is neither a text nor a source is an `InputError` that says so."""
    with pytest.raises(InputError, match="not"):
        locate(quote, source)


@pytest.mark.parametrize(
    ("quote", "text", "lang"),
    [
        # Feet and inches, minutes and seconds.
        ("The 6' pipe burst", 'The 6" pipe burst today.', "en"),
        ("The pipe is 6'", 'The pipe is 6" wide.', "en"),
        ("The pipe is 6", 'The pipe is 6" wide.', "en"),
        ("the 6′ pipe", "In the 6″ pipe it stood.", "en"),
        ("He is 5’ tall", "He is 5” tall.", "en"),
        # Powers, products, fractions, ranges and ratios.
        ("It is 102 times as much", "It is 10**2 times as much.", "en"),
        ("102", "Multiply by 10**2 then.", "en"),
        ("10", "Multiply by 10**2 then.", "en"),
        ("10 2", "Multiply by 10 ** 2 then.", "en"),
        ("10", "It has 10⁵ cells.", "en"),
        ("10⁵ cells", "It has 3 × 10⁵ cells.", "en"),
        ("3", "It has 3 × 10⁵ cells.", "en"),
        ("5 cups", "Take 1 / 5 cups.", "en"),
        ("5", "Walk 5 ½ miles.", "en"),
        ("1", "Take 1⁄2 of it.", "en"),
        ("15 people", "There were 10 – 15 people.", "en"),
        ("1", "The odds are 1:3 now.", "en"),
        # Signs and currencies.
        ("5", "It lost −€5 in May.", "en"),
        ("€5", "It lost −€5 in May.", "en"),
        ("−€5", "It made €5 in May.", "en"),
        ("−5", "It rose 5 in May.", "en"),
        ("5 degrees", "It fell to –5 degrees.", "en"),
        ("5 degrees", "It fell to − 5 degrees.", "en"),
        ("5 degrees", "It fell to minus 5 degrees.", "en"),
        ("5 percent", "It is ±5 percent.", "en"),
        ("$5", "It costs US$5 now.", "en"),
        ("5", "Es kostet 5 € mehr.", "de"),
        ("5", "It costs EUR 5 more.", "en"),
        ("5", "A drop of .5 is fine.", "en"),
        ("5度", "今天零下5度。", "zh"),
        # Units and scales.
        ("30", "売上は30万だった。", "ja"),
        ("30", "売上は30億円だった。", "ja"),
        ("万人", "約30万人が来た。", "ja"),
        ("5000人", "30万5000人が来た。", "ja"),
        ("十万", "这里有三十万人。", "zh"),
        ("3年", "それは3年半だった。", "ja"),
        ("3回", "これは第3回大会だ。", "ja"),
        ("30", "30만 명이 왔다.", "ko"),
        ("42", "ใช้เงิน 42 ล้านบาท", "th"),
        ("42", "Это стоит 42 млн рублей.", "ru"),
        ("42", "Es kostet 42 Millionen Euro.", "de"),
        ("costs 4.2", "It costs 4.2 million.", "en"),
        ("thirty", "It costs thirty million.", "en"),
        ("30", "It is 30 % more.", "en"),
        ("30", "It is 30‰ more.", "en"),
        ("30", "It sold 30k copies.", "en"),
        ("1.5", "It is 1.5m wide.", "en"),
        ("5", "It has 5 km² left.", "en"),
        ("5 km", "It ran at 5 km/h there.", "en"),
        ("5°", "It was 5°C there.", "en"),
        ("500 people", "About 1 500 people came.", "en"),
        # Ranges, powers and fractions, more of them.
        ("$5", "It costs $5–$10 now.", "en"),
        ("10%", "Some 5%–10% left.", "en"),
        ("5%", "Some 5%–10% left.", "en"),
        ("15 people", "There were 10 to 15 people.", "en"),
        ("15人", "10から15人が来た。", "ja"),
        ("−5", "It was 10^−5 there.", "en"),
        ("5°", "It was 5° C there.", "en"),
        ("two", "They took two thirds of it.", "en"),
        ("a million people", "Some half a million people came.", "en"),
        ("30", "30多万人参加了。", "zh"),
        ("5", "Enflasyon %5 oldu.", "tr"),
        ("5 lakh", "It costs Rs 5 lakh.", "en"),
        ("2", "It ended 2—5 there.", "en"),
        ("2", "A scale of 2∶1 is used.", "en"),
        ("5", "営業利益は▲5億円。", "ja"),
        ("10", "It was 10 ℃ there.", "en"),
        ("5", "5 millió ember jött.", "hu"),
        ("5''", "It is 5' long.", "en"),
        # Words with marks inside.
        ("at 5 p", "It closed at 5 p.m. on Friday.", "en"),
        ("AT", "AT&T rose.", "en"),
        ("Brien", "Kate O’Brien left.", "en"),
        ("ארה", "צבא ארה״ב הגיע.", "he"),
        ("אפשר", "זה אי־אפשר עכשיו.", "he"),
        ("We can", "We can not go.", "en"),
        ("We can", "We can”t go.", "en"),
        ("We can", "We can 't go.", "en"),
        ("violent", "It was non- violent.", "en"),
        # Letters with a sign.
        ("blood group A", "He has blood group A+ now.", "en"),
        ("blood group A-", "He has blood group A+ now.", "en"),
        ("written in C", "It is written in C++ now.", "en"),
        # Negations and prefixes, however their marks are typed.
        ("We can", "We can´t go.", "en"),
        ("We can", "We can`t go.", "en"),
        ("We can", "We can′t go.", "en"),
        ("We can", "We can\u2060’t go.", "en"),
        ("European countries", "Only non–European countries came.", "en"),
        ("European countries", "Only non—European countries came.", "en"),
        ("European countries", "Only non−European countries came.", "en"),
        ("European countries", "Only non-\nEuropean countries came.", "en"),
        ("est coupable", "Il n’est coupable de rien.", "fr"),
    ],
)
def test_a_cut_or_changed_number_or_negation_is_never_the_same(quote: str, text: str, lang: str) -> None:
    """A number without its sign, currency, unit or power, and a word without its prefix or "n't" are not verbatim."""
    assert found(quote, text, lang).status in ("altered", "unverified")


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ('The 6" pipe', "The 6″ pipe burst."),
        ('The pipe is 6"', 'The pipe is 6" wide.'),
        ("We open in 2027", "“We open in 2027” he said."),
        ("'We open in 2027'", "He said “We open in 2027” and left."),
        ("said 'in 2027' and left", "He said “in 2027” and left."),
        ("the 1990's", "It was in the 1990’s."),
        ("on 5 May", "It was on 5 May in Rome."),
        ("−€5", "It lost -€5 in May."),
        ("We had no choice", "We had no choice—none."),
        ("2 million people", "Some **2 million** people came."),
        ("millions of people", "They saw millions of people."),
        ("10–15 people", "There were 10-15 people."),
        ("הארץ", 'נכתב ב"הארץ" אתמול.'),
        ("It is", "It is noted."),
    ],
)
def test_marks_signs_and_units_may_be_typed_otherwise(quote: str, text: str) -> None:
    """Quotation marks behind digits, other primes, dashes and emphasis are typography."""
    assert found(quote, text).status in ("exact", "typographic")


@pytest.mark.parametrize(
    ("quote", "text", "lang"),
    [
        ("Eles vão … pagar a conta", unicodedata.normalize("NFD", "“Eles vão hoje não pagar a conta”"), "pt"),
        ("We will … raise taxes", "“We will, he can´t, raise taxes,” he said.", "en"),
        ("Sie wird … die Steuern erhöhen", "„Sie wird ni\u00adcht die Steuern erhöhen“", "de"),
        ("It fell to 5, and stayed", "“It fell to −5,” she said, “and stayed.”", "en"),
        ("It cost 5, and stayed", "“It cost €5,” she said, “and stayed.”", "en"),
        ("a pipe of 6' … stayed there", '“a pipe of 6" in the road and stayed there”', "en"),
        ("He has 5 million … in the bank", "“He has .5 million crowns in the bank”", "en"),
        ("He has .5 million … in the bank", "“He has 5 million crowns in the bank”", "en"),
        ("жизни рабочих … не угрожает", "«жизни рабочих ничто не угрожает»", "ru"),
    ],
)
def test_signs_and_negations_are_not_elided(quote: str, text: str, lang: str) -> None:
    """A negation is found in any normalization form, and a sign counts in each piece."""
    assert found(quote, text, lang).status in ("altered", "unverified")


MARKED = st.text("12 5.,-−–'\"′″€$%*+²万億abn’t", min_size=1, max_size=14)


def signs(text: str) -> list[str]:
    text = unicodedata.normalize("NFKC", text).translate(str.maketrans("−–", "--"))
    return regex.findall(r"\d|[€$%*+万億]|(?<!\w)-(?=\d)|n['’′]t\b", text)


@settings(deadline=None, max_examples=300)
@given(MARKED, MARKED, MARKED)
def test_the_same_words_have_the_same_signs(before: str, quote: str, after: str) -> None:
    """A quote that is exact or typographic has the digits, signs and negations of the passage."""
    match = locate(quote, before + quote + after)
    if match.status in ("exact", "typographic"):
        assert [s for s in signs(quote) if s.isdigit()] == [s for s in signs(match.text) if s.isdigit()]
        assert set(signs(match.text)) == set(signs(quote))
