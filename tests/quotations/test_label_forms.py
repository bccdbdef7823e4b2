"""Transcripts whose labels have no colon."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from briefing import Source

EN = [
    ("Anna Smith", "Did you see the crack in the bridge last year?"),
    ("Tom Berg", "I saw it in March, and I told the mayor about it."),
    ("Anna Smith", "What did he say to you? We have no record of it."),
    ("Tom Berg", "He told me that we had no money for it. I left it at that."),
    ("Anna Smith", "Thank you. I have no more questions for you."),
]
ES = [
    ("Ana Ruiz", "¿Vio usted la grieta del puente el año pasado?"),
    ("Luis Gil", "Yo la vi en marzo, y se lo dije al alcalde."),
    ("Ana Ruiz", "¿Qué le dijo? Nosotros no tenemos nada de eso."),
    ("Luis Gil", "Me dijo que no teníamos dinero. Yo me fui."),
]
ZH = [
    ("李明", "你去年看到大桥的裂缝了吗？"),
    ("王华", "我三月看到了，我告诉了市长。"),
    ("李明", "他对你说了什么？我们没有记录。"),
    ("王华", "他告诉我，我们没有钱。我就走了。"),
]
Label = Callable[[str], str]


def surname(name: str) -> str:
    """The last word of a name, in capitals."""
    return name.rsplit(maxsplit=1)[-1].upper()


def turns(
    lines: list[tuple[str, str]], label: Label, lang: str, between: str = "\n\n"
) -> set[tuple[str, str]]:
    """The speakers and words of the quotations of a transcript with a heading."""
    text = between.join(f"{label(name)}{words}" for name, words in lines)
    source = Source.from_text(f"Inquiry into the bridge\n\n{text}\n", lang=lang)
    return {(q.speaker or "", span.text) for q in source.quotations for span in q.spans}


@pytest.mark.parametrize(
    ("label", "named"),
    [
        (lambda n: f"[{n}]: ", str),
        (lambda n: f"[{n}] ", str),
        (lambda n: f"[00:01:02] [{n}] ", str),
        (lambda n: f"({n}) ", str),
        (lambda n: f"<{n}> ", str),
        (lambda n: f"{n}> ", str),
        (lambda n: f"**{n}** ", str),
        (lambda n: f"{n} - ", str),
        (lambda n: f"{n} — ", str),
        (lambda n: f"00:01 {n} – ", str),
        (lambda n: f"{n}, engineer — ", str),
        (lambda n: f"{n} | ", str),
        (lambda n: f"{n}\n", str),
        (lambda n: f"{surname(n)} - ", surname),
        (lambda n: f"{surname(n)}. ", surname),
        (lambda n: f"MR. {surname(n)}. ", lambda n: f"MR. {surname(n)}"),
        (lambda n: f"Mr. {surname(n)}. ", lambda n: f"Mr. {surname(n)}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("between", ["\n\n", "\n"])
def test_turns_behind_labels_without_a_colon(label: Label, named: Label, between: str) -> None:
    """Each turn is its speaker's, with a blank line between turns or none."""
    if between == "\n" and label("Smith") == "Smith\n":
        pytest.skip("a name in its own line needs a blank line before it")
    assert {(named(name), words) for name, words in EN} == turns(EN, label, "en", between)


@pytest.mark.parametrize(
    ("lang", "lines", "label"),
    [
        ("es", ES, lambda n: f"{n}.— "),
        ("es", ES, lambda n: f"[{n}] "),
        ("zh", ZH, lambda n: f"【{n}】"),
        ("zh", ZH, lambda n: f"{n}——"),
        ("zh", ZH, lambda n: f"[{n}]："),
    ],
)  # fmt: skip
def test_labels_of_other_languages(lang: str, lines: list[tuple[str, str]], label: Label) -> None:
    """Brackets and dashes of these languages mark labels as well."""
    assert set(lines) == turns(lines, label, lang)


@pytest.mark.parametrize(
    "text",
    [
        (
            "HARWICK - The council shut the bridge on Monday.\n\nKALM - The firm shut its plant in May.\n\n"
            "HARWICK - A fire broke out in a barn.\n\nKALM - Rain fell on the whole of the coast.\n"
        ),
        (
            "LONDON — The mayor said: “We have no money. Do you?” He left.\n\nPARIS — The firm’s head said “I do not know”.\n\n"
            "LONDON — The police said “We are here”.\n\nPARIS — A baker asked “Why us?”.\n"
        ),
        "[Smith]: The crack of bridges, 1999.\n\n[Berg]: On the fall of bridges, 2003.\n\n[Smith]: Bridges, 2004.\n",
        "STEP 1. Wash the bread. We mean it.\n\nSTEP 2. Cut it up.\n\nSTEP 1. Wash it once more, I say.\n",
        "Kalm - Lund 3-1\n\nLund - Kalm 1-0\n\nKalm - Moe 2-2\n\nMoe - Lund 0-0\n",
        "**Weather** Rain falls today.\n\n**Sport** Kalm won on Saturday.\n\n**Weather** It rains again.\n",
    ],
    ids=["places", "places with quotations", "books", "steps", "games", "items"],
)
def test_other_lines_of_these_forms_are_no_turns(text: str) -> None:
    """A text that reports, lists or instructs has no turns: too few of its lines ask something or say "I"."""
    quoted = {span.text for q in Source.from_text(text, lang="en").quotations for span in q.spans}

    assert all(f"“{words}”" in text for words in quoted)


def test_labels_of_two_forms_are_not_mixed() -> None:
    """A place before a dash in the transcript's lines is no label where the labels are in brackets."""
    lines = [*EN, ("Tom Berg", "HARWICK - That is what I wrote above it, as I do. Is it not so?")]

    assert {(name, words) for name, words in lines} == turns(lines, lambda n: f"[{n}] ", "en")
