"""Which parts of a long article are read for a focus."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from long_texts import PLANTED, is_reduce, long_text, reader, shown

from briefing import Briefer, Source
from briefing.grounding import View
from briefing.pipeline import focus as module
from briefing.pipeline.focus import choose_parts
from briefing.testing import FakeModel

FILLER = {
    "en": "The old bridge near the market was repaired in the spring of that year, and nobody had expected it.",
    "de": "Die alte Brücke am Markt wurde im Frühling jenes Jahres repariert, und niemand hatte es erwartet.",
    "ru": "Старый мост у рынка был отремонтирован весной того года, и никто этого не ожидал.",
    "zh": "市场旁边的旧桥在那年春天修好了，没有人想到这一点。",
    "ja": "市場の近くの古い橋はその年の春に修理され、誰もそれを予想していなかった。",
    "ar": "أُصلح الجسر القديم قرب السوق في ربيع ذلك العام، ولم يتوقع أحد ذلك.",
    "he": "הגשר הישן ליד השוק תוקן באביב של אותה שנה, ואיש לא ציפה לכך.",
    "ko": "시장 근처의 오래된 다리는 그해 봄에 수리되었고 아무도 그것을 예상하지 못했다.",
    "hi": "बाज़ार के पास का पुराना पुल उस वर्ष के वसंत में ठीक किया गया और किसी ने इसकी आशा नहीं की थी।",
    "fi": "Vanha silta torin lähellä korjattiin sen vuoden keväällä, eikä kukaan ollut odottanut sitä.",
}


def cut(source: Source, count: int) -> list[View]:
    """So many parts of equal numbers of sentences."""
    size = -(-len(source.sentences) // count)
    numbers = range(1, len(source.sentences) + 1)
    return [View(numbers[i : i + size], ()) for i in range(0, len(numbers), size)]


def read(text: str, lang: str, focus: str) -> list[int]:
    """The indexes of the parts of twenty sentences that are read, of ten parts of filler with `text` amid the fourth."""
    lines = [FILLER[lang]] * 200
    lines[70] = text
    source = Source.from_text("\n\n".join(lines), lang=lang)
    parts = cut(source, 10)
    return [parts.index(part) for part in choose_parts(source, parts, focus).parts]


@pytest.mark.parametrize(
    ("lang", "text", "focus"),
    [
        ("en", "The NEGOTIATIONS about fish failed.", "how they negotiate"),
        ("en", "Both wars had ended.", "war"),
        ("de", "Die Häuser der Fischer stehen leer.", "das Haus"),
        ("de", "Der Ausbau des Fischereihafens ruht.", "Hafen"),
        ("de", "Der HAFEN ruht.", "Was kostet der Hafenausbau?"),
        ("de", "Mit den Verhandlungen begann der Streit.", "verhandeln"),
        ("ru", "Корабли вышли из гаваней утром.", "Гавань"),
        ("ru", "О школьной реформе спорили долго.", "реформа школы"),
        ("ru", "Ещё одна ЁЛКА стояла у дома.", "елки"),
        ("zh", "港口的扩建费用很高。", "港口扩建"),
        ("zh", "港口的扩建费用很高。", "港口费用是多少？"),
        ("ja", "港の拡張工事には費用がかかる。", "拡張工事の費用"),
        ("ar", "وقال إن الموانئ مغلقة وبالميناء سفينة.", "ميناء"),
        ("ar", "توسيع الميناء مكلف جداً.", "تكلفة توسيع ميناءنا"),
        ("ar", "وصل الوزير مساء أمس.", "وزير"),
        ("he", "האונייה עזבה את הנמל בלילה.", "נמל"),
        ("ko", "항구는 어제 폐쇄되었다.", "항구에서"),
        ("hi", "बंदरगाहों को कल बंद किया गया।", "बंदरगाह"),
        ("fi", "Laivat lähtivät satamasta aamulla.", "satama"),
        ("fi", "Laivat lähtivät satamasta aamulla.", "Satamassa"),
    ],
)
def test_a_part_with_a_form_of_a_word_of_the_focus_is_read_alone(lang: str, text: str, focus: str) -> None:
    """Inflected, in other case, without accents, in a compound, with an article or a particle written to it."""
    assert [3] == read(text, lang, focus)


@pytest.mark.parametrize(
    ("lang", "focus"),
    [
        ("en", "lighthouses"),  # found nowhere
        ("en", "What are the main points?"),
        ("en", "What happened?"),
        ("en", "what the lighthouse cost the keepers, and the whale"),  # most of it is found nowhere
        ("en", "!?"),
        ("de", "das Wichtigste"),
        ("ru", "Что главное?"),
        ("zh", "主要内容是什么？"),
        ("ar", "ما أهم النقاط؟"),
        ("en", "bridge"),  # found everywhere
    ],
)
def test_all_parts_are_read_if_the_focus_does_not_tell_them_apart(lang: str, focus: str) -> None:
    """It is found nowhere or everywhere, or names no subject."""
    text = {"en": "Points happened to whales.", "de": "Wichtiges.", "ru": "Главное.", "zh": "主要内容。"}
    assert list(range(10)) == read(text.get(lang, "المهم."), lang, focus)


@pytest.mark.parametrize(("offset", "expected"), [(0, [2, 3]), (1, [2, 3]), (2, [3])])
def test_a_sentence_at_a_border_counts_for_both_parts(offset: int, expected: list[int]) -> None:
    """What it begins may go on in the next part."""
    lines = [FILLER["en"]] * 200
    lines[60 + offset] = "The whale was seen at dawn."
    source = Source.from_text("\n\n".join(lines), lang="en")
    parts = cut(source, 10)
    choice = choose_parts(source, parts, "the whale")

    assert expected == [parts.index(part) for part in choice.parts]
    first = choice.parts[0].sentences[0]
    assert [f"not read for the focus: sentences 1 to {first - 1}, 81 to 200"] == choice.warnings


def test_a_word_in_a_long_sentence_counts_as_much() -> None:
    """BM25 thinks little of it there; a sentence with all words of the focus is on it."""
    lines = [FILLER["en"]] * 100
    long = f"{FILLER['en'][:-1]}, as {'one man and another had ' * 30} seen the whale."
    lines[15], lines[75] = "The whale.", long
    source = Source.from_text("\n\n".join(lines), lang="en")
    parts = cut(source, 10)

    assert [1, 7] == [parts.index(part) for part in choose_parts(source, parts, "whales").parts]


def test_without_full_text_search_all_parts_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A warning says so: some builds of SQLite have no FTS5."""
    monkeypatch.setattr(module, "_TABLE", "CREATE VIRTUAL TABLE sentences USING fts0(words)")
    source = Source.from_text("\n\n".join(["The whale was seen at dawn.", *[FILLER["en"]] * 99]), lang="en")
    parts = cut(source, 10)
    choice = choose_parts(source, parts, "whale")

    assert parts == choice.parts
    assert [
        "all parts are read, whatever the focus: no full-text search (no such module: fts0)"
    ] == choice.warnings


@settings(max_examples=30)
@given(st.text(max_size=40), st.text(alphabet="abAB .?\"'*()^:-港口ال0", min_size=1, max_size=30))
def test_any_focus_can_be_searched_for(words: str, focus: str) -> None:
    """No character of it or of the article has a meaning for the search; parts are kept in order."""
    source = Source(text=f"Harbour. {words}. AND ab OR NOT aba. 港口.", lang="en")
    parts = cut(source, 3)
    read = choose_parts(source, parts, focus).parts
    assert read == [part for part in parts if part in read] != []


TEXT, FACTS = long_text(4_000, facts=2)
SOURCE = Source.from_text(TEXT, lang="en")


@pytest.mark.parametrize("model", ["openai/fake", "local"])
def test_only_the_parts_on_the_focus_are_asked_about(model: str) -> None:
    """The estimate counts no others, a warning names the sentences of the others, and all facts are found."""
    with FakeModel(faults=reader()) as fake:
        briefer = Briefer(model, base_url=fake.url, api_key="test", options={"reading_length": 1_200})
        estimate = briefer.estimate(SOURCE, focus="sealed envelopes")
        everything = briefer.estimate(SOURCE)
        result = briefer.summarize(SOURCE, focus="sealed envelopes")
        briefer.close()
    asked = {n for request in fake.requests if not is_reduce(request) for n in shown(request)}
    facts = {n for n, s in enumerate(SOURCE.sentences, 1) if PLANTED in s.text}

    assert len(FACTS) == len(facts)
    assert facts <= asked
    assert estimate.calls == fake.calls < everything.calls / 2
    assert estimate.input_tokens[1] < everything.input_tokens[1] / 2
    [warning] = [w for w in result.meta.warnings if w.startswith("not read for the focus: sentences ")]
    assert warning.endswith(f" to {len(SOURCE.sentences)}")
    assert [] == result.verify(SOURCE)
