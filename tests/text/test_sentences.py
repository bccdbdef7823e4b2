"""Sentences."""

from __future__ import annotations

from itertools import pairwise

import pytest

from briefing.text.sentences import read_sentences

#: A "|" stands where a sentence ends; white space before and behind it belongs to the text.
CASES = {
    "en": """
        The 6" pipe burst on Monday.| "We left," he said.
        The 24" screen costs £300.| It sold well in 2024.| A 27" model follows in June.
        It closed in May.| Nobody knows why.| She said no.| Peter left.
        Ms. Yellen met Gov. Ruiz, Sen. Mark Kelly, R-Ariz., and J. R. R. Tolkien on Jan. 5.| St. Louis won.
        He lives in the U.S.| The president works at the U.S. Capitol in Washington, D.C. every day.
        Doors open at 9 a.m.| The show ends at 5 p.m. Monday, as Apple Inc. says.
        Dr. King Jr. Day was named for John King Jr.| He left.
        He said: "It rained.| Nobody slept.| We left."| Then he went.
        “No.| I won’t,” she said.| “Why?” asked Tom.| “Because!” he cried.| They left.
        She saw “Where to? Paris” twice and told me “Go.| Now.”| Then it rained.
        It cost $1.5 million.| 12 people came, e.g. Dr. Lee vs. Dr. Ray.| See Fig. 3 and No. 5.
        It held (see Dr. Lee. He knows.) for years.| (This is one.| This is another.)| The end (or so).| Fine.
        It held.[12]| The dam broke.[3][4]| Nobody slept.
        It was late... but he came.| It was late...| The end … of it…| The bridge closed.
        She held up a ring.| 'It is blue,' she said.| It was hers. ...| Peter saw … London … and left.
        “We won.” — Geoff Stark, commissioner
        1. Introduction
        2. Legislation to lower the rate.| It failed.
        An iPhone broke.| iPhones are fragile.
        Visit www.example.org/a.b?c=D.E today.| He left.|Then it rained.| “Go.”|Then he left.
        “We won.| We really won.| Nobody believed it.| It rained.
        It rained. ”| Then he left.
        i came home.| then i slept.| it was late.
        """,
    "de": """
        Er kam am 3. November, dem 60. Geburtstag, in der 60. Minute.| Danach war am 3. 10. 2007 Schluss.
        Er kam am 3.| Dann ging er auf Platz 2.| Bronze ging an Neuseeland.
        Papst Johannes XXIII. Besuch.| Karl V.| Er regierte lange.
        z. B. Die Linke, d. h. Peter, u. a. in Köln.| Hr. Dr. Weber und Dipl.-Ing. Koch, Nr. 5.
        Das kostet 5 Mio. Euro.| Es gab Birnen usw.| Peter blieb.
        Es war im Juli.| August kam.| 2009 kam er wieder.| Sie mag ihn.
        Er sagte: „Es regnet.| Wir gehen.“| »Nein«, sagte sie.| »Doch.«| Er ging.
        """,
    "fr": """
        M. Dupont a vu MM. Petit et Roy.| Me Roy était là, dit M. Le Goff.| Mme. Durand aussi.
        « Il pleut.| On part. »| Il est parti.| « Non ! » dit-il.| « Si ! — dit-elle.
        Il partit, cf. p. 12, vers 50 av. J.-C. environ.| Il aime le vin sec.| Pierre aussi.
        Il pleut. »| Il part.
        """,
    "es": """
        El Sr. Del Bosque y la Sra. López, p. ej. en EE. UU., ganaron.| El Excmo. Sr. Gil vino.
        La Dra. Ruiz vive en EE.UU.| La ciudad crece.| ¿Vienes?| ¡Claro!, dijo D. José.
        """,
    "pt": """
        O Exmo. Sr. Silva e a Dra. Costa chegaram à av. Paulista, n. 5.| O jurista Miguel Reale Jr. vive em S. Paulo.
        """,
    "it": """
        Il sig. Rossi, la dott.ssa Bianchi, ecc.| Verdi disse no.| L’on. Verdi uscì.
        """,
    "ru": """
        А. С. Пушкин родился в 1799 г. в Москве.| В 2010 г. он жил на ул. Ленина.| «Что это?» — спросил он.
        Он купил хлеб, т. е. еду, и т. д.| Потом ушёл.| Проф. Иванов сказал: «Да.| Это так».| Все ушли.
        """,
    "ar": """
        قال د. أحمد إنه سعيد.| هل جاء أحد؟| لا أعرف.
        بلغت النسبة ٣.٥ في المئة عام 150 ق.م. في مصر.| وقال "انتهى الأمر.| رحلنا."| ثم رحل.
        """,
    "he": """
        פרופ' כהן אמר שלום.| האם ירד גשם?| א. כהן הלך.
        ד"ר לוי אמרה: "ירד גשם.| הלכנו."| אחר כך הלך.
        """,
    "hi": """
        बारिश हुई।| डॉ. राम आए।| क्या वह आया?| नहीं।
        उन्होंने कहा, "बारिश हुई।| हम गए।"| फिर वे गए।
        """,
    "ja": """
        雨が降った。|「行きます。」と言った。|彼は「はい！」と答えた。|何故？と聞いた。|Ａ社も来た。
        開業した。|2007年のことだ。|１．５万人が来た。
        """,
    "zh": """
        他说：“下雨了。|我们走吧。”|然后他走了。|“有吗？”的问题。
        公司上市了。|2007年上市。|股价为１．５万元。|《为什么？》出版了。|“好”。|（完）
        下雨了。”|他走了。
        """,
    "cs": """
        Škola začala 1. září, v pondělí.| Děti přišly.
        """,
    "el": """
        Πώς είσαι;| Καλά.
        """,
    "und": """
        Mr. Ruiz fell.| It rained.
        """,
}


def marked(text: str, lang: str) -> str:
    """The text with a "|" behind each sentence but the last one."""
    sentences = read_sentences(text, lang)
    ends = [0, *(sentence.end for sentence in sentences[:-1]), len(text)]
    return "|".join(text[a:b] for a, b in pairwise(ends))


@pytest.mark.parametrize("lang", CASES)
def test_sentences_of_a_language(lang: str) -> None:
    """Abbreviations, ordinals, decimals, quotation marks, brackets and stops without a space."""
    cases = [line.strip() for line in CASES[lang].strip().splitlines()]
    assert cases == [marked(case.replace("|", ""), lang) for case in cases]


def test_a_no_break_space_before_a_full_stop_is_read() -> None:
    """In French, behind a single letter, it makes sentencex panic."""
    assert ["Vitamine K\u00a0.", "Oui."] == [
        span.text for span in read_sentences("Vitamine K\u00a0. Oui.", "fr")
    ]


@pytest.mark.parametrize("shift", [0, 5, 10, 15])
def test_a_text_in_pieces_has_the_same_sentences(shift: int) -> None:
    """Where a piece for sentencex ends, no sentence is cut."""
    sentences = [f"It {'x' * shift} fell.", *["The old dam held."] * 1200]
    assert sentences == [span.text for span in read_sentences(" ".join(sentences), "en")]


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("x" * 1000, [1000]),
        ("x" * 1001, [1000, 1]),
        ("x" * 998 + " word", [998, 4]),
        ("x" * 490 + "; " + "word " * 150, [996, 244]),
        ("x" * 600 + "; " + "word, " * 120, [601, 719]),
        ("x" * 600 + ", " + "word " * 120, [601, 599]),
        ("x" * 600 + " | " + "word " * 120, [602, 599]),
        ("a." + " " * 3000 + "B", [2, 1]),
    ],
)
def test_no_sentence_is_longer_than_1000_characters(text: str, lengths: list[int]) -> None:
    """A longer one is cut in its second half: between items rather than clauses, between clauses rather than words."""
    assert lengths == [len(span.text) for span in read_sentences(text, "en")]


@pytest.mark.parametrize(
    ("before", "inside", "behind", "count"),
    [
        ("It held (", "x" * 293 + ". Yes", ") for years.", 1),
        ("It held (", "x" * 294 + ". Yes", ") for years.", 2),
        ("She saw “", "x" * 53 + "? Yes", "” twice.", 1),
        ("She saw “", "x" * 54 + "? Yes", "” twice.", 2),
        ("“We won.” — Ana ", "x" * 57, "", 1),
        ("“We won.” — Ana ", "x" * 58, "", 2),
    ],
)
def test_brackets_titles_and_signatures_are_short(before: str, inside: str, behind: str, count: int) -> None:
    """Sentences inside longer ones are cut."""
    assert count == len(read_sentences(before + inside + behind, "en"))


def test_no_sentence_goes_beyond_a_paragraph() -> None:
    """Marks and brackets that are left open bridge nothing."""
    text = "“We left (at once.\nNobody slept.”) Then\n\n« it rained"
    assert ["“We left (at once.", "Nobody slept.”)", "Then", "« it rained"] == [
        span.text for span in read_sentences(text, "en")
    ]


def test_marks_beside_the_break_of_a_wrapped_line_have_a_blank_beside_them() -> None:
    """The apostrophe of a plural ("players'") that ends a line closes no quotation."""
    text = (
        "On the third day of the festival the film ‘The players’\n"
        "Hour? Or Ours’ that she had made was shown in a hall of\n"
        "old school, and nobody of those who had come from the\n"
        "village and from the islands left before the end of it."
    )
    assert [text] == [span.text for span in read_sentences(text, "en")]
