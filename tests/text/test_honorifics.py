"""Names of persons without titles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.text.honorifics import family_name, without_title


@pytest.mark.parametrize(
    ("lang", "name", "bare"),
    [
        ("en", "Mr. Holt", "Holt"),
        ("en", "Prime Minister Maren Holt", "Maren Holt"),
        ("en", "Prof. Dr. Maren Holt", "Maren Holt"),
        ("en", "engineer Maren Holt", "Maren Holt"),
        ("en", "Maren Holt (62)", "Maren Holt"),
        ("en", "Maren Holt, mayor of Harwick", "Maren Holt"),
        ("de", "Herr Brandt", "Brandt"),
        ("fr", "Mme Solange Maurier", "Solange Maurier"),
        ("ru", "президент Павел Круглов", "Павел Круглов"),
        ("ja", "野田ひかりさん", "野田ひかり"),
        ("ja", "大槻真由美社長", "大槻真由美"),
        ("ja", "田辺ミドリ副市長", "田辺ミドリ"),
        ("zh", "沈若兰女士", "沈若兰"),
        ("zh", "博物馆馆长沈若兰", "沈若兰"),
        ("ko", "김민서 시장", "김민서"),
        ("ar", "الدكتور سامي الزين", "سامي الزين"),
        ("ar", "وزيرة المياه سلمى الحارثي", "سلمى الحارثي"),
    ],
)
def test_titles_are_left_out(lang: str, name: str, bare: str) -> None:
    """Titles, offices and ages are no part of a name, before or after it."""
    assert bare == without_title(name, lang)


@pytest.mark.parametrize(
    ("lang", "name"),
    [
        ("en", "Mr."),
        ("en", "General"),
        ("en", "Sam Holt, Jr."),
        ("de", "von der Heide"),
        ("nl", "van den Berg"),
        ("ja", "林さん"),
        ("zh", "沈馆长"),
        ("zh", "沈若兰"),
        ("ar", "الحارثي"),
        ("ar", "سلمى الحارثي"),
        ("en", "(62)"),
        ("en", ""),
    ],
)
def test_names_stay_whole(lang: str, name: str) -> None:
    """What is a name, or would leave none, is not trimmed."""
    assert name == without_title(name, lang)


def test_half_an_office_is_left_out() -> None:
    """An Arabic name that begins within an office loses the rest of it, only behind the office's first word."""
    assert "سلمى الحارثي" == without_title("المياه سلمى الحارثي", "ar", "وقالت وزيرة ")
    assert "المياه سلمى الحارثي" == without_title("المياه سلمى الحارثي", "ar", "وقالت ")


@given(st.text(), st.sampled_from(["en", "ru", "ja", "zh", "ko", "ar"]), st.text(max_size=20))
def test_only_a_piece_of_the_name_is_left(name: str, lang: str, before: str) -> None:
    """Trimming never invents, and never leaves nothing of a name with letters."""
    bare = without_title(name, lang, before)
    assert bare in name
    assert any(map(str.isalpha, bare)) == any(map(str.isalpha, name))


@pytest.mark.parametrize(
    ("lang", "name", "text", "found"),
    [
        ("ja", "大槻真由美", "大槻社長は語った。", "大槻"),
        ("zh", "沈若兰", "沈馆长说。", "沈"),
        ("ja", "大槻真由美", "大槻山に登った。", None),
        ("zh", "沈若兰", "沈默了很久。", None),
    ],
)
def test_a_family_name_stands_before_a_title(lang: str, name: str, text: str, found: str | None) -> None:
    """The characters of a family name alone are a mention only with a title behind them."""
    pattern = family_name(name, lang)
    match = pattern.search(text) if pattern else None
    assert found == (match.group() if match else None)


@pytest.mark.parametrize(
    ("lang", "name"), [("en", "Maren Holt"), ("ja", "ミドリ"), ("zh", "阿卜杜拉·卡里姆"), ("ja", "林学")]
)
def test_other_names_have_no_such_pattern(lang: str, name: str) -> None:
    """Names that are not built so have no family name that can be told."""
    assert family_name(name, lang) is None
