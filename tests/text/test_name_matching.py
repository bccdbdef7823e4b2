"""Where names occur."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.spans import Span
from briefing.text.name_matching import (
    _inflected,
    _inflected_places,
    _pattern,
    _places,
    find_inflected,
    find_mentions,
    find_short_forms,
    merge_spans,
)


def places(text: str, name: str, lang: str = "und") -> list[str]:
    return [span.text for span in find_mentions(text, name, lang)]


@settings(deadline=None)
@given(st.text(), st.text(max_size=12), st.sampled_from(["und", "de", "ru", "tr", "zh", "ko"]))
def test_mentions_are_slices_in_order(text: str, name: str, lang: str) -> None:
    """Whatever is found is a slice of the text, in order, without overlap."""
    spans = find_mentions(text, name, lang)
    assert all(span.text == text[span.start : span.end] != "" for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@settings(deadline=None)
@given(st.lists(st.from_regex(r"[A-Z][a-zäéø]{1,8}", fullmatch=True), min_size=1, max_size=20), st.data())
def test_every_word_of_a_text_is_found(words: list[str], data: st.DataObject) -> None:
    """A word of the text is found as often as it stands there."""
    name = data.draw(st.sampled_from(words))
    assert [name] * words.count(name) == places(" ".join(words), name)


WORDS = st.sampled_from(
    [
        "Ana",
        "ANA",
        "Ruiz",
        "Rui\u0301z",
        "Müller",
        "Иван",
        "Αθήνα",
        "김",
        "王",
        "AT&T",
        "U.S.",
        "O'Hara",
        "x²",
        "3",
        "٣",
    ]
)
GAPS = st.sampled_from(
    [" ", "s ", "  ", "\n", "\n\n", " \n ", "\u00a0", "\x1c", "-", ".", ", ", "", "\u0301", "_"]
)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, GAPS), min_size=1, max_size=10), st.lists(WORDS, min_size=1, max_size=3))
def test_plain_search_finds_what_the_pattern_finds(pieces: list[tuple[str, str]], words: list[str]) -> None:
    """A name that needs no pattern is found where its pattern would find it."""
    text, name = "".join(word + gap for word, gap in pieces), unicodedata.normalize("NFC", " ".join(words))
    expected = [match.span("name") for match in _pattern(name, False).finditer(text)]
    assert expected == list(_places(text, name, False))
    expected = [match.span("name") for match in _inflected(name, "de", False, strict=False).finditer(text)]
    assert expected == list(_inflected_places(text, name, "de", strict=False))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The Harwicker left.", "Harwick"),
        ("Joséphine left.", "José"),
        (unicodedata.normalize("NFD", "Joséphine left."), "José"),
        ("Josephine", "Jose"),
        (unicodedata.normalize("NFD", "José left."), "Jose"),
        ("in Neu-York3", "York"),
        ("मोदीजी आए।", "मोदी"),
        ("Гвоздев ушёл.", "Гвозд"),
        ("a rose by the door", "Rose"),
        ("Some Text.", "!?"),
        ("Some Text.", "  "),
        ("Some Text.", ""),
    ],
)
def test_parts_of_words_are_no_mentions(text: str, name: str) -> None:
    """A name inside a longer word, in other letters, or without letters is not found."""
    assert [] == places(text, name)


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("O’Neil met O'Neil.", "O'Neil", ["O’Neil", "O'Neil"]),
        ("The Ulm‑Aalen line", "Ulm-Aalen", ["Ulm‑Aalen"]),
        ("Maren\n Holt and Maren\u00a0Holt", "Maren Holt", ["Maren\n Holt", "Maren\u00a0Holt"]),
        ("The Har\u00adwick bridge", "Harwick", ["Har\u00adwick"]),
        (unicodedata.normalize("NFD", "Hélène spoke"), "Hélène", [unicodedata.normalize("NFD", "Hélène")]),
        ("Hélène spoke", unicodedata.normalize("NFD", "Hélène"), ["Hélène"]),
        ("HARWICK SHUTS BRIDGE", "Harwick", ["HARWICK"]),
        ("Harwick shuts bridge", "HARWICK", ["Harwick"]),
        ("C++ and A.B. Lind", "A.B. Lind", ["A.B. Lind"]),
    ],
)
def test_typography_may_differ(text: str, name: str, found: list[str]) -> None:
    """Apostrophes, hyphens, white space, Unicode forms and shouting do not matter; the span is as it stands."""
    assert found == places(text, name)


@pytest.mark.parametrize(
    ("lang", "text", "name", "found"),
    [
        ("zh", "馆长沈若兰说，沈若兰等了三年。", "沈若兰", ["沈若兰", "沈若兰"]),
        ("ja", "市長の田辺ミドリは語った。", "田辺ミドリ", ["田辺ミドリ"]),
        ("th", "นายกสมชายกล่าวว่า", "สมชาย", ["สมชาย"]),
        ("ar", "وسلمى ناصر قالت", "سلمى ناصر", ["سلمى ناصر"]),
        ("he", "אמרה נועה לביא אתמול", "נועה לביא", ["נועה לביא"]),
        ("he", "הגשר בכפר אלון ומכפר אלון, אך לא שכפרי", "כפר אלון", ["כפר אלון", "כפר אלון"]),
        ("hi", "मोदीजी आए। मोदी ने कहा", "मोदी", ["मोदी"]),
        ("ko", "김민서는 말했다. 김민서에게도 물었다.", "김민서", ["김민서", "김민서"]),
        ("ru", "встреча с Гвоздевым", "Гвоздев", ["Гвоздевым"]),
        ("ru", "поездка в Москву", "Москва", ["Москву"]),
        ("de", "Brandts Hafen", "Brandt", ["Brandts"]),
    ],
)
def test_scripts_and_endings(lang: str, text: str, name: str, found: list[str]) -> None:
    """Scripts without word boundaries, attached particles and case endings are allowed for."""
    assert found == places(text, name, lang)


def test_endings_count_only_where_the_plain_form_is_missing() -> None:
    """Where the name itself occurs, its look-alikes do not."""
    assert ["Гвоздев"] == places("Гвоздев встретил Гвоздеву", "Гвоздев", "ru")


def test_emoji_before_a_name_do_not_shift_it() -> None:
    """Offsets count code points."""
    [span] = find_mentions("👩‍🚒🎉 Maren Holt", "Maren Holt")
    assert (5, 15) == (span.start, span.end)


def test_a_name_ends_with_its_paragraph() -> None:
    """A line may be wrapped within a name, but no blank line is."""
    assert ["Maren\nHolt"] == places("Maren\nHolt met Maren\n\nHolt", "Maren Holt")


@pytest.mark.parametrize(
    ("lang", "text", "name", "found"),
    [
        ("ru", "Москва. В Москве, из Москвы, москвич, Московский", "Москва", ["Москва", "Москве", "Москвы"]),
        ("ru", "к Ирине Вельской", "Ирина Вельская", ["Ирине Вельской"]),
        ("ru", "США и Сшами", "США", []),
        ("de", "Harwicks Hafen, Harwick", "Harwick", ["Harwicks", "Harwick"]),
        ("en", "Harwick", "Harwick", []),
        ("ru", "а 12 б", "12", []),
    ],
)
def test_all_cases_are_found(lang: str, text: str, name: str, found: list[str]) -> None:
    """Case endings are found beside the plain form, in languages that have them, for names of some length."""
    assert found == [span.text for span in find_inflected(text, name, lang)]


@pytest.mark.parametrize(
    ("text", "name", "short"),
    [
        ("the Demilitarized Zone (DMZ) is", "Demilitarized Zone", ["DMZ"]),
        ("the Harwick Board (the HB) is", "Harwick Board", []),
        ("Harwick Board (BH)", "Harwick Board", []),
        ("Harwick Board (Eastmoor)", "Harwick Board", []),
        ("Harwick Board (2026)", "Harwick Board", []),
        ("“Harwick Harbour Trust” («HHT»)", "Harwick Harbour Trust", ["HHT"]),
        ("Союз речников России（СРР）", "Союз речников России", ["СРР"]),
        ("Harwick Board", "Harwick Board", []),
    ],
)
def test_explained_abbreviations_are_found(text: str, name: str, short: list[str]) -> None:
    """What stands in brackets behind a name abbreviates it where its letters are those of the name."""
    assert short == find_short_forms(text, find_mentions(text, name))


def test_of_mentions_that_overlap_the_longest_stays() -> None:
    """Mentions of several names are joined in order, and no place counts twice."""
    text = "Maren Holt and Holt"
    lists = [[Span.of(text, 6, 10), Span.of(text, 15, 19)], [Span.of(text, 0, 10)]]
    assert ["Maren Holt", "Holt"] == [span.text for span in merge_spans(*lists)]
    assert [] == merge_spans()


@pytest.mark.parametrize(
    ("name", "lang", "text", "found"),
    [
        ("Novak", "pl", "Novakowi", True),
        ("Novak", "pl", "Novakowic", False),
        ("Berlin", "fi", "Berlinissaa", True),
        ("Berlin", "fi", "Berlinissaan", False),
        ("Bob", "en", "BOB", False),
        ("Anna", "en", "ANNA", True),
        ("서울", "ko", "서울에서는", True),
        ("서울", "ko", "서울에서는만", False),
    ],
)
def test_endings_and_spellings_have_limits(name: str, lang: str, text: str, found: bool) -> None:
    """Endings of three letters in Polish and five in Finnish, two particles in Korean; three letters keep their case."""
    assert found == bool(find_mentions(f"{text} 2026", name, lang))


@pytest.mark.parametrize(
    ("name", "lang", "text", "found"),
    [
        ("Анна", "ru", "Анну", True),
        ("Аня", "ru", "Аню", False),
        ("Marek", "pl", "Marekowi", True),
        ("Adam", "pl", "Adamowi", False),
    ],
)
def test_short_names_have_no_endings(name: str, lang: str, text: str, found: bool) -> None:
    """Four letters in Russian, whose endings are listed, and five in other languages."""
    assert found == bool(find_inflected(text, name, lang))


@pytest.mark.parametrize(
    ("short", "found"),
    [
        ("ABCDEFGHIJ", True),
        ("ABCDEFGHIJK", False),
        ("AB", True),
        ("Ab", False),
        ("A", False),
    ],
)
def test_abbreviations_have_two_to_ten_letters(short: str, found: bool) -> None:
    """Two of them at least are capitals."""
    name = "Aa Bb Cc Dd Ee Ff Gg Hh Ii Jj Kk"
    text = f"{name} ({short})"
    assert ([short] if found else []) == find_short_forms(text, find_mentions(text, name))


@pytest.mark.parametrize(
    ("lang", "text", "name"),
    [
        ("ja", "ソマリアの首都", "マリ"),
        ("ja", "マリア・ロペス", "マリ"),
        ("ja", "スーダンから", "ダン"),
        ("ja", "カー\u00adボン", "ボン"),
        ("he", "ראש הממשלה שרון אמר", "רון"),
        ("he", "ברון הגיע", "רון"),
        ("ar", "جاء وسام أمس", "سام"),
        ("ar", "هذا فعلي", "علي"),
        ("de", "der Bund\u00ades\u00adtag", "Bund"),
        ("de", "der Bund\u2060estag", "Bund"),
        ("de", "der Bundes\u00adtag", "tag"),
        ("en", "the Wal\u200dmart", "Wal"),
        ("ru", "Рос\u00adсия", "Рос"),
        ("ko", "서울역", "서울"),
    ],
)
def test_names_inside_other_words(lang: str, text: str, name: str) -> None:
    """Also where invisible characters part the word, in a run of katakana, and behind a letter that may be a prefix."""
    assert [] == places(text, name, lang)


@pytest.mark.parametrize(
    ("lang", "text", "name", "found"),
    [
        ("ja", "マリはソマリアより", "マリ", ["マリ"]),
        ("ja", "西マリ共和国", "マリ", ["マリ"]),
        ("he", "הוא גר בחיפה ובירושלים", "חיפה", ["חיפה"]),
        ("he", "רון אמר שרון גר", "רון", ["רון"]),
        ("ar", "ذهب إلى لبنان وبلبنان", "لبنان", ["لبنان", "لبنان"]),
        ("de", "der Bund\u00ades\u00adtag", "Bundestag", ["Bund\u00ades\u00adtag"]),
        ("de", "der Bundes\u2060tag", "Bundestag", ["Bundes\u2060tag"]),
        ("en", "Ann\u200b Lee and Ann\u200e.", "Ann", ["Ann", "Ann"]),
    ],
)
def test_names_beside_other_words(lang: str, text: str, name: str, found: list[str]) -> None:
    """A run of katakana ends at another script, longer names take prefixes, and invisible characters end no word."""
    assert found == places(text, name, lang)
