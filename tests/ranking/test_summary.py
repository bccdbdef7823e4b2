"""Sentences are chosen that tell what an article is about, and lines of the page around it are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.ranking import extract_summary
from briefing.sources import Source
from briefing.text import has_letter

HARBOUR = """\
Harbour bridge to close for two years

By Mira Feld

Image: The bridge at dusk

Harbour bridge will close for two years from March so that its rusted cables can be replaced, the city council decided.

Council leader Tomas Brandt told a meeting on Tuesday that the bridge carries 40,000 cars a day and cannot be repaired in traffic.

He added that nobody had taken the decision lightly.

Ferries will carry pedestrians across the harbour every ten minutes while the bridge is closed.

Read more: how to cross the harbour

The repair of the bridge will cost 310 million crowns, of which the state pays half.

Residents of the northern shore fear long detours, and shops there expect to lose customers.
"""


def summary(text: str, count: int = 3, **options) -> list[str]:
    """Texts of the chosen sentences."""
    return [span.text for span in extract_summary(Source.from_text(text, lang="en"), count=count, **options)]


def test_sentences_are_those_of_the_source_in_its_order() -> None:
    """The summary is a selection of `Source.sentences`, in the article's order."""
    source = Source.from_text(HARBOUR)

    chosen = extract_summary(source, count=4)

    assert 4 == len(chosen)
    assert [sentence for sentence in source.sentences if sentence in chosen] == chosen


def test_the_first_sentence_of_the_news_comes_first() -> None:
    """News begins with its point."""
    assert summary(HARBOUR)[0].startswith("Harbour bridge will close")


@pytest.mark.parametrize("line", ["Harbour bridge to close", "By Mira", "Image:", "Read more"])
def test_lines_that_are_no_prose_are_left_out(line: str) -> None:
    """Title lines, bylines, captions and invitations to read more are never chosen, whatever the count."""
    assert [] == [text for text in summary(HARBOUR, count=50) if text.startswith(line)]


@pytest.mark.parametrize(
    "line",
    [
        "Follow Mira Feld on Twitter @mirafeld for more about bridges and ships.",
        "Read more: how the council decided on the bridge last year.",
        "Sign up for our newsletter about the harbour and its bridges.",
        "This website uses cookies to remember you and to improve the pages.",
        "Copyright 2025 Orlen Press. All rights reserved by the publisher.",
        "The bridge at dusk, with ferries below. Photo: Mira Feld/Getty Images",
        "Lesen Sie auch: wie der Stadtrat über die Brücke entschied.",
        "Lire aussi : comment le conseil a décidé de fermer le pont.",
        "Читайте также: как совет решил закрыть мост на два года.",
        "Leia também: como o conselho decidiu fechar a ponte este ano.",
        "图片来源：新华社记者摄于港口大桥附近的新闻现场。",
    ],
)
def test_invitations_and_credits_are_left_out(line: str) -> None:
    """What a page asks its readers to do, and whom a picture or text is by, is never chosen."""
    assert [] == [text for text in summary(f"{HARBOUR}\n{line}\n", count=50) if text in line]


def test_the_title_is_not_repeated() -> None:
    """A line that is the title again, or a part of it, is left out."""
    title = "Harbour bridge to close for two years: council decides against repairs in traffic"
    text = "Harbour bridge to close for two years.\n\n" + HARBOUR.split("\n\n", 1)[1]
    source = Source.from_text(text, lang="en", title=title)

    assert [] == [span for span in extract_summary(source, count=50) if "to close" in span.text]


def test_a_suggested_sentence_gains_a_little() -> None:
    """Of two sentences that are equally good, the suggested one is chosen."""
    first, second = (
        "Shops in Orlen sell bread on Sunday mornings too.",
        "Trains to Holm run late on Friday nights too.",
    )
    text = f"The council of Orlen met on Monday about the coming year.\n\nIt meets again in May, as always.\n\n{first}\n\n{second}"

    assert first in summary(text, count=2)
    assert second in summary(text, count=2, preferred=[4])


def test_a_line_in_title_case_is_no_sentence() -> None:
    """A title with a full stop is left out, too."""
    assert summary(
        f"Council Decides: Harbour Bridge Will Close Until Spring.\n\n{HARBOUR}", count=50
    ) == summary(HARBOUR, count=50)


def test_fewer_sentences_than_asked_for() -> None:
    """An article with fewer usable sentences gives those."""
    assert 6 == len(summary(HARBOUR, count=50))


def test_a_focus_changes_the_choice() -> None:
    """Sentences that share words with the focus are chosen."""
    assert "Ferries" not in " ".join(summary(HARBOUR, count=2))
    assert "Ferries" in " ".join(
        summary(HARBOUR, count=2, focus="how do pedestrians get across, by ferries?")
    )


def test_a_sentence_that_points_back_is_left_behind() -> None:
    """A sentence that begins with a pronoun is chosen later than it would be with the name."""
    line = "{} rusted cables of the harbour bridge will be replaced by the city council from March."
    text = f"Ferries will carry people and goods across. {line} Shops expect to lose half of their customers this year."

    assert line.format("The") in summary(text.replace("{}", "The"), count=1)
    assert line.format("These") not in summary(text.replace("{}", "These"), count=1)


def test_what_is_said_twice_is_chosen_once() -> None:
    """A standfirst and a first sentence that say the same are not both chosen."""
    text = (
        "The museum of Orlen has bought a painting of the lost king for nine million euros.\n\n"
        "The museum of Orlen has bought a painting of the lost king, for nine million euros, it said on Monday.\n\n"
        "Visitors can see it in the west wing from the first of May, together with older works.\n\n"
        "Critics say that the price is too high for a town of thirty thousand people."
    )

    assert 1 == sum("nine million" in sentence for sentence in summary(text, count=4))


def test_an_article_of_a_title_only_has_a_summary() -> None:
    """If nothing is usable, something is chosen all the same."""
    assert ["Harbour bridge to close"] == summary("Harbour bridge to close")


@pytest.mark.parametrize(
    "line",
    [
        "Orlen (Holm), 23 may (AGE).",
        "AGE ab-c Orlen, 3 de septiembre (AGE).",
        "DIVISA HOY AYER ================ Euro 1,10 Libra 0,67 y otras monedas del puerto.",
    ],
)
def test_datelines_and_tables_are_left_out(line: str) -> None:
    """The place, date and agency of a report are no sentence, and neither is a table."""
    text = f"{line}\n- El puente del puerto cerrará dos años, decidió el lunes el consejo.\nLas obras costarán 310 millones."

    assert [] == [
        span
        for span in extract_summary(Source.from_text(text, lang="es"), count=5)
        if "AGE" in span.text or "===" in span.text
    ]


def test_the_name_of_a_town_before_the_news_takes_no_place() -> None:
    """The sentence behind "Orlen." is the first one."""
    assert summary(f"Orlen. {HARBOUR.split(chr(10) * 2, 3)[3]}", count=1)[0].startswith(
        "Harbour bridge will close"
    )


def test_a_noun_of_the_title_is_explained() -> None:
    """A first sentence that begins with a noun of the title is not left behind."""
    text = (
        "Harbour bridge closes for the year\n\nThe bridge will be closed from March so that its cables can be replaced, "
        "the council of Orlen decided on Monday, after years of debate.\n\nFerries carry people across every hour."
    )

    assert summary(text, count=1)[0].startswith("The bridge will be closed")


def test_news_in_chinese_begins_at_the_dateline() -> None:
    """What stands before the agency's dateline is the end of another text."""
    text = (
        "大会号召全市人民共同努力，建设更加美好的未来。新华社江临３月２日电港口大桥将从三月起关闭两年，市议会决定更换生锈的缆索。"
        "大桥每天有四万辆汽车通过。维修费用为三亿元，由市政府支付一半。"
    )

    assert "关闭两年" in extract_summary(Source.from_text(text, lang="zh"), count=1)[0].text


@pytest.mark.parametrize(
    ("lang", "text", "first"),
    [
        ("zh", "港口大桥将关闭两年\n\n市议会周二决定，港口大桥将从三月起关闭两年，以更换生锈的缆索。他说，这不是一个容易的决定。大桥每天有四万辆汽车通过，维修费用为三亿元。", "市议会"),
        ("ja", "港の橋、2年間閉鎖へ\n\n市議会は火曜日、さびたケーブルを交換するため、港の橋を3月から2年間閉鎖すると決めた。これは簡単な決定ではなかった。橋は1日に4万台の車が通り、修理費は3億円になる。", "市議会"),
        ("ar", "إغلاق جسر الميناء عامين\n\nقرر مجلس المدينة يوم الثلاثاء إغلاق جسر الميناء لمدة عامين ابتداء من مارس لاستبدال كابلاته الصدئة. وقال رئيس المجلس إن الجسر تعبره أربعون ألف سيارة كل يوم. وستبلغ كلفة إصلاح الجسر ثلاثمئة مليون.", "قرر"),
    ],
)  # fmt: skip
def test_other_scripts(lang: str, text: str, first: str) -> None:
    """Scripts without spaces or capitals are read as well; the title line is left out."""
    chosen = extract_summary(Source.from_text(text, lang=lang), count=2)

    assert chosen[0].text.startswith(first)
    assert 2 == len(chosen)


@given(st.text(max_size=400).filter(has_letter), st.integers(1, 5), st.none() | st.text(max_size=20))
def test_any_text_has_a_summary(text: str, count: int, focus: str | None) -> None:
    """Free text never raises, and gives one sentence at least and `count` at most."""
    source = Source.from_text(text, lang="en")

    assert 1 <= len(extract_summary(source, count=count, focus=focus)) <= count
