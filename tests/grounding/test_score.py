"""The score of written statements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing import Source
from briefing.grounding import LEAST_SCORE, score_statement
from briefing.grounding.score import Copying, measure_copying

TEXTS = {
    "en": "The council of Harwick voted on Monday to shut its last coal plant. Maren Holt said that the river would be cleaner.",
    "de": "Der Rat von Harwick stimmte am Montag für das Ende des letzten Kraftwerks. Maren Holt sagte, der Fluss werde sauberer.",
    "fr": "Le conseil de Harwick a voté lundi la fermeture de sa dernière centrale. Maren Holt a dit que le fleuve serait propre.",
    "es": "El consejo de Harwick votó el lunes el cierre de su última central. Maren Holt dijo que el río estaría más limpio.",
    "ru": "Совет Харвика в понедельник проголосовал за закрытие последней станции. Марен Холт сказала, что река станет чище.",
    "zh": "哈维克市议会周一投票决定关闭最后一座发电厂。霍尔特说河水会更干净。",
    "ja": "ハーウィック市議会は月曜日に最後の発電所の閉鎖を決めた。ホルト氏は川がきれいになると述べた。",
    "ar": "صوت مجلس هارويك يوم الاثنين على إغلاق آخر محطة للفحم. وقالت مارين هولت إن النهر سيكون أنظف.",
    "th": "สภาเมืองลงมติปิดโรงไฟฟ้าแห่งสุดท้ายเมื่อวันจันทร์ นายกเทศมนตรีกล่าวว่าแม่น้ำจะสะอาดขึ้น",
}
SOURCE = Source.from_text(TEXTS["en"], lang="en")


def score(text: str, source: Source = SOURCE, number: int = 0) -> float:
    """The score of a statement that cites one sentence."""
    return score_statement(text, [source.sentences[number]], source)


@pytest.mark.parametrize("lang", TEXTS)
def test_a_copy_scores_high(lang: str) -> None:
    """A sentence of the article, in any script, is hardly ever called false."""
    source = Source.from_text(TEXTS[lang], lang=lang)
    assert LEAST_SCORE < score(source.sentences[0].text, source) <= 1


@pytest.mark.parametrize("lang", TEXTS)
def test_a_copy_measures_one_on_all(lang: str) -> None:
    """In scripts without spaces, words are characters."""
    source = Source.from_text(TEXTS[lang], lang=lang)
    assert Copying(1.0, 1.0, 1.0) == measure_copying(source.sentences[0].text, source.sentences[:1], source)


@pytest.mark.parametrize(
    "text",
    [
        "The coal plant of Harwick voted on Monday to shut its last council.",
        "Maren Holt voted on Monday that its last river would shut the coal plant.",
        "The council of Harwick promised on Monday to sell its last coal plant.",
    ],
    ids=["roles swapped", "put together from two sentences", "other verbs"],
)
def test_what_is_put_together_scores_lower(text: str) -> None:
    """The words are the article's, their order is not; or the words are others."""
    assert score(text) < score(SOURCE.sentences[0].text)


def test_a_new_statement_scores_low() -> None:
    """What the article does not say at all is below the threshold."""
    assert score("A new museum opens in the capital next year.") < LEAST_SCORE


def test_words_in_another_case_are_the_same() -> None:
    """So are those in another Unicode normalization, and with invisible characters."""
    source = Source.from_text("Der Schu\u0308ler gewann.", lang="de")
    assert 1.0 == measure_copying("DER SCHÜLER GE\u00adWANN.", [], source).words


def test_measures() -> None:
    """The subsequence is of each sentence with one sentence of the article; pairs are those of the evidence."""
    text = "The council voted on Tuesday. The river would be cleaner."
    measured = measure_copying(text, [SOURCE.sentences[1]], SOURCE)
    assert Copying((4 + 5) / 10, 9 / 10, 4 / 8) == measured


def test_a_pair_of_unknown_words_is_not_in_the_evidence() -> None:
    """Words that the article lacks are not equal to each other."""
    assert Copying(0.0, 0.0, 0.0) == measure_copying("Blue whales sing.", [SOURCE.sentences[0]], SOURCE)


@pytest.mark.parametrize("text", ["", "…", "«»", "\n"])
def test_a_text_without_words_is_not_copied(text: str) -> None:
    """Nothing of it is the article's."""
    assert score(text) < LEAST_SCORE


def test_a_long_statement_is_read_in_part() -> None:
    """Only its beginning counts, so that the time is bounded."""
    copied = SOURCE.sentences[0].text + " "
    assert 1.0 == measure_copying(copied * 40 + "Blue whales sing. " * 900, [], SOURCE).words


def test_an_article_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words are kept with it."""
    source = Source.from_text(TEXTS["en"], lang="en")
    score("The council voted.", source)
    read = []
    monkeypatch.setattr("briefing.grounding.score._words", lambda text: read.append(text) or [])
    score("The council voted.", source)
    assert ["The council voted."] == read


@given(
    st.text(max_size=200), st.text(min_size=1, max_size=300).filter(str.strip), st.sampled_from(list(TEXTS))
)
def test_any_text_has_a_score(text: str, article: str, lang: str) -> None:
    """From 0 to 1, whatever a model writes about whatever article."""
    source = Source.from_text(TEXTS[lang] + " " + article.encode("utf-8", "ignore").decode(), lang=lang)
    for sentence in source.sentences:
        assert 0 <= score_statement(text, [sentence], source) <= 1
