"""Pointers in written text: `‹q2›` becomes the quotation, whatever form the model gives to the id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing import Source, locate
from briefing.grounding import Grounding, QuotedText, check_quotations, expand_pointers

WARD = (
    "The council closed the Tern bridge on Monday. “We had no choice at all,” said Maren Holt, who leads the council. "
    "“It was over for us all,” she said, “and we knew it.” Oskar Lind, a baker, called it “a disaster for the whole street.” "
    "He said it was “a disaster” twice. The bridge opens again in 2027."
)
FRENCH = "Le pont est fermé. « Nous n’avions pas le choix », a déclaré Anne Morel, maire de la ville."
GERMAN = "Der Hafen bleibt gesperrt. „Die Kaimauer ist nicht sicher“, sagte Hafenmeisterin Ilse Brandt am Dienstag."
JAPANESE = "橋は月曜日に閉鎖された。市長の田中氏は「ほかに選択肢はまったくありませんでした」と話した。"
STRAIGHT = 'The bridge closed. "We don\'t like it but it had to be," said Ana Ruiz.'
UNCLOSED = (
    "The bridge closed. Ana Ruiz said: “We never wanted it to be like this for so long\n\nNobody answered."
)


def expanded(text: str, article: str = WARD, lang: str = "en") -> tuple[str, list[QuotedText]]:
    """The text with its pointers expanded, and its quotations checked."""
    source = Source.from_text(article, lang=lang)
    written, pointed = expand_pointers(text, Grounding(source))
    return check_quotations(written, source, lang, pointed)


def findings(found: list[QuotedText]) -> list[tuple[str, str, str]]:
    """Kind, words and message of what is wrong."""
    return [(f.kind, f.text, f.message) for one in found for f in one.findings]


@pytest.mark.parametrize(
    "pointer",
    [
        "‹q1›", "‹ q1 ›", "‹Q1›", "{q1}", "【q1】", "［q1］", "⟨q1⟩", "〈q1〉", "&lt;q1&gt;", "‹q1]", "‹q1 we had no choice at all›", "<q1>", "[q1]", "(q1)", "（q1）", '"q1"', "“q1”", "'q1'", "«q1»", "「q1」", "`q1`",
        "''q1''", "<<q1>>", "„q1“", '"‹q1›"', "“‹q1›”", "'[q1]'", "« ‹q1› »", "‹q1:›", "‹q 1›", "‹q١›",
        "“We had no choice at all” ‹q1›", "‹q1›“We had no choice at all”", "“We had no choice at all” (q1)",
        "“We had no choice at all,” [q1]", "‹q1: we had no choice at all›",
    ],
)  # fmt: skip
def test_an_id_is_read_in_many_forms(pointer: str) -> None:
    """In any brackets or marks the id becomes the quotation, once, with the article's marks and characters."""
    text, [quoted] = expanded(f"Holt said: {pointer}.")
    assert "holt said: “we had no choice at all”." == text.casefold()
    assert [] == findings([quoted])
    assert "we had no choice at all" == text[quoted.start : quoted.end].casefold()


@pytest.mark.parametrize(
    "text", ["The q1 of the year was good.", "In the first quarter (Q1), sales fell.", "Rule q12b."]
)
def test_a_bare_word_is_no_pointer(text: str) -> None:
    """Without brackets or marks, and as a quarter of a year, it stays what it is."""
    assert (text, []) == expanded(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("‹q1› said Holt.", "“We had no choice at all,” said Holt."),
        ("‹q1›, said Holt.", "“We had no choice at all”, said Holt."),
        ("“‹q1›,” said Holt.", "“We had no choice at all,” said Holt."),
        ("Holt told them “‹q1›.”", "Holt told them “We had no choice at all.”"),
        ("Holt: ‹q1›", "Holt: “We had no choice at all”"),
        ("Lind: ‹q3›", "Lind: “a disaster for the whole street.”"),
        ("Lind: ‹q3›.", "Lind: “a disaster for the whole street”."),
        ("‹q3: whole street›", "“whole street”"),
        ("‹q3: Disaster for the›", "“disaster for the”"),
        ("She said ‹q2›.", "She said “It was over for us all, and we knew it”."),
        ("‹q2: It was over for us all, and we knew it›.", "“It was over for us all, and we knew it”."),
        ("She said ‹q2: and we knew it› then.", "She said “and we knew it” then."),
        (
            "Holt said ‹q1›, Lind ‹q3›.",
            "Holt said “We had no choice at all”, Lind “a disaster for the whole street”.",
        ),
    ],
)
def test_a_pointer_fits_into_the_sentence(text: str, expected: str) -> None:
    """Whole, in part, or split: words and marks are the article's, stops are not doubled."""
    written, found = expanded(text)
    assert (expected, []) == (written, findings(found))


@pytest.mark.parametrize(
    ("lang", "article", "text", "expected"),
    [
        ("de", GERMAN, "Brandt sagte: ‹q1›.", "Brandt sagte: „Die Kaimauer ist nicht sicher“."),
        ("de", GERMAN, "„‹q1: nicht sicher›“, sagte Brandt.", "„nicht sicher“, sagte Brandt."),
        ("fr", FRENCH, "Mme Morel : ‹q1›.", "Mme Morel : « Nous n’avions pas le choix »."),
        ("fr", FRENCH, "« ‹q1› », dit Anne Morel.", "« Nous n’avions pas le choix », dit Anne Morel."),
        ("ja", JAPANESE, "田中氏は‹q1›と話した。", "田中氏は「ほかに選択肢はまったくありませんでした」と話した。"),
        ("ja", JAPANESE, "田中氏は「‹q1: 選択肢›」と話した。", "田中氏は「選択肢」と話した。"),
        ("en", STRAIGHT, "Ruiz said ‹q1›.", 'Ruiz said "We don\'t like it but it had to be".'),
        ("en", UNCLOSED, "Ruiz said ‹q1›.", "Ruiz said “We never wanted it to be like this for so long”."),
    ],
)  # fmt: skip
def test_the_marks_are_the_articles(lang: str, article: str, text: str, expected: str) -> None:
    """A quotation stands between the marks around it in the article, or “ ” if one of them is missing."""
    written, found = expanded(text, article, lang)
    assert (expected, []) == (written, findings(found))
    assert [True] == [one.is_speech for one in found]


@pytest.mark.parametrize(
    ("text", "words", "message", "passages"),
    [
        ("Holt said ‹q9›.", "‹q9›", "there is no quotation q9", []),
        ("Holt said “[q9]”.", "‹q9›", "there is no quotation q9", []),
        (
            "Holt said ‹q1, q3›.",
            "‹q1: q3›",
            "the quotation q1 does not have the words 'q3'",
            ["We had no choice at all,"],
        ),
        (
            "Holt said (q1: a choice).",
            "‹q1: a choice›",
            "the quotation q1 does not have the words 'a choice'",
            ["We had no choice at all,"],
        ),
        (
            "She said ‹q2: over for us all, and we›.",
            "‹q2: over for us all, and we›",
            "the quotation q2 does not have the words 'over for us all, and we'",
            ["It was over for us all,", "and we knew it."],
        ),
        (
            "Lind said ‹q1: a disaster›.",
            "‹q1: a disaster›",
            "the quotation q1 does not have the words 'a disaster'",
            ["We had no choice at all,"],
        ),
    ],
)
def test_a_pointer_to_nothing_is_a_finding(text: str, words: str, message: str, passages: list[str]) -> None:
    """An unknown id, and words that are not in that quotation, though elsewhere: never the whole instead."""
    written, [quoted] = expanded(text)
    [finding] = quoted.findings
    assert ("quotation", words, message) == (finding.kind, finding.text, finding.message)
    assert words == written[finding.start : finding.end]
    assert passages == [span.text for span in finding.source]


def test_an_unexpanded_pointer_is_found_also_alone() -> None:
    """Without the places that were pointed at, `check_quotations` reads what is left as an invented quotation."""
    source = Source.from_text(WARD, lang="en")
    text, _ = expand_pointers("Holt said [q9].", Grounding(source))
    assert ["quotation"] == [kind for kind, _, _ in findings(check_quotations(text, source, "en")[1])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Oskar Lind said: ‹q1›.", ["speaker"]),
        ("Maren Holt said: ‹q1›.", []),
        ("“‹q3›,” Maren Holt said.", ["speaker"]),
        ("She said: ‹q1›.", []),
        ("Holt called it ‹q9› and Maren Holt said ‹q3›.", ["speaker", "quotation"]),
        ("Holt said “no money, ‹q1›”.", ["quotation"]),
        ("Holt said ‹q1› and “we had a choice”.", ["quotation"]),
        ("Holt said ‹q1›, “and no money.", ["quotation"]),
    ],
)
def test_what_stands_around_a_pointer_is_checked(text: str, expected: list[str]) -> None:
    """The speaker that the sentence names, a quotation that encloses the pointer, and those beside it."""
    assert sorted(expected) == sorted(kind for kind, _, _ in findings(expanded(text)[1]))


def test_of_equal_words_the_one_pointed_at_counts() -> None:
    """The spans are those of the pointer's quotation, where the same words occur before it."""
    article = "“It is a great day for us,” said Ana Ruiz. Later Bo Lund agreed: “It is a great day for us,” he said."
    _, [quoted] = expanded("Bo Lund said: ‹q2›.", article)
    assert [article.rindex("It is")] == [span.start for span in quoted.match.spans]
    assert [] == findings([quoted])
    assert ["speaker"] == [kind for kind, _, _ in findings(expanded("Bo Lund said: ‹q1›.", article)[1])]


def test_findings_lie_in_the_expanded_text() -> None:
    """Offsets count in the returned text, also behind copied words that became longer."""
    article = WARD.replace("a disaster for", "a   disaster for")
    text, found = expanded(
        "It is “a disaster for the whole street”, ‹q9›, and Oskar Lind said: ‹q1›.", article
    )
    wrong = [f for one in found for f in one.findings]
    assert ["‹q9›", "Oskar Lind"] == [f.text for f in wrong] == [text[f.start : f.end] for f in wrong]
    assert "We had no choice at all" in [text[one.start : one.end] for one in found]


_WRITTEN = st.lists(
    st.sampled_from(
        ["‹q1›", "‹q2: ", "›", "[q3]", '"', "“", "”", "'", " ", "Holt said: ", "no choice", "q1", "(q2)", "<", ",", ".", "«", "»", "「", "a"]
    )
    | st.text(max_size=3),
    max_size=12,
).map("".join)  # fmt: skip


@given(_WRITTEN, st.sampled_from([WARD, GERMAN, FRENCH, JAPANESE, STRAIGHT, UNCLOSED, "No one speaks."]))
def test_any_text_about_any_article(text: str, article: str) -> None:
    """No text raises, every quotation lies in the returned text, and what is left without a finding is the article's."""
    source = Source.from_text(article)
    written, found = expanded(text, article, source.lang)
    assert all(0 <= one.start <= one.end <= len(written) for one in found)
    for one in found:
        words = written[one.start : one.end]
        assert all(article[span.start : span.end] == span.text for span in one.match.spans)
        assert (
            one.findings
            or not any(map(str.isalnum, words))
            or locate(words.casefold(), article.casefold()).status in ("exact", "typographic", "elided")
        )
