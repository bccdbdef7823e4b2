"""Turns of transcripts: who speaks without quotation marks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.quotations import read_turns
from briefing.sources import Source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LIND: We will not sell.", [("LIND", "We will not sell.")]),
        ("Oskar Lind: No.\nMaren Holt: Yes.", [("Oskar Lind", "No."), ("Maren Holt", "Yes.")]),
        ("MR. LIND (laughs): No.\nNever.\n\nHe left.", [("MR. LIND", "No.\nNever.")]),
        ("[00:01:12] LIND: No.", [("LIND", "No.")]),
        (
            "Oskar Lind  00:01:12\nNo.\n\nMaren Holt 1:02 PM\nYes.\n\nOskar Lind 00:01\nNever.",
            [("Oskar Lind", "No."), ("Maren Holt", "Yes."), ("Oskar Lind", "Never.")],
        ),
        (
            "de la Cruz: No.\nHolt: Yes.\nde la Cruz: Never.\nHolt: No.",
            [("de la Cruz", "No."), ("Holt", "Yes."), ("de la Cruz", "Never."), ("Holt", "No.")],
        ),
        ("Speaker 1: No.\nSpeaker 2: Yes.", [("Speaker 1", "No."), ("Speaker 2", "Yes.")]),
        ("Oskar Lind 10:20 AM\nNobody came.", []),
        ("**Oskar Lind:** No.", [("Oskar Lind", "No.")]),
        ("Lind: No.\nHolt: Yes.\nLind: Never.", [("Lind", "No."), ("Holt", "Yes."), ("Lind", "Never.")]),
        ("ЛИНД: Мы не продадим.", [("ЛИНД", "Мы не продадим.")]),
        ("林德：我们不卖。\n王明：好。", [("林德", "我们不卖。"), ("王明", "好。")]),
        ("Note: The bridge is closed.", []),
        ("The result: nobody came.", []),
        ("Q: Why?\nA: Because.\nQ: Why?", []),
        ("He said LIND: no.", []),
        ("LIND:", []),
        ("", []),
    ],
)
def test_a_label_and_a_colon_begin_a_turn(text: str, expected: list[tuple[str, str]]) -> None:
    """At the beginning of a line, up to the next label or a blank line."""
    assert expected == [(turn.speaker, turn.text) for turn in read_turns(text)]


@given(
    st.lists(
        st.sampled_from(["LIND", "Holt", "林德", ": ", "：", "\n", " ", "(x)", "12:30", "*", "a", "."]),
        max_size=14,
    )
)
def test_turns_are_slices(pieces: list[str]) -> None:
    """Any text is read; turns lie in it in order and do not overlap."""
    text = "".join(pieces)
    turns = read_turns(text)
    places = [place for turn in turns for place in (turn.speaker_span, turn.spans[0]) if place is not None]
    assert all(text[place.start : place.end] == place.text != "" for place in places)
    assert all(one.end <= other.start for one, other in pairwise(places))


HEARING = """Hearing on the harbour fund

Present: Senators Okafor and Price.

Senator Ada Jones (Chair): Good morning. We are here to ask where the money of the harbour fund went.

I want to thank the staff, who worked through the weekend.

MR. SMITH: Thank you. The fund paid the yard. (Laughter.) I know how that sounds.

[Pause]

The yard was the only one that could take the ship.

Senator Okafor: Who signed the “contract”?

MR. SMITH: I did.

Note: The contract is printed in the appendix.

JONES: We will need the names.

He nodded and left.
"""


def _said(text: str, lang: str = "en") -> list[tuple[str | None, str]]:
    return [(q.speaker, q.text) for q in Source.from_text(text, lang=lang).quotations]


def test_what_the_speakers_of_a_transcript_say_are_quotations() -> None:
    """Over paragraphs and stage directions, in pieces; notes, lists and what stands behind the last turn are none."""
    chair, smith = "Senator Ada Jones", "MR. SMITH"

    assert [
        (chair, "Good morning. We are here to ask where the money of the harbour fund went."),
        (chair, "I want to thank the staff, who worked through the weekend."),
        (smith, "Thank you. The fund paid the yard."),
        (smith, "I know how that sounds."),
        (smith, "The yard was the only one that could take the ship."),
        ("Senator Okafor", "Who signed the “contract”?"),
        (smith, "I did."),
        (chair, "We will need the names."),
    ] == _said(HEARING)


def test_a_page_long_turn_is_cut_at_sentences() -> None:
    """Each piece is a sentence, or has at most 300 characters, and the speaker of the turn."""
    turn = " ".join(f"We counted the boats of pier {n}, and none of them was missing." for n in range(60))
    pieces = _said(f"Lind: {turn}\n\nHolt: Do we know why?\n\nLind: We do not.\n")

    assert turn == " ".join(text for speaker, text in pieces[:-2] if speaker == "Lind")
    assert max(len(text) for _, text in pieces) <= 300
    assert [("Holt", "Do we know why?"), ("Lind", "We do not.")] == pieces[-2:]


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        (
            "de",
            (
                "Präsident Lemke: Ich eröffne die Sitzung.\n\nTagesordnungspunkt 3: Hafengesetz\n\nAbg. Müller (CDU): Wir haben "
                "keinen Plan.\n\n(Beifall)\n\nWir legen einen vor.\n\nAnna von der Heide, Ministerin: Der Damm hält.\n\n"
                "Abg. Müller (CDU): Bis wann?\n"
            ),
            [
                ("Präsident Lemke", "Ich eröffne die Sitzung."),
                ("Abg. Müller", "Wir haben keinen Plan."),
                ("Abg. Müller", "Wir legen einen vor."),
                ("Anna von der Heide", "Der Damm hält."),
                ("Abg. Müller", "Bis wann?"),
            ],
        ),
        (
            "fr",
            (
                "Mme la présidente : Nous commençons.\n\nM. Paul Durand : Le port est fermé. Je proteste.\n\nNote : Le texte est annexé.\n\n"
                "Mme la présidente : Merci.\n"
            ),
            [
                ("Mme la présidente", "Nous commençons."),
                ("M. Paul Durand", "Le port est fermé. Je proteste."),
                ("Mme la présidente", "Merci."),
            ],
        ),
        (
            "es",
            (
                "[12/03, 09:14] Ana Ruiz: ¿El puente está abierto?\n[12/03, 09:15] luis: No, pasé a las siete. ¿Vienes?\n"
                "[12/03, 09:16] Ana Ruiz: Voy.\n[12/03, 09:17] luis: Bien.\n"
            ),
            [
                ("Ana Ruiz", "¿El puente está abierto?"),
                ("luis", "No, pasé a las siete. ¿Vienes?"),
                ("Ana Ruiz", "Voy."),
                ("luis", "Bien."),
            ],
        ),
        (
            "ru",
            (
                "Председатель: Начинаем. Мы ждём.\n\nПетров И. С.: Порт закрыт. Я против.\n\nПримечание: Договор приложен.\n\nПредседатель: "
                "Спасибо.\n"
            ),
            [
                ("Председатель", "Начинаем. Мы ждём."),
                ("Петров И. С.", "Порт закрыт. Я против."),
                ("Председатель", "Спасибо."),
            ],
        ),
        (
            "zh",
            "时间：3月4日\n\n主持人：我们开始吧。\n\n王建国（局长）：基金付了钱。我们没有选择。\n\n（笑声）\n\n主持人：谢谢。\n",
            [("主持人", "我们开始吧。"), ("王建国", "基金付了钱。我们没有选择。"), ("主持人", "谢谢。")],
        ),
        (
            "ja",
            "○委員長（田中君）　これより会議を開きます。\n\n○佐藤花子君　港は閉鎖されています。\n\n○委員長（田中君）　散会します。\n",
            [
                ("委員長", "これより会議を開きます。"),
                ("佐藤花子君", "港は閉鎖されています。"),
                ("委員長", "散会します。"),
            ],
        ),
        (
            "ar",
            (
                "التاريخ: الرابع من مارس\n\nالرئيس: نبدأ الجلسة الآن.\n\nأحمد سالم: شكرا. الميناء مغلق.\n\nليلى حداد: من وقع العقد؟\n\nالرئيس: رفعت "
                "الجلسة.\n"
            ),
            [
                ("الرئيس", "نبدأ الجلسة الآن."),
                ("أحمد سالم", "شكرا. الميناء مغلق."),
                ("ليلى حداد", "من وقع العقد؟"),
                ("الرئيس", "رفعت الجلسة."),
            ],
        ),
        (
            "en",
            (
                "THE COURT: We are on the record.\n\nBY MS. VELDT:\n\nQ. Where were you?\n\nA. I was at home.\n\nTHE COURT: Thank you.\n\n"
                "Q. Did you go out?\n\nA. No.\n"
            ),
            [
                ("THE COURT", "We are on the record."),
                ("MS. VELDT", "Where were you?"),
                (None, "I was at home."),
                ("THE COURT", "Thank you."),
                ("MS. VELDT", "Did you go out?"),
                (None, "No."),
            ],
        ),
    ],
)
def test_transcripts_of_several_languages(
    lang: str, text: str, expected: list[tuple[str | None, str]]
) -> None:
    """A hearing, a parliament, a chat, a court; who answers behind "A." is not named."""
    assert expected == _said(text, lang)


@pytest.mark.parametrize(
    "text",
    [
        "Name: Ana Ruiz\nAge: 34\n\nName: Karl Dove\nAge: 51\n\nName: Mira Tarn\nAge: 22\n",
        "Ingredients: Flour and eggs.\nMethod: Mix them.\nTip: Serve it warm.\nIngredients: Apples.\nMethod: Peel them.\n",
        "Pros: It is light.\nCons: It is weak.\n\nPros: It lasts for days.\nCons: It is heavy.\n",
        "LONDON: The council met.\nPARIS: The ministers met for two hours.\nLONDON: Nobody was hurt.\n",
        "A. Symonds run out 12\nQ. Ruiz not out 4\nA. Lind bowled 3\nQ. Holt out 2\n",
        "He came home late. Nobody was there, and the council did not know why it had met.\n\n" * 4
        + "Lind: I say no.\nHolt: Do we?\nLind: We do.\n",
    ],
)
def test_lines_of_lists_and_forms_are_no_turns(text: str) -> None:
    """Labels recur there, too, but nobody speaks of himself or asks; nor is a long text with a few such lines one."""
    assert [] == _said(text)
